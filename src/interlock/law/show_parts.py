"""Parts of items as plain JSON values, and the standing of an item in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.law.model import Account, Constant, Expression, Waiver

Fields = dict[str, Any]
STATUS_WORDS: Final = {
    "in_force": "in force",
    "proposed": "proposed",
    "assumed": "assumed to be in force, though only proposed",
    "suspended": "suspended",
    "withdrawn": "withdrawn",
    "not_enforced": "not enforced",
    "not_yet": "not yet in force",
    "ended": "ended",
}


def terms_of(account: Account) -> Fields:
    """What an account counts, how it is filled and drawn, and its options."""
    terms = account.terms
    tolerance = terms.tolerance
    return {
        "per": [*account.per],
        "unit": terms.unit,
        "places": terms.places,
        "when": one_line(account.when),
        "credits": [
            {"on": c.on, "amount": one_line(c.amount), "when": one_line(c.when)}
            for c in account.credits
        ],
        "draw": {
            "reserve": account.draw.reserve,
            "post": account.draw.post,
            "factor": one_line(account.draw.factor),
        },
        "floor": terms.floor,
        "tolerance": tolerance
        and {
            "share": float(tolerance.share),
            "of": tolerance.of,
            "closes_when_posted": tolerance.closes_when_posted or None,
        },
        "may_owe": terms.may_owe
        and {"amount": number(terms.may_owe.amount), "within_days": terms.may_owe.within.days},
        "window_days": terms.window.days if terms.window else None,
        "period": terms.period
        and {"each": terms.period.name, "carry_over": terms.period.carry_over},
        "restored_by": [*terms.restored_by],
        "parent": terms.parent and {"account": terms.parent, "factor": number(terms.parent_factor)},
        "shuts": terms.shuts,
    }


def plain_constant(value: Constant | Sequence[Constant]) -> Any:
    """A value of the law as JSON: whole numbers as integers, others as the nearest double."""
    if isinstance(value, tuple):
        return [plain_constant(one) for one in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return number(value) if isinstance(value, Decimal) else value


def number(value: Any) -> int | float | None:
    """An exact number as a JSON number."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def one_line(expression: Expression | None) -> str | None:
    """An expression on one line: line breaks of the file say nothing."""
    return None if expression is None else " ".join(expression.text.split())


def waiver_of(waiver: Waiver | None) -> Fields | None:
    """Who may waive, and whose consent it takes."""
    if waiver is None:
        return None
    return {"by": list(waiver.by), "consent_of": list(waiver.consent_of)}


def iso(day: dt.date | None) -> str | None:
    """ISO; None for no end, and for an item that binds from always on."""
    return None if day is None or day == dt.date.min else day.isoformat()


def status_words(fields: Mapping[str, Any]) -> str:
    """`in force since 2026-01-15`, `suspended until 2026-11-10`, as a person says it."""
    status = str(fields.get("status", ""))
    words = STATUS_WORDS.get(status, status)
    since, until = fields.get("since"), fields.get("until")
    if status == "not_yet":
        return f"{words}, from {until}" if until else words
    if status == "ended":
        return f"{words} on {since}" if since else words
    parts = [words, f"since {since}" if since else "", f"until {until}" if until else ""]
    return " ".join(part for part in parts if part)
