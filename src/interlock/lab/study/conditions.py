"""The page docs/h200-conditions.md: the study of conditions played, with its figures.

    python -m interlock.lab.study.conditions scenarios docs POINTS

It plays the grid of `scenarios/studies/h200-conditions.yaml` and then its ranges, some minutes. The
folder POINTS keeps each point, so that it goes on when it was stopped. What the indices rest on is
written beside the study, as CSV.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from interlock.lab.study.asking import frontier, ranges_of, sensitivity
from interlock.lab.study.plots import plot_frontier, plot_sensitivity
from interlock.lab.study.reading import load_study

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.lab.study.asking import Frontier
    from interlock.lab.study.indices import Sensitivity
    from interlock.lab.study.reading import Study

NAME = "h200-conditions.md"
HEAD = """# What can be had together: conditions on the H200

How hard a ratio of domestic chips, how large the US licence of one customer, how large a later
batch? The ratio is not reported and the cap was only proposed, so all are ranges; what the
scenario rests on is in `scenarios/h200.yaml`, and how far it can be trusted in
[validation](validation.md) and [calibration](calibration.md). The page is written by
`python -m interlock.lab.study.conditions scenarios docs POINTS`, where the folder POINTS keeps what
was played; `interlock lab frontier` and `interlock lab sensitivity --base {base}` of
`scenarios/studies/h200-conditions.yaml` play the same.

## The frontier

{points} points of {runs} runs each, over the same chances, until January 2028. Compute that came
from abroad, in H100e, and the share of home-grown compute, means with their standard errors. The
binding account is the one that stopped most units. A point that another beats in one good, and
that is not better in the other by more than noise, is one that **nobody should choose**.

| point | ratio | licence of a customer | batch | compute | home share | binding account | |
|---|---|---|---|---|---|---|---|"""
BETWEEN = """
![The frontier of the H200 study](figures/h200-frontier.svg)

## What matters

Each parameter between the ends of its range, evenly: {ranges}. {points} points of
{runs} runs each, all over the same chances (a Sobol sequence of base {base}, by SALib). The
first-order index is the share of the variance of a measure's mean that would go if the parameter
were known; the total index, the share that stays if all others are known. *±* is half of the
interval that holds with 95%, by bootstrap: where it is as large as the index, the points were too
few to say.

| measure | parameter | first order | total |
|---|---|---|---|"""
TAIL = """
![Indices of imported compute](figures/h200-sensitivity.svg)

What each point gave stands in `scenarios/studies/h200-conditions-points.csv`.
"""
BASE = 32
"""Of the Sobol sequence: 160 points of three parameters."""
TRIED = "studies/h200-conditions-points.csv"


def write(scenarios: Path, docs: Path, points: Path) -> list[Path]:
    """Play the study, and write the page, its figures, and what the indices rest on."""
    study = load_study(scenarios / "studies/h200-conditions.yaml")
    found = frontier(study, points=points)
    known = sensitivity(study, base=BASE, points=points)
    figures = docs / "figures"
    for name, made in (
        ("h200-frontier", plot_frontier(found, figures)),
        ("h200-sensitivity", plot_sensitivity(known, "compute", figures)),
    ):
        for kind, path in made.items():
            Path(path).replace(figures / f"{name}.{kind}")
    names = [one.name for one in ranges_of(study)]
    tried = dict(zip(names, known.tried.T, strict=True)) | known.values
    pl.DataFrame(tried).write_csv(scenarios / TRIED)
    page = docs / NAME
    page.write_text("\n".join(lines(found, known)) + "\n", encoding="utf-8")
    drawn = (figures / f"h200-{name}.svg" for name in ("frontier", "sensitivity"))
    return [page, scenarios / TRIED, *drawn]


def lines(found: Frontier, known: Sensitivity) -> Iterable[str]:
    """The page, line by line."""
    study = found.study
    yield from HEAD.format(points=len(found.placed), runs=study.runs, base=BASE).splitlines()
    for number, one in enumerate(found.placed):
        choice = one.point.choice
        by = one.dominated_by
        poor = "" if by is None else f"**nobody should choose it**: {by} is better"
        yield (
            f"| {number} | {choice['ratio']:g} | {choice['per_customer']:,.0f} | "
            f"{choice['batch']:,.0f} | {one.means[0]:,.0f} ± {one.errors[0]:,.0f} | "
            f"{one.means[1]:.3f} ± {one.errors[1]:.3f} | `{one.point.binding}` | {poor} |"
        )
    between = (f"`{x.name}` {x.low:,.0f} to {x.high:,.0f}" for x in ranges_of(study))
    how = {"points": len(known.tried), "runs": study.runs, "base": BASE}
    yield from BETWEEN.format(ranges=", ".join(between), **how).splitlines()
    yield from indices(study, known)
    yield from TAIL.splitlines()


def indices(study: Study, known: Sensitivity) -> Iterable[str]:
    """The table of indices: of each measure, the parameter that matters most first."""
    for measure in study.measures:
        own = [one for one in known.indices if one.measure == measure and one.total is not None]
        for one in sorted(own, key=lambda x: -(x.total or 0)):
            yield (
                f"| {measure} | {one.parameter} | {one.first:.2f} ± {one.first_half:.2f} | "
                f"{one.total:.2f} ± {one.total_half:.2f} |"
            )


if __name__ == "__main__":
    for path in write(*map(Path, sys.argv[1:4])):
        sys.stdout.write(f"{path}\n")
