"""The ledger in a file of its own: SQLite, many processes, nothing half-posted.

Each write takes the database's one write lock first (`BEGIN IMMEDIATE`), reads what it needs,
decides by the pure functions of `interlock.ledger`, writes rows, counters and audit together, and
commits with a sync of the log. A process killed in between leaves nothing behind.
"""

from __future__ import annotations

import gc
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from interlock.ledger.errors import NO_ZONE, InvalidChangeError, LedgerError
from interlock.store.errors import StoreError
from interlock.store.flush import committed, flush
from interlock.store.layout import MOVE_COUNTERS
from interlock.store.schema import SCHEMA_VERSION, schema
from interlock.store.session import Asked, LedgerSession
from interlock.store.tables import StoredTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from interlock.ledger.changes import Change
    from interlock.ledger.model import Account, Answer

Result = TypeVar("Result")
MAX_ROWS_KEPT = 20_000
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
)


class SqliteLedger(LedgerSession):
    """A ledger in an SQLite file; meets `LedgerStore`, whose docstrings hold here.

    One object holds one connection and serves one thread; open another for each thread or
    process. Close it, or use it in a `with`. Here each write is a transaction of its own.

    Args:
        path: the file, made if it is not there; `:memory:` for none.
        wait_s: how long to wait for another writer before `sqlite3.OperationalError`.

    Raises:
        StoreError: the file is no ledger of ours, or of another version.
    """

    _move_counters = MOVE_COUNTERS

    def __init__(self, path: str | Path, *, wait_s: float = 30.0) -> None:
        self._accounts: dict[str, Account] = {}
        self._kept: StoredTables | None = None
        self._version = -1
        self._takes_as_new = False
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
        super().__init__(self._connection, "sqlite")

    def _schema(self) -> list[str]:
        return schema("sqlite")

    def _make_schema(self) -> None:
        execute = self._connection.execute
        exists = "SELECT 1 FROM sqlite_master WHERE name = 'ledger_schema'"
        if not execute(exists).fetchone():
            execute("BEGIN IMMEDIATE")
            try:
                if not execute(exists).fetchone():  # another process may have been faster
                    for statement in self._schema():
                        execute(statement)
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

    def apply(self, change: Change, *, now: datetime) -> Answer:
        """Do one change whole, or raise and change nothing.

        It is taken for new at first, which saves looking; whatever then fails is done again with a
        look, so a change that is there gives its first answer.
        """
        self._takes_as_new = True
        try:
            return super().apply(change, now=now)
        except (LedgerError, sqlite3.IntegrityError):
            self._takes_as_new = False
            return super().apply(change, now=now)
        finally:
            self._takes_as_new = False

    def _lock(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def _write(
        self,
        now: datetime,
        asked: Asked,
        work: Callable[[StoredTables], Result],
        settle: Callable[[StoredTables, Result], Result],
    ) -> Result:
        """Run `work` over the tables and commit what it changed, or nothing."""
        del settle  # rows keep the numbers they are given: nobody else writes
        if now.tzinfo is None:
            raise InvalidChangeError("clock", [NO_ZONE])
        self._lock()
        collecting = gc.isenabled()
        gc.disable()  # a write makes many rows and no cycles: walking them all again is in vain
        kept, self._kept = self._kept, None
        try:
            tables = self._stored(kept, now)
            tables.takes_as_new = self._takes_as_new
            tables.prepare(*asked)
            result = work(tables)
            if tables.new_entries:
                flush(tables, whole=True, move=self._move_counters)
            self._connection.execute("COMMIT")
            committed(tables)
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

    def _stored(self, kept: StoredTables | None, now: datetime) -> StoredTables:
        """The tables as the last write left them, if nobody else has written since; else new."""
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if kept is None or version != self._version or kept.rows_kept > MAX_ROWS_KEPT:
            self._version = version
            return StoredTables(self._db, self._accounts, now, writing=True)
        kept.begin(now)
        return kept

    @contextmanager
    def _read(self, now: datetime) -> Iterator[StoredTables]:
        self._connection.execute("BEGIN")
        try:
            yield StoredTables(self._db, self._accounts, now, writing=False)
        finally:
            self._connection.execute("ROLLBACK")
