"""Numbers and times as plain text."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)")


def number(value: Any) -> str:
    """A number with thousands apart, and no more places than it has; other texts as they are."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except ArithmeticError:
            return str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = f"{value:,}" if isinstance(value, int | Decimal) else f"{value:,.2f}"
    return text.replace("-", "\u2212")


def moment(value: Any) -> str:
    """A time to the minute, in UTC."""
    if isinstance(value, dt.datetime):
        value = value.astimezone(dt.UTC).isoformat()
    found = _MOMENT.match(str(value or ""))
    return f"{found[1]} {found[2]} UTC" if found else str(value or "")
