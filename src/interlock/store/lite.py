"""SQLite as the store uses it: one writer at a time, so nothing is locked but the whole."""

from __future__ import annotations

import json
import sqlite3
from functools import cache
from typing import TYPE_CHECKING

from interlock.store.errors import GuardError, StoreError
from interlock.store.layout import Insert, Query, Update
from interlock.store.queries import THESE_COUNTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from interlock.store.layout import Write
    from interlock.store.rows import Row


@cache
def in_lite(text: str) -> str:
    """A question in SQLite's words."""
    return text.replace("= ANY(?)", "IN (SELECT value FROM json_each(?))")


@cache
def statement_in_lite(statement: Insert | Update) -> str:
    """A statement for `executemany`; the names in it are ours, never input."""
    if isinstance(statement, Insert):
        columns = [name for name, _ in statement.given]
        marks = ", ".join("?" * len(columns))
        return f"INSERT INTO {statement.table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
    marks_by_name = {name: f"?{n}" for n, (name, _) in enumerate(statement.given, start=1)}
    text = f"UPDATE {statement.table} SET {statement.changes} WHERE {statement.where}"  # noqa: S608
    return text.format_map(marks_by_name)


def _given(values: Sequence[object]) -> list[object]:
    return [json.dumps(x) if isinstance(x, list) else x for x in values]


class LiteExecutor:
    """An `Executor` over an SQLite connection."""

    shared = False

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @classmethod
    def over(cls, connection: object) -> LiteExecutor:
        """The executor over a connection, which must be one of SQLite."""
        if not isinstance(connection, sqlite3.Connection):
            msg = f"a {type(connection).__name__} is no connection of SQLite; pass the raw one"
            raise StoreError(msg)
        return cls(connection)

    def read(self, text: str, given: Sequence[object] = ()) -> list[Row]:
        """All rows of one question."""
        return self.connection.execute(in_lite(text), _given(given)).fetchall()

    def read_all(
        self, asked: Sequence[Query], lock: Sequence[str] = ()
    ) -> tuple[list[Row], list[list[Row]]]:
        """The rows of several questions; the writer holds the lock of the whole already."""
        held = self.read(THESE_COUNTERS, (list(lock),)) if lock else []
        return held, [self.read(query.text, query.given) for query in asked]

    def stream(self, text: str) -> Iterator[Row]:
        """All rows of a question, a few at a time."""
        return iter(self.connection.execute(in_lite(text)))

    def numbers(self, transfers: int, entries: int) -> Query:
        """Never asked here: the one writer counts on by itself."""
        raise NotImplementedError

    def write(self, writes: Sequence[Write], *, whole: bool) -> None:
        """Write rows, all or none; within a savepoint unless the caller undoes everything."""
        if whole:
            self._write(writes)
            return
        execute = self.connection.execute
        execute("SAVEPOINT interlock_write")
        try:
            self._write(writes)
        except BaseException:
            if self.connection.in_transaction:  # some faults end the whole transaction
                execute("ROLLBACK TO interlock_write")
                execute("RELEASE interlock_write")
            raise
        execute("RELEASE interlock_write")

    def _write(self, writes: Sequence[Write]) -> None:
        many = self.connection.executemany
        for statement, rows, exact in writes:
            done = many(statement_in_lite(statement), rows).rowcount
            if exact and done != len(rows):
                msg = "the statement's own test of a floor failed; nothing was written"
                raise GuardError(msg)

    def require_transaction(self) -> None:
        """Raise StoreError unless a transaction is open."""
        if not self.connection.in_transaction:
            msg = "no transaction is open; begin one (BEGIN IMMEDIATE) and commit it yourself"
            raise StoreError(msg)

    def many(self, text: str, rows: Sequence[Row]) -> None:
        """One statement for each row, `?` for its values."""
        self.connection.executemany(text, rows)
