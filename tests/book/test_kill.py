"""Killed in the middle of a load, the server loses nothing acknowledged and keeps no half."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import httpx
from server_kit import Book, book, own_database

if TYPE_CHECKING:
    from pathlib import Path

KILLS = int(os.environ.get("INTERLOCK_TEST_KILLS", "4"))
CHECK = """
import json, sys
import django
django.setup()
from interlock.book.models import Event, Order
from interlock.book.selectors.accounts import ledger
from django.db import transaction
store = ledger()
with transaction.atomic():
    off = store.verify()
placed = {x.cause: x for x in store.entries() if x.kind == "order.place"}
loads = [json.loads(x.content) for x in store.entries() if x.kind == "order.load"]
loaded = {row[one["columns"].index("id")] for one in loads for row in one["rows"]}
orders = set(Order.objects.values_list("pk", flat=True))
print(json.dumps({
    "off": None if off is None else list(off),
    "orders": sorted(orders),
    "half": sorted(orders ^ ({x.removeprefix("order/") for x in placed} | loaded)),
    "events": Event.objects.filter(name="order.place").count() - len(placed),
}))
"""


def check(made: Book) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", CHECK], env=made.env, cwd=made.home, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def row(pk: str) -> dict:
    return {
        "id": pk, "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",
        "quantity": 8, "destination": "CN",
    }  # fmt: skip


def work(made: Book, turn: int, acknowledged: list[str]) -> None:
    """Place orders one by one and by table until the server is gone."""
    with made.client("buyer") as client:
        for number in range(10_000):
            try:
                pk = f"o-{turn}-{number}"
                if client.post("/orders", json=row(pk)).status_code == 201:
                    acknowledged.append(pk)
                names = [f"t-{turn}-{number}-{one}" for one in range(200)]
                body = "".join(json.dumps(row(name)) + "\n" for name in names)
                kind = {"Content-Type": "application/x-ndjson"}
                if client.post("/orders/load", content=body, headers=kind).status_code == 200:
                    acknowledged.extend(names)
            except httpx.HTTPError:
                return


def test_killed_in_the_middle_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: list[str] = []
    with book(own_database(tmp_path), tmp_path) as made:
        for turn in range(KILLS):
            made.start()
            worker = threading.Thread(target=work, args=(made, turn, acknowledged))
            before, latest = len(acknowledged), time.monotonic() + 30
            worker.start()
            while len(acknowledged) == before and time.monotonic() < latest:
                time.sleep(0.01)  # a server that is cold takes its time on a slow machine
            time.sleep(chance.uniform(0.0, 0.8))
            made.kill()
            worker.join(timeout=90)
            assert not worker.is_alive()
        found = check(made)
    assert found["off"] is None
    assert found["half"] == []
    assert found["events"] == 0
    assert set(acknowledged) <= set(found["orders"])
    assert len(acknowledged) >= KILLS
