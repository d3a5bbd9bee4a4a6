"""Verifying a whole book: 1M transfers on SQLite with their audit rows, seals and orders.

The book is made in a process of its own with the book's own tables, so that settings and database
of this one stay as they are. What is measured is `interlock.book.verifying.verify_book`.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from benchmarks.own_book import on_book
from benchmarks.row import Row

LINES, ACCOUNTS = 200_000, 200
NOW = datetime(2026, 1, 28, tzinfo=UTC)
BAR_SECONDS = 30.0


def run(quick: bool = False) -> list[Row]:
    """Make a book, verify it, say how long it took."""
    found = measured(LINES // 20 if quick else LINES)
    bar = BAR_SECONDS / (20 if quick else 1)
    return [
        Row(
            "record",
            f"verify of {found['transfers']:,} transfers, {found['audit']:,} sealed audit rows and "
            f"{found['things']:,} things on SQLite",
            f"{found['seconds']:.1f} s",
            "",
            f"{found['busy']:.1f} s of one core, {found['megabytes']} MB at most",
            f"under {bar:g} s",
            found["seconds"] < bar,
        )
    ]


def measured(lines: int) -> dict[str, Any]:
    """Figures of a book of so many order lines, made and verified in a process of its own."""
    return on_book("", ["-m", "benchmarks.verify", str(lines)])


def reserves(count: int) -> list[Any]:
    """A reserve of five legs for each order line."""
    from fractions import Fraction

    from interlock.law.terms import Leg
    from interlock.ledger import Reserve, Why

    why = Why("officer:li", "approved run 1", "run/1", NOW)
    factors = [Fraction(1), Fraction(2), Fraction(1), Fraction(5, 2), Fraction(1)]
    return [
        Reserve(
            f"line-{n}", why,
            tuple(Leg(f"account-{(n * 7 + k * 41) % ACCOUNTS}", f) for k, f in enumerate(factors)),
            2, "sha256:0f1e", holder=f"firm-{n % 9}",
        )
        for n in range(count)
    ]  # fmt: skip


def make(lines: int) -> None:
    """Fill the book: an order for each line, and a reserve of five legs for each."""
    from django.db import transaction

    from interlock.book.acting import encoded, snapshot
    from interlock.book.models import Order, Party, Product
    from interlock.book.rows import raw_connection
    from interlock.law.terms import AccountTerms
    from interlock.ledger import Grant, OpenAccount, Why
    from interlock.ledger.changes import time_text
    from interlock.store import LedgerSession

    now = NOW

    def log(things: list[Any], move: str) -> None:
        """Audit rows as `Act.log` writes them, many at once."""
        type(things[0])._default_manager.bulk_create(things, batch_size=1000)
        connection, _ = raw_connection()
        seq = connection.execute("SELECT coalesce(max(seq), 0) FROM audit").fetchone()[0]
        when = time_text(now)
        connection.executemany(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (seq + n, f"{move}-{x.pk}/1", f"{x.kind}.{move}", encoded({"thing": snapshot(x)}),
                 "bench", "load", f"{x.kind}/{x.pk}", when, when, "")
                for n, x in enumerate(things, start=1)
            ],
        )  # fmt: skip

    stamp = {"state": "active", "version": 1, "made_at": now, "changed_at": now}
    with transaction.atomic():
        parties = [Party(id=f"p-{n}", name=f"Party {n}", **stamp) for n in range(10)]
        log(parties, "enter")
        log([Product(id="h200", name="H200", catalogue="H200", **stamp)], "enter")
        session = LedgerSession(*raw_connection())
        names = [f"account-{n}" for n in range(ACCOUNTS)]
        why = Why("bench", "made", "bench/1", now)
        session.apply_many(
            [OpenAccount(f"o-{x}", why, x, AccountTerms(f"bench/{x}", "chip")) for x in names],
            now=now,
        )
        session.apply_many([Grant(f"g-{x}", why, x, 10**9) for x in names], now=now)
    asked = reserves(lines)
    for first in range(0, lines, 5_000):
        with transaction.atomic():
            orders = [
                Order(
                    id=f"o-{n}", buyer_id=f"p-{n % 9}", supplier_id="p-9", product_id="h200",
                    quantity=2, placed_on=now.date(), destination="CN", origin="US",
                    **(stamp | {"state": "placed"}),
                )
                for n in range(first, min(first + 5_000, lines))
            ]  # fmt: skip
            log(orders, "place")
            LedgerSession(*raw_connection()).apply_many(asked[first : first + 5_000], now=now)


def main(lines: int) -> None:
    """Make, seal, verify; the figures as JSON."""
    import resource

    import django

    django.setup()
    from django.core.management import call_command

    from interlock.book.sealing import seal_now
    from interlock.book.verifying import verify_book

    call_command("migrate", verbosity=0)
    start = time.perf_counter()
    make(lines)
    made = time.perf_counter() - start
    start = time.perf_counter()
    audit = seal_now(NOW)
    sealed = time.perf_counter() - start
    start, busy = time.perf_counter(), time.process_time()
    found = verify_book()
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    if found.wrong:
        raise AssertionError(found.wrong)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        json.dumps(
            {
                "transfers": found.transfers, "things": found.things, "audit": audit,
                "seconds": seconds, "busy": busy, "made": made, "sealed": sealed, "megabytes": most,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
