"""Who may have an account: only people whom an administrator enters; and their second factor."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.exceptions import ValidationError
from django.dispatch import receiver

if TYPE_CHECKING:
    from django.http import HttpRequest


log = structlog.get_logger("interlock.sign_in")


@receiver(user_logged_in)
def _came(user: Any, **_: Any) -> None:
    log.info("signed in", user=user.get_username())


@receiver(user_logged_out)
def _went(user: Any, **_: Any) -> None:
    log.info("signed out", user=user.get_username() if user else None)


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], **_: Any) -> None:
    log.warning("sign-in failed", user=str(credentials.get("username", ""))[:64])


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc] # allauth carries no types
    """No sign-up by oneself: rights come with an office, so an administrator makes accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Never."""
        return False


class WordsOfHere:
    """No password is made of words that anybody would try here first."""

    words = ("interlock", "licence", "license", "export", "import", "customs", "quota", "password")

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's
        """Refuse what is mostly such words.

        Raises:
            ValidationError: fewer than 8 letters and digits are left without them.
        """
        rest = password.lower()
        for word in self.words:
            rest = rest.replace(word, "")
        if rest != password.lower() and sum(one.isalnum() for one in rest) < 8:
            raise ValidationError(self.get_help_text(), code="words_of_here")

    def get_help_text(self) -> str:
        """What to do."""
        return f"Do not build the password on {', '.join(self.words)}."


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc] # allauth carries no types
    """Keeps the secrets of second factors encrypted, under a key made from the server's own."""

    def encrypt(self, text: str) -> str:
        """A secret as it is stored."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """A stored secret."""
        return _box().decrypt(encrypted_text.encode()).decode()


def _box() -> Fernet:
    key = hashlib.sha256(b"interlock second factor" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
