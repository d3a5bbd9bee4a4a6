"""How much of a result's spread each parameter makes: Sobol indices, by SALib.

The first-order index of a parameter is the share of the variance that would go if it were known;
the total index is the share that stays if all others are known. Their difference is what it does
together with others. Intervals are bootstrapped by SALib.

Source: A. Saltelli et al., Variance based sensitivity analysis of model output, 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

LEVEL = 0.95


@dataclass(frozen=True)
class Range:
    """A parameter and between what it lies, evenly."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Index:
    """The indices of one parameter on one measure; `*_half` is half the width of its interval.

    All are None where the measure does not vary.
    """

    measure: str
    parameter: str
    first: float | None
    first_half: float | None
    total: float | None
    total_half: float | None


@dataclass(frozen=True)
class Sensitivity:
    """All indices, and what was tried: `tried[i]` gave `values[measure][i]`."""

    indices: list[Index]
    tried: NDArray[np.float64]
    values: dict[str, NDArray[np.float64]]


def sobol(
    ranges: Sequence[Range],
    play: Callable[[Mapping[str, float]], Mapping[str, float]],
    *,
    base: int,
    seed: int,
    told: Callable[[int, int], None] | None = None,
) -> Sensitivity:
    """Try parameters over their ranges and say which of them matter.

    Args:
        ranges: the parameters.
        play: values of the parameters -> one number for each measure. It must be a function: the
            same chances each time, or its noise counts as if it were interaction.
        base: a power of two; base x (parameters + 2) points are tried.
        seed: of the points (scrambled Sobol sequence) and of the bootstrap.
        told: called with points done and points in all.

    Raises:
        ValueError: base is no power of two, or no parameter is given.
    """
    from SALib.sample import sobol as points  # noqa: PLC0415 - an extra

    if base < 2 or base & (base - 1):
        msg = f"{base} is no power of two; write e.g. {2 ** max(1, base.bit_length())}"
        raise ValueError(msg)
    if not ranges:
        msg = "no parameter has a range"
        raise ValueError(msg)
    tried = points.sample(_problem(ranges), base, calc_second_order=False, seed=seed)
    values: dict[str, list[float]] = {}
    for number, row in enumerate(tried):
        given = {one.name: float(x) for one, x in zip(ranges, row, strict=True)}
        for measure, value in play(given).items():
            values.setdefault(measure, []).append(value)
        if told is not None:
            told(number + 1, len(tried))
    columns = {name: np.asarray(x, np.float64) for name, x in values.items()}
    return analysed(ranges, tried, columns, seed=seed)


def analysed(
    ranges: Sequence[Range],
    tried: NDArray[np.float64],
    values: Mapping[str, NDArray[np.float64]],
    *,
    seed: int,
) -> Sensitivity:
    """The indices that follow from points that were tried.

    Args:
        ranges: the parameters.
        tried: their values, a row a point, in the order of `sobol`.
        values: measure -> what each point gave.
        seed: of the bootstrap.
    """
    from SALib.analyze import sobol as analysis  # noqa: PLC0415 - an extra

    problem, indices = _problem(ranges), []
    for measure, column in values.items():
        if np.ptp(column) == 0 or np.isnan(column).any():
            indices += [Index(measure, one.name, None, None, None, None) for one in ranges]
            continue
        told_by = analysis.analyze(
            problem, column, calc_second_order=False, conf_level=LEVEL, seed=seed
        )
        numbers = zip(*(told_by[x] for x in ("S1", "S1_conf", "ST", "ST_conf")), strict=True)
        indices += [
            Index(measure, one.name, *map(float, four))
            for one, four in zip(ranges, numbers, strict=True)
        ]
    return Sensitivity(indices, tried, dict(values))


def _problem(ranges: Sequence[Range]) -> dict[str, Any]:
    return {
        "num_vars": len(ranges),
        "names": [one.name for one in ranges],
        "bounds": [[one.low, one.high] for one in ranges],
    }
