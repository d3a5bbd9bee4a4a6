"""Two policies over the same futures: which of their differences are more than noise.

Run r of both scenarios meets the same chances (common random numbers), so the difference is taken
run by run and most of the noise cancels. Many measures are looked at together, so intervals and
p-values are widened for that: those of Holm, which bound the chance of even one false difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

LEAST_RUNS = 30
"""Below this the mean of a skewed measure is not near enough to normal for its interval."""


@dataclass(frozen=True)
class Difference:
    """One measure of two scenarios.

    Attributes:
        measure: its name.
        runs: pairs in which both have a value.
        first, second: means over those runs.
        difference: second minus first, with its interval [low, high] at the level asked, together
            for all measures.
        p: adjusted by Holm's method; 1 where no pair differs.
        real: whether the difference is more than noise.
        correlation: of the pairs; None where one side does not vary. What it saves is told by
            `times`: so many times more runs a comparison without common chances would take.
    """

    measure: str
    runs: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float
    real: bool
    correlation: float | None
    times: float | None


def compare(
    first: Mapping[str, NDArray[np.float64]],
    second: Mapping[str, NDArray[np.float64]],
    *,
    level: float = 0.95,
) -> list[Difference]:
    """Compare every measure that both have, run by run.

    Args:
        first: measure -> one value a run, in the order of runs; NaN where a run has none.
        second: the same of the other scenario.
        level: chance that all intervals hold together.

    Raises:
        ValueError: other numbers of runs, or too few of them.
    """
    names = [name for name in first if name in second]
    pairs = [_pair(name, first[name], second[name]) for name in names]
    tested = [_p(b - a) for a, b in pairs]
    adjusted = holm(tested)
    alpha = 1 - level
    width = 1 - alpha / max(1, len(names))  # Bonferroni: all intervals hold together
    return [
        _difference(name, a, b, p, width, alpha)
        for name, (a, b), p in zip(names, pairs, adjusted, strict=True)
    ]


def _pair(
    name: str, first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape:
        msg = f"{name}: {a.size} runs against {b.size}; play both as often, with one seed"
        raise ValueError(msg)
    both = ~(np.isnan(a) | np.isnan(b))
    if a.size < LEAST_RUNS:
        msg = (
            f"{a.size} runs are too few to tell a difference from noise; play {LEAST_RUNS} or more"
        )
        raise ValueError(msg)
    return a[both], b[both]


def _p(differences: NDArray[np.float64]) -> float:
    """Two-sided p of the mean difference by the paired t-test; 1 where nothing differs."""
    if differences.size < 2 or not differences.any():
        return 1.0
    if np.ptp(differences) == 0:
        return 0.0  # the same difference in every run
    return float(stats.ttest_1samp(differences, 0.0).pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """P-values adjusted so that the chance of even one false finding keeps its bound.

    Source: S. Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    order = np.argsort(np.asarray(p, np.float64), kind="stable")
    found, worst = np.ones(len(p)), 0.0
    for rank, at in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * p[at]))
        found[at] = worst
    return [float(one) for one in found]


def _difference(
    name: str,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    p: float,
    width: float,
    alpha: float,
) -> Difference:
    change = b - a
    mean = float(change.mean()) if change.size else 0.0
    low = high = mean
    if change.size > 1 and np.ptp(change) > 0:
        half = stats.t.ppf((1 + width) / 2, change.size - 1) * stats.sem(change)
        low, high = mean - float(half), mean + float(half)
    varies = a.size > 1 and np.ptp(a) > 0 and np.ptp(b) > 0
    apart = float(a.var(ddof=1) + b.var(ddof=1)) if a.size > 1 else 0.0
    paired = float(change.var(ddof=1)) if change.size > 1 else 0.0
    return Difference(
        measure=name,
        runs=int(a.size),
        first=float(a.mean()) if a.size else float("nan"),
        second=float(b.mean()) if b.size else float("nan"),
        difference=mean,
        low=low,
        high=high,
        p=p,
        real=p <= alpha,
        correlation=float(np.corrcoef(a, b)[0, 1]) if varies else None,
        times=apart / paired if paired > 0 else None,
    )
