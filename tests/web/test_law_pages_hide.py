"""The pages of law, evidence, audit and customs show nobody what is not theirs (R11)."""

from __future__ import annotations

import datetime as dt
import html
from typing import TYPE_CHECKING

import pytest
from book_kit import actor

from interlock.book import law
from interlock.book.selectors import law_shown
from interlock.law.deciding.audience import sees
from interlock.law.show import SECTIONS, show_regime

if TYPE_CHECKING:
    from web_kit import Pages

AT = dt.date(2026, 2, 10)
WRONG_DAYS = (
    "/law/?at=tomorrow",
    "/law/of/cn-customs/?known=2026-02-30",
    "/law/try/?at=0001-01-01",
    "/law/orders/?on=x",
    "/evidence/?known=x",
)
NOT_A_FIRMS = ("/desk/", "/evidence/", "/audit/", "/audit/row/?change=x")


@pytest.fixture(autouse=True)
def _no_second_factor(settings: object) -> None:
    settings.REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", NOT_A_FIRMS)
def test_a_firm_is_refused_where_officers_and_auditors_work(pages: Pages, place: str) -> None:
    world = pages.world
    for who in (world.supplier, world.buyer, world.allocator):
        answer = pages.get(place, who)
        assert answer.status_code == 403
        assert "Who may" in answer.content.decode()


def test_the_log_is_for_auditors_alone(pages: Pages) -> None:
    world = pages.world
    assert pages.get("/audit/", world.auditor).status_code == 200
    for who in (world.officer, world.customs, actor("nell", "us-bis", "analyst")):
        assert pages.get("/audit/", who).status_code == 403


def test_r11_no_page_of_the_law_has_an_item_that_its_reader_may_not_see(pages: Pages) -> None:
    world = pages.world
    hidden_ones = 0
    for checked in law_shown.regimes():
        regime = checked.regime
        whole = show_regime(regime, None, law.library().claims.get(regime.id))
        hidden = [
            item
            for section in SECTIONS
            for item in whole[section]
            if "visible_to" in item and item.get("says")
        ]
        for who in (world.buyer, world.supplier, world.officer, world.cn_officer, world.customs):
            viewer = law_shown.viewer_at(who, regime.gate)
            for where in (
                f"/law/of/{regime.id}/?at={AT}",
                f"/law/of/{regime.id}/changes/?at=1996-01-01&and={AT}",
            ):
                text = html.unescape(pages.get(where, who).content.decode())
                for item in hidden:
                    if not sees(viewer, tuple(item["visible_to"]), regime.gate):
                        hidden_ones += 1
                        assert item["says"] not in text, (regime.id, item["id"], who.name)
                        assert f'id="rules-{item["id"]}"' not in text
    assert hidden_ones > 0, "nothing is hidden from anybody: this test proves nothing"


def test_an_auditor_reads_the_law_whole(pages: Pages) -> None:
    for checked in law_shown.regimes():
        read = law_shown.shown(pages.world.auditor, checked.regime.id, at=AT)
        assert read["withheld"] == []
        assert read["digest"] == checked.regime.digest


def test_a_page_of_law_says_what_is_wrong_with_a_day(pages: Pages) -> None:
    for place in WRONG_DAYS:
        answer = pages.get(place, pages.world.cn_officer)
        assert answer.status_code == 422, place
        assert "invalid-feedback" in answer.content.decode()


def test_there_is_no_page_of_a_regime_that_there_is_not(pages: Pages) -> None:
    assert pages.get("/law/of/no-such-law/", pages.world.buyer).status_code == 404


def test_after_a_move_one_goes_back_only_to_a_page_of_the_console(pages: Pages) -> None:
    world = pages.world
    for number, (following, lands) in enumerate(
        [
            ("/desk/", "/desk/"),
            ("https://evil.example/", "/orders/o-"),
            ("//evil.example", "/orders/o-"),
        ]
    ):
        pk = f"o-{number}"
        world.order(pk)
        where = f"/orders/{pk}/cancel/"
        sent = {"do": "make", "reason": "not wanted", "next": following}
        answer = pages.post(where, world.buyer, **sent)
        assert answer.status_code == 302
        assert answer["Location"].startswith(lands)
