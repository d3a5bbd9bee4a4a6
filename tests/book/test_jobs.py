"""Jobs run by themselves, each in one worker, and again after a worker died."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN, rows_are_final

from interlock.book import jobs
from interlock.book.jobs import HOLD, Paged, Periodic, Worker, periodic, run_due, run_one, take
from interlock.book.models import (
    Allocation,
    Application,
    Holder,
    Job,
    Licence,
    Order,
    Reminder,
    Screening,
    Statement,
)
from interlock.book.reminders import remind
from interlock.book.sealing import status
from interlock.book.services.screenings import rescreen

if TYPE_CHECKING:
    from pathlib import Path

    from book_kit import World

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def seal_key(db: None, tmp_path: Path, settings) -> None:
    settings.SEAL_KEY = tmp_path / "seal.key"
    rows_are_final()


def counting(every: dt.timedelta = MINUTE) -> tuple[Periodic, list[dt.datetime]]:
    ran: list[dt.datetime] = []

    def work(now: dt.datetime) -> int:
        ran.append(now)
        return 1

    return Periodic("count", every, work, "counts"), ran


def test_a_job_runs_when_it_is_due_and_not_before(world: World) -> None:
    job, ran = counting()
    now = world.now
    assert run_due(now, "a", (job,)) == ["count"]
    assert run_due(now + MINUTE / 2, "a", (job,)) == []
    assert run_due(now + MINUTE, "b", (job,)) == ["count"]
    assert ran == [now, now + MINUTE]
    row = Job.objects.get(pk="count")
    assert (row.done, row.last_error, row.held_by) == (1, "", "")


def test_of_two_workers_one_has_a_job(world: World) -> None:
    now = world.now
    Job.objects.create(name="count", next_at=now, held_until=now)
    assert take("count", now, "a")
    assert not take("count", now, "b")
    job, ran = counting()
    assert not run_one(job, now, "b")
    assert ran == []


def test_a_job_whose_worker_died_is_free_again_after_a_while(world: World) -> None:
    now = world.now
    Job.objects.create(name="count", next_at=now, held_until=now)
    assert take("count", now, "dead")
    job, ran = counting()
    assert not run_one(job, now + HOLD - MINUTE, "b")
    assert run_one(job, now + HOLD, "b")
    assert len(ran) == 1


def test_a_clock_that_was_far_ahead_and_is_set_right_stops_no_job(world: World) -> None:
    """Else nothing expires, is sealed or sent until that day comes; clocks differ a little."""
    ran: list[dt.datetime] = []
    job = Periodic("p", dt.timedelta(minutes=10), lambda at: ran.append(at) or 1, "for tests")
    run_one(job, world.now + dt.timedelta(days=30), "w-1")
    take("p", world.now + dt.timedelta(days=31), "w-2")  # and died while it held it
    assert run_one(job, world.now, "w-3")
    assert not run_one(job, world.now - HOLD / 2, "w-4")
    assert len(ran) == 2


def test_a_job_that_fails_is_noted_and_does_not_keep_the_others(world: World) -> None:
    def fail(now: dt.datetime) -> int:
        raise ZeroDivisionError("no")

    other, ran = counting()
    bad = Periodic("bad", dt.timedelta(0), fail, "fails")
    assert run_due(world.now, "a", (bad, other)) == ["bad", "count"]
    assert len(ran) == 1
    row = Job.objects.get(pk="bad")
    assert row.last_error == "ZeroDivisionError: no"
    assert row.next_at > world.now  # it is not tried again and again without a pause
    assert row.held_by == ""


def test_the_jobs_of_the_book_run_on_a_book_and_have_nothing_left_to_do(world: World) -> None:
    world.order("o-1")
    assert run_due(world.now, "a") == ["expire", "remind", "law", "screen", "outbox", "seal"]
    assert status().unsealed == 0
    assert {x.last_error for x in Job.objects.all()} == {""}
    later = world.now + dt.timedelta(minutes=5)
    assert run_due(later, "a") == []  # nothing is waiting: no job, no row written


def test_a_job_over_all_of_the_book_goes_on_page_by_page_and_then_rests(world: World) -> None:
    asked: list[str] = []

    def page(now: dt.datetime, after: str) -> tuple[int, str]:
        asked.append(after)
        return 1, {"": "b", "b": "c", "c": ""}[after]

    job = Periodic("pages", dt.timedelta(days=1), Paged(page), "in pages")
    assert [run_one(job, world.now, "a") for _ in range(4)] == [True, True, True, False]
    assert asked == ["", "b", "c"]
    assert Job.objects.get(pk="pages").next_at == world.now + dt.timedelta(days=1)


def test_the_job_screens_firms_anew_once_for_each_change_of_their_names(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "rescreen", partial(rescreen, most=2))
    job = next(one for one in periodic() if one.name == "screen")
    runs = []
    while run_one(job, world.now, "a"):
        runs.append(Screening.objects.count())
    assert runs == [2, 3]  # three firms, two a page
    day = dt.timedelta(days=1)
    assert run_one(job, world.now + day - MINUTE, "a") is False
    world.now += day
    world.do(ADMIN, "party.change", "tencent", name="Tencent Holdings")
    while run_one(job, world.now, "a"):
        pass
    made = Screening.objects.order_by("pk").values_list("party", flat=True)
    assert sorted(made) == ["bytedance", "nvidia", "tencent", "tencent"]
    assert Job.objects.get(pk="screen").last_error == ""


def test_the_job_reminds_of_a_change_of_law_that_hits_an_order(world: World) -> None:
    """On 10 November 2026 affiliates of listed parties are caught again."""
    world.do(ADMIN, "party.enter", id="below", name="Blue Lantern", country="DE",
             headquarters="DE", ultimate_parent_country="DE", known_to=["nvidia"])  # fmt: skip
    world.do(ADMIN, "party.enter", id="huawei", name="Huawei Technologies Co., Ltd.")
    world.do(ADMIN, "party.change", "below", owners=[{"party": "huawei", "share": "0.6"}])
    order = {"buyer": "below", "supplier": "nvidia", "product": "h200-sxm", "quantity": 5,
             "destination": "DE", "origin": "US", "data_centre_use": True,
             "id": "o-1"}  # fmt: skip
    world.do(world.supplier, "order.place", **order)
    now = dt.datetime(2026, 10, 20, 6, tzinfo=dt.UTC)
    job = next(one for one in periodic() if one.name == "law")
    assert run_one(job, now, "a")
    told = Reminder.objects.filter(thing_kind="order", thing="o-1", due_on=dt.date(2026, 11, 10))
    assert set(told.values_list("party", flat=True)) == {"below", "nvidia"}
    assert run_one(job, now + dt.timedelta(days=1), "a")
    assert told.count() == 2  # once is enough


def test_what_is_past_its_day_is_moved_where_a_service_does_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[tuple[str, str]] = []

    class Found:
        class move:  # noqa: N801
            starts = ("provisional", "reserved")
            reason = False

    def do(actor: Any, right: str, pk: str, values: Any, *, now: dt.datetime) -> None:
        moved.append((right, pk))

    order = world.order("o-1")
    stamp = {"made_at": world.now, "changed_at": world.now, "order": order, "quantity": 1,
             "left": 1}  # fmt: skip
    today = world.now.date()
    Allocation.objects.create(id="a-1", state="reserved", expires_on=today, **stamp)
    Allocation.objects.create(
        id="a-2", state="reserved", expires_on=today + dt.timedelta(days=1), **stamp
    )
    Allocation.objects.create(id="a-3", state="void", expires_on=today, **stamp)
    monkeypatch.setattr(jobs, "SERVICES", {"allocation.expire": Found})
    monkeypatch.setattr(jobs, "do", do)
    assert jobs.expire(world.now) == 1
    assert moved == [("allocation.expire", "a-1")]


def test_a_worker_stops_when_it_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    worker = Worker(lambda: world.now, pause=30)

    def look(now: dt.datetime, name: str) -> None:
        looked.append(1)

    monkeypatch.setattr(jobs, "run_due", look)
    monkeypatch.setattr(jobs, "close_old_connections", lambda: None)
    monkeypatch.setattr(jobs, "connection", type("C", (), {"close": lambda self: None})())
    worker.start()
    worker.stop(seconds=10)
    assert looked == [1]
    assert worker._thread is not None
    assert not worker._thread.is_alive()


def test_reminders_come_once_for_each_step_and_to_whom_it_concerns(world: World) -> None:
    stamp = {"made_at": world.now, "changed_at": world.now}
    today = world.now.date()
    licence = Licence.objects.create(
        id="L-1", state="issued", gate="import", valid_until=today + dt.timedelta(days=20), **stamp
    )
    Holder.objects.create(licence=licence, party_id="bytedance")
    Application.objects.create(
        id="A-1", state="in_review", gate="import", applicant_id="tencent", quantity=1,
        destination="CN", deadline=today + dt.timedelta(days=5), **stamp,
    )  # fmt: skip
    Statement.objects.create(
        id="S-1", state="filed", statement_kind="end_use", by_id="tencent", filed_on=today,
        valid_until=today + dt.timedelta(days=300), **stamp,
    )  # fmt: skip
    remind(world.now)
    remind(world.now + dt.timedelta(hours=1))
    found = set(Reminder.objects.values_list("party", "thing_kind", "thing"))
    assert found == {
        ("bytedance", "licence", "L-1"), ("cn-authorities", "application", "A-1"),
    }  # fmt: skip
    assert Reminder.objects.count() == 2
    remind(world.now + dt.timedelta(days=14))  # six days before the licence ends
    assert Reminder.objects.filter(thing="L-1").count() == 2
    assert Order.objects.count() == 0
