"""Where a table that cannot be read goes wrong: its first odd row."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from functools import partial
from typing import Any

from interlock.files import Fault, Place
from interlock.files.phrases import phrase, verbatim


def odd_row(data: bytes, kind: str, name: str) -> Fault | None:
    """The first row that keeps a table from being read.

    Args:
        data: the table, which could not be read.
        kind: `csv` or `ndjson`; of anything else no row can be told.
        name: of the file, for the message.

    Returns:
        The fault with its line, counted from 1, header included; None: no row is odd by itself.
    """
    if kind not in ("csv", "ndjson"):
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place(name, data.count(b"\n", 0, error.start) + 1, 1)
        return Fault(place, phrase("a character is not UTF-8"), phrase("save the file as UTF-8"))
    return _odd_csv(text, name) if kind == "csv" else _odd_json(text, name)


def _odd_csv(text: str, name: str) -> Fault | None:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        width = len(next(rows, []))
        for row in rows:
            if len(row) > width:
                wrong = phrase(
                    "the row has {count} values, the header {width}", count=len(row), width=width
                )
                place = Place(name, rows.line_num, width + 1)
                return Fault(place, wrong, phrase("quote a value that holds a comma"))
    except csv.Error as error:
        return Fault(
            Place(name, rows.line_num, 1), verbatim(str(error)), phrase("close every quote")
        )
    return None


def _odd_json(text: str, name: str) -> Fault | None:
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            if line.strip() and not isinstance(json.loads(line), dict):
                mend = phrase('write {{"id": ..., ...}} on each line')
                return Fault(Place(name, number, 1), phrase("the line is no object"), mend)
        except json.JSONDecodeError as error:
            place = Place(name, number, error.colno)
            return Fault(
                place,
                phrase("cannot be read ({error})", error=error.msg),
                phrase("write one object on each line"),
            )
        except (RecursionError, ValueError):  # a number of thousands of digits is one
            return Fault(
                Place(name, number, 1),
                phrase("cannot be read (too deep)"),
                phrase("write one order on each line"),
            )
    return None


def said_twice(data: bytes, name: str) -> Fault | None:
    """The first object of a table of lines that says one name twice; None: there is none.

    Args:
        data: the table as NDJSON, which could be read.
        name: of the file, for the message.
    """
    for number, line in enumerate(data.split(b"\n"), start=1):
        found: list[str] = []
        with suppress(ValueError, RecursionError):  # what is read otherwise is no concern here
            json.loads(line, object_pairs_hook=partial(_once, found))
        if found:
            place = Place(name, number, line.rfind(json.dumps(found[0]).encode()) + 1)
            wrong = phrase("says '{key}' twice", key=found[0])
            return Fault(place, wrong, phrase("say each once"))
    return None


def _once(twice: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice.append(next(name for name in names if names.count(name) > 1))
    return made
