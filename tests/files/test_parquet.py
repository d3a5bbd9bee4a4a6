"""A Parquet file is counted before it is unpacked: exactly, and whatever it says of itself."""

from __future__ import annotations

import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.files.parquet import unpacked


def table(frame: pl.DataFrame, **options: object) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, **options)
    return out.getvalue()


def test_a_small_file_that_unpacks_to_much_is_told() -> None:
    frame = pl.DataFrame({"x": ["a" * 50_000_000, "b" * 50_000_000]})
    data = table(frame, compression="zstd")
    assert len(data) < 100_000
    found = unpacked(data)
    assert found.rows == 2
    assert 100_000_000 < found.bytes < 100_001_000


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "lz4", "uncompressed", "brotli"])
@pytest.mark.parametrize("rows", [0, 1, 10, 100_000])
def test_rows_and_bytes_are_those_of_the_file(compression: str, rows: int) -> None:
    texts = [f"row {n}" for n in range(rows)]
    frame = pl.DataFrame({"n": range(rows), "text": texts}).with_columns(
        when=pl.lit("2026-02-10").str.to_date(), price=pl.lit("27000.50").cast(pl.Decimal(14, 2)),
        flag=pl.col("n") % 2 == 0, nothing=pl.lit(None, pl.Int64),
    )  # fmt: skip
    plain = table(frame, compression="uncompressed", row_group_size=7_000)
    found = unpacked(table(frame, compression=compression, row_group_size=7_000))
    assert found.rows == rows
    assert found == unpacked(plain)
    assert found.bytes <= len(plain)


def test_a_page_counts_by_its_own_header_not_by_the_footer() -> None:
    data = bytearray(table(pl.DataFrame({"x": ["a" * 1000]}), compression="zstd"))
    before = unpacked(bytes(data)).bytes
    # The first page's header: field 1 (type), field 2 (unpacked size), both zigzag numbers.
    assert (data[4], data[6], data[8] & 0x80) == (0x15, 0x15, 0), "the second number has two bytes"
    data[8] ^= 0x10
    assert unpacked(bytes(data)).bytes == before + (0x10 << 7 >> 1)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_file_is_counted_or_refused_and_nothing_else(chance: st.DataObject) -> None:
    frame = pl.DataFrame({"n": range(50), "text": [f"row {n}" for n in range(50)]})
    data = bytearray(table(frame))
    for _ in range(chance.draw(st.integers(1, 4))):
        data[chance.draw(st.integers(0, len(data) - 1))] = chance.draw(st.integers(0, 255))
    cut = chance.draw(st.integers(0, len(data)))
    for one in (bytes(data), bytes(data[:cut])):
        try:
            found = unpacked(one)
        except ValueError:
            continue
        assert found.bytes >= 0
