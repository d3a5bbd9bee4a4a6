"""The one typed tree that every expression becomes, and that both evaluators read.

Values in it: yes/no as bool, text as str, lists as tuples of str, numbers as integers of
10^-places units, dates as days since 1970-01-01, durations as days. None is unknown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from interlock.files.phrases import Phrase, phrase
from interlock.law.units import NONE, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interlock.law.model import Rests

Kind = Literal["bool", "text", "texts", "number", "date"]
_KINDS = {
    "bool": phrase("yes/no"),
    "text": phrase("a text"),
    "texts": phrase("a list of texts"),
    "number": phrase("a number"),
    "date": phrase("a date"),
}
Value = bool | int | str | tuple[str, ...]
INT64 = 2**63 - 1
EPOCH = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Type:
    """What a node gives. `values` lists the only texts it can be, where that is known."""

    kind: Kind
    unit: Unit = NONE
    places: int = 0
    values: tuple[str, ...] = ()

    @property
    def says(self) -> Phrase:
        """The kind, for messages."""
        if self.kind == "number" and self.unit.powers:
            return phrase("a number ({unit})", unit=self.unit.says)
        return _KINDS[self.kind]

    def __str__(self) -> str:
        return str(self.says)


BOOL = Type("bool")
TEXT = Type("text")
TEXTS = Type("texts")
DATE = Type("date")


@dataclass(frozen=True)
class Const:
    """A value that the law states; `rests` is set where it came from a dated parameter."""

    value: Value
    type: Type
    rests: Rests | None = None
    name: str = ""


@dataclass(frozen=True)
class Unknown:
    """A value that nobody can give: `reason` says why."""

    reason: str
    type: Type
    rests: Rests | None = None


@dataclass(frozen=True)
class Param:
    """A parameter of the law before a date is chosen."""

    name: str
    type: Type


@dataclass(frozen=True)
class Read:
    """A fact of the case. `low` and `high` bound numbers, in 10^-places units.

    `closed`: a record that the book keeps, so where it is not on file a yes/no is false and a text
    is empty; other facts are unknown when not given.
    """

    name: str
    type: Type
    low: int = -(10**15)
    high: int = 10**15
    closed: bool = False


@dataclass(frozen=True)
class FactRef:
    """A derived fact of the same regime."""

    name: str
    type: Type


@dataclass(frozen=True)
class Not:
    """Kleene negation."""

    arg: Tree
    type: Type = BOOL


@dataclass(frozen=True)
class Junction:
    """Kleene `and` or `or` over two or more operands."""

    op: Literal["and", "or"]
    args: tuple[Tree, ...]
    type: Type = BOOL


@dataclass(frozen=True)
class Compare:
    """`== != < <= > >=` of two values of one kind and, for numbers, of equal places."""

    op: str
    left: Tree
    right: Tree
    type: Type = BOOL


@dataclass(frozen=True)
class In:
    """Whether a text (or number) is one of a list's items."""

    item: Tree
    options: Tree | tuple[Tree, ...]
    type: Type = BOOL


@dataclass(frozen=True)
class If:
    """`cond ? then : other`; also each line of a derived fact. `rests` belongs to the line."""

    cond: Tree
    then: Tree
    other: Tree
    type: Type
    rests: Rests | None = None


@dataclass(frozen=True)
class Arith:
    """`+ - * / min max` on scaled integers.

    `shift` multiplies the left operand by 10^shift first (division keeps six places so). The exact
    result must fit an int64, or the value is an error: `checked` says that it may not.
    """

    op: Literal["+", "-", "*", "/", "min", "max"]
    left: Tree
    right: Tree
    type: Type
    shift: int = 0
    checked: bool = True


@dataclass(frozen=True)
class Known:
    """Whether a value for a fact is on file; never unknown. `of` is that value's type."""

    name: str
    type: Type = BOOL
    of: Type | None = field(default=None, compare=False)


@dataclass(frozen=True)
class TextTest:
    """`startsWith`, `endsWith` or `contains` with a constant text."""

    function: Literal["startsWith", "endsWith", "contains"]
    target: Tree
    text: str
    type: Type = BOOL


@dataclass(frozen=True)
class Lower:
    """ASCII lower case of a text."""

    arg: Tree
    type: Type = TEXT


@dataclass(frozen=True)
class Size:
    """Number of characters of a text, or of items of a list."""

    arg: Tree
    type: Type


Tree = (
    Const
    | Unknown
    | Param
    | Read
    | FactRef
    | Not
    | Junction
    | Compare
    | In
    | If
    | Arith
    | Known
    | TextTest
    | Lower
    | Size
)
TRUE = Const(value=True, type=BOOL)
FALSE = Const(value=False, type=BOOL)


def days(date: dt.date) -> int:
    """A date as days since 1970-01-01."""
    return date.toordinal() - EPOCH


def date_of(day: int) -> dt.date:
    """The date that many days after 1970-01-01."""
    return dt.date.fromordinal(day + EPOCH)


def children(tree: Tree) -> tuple[Tree, ...]:
    """The operands of a node, in reading order."""
    match tree:
        case Not(arg) | Lower(arg) | Size(arg):
            return (arg,)
        case Junction(_, args):
            return args
        case Compare(_, left, right) | Arith(_, left, right):
            return (left, right)
        case In(item, options):
            return (item, *options) if isinstance(options, tuple) else (item, options)
        case If(cond, then, other):
            return (cond, then, other)
        case TextTest(_, target):
            return (target,)
        case _:
            return ()


def with_children(tree: Tree, new: tuple[Tree, ...]) -> Tree:
    """The same node over other operands."""
    match tree:
        case Not() | Lower() | Size():
            return replace(tree, arg=new[0])
        case Junction():
            return replace(tree, args=new)
        case Compare() | Arith():
            return replace(tree, left=new[0], right=new[1])
        case In(_, options):
            rest = new[1:] if isinstance(options, tuple) else new[1]
            return replace(tree, item=new[0], options=rest)
        case If():
            return replace(tree, cond=new[0], then=new[1], other=new[2])
        case TextTest():
            return replace(tree, target=new[0])
        case _:
            return tree


def walk(tree: Tree) -> Iterator[Tree]:
    """Every node, operands before the node itself."""
    for child in children(tree):
        yield from walk(child)
    yield tree


def reads(tree: Tree) -> frozenset[str]:
    """Names of the case that the tree may look at, not through derived facts."""
    return frozenset(n.name for n in walk(tree) if isinstance(n, Read | Known))


def bind(tree: Tree, values: Mapping[str, Const | Unknown]) -> Tree:
    """Put the values of a date in the place of parameters, and settle what may overflow.

    Args:
        tree: a checked tree.
        values: parameter name -> its constant, or Unknown where it has no value that day.
    """
    if isinstance(tree, Param):
        return values[tree.name]
    operands = children(tree)
    if not operands:
        return tree
    bound = with_children(tree, tuple(bind(child, values) for child in operands))
    if isinstance(bound, Arith):
        low, high = bounds(replace(bound, checked=False))
        return _folded(replace(bound, checked=low < -INT64 or high > INT64))
    return bound


def _folded(tree: Arith) -> Tree:
    """A parameter times a power of ten, which rescaling leaves behind, is a constant again."""
    left, right = tree.left, tree.right
    if (
        tree.op != "*"
        or tree.checked
        or not isinstance(left, Const)
        or not isinstance(right, Const)
    ):
        return tree
    product = int(left.value) * int(right.value)  # type: ignore[arg-type]
    return replace(left, value=product, type=tree.type)


def bounds(tree: Tree) -> tuple[int, int]:
    """The least and greatest scaled integer that a number or date node can give."""
    match tree:
        case Const(int() as value):
            return int(value), int(value)
        case Read(type=Type("date")):
            return -3_000_000, 3_000_000
        case Read(_, _, low, high):
            return low, high
        case If(_, then, other):
            lows, highs = zip(bounds(then), bounds(other), strict=True)
            return min(lows), max(highs)
        case Size():
            return 0, 10**6
        case Arith():
            return _arith_bounds(tree)
        case _:
            return -INT64, INT64


def _arith_bounds(tree: Arith) -> tuple[int, int]:
    if tree.checked:
        return -INT64, INT64
    (a, b), (c, d) = bounds(tree.left), bounds(tree.right)
    scale = 10**tree.shift
    a, b = a * scale, b * scale
    if tree.op == "+":
        return a + c, b + d
    if tree.op == "-":
        return a - d, b - c
    if tree.op == "min":
        return min(a, c), min(b, d)
    if tree.op == "max":
        return max(a, c), max(b, d)
    if tree.op == "*":
        corners = (a * c, a * d, b * c, b * d)
        return min(corners), max(corners)
    widest = max(abs(a), abs(b))
    return -widest, widest
