"""Accounts as a file states them, drawn in the ledger: what a decision's legs promise, posts."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.decide import Decider
from interlock.law.deciding.decision import Decision
from interlock.law.library import load_regimes
from interlock.law.terms import Leg
from interlock.ledger import Grant, Ledger, OpenAccount, Post, RefusedError, Reserve, Why

FOLDER = Path(__file__).parent / "regimes"


def at(day: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T12:00+00:00")


def why(day: str) -> Why:
    return Why("officer", "test", "case", at(day))


def decided(file: str, given: dict[str, Any], day: str) -> Decision:
    library = load_regimes(FOLDER / f"{file}.yaml")
    law = library.law(dt.date.fromisoformat(day))
    case = CaseReader(library.checked, law.vocabulary).read(given)
    return Decider(law).decide(case, stage="allocation", reasons=False)


def opened(file: str, decision: Decision, grants: dict[str, int], day: str) -> Ledger:
    """A ledger with the accounts of a decision, on the terms that the file states."""
    library = load_regimes(FOLDER / f"{file}.yaml")
    law = library.law(dt.date.fromisoformat(day))
    plans = {plan.terms.name: plan for one in law.regimes for plan in one.accounts}
    ledger = Ledger()
    for leg in sorted(decision.legs, key=lambda leg: not leg.of):  # parents first
        parent = next((one.account for one in decision.legs if one.of == leg.account), "")
        terms = plans[leg.account.partition("?")[0]].terms
        change = OpenAccount(f"open/{leg.account}", why(day), leg.account, terms, parent=parent)
        ledger.apply(change, now=at(day))
        grant = Grant(f"grant/{leg.account}", why(day), leg.account, grants[leg.item])
        ledger.apply(grant, now=at(day))
    return ledger


def reserve(decision: Decision, name: str, quantity: int, day: str) -> Reserve:
    legs = tuple(
        Leg(leg.account, leg.factor or Fraction(1), leg.reserve, leg.post)  # type: ignore[arg-type]
        for leg in decision.legs
        if not leg.of
    )
    return Reserve(name, why(day), legs, quantity, "digest")


def test_a_part_of_a_quota_draws_the_quota_once() -> None:
    given = {
        "licence": {"import": {"id": "L1", "issued": True}},
        "buyer": {"id": "a"},
        "order": {"data_centre_use": False},
    }
    decision = decided("05-shared-quota", given, "2026-02-01")
    by_item = {leg.item: leg for leg in decision.legs}
    assert set(by_item) == {"group-quota", "university-part", "holder-cap"}
    assert by_item["group-quota"].of == by_item["university-part"].account
    grants = {"group-quota": 5_000, "university-part": 1_000, "holder-cap": 75_000}
    ledger = opened("05-shared-quota", decision, grants, "2026-02-01")
    ledger.apply(reserve(decision, "r1", 600, "2026-02-01"), now=at("2026-02-01"))
    left = ledger.headroom(now=at("2026-02-01"))
    assert {item: left[leg.account] for item, leg in by_item.items()} == {
        "group-quota": 4_400,
        "university-part": 400,
        "holder-cap": 74_400,
    }
    with pytest.raises(RefusedError) as refused:
        ledger.apply(reserve(decision, "r2", 401, "2026-02-01"), now=at("2026-02-01"))
    assert [lack.account for lack in refused.value.lacks] == [by_item["university-part"].account]
    assert ledger.headroom(now=at("2026-02-01")) == left


def test_a_window_of_the_file_gives_a_posted_draw_back_after_thirty_days() -> None:
    given = {"buyer": {"id": "a"}, "order": {"data_centre_use": True}}
    decision = decided("07-periods", given, "2026-02-01")
    legs = tuple(leg for leg in decision.legs if leg.item == "thirty-days")
    (leg,) = legs
    ledger = opened(
        "07-periods",
        Decision(**{**decision.__dict__, "legs": legs}),
        {"thirty-days": 20_000},
        "2026-02-01",
    )
    asked = Reserve(
        "r", why("2026-02-01"), (Leg(leg.account, Fraction(1), "allocation", "entry"),), 20_000, "d"
    )
    ledger.apply(asked, now=at("2026-02-01"))
    ledger.apply(Post("p", why("2026-02-02"), "r"), now=at("2026-02-02"))
    room = {
        day: ledger.headroom(now=at(day))[leg.account]
        for day in ("2026-02-03", "2026-03-03", "2026-03-05")
    }
    assert room == {"2026-02-03": 0, "2026-03-03": 0, "2026-03-05": 20_000}
