"""Plain values of a case as the law keeps them: typed, and scaled to exact integers."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from interlock.files import Faults, Place, nearest
from interlock.files.phrases import Phrase, phrase
from interlock.files.texts import day_of, is_far_number
from interlock.law.cases.countries import CODES, is_country, meant
from interlock.law.expr.tree import days

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.law.vocabulary import Entry, Vocabulary

Path = tuple[str | int, ...]
"""Keys, and positions in lists, from a case down to a value."""


class Values:
    """Reads single values; notes what is wrong with them.

    Args:
        words: the vocabulary.
        locate: path of keys -> place, for messages.
    """

    def __init__(self, words: Vocabulary, locate: Callable[..., Place]) -> None:
        self.words = words
        self.locate = locate
        self.faults = Faults()
        self.facts: dict[str, Any] = {}

    def fault(self, path: Path, wrong: Phrase, mend: Phrase) -> None:
        """Note what is wrong with the value at a path."""
        named = ".".join(part for part in path if isinstance(part, str))
        self.faults.add(self.locate(path), phrase("{name}: {wrong}", name=named, wrong=wrong), mend)

    def put(self, path: Path, value: Any, entry: Entry, name: str) -> None:
        """Keep a value under its vocabulary name."""
        converted = self.convert(path, value, entry)
        if converted is not None:
            self.facts[name] = converted

    def convert(self, path: Path, value: Any, entry: Entry) -> Any:
        """A plain value as the law keeps it, or None with its fault noted."""
        if entry.type == "bool":
            if isinstance(value, bool):
                return value
            self.fault(
                path,
                phrase("{value} is not yes/no", value=shown(value)),
                phrase("write true or false"),
            )
        elif entry.type == "text":
            return self.text(path, value, entry)
        elif entry.type == "texts":
            if isinstance(value, list) and all(isinstance(item, str) for item in value):
                return tuple(value)
            self.fault(
                path,
                phrase("{value} is no list of texts", value=shown(value)),
                phrase('write ["...", "..."]'),
            )
        elif entry.type == "date":
            found = as_date(value)
            if found is not None:
                return days(found)
            self.fault(
                path, phrase("{value} is no date", value=shown(value)), phrase("write YYYY-MM-DD")
            )
        else:
            return self.number(path, value, entry.places, entry.low, entry.high)
        return None

    def text(self, path: Path, value: Any, entry: Entry) -> str | None:
        """A text that its name may hold, or None with its fault noted."""
        if not isinstance(value, str) or not value:
            self.fault(
                path,
                phrase("{value} is no text", value=shown(value)),
                phrase("write a text in quotes"),
            )
        elif entry.values and value not in entry.values:
            self.fault(
                path, phrase("'{value}' is not allowed", value=value), nearest(value, entry.values)
            )
        elif is_country(str(path[-1])) and value not in CODES:
            self.fault(path, phrase("'{value}' is no country code", value=value), meant(value))
        else:
            return value
        return None

    def number(
        self,
        path: Path,
        value: Any,
        places: int,
        low: Decimal | None,
        high: Decimal | None,
    ) -> int | None:
        """A number in 10^-places units, or None with its fault noted."""
        far = isinstance(value, str) and is_far_number(value)
        exact = as_decimal(Decimal(value) if far else value)
        if exact is None:
            self.fault(
                path,
                phrase("{value} is no number", value=shown(value)),
                phrase("write a number without quotes"),
            )
            return None
        scaled = exact.scaleb(places)
        if scaled != scaled.to_integral_value():
            several = phrase("{places} decimal places", places=places)
            kept = {0: phrase("no fraction"), 1: phrase("1 decimal place")}.get(places, several)
            self.fault(
                path,
                phrase("{value} has more places than are kept", value=value),
                phrase("write {kept}", kept=kept),
            )
        elif exact < 0 and path[-1] not in ("score",):
            self.fault(path, phrase("{value} is negative", value=value), phrase("write 0 or more"))
        elif high is not None and exact > high:
            self.fault(
                path,
                phrase("{value} is out of range", value=value),
                phrase("write at most {high}", high=f"{high:,f}"),
            )
        elif low is not None and exact < low:
            self.fault(
                path,
                phrase("{value} is out of range", value=value),
                phrase("write at least {low}", low=f"{low:,f}"),
            )
        else:
            return int(scaled)
        return None


def as_decimal(value: Any) -> Decimal | None:
    """A plain number exactly as written; None if it is none (NaN and infinities are none)."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def as_date(value: Any) -> dt.date | None:
    """A date, or ISO text of one."""
    if isinstance(value, dt.datetime):
        return None
    if isinstance(value, dt.date):
        return value
    return day_of(value) if isinstance(value, str) else None


def parse_day(text: str) -> dt.date | dt.datetime:
    """A day `YYYY-MM-DD`, or an instant with an offset from UTC.

    Raises:
        ValueError: neither.
    """
    day = day_of(text)
    if day is not None:
        return day
    if len(text) <= len("YYYY-MM-DD"):  # nor a week, nor the hours of a day that is left out
        msg = phrase("'{text}' is no day", text=text)
        raise ValueError(msg)
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        msg = phrase("'{text}' has no offset from UTC", text=text)
        raise ValueError(msg)
    return moment


def shown(value: Any) -> str:
    """A value as the file has it, shortened."""
    if isinstance(value, str):
        text = f"'{value}'"
    elif isinstance(value, Decimal):
        text = str(value)
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."
