"""`interlock lab compare, sensitivity, frontier`: questions asked of scenarios."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.common import (
    BAD_INPUT,
    DONE,
    FINDINGS,
    Format,
    Workers,
    cores,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

app = typer.Typer()
Output = Annotated[Format, typer.Option("--format", help="human or json.")]
Out = Annotated[
    Path | None, typer.Option(help="Write the results as Parquet, JSON and plots here.")
]
Kept = Annotated[
    Path | None,
    typer.Option(
        help="Write the results as Parquet, JSON and plots here, and keep each point: one that was "
        "stopped goes on, and more points play only those that are new."
    ),
]


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A scenario.")],
    second: Annotated[Path, typer.Argument(help="Another, or the same with another variant.")],
    runs: Annotated[int | None, typer.Option(min=30, help="Runs of each; the first's.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of both; the first's.")] = None,
    variants: Annotated[
        str, typer.Option(help="Variants of the two, A,B; as written unless given.")
    ] = ",",
    level: Annotated[
        float, typer.Option(min=0.5, max=0.9999, help="Chance that all intervals hold together.")
    ] = 0.95,
    workers: Workers = None,
    out: Out = None,
    format_: Output = Format.human,
) -> None:
    """Say which differences of two scenarios are more than noise.

    Both meet the same chances, run by run. Exit code 0: nothing differs; 1: something does.
    """
    from dataclasses import asdict

    from interlock.lab.study.asking import compare_scenarios

    one, _, other = variants.partition(",")
    with _asking(out, keeps=False), _progress("runs", format_) as told:
        found = compare_scenarios(
            first, second, runs=runs, seed=seed, workers=workers or cores(), level=level,
            variants=(one.strip(), other.strip()), told=told,
        )  # fmt: skip
    rows = [_plain(asdict(x)) for x in found]
    report = {"first": str(first), "second": str(second), "level": level, "measures": rows}
    written = _written(out, "compare", report, rows)
    if format_ is Format.json:
        typer.echo(json.dumps(report | {"out": written}, ensure_ascii=False, indent=1))
    else:
        from interlock.cli.show_study import print_differences

        print_differences(found, level, written)
    raise typer.Exit(FINDINGS if any(x.real for x in found) else DONE)


@app.command()
def sensitivity(
    file: Annotated[Path, typer.Argument(help="A study, whose parameters have ranges.")],
    base: Annotated[
        int,
        typer.Option(
            min=2, max=65_536, help="A power of two; base x (parameters + 2) points are tried."
        ),
    ] = 16,
    workers: Workers = None,
    out: Kept = None,
    format_: Output = Format.human,
) -> None:
    """Say which parameters make a result's spread: Sobol indices with confidence."""
    from dataclasses import asdict

    from interlock.lab.study.asking import sensitivity as ask
    from interlock.lab.study.plots import plot_sensitivity
    from interlock.lab.study.reading import load_study

    with _asking(out, keeps=True), _progress("points", format_) as told:
        study = load_study(file)
        found = ask(study, base=base, workers=workers or cores(), points=_points(out), told=told)
    rows = [_plain(asdict(x)) for x in found.indices]
    report = {"study": study.id, "points": len(found.tried), "indices": rows}
    written = _written(out, "sensitivity", report, rows)
    if out is not None:
        for measure in study.measures:
            if any(x.measure == measure and x.first is not None for x in found.indices):
                paths = plot_sensitivity(found, measure, out)
                written |= {f"{measure}.{kind}": path for kind, path in paths.items()}
    if format_ is Format.json:
        typer.echo(json.dumps(report | {"out": written}, ensure_ascii=False, indent=1))
    else:
        from interlock.cli.show_study import print_indices

        print_indices(study, found, written)
    raise typer.Exit(DONE)


@app.command()
def frontier(
    file: Annotated[Path, typer.Argument(help="A study, whose parameters have values.")],
    workers: Workers = None,
    out: Kept = None,
    format_: Output = Format.human,
) -> None:
    """Say what can be had together: imported compute, and the share of home-grown compute.

    A point that another beats by more than noise is one that nobody should choose.
    """
    from interlock.lab.study.asking import frontier as ask
    from interlock.lab.study.plots import plot_frontier
    from interlock.lab.study.reading import load_study

    with _asking(out, keeps=True), _progress("points", format_) as told:
        study = load_study(file)
        found = ask(study, workers=workers or cores(), points=_points(out), told=told)
    rows = [_plain(row) for row in found.table().to_dicts()]
    report = {"study": study.id, "runs": study.runs, "points": rows}
    written = _written(out, "frontier", report, rows)
    if out is not None:
        written |= plot_frontier(found, out)
    if format_ is Format.json:
        typer.echo(json.dumps(report | {"out": written}, ensure_ascii=False, indent=1))
    else:
        from interlock.cli.show_study import print_frontier

        print_frontier(found, written)
    raise typer.Exit(DONE)


def _points(out: Path | None) -> Path | None:
    return None if out is None else out / "points"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON can say it: what is no number is null."""
    return {
        name: None if isinstance(x, float) and x != x else x  # noqa: PLR0124 - not a number
        for name, x in row.items()
    }


def _written(
    out: Path | None, name: str, report: dict[str, Any], rows: list[dict[str, Any]]
) -> dict[str, str]:
    if out is None:
        return {}
    import polars as pl

    table, text = out / f"{name}.parquet", out / f"{name}.json"
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(table)
    text.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return {"parquet": str(table), "json": str(text)}


@contextmanager
def _asking(out: Path | None, *, keeps: bool) -> Iterator[None]:
    """Bad input is told and ends with 2, an interrupt with 130; `keeps` is whether points stay."""
    from interlock.files import BadInputError, InterlockError

    try:
        if out is not None:  # before anything is played: what cannot be kept is told at once
            out.mkdir(parents=True, exist_ok=True)
        yield
    except BadInputError as error:
        refuse(error.faults)
    except OSError as error:
        typer.echo(f"{error.filename}: {error.strerror}; give a folder to write into", err=True)
        raise typer.Exit(BAD_INPUT) from error
    except (InterlockError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_INPUT) from error
    except KeyboardInterrupt:
        kept = (
            "; points that are finished are kept, the same command goes on" if keeps and out else ""
        )
        typer.echo(f"interrupted{kept}", err=True)
        raise typer.Exit(130) from None


@contextmanager
def _progress(what: str, format_: Format) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if format_ is Format.json or not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
