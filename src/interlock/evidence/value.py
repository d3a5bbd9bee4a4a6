"""What a claim says of its subject: an exact value, a bound, "about" a figure, or an interval (R5).

A press report that says "over 400,000" gives a lower bound and nothing else. To turn it into the
number 400,000 would be to invent a fact, so bounds stay bounds.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Exact = str | bool | int | Decimal | dt.date
ValueKind = Literal["exact", "at_least", "at_most", "about", "between"]


@dataclass(frozen=True)
class Value:
    """A value with what is known of it.

    Attributes:
        kind: `exact`, `at_least`, `at_most`, `about` or `between`.
        exact: the value itself; for `exact` only.
        lower: least value, inclusive; None = no bound known.
        upper: greatest value, inclusive; None = no bound known.
        middle: the figure named by `about`.
        unit: what is counted, e.g. `chip`; empty for values that count nothing.

    `about` without a stated spread has no bounds: it says where the figure lies, not how far off
    it may be.
    """

    kind: ValueKind
    exact: Exact | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    middle: Decimal | None = None
    unit: str = ""

    @property
    def number(self) -> Decimal | None:
        """The exact number, or None if it is not a number or only bounds are known."""
        if self.kind == "exact" and self.lower is not None:
            return self.lower
        return None

    def __str__(self) -> str:
        return f"{self._words()} {self.unit}".rstrip()

    def _words(self) -> str:
        match self.kind:
            case "exact":
                return _shown(self.exact)
            case "at_least":
                return f"at least {_shown(self.lower)}"
            case "at_most":
                return f"at most {_shown(self.upper)}"
            case "between":
                return f"between {_shown(self.lower)} and {_shown(self.upper)}"
            case "about":
                if self.lower is None or self.upper is None:
                    return f"about {_shown(self.middle)}"
                bounds = f"{_shown(self.lower)} to {_shown(self.upper)}"
                return f"about {_shown(self.middle)} ({bounds})"


def exactly(value: Exact, unit: str = "") -> Value:
    """The value itself. Numbers get themselves as both bounds."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
        return Value("exact", exact=value, lower=number, upper=number, unit=unit)
    return Value("exact", exact=value, unit=unit)


def clash(one: Value, other: Value) -> bool | None:
    """Whether two values of one subject cannot both be true.

    Returns:
        True if they exclude each other, False if some value satisfies both, None if that cannot
        be told (an `about` without a spread against anything, or a number against a word).
    """
    if one.kind == "exact" and other.kind == "exact" and type(one.exact) is type(other.exact):
        return one.exact != other.exact
    if one.number is not None and other.number is not None:
        return one.number != other.number
    if _unbounded(one) or _unbounded(other):
        return None
    above = one.lower is not None and other.upper is not None and one.lower > other.upper
    below = one.upper is not None and other.lower is not None and one.upper < other.lower
    return above or below


def _unbounded(value: Value) -> bool:
    return value.lower is None and value.upper is None


def _shown(value: Exact | None) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case Decimal():
            return f"{value.normalize():,f}"
        case dt.date():
            return value.isoformat()
        case _:
            return str(value)
