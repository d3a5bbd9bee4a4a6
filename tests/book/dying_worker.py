"""A worker that dies in the middle of each job, and the next one; run by `test_killed_jobs`.

The child is a fork that runs one job as a worker does and is killed (SIGKILL) at a chosen place;
what the record then holds is read by the parent, which also runs the job when it is free again.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from book_kit import NOW, actor
from django.db import connections
from django.db.models import QuerySet

from interlock.book import acting, jobs, outbox, sealing
from interlock.book.models import Delivery, Event, Job, Licence, Reminder
from interlock.book.selectors.accounts import ledger
from interlock.book.sending import Outcome
from interlock.book.services import do
from interlock.book.verifying import verify_book

if TYPE_CHECKING:
    from collections.abc import Callable

LATER = NOW + dt.timedelta(days=10)
FIRMS = ("bytedance", "tencent")
SENT = Path("sent.txt")
"""What the receiver took, a line each, whoever sent it and died."""


def job(name: str) -> jobs.Periodic:
    return next(one for one in jobs.periodic() if one.name == name)


def dies(name: str, where: Any, called: str, *, at: int = 1, first: bool = False) -> None:
    """Run a job in a child that is killed at the nth call of something, before or after it."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        real, calls = getattr(where, called), 0

        def deadly(*values: Any, **more: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at and first:
                os.kill(os.getpid(), signal.SIGKILL)
            done = real(*values, **more)
            if calls == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        setattr(where, called, deadly)
        jobs.run_one(job(name), LATER, "dies")
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), f"{name} was not killed in {called}"
    row = Job.objects.get(name=name)
    assert (row.held_by, row.ended_at) == ("dies", None)
    # Nobody else runs what it held, until the time is over for which it held it.
    assert not jobs.run_one(job(name), LATER + dt.timedelta(seconds=1), "lives")


def lives(name: str) -> None:
    """The next worker runs the job when it is free."""
    assert jobs.run_one(job(name), LATER + jobs.HOLD, "lives"), name
    assert Job.objects.get(name=name).last_error == ""
    Job.objects.all().delete()


def granted(pk: str, **more: Any) -> None:
    first, second = (actor(x, "cn-authorities", "licensing_officer") for x in ("chen", "deng"))
    values = {"id": pk, "gate": "import", "holders": [{"party": x} for x in FIRMS],
              "products": ["h200-sxm"], "destination": "CN", "quantity": 10} | more  # fmt: skip
    do(first, "licence.draft", values=values, now=NOW)
    do(first, "licence.propose", pk, now=NOW)
    do(second, "licence.grant", pk, now=NOW)


def entries(kind: str) -> list[str]:
    return sorted(one.cause for one in ledger().entries() if one.kind == kind)


def expiry() -> None:
    """One licence a transaction: those before the kill are over, the one at hand is as it was."""
    names = ["l-1", "l-2", "l-3"]
    for pk in names:
        granted(pk, valid_until="2026-02-15")
    dies("expire", acting.Act, "close", at=2, first=True)
    states = dict(Licence.objects.values_list("pk", "state"))
    assert [states[pk] for pk in names] == ["expired", "issued", "issued"], states
    assert len(ledger().discrepancies(unsettled=True)) == 1
    lives("expire")
    told = [f"licence/{pk}" for pk in names]
    assert entries("licence.expire") == told
    assert sorted(Event.objects.filter(name="licence.expire").values_list("thing", flat=True)) == (
        names
    )


def reminders() -> None:
    """All of one look, or none."""
    granted("l-4", valid_until="2026-02-25")
    dies("remind", QuerySet, "_batched_insert")
    assert not Reminder.objects.exists()
    lives("remind")
    told = Reminder.objects.filter(thing="l-4").values_list("party_id", flat=True)
    assert sorted(told) == list(FIRMS)


def delivers(now: dt.datetime, *, real: Callable[..., int] = outbox.deliver) -> int:
    def send(_url: str, message: Any, *_: Any, **__: Any) -> Outcome:
        with SENT.open("a", encoding="utf-8") as file:
            file.write(f"{message.id}\n")
        return Outcome(200, "")

    return real(now, send=send)


def deliveries() -> None:
    """What was handed on is handed on once; what was sent and not noted is sent again, in order."""
    outbox.deliver = delivers
    buyer = actor("ivy", "bytedance", "compliance_officer")
    do(buyer, "webhook.register", values={"id": "w-1", "url": "https://a.example/in",
       "names": ["order.place"]}, now=NOW)  # fmt: skip
    for number in range(5):
        values = {"id": f"o-{number}", "buyer": "bytedance", "supplier": "nvidia",
                  "product": "h200-sxm", "quantity": 1, "destination": "CN"}  # fmt: skip
        do(buyer, "order.place", values=values, now=NOW)
    waiting = Event.objects.filter(handed_on=False).count()
    dies("outbox", QuerySet, "bulk_create")
    assert not Delivery.objects.exists()
    assert Event.objects.filter(handed_on=False).count() == waiting > 5
    Job.objects.all().delete()
    dies("outbox", outbox, "_note", at=3, first=True)
    states = list(Delivery.objects.order_by("event_id").values_list("state", flat=True))
    assert states == ["taken", "taken", "waiting", "waiting", "waiting"]
    lives("outbox")
    assert set(Delivery.objects.values_list("state", "attempts")) == {("taken", 1)}
    placed = Event.objects.filter(name="order.place").order_by("pk")
    ids = [f"evt_{pk}" for pk in placed.values_list("pk", flat=True)]
    sent = SENT.read_text(encoding="utf-8").split()
    assert (sent[:5], sent[5:]) == (ids, ids[2:])  # at least once, with the same ids


def seals() -> None:
    """A batch is sealed whole or not at all, and the next one goes on behind it."""
    sealing.BATCH = 20
    total = sealing.status().unsealed
    assert total > 40
    dies("seal", sealing, "seal", at=2)
    (head,) = sealing.heads()
    assert (head.head.tree_size, sealing.status().unsealed) == (20, total - 20)
    lives("seal")
    assert (sealing.status().sealed, sealing.status().unsealed) == (total, 0)


def main() -> None:
    for scene in (expiry, reminders, deliveries, seals):
        scene()
    assert verify_book().wrong is None
