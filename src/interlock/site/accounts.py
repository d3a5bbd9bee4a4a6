"""Who may have an account: only people whom an administrator enters; and their second factor."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import TYPE_CHECKING, Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.exceptions import ValidationError
from django.dispatch import receiver

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpRequest


log = structlog.get_logger("interlock.sign_in")


@receiver(user_logged_in)
def _came(user: Any, **_: Any) -> None:
    log.info("signed in", user=user.get_username())


@receiver(user_logged_out)
def _went(request: Any, user: Any, **_: Any) -> None:
    log.info("signed out", user=user.get_username() if user else None)
    if request is not None:
        request.went = True  # `SecurityHeaders` has the browser forget what it was shown


@receiver([authenticator_added, authenticator_removed, authenticator_reset])
def _other_factor(request: HttpRequest, user: Any, **_: Any) -> None:
    """A changed second factor ends the person's other sessions."""
    others = UserSession.objects.filter(user_id=user.pk)
    get_adapter().end_sessions(others.exclude(session_key=request.session.session_key))


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


class Breached:
    """No password is one that was found in a breach, by the file that the operator names.

    The file is the one that Have I Been Pwned gives away: SHA-1 hashes in capitals, sorted, one a
    line, with a count after a colon. It has many gigabytes, so it is searched where it lies.
    """

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's
        """Refuse what is in the file.

        Raises:
            ValidationError: it is there.
        """
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        if settings.BREACHED is not None and _stands_in(settings.BREACHED, wanted.encode()):
            raise ValidationError(self.get_help_text(), code="breached")

    def get_help_text(self) -> str:
        """What to do."""
        return "Do not use a password that was found in a breach."


def _stands_in(path: Path, wanted: bytes) -> bool:
    """Whether a line of a sorted file begins with some bytes, by halving where it can stand."""
    with path.open("rb") as file:
        low, high = 0, file.seek(0, os.SEEK_END)
        while low < high:  # the line is the first that begins at `low` or later, and before `high`
            middle = (low + high) // 2
            file.seek(max(0, middle - 1))
            if middle:
                file.readline()  # to the end of the line before
            line = file.readline()
            if not line or line[: len(wanted)] >= wanted:
                high = middle
            else:
                low = file.tell()
        file.seek(low)
        return file.readline().startswith(wanted)


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
