"""Studies played: scenarios simulated at each point, over the same chances."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from interlock.files import BadInputError, Fault, Place
from interlock.lab.compiling.compile import compile_scenario
from interlock.lab.compiling.laws import Shelf
from interlock.lab.reading.scenario import load
from interlock.lab.running import Threads, simulate_compiled
from interlock.lab.study.frontier import Placed, Point, grid, place
from interlock.lab.study.indices import Range, Sensitivity, sobol
from interlock.lab.study.paired import Difference, compare
from interlock.lab.study.reading import MEASURES, Parameter, Study

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from interlock.lab.compiling.plan import Compiled
    from interlock.lab.results import Results

    Progress = Callable[[int, int], None]

GOODS = ("compute", "home_share")
"""The two goods of a frontier: imported compute that came, and the share of home-grown compute."""


def measured(results: Results) -> dict[str, NDArray[np.float64]]:
    """The measures of each run, in the order of runs; NaN where a run has none."""
    frame = results.by_run.sort("run")
    return {
        name: frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in MEASURES
        if name in frame.columns
    }


def compare_scenarios(
    first: Path,
    second: Path,
    *,
    runs: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    variants: tuple[str, str] = ("", ""),
    level: float = 0.95,
    told: Progress | None = None,
) -> list[Difference]:
    """Two scenarios over the same chances, measure by measure.

    Args:
        first: the file of one.
        second: that of the other; the same file with two `variants` compares those.
        runs: default the first's; both are played as often.
        seed: default the first's; both have it.
        workers: threads that play at once.
        variants: of the two.
        level: chance that all intervals hold together.
        told: called with runs done and runs in all.

    Raises:
        BadInputError: faults of a scenario.
        ValueError: too few runs.
    """
    shelf = Shelf()
    scenarios = [load(path, variant=x) for path, x in zip((first, second), variants, strict=True)]
    compiled = [compile_scenario(one, shelf) for one in scenarios]  # faults of both before a run
    runs = scenarios[0].runs if runs is None else runs
    seed = scenarios[0].seed if seed is None else seed
    found = []
    for number, one in enumerate(compiled, start=1):
        with _played(one, runs=runs, seed=seed, workers=workers) as results:
            found.append(measured(results))
        if told is not None:
            told(number * runs, 2 * runs)
    return compare(*found, level=level)


def sensitivity(
    study: Study, *, base: int, workers: int = 1, told: Progress | None = None
) -> Sensitivity:
    """Sobol indices of the means over runs, over the ranges of a study.

    Raises:
        BadInputError: no parameter has a range, or faults of the scenario.
        ValueError: the base is no power of two.
    """
    ranges = [
        Range(one.name, one.low, one.high)
        for one in study.parameters
        if one.low is not None and one.high is not None
    ]
    if not ranges:
        raise _nothing(study, "range", "give a parameter 'from' and 'to'")

    shelf = Shelf()

    def play(chosen: Mapping[str, float]) -> dict[str, float]:
        with _at(study, chosen, workers, shelf) as results:
            found = measured(results)
        return {name: float(np.nanmean(found[name])) for name in study.measures if name in found}

    return sobol(ranges, play, base=base, seed=study.seed, told=told)


@dataclass(frozen=True)
class Frontier:
    """A grid of conditions, each point placed; `measures` are means of a point over its runs."""

    study: Study
    placed: list[Placed]
    measures: list[dict[str, float]]

    def table(self) -> pl.DataFrame:
        """One row a point."""
        rows: list[dict[str, Any]] = []
        for number, (one, more) in enumerate(zip(self.placed, self.measures, strict=True)):
            goods = {name: one.means[k] for k, name in enumerate(GOODS)}
            errors = {f"{name}_error": one.errors[k] for k, name in enumerate(GOODS)}
            rows.append(
                {
                    "point": number, **one.point.choice, **goods, **errors,
                    "binding": one.point.binding, "on_frontier": one.on_frontier,
                    "dominated_by": one.dominated_by,
                    **{name: value for name, value in more.items() if name not in GOODS},
                }
            )  # fmt: skip
        return pl.DataFrame(rows, infer_schema_length=None)


def frontier(study: Study, *, workers: int = 1, told: Progress | None = None) -> Frontier:
    """Every choice of a study's grid, over the same chances.

    Raises:
        BadInputError: no parameter has values, or faults of the scenario.
    """
    values = {one.name: one.values for one in study.parameters if one.values}
    if not values:
        raise _nothing(study, "grid", "give a parameter 'values'")
    choices, shelf = list(grid(values)), Shelf()
    points, means = [], []
    for number, chosen in enumerate(choices):
        with _at(study, chosen, workers, shelf) as results:
            found, binding = measured(results), _binding(results)
        goods = np.column_stack([np.nan_to_num(found[name]) for name in GOODS])
        points.append(Point(chosen, goods, binding))
        means.append({name: float(np.nanmean(x)) for name, x in found.items()})
        if told is not None:
            told(number + 1, len(choices))
    return Frontier(study, place(points), means)


@contextmanager
def _played(compiled: Compiled, *, runs: int, seed: int, workers: int) -> Iterator[Results]:
    """A scenario played, its tables there as long as they are looked at."""
    with tempfile.TemporaryDirectory(prefix="interlock-study-") as folder:
        yield simulate_compiled(compiled, runs=runs, seed=seed, by=Threads(workers), out=folder)


@contextmanager
def _at(study: Study, chosen: Mapping[str, float], workers: int, shelf: Shelf) -> Iterator[Results]:
    """A study's scenario at one choice of its parameters."""
    scenario = load(study.scenario, overrides=study.overrides(chosen))
    compiled = compile_scenario(scenario, shelf)
    with _played(compiled, runs=study.runs, seed=study.seed, workers=workers) as results:
        yield results


def _binding(results: Results) -> str:
    """The account that stopped most units of orders, summed over steps; empty if none did."""
    found = results.accounts.sort("blocked_unit_steps", descending=True, nulls_last=True)
    if not found.height or not found["blocked_unit_steps"][0]:
        return ""
    return str(found["account"][0])


def _nothing(study: Study, what: str, mend: str) -> BadInputError:
    return BadInputError([Fault(Place(str(study.id)), f"the study has no {what}", mend)])


def shown(parameter: Parameter) -> str:
    """A parameter in words."""
    unit = f" {parameter.unit}" if parameter.unit else ""
    return f"{parameter.name}{unit}"
