"""Names, types and units: from the plain tree to the typed one."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from interlock.files import Faults, Place, nearest
from interlock.law.expr.parse import Raw, RawCall, RawList, RawLiteral, RawName, RawOp, parse
from interlock.law.expr.tree import (
    BOOL,
    DATE,
    TEXT,
    Arith,
    Compare,
    Const,
    FactRef,
    If,
    In,
    Junction,
    Known,
    Lower,
    Not,
    Param,
    Read,
    Size,
    TextTest,
    Tree,
    Type,
    days,
)
from interlock.law.units import BARE, DAY, NONE, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.law.model import Expression

DIVISION_PLACES = 6
_DURATION = re.compile(r"P(?:(\d{1,5})W)?(?:(\d{1,6})D)?\Z")
_COUNTERS = ("available", "posted", "overdue")


@dataclass(frozen=True)
class Scope:
    """The names an expression may use.

    Attributes:
        names: dotted or plain name -> its node.
        accounts: account id -> type of its counters, for `available("id")` and its like.
        prefix: put before an account id in a counter's name: `@available/<prefix>/<id>`.
    """

    names: Mapping[str, Read | Param | FactRef]
    accounts: Mapping[str, Type] = field(default_factory=dict)
    prefix: str = ""


def infer(expression: Expression, scope: Scope, faults: Faults) -> Tree | None:
    """The typed tree of an expression of any type, or None with its faults noted."""
    raw = parse(expression.text, expression.place, faults)
    if raw is None:
        return None
    before = len(faults.found)
    tree = _Checker(scope, faults).tree(raw)
    return tree if len(faults.found) == before else None


def check(expression: Expression, scope: Scope, faults: Faults, want: Type) -> Tree | None:
    """The typed tree of an expression, or None with its faults noted.

    Args:
        expression: text and place.
        scope: names that it may use.
        faults: collects everything wrong with it.
        want: what its place in the file needs; a number's places are left as they come.
    """
    tree = infer(expression, scope, faults)
    if tree is None:
        return None
    if tree.type.kind != want.kind:
        wrong = f"the expression gives {tree.type}, not {want}"
        faults.add(expression.place, wrong, f"write an expression that gives {want}")
        return None
    if want.kind == "number" and not tree.type.unit.fits(want.unit):
        wrong = f"the expression gives {tree.type.unit}, not {want.unit}"
        faults.add(expression.place, wrong, f"write an amount in {want.unit}")
        return None
    return tree


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


class _Checker:
    """One pass over a raw tree. A node that cannot be typed is None, its fault noted once."""

    def __init__(self, scope: Scope, faults: Faults) -> None:
        self.scope = scope
        self.faults = faults

    def tree(self, raw: Raw) -> Tree | None:
        if isinstance(raw, RawLiteral):
            assert raw.value is not None  # noqa: S101 - the parser refuses null
            return constant(raw.value, BARE)
        if isinstance(raw, RawName):
            return self._name(raw)
        if isinstance(raw, RawOp):
            return self._op(raw)
        if isinstance(raw, RawCall):
            return self._call(raw)
        self.faults.add(raw.place, "a list stands alone", "write it behind 'in'")
        return None

    def _name(self, raw: RawName) -> Tree | None:
        node = self.scope.names.get(raw.name)
        if node is None:
            mend = nearest(raw.name, self.scope.names)
            self.faults.add(raw.place, f"unknown name '{raw.name}'", mend)
        return node

    def _op(self, raw: RawOp) -> Tree | None:
        if raw.op in ("&&", "||"):
            args = [self._bool(arg, raw.op) for arg in raw.args]
            if any(arg is None for arg in args):
                return None
            op = "and" if raw.op == "&&" else "or"
            return Junction(op, tuple(arg for arg in args if arg is not None))  # type: ignore[arg-type]
        if raw.op == "!":
            arg = self._bool(raw.args[0], "!")
            return None if arg is None else Not(arg)
        if raw.op == "neg":
            return self._negative(raw)
        if raw.op == "?":
            return self._if(raw)
        if raw.op == "in":
            return self._in(raw)
        left, right = self.tree(raw.args[0]), self.tree(raw.args[1])
        if left is None or right is None:
            return None
        if raw.op in ("+", "-", "*", "/"):
            return self._arith(raw.op, left, right, raw.place)
        return self._compare(raw.op, left, right, raw.place)

    def _bool(self, raw: Raw, op: str) -> Tree | None:
        node = self.tree(raw)
        if node is not None and node.type.kind != "bool":
            wrong = f"'{op}' needs yes/no, this is {node.type}"
            self.faults.add(raw.place, wrong, "compare it with a value")
            return None
        return node

    def _negative(self, raw: RawOp) -> Tree | None:
        arg = self.tree(raw.args[0])
        if arg is None:
            return None
        if arg.type.kind != "number":
            self.faults.add(raw.place, f"'-' needs a number, this is {arg.type}", "drop the '-'")
            return None
        if isinstance(arg, Const) and isinstance(arg.value, int):
            return replace(arg, value=-arg.value)
        return Arith("-", Const(0, arg.type), arg, arg.type)

    def _if(self, raw: RawOp) -> Tree | None:
        cond = self._bool(raw.args[0], "?")
        then, other = self.tree(raw.args[1]), self.tree(raw.args[2])
        if cond is None or then is None or other is None:
            return None
        return merge(cond, then, other, raw.place, self.faults)

    def _in(self, raw: RawOp) -> Tree | None:
        item = self.tree(raw.args[0])
        listing = raw.args[1]
        if isinstance(listing, RawList):
            options = [self.tree(option) for option in listing.items]
            if item is None or any(option is None for option in options):
                return None
            return self._in_literals(item, listing, [o for o in options if o is not None])
        options_node = self.tree(listing)
        if item is None or options_node is None:
            return None
        if options_node.type.kind != "texts" or item.type.kind != "text":
            wrong = f"'in' asks for {item.type} in {options_node.type}"
            self.faults.add(raw.place, wrong, "write a text on the left, a list on the right")
            return None
        return In(item, options_node)

    def _in_literals(self, item: Tree, listing: RawList, options: list[Tree]) -> Tree | None:
        if not options:
            self.faults.add(listing.place, "the list is empty", "write at least one value")
            return None
        compared = []
        for raw, option in zip(listing.items, options, strict=True):
            if not isinstance(option, Const):
                self.faults.add(raw.place, "a list holds values only", "compare names with '=='")
                return None
            one = self._compare("==", item, option, raw.place)
            if one is None:
                return None
            compared.append(one)
        if item.type.kind == "text":
            return In(item, tuple(options))
        return compared[0] if len(compared) == 1 else Junction("or", tuple(compared))

    def _compare(self, op: str, left: Tree, right: Tree, place: Place) -> Tree | None:
        kinds = {left.type.kind, right.type.kind}
        if len(kinds) > 1 or "texts" in kinds:
            wrong = f"{left.type} is compared with {right.type}"
            self.faults.add(place, wrong, "compare values of one kind")
            return None
        kind = left.type.kind
        if kind == "number":
            if not left.type.unit.fits(right.type.unit):
                wrong = f"{left.type.unit} is compared with {right.type.unit}"
                self.faults.add(place, wrong, "compare values of one unit")
                return None
            return Compare(op, *same_places(left, right))
        if kind in ("bool", "text") and op not in ("==", "!="):
            self.faults.add(place, f"'{op}' orders {left.type}", "use == or !=")
            return None
        if kind == "text" and not self._possible(left, right, place):
            return None
        return Compare(op, left, right)

    def _possible(self, left: Tree, right: Tree, place: Place) -> bool:
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Const) and not isinstance(other, Const) and other.type.values:
                text = str(one.value)
                if text not in other.type.values:
                    named = getattr(other, "name", "") or "the value compared with"
                    mend = nearest(text, other.type.values)
                    self.faults.add(place, f"'{text}' is no value of {named}", mend)
                    return False
        return True

    def _arith(self, op: str, left: Tree, right: Tree, place: Place) -> Tree | None:
        kinds = (left.type.kind, right.type.kind)
        if "date" in kinds:
            return self._dates(op, left, right, place)
        if kinds != ("number", "number"):
            wrong = f"'{op}' works on {left.type} and {right.type}"
            self.faults.add(place, wrong, "use numbers")
            return None
        return arithmetic(op, left, right, place, self.faults)

    def _dates(self, op: str, left: Tree, right: Tree, place: Place) -> Tree | None:
        kinds = (left.type.kind, right.type.kind)
        if op == "-" and kinds == ("date", "date"):
            return Arith("-", left, right, Type("number", DAY))
        if kinds == ("date", "number") and op in "+-" and _whole_days(right):
            return Arith("+" if op == "+" else "-", left, right, DATE)
        if kinds == ("number", "date") and op == "+" and _whole_days(left):
            return Arith("+", right, left, DATE)
        wrong = f"'{op}' works on {left.type} and {right.type}"
        self.faults.add(place, wrong, 'add a duration, e.g. duration("P30D"), to a date')
        return None

    def _call(self, raw: RawCall) -> Tree | None:
        name, count = raw.function, len(raw.args)
        arity = {"min": 2, "max": 2, "startsWith": 2, "endsWith": 2, "contains": 2}
        if name not in _FUNCTIONS:
            self.faults.add(raw.place, f"unknown function '{name}'", nearest(name, _FUNCTIONS))
            return None
        if count != arity.get(name, 1):
            wrong = f"'{name}' takes {arity.get(name, 1)}, not {count} values"
            self.faults.add(raw.place, wrong, f"write e.g. {_FUNCTIONS[name]}")
            return None
        if name in ("date", "timestamp", "duration"):
            return self._time_literal(raw)
        if name in ("has", "known"):
            return self._known(raw)
        if name in _COUNTERS:
            return self._counter(raw)
        args = [self.tree(arg) for arg in raw.args]
        if any(arg is None for arg in args):
            return None
        return self._function(raw, [arg for arg in args if arg is not None])

    def _function(self, raw: RawCall, args: list[Tree]) -> Tree | None:
        kinds = [arg.type.kind for arg in args]
        name = raw.function
        if name in ("min", "max") and kinds == ["number", "number"]:
            return arithmetic(name, args[0], args[1], raw.place, self.faults)
        if name == "lowerAscii" and kinds == ["text"]:
            return Lower(args[0])
        if name == "size" and kinds[0] in ("text", "texts"):
            return Size(args[0], Type("number", NONE))
        if kinds == ["text", "text"] and isinstance(args[1], Const):
            return TextTest(name, args[0], str(args[1].value))  # type: ignore[arg-type]
        wrong = f"'{name}' works on {' and '.join(str(a.type) for a in args)}"
        self.faults.add(raw.place, wrong, f"write e.g. {_FUNCTIONS[name]}")
        return None

    def _time_literal(self, raw: RawCall) -> Tree | None:
        arg = raw.args[0]
        text = arg.value if isinstance(arg, RawLiteral) else None
        example = f"write e.g. {_FUNCTIONS[raw.function]}"
        if not isinstance(text, str):
            self.faults.add(raw.place, f"'{raw.function}' takes a text in quotes", example)
            return None
        if raw.function == "duration":
            found = _DURATION.match(text)
            if not found or text == "P":
                self.faults.add(arg.place, f"'{text}' is no duration in days or weeks", example)
                return None
            count = 7 * int(found[1] or 0) + int(found[2] or 0)
            return Const(count, Type("number", DAY))
        try:
            return Const(days(dt.date.fromisoformat(text)), DATE)
        except ValueError:
            self.faults.add(arg.place, f"'{text}' is no date of the calendar", example)
            return None

    def _known(self, raw: RawCall) -> Tree | None:
        arg = raw.args[0]
        node = self.tree(arg)
        if node is None:
            return None
        if not isinstance(node, Read):
            wrong = f"'{raw.function}' asks about a name of the vocabulary"
            self.faults.add(arg.place, wrong, f"write e.g. {_FUNCTIONS['known']}")
            return None
        return Known(node.name)

    def _counter(self, raw: RawCall) -> Tree | None:
        arg = raw.args[0]
        name = arg.value if isinstance(arg, RawLiteral) else None
        if not isinstance(name, str) or name not in self.scope.accounts:
            wrong = f"unknown account '{name}'" if isinstance(name, str) else "no account is named"
            self.faults.add(arg.place, wrong, nearest(str(name), self.scope.accounts))
            return None
        full = f"@{raw.function}/{self.scope.prefix}/{name}"
        return Read(full, self.scope.accounts[name])


def _whole_days(tree: Tree) -> bool:
    return tree.type.unit in (DAY, BARE) and tree.type.places == 0


_FUNCTIONS = {
    "date": 'date("2026-01-15")',
    "timestamp": 'timestamp("2026-01-15")',
    "duration": 'duration("P30D")',
    "has": "has(licence.id)",
    "known": "known(product.tpp)",
    "available": 'available("licence-quantity")',
    "posted": 'posted("licence-quantity")',
    "overdue": 'overdue("domestic-ratio")',
    "min": "min(a, b)",
    "max": "max(a, b)",
    "lowerAscii": "lowerAscii(product.name)",
    "size": "size(product.name)",
    "startsWith": 'product.name.startsWith("H")',
    "endsWith": 'product.name.endsWith("SXM")',
    "contains": 'product.name.contains("200")',
}


def arithmetic(op: str, left: Tree, right: Tree, place: Place, faults: Faults) -> Tree | None:
    """`left op right` on numbers, with the result's unit and places."""
    units = left.type.unit, right.type.unit
    if op in ("+", "-", "min", "max"):
        if not units[0].fits(units[1]):
            wrong = f"'{op}' joins {units[0]} and {units[1]}"
            faults.add(place, wrong, "use values of one unit")
            return None
        left, right = same_places(left, right)
        unit = units[1] if units[0].bare else units[0]
        return Arith(op, left, right, Type("number", unit, left.type.places))  # type: ignore[arg-type]
    if op == "*":
        places = left.type.places + right.type.places
        if places > 12:
            faults.add(place, "the product has over 12 decimal places", "round one of its factors")
            return None
        return Arith("*", left, right, Type("number", units[0] * units[1], places))
    if isinstance(right, Const) and right.value == 0:
        faults.add(place, "this divides by zero", "divide by another number")
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
        wrong = f"one side gives {then.type}, the other {other.type}"
        faults.add(place, wrong, "give both sides one kind of value")
        return None
    if then.type.kind == "number":
        if not then.type.unit.fits(other.type.unit):
            wrong = f"one side gives {then.type.unit}, the other {other.type.unit}"
            faults.add(place, wrong, "give both sides one unit")
            return None
        then, other = same_places(then, other)
        unit = other.type.unit if then.type.unit.bare else then.type.unit
        return If(cond, then, other, Type("number", unit, then.type.places))
    values: tuple[str, ...] = ()
    if then.type.values and other.type.values:
        values = tuple(dict.fromkeys(then.type.values + other.type.values))
    return If(cond, then, other, replace(then.type, values=values))
