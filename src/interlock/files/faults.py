"""Faults of input: where, what is wrong, and what to write instead.

Every reader collects all faults of its input in one pass and raises them together, so nothing
half-loads and nobody mends a file one error at a time.
"""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from interlock.files.phrases import phrase, phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.files.phrases import Phrase


class InterlockError(Exception):
    """The root of every error that Interlock raises on purpose."""


@dataclass(frozen=True, order=True)
class Place:
    """A position in a file. Lines and columns count from 1; 0 means the whole file or line."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def moved(self, columns: int, lines: int = 0) -> Place:
        """The place `columns` further on (or at that 0-based column `lines` below)."""
        if lines:
            return Place(self.file, self.line + lines, columns + 1)
        return Place(self.file, self.line, self.column + columns)


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with an input, and its mend."""

    place: Place
    wrong: Phrase
    mend: Phrase

    @property
    def says(self) -> Phrase:
        """Both, as one text."""
        return phrases((self.wrong, self.mend), "; ")

    def __str__(self) -> str:
        # One line each, whatever the input holds: a key of a file may contain a line break.
        message = " ".join(f"{self.wrong}; {self.mend}".split())
        return f"{self.place}: {message}"


class BadInputError(InterlockError):
    """An input was refused whole; `faults` lists everything wrong with it, in file order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        if not self.faults:
            msg = "BadInputError needs at least one fault"
            raise ValueError(msg)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass
class Faults:
    """A collector. Add while reading; `raise_if_any` at the end of the pass."""

    found: list[Fault] = field(default_factory=list)

    def add(self, place: Place, wrong: Phrase, mend: Phrase) -> None:
        """Note one fault and go on reading."""
        self.found.append(Fault(place, wrong, mend))

    def take(self, error: BadInputError) -> None:
        """Note what another reader found, but nothing more of a value noted already."""
        noted = {fault.place for fault in self.found}
        self.found += [fault for fault in error.faults if fault.place not in noted]

    @contextmanager
    def told_together(self) -> Iterator[None]:
        """Another reader's work within: what it finds is told with what was noted before.

        Raises:
            BadInputError: at the end, with every fault noted so far.
        """
        try:
            yield
        except BadInputError as error:
            self.take(error)
        self.raise_if_any()

    def raise_if_any(self) -> None:
        """Refuse the input if anything was wrong with it.

        Raises:
            BadInputError: with every fault noted so far.
        """
        if self.found:
            raise BadInputError(self.found)


def nearest(word: str, known: Iterable[str]) -> Phrase:
    """The mend for an unknown name: the nearest known one, or the start of the list.

    >>> nearest("shipmnt", ["shipment", "order"])
    "did you mean 'shipment'?"
    """
    names = sorted(known)
    lowered = {name.lower(): name for name in names}
    close = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    if close:
        return phrase("did you mean '{name}'?", name=lowered[close[0]])
    if not names:
        return phrase("no name is known here")
    more = ["..."] if len(names) > 12 else []
    return phrase("write one of: {names}", names=phrases([*names[:12], *more]))
