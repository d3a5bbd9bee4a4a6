"""The traps of the open data that the episode's tables are made from."""

from __future__ import annotations

import csv
import random
from statistics import quantiles
from typing import TYPE_CHECKING

import pytest

from episode_kit import EPISODE, script

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

OWNERS = EPISODE / "data" / "nvidia_units_by_owner.csv"


@pytest.fixture
def tables() -> ModuleType:
    return script("make_tables")


def test_percentiles_do_not_add() -> None:
    """Two figures with a band each: their sum's 95th percentile is below the sum of the two."""
    rng = random.Random(1)
    one, other = ([rng.lognormvariate(0, 0.5) for _ in range(4000)] for _ in range(2))
    both = [a + b for a, b in zip(one, other, strict=True)]
    low, high = (lambda run: quantiles(run, n=20)[0]), (lambda run: quantiles(run, n=20)[18])
    assert high(both) < 0.95 * (high(one) + high(other))
    assert low(both) > 1.05 * (low(one) + low(other))


def test_no_figure_of_the_episode_is_made_from_percentiles(
    tables: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every p5 and p95 of the data is spoilt, and the tables come out the same; so is a median."""
    kept = tables.domestic_shipments()
    with OWNERS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(tables, "HERE", tmp_path)

    def spoilt(*columns: str) -> list[dict[str, object]]:
        path = tmp_path / "data" / OWNERS.name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows([{**row, **dict.fromkeys(columns, "1")} for row in rows])
        return tables.domestic_shipments()

    assert spoilt("units_p5", "units_p95") == kept
    assert spoilt("units_median") != kept


def test_the_committed_table_holds_one_median_a_row_and_no_sum(tables: ModuleType) -> None:
    with (EPISODE / "domestic_shipments.csv").open(newline="", encoding="utf-8") as file:
        committed = [row["quantity"] for row in csv.DictReader(file)]
    assert committed == [str(row["quantity"]) for row in tables.domestic_shipments()]
    with OWNERS.open(newline="", encoding="utf-8") as file:
        medians = {row["units_median"] for row in csv.DictReader(file)}
    assert set(committed) <= medians
