"""The console's pages with a million orders on SQLite: the server's time for each."""

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
import polars as pl
from django.conf import settings
settings.REQUIRE_MFA = False
from book_kit import ADMIN
from trade_kit import Trade
from django.test import Client
from django.utils import timezone
from interlock.book import jobs
from interlock.book.loading.orders import load_orders
from interlock.book.models import User

size, turns = {size}, {turns}
world = Trade()
world.statement()
buyers = ["bytedance", "tencent"]
for number in range(18):
    buyers.append(f"buyer-{{number:02d}}")
    world.do(ADMIN, "party.enter", id=buyers[-1], name=f"Buyer {{number:02d}}", country="CN",
             headquarters="CN", ultimate_parent_country="CN", roles=["buyer"],
             known_to=["nvidia"])
rows = pl.DataFrame({{"n": range(size)}})
frame = rows.select(
    id=pl.format("m-{{}}", pl.col("n").cast(pl.String).str.zfill(7)),
    buyer=pl.col("n").map_elements(lambda n: buyers[n * 7919 % len(buyers)], pl.String),
    supplier=pl.lit("nvidia"), product=pl.lit("h200-sxm"), quantity=pl.col("n") % 500 + 1,
    destination=pl.when(pl.col("n") % 10 == 0).then(pl.lit("SG")).otherwise(pl.lit("CN")),
    data_centre_use=pl.lit(True),
)
out = io.BytesIO()
frame.write_parquet(out)
load_orders(world.supplier, out.getvalue(), "parquet", "bench", now=timezone.now())
start = time.perf_counter()
count = next(one for one in jobs.periodic() if one.name == "count")
jobs.run_one(count, timezone.now(), "bench")
found = {{"count": time.perf_counter() - start, "pages": {{}}}}

def client_of(who):
    made = Client(SERVER_NAME="localhost")
    made.force_login(User.objects.get(pk=who.user),
                     backend="allauth.account.auth_backends.AuthenticationBackend")
    session = made.session
    session["party"] = who.party
    session.save()
    return made

at = lambda turn: f"m-{{(turn * 7919) % size:07d}}"
PAGES = {pages!r}
people = {{"officer": client_of(world.officer), "buyer": client_of(world.buyer),
          "supplier": client_of(world.allocator), "auditor": client_of(world.auditor)}}
for who, where in PAGES:
    seconds = []
    for turn in range(turns):
        start = time.perf_counter()
        answer = people[who].get(where.replace("{{id}}", at(turn)))
        seconds.append(time.perf_counter() - start)
        assert answer.status_code == 200, (who, where, answer.status_code, answer.content[:2000])
        assert len(answer.content) < 150_000, (where, len(answer.content))
    first = seconds[0]
    seconds.sort()
    found["pages"][f"{{where}} ({{who}})"] = [
        seconds[int(len(seconds) * p)] for p in (0.5, 0.95)] + [first]
print(json.dumps(found))
"""
PAGES = [
    ("officer", "/"),
    ("officer", "/gates/"),
    ("supplier", "/gates/"),
    ("buyer", "/gates/"),
    ("officer", "/gates/?buyer=tencent"),
    ("officer", "/orders/"),
    ("officer", "/orders/?state=placed&cursor={id}"),
    ("buyer", "/orders/?state=placed&cursor={id}"),
    ("supplier", "/orders/?buyer=tencent&cursor={id}"),
    ("officer", "/orders/{id}/"),
    ("officer", "/orders/{id}/decision/"),
    ("officer", "/orders/{id}/decision/?stage=shipment"),
    ("supplier", "/orders/{id}/confirm/"),
    ("buyer", "/orders/new/place/"),
    ("officer", "/find/?q={id}"),
    ("officer", "/licences/bis-1/"),
    ("officer", "/queue/"),
    ("officer", "/law/"),
    ("officer", "/law/of/us-advanced-computing/"),
    ("officer", "/law/orders/"),
    ("officer", "/evidence/"),
    ("auditor", "/audit/"),
    ("officer", "/parties/"),
]
"""Who opens which page; `{id}` is another order each time."""


def measure(size: int, turns: int) -> dict[str, Any]:
    """Seconds of the count, and p50, p95 and the first of each page, in a process of its own."""
    return on_own_book(WORK.format(kit=str(KIT), size=size, turns=turns, pages=PAGES))


def run(quick: bool = False) -> list[Row]:
    """Load a book, count it as the job does, then open each page again and again."""
    size, turns = (20_000, 20) if quick else (1_000_000, 100)
    found = measure(size, turns)
    seconds = float(found["count"])
    rows = [
        Row("console", f"the job that counts {size:,} open orders in groups", f"{seconds:.1f} s",
            "", "", "< 30 s", seconds < 30),
    ]  # fmt: skip
    pages: dict[str, list[float]] = found["pages"]
    for what, times in pages.items():
        p50, p95, first = (1000 * one for one in times)
        told = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, the first {first:.0f} ms"
        rows.append(
            Row("console", f"{what}, {size:,} orders", told, "", "", "p95 < 200 ms", p95 < 200)
        )
    return rows
