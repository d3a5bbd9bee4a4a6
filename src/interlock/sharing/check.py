"""The independent checker: it reads the asks, the draws and the awards, and trusts nobody.

It shares no code with the kernel or with `paths`: each rule's levels are worked out here from their
formulas. Cost O(nnz) for one tier, plus a sort of the legs where there are several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interlock.files import InterlockError

if TYPE_CHECKING:
    from interlock.sharing.problem import Bools, Floats, Ints, Problem

TOLERANCE = 1e-9
"""Relative: of the ask for awards, of what is available for accounts."""


class CheckError(InterlockError):
    """A result is not what its rule says; it was not stored.

    Attributes:
        faults: one sentence for each thing found wrong, at most twenty of a kind.
    """

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        text = "; ".join(faults)
        super().__init__(f"the result fails its check: {text}; report this with the input files")


def level_bounds(rule: str, ask: Floats, weight: Floats, top: Floats, x: Floats) -> list[Floats]:
    """The levels [lo, hi] at which lines have x units, widened by `TOLERANCE` of the ask.

    Args:
        rule: a rule that has levels.
        ask: float64[n], units.
        weight: float64[n].
        top: float64[n], the greatest ask of the line's tier.
        x: float64[n], units.
    """
    slack = TOLERANCE * ask
    if rule in ("cel", "talmud"):
        slack = slack + 1e-13 * top  # those levels count from the greatest ask: its rounding
    low, high = np.maximum(x - slack, 0.0), np.minimum(x + slack, ask)
    if rule == "proportional":
        unit = np.where(ask > 0, ask, 1.0)
        lo, hi = low / unit, high / unit
    elif rule == "cea":
        lo, hi = low, high
    elif rule == "weighted":
        lo, hi = low / weight, high / weight
    elif rule == "cel":
        lo, hi = np.where(low > 0, top - (ask - low), 0.0), top - (ask - high)
    elif rule == "talmud":
        lo = np.where(low <= ask / 2, low, top - (ask - low))
        hi = np.where(high < ask / 2, high, top - (ask - high))
    else:
        msg = f"rule '{rule}' has no levels"
        raise ValueError(msg)
    return [lo, np.where(high >= ask, np.inf, hi)]


def check_divisible(
    problem: Problem,
    rule: str,
    x: Floats,
    *,
    ask: Floats | None = None,
    taken: Ints | None = None,
) -> None:
    """Check awards of divisible units against ruling R12.

    A line that is not full is right if some account on it, full by the end of the line's own tier,
    serves no other line of that tier whose lo is above its hi.

    Args:
        problem: the problem.
        rule: the rule the awards claim to follow.
        x: float64[n], the awards.
        ask: float64[n], in place of the problem's (nothing for lines dropped by their minimum).
        taken: int64[n], what lines of lower tiers took in the end, where that is not `x`: whole
            units are rounded tier by tier. What they leave is then counted exactly, and the
            tolerance is of that; else it is of what the account had.

    Raises:
        CheckError: with everything found wrong.
    """
    ask = problem.ask.astype(np.float64) if ask is None else ask
    faults: list[str] = []
    bad = ~((x >= 0) & (x <= ask * (1 + TOLERANCE)))
    faults += [f"'{problem.orders[i]}' is outside 0 and its ask" for i in np.flatnonzero(bad)[:20]]
    tiers, tier = _tiers(problem)
    top = np.zeros(len(tiers))
    if len(tiers) == 1:
        top[0] = ask.max()
    else:
        np.maximum.at(top, tier, ask)
    lo, hi = level_bounds(rule, ask, problem.weight, top[tier], x)
    if len(tiers) <= 1:
        group = problem.leg_account
        room = problem.available.astype(np.float64)
        near = TOLERANCE * room
    else:
        group, room, near = _by_tier(problem, tier, x, taken)
    used = np.bincount(group, weights=problem.factor * x[problem.leg_line], minlength=len(room))
    over = used > room + near
    if over.any():
        names = problem.leg_account[over[group]]
        faults += [f"account '{problem.accounts[a]}' is passed" for a in np.unique(names)[:20]]
    highest = np.zeros(len(room))
    np.maximum.at(highest, group, lo[problem.leg_line])
    highest[used < room - near] = np.inf
    proven = x >= ask * (1 - TOLERANCE)
    proven[problem.leg_line[highest[group] <= hi[problem.leg_line]]] = True
    faults += [
        f"'{problem.orders[i]}' has {x[i]:.12g} of {ask[i]:.12g} and no full account explains it"
        for i in np.flatnonzero(~proven)[:20]
    ]
    if faults:
        raise CheckError(faults)


def _tiers(problem: Problem) -> tuple[Ints, Ints]:
    """The tiers in order, and the place of each line's own among them."""
    if problem.n and problem.tier.min() == problem.tier.max():
        return problem.tier[:1], np.zeros(problem.n, np.int64)
    tiers, tier = np.unique(problem.tier, return_inverse=True)
    return tiers, tier


def _by_tier(
    problem: Problem, tier: Ints, x: Floats, taken: Ints | None
) -> tuple[Ints, Floats, Floats]:
    """The (account, tier) group of each leg, what each group finds left, and the tolerance."""
    count = int(tier.max()) + 1
    keys, group = np.unique(
        problem.leg_account * count + tier[problem.leg_line], return_inverse=True
    )
    of = keys // count
    first = np.ones(len(of), bool)
    first[1:] = of[1:] != of[:-1]
    start = np.flatnonzero(first)[np.cumsum(first) - 1]
    if taken is not None:
        drawn = np.zeros(len(keys), np.int64)
        np.add.at(drawn, group, problem.scaled_factor * taken[problem.leg_line])
        # One running sum over all accounts may wrap around; its differences are right again.
        run = np.concatenate([[0], np.cumsum(drawn)])[:-1]
        left = problem.scaled_available[of] - (run - run[start])
        room = np.maximum(left, 0) / problem.scale[of]
        return group, room, TOLERANCE * room
    # Summed as a share of the account, so that one running sum serves accounts of all sizes.
    whole = np.maximum(problem.available[of], 1).astype(np.float64)
    drawn_share = np.bincount(group, problem.factor * x[problem.leg_line], len(keys)) / whole
    share = np.concatenate([[0.0], np.cumsum(drawn_share)])[:-1]
    room = np.maximum(problem.available[of] - (share - share[start]) * whole, 0.0)
    return group, room, TOLERANCE * whole


def check_whole(problem: Problem, rule: str, awarded: Ints, exact: Floats, dropped: Bools) -> None:
    """Check a result in whole units (ruling R12), with exact integers.

    No account is passed; every award is whole lots, at most the ask, and nothing or at least the
    minimum; none is a lot or more below the exact award that it was rounded from, and that award
    is right for its tier; no line could take another lot (or its minimum).

    Args:
        problem: the problem.
        rule: the rule of the exact awards; under `optimum` they are not looked at.
        awarded: int64[n].
        exact: float64[n].
        dropped: bool[n], lines left out of the exact awards because of their minimum.

    Raises:
        CheckError: with everything found wrong.
    """
    p, line = problem, problem.leg_line
    faults: list[str] = []

    def note(bad: Bools, wrong: str) -> None:
        faults.extend(f"'{p.orders[i]}' {wrong}" for i in np.flatnonzero(bad)[:20])

    note((awarded < 0) | (awarded > p.ask), "is outside 0 and its ask")
    note(awarded % p.lot != 0, "has a broken lot")
    note((awarded > 0) & (awarded < p.min), "has less than its minimum")
    left = p.scaled_available.copy()
    np.subtract.at(left, p.leg_account, p.scaled_factor * awarded[line])
    faults += [f"account '{p.accounts[a]}' is passed" for a in np.flatnonzero(left < 0)[:20]]
    step = np.where(awarded > 0, p.lot, np.maximum(-(-p.min // p.lot), 1) * p.lot)
    stuck = awarded + step > p.ask
    stuck[line[left[p.leg_account] // p.scaled_factor < step[line]]] = True
    note(~stuck, "could take another lot")
    if rule != "optimum":
        slack = TOLERANCE * np.maximum(exact, 1.0)
        note(awarded <= exact - p.lot - slack, "is a lot or more below its exact award")
        ask = np.where(dropped, 0.0, p.ask)
        try:
            check_divisible(p, rule, exact, ask=ask, taken=awarded)
        except CheckError as error:
            faults.extend(error.faults)
    if faults:
        raise CheckError(faults)


def check_optimum(
    lines: tuple[Ints, Floats, Floats],
    accounts: tuple[Floats, Floats],
    net: tuple[Ints, Ints, Floats],
) -> tuple[float, float]:
    """Measure an optimum by duality: any prices prove an upper bound on the value of any award.

    Bound = sum of room * price, plus for each line its ask times what a unit is worth beyond the
    prices of what it draws.

    Args:
        lines: ask, value, award x: [n] each, in units and value per unit.
        accounts: room, price: float64[m] each, in account units and value per account unit.
        net: leg_start int64[n + 1], leg_account int64[nnz], factor float64[nnz].

    Returns:
        The value of the awards and the proven bound.

    Raises:
        CheckError: the awards pass an account or an ask, or a price is negative.
    """
    ask, value, x = lines
    room, price = accounts
    leg_start, leg_account, factor = net
    line = np.repeat(np.arange(len(ask)), np.diff(leg_start))
    used = np.bincount(leg_account, factor * x[line], len(room))
    if (used > room * (1 + TOLERANCE)).any() or (x < 0).any() or (x > ask).any():
        raise CheckError(["an optimum's award passes an account or its ask"])
    if (price < 0).any():
        raise CheckError(["a shadow price is negative"])
    cost = np.bincount(line, factor * price[leg_account], len(ask))
    bound = float(room @ price + ask @ np.maximum(value - cost, 0.0))
    return float(value @ x), bound
