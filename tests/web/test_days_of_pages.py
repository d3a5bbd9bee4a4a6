"""Days in addresses are written as YYYY-MM-DD and in no other form that a program could read."""

from __future__ import annotations

from typing import Any

from test_replay_api import trade
from web_kit import Pages

from interlock.web.days import today

__all__ = ["trade"]
WRONG = ("2026-W05-1", "20260128", "2026-1-28", "2026-02-30")
TOLD = "Write a day, such as 2026-01-28."
PLACES = {
    "/": ("at", "known"), "/gates/": ("at", "known"), "/orders/o-1/": ("at", "known"),
    "/orders/o-1/decision/": ("at", "known"), "/law/": ("at", "known"),
    "/law/try/": ("at", "known"), "/law/orders/": ("on",), "/evidence/": ("known", "recorded"),
    "/audit/": ("since", "until"),
}  # fmt: skip


def test_a_day_in_another_form_is_a_fault_of_its_field(trade: Any, settings: Any) -> None:
    settings.REQUIRE_MFA = False
    pages = Pages(trade.world)
    for place, name in ((place, name) for place, names in PLACES.items() for name in names):
        who = pages.world.auditor if place == "/audit/" else pages.world.officer
        for text in WRONG:
            answer = pages.client(who).get(place, {name: text})
            told = answer.status_code, TOLD in answer.content.decode()
            assert told == (422, True), (place, name, text)
        answer = pages.client(who).get(place, {name: today().isoformat()})
        assert (answer.status_code, TOLD in answer.content.decode()) == (200, False), (place, name)


def test_what_comes_in_by_itself_is_not_asked_for_the_day_that_is_wrong(
    trade: Any, settings: Any
) -> None:
    settings.REQUIRE_MFA = False
    pages = Pages(trade.world)
    text = pages.get("/?at=20260128&buyer=bytedance", pages.world.officer).content.decode()
    assert 'id="gates" hx-get="/gates/?buyer=bytedance"' in text
