"""What of two goods can be had together: the points that nobody should choose, and the others.

Each point of a grid of conditions gives, over the same futures, so much imported compute and so
large a share of home-grown compute. A point is dominated where another gives more of one and no
less of the other, run by run on average and by more than noise; nobody should choose it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Point:
    """One choice of conditions and what came of it.

    Attributes:
        choice: parameter -> value.
        goods: one row a run, one column a good; more is better.
        binding: the account that stopped most units there; empty if none did.
    """

    choice: Mapping[str, float]
    goods: NDArray[np.float64]
    binding: str = ""


@dataclass(frozen=True)
class Placed:
    """A point on the plane.

    Attributes:
        means, errors: of each good, with its standard error.
        dominated_by: number of a point that is better in one good and no worse in the other, by
            more than noise; None: it lies on the frontier, or nothing tells it from that.
        on_frontier: whether no other point has a mean at least as large in every good.
    """

    point: Point
    means: tuple[float, ...]
    errors: tuple[float, ...]
    dominated_by: int | None
    on_frontier: bool


def grid(values: Mapping[str, Sequence[float]]) -> Iterator[dict[str, float]]:
    """Every choice of one value for each parameter, the last parameter moving fastest."""
    for chosen in product(*values.values()):
        yield dict(zip(values, chosen, strict=True))


def place(points: Sequence[Point], *, level: float = 0.95) -> list[Placed]:
    """Place points on the plane of their goods.

    Args:
        points: all over the same runs.
        level: chance that not one point is called dominated by noise alone; each pair that is
            looked at takes its share (Bonferroni).

    Raises:
        ValueError: points over other numbers of runs.
    """
    if len({one.goods.shape for one in points}) > 1:
        msg = "points over other numbers of runs; play each as often, with one seed"
        raise ValueError(msg)
    means = [one.goods.mean(axis=0) for one in points]
    pairs = max(1, len(points) * (len(points) - 1))
    placed = []
    for at, point in enumerate(points):
        better = [
            other
            for other in range(len(points))
            if other != at
            and bool((means[other] >= means[at]).all() and (means[other] > means[at]).any())
        ]
        by = next(
            (
                other
                for other in sorted(better, key=lambda x: -float(means[x].sum()))
                if _surely(point.goods, points[other].goods, (1 - level) / pairs)
            ),
            None,
        )
        runs = len(point.goods)
        errors = point.goods.std(axis=0, ddof=1) / np.sqrt(runs) if runs > 1 else np.zeros(2)
        placed.append(
            Placed(
                point,
                tuple(float(x) for x in means[at]),
                tuple(float(x) for x in errors),
                by,
                not better,
            )
        )
    return placed


def _above(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool((one >= other).all() and (one > other).any())


def _surely(worse: NDArray[np.float64], better: NDArray[np.float64], alpha: float) -> bool:
    """Whether one is more than noise better in some good, and in none more than noise worse."""
    gains = False
    for good in range(worse.shape[1]):
        change = better[:, good] - worse[:, good]
        if not change.any():
            continue
        if np.ptp(change) == 0:
            up, down = (0.0, 1.0) if change[0] > 0 else (1.0, 0.0)
        else:
            up = float(stats.ttest_1samp(change, 0.0, alternative="greater").pvalue)
            down = float(stats.ttest_1samp(change, 0.0, alternative="less").pvalue)
        if down < alpha:
            return False
        gains = gains or up < alpha
    return gains
