"""Replays as long work: asked for, played by a job, read by the office that asked, and no other."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from book_kit import NOW, World, actor
from everything_kit import everything
from test_replay_api import FAULTY, SMALL, trade
from typer.testing import CliRunner

from interlock.book import long_work, replays
from interlock.book.models import Office, Replay, ReplayPart
from interlock.book.selectors import law_history
from interlock.cli.main import app
from interlock.replay.rules import Changed, joined

if TYPE_CHECKING:
    from pathlib import Path

    from api_kit import Api

__all__ = ["trade"]
BODY = {"regimes": [SMALL]}


def clock() -> dt.datetime:
    """The time of a process that plays."""
    return NOW + dt.timedelta(hours=1)


def asked(api: Api, who: Any, body: Any = None) -> str:
    """Ask for a replay; its id."""
    answer = api.post("/replays", who, body or BODY)
    assert answer.status_code == 202, answer.content
    found = answer.json()
    assert answer["Location"] == f"/api/v1/replays/{found['id']}"
    assert found["state"] == "waiting"
    return str(found["id"])


def play() -> None:
    """What the job does: take the oldest that waits, and play it."""
    pk = replays.QUEUE.take(clock())
    assert pk is not None
    replays.QUEUE.play(pk, clock)


@pytest.mark.parametrize(("who", "accounts"), [("auditor", False), ("officer", True)])
def test_a_job_comes_to_the_same_as_the_command_line_however_it_is_cut_in_blocks(
    trade: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str, accounts: bool
) -> None:
    """The command line decides the whole history at once; the job here three decisions a block."""
    monkeypatch.setattr(law_history, "BLOCK", 3)
    monkeypatch.setattr(replays, "PART", 2)
    monkeypatch.setattr("interlock.cli.record.ready", lambda: None)  # this book is in memory
    (tmp_path / "proposed").mkdir()
    (tmp_path / "proposed" / "small-orders.yaml").write_text(SMALL, encoding="utf-8")
    asker = getattr(trade.world, who)
    pk = asked(trade, asker, BODY | {"accounts": accounts})
    before = everything()
    play()
    found = trade.get(f"/replays/{pk}", asker).json()
    assert (found["state"], found["wrong"]) == ("done", "")
    assert found["done"] == found["of"] > 40
    line = ["replay", "--regimes", str(tmp_path / "proposed"), "--as", asker.name,
            "--out", str(tmp_path / "out"), "--format", "json"]  # fmt: skip
    done = CliRunner().invoke(app, [*line, *(["--with-accounts"] if accounts else [])])
    assert done.exit_code == 1, done.output
    told = json.loads(done.stdout)
    told.pop("out")
    assert found["result"] == told
    assert found["changed"] == told["changed"]["at_a_gate"] == 6
    took = trade.get(f"/replays/{pk}/file?form=parquet", asker)
    frame = pl.read_parquet(io.BytesIO(took.content))
    assert frame.equals(pl.read_parquet(tmp_path / "out" / "changed.parquet"))
    after = everything()
    parts = {("book_replaypart", 3)}
    assert set(after[0]) - set(before[0]) == parts, "nothing of the book is written"
    assert after[1:] == before[1:]


def test_changes_come_in_pages_and_as_csv(trade: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "PART", 4)
    officer = trade.world.officer
    pk = asked(trade, officer)
    assert trade.get(f"/replays/{pk}/changes", officer).json() == {"items": [], "next": None}
    assert trade.get(f"/replays/{pk}/file", officer).status_code == 409
    play()
    rows, cursor = [], 0
    while cursor is not None:
        page = trade.get(f"/replays/{pk}/changes?cursor={cursor}&limit=5", officer).json()
        rows += page["items"]
        cursor = page["next"]
    assert len(rows) == 6
    assert len({one["decision"] for one in rows}) == 6
    assert {(one["order"], one["before"], one["after"]) for one in rows} == {
        ("o-1", "open", "shut")
    }
    took = trade.get(f"/replays/{pk}/file?form=csv", officer)
    lines = b"".join(took.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 7
    assert lines[0].startswith("decision,change,move,thing,order,buyer")
    assert lines[1].endswith("small-orders/small: none > fail")


def test_r11_only_the_office_that_asked_reads_it_and_no_firm(trade: Api) -> None:
    world = trade.world
    colleague, other = actor("nell", "us-bis", "analyst"), world.cn_officer
    pk, whole = asked(trade, world.officer), asked(trade, world.auditor)
    play()
    play()
    for who in (world.buyer, world.supplier, world.allocator, world.rival, other, colleague):
        trade.token(who)
    before = everything()
    for who in (world.buyer, world.supplier, world.allocator, world.rival, other):
        for path in (pk, f"{pk}/changes", f"{pk}/file"):
            answer = trade.get(f"/replays/{path}", who)
            assert answer.status_code == 404
            assert answer.json()["detail"] == f"there is no replay '{pk}'"
        if who is other:
            assert trade.get("/replays", who).json()["items"] == []
            continue
        assert trade.get("/replays", who).status_code == 403
        assert trade.post("/replays", who, BODY).status_code == 403
    assert everything() == before
    assert trade.get(f"/replays/{pk}", colleague).json()["changed"] == 6
    assert trade.get(f"/replays/{whole}", colleague).status_code == 404, "an auditor sees more"
    assert [one["id"] for one in trade.get("/replays", colleague).json()["items"]] == [pk]
    found = trade.get("/replays?limit=1", world.auditor).json()
    assert [one["id"] for one in found["items"]] == [whole]
    again = trade.get(f"/replays?cursor={found['next']}", world.auditor).json()
    assert [one["id"] for one in again["items"]] == [pk]


def test_every_fault_of_a_proposal_is_told_at_once_and_makes_no_row(trade: Api) -> None:
    answer = trade.post("/replays", trade.world.officer, {"regimes": [SMALL, FAULTY]})
    assert answer.status_code == 422
    pointers = [x["pointer"] for x in answer.json()["errors"]]
    assert pointers == ["/regimes/1/3/8", "/regimes/1/4/1", "/regimes/1/13/14"]
    other = {"regimes": [SMALL.replace("gate: export", "gate: import")]}
    assert trade.post("/replays", trade.world.officer, other).status_code == 403
    assert not Replay.objects.exists()


def test_nothing_proposed_is_refused_with_its_mend(trade: Api) -> None:
    for where in ("/replay", "/replays"):
        for body in ({}, {"accounts": True, "since": "2026-01-01"}, {"regimes": [], "assume": []}):
            answer = trade.post(where, trade.world.officer, body)
            assert answer.status_code == 422
            (error,) = answer.json()["errors"]
            assert error["pointer"] == "/regimes"
            assert error["detail"].startswith("nothing is proposed; give the text of a regime")
    assert not Replay.objects.exists()


def test_a_key_asks_once_and_an_office_has_no_more_than_so_many_wait(
    trade: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "MOST_WAITING", 2)
    officer = trade.world.officer
    one = trade.post("/replays", officer, BODY, Idempotency_Key="k")
    two = trade.post("/replays", officer, BODY, Idempotency_Key="k")
    assert (one.json(), one["Location"]) == (two.json(), two["Location"])
    assert two["Idempotency-Replayed"] == "true"
    asked(trade, officer)
    answer = trade.post("/replays", officer, BODY)
    assert answer.status_code == 422
    assert "2 replays of your office wait" in answer.json()["errors"][0]["detail"]
    assert Replay.objects.count() == 2


def test_a_replay_that_was_cut_off_is_taken_up_anew_and_the_lost_process_writes_nothing(
    trade: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = asked(trade, trade.world.officer)
    first = replays.QUEUE.take(NOW)
    assert replays.QUEUE.take(NOW + dt.timedelta(minutes=1)) is None, "it is at work"
    lost = Replay.objects.get(pk=first)
    ReplayPart.objects.create(replay=lost, first=0, table=b"half of it")
    again = replays.QUEUE.take(NOW + dt.timedelta(minutes=3))
    assert again == first
    with pytest.raises(long_work.LostError):
        long_work.Telling(lost, clock).how_far(3)
    replays.QUEUE.play(first, clock)
    found = trade.get(f"/replays/{pk}", trade.world.officer).json()
    assert (found["state"], found["changed"]) == ("done", 6)
    with pytest.raises(long_work.LostError):
        replays._played(lost, long_work.Telling(lost, clock))
    assert trade.get(f"/replays/{pk}", trade.world.officer).json() == found
    assert len(trade.get(f"/replays/{pk}/changes", trade.world.officer).json()["items"]) == 6


def test_a_replay_over_which_processes_were_lost_is_given_up(trade: Api) -> None:
    pk = asked(trade, trade.world.officer)
    for number in range(replays.MOST_TRIES):
        assert replays.QUEUE.take(NOW + number * dt.timedelta(minutes=3)) is not None
    assert replays.QUEUE.take(NOW + dt.timedelta(hours=1)) is None
    found = trade.get(f"/replays/{pk}", trade.world.officer).json()
    assert (found["state"], found["wrong"]) == ("failed", "3 processes were lost over it")


def test_a_replay_that_fails_says_why(trade: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    pk, after = asked(trade, trade.world.officer), asked(trade, trade.world.second)
    world: World = trade.world
    Office.objects.filter(user_id=world.officer.user).update(until=NOW)
    play()
    found = Replay.objects.get(name=pk)
    assert (found.state, found.result) == ("failed", "")
    assert "may not 'law.replay'" in found.wrong

    def broken(_parts: Any) -> Changed:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("interlock.replay.report.joined", broken)
    play()
    told = trade.get(f"/replays/{after}", trade.world.second).json()
    assert (told["state"], told["wrong"], told["result"]) == ("failed", "ZeroDivisionError", None)
    assert joined is not broken


def test_how_far_it_is_rises_to_the_whole(trade: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(law_history, "OFTEN", 5)
    monkeypatch.setattr("interlock.book.selectors.law_proposed.OFTEN", 5)
    heard: list[tuple[int, int]] = []
    whole = long_work.Telling.how_far

    def how_far(self: Any, done: int, **more: Any) -> None:
        heard.append((done, more["of"]))
        whole(self, done, **more)

    monkeypatch.setattr(long_work.Telling, "how_far", how_far)
    asked(trade, trade.world.officer, BODY | {"accounts": True})
    play()
    row = Replay.objects.get()
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert len(heard) > 8
    assert {of for _, of in heard} == {row.of}
    assert max(heard)[0] > row.of * 0.8
    assert row.done == row.of


def test_a_history_that_is_too_long_to_wait_for_is_a_jobs(
    trade: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlock.book.selectors.law_proposed.MOST_PAST", 3)
    answer = trade.post("/replay", trade.world.officer, BODY)
    assert "POST /api/v1/replays" in answer.json()["errors"][0]["detail"]
    asked(trade, trade.world.officer)
    play()
    assert Replay.objects.get().state == "done"
