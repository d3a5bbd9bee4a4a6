"""The bytes of an audit row that are sealed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from interlock.ledger.changes import time_text

if TYPE_CHECKING:
    from interlock.ledger.model import Entry

# Built once: a verify of a million rows spends most of its time here.
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(fields: dict[str, str | int]) -> bytes:
    """Texts and whole numbers as JSON in the form of RFC 8785 (JCS), which has one spelling.

    Keys must be ASCII, so that sorting by code point is JCS's order; numbers below 2^53.
    """
    return _encode(fields).encode()


def entry_bytes(entry: Entry) -> bytes:
    """An audit row as it is hashed: all its columns by name, times in UTC with microseconds."""
    return canonical(
        {
            name: time_text(value) if isinstance(value, datetime) else value
            for name, value in entry._asdict().items()
        }
    )
