"""One case at a time: a tree becomes a function of the case's facts.

The value is True, False, a scaled integer, a text or a tuple of texts; None where it is unknown,
and `ERROR` where it is unknown because the arithmetic failed (overflow, division by zero).
Kleene's logic throughout; an error gives way to whatever decides without it. `columns` computes
the same over columns, and a property test holds the two equal.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from interlock.law.expr.tree import (
    INT64,
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
    Read,
    Size,
    TextTest,
    Tree,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Facts = dict[str, Any]
    Evaluate = Callable[[Facts], Any]


class _Error:
    """The one value of a failed computation."""

    def __repr__(self) -> str:
        return "error"


ERROR: Final = _Error()
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def unknown(value: object) -> bool:
    """Whether a value is unknown, for lack of a fact or by an error."""
    return value is None or value is ERROR


def evaluator(tree: Tree, facts: Mapping[str, Evaluate]) -> Evaluate:
    """A function from a case's facts to the tree's value.

    Args:
        tree: bound to a date (no Param left).
        facts: evaluators of derived facts by name. A result is kept in the case under `=name`, so
            each is computed once a case.
    """
    match tree:
        case Const(value):
            return lambda _: value
        case Unknown():
            return lambda _: None
        case Read(name, closed=closed):
            return _read(name, tree, closed=closed)
        case FactRef(name):
            return _derived(name, facts)
        case Known(name):
            return lambda case: case.get(name) is not None
        case Not(arg):
            return _not(evaluator(arg, facts))
        case Junction(op, args):
            return _junction(op, [evaluator(arg, facts) for arg in args])
        case Compare(op, left, right):
            return _compare(op, left, right, facts)
        case In():
            return _in(tree, facts)
        case If(cond, then, other):
            return _if(evaluator(cond, facts), evaluator(then, facts), evaluator(other, facts))
        case Arith():
            return _arith(tree, evaluator(tree.left, facts), evaluator(tree.right, facts))
        case TextTest(target=arg) | Lower(arg) | Size(arg):
            return _lift(evaluator(arg, facts), _text_work(tree))
        case _:
            msg = f"a {type(tree).__name__} is not bound to a date"
            raise TypeError(msg)


def _read(name: str, tree: Read, *, closed: bool) -> Evaluate:
    if closed and tree.type.kind == "bool":
        return lambda case: case.get(name) is True
    if closed and tree.type.kind == "text":
        return lambda case: case.get(name) or ""
    return lambda case: case.get(name)


def _derived(name: str, facts: Mapping[str, Evaluate]) -> Evaluate:
    key = f"={name}"
    compute = facts[name]

    def derived(case: Facts) -> Any:
        if key not in case:
            case[key] = compute(case)
        return case[key]

    return derived


def _not(arg: Evaluate) -> Evaluate:
    def negate(case: Facts) -> Any:
        value = arg(case)
        return value if value is None or value is ERROR else not value

    return negate


def _junction(op: str, args: list[Evaluate]) -> Evaluate:
    deciding = op == "or"

    def junction(case: Facts) -> Any:
        result: Any = not deciding
        for arg in args:
            value = arg(case)
            if value is deciding:
                return deciding
            if value is ERROR or (value is None and result is not ERROR):
                result = value
        return result

    return junction


def _compare(op: str, left: Tree, right: Tree, facts: Mapping[str, Evaluate]) -> Evaluate:
    test = _COMPARE[op]
    first = evaluator(left, facts)
    if isinstance(right, Const):
        constant = right.value

        def compare_constant(case: Facts) -> Any:
            a = first(case)
            return a if a is None or a is ERROR else test(a, constant)

        return compare_constant
    second = evaluator(right, facts)

    def compare(case: Facts) -> Any:
        a, b = first(case), second(case)
        if a is ERROR or b is ERROR:
            return ERROR
        return None if a is None or b is None else test(a, b)

    return compare


def _in(tree: In, facts: Mapping[str, Evaluate]) -> Evaluate:
    item = evaluator(tree.item, facts)
    if isinstance(tree.options, tuple):
        options = frozenset(o.value for o in tree.options if isinstance(o, Const))

        def is_one(case: Facts) -> Any:
            value = item(case)
            return value if value is None or value is ERROR else value in options

        return is_one
    listing = evaluator(tree.options, facts)

    def is_in(case: Facts) -> Any:
        value, texts = item(case), listing(case)
        if value is ERROR or texts is ERROR:
            return ERROR
        return None if value is None or texts is None else value in texts

    return is_in


def _if(cond: Evaluate, then: Evaluate, other: Evaluate) -> Evaluate:
    def choose(case: Facts) -> Any:
        test = cond(case)
        if test is True:
            return then(case)
        if test is False:
            return other(case)
        a, b = then(case), other(case)
        if a is ERROR or b is ERROR or test is ERROR:
            same = a is not None and a is not ERROR and b is not None and b is not ERROR and a == b
            return a if same else ERROR
        return a if a is not None and a == b else None

    return choose


def _arith(tree: Arith, left: Evaluate, right: Evaluate) -> Evaluate:
    work = _WORK[tree.op]
    scale = 10**tree.shift

    def compute(case: Facts) -> Any:
        a, b = left(case), right(case)
        if a is ERROR or b is ERROR:
            return ERROR
        if a is None or b is None:
            return None
        value = work(a * scale, b)
        return ERROR if value is None or not -INT64 <= value <= INT64 else value

    return compute


def _divide(a: int, b: int) -> int | None:
    """Toward zero, as CEL divides; None for a division by zero."""
    if b == 0:
        return None
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


_WORK: dict[str, Callable[[int, int], int | None]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "min": min,
    "max": max,
}


def _text_work(tree: TextTest | Lower | Size) -> Callable[[Any], Any]:
    if isinstance(tree, Lower):
        return _lower
    if isinstance(tree, Size):
        return len
    text = tree.text
    tests: dict[str, Callable[[str], bool]] = {
        "startsWith": lambda value: value.startswith(text),
        "endsWith": lambda value: value.endswith(text),
        "contains": lambda value: text in value,
    }
    return tests[tree.function]


def _lift(arg: Evaluate, work: Callable[[Any], Any]) -> Evaluate:
    def lifted(case: Facts) -> Any:
        value = arg(case)
        return value if value is None or value is ERROR else work(value)

    return lifted


def _lower(text: str) -> str:
    """ASCII letters only: other scripts stay as they are, as in CEL and in the columns."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)
