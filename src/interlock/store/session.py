"""The ledger inside a caller's transaction: its rows and the caller's stand or fall together.

A session begins, commits and rolls back nothing. Each change is decided on rows read inside the
transaction, and written before `apply` returns, so that the next one sees it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from interlock.ledger import decide
from interlock.ledger.changes import Note
from interlock.ledger.errors import NO_ZONE, InvalidChangeError
from interlock.store.errors import RacedError, StoreError
from interlock.store.executor import executor
from interlock.store.flush import flush, numbered, numbered_approval
from interlock.store.reading import LedgerReading
from interlock.store.tables import StoredTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from interlock.ledger.changes import Approve, Change, Why
    from interlock.ledger.errors import LedgerError
    from interlock.ledger.model import Account, Answer, Approved

Result = TypeVar("Result")
# A loser of a race reads the winner's row in its next try; another race is another winner.
MOST_TRIES = 20


class Asked(NamedTuple):
    """What a write will surely ask for: it is locked and read at once, before anything is decided.

    Attributes:
        changes: those to come.
        entries: ids of further rows of the audit log: an approval that holds changes, or notes.
        pinned: the accounts that an approval pins.
    """

    changes: Sequence[Change] = ()
    entries: Sequence[str] = ()
    pinned: Sequence[str] = ()


class LedgerSession(LedgerReading):
    """A ledger in the caller's transaction; meets `LedgerStore`, whose docstrings hold here.

    Whatever `apply` raises out of the ledger (`LedgerError`), nothing of that change is written and
    the transaction goes on. Nothing is kept between two calls: the caller may roll back to a
    savepoint of its own in between.

    On PostgreSQL the transaction must be READ COMMITTED, the default. One change locks its accounts
    in one order of ids; a caller who applies several changes one by one takes their locks one by
    one, and PostgreSQL ends one of two that wait for each other: use `apply_many`, or `lock` first.
    On SQLite the transaction should be begun with `BEGIN IMMEDIATE`.

    Args:
        connection: the raw connection (sqlite3.Connection or psycopg.Connection), inside a
            transaction.
        dialect: "sqlite" or "postgresql".
        known: accounts that are stored and committed for certain, by id: saves asking for them.
            Accounts never change, so a process may keep them for good; `met` tells which to keep
            once the transaction is committed.

    Raises:
        StoreError: the connection is not of that dialect.
    """

    def __init__(
        self, connection: object, dialect: str, known: Mapping[str, Account] | None = None
    ) -> None:
        super().__init__(executor(connection, dialect))
        self._known = known or {}
        self.met: dict[str, Account] = {}

    # Writing.

    def apply(self, change: Change, *, now: datetime) -> Answer:
        """Do one change whole, or raise and change nothing."""
        return self._write(
            now,
            Asked((change,)),
            lambda tables: decide.carry_out(tables, change, now),
            lambda tables, answer: numbered(tables, [answer])[0],  # type: ignore[return-value]
        )

    def apply_many(self, changes: Sequence[Change], *, now: datetime) -> list[Answer | LedgerError]:
        """Many changes in turn, each standing or falling alone."""
        return self._write(
            now,
            Asked(changes),
            lambda tables: decide.carry_out_many(tables, changes, now),
            numbered,
        )

    def approve(self, approve: Approve, *, now: datetime) -> Approved:
        """Reserve the lines of a sharing run, each standing or falling alone (R2)."""
        return self._write(
            now,
            Asked(approve.lines, (approve.id,), [pin.account for pin in approve.pins]),
            lambda tables: decide.carry_out_approval(tables, approve, now),
            numbered_approval,
        )

    def record(
        self,
        entry_kind: str,
        change_id: str,
        content: str,
        why: Why,
        outcome: str = "",
        *,
        now: datetime,
    ) -> bool:
        """Append to the audit log what was done outside the ledger; False if it is there."""
        return self.record_many([Note(change_id, why, entry_kind, content, outcome)], now=now)[0]

    def record_many(self, notes: Sequence[Note], *, now: datetime) -> list[bool]:
        """The same for several, in order, written together: all of them or, if one is wrong, none.

        Raises:
            ConflictError, InvalidChangeError: as for one.
        """
        return self._write(
            now,
            Asked(entries=[note.id for note in notes]),
            lambda tables: [decide.carry_out_record(tables, note, now) for note in notes],
            lambda _, result: result,
        )

    def lock(self, changes: Sequence[Change], *, now: datetime) -> None:
        """Lock all accounts that changes can touch, in one order, before applying them one by one.

        Needed only where several changes of one transaction cannot be handed over together, so
        that two such transactions wait for each other in turn and not in a ring.
        """
        self._db.require_transaction()
        self._tables(now, writing=True).prepare(*Asked(changes))

    def _write(
        self,
        now: datetime,
        asked: Asked,
        work: Callable[[StoredTables], Result],
        settle: Callable[[StoredTables, Result], Result],
    ) -> Result:
        """Run `work` over the tables and write what it changed, or nothing.

        Args:
            now: the clock.
            asked: what is locked and read first.
            work: decides; called anew if another writer was faster.
            settle: gives the result with the numbers of its rows as stored.
        """
        if now.tzinfo is None:
            raise InvalidChangeError("clock", [NO_ZONE])
        self._db.require_transaction()
        for _ in range(MOST_TRIES):
            tables = self._tables(now, writing=True)
            tables.prepare(*asked)
            result = work(tables)
            if tables.new_entries:
                try:
                    flush(tables, whole=False)
                except RacedError:
                    continue
            self.met.update(tables.accounts)
            return settle(tables, result) if self._db.shared else result
        msg = f"other writers were faster {MOST_TRIES} times; roll back and try again"
        raise StoreError(msg)

    def _tables(self, now: datetime, *, writing: bool = False) -> StoredTables:
        return StoredTables(self._db, {}, now, known=self._known, writing=writing)

    @contextmanager
    def _read(self, now: datetime) -> Iterator[StoredTables]:
        yield self._tables(now)
