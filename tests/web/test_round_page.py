"""A round's page: the sheet for officers, one's own place for an applicant, and nothing secret."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import NOW
from django.core.cache import cache
from django.utils import timezone
from licensing_kit import Desk, desk_law
from test_round_decisions import entered, opened, proposed
from web_kit import Pages

from interlock.book.models import Application, Round

if TYPE_CHECKING:
    from django.http import HttpResponse


@pytest.fixture
def desk(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The small world under the small law, at the clock of its moves."""
    settings.REQUIRE_MFA = False
    desk_law(settings)
    cache.clear()
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return Desk()


def shown(desk: Desk, who: Any) -> str:
    answer: HttpResponse = Pages(desk).get("/rounds/r-1/", who)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def cells(text: str) -> list[list[str]]:
    table = text.partition('aria-labelledby="h-sheet"><table')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2])
    return [[re.sub("<[^>]+>", "", one).strip() for one in re.findall(r"<td.*?>(.*?)</td>", row)]
            for row in rows]  # fmt: skip


def test_officers_see_the_queue_of_a_round_and_then_its_decision_sheet(desk: Desk) -> None:
    opened(desk)
    assert "No application is in it." in shown(desk, desk.cn_officer)
    entered(desk, "a-1", desk.buyer, 9000)
    entered(desk, "a-2", desk.rival, 11000)
    entered(desk, "a-3", desk.third, 3000)
    waiting = cells(shown(desk, desk.cn_officer))
    assert [row[:2] for row in waiting] == [
        ["a-1", "ByteDance"], ["a-2", "Tencent"], ["a-3", "Alibaba"],
    ]  # fmt: skip
    assert [row[3] for row in waiting] == ["9,000", "11,000", "3,000"]
    desk.do(desk.cn_officer, "round.close", "r-1")
    desk.do(desk.cn_officer, "round.propose", "r-1")
    text = shown(desk, desk.cn_second)
    sheet = cells(text)
    assert {row[1] for row in sheet} == {"a-1", "a-2", "a-3"}
    placed = {row[1]: row[-3:-1] for row in sheet}
    assert placed["a-1"] == ["Placed", "9,000"]
    assert placed["a-3"] == ["Placed", "3,000"]
    assert placed["a-2"][0] == "Not placed"
    assert "placed by the law of 2026-02-10" in text
    assert "/rounds/r-1/decide/" in text


def test_a_round_is_no_page_of_a_firm_and_its_application_tells_it_where_it_stands(
    desk: Desk,
) -> None:
    proposed(desk)
    pages = Pages(desk)
    for who in (desk.buyer, desk.rival, desk.supplier):
        assert pages.get("/rounds/r-1/", who).status_code == 404
    text = re.sub(r"\s+", " ", pages.get("/applications/a-2/", desk.rival).content.decode())
    assert re.search(r'answer-number">2</div><div class="text-secondary">place in the queue', text)
    assert "no estimate: too few past decisions" in text
    for secret in ("a-1", "a-3", "Alibaba", "ByteDance", "Decision sheet", "Not placed"):
        assert f">{secret}<" not in text, secret
    assert pages.get("/applications/a-1/", desk.rival).status_code == 404


def test_an_applicant_is_told_an_interval_as_soon_as_past_decisions_give_one(desk: Desk) -> None:
    entered_and_decided(desk, 12)
    desk.submitted("mine", desk.rival)
    text = re.sub(r"\s+", " ", Pages(desk).get("/applications/mine/", desk.rival)
                  .content.decode())  # fmt: skip
    assert "1 to 12 days" in text
    assert "(85 %)" in text


def entered_and_decided(desk: Desk, number: int) -> None:
    """Past applications that took one day, two days, and so on."""
    for days in range(1, number + 1):
        desk.submitted(f"past-{days}", desk.buyer)
        Application.objects.filter(pk=f"past-{days}").update(
            state="approved", received_on=NOW.date() - dt.timedelta(days=days + 5),
            decided_on=NOW.date() - dt.timedelta(days=5),
        )  # fmt: skip


def test_r11_a_secret_criterion_changes_no_byte_of_an_applicants_page(desk: Desk) -> None:
    proposed(desk)
    before = {who.name: own(desk, who) for who in (desk.buyer, desk.rival, desk.third)}
    assert all(status == 200 for status, _text in before.values())
    Round.objects.filter(pk="r-1").update(
        private={"criteria": {"small": "secret"}}, outcome={"placed": []}, proposed_by="nobody"
    )
    Application.objects.update(officer_facts={"application": {"score": 99}}, place={"rank": 1})
    assert {who.name: own(desk, who) for who in (desk.buyer, desk.rival, desk.third)} == before
    assert ">99<" in shown(desk, desk.cn_officer), "the change is there to be seen by who may"


OWN = {"bytedance": "a-1", "tencent": "a-2", "alibaba": "a-3"}


def own(desk: Desk, who: Any) -> tuple[int, bytes]:
    """The page of a firm's own application and its sheet, to the byte."""
    pages, found = Pages(desk), b""
    for where in (f"/applications/{OWN[who.party]}/", f"/applications/{OWN[who.party]}/sheet/"):
        answer = pages.get(where, who)
        found += answer.content
    return answer.status_code, re.sub(
        rb'name="csrfmiddlewaretoken" value="[^"]+"', b"once", found)  # fmt: skip


def test_what_is_approved_leads_to_its_licence_until_there_is_one(desk: Desk) -> None:
    desk.submitted()
    desk.do(desk.cn_officer, "application.take", "a-1")
    way = "/licences/new/draft/?gate=import&amp;application=a-1"
    pages = Pages(desk)
    assert way not in pages.get("/applications/a-1/", desk.cn_officer).content.decode()
    desk.do(desk.cn_officer, "application.approve", "a-1")
    assert way in pages.get("/applications/a-1/", desk.cn_officer).content.decode()
    for other in (desk.buyer, desk.officer):
        assert way not in pages.get("/applications/a-1/", other).content.decode()
    form = pages.get(way.replace("&amp;", "&"), desk.cn_officer).content.decode()
    assert re.search(r'name="application"[^>]*value="a-1"', form)
    sent = {"gate": "import", "application": "a-1", "licence_kind": "individual", "once": "n"}
    tried = pages.post("/licences/new/draft/", desk.cn_officer, do="preview", **sent)
    preview = re.sub(r"<[^>]+>|\s+", " ", tried.content.decode()).partition("Nothing has been")[0]
    for told in ("Products &ndash; NVIDIA H200 SXM", "Holders &ndash; ByteDance"):
        assert told in re.sub(r"\s+", " ", preview), "whose it is and for what is told, too"
    desk.do(desk.cn_officer, "licence.draft", id="l-1", gate="import", application="a-1")
    assert way not in pages.get("/applications/a-1/", desk.cn_officer).content.decode()


def test_an_amendment_is_decided_only_where_one_waits(desk: Desk) -> None:
    desk.licence()
    pages = Pages(desk)
    begin, decide = "/licences/l-1/propose_amendment/", "/licences/l-1/amend/"
    text = pages.get("/licences/l-1/", desk.cn_second).content.decode()
    assert (begin in text, decide in text, "/l-1/drop_amendment/" in text) == (True, False, False)
    desk.do(desk.cn_officer, "licence.propose_amendment", "l-1", quantity=2000, reason="more")
    text = pages.get("/licences/l-1/", desk.cn_second).content.decode()
    assert (begin in text, decide in text, "/l-1/drop_amendment/" in text) == (False, True, True)
