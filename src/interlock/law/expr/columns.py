"""Millions of rows at a time: a tree becomes Polars expressions.

Polars is not Kleene (`when(null)` takes *otherwise*, NaN compares true, int64 wraps), so each
yes/no compiles to two columns, *can be true* and *can be false*; unknown is both. Other values are
a column in which null is unknown. What can fail carries a third column, *error*. Where a column is
known to hold no null the second column is the complement of the first, and costs nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from interlock.law.expr.kleene import (
    MAYBE,
    NO,
    YES,
    Tri,
    Val,
    any_error,
    both,
    by_category,
    choice_errors,
    choose,
    choose_label,
    either,
    from_nullable,
    labelled,
    negate,
    one_of,
    same_label,
    same_truth,
)
from interlock.law.expr.tree import (
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
    Type,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HEAVY = 200
"""Above this weight a result becomes a column of its own. Kleene's logic names each operand twice,
so without it an expression nested n deep would grow to 2^n."""


class Columns:
    """What the frame offers, and the columns to add to it before the results can be read.

    Attributes:
        names: facts that are columns of the frame.
        sure: those of them without a null.
        facts: derived facts, already compiled.
        given: what a fact is in every row that does not say otherwise.
        categories: texts kept by category (Enum columns), with the texts they can be.
        stages: columns to add, in order; a later one may read an earlier one.
        prefix: of the names of those columns.
        repeated: trees that occur more than once; each gets a column of its own.
    """

    def __init__(
        self,
        names: frozenset[str],
        sure: frozenset[str],
        facts: Mapping[str, Tri | Val],
        given: Mapping[str, int | str] | None = None,
        categories: Mapping[str, frozenset[str]] | None = None,
        prefix: str = "@",
    ) -> None:
        self.names = names
        self.sure = sure
        self.facts = facts
        self.given = dict(given or {})
        self.prefix = prefix
        self.categories = dict(categories or {})
        self.stages: list[pl.Expr] = []
        self.repeated: frozenset[Tree] = frozenset()
        self._shared: dict[Tree, Tri | Val] = {}
        self._kept: dict[int, pl.Expr] = {}
        self._weight = 0

    def compile(self, tree: Tree) -> Tri | Val:
        """Compile a bound tree; yes/no gives a Tri, everything else a Val."""
        if tree in self._shared:
            self._weight += 1
            return self._shared[tree]
        outer, self._weight = self._weight, 0
        if isinstance(tree, FactRef):
            result = self.facts[tree.name]
        elif tree.type.kind == "bool":
            result = _tri(tree, self)
        else:
            result = _val(tree, self)
        weight = 1 + 2 * self._weight
        if weight > HEAVY or tree in self.repeated:
            result, weight = self.keep(result), 1
            self._shared[tree] = result
        self._weight = outer + weight
        return result

    def keep(self, result: Tri | Val) -> Tri | Val:
        """The same result, read from columns of its own."""
        if isinstance(result, Tri):
            if result.fixed is not None:
                return result
            return replace(
                result,
                ct=self._column(result.ct),
                cf=None if result.cf is None else self._column(result.cf),
                err=None if result.err is None else self._column(result.err),
            )
        err = None if result.err is None else self._column(result.err)
        if result.labels is not None and result.rest is not None:
            labels = {text: self._kept_truth(rows) for text, rows in result.labels.items()}
            return labelled(labels, self._kept_truth(result.rest), err)
        return replace(result, value=self._column(result.value), err=err)

    def _kept_truth(self, rows: Tri) -> Tri:
        kept = self.keep(rows)
        assert isinstance(kept, Tri)  # noqa: S101 - what goes in comes out
        return kept

    def _column(self, expr: pl.Expr) -> pl.Expr:
        if id(expr) in self._kept:
            return expr
        name = f"{self.prefix}{len(self.stages)}"
        self.stages.append(expr.alias(name))
        column = pl.col(name)
        self._kept[id(column)] = column
        return column

    def staged(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with the columns that the results read."""
        for stage in self.stages:
            frame = frame.with_columns(stage)
        return frame


def truth(tree: Tree, columns: Columns) -> Tri:
    """Compile a yes/no tree."""
    compiled = columns.compile(tree)
    assert isinstance(compiled, Tri)  # noqa: S101 - the checker gave the type
    return compiled


def _value(tree: Tree, columns: Columns) -> Val:
    compiled = columns.compile(tree)
    assert isinstance(compiled, Val)  # noqa: S101 - the checker gave the type
    return compiled


def _tri(tree: Tree, columns: Columns) -> Tri:
    match tree:
        case Const(value):
            return YES if value else NO
        case Read(name, closed=closed):
            return _read_bool(name, columns, closed=closed)
        case Known(name):
            return _known(name, columns)
        case Not(arg):
            return negate(truth(arg, columns))
        case Junction(op, args):
            parts = [truth(arg, columns) for arg in args]
            return both(parts) if op == "and" else either(parts)
        case Compare(op, left, right):
            return _compare(op, left, right, columns)
        case In():
            return _in(tree, columns)
        case If(cond, then, other):
            return choose(truth(cond, columns), truth(then, columns), truth(other, columns))
        case TextTest(function, target, text):
            return from_nullable(_value(target, columns), lambda v: _TEXT_TESTS[function](v, text))
        case _:
            return MAYBE


def _read_bool(name: str, columns: Columns, *, closed: bool) -> Tri:
    if name not in columns.names:
        return NO if closed else MAYBE
    column = pl.col(name)
    if name in columns.sure:
        return Tri(column)
    if closed:
        return Tri(column.fill_null(value=False))
    return Tri(column.fill_null(value=True), ~column.fill_null(value=False))


def _known(name: str, columns: Columns) -> Tri:
    if name in columns.given:
        return YES
    if name not in columns.names:
        return NO
    return YES if name in columns.sure else Tri(pl.col(name).is_not_null())


def _compare(op: str, left: Tree, right: Tree, columns: Columns) -> Tri:
    if left.type.kind == "bool":
        equal = same_truth(truth(left, columns), truth(right, columns))
        return equal if op == "==" else negate(equal)
    a, b = _value(left, columns), _value(right, columns)
    for side, constant in ((a, right), (b, left)):
        if side.labels is not None and isinstance(constant, Const):
            equal = one_of(side, [str(constant.value)])
            return equal if op == "==" else negate(equal)
    if a.labels is not None and b.labels is not None and op in ("==", "!="):
        equal = same_label(a, b)
        return equal if op == "==" else negate(equal)
    pair = Val(_COMPARE[op](a.value, b.value), a.sure and b.sure, any_error(a.err, b.err))
    return from_nullable(pair, lambda value: value)


def _in(tree: In, columns: Columns) -> Tri:
    item = _value(tree.item, columns)
    if isinstance(tree.options, tuple):
        return one_of(item, [str(o.value) for o in tree.options if isinstance(o, Const)])
    if isinstance(tree.options, Const) and isinstance(tree.options.value, tuple):
        return one_of(item, list(tree.options.value))
    listing = _value(tree.options, columns)
    sure = item.sure and listing.sure
    found = listing.value.list.contains(item.value)
    if not sure:
        # Polars finds null in no list; a value that is not given may be in any.
        found = pl.when(item.value.is_not_null()).then(found)
    return from_nullable(Val(found, sure, any_error(item.err, listing.err)), lambda value: value)


_COMPARE: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "==": pl.Expr.eq,
    "!=": pl.Expr.ne,
    "<": pl.Expr.lt,
    "<=": pl.Expr.le,
    ">": pl.Expr.gt,
    ">=": pl.Expr.ge,
}
_TEXT_TESTS: dict[str, Callable[[pl.Expr, str], pl.Expr]] = {
    "startsWith": lambda value, text: value.str.starts_with(text),
    "endsWith": lambda value, text: value.str.ends_with(text),
    "contains": lambda value, text: value.str.contains(text, literal=True),
}
_DTYPES: dict[str, pl.DataType] = {
    "number": pl.Int64(),
    "date": pl.Int64(),
    "text": pl.String(),
    "texts": pl.List(pl.String()),
    "bool": pl.Boolean(),
}


def dtype_of(type_: Type) -> pl.DataType:
    """The column type in which values of a type are kept: scaled integers, days, texts."""
    return _DTYPES[type_.kind]


def _val(tree: Tree, columns: Columns) -> Val:
    match tree:
        case Const(tuple() as texts):
            return Val(pl.lit(pl.Series([list(texts)], dtype=_DTYPES["texts"])).first(), sure=True)
        case Const(str() as text):
            return labelled({text: YES})
        case Const(value):
            return Val(pl.lit(int(value), dtype=pl.Int64), sure=True)  # type: ignore[arg-type]
        case Read(name, closed=closed):
            return _read_value(name, tree.type, columns, closed=closed)
        case If():
            return _choose_value(tree, columns)
        case Arith():
            return _arith(tree, columns)
        case Lower(arg):
            inner = _value(arg, columns)
            return replace(inner, value=_ascii_lower(inner.value), labels=None, rest=None)
        case Size(arg):
            inner = _value(arg, columns)
            is_text = arg.type.kind == "text"
            count = inner.value.str.len_chars() if is_text else inner.value.list.len()
            return replace(inner, value=count.cast(pl.Int64), labels=None, rest=None)
        case _ if tree.type.kind == "text":
            return labelled({}, YES)
        case _:
            return Val(pl.lit(None, dtype=dtype_of(tree.type)))


def _read_value(name: str, type_: Type, columns: Columns, *, closed: bool) -> Val:
    absent = closed and type_.kind == "text"
    if name in columns.given and name not in columns.sure:
        default = pl.lit(columns.given[name], dtype=dtype_of(type_))
        present = name in columns.names
        return Val(pl.col(name).fill_null(default) if present else default, sure=True)
    if name not in columns.names:
        if absent:
            return labelled({"": YES})
        if type_.kind == "text":
            return labelled({}, YES)
        return Val(pl.lit(None, dtype=dtype_of(type_)))
    kinds = columns.categories.get(name)
    if kinds is not None:
        return by_category(name, kinds, sure=name in columns.sure, absent=absent)
    if name in columns.sure:
        return Val(pl.col(name), sure=True)
    return Val(pl.col(name).fill_null(""), sure=True) if absent else Val(pl.col(name))


def _ascii_lower(value: pl.Expr) -> pl.Expr:
    upper = [chr(c) for c in range(ord("A"), ord("Z") + 1)]
    return value.str.replace_many(upper, [c.lower() for c in upper])


def _choose_value(tree: If, columns: Columns) -> Val:
    cond = truth(tree.cond, columns)
    then, other = _value(tree.then, columns), _value(tree.other, columns)
    if cond.fixed is not None:
        return then if cond.fixed else other
    errors = choice_errors(cond, then, other)
    if then.labels is not None and other.labels is not None:
        kept = columns.keep(cond)  # each label asks for it
        assert isinstance(kept, Tri)  # noqa: S101 - what goes in comes out
        return choose_label(kept, then, other, errors)
    if cond.cf is None:
        chosen = pl.when(cond.ct).then(then.value).otherwise(other.value)
        return Val(chosen, then.sure and other.sure, errors)
    agreed = pl.when(then.value == other.value).then(then.value)
    chosen = pl.when(cond.true).then(then.value).when(cond.false).then(other.value)
    value = chosen.otherwise(agreed)
    return Val(value, err=None if errors is None else errors & value.is_null())


def _arith(tree: Arith, columns: Columns) -> Val:
    a, b = _value(tree.left, columns), _value(tree.right, columns)
    sure, errors = a.sure and b.sure, any_error(a.err, b.err)
    left, right = a.value, b.value
    wide = tree.checked or tree.shift > 0 or tree.op == "/"
    if wide:
        left, right = left.cast(pl.Int128), right.cast(pl.Int128)
        left = left * pl.lit(10**tree.shift, dtype=pl.Int128)
    result = _WORK[tree.op](left, right)
    if not wide:
        return Val(result, sure, errors)
    narrow = result.cast(pl.Int64, strict=False)
    # int64's least value is kept free, so that negation never overflows; the scalar side agrees.
    narrow = pl.when(narrow > -(2**63)).then(narrow)
    failed = left.is_not_null() & right.is_not_null() & narrow.is_null()
    return Val(narrow, sure=False, err=any_error(errors, failed))


def _divide(a: pl.Expr, b: pl.Expr) -> pl.Expr:
    quotient = a.abs() // b.abs()
    signed = (
        pl.when((a < 0) == (b < 0)).then(quotient).otherwise(quotient * pl.lit(-1, dtype=pl.Int128))
    )
    return pl.when(b != 0).then(signed)


_WORK: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "+": pl.Expr.add,
    "-": pl.Expr.sub,
    "*": pl.Expr.mul,
    "/": _divide,
    "min": lambda a, b: pl.when(a < b).then(a).when(a >= b).then(b),
    "max": lambda a, b: pl.when(a > b).then(a).when(a <= b).then(b),
}
