"""Constants and arithmetic of the typed tree: units, decimal places, and both sides of a choice."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from interlock.files.phrases import phrase
from interlock.files.texts import day_of
from interlock.law.expr.mends import FUNCTIONS
from interlock.law.expr.parse import RawLiteral
from interlock.law.expr.tree import BOOL, DATE, TEXT, Arith, Const, FactRef, If, Tree, Type, days
from interlock.law.units import DAY, NONE, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.files import Faults, Place
    from interlock.law.expr.parse import RawCall

DIVISION_PLACES = 6
_DURATION = re.compile(r"P(?:(\d{1,5})W)?(?:(\d{1,6})D)?\Z")


def rescale(tree: Tree, places: int) -> Tree:
    """The same number with more decimal places kept."""
    missing = places - tree.type.places
    if missing == 0:
        return tree
    type_ = replace(tree.type, places=places)
    if isinstance(tree, Const) and isinstance(tree.value, int):
        return replace(tree, value=tree.value * 10**missing, type=type_)
    factor = Const(10**missing, Type("number", NONE, missing))
    return Arith("*", tree, factor, type_)


def fineness(tree: Tree, facts: Mapping[str, int]) -> int:
    """The decimal places that a number may need, which may be fewer than are kept.

    Args:
        tree: of a number.
        facts: the same of the facts that it may use.
    """
    kept = tree.type.places
    if isinstance(tree, Const) and isinstance(tree.value, int):
        digits = str(abs(tree.value))
        return max(0, kept - (len(digits) - len(digits.rstrip("0")))) if tree.value else 0
    if isinstance(tree, FactRef):
        return facts.get(tree.name, kept)
    if isinstance(tree, If):
        return max(fineness(tree.then, facts), fineness(tree.other, facts))
    if not isinstance(tree, Arith):
        return kept
    sides = fineness(tree.left, facts), fineness(tree.right, facts)
    if tree.op == "/":
        # Dividing by a named value is how a unit is taken off, which comes out even.
        return kept if isinstance(tree.right, Const) else sides[0]
    return min(kept, sum(sides) if tree.op == "*" else max(sides))


def same_places(left: Tree, right: Tree) -> tuple[Tree, Tree]:
    """Two numbers brought to the larger number of places."""
    places = max(left.type.places, right.type.places)
    return rescale(left, places), rescale(right, places)


def constant(value: bool | int | str | Decimal | dt.date, unit: Unit) -> Const:
    """A value of the file as a node; numbers keep the places they were written with."""
    if isinstance(value, bool):
        return Const(value, BOOL)
    if isinstance(value, str):
        return Const(value, replace(TEXT, values=(value,)))
    if isinstance(value, dt.date):
        return Const(days(value), DATE)
    number = Decimal(value)
    exponent = number.normalize().as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    return Const(int(number.scaleb(places)), Type("number", unit, places))


def time_constant(raw: RawCall, faults: Faults) -> Const | None:
    """What `date("...")`, `timestamp("...")` or `duration("...")` gives."""
    arg = raw.args[0]
    text = arg.value if isinstance(arg, RawLiteral) else None
    example = phrase("write e.g. {example}", example=FUNCTIONS[raw.function])
    if not isinstance(text, str):
        faults.add(
            raw.place,
            phrase("'{function}' takes a text in quotes", function=raw.function),
            example,
        )
        return None
    if raw.function == "duration":
        found = _DURATION.match(text)
        if not found or text == "P":
            faults.add(
                arg.place,
                phrase("'{text}' is no duration in days or weeks", text=text),
                example,
            )
            return None
        count = 7 * int(found[1] or 0) + int(found[2] or 0)
        return Const(count, Type("number", DAY))
    day = day_of(text)
    if day is None:
        faults.add(arg.place, phrase("'{text}' is no date of the calendar", text=text), example)
        return None
    return Const(days(day), DATE)


def arithmetic(op: str, left: Tree, right: Tree, place: Place, faults: Faults) -> Tree | None:
    """`left op right` on numbers, with the result's unit and places."""
    units = left.type.unit, right.type.unit
    if op in ("+", "-", "min", "max"):
        if not units[0].fits(units[1]):
            wrong = phrase(
                "'{op}' joins {value} and {other}", op=op, value=units[0].says, other=units[1].says
            )
            faults.add(place, wrong, phrase("use values of one unit"))
            return None
        left, right = same_places(left, right)
        unit = units[1] if units[0].bare else units[0]
        return Arith(op, left, right, Type("number", unit, left.type.places))  # type: ignore[arg-type]
    if op == "*":
        places = left.type.places + right.type.places
        if places > 12:
            faults.add(
                place,
                phrase("the product has over 12 decimal places"),
                phrase("round one of its factors"),
            )
            return None
        return Arith("*", left, right, Type("number", units[0] * units[1], places))
    if isinstance(right, Const) and right.value == 0:
        faults.add(place, phrase("this divides by zero"), phrase("divide by another number"))
        return None
    # a/10^p over b/10^q at six places is a*10^(6-p+q) / b; p never passes 12, so bring b up first.
    lift = max(0, left.type.places - right.type.places - DIVISION_PLACES)
    right = rescale(right, right.type.places + lift) if lift else right
    shift = DIVISION_PLACES - left.type.places + right.type.places
    type_ = Type("number", units[0] / units[1], DIVISION_PLACES)
    return Arith("/", left, right, type_, shift=shift)


def merge(cond: Tree, then: Tree, other: Tree, place: Place, faults: Faults) -> Tree | None:
    """`cond ? then : other` with both sides brought to one type."""
    if then.type.kind != other.type.kind:
        wrong = phrase(
            "one side gives {kind}, the other {other_kind}",
            kind=then.type.says,
            other_kind=other.type.says,
        )
        faults.add(place, wrong, phrase("give both sides one kind of value"))
        return None
    if then.type.kind == "number":
        if not then.type.unit.fits(other.type.unit):
            wrong = phrase(
                "one side gives {unit}, the other {other}",
                unit=then.type.unit.says,
                other=other.type.unit.says,
            )
            faults.add(place, wrong, phrase("give both sides one unit"))
            return None
        then, other = same_places(then, other)
        unit = other.type.unit if then.type.unit.bare else then.type.unit
        return If(cond, then, other, Type("number", unit, then.type.places))
    values: tuple[str, ...] = ()
    if then.type.values and other.type.values:
        values = tuple(dict.fromkeys(then.type.values + other.type.values))
    return If(cond, then, other, replace(then.type, values=values))
