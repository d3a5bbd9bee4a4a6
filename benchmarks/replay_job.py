"""A replay as the book's job plays it: the history read from the log, decided twice, kept.

    python -m benchmarks.replay_job 500000     orders; each is decided twice, as it came and open

It takes minutes, so it is no part of `make bench`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.own_book import KIT, on_own_book

WORK = """
import io, json, resource, sys, time
sys.path.insert(0, {kit!r})
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
import polars as pl
from trade_kit import Trade
from django.utils import timezone
from interlock.book import replays
from interlock.book.loading.orders import load_orders
from interlock.book.models import Replay
from interlock.book.selectors.law_proposed import Proposal

size = {size}
world = Trade()
world.statement()
rows = pl.DataFrame({{"n": range(size)}})
frame = rows.select(
    id=pl.format("m-{{}}", pl.col("n").cast(pl.String).str.zfill(7)),
    buyer=pl.when(pl.col("n") % 3 == 0).then(pl.lit("tencent")).otherwise(pl.lit("bytedance")),
    supplier=pl.lit("nvidia"), product=pl.lit("h200-sxm"), quantity=pl.col("n") % 500 + 1,
    destination=pl.lit("CN"), data_centre_use=pl.lit(True),
)
out = io.BytesIO()
frame.write_parquet(out)
load_orders(world.supplier, out.getvalue(), "parquet", "bench", now=timezone.now())
TEXT = '''{text}'''
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
replays.ask(world.auditor, Proposal((TEXT,)), now=timezone.now())
start = time.perf_counter()
replays.QUEUE.play(replays.QUEUE.take(timezone.now()), timezone.now)
seconds = time.perf_counter() - start
row = Replay.objects.get()
start = time.perf_counter()
page = replays.changes(row, row.changed // 2, 50)
print(json.dumps({{
    "state": row.state, "wrong": row.wrong, "decisions": json.loads(row.result)["decisions"],
    "changed": row.changed, "seconds": seconds, "a page of changes": time.perf_counter() - start,
    "MiB before": before // 1024,
    "MiB at most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "kept MB": sum(len(one) for one in row.parts.values_list("table", flat=True)) / 1e6,
}}))
"""
TEXT = """
regime: small-orders
title: Only small orders
authority: cn-customs
gate: customs
timezone: UTC
visible_to: ["officer:customs"]
rules:
  small:
    says: An order is for fewer than 450.
    stage: order
    require: order.quantity < 450
    in_force: {from: 2020-01-01}
    assumption: true
"""


def measure(size: int) -> dict[str, Any]:
    """Seconds and memory of one replay of a book of so many orders, in a process of its own."""
    return on_own_book(WORK.format(kit=str(KIT), size=size, text=TEXT))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1])), indent=1) + "\n")
