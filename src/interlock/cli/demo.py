"""`interlock demo`: the H200 episode from law files to reserved chips, with reasons."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from interlock.cli.common import (
    DONE,
    Format,
    day_option,
    default_regimes,
    refuse,
    refuse_option,
)


def demo(
    episode: Annotated[
        Path | None, typer.Option(help="Folder of the episode (default: the H200 episode).")
    ] = None,
    regimes: Annotated[list[Path] | None, typer.Option(help="Folder or file of regimes.")] = None,
    book: Annotated[
        Path, typer.Option(help="Book to write; a book of an earlier demo there is replaced.")
    ] = Path("out/h200.db"),
    at: Annotated[
        str | None, typer.Option(help="Another day for a what-if (default: the episode's own).")
    ] = None,
    assume: Annotated[
        list[str] | None, typer.Option(help="Proposed version to switch on; may be repeated.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="human or json.")] = Format.human,
) -> None:
    """Load the H200 episode, decide every order, share the stock, reserve, and say why.

    Decides against the real US export, Chinese import, customs and supply regimes as of 2026-01-28,
    in both readings of the 400,000.
    """
    from interlock.cli.demo_report import print_report
    from interlock.episode.play import play
    from interlock.files import BadInputError
    from interlock.files.bundled import bundled
    from interlock.law.library import UnknownAssumptionError

    folder = episode or bundled("episodes") / "h200"
    day = day_option("--at", at)
    try:
        report = play(
            folder,
            regimes or [default_regimes()],
            book,
            at=day.date() if isinstance(day, dt.datetime) else day,
            assumed=frozenset(assume or ()),
        )
    except BadInputError as error:
        refuse(error.faults)
    except UnknownAssumptionError as error:
        refuse_option("--assume", f"nothing is called '{error.name}'", error.mend)
    if format_ is Format.json:
        import json

        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        print_report(report)
    raise typer.Exit(DONE)
