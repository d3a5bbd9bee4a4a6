"""Pages call people, parties and rules by their names, and tell a wrong id at its field (R11)."""

# ruff: noqa: RUF001 - Chinese has its own punctuation

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import NOW, actor
from django.utils.translation import override
from everything_kit import everything
from test_replay_api import SMALL, trade
from test_replay_jobs import play
from web_kit import Pages

from interlock.book.models import Condition, Discrepancy, Replay, User
from interlock.files.phrases import phrase, phrases
from interlock.web import progress
from interlock.web.inwords import in_words
from interlock.web.listing import Column
from interlock.web.names import Unlinked, namer_of, names_for, people_of
from interlock.web.phrasing import NAMER, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_kit import Api

__all__ = ["trade"]
DRAFT = {"do": "make", "condition_kind": "necessity", "licence": "cn-l"}


@pytest.fixture
def pages(trade: Api, settings: Any) -> Pages:
    """Pages on a book in which something was ordered, shared, sent and let in."""
    settings.REQUIRE_MFA = False
    return Pages(trade.world)


@pytest.fixture
def read_by() -> Iterator[Any]:
    """Texts are told to somebody."""
    tokens = []
    yield lambda who: tokens.append(NAMER.set(namer_of(who)))
    for token in reversed(tokens):
        NAMER.reset(token)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", " ", text)))


def test_a_licence_that_is_not_there_is_a_fault_of_its_field(pages: Pages) -> None:
    world = pages.world
    before = everything()
    for sent, told in (
        ("cn-l", "There is no Licence with the id cn-l for you. Did you mean cn-1?"),
        ("zz", "There is no Licence with the id zz for you. Check the id"),
        ("bis-1", "There is no Licence with the id bis-1 for you."),
    ):
        answer = pages.post("/conditions/new/draft/", world.cn_officer, **DRAFT | {"licence": sent})
        text = answer.content.decode()
        assert answer.status_code == 422, sent
        field = text[text.index('name="licence"') :]
        assert told in plain(field[: field.index("form-hint")]), plain(field)[:400]
        assert "bis-1?" not in text, "a licence of another gate is told to nobody"
    assert everything() == before
    answer = pages.client(world.cn_officer).post(
        "/conditions/new/draft/", DRAFT, HTTP_ACCEPT_LANGUAGE="zh-hans"
    )
    assert "您是指 cn-1 吗？" in answer.content.decode()
    made = pages.post("/conditions/new/draft/", world.cn_officer, **DRAFT | {"licence": "cn-1"})
    assert made.status_code == 302
    assert Condition.objects.get().licence_id == "cn-1"


def test_whoever_did_something_is_called_by_name_and_office(pages: Pages) -> None:
    world = pages.world
    User.objects.filter(username="bob").update(first_name="Bob Miller")
    User.objects.filter(username="ann").update(first_name="A service's name", service=True)
    text = pages.get("/licences/bis-1/", world.officer).content.decode()
    office = "(Bureau of Industry and Security)"
    assert f'title="bob@us-bis" translate="no">Bob Miller {office}<' in text
    assert f"ann {office}" in text, "of an account of a machine the account's own name is told"
    log = pages.get("/audit/", world.auditor).content.decode()
    assert f"Bob Miller {office}" in log
    assert "bob@us-bis" in plain(log), "the log is searched by this"
    run = pages.get("/runs/run-1/", world.allocator).content.decode()
    assert "gil (NVIDIA Corporation)" in run
    own = plain(pages.get("/licences/bis-1/", world.supplier).content.decode())
    assert "Bob Miller" not in own, "a firm is told of its own people alone"
    with override("zh-hans"):
        found = people_of(world.officer, ["bob@us-bis", "interlock", "", None])
    assert found == {
        "person/bob@us-bis": "Bob Miller（Bureau of Industry and Security）",
        "person/interlock": "账簿本身",
    }


def test_rules_on_the_pages_of_a_replay_lead_to_what_they_say(pages: Pages) -> None:
    world = pages.world
    desk = pages.client(world.officer)
    desk.post("/law/replays/new/", {"text": SMALL, "on": "2026-01-20", "do": "start"})
    play()
    row = Replay.objects.get()
    text = desk.get(f"/law/replays/{row.name}/").content.decode()
    told = re.search(r'href="(/law/of/cn-customs/[^"]+)#rules-not-allowed">([^<]+)</a>', text)
    assert told, "no rule of the book's own law"
    assert told[2] == "Customs told agents that H200 is not allowed into the country."
    assert 'id="rules-not-allowed"' in desk.get(told[1]).content.decode()
    assert "/law/of/small-orders/" not in text, "what a text alone has is no page of the book"
    assert "Small small-orders/small" in plain(text)
    assert "Asked by ann (Bureau of Industry and Security);" in plain(text)


def test_r11_parties_in_a_refusal_are_named_to_whoever_may_name_them(
    pages: Pages, read_by: Any
) -> None:
    world = pages.world
    objects = phrase("{party} objects to version {version} ({to})", party="tencent", version=2,
                     to="change")  # fmt: skip
    waive = phrase("the law lets {by} waive it, not {party}", by=phrases(["us-bis"], " or "),
                   party="bytedance")  # fmt: skip
    assert translated(objects) == str(objects), "nobody reads it"
    read_by(world.cn_officer)
    with override("en"):
        assert translated(objects) == "Tencent objects to version 2 (change)"
        assert translated(waive) == (
            "the law lets Bureau of Industry and Security waive it, not ByteDance"
        )
    with override("zh-hans"):
        assert "Tencent" in translated(objects)
    read_by(world.buyer)
    with override("en"):
        assert translated(objects) == str(objects), "a rival is not told who that is"
        assert "ByteDance" in translated(waive)


def test_r11_an_account_that_would_open_a_gate_is_called_by_whose_it_is(
    pages: Pages, read_by: Any
) -> None:
    world = pages.world
    atom = "at least 10 domestic-chip on cn-chip-imports/domestic-ratio?buyer={}&licence=l-1"
    waive = "'domestic-ratio' is waived with the consent of us-bis, tencent"
    with override("en"):
        assert in_words(atom.format("tencent")).endswith("“Domestic ratio tencent, l-1”")
        read_by(world.cn_officer)
        assert in_words(atom.format("tencent")).endswith("“Domestic ratio Tencent, l-1”")
        assert in_words(waive).endswith("Bureau of Industry and Security, Tencent")
        read_by(world.buyer)
        assert in_words(atom.format("tencent")).endswith("“Domestic ratio tencent, l-1”")
        assert in_words(atom.format("bytedance")).endswith("“Domestic ratio ByteDance, l-1”")
        assert in_words(waive).endswith("Bureau of Industry and Security, tencent")


def test_a_row_that_is_not_the_readers_is_no_link_though_others_of_its_kind_are(
    pages: Pages,
) -> None:
    world = pages.world
    rows, column = [{"licence": "cn-1"}, {"licence": "bis-1"}], Column("licence", "ref", "licence")
    for who, unlinked in ((world.officer, {"cn-1"}), (world.buyer, {"bis-1"}),
                          (world.auditor, set())):  # fmt: skip
        names = names_for(who, [column], rows)
        assert {one for one in names.values() if isinstance(one, Unlinked)} == unlinked, who.name


def test_r11_what_a_discrepancy_is_about_is_a_link_for_whoever_may_open_it(pages: Pages) -> None:
    world = pages.world
    for pk, kind, about in (("d-1", "entry", "e-1"), ("d-2", "licence", "bis-1")):
        made = Discrepancy.objects.create(
            id=pk, state="open", about_kind=kind, about=about, made_at=NOW, changed_at=NOW
        )
        made.parties.add("bytedance")
    for place in ("/discrepancies/", "/discrepancies/d-1/"):
        text = pages.get(place, world.buyer).content.decode()
        assert '<a class="id" href="/entries/e-1/">e-1</a>' in text, place
    for who, linked in ((world.officer, True), (world.buyer, False)):
        text = pages.get("/discrepancies/d-2/", who).content.decode()
        assert ('href="/licences/bis-1/"' in text) is linked, who.name
        assert ('<span class="id">bis-1</span>' in text) is not linked


def test_nothing_proposed_is_no_replay(pages: Pages) -> None:
    desk = pages.client(pages.world.officer)
    for sent in ({}, {"accounts": "1"}, {"since": "2026-01-01"}):
        for do in ("check", "start"):
            answer = desk.post("/law/replays/new/", sent | {"do": do})
            assert answer.status_code == 422
            assert "nothing is proposed; give the text of a regime" in answer.content.decode()
    assert not Replay.objects.exists()


def test_why_a_job_failed_is_told_in_words_and_its_technical_text_is_folded(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "jobs", lambda: [{
        "key": "job-x", "name": "x", "says": "x", "state": "failed", "word": "Failed", "done": 0,
        "of": None, "when": "", "wrong": "OperationalError: disk I/O error",
        "cause": progress.cause("OperationalError: disk I/O error"),
    }])  # fmt: skip
    text = pages.get("/jobs/", pages.world.officer).content.decode()
    part = text[text.index("text-danger wrong") :]
    part = part[: part.index("</div>")]
    assert "The database did not carry it out." in part.partition("<details")[0]
    assert "disk I/O error" in part.partition("<details")[2]


def test_a_time_of_the_log_that_ends_before_it_begins_is_a_fault_of_its_field(
    pages: Pages,
) -> None:
    answer = pages.get("/audit/?since=2026-03-02&until=2026-03-01", pages.world.auditor)
    assert answer.status_code == 422
    part = answer.content.decode().partition('name="since"')[2]
    assert "it is not before the end, 2026-03-01" in part[: part.index('name="until"')]


def test_a_person_of_another_office_is_no_other_person(pages: Pages) -> None:
    clash = actor("bob", "cn-authorities", "licensing_officer")
    names = people_of(pages.world.auditor, [clash.name, "bob@us-bis"])
    assert len(set(names.values())) == 2
