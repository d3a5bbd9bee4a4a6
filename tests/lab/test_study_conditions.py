"""docs/h200-conditions.md says what the study gives; playing all of it takes minutes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl
import pytest

from interlock.lab.study.asking import frontier, ranges_of
from interlock.lab.study.conditions import BASE, TRIED, indices
from interlock.lab.study.indices import analysed
from interlock.lab.study.points import Points
from interlock.lab.study.reading import load_study

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/h200-conditions.md"


def test_a_point_of_the_page_is_what_is_played() -> None:
    study = load_study(ROOT / "scenarios/studies/h200-conditions.yaml")
    wanted = {"ratio": 0.5, "per_customer": 200_000, "batch": 80_000}
    only = tuple(dataclasses.replace(one, values=(wanted[one.name],)) for one in study.parameters)
    (found,) = frontier(dataclasses.replace(study, parameters=only)).placed
    row = next(x for x in PAGE.read_text("utf-8").splitlines() if x.startswith("| 7 |"))
    assert row.startswith(
        f"| 7 | 0.5 | 200,000 | 80,000 | {found.means[0]:,.0f} ± {found.errors[0]:,.0f} | "
        f"{found.means[1]:.3f} ± {found.errors[1]:.3f} | `{found.point.binding}` |"
    )


def test_every_point_of_the_grid_is_on_the_page() -> None:
    study = load_study(ROOT / "scenarios/studies/h200-conditions.yaml")
    text = PAGE.read_text(encoding="utf-8")
    points = 1
    for one in study.parameters:
        points *= len(one.values)
    assert sum(x[2:4].strip("| ").isdigit() for x in text.splitlines() if x[:2] == "| ") == points


def test_the_indices_of_the_page_follow_from_the_points_and_one_of_these_is_what_is_played() -> (
    None
):
    study = load_study(ROOT / "scenarios/studies/h200-conditions.yaml")
    ranges, kept = ranges_of(study), pl.read_csv(ROOT / "scenarios" / TRIED)
    names = [one.name for one in ranges]
    assert kept.height == BASE * (len(names) + 2)
    values = {name: kept[name].to_numpy() for name in study.measures}
    known = analysed(ranges, kept.select(names).to_numpy(), values, seed=study.seed)
    rows = [x for x in PAGE.read_text("utf-8").splitlines() if x.startswith("| ") and "±" in x]
    assert rows[-len(names) * len(study.measures) :] == list(indices(study, known))
    point = kept.row(7, named=True)
    played = Points(study, 1, None).at({name: point[name] for name in names})
    for name in study.measures:
        assert played.mean(name) == pytest.approx(point[name], rel=1e-12)
