"""The ledger of an act: what moves note for the audit log is written with whatever comes next."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from interlock.ledger import decide
from interlock.store import LedgerSession
from interlock.store.session import Asked

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from interlock.ledger import Entry
    from interlock.ledger.changes import Note
    from interlock.store.tables import StoredTables

    Result = TypeVar("Result")


class ActLedger(LedgerSession):
    """The ledger of an act, which keeps the audit rows of moves back and writes them together.

    They are written before, and in one statement with, whatever the ledger writes itself, and
    before anybody reads the audit log; so their order is that in which things happened.
    """

    def __init__(self, connection: object, dialect: str) -> None:
        super().__init__(connection, dialect)
        self._notes: list[Note] = []
        self._noted_at: datetime | None = None

    def note(self, note: Note, *, now: datetime) -> None:
        """Append to the audit log, soon."""
        self._notes.append(note)
        self._noted_at = now

    def write_notes(self) -> None:
        """Append what was kept back.

        Raises:
            ConflictError, InvalidChangeError: of the first note that is wrong; none is written.
        """
        if self._notes and self._noted_at is not None:
            notes, self._notes = self._notes, []
            self.record_many(notes, now=self._noted_at)

    def _write(
        self,
        now: datetime,
        asked: Asked,
        work: Callable[[StoredTables], Result],
        settle: Callable[[StoredTables, Result], Result],
    ) -> Result:
        notes, at = self._notes, self._noted_at
        if not notes or at is None:
            return super()._write(now, asked, work, settle)

        def both(tables: StoredTables) -> Result:
            for note in notes:
                decide.carry_out_record(tables, note, at)
            return work(tables)

        also = Asked(asked.changes, [*(x.id for x in notes), *asked.entries], asked.pinned)
        self._notes = []
        try:
            return super()._write(now, also, both, settle)
        except BaseException:
            self._notes = notes  # nothing was written, and the act may go on
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
