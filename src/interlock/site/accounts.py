"""Who may have an account: only people whom an administrator enters; and their second factor."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc] # allauth carries no types
    """No sign-up by oneself: rights come with an office, so an administrator makes accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Never."""
        return False


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
