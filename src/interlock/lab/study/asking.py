"""Studies played: scenarios simulated at each point, over the same chances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from interlock.files import BadInputError, Fault, Faults
from interlock.files.phrases import Phrase, phrase
from interlock.lab.compiling.compile import compile_read
from interlock.lab.compiling.laws import Shelf
from interlock.lab.reading.scenario import load
from interlock.lab.study.frontier import Placed, Point, grid, place
from interlock.lab.study.indices import Range, Sensitivity, sobol
from interlock.lab.study.paired import Difference, compare
from interlock.lab.study.points import Points, measured, played

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from interlock.lab.model import Scenario
    from interlock.lab.study.reading import Study

    Progress = Callable[[int, int], None]

GOODS = ("compute", "home_share")
"""The two goods of a frontier: imported compute that came, and the share of home-grown compute."""


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
        BadInputError: faults of a scenario; they have other days or another unit of compute.
        ValueError: too few runs.
    """
    shelf, faults, compiled = Shelf(), Faults(), []
    for path, variant in zip((first, second), variants, strict=True):
        try:
            compiled.append(compile_read(partial(load, path, variant=variant), shelf))
        except BadInputError as error:  # those of both are told before a run
            faults.take(error)
    faults.raise_if_any()
    _require_alike(*(one.scenario for one in compiled))
    runs = compiled[0].scenario.runs if runs is None else runs
    seed = compiled[0].scenario.seed if seed is None else seed
    found = []
    for number, one in enumerate(compiled, start=1):
        with played(one, runs=runs, seed=seed, workers=workers) as results:
            found.append(measured(results))
        if told is not None:
            told(number * runs, 2 * runs)
    return compare(*found, level=level)


def _require_alike(first: Scenario, second: Scenario) -> None:
    faults = Faults()
    for name in ("start", "end", "compute_unit"):
        one, other = getattr(first, name), getattr(second, name)
        if one != other and second.place is not None:
            faults.add(
                second.place,
                phrase("'{name}' is {other}, and {one} in the first: the two add up other things",
                       name=name, other=other, one=one),
                phrase("give both the same"),
            )  # fmt: skip
    faults.raise_if_any()


def sensitivity(
    study: Study,
    *,
    base: int,
    workers: int = 1,
    points: Path | None = None,
    told: Progress | None = None,
) -> Sensitivity:
    """Sobol indices of the means over runs, over the ranges of a study.

    Args:
        study: what is asked.
        base: a power of two; base x (parameters + 2) points are tried.
        workers: threads that play at once.
        points: a folder that keeps each point, to go on from; those of a smaller base are among
            those of a larger one.
        told: called with points done and points in all.

    Raises:
        BadInputError: no parameter has a range, or faults of the scenario.
        ValueError: the base is no power of two.
    """
    ranges = ranges_of(study)
    if not ranges:
        wrong, mend = phrase("the study has no range"), phrase("give a parameter 'from' and 'to'")
        raise _nothing(study, wrong, mend)

    points_of = Points(study, workers, points)

    def play(chosen: Mapping[str, float]) -> dict[str, float]:
        one = points_of.at(chosen)
        return {name: one.mean(name) for name in study.measures if name in one.measures}

    return sobol(ranges, play, base=base, seed=study.seed, told=told)


def ranges_of(study: Study) -> list[Range]:
    """The parameters of a study that have a range."""
    return [
        Range(one.name, one.low, one.high)
        for one in study.parameters
        if one.low is not None and one.high is not None
    ]


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


def frontier(
    study: Study,
    *,
    workers: int = 1,
    points: Path | None = None,
    told: Progress | None = None,
) -> Frontier:
    """Every choice of a study's grid, over the same chances.

    Args:
        study: what is asked.
        workers: threads that play at once.
        points: a folder that keeps each point, to go on from.
        told: called with points done and points in all.

    Raises:
        BadInputError: no parameter has values, or faults of the scenario.
    """
    values = {one.name: one.values for one in study.parameters if one.values}
    if not values:
        wrong, mend = phrase("the study has no grid"), phrase("give a parameter 'values'")
        raise _nothing(study, wrong, mend)
    choices, points_of = list(grid(values)), Points(study, workers, points)
    found, means = [], []
    for number, chosen in enumerate(choices):
        one = points_of.at(chosen)
        goods = np.column_stack([np.nan_to_num(one.measures[name]) for name in GOODS])
        found.append(Point(chosen, goods, one.binding))
        means.append({name: one.mean(name) for name in one.measures})
        if told is not None:
            told(number + 1, len(choices))
    return Frontier(study, place(found), means)


def _nothing(study: Study, wrong: Phrase, mend: Phrase) -> BadInputError:
    return BadInputError([Fault(study.place, wrong, mend)])
