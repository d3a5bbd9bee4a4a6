"""What the book does by itself, again and again, and the worker that does it.

One table row a job says when it is next due and who runs it now. A worker takes a job by moving
`held_until` on in one statement, so of many workers one runs it; if that one dies, the job is free
again when the time has passed. Every job finds its work in the book's own rows and can be run
twice: nothing is lost between two runs.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.db import DatabaseError, close_old_connections, connection

from interlock.book import counts, lab_runs, outbox, replays
from interlock.book.acting import perform
from interlock.book.models import Allocation, Certificate, Job, Licence
from interlock.book.reminders import remind
from interlock.book.rights import JOBS
from interlock.book.sealing import seal_now, status
from interlock.book.services import SERVICES, do
from interlock.book.services.reminders import remind_of_law
from interlock.book.services.screenings import rescreen
from interlock.files import InterlockError

if TYPE_CHECKING:
    from interlock.book.models import Thing

log = structlog.get_logger("interlock.jobs")
Clock = Callable[[], datetime]
HOLD = timedelta(minutes=10)
PAUSE_SECONDS = 1.0
ENDS: tuple[tuple[str, Any, str], ...] = (
    ("licence.expire", Licence, "valid_until"),
    ("allocation.expire", Allocation, "expires_on"),
    ("certificate.lapse", Certificate, "valid_until"),
)


@dataclass(frozen=True)
class Paged:
    """Work over all of the book that is done a page a run, so that no other job waits for it.

    `page` takes the time and where to go on, empty at the beginning; it gives how much was done and
    where to go on, empty at the end.
    """

    page: Callable[[datetime, str], tuple[int, str]]


@dataclass(frozen=True)
class Periodic:
    """One job.

    Attributes:
        every: how long after a run the next is due.
        run: does the work there is at a time; gives how much that was.
        needed: whether there is any, cheaply; asked first where it is given.
    """

    name: str
    every: timedelta
    run: Callable[[datetime], int] | Paged
    says: str
    needed: Callable[[datetime], bool] | None = None


def expire(now: datetime) -> int:
    """Move what is past its last day; it was of no use from that day on in any case (R9)."""
    return sum(_expire(right, model, field, now) for right, model, field in ENDS)


def _expire(right: str, model: type[Thing], field: str, now: datetime) -> int:
    found = SERVICES.get(right)
    if found is None:
        return 0
    over = model._default_manager.filter(
        state__in=found.move.starts, **{f"{field}__lte": now.date()}
    )
    values = {"reason": "its last day is over"} if found.move.reason else {}
    count = 0
    for pk in over.order_by("pk").values_list("pk", flat=True):
        try:
            do(JOBS, right, pk, values, now=now)
            count += 1
        except InterlockError as error:  # one that cannot be moved does not keep the others
            log.warning("not moved", right=right, thing=pk, wrong=str(error))
    return count


def screen_again(now: datetime, after: str) -> tuple[int, str]:
    """Screen firms anew for whom the lists, their names or their owners changed; one page."""
    why = "the lists, names or owners have changed"
    found = perform(JOBS, lambda act: rescreen(act, after=after), now=now, reason=why)
    return len(found.made), found.next or ""


def send_out(now: datetime) -> int:
    """Hand events on and deliver them."""
    return outbox.hand_on(now) + outbox.deliver(now)


def periodic() -> tuple[Periodic, ...]:
    """Every job that runs by itself; what others write is handed on and sealed last."""
    return (
        Periodic("expire", timedelta(minutes=10), expire, "what is past its last day"),
        Periodic("remind", timedelta(hours=1), remind, "days that should not be missed"),
        Periodic("law", timedelta(days=1), Paged(remind_of_law), "changes of law that hit orders"),
        Periodic(
            "screen",
            timedelta(days=1),
            Paged(screen_again),
            "firms for whom the lists have changed",
        ),
        Periodic(
            "count",
            timedelta(seconds=10),
            counts.count_orders,
            "open orders in groups, for the overview",
            needed=counts.are_old,
        ),
        Periodic(
            "lab",
            timedelta(0),
            lab_runs.QUEUE.play_waiting,
            "runs of the lab that were asked for",
            needed=lab_runs.is_waiting,
        ),
        Periodic(
            "replay",
            timedelta(0),
            replays.QUEUE.play_waiting,
            "replays of the history that were asked for",
            needed=replays.QUEUE.is_waiting,
        ),
        Periodic("outbox", timedelta(0), send_out, "events to webhooks", needed=outbox.is_waiting),
        Periodic(
            "seal",
            timedelta(minutes=1),
            seal_now,
            "audit rows into the sealed tree",
            needed=lambda _: status().unsealed > 0,
        ),
    )


def worker_name() -> str:
    """A name that no other worker has."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


def run_due(now: datetime, worker: str, jobs: tuple[Periodic, ...] | None = None) -> list[str]:
    """Run the jobs that are due and that no other worker runs; their names."""
    return [job.name for job in jobs or periodic() if run_one(job, now, worker)]


def run_one(job: Periodic, now: datetime, worker: str) -> bool:
    """Run one job if it is due and free; whether it was run."""
    row = Job.objects.filter(name=job.name).first()
    if row is None:
        row, _ = Job.objects.get_or_create(
            name=job.name, defaults={"next_at": now, "held_until": now}
        )
    _forget_a_clock_ahead(row, job, now)
    if row.next_at > now or row.held_until > now or (job.needed and not job.needed(now)):
        return False
    if not take(job.name, now, worker):
        return False
    done, wrong, cursor = 0, "", row.cursor
    with structlog.contextvars.bound_contextvars(job=job.name, run=secrets.token_hex(8)):
        try:
            if isinstance(job.run, Paged):
                done, cursor = job.run.page(now, row.cursor)
            else:
                done = job.run(now)
        except (InterlockError, DatabaseError) as error:
            wrong = f"{type(error).__name__}: {error}"[:500]
            log.exception("job failed")
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"[:500]
            log.exception("job failed")
        else:
            if done:
                log.info("job", done=done)
    every = timedelta(0) if cursor else job.every
    pause = every if not wrong else max(every, timedelta(seconds=30))
    Job.objects.filter(name=job.name, held_by=worker).update(
        next_at=now + pause, held_until=now, held_by="", ended_at=now, done=done, last_error=wrong,
        cursor=cursor,
    )  # fmt: skip
    return True


def _forget_a_clock_ahead(row: Job, job: Periodic, now: datetime) -> None:
    """Make a job due that a clock put off which was far ahead, and has been set right since.

    Two machines' clocks may differ by `HOLD`. Times further off than this clock would ever write
    are of a wrong one, and the job would stand still until they come.
    """
    latest = max(row.next_at - job.every, row.held_until - HOLD)
    if latest <= now + HOLD:
        return
    log.warning("put off by a clock that was ahead", job=job.name, until=latest.isoformat())
    same = Job.objects.filter(name=job.name, next_at=row.next_at, held_until=row.held_until)
    if same.update(next_at=now, held_until=now, held_by=""):
        row.next_at = row.held_until = now


def take(name: str, now: datetime, worker: str) -> bool:
    """Take a job that is due and free, in one statement; whether this worker has it now."""
    free = Job.objects.filter(name=name, next_at__lte=now, held_until__lte=now)
    return bool(free.update(held_until=now + HOLD, held_by=worker, started_at=now))


class Worker:
    """Runs jobs until it is told to stop; the job at hand is finished first.

    Args:
        clock: gives the time.
        pause: seconds between two looks.
    """

    def __init__(self, clock: Clock, pause: float = PAUSE_SECONDS) -> None:
        self.clock, self.pause = clock, pause
        self.name = worker_name()
        self.stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Work in this thread until `stop`."""
        while not self.stopping.is_set():
            close_old_connections()
            try:
                run_due(self.clock(), self.name)
            except DatabaseError:
                log.exception("the database does not answer; the worker tries again")
            self.stopping.wait(self.pause)
        connection.close()

    def start(self) -> None:
        """Work in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="interlock-jobs", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 25.0) -> None:
        """Stop, and wait so long for the job at hand."""
        self.stopping.set()
        if self._thread is not None:
            self._thread.join(seconds)
