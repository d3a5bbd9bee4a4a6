"""Order lines as a table: every column checked, every fault with its row and column."""

from __future__ import annotations

import codecs
import datetime as dt
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from django.conf import settings

from interlock.book import law
from interlock.book.loading.fact_columns import as_facts
from interlock.book.loading.odd_rows import MOST_COLUMNS, odd_row, unread
from interlock.book.services.facts import not_declared
from interlock.book.services.inputs import FIRST_YEAR, LAST_YEAR
from interlock.files import BadInputError, Fault, Faults, Place, nearest
from interlock.files.parquet import unpacked
from interlock.files.phrases import Phrase, phrase, phrases
from interlock.files.texts import CONTROLS, DAY
from interlock.law.cases.countries import CODES

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_FAULTS = 1000
MOST_ROWS = 20_000_000
_ID = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$"
_COUNTRY = sorted(CODES)
BIG = 10**12


@dataclass(frozen=True)
class Column:
    """One column of an order table.

    Attributes:
        type: what it is read as.
        required: every row must fill it.
        default: for rows and tables that leave it out.
        wrong: an expression that holds for values that cannot be meant.
        mend: what to write instead.
    """

    type: Any
    required: bool = False
    default: Any = None
    wrong: Callable[[pl.Expr], pl.Expr] | None = None
    mend: Phrase | None = None


def _like(pattern: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: ~column.str.contains(pattern)


def _none_of(known: list[str]) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: ~column.is_in(known)


def _outside(low: int, high: int) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: ~column.is_between(low, high)


_ID_MEND = phrase("give letters, digits and . _ : - , at most 80")
COLUMNS: dict[str, Column] = {
    "id": Column(pl.String, required=True, wrong=_like(_ID), mend=_ID_MEND),
    "buyer": Column(pl.String, required=True, wrong=_like(_ID), mend=_ID_MEND),
    "supplier": Column(pl.String, required=True, wrong=_like(_ID), mend=_ID_MEND),
    "product": Column(pl.String, required=True, wrong=_like(_ID), mend=_ID_MEND),
    "quantity": Column(
        pl.Int64, required=True, wrong=_outside(1, BIG), mend=phrase("give a whole number from 1")
    ),
    "destination": Column(
        pl.String,
        required=True,
        wrong=_none_of(_COUNTRY),
        mend=phrase("give ISO 3166 alpha-2, e.g. CN"),
    ),
    "consignee": Column(pl.String, wrong=_like(_ID), mend=_ID_MEND),
    "end_user": Column(pl.String, wrong=_like(_ID), mend=_ID_MEND),
    "forwarder": Column(pl.String, wrong=_like(_ID), mend=_ID_MEND),
    "broker": Column(pl.String, wrong=_like(_ID), mend=_ID_MEND),
    "origin": Column(
        pl.String, default="", wrong=_none_of(["", *_COUNTRY]), mend=phrase("give e.g. US")
    ),
    "end_use": Column(
        pl.String,
        default="",
        wrong=lambda c: (c.str.len_chars() > 2000) | c.str.contains(CONTROLS),
        mend=phrase("give 2,000 characters, none of them a control character"),
    ),
    "data_centre_use": Column(pl.Boolean, mend=phrase("give true or false")),
    "unit_price_usd": Column(
        pl.Decimal(14, 2), wrong=lambda c: c < 0, mend=phrase("give US dollars with two places")
    ),
    "weight": Column(
        pl.Decimal(12, 3), default=1, wrong=lambda c: c <= 0, mend=phrase("give above 0")
    ),
    "tier": Column(pl.Int64, default=1, wrong=_outside(1, 1000), mend=phrase("give 1 to 1,000")),
    "lot": Column(
        pl.Int64, default=1, wrong=_outside(1, 10**6), mend=phrase("give 1 to 1,000,000")
    ),
    "placed_on": Column(
        pl.Date,
        wrong=lambda c: ~c.dt.year().is_between(FIRST_YEAR, LAST_YEAR),
        mend=phrase("give a day as YYYY-MM-DD, from 1970 on"),
    ),
}
FORMATS = ("parquet", "ndjson", "csv")


def read(data: bytes, kind: str, name: str) -> pl.DataFrame:
    """The bytes of a table as a frame; texts are taken apart later.

    Raises:
        BadInputError: it cannot be read.
    """
    data = data if kind == "parquet" else data.removeprefix(codecs.BOM_UTF8)
    refused = None if kind == "parquet" else unread(data, kind, name)
    if refused is not None:
        raise BadInputError([refused])
    try:
        if kind == "parquet":
            require_fit(data)
            return pl.read_parquet(io.BytesIO(data))
        if kind == "csv":
            return pl.read_csv(io.BytesIO(data), infer_schema=False, null_values=[""])
        return pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        odd = odd_row(data, kind, name)
        if odd is not None:
            raise BadInputError([odd]) from error
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        place, mend = Place(name), phrase("give a table as {names}", names=phrases(FORMATS))
        raise BadInputError(
            [Fault(place, phrase("cannot be read ({error})", error=first), mend)]
        ) from error


def _can_mean(given: Any, wanted: Any) -> bool:
    """Whether values of one type can be meant as another: a day is no number, nor is a yes."""
    if given in (pl.Null, pl.String) or given == wanted:
        return True
    if wanted == pl.String:
        return bool(given.is_integer()) or given in (pl.Categorical, pl.Enum, pl.Binary)
    if wanted == pl.Date:
        return bool(given == pl.Datetime)
    return wanted != pl.Boolean and bool(given.is_numeric())


def _nothing(given: pl.Series, wanted: Any) -> pl.Series:
    return pl.repeat(None, len(given), dtype=wanted, eager=True)


def _written(value: Any) -> Any:
    """A cell as its table has it: a list or an object as JSON, else the value."""
    if isinstance(value, pl.Series):
        value = value.to_list()
    if not isinstance(value, list | dict):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def require_fit(data: bytes) -> None:
    """Refuse a Parquet file that is larger when it is unpacked than the server takes.

    Raises:
        ValueError: it is, or it cannot be told.
    """
    found, limit = unpacked(data), settings.UNPACKED_LIMIT_MB * 2**20
    if found.bytes > limit or found.rows > MOST_ROWS:
        msg = (
            f"it unpacks to {found.rows:,} rows of {found.bytes:,} bytes; at most {MOST_ROWS:,} of"
            f" {limit:,} are read at once"
        )
        raise ValueError(msg)
    if found.columns > MOST_COLUMNS:
        msg = f"it has {found.columns:,} columns; at most {MOST_COLUMNS:,} are read"
        raise ValueError(msg)


class OrderTable:
    """A table of order lines, checked.

    Args:
        frame: as read.
        name: of the file, for messages.
        header: lines before the first row (1 for CSV, else 0).
        today: orders cannot have been placed later.

    Raises:
        BadInputError: every fault, up to a thousand.
    """

    def __init__(self, frame: pl.DataFrame, name: str, header: int, today: dt.date) -> None:
        self.name, self.header, self.today = name, header, today
        self.places = {column: at for at, column in enumerate(frame.columns, start=1)}
        self.faults = Faults()
        self.facts = [column for column in frame.columns if "." in column]
        self._names(frame)
        self.faults.raise_if_any()
        self.frame = self._typed(frame)
        self._together()
        self.faults.found[MOST_FAULTS:] = []
        self.faults.raise_if_any()

    def place(self, row: int, column: str) -> Place:
        """Where a value stands; rows count from 1 after the header."""
        return Place(self.name, row + 1 + self.header, self.places.get(column, 0))

    def _names(self, frame: pl.DataFrame) -> None:
        words = law.words_on(self.today, self.today)
        for column in frame.columns:
            wrong = None if column in COLUMNS else not_declared(self.today, self.today, column)
            if wrong and column in words:
                place = Place(self.name, 0, self.places[column])
                self.faults.add(
                    place, phrase("'{column}' is not for an order to say", column=column), wrong
                )
            elif column not in COLUMNS and column not in words:
                mend = nearest(column, [*COLUMNS, *words])
                self.faults.add(
                    Place(self.name, 0, self.places[column]),
                    phrase("no column '{column}'", column=column),
                    mend,
                )
        for column, rule in COLUMNS.items():
            if rule.required and column not in frame.columns:
                self.faults.add(
                    Place(self.name),
                    phrase("has no column '{column}'", column=column),
                    phrase("add it"),
                )
        if not frame.height:
            self.faults.add(
                Place(self.name), phrase("has no rows"), phrase("give at least one order")
            )

    def _typed(self, frame: pl.DataFrame) -> pl.DataFrame:
        made = []
        for column, rule in COLUMNS.items():
            if column not in frame.columns:
                continue
            given = frame[column]
            if _can_mean(given.dtype, rule.type):
                typed = self._cast(given, rule)
            else:
                typed = _nothing(given, rule.type)
            bad = given.is_not_null() & typed.is_null()
            if rule.wrong is not None:
                broken = pl.select(rule.wrong(pl.lit(typed))).to_series().fill_null(value=False)
                bad = bad | broken
            self._report(column, given, bad, phrase("is not what this column holds"), rule.mend)
            if rule.required:
                self._report(column, given, given.is_null(), phrase("is empty"), rule.mend)
            made.append(typed.alias(column))
        return pl.DataFrame([*made, *(self._fact(frame[column]) for column in self.facts)])

    def _fact(self, given: pl.Series) -> pl.Series:
        name = given.name
        return as_facts(
            given,
            self.today,
            lambda row, wrong, mend: self.faults.add(self.place(row, name), wrong, mend),
        )

    def _cast(self, given: pl.Series, rule: Column) -> pl.Series:
        if rule.type == pl.Boolean and given.dtype == pl.String:
            words = {"true": True, "false": False}
            return given.str.to_lowercase().replace_strict(
                words, default=None, return_dtype=pl.Boolean
            )
        if isinstance(rule.type, pl.Decimal):
            return self._exact(given, rule.type)
        if rule.type == pl.Date and given.dtype == pl.String:
            return _as_days(given).str.to_date("%Y-%m-%d", strict=False)
        if rule.type == pl.Date and given.dtype == pl.Datetime:
            return given.dt.date().set((given.dt.time() != dt.time()).fill_null(value=False), None)
        if rule.type == pl.Int64 and (given.dtype.is_float() or given.dtype.is_decimal()):
            whole = given.cast(pl.Int64, strict=False)
            return whole.set(whole.cast(pl.Float64) != given.cast(pl.Float64), None)
        try:
            return given.cast(rule.type, strict=False)
        except pl.exceptions.ComputeError:  # bytes that are no text
            return _nothing(given, rule.type)

    @staticmethod
    def _exact(given: pl.Series, wanted: pl.Decimal) -> pl.Series:
        """As a decimal of so many places; null where it has more."""
        typed = given.cast(wanted, strict=False)
        back = typed.cast(pl.Float64)
        return typed.set((back - given.cast(pl.Float64, strict=False)).abs() > 1e-9, None)

    def _report(
        self, column: str, given: pl.Series, bad: pl.Series, wrong: Phrase, mend: Phrase | None
    ) -> None:
        mend = mend or phrase("give {column}", column=column)
        for row in bad.arg_true()[:MOST_FAULTS].to_list():
            value = _written(given[row])
            what = phrase("{column}: '{value}' {wrong}", column=column, value=value, wrong=wrong)
            if value is None:
                what = phrase("{column}: {wrong}", column=column, wrong=wrong)
            self.faults.add(self.place(row, column), what, mend)

    def _together(self) -> None:
        """What must hold of several values at once."""
        frame = self.frame
        if "id" in frame.columns:
            twice = frame["id"].is_duplicated() & ~frame["id"].is_first_distinct()
            mend = phrase("give each order an id of its own")
            self._report("id", frame["id"], twice, phrase("stands twice"), mend)
        if {"lot", "quantity"} <= set(frame.columns):
            broken = (frame["quantity"] % frame["lot"]).fill_null(0) != 0
            wrong, mend = phrase("is no whole number of lots"), phrase("give whole lots")
            self._report("quantity", frame["quantity"], broken, wrong, mend)
        if {"buyer", "supplier"} <= set(frame.columns):
            same = (frame["buyer"] == frame["supplier"]).fill_null(value=False)
            wrong, mend = phrase("is the buyer too"), phrase("give who sells")
            self._report("supplier", frame["supplier"], same, wrong, mend)
        if "placed_on" in frame.columns:
            late = (frame["placed_on"] > self.today).fill_null(value=False)
            wrong, mend = phrase("has not come yet"), phrase("give a day until today")
            self._report("placed_on", frame["placed_on"], late, wrong, mend)

    def check_rank(self, party: str) -> None:
        """Refuse a rank in sharing to all but the line's supplier: a buyer would be first.

        Raises:
            BadInputError: each with its row.
        """
        others = self.frame["supplier"] != party
        for column in {"weight", "tier"} & set(self.frame.columns):
            given = self.frame[column]
            bad = (given != 1).fill_null(value=False) & others
            wrong, mend = phrase("is the supplier's to give"), phrase("give 1 or nothing")
            self._report(column, given, bad, wrong, mend)
        self.faults.raise_if_any()

    def check_there(self, columns: tuple[str, ...], known: set[str], what: str) -> None:
        """Refuse values that name nothing in the book.

        Raises:
            BadInputError: each of them with its row.
        """
        for column in columns:
            if column in self.frame.columns:
                given = self.frame[column]
                bad = given.is_not_null() & ~given.is_in(sorted(known))
                wrong = phrase("is no {thing} of the book", thing=what)
                mend = phrase("give a {thing} that is in use", thing=what)
                self._report(column, given, bad, wrong, mend)
        self.faults.found[MOST_FAULTS:] = []
        self.faults.raise_if_any()


def _as_days(given: pl.Series) -> pl.Series:
    """The texts that are written as days are; "2026-2-1" would be read as one, too."""
    return given.zip_with(
        given.str.contains(DAY).fill_null(value=False), _nothing(given, pl.String())
    )
