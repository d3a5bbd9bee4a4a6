"""Where a table goes wrong that cannot be read: its first odd row, or what nobody should try."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Any

from interlock.files import Fault, Place
from interlock.files.header import columns_twice
from interlock.files.phrases import phrase, verbatim

MOST_COLUMNS = 1000
"""More than all names there are; a reader takes minutes and gigabytes for a million."""
PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"x\x01", b"x\x9c", b"x\xda")
"""How gzip, zstd and zlib begin, which the reader would unpack without end; no text does."""


def unread(data: bytes, kind: str, name: str) -> Fault | None:
    """Why a table of text is not to be read at all; None: let it be tried.

    Args:
        data: the table, of which nobody has read anything.
        kind: `csv` or `ndjson`.
        name: of the file, for the message.
    """
    if data.startswith(PACKED):
        return Fault(Place(name), phrase("is compressed"), phrase("unpack it, and send the text"))
    if kind == "csv":
        text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="replace", newline="")
        return _wide(data, name) or next(iter(columns_twice(text, name)), None)
    return said_twice(data, name)


def _wide(data: bytes, name: str) -> Fault | None:
    """Whether the header of a CSV is too wide; it ends with the first line that closes quotes."""
    commas = quotes = 0
    for line in io.BytesIO(data):
        commas, quotes = commas + line.count(b","), quotes + line.count(b'"')
        if commas >= MOST_COLUMNS:
            return _too_wide(name, 1)
        if quotes % 2 == 0:
            break
    return None


def _too_wide(name: str, line: int) -> Fault:
    wrong = phrase("there are more than {most} columns", most=MOST_COLUMNS)
    mend = phrase("leave out what is no order's")
    return Fault(Place(name, line, MOST_COLUMNS + 1), wrong, mend)


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

    Too many different names are told as well: each of them becomes a column.

    Args:
        data: the table as NDJSON; what cannot be read of it is no concern here.
        name: of the file, for the message.
    """
    names: set[str] = set()
    for number, line in enumerate(data.split(b"\n"), start=1):
        found: list[str] = []
        with suppress(ValueError, RecursionError):
            json.loads(line, object_pairs_hook=partial(_once, found, names))
        if len(names) > MOST_COLUMNS:
            return _too_wide(name, number)
        if found:
            place = Place(name, number, line.rfind(json.dumps(found[0]).encode()) + 1)
            wrong = phrase("says '{key}' twice", key=found[0])
            return Fault(place, wrong, phrase("say each once"))
    return None


def _once(twice: list[str], names: set[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    names.update(made)
    if len(made) < len(pairs):
        said = Counter(name for name, _ in pairs)
        twice.append(next(name for name, times in said.items() if times > 1))
    return made
