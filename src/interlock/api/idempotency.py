"""Repeated requests: the same key with the same request gets the same answer and changes nothing.

The key and the answer are written in the transaction of the change itself, so either both are
there or neither: a client that lost the answer asks again and learns what happened.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from interlock.book.errors import InputError
from interlock.book.models import IdempotencyKey
from interlock.files import InterlockError
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    from django.http import HttpRequest

    from interlock.book.acting import Act

MAX_KEY = 120
_KEY = re.compile(r"[!-~]+")


class KeyReusedError(InterlockError):
    """The key came with another request before."""


class Replayed(Exception):  # noqa: N818 - no error: the transaction has nothing left to do
    """The request was answered before."""

    def __init__(self, kept: IdempotencyKey) -> None:
        self.kept = kept
        super().__init__(kept.key)


def fingerprint(request: HttpRequest) -> str:
    """What makes two requests the same: method, path, version expected, body."""
    parts = (request.method or "", request.get_full_path(), request.headers.get("If-Match", ""))
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + request.body).hexdigest()


def claim(act: Act, request: HttpRequest) -> IdempotencyKey | None:
    """Take the request's key for this transaction; None if it carries none.

    Raises:
        Replayed: it was answered before.
        KeyReusedError: the key came with another request.
        InputError: it is no key.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key or act.actor.user is None:
        return None
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        says = phrase("write at most {number} visible ASCII characters", number=MAX_KEY)
        raise InputError({"Idempotency-Key": says})
    asked = fingerprint(request)
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                user_id=act.actor.user, key=key, request=asked, at=act.now
            )
    except IntegrityError:
        kept = IdempotencyKey.objects.get(user_id=act.actor.user, key=key)
    if kept.request != asked:
        msg = f"the key '{key}' came with another request before; choose a new one"
        raise KeyReusedError(msg)
    raise Replayed(kept)


def keep(slot: IdempotencyKey | None, status: int, body: str, headers: dict[str, Any]) -> None:
    """Keep the answer beside the change."""
    if slot is not None:
        slot.status, slot.body, slot.headers = status, body, headers
        slot.save(update_fields=["status", "body", "headers"])
