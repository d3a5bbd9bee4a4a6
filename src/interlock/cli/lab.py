"""`interlock lab`: scenarios played forward, many futures at once."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.common import BAD_INPUT, Format, Workers, cores, refuse, refuse_option

if TYPE_CHECKING:
    from interlock.lab.results import Results

app = typer.Typer(no_args_is_help=True, help="Play scenarios forward, many futures at once.")


@app.callback()
def lab() -> None:
    """Play scenarios forward, many futures at once."""


def values_option(given: list[str]) -> dict[str, Any]:
    """`--set` options as path -> value; a value is read as YAML reads it."""
    from interlock.files import BadInputError
    from interlock.files.plain import plain_of
    from interlock.files.yaml import parse_yaml

    found: dict[str, Any] = {}
    for text in given:
        path, equals, value = text.partition("=")
        if not equals or not path:
            refuse_option("--set", f"'{text}' is no PATH=VALUE", "write e.g. runs=100")
        try:
            found[path] = plain_of(parse_yaml(value.encode(), "--set"))
        except BadInputError:
            refuse_option("--set", f"'{value}' is no value", "write a number or a text")
    return found


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="The scenario file.", show_default=False)],
    runs: Annotated[
        int | None, typer.Option(min=1, help="Runs; the scenario's unless given.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed; the scenario's unless given.")
    ] = None,
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for results; a run that was stopped goes on in it."),
    ] = None,
    variant: Annotated[str, typer.Option(help="One of the scenario's variants.")] = "",
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="PATH=VALUE: another value of the scenario; repeatable."),
    ] = None,
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Play on a Ray cluster (needs interlock[cluster]).")
    ] = False,
    format: Annotated[Format, typer.Option(help="For people or for programs.")] = Format.human,  # noqa: A002 - the option's name
) -> None:
    """Play a scenario forward: what is delivered, what waits, and what stops it, with bands.

    The same seed gives the same bytes with any number of workers. Ctrl-C keeps what is finished:
    the same command with the same --out goes on. Exit code 0 when done, 2 when an input is faulty,
    130 when interrupted.
    """
    from interlock.files import BadInputError, InterlockError
    from interlock.lab.running import Threads, simulate

    try:
        by = _cluster(workers or cores()) if cluster else Threads(workers or cores())
        with _Bar(enabled=format == Format.human and sys.stderr.isatty()) as bar:
            results = simulate(
                file,
                runs=runs,
                seed=seed,
                variant=variant,
                overrides=values_option(values or []),
                out=out,
                by=by,
                progress=bar.show,
            )
        _report(results, out, format)
    except BadInputError as error:
        refuse(error.faults)
    except InterlockError as error:
        typer.echo(f"{file}:0:0: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    except KeyboardInterrupt:
        kept = f"; what is finished is kept, the same command goes on in {out}" if out else ""
        typer.echo(f"interrupted{kept}", err=True)
        raise typer.Exit(130) from None


def _cluster(workers: int) -> Any:
    try:
        from interlock.lab.cluster import Cluster
    except ImportError:
        refuse_option("--cluster", "Ray is not installed", "install interlock[cluster]")
    return Cluster(workers)


class _Bar:
    """A progress bar with the time left, on standard error."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled
        self.bar: Any = None
        self.task: Any = None

    def __enter__(self) -> _Bar:
        if self.enabled:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
            )

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                       TimeRemainingColumn())  # fmt: skip
            self.bar = Progress(*columns, console=Console(stderr=True))
            self.bar.start()
            self.task = self.bar.add_task("runs", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def show(self, done: int, total: int) -> None:
        if self.bar is not None:
            self.bar.update(self.task, completed=done, total=total)


def _report(results: Results, out: Path | None, format: Format) -> None:  # noqa: A002
    from interlock.lab.summary import summary_json, write_outputs

    if out is not None:
        write_outputs(results, out)
    if format == Format.json:
        sys.stdout.write(summary_json(results))
        return
    from interlock.cli.lab_show import show

    show(results, out)
