"""Kinds of scalar that hold numbers, durations, constants and expressions."""

# ruff: noqa: D102, ARG002 - `read` and `schema` are documented once, on `Kind`

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from interlock.files.phrases import phrase, term
from interlock.files.texts import is_far_number
from interlock.law.model import Expression
from interlock.law.reading.kinds import Date, Label, Text, mistyped, quoted, shown

if TYPE_CHECKING:
    from interlock.files import Faults, Node
    from interlock.files.phrases import Phrase

MAX_SCALED = 10**15
MAX_PLACES = 9


def places_of(number: Decimal | int) -> int:
    """Decimal places that a number needs; 1.50 needs one, 100 none."""
    _, digits, exponent = Decimal(number).as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - NaN and Infinity are no numbers of a file
    # Not `normalize`, which rounds to the context's precision and would hide a 30th digit.
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -exponent - zeros) if any(digits) else 0


def is_far(node: Node) -> bool:
    """Whether a plain text is a number, but one so great or so fine that YAML's reader left it."""
    return isinstance(node.value, str) and not quoted(node) and is_far_number(node.value)


@dataclass(frozen=True)
class Number:
    """An exact number within bounds; `above` excludes the lower bound itself."""

    low: int | None = None
    high: int | None = None
    above: bool = False
    places: int = MAX_PLACES
    noun: str = "a number"

    def read(self, node: Node, label: Label, faults: Faults) -> Decimal | None:
        value = node.value
        far = is_far(node)
        if not far and (isinstance(value, bool) or not isinstance(value, (int, Decimal))):
            self._no_number(node, label, faults)
            return None
        number = Decimal(node.raw if far else value)  # type: ignore[arg-type]
        if not -MAX_SCALED <= number <= MAX_SCALED:
            wrong = phrase("{what} is {given}, out of range", what=label.words, given=shown(node))
            faults.add(node.place, wrong, phrase("write a number of at most 10^15"))
            return None
        if places_of(number) > self.places:
            self._too_fine(number, node, label, faults)
            return None
        low, high = self.low, self.high
        too_low = low is not None and (number < low or (self.above and number == low))
        if not too_low and (high is None or number <= high):
            return number
        faults.add(
            node.place,
            phrase("{what} is {value}", what=label.words, value=node.raw),
            self._within(),
        )
        return None

    def _within(self) -> Phrase:
        low, high = self.low, self.high
        if low is None:
            return phrase("write a number of at most {high}", high=high)
        if high is None and self.above:
            return phrase("write a number above {low}", low=low)
        if high is None:
            return phrase("write a number of {low} or more", low=low)
        if self.above:
            return phrase("write a number above {low} and of at most {high}", low=low, high=high)
        return phrase("write a number from {low} to {high}", low=low, high=high)

    def _too_fine(self, value: Decimal, node: Node, label: Label, faults: Faults) -> None:
        if self.places == 0:
            wrong = phrase("{what} is {value}, no whole number", what=label.words, value=node.raw)
            mend = phrase("write a whole number")
        else:
            wrong = phrase(
                "{what} has {needs} decimal places", what=label.words, needs=places_of(value)
            )
            mend = phrase("write at most {places}", places=self.places)
        faults.add(node.place, wrong, mend)

    def _no_number(self, node: Node, label: Label, faults: Faults) -> None:
        text = node.value.strip() if isinstance(node.value, str) else ""
        if re.fullmatch(r"[-+]?\.?(nan|inf|infinity)", text, re.IGNORECASE):
            mend = phrase("write a finite number, or leave the value out where it is not known")
        elif quoted(node) and re.fullmatch(r"[-+]?[0-9_]*\.?[0-9]+", text):
            mend = phrase("write {value} without quotes", value=text)
        elif re.fullmatch(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text):
            mend = phrase("write {value}", value=text.replace(",", ""))
        elif re.fullmatch(r"[-+]?[0-9.]+ ?%", text):
            mend = phrase("write the share as a decimal: 10 % is 0.10")
        else:
            mend = phrase("write {wanted}", wanted=term(self.noun))
        mistyped(node, label, term(self.noun), mend, faults)

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "integer" if self.places == 0 else "number"}
        if self.low is not None:
            found["exclusiveMinimum" if self.above else "minimum"] = self.low
        found["maximum"] = MAX_SCALED if self.high is None else self.high
        return found


@dataclass(frozen=True)
class Duration:
    """An ISO 8601 duration in whole days or weeks, longer than nothing."""

    def read(self, node: Node, label: Label, faults: Faults) -> dt.timedelta | None:
        text = node.value if isinstance(node.value, str) else ""
        found = re.fullmatch(r"P([0-9]{1,5})([DW])", text)
        if found:
            days = int(found[1]) * (7 if found[2] == "W" else 1)
            if 0 < days <= 36_500:
                return dt.timedelta(days=days)
            wrong = phrase(
                "{what} is {text}, {days:,} days", what=label.words, text=text, days=days
            )
            faults.add(node.place, wrong, phrase("write from P1D to P36500D"))
            return None
        if re.fullmatch(r"P[0-9.]+[MY].*", text):
            wrong = phrase(
                "{what} is {given}, but months and years have no fixed length",
                what=label.words,
                given=shown(node),
            )
            faults.add(node.place, wrong, phrase("write days, e.g. P180D"))
        elif re.fullmatch(r"P.*T.*", text):
            wrong = phrase(
                "{what} is {given}, finer than a day", what=label.words, given=shown(node)
            )
            faults.add(node.place, wrong, phrase("write whole days, e.g. P30D"))
        elif re.fullmatch(r"[0-9]{1,5}", node.raw) and not isinstance(node.value, dict | list):
            mistyped(
                node,
                label,
                phrase("a duration"),
                phrase("write P{value}D for days", value=node.raw),
                faults,
            )
        else:
            mend = phrase("write days as P30D or weeks as P2W")
            mistyped(node, label, phrase("a duration"), mend, faults)
        return None

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {"type": "string", "pattern": "^P[0-9]{1,5}[DW]$"}


@dataclass(frozen=True)
class Cel:
    """An expression, kept as text with its place; names and types are checked later."""

    def read(self, node: Node, label: Label, faults: Faults) -> Expression | None:
        value = node.value
        if isinstance(value, dt.date):
            wrong = phrase("{what} is {given}, a bare date", what=label.words, given=shown(node))
            faults.add(node.place, wrong, phrase('write date("{value}")', value=node.raw))
        elif isinstance(value, dict | list) or value is None:
            mend = phrase('write an expression, e.g. order.destination == "CN"')
            mistyped(node, label, phrase("an expression"), mend, faults)
        elif isinstance(value, str) and not value.strip():
            faults.add(
                node.place,
                phrase("{what} is an empty text", what=label.words),
                phrase("write an expression"),
            )
        else:
            return self._kept(node, label, faults)
        return None

    def _kept(self, node: Node, label: Label, faults: Faults) -> Expression | None:
        text = node.source.rstrip()
        if isinstance(node.value, bool):
            text = text.lower()
        elif isinstance(node.value, int | Decimal):
            number = Number().read(node, label, faults)
            if number is None:
                return None
            text = f"{number:f}"
        return Expression(text, node.body or node.place)

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": ["string", "number", "boolean"],
            "description": "an expression (a subset of CEL)",
        }


@dataclass(frozen=True)
class Scalar:
    """A constant of the law: text, number, true or false, or date."""

    def read(self, node: Node, label: Label, faults: Faults) -> Any:
        value = node.value
        if isinstance(value, bool):
            return value
        if isinstance(value, int | Decimal):
            number = Number().read(node, label, faults)
            return None if number is None else value
        if isinstance(value, dt.date):
            return Date().read(node, label, faults)
        if isinstance(value, str):
            if is_far(node) or re.fullmatch(r"[-+]?\.(nan|inf)", value, re.IGNORECASE):
                return Number().read(node, label, faults)
            return Text().read(node, label, faults)
        mend = phrase("write a text, a number, true, false or a date")
        mistyped(node, label, phrase("one value"), mend, faults)
        return None

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"]}
