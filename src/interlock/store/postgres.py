"""The ledger in PostgreSQL with transactions of its own: many writers at once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import psycopg

from interlock.ledger.errors import NO_ZONE, InvalidChangeError
from interlock.store.errors import RacedError, StoreError
from interlock.store.flush import flush
from interlock.store.layout import MOVE_COUNTERS
from interlock.store.schema import SCHEMA_VERSION, schema
from interlock.store.session import MOST_TRIES, Asked, LedgerSession
from interlock.store.tables import StoredTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from interlock.ledger.model import Account

Result = TypeVar("Result")
# Any number that is the same in every process: one of them makes the tables.
_SCHEMA_LOCK = 0x1A7E_510C
# Read as rows: the catalogue's own cache may not know yet what another process just committed.
_EXISTS = (
    "SELECT EXISTS (SELECT 1 FROM pg_tables"
    " WHERE tablename = 'ledger_schema' AND schemaname = ANY(current_schemas(false)))"
)


class PostgresLedger(LedgerSession):
    """A ledger in a PostgreSQL database; meets `LedgerStore`, whose docstrings hold here.

    One object holds one connection and serves one thread. Close it, or use it in a `with`. Here
    each write is a transaction of its own.

    Args:
        dsn: where the database is, e.g. `postgresql://user@host/book`.
        create: make the tables if there are none; else a database without them is refused.

    Raises:
        StoreError: no database answers there, or it holds no ledger of this version.
    """

    _move_counters = MOVE_COUNTERS

    def __init__(self, dsn: str, *, create: bool = True) -> None:
        self._accounts: dict[str, Account] = {}
        try:
            self._connection = psycopg.connect(dsn, autocommit=True)
        except psycopg.OperationalError as error:
            msg = f"no database answers ({str(error).strip()}); check the address"
            raise StoreError(msg) from error
        try:
            self._make_schema(create=create)
        except BaseException:
            self._connection.close()
            raise
        super().__init__(self._connection, "postgresql")

    def _schema(self) -> list[str]:
        return schema("postgresql")

    def _make_schema(self, *, create: bool) -> None:
        execute = self._connection.execute
        if create and execute(_EXISTS).fetchone() == (False,):
            with self._connection.transaction():
                execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
                if execute(_EXISTS).fetchone() == (False,):
                    for statement in self._schema():
                        execute(statement)
        if execute(_EXISTS).fetchone() == (False,):
            msg = "the database holds no ledger; make its tables first (interlock migrate)"
            raise StoreError(msg)
        found = execute("SELECT version FROM ledger_schema").fetchone()
        if found != (SCHEMA_VERSION,):
            version = found[0] if found else "no"
            msg = f"the ledger has version {version}, this program reads {SCHEMA_VERSION}"
            raise StoreError(msg)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> PostgresLedger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(
        self,
        now: datetime,
        asked: Asked,
        work: Callable[[StoredTables], Result],
        settle: Callable[[StoredTables, Result], Result],
    ) -> Result:
        """Run `work` over the tables and commit what it changed, or nothing."""
        if now.tzinfo is None:
            raise InvalidChangeError("clock", [NO_ZONE])
        for _ in range(MOST_TRIES):
            tables = self._tables(now, writing=True)
            try:
                with self._connection.transaction():
                    tables.prepare(*asked)
                    result = work(tables)
                    if tables.new_entries:
                        flush(tables, whole=True, move=self._move_counters)
            except RacedError:
                self._accounts = {}
                continue
            except BaseException:
                self._accounts = {}  # it may hold accounts that were not opened after all
                raise
            return settle(tables, result)
        msg = f"other writers were faster {MOST_TRIES} times; try again"
        raise StoreError(msg)

    def _tables(self, now: datetime, *, writing: bool = False) -> StoredTables:
        return StoredTables(self._db, self._accounts, now, writing=writing)

    @contextmanager
    def _read(self, now: datetime) -> Iterator[StoredTables]:
        """One snapshot for all questions."""
        with self._connection.transaction(force_rollback=True):
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield self._tables(now)
