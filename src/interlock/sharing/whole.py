"""From exact awards to whole lots, never past an account, with a stated order and a lottery.

Tier by tier, each on what the one before left:

1. the exact (divisible) awards, each cut down to whole lots;
2. one more lot each, in the order of the remainders cut off, greatest first; lines with equal
   remainders go by lottery ticket, see `tickets`;
3. while any line could still take a lot, the paths go on rising from what lines have, over those
   lines alone, and steps 1 and 2 are done again.

Minimums are a heuristic: finding the best set of all-or-nothing lines is a knapsack problem. Lines
whose award falls below their minimum are dropped, those furthest from it first and half of them at
a time, and the rest is shared anew; at the end a dropped line gets its minimum if it still fits.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interlock.sharing.kernel import FULL
from interlock.sharing.lots import OPEN, blocked_by, grant
from interlock.sharing.tiers import Slice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interlock.sharing.paths import Paths
    from interlock.sharing.problem import Bools, Floats, Ints, Problem

_EDGE = 1e-9
"""Lots are counted to this part of one, so that 2.9999999999 is three."""


def tickets(problem: Problem, lines: Ints, seed: int) -> NDArray[np.uint64]:
    """Lottery tickets, uint64[k]: the lower one goes first.

    A ticket is the first 8 bytes (big-endian) of BLAKE2b over the order's name, keyed with the
    seed as 8 bytes: it does not depend on the order of the file, and anybody can compute it again.
    """
    key = seed.to_bytes(8, "big", signed=True)
    return np.array(
        [
            int.from_bytes(
                hashlib.blake2b(problem.orders[i].encode(), digest_size=8, key=key).digest(), "big"
            )
            for i in lines.tolist()
        ],
        np.uint64,
    )


def round_tier(
    problem: Problem, lines: Ints, paths: Paths, left: Ints, seed: int
) -> tuple[Ints, Floats, Ints, Bools]:
    """Share whole lots among the lines of one tier.

    Args:
        problem: the whole problem.
        lines: int64[k], the tier's lines.
        paths: their k paths.
        left: int64[m], in the accounts' finest units; lowered by what the tier takes.
        seed: the lottery's.

    Returns:
        awarded int64[k] units, exact float64[k], bound int64[k], dropped bool[k].
    """
    part = Slice.of(problem, lines)
    lots = _Lots.of(problem, lines)
    dropped = np.zeros(len(lines), bool)
    here = left[part.accounts]
    while True:
        rest, given = here.copy(), np.zeros(len(lines), np.int64)
        kept = np.flatnonzero(~dropped)
        room = here / problem.scale[part.accounts]
        exact, hint = np.zeros(len(lines)), np.full(len(lines), FULL)
        inner = part if len(kept) == len(lines) else _inner(problem, part, kept)
        exact[kept], _, hint[kept] = inner.fill(room[_places(part, inner)], paths.take(kept))
        _hand_out(problem, (part, lots), exact, (given, rest), (kept, seed))
        short = np.flatnonzero(~dropped & (given < lots.least))
        if not len(short):
            break
        dropped[_furthest(problem, lines, exact, short, seed)] = True
    _go_on(problem, (part, lots), paths, (given, rest), seed)
    left[part.accounts] = rest
    local = np.where(hint == FULL, FULL, np.searchsorted(part.accounts, hint))
    bound = blocked_by(given, lots.tuple(), part.net, rest, local)
    bound = np.where(bound == FULL, FULL, part._name(bound))
    return given * lots.lot, exact, bound, dropped


def _inner(problem: Problem, part: Slice, kept: Ints) -> Slice:
    return Slice.of(problem, part.lines[kept])


def _places(part: Slice, inner: Slice) -> Ints:
    """Where the accounts of `inner` stand in `part`."""
    return np.searchsorted(part.accounts, inner.accounts)


@dataclass
class _Lots:
    most: Ints
    least: Ints
    lot: Ints

    @classmethod
    def of(cls, problem: Problem, lines: Ints) -> _Lots:
        lot = problem.lot[lines]
        return cls(problem.ask[lines] // lot, -(-problem.min[lines] // lot), lot)

    def tuple(self) -> tuple[Ints, Ints, Ints]:
        return self.most, self.least, self.lot


def _hand_out(
    problem: Problem,
    cut: tuple[Slice, _Lots],
    units: Floats,
    state: tuple[Ints, Ints],
    who: tuple[Ints, int],
    *,
    least: Ints | int = 0,
) -> int:
    """Hand out `units` more to the lines `who[0]`: whole lots, then one lot by remainder.

    The last lot may be more than one where it takes a line to `least`.
    """
    given, rest = state
    part, lots = cut
    lines, seed = who
    portion, goal = units / lots.lot, given.copy()
    want = np.floor(portion + _EDGE).astype(np.int64)
    remainder = np.round((portion - want) / _EDGE).astype(np.int64)
    order = _order(problem, part, lines, remainder[lines], seed)
    total = int(grant(order, want, given, lots.tuple(), part.net, rest))
    goal = np.maximum(goal + want + 1, least)
    one = np.where(remainder > 0, goal - given, 0)
    return total + int(grant(order, one, given, lots.tuple(), part.net, rest))


def _order(problem: Problem, part: Slice, lines: Ints, remainder: Ints, seed: int) -> Ints:
    """Greatest remainder first; equal ones by ticket."""
    order = np.argsort(-remainder, kind="stable")
    ranked = remainder[order]
    same = np.zeros(len(order), bool)
    same[1:] = ranked[1:] == ranked[:-1]
    same[:-1] |= same[1:]
    same &= ranked != 0
    if same.any():
        tied = order[same]
        ticket = tickets(problem, part.lines[lines[tied]], seed)
        order[same] = tied[np.lexsort((ticket, -remainder[tied]))]
    return lines[order]


def _furthest(problem: Problem, lines: Ints, exact: Floats, short: Ints, seed: int) -> Ints:
    """The half of the short lines whose exact award is the smallest part of their minimum."""
    reach = np.round(exact[short] / problem.min[lines[short]] / _EDGE)
    order = np.lexsort((-tickets(problem, lines[short], seed).astype(np.float64), reach))
    return short[order[: (len(short) + 1) // 2]]


def _go_on(
    problem: Problem,
    cut: tuple[Slice, _Lots],
    paths: Paths,
    state: tuple[Ints, Ints],
    seed: int,
) -> None:
    """Give what is left to the lines that can still take a lot, along their paths."""
    given, rest = state
    part, lots = cut
    none = np.full(len(given), FULL)
    while True:
        able = np.flatnonzero(blocked_by(given, lots.tuple(), part.net, rest, none) == OPEN)
        if not len(able):
            return
        inner = _inner(problem, part, able)
        room = rest[_places(part, inner)] / problem.scale[inner.accounts]
        onward = paths.take(able).after((given * lots.lot)[able].astype(np.float64))
        more = np.zeros(len(given))
        more[able] = inner.fill(room, onward)[0]
        if not _hand_out(problem, (part, lots), more, state, (able, seed), least=lots.least):
            order = _order(problem, part, able, np.ones(len(able), np.int64), seed)
            step = np.maximum(lots.least - given, 1)
            grant(order[:1], step, given, lots.tuple(), part.net, rest)
