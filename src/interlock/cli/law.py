"""`interlock law`: check regime files, run their cases, show the law of a day, tell what changed.

Exit codes: 0 done; 1 findings: a case that differs, or a difference between two laws; 2 bad input,
every fault on the error stream, one a line.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.common import DONE, FINDINGS, Format, refuse, refuse_option

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
OnePath = Annotated[Path, typer.Argument(metavar="PATH", help="A regime file, or a folder.")]
Output = Annotated[Format, typer.Option("--format", help="human or json.")]
Known = Annotated[
    str | None, typer.Option("--known", help="Only what was public by this day (default: --at).")
]


@app.command()
def check(paths: Paths, format_: Output = Format.human) -> None:
    """Report every fault of form and meaning of regime files and files of cases, in one pass.

    Exit code 0: no fault; 2: faults, each as `file:line:column: what is wrong; what to write`.
    """
    from interlock.files import BadInputError, Faults
    from interlock.law.casetests import run_cases
    from interlock.law.library import load_regimes
    from interlock.law.reading.regime import regime_files

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
    if format_ is Format.json:
        _echo_json({"files": [str(file) for file in files], "faults": [_fault(f) for f in found]})
    if found:
        refuse(found)
    if format_ is Format.human:
        for file in files:
            typer.echo(f"{file}: no fault")


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
def run_tests(paths: Paths, format_: Output = Format.human) -> None:
    """Run the cases beside regime files, `<regime>.test.yaml`.

    Exit code 0: all as expected; 1: differences, each with its place; 2: faulty files.
    """
    from interlock.files import BadInputError, Faults
    from interlock.law.casetests import run_cases

    faults = Faults()
    results: dict[str, list[CaseResult]] = {}
    for path in _test_files(paths, faults):
        try:
            results[str(path)] = run_cases(path)
        except BadInputError as error:
            faults.found.extend(error.faults)
    if faults.found:
        refuse(sorted(set(faults.found)))
    differing = [one for found in results.values() for one in found if one.differences]
    if format_ is Format.json:
        _echo_json(_results_json(results))
    else:
        _print_results(results)
    raise typer.Exit(FINDINGS if differing else DONE)


@app.command()
def show(
    path: OnePath,
    item: Annotated[
        str | None, typer.Argument(metavar="[ITEM]", help="Only this rule, parameter, ...")
    ] = None,
    at: Annotated[str | None, typer.Option(help="Day whose law is shown (default today).")] = None,
    known: Known = None,
    format_: Output = Format.human,
) -> None:
    """Show a regime as of a day: versions, values in force, rules, accounts, with their sources."""
    from interlock.files import nearest
    from interlock.law.show import day_of, known_ids, show_regime

    day, heard = _day("--at", at) or _today(), _day("--known", known)
    library = _load(path)
    regimes = [one.regime for one in library.checked]
    if item is not None and item not in known_ids(regimes):
        refuse_option(str(path), f"there is no '{item}'", nearest(item, known_ids(regimes)))
    shown = [
        show_regime(
            regime, day_of(regime, day, heard), library.claims.get(regime.id), item=item or ""
        )
        for regime in regimes
    ]
    if item is not None:
        from interlock.law.show import SECTIONS

        shown = [one for one in shown if any(one[section] for section in SECTIONS)]
    if format_ is Format.json:
        _echo_json({"at": str(day), "known": str(heard or day), "regimes": shown})
    else:
        from interlock.cli.show_law import print_law

        print_law(shown, str(day), str(heard or day), whole=item is None)


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
    first, second, heard = _day("--at", at), _day("--and", b), _day("--known", known)
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


def tests_of(file: str | Path) -> Path | None:
    """The file of cases beside a regime file, if there is one."""
    beside = Path(file).with_suffix(".test.yaml")
    return beside if beside.is_file() else None


def _test_files(paths: list[Path], faults: Any) -> list[Path]:
    """The files of cases that paths name: themselves, beside a regime file, or in a folder."""
    from interlock.files import Place

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            here = sorted(path.glob("*.test.yaml"))
        elif path.name.endswith(".test.yaml"):
            here = [path]
        else:
            beside = tests_of(path)
            here = [] if beside is None else [beside]
        if not here:
            wrong = "has no file of cases" if path.exists() else "cannot be read (no such file)"
            mend = f"write {path.stem if path.suffix else '<regime>'}.test.yaml beside the regime"
            faults.add(Place(str(path)), wrong, mend)
        found += [one for one in here if one not in found]
    return found


def _load(path: Path) -> Library:
    from interlock.files import BadInputError
    from interlock.law.library import load_regimes

    try:
        return load_regimes(path)
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


def _results_json(results: dict[str, list[CaseResult]]) -> dict[str, Any]:
    return {
        "files": [
            {
                "file": file,
                "cases": len(found),
                "differences": [
                    {
                        "case": difference.case,
                        "file": difference.place.file,
                        "line": difference.place.line,
                        "column": difference.place.column,
                        "what": difference.what,
                    }
                    for result in found
                    for difference in result.differences
                ],
            }
            for file, found in results.items()
        ]
    }


def _print_results(results: dict[str, list[CaseResult]]) -> None:
    wrong = 0
    for file, found in results.items():
        differing = [result for result in found if result.differences]
        wrong += len(differing)
        for result in differing:
            for difference in result.differences:
                typer.echo(str(difference))
        typer.echo(f"{file}: {len(found)} cases, {len(differing)} differ")
    total = sum(map(len, results.values()))
    if len(results) > 1:
        typer.echo(f"{total} cases in {len(results)} files, {wrong} differ")


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


def _day(option: str, text: str | None) -> dt.date | dt.datetime | None:
    from interlock.law.cases.values import parse_day

    if text is None:
        return None
    try:
        return parse_day(text)
    except ValueError:
        mend = "write YYYY-MM-DD, or an instant such as 2026-01-28T09:00+08:00"
        refuse_option(option, f"'{text}' is no date", mend)


def _today() -> dt.date:
    import datetime as dt

    return dt.datetime.now(dt.UTC).date()


def _iso(day: dt.date | dt.datetime | None) -> str | None:
    return None if day is None else day.isoformat()


def _echo_json(document: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
