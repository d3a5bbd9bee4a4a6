"""`interlock demo`: the H200 episode from law files to reserved chips, with reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interlock.cli.common import DONE, Format, default_regimes, refuse


def demo(
    episode: Annotated[
        Path | None, typer.Option(help="Folder of the episode (default: the H200 episode).")
    ] = None,
    regimes: Annotated[list[Path] | None, typer.Option(help="Folder or file of regimes.")] = None,
    book: Annotated[
        Path, typer.Option(help="Book to write; a book of an earlier demo there is replaced.")
    ] = Path("out/h200.db"),
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

    folder = episode or bundled("episodes") / "h200"
    try:
        report = play(folder, regimes or [default_regimes()], book)
    except BadInputError as error:
        refuse(error.faults)
    if format_ is Format.json:
        import json

        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        print_report(report)
    raise typer.Exit(DONE)
