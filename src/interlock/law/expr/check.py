"""Names, types and units: from the plain tree to the typed one."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from interlock.files import Faults, Place, nearest
from interlock.law.expr.mends import FUNCTIONS, INSTEAD, other_kind
from interlock.law.expr.numbers import arithmetic, constant, merge, same_places
from interlock.law.expr.parse import Raw, RawCall, RawList, RawLiteral, RawName, RawOp, parse
from interlock.law.expr.tree import (
    DATE,
    Arith,
    Compare,
    Const,
    FactRef,
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
from interlock.law.units import BARE, DAY, NONE
from interlock.law.vocabulary import near_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.law.model import Expression

_DURATION = re.compile(r"P(?:(\d{1,5})W)?(?:(\d{1,6})D)?\Z")
_TEXT_TESTS = ("startsWith", "endsWith", "contains")
_COUNTERS = ("available", "posted", "overdue")


@dataclass(frozen=True)
class Scope:
    """The names an expression may use.

    Attributes:
        names: dotted or plain name -> its node.
        accounts: account id -> type of its counters, for `available("id")` and its like.
        prefix: put before an account id in a counter's name: `@available/<prefix>/<id>`.
        later: facts that stand further down, and so cannot be used here.
        doubtful: names and accounts that have faults of their own: nothing is said of them here.
    """

    names: Mapping[str, Read | Param | FactRef]
    accounts: Mapping[str, Type] = field(default_factory=dict)
    prefix: str = ""
    later: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()


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
        mend = f"write an expression that gives {want}"
        if want.kind == "bool":
            mend = "compare it with a value: == != < <= > >= or in"
        faults.add(expression.place, wrong, mend)
        return None
    if want.kind == "number" and not tree.type.unit.fits(want.unit):
        wrong = f"the expression gives {tree.type.unit}, not {want.unit}"
        faults.add(expression.place, wrong, f"write an amount in {want.unit}")
        return None
    return tree


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
        if node is None and raw.name not in self.scope.doubtful:
            wrong, mend = self._unknown(raw.name)
            self.faults.add(raw.place, wrong, mend)
        return node

    def _unknown(self, name: str) -> tuple[str, str]:
        """What is wrong with a name that nobody knows, and what was probably meant."""
        if name in self.scope.later:
            wrong = f"the fact '{name}' is not known here yet"
            return wrong, "a fact may use the facts that stand above it: move it up"
        wrong = f"unknown name '{name}'"
        if name in self.scope.accounts:
            return wrong, f'read an account with available("{name}")'
        mend = near_name(name, self.scope.names)
        if not mend.startswith("did") and not any(
            known.startswith(f"{name.partition('.')[0]}.") for known in self.scope.names
        ):
            return wrong, "write a name of the vocabulary, or a parameter or fact of this file"
        return wrong, mend

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
        literal = next((arg for arg in raw.args if isinstance(arg, RawLiteral)), None)
        return self._compare(raw.op, left, right, raw.place, literal.place if literal else None)

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
            mend = "write a text on the left, a list on the right"
            if options_node.type.kind == item.type.kind != "texts":
                mend = "put the values in brackets, e.g. in [...]"
            self.faults.add(raw.place, wrong, mend)
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

    def _compare(
        self, op: str, left: Tree, right: Tree, place: Place, literal: Place | None = None
    ) -> Tree | None:
        kinds = {left.type.kind, right.type.kind}
        if len(kinds) > 1 or "texts" in kinds:
            wrong = f"{left.type} is compared with {right.type}"
            self.faults.add(place, wrong, other_kind(left, right))
            return None
        kind = left.type.kind
        if kind == "number":
            if not left.type.unit.fits(right.type.unit):
                wrong = f"{left.type.unit} is compared with {right.type.unit}"
                self.faults.add(place, wrong, "compare values of one unit")
                return None
            return Compare(op, *same_places(left, right))
        if kind in ("bool", "text") and op not in ("==", "!="):
            what = "texts have" if kind == "text" else "yes/no has"
            self.faults.add(place, f"{what} no order for '{op}'", "use == or !=")
            return None
        if kind == "text" and not self._possible(left, right, literal or place):
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
        if name not in FUNCTIONS:
            mend = INSTEAD.get(name) or nearest(name, FUNCTIONS)
            self.faults.add(raw.place, f"unknown function '{name}'", mend)
            return None
        if count != arity.get(name, 1):
            wrong = f"'{name}' takes {arity.get(name, 1)}, not {count} values"
            self.faults.add(raw.place, wrong, f"write e.g. {FUNCTIONS[name]}")
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
        if name in _TEXT_TESTS and kinds == ["text", "text"]:
            if isinstance(args[1], Const):
                return TextTest(name, args[0], str(args[1].value))  # type: ignore[arg-type]
            wrong = f"'{name}' looks for a text in quotes, not for the value of a name"
            self.faults.add(raw.place, wrong, f"write e.g. {FUNCTIONS[name]}")
            return None
        wrong = f"'{name}' works on {' and '.join(str(a.type) for a in args)}"
        self.faults.add(raw.place, wrong, f"write e.g. {FUNCTIONS[name]}")
        return None

    def _time_literal(self, raw: RawCall) -> Tree | None:
        arg = raw.args[0]
        text = arg.value if isinstance(arg, RawLiteral) else None
        example = f"write e.g. {FUNCTIONS[raw.function]}"
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
            self.faults.add(arg.place, wrong, f"write e.g. {FUNCTIONS['known']}")
            return None
        return Known(node.name, of=node.type)

    def _counter(self, raw: RawCall) -> Tree | None:
        arg = raw.args[0]
        name = arg.value if isinstance(arg, RawLiteral) else None
        if isinstance(name, str) and name in self.scope.doubtful:
            return None
        if not isinstance(name, str) or name not in self.scope.accounts:
            wrong = f"unknown account '{name}'"
            mend: str = nearest(str(name), self.scope.accounts)
            if not isinstance(name, str):
                wrong, mend = "no account is named", f"write e.g. {FUNCTIONS[raw.function]}"
                if isinstance(arg, RawName) and arg.name in self.scope.accounts:
                    mend = f'put its id in quotes: {raw.function}("{arg.name}")'
            self.faults.add(arg.place, wrong, mend)
            return None
        full = f"@{raw.function}/{self.scope.prefix}/{name}"
        return Read(full, self.scope.accounts[name])


def _whole_days(tree: Tree) -> bool:
    return tree.type.unit in (DAY, BARE) and tree.type.places == 0
