"""The ledger in SQLite: one file, many processes, nothing half-posted.

Each write takes the database's one write lock first (`BEGIN IMMEDIATE`), reads what it needs,
decides by the pure functions of `interlock.ledger`, writes rows, counters and audit together, and
commits with a sync of the log. A process killed in between leaves nothing behind.
"""

from __future__ import annotations

import gc
import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar

from interlock.files import InterlockError
from interlock.ledger import decide, recount
from interlock.ledger.amounts import debts
from interlock.ledger.errors import InvalidChangeError
from interlock.ledger.legs import find_account
from interlock.ledger.memory import settled_account
from interlock.ledger.tables import Draft
from interlock.store import rows
from interlock.store.tables import MOVE_COUNTERS, SqliteTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from interlock.ledger.changes import Approve, Change
    from interlock.ledger.errors import LedgerError
    from interlock.ledger.model import (
        Account,
        Answer,
        Approved,
        Balance,
        Counters,
        Debt,
        Discrepancy,
        Entry,
        Off,
        Pinned,
        Reservation,
        Transfer,
    )

Result = TypeVar("Result")
SCHEMA_VERSION = 1
MAX_ROWS_KEPT = 20_000
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
)
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)


class StoreError(InterlockError):
    """The file is no ledger of ours, or of another version."""


def schema() -> str:
    """The SQL that makes the tables, checks and triggers."""
    return files("interlock.store").joinpath("schema.sql").read_text(encoding="utf-8")


class SqliteLedger:
    """A ledger in an SQLite file; meets `LedgerStore`, whose docstrings hold here.

    One object holds one connection and serves one thread; open another for each thread or
    process. Close it, or use it in a `with`.

    Args:
        path: the file, made if it is not there; `:memory:` for none.
        wait_s: how long to wait for another writer before `sqlite3.OperationalError`.
    """

    _schema = staticmethod(schema)
    _move_counters = MOVE_COUNTERS

    def __init__(self, path: str | Path, *, wait_s: float = 30.0) -> None:
        self._accounts: dict[str, Account] = {}
        self._kept: SqliteTables | None = None
        self._version = -1
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, timeout=wait_s, cached_statements=256
            )
            for pragma in PRAGMAS:
                self._connection.execute(pragma)
            self._make_schema()
        except sqlite3.DatabaseError as error:
            msg = f"{path} cannot be opened as a ledger ({error}); give another path"
            raise StoreError(msg) from error

    def _make_schema(self) -> None:
        execute = self._connection.execute
        exists = "SELECT 1 FROM sqlite_master WHERE name = 'ledger_schema'"
        if not execute(exists).fetchone():
            execute("BEGIN IMMEDIATE")
            try:
                if not execute(exists).fetchone():  # another process may have been faster
                    for statement in statements(self._schema()):
                        execute(statement)
                    execute("CREATE TABLE ledger_schema (version INTEGER NOT NULL) STRICT")
                    execute("INSERT INTO ledger_schema VALUES (?)", (SCHEMA_VERSION,))
                execute("COMMIT")
            except BaseException:
                execute("ROLLBACK")
                raise
        (version,) = execute("SELECT version FROM ledger_schema").fetchone()
        if version != SCHEMA_VERSION:
            msg = f"the ledger has version {version}, this program reads {SCHEMA_VERSION}"
            raise StoreError(msg)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> SqliteLedger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing.

    def _lock(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def _write(self, now: datetime, work: Callable[[SqliteTables], Result]) -> Result:
        """Run `work` over the tables and write what it changed, or nothing."""
        if now.tzinfo is None:
            raise InvalidChangeError("clock", ["the time has no zone; pass an aware datetime"])
        self._lock()
        collecting = gc.isenabled()
        gc.disable()  # a write makes many rows and no cycles: walking them all again is in vain
        kept, self._kept = self._kept, None
        try:
            tables = self._tables(kept, now)
            result = work(tables)
            if tables.new_entries:
                tables.flush(self._move_counters)
            self._connection.execute("COMMIT")
            tables.committed()
            self._kept = tables
        except BaseException:
            self._accounts = {}  # it may hold accounts that were not opened after all
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            if collecting:
                gc.enable()
        return result

    def _tables(self, kept: SqliteTables | None, now: datetime) -> SqliteTables:
        """The tables as the last write left them, if nobody else has written since; else new."""
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if kept is None or version != self._version or kept.rows_kept > MAX_ROWS_KEPT:
            self._version = version
            return SqliteTables(self._connection, self._accounts, now)
        kept.begin(now)
        return kept

    def apply(self, change: Change, *, now: datetime) -> Answer:
        """Do one change whole, durably, or raise and change nothing."""
        return self._write(now, lambda tables: decide.carry_out(tables, change, now))

    def apply_many(self, changes: Sequence[Change], *, now: datetime) -> list[Answer | LedgerError]:
        """Many changes in one transaction, each standing or falling alone."""

        def work(tables: SqliteTables) -> list[Answer | LedgerError]:
            tables.prefetch(changes)
            return decide.carry_out_many(tables, changes, now)

        return self._write(now, work)

    def approve(self, approve: Approve, *, now: datetime) -> Approved:
        """Reserve the lines of a sharing run, each standing or falling alone (R2)."""

        def work(tables: SqliteTables) -> Approved:
            tables.prefetch(approve.lines)
            return decide.carry_out_approval(tables, approve, now)

        return self._write(now, work)

    # Reading: each in one snapshot.

    @contextmanager
    def _read(self, now: datetime) -> Iterator[SqliteTables]:
        self._connection.execute("BEGIN")
        try:
            yield SqliteTables(self._connection, self._accounts, now)
        finally:
            self._connection.execute("ROLLBACK")

    def pin(self, accounts: Iterable[str], *, now: datetime) -> tuple[Pinned, ...]:
        """Accounts as a sharing run reads them."""
        with self._read(now) as tables:
            return decide.pin_accounts(tables, accounts, now)

    def headroom(self, accounts: Iterable[str] | None = None, *, now: datetime) -> dict[str, int]:
        """What permissions can still reserve on each account; all accounts if None."""
        with self._read(now) as tables:
            if accounts is None:
                listed = "SELECT id FROM account WHERE base = '' ORDER BY id"
                accounts = [row[0] for row in self._connection.execute(listed)]
            return {x.account: x.headroom for x in decide.pin_accounts(tables, accounts, now)}

    def account(self, account: str) -> Account | None:
        """An account by its id."""
        sql = "SELECT * FROM account WHERE id = ?"
        row = self._connection.execute(sql, (account,)).fetchone()
        return rows.to_account(row) if row else None

    def accounts(self) -> list[Account]:
        """All accounts, by id."""
        return [
            rows.to_account(x)
            for x in self._connection.execute("SELECT * FROM account ORDER BY id")
        ]

    def counters(self, account: str, *, now: datetime) -> Counters:
        """What stands on an account now, lapses due by `now` counted."""
        with self._read(now) as tables:
            draft, found = settled_account(tables, account, now)
            return draft.counters_of(found.id)

    def balance(self, account: str, *, at: datetime, known: datetime) -> Balance:
        """An account as it stood `at`, by what was recorded until `known` (R8)."""
        with self._read(at) as tables:
            found = find_account(Draft(tables, "read", at), account, at)
            if found is None:
                raise InvalidChangeError("read", [f"unknown account '{account}'; open it first"])
            return recount.balance(found, self.transfers(account=found.id), at, known)

    def debts(self, account: str, *, now: datetime) -> tuple[Debt, ...]:
        """What is owed on an account, oldest first (R4)."""
        with self._read(now) as tables:
            draft, found = settled_account(tables, account, now)
            if found.terms.may_owe is None:
                return ()
            tables.load_draws(found.id)
            owed = [draft.draw(x) for x in tables.account_draws.get(found.id, ())]
            paid = draft.counters_of(found.id).credits_posted
            return debts(owed, paid, found.terms.may_owe.within)

    def transfers(self, *, account: str | None = None, change: str | None = None) -> list[Transfer]:
        """Transfers in the order they were recorded, of one account or one change or all."""
        sql, given = "SELECT * FROM transfer WHERE 1", []
        if account is not None:
            sql += " AND account = ?"
            given.append(account)
        if change is not None:
            sql += " AND change = ?"
            given.append(change)
        return [rows.to_transfer(x) for x in self._connection.execute(sql + " ORDER BY seq", given)]

    def reservations(self, group: str) -> list[Reservation]:
        """What a change reserved, in order of account."""
        sql = "SELECT * FROM reservation WHERE id >= ? AND id < ? ORDER BY account"
        ends = (f"{group}#", f"{group}$")
        return [rows.to_reservation(x) for x in self._connection.execute(sql, ends)]

    def discrepancies(self, *, unsettled: bool = False) -> list[Discrepancy]:
        """Discrepancies in the order they were opened."""
        sql = "SELECT * FROM discrepancy WHERE settled_by = '' OR ? ORDER BY rowid"
        return [rows.to_discrepancy(x) for x in self._connection.execute(sql, (not unsettled,))]

    def entries(self) -> list[Entry]:
        """The audit log, in order."""
        return [
            rows.to_entry(x) for x in self._connection.execute("SELECT * FROM audit ORDER BY seq")
        ]

    def verify(self) -> Off | None:
        """Recount everything from the transfers; the first row that is off, or None."""
        execute = self._connection.execute
        with self._read(_EARLIEST):
            return recount.verify(
                accounts={x.id: x for x in self.accounts()},
                entries=map(rows.to_entry, execute("SELECT * FROM audit ORDER BY seq")),
                transfers=map(rows.to_transfer, execute("SELECT * FROM transfer ORDER BY seq")),
                counters={x[0]: rows.to_counters(x) for x in execute("SELECT * FROM counters")},
                reservations=map(
                    rows.to_reservation, execute("SELECT * FROM reservation ORDER BY id")
                ),
                draws=map(rows.to_draw, execute("SELECT * FROM draw ORDER BY id")),
            )


def statements(sql: str) -> Iterator[str]:
    """The single statements of a script, triggers whole."""
    part = ""
    for line in sql.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            yield part
            part = ""
