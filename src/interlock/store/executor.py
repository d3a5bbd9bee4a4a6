"""The seam between the store and a database: how rows are read, locked and written.

Everything else in the store is written once. A dialect differs in its placeholders, in how lists
are passed, in how many rows go into one statement, and in whether others write at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from interlock.store.errors import StoreError
from interlock.store.schema import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from interlock.store.layout import Query, Write
    from interlock.store.rows import Row


class Executor(Protocol):
    """A connection as the store uses it.

    Attributes:
        shared: others write at the same time: rows are locked before a decision, and numbers come
            from sequences. Where it is False, the one writer holds the whole database.
    """

    shared: bool

    def read(self, text: str, given: Sequence[object] = ()) -> list[Row]:
        """All rows of one question."""

    def read_all(
        self, asked: Sequence[Query], lock: Sequence[str] = ()
    ) -> tuple[list[Row], list[list[Row]]]:
        """The rows of several questions, in one round trip if the database allows.

        Args:
            asked: the questions; they are asked after the lock is held.
            lock: accounts whose counters are locked first, in order of id.

        Returns:
            The rows of the locked counters, and the rows of each question.
        """

    def stream(self, text: str) -> Iterator[Row]:
        """All rows of a question, a few at a time."""

    def numbers(self, transfers: int, entries: int) -> Query:
        """Asks for numbers of rows to come, where `shared`: transfers first."""

    def write(self, writes: Sequence[Write], *, whole: bool) -> None:
        """Write rows, all or none.

        Args:
            writes: what, in this order.
            whole: the caller undoes everything if this fails; else it is undone here.

        Raises:
            GuardError: an exact write missed a row.
            RacedError: where `shared`, a row of this id was written meanwhile.
        """

    def require_transaction(self) -> None:
        """Raise StoreError unless a transaction is open."""

    def many(self, text: str, rows: Sequence[Row]) -> None:
        """One statement for each row, `?` for its values."""


def executor(connection: object, dialect: str) -> Executor:
    """The executor over a raw connection.

    Args:
        connection: a sqlite3.Connection or psycopg.Connection.
        dialect: "sqlite" or "postgresql".

    Raises:
        StoreError: the connection is not of that dialect.
    """
    if dialect == "sqlite":
        from interlock.store.lite import LiteExecutor  # noqa: PLC0415 - it imports this

        return LiteExecutor.over(connection)
    if dialect == "postgresql":
        from interlock.store.psql import PsqlExecutor  # noqa: PLC0415 - psycopg is an extra

        return PsqlExecutor.over(connection)
    msg = f"there is no ledger for '{dialect}'; use {' or '.join(DIALECTS)}"
    raise StoreError(msg)
