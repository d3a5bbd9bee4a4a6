"""CSV files with positions: rows whose cells know their line and column.

The standard `csv` module reads; the column of a cell is only worked out when a message needs it.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from interlock.files.faults import BadInputError, Fault, Faults, Place, nearest
from interlock.files.phrases import phrase
from interlock.files.texts import day_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

MAX_BYTES: Final = 64_000_000
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,2})?\Z")


@dataclass(frozen=True)
class Row:
    """One record of a table; `line` is the line it starts on."""

    file: str
    line: int
    values: dict[str, str]
    raw: str
    order: tuple[str, ...]

    def place(self, column: str) -> Place:
        """Where a cell starts; the row if there is no such column."""
        if column not in self.order:
            return Place(self.file, self.line)
        at = 0
        for _ in range(self.order.index(column)):
            at = _next_cell(self.raw, at)
        lines = self.raw.count("\n", 0, at)
        return Place(self.file, self.line + lines, at - (self.raw.rfind("\n", 0, at) + 1) + 1)

    def text(self, column: str) -> str:
        """The cell without blanks around it; empty if the table has no such column."""
        return self.values.get(column, "")

    def needed(self, column: str, faults: Faults) -> str:
        """A cell that must not be empty."""
        text = self.text(column)
        if not text:
            faults.add(
                self.place(column),
                phrase("'{key}' is empty", key=column),
                phrase("write its value"),
            )
        return text

    def number(self, column: str, faults: Faults, *, least: int = 0) -> Fraction | None:
        """An exact number of at least `least`; None if the cell is empty."""
        text = self.text(column)
        if not text:
            return None
        if not _NUMBER.match(text):
            mend = phrase("write a plain number such as 600 or 2614.9, or leave the cell empty")
            faults.add(self.place(column), phrase("'{value}' is no number", value=text), mend)
            return None
        number = Fraction(Decimal(text))
        if number < least:
            mend = phrase("write {least} or more, or leave an unknown cell empty", least=least)
            faults.add(
                self.place(column), phrase("'{column}' is {text}", column=column, text=text), mend
            )
            return None
        return number

    def integer(self, column: str, faults: Faults, *, least: int = 0) -> int | None:
        """A whole number of at least `least`; None if the cell is empty."""
        number = self.number(column, faults, least=least)
        if number is None:
            return None
        if number.denominator != 1:
            wrong = phrase(
                "'{column}' is {value}, not a whole number", column=column, value=self.text(column)
            )
            faults.add(self.place(column), wrong, phrase("write whole units"))
            return None
        return number.numerator

    def date(self, column: str, faults: Faults) -> dt.date | None:
        """A date; None if the cell is empty."""
        text = self.text(column)
        if not text:
            return None
        day = day_of(text)
        if day is not None:
            return day
        faults.add(
            self.place(column),
            phrase("'{value}' is no date", value=text),
            phrase("write YYYY-MM-DD"),
        )
        return None

    def flag(self, column: str, faults: Faults) -> bool | None:
        """`true` or `false`; None if the cell is empty."""
        text = self.text(column).lower()
        if text in ("", "true", "false"):
            return None if not text else text == "true"
        wrong = phrase("'{value}' is no yes/no", value=self.text(column))
        faults.add(
            self.place(column), wrong, phrase("write true or false, or leave the cell empty")
        )
        return None


def _next_cell(raw: str, at: int) -> int:
    """Index after the comma that ends the cell starting at `at`."""
    quoted = False
    for index in range(at, len(raw)):
        if raw[index] == '"':
            quoted = not quoted
        elif raw[index] == "," and not quoted:
            return index + 1
    return len(raw)


def read_table(
    path: Path,
    needed: Sequence[str],
    optional: Sequence[str],
    faults: Faults,
    *,
    name: str | None = None,
) -> list[Row]:
    """Read a CSV file with a header line.

    Args:
        path: the file, UTF-8.
        needed: columns that must be there.
        optional: columns that may be there; any other is a fault.
        faults: where faults of the table are noted. A row of the wrong width is left out.
        name: how the file is called in messages; default the path as given.

    Raises:
        BadInputError: the file cannot be read at all.
    """
    shown = name if name is not None else str(path)
    text = _text(path, shown)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    lines = io.StringIO(text, newline="").readlines()  # the same lines that the reader counts
    try:
        header = tuple(cell.strip() for cell in next(reader, []))
        if not _check_header(header, needed, optional, shown, faults):
            return []  # every row would repeat what is wrong with the header
        start = reader.line_num
        for cells in reader:
            raw = "".join(lines[start : reader.line_num])
            line, start = start + 1, reader.line_num
            if not cells:
                continue
            if len(cells) != len(header):
                wrong = phrase(
                    "has {count} cells where the header has {other}",
                    count=len(cells),
                    other=len(header),
                )
                mend = phrase("write one cell for each column, quoted if it holds a comma")
                faults.add(Place(shown, line, 1), wrong, mend)
                continue
            values = {key: cell.strip() for key, cell in zip(header, cells, strict=True)}
            rows.append(Row(shown, line, values, raw, header))
    except csv.Error as error:
        place = Place(shown, max(reader.line_num, 1), 1)
        faults.add(
            place,
            phrase("is not CSV: {error}", error=error),
            phrase("close every quote; double a quote inside one"),
        )
    return rows


def _check_header(
    header: tuple[str, ...],
    needed: Sequence[str],
    optional: Sequence[str],
    shown: str,
    faults: Faults,
) -> bool:
    """Whether every needed column is there."""
    first = Row(shown, 1, {}, ",".join(header), header)
    known = {*needed, *optional}
    for column in needed:
        if column not in header:
            mend = phrase("add it to the header line: {names}", names=",".join(needed))
            faults.add(
                Place(shown, 1, 1), phrase("the column '{column}' is missing", column=column), mend
            )
    for index, column in enumerate(header):
        if column not in known:
            faults.add(
                first.place(column),
                phrase("unknown column '{column}'", column=column),
                nearest(column, known),
            )
        elif column in header[:index]:
            mend = phrase("keep one of them")
            faults.add(
                first.place(column),
                phrase("the column '{column}' stands twice", column=column),
                mend,
            )
    return all(column in header for column in needed)


def _text(path: Path, shown: str) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        mend = phrase("give the path of a readable file")
        fault = Fault(Place(shown), phrase("cannot be read ({error})", error=error.strerror), mend)
        raise BadInputError([fault]) from error
    if len(data) > MAX_BYTES:
        mend = phrase("split it: at most {most:,} bytes are read", most=MAX_BYTES)
        raise BadInputError(
            [Fault(Place(shown), phrase("is {count:,} bytes long", count=len(data)), mend)]
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        fault = Fault(
            Place(shown, line, column),
            phrase("is not UTF-8 text"),
            phrase("save the file as UTF-8"),
        )
        raise BadInputError([fault]) from error
