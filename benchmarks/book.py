"""The book with a million orders on SQLite: loading them, and answering over the API after it."""

from __future__ import annotations

from typing import Any

from benchmarks.own_book import KIT, on_own_book
from benchmarks.row import Row

WORK = """
import io, json, sys, time
sys.path.insert(0, {kit!r})
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
import datetime as dt
import polars as pl
from book_kit import ADMIN, World, actor
from django.test import Client
from django.utils import timezone
from interlock.book.acting import perform
from interlock.book.loading.orders import load_orders
from interlock.book.models import User
from interlock.book.services.people import token_make

size, turns = {size}, {turns}
world = World()
buyer = world.buyer
frame = pl.DataFrame({{"id": [f"m-{{n:07d}}" for n in range(size)]}}).with_columns(
    buyer=pl.lit("bytedance"), supplier=pl.lit("nvidia"), product=pl.lit("h200-sxm"),
    quantity=pl.int_range(size) % 500 + 1, destination=pl.lit("CN"), data_centre_use=True,
)
out = io.BytesIO()
frame.write_parquet(out)
start = time.perf_counter()
load_orders(buyer, out.getvalue(), "parquet", "bench", now=timezone.now())
found = {{"load": time.perf_counter() - start}}
def client_of(who):
    name = User.objects.get(pk=who.user).username
    _, token = perform(
        ADMIN, lambda act: token_make(act, username=name, party=who.party, name="b"),
        now=timezone.now(),
    )
    return Client(SERVER_NAME="localhost", headers={{"Authorization": f"Bearer {{token}}"}})

client, officer = client_of(buyer), client_of(world.cn_officer)

def timed(what, ask):
    seconds = []
    for turn in range(turns):
        start = time.perf_counter()
        answer = ask(turn)
        seconds.append(time.perf_counter() - start)
        assert answer.status_code in (200, 201), answer.content
    seconds.sort()
    found[what] = [seconds[int(len(seconds) * p)] for p in (0.5, 0.95, 0.99)]

at = lambda turn: f"m-{{(turn * 7919) % size:07d}}"
order = {{"buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm", "quantity": 8,
         "destination": "CN"}}
timed("list", lambda turn: client.get(f"/api/v1/orders?limit=50&cursor={{at(turn)}}"))
by_state = "/api/v1/orders?limit=50&state=placed&cursor="
timed("by_state", lambda turn: client.get(by_state + at(turn)))
timed("officer", lambda turn: officer.get(by_state + at(turn)))
timed("rare", lambda turn: officer.get("/api/v1/orders?state=closed&destination=JP"))
timed("read", lambda turn: client.get(f"/api/v1/orders/{{at(turn)}}"))
timed("decide", lambda turn: client.get(
    f"/api/v1/orders/{{at(turn)}}/decision?at=2026-02-10"))
timed("order", lambda turn: client.post(
    "/api/v1/orders", json.dumps(order), content_type="application/json"))
print(json.dumps(found))
"""


def measure(size: int, turns: int) -> dict[str, Any]:
    """Seconds of the load, and p50, p95 and p99 of each request, in a process of its own."""
    return on_own_book(WORK.format(kit=str(KIT), size=size, turns=turns))


def run(quick: bool = False) -> list[Row]:
    """Load a book, then ask it."""
    size, turns = (20_000, 50) if quick else (1_000_000, 300)
    found = measure(size, turns)
    seconds = float(found["load"])
    rows = [
        Row("book", f"load of {size:,} order lines from Parquet, SQLite", f"{seconds:.1f} s",
            "", "", "< 120 s", seconds < 120),
    ]  # fmt: skip
    words = {
        "list": "a page of 50 of a firm's orders",
        "by_state": "a page of 50 of a firm's orders in one state",
        "officer": "a page of 50 of all orders in one state, for an officer",
        "rare": "an officer's page of what hardly any order is",
        "read": "one order", "decide": "an order decided with reasons", "order": "an order placed",
    }  # fmt: skip
    for name, what in words.items():
        p50, p95, p99 = (1000 * one for one in found[name])
        told = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms"
        rows.append(
            Row("book", f"{what}, {size:,} orders in the book", told, "", "", "p95 < 200 ms",
                p95 < 200)
        )  # fmt: skip
    return rows
