"""Reading what a claim says: `400000`, `{at_least: 400000, unit: chip}`, `{between: [1, 2]}`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from interlock.evidence.fields import Fields, article
from interlock.evidence.value import Value, exactly
from interlock.files.phrases import phrase, phrases

if TYPE_CHECKING:
    from interlock.files import Faults, Node

KINDS: Final = ("exactly", "at_least", "at_most", "about", "between")
VALUE_KEYS: Final = frozenset({*KINDS, "give_or_take", "unit"})
_NOTHING: Final = Value("exact", exact="")
_FORM: Final = phrase(
    "write a value, or one of {{at_least: 1}}, {{at_most: 1}}, {{about: 1}}, {{between: [1, 2]}}"
)


def read_value(node: Node | None, faults: Faults) -> Value:
    """The value that a node states; a stand-in after noting what is wrong with it."""
    if node is None:
        return _NOTHING
    if isinstance(node.value, str | bool | int | Decimal | dt.date):
        return exactly(node.value)
    if not isinstance(node.value, dict):
        faults.add(node.place, phrase("a value cannot be {kind}", kind=article(node)), _FORM)
        return _NOTHING
    return value_of_fields(Fields(node, phrase("a value"), VALUE_KEYS, faults))


def value_of_fields(fields: Fields) -> Value:
    """The value stated by the keys of a mapping, which may hold other keys too."""
    given = [kind for kind in KINDS if fields.get(kind) is not None]
    unit = fields.text("unit", needed=False)
    if len(given) != 1:
        wrong = (
            phrase("says {given} at once", given=phrases(given))
            if given
            else phrase("says no value")
        )
        place = fields.place(given[1]) if given else fields.node.place
        fields.faults.add(place, phrase("{what} {wrong}", what=fields.what, wrong=wrong), _FORM)
        return _NOTHING
    kind = given[0]
    if kind != "about" and fields.get("give_or_take") is not None:
        place = fields.place("give_or_take")
        fields.faults.add(
            place,
            phrase("'give_or_take' stands beside '{kind}'", kind=kind),
            phrase("use it with `about`"),
        )
    match kind:
        case "exactly":
            node = fields.need(kind)
            if node is not None and isinstance(node.value, list | dict):
                fields.faults.add(
                    node.place, phrase("a value cannot be {kind}", kind=article(node)), _FORM
                )
                return _NOTHING
            exact = node.value if node is not None else ""
            return exactly(exact, unit) if exact is not None else _NOTHING  # type: ignore[arg-type]
        case "at_least":
            return Value("at_least", lower=_number(fields, kind), unit=unit)
        case "at_most":
            return Value("at_most", upper=_number(fields, kind), unit=unit)
        case "between":
            return _between(fields, unit)
        case _:
            return _about(fields, unit)


def _about(fields: Fields, unit: str) -> Value:
    middle = _number(fields, "about")
    if fields.get("give_or_take") is None:
        return Value("about", middle=middle, unit=unit)
    spread = _number(fields, "give_or_take")
    if spread < 0:
        mend = phrase("write how far the figure may be off, as a number of 0 or more")
        fields.faults.add(fields.place("give_or_take"), phrase("'give_or_take' is below 0"), mend)
    return Value("about", lower=middle - spread, upper=middle + spread, middle=middle, unit=unit)


def _between(fields: Fields, unit: str) -> Value:
    node = fields.values["between"]
    items = node.value if isinstance(node.value, list) else []
    numbers = [number for item in items if (number := as_number(item)) is not None]
    if len(items) != 2 or len(numbers) != 2:
        fields.faults.add(
            node.place, phrase("'between' needs two numbers"), phrase("write [least, greatest]")
        )
        return _NOTHING
    if numbers[0] > numbers[1]:
        wrong = phrase(
            "'between' runs backwards: {first} is above {second}",
            first=items[0].raw,
            second=items[1].raw,
        )
        fields.faults.add(
            node.place,
            wrong,
            phrase("write [{first}, {second}]", first=items[1].raw, second=items[0].raw),
        )
        return _NOTHING
    return Value("between", lower=numbers[0], upper=numbers[1], unit=unit)


def _number(fields: Fields, key: str) -> Decimal:
    node = fields.need(key)
    if node is None:
        return Decimal(0)
    number = as_number(node)
    if number is None:
        wrong = phrase("'{key}' is {kind}, not a number", key=key, kind=article(node))
        fields.faults.add(node.place, wrong, phrase("write a number, without quotes or separators"))
        return Decimal(0)
    return number


def as_number(node: Node) -> Decimal | None:
    """The node's exact number, or None if it is none. A yes/no is no number."""
    if isinstance(node.value, int | Decimal) and not isinstance(node.value, bool):
        return Decimal(node.value)
    return None
