"""Names, types and units: from the plain tree to the typed one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from interlock.files import Faults, Place, nearest
from interlock.files.phrases import phrase, phrases
from interlock.law.expr.mends import FUNCTIONS, INSTEAD, other_kind, unknown_name
from interlock.law.expr.numbers import arithmetic, constant, merge, same_places, time_constant
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
)
from interlock.law.units import BARE, DAY, NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.law.model import Expression

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
        wrong = phrase(
            "the expression gives {kind}, not {want}", kind=tree.type.says, want=want.says
        )
        mend = phrase("write an expression that gives {want}", want=want.says)
        if want.kind == "bool":
            mend = phrase("compare it with a value: == != < <= > >= or in")
        faults.add(expression.place, wrong, mend)
        return None
    if want.kind == "number" and not tree.type.unit.fits(want.unit):
        wrong = phrase(
            "the expression gives {kind}, not {want}", kind=tree.type.unit.says, want=want.unit.says
        )
        faults.add(
            expression.place, wrong, phrase("write an amount in {unit}", unit=want.unit.says)
        )
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
        self.faults.add(raw.place, phrase("a list stands alone"), phrase("write it behind 'in'"))
        return None

    def _name(self, raw: RawName) -> Tree | None:
        node = self.scope.names.get(raw.name)
        if node is None and raw.name not in self.scope.doubtful:
            wrong, mend = unknown_name(raw.name, self.scope)
            self.faults.add(raw.place, wrong, mend)
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
        literal = next((arg for arg in raw.args if isinstance(arg, RawLiteral)), None)
        return self._compare(raw.op, left, right, raw.place, literal.place if literal else None)

    def _bool(self, raw: Raw, op: str) -> Tree | None:
        node = self.tree(raw)
        if node is not None and node.type.kind != "bool":
            wrong = phrase("'{op}' needs yes/no, this is {kind}", op=op, kind=node.type.says)
            self.faults.add(raw.place, wrong, phrase("compare it with a value"))
            return None
        return node

    def _negative(self, raw: RawOp) -> Tree | None:
        arg = self.tree(raw.args[0])
        if arg is None:
            return None
        if arg.type.kind != "number":
            self.faults.add(
                raw.place,
                phrase("'-' needs a number, this is {kind}", kind=arg.type.says),
                phrase("drop the '-'"),
            )
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
            wrong = phrase(
                "'in' asks for {kind} in {other}", kind=item.type.says, other=options_node.type.says
            )
            mend = phrase("write a text on the left, a list on the right")
            if options_node.type.kind == item.type.kind != "texts":
                mend = phrase("put the values in brackets, e.g. in [...]")
            self.faults.add(raw.place, wrong, mend)
            return None
        return In(item, options_node)

    def _in_literals(self, item: Tree, listing: RawList, options: list[Tree]) -> Tree | None:
        if not options:
            self.faults.add(
                listing.place, phrase("the list is empty"), phrase("write at least one value")
            )
            return None
        compared = []
        for raw, option in zip(listing.items, options, strict=True):
            if not isinstance(option, Const):
                self.faults.add(
                    raw.place, phrase("a list holds values only"), phrase("compare names with '=='")
                )
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
            wrong = phrase(
                "{left} is compared with {right}", left=left.type.says, right=right.type.says
            )
            self.faults.add(place, wrong, other_kind(left, right))
            return None
        kind = left.type.kind
        if kind == "number":
            if not left.type.unit.fits(right.type.unit):
                wrong = phrase(
                    "{left} is compared with {right}",
                    left=left.type.unit.says,
                    right=right.type.unit.says,
                )
                self.faults.add(place, wrong, phrase("compare values of one unit"))
                return None
            return Compare(op, *same_places(left, right))
        if kind in ("bool", "text") and op not in ("==", "!="):
            wrong = phrase("yes/no has no order for '{op}'", op=op)
            if kind == "text":
                wrong = phrase("texts have no order for '{op}'", op=op)
            self.faults.add(place, wrong, phrase("use == or !="))
            return None
        if kind == "text" and not self._possible(left, right, literal or place):
            return None
        return Compare(op, left, right)

    def _possible(self, left: Tree, right: Tree, place: Place) -> bool:
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Const) and not isinstance(other, Const) and other.type.values:
                text = str(one.value)
                if text not in other.type.values:
                    named = getattr(other, "name", "") or phrase("the value compared with")
                    mend = nearest(text, other.type.values)
                    self.faults.add(
                        place,
                        phrase("'{text}' is no value of {named}", text=text, named=named),
                        mend,
                    )
                    return False
        return True

    def _arith(self, op: str, left: Tree, right: Tree, place: Place) -> Tree | None:
        kinds = (left.type.kind, right.type.kind)
        if "date" in kinds:
            return self._dates(op, left, right, place)
        if kinds != ("number", "number"):
            given = phrases((left.type.says, right.type.says), " and ")
            wrong = phrase("'{op}' works on {kinds}", op=op, kinds=given)
            self.faults.add(place, wrong, phrase("use numbers"))
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
        given = phrases((left.type.says, right.type.says), " and ")
        wrong = phrase("'{op}' works on {kinds}", op=op, kinds=given)
        self.faults.add(place, wrong, phrase('add a duration, e.g. duration("P30D"), to a date'))
        return None

    def _call(self, raw: RawCall) -> Tree | None:
        name, count = raw.function, len(raw.args)
        arity = {"min": 2, "max": 2, "startsWith": 2, "endsWith": 2, "contains": 2}
        if name not in FUNCTIONS:
            mend = INSTEAD.get(name) or nearest(name, FUNCTIONS)
            self.faults.add(raw.place, phrase("unknown function '{name}'", name=name), mend)
            return None
        if count != arity.get(name, 1):
            wrong = phrase("'{name}' takes {needs}, not {count} values",
                           name=name, needs=arity.get(name, 1), count=count)  # fmt: skip
            self.faults.add(
                raw.place, wrong, phrase("write e.g. {example}", example=FUNCTIONS[name])
            )
            return None
        if name in ("date", "timestamp", "duration"):
            return time_constant(raw, self.faults)
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
            wrong = phrase(
                "'{name}' looks for a text in quotes, not for the value of a name", name=name
            )
            self.faults.add(
                raw.place, wrong, phrase("write e.g. {example}", example=FUNCTIONS[name])
            )
            return None
        given = phrases((a.type.says for a in args), " and ")
        wrong = phrase("'{op}' works on {kinds}", op=name, kinds=given)
        self.faults.add(raw.place, wrong, phrase("write e.g. {example}", example=FUNCTIONS[name]))
        return None

    def _known(self, raw: RawCall) -> Tree | None:
        arg = raw.args[0]
        node = self.tree(arg)
        if node is None:
            return None
        if not isinstance(node, Read):
            wrong = phrase(
                "'{function}' asks about a name of the vocabulary", function=raw.function
            )
            self.faults.add(
                arg.place, wrong, phrase("write e.g. {example}", example=FUNCTIONS["known"])
            )
            return None
        return Known(node.name, of=node.type)

    def _counter(self, raw: RawCall) -> Tree | None:
        arg = raw.args[0]
        name = arg.value if isinstance(arg, RawLiteral) else None
        if isinstance(name, str) and name in self.scope.doubtful:
            return None
        if not isinstance(name, str) or name not in self.scope.accounts:
            wrong = phrase("unknown account '{name}'", name=name)
            mend = nearest(str(name), self.scope.accounts)
            if not isinstance(name, str):
                wrong = phrase("no account is named")
                mend = phrase("write e.g. {example}", example=FUNCTIONS[raw.function])
                if isinstance(arg, RawName) and arg.name in self.scope.accounts:
                    mend = phrase(
                        'put its id in quotes: {function}("{name}")',
                        function=raw.function,
                        name=arg.name,
                    )
            self.faults.add(arg.place, wrong, mend)
            return None
        full = f"@{raw.function}/{self.scope.prefix}/{name}"
        return Read(full, self.scope.accounts[name])


def _whole_days(tree: Tree) -> bool:
    return tree.type.unit in (DAY, BARE) and tree.type.places == 0
