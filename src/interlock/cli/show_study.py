"""Studies of the lab printed for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interlock.lab.study.asking import Frontier
    from interlock.lab.study.indices import Sensitivity
    from interlock.lab.study.paired import Difference
    from interlock.lab.study.reading import Study


def _console() -> Console:
    return Console(width=None if Console().is_terminal else 140)


def _files(console: Console, written: Mapping[str, str]) -> None:
    for name, path in written.items():
        console.print(f"{name}: {path}", highlight=False, soft_wrap=True)


def _table(*numbers: str, first: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in first:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def print_differences(
    found: Sequence[Difference], level: float, written: Mapping[str, str]
) -> None:
    """Differences, with those marked that are more than noise."""
    console = _console()
    table = _table("first", "second", "difference", "from", "to", "p", first=("measure",))
    table.add_column("more than noise")
    for one in found:
        cells = (one.first, one.second, one.difference, one.low, one.high)
        table.add_row(
            one.measure, *(f"{x:,.4g}" for x in cells), f"{one.p:.3g}", "yes" if one.real else "no"
        )
    console.print(table)
    runs = max((one.runs for one in found), default=0)
    console.print(
        f"{runs:,} pairs of runs over the same chances; all intervals hold together with "
        f"{100 * level:g}%, p by Holm over all measures",
        highlight=False,
    )
    _files(console, written)


def print_indices(study: Study, found: Sensitivity, written: Mapping[str, str]) -> None:
    """Indices by measure, the parameter that matters most first."""
    console = _console()
    console.print(study.title, highlight=False)
    table = _table("first order", "+-", "total", "+-", first=("measure", "parameter"))
    flat = []
    for measure in study.measures:
        own = [one for one in found.indices if one.measure == measure]
        if all(one.total is None for one in own):
            flat += [measure] if own else []
            continue
        for one in sorted(own, key=lambda x: -(x.total or 0)):
            numbers = (one.first, one.first_half, one.total, one.total_half)
            table.add_row(measure, one.parameter, *(f"{x or 0:.3f}" for x in numbers))
    console.print(table)
    if flat:
        console.print(f"the same at every point: {', '.join(flat)}", highlight=False)
    console.print(f"{len(found.tried):,} points of {study.runs:,} runs each", highlight=False)
    _files(console, written)


def print_frontier(found: Frontier, written: Mapping[str, str]) -> None:
    """Points in the order of the grid, and which of them nobody should choose."""
    console = _console()
    study = found.study
    console.print(study.title, highlight=False)
    names = list(found.placed[0].point.choice)
    table = _table("point", *names, "compute", "+-", "home share", "+-", first=())
    table.add_column("binding account", overflow="fold")
    table.add_column("nobody should choose it")
    for number, one in enumerate(found.placed):
        chosen = (f"{one.point.choice[name]:g}" for name in names)
        goods = (
            f"{one.means[0]:,.0f}", f"{one.errors[0]:,.0f}", f"{one.means[1]:.4f}",
            f"{one.errors[1]:.4f}",
        )  # fmt: skip
        worse = "" if one.dominated_by is None else f"{one.dominated_by} is better"
        table.add_row(str(number), *chosen, *goods, one.point.binding or "none", worse)
    console.print(table)
    console.print(
        f"{len(found.placed)} points of {study.runs:,} runs each, over the same chances",
        highlight=False,
    )
    _files(console, written)
