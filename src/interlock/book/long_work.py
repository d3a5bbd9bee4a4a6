"""Long work taken from its table and played in a thread beside the book's jobs, one at a time.

Taking is one statement, so of many processes one has it. A process that is cut off falls silent,
and another takes up what it had; should it speak again, it learns that the work is not its own.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog
from django.db import OperationalError, connection
from django.db.models import F, Q
from django.utils import timezone

from interlock.book.models import LongWork
from interlock.files import InterlockError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

log = structlog.get_logger("interlock.work")
SILENT = timedelta(minutes=2)
"""Work of which nothing was heard for so long has lost its process: another takes it up."""
OFTEN = timedelta(seconds=1)
"""How often it is written down how far work is."""
Work = TypeVar("Work", bound=LongWork)


class LostError(Exception):
    """Another process has taken this work up; what this one has made of it is not wanted."""


class Telling(Generic[Work]):
    """How the process that has a piece of work tells of it, as long as the work is its own."""

    def __init__(self, row: Work, clock: Callable[[], datetime]) -> None:
        self.clock, self._heard = clock, row.heard_at
        rows: Any = type(row)._default_manager
        self._mine = rows.filter(pk=row.pk, state="running", tries=row.tries)

    def how_far(self, done: int, **more: Any) -> None:
        """Write down how much is done, unless that was written just now; nothing done is always.

        Raises:
            LostError: another process has it.
        """
        now = self.clock()
        if done and self._heard is not None and timedelta(0) < now - self._heard < OFTEN:
            return
        self._heard = now
        try:
            self.write(done=done, heard_at=now, **more)
        except OperationalError:  # the database is busy; the work is worth more than its count
            log.warning("how far work is could not be written down")

    def write(self, **values: Any) -> None:
        """Write fields of the row.

        Raises:
            LostError: another process has it.
        """
        if not self._mine.update(**values):
            raise LostError


class Queue(Generic[Work]):
    """All work of one kind.

    Args:
        model: its table.
        name: for the thread and the log.
        work: does one piece of work; gives fields to write when it is done.
        most_tries: processes that may lose their life over a piece of work; None: any number.
    """

    def __init__(
        self,
        model: type[Work],
        name: str,
        work: Callable[[Work, Telling[Work]], dict[str, Any]],
        most_tries: int | None = None,
    ) -> None:
        self.model, self.name, self._work = model, name, work
        self.most_tries = most_tries
        self._at_work = threading.Lock()

    def is_waiting(self, now: datetime) -> bool:
        """Whether work is asked for, or lost its process, and none is done here."""
        return not self._at_work.locked() and self._free(now).exists()

    def play_waiting(self, now: datetime) -> int:
        """Take the oldest that waits and do it in a thread; how many were begun."""
        pk = self.take(now)
        if pk is None:
            return 0
        name = f"interlock-{self.name}"
        threading.Thread(target=self._aside, args=(pk,), name=name, daemon=True).start()
        return 1

    def take(self, now: datetime) -> int | None:
        """The oldest that waits, taken in one statement; None: there is none, or it went."""
        if self.most_tries is not None:
            wrong = f"{self.most_tries} processes were lost over it"
            self._free(now).filter(tries__gte=self.most_tries).update(
                state="failed", ended_at=now, wrong=wrong
            )
        found = self._free(now).order_by("pk").values_list("pk", flat=True).first()
        if found is None:
            return None
        taken = self._free(now).filter(pk=found).update(
            state="running", started_at=now, heard_at=now, tries=F("tries") + 1
        )  # fmt: skip
        return found if taken else None

    def _free(self, now: datetime) -> QuerySet[Work]:
        lost = Q(state="running", heard_at__lt=now - SILENT)
        return self.model._default_manager.filter(Q(state="waiting") | lost)

    def _aside(self, pk: int) -> None:
        with self._at_work:
            try:
                self.play(pk, timezone.now)
            finally:
                connection.close()

    def play(self, pk: int, clock: Callable[[], datetime]) -> None:
        """Do work that was taken; what goes wrong stands in its row."""
        row = self.model._default_manager.get(pk=pk)
        telling = Telling(row, clock)
        try:
            try:
                found = self._work(row, telling)
            except (InterlockError, OSError) as error:
                telling.write(state="failed", ended_at=clock(), wrong=str(error)[:2000])
            except LostError:
                raise
            except Exception as error:
                log.exception("work failed", of=self.name, pk=pk)
                telling.write(state="failed", ended_at=clock(), wrong=type(error).__name__)
            else:
                telling.write(state="done", ended_at=clock(), **found)
        except LostError:
            log.warning("another process has it", of=self.name, pk=pk)
