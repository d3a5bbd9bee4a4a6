"""`interlock law`: check regime files, run their cases, show the law of a day, tell what changed.

Exit codes: 0 done; 1 findings: a case that differs, or a difference between two laws; 2 bad input,
every fault on the error stream, one a line.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.common import DONE, FINDINGS, Format, day_option, refuse, refuse_option

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from interlock.files import Fault
    from interlock.law.casetests import CaseResult
    from interlock.law.diff import Difference
    from interlock.law.library import Library

app = typer.Typer(
    name="law",
    help="Regime files: check them, run their cases, show the law of a day, tell what changed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Regime files, or folders of them.")
]
Output = Annotated[Format, typer.Option("--format", help="human or json.")]
Known = Annotated[
    str | None, typer.Option("--known", help="Only what was public by this day (default: --at).")
]


@app.command()
def check(
    paths: Paths,
    at: Annotated[str | None, typer.Option(help="Also tell how much binds on this day.")] = None,
    known: Known = None,
    format_: Output = Format.human,
) -> None:
    """Report every fault of form and meaning of regime files and files of cases, in one pass.

    Exit code 0: no fault; 2: faults, each as `file:line:column: what is wrong; what to write`.
    """
    from interlock.files import BadInputError, Faults
    from interlock.law.casetests import run_cases
    from interlock.law.library import load_regimes
    from interlock.law.reading.regime import regime_files

    day, heard = day_option("--at", at), day_option("--known", known)
    if known is not None and at is None:
        refuse_option("--known", "there is no day to know it on", "give --at")
    faults = Faults()
    cases = [path for path in paths if path.name.endswith(".test.yaml")]
    regimes = [path for path in paths if path not in cases]
    files = [*regime_files(regimes, faults), *cases]
    jobs: list[Callable[[], object]] = [partial(load_regimes, regimes)]
    jobs += [partial(run_cases, path) for path in cases]
    for work in jobs:
        try:
            work()
        except BadInputError as error:
            faults.found.extend(error.faults)
    found = sorted(set(faults.found))
    counts = {} if found or day is None else _in_force(regimes, day, heard)
    if format_ is Format.json:
        told = {"in_force": counts} if day is not None and not found else {}
        listed = [str(file) for file in files]
        _echo_json({"files": listed, "faults": [_fault(f) for f in found], **told})
    if found:
        refuse(found)
    if format_ is Format.human:
        for file in files:
            typer.echo(f"{file}: no fault")
        for name, count in counts.items():
            words = ", ".join(f"{number} {noun}" for noun, number in count.items())
            typer.echo(f"{name}: {words} bind on {day}")


def _in_force(
    regimes: list[Path], day: dt.date | dt.datetime, heard: dt.date | dt.datetime | None
) -> dict[str, dict[str, int]]:
    """How many rules, conditions and accounts of each regime bind on a day."""
    from interlock.law.library import load_regimes

    law = load_regimes(regimes).law(day, heard) if regimes else None
    return {
        one.id: {
            "rules": sum(clause.kind == "rule" for clause in one.clauses),
            "conditions": sum(clause.kind == "condition" for clause in one.clauses),
            "accounts": len(one.accounts),
        }
        for one in (law.regimes if law else ())
    }


def _fault(fault: Fault) -> dict[str, Any]:
    place = fault.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "wrong": fault.wrong,
        "mend": fault.mend,
    }


@app.command("test")
def run_tests(
    paths: Paths,
    at: Annotated[
        str | None, typer.Option(help="The day of cases that state none (else they must).")
    ] = None,
    known: Annotated[
        str | None, typer.Option(help="What was public, for cases that state neither day.")
    ] = None,
    format_: Output = Format.human,
) -> None:
    """Run the cases beside regime files, `<regime>.test.yaml`.

    Exit code 0: all as expected; 1: differences, each with its place; 2: faulty files.
    """
    from interlock.cli.law_cases import print_results, results_json, test_files
    from interlock.files import BadInputError, Faults
    from interlock.law.casetests import run_cases

    day, heard = day_option("--at", at), day_option("--known", known)
    if known is not None and at is None:
        refuse_option("--known", "there is no day to know it on", "give --at")
    faults = Faults()
    results: dict[str, list[CaseResult]] = {}
    for path in test_files(paths, faults):
        try:
            results[str(path)] = run_cases(path, at=day, known=heard)
        except BadInputError as error:
            faults.found.extend(error.faults)
    if faults.found:
        refuse(sorted(set(faults.found)))
    differing = [one for found in results.values() for one in found if one.differences]
    if format_ is Format.json:
        _echo_json(results_json(results))
    else:
        print_results(results)
    raise typer.Exit(FINDINGS if differing else DONE)


@app.command()
def show(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH... [ITEM]",
            help="Regime files or folders; last, if wanted, the id of one rule, parameter, ...",
        ),
    ],
    at: Annotated[str | None, typer.Option(help="Day whose law is shown (default today).")] = None,
    known: Known = None,
    assume: Annotated[
        list[str] | None, typer.Option(help="Proposed version to switch on; may be repeated.")
    ] = None,
    viewer: Annotated[
        str | None,
        typer.Option("--as", help="Show only what public, holder or officer:<gate> may read."),
    ] = None,
    format_: Output = Format.human,
) -> None:
    """Show regimes as of a day: versions, values in force, rules, accounts, with their sources."""
    from interlock.cli.common import check_assumed
    from interlock.law.show import SECTIONS, day_of, show_regime

    day, heard = day_option("--at", at) or _today(), day_option("--known", known)
    files, item = _paths_and_item(paths)
    library = _load(files)
    _check_item(item, files, library)
    check_assumed(assume or [], library)
    assumed = frozenset(assume or ())
    shown = [
        show_regime(
            one.regime,
            day_of(one.regime, day, heard, assumed),
            library.claims.get(one.regime.id),
            item=item,
        )
        for one in library.checked
    ]
    if viewer is not None:
        shown = _shown_to(shown, library, viewer)
    if item:
        shown = [one for one in shown if any(one[part] for part in (*SECTIONS, "withheld"))]
    if format_ is Format.json:
        _echo_json({"at": str(day), "known": str(heard or day), "regimes": shown})
    else:
        from interlock.cli.show_law import print_law

        print_law(shown, str(day), str(heard or day), whole=not item)


def _paths_and_item(given: list[str]) -> tuple[list[Path], str]:
    """What is no path may be an item, if it stands last and has not the look of a path."""
    *paths, last = given
    if paths and not Path(last).exists() and "/" not in last and not last.endswith(".yaml"):
        return [Path(one) for one in paths], last
    return [Path(one) for one in given], ""


def _check_item(item: str, files: list[Path], library: Library) -> None:
    from interlock.files import nearest
    from interlock.law.show import known_ids

    known = known_ids([one.regime for one in library.checked])
    if item and item not in known:
        refuse_option(", ".join(map(str, files)), f"there is no '{item}'", nearest(item, known))


def _shown_to(shown: list[dict[str, Any]], library: Library, viewer: str) -> list[dict[str, Any]]:
    from interlock.cli.common import check_viewer_option
    from interlock.law.show_to import shown_to

    gates = dict.fromkeys(one.regime.gate for one in library.checked)
    check_viewer_option(viewer, tuple(gates))
    pairs = zip(shown, library.checked, strict=True)
    return [shown_to(fields, checked, viewer) for fields, checked in pairs]


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A regime file.")],
    new: Annotated[
        Path | None, typer.Argument(metavar="[NEW]", help="Another one; else give --at and --b.")
    ] = None,
    *,
    at: Annotated[str | None, typer.Option(help="The day of OLD (and NEW without --and).")] = None,
    b: Annotated[str | None, typer.Option("--and", help="The day to compare with.")] = None,
    known: Known = None,
    format_: Output = Format.human,
) -> None:
    """Tell what changed, in legal words: between two files, or between two days of one.

    `law diff OLD NEW` compares all dated statements; with --at, the law of that day. `law diff PATH
    --at A --and B` compares two days. Exit code 0: nothing differs; 1: something does.
    """
    from interlock.law.diff import differences

    if new is None and (at is None or b is None):
        refuse_option("law diff", "there is nothing to compare with", "give NEW, or --at and --and")
    if known is not None and at is None:
        refuse_option("--known", "there is no day to know it on", "give --at")
    if b is not None and at is None:
        refuse_option("--and", "there is no day to compare it with", "give --at")
    first, second, heard = (
        day_option("--at", at),
        day_option("--and", b),
        day_option("--known", known),
    )
    before = _shown(_load_one(old), first, heard)
    after = _shown(_load_one(new or old), second or first, heard)
    found = differences(before, after)
    if format_ is Format.json:
        document = _differences_json(found)
        _echo_json(
            {
                "old": {"file": str(old), "at": _iso(first)},
                "new": {"file": str(new or old), "at": _iso(second or first)},
                "known": _iso(heard),
                "differences": document,
            }
        )
    else:
        _print_differences(found)
    raise typer.Exit(FINDINGS if found else DONE)


def _load(paths: Path | list[Path]) -> Library:
    from interlock.files import BadInputError
    from interlock.law.library import load_regimes

    try:
        return load_regimes(paths)
    except BadInputError as error:
        refuse(error.faults)


def _load_one(path: Path) -> Library:
    library = _load(path)
    if len(library.checked) != 1:
        wrong = f"holds {len(library.checked)} regimes"
        refuse_option(str(path), wrong, "give one regime file")
    return library


def _shown(
    library: Library, at: dt.date | dt.datetime | None, known: dt.date | dt.datetime | None
) -> dict[str, Any]:
    from interlock.law.show import day_of, show_regime

    regime = library.checked[0].regime
    day = None if at is None else day_of(regime, at, known)
    return show_regime(regime, day, library.claims.get(regime.id))


def _differences_json(found: tuple[Difference, ...]) -> list[dict[str, Any]]:
    return [
        {
            "item": one.item,
            "kind": one.kind,
            "field": one.field or None,
            "old": one.old,
            "new": one.new,
            "words": one.words,
        }
        for one in found
    ]


def _print_differences(found: tuple[Difference, ...]) -> None:
    from interlock.cli.layout import Page

    page = Page()
    last = ""
    for one in found:
        if one.item != last:
            page.say(one.item, style="bold")
            last = one.item
        page.say(one.words, 2, 2)
    if not found:
        page.say("nothing differs")
    page.print()


def _today() -> dt.date:
    import datetime as dt

    return dt.datetime.now(dt.UTC).date()


def _iso(day: dt.date | dt.datetime | None) -> str | None:
    return None if day is None else day.isoformat()


def _echo_json(document: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
