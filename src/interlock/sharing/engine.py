"""Sharing: from a problem and a rule to a checked result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interlock.sharing.check import check_divisible, check_whole
from interlock.sharing.kernel import FULL, in_turn, intervals
from interlock.sharing.lots import grant_in_turn
from interlock.sharing.optimum import share_optimum
from interlock.sharing.paths import RULES, make_paths
from interlock.sharing.result import Result
from interlock.sharing.tiers import Slice, runs_of_tiers
from interlock.sharing.whole import round_tier

if TYPE_CHECKING:
    from interlock.sharing.paths import Paths
    from interlock.sharing.problem import Bools, Floats, Ints, Problem

MAX_SEED = 2**63 - 1
_SPENT = 1e-12
"""What is left of an account below this share of it is rounding, not supply for the next tier."""

HEURISTIC = (
    "all-or-nothing is a heuristic: which lines get their minimum and which get nothing need not "
    "be the best choice"
)
BROKEN = "an ask that is not a number of whole lots is full at the last whole lot below it"
UNUSED = "lots and minimums count only in whole units; this result is divisible"


def share(problem: Problem, rule: str, *, whole: bool = False, seed: int = 0) -> Result:
    """Share what the accounts have among the order lines.

    Args:
        problem: the lines, their draws and the accounts' headroom.
        rule: one of `RULES`.
        whole: award whole lots and keep minimums, instead of divisible units.
        seed: of the lottery among equal remainders (whole units), 0 to 2^63 - 1.

    Returns:
        The result, checked by `interlock.sharing.check`.

    Raises:
        ValueError: unknown rule, or a seed out of range.
        CheckError: the result is not what the rule says (a defect; nothing is returned).
    """
    if rule not in RULES:
        msg = f"rule '{rule}' is unknown; write one of: {', '.join(RULES)}"
        raise ValueError(msg)
    if not 0 <= seed <= MAX_SEED:
        msg = f"seed {seed} is out of range; write 0 to {MAX_SEED}"
        raise ValueError(msg)
    if rule == "optimum":
        return share_optimum(problem, whole=whole, seed=seed, notes=_notes(problem, whole=whole))
    paths = make_paths(problem, rule)
    notes = _notes(problem, whole=whole)
    if not whole:
        x, level, bound = _divisible(problem, paths)
        check_divisible(problem, rule, x)
        lo, hi = _levels(paths, x, level, bound)
        nobody = np.zeros(problem.n, bool)
        return Result(problem, rule, whole, seed, x, lo, hi, bound, x, nobody, notes=notes)
    awarded, exact, bound, dropped = _whole(problem, paths, seed)
    check_whole(problem, rule, awarded, exact, dropped)
    lo, hi = paths.levels(awarded.astype(np.float64))
    return Result(
        *(problem, rule, whole, seed, awarded, lo, hi, bound, exact, dropped), notes=notes
    )


def _notes(problem: Problem, *, whole: bool) -> tuple[str, ...]:
    if whole:
        broken = (BROKEN,) if (problem.ask % problem.lot != 0).any() else ()
        return ((HEURISTIC,) if (problem.min > problem.lot).any() else ()) + broken
    return (UNUSED,) if (problem.lot > 1).any() or (problem.min > 0).any() else ()


def _divisible(problem: Problem, paths: Paths) -> tuple[Floats, Floats, Ints]:
    left = problem.available.astype(np.float64)
    x, level = np.zeros(problem.n), np.full(problem.n, np.inf)
    bound = np.full(problem.n, FULL)
    net = (problem.leg_start, problem.leg_account, problem.factor)
    for lines, alone in runs_of_tiers(problem):
        if alone:
            ask = problem.ask.astype(np.float64)
            x[lines], bound[lines] = in_turn(lines, ask, net, left)
            level[lines] = np.where(bound[lines] == FULL, np.inf, np.nan)
            continue
        part = Slice.of(problem, lines)
        mine = paths if len(lines) == problem.n else paths.take(lines)
        x[lines], level[lines], bound[lines] = part.fill(left[part.accounts], mine)
        if len(lines) == problem.n:
            break
        used = np.bincount(
            part.net[1],
            weights=part.factor * np.repeat(x[lines], np.diff(part.net[0])),
            minlength=len(part.accounts),
        )
        rest = left[part.accounts] - used
        rest[rest < _SPENT * problem.available[part.accounts]] = 0.0
        left[part.accounts] = rest
        left[bound[lines][bound[lines] != FULL]] = 0.0
    return x, level, bound


def _levels(paths: Paths, x: Floats, level: Floats, bound: Ints) -> tuple[Floats, Floats]:
    """Level intervals: from the level at which a line froze where it is known, else from x."""
    lo, hi = intervals(level, bound, paths.knot_t, paths.knot_x, paths.slope)
    unknown = np.flatnonzero(np.isnan(level))
    if len(unknown):
        lo[unknown], hi[unknown] = paths.take(unknown).levels(x[unknown])
    return lo, hi


def _whole(problem: Problem, paths: Paths, seed: int) -> tuple[Ints, Floats, Ints, Bools]:
    left = problem.scaled_available.copy()
    awarded, exact = np.zeros(problem.n, np.int64), np.zeros(problem.n)
    bound, dropped = np.full(problem.n, FULL), np.zeros(problem.n, bool)
    net = (problem.leg_start, problem.leg_account, problem.scaled_factor)
    lots = (problem.ask // problem.lot, -(-problem.min // problem.lot), problem.lot)
    for lines, alone in runs_of_tiers(problem):
        if alone:
            got = grant_in_turn(lines, problem.ask, lots, net, left)
            given, exact[lines], bound[lines], dropped[lines] = got
            awarded[lines] = given * problem.lot[lines]
            continue
        mine = paths if len(lines) == problem.n else paths.take(lines)
        got = round_tier(problem, lines, mine, left, seed)
        awarded[lines], exact[lines], bound[lines], dropped[lines] = got
    return awarded, exact, bound, dropped
