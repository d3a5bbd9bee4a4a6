"""The ledger on SQLite against a bare loop that writes the same rows without deciding anything.

The peer runs the same schema without its triggers and its floor CHECK, the same pragmas and the
same commits, and writes, row by row, exactly the rows that the ledger wrote: audit, transfers,
reservations, and one counter update for each transfer. So the ratio is the price of deciding, of
the guards and of append-only.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.row import Row
from interlock.law.terms import AccountTerms, Leg
from interlock.ledger import Grant, LedgerError, OpenAccount, Reserve, Why
from interlock.store import SqliteLedger
from interlock.store.sqlite import PRAGMAS, schema, statements

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 1, 28, tzinfo=UTC)
WHY = Why("officer:li", "approved run 1", "run/1", NOW)
ACCOUNTS, LEGS = 200, 5
INSERTS = {"audit": 10, "transfer": 17, "reservation": 13}
MOVE = "UPDATE counters SET debits_pending = debits_pending + ?, seq = ? WHERE account = ?"


def lines(count: int) -> list[Reserve]:
    """Order lines of five legs each over two hundred accounts, as an approved run asks for them."""
    factors = [Fraction(1), Fraction(2), Fraction(1), Fraction(5, 2), Fraction(1)]
    return [
        Reserve(
            f"line-{n}", WHY,
            tuple(Leg(f"account-{(n * 7 + k * 41) % ACCOUNTS}", factors[k]) for k in range(LEGS)),
            2, "sha256:0f1e", holder=f"firm-{n % 9}",
        )
        for n in range(count)
    ]  # fmt: skip


def opened(path: Path) -> SqliteLedger:
    """A ledger with its accounts open and granted."""
    ledger = SqliteLedger(path)
    names = [f"account-{n}" for n in range(ACCOUNTS)]
    made = [OpenAccount(f"o-{x}", WHY, x, AccountTerms(f"bench/{x}", "chip")) for x in names]
    grants = [Grant(f"g-{x}", WHY, x, 10**9) for x in names]
    for result in ledger.apply_many([*made, *grants], now=NOW):
        if isinstance(result, LedgerError):
            raise result
    return ledger


def reserve(ledger: SqliteLedger, asked: Sequence[Reserve], batch: int) -> float:
    """Seconds to reserve the lines, `batch` of them in each transaction."""
    start = time.perf_counter()
    if batch == 1:
        for line in asked:
            ledger.apply(line, now=NOW)
    else:
        for first in range(0, len(asked), batch):
            ledger.apply_many(asked[first : first + batch], now=NOW)
    return time.perf_counter() - start


Group = tuple[tuple, list[tuple], list[tuple]]


def written(reader: sqlite3.Connection, after: int) -> list[Group]:
    """The rows of each line written since an audit row: audit, transfers, reservations."""
    found: list[Group] = []
    for row in reader.execute("SELECT * FROM audit WHERE seq > ? ORDER BY seq", (after,)):
        ends = (f"{row[1]}#", f"{row[1]}$")
        inside = "WHERE id >= ? AND id < ?"
        transfers = reader.execute(f"SELECT * FROM transfer {inside} ORDER BY seq", ends)
        reservations = reader.execute(f"SELECT * FROM reservation {inside}", ends)
        found.append((row, transfers.fetchall(), reservations.fetchall()))
    return found


def bare_book(path: Path, reader: sqlite3.Connection) -> sqlite3.Connection:
    """The same tables, indexes and accounts without triggers and without the floor's CHECK."""
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    tables = schema().partition("-- triggers")[0]
    unchecked = re.sub(r",\s*CONSTRAINT floor_holds CHECK \(.*?\n    \)", "", tables, flags=re.S)
    assert "floor_holds" not in unchecked
    for statement in statements(unchecked):
        connection.execute(statement)
    for table, columns in (("account", 7), ("counters", 10)):
        rows = reader.execute(f"SELECT * FROM {table}").fetchall()
        connection.executemany(f"INSERT INTO {table} VALUES ({_marks(columns)})", rows)
    return connection


def bare(connection: sqlite3.Connection, groups: Sequence[Group], batch: int) -> float:
    """Seconds to insert and update the same rows with nothing decided and nothing guarded."""
    insert = {k: f"INSERT INTO {k} VALUES ({_marks(n)})" for k, n in INSERTS.items()}
    execute = connection.execute
    start = time.perf_counter()
    for first in range(0, len(groups), batch):
        execute("BEGIN IMMEDIATE")
        for audit, transfers, reservations in groups[first : first + batch]:
            execute(insert["audit"], audit)
            for transfer in transfers:
                execute(insert["transfer"], transfer)
                execute(MOVE, (transfer[6], transfer[0], transfer[3]))
            for reservation in reservations:
                execute(insert["reservation"], reservation)
        execute("COMMIT")
    return time.perf_counter() - start


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def compare(turns: int, size: int, batch: int) -> tuple[float, float]:
    """Seconds for one turn of `size` lines, ours and the bare loop's: medians over turns.

    The two take turns on books that grow alike, so that what else the machine does hits both.
    """
    asked, times = lines(turns * size), []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with opened(path / "ours.db") as ledger:
            reader = sqlite3.connect(path / "ours.db")
            peer = bare_book(path / "bare.db", reader)
            for first in range(0, len(asked), size):
                mine = reserve(ledger, asked[first : first + size], batch)
                groups = written(reader, 2 * ACCOUNTS + first)
                assert len(groups) == size
                times.append((mine, bare(peer, groups, batch)))
            assert ledger.verify() is None
            reader.close()
            peer.close()
    return median(x[0] for x in times), median(x[1] for x in times)


def run(quick: bool) -> list[Row]:
    """Linked groups of five legs: one commit each, and a thousand to a commit."""
    found = []
    for what, batch, size, turns in (
        ("one group a commit", 1, 50, 9 if quick else 41),
        ("1,000 groups a commit", 1_000, 1_000, 5 if quick else 21),
    ):
        mine, peer = compare(turns, size, batch)
        ratio = peer / mine
        found.append(
            Row(
                part="ledger",
                what=f"linked transfers of 5 legs, SQLite, {what}",
                ours=f"{size * LEGS / mine:,.0f} transfers/s",
                peer=f"{size * LEGS / peer:,.0f} transfers/s, bare inserts and updates",
                ratio=f"{ratio:.2f}",
                bar="0.80",
                ok=ratio >= 0.8,
            )
        )
    return found


if __name__ == "__main__":
    for row in run(quick=True):
        print(row)
