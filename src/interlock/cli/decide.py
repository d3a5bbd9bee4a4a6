"""`interlock decide`: what may pass on a day, why not, and what would open it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interlock.cli.common import (
    BAD_INPUT,
    DONE,
    FINDINGS,
    Format,
    check_assumed,
    check_viewer_option,
    day_option,
    default_regimes,
    read_text,
    refuse,
    refuse_option,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from interlock.files import Faults
    from interlock.law.compiling.compile import Law
    from interlock.law.deciding.decision import Decision
    from interlock.law.deciding.legs import AccountState
    from interlock.law.library import Library
    from interlock.law.model import Stage

BULK = (".csv", ".parquet")


Facts = Annotated[
    str, typer.Argument(help="Cases: JSON lines (or - for standard input), .csv or .parquet.")
]
Regimes = Annotated[
    list[Path] | None, typer.Option(help="Folder or file of regimes; may be repeated.")
]
Known = Annotated[
    str | None, typer.Option(help="Only what was public by this day (default: --at).")
]
StageName = Annotated[
    str, typer.Option(help="application, order, allocation, shipment, entry or use.")
]
Assume = Annotated[
    list[str] | None, typer.Option(help="Proposed version to switch on; may be repeated.")
]
AccountsFile = Annotated[
    Path | None, typer.Option(help="CSV account,headroom[,overdue]: what is left in the book.")
]
Book = Annotated[
    str | None,
    typer.Option(envvar="DATABASE_URL", help="Book to read headroom from: sqlite:///FILE."),
]
Private = Annotated[
    Path | None,
    typer.Option(help="Private file that fills undisclosed rules, for those who may read it."),
]
Viewer = Annotated[
    str | None,
    typer.Option("--as", help="Show only what public, holder or officer:<gate> may see."),
]


def decide(
    facts: Facts = "-",
    regimes: Regimes = None,
    at: Annotated[str | None, typer.Option(help="Day whose law counts (default today).")] = None,
    known: Known = None,
    stage: StageName = "order",
    assume: Assume = None,
    accounts: AccountsFile = None,
    book: Book = None,
    private: Private = None,
    viewer: Viewer = None,
    out: Annotated[Path | None, typer.Option(help="Write here instead of standard output.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="human or json.")] = Format.human,
) -> None:
    """Decide cases against the law of a day.

    One JSON object of facts a line in, one decision a line out. Exit code 0: all open; 1: some
    shut or unknown; 2: faulty input, and nothing was decided.
    """
    from interlock.files import BadInputError, Faults, InterlockError
    from interlock.law.deciding.redact import redacted
    from interlock.law.library import load_regimes
    from interlock.law.model import STAGES
    from interlock.law.private import with_private

    asked = next((one for one in STAGES if one == stage), None)
    if asked is None:
        refuse_option("--stage", f"'{stage}' is no stage", f"write one of: {', '.join(STAGES)}")
    day, heard = day_option("--at", at), day_option("--known", known)
    try:
        library = load_regimes(regimes or [default_regimes()])
        if private is not None:
            library = with_private(library, private)
        check_assumed(assume or [], library)
        law = library.law(day or _today(), heard, frozenset(assume or ()))
        if viewer is not None:
            check_viewer_option(viewer, law.gates)
        if private is not None and viewer in ("public", "holder"):
            refuse_option("--private", "fills what this viewer may not see", "drop it or --as")
        if facts.lower().endswith(BULK):
            from interlock.cli.bulk import Asked, decide_bulk

            faults = Faults()
            states = _states(accounts, book, law, faults)
            faults.raise_if_any()
            table = Asked(law, library.claims, asked, states, viewer)
            raise typer.Exit(decide_bulk(table, Path(facts), out, format_))
        decisions = _decide_lines(facts, library, law, asked, accounts, book)
    except BadInputError as error:
        refuse(error.faults)
    except InterlockError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_INPUT) from error
    if viewer is not None:
        decisions = [redacted(decision, viewer) for decision in decisions]
    _print(decisions, out, format_)
    raise typer.Exit(DONE if all(d.verdict == "open" for d in decisions) else FINDINGS)


def _print(decisions: list[Decision], out: Path | None, format_: Format) -> None:
    if format_ is Format.json:
        from interlock.law.deciding.decision import to_json

        lines = (json.dumps(to_json(d), ensure_ascii=False) for d in decisions)
        _write("\n".join(lines) + "\n" if decisions else "", out)
    else:
        from interlock.cli.show_decision import print_decisions

        print_decisions(decisions, out)


def _decide_lines(
    facts: str,
    library: Library,
    law: Law,
    stage: Stage,
    accounts: Path | None,
    book: str | None,
) -> list[Decision]:
    from interlock.files import BadInputError, Faults
    from interlock.files.jsonl import read_objects
    from interlock.files.phrases import verbatim
    from interlock.law.cases.reader import CaseReader
    from interlock.law.deciding.decide import Decider

    text, name = read_text(facts)
    faults = Faults()
    reader = CaseReader(library.checked, law.vocabulary)
    cases = []
    lines: dict[str, int] = {}
    for number, given, locate in read_objects(text.split("\n"), name, faults):
        if "id" in given and (first := lines.setdefault(str(given["id"]), number)) != number:
            wrong = f"'{given['id']}' is the id of line {first} too"
            mend = verbatim("give each case an id of its own")
            faults.add(locate(("id",)), verbatim(wrong), mend)
        try:
            cases.append(reader.read(given, number, locate))
        except BadInputError as error:
            faults.found.extend(error.faults)
    states = _states(accounts, book, law, faults)
    faults.raise_if_any()
    decider = Decider(law, library.claims)
    return [decider.decide(case, stage=stage, accounts=states) for case in cases]


def _states(
    accounts: Path | None, book: str | None, law: Law, faults: Faults
) -> Mapping[str, AccountState] | None:
    """What is left in the book: of a file, else of a book, else None."""
    if accounts is not None:
        from interlock.law.deciding.accounts import read_accounts

        return read_accounts(accounts, faults)
    if book:
        from interlock.store.open import headroom_of

        return headroom_of(book, law.at)
    return None


def _today() -> dt.date:
    import datetime as dt

    return dt.datetime.now(dt.UTC).date()


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
