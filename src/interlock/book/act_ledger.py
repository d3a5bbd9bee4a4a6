"""The ledger of an act: what moves note, and their events, are written with whatever comes next."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from interlock.ledger import decide
from interlock.store import LedgerSession
from interlock.store.layout import Insert, Write
from interlock.store.session import Asked

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from interlock.ledger import Entry
    from interlock.ledger.changes import Note
    from interlock.store.rows import Row
    from interlock.store.tables import StoredTables

    Result = TypeVar("Result")


EVENT = Insert("book_event", (
    ("name", "text"), ("thing_kind", "text"), ("thing", "text"), ("thing_version", "int"),
    ("change", "text"), ("parties", "json"), ("gates", "json"), ("at", "moment"),
    ("handed_on", "bool"),
))  # fmt: skip
"""Rows of `interlock.book.models.Event`, but for the number that the database gives."""


class ActLedger(LedgerSession):
    """The ledger of an act, which keeps the audit rows of moves back and writes them together.

    They and the events that tell of them are written before, and in one statement with, whatever
    the ledger writes itself, and
    before anybody reads the audit log; so their order is that in which things happened.
    """

    def __init__(self, connection: object, dialect: str) -> None:
        super().__init__(connection, dialect)
        self._notes: list[Note] = []
        self._events: list[Row] = []
        self._noted_at: datetime | None = None

    def note(self, note: Note, event: Row | None = None, *, now: datetime) -> None:
        """Append to the audit log, and to the outbox if there is an event, soon."""
        self._notes.append(note)
        self._noted_at = now
        if event is not None:
            self._events.append(event)

    def write_notes(self) -> None:
        """Append what was kept back.

        Raises:
            ConflictError, InvalidChangeError: of the first note that is wrong; none is written.
        """
        if self._noted_at is not None:
            self._write(self._noted_at, Asked(), lambda _: None, lambda _, nothing: nothing)

    def _write(
        self,
        now: datetime,
        asked: Asked,
        work: Callable[[StoredTables], Result],
        settle: Callable[[StoredTables, Result], Result],
    ) -> Result:
        notes, events, at = self._notes, self._events, self._noted_at
        if at is None:
            return super()._write(now, asked, work, settle)

        def both(tables: StoredTables) -> Result:
            for note in notes:
                decide.carry_out_record(tables, note, at)
            if events:
                tables.beside.append(Write(EVENT, events))
            return work(tables)

        also = Asked(asked.changes, [*(x.id for x in notes), *asked.entries], asked.pinned)
        self._notes, self._events, self._noted_at = [], [], None
        try:
            return super()._write(now, also, both, settle)
        except BaseException:  # nothing was written, and the act may go on
            self._notes, self._events, self._noted_at = notes, events, at
            raise

    # Whoever reads the audit log sees what happened in this act, too.

    def entries(self) -> list[Entry]:
        """The audit log, in order."""
        self.write_notes()
        return super().entries()

    def entries_of(self, cause: str) -> list[Entry]:
        """The audit rows of one document or thing, in order."""
        self.write_notes()
        return super().entries_of(cause)

    def newest_entry(
        self, cause: str, kinds: str = "", *, known: datetime | None = None
    ) -> Entry | None:
        """The newest audit row of one cause."""
        asked = (kinds or "%").replace("%", "*")
        if any(x.why.cause == cause and fnmatchcase(x.kind, asked) for x in self._notes):
            self.write_notes()
        return super().newest_entry(cause, kinds, known=known)
