"""Three-valued values over columns: the words in which `columns` says what a tree becomes.

`Tri` is a yes/no as two columns, *can be true* and *can be false*; `Val` any other value. Labels
are texts of few values kept as one yes/no column for each, so that a comparison costs no text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

NO_ROWS = pl.lit(False)
ROWS = pl.lit(True)


@dataclass(frozen=True)
class Tri:
    """A three-valued yes/no. `cf` None: never unknown, so it is the complement of `ct`.

    `fixed` is set where every row has this one value; `err` where the unknown may be an error.
    """

    ct: pl.Expr
    cf: pl.Expr | None = None
    err: pl.Expr | None = None
    fixed: bool | None = None

    @property
    def can_false(self) -> pl.Expr:
        """Rows that may be false."""
        return ~self.ct if self.cf is None else self.cf

    @property
    def true(self) -> pl.Expr:
        """Rows that are surely true."""
        return self.ct if self.cf is None else self.ct & ~self.cf

    @property
    def false(self) -> pl.Expr:
        """Rows that are surely false."""
        return ~self.ct if self.cf is None else self.cf & ~self.ct

    @property
    def unknown(self) -> pl.Expr:
        """Rows that are neither."""
        return NO_ROWS if self.cf is None else self.ct & self.cf


YES = Tri(ROWS, fixed=True)
NO = Tri(NO_ROWS, fixed=False)
MAYBE = Tri(ROWS, ROWS)


@dataclass(frozen=True)
class Val:
    """A number, date, text or list. Null is unknown.

    Attributes:
        value: the column; for a text with `labels` it is seldom needed.
        sure: there is no null.
        err: rows where the null is an error.
        labels: for a text of few values, the rows that surely have each; never unknown themselves.
        rest: beside labels, the rows in which the text is unknown.
    """

    value: pl.Expr
    sure: bool = False
    err: pl.Expr | None = None
    labels: Mapping[str, Tri] | None = None
    rest: Tri | None = None


def negate(arg: Tri) -> Tri:
    """Kleene not."""
    if arg.fixed is not None:
        return NO if arg.fixed else YES
    if arg.cf is None:
        return Tri(~arg.ct)
    return Tri(arg.cf, arg.ct, arg.err)


def both(parts: list[Tri]) -> Tri:
    """Kleene and."""
    if any(part.fixed is False for part in parts):
        return NO
    parts = [part for part in parts if part.fixed is None]
    if len(parts) < 2:
        return parts[0] if parts else YES
    ct = reduce(pl.Expr.and_, [part.ct for part in parts])
    if all(part.cf is None for part in parts):
        return Tri(ct)
    cf = reduce(pl.Expr.or_, [part.can_false for part in parts])
    return Tri(ct, cf, _error(ct & cf, parts))


def either(parts: list[Tri]) -> Tri:
    """Kleene or."""
    if any(part.fixed is True for part in parts):
        return YES
    parts = [part for part in parts if part.fixed is None]
    if len(parts) < 2:
        return parts[0] if parts else NO
    ct = reduce(pl.Expr.or_, [part.ct for part in parts])
    if all(part.cf is None for part in parts):
        return Tri(ct)
    cf = reduce(pl.Expr.and_, [part.can_false for part in parts])
    return Tri(ct, cf, _error(ct & cf, parts))


def _error(unknown: pl.Expr, parts: list[Tri]) -> pl.Expr | None:
    errors = [part.err for part in parts if part.err is not None]
    return unknown & reduce(pl.Expr.or_, errors) if errors else None


def choose(cond: Tri, then: Tri, other: Tri) -> Tri:
    """`cond ? then : other`: unknown under an unknown guard unless both sides agree."""
    if cond.fixed is not None:
        return then if cond.fixed else other
    if then.fixed is not None and then.fixed is not other.fixed and other.fixed is not None:
        return cond if then.fixed else negate(cond)
    if then.fixed is not None and then.fixed is other.fixed:
        return then
    if cond.cf is None and then.cf is None and other.cf is None:
        return either([both([cond, then]), both([negate(cond), other])])
    ct = (cond.ct & then.ct) | (cond.can_false & other.ct)
    cf = (cond.ct & then.can_false) | (cond.can_false & other.can_false)
    errors = [] if cond.err is None else [cond.err]
    errors += [] if then.err is None else [cond.ct & then.err]
    errors += [] if other.err is None else [cond.can_false & other.err]
    return Tri(ct, cf, (ct & cf) & reduce(pl.Expr.or_, errors) if errors else None)


def from_nullable(source: Val, work: Callable[[pl.Expr], pl.Expr]) -> Tri:
    """A yes/no computed from a value: unknown where the value is null."""
    result = work(source.value)
    if source.sure:
        return Tri(result)
    return Tri(result.fill_null(value=True), ~result.fill_null(value=False), source.err)


def same_label(a: Val, b: Val) -> Tri:
    """Whether two texts of few values are the same."""
    first, second = a.labels or {}, b.labels or {}
    found = either([both([first[text], second[text]]) for text in first if text in second])
    rest = either([a.rest or NO, b.rest or NO])
    return _or_unknown(found, rest, any_error(a.err, b.err))


def same_truth(a: Tri, b: Tri) -> Tri:
    """Whether two yes/nos are the same."""
    if a.cf is None and b.cf is None:
        return Tri(~(a.ct ^ b.ct))
    ct = (a.ct & b.ct) | (a.can_false & b.can_false)
    cf = (a.ct & b.can_false) | (a.can_false & b.ct)
    return Tri(ct, cf, _error(ct & cf, [a, b]))


def any_error(*errors: pl.Expr | None) -> pl.Expr | None:
    """Rows in which any of the operands failed."""
    found = [error for error in errors if error is not None]
    return reduce(pl.Expr.or_, found) if found else None


def one_of(item: Val, texts: list[str]) -> Tri:
    """Whether a text is one of those listed."""
    wanted = list(dict.fromkeys(texts))
    if item.labels is not None and item.rest is not None:
        found = either([item.labels[text] for text in wanted if text in item.labels])
        return _or_unknown(found, item.rest, item.err)
    if not wanted:
        return from_nullable(item, lambda value: pl.when(value.is_not_null()).then(NO_ROWS))
    if len(wanted) > 4:
        return from_nullable(item, lambda value: value.is_in(wanted))
    return from_nullable(item, lambda value: reduce(pl.Expr.or_, [value == t for t in wanted]))


def _or_unknown(found: Tri, rest: Tri, err: pl.Expr | None) -> Tri:
    """True where found, unknown in the rest, else false."""
    if rest.fixed is False or found.fixed is True:
        return found
    if rest.fixed is True:
        return replace(MAYBE, err=err)
    if found.fixed is False:
        return Tri(rest.ct, ROWS, None if err is None else rest.ct & err)
    return Tri(found.ct | rest.ct, ~found.ct, None if err is None else rest.ct & err)


def by_category(name: str, kinds: Iterable[str], *, sure: bool, absent: bool) -> Val:
    """A text kept as Enum: one comparison of codes for each text that it can be."""
    column = pl.col(name)
    if sure:
        return labelled({text: Tri(column == text) for text in kinds})
    rows = {text: Tri((column == text).fill_null(value=False)) for text in kinds}
    if not absent:
        return labelled(rows, Tri(column.is_null()))
    empty = either([Tri(column.is_null()), rows.get("", NO)])
    return labelled({**rows, "": empty})


def labelled(labels: Mapping[str, Tri], rest: Tri = NO, err: pl.Expr | None = None) -> Val:
    """A text of few values from the rows that have each."""
    value = pl.lit(None, dtype=pl.String)
    for text, rows in labels.items():
        value = pl.when(rows.ct).then(pl.lit(text)).otherwise(value)
    return Val(value, rest.fixed is False, err, labels, rest)


def choose_label(cond: Tri, then: Val, other: Val, errors: pl.Expr | None) -> Val:
    """`cond ? then : other` of two texts of few values."""
    a, b = then.labels or {}, other.labels or {}
    texts = dict.fromkeys((*a, *b))
    merged: dict[str, Tri] = {}
    for text in texts:
        first, second = a.get(text, NO), b.get(text, NO)
        if cond.cf is None:
            merged[text] = choose(cond, first, second)
        else:
            agreed = both([Tri(cond.unknown), first, second])
            taken = [both([Tri(cond.true), first]), both([Tri(cond.false), second]), agreed]
            merged[text] = either(taken)
    merged = {text: rows for text, rows in merged.items() if rows.fixed is not False}
    if cond.cf is None:
        rest = choose(cond, then.rest or NO, other.rest or NO)
    else:
        rest = negate(either(list(merged.values())))
    # Where both sides agree the text is known, whatever became of the guard.
    return labelled(merged, rest, None if errors is None else errors & rest.ct)


def choice_errors(cond: Tri, then: Val, other: Val) -> pl.Expr | None:
    """Rows in which a choice between values may have failed."""
    errors = [] if cond.err is None else [cond.err]
    errors += [] if then.err is None else [cond.ct & then.err]
    errors += [] if other.err is None else [cond.can_false & other.err]
    return reduce(pl.Expr.or_, errors) if errors else None
