"""Order tables: loaded whole, again without effect, refused whole with row and column."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import time
import zlib
from decimal import Decimal

import polars as pl
import pytest
from book_kit import ADMIN, NOW, World

from interlock.book.errors import DeniedError
from interlock.book.loading import orders as loading
from interlock.book.loading.orders import load_orders
from interlock.book.loading.tables import COLUMNS, OrderTable, read
from interlock.book.models import Event, Order
from interlock.book.selectors.accounts import ledger
from interlock.files import BadInputError


def table(rows: int = 25, **more: object) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"l-{number}" for number in range(rows)],
            "buyer": ["bytedance"] * rows,
            "supplier": ["nvidia"] * rows,
            "product": ["h200-sxm"] * rows,
            "quantity": [100 + number for number in range(rows)],
            "destination": ["CN"] * rows,
            "order.truly_needed": [True] * rows,
        }
        | {name: [value] * rows for name, value in more.items()}
    )


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def test_a_table_is_loaded_with_one_audit_row_a_batch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 10)
    before = len(ledger().entries())
    seen: list[tuple[int, int]] = []
    done = load_orders(
        world.buyer, parquet(table()), "parquet", "o.parquet", now=NOW,
        told=lambda one, all_: seen.append((one, all_)),
    )  # fmt: skip
    assert (done.written, done.already, Order.objects.count()) == (25, 0, 25)
    assert seen == [(10, 25), (20, 25), (25, 25)]
    assert [x.kind for x in ledger().entries()[before:]] == ["order.load"] * 3
    one = Order.objects.get(pk="l-7")
    assert (one.quantity, one.unit_price_usd, one.state) == (107, 27000, "placed")
    assert one.facts == {"order": {"truly_needed": True}}
    assert sum(len(json.loads(x.content)["rows"]) for x in ledger().entries()[before:]) == 25


def test_the_same_table_again_goes_on_where_it_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 10)
    data = parquet(table())

    class Killed(Exception):  # noqa: N818
        pass

    def stop(done: int, _all: int) -> None:
        if done == 20:
            raise Killed

    with pytest.raises(Killed):
        load_orders(world.buyer, data, "parquet", "o", now=NOW, told=stop)
    assert Order.objects.count() == 20
    done = load_orders(world.buyer, data, "parquet", "o", now=NOW)
    assert (done.written, done.already, Order.objects.count()) == (5, 20, 25)
    events = Event.objects.count()
    again = load_orders(world.buyer, data, "parquet", "o", now=NOW)
    assert (again.written, again.already, Event.objects.count()) == (0, 25, events)


def test_every_fault_is_told_with_row_and_column_and_nothing_is_loaded(world: World) -> None:
    text = (
        "id,buyer,supplier,product,quantity,destination,lot,placed_on\n"
        "a,bytedance,nvidia,h200-sxm,10,CN,1,2026-02-01\n"
        "a,bytedance,nvidia,h200-sxm,ten,CN,1,2026-02-01\n"
        "b,bytedance,nvidia,h200-sxm,10,China,4,2026-02-31\n"
        "c,bytedance,bytedance,h200-sxm,-1,CN,1,2027-01-01\n"
        "d,bytedance,nvidia,h200-sxm,1,CN,1,0001-01-01\n"
        ",bytedance,nvidia,h200-sxm,1,CN,1,\n"
        "e,bytedance,nvidia,h200-sxm,1,CN,1,2026-2-1\n"
    )
    with pytest.raises(BadInputError) as caught:
        load_orders(world.buyer, text.encode(), "csv", "orders.csv", now=NOW)
    told = [str(fault).split(";")[0] for fault in caught.value.faults]
    assert told == [
        "orders.csv:3:1: id: 'a' stands twice",
        "orders.csv:3:5: quantity: 'ten' is not what this column holds",
        "orders.csv:4:5: quantity: '10' is no whole number of lots",
        "orders.csv:4:6: destination: 'China' is not what this column holds",
        "orders.csv:4:8: placed_on: '2026-02-31' is not what this column holds",
        "orders.csv:5:3: supplier: 'bytedance' is the buyer too",
        "orders.csv:5:5: quantity: '-1' is not what this column holds",
        "orders.csv:5:8: placed_on: '2027-01-01' has not come yet",
        "orders.csv:6:8: placed_on: '0001-01-01' is not what this column holds",
        "orders.csv:7:1: id: is empty",
        "orders.csv:8:8: placed_on: '2026-2-1' is not what this column holds",
    ]
    assert Order.objects.count() == 0


def test_a_list_or_an_object_in_a_cell_is_told_as_the_file_has_it(world: World) -> None:
    line = (b'{"id": "a", "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",'
            b' "quantity": [5, 6], "destination": {"to": "\xe5\x8c\x97"}}\n')  # fmt: skip
    with pytest.raises(BadInputError) as caught:
        load_orders(world.buyer, line, "ndjson", "o", now=NOW)
    assert [str(fault).split(";")[0] for fault in caught.value.faults] == [
        "o:1:5: quantity: '[5, 6]' is not what this column holds",
        'o:1:6: destination: \'{"to": "\u5317"}\' is not what this column holds',
    ]


def test_what_is_not_in_the_book_is_told_by_its_row(world: World) -> None:
    frame = table(3).with_columns(product=pl.Series(["h200-sxm", "h300", None]))
    with pytest.raises(BadInputError, match="product: is empty"):
        load_orders(world.buyer, parquet(frame), "parquet", "o.parquet", now=NOW)
    frame = table(3).with_columns(product=pl.Series(["h200-sxm", "h300", "h200-sxm"]))
    with pytest.raises(BadInputError, match=r"o\.parquet:2:4: product: 'h300' is no product"):
        load_orders(world.buyer, parquet(frame), "parquet", "o.parquet", now=NOW)
    assert Order.objects.count() == 0


def test_an_unknown_column_and_a_broken_file_are_refused(world: World) -> None:
    frame = table(1).rename({"order.truly_needed": "order.truly_neded"})
    with pytest.raises(BadInputError, match=r"no column 'order\.truly_neded'; did you mean"):
        load_orders(world.buyer, parquet(frame), "parquet", "o", now=NOW)
    for kind in ("parquet", "ndjson"):
        with pytest.raises(BadInputError, match="cannot be read"):
            load_orders(world.buyer, b"PAR1 broken", kind, "o", now=NOW)


def test_a_firm_loads_only_lines_that_it_could_place(world: World) -> None:
    frame = table(4).with_columns(buyer=pl.Series(["bytedance", "bytedance", "tencent", "tencent"]))
    with pytest.raises(BadInputError) as caught:  # it may not know that firm at all
        load_orders(world.buyer, parquet(frame), "parquet", "o", now=NOW)
    assert [fault.place.line for fault in caught.value.faults] == [3, 4]
    world.do(ADMIN, "party.change", "tencent", known_to=["bytedance"])
    with pytest.raises(DeniedError):
        load_orders(world.buyer, parquet(frame), "parquet", "o", now=NOW)
    assert (Order.objects.count(), Event.objects.filter(name="order.load").count()) == (0, 0)


def test_only_the_supplier_ranks_the_lines_of_a_load(world: World) -> None:
    ranked = table().with_columns(tier=pl.when(pl.col("id") == "l-3").then(2).otherwise(1))
    with pytest.raises(BadInputError) as caught:
        load_orders(world.buyer, parquet(ranked), "parquet", "o.parquet", now=NOW)
    (fault,) = caught.value.faults
    assert "tier" in str(fault)
    assert not Order.objects.exists()
    load_orders(world.supplier, parquet(ranked), "parquet", "o.parquet", now=NOW)
    assert Order.objects.get(pk="l-3").tier == 2


def test_an_id_that_is_taken_refuses_the_whole_load(world: World) -> None:
    world.order("l-1")
    with pytest.raises(BadInputError, match="o:2:1: id: 'l-1' is taken"):
        load_orders(world.buyer, parquet(table(3)), "parquet", "o", now=NOW)
    assert Order.objects.count() == 1


CSV = "id,buyer,supplier,product,quantity,destination"
LINE = "bytedance,nvidia,h200-sxm,5,CN"


def test_a_fact_is_read_as_the_law_reads_it_or_refused_by_its_row(world: World) -> None:
    """One that the law cannot read would keep every run with its order from being made."""
    head = f"{CSV},order.truly_needed,order.prohibited_end_use\n"
    bad = f"{head}l-1,{LINE},true,\nl-2,{LINE},banana,1\n"
    with pytest.raises(BadInputError) as caught:
        load_orders(world.buyer, bad.encode(), "csv", "o.csv", now=NOW)
    assert [str(one) for one in caught.value.faults] == [
        "o.csv:3:7: order.truly_needed: 'banana' is not yes/no; write true or false",
        "o.csv:3:8: order.prohibited_end_use: '1' is not yes/no; write true or false",
    ]
    assert Order.objects.count() == 0
    good = f"{head}l-1,{LINE},TRUE,\nl-2,{LINE},,false\n"
    load_orders(world.buyer, good.encode(), "csv", "o.csv", now=NOW)
    assert [one.facts for one in Order.objects.order_by("pk")] == [
        {"order": {"truly_needed": True}}, {"order": {"prohibited_end_use": False}},
    ]  # fmt: skip


def test_no_type_of_a_column_breaks_the_reader(world: World) -> None:
    odd = [
        [1], {"a": 1}, b"\xff", dt.date(2026, 1, 1), dt.datetime(2026, 1, 1, 5), dt.time(1),  # noqa: DTZ001 - as Parquet has it
        dt.timedelta(1), True, Decimal("1.5"), float("nan"),
    ]  # fmt: skip
    whole = {"id", "quantity", "tier", "lot", "placed_on", "order.truly_needed"}
    taken, told = set(), set()
    for column in {*COLUMNS, "order.truly_needed"}:
        for value in odd:
            frame = table(1).with_columns(pl.Series(column, [value]))
            try:
                OrderTable(frame, "o", 0, NOW.date())
                taken.add((column, str(value)))
            except BadInputError as error:
                told |= {(column, frame.columns[one.place.column - 1]) for one in error.faults}
    assert all(column == named for column, named in told)
    assert {one for one in taken if one[0] in whole} == {
        ("placed_on", "2026-01-01"), ("order.truly_needed", "True"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("csv", f"{CSV}\nl-1,{LINE}\nl-2,{LINE},more\n".encode(), "o:3:7: the row has 7 values, "),
        (
            "csv",
            f"{CSV}\nl-1,{LINE}\nl\xe9,{LINE}\n".encode("latin-1"),
            "o:3:1: a character is not",
        ),
        ("csv", f'{CSV}\nl-1,{LINE}\n"l-2,{LINE}\n'.encode(), "o:3:1: unexpected end of data"),
        ("ndjson", b'{"id": "l-1"}\n\n{"id": }\n', "o:3:8: cannot be read"),
        ("ndjson", b'{"id": "l-1"}\n[1]\n', "o:2:1: the line is no object"),
        ("ndjson", b"[" * 100_000, "o:1:1: cannot be read"),
        (
            "ndjson",
            b'{"id": "l-1"}\n{"lot": 1, "id": "l-2", "lot": 2}\n',
            "o:2:25: says 'lot' twice",
        ),
        (
            "csv",
            f'{CSV},"quantity"\nl-1,{LINE},1\n'.encode(),
            "o:1:7: the column 'quantity' stands twice (first in column 5); keep one of them",
        ),
        ("csv", gzip.compress(b"0" * 10**6), "o:0:0: is compressed; unpack it"),
        ("ndjson", zlib.compress(b"0" * 10**6), "o:0:0: is compressed; unpack it"),
        ("csv", b'"a\n"' + b",c" * 1000 + b"\n", "o:1:1001: there are more than 1000 columns"),
        (
            "ndjson",
            b"".join(b'{"k%d": 1}\n' % one for one in range(1001)),
            "o:1001:1001: there are more than 1000 columns",
        ),
    ],
)
def test_a_table_that_cannot_be_read_says_at_which_row(kind: str, text: bytes, says: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read(text, kind, "o")
    assert str(caught.value.faults[0]).startswith(says)


def test_no_table_of_more_columns_than_there_are_names_is_taken_apart() -> None:
    """A million took minutes and gigabytes, from whoever may place one order."""
    began = time.process_time()
    for text in (b",c" * 10**6, b'"\n"' + b",c" * 10**6):
        with pytest.raises(BadInputError, match="more than 1000 columns"):
            read(text, "csv", "o")
    wide = io.BytesIO()
    pl.DataFrame({f"c{one}": [1] for one in range(1001)}).write_parquet(wide)
    with pytest.raises(BadInputError, match="it has 1,001 columns"):
        read(wide.getvalue(), "parquet", "o")
    assert time.process_time() - began < 5


def test_a_mark_of_byte_order_is_no_part_of_a_table() -> None:
    for kind, text in (("csv", b"id\nl-1\n"), ("ndjson", b'{"id": "l-1"}\n')):
        frame = read(b"\xef\xbb\xbf" + text, kind, "o")
        assert frame.to_dict(as_series=False) == {"id": ["l-1"]}


def test_characters_that_no_order_takes_by_itself_are_refused_in_a_table(world: World) -> None:
    """PostgreSQL holds no NUL: the load failed there with no row and no column."""
    text = f"{CSV},end_use\nl-1,{LINE},a\x00b\nl-2,{LINE},a\x1bb\n"
    with pytest.raises(BadInputError) as caught:
        load_orders(world.buyer, text.encode(), "csv", "o", now=world.now)
    assert [str(one).partition(": ")[0] for one in caught.value.faults] == ["o:2:7", "o:3:7"]
    assert Order.objects.count() == 0
