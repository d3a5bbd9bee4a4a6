"""The clock of an application: it runs while the authority has it, and stands while it asks."""

from __future__ import annotations

from typing import Any

from interlock.book.acting import Act
from interlock.book.models import Application
from interlock.book.workdays import after_working_days, working_days


def stop(act: Act, application: Application) -> dict[str, Any]:
    """The fields of an application whose clock stands from the day of the act on."""
    days = application.clock_days
    if application.clock_from is not None:
        days += working_days(application.clock_from, act.today, application.gate)
    return {"clock_days": days, "clock_from": None, "deadline": None, "waiting_since": None}


def go(act: Act, application: Application) -> dict[str, Any]:
    """The fields of an application whose clock runs from the day of the act on."""
    left = None
    if application.allowed_days is not None:
        left = max(0, application.allowed_days - application.clock_days)
    due = None if left is None else after_working_days(act.today, left, application.gate)
    return {"clock_from": act.today, "deadline": due}
