"""Runs `interlock decide` on a file of the corpus; the real regimes are read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from unittest.mock import patch

import typer
from typer.testing import CliRunner

from interlock.cli.decide import decide
from interlock.law import library

ROOT = Path(__file__).parents[2]
app = typer.Typer()
app.command()(decide)


@cache
def real() -> library.Library:
    return library.load_regimes(ROOT / "regimes")


def run_decide(path: Path, *options: str) -> tuple[int, list[str]]:
    """Exit code and the lines of the error stream, with the file's bare name."""
    loaded = real()
    with patch.object(library, "load_regimes", lambda _: loaded):
        args = [str(path), "--at", "2026-01-28", *options]
        result = CliRunner().invoke(app, args, env={"DATABASE_URL": ""})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    lines = result.stderr.splitlines()
    return result.exit_code, [line.replace(str(path), path.name) for line in lines]
