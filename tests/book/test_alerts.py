"""Alerts: what a change of law does to open orders, as each may see it; and reminders ahead."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN, NOW, World

from interlock.book.errors import DeniedError, InputError
from interlock.book.models import Holder, Licence, Order, Reminder
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.alerts import Comparing, Turn, alerts, law_changes
from interlock.book.services.reminders import law_change_reminders

if TYPE_CHECKING:
    from interlock.book.rights import Actor

BACK = dt.date(2026, 11, 10)
"""The affiliates rule binds again."""


@pytest.fixture
def held(world: World) -> World:
    """A buyer of whom a listed firm holds 60 %, and one that nobody holds; an order each."""
    world.do(ADMIN, "party.enter", id="huawei", name="Huawei Technologies Co., Ltd.")
    world.do(ADMIN, "party.enter", id="lantern", name="Blue Lantern", country="DE",
             headquarters="DE", ultimate_parent_country="DE", known_to=["nvidia"],
             owners=[{"party": "huawei", "share": "0.6"}])  # fmt: skip
    for pk, buyer in (("o-1", "bytedance"), ("o-2", "lantern"), ("o-3", "lantern")):
        world.do(world.supplier, "order.place", id=pk, buyer=buyer, supplier="nvidia",
                 product="h200-sxm", quantity=100, destination="DE", origin="US",
                 data_centre_use=True)  # fmt: skip
    return world


def asked(who: Actor, on: dt.date = BACK, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"after": "", "most": 100, "stage": None} | more
    assumed = frozenset(values.pop("assumed", ()))
    return alerts(who, Turn(NOW.date(), on, assumed), now=NOW, **values)


def by_law(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (item["order"], rule["rule"], rule["then"])
        for item in found["items"]
        for rule in item["rules"]
        if rule["because"] == "law"
    }


def test_the_return_of_the_affiliates_rule_hits_the_held_buyers_orders(held: World) -> None:
    before = list(Order.objects.order_by("pk").values_list("pk", "version"))
    found = asked(held.officer)
    hits = by_law(found)
    assert {x for x in hits if x[1] == "affiliate-of-listed"} == {
        ("o-2", "affiliate-of-listed", "fail"), ("o-3", "affiliate-of-listed", "fail"),
    }  # fmt: skip
    assert "rule affiliate-of-listed" in {x["item"] for x in found["changes"]}
    assert found["looked_at"] == 3
    assert list(Order.objects.order_by("pk").values_list("pk", "version")) == before


def test_a_firm_is_told_of_its_own_orders_alone(held: World) -> None:
    assert {x["order"] for x in asked(held.buyer)["items"]} <= {"o-1"}
    assert asked(held.buyer)["looked_at"] == 1
    assert asked(held.rival)["looked_at"] == 0
    assert asked(held.supplier)["looked_at"] == 3


def test_pages_look_at_so_many_orders_and_go_on(held: World) -> None:
    first = asked(held.officer, most=2)
    assert (first["looked_at"], first["next"]) == (2, "o-2")
    second = asked(held.officer, most=2, after=first["next"])
    assert (second["looked_at"], second["next"], second["changes"]) == (1, None, [])
    whole = asked(held.officer)
    assert first["items"] + second["items"] == whole["items"]


def test_the_same_day_changes_nothing(held: World) -> None:
    assert asked(held.officer, NOW.date())["items"] == []


def test_an_assumed_version_that_nobody_proposed_is_refused(held: World) -> None:
    with pytest.raises(InputError, match="no regime has"):
        asked(held.officer, assumed=["nothing-like-it"])
    with pytest.raises(DeniedError):
        asked(ADMIN)


def test_changes_of_law_are_listed_as_each_may_see_them(world: World) -> None:
    known = NOW.date()
    all_seen = law_changes(known, dt.date(2026, 12, 31), known=known, viewer="officer:export")
    days = {(x["day"], x["item"]) for x in all_seen}
    assert ("2026-11-10", "rule affiliate-of-listed") in days
    public = law_changes(known, dt.date(2026, 12, 31), known=known, viewer="public")
    assert len(public) <= len(all_seen)


def test_reminders_are_written_once_for_those_who_are_hit(held: World) -> None:
    licence = Licence.objects.create(
        id="L-1", state="issued", gate="export", valid_until=dt.date(2026, 11, 1), made_at=NOW,
        changed_at=NOW, version=1,
    )  # fmt: skip
    Holder.objects.create(licence=licence, party_id="nvidia")
    now = dt.datetime(2026, 10, 20, 6, tzinfo=dt.UTC)
    made = law_change_reminders(now)
    assert made == Reminder.objects.count() > 0
    told = set(Reminder.objects.filter(due_on=BACK, thing_kind="order").values_list(
        "party", "thing"))  # fmt: skip
    assert told == {("lantern", "o-2"), ("nvidia", "o-2"), ("lantern", "o-3"), ("nvidia", "o-3")}
    one = Reminder.objects.get(party="lantern", thing="o-2")
    assert "affiliate-of-listed not_applicable -> fail" in one.says
    assert set(Reminder.objects.filter(thing="L-1").values_list("party", "due_on")) == {
        ("nvidia", dt.date(2026, 11, 1)), ("us-bis", dt.date(2026, 11, 1)),
    }  # fmt: skip
    of_law = Reminder.objects.filter(party="us-bis", thing_kind="regime", due_on=BACK)
    assert "us-party-lists/rule affiliate-of-listed" in {x.thing for x in of_law}
    assert not Reminder.objects.filter(party="bytedance", due_on=BACK, thing_kind="order").exists()
    assert (law_change_reminders(now), Reminder.objects.count()) == (0, made)


def test_a_proposed_cap_counts_as_it_would_be_opened(held: World) -> None:
    now = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)
    turn = Turn(now.date(), now.date(), frozenset({"cap-2026-03"}))
    turn.check()
    comparing = Comparing(turn, now)
    order = held.order("o-9", destination="CN")
    name = "cn-chip-imports/customer-cap?buyer=bytedance"
    facts = comparing.cases.order(order, "order")
    case = comparing.reader.read(facts, 1)
    assert comparing.accounts[comparing.after].of(case)[name].headroom == 75_000
    assert name not in comparing.accounts[comparing.before].of(case)
    assert ledger().account(name) is None
