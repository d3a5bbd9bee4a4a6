"""CSV with positions: what is written is read, each cell knows where it starts, nothing crashes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from fractions import Fraction
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.files import BadInputError, Faults, Place
from interlock.goods.table import Row, read_table

COLUMNS = ("first", "second", "third")
# No line breaks but \n: a column is counted in the line on which the cell starts.
cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])
    | st.sampled_from([",", '"', "\n", " "]),
    max_size=8,
)


def read(text: str) -> tuple[list[Row], Faults]:
    faults = Faults()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(text.encode())
        try:
            return read_table(path, COLUMNS, ("fourth",), faults, name="table.csv"), faults
        except BadInputError as error:
            faults.found.extend(error.faults)
            return [], faults


@settings(deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), max_size=5))
def test_what_the_csv_module_writes_is_read_with_places(rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    text = out.getvalue()
    found, faults = read(text)
    assert not faults.found
    assert [tuple(row.values.values()) for row in found] == [
        tuple(cell.strip() for cell in row) for row in rows
    ]
    lines = text.split("\n")
    for row, written in zip(found, rows, strict=True):
        for column, cell in zip(COLUMNS, written, strict=True):
            place = row.place(column)
            quoted = '"' + cell.replace('"', '""') + '"'
            rest = "\n".join(lines[place.line - 1 :])[place.column - 1 :]
            assert rest.startswith(quoted)


@settings(deadline=None)
@given(st.text(max_size=60) | st.text('",\n\rfirstsecondthird', max_size=80))
def test_any_text_gives_rows_or_faults_and_nothing_else(text: str) -> None:
    rows, faults = read(text)
    assert rows == [] or all(set(row.values) >= set(COLUMNS) for row in rows)
    assert all(fault.wrong and fault.mend for fault in faults.found)
    if "first" not in text:
        assert faults.found


def test_typed_cells_and_their_faults() -> None:
    (row,), faults = read("first,second,third\n 2614.9 ,2026-01-28,TRUE\n")
    assert row.number("first", faults) == Fraction("2614.9")
    assert row.date("second", faults) == dt.date(2026, 1, 28)
    assert row.flag("third", faults) is True
    assert row.text("fourth") == ""
    assert row.number("fourth", faults) is None
    assert not faults.found
    assert row.integer("first", faults) is None
    assert row.date("third", faults) is None
    assert row.flag("second", faults) is None
    assert row.number("third", faults) is None
    assert [(fault.place, fault.wrong) for fault in faults.found] == [
        (Place("table.csv", 2, 1), "'first' is 2614.9, not a whole number"),
        (Place("table.csv", 2, 21), "'TRUE' is no date"),
        (Place("table.csv", 2, 10), "'2026-01-28' is no yes/no"),
        (Place("table.csv", 2, 21), "'TRUE' is no number"),
    ]


def test_a_byte_order_mark_and_blank_lines_do_not_matter() -> None:
    rows, faults = read("\ufefffirst,second,third\r\n\r\na,b,c\r\n")
    assert not faults.found
    assert [(row.line, row.values["third"]) for row in rows] == [(3, "c")]
