"""A history in which orders that are alike are read once is the one in which each is read."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING, Any

import polars as pl
from book_kit import NOW
from test_law_history_walks import Recorded

from interlock.book import law
from interlock.book.loading.orders import load_orders
from interlock.book.models import Order
from interlock.book.selectors.alike import Alike
from interlock.book.selectors.law_history import history_of

if TYPE_CHECKING:
    from interlock.law.cases.reader import Case


def _lines(start: int) -> bytes:
    """Orders of every kind there is, each three times with numbers of its own."""
    kinds = itertools.product(
        ("tencent", "bytedance"), ("CN", "SG"), (True, False, None), (None, "31000.50"),
        (None, True, False), ("", "TW"),
    )  # fmt: skip
    rows = [
        {
            "id": f"m-{start}-{k:03}-{again}", "buyer": buyer, "supplier": "nvidia",
            "product": "h200-sxm", "quantity": 1 + k * again, "destination": destination,
            "data_centre_use": use, "unit_price_usd": price, "order.truly_needed": needed,
            "placed_on": dt.date(2026, 2, 1 + k % 9), "origin": origin,
        }
        for k, (buyer, destination, use, price, needed, origin) in enumerate(kinds)
        for again in range(3)
    ]  # fmt: skip
    types = {
        "data_centre_use": pl.Boolean(),
        "unit_price_usd": pl.String(),
        "order.truly_needed": pl.Boolean(),
    }
    frame = pl.DataFrame(rows, schema_overrides=types, infer_schema_length=None)
    return frame.write_csv().encode()


def _each_read(self: Alike, row: dict[str, Any], stage: Any, at: dt.date, known: dt.date) -> Case:
    order = self.sweep.thing(Order, row["id"])
    assert order is not None
    return law.reader_on(at, known).read(self.cases(at).order(order, stage), 1)


def test_orders_that_are_alike_are_read_as_each_is_read(db: None, monkeypatch: Any) -> None:
    world = Recorded()
    load_orders(world.supplier, _lines(1), "csv", "first", now=NOW)
    world.statement()
    world.licence("us-more", "export", ["nvidia"], 5000)
    load_orders(world.supplier, _lines(2), "csv", "second", now=NOW)
    world.licence("cn-more", "import", ["tencent"], 5000)
    later = NOW + dt.timedelta(days=1)
    made = []
    read = Alike.case

    def counted(self: Alike, *given: Any) -> Case:
        found = read(self, *given)
        made.append(len(self._read))
        return found

    monkeypatch.setattr(Alike, "case", counted)
    once = history_of(now=later, steps=False)
    monkeypatch.setattr(Alike, "case", _each_read)
    each = history_of(now=later, steps=False)
    assert once.unread == each.unread == ()
    assert once.history.decisions.height == 4 * 432
    assert max(made) < 200
    assert once.history.decisions.equals(each.history.decisions)
    assert once.history.places == each.history.places
