"""`interlock share`: share what the accounts have among the order lines, with proof."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from interlock.sharing.result import Result

MOST_ROWS = 40
"""Rows of a table for people; files and JSON have them all."""


def share(
    orders: Annotated[
        Path,
        typer.Argument(
            help="CSV or Parquet: order, quantity[, weight, tier, lot, min, value].",
            show_default=False,
        ),
    ],
    draws: Annotated[
        Path,
        typer.Option(help="CSV or Parquet: order, account, factor.", show_default=False),
    ],
    accounts: Annotated[
        Path,
        typer.Option(help="CSV or Parquet: account, available.", show_default=False),
    ],
    rule: Annotated[
        Literal["proportional", "cea", "weighted", "cel", "talmud", "optimum"],
        typer.Option(help="How to share.", show_default=False),
    ],
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Award whole lots, and nothing or at least each line's min."),
    ] = False,
    seed: Annotated[
        int,
        typer.Option(min=0, max=2**63 - 1, help="Seed of the lottery among equal remainders."),
    ] = 0,
    format: Annotated[  # noqa: A002 - the option's name
        Literal["human", "json"], typer.Option(help="For people or for programs.")
    ] = "human",
    out: Annotated[
        Path | None,
        typer.Option(help="Also write the result: .csv and .parquet the orders, else JSON."),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(help="Also write the run, inputs included, so that it can be replayed."),
    ] = None,
) -> None:
    """Share scarce supply among orders that draw on accounts.

    All lines rise together by the rule until an account is full; its lines stop there and the
    others go on. Lower tiers come first. Exit code 0 when done, 2 when an input is faulty.
    """
    from interlock.files import BadInputError, InterlockError
    from interlock.sharing.engine import share as share_problem
    from interlock.sharing.read import read_problem
    from interlock.sharing.report import to_json

    try:
        problem = read_problem(orders, draws, accounts)
        result = share_problem(problem, rule, whole=whole, seed=seed)
        if out is not None:
            _write(out, result)
        if run is not None:
            _write_run(run, result)
    except BadInputError as error:
        for fault in error.faults:
            typer.echo(str(fault), err=True)
        raise typer.Exit(2) from error
    except InterlockError as error:
        typer.echo(f"{orders}:0:0: {error}", err=True)
        raise typer.Exit(2) from error
    if format == "json":
        sys.stdout.writelines(to_json(result))
    else:
        _show(result)


def _write(path: Path, result: Result) -> None:
    from interlock.sharing.report import order_columns, to_json

    _refuse_unwritable(path)
    if path.suffix.lower() in (".csv", ".parquet"):
        import polars as pl

        frame = pl.DataFrame(order_columns(result))
        if path.suffix.lower() == ".csv":
            frame.write_csv(path)
        else:
            frame.write_parquet(path)
        return
    with path.open("w", encoding="utf-8") as file:
        file.writelines(to_json(result))


def _write_run(path: Path, result: Result) -> None:
    from interlock.sharing.run import Run

    _refuse_unwritable(path)
    path.write_text(Run(result).to_json() + "\n", encoding="utf-8")


def _refuse_unwritable(path: Path) -> None:
    from interlock.files import BadInputError, Fault, Place
    from interlock.files.phrases import verbatim

    try:
        path.open("ab").close()
    except OSError as error:
        wrong = f"cannot be written ({error.strerror})"
        mend = verbatim("give a path in a folder that exists")
        fault = Fault(Place(str(path)), verbatim(wrong), mend)
        raise BadInputError([fault]) from error


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.4f}"


def _show(result: Result) -> None:
    from rich.console import Console
    from rich.markup import escape

    from interlock.sharing.report import account_rows, order_rows, summary

    console = Console(highlight=False)
    facts = summary(result)
    share_of = f" ({facts['awarded'] / facts['asked']:.1%})" if facts["asked"] else ""
    units = "whole lots" if result.whole else "divisible units"
    console.print(f"[bold]{result.rule}[/bold]: {facts['says']}, in {units}, seed {result.seed}")
    console.print(f"asked {_number(facts['asked'])}, awarded {_number(facts['awarded'])}{share_of}")
    held = facts["full"], result.problem.n
    console.print(f"{held[0]:,} of {held[1]:,} lines full; proof checked")
    if facts["objective"] is not None:
        console.print(f"value {_number(facts['objective'])}, dual gap {facts['dual_gap']:.1e}")
    for note in result.notes:
        console.print(f"[yellow]note[/yellow] {escape(note)}")
    lines = [
        [
            escape(row["order"]),
            *(_number(row[key]) for key in ("tier", "asked", "awarded")),
            _level(row["level"]),
            escape(row["bound_by"]) + (" (below its minimum)" if row["below_min"] else ""),
        ]
        for _, row in zip(range(MOST_ROWS), order_rows(result), strict=False)
    ]
    _print(console, "Orders", ["order", "tier", "asked", "awarded", "level", "bound by"], lines)
    _more(console, result.problem.n, "orders")
    titles = ["account", "available", "used", "left", "shadow price", ""]
    places = [
        [
            escape(row["account"]),
            *(_number(row[key]) for key in ("available", "used", "left", "shadow_price")),
            "binding" if row["binding"] else "",
        ]
        for _, row in zip(range(MOST_ROWS), account_rows(result), strict=False)
    ]
    _print(console, "Accounts", titles, places)
    _more(console, result.problem.m, "accounts")


def _level(level: list[float | None] | None) -> str:
    if level is None:
        return ""
    lo, hi = level
    if hi is None:
        return f"from {_number(lo)}"
    return _number(lo) if lo == hi else f"{_number(lo)} to {_number(hi)}"


def _print(console: Console, title: str, heads: list[str], rows: list[list[str]]) -> None:
    from rich import box
    from rich.table import Table

    table: Table = Table(title=title, title_justify="left", box=box.SIMPLE)
    for k, head in enumerate(heads):
        ends = k in (0, len(heads) - 1)
        table.add_column(head, justify="left" if ends else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _more(console: Console, count: int, word: str) -> None:
    if count > MOST_ROWS:
        console.print(f"{count - MOST_ROWS:,} more {word}: use --format json or --out")
