"""64 clients of the book on one hot licence, by its services: `hot_worker.py guarded|unguarded`.

Prints, as JSON, what each client was told and how the licence stands.
"""

# ruff: noqa: E402 - Django is set up before its models are imported

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

django.setup()

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))

from django.core.management import call_command
from django.db import connection, connections
from store_worker import MOVE_ANYWAY
from trade_kit import NOW, US, Trade, agrees_with_the_ledger, headroom

from interlock.book.models import Allocation
from interlock.book.selectors.accounts import ledger
from interlock.book.services import do
from interlock.store import session
from interlock.store.flush import flush
from interlock.store.psql import PsqlExecutor
from interlock.store.queries import THESE_COUNTERS

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = 64


def take_the_guards_off() -> None:
    """Decide on what was read without a lock, and write without a test: check, then update."""
    read_all, write = PsqlExecutor.read_all, PsqlExecutor.write

    def unlocked(self: Any, asked: Any, lock: Any = ()) -> Any:
        held = self.read(THESE_COUNTERS, (list(lock),)) if lock else []
        return held, read_all(self, asked)[1]

    def late(self: Any, writes: Any, *, whole: bool) -> None:
        if any(one.statement == MOVE_ANYWAY for one in writes):
            time.sleep(2)  # everybody else decides on the same figure
        write(self, writes, whole=whole)

    PsqlExecutor.read_all, PsqlExecutor.write = unlocked, late  # type: ignore[method-assign]
    session.flush = partial(flush, move=MOVE_ANYWAY)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_counters DROP CONSTRAINT floor_holds")


def at_once(moves: list[Callable[[], object]]) -> dict[str, int]:
    """Make all moves at the same moment, each as a client of its own; how many were told what."""
    told: Counter[str] = Counter()
    start = threading.Barrier(len(moves))

    def client(move: Callable[[], object]) -> None:
        connection.ensure_connection()
        start.wait()
        try:
            move()
            told["done"] += 1
        except Exception as error:
            told[type(error).__name__] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=client, args=(move,)) for move in moves]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return dict(told)


def deadlocks() -> int:
    """How many deadlocks the database has ended since it was made; those tried again count."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        found: int = cursor.fetchone()[0]
        return found


def pending() -> int:
    """Chips reserved on the licence."""
    return ledger().counters(US, now=NOW).debits_pending


def runs() -> dict[str, Any]:
    """64 runs, each of which has room for its line alone, approved at once."""
    world = Trade(us=10)
    world.statement()
    for number in range(CLIENTS):
        world.confirmed(f"o-{number:02d}", 10)
        world.propose(f"run-{number:02d}", orders=[f"o-{number:02d}"])
    if "unguarded" in sys.argv:
        take_the_guards_off()
    told = at_once(
        [
            partial(do, world.allocator_2, "run.approve", f"run-{n:02d}", {}, now=NOW)
            for n in range(CLIENTS)
        ]
    )
    return {"told": told, "reserved": pending(), "deadlocks": deadlocks()}


def draws() -> dict[str, Any]:
    """32 send what was promised while 32 give theirs up, all of it on one licence."""
    world = Trade(us=640)
    world.statement()
    for number in range(CLIENTS):
        world.confirmed(f"o-{number:02d}", 10)
    world.propose("run")
    do(world.allocator_2, "run.approve", "run", {}, now=NOW)
    before = headroom(US)
    moves: list[Callable[[], object]] = []
    for number, one in enumerate(Allocation.objects.order_by("order_id")):
        if number % 2:
            world.prepared(f"s-{number}", one, 7)
            moves.append(partial(do, world.supplier, "shipment.dispatch", f"s-{number}", now=NOW))
        else:
            values = {"quantity": 4, "reason": "x"}
            move = partial(do, world.allocator, "allocation.void", one.pk, values, now=NOW)
            moves.append(move)
    told = at_once(moves)
    counters = ledger().counters(US, now=NOW)
    agrees_with_the_ledger()
    return {
        "told": told,
        "before": before[0],
        "posted": counters.debits_posted,
        "reserved": counters.debits_pending,
        "headroom": counters.headroom,
        "deadlocks": deadlocks(),
    }


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps(draws() if "draws" in sys.argv else runs()) + "\n")
