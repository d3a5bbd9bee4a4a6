"""PostgreSQL as the store uses it: many writers, row locks, few round trips."""

from __future__ import annotations

import json
from functools import cache
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from interlock.store.errors import GuardError, RacedError, StoreError
from interlock.store.layout import Insert, Query, Update
from interlock.store.queries import THESE_COUNTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from psycopg import Connection

    from interlock.store.layout import Kind, Write
    from interlock.store.rows import Row

_TYPES: dict[Kind, str] = {
    "int": "BIGINT", "text": "TEXT", "bool": "BOOLEAN", "json": "JSONB", "moment": "TIMESTAMPTZ",
}  # fmt: skip
_STREAMS = count()
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# Sorted before the locks are taken: groups that meet on some accounts never wait in a ring.
LOCK = f"{THESE_COUNTERS} ORDER BY account FOR UPDATE"
# Lists and counts stand in subqueries, so that the planner cannot look into them: else it thinks
# that a plan made anew for each list is better than one it keeps, and planning costs the most.
_ANY = "= ANY(ARRAY(SELECT jsonb_array_elements_text(?::jsonb)))"
NUMBERS = (
    "SELECT nextval('ledger_transfer_seq') FROM generate_series(1, (SELECT ?::integer))"
    " UNION ALL SELECT nextval('audit_seq') FROM generate_series(1, (SELECT ?::integer))"
)


@cache
def in_psql(text: str) -> str:
    """A question in PostgreSQL's words."""
    return text.replace("= ANY(?)", _ANY).replace("%", "%%").replace("?", "%s")


def _given(values: Iterable[object]) -> list[object]:
    return [_encode(x) if isinstance(x, list) else x for x in values]


@cache
def _gathered(texts: tuple[str, ...]) -> str:
    """Several questions as one statement with one row: each answer an array of JSON arrays."""
    parts = [f"(SELECT json_agg(q) FROM ({in_psql(text)}) q)::text" for text in texts]  # noqa: S608
    return "SELECT " + ", ".join(parts)


@cache
def _written(statements: tuple[Insert | Update, ...], exact: tuple[bool, ...]) -> str:
    """Several writes as one statement; each takes its rows as one JSON text.

    The count of the exact ones is tested by the statement itself, which fails if it is short.
    """
    parts, tests = [], []
    for number, (statement, counted) in enumerate(zip(statements, exact, strict=True)):
        returning = " RETURNING 1" if counted else ""
        parts.append(f"w{number} AS ({_one(statement)}{returning})")
        if counted:
            tests.append(f"ledger_guard((SELECT count(*) FROM w{number}), %s)")  # noqa: S608
    return f"WITH {', '.join(parts)} SELECT {', '.join(tests) or '1'}"


def _one(statement: Insert | Update) -> str:
    given = statement.given
    values = ", ".join(f"(x->>{n})::{_TYPES[kind]} AS {x}" for n, (x, kind) in enumerate(given))
    rows = f"SELECT {values} FROM jsonb_array_elements(%s::jsonb) x"  # noqa: S608
    if isinstance(statement, Insert):
        columns = ", ".join(name for name, _ in given)
        return f"INSERT INTO {statement.table} ({columns}) {rows}"
    names = {name: f"v.{name}" for name, _ in given}
    changes, where = statement.changes.format_map(names), statement.where.format_map(names)
    return f"UPDATE {statement.table} SET {changes} FROM ({rows}) v WHERE {where}"  # noqa: S608


class PsqlExecutor:
    """An `Executor` over a psycopg connection; its own cursors, whatever the connection's kind."""

    shared = True

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection

    @classmethod
    def over(cls, connection: object) -> PsqlExecutor:
        """The executor over a connection, which must be one of psycopg."""
        if not isinstance(connection, psycopg.Connection):
            msg = f"a {type(connection).__name__} is no connection of psycopg 3; pass the raw one"
            raise StoreError(msg)
        return cls(connection)

    def _cursor(self) -> psycopg.Cursor[Row]:
        return psycopg.Cursor(self.connection, row_factory=tuple_row)

    def read(self, text: str, given: Sequence[object] = ()) -> list[Row]:
        """All rows of one question."""
        return self._cursor().execute(in_psql(text), _given(given)).fetchall()

    def read_all(
        self, asked: Sequence[Query], lock: Sequence[str] = ()
    ) -> tuple[list[Row], list[list[Row]]]:
        """The rows of several questions in one round trip, asked once the lock is held."""
        text = _gathered(tuple(query.text for query in asked))
        given = _given(chain.from_iterable(query.given for query in asked))
        if not lock:
            answer = self._cursor().execute(text, given).fetchone()
            return [], _rows(answer)
        locking, asking = self._cursor(), self._cursor()
        with self.connection.pipeline():
            locking.execute(in_psql(LOCK), (_encode(lock),))
            # A statement of its own: it sees what the one that held the lock before committed.
            asking.execute(text, given)
        return locking.fetchall(), _rows(asking.fetchone())  # once both have arrived

    def stream(self, text: str) -> Iterator[Row]:
        """All rows of a question, through a cursor of the server; several may run at once."""
        name = f"interlock_stream_{next(_STREAMS)}"
        with psycopg.ServerCursor(self.connection, name, row_factory=tuple_row) as cursor:
            cursor.itersize = 5_000
            yield from cursor.execute(in_psql(text), ())

    def numbers(self, transfers: int, entries: int) -> Query:
        """Asks for numbers of rows to come: transfers first, then entries."""
        return Query(NUMBERS, (transfers, entries))

    def write(self, writes: Sequence[Write], *, whole: bool) -> None:
        """Write rows by one statement, within a savepoint unless the caller undoes everything."""
        text = _written(tuple(x.statement for x in writes), tuple(x.exact for x in writes))
        given: list[object] = [_encode(x.rows) for x in writes]
        given += [len(x.rows) for x in writes if x.exact]
        try:
            if whole:
                self._cursor().execute(text, given)
            else:
                self._write_within(text, given)
        except psycopg.errors.UniqueViolation as error:
            raise RacedError from error
        except psycopg.errors.CheckViolation as error:
            if error.diag.constraint_name:
                raise
            msg = "the statement's own test of a floor failed; nothing was written"
            raise GuardError(msg) from error

    def _write_within(self, text: str, given: Sequence[object]) -> None:
        try:
            with self.connection.pipeline():
                cursor = self._cursor()
                cursor.execute("SAVEPOINT interlock_write")
                cursor.execute(text, given)
                cursor.execute("RELEASE SAVEPOINT interlock_write")
        except psycopg.Error:
            if self.connection.info.transaction_status == TransactionStatus.INERROR:
                cursor = self._cursor()
                cursor.execute("ROLLBACK TO SAVEPOINT interlock_write")
                cursor.execute("RELEASE SAVEPOINT interlock_write")
            raise

    def require_transaction(self) -> None:
        """Raise StoreError unless a transaction is open, or psycopg opens one by itself."""
        idle = self.connection.info.transaction_status == TransactionStatus.IDLE
        if idle and self.connection.autocommit:
            msg = "no transaction is open; begin one and commit it yourself"
            raise StoreError(msg)

    def many(self, text: str, rows: Sequence[Row]) -> None:
        """One statement for each row, `?` for its values."""
        self._cursor().executemany(in_psql(text), rows)


def _rows(answer: Row | None) -> list[list[Row]]:
    if answer is None:
        msg = "a statement of one row gave none"
        raise AssertionError(msg)
    return [[tuple(row.values()) for row in json.loads(x)] if x else [] for x in answer]
