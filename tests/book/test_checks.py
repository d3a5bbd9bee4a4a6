"""End-use checks: what audits of them found missing is asked for, and the law hears the result."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from book_kit import NOW, World, actor

from interlock.book.cases import Cases
from interlock.book.errors import (
    DeniedError,
    InputError,
    MoveError,
    NotFoundError,
    SecondPersonError,
)
from interlock.book.models import EndUseCheck, Event, Order
from interlock.book.rights import find, visible
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import LedgerStates, decide
from interlock.book.services import do

PLAN: dict[str, Any] = {
    "id": "c-1", "party": "bytedance", "method": "visit on site", "planned_on": "2026-02-20",
    "steps": ["count serial numbers", "see the hall"], "chosen_because": "first large delivery",
}  # fmt: skip
FOUND: dict[str, Any] = {
    "found": "all 1,000 units in one hall", "country": "CN", "data_centre": True,
    "evidence": [{"name": "photos.zip", "sha256": "00"}],
}  # fmt: skip


def rows() -> tuple[int, int, int, list[Any]]:
    states = list(EndUseCheck.objects.order_by("pk").values_list("pk", "state", "version"))
    return EndUseCheck.objects.count(), Event.objects.count(), len(ledger().entries()), states


def rated(world: World, rating: str = "as_declared", **more: Any) -> EndUseCheck:
    world.do(world.officer, "check.plan", **PLAN)
    world.do(world.officer, "check.make", "c-1", **FOUND)
    found: EndUseCheck = world.do(
        world.officer, "check.rate", "c-1", rating=rating, reason="as counted", **more
    )
    return found


TODAY = NOW.date()


def use(world: World, at: dt.date = TODAY) -> dict[str, Any]:
    order = Order.objects.filter(pk="o-1").first() or world.order()
    found: dict[str, Any] = Cases(at).order(order, "use")["use"]
    return found


def test_a_check_goes_from_plan_to_signature(world: World) -> None:
    rated(world)
    done = world.do(world.second, "check.sign", "c-1")
    assert (done.state, done.made_by, done.proposed_by, done.signed_by) == (
        "signed", "ann@us-bis", "ann@us-bis", "bob@us-bis",
    )  # fmt: skip
    assert (done.gate, done.chosen_because) == ("export", "first large delivery")
    assert [x["rating"] for x in done.ratings] == ["as_declared"]


def test_it_is_chosen_with_a_reason_and_made_with_steps_and_evidence(world: World) -> None:
    before = rows()
    for missing in ("chosen_because", "steps", "method", "planned_on"):
        with pytest.raises(ValueError, match=missing):
            world.do(world.officer, "check.plan", **{k: v for k, v in PLAN.items() if k != missing})
    with pytest.raises(InputError, match="there is no party"):
        world.do(world.officer, "check.plan", **PLAN | {"party": "nobody"})
    assert rows() == before
    world.do(world.officer, "check.plan", **PLAN)
    planned = rows()
    with pytest.raises(ValueError, match="evidence"):
        world.do(world.officer, "check.make", "c-1", **FOUND | {"evidence": []})
    with pytest.raises(InputError, match="has not come yet"):
        world.do(world.officer, "check.make", "c-1", **FOUND, made_on="2026-03-01")
    assert rows() == planned


def test_each_rating_stays_on_file_with_who_and_why(world: World) -> None:
    rated(world)
    again = world.do(
        world.second, "check.rate", "c-1", rating="not_as_declared", reason="40 units missing"
    )
    assert [(x["rating"], x["by"], x["reason"]) for x in again.ratings] == [
        ("as_declared", "ann@us-bis", "as counted"),
        ("not_as_declared", "bob@us-bis", "40 units missing"),
    ]
    with pytest.raises(ValueError, match="reason"):
        world.do(world.officer, "check.rate", "c-1", rating="inconclusive")


def test_a_second_officer_signs(world: World) -> None:
    rated(world)
    before = rows()
    with pytest.raises(SecondPersonError, match="ann@us-bis proposed it"):
        world.do(world.officer, "check.sign", "c-1")
    assert rows() == before
    world.do(world.second, "check.rate", "c-1", rating="inconclusive", reason="not all seen")
    before = rows()
    with pytest.raises(MoveError, match="another officer signs"):
        world.do(world.officer, "check.sign", "c-1")
    assert rows() == before
    third = actor("lou", "us-bis", "licensing_officer")
    assert world.do(third, "check.sign", "c-1").state == "signed"


def test_a_recommended_action_is_done_or_its_reason_is_on_file(world: World) -> None:
    rated(world, recommended=["warn the firm", "check again in May"])
    before = rows()
    with pytest.raises(InputError, match="2 actions are recommended, 0 answered"):
        world.do(world.second, "check.sign", "c-1")
    with pytest.raises(InputError) as caught:
        world.do(world.second, "check.sign", "c-1", actions=[{"done": True}, {"done": False}])
    assert set(caught.value.faults) == {"actions.1.says"}
    assert rows() == before
    done = world.do(world.second, "check.sign", "c-1", actions=[
        {"done": True}, {"done": False, "says": "a visit is planned in June"}])  # fmt: skip
    assert [(x["done"], x["why"]) for x in done.recommended] == [
        (True, ""), (False, "a visit is planned in June"),
    ]  # fmt: skip


def test_a_check_is_dropped_with_its_reason_and_only_before_it_is_made(world: World) -> None:
    world.do(world.officer, "check.plan", **PLAN)
    with pytest.raises(ValueError, match="reason"):
        world.do(world.officer, "check.drop", "c-1")
    assert world.do(world.officer, "check.drop", "c-1", reason="no visa").reason == "no visa"
    before = rows()
    with pytest.raises(MoveError, match="it is dropped"):
        world.do(world.officer, "check.make", "c-1", **FOUND)
    assert rows() == before


def test_only_officers_of_its_own_gate_know_of_a_check(world: World) -> None:
    rated(world)
    before = rows()
    for who in (world.buyer, world.supplier, world.cn_officer, world.customs):
        assert list(visible(who, EndUseCheck)) == []
        with pytest.raises(NotFoundError):
            world.do(who, "check.sign", "c-1")
    for who in (world.buyer, world.supplier, world.customs):
        with pytest.raises((DeniedError, NotFoundError)):
            world.do(who, "check.plan", **PLAN | {"id": "c-9"})
    assert find(world.auditor, EndUseCheck, "c-1").state == "rated"
    with pytest.raises(DeniedError):
        world.do(world.auditor, "check.sign", "c-1")
    assert rows() == before


def test_the_law_hears_of_a_signed_check_and_of_no_other(world: World) -> None:
    assert use(world) == {}
    rated(world)
    assert use(world) == {}
    world.do(world.second, "check.sign", "c-1")
    assert use(world) == {
        "last_check_on": NOW.date(), "country": "CN", "check_passed": True, "data_centre": True,
    }  # fmt: skip
    assert use(world, NOW.date() - dt.timedelta(days=1)) == {}
    later = NOW + dt.timedelta(days=9)
    plan = PLAN | {"id": "c-2", "planned_on": "2026-02-12"}
    for who, move, values in (
        (world.officer, "check.plan", plan),
        (world.officer, "check.make", FOUND | {"country": "SG", "data_centre": None}),
        (world.officer, "check.rate", {"rating": "not_as_declared", "reason": "moved"}),
        (world.second, "check.sign", {}),
    ):
        do(who, move, "" if move == "check.plan" else "c-2", values, now=later)
    assert use(world, later.date()) == {
        "last_check_on": later.date(), "country": "SG", "check_passed": False,
    }  # fmt: skip
    order = Order.objects.get(pk="o-1")
    decision = decide(ledger(), order, "use", at=later.date(), known=later.date(), now=later)
    assert decision.stage == "use"
    assert isinstance(LedgerStates(ledger(), later), LedgerStates)
