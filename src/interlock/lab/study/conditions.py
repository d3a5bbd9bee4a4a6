"""The page docs/h200-conditions.md: the study of conditions played, with its figure.

    python -m interlock.lab.study.conditions scenarios docs

It plays the grid of `scenarios/studies/h200-conditions.yaml`: a minute or two.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.lab.study.asking import frontier
from interlock.lab.study.plots import plot_frontier
from interlock.lab.study.reading import load_study

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.lab.study.asking import Frontier

NAME = "h200-conditions.md"
HEAD = """# What can be had together: conditions on the H200

How hard a ratio of domestic chips, how large the US licence of one customer, how large a later
batch? The ratio is not reported and the cap was only proposed, so all are ranges; what the
scenario rests on is in `scenarios/h200.yaml`, and how far it can be trusted in
[validation](validation.md) and [calibration](calibration.md). The page is written by
`python -m interlock.lab.study.conditions scenarios docs`; `interlock lab frontier` of
`scenarios/studies/h200-conditions.yaml` plays the same.

## The frontier

{points} points of {runs} runs each, over the same chances, until January 2028. Compute that came
from abroad, in H100e, and the share of home-grown compute, means with their standard errors. The
binding account is the one that stopped most units. A point that another beats in one good, and
that is not better in the other by more than noise, is one that **nobody should choose**.

| point | ratio | licence of a customer | batch | compute | home share | binding account | |
|---|---|---|---|---|---|---|---|"""
TAIL = """
![The frontier of the H200 study](figures/h200-frontier.svg)

Which of the three matters most for a measure is asked by `interlock lab sensitivity` of the same
file, over its ranges.
"""


def write(scenarios: Path, docs: Path) -> list[Path]:
    """Play the study, and write the page and its figure."""
    study = load_study(scenarios / "studies/h200-conditions.yaml")
    found = frontier(study)
    for kind, drawn in plot_frontier(found, docs / "figures").items():
        Path(drawn).replace(docs / f"figures/h200-frontier.{kind}")
    page = docs / NAME
    page.write_text("\n".join(lines(found)) + "\n", encoding="utf-8")
    return [page, docs / "figures/h200-frontier.svg"]


def lines(found: Frontier) -> Iterable[str]:
    """The page, line by line."""
    yield from HEAD.format(points=len(found.placed), runs=found.study.runs).splitlines()
    for number, one in enumerate(found.placed):
        choice = one.point.choice
        by = one.dominated_by
        poor = "" if by is None else f"**nobody should choose it**: {by} is better"
        yield (
            f"| {number} | {choice['ratio']:g} | {choice['per_customer']:,.0f} | "
            f"{choice['batch']:,.0f} | {one.means[0]:,.0f} ± {one.errors[0]:,.0f} | "
            f"{one.means[1]:.3f} ± {one.errors[1]:.3f} | `{one.point.binding}` | {poor} |"
        )
    yield from TAIL.splitlines()


if __name__ == "__main__":
    for path in write(Path(sys.argv[1]), Path(sys.argv[2])):
        sys.stdout.write(f"{path}\n")
