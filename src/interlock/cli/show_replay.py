"""A replay printed for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from interlock.replay.report import Report

MOST = 20
VERDICTS = ("open", "shut", "unknown")


def print_report(report: Report, written: Mapping[str, str]) -> None:
    """Print what another law changes: decisions first, then accounts."""
    console = Console(width=None if Console().is_terminal else 160)
    found = report.to_json()
    _heads(console, found)
    _table(
        console, "What changes", found["ways"], ("move", "stage", "before", "after"),
        ("decisions", "units"),
    )  # fmt: skip
    _table(console, "Gate by gate", found["gates"], ("gate", "before", "after"),
           ("decisions", "units"))  # fmt: skip
    _table(console, "By which rule", found["rules"], ("rule", "before", "after", "move"),
           ("decisions", "units"))  # fmt: skip
    _table(console, "For whom", found["buyers"], ("buyer", "move", "before", "after"),
           ("decisions", "units"))  # fmt: skip
    if found["accounts"] is not None:
        _accounts(console, found["accounts"])
    for one in found["unread"][:MOST]:
        console.print(f"not read: {one}", highlight=False)
    for name, path in written.items():
        console.print(f"{name}: {path}", highlight=False, soft_wrap=True)


def _heads(console: Console, found: Mapping[str, Any]) -> None:
    table = Table("verdicts", box=None, pad_edge=False)
    for name in VERDICTS:
        table.add_column(name, justify="right")
    for side, label in (("before", "the book's law"), ("after", "the other law")):
        table.add_row(label, *(f"{found['verdicts'][side][name]:,}" for name in VERDICTS))
    console.print(table)
    changed = found["changed"]
    console.print(
        f"{found['decisions']:,} decisions, of which {changed['decisions']:,} change, "
        f"over {changed['units']:,} units; at some gate, {changed['at_a_gate']:,}",
        highlight=False,
    )


def _accounts(console: Console, found: Mapping[str, Any]) -> None:
    _moved(console, "What moved accounts", found["moves"], ("move",))
    _moved(console, "For whom accounts move", found["buyers"], ("buyer", "move"))
    _table(console, "Refused by", found["refused_by"], ("by", "move"), ("units",))
    rows = [{**one, **_ends(one)} for one in found["balances"]]
    _table(
        console, "Accounts at the end", rows, ("account", "unit"),
        ("reserved", "posted", "left"),
    )  # fmt: skip
    if found["own_law_refuses"]:
        console.print(
            f"The book's own law of today refuses {found['own_law_refuses']:,} units that were "
            "let pass: its files changed since.",
            highlight=False,
        )
    if found["left_out"]:
        console.print(f"Facts without a name there: {', '.join(found['left_out'])}")


def _ends(one: Mapping[str, Any]) -> dict[str, str]:
    """Numbers of an account by both laws, `before > after` where they differ."""
    was, becomes = one["before"], one["after"]

    def both(name: str) -> str:
        old = "none" if was is None else f"{was[name]:,}"
        new = "none" if becomes is None else f"{becomes[name]:,}"
        return old if old == new else f"{old} > {new}"

    return {"reserved": both("reserved"), "posted": both("posted"), "left": both("headroom")}


def _moved(
    console: Console, title: str, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> None:
    """Units that passed and were refused; only rows in which the two laws differ."""
    differs = [one for one in rows if one["before"] != one["after"]]
    flat = [
        {
            **one,
            "passed": f"{one['before']['done']:,} > {one['after']['done']:,}",
            "refused": one["after"]["refused"],
            "missed before": one["after"]["missed"],
        }
        for one in differs
    ]
    _table(console, title, flat, keys, ("asked", "passed", "refused", "missed before"))


def _table(
    console: Console,
    title: str,
    rows: Sequence[Mapping[str, Any]],
    names: Iterable[str],
    numbers: Iterable[str],
) -> None:
    """Rows as a table, none if there are none; the first twenty."""
    if not rows:
        return
    names, numbers = list(names), list(numbers)
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right")
    for one in rows[:MOST]:
        cells = [str(one[name] if one[name] is not None else "none") for name in names]
        cells += [x if isinstance(x := one[name], str) else f"{x:,}" for name in numbers]
        table.add_row(*cells)
    console.print()
    console.print(table)
    if len(rows) > MOST:
        console.print(f"and {len(rows) - MOST} more; --format json or --out has all")
