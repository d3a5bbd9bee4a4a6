"""What a text may hold that somebody gives: no control characters, and days as YYYY-MM-DD."""

from __future__ import annotations

import datetime as dt
import re

_KINDS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
CONTROLS = f"[{_KINDS}]"
"""A pattern of what no database column, log line or terminal takes: NUL and other control
characters but tab and line ends."""
_UNFIT = re.compile(f"[{_KINDS}\ud800-\udfff]")  # and halves of surrogate pairs
LAST = "\U0010ffff"
"""Sorts after every other text that begins the same."""
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
"""A pattern of how a day is written; the calendar is not asked."""
_FAR = re.compile(r"[-+]?(?:[0-9]{1,15}\.?[0-9]{0,15}|\.[0-9]{1,15})[eE][-+]?[0-9]{3,5}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def unfit_character(text: str) -> str:
    """The first character of a text that nothing can hold, as `U+0000`; empty: there is none."""
    found = _UNFIT.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def day_of(text: str) -> dt.date | None:
    """The day that a text gives as YYYY-MM-DD; None: it gives none, or no day of the calendar.

    >>> day_of("2026-02-01")
    datetime.date(2026, 2, 1)
    >>> day_of("2026-2-1"), day_of("2026-W05-1"), day_of("2026-02-30")
    (None, None, None)
    """
    if _DAY.match(text) is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def is_far_number(text: str) -> bool:
    """Whether it is a number with so great an exponent that it is kept as a text.

    >>> is_far_number("1e300"), is_far_number("2.5E-1000"), is_far_number("1e30")
    (True, True, False)
    """
    return _FAR.fullmatch(text) is not None
