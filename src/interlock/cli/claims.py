"""`interlock claims`: check claims files, and show what was believed as of a day.

Exit codes: 0 done; 1 findings, that is contradictions that nothing resolved by that day; 2 bad
input, every fault on the error stream, one a line.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.common import BAD_INPUT, FINDINGS, Format, refuse, refuse_option

if TYPE_CHECKING:
    import datetime as dt

    from interlock.evidence import Claims, State


app = typer.Typer(
    help="Claims: who said what, and what was believed as of a day.", no_args_is_help=True
)

FileList = Annotated[list[Path], typer.Argument(help="Claims files (YAML).", metavar="FILE...")]
OneFile = Annotated[Path, typer.Argument(help="A claims file (YAML).", metavar="FILE")]
Known = Annotated[
    str | None,
    typer.Option(
        "--known",
        metavar="DATE",
        help="Only what was public by the end of this day (YYYY-MM-DD). Default: all claims.",
    ),
]
Subject = Annotated[str | None, typer.Option("--subject", help="Only this subject.")]
Output = Annotated[Format, typer.Option("--format", help="human or json.")]


@app.command("check")
def claims_check(files: FileList, output: Output = Format.human) -> None:
    """Check claims files. Exit 0 if all can be read, 2 if any has a fault."""
    from interlock.evidence import load_claims
    from interlock.files import BadInputError

    counts: list[tuple[str, int]] = []
    bad = False
    for path in files:
        try:
            counts.append((str(path), len(load_claims(path))))
        except BadInputError as error:
            bad = True
            typer.echo(str(error), err=True)
    if output is Format.json:
        _echo_json({"files": [{"file": name, "claims": count} for name, count in counts]})
    else:
        for name, count in counts:
            typer.echo(f"{name}: {count} claims, no fault")
    if bad:
        raise typer.Exit(BAD_INPUT)


@app.command("show")
def claims_show(
    file: OneFile,
    known: Known = None,
    subject: Subject = None,
    output: Output = Format.human,
) -> None:
    """Show what was believed as of a day. Exit 1 if contradictions stand unresolved."""
    from interlock.evidence import load_claims, state_json
    from interlock.files import BadInputError

    try:
        claims = load_claims(file)
    except BadInputError as error:
        refuse(error.faults)
    day = _day(known) or max(claim.known for claim in claims.claims)
    state = _only(claims, claims.state(known=day), subject, file)
    if output is Format.json:
        _echo_json(state_json(claims.title, state, subject))
    else:
        _print_state(claims, state)
    if state.unresolved:
        raise typer.Exit(FINDINGS)


def _echo_json(document: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _day(text: str | None) -> dt.date | None:
    from interlock.files.texts import day_of

    if text is None:
        return None
    day = day_of(text)
    if day is None:
        refuse_option("--known", f"'{text}' is no date", "write YYYY-MM-DD")
    return day


def _only(claims: Claims, state: State, subject: str | None, file: Path) -> State:
    """The part of the state that one subject shows; all of it without a subject."""
    from interlock.evidence import State
    from interlock.files import nearest

    if subject is None:
        return state
    subjects = {claim.subject for claim in claims.claims}
    if subject not in subjects:
        wrong = f"no claim of {file} is about '{subject}'"
        refuse_option("--subject", wrong, nearest(subject, subjects))
    beliefs = {subject: state.beliefs[subject]} if subject in state.beliefs else {}
    mine = {claim.id for belief in beliefs.values() for claim in belief.standing}
    unresolved = tuple(pair for pair in state.unresolved if {pair.first, pair.second} & mine)
    return State(state.known, beliefs, unresolved)


def _print_state(claims: Claims, state: State) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    table = Table(title=escape(f"{claims.title}: believed as of {state.known}"))
    for heading in ("subject", "value", "grade", "known", "claim", "source"):
        table.add_column(heading, overflow="fold")
    for belief in state.beliefs.values():
        name = f"{belief.subject} (contested)" if belief.contested else belief.subject
        for claim in (*belief.standing, *belief.superseded):
            value = str(claim.value)
            if claim in belief.superseded:
                value = f"superseded: {value}"
            cells = [name, value, str(claim.grade), str(claim.known), claim.id, str(claim.origin)]
            table.add_row(*(escape(cell) for cell in cells))
            name = ""
    console.print(table)
    if not state.unresolved:
        console.print("No contradiction is left unresolved.")
    reasons = {
        "declared": "one is said to contradict the other",
        "values": "their values exclude each other",
    }
    for pair in state.unresolved:
        joined = f"{pair.first} and {pair.second}"
        console.print(f"Unresolved: {joined}: {reasons[pair.why]}, and both stand", soft_wrap=True)
