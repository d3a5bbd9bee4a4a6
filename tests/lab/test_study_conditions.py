"""docs/h200-conditions.md says what the study gives; playing all of it takes minutes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from interlock.lab.study.asking import frontier
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
