"""What history says of how firms behave: orders, hardness, waits; by nested sampling (dynesty).

Four pieces of history; no quarter that docs/validation.md scores is forecast by what they give:

    restrictive   claim licences-too-restrictive (C3, 2026-01-28): of three firms approved, none had
                  ordered
    none_shipped  claim none-shipped (B3): no H200 had been shipped to China by 2026-03-03; how
                  likely that is under a choice of parameters is asked of the lab itself
    reopened      the quarter after licences for the H20 were announced (B2, 2025-07-14): 17,117 H20
                  came, estimated with its own band (Epoch AI)
    before        the H20 of the quarters up to the letter of April 2025, for what a lawful quarter
                  would have brought (`growth.calibrate`)

A claim may be wrong: its likelihood is mixed with one that says nothing, by the chance `BELIEVED`
that its credibility stands for. That chance is an assumption.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy import interpolate, special, stats

from interlock.lab.running import simulate
from interlock.lab.study.growth import calibrate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from interlock.lab.study.backtest import Quarter

PRIORS = {
    "orders": "uniform, 0 to 1",
    "hardness": "half-normal, deviation 1",
    "asked": "uniform, 0 to 2",
    "wait": "uniform, 10 to 365",
    "reopened": "uniform, 0 to 1",
}
MEANS = {
    "orders": "chance that an approved line becomes an order where conditions ask nothing",
    "hardness": "how far one domestic chip for each import lowers its log-odds",
    "asked": "domestic chips for one import that the draft of January 2026 asked for",
    "wait": "days until the last US licence is issued",
    "reopened": "share of a lawful quarter that comes after licences are announced",
}
PARAMETERS = tuple(PRIORS)
BELIEVED = {"2": 0.8, "3": 0.5}
FIRMS, LIVE = 3, 200
REOPENED = "2025 Q3"
REOPENED_ON = dt.date(2025, 7, 14)
LETTER = "2025 Q2"
SHIPPED_BY = dt.date(2026, 3, 3)
PLAYED_TO = dt.date(2026, 12, 29)
"""The end of what is played: every part of the scenario begins before it."""
CHANCES, WAITS = (0.1, 0.9), (10, 365)
"""Where the lab is asked how likely it is that nothing shipped."""
EQUAL, HARDLY = 0.1, 0.5
"""A posterior whose distribution function is nowhere further than the first from the prior's is
called equal to it: the data do not identify that parameter; up to the second they hardly do."""


@dataclass(frozen=True)
class Calibrated:
    """Equally weighted draws of `PARAMETERS`, of the posterior and of the prior.

    Attributes:
        nothing: chance that nothing shipped, by the lab; rows `CHANCES`, columns `WAITS`.
    """

    draws: NDArray[np.float64]
    prior: NDArray[np.float64]
    nothing: NDArray[np.float64]

    def moved(self, name: str) -> float:
        """The furthest that the posterior's distribution function is from the prior's."""
        k = PARAMETERS.index(name)
        return float(stats.ks_2samp(self.draws[:, k], self.prior[:, k]).statistic)

    def identified(self, name: str) -> str:
        """Whether the data say anything that can be told from the prior: no, hardly, yes."""
        moved = self.moved(name)
        return "no" if moved <= EQUAL else "hardly" if moved <= HARDLY else "yes"


def chance(orders: float, hardness: float, asked: float) -> float:
    """The chance that the scenario's behaviour gives, as the lab's compiler works it out."""
    return float(special.expit(special.logit(orders) - hardness * asked))


def nothing_shipped(scenario: Path, *, runs: int, seed: int) -> NDArray[np.float64]:
    """How likely the lab finds it that nothing was shipped by 2026-03-03: float64[2, 2]."""
    found = np.zeros((len(CHANCES), len(WAITS)))
    for (i, orders), (j, wait) in product(enumerate(CHANCES), enumerate(WAITS)):
        changed: dict[str, Any] = {
            "end": PLAYED_TO,
            "behaviour.orders": orders,
            "behaviour.hardness": None,
            "licences.us.after": {"uniform": {"from": 0, "to": wait}},
        }
        with tempfile.TemporaryDirectory(prefix="interlock-behaviour-") as out:
            played = simulate(scenario, runs=runs, seed=seed, overrides=changed, out=out)
            days = [played.compiled.scenario.day(step) for step in range(20)]
            seen = sum(day <= SHIPPED_BY for day in days)
            sums = (
                played.paths.filter(pl.col("step") < seen)
                .group_by("run")
                .agg(pl.col("shipped").sum())
            )
            found[i, j] = float((sums.collect()["shipped"].to_numpy() == 0).mean())
    return found


def calibrate_behaviour(
    scenario: Path, quarters: Sequence[Quarter], *, runs: int, seed: int
) -> Calibrated:
    """The posterior of how firms behave.

    Args:
        scenario: `scenarios/h200.yaml`, which is asked and not changed.
        quarters: of the H20, oldest first; those from the letter on are not used but `REOPENED`.
        runs: at each point at which the lab is asked.
        seed: of the lab and the sampler.
    """
    from dynesty import NestedSampler  # noqa: PLC0415 - an extra

    nothing = nothing_shipped(scenario, runs=runs, seed=seed)
    likelihood = _likelihood(nothing, quarters, seed)
    dice = np.random.default_rng(seed)
    sampler = NestedSampler(likelihood, _prior, len(PARAMETERS), nlive=LIVE, rstate=dice)
    sampler.run_nested(print_progress=False, dlogz=0.05)
    draws = np.asarray(sampler.results.samples_equal(rstate=dice))
    prior = np.array([_prior(one) for one in dice.random((20_000, len(PARAMETERS)))])
    return Calibrated(draws, prior, nothing)


def _prior(unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the unit cube to the priors."""
    hard = special.ndtri((1 + unit[1]) / 2)
    return np.array([unit[0], hard, 2 * unit[2], 10 + 355 * unit[3], unit[4]])


def _likelihood(
    nothing: NDArray[np.float64], quarters: Sequence[Quarter], seed: int
) -> Callable[[NDArray[np.float64]], float]:
    shipped = interpolate.RegularGridInterpolator(
        (CHANCES, WAITS), nothing, bounds_error=False, fill_value=None
    )
    lawful = lawful_log_units(quarters, seed)
    came = next(one for one in quarters if one.name == REOPENED)
    open_for = ((came.end - REOPENED_ON).days + 1) / came.days
    # What is estimated of the quarter itself is known to a factor of about 1.3 (its 5th and 95th
    # percentile); the spread of what a lawful quarter would have brought is wider.
    error = np.hypot(lawful.std(), np.log(1.3) / 1.645)
    trust = BELIEVED["3"]

    def likelihood(given: NDArray[np.float64]) -> float:
        orders, hardness, asked, wait, reopened = (float(x) for x in given)
        p = chance(min(max(orders, 1e-9), 1 - 1e-9), hardness, asked)
        told = np.log(trust * (1 - p) ** FIRMS + 1 - trust)
        none = float(np.clip(shipped((np.clip(p, CHANCES[0], CHANCES[-1]), wait)), 0, 1))
        told += np.log(trust * none + 1 - trust)
        wanted = lawful.mean() + np.log(max(reopened, 1e-9) * open_for)
        return float(told + stats.norm.logpdf(np.log(came.units), wanted, error))

    return likelihood


def lawful_log_units(quarters: Sequence[Quarter], seed: int) -> NDArray[np.float64]:
    """Draws of the logarithm of what the reopened quarter would have brought without the letter."""
    names = [one.name for one in quarters]
    seen = quarters[: names.index(LETTER)]
    posterior = calibrate([one.units for one in seen], seed=seed)
    ahead = names.index(REOPENED) - names.index(LETTER)
    level, growth, noise = posterior.draws.T
    luck = np.random.default_rng(seed).standard_normal(len(level))
    return np.asarray(level + ahead * growth + noise * luck)
