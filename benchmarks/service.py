"""Posting through the book's services on PostgreSQL, against bare SQL that writes the same rows.

The peer is a copy of the same database without triggers and without the floor's CHECK. After each
act it gets exactly the rows that the act added and changed, in every table: the thing, its audit
rows, transfers, reservations, counters and events. It decides nothing, asks nothing and locks
nothing; its rows are ready beforehand, all its statements for a commit go in one pipeline, and each
act is one commit on both sides. In the end both databases must hold the same rows.

A run is held to half of that. A single act is shown beside it and stays below: what it reads, asks
and locks is ten round trips, and the peer makes one.
"""

from __future__ import annotations

import json
import sys
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.ledger_postgres import database, server, url_of
from benchmarks.own_book import KIT, on_book
from benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

LEFT_OUT = ("django_session", "django_migrations", "ledger_schema")
Delta = dict[str, tuple[list[tuple], list[tuple]]]
"""Table -> rows that are new, rows that are other than before."""


class Peer:
    """A database that is given rows; it knows each table's columns and key."""

    def __init__(self, ours: Connection, bare: Connection) -> None:
        from psycopg.types.json import set_json_loads

        self.ours, self.bare = ours, bare
        for one in (ours, bare):
            set_json_loads(lambda text: _Json(text.decode()), one)
        self.columns, self.keys = _columns(bare), _keys(bare)
        self.held = {table: self._read(bare, table) for table in self.columns}

    def _read(self, connection: Connection, table: str) -> dict[tuple, tuple]:
        names = self.columns[table]
        places = [names.index(x) for x in self.keys[table]]
        rows = connection.execute(f'SELECT {_listed(names)} FROM "{table}"').fetchall()
        return {tuple(row[x] for x in places): row for row in rows}

    def delta(self) -> Delta:
        """What ours has that this one has not."""
        found: Delta = {}
        for table, held in self.held.items():
            now = self._read(self.ours, table)
            assert held.keys() <= now.keys(), f"{table}: rows are gone"
            new = [row for key, row in now.items() if key not in held]
            other = [row for key, row in now.items() if key in held and held[key] != row]
            if new or other:
                found[table] = new, other
            self.held[table] = now
        self.ours.rollback()
        return found

    def write(self, delta: Delta) -> float:
        """Seconds to write the rows, in one commit."""
        asked = []
        for table, (new, other) in delta.items():
            names, keys = self.columns[table], self.keys[table]
            if new:
                marks = ", ".join(["%s"] * len(names))
                asked.append((f'INSERT INTO "{table}" ({_listed(names)}) VALUES ({marks})', new))
            if other:
                places = [names.index(x) for x in keys]
                set_ = ", ".join(f'"{x}" = %s' for x in names)
                where = " AND ".join(f'"{x}" = %s' for x in keys)
                rows = [(*row, *(row[x] for x in places)) for row in other]
                asked.append((f'UPDATE "{table}" SET {set_} WHERE {where}', rows))
        cursor = self.bare.cursor()
        start = time.perf_counter()
        with self.bare.pipeline():
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for text, rows in asked:
                cursor.executemany(text, rows)
        self.bare.commit()
        return time.perf_counter() - start


class _Json(str):
    """A JSON value as its text, which goes back as JSON."""

    __slots__ = ()


def _listed(names: list[str]) -> str:
    return ", ".join(f'"{x}"' for x in names)


def _columns(connection: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND is_generated = 'NEVER' ORDER BY 1, ordinal_position"
    )
    for table, column in rows:
        if table not in LEFT_OUT:
            found.setdefault(table, []).append(column)
    return found


def _keys(connection: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows = connection.execute(
        "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace ORDER BY 1, a.attnum"
    )
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def _unguarded(address: str) -> Connection:
    """The copy, without triggers of ours and without the floor's CHECK."""
    import psycopg
    from psycopg.adapt import Dumper

    class JsonDumper(Dumper):
        oid = psycopg.adapters.types["jsonb"].oid

        def dump(self, obj: str) -> bytes:
            return obj.encode()

    connection = psycopg.connect(address)
    connection.adapters.register_dumper(_Json, JsonDumper)
    rows = connection.execute(
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    ).fetchall()
    assert rows, "there is something to take away"
    for name, table in rows:
        connection.execute(f'DROP TRIGGER "{name}" ON {table}')
    connection.execute("ALTER TABLE ledger_counters DROP CONSTRAINT floor_holds")
    connection.commit()
    return connection


# -- the child process ---------------------------------------------------------------------------


def child(address: str, turns: int, lines: int) -> dict[str, Any]:
    """Medians of seconds, ours and the peer's, of each kind of act."""
    sys.path.insert(0, str(KIT))
    import django

    django.setup()
    import psycopg
    from django.core.management import call_command
    from django.db import connection
    from trade_kit import NOW, Trade

    from interlock.book.services import do
    from interlock.site.server import settle

    call_command("migrate", verbosity=0)
    world = Trade(stock=10**8, home=10**8, us=10**8, cn=10**8)
    world.statement()
    world.promise("o-first", 8)  # what is opened at first use is open
    for number in range(turns * lines):
        world.confirmed(f"o-{number:05d}", 8 + number % 97)
    connection.close()
    with psycopg.connect(address, autocommit=True) as plain:
        plain.execute("CREATE DATABASE peer TEMPLATE ours")
    peer = Peer(psycopg.connect(address), _unguarded(address.replace("/ours?", "/peer?")))

    def receive(turn: int) -> Callable[[], object]:
        values = {"id": f"lot-{turn}-x", "supplier": "nvidia", "product": "h200-sxm", "quantity": 8}
        return lambda: do(world.allocator, "stock.receive", "", values, now=NOW)

    def void(turn: int) -> Callable[[], object]:
        from interlock.book.models import Allocation

        pk = Allocation.objects.get(order=f"o-{turn:05d}").pk
        values = {"quantity": 1, "reason": "not wanted"}
        return lambda: do(world.allocator, "allocation.void", pk, values, now=NOW)

    def approve(turn: int) -> Callable[[], object]:
        orders = [f"o-{turn * lines + n:05d}" for n in range(lines)]
        world.propose(f"run-{turn}", orders=orders)
        return lambda: do(world.allocator_2, "run.approve", f"run-{turn}", {}, now=NOW)

    found: dict[str, Any] = {}
    for name, prepared, times in (
        ("approve", approve, turns), ("receive", receive, 60), ("void", void, 40),
    ):  # fmt: skip
        seconds = []
        for turn in range(times):
            act = prepared(turn)
            peer.write(peer.delta())  # what was prepared, off the clock
            settle()  # as a server does: the rows held here are not for the collector to walk
            start = time.perf_counter()
            act()
            mine = time.perf_counter() - start
            delta = peer.delta()
            seconds.append((mine, peer.write(delta)))
        kept = seconds[len(seconds) // 5 :]  # statements are prepared by then
        rows = sum(len(new) + len(other) for new, other in delta.values())
        found[name] = [median(x) for x in zip(*kept, strict=True)] + [rows]
    fresh = Peer(peer.ours, peer.bare)
    assert fresh.delta() == {}
    return found


def measure(turns: int, lines: int) -> dict[str, Any]:
    """The same, in a process of its own on a server of this run."""
    with server() as address:
        database(address, "ours", []).close()
        url = url_of(address, "ours")
        return on_book(url, ["-m", "benchmarks.service", url, str(turns), str(lines)])


def run(quick: bool = False) -> list[Row]:
    """A lot counted in, units given up, and a run of many lines reserved: each one commit."""
    turns, lines = (4, 50) if quick else (4, 500)
    found = measure(turns, lines)
    words = {
        "receive": "a lot counted in",
        "void": "a unit of an allocation given up",
        "approve": f"a run of {lines} lines reserved",
    }
    rows = []
    for name, what in words.items():
        mine, peer, written = found[name]
        rows.append(
            Row(
                "book", f"{what} through its service, PostgreSQL, {written:,} rows",
                f"{1000 * mine:,.1f} ms", f"bare SQL, ready rows, pipelined: {1000 * peer:,.1f} ms",
                f"{peer / mine:.2f}", ">= 0.50", peer / mine >= 0.5,
            )
        )  # fmt: skip
    return rows


if __name__ == "__main__":
    print(json.dumps(child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
