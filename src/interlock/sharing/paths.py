"""Sharing rules as paths: how much each line has at level t, for t rising from 0.

A path is made of straight pieces between knots and never falls: nothing before the first knot,
`slope[k]` between knot k and k + 1, the whole ask from the last knot on. All lines of a tier rise
together; see DESIGN section 5 and Moulin, "Priority rules and other asymmetric rationing methods"
(Econometrica 68, 2000) for why such parametric rules are the consistent ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from interlock.sharing.compiled import PATHS, paths_in

if TYPE_CHECKING:
    from interlock.sharing.problem import Floats, Ints, Problem

Rule = Literal["proportional", "cea", "weighted", "cel", "talmud", "optimum"]
RULES: tuple[Rule, ...] = get_args(Rule)

SAYS: dict[str, str] = {
    "proportional": "every line gets the same share of its ask",
    "cea": "equal awards, at most the ask",
    "weighted": "awards in proportion to weight, at most the ask",
    "cel": "equal losses, at least nothing",
    "talmud": "equal awards up to half of each ask, then equal losses",
    "optimum": "the greatest total value",
}


@dataclass(frozen=True)
class Paths:
    """The paths of n lines with K pieces each.

    Attributes:
        knot_t: float64[n, K + 1], levels, not falling along a row, none below 0.
        knot_x: float64[n, K + 1], units at those levels; the first is 0, the last the ask.
        slope: float64[n, K], units per level between two knots.
    """

    knot_t: Floats
    knot_x: Floats
    slope: Floats

    def take(self, lines: Ints) -> Paths:
        """The paths of some lines only."""
        return Paths(self.knot_t[lines], self.knot_x[lines], self.slope[lines])

    def after(self, done: Floats) -> Paths:
        """The rest of each path once `done` units (float64[n]) have been given.

        The rest rises at the same levels as before, so lines that were cut short at a low level
        come first when sharing goes on.
        """
        lo, _ = self.levels(done)
        knot_x = np.maximum(self.knot_x - done[:, None], 0.0)
        return Paths(np.maximum(self.knot_t, lo[:, None]), knot_x, self.slope)

    def levels(self, x: Floats) -> tuple[Floats, Floats]:
        """The interval of levels at which each line has exactly x (float64[n]) units (R12).

        Returns:
            lo, hi: float64[n]; `hi` is infinite where x is the whole ask.
        """
        ask = self.knot_x[:, -1]
        lo = np.zeros(len(x))
        hi = np.where(x >= ask, np.inf, self.knot_t[:, 0])
        for k in range(self.slope.shape[1]):
            begin, end = self.knot_t[:, k], self.knot_t[:, k + 1]
            below, above = self.knot_x[:, k], self.knot_x[:, k + 1]
            slope = np.where(self.slope[:, k] > 0, self.slope[:, k], 1.0)
            reach = np.minimum(begin + (x - below) / slope, end)
            rises = above > below
            lo = np.where(rises & (x > below) & (x <= above), reach, lo)
            hi = np.where((x < ask) & rises & (x >= below) & (x < above), reach, hi)
            hi = np.where((x < ask) & ~rises & (x == below), np.maximum(hi, end), hi)
        return lo, hi


def make_paths(problem: Problem, rule: str) -> Paths:
    """The paths of all lines under one rule.

    Under equal losses and the Talmud rule levels count from the greatest ask D of the line's own
    tier: a line that loses L has level D - L.

    Raises:
        ValueError: the rule has no paths (`optimum`) or is unknown.
    """
    if rule not in PATHS:
        msg = f"'{rule}' is no path"
        raise ValueError(msg)
    ask = problem.ask.astype(np.float64)
    top = _greatest_of_tier(problem) if rule in ("cel", "talmud") else ask
    return Paths(*paths_in(PATHS.index(rule), ask, problem.weight, top))


def _greatest_of_tier(problem: Problem) -> Floats:
    if problem.n == 0:
        return np.zeros(0)
    if problem.tier.min() == problem.tier.max():
        return np.full(problem.n, float(problem.ask.max()))
    _, place = np.unique(problem.tier, return_inverse=True)
    top = np.zeros(int(place.max()) + 1)
    np.maximum.at(top, place, problem.ask)
    return top[place]
