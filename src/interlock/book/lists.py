"""The lists by which parties are screened: files of a folder, else those that stand in the law.

`INTERLOCK_LISTS` names the folder. A file that is changed is read anew at the next use, and a file
called as a list of the law takes that list's place in it, so that what a person confirmed by the
list of the day also counts in decisions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from interlock.files import Place
from interlock.law.model import ListEntry, Rests, Source
from interlock.screening import ScreeningIndex, ScreeningList, list_of_regime, read_list

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from decimal import Decimal
    from pathlib import Path

    from interlock.law.compiling.checked import CheckedRegime
    from interlock.law.model import PartyList, Regime
    from interlock.screening import ListedParty

Stamp = tuple[tuple[str, int, int], ...]
ENDINGS = (".yaml", ".yml", ".csv")


@dataclass(frozen=True, eq=False)
class LoadedList:
    """One list with the SHA-256 of all that stands in it. Two of them are never compared."""

    list: ScreeningList
    digest: str


def stamp() -> Stamp:
    """What tells the files of the folder from those of another time: name, size, time."""
    if settings.LISTS is None:
        return ()
    found = (path for path in settings.LISTS.iterdir() if path.suffix in ENDINGS)
    stats = ((path.name, path.stat()) for path in found)
    return tuple(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats))


def of_files() -> tuple[LoadedList, ...]:
    """The lists of the folder; none without one.

    Raises:
        BadInputError: every fault of the first file that has any.
    """
    return _read(settings.LISTS, stamp()) if settings.LISTS is not None else ()


@lru_cache(maxsize=4)
def _read(folder: Path, files: Stamp) -> tuple[LoadedList, ...]:
    return _in_order(read_list(folder / name) for name, _, _ in files)


def read_folder(folder: Path) -> tuple[LoadedList, ...]:
    """The list files of any folder.

    Raises:
        BadInputError: every fault of the first file that has any.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix in ENDINGS)
    return _in_order(map(read_list, paths))


def _in_order(found: Iterable[ScreeningList]) -> tuple[LoadedList, ...]:
    return tuple(sorted(map(_loaded, found), key=lambda one: one.list.id))


def _loaded(one: ScreeningList) -> LoadedList:
    lines = [f"{one.id} {one.owned_at_least}", *map(_line, one.entries)]
    return LoadedList(one, hashlib.sha256("\n".join(lines).encode()).hexdigest())


def _line(entry: ListedParty) -> str:
    """All of an entry but where it stands in its file."""
    numbers = dict(sorted(entry.identifiers.items()))
    return repr(replace(entry, place=Place(""), identifiers=numbers))


def in_law(
    regimes: Iterable[CheckedRegime], files: Iterable[LoadedList]
) -> tuple[CheckedRegime, ...]:
    """The regimes with list files in place of their lists of the same name."""
    by_name = {one.list.id: one for one in files}
    return tuple(_with_files(one, by_name) for one in regimes)


def _with_files(checked: CheckedRegime, files: dict[str, LoadedList]) -> CheckedRegime:
    regime = checked.regime
    taken = [files[name] for name in regime.lists if name in files]
    if not taken:
        return checked
    for one in taken:
        regime = _put(regime, regime.lists[one.list.id], one)
    return replace(checked, regime=regime)


def _put(regime: Regime, old: PartyList, new: LoadedList) -> Regime:
    """A regime with a list from a file; its digest tells the file too."""
    source = f"list-{new.list.id}"
    public = max((one.public for one in new.list.entries), default=None)
    entries = tuple(
        ListEntry(
            party=one.name,
            aliases=one.aliases,
            start=one.listed_on,
            end=one.delisted_on,
            public=one.public,
            rests=Rests((source,)),
            place=one.place,
        )
        for one in new.list.entries
    )
    cites = regime.sources
    if public is not None:
        title = new.list.title or old.title
        cites = cites | {source: Source(source, title, title, public, "A1", "", old.place)}
    whole = f"{regime.digest} {new.list.id} {new.digest}".encode()
    return replace(
        regime,
        lists=regime.lists | {old.id: replace(old, entries=entries)},
        sources=cites,
        digest=hashlib.sha256(whole).hexdigest(),
    )


def loaded() -> tuple[LoadedList, ...]:
    """Every list by which parties are screened."""
    from interlock.book import law  # noqa: PLC0415 - the law asks this module for its lists

    return of_files() or _of_law(tuple(one.regime.digest for one in law.library().checked))


@lru_cache(maxsize=4)
def _of_law(_digests: tuple[str, ...]) -> tuple[LoadedList, ...]:
    from interlock.book import law  # noqa: PLC0415 - the law asks this module for its lists

    regimes = law.library().checked
    found = {name: one for each in regimes for name, one in each.regime.lists.items()}
    return tuple(_loaded(list_of_regime(found[name])) for name in sorted(found))


def index() -> ScreeningIndex:
    """The lists made ready; kept as long as they are the same."""
    return _index(loaded())


@lru_cache(maxsize=2)
def _index(lists: tuple[LoadedList, ...]) -> ScreeningIndex:
    return ScreeningIndex(one.list for one in lists)


def digest_on(day: dt.date) -> str:
    """The SHA-256 of what all lists say on a day: it changes with a file, and with a day on it."""
    return _digest_on(loaded(), day)


@lru_cache(maxsize=8)
def _digest_on(lists: tuple[LoadedList, ...], day: dt.date) -> str:
    lines = [
        f"{one.list.id} {_line(entry)}"
        for one in lists
        for entry in one.list.entries
        if entry.holds(day, day)
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def shares_on(day: dt.date, known: dt.date) -> dict[str, Decimal]:
    """List id -> the share at which it reaches what its parties own.

    The law of the day states it; for a list that the law does not know, the list itself.
    """
    from interlock.book import law  # noqa: PLC0415 - the law asks this module for its lists

    stated = ((one.list.id, one.list.owned_at_least) for one in loaded())
    found = {name: share for name, share in stated if share is not None}
    for regime in law.law_on(day, known).regimes:
        for fact in regime.party_facts:
            if fact.at_least is not None:
                found.update(dict.fromkeys(fact.lists, fact.at_least))
    ids = {one.list.id for one in loaded()}
    return {name: share for name, share in found.items() if name in ids}
