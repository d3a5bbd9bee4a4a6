"""Columns of a frame by their names of the vocabulary: how each is converted and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from interlock.files import Faults, Place, nearest
from interlock.files.phrases import Phrase, phrase, phrases
from interlock.files.texts import CONTROLS, DAY
from interlock.law.cases.countries import CODES, MEND, is_country

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.law.vocabulary import Entry

KEPT = ("id",)


@dataclass(frozen=True)
class Column:
    """One column: its conversion and the checks that must find no row.

    `compared`: a text that rules compare with constants, rather than a name or an id.
    """

    name: str
    target: str
    value: pl.Expr
    checks: tuple[tuple[pl.Expr, Phrase, Phrase], ...]
    compared: bool = False


def column_of(
    name: str,
    dtype: pl.DataType,
    position: int,
    known: Mapping[str, Entry],
    faults: Faults,
    file: str,
) -> Column | None:
    """What is made of a column; None: it is kept as it is, or has a fault, which is added."""
    place = Place(file, 1, position)
    if name in KEPT:
        return None
    entry = known.get(name)
    if entry is None:
        faults.add(
            place, phrase("unknown column '{column}'", column=name), nearest(name, [*known, *KEPT])
        )
        return None
    made = _convert(name, dtype, entry)
    if made is None:
        words = {
            "number": phrase("give a column of numbers"),
            "bool": phrase("give a column of true and false"),
            "date": phrase("give a column of dates (YYYY-MM-DD)"),
        }
        mend = words.get(entry.type, phrase("give a column of texts"))
        faults.add(place, phrase("'{name}' holds {dtype}", name=name, dtype=dtype), mend)
    return made


def _convert(name: str, dtype: pl.DataType, entry: Entry) -> Column | None:
    source = pl.col(name)
    if entry.type == "number":
        return _number(name, dtype, entry, source)
    if entry.type == "bool":
        if dtype == pl.Boolean:
            return Column(name, name, source, ())
        if dtype == pl.String:
            value = source.replace_strict({"true": True, "false": False}, default=None)
            bad = source.is_not_null() & value.is_null()
            return Column(
                name, name, value, ((bad, phrase("is not yes/no"), phrase("write true or false")),)
            )
        return None
    if entry.type == "date":
        if dtype == pl.Date:
            return Column(name, name, source.cast(pl.Int32).cast(pl.Int64), ())
        if dtype == pl.String:
            day = pl.when(source.str.contains(DAY)).then(source)  # "2026-2-1" would be read, too
            date = day.str.to_date("%Y-%m-%d", strict=False)
            bad = source.is_not_null() & date.is_null()
            check = (bad, phrase("is no date"), phrase("write YYYY-MM-DD"))
            return Column(name, name, date.cast(pl.Int32).cast(pl.Int64), (check,))
        return None
    if entry.type == "texts":
        if dtype != pl.List(pl.String):
            return None
        each = _fit(pl.element())
        return Column(name, name, source, ((source.list.eval(each[0]).list.any(), *each[1:]),))
    if dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum):
        checks: tuple[tuple[pl.Expr, Phrase, Phrase], ...] = ()
        if entry.values:
            bad = source.is_not_null() & ~source.cast(pl.String).is_in(list(entry.values))
            mend = phrase("write one of: {names}", names=phrases(entry.values))
            checks = ((bad, phrase("is not allowed"), mend),)
        elif is_country(name):
            bad = source.is_not_null() & ~source.cast(pl.String).is_in(sorted(CODES))
            checks = ((bad, phrase("is no country code"), MEND),)
        else:
            checks = (_fit(source.cast(pl.String)),)
        compared = not name.endswith((".id", ".name"))
        return Column(name, name, source.cast(pl.String), checks, compared)
    return None


def kept_checks(name: str, dtype: pl.DataType) -> Column:
    """A column that is kept as it is, with what its texts must not hold."""
    source = pl.col(name)
    return Column(name, name, source, (_fit(source),) if dtype == pl.String else ())


def _fit(text: pl.Expr) -> tuple[pl.Expr, Phrase, Phrase]:
    """A text holds no control character."""
    wrong = phrase("holds a control character"), phrase("take the character out")
    return text.str.contains(CONTROLS), *wrong


def _number(name: str, dtype: pl.DataType, entry: Entry, source: pl.Expr) -> Column | None:
    scale = 10**entry.places
    high = int((entry.high or 10**9) * scale)
    checks: list[tuple[pl.Expr, Phrase, Phrase]] = []
    most = phrase("write at most {high}", high=f"{high // scale:,}")
    negative = phrase("is negative"), phrase("write 0 or more")
    if dtype == pl.String:
        number = source.str.strip_chars().cast(pl.Float64, strict=False)
        bad = source.is_not_null() & number.is_null()
        checks.append((bad, phrase("is no number"), phrase("write digits and a point")))
    elif dtype.is_integer():
        value = source.cast(pl.Int64, strict=False)
        over = (value > high // scale) | (value < -(high // scale)) | _lost(source, value)
        checks.append((over, phrase("is out of range"), most))
        checks.append((value < 0, *negative))
        # The scaled value cannot overflow: the range check refuses the frame before.
        return Column(name, name, value * scale if scale > 1 else value, tuple(checks))
    elif dtype.is_float() or dtype.is_decimal():
        number = source.cast(pl.Float64)
    else:
        return None
    broken = number.is_nan() | number.is_infinite()
    checks.append((broken, phrase("is no number"), phrase("leave out what is not known")))
    scaled = number * float(scale)
    finite = ~broken
    checks.append((finite & (number < 0), *negative))
    over = finite & (scaled.abs() > float(high))
    checks.append((over, phrase("is out of range"), most))
    # A double holds 15 digits: what is left behind the last place kept beyond that is a digit.
    fine = finite & ~over & ((scaled - scaled.round()).abs() > 1e-3)
    mend = phrase("write a whole number")
    if entry.places:
        mend = phrase("write at most {places} decimal places", places=entry.places)
    checks.append((fine, phrase("has more places than are kept"), mend))
    value = scaled.round().cast(pl.Int64, strict=False)
    return Column(name, name, value, tuple(checks))


def _lost(source: pl.Expr, value: pl.Expr) -> pl.Expr:
    return source.is_not_null() & value.is_null()
