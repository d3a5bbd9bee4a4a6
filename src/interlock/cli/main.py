"""The command line: `interlock COMMAND`. Commands import what they need when they run."""

from __future__ import annotations

from typing import Annotated

import typer

from interlock.cli.book import app as book_app
from interlock.cli.claims import app as claims_app
from interlock.cli.decide import decide
from interlock.cli.demo import demo
from interlock.cli.lab import app as lab_app
from interlock.cli.lab_study import app as study_app
from interlock.cli.law import app as law_app
from interlock.cli.people import admin
from interlock.cli.people import app as people_app
from interlock.cli.record import app as record_app
from interlock.cli.record import worker
from interlock.cli.replay import replay
from interlock.cli.serve import serve
from interlock.cli.share import share

app = typer.Typer(
    name="interlock",
    help="Law as data, decisions with reasons, and a book of quantities for controlled goods.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(law_app, name="law")
app.command()(decide)
app.command()(share)
app.command()(replay)
app.add_typer(claims_app, name="claims")
lab_app.add_typer(study_app)
app.add_typer(lab_app, name="lab")
app.command()(demo)
app.command()(serve)
app.command()(worker)
book_app.add_typer(record_app)
book_app.add_typer(people_app, name="people")
book_app.command()(admin)
app.add_typer(book_app, name="book")


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"interlock {version('interlock')}")
        raise typer.Exit


@app.callback()
def interlock(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Exit codes: 0 done; 1 findings, such as a gate that is shut; 2 bad input."""


def main() -> None:
    """The console script."""
    app()
