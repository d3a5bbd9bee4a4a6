"""The two time axes: what binds on a day (`at`), as far as it was public by a day (`known`).

Pure functions on timelines and dated values. Intervals are half-open, days are days in the regime's
timezone. Of several statements that cover a day the one published last holds; published on one day,
the one that starts last; then the one that stands last in the file (R8).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol, TypeVar
from zoneinfo import ZoneInfo

from interlock.files import InterlockError
from interlock.law.model import DatedValue, ListEntry, Rests, Spell, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class _Dated(Protocol):
    @property
    def start(self) -> dt.date: ...
    @property
    def end(self) -> dt.date | None: ...
    @property
    def public(self) -> dt.date: ...


D = TypeVar("D", bound=_Dated)

ALWAYS = Timeline((Spell("in_force", dt.date.min, None, dt.date.min, Rests()),))
"""The timeline of an item without dates: it binds from always on, and was always known."""


class NaiveInstantError(InterlockError):
    """An instant without an offset from UTC: no day can be told from it."""

    def __init__(self, instant: dt.datetime) -> None:
        self.instant = instant
        super().__init__(f"{instant.isoformat()} has no offset; write e.g. {instant.isoformat()}Z")


def _holding(dated: Iterable[D], at: dt.date, known: dt.date) -> D | None:
    """The one that holds on the day `at`, of those public by `known`."""
    found: D | None = None
    for item in dated:
        covers = item.start <= at and (item.end is None or at < item.end)
        if not covers or item.public > known:
            continue
        # `>=`: of equals the one that stands last in the file holds.
        if found is None or (item.public, item.start) >= (found.public, found.start):
            found = item
    return found


def status_on(timeline: Timeline, at: dt.date, known: dt.date) -> Spell | None:
    """The statement that holds on the day `at` as known on the day `known`, or None."""
    return _holding(timeline.spells, at, known)


def value_on(values: Sequence[DatedValue], at: dt.date, known: dt.date) -> DatedValue | None:
    """The dated value that holds on the day `at` as known on the day `known`.

    None means that there is no value on that day: the parameter is unknown.
    """
    return _holding(values, at, known)


def listed_on(entries: Sequence[ListEntry], at: dt.date, known: dt.date) -> tuple[ListEntry, ...]:
    """The entries of a list that hold on the day `at` as known on the day `known`."""
    return tuple(entry for entry in entries if _holding((entry,), at, known) is not None)


def binds(
    timeline: Timeline,
    at: dt.date,
    known: dt.date,
    assumed: frozenset[str] = frozenset(),
    *,
    item: str = "",
) -> bool:
    """Whether the item counts on the day `at` as known on the day `known`.

    Only `in_force` counts, and `proposed` where a what-if switches it on.

    Args:
        timeline: of the item.
        at: the day in question.
        known: what was public by this day is heard.
        assumed: ids of versions and items whose proposals are switched on.
        item: the id of the item itself.
    """
    spell = status_on(timeline, at, known)
    if spell is None:
        return False
    if spell.status == "proposed":
        return bool(assumed & {timeline.version, item} - {""})
    return spell.status == "in_force"


def change_dates(
    dated: Iterable[Timeline | Sequence[DatedValue] | ListEntry], at: dt.date, known: dt.date
) -> tuple[dt.date, ...]:
    """The days after `at` on which anything changes, as known on the day `known`; ascending.

    A day counts when the status of a timeline, the value of a parameter or the listing of a party
    differs from the day before it.
    """
    days: set[dt.date] = set()
    for item in dated:
        if isinstance(item, Timeline):
            days |= _changes(item.spells, at, known, _status)
        elif isinstance(item, ListEntry):
            days |= _changes((item,), at, known, _listing)
        else:
            days |= _changes(item, at, known, _value)
    return tuple(sorted(days))


def _status(spell: Spell) -> object:
    return spell.status


def _value(value: DatedValue) -> object:
    return isinstance(value.value, bool), value.value  # in Python True equals 1


def _listing(_: ListEntry) -> object:
    return True


def _changes(
    dated: Sequence[D], at: dt.date, known: dt.date, reading: Callable[[D], object]
) -> set[dt.date]:
    edges = {day for item in dated for day in (item.start, item.end) if day is not None}
    days: set[dt.date] = set()
    for day in edges:
        if day <= at:
            continue
        after = _holding(dated, day, known)
        before = _holding(dated, day - dt.timedelta(days=1), known)
        if (before is None) != (after is None) or (
            before is not None and after is not None and reading(before) != reading(after)
        ):
            days.add(day)
    return days


def local_date(moment: dt.date | dt.datetime, timezone: str) -> dt.date:
    """The day of a date or an instant in a regime's timezone.

    Args:
        moment: a date, which is taken as it is, or an instant with an offset.
        timezone: an IANA name, e.g. `America/New_York`.

    Raises:
        NaiveInstantError: an instant without an offset.
    """
    if not isinstance(moment, dt.datetime):
        return moment
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise NaiveInstantError(moment)
    return moment.astimezone(ZoneInfo(timezone)).date()
