"""What sharing gives back: awards, the proof of each line, and the state of each account."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from interlock.files.phrases import phrase
from interlock.sharing.kernel import FULL
from interlock.sharing.paths import SAYS

if TYPE_CHECKING:
    from collections.abc import Collection

    from interlock.sharing.problem import Bools, Floats, Ints, Problem

HIDDEN = phrase("another limit (not disclosed)")
_DEPENDS_ON_OTHERS = ("cel", "talmud", "optimum")


@dataclass(frozen=True)
class LineProof:
    """What one firm may see about its own line (ruling R11), and nothing of another's.

    `level` is None where it counts from another line's ask (equal losses, Talmud) or is undefined;
    `bound_by` is "full", the account that binds, or `HIDDEN` where the reader may not see it.
    """

    order: str
    asked: int
    awarded: int | float
    rule: str
    level: tuple[float, float] | None
    bound_by: str


@dataclass(frozen=True, eq=False)
class Result:
    """Awards under one rule, already checked.

    Attributes:
        awarded: units, int64[n] in whole units, else float64[n].
        level_lo, level_hi: float64[n], the interval of levels with that award (ruling R12);
            `level_hi` is infinite for a full line, both are NaN under `optimum`.
        bound: int64[n], the account that binds the line, -1 for a full one.
        exact: float64[n], the divisible award that the whole one was rounded from.
        dropped: bool[n], lines set to nothing because their minimum was out of reach.
        shadow_price: float64[m], value of one more unit on each account; `optimum` only.
        objective, dual_gap: total value, and its relative distance from a proven upper bound.
        notes: what a reader has to know about this result, in plain words.
    """

    problem: Problem
    rule: str
    whole: bool
    seed: int
    awarded: Ints | Floats
    level_lo: Floats
    level_hi: Floats
    bound: Ints
    exact: Floats
    dropped: Bools
    shadow_price: Floats | None = None
    objective: float | None = None
    dual_gap: float | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def used_scaled(self) -> Ints:
        """Use of each account in its finest unit, int64[m], exact; whole units only."""
        p = self.problem
        used = np.zeros(p.m, np.int64)
        np.add.at(used, p.leg_account, p.scaled_factor * self.awarded[p.leg_line].astype(np.int64))
        return used

    @cached_property
    def used(self) -> Floats:
        """Use of each account, float64[m], in account units."""
        p = self.problem
        if self.whole:
            return self.used_scaled / p.scale
        return np.bincount(
            p.leg_account, weights=p.factor * self.awarded[p.leg_line], minlength=p.m
        ).astype(np.float64)

    @cached_property
    def left(self) -> Floats:
        """What each account has left, float64[m], never below 0."""
        if self.whole:
            return (self.problem.scaled_available - self.used_scaled) / self.problem.scale
        return np.maximum(self.problem.available - self.used, 0.0)

    def bound_by(self, line: int) -> str:
        """The word "full", or the name of the account that keeps the line from more."""
        account = int(self.bound[line])
        return "full" if account == FULL else self.problem.accounts[account]

    def proof(self, order: str, visible: Collection[str] | None = None) -> LineProof:
        """The proof of one line, as its own firm may see it.

        Args:
            order: the order line's name.
            visible: the accounts this reader may see; None for all of them.

        Raises:
            KeyError: no such order.
        """
        line = self.problem.line_index[order]
        bound_by = self.bound_by(line)
        if visible is not None and bound_by != "full" and bound_by not in visible:
            bound_by = HIDDEN
        level = None
        if self.rule not in _DEPENDS_ON_OTHERS:
            level = (float(self.level_lo[line]), float(self.level_hi[line]))
        return LineProof(
            order=order,
            asked=int(self.problem.ask[line]),
            awarded=self.awarded[line].item(),
            rule=f"{self.rule}: {SAYS[self.rule]}",
            level=level,
            bound_by=bound_by,
        )

    def legs(self, order: str) -> list[tuple[str, Fraction]]:
        """What approval of one line reserves: (account, amount) on every account that was a row.

        This is one linked group (ruling R2). Amounts are exact for whole units.
        """
        line = self.problem.line_index[order]
        units = Fraction(self.awarded[line].item())
        names = self.problem.accounts
        return [(names[a], factor * units) for a, factor in self.problem.legs(line) if units]
