"""The ledger on SQLite against a bare loop that writes the same rows without deciding anything.

The peer runs the same schema without its triggers and its floor CHECK, the same pragmas and the
same commits. From the same order lines it writes, row by row, the same rows: audit, transfers,
reservations, and one counter update for each transfer; in the end the books are compared and must
be equal. So the ratio is the price of deciding, of the guards and of append-only. A second peer
has nothing to do but write: its rows are made beforehand.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from fractions import Fraction
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.row import Row
from interlock.law.terms import AccountTerms, Leg
from interlock.ledger import Grant, LedgerError, OpenAccount, Reserve, Why
from interlock.ledger.changes import content, time_text
from interlock.store import SqliteLedger
from interlock.store.schema import schema_text, statements
from interlock.store.sqlite import PRAGMAS

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 1, 28, tzinfo=UTC)
WHY = Why("officer:li", "approved run 1", "run/1", NOW)
ACCOUNTS, LEGS = 200, 5
INSERTS = {"audit": 10, "ledger_transfer": 17, "ledger_reservation": 13}
ACCOUNT = attrgetter("account")
MOVE = "UPDATE ledger_counters SET debits_pending = debits_pending + ?, seq = ? WHERE account = ?"


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


def bare_book(path: Path, reader: sqlite3.Connection) -> sqlite3.Connection:
    """The same tables, indexes and accounts without triggers and without the floor's CHECK."""
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    tables = schema_text("sqlite").partition("-- triggers")[0]
    unchecked = re.sub(r",\s*CONSTRAINT floor_holds CHECK \(.*?\n    \)", "", tables, flags=re.S)
    assert "floor_holds" not in unchecked
    for statement in statements(unchecked, "sqlite"):
        connection.execute(statement)
    for table, columns in (("ledger_account", 7), ("ledger_counters", 10)):
        rows = reader.execute(f"SELECT * FROM {table}").fetchall()
        connection.executemany(f"INSERT INTO {table} VALUES ({_marks(columns)})", rows)
    return connection


def bare(connection: sqlite3.Connection, asked: Sequence[Reserve], batch: int) -> float:
    """Seconds to write the rows of the same lines with nothing decided and nothing guarded."""
    insert = {k: f"INSERT INTO {k} VALUES ({_marks(n)})" for k, n in INSERTS.items()}
    (entry,) = connection.execute("SELECT coalesce(max(seq), 400) FROM audit").fetchone()
    (seq,) = connection.execute("SELECT coalesce(max(seq), 200) FROM ledger_transfer").fetchone()
    execute = connection.execute
    start = time.perf_counter()
    for first in range(0, len(asked), batch):
        execute("BEGIN IMMEDIATE")
        for line in asked[first : first + batch]:
            entry, why, when = entry + 1, line.why, time_text(line.why.effective)
            kind, text = "reserve", content(line)
            execute(
                insert["audit"],
                (entry, line.id, kind, text, why.actor, why.reason, why.cause, when, when, ""),
            )
            for n, leg in enumerate(sorted(line.legs, key=ACCOUNT)):
                seq, name, factor = seq + 1, f"{line.id}#{n}", str(leg.factor)
                amount = int(line.quantity * leg.factor)
                execute(
                    insert["ledger_transfer"],
                    (seq, name, line.id, leg.account, kind, "debit", amount, 0, 0, line.quantity,
                     factor, "", None, line.regime, line.holder, when, when),
                )  # fmt: skip
                execute(MOVE, (amount, seq, leg.account))
                execute(
                    insert["ledger_reservation"],
                    (name, line.id, leg.account, "debit", amount, amount, factor, leg.post, None,
                     False, line.holder, line.regime, when),
                )  # fmt: skip
        execute("COMMIT")
    return time.perf_counter() - start


def ready(
    connection: sqlite3.Connection, made: sqlite3.Connection, after: int, batch: int
) -> float:
    """Seconds to write rows that are ready: they are read from a finished book beforehand."""
    groups = []
    for audit in made.execute("SELECT * FROM audit WHERE seq > ? ORDER BY seq", (after,)):
        ends = (f"{audit[1]}#", f"{audit[1]}$")
        transfers = made.execute("SELECT * FROM ledger_transfer WHERE id >= ? AND id < ?", ends)
        kept = made.execute("SELECT * FROM ledger_reservation WHERE id >= ? AND id < ?", ends)
        groups.append((audit, list(zip(transfers.fetchall(), kept.fetchall(), strict=True))))
    insert = {k: f"INSERT INTO {k} VALUES ({_marks(n)})" for k, n in INSERTS.items()}
    execute = connection.execute
    start = time.perf_counter()
    for first in range(0, len(groups), batch):
        execute("BEGIN IMMEDIATE")
        for audit, legs in groups[first : first + batch]:
            execute(insert["audit"], audit)
            for transfer, reservation in legs:
                execute(insert["ledger_transfer"], transfer)
                execute(MOVE, (transfer[6], transfer[0], transfer[3]))
                execute(insert["ledger_reservation"], reservation)
        execute("COMMIT")
    return time.perf_counter() - start


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def compare(turns: int, size: int, batch: int) -> tuple[float, float, float]:
    """Seconds for a turn of `size` lines: ours, the bare loop's, the loop's over ready rows.

    Medians over turns. The three take turns on books that grow alike, so that what else the
    machine does hits all; in the end the books must hold the same rows.
    """
    asked, times = lines(turns * size), []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder)
        ledger = stack.enter_context(opened(path / "ours.db"))
        made = stack.enter_context(closing(sqlite3.connect(path / "ours.db")))
        peer = stack.enter_context(closing(bare_book(path / "bare.db", made)))
        other = stack.enter_context(closing(bare_book(path / "ready.db", made)))
        for first in range(0, len(asked), size):
            turn = asked[first : first + size]
            mine = reserve(ledger, turn, batch)
            theirs = bare(peer, turn, batch)
            times.append((mine, theirs, ready(other, made, 2 * ACCOUNTS + first, batch)))
        assert ledger.verify() is None
        for table in (*INSERTS, "ledger_counters"):
            chosen = f"SELECT * FROM {table}"
            if table in ("audit", "ledger_transfer"):
                chosen += " WHERE kind = 'reserve' ORDER BY seq"
            rows = made.execute(chosen).fetchall()
            assert rows == peer.execute(chosen).fetchall() == other.execute(chosen).fetchall()
    return tuple(median(column) for column in zip(*times, strict=True))


def run(quick: bool) -> list[Row]:
    """Linked groups of five legs: one commit each, and a thousand to a commit."""
    found = []
    for what, batch, size, turns in (
        ("one group a commit", 1, 50, 9 if quick else 41),
        ("1,000 groups a commit", 1_000, 1_000, 5 if quick else 21),
    ):
        mine, peer, rows = compare(turns, size, batch)
        found.append(_row(what, size, mine, peer, name="bare loop over the same lines", bar="0.80"))
        found.append(_row(what, size, mine, rows, name="bare loop over ready rows", bar=""))
    return found


def _row(what: str, size: int, mine: float, peer: float, *, name: str, bar: str) -> Row:
    ratio = peer / mine
    return Row(
        part="ledger",
        what=f"linked transfers of 5 legs, SQLite, {what}",
        ours=f"{size * LEGS / mine:,.0f} transfers/s",
        peer=f"{name}: {size * LEGS / peer:,.0f} transfers/s",
        ratio=f"{ratio:.2f}",
        bar=bar,
        ok=ratio >= float(bar) if bar else None,
    )


if __name__ == "__main__":
    for row in run(quick=True):
        print(row)
