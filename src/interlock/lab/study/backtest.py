"""Forecasts of one quarter each, by what was known before it, scored against what came."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interlock.lab.running import simulate
from interlock.lab.study.growth import Posterior, calibrate, coverage, crps, naive, next_quarter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FEWEST = 2
"""Quarters that growth is calibrated to at least."""


@dataclass(frozen=True)
class Quarter:
    """What was made in a quarter; `end` is its last day."""

    start: dt.date
    end: dt.date
    units: float

    @property
    def days(self) -> int:
        """Its length."""
        return (self.end - self.start).days + 1

    @property
    def name(self) -> str:
        """For example 2025 Q2."""
        return f"{self.start.year} Q{(self.start.month + 2) // 3}"


@dataclass(frozen=True)
class Forecast:
    """One way to forecast a quarter: median, band, score, and whether the band held."""

    by: str
    median: float
    low: float
    high: float
    score: float
    held: bool

    @classmethod
    def of(cls, by: str, observed: float, ensemble: NDArray[np.float64]) -> Forecast:
        """An ensemble's forecast scored."""
        low, median, high = np.quantile(ensemble, [0.05, 0.5, 0.95])
        score, held = crps(observed, ensemble), coverage(observed, ensemble)
        return cls(by, float(median), float(low), float(high), score, held)


@dataclass(frozen=True)
class Scored:
    """A quarter with its forecasts, and what they were calibrated to."""

    quarter: Quarter
    posterior: Posterior
    forecasts: tuple[Forecast, ...]


def read_quarters(path: Path, chip: str) -> list[Quarter]:
    """The quarters of one chip from `nvidia_units_by_quarter.csv`, oldest first."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["chip"] == chip]
    found = [
        Quarter(
            dt.date.fromisoformat(row["start"]),
            dt.date.fromisoformat(row["end"]),
            float(row["units_median"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: one.start)


def backtest(scenario: Path, quarters: Sequence[Quarter], *, runs: int, seed: int) -> list[Scored]:
    """Forecast every quarter that has enough before it, by what was seen before it alone.

    Three forecasts: `naive`, the last quarter with the changes seen; `lab, blind`, the scenario by
    the law as known on the quarter's first day; `lab`, by the law of each day, events included.
    """
    scored = []
    for at in range(FEWEST, len(quarters)):
        quarter, seen = quarters[at], [one.units for one in quarters[:at]]
        posterior = calibrate(seen, seed=seed)
        ahead = next_quarter(posterior, seed=seed)
        forecasts = (
            Forecast.of("naive", quarter.units, naive(seen, size=runs, seed=seed)),
            Forecast.of(
                "lab, blind",
                quarter.units,
                _delivered(scenario, quarter, ahead, runs, seed, known=quarter.start),
            ),
            Forecast.of("lab", quarter.units, _delivered(scenario, quarter, ahead, runs, seed)),
        )
        scored.append(Scored(quarter, posterior, forecasts))
    return scored


def _delivered(
    scenario: Path,
    quarter: Quarter,
    ahead: NDArray[np.float64],
    runs: int,
    seed: int,
    known: dt.date | None = None,
) -> NDArray[np.float64]:
    """Units that arrive in a quarter of the scenario, run by run."""
    daily = 1000 * quarter.days
    logs = np.log(ahead / daily)
    level = {"median": round(float(np.exp(logs.mean())), 6), "sigma": round(float(logs.std()), 6)}
    values: dict[str, object] = {
        "start": quarter.start,
        "end": quarter.end + dt.timedelta(days=1),
        "supply.made.level": {"lognormal": level},
    }
    if known is not None:
        values["law"] = {"known": known}
    with tempfile.TemporaryDirectory(prefix="interlock-backtest-") as folder:
        played = simulate(scenario, runs=runs, seed=seed, overrides=values, out=folder)
        found = played.by_run.sort("run")["delivered"].to_numpy()
    return np.asarray(found, np.float64)
