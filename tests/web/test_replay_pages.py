"""The past by another law on the pages: tried, asked for, followed, read; by one office alone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import actor
from everything_kit import everything
from test_replay_api import SMALL, trade
from test_replay_jobs import play
from web_kit import Pages

from interlock.book.models import Replay
from interlock.web import progress, regimes

if TYPE_CHECKING:
    from api_kit import Api
    from django.test import Client

__all__ = ["trade"]


@pytest.fixture
def pages(trade: Api, settings: Any) -> Pages:
    """Pages on a book in which something was ordered, shared, sent and let in."""
    settings.REQUIRE_MFA = False
    return Pages(trade.world)


@pytest.fixture
def desk(pages: Pages) -> Client:
    """The browser of an officer of the export gate."""
    return pages.client(pages.world.officer)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", text))


def test_every_fault_is_told_with_line_and_column_and_nothing_is_asked(desk: Client) -> None:
    bad = SMALL.replace("order.quantity", "order.quantitty").replace("title: Only small orders",
                                                                     "title: 1")  # fmt: skip
    answer = desk.post("/law/replays/new/", {"text": bad.replace("\n", "\r\n"), "do": "start"})
    assert answer.status_code == 422
    found = re.findall(r'<tr><td class="text-end">(\d+)</td><td class="text-end">(\d+)</td>',
                       answer.content.decode())  # fmt: skip
    assert found == [("3", "8"), ("12", "14")]
    for sent, told in (
        ({"text": SMALL.replace("gate: export", "gate: import")}, "your own gate alone"),
        ({"assume": "cap-2026-3"}, "cap-2026-03"),
        ({"since": "soon"}, "Write a day"),
        ({"since": "2027-01-01", "until": "2026-01-01"}, "it is after the last day, 2026-01-01"),
        ({"text": "x" * 400_001}, "The text is too long"),
    ):
        answer = desk.post("/law/replays/new/", sent | {"do": "start"})
        assert (answer.status_code, told in answer.content.decode()) == (422, True), told
    assert not Replay.objects.exists()


def test_a_fault_is_told_in_the_readers_language(desk: Client) -> None:
    bad = SMALL.replace("order.quantity", "order.quantitty")
    answer = desk.post(
        "/law/replays/new/", {"text": bad, "do": "check"}, HTTP_ACCEPT_LANGUAGE="zh-hans"
    )
    assert answer.status_code == 422
    found = re.findall(r"<td>([^<]*)</td>", answer.content.decode())
    assert found[0] == "未知的名称“order.quantitty”"
    assert found[1].startswith("您是指")


def test_a_replay_is_tried_asked_for_followed_and_read(
    pages: Pages, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"text": SMALL, "accounts": "1"}
    answer = desk.post("/law/replays/new/", form | {"do": "check"})
    assert "The proposal is in order." in answer.content.decode()
    assert not Replay.objects.exists()
    answer = desk.post("/law/replays/new/", form | {"do": "start"})
    row = Replay.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/law/replays/{row.name}/")
    where = answer["Location"]
    assert "How far is the replay?" in desk.get(where).content.decode()
    assert row.name in desk.get("/law/replays/").content.decode()
    Replay.objects.update(state="running", done=3, of=9)
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    rows = told_by_stream(desk)
    assert (rows[f"replay-{row.pk}"]["done"], rows[f"replay-{row.pk}"]["of"]) == (3, 9)
    assert f"replay-{row.pk}" not in told_by_stream(pages.client(pages.world.cn_officer))
    Replay.objects.update(state="waiting")
    play()
    text = plain(desk.get(where).content.decode())
    assert "6 decisions of 10 turn" in text
    assert "5,200 units that they were about" in text
    assert "Shipment: Dispatch" in text
    assert "Small small-orders/small : \N{EN DASH} → Fail" in text
    assert "Decisions that change 6" in text
    assert "change at a gate" not in text, "no more than those that turn"
    told = json.loads(Replay.objects.get().result)
    told["changed"]["at_a_gate"] = 1_234  # a gate may change where the whole does not
    Replay.objects.update(result=json.dumps(told))
    assert "1,234 decisions change at a gate" in plain(desk.get(where).content.decode())
    monkeypatch.setattr("interlock.web.replays.A_PAGE", 4)
    first = desk.get(where).content.decode()
    following = re.search(r'href="(\?cursor=4)#h-changes"', first)
    assert following
    assert "5 \N{EN DASH} 6 / 6" in plain(desk.get(where + following[1]).content.decode())
    took = desk.get(f"{where}file/?form=csv")
    assert b"".join(took.streaming_content).count(b"\n") == 7
    assert desk.get(f"{where}file/?form=parquet").content.startswith(b"PAR1")
    assert desk.get(f"{where}file/?form=exe").status_code == 404


def told_by_stream(client: Client) -> dict[str, Any]:
    text = b"".join(client.get("/jobs/stream/").streaming_content).decode()
    return {one["key"]: one for one in json.loads(text.split("data: ", 1)[1])["rows"]}


def test_r11_a_firm_has_no_such_pages_and_another_office_finds_none(
    pages: Pages, desk: Client
) -> None:
    desk.post("/law/replays/new/", {"text": SMALL, "do": "start"})
    play()
    where = f"/law/replays/{Replay.objects.get().name}/"
    world = pages.world
    for who in (world.buyer, world.supplier, world.allocator, world.cn_officer):
        pages.client(who)
    before = everything()
    for who in (world.buyer, world.supplier, world.allocator):
        for place in ("/law/replays/", "/law/replays/new/"):
            assert pages.get(place, who).status_code == 403
        assert pages.post("/law/replays/new/", who, text=SMALL, do="start").status_code == 403
        assert pages.get(where, who).status_code == 404
        assert "law/replays" not in pages.get("/law/of/cn-customs/", who).content.decode()
        assert "law/replays" not in pages.get("/law/orders/", who).content.decode()
    for place in (where, f"{where}file/?form=csv"):
        assert pages.get(place, world.cn_officer).status_code == 404
    assert "replay-" not in pages.get("/law/replays/", world.cn_officer).content.decode()
    assert everything() == before
    assert pages.get(where, actor("nell", "us-bis", "analyst")).status_code == 200


def test_a_regime_opens_as_a_text_for_its_own_gate_alone(pages: Pages) -> None:
    place = "/law/replays/new/?regime=us-advanced-computing"
    assert "regime: us-advanced-computing" in pages.get(place, pages.world.officer).content.decode()
    other = pages.get(place, pages.world.cn_officer).content.decode()
    assert "regime: us-advanced-computing" not in other
    page = pages.get("/law/of/us-advanced-computing/", pages.world.officer).content.decode()
    assert place in page


def test_a_log_too_long_to_wait_for_leads_to_the_job(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regimes, "MOST_PAST", 3)
    place = "/law/orders/?on=2027-01-01&past=1"
    text = pages.get(place, pages.world.officer).content.decode()
    assert "Have it played as a job" in text
    assert '<input type="hidden" name="on" value="2027-01-01">' in text
    assert "<code>interlock replay</code>" in pages.get(place, pages.world.buyer).content.decode()
