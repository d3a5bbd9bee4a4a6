"""Cases that can be worked out on paper, played by the lab: part (d) of docs/validation.md.

A queue at one gate   M/M/1, the mean wait of an application until it is taken up
A ratio               the lesser of the stock and what domestic chips allow; the known optimum
A conversion          binomial mean and variance
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy import special, stats

from interlock.lab.running import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

LEVEL = 0.95
SERVICE_DAYS, ARRIVALS_A_DAY, MINUTES_A_DAY = 30.0, 0.02, 480
"""The queue of `scenarios/validation/office.yaml`."""
WARM_UP = 3653
"""Days that are left out: the queue starts empty and needs some years to forget it."""
STOCK, HOME = 1000, 600
RATIOS = (0.3, 0.5, 0.6, 0.75, 1.0, 2.0)
LINES, CHANCE = 50, 0.3


@dataclass(frozen=True)
class Checked:
    """One number worked out and played; `low` and `high` hold the lab's with 95 %."""

    case: str
    wanted: float
    found: float
    low: float
    high: float

    @property
    def held(self) -> bool:
        """Whether the number worked out lies in the lab's interval."""
        return self.low <= self.wanted <= self.high


def mean_wait(arrivals: float, service: float) -> float:
    """Mean wait in the queue of M/M/1, rho / (mu - lambda), in the unit of `service`.

    Source: any text on queues, e.g. L. Kleinrock, Queueing Systems I, 1975, section 3.2.
    """
    rho = arrivals * service
    return rho / (1 / service - arrivals)


def mean_wait_in_days(arrivals: float, service: float) -> float:
    """The same where the office looks at what has come once a day, as the lab does.

    Work left over a day is a random walk held above zero, with steps of what comes in a day less
    one day of work; its mean is the sum over k of E[max(0, S_k)] / k. Source: F. Spitzer, A
    combinatorial lemma and its application to probability theory, 1956. What comes in k days is a
    Poisson number n of exponential times, so a gamma distribution for each n.
    """
    total, k = 0.0, 0
    while True:
        k += 1
        mean = arrivals * k
        n = np.arange(1, int(mean + 12 * math.sqrt(mean) + 30))
        over = n * service * special.gammaincc(n + 1, k / service)
        over -= k * special.gammaincc(n, k / service)
        more = float(stats.poisson.pmf(n, mean) @ over) / k
        total += more
        if more < 1e-12 * total:
            return total


def queue(folder: Path, seed: int) -> Checked:
    """The mean wait where the office looks at what has come once a day."""
    with tempfile.TemporaryDirectory(prefix="interlock-queue-") as out:
        played = simulate(folder / "office.yaml", seed=seed, out=out)
        # An application waits as long as the work that it finds: chance arrivals see what is.
        late = pl.col("waiting").filter(pl.col("step") >= WARM_UP).mean()
        of = played.paths.group_by("run").agg(late, pl.col("asked").mean()).collect().sort("run")
    left, came = (of[name].to_numpy().astype(np.float64) for name in ("waiting", "asked"))
    # Runs differ most by how much work happened to come, and its mean is known: a control variate.
    known = ARRIVALS_A_DAY * SERVICE_DAYS * MINUTES_A_DAY
    slope = float(np.cov(left, came)[0, 1] / came.var(ddof=1))
    found = _mean((left - slope * (came - known)) / MINUTES_A_DAY)
    wanted = mean_wait_in_days(ARRIVALS_A_DAY, SERVICE_DAYS)
    return Checked("mean wait in M/M/1, looked at once a day, days", wanted, *found)


def conversion(folder: Path, seed: int) -> tuple[Checked, Checked]:
    """Mean and variance of the lines that become orders."""
    with tempfile.TemporaryDirectory(prefix="interlock-conversion-") as out:
        played = simulate(folder / "conversion.yaml", seed=seed, out=out)
        got = played.by_run["delivered"].to_numpy().astype(np.float64)
    free, spread = len(got) - 1, float(got.var(ddof=1))
    tails = stats.chi2.ppf([(1 + LEVEL) / 2, (1 - LEVEL) / 2], free)
    low, high = (float(free * spread / tail) for tail in tails)
    return (
        Checked("orders of 50 lines, mean", LINES * CHANCE, *_mean(got)),
        Checked("the same, variance", LINES * CHANCE * (1 - CHANCE), spread, low, high),
    )


def ratios(folder: Path, seed: int) -> Iterator[tuple[float, int, int]]:
    """For each ratio: what comes in as worked out, and as played; the same in every run."""
    path = "licences.one.conditions.ratio.parameters.per_import"
    for ratio in RATIOS:
        with tempfile.TemporaryDirectory(prefix="interlock-ratio-") as out:
            how: Any = {"seed": seed, "out": out, "overrides": {path: ratio}}
            came = set(simulate(folder / "ratio.yaml", **how).by_run["delivered"].to_list())
        (only,) = came
        yield ratio, min(STOCK, math.floor(HOME / ratio + 1e-9)), int(only)


def lines(folder: Path, *, seed: int) -> Iterator[str]:
    """The section of the page.

    Args:
        folder: `scenarios/validation` of a clone.
        seed: of every scenario; each is played as often as it says.
    """
    yield "## (d) What can be worked out"
    yield ""
    yield "Three cases with a known answer, in `scenarios/validation`. `office.yaml`: applications"
    yield f"come by chance, {ARRIVALS_A_DAY} a day, and each needs an exponential time of one"
    at_once, whole = (of(ARRIVALS_A_DAY, SERVICE_DAYS) for of in (mean_wait, mean_wait_in_days))
    yield f"officer, {SERVICE_DAYS:.0f} days on average; the office's capacity is an account that"
    yield "each day gives 480 minutes, and an application draws the minutes that it needs. So no"
    yield "gate needs a rule of its own to have a queue. In continuous time the wait is"
    yield f"{at_once:.2f} days. The lab looks once a day, as if all of a day's work had come as it"
    yield "begins, so the"
    yield f"officer idles less and the wait is {whole:.2f}, {at_once - whole:.2f} less (Spitzer's"
    yield "identity): the lab is held to that. The interval is narrowed by what is known of the"
    yield "work that comes on average (a control variate). `conversion.yaml`: each of"
    yield "50 approved lines becomes an order with chance 0.3. Intervals hold with 95%."
    yield ""
    yield "| case | worked out | lab | interval | miss | within the interval |"
    yield "|---|---|---|---|---|---|"
    for one in (queue(folder, seed), *conversion(folder, seed)):
        yield (
            f"| {one.case} | {one.wanted:.2f} | {one.found:.2f} | {one.low:.2f} to {one.high:.2f} "
            f"| {one.found - one.wanted:+.2f} | {'yes' if one.held else 'no'} |"
        )
    yield ""
    yield f"`ratio.yaml`: {STOCK:,} imported chips are in stock, {HOME} domestic ones can be made,"
    yield "and for each import `ratio` of them are bought. The hardest ratio that costs no"
    yield f"imported chip is {HOME / STOCK}; nothing is left to chance, so the lab must agree by"
    yield "the chip."
    yield ""
    yield "| ratio | comes in, worked out | lab |"
    yield "|---|---|---|"
    yield from (f"| {ratio:g} | {want:,} | {got:,} |" for ratio, want, got in ratios(folder, seed))
    yield ""


def _mean(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean of independent runs with its interval."""
    mean = float(values.mean())
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1)) * float(stats.sem(values))
    return mean, mean - half, mean + half
