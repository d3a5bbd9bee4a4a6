"""Accounts as a file states them, drawn in the ledger: what a decision's legs promise, posts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.decide import Decider
from interlock.law.library import load_regimes
from interlock.law.terms import Leg
from interlock.ledger import (
    Draw,
    Grant,
    Ledger,
    OpenAccount,
    Post,
    RefusedError,
    Reserve,
    Why,
)
from interlock.store.open import states_of

if TYPE_CHECKING:
    from interlock.law.deciding.decision import Decision

FOLDER = Path(__file__).parent / "regimes"
ROOT = Path(__file__).parents[2]
TOLERANT = "licence-value-1996"


def at(day: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T12:00+00:00")


def why(day: str) -> Why:
    return Why("officer", "test", "case", at(day))


def decided(file: str, given: dict[str, Any], day: str) -> Decision:
    library = load_regimes(FOLDER / f"{file}.yaml")
    law = library.law(dt.date.fromisoformat(day))
    case = CaseReader(library.checked, law.vocabulary).read(given)
    return Decider(law).decide(case, stage="allocation", reasons=False)


def only(decision: Decision, *items: str) -> Decision:
    """The decision with the legs on some accounts alone."""
    legs = tuple(leg for leg in decision.legs if leg.item in items)
    assert {leg.item for leg in legs} == set(items)
    return replace(decision, legs=legs)


def drawn(ledger: Ledger, decision: Decision, name: str, quantity: int, day: str) -> None:
    """One order line reserved, and posted on the same day."""
    ledger.apply(reserve(decision, name, quantity, day), now=at(day))
    ledger.apply(Post(f"post/{name}", why(day), name), now=at(day))


def lacking(
    ledger: Ledger, decision: Decision, name: str, quantity: int, day: str
) -> list[tuple[str, str, int]]:
    """What a refusal names: account, what it lacks, and what it has of it; nothing changes."""
    before = (ledger.transfers(), ledger.headroom(now=at(day)))
    with pytest.raises(RefusedError) as refused:
        ledger.apply(reserve(decision, name, quantity, day), now=at(day))
    assert (ledger.transfers(), ledger.headroom(now=at(day))) == before
    return [(lack.account, lack.cause, lack.headroom) for lack in refused.value.lacks]


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
    decision = only(decided("07-periods", given, "2026-02-01"), "thirty-days")
    (leg,) = decision.legs
    ledger = opened("07-periods", decision, {"thirty-days": 20_000}, "2026-02-01")
    ledger.apply(reserve(decision, "r", 20_000, "2026-02-01"), now=at("2026-02-01"))
    ledger.apply(Post("p", why("2026-02-02"), "r"), now=at("2026-02-02"))
    room = {
        day: ledger.headroom(now=at(day))[leg.account]
        for day in ("2026-02-03", "2026-03-03", "2026-03-05")
    }
    assert room == {"2026-02-03": 0, "2026-03-03": 0, "2026-03-05": 20_000}


def test_what_is_left_of_a_year_lapses_and_what_is_left_of_a_quarter_goes_on() -> None:
    given = {"buyer": {"id": "a"}, "order": {"data_centre_use": True}}
    decision = only(decided("07-periods", given, "2026-12-01"), "yearly", "quarterly")
    year, quarter = (f"07-periods/{name}?buyer=a" for name in ("yearly", "quarterly"))
    grants = {"yearly": 120_000, "quarterly": 40_000}
    ledger = opened("07-periods", decision, grants, "2026-12-01")
    drawn(ledger, decision, "r1", 30_000, "2026-12-10")
    assert ledger.headroom(now=at("2026-12-31")) == {
        year: 90_000,
        quarter: 10_000,
    }
    assert lacking(ledger, decision, "r2", 10_001, "2026-12-31") == [(quarter, "headroom", 10_000)]
    # In the new year nothing is there before the period's own credit is.
    assert lacking(ledger, decision, "r3", 1, "2027-01-01") == [(f"{year}@2027", "headroom", 0)]
    for account, amount in ((year, 120_000), (quarter, 40_000)):
        grant = Grant(f"2027/{account}", why("2027-01-01"), account, amount)
        ledger.apply(grant, now=at("2027-01-01"))
    drawn(ledger, decision, "r4", 50_000, "2027-01-02")
    left = ledger.headroom(now=at("2027-01-02"))
    assert (left[year], left[quarter]) == (70_000, 0)
    lapsed = ledger.headroom([f"{year}@2026"], now=at("2027-01-02"))
    assert lapsed == {f"{year}@2026": 90_000}
    assert ledger.verify() is None


def test_r9_a_period_turns_by_the_calendar_of_the_regime(tmp_path: Path) -> None:
    """17:00 in London on the last of December is the new year in Shanghai."""
    text = (FOLDER / "07-periods.yaml").read_text(encoding="utf-8")
    path = tmp_path / "07-periods.yaml"
    path.write_text(text.replace("timezone: UTC", "timezone: Asia/Shanghai"), encoding="utf-8")
    law = load_regimes(path).law(dt.date(2026, 12, 31))
    terms = {plan.id: plan.terms for plan in law.regimes[0].accounts}["yearly"]
    late = dt.datetime(2026, 12, 31, 17, tzinfo=dt.UTC)
    because = Why("officer", "test", "case", late)
    ledger = Ledger()
    ledger.apply(OpenAccount("o", because, "y", terms), now=late)
    ledger.apply(Grant("g", because, "y", 5), now=late)
    assert [account.id for account in ledger.accounts()] == ["y", "y@2027"]


def test_r10_a_value_may_be_passed_by_its_tolerance_until_the_number_has_shipped() -> None:
    """The text of 1996 to 2013, from the file of the regime to the ledger."""
    day = "2012-06-01"
    path = ROOT / "regimes" / "us-advanced-computing.yaml"
    law = load_regimes(path).law(dt.date(2012, 6, 1))
    plans = {plan.id: plan.terms for plan in law.regimes[0].accounts}
    number, value = (f"{plans[n].name}?licence=L1" for n in ("licence-quantity", TOLERANT))
    ledger = Ledger()
    for name, amount in (("licence-quantity", 10), (TOLERANT, 1000)):
        key = f"{plans[name].name}?licence=L1"
        ledger.apply(OpenAccount(f"o/{key}", why(day), key, plans[name]), now=at(day))
        ledger.apply(Grant(f"g/{key}", why(day), key, amount), now=at(day))

    def draw(name: str, units: int, price: int) -> None:
        legs = (Leg(number, Fraction(1)), Leg(value, Fraction(price)))
        ledger.apply(Draw(name, why(day), legs, units, "digest"), now=at(day))

    draw("d1", 9, 100)  # 9 of 10, 900 of 1,000
    with pytest.raises(RefusedError):
        draw("d2", 1, 351)  # 1,251: past a quarter
    draw("d2", 1, 350)  # 1,250: the last unit may cost that much
    assert ledger.counters(value, now=at(day)).tolerated == 25_000  # cents
    with pytest.raises(RefusedError) as refused:
        draw("d3", 1, 1)  # the number has shipped: no tolerance, on neither
    assert {lack.account for lack in refused.value.lacks} == {number, value}
    assert ledger.verify() is None


def test_r4_a_debt_of_the_file_ages_from_its_post_and_then_stops_further_draws() -> None:
    given = {"buyer": {"id": "a"}, "statement": {"necessity": True}}
    decision = only(decided("10-owed-until-a-date", given, "2026-02-01"), "domestic-ratio")
    (leg,) = decision.legs
    ledger = opened("10-owed-until-a-date", decision, {"domestic-ratio": 100}, "2026-02-01")
    assert lacking(ledger, decision, "r0", 5_101, "2026-02-01") == [
        (leg.account, "headroom", 5_100)
    ]
    drawn(ledger, decision, "r1", 600, "2026-02-01")
    (debt,) = ledger.debts(leg.account, now=at("2026-02-01"))
    assert (debt.amount, debt.due) == (500, at("2026-07-31"))  # 180 days later
    drawn(ledger, decision, "r2", 1, "2026-07-30")
    assert lacking(ledger, decision, "r3", 1, "2026-07-31") == [(leg.account, "overdue", 0)]
    bought = Grant("bought", why("2026-08-01"), leg.account, 500)
    ledger.apply(bought, now=at("2026-08-01"))
    drawn(ledger, decision, "r4", 1, "2026-08-01")
    assert ledger.verify() is None


def test_r4_what_is_overdue_in_the_ledger_is_a_failing_finding_of_the_decision() -> None:
    given = {"buyer": {"id": "a"}, "statement": {"necessity": True}}
    decision = only(decided("10-owed-until-a-date", given, "2026-02-01"), "domestic-ratio")
    ledger = opened("10-owed-until-a-date", decision, {"domestic-ratio": 1}, "2026-02-01")
    drawn(ledger, decision, "r1", 8, "2026-02-01")
    verdicts = {}
    for day in ("2026-07-30", "2026-08-01"):
        library = load_regimes(FOLDER / "10-owed-until-a-date.yaml")
        law = library.law(dt.date.fromisoformat(day))
        case = CaseReader(library.checked, law.vocabulary).read(given)
        states = states_of(ledger, at(day))
        told = Decider(law).decide(case, stage="allocation", accounts=states)
        verdicts[day] = told.verdict, told.max_quantity
    assert verdicts == {"2026-07-30": ("open", 4_993), "2026-08-01": ("shut", 0)}
