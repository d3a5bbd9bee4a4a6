"""The law as the book's server holds it: loaded once, compiled for each day once."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from interlock.law.cases.reader import CaseReader
from interlock.law.compiling.compile import Law
from interlock.law.deciding.decide import Decider
from interlock.law.library import Library, load_regimes

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["Law", "Library", "decider_on", "law_on", "library", "reader_on", "words_on"]


@cache
def library() -> Library:
    """All regimes of the server.

    Raises:
        BadInputError: a regime file has faults.
    """
    return load_regimes(settings.REGIMES)


@lru_cache(maxsize=256)
def law_on(at: dt.date, known: dt.date) -> Law:
    """What binds on a day, as known on a day."""
    return library().law(at, known)


@lru_cache(maxsize=64)
def decider_on(at: dt.date, known: dt.date) -> Decider:
    """Decides cases by the law of a day."""
    return Decider(law_on(at, known), library().claims)


@lru_cache(maxsize=64)
def reader_on(at: dt.date, known: dt.date) -> CaseReader:
    """Reads facts by the vocabulary of a day's law."""
    return CaseReader(library().checked, law_on(at, known).vocabulary)


@lru_cache(maxsize=64)
def words_on(at: dt.date, known: dt.date) -> frozenset[str]:
    """Every name that a fact may have on a day: the vocabulary's and those of the regimes."""
    return frozenset(law_on(at, known).vocabulary.entries)


def forget() -> None:
    """Load the regimes anew next time; for tests and after a change of files."""
    for kept in (library, law_on, decider_on, reader_on, words_on):
        kept.cache_clear()
