"""The law as the book's server holds it: loaded once, compiled for each day once."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from interlock.book import lists
from interlock.law.cases.reader import CaseReader
from interlock.law.compiling.compile import Law
from interlock.law.deciding.decide import Decider
from interlock.law.library import Library, load_regimes

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["Law", "Library", "decider_on", "law_on", "library", "reader_on", "words_on"]


def library() -> Library:
    """All regimes of the server, with the list files of the day in place of their samples.

    Raises:
        BadInputError: a regime file or a list file has faults.
    """
    return _library(lists.stamp())


@lru_cache(maxsize=2)
def _library(_stamp: lists.Stamp) -> Library:
    found = _regimes()
    return Library(lists.in_law(found.checked, lists.of_files()), found.claims)


@cache
def _regimes() -> Library:
    return load_regimes(settings.REGIMES)


def law_on(at: dt.date, known: dt.date) -> Law:
    """What binds on a day, as known on a day."""
    return _law_on(lists.stamp(), at, known)


@lru_cache(maxsize=256)
def _law_on(_stamp: lists.Stamp, at: dt.date, known: dt.date) -> Law:
    return library().law(at, known)


def decider_on(at: dt.date, known: dt.date) -> Decider:
    """Decides cases by the law of a day."""
    return _decider_on(lists.stamp(), at, known)


@lru_cache(maxsize=64)
def _decider_on(_stamp: lists.Stamp, at: dt.date, known: dt.date) -> Decider:
    return Decider(law_on(at, known), library().claims)


def reader_on(at: dt.date, known: dt.date) -> CaseReader:
    """Reads facts by the vocabulary of a day's law."""
    return _reader_on(lists.stamp(), at, known)


@lru_cache(maxsize=64)
def _reader_on(_stamp: lists.Stamp, at: dt.date, known: dt.date) -> CaseReader:
    return CaseReader(library().checked, law_on(at, known).vocabulary)


@lru_cache(maxsize=64)
def words_on(at: dt.date, known: dt.date) -> frozenset[str]:
    """Every name that a fact may have on a day: the vocabulary's and those of the regimes."""
    return frozenset(law_on(at, known).vocabulary.entries)


def forget() -> None:
    """Load the regimes anew next time; for tests and after a change of files."""
    for kept in (_regimes, _library, _law_on, _decider_on, _reader_on, words_on):
        kept.cache_clear()
