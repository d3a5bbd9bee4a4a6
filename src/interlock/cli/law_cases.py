"""What `interlock law test` reads and prints: the files of cases, and their results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from interlock.law.casetests import CaseResult


def tests_of(file: str | Path) -> Path | None:
    """The file of cases beside a regime file, if there is one."""
    beside = Path(file).with_suffix(".test.yaml")
    return beside if beside.is_file() else None


def test_files(paths: list[Path], faults: Any) -> list[Path]:
    """The files of cases that paths name: themselves, beside a regime file, or in a folder."""
    from interlock.files import Place
    from interlock.files.phrases import verbatim

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
            faults.add(Place(str(path)), verbatim(wrong), verbatim(mend))
        found += [one for one in here if one not in found]
    return found


def results_json(results: dict[str, list[CaseResult]]) -> dict[str, Any]:
    """The stable JSON form, docs/reference/schemas/law-test.json."""
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


def print_results(results: dict[str, list[CaseResult]]) -> None:
    """Each expectation that is not met, with its place, then the counts."""
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
