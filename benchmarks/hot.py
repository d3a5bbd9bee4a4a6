"""64 clients of the book at once on one licence, PostgreSQL: with the guards off, and on.

The clients are those of the tests (`tests/book/hot_worker.py`), each with a connection of its own.
"""

from __future__ import annotations

from typing import Any

from benchmarks.ledger_postgres import database, server, url_of
from benchmarks.own_book import KIT, on_book
from benchmarks.row import Row

CLIENTS, LICENCE = 64, 10


def told(address: str, name: str, *words: str) -> dict[str, Any]:
    """What the clients were told, and how the licence stands, on a database of their own."""
    database(address, name, []).close()
    return on_book(url_of(address, name), [str(KIT / "hot_worker.py"), *words])


def run(quick: bool = False) -> list[Row]:
    """Approvals of 10 units each on a licence of 10; then draws and voids on one of 640."""
    del quick
    with server() as address:
        off = told(address, "off", "unguarded")
        on = told(address, "onward", "guarded")
        draws = told(address, "draws", "guarded", "draws")
    what = f"{CLIENTS} clients approve {LICENCE} units each on one licence of {LICENCE}"
    sent = f"{CLIENTS} clients send 7 or give up 4 of 10 each, on one licence"
    exact = draws["posted"] + draws["reserved"] + draws["headroom"] == LICENCE * CLIENTS
    return [
        Row("hot", f"{what}, guards off: units reserved", str(off["reserved"]), "", "",
            f"> {LICENCE}", off["reserved"] > LICENCE),
        Row("hot", f"{what}: units reserved", str(on["reserved"]), "", "",
            f"= {LICENCE}", on["reserved"] == LICENCE),
        Row("hot", f"{what}: deadlocks", str(on["deadlocks"]), "", "", "= 0",
            on["deadlocks"] == 0),
        Row("hot", f"{sent}: done, every unit accounted for", f"{draws['told'].get('done', 0)}",
            "", "", f"= {CLIENTS}", exact and draws["told"] == {"done": CLIENTS}),
        Row("hot", f"{sent}: deadlocks", str(draws["deadlocks"]), "", "", "= 0",
            draws["deadlocks"] == 0),
    ]  # fmt: skip
