"""Tables of text with places: CSV and Parquet, cut into named columns.

Two readers of the same thing. `fast_table` takes plain files at the speed of Polars and gives up
on anything unusual; `slow_table` reads every file cell by cell, knows each cell's line and column,
and notes every fault. What the fast one accepts, the slow one accepts with the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from interlock.files import BadInputError, Fault, Faults, Place, nearest
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

MOST_FAULTS = 1000
"""Faults shown for one file; a last one says how many more there are."""


@dataclass(frozen=True)
class Layout:
    """The columns of a file: those it must have, and those it may have with their defaults.

    `rows` says whether there must be a row below the header.
    """

    required: tuple[str, ...]
    optional: dict[str, str] = field(default_factory=dict)
    rows: bool = False

    @property
    def known(self) -> tuple[str, ...]:
        """All column names."""
        return (*self.required, *self.optional)


@dataclass
class Row:
    """One row: its line, and per column the text and the column where it starts."""

    line: int
    cells: dict[str, tuple[str, int]]


@dataclass
class Table:
    """A file read cell by cell. `columns` are those that were found."""

    name: str
    columns: tuple[str, ...]
    rows: list[Row]

    def place(self, row: Row, column: str) -> Place:
        """Where a cell stands."""
        return Place(self.name, row.line, row.cells[column][1])


def read_bytes(path: Path, name: str) -> bytes:
    """The file's bytes.

    Raises:
        BadInputError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        wrong = phrase("cannot be read ({error})", error=error.strerror)
        fault = Fault(Place(name), wrong, phrase("give the path of a readable file"))
        raise BadInputError([fault]) from error


def is_parquet(path: Path) -> bool:
    """Whether the file's name says that it is Parquet."""
    return path.suffix.lower() in (".parquet", ".pq")


def fast_table(path: Path, data: bytes, layout: Layout) -> pl.DataFrame | None:
    """The file as columns of stripped text, defaults filled in; None where it is out of the plain.

    Plain is: UTF-8, no quotes, every row with as many cells as the header, known columns, none
    twice, none missing.
    """
    import polars as pl  # noqa: PLC0415

    try:
        if is_parquet(path):
            frame = pl.read_parquet(data)
        else:
            data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
            if b'"' in data or b"\r" in data or b"\0" in data or data[:1] in (b"", b"\n"):
                return None
            frame = pl.read_csv(data, infer_schema=False, quote_char=None)
            # Polars fills short rows in silence: count the commas.
            if data.count(b",") != (frame.width - 1) * (frame.height + 1):
                return None
    except (pl.exceptions.PolarsError, OSError, ValueError):
        return None
    return _plain(frame, layout)


def _plain(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame | None:
    import polars as pl  # noqa: PLC0415

    names = [name.strip() for name in frame.columns]
    if len(set(names)) != len(names) or not set(layout.required) <= set(names):
        return None
    if not set(names) <= set(layout.known) or (layout.rows and not frame.height):
        return None
    frame.columns = names
    try:
        frame = frame.select(pl.all().cast(pl.String).str.strip_chars().fill_null(""))
    except pl.exceptions.PolarsError:
        return None
    return frame.with_columns(
        pl.when(pl.col(name) == "").then(pl.lit(default)).otherwise(pl.col(name)).alias(name)
        if name in names
        else pl.lit(default).alias(name)
        for name, default in layout.optional.items()
    )


def slow_table(path: Path, data: bytes, name: str, layout: Layout, faults: Faults) -> Table:
    """The file cell by cell, noting everything wrong with its form."""
    if is_parquet(path):
        return _from_parquet(data, name, layout, faults)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        faults.add(
            Place(name, line, column), phrase("is not UTF-8 text"), phrase("save the file as UTF-8")
        )
        text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    lines = text.split("\n")
    rows = ((number, line.removesuffix("\r")) for number, line in enumerate(lines, 1))
    cut = ((number, cells(line, Place(name, number), faults)) for number, line in rows if line)
    head = next(cut, None)
    if head is None:
        wanted = ",".join(layout.known)
        faults.add(
            Place(name, 1, 1),
            phrase("is empty"),
            phrase("begin with a line of columns: {names}", names=wanted),
        )
        return Table(name, (), [])
    number, titles = head
    if titles is None:
        return Table(name, (), [])
    header = _header([(c, Place(name, number, at)) for c, at in titles], layout, faults)
    if not header:
        return Table(name, (), [])
    table = Table(name, tuple(word for word in header if word), [])
    any_row = False
    for number, found in cut:
        any_row = True
        if found is None:
            continue
        if len(found) != len(titles):
            wrong = phrase(
                "has {count} cells where the header has {other}",
                count=len(found),
                other=len(titles),
            )
            faults.add(Place(name, number, 1), wrong, phrase("write one cell for each column"))
            continue
        pairs = zip(header, found, strict=True)
        table.rows.append(Row(number, {word: cell for word, cell in pairs if word}))
    if layout.rows and not any_row:
        faults.add(
            Place(name, number, 1),
            phrase("has no rows"),
            phrase("write at least one below the header"),
        )
    return table


def cells(line: str, place: Place, faults: Faults) -> list[tuple[str, int]] | None:
    """Cut one line of CSV (RFC 4180) into (text, column) pairs; quoted cells end on their line.

    Returns None where the quotes are at fault, which is then noted.
    """
    if '"' not in line:
        out, at = [], 1
        for piece in line.split(","):
            lead = len(piece) - len(piece.lstrip())
            out.append((piece.strip(), at + lead))
            at += len(piece) + 1
        return out
    out, at, end = [], 0, len(line)
    while at <= end:
        start = at
        while at < end and line[at] == " ":
            at += 1
        if at == end or line[at] != '"':
            stop = line.find(",", at)
            stop = end if stop < 0 else stop
            out.append((line[start:stop].strip(), at + 1))
            at = stop + 1
            continue
        first, at, text = at, at + 1, ""
        while True:
            stop = line.find('"', at)
            if stop < 0:
                wrong = phrase("a quote is not closed on its line")
                faults.add(place.moved(first + 1), wrong, phrase('close it with "'))
                return None
            text += line[at:stop]
            at = stop + 1
            if line[at : at + 1] != '"':
                break
            text, at = text + '"', at + 1
        stop = line.find(",", at)
        stop = end if stop < 0 else stop
        if line[at:stop].strip():
            wrong = phrase("text follows a closing quote")
            faults.add(place.moved(at + 1), wrong, phrase('double a quote inside quotes: ""'))
            return None
        out.append((text.strip(), first + 1))
        at = stop + 1
    return out


def _header(titles: list[tuple[str, Place]], layout: Layout, faults: Faults) -> list[str]:
    """Column names in order, "" for one to skip; empty if a required one is missing."""
    seen: dict[str, Place] = {}
    out = []
    for word, place in titles:
        if word in seen:
            faults.add(
                place,
                phrase("column '{column}' stands twice", column=word),
                phrase("keep one of them"),
            )
            out.append("")
        elif word in layout.known:
            seen[word] = place
            out.append(word)
        else:
            faults.add(
                place, phrase("unknown column '{column}'", column=word), nearest(word, layout.known)
            )
            out.append("")
    place = titles[0][1]
    missing = [word for word in layout.required if word not in seen]
    for word in missing:
        faults.add(
            Place(place.file, place.line, 1),
            phrase("column '{column}' is missing", column=word),
            phrase("add it to the header"),
        )
    return out if seen else []


def _from_parquet(data: bytes, name: str, layout: Layout, faults: Faults) -> Table:
    """Parquet has no lines: a place gives the row, counted from 1, and the number of the column."""
    import polars as pl  # noqa: PLC0415

    try:
        frame = pl.read_parquet(data)
        texts = frame.select(pl.all().cast(pl.String).fill_null(""))
    except (pl.exceptions.PolarsError, OSError) as error:
        wrong = phrase(
            "is not Parquet that can be read ({error})", error=str(error).splitlines()[0][:80]
        )
        faults.add(Place(name), wrong, phrase("write it anew, with plain columns"))
        return Table(name, (), [])
    titles = [(word, Place(name, 0, k)) for k, word in enumerate(texts.columns, 1)]
    if not titles:
        faults.add(
            Place(name),
            phrase("is empty"),
            phrase("write the columns {names}", names=",".join(layout.known)),
        )
        return Table(name, (), [])
    header = _header(titles, layout, faults)
    table = Table(name, tuple(word for word in header if word), [])
    for number, values in enumerate(texts.iter_rows(), 1):
        found = zip(header, values, range(1, len(values) + 1), strict=True)
        row = {word: (value.strip(), k) for word, value, k in found if word}
        table.rows.append(Row(number, row))
    if header and layout.rows and not table.rows:
        faults.add(Place(name), phrase("has no rows"), phrase("write at least one"))
    return table
