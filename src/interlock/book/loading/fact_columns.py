"""Further facts in the columns of an order table, read as the law reads them.

A fact that the law cannot read would keep its order, and every run with it, from being decided.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from interlock.book import law
from interlock.book.services.inputs import unfit
from interlock.files import BadInputError, Place
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.files.phrases import Phrase
    from interlock.law.vocabulary import Entry

TYPES: dict[str, Any] = {
    "bool": pl.Boolean, "text": pl.String, "texts": pl.List(pl.String), "date": pl.String,
}  # fmt: skip
"""How a fact is kept by the type of its name; numbers are whole or not."""


def as_facts(
    given: pl.Series, today: dt.date, told: Callable[[int, Phrase, Phrase], None]
) -> pl.Series:
    """A column of facts as plain values that the law can read.

    Args:
        given: the column, named by the vocabulary; null = not said.
        today: the day whose vocabulary counts.
        told: called with row, what is wrong and the mend for each value that cannot be meant.
    """
    reader = law.reader_on(today, today)
    entry = reader.words.entry(given.name)
    if entry is None:  # the caller refused the name
        return given
    seen: dict[str, tuple[Any, tuple[Phrase, Phrase] | None]] = {}
    values = []
    for row, value in enumerate(given.to_list()):
        key = repr(value)  # lists and structures are no keys
        if value is not None and key not in seen:
            plain = _plain(value, entry)
            seen[key] = plain, _wrong(reader, given.name, plain)
        plain, wrong = (None, None) if value is None else seen[key]
        if wrong is not None:
            told(row, *wrong)
        values.append(None if wrong else plain)
    whole = all(isinstance(value, int | None) for value in values)
    kept = TYPES.get(entry.type, pl.Int64 if whole else pl.Float64)
    return pl.Series(given.name, values, dtype=kept, strict=False)


def _plain(value: Any, entry: Entry) -> Any:
    """A value of a table as JSON has it; a CSV has texts alone."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, str) and entry.type == "bool":
        return {"true": True, "false": False}.get(value.lower(), value)
    if isinstance(value, str) and entry.type == "number":
        for kind in (int, float):
            try:
                return kind(value)
            except ValueError:
                continue
    return value


def _wrong(reader: Any, name: str, value: Any) -> tuple[Phrase, Phrase] | None:
    """What keeps the law from reading a fact, or a book from holding it, and the mend."""
    if next(unfit(value), None) is not None:
        return phrase("{name} holds a control character", name=name), phrase("leave it out")
    facts = value
    for part in reversed(name.split(".")):
        facts = {part: facts}
    try:
        reader.read(facts, 1, lambda _: Place(name))
    except BadInputError as error:
        return error.faults[0].wrong, error.faults[0].mend
    return None
