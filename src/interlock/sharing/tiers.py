"""Cutting a problem into its tiers, and a tier into arrays numbered from 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interlock.sharing.kernel import FULL, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.sharing.paths import Paths
    from interlock.sharing.problem import Floats, Ints, Problem


@dataclass
class Slice:
    """Some lines of a problem and the accounts they draw, numbered from 0.

    Attributes:
        lines, accounts: their numbers in the problem.
        net: (leg_start, leg_account, scaled factor), int64.
        factor: float64[nnz].
    """

    lines: Ints
    accounts: Ints
    net: tuple[Ints, Ints, Ints]
    factor: Floats

    @classmethod
    def of(cls, problem: Problem, lines: Ints) -> Slice:
        """Cut out the given lines."""
        if len(lines) == problem.n:
            net = (problem.leg_start, problem.leg_account, problem.scaled_factor)
            return cls(lines, np.arange(problem.m), net, problem.factor)
        begin, count = problem.leg_start[lines], np.diff(problem.leg_start)[lines]
        start = np.concatenate([[0], np.cumsum(count)])
        legs = np.arange(int(start[-1])) + np.repeat(begin - start[:-1], count)
        accounts, place = np.unique(problem.leg_account[legs], return_inverse=True)
        net = (start, place.astype(np.int64), problem.scaled_factor[legs])
        return cls(lines, accounts, net, problem.factor[legs])

    def fill(self, room: Floats, paths: Paths) -> tuple[Floats, Floats, Ints]:
        """`kernel.fill` on this slice; binding accounts come back with the problem's numbers."""
        path = (paths.knot_t, paths.knot_x, paths.slope)
        x, level, bound = fill(self.net[0], self.net[1], self.factor, room, path)
        return x, level, np.where(bound == FULL, FULL, self.name(bound))

    def name(self, local: Ints) -> Ints:
        """The problem's numbers of accounts numbered within the slice."""
        return self.accounts[np.maximum(local, 0)] if len(self.accounts) else local


def runs_of_tiers(problem: Problem) -> Iterator[tuple[Ints, bool]]:
    """The tiers in order as (lines, alone): neighbouring tiers of one line each come together."""
    order = np.argsort(problem.tier, kind="stable")
    ranked = problem.tier[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    if problem.n == 0:
        return
    sizes = np.diff(np.append(starts, problem.n))
    alone = sizes == 1
    cuts = np.flatnonzero(~alone | np.concatenate([[True], ~alone[:-1]]))
    for begin, end in zip(starts[cuts], np.append(starts[cuts[1:]], problem.n), strict=True):
        first = int(np.searchsorted(starts, begin))
        yield order[begin:end], bool(alone[first])


def tiers_of(problem: Problem) -> Iterator[Ints]:
    """The lines of each tier, in the order of tiers."""
    order = np.argsort(problem.tier, kind="stable")
    ranked = problem.tier[order]
    cuts = np.flatnonzero(ranked[1:] != ranked[:-1]) + 1
    yield from (lines for lines in np.split(order, cuts) if len(lines))
