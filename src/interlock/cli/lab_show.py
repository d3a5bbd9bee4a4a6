"""The results of a scenario as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from interlock.lab.results import Results

MOST_ROWS = 15
_WORDS = {
    "asked": "units asked for",
    "delivered": "units delivered",
    "compute": "compute delivered",
    "domestic": "domestic chips bought",
    "home_share": "home-grown share of compute",
    "unused": "approved and not used",
    "reluctant": "approved and not ordered",
    "waiting": "waiting at the end",
    "held": "allocated, not delivered at the end",
    "wait_days": "days from order to delivery",
    "hhi": "concentration (HHI)",
    "shortfall": "compute asked and not delivered",
    "welfare": "welfare",
}


def show(results: Results, out: Path | None) -> None:
    """Print what came of it: overall, by firm, what stops most, and what it rests on."""
    from rich.console import Console

    from interlock.lab.summary import summary

    width = None if Console().is_terminal else 140  # a file has no edge
    console = Console(highlight=False, width=width)
    facts = summary(results)
    console.print(f"[bold]{facts['title']}[/bold]")
    console.print(
        f"{facts['start']} to {facts['end']} in steps of {facts['step_days']} days; "
        f"{facts['runs']:,} runs, seed {facts['seed']}; compute in {facts['compute_unit']}"
    )
    heads = ["", "mean", "5 %", "median", "95 %"]
    rows = [
        [words, *(_number(facts["overall"][name][key]) for key in ("mean", "p05", "p50", "p95"))]
        for name, words in _WORDS.items()
    ]
    _table(console, "Together", heads, rows)
    last = ("domestic", "wait_days", "shortfall", "welfare")
    firms = [
        [
            name,
            *(_number(one[key]["mean"]) for key in ("asked", "delivered")),
            _band(one["delivered"]),
            *(_number(one[key]["mean"]) for key in last),
        ]
        for name, one in facts["firms"].items()
    ]
    heads = [
        "firm", "asked", "delivered", "5 to 95 %", "domestic", "wait, days", "shortfall", "welfare",
    ]  # fmt: skip
    _table(console, "Firms, means over runs", heads, firms)
    stopped = sorted(facts["accounts"], key=lambda one: -one["blocked_unit_steps"])
    limits = [
        [one["account"], *(_number(one[key]) for key in ("credited", "used", "left")),
         _number(one["blocked_unit_steps"])]
        for one in stopped[:MOST_ROWS]
    ]  # fmt: skip
    heads = ["account", "credited", "used", "left", "units x steps stopped"]
    _table(console, "What stops orders first", heads, limits)
    for name, share in facts["shocks"].items():
        console.print(f"{name}: on in {share:.1%} of all steps")
    for problem in facts["problems"]:
        console.print(f"[yellow]note[/yellow] {problem}")
    assumed = sum(one["assumption"] for one in facts["basis"])
    console.print(f"{assumed} of {len(facts['basis'])} parts of the scenario rest on assumptions.")
    if out is not None:
        console.print(f"Results in {out}")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _band(bands: dict[str, Any]) -> str:
    return f"{_number(bands['p05'])} to {_number(bands['p95'])}"


def _table(console: Console, title: str, heads: list[str], rows: list[list[str]]) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table: Table = Table(title=title, title_justify="left", box=box.SIMPLE)
    for k, head in enumerate(heads):
        if k == 0:
            table.add_column(head, overflow="fold")
        else:  # a number that is cut in two would be read as two
            table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)
