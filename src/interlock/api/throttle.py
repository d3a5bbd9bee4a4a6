"""How much one caller may ask: fixed windows of a minute, counted in the server's cache.

The cache is one process's own, so with several worker processes a caller gets at most the limit
times their number. The limits stop floods and guessing; they are no quota.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, PermissionDenied

from interlock.files import InterlockError
from interlock.files.phrases import Phrase, phrase

if TYPE_CHECKING:
    from django.http import HttpRequest

MINUTE = 60


class TooManyError(InterlockError):
    """Too much was asked in this minute.

    Attributes:
        wait: seconds until it may be asked again.
    """

    def __init__(self, what: Phrase, limit: int, wait: int) -> None:
        self.wait = wait
        self.says = phrase(
            "more than {limit} {what} in a minute; ask again in {wait} seconds",
            limit=limit,
            what=what,
            wait=wait,
        )
        super().__init__(self.says)


def _window(name: str) -> tuple[str, int]:
    """The key of this minute, and the seconds that are left of it."""
    now = int(time.time())
    return f"interlock:{name}:{now // MINUTE}", MINUTE - now % MINUTE


def _count(name: str) -> tuple[int, int]:
    """One more in this minute: how many there are, and the seconds that are left of it."""
    key, left = _window(name)
    cache.add(key, 0, timeout=2 * MINUTE)
    try:
        return cache.incr(key), left
    except ValueError:  # the cache let it go in between: count anew
        cache.set(key, 1, timeout=2 * MINUTE)
        return 1, left


def _address(request: HttpRequest) -> str:
    """Where a call came from; behind proxies as INTERLOCK_PROXIES says."""
    try:
        return str(get_adapter().get_client_ip(request))
    except (PermissionDenied, ImproperlyConfigured):
        # A socket file, a caller in this process, or somebody who went past the proxies.
        return "nowhere"


def refuse_after_failures(request: HttpRequest) -> None:
    """Refuse an address from which too many wrong tokens came in this minute.

    Raises:
        TooManyError: also to a right token, or guessing would learn from the difference.
    """
    limit = settings.FAILURES_PER_MINUTE
    key, left = _window(f"failures:{_address(request)}")
    if limit and cache.get(key, 0) >= limit:
        raise TooManyError(phrase("wrong tokens from your address"), limit, left)


def count_failure(request: HttpRequest) -> None:
    """A wrong token came."""
    _count(f"failures:{_address(request)}")


def count_check(request: HttpRequest) -> None:
    """Count a letter's code that was tried from an address.

    Raises:
        TooManyError: it is one too many.
    """
    limit = settings.CHECKS_PER_MINUTE
    count, left = _count(f"checks:{_address(request)}")
    if limit and count > limit:
        raise TooManyError(phrase("codes from your address"), limit, left)


def count_call(user: int | None) -> None:
    """Count a call of a user, through whichever of their tokens and sessions.

    Raises:
        TooManyError: it is one too many.
    """
    limit = settings.REQUESTS_PER_MINUTE
    if not limit or user is None:
        return
    count, left = _count(f"calls:{user}")
    if count > limit:
        raise TooManyError(phrase("calls by you"), limit, left)
