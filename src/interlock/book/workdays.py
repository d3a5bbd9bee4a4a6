"""The clock of an authority's desk: working days, Monday to Friday without its holidays.

Intervals are half-open, as everywhere: from a Monday to the Tuesday after it is one working day.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = dt.timedelta(days=1)


def holidays(gate: str) -> frozenset[dt.date]:
    """Days on which the authority of a gate does not work, besides weekends (`HOLIDAYS`)."""
    table: Mapping[str, frozenset[dt.date]] = getattr(settings, "HOLIDAYS", {})
    return table.get(gate, frozenset())


def is_working(day: dt.date, gate: str) -> bool:
    """Whether the authority of a gate works on a day."""
    return day.weekday() < 5 and day not in holidays(gate)


def working_days(start: dt.date, end: dt.date, gate: str) -> int:
    """Working days from `start` to before `end`; 0 if it does not lie after."""
    days = (start + _DAY * number for number in range((end - start).days))
    return sum(is_working(day, gate) for day in days)


def after_working_days(start: dt.date, number: int, gate: str) -> dt.date:
    """The first working day with so many working days from `start` to before it."""
    day = start
    while number > 0 or not is_working(day, gate):
        number -= is_working(day, gate)
        day += _DAY
    return day
