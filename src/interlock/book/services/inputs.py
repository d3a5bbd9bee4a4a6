"""Types of values that services take, with their checks and words; used in signatures alone."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from interlock.book.models.base import ID_LENGTH
from interlock.files.phrases import Phrase, phrase
from interlock.files.texts import unfit_character
from interlock.law.cases.countries import CODES, meant


def given(**values: Any) -> dict[str, Any]:
    """The values that were given: those that are not None."""
    return {name: value for name, value in values.items() if value is not None}


DEEPEST = 32
MOST = 2**63 - 1


def unfit(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, Phrase]]:
    """What in a value no book can hold, whatever it means; each with its place, dots between."""
    if isinstance(value, dict | list):
        if depth == DEEPEST:
            yield place, phrase("is nested deeper than {most}; flatten it", most=DEEPEST)
            return
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in pairs:
            yield from unfit(name, place, DEEPEST)
            yield from unfit(item, f"{place}.{name}" if place else str(name), depth + 1)
    elif isinstance(value, str):
        code = unfit_character(value)
        if code:
            yield place, phrase("holds the character {code}; leave it out", code=code)
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield (
                place,
                phrase("{value} is no number; leave it out where it is not known", value=value),
            )
    elif isinstance(value, int) and abs(value) > MOST:
        yield (
            place,
            phrase("is past {most}, the greatest whole number; write a smaller one", most=MOST),
        )


_YEAR_FIRST = re.compile(r"\s*\d{4}-")


def _as_written(value: Any) -> Any:
    if isinstance(value, int | float) or (isinstance(value, str) and not _YEAR_FIRST.match(value)):
        raise PydanticCustomError("not_written", "write the day as YYYY-MM-DD")
    return value


WRITTEN = BeforeValidator(_as_written)
"""Refuses a number as a day: by itself it would be read as seconds since 1970."""
FIRST_YEAR, LAST_YEAR = 1970, 9000


def _within_reach(value: dt.date) -> dt.date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise PydanticCustomError("out_of_reach", "write a day from 1970 to 9000")
    return value


WITHIN_REACH = AfterValidator(_within_reach)
"""Refuses days so far away that a period before or after them is no day any more."""
Day = Annotated[dt.date, WRITTEN, WITHIN_REACH]
Moment = Annotated[AwareDatetime, WRITTEN, WITHIN_REACH]
"""A time with its zone."""

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"

NewId = Annotated[
    str,
    StringConstraints(max_length=ID_LENGTH, pattern=rf"{ID_PATTERN}|^$"),
    Field(description="An id of your choice: letters, digits and . _ : - ; empty = made for you."),
]
Id = Annotated[str, StringConstraints(min_length=1, max_length=ID_LENGTH, pattern=ID_PATTERN)]


def _as_country(value: str | None) -> str | None:
    if value and value not in CODES:
        raise PydanticCustomError(
            "no_country", "is no country code; {mend}", {"mend": meant(value)}
        )
    return value


COUNTRY = AfterValidator(_as_country)
"""Refuses two letters that no country has: no law would name them, and all would let them pass."""
Country = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}$"), COUNTRY, Field(description="ISO 3166 alpha-2.")
]
MaybeCountry = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Z]{2})?$"),
    COUNTRY,
    Field(description="ISO 3166 alpha-2, or empty: not known."),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Units = Annotated[int, Field(gt=0, le=10**12, description="Items, whole.")]
Share = Annotated[
    Decimal | None, Field(ge=0, le=1, max_digits=9, decimal_places=8, description="Of 1.")
]
Usd = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2, description="US dollars.")]
Document = Annotated[
    dict[str, Any], Field(description="A document: its name and SHA-256, e.g. {name, sha256}.")
]
