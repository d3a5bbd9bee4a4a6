"""Which law each past decision falls under: one law for all decisions between two of its changes.

Between two days on which anything starts, ends or becomes public a law is the same but for the date
of the transaction, which is a column. So a million decisions of two years need a dozen laws.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from interlock.law.library import Library
from interlock.law.model import STAGES, Stage, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

    from interlock.law.compiling.compile import Law
    from interlock.law.model import DatedValue, ListEntry, Regime, Spell

    Dated = Spell | DatedValue | ListEntry

EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Group:
    """Decisions of one stage under one law: `rows` of the frame."""

    law: Law
    stage: Stage
    rows: slice | np.ndarray

    def of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Its rows of a frame."""
        if isinstance(self.rows, slice):
            return frame.slice(self.rows.start, self.rows.stop - self.rows.start)
        return frame[self.rows]


@dataclass(frozen=True)
class Laws:
    """A library as history asks it.

    Attributes:
        library: all versions in time.
        assumed: proposed versions and items that are switched on.
        on: the day whose law is taken for every decision; None: that of the decision's own days.
    """

    library: Library
    assumed: frozenset[str] = frozenset()
    on: dt.date | None = None
    _kept: dict[tuple[int, int], Law] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def edges(self) -> tuple[list[dt.date], list[dt.date]]:
        """The days on which anything starts or ends, and those on which it becomes public."""
        binding: set[dt.date] = set()
        public: set[dt.date] = set()
        for checked in self.library.checked:
            for one in _dated(checked.regime):
                binding |= {day for day in (one.start, one.end) if day is not None}
                public.add(one.public)
        return sorted(binding), sorted(public)

    def law(self, at: dt.date, known: dt.date) -> Law:
        """The law of a decision: compiled once for all days between two of its changes."""
        if self.on is not None:
            at = known = self.on
        binding, public = self.edges
        key = (bisect_right(binding, at), bisect_right(public, known))
        if key not in self._kept:
            self._kept[key] = self.library.law(at, known, self.assumed)
        return self._kept[key]

    def groups(self, frame: pl.DataFrame) -> Iterator[Group]:
        """The rows of a history frame by stage and law."""
        if not frame.height:
            return
        stage = frame["stage"].to_physical().to_numpy()
        code = stage
        if self.on is None:
            binding, public = self.edges
            after = np.searchsorted(_of(binding), _days(frame["at"]), side="right")
            heard = np.searchsorted(_of(public), _days(frame["known"]), side="right")
            code = (stage * np.int64(len(binding) + 1) + after) * (len(public) + 1) + heard
        order = None if (code[1:] >= code[:-1]).all() else np.argsort(code, kind="stable")
        sorted_code = code if order is None else code[order]
        turns = np.flatnonzero(sorted_code[1:] != sorted_code[:-1]) + 1
        starts, ends = [0, *turns.tolist()], [*turns.tolist(), len(code)]
        for start, end in zip(starts, ends, strict=True):
            rows = slice(start, int(end)) if order is None else order[start : int(end)]
            first = start if order is None else int(order[start])
            law = self.law(frame["at"][first], frame["known"][first])
            yield Group(law, STAGES[stage[first]], rows)


def proposed(own: Library, files: Library) -> Library:
    """The book's own law with proposed files in place of its regimes of the same id."""
    ids = {one.regime.id for one in files.checked}
    kept = tuple(one for one in own.checked if one.regime.id not in ids)
    claims = {name: one for name, one in own.claims.items() if name not in ids}
    return Library((*kept, *files.checked), {**claims, **files.claims})


def _dated(regime: Regime) -> Iterable[Dated]:
    """Every dated statement of a regime."""
    timelines: list[Timeline] = [
        *(one.timeline for one in regime.rules.values()),
        *(one.timeline for one in regime.exceptions.values()),
        *(one.timeline for one in regime.conditions.values()),
        *(one.timeline for one in regime.accounts.values()),
        *(one.account.timeline for one in regime.conditions.values() if one.account),
        *(one.timeline for one in regime.party_facts.values()),
        *(one.timeline for one in regime.rounds.values()),
        *(case.timeline for fact in regime.facts.values() for case in fact.cases if case.timeline),
    ]
    for timeline in timelines:
        yield from timeline.spells
    for parameter in regime.parameters.values():
        yield from parameter.values
    for listing in regime.lists.values():
        yield from listing.entries


def _of(days: list[dt.date]) -> np.ndarray:
    return np.array([(day - EPOCH).days for day in days], dtype=np.int32)


def _days(days: pl.Series) -> np.ndarray:
    found: np.ndarray = days.to_physical().to_numpy()
    return found
