"""CSV and Parquet files of cases, and what is wrong with one that cannot be read to its end."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from interlock.files import BadInputError, Fault, Faults, Place
from interlock.files.header import columns_twice
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    from polars.exceptions import PolarsError


def read_table(path: str) -> tuple[pl.LazyFrame, int]:
    """A CSV (all columns as text) or Parquet file, lazily, and its header lines.

    Raises:
        BadInputError: it cannot be read.
    """
    try:
        parquet = path.lower().endswith(".parquet")
        frame = (
            pl.scan_parquet(path)
            if parquet
            else pl.scan_csv(path, infer_schema=False, null_values=[""])
        )
        frame.collect_schema()
        if not parquet:
            _check_header(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        faults = Faults()
        wrong = phrase("cannot be read ({error})", error=str(error).splitlines()[0])
        faults.add(Place(path), wrong, phrase("give a CSV file with a header, or a Parquet file"))
        raise BadInputError(faults.found) from error
    return frame, 0 if parquet else 1


def _check_header(path: str) -> None:
    """Refuse two columns of one name, of which the second would come under another one."""
    with Path(path).open(encoding="utf-8", errors="replace", newline="") as file:
        found = columns_twice(file, path)
    if found:
        raise BadInputError(found)


def unreadable(path: str, error: PolarsError) -> BadInputError:
    """What to tell of a table that broke off while it was read: its odd row, else the cause."""
    if path.lower().endswith(".csv"):
        with Path(path).open(encoding="utf-8", errors="replace", newline="") as file:
            rows = csv.reader(file)
            width = len(next(rows, []))
            for row in rows:
                if row and len(row) != width:
                    place = Place(path, rows.line_num, 1)
                    wrong = phrase(
                        "the row has {count} values, the header {width}",
                        count=len(row),
                        width=width,
                    )
                    return BadInputError(
                        [Fault(place, wrong, phrase("quote a value that holds a comma"))]
                    )
    wrong = phrase("cannot be read to its end ({error})", error=str(error).splitlines()[0])
    return BadInputError([Fault(Place(path), wrong, phrase("write the file anew"))])
