"""The law as the book's server holds it: loaded once, compiled for each day once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from interlock.book import lists
from interlock.law.cases.reader import CaseReader
from interlock.law.compiling.compile import Law
from interlock.law.deciding.decide import Decider
from interlock.law.library import Library, load_regimes

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["Law", "Library", "decider_on", "law_on", "library", "reader_on", "stamp", "words_on"]

Stamp = tuple[tuple[str, ...], lists.Stamp]


def stamp() -> Stamp:
    """What tells the law as it is loaded from another: its folders and files, and the lists."""
    given = settings.REGIMES
    paths = [given] if isinstance(given, str | Path) else given
    return tuple(map(str, paths)), lists.stamp()


def library() -> Library:
    """All regimes of the server, with the list files of the day in place of their samples.

    Raises:
        BadInputError: a regime file or a list file has faults.
    """
    return _library(stamp())


@lru_cache(maxsize=8)
def _library(stamp: Stamp) -> Library:
    found = _regimes(stamp[0])
    return Library(lists.in_law(found.checked, lists.of_files()), found.claims)


@lru_cache(maxsize=8)
def _regimes(paths: tuple[str, ...]) -> Library:
    return load_regimes(paths)


def law_on(at: dt.date, known: dt.date) -> Law:
    """What binds on a day, as known on a day."""
    return _law_on(stamp(), at, known)


@lru_cache(maxsize=256)
def _law_on(_stamp: Stamp, at: dt.date, known: dt.date) -> Law:
    return library().law(at, known)


def decider_on(at: dt.date, known: dt.date) -> Decider:
    """Decides cases by the law of a day."""
    return _decider_on(stamp(), at, known)


@lru_cache(maxsize=64)
def _decider_on(_stamp: Stamp, at: dt.date, known: dt.date) -> Decider:
    return Decider(law_on(at, known), library().claims)


def reader_on(at: dt.date, known: dt.date) -> CaseReader:
    """Reads facts by the vocabulary of a day's law."""
    return _reader_on(stamp(), at, known)


@lru_cache(maxsize=64)
def _reader_on(_stamp: Stamp, at: dt.date, known: dt.date) -> CaseReader:
    return CaseReader(library().checked, law_on(at, known).vocabulary)


def words_on(at: dt.date, known: dt.date) -> frozenset[str]:
    """Every name that a fact may have on a day: the vocabulary's and those of the regimes."""
    return _words_on(stamp(), at, known)


@lru_cache(maxsize=64)
def _words_on(_stamp: Stamp, at: dt.date, known: dt.date) -> frozenset[str]:
    return frozenset(law_on(at, known).vocabulary.entries)


def forget() -> None:
    """Load the regimes anew next time: their files were changed where they stand."""
    for kept in (_regimes, _library, _law_on, _decider_on, _reader_on, _words_on):
        kept.cache_clear()
