"""What the law asks by a condition, as pages and letters tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.law.deciding.audience import sees

if TYPE_CHECKING:
    import datetime as dt


def says_of(viewer: str, kind: str, gate: str, parameters: dict[str, Any], day: dt.date) -> str:
    """What the law of a day says of a kind of condition, with the values of one in their places.

    Empty where that law knows no such kind at the gate, or not for this viewer (R11).
    """
    found = law.law_on(day, day).conditions_of(gate).get(kind)
    if found is None or not sees(viewer, found.visible_to, gate):
        return ""
    text = found.says
    for name, value in parameters.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
