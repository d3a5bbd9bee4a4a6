"""What all commands share: formats, exit codes, and how faults are printed."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from interlock.files import Fault
    from interlock.law.library import Library

DONE, FINDINGS, BAD_INPUT = 0, 1, 2
MOST_CORES = 8
"""Taken unasked; each player holds the results of a block, up to 64 MB."""
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=256,
        help=f"So many play at once; unless given one for each core, {MOST_CORES} at most.",
        show_default=False,
    ),
]


def cores() -> int:
    """The cores that this process may use, `MOST_CORES` at most."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(found or 1, MOST_CORES)


class Format(StrEnum):
    """How results are printed."""

    human = "human"
    json = "json"


def refuse(faults: Iterable[Fault]) -> NoReturn:
    """Print every fault, one a line, and end with exit code 2."""
    for fault in faults:
        typer.echo(str(fault), err=True)
    raise typer.Exit(BAD_INPUT)


def refuse_option(option: str, wrong: str, mend: str) -> NoReturn:
    """Refuse the value of an option."""
    typer.echo(f"{option}: {wrong}; {mend}", err=True)
    raise typer.Exit(BAD_INPUT)


def check_assumed(assumed: list[str], library: Library) -> None:
    """Refuse an `--assume` that names nothing of the law."""
    from interlock.law.library import UnknownAssumptionError

    try:
        library.check_assumed(assumed)
    except UnknownAssumptionError as error:
        refuse_option("--assume", f"nothing is called '{error.name}'", error.mend)


def day_option(option: str, text: str | None) -> dt.date | dt.datetime | None:
    """The day that an option names; None if it is not given."""
    from interlock.law.cases.values import parse_day

    if text is None:
        return None
    try:
        return parse_day(text)
    except ValueError:
        mend = "write YYYY-MM-DD, or an instant such as 2026-01-28T09:00+08:00"
        refuse_option(option, f"'{text}' is no date", mend)


def check_viewer_option(viewer: str, gates: tuple[str, ...]) -> None:
    """Refuse an `--as` that is nobody."""
    from interlock.law.deciding.audience import UnknownViewerError, check_viewer

    try:
        check_viewer(viewer, gates)
    except UnknownViewerError as error:
        refuse_option("--as", f"'{viewer}' is no viewer", error.mend)


def default_regimes() -> Path:
    """`regimes/` in the working directory, else the ones that come with Interlock."""
    here = Path("regimes")
    if here.is_dir():
        return here
    from interlock.files.bundled import bundled

    return bundled("regimes")


def read_text(source: str) -> tuple[str, str]:
    """The text of a file or of standard input (`-`), and its name for messages."""
    from interlock.files import Fault, Place
    from interlock.files.phrases import verbatim

    if source == "-":
        name, data = "<stdin>", sys.stdin.buffer.read()
    else:
        name = source
        try:
            data = Path(source).read_bytes()
        except OSError as error:
            wrong = f"cannot be read ({error.strerror})"
            mend = verbatim("give the path of a readable file")
            refuse([Fault(Place(name), verbatim(wrong), mend)])
    try:
        return data.decode("utf-8-sig"), name
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong, mend = verbatim("is not UTF-8 text"), verbatim("save the file as UTF-8")
        refuse([Fault(Place(name, line, 1), wrong, mend)])
