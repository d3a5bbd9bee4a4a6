"""Where a table that cannot be read goes wrong: its first odd row."""

from __future__ import annotations

import csv
import io
import json

from interlock.files import Fault, Place


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
        return Fault(place, "a character is not UTF-8", "save the file as UTF-8")
    return _odd_csv(text, name) if kind == "csv" else _odd_json(text, name)


def _odd_csv(text: str, name: str) -> Fault | None:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        width = len(next(rows, []))
        for row in rows:
            if len(row) > width:
                wrong = f"the row has {len(row)} values, the header {width}"
                place = Place(name, rows.line_num, width + 1)
                return Fault(place, wrong, "quote a value that holds a comma")
    except csv.Error as error:
        return Fault(Place(name, rows.line_num, 1), str(error), "close every quote")
    return None


def _odd_json(text: str, name: str) -> Fault | None:
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            if line.strip() and not isinstance(json.loads(line), dict):
                mend = 'write {"id": ..., ...} on each line'
                return Fault(Place(name, number, 1), "the line is no object", mend)
        except json.JSONDecodeError as error:
            place = Place(name, number, error.colno)
            return Fault(place, f"cannot be read ({error.msg})", "write one object on each line")
        except (RecursionError, ValueError):  # a number of thousands of digits is one
            return Fault(
                Place(name, number, 1), "cannot be read (too deep)", "write one order on each line"
            )
    return None
