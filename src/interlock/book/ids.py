"""Ids that the book gives by itself."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(kind: str) -> str:
    """A fresh id that sorts by time: `<kind>-<10 of time><10 random>`."""
    number = (time.time_ns() // 1_000_000 << 50) | secrets.randbits(50)
    digits = []
    for _ in range(19):
        number, rest = divmod(number, 32)
        digits.append(_ALPHABET[rest])
    return f"{kind}-{''.join(reversed(digits))}"
