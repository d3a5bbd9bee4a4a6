"""docs/validation.md is what the lab computes; a forecast sees nothing of what it is scored on."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tempfile
from pathlib import Path

import polars as pl

from interlock.lab import simulate
from interlock.lab.study.backtest import backtest, read_quarters
from interlock.lab.study.validation import page

ROOT = Path(__file__).parents[2]
H20 = ROOT / "scenarios/validation/h20.yaml"


def test_the_page_is_written_anew_as_it_stands() -> None:
    assert page(ROOT / "scenarios") == (ROOT / "docs/validation.md").read_text(encoding="utf-8")


def test_no_quarter_is_calibrated_to_itself_or_to_what_came_later() -> None:
    quarters = read_quarters(ROOT / "scenarios/data/nvidia_units_by_quarter.csv", "H20")[:4]
    assert [one.name for one in quarters] == ["2024 Q1", "2024 Q2", "2024 Q3", "2024 Q4"]
    assert [one.units for one in quarters] == [138_719, 223_064, 272_247, 324_380]
    otherwise = [*quarters[:2], *(dataclasses.replace(x, units=9e6) for x in quarters[2:])]
    (mine, _), (theirs, _) = (backtest(H20, x, runs=30, seed=1) for x in (quarters, otherwise))
    for one, other in zip(mine.forecasts, theirs.forecasts, strict=True):
        assert (one.median, one.low, one.high) == (other.median, other.low, other.high)
        assert one.score < other.score


def test_once_the_cap_binds_no_firm_gets_more_in_than_it_allows() -> None:
    """The page says so: after 2026-03-03 no more than 75,000 enter for a firm in any run."""
    end, began = dt.date(2026, 12, 29), dt.date(2026, 3, 3)
    with tempfile.TemporaryDirectory() as folder:
        played = simulate(
            ROOT / "scenarios/h200.yaml", runs=60, seed=1, variant="capped",
            overrides={"end": end}, out=folder,
        )  # fmt: skip
        scenario = played.compiled.scenario
        first = next(step for step in range(scenario.steps) if scenario.day(step) >= began)
        late = played.paths.filter(pl.col("step") >= first).group_by("run", "firm")
        found = late.agg(pl.col("delivered").sum()).collect()
    assert found["delivered"].max() == 75_000
