"""The points of a study: its scenario at each choice of values, played once and kept.

A point takes a second or more, and a study has hundreds: with a folder, one that was interrupted
goes on, and one that is asked again with more points plays only those that are new.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from interlock.lab.blocks import is_whole
from interlock.lab.compiling.compile import compile_scenario
from interlock.lab.compiling.laws import Shelf
from interlock.lab.keeping import program, put_whole
from interlock.lab.reading.scenario import load
from interlock.lab.running import Threads, simulate_compiled
from interlock.lab.study.reading import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from interlock.lab.compiling.plan import Compiled
    from interlock.lab.model import Scenario
    from interlock.lab.results import Results
    from interlock.lab.study.reading import Study


@dataclass(frozen=True)
class Played:
    """What came of one point.

    Attributes:
        measures: of each run, in the order of runs; NaN where a run has none.
        binding: the account that stopped most units of orders, summed over steps; empty if none.
    """

    measures: dict[str, NDArray[np.float64]]
    binding: str

    def mean(self, name: str) -> float:
        """Mean of a measure over the runs that have it; NaN if none has."""
        values = self.measures[name]
        return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")


class Points:
    """Plays a study's points.

    Args:
        study: whose scenario is played.
        workers: threads that play at once.
        folder: where points are kept and found again; None keeps none.
    """

    def __init__(self, study: Study, workers: int, folder: Path | None) -> None:
        self.study, self.workers, self.folder = study, workers, folder
        self.shelf = Shelf()
        self.written = hashlib.sha256(study.scenario.read_bytes()).hexdigest()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def at(self, chosen: Mapping[str, float]) -> Played:
        """The study's scenario at one choice of its parameters.

        Raises:
            BadInputError: faults of the scenario, or of its law.
        """
        values = self.study.overrides(chosen)
        scenario = load(self.study.scenario, overrides=values)
        if self.folder is None:
            return self._play(scenario)
        path = self.folder / f"{self._key(scenario, values)}.parquet"
        if not is_whole(path):
            frame = _frame(self._play(scenario))
            with put_whole(path) as half:
                frame.write_parquet(half)
        return _read(pl.read_parquet(path))  # what is kept is what is told, the first time too

    def _key(self, scenario: Scenario, values: Mapping[str, float]) -> str:
        """Equal where all is equal that a point hangs on: files, values, chances, program."""
        laws = self.shelf.laws(scenario)
        of = [[one.regime.digest for one in state.library.checked] for state in laws.states]
        chances = (self.study.runs, self.study.seed)
        rests = [program(), self.written, of, dict(values), *chances]
        return hashlib.sha256(json.dumps(rests, sort_keys=True).encode()).hexdigest()[:32]

    def _play(self, scenario: Scenario) -> Played:
        compiled = compile_scenario(scenario, self.shelf)
        how = {"runs": self.study.runs, "seed": self.study.seed, "workers": self.workers}
        with played(compiled, **how) as results:
            return Played(measured(results), _binding(results))


@contextmanager
def played(compiled: Compiled, *, runs: int, seed: int, workers: int) -> Iterator[Results]:
    """A scenario played, its tables there as long as they are looked at."""
    with tempfile.TemporaryDirectory(prefix="interlock-study-") as folder:
        yield simulate_compiled(compiled, runs=runs, seed=seed, by=Threads(workers), out=folder)


def measured(results: Results) -> dict[str, NDArray[np.float64]]:
    """The measures of each run, in the order of runs; NaN where a run has none."""
    frame = results.by_run.sort("run")
    return {
        name: frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in MEASURES
        if name in frame.columns
    }


def _binding(results: Results) -> str:
    found = results.accounts.sort("blocked_unit_steps", descending=True, nulls_last=True)
    if not found.height or not found["blocked_unit_steps"][0]:
        return ""
    return str(found["account"][0])


def _frame(one: Played) -> pl.DataFrame:
    return pl.DataFrame(one.measures).with_columns(binding=pl.lit(one.binding))


def _read(frame: pl.DataFrame) -> Played:
    measures = {name: frame[name].to_numpy() for name in frame.columns if name != "binding"}
    return Played(measures, frame["binding"][0])
