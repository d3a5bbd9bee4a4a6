"""R11: nobody sees what is not meant for them, and nothing that would give it away."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from law_kit import decide, finding, load

from interlock.law.deciding.audience import UnknownViewerError, sees, viewers
from interlock.law.deciding.decision import Change, Decision, to_json
from interlock.law.deciding.redact import (
    ANOTHER_LIMIT,
    OVER_VISIBLE,
    UNDISCLOSED,
    _choices,
    redacted,
)

if TYPE_CHECKING:
    from interlock.law.library import Library

BODY = """
vocabulary:
  firm.rank: {{type: number, unit: point, key: authority, stage: application, meaning: rank}}
  firm.age: {{type: number, unit: point, key: buyer, stage: application, meaning: age}}
parameters:
  least_age: {{unit: point, values: [{{from: 2020-01-01, value: 3, source: act}}]}}
  least_rank:
    unit: point
    visible_to: ["officer:export"]
    values: [{{from: 2020-01-01, value: {least_rank}, source: leak}}]
facts:
  grade:
    visible_to: ["officer:export"]
    cases: [{{when: firm.rank >= least_rank, is: good}}, {{is: poor}}]
  told_grade: {{cases: [{{when: 'grade == "good"', is: fine}}, {{is: bad}}]}}
  grown: {{cases: [{{when: firm.age >= least_age, is: true}}, {{is: false}}]}}
rules:
  age: {{says: The firm is old enough., stage: order, require: grown, source: act}}
  rank:
    says: The firm ranks high.
    stage: order
    require: firm.rank >= least_rank
    visible_to: ["officer:export"]
    source: leak
  graded: {{says: The grade is not poor., stage: order, require: 'grade == "good"', source: act}}
  room:
    says: Something is left in the reserve.
    stage: order
    require: available("reserve") > 5
    source: act
exceptions:
  favoured:
    says: The favoured need no age.
    lifts: [age]
    when: firm.rank > 90
    visible_to: ["officer:export"]
    source: leak
accounts:
  quota:
    says: An open quota.
    per: []
    unit: chip
    credit: {{on: regime.in_force, amount: 10}}
    draw: {{reserve: allocation, post: shipment, factor: 1}}
    source: act
  reserve:
    says: A secret reserve.
    per: []
    unit: chip
    credit: {{on: regime.in_force, amount: 10}}
    draw: {{reserve: allocation, post: shipment, factor: {factor}}}
    visible_to: ["officer:export"]
    source: leak
"""


@cache
def library(least_rank: int, factor: int) -> Library:
    return load(BODY.format(least_rank=least_rank, factor=factor))


def seen(decision: Decision, viewer: str) -> bytes:
    return json.dumps(to_json(redacted(decision, viewer))).encode()


def decided(
    rank: int | None, age: int | None, *, least_rank: int = 50, factor: int = 2, reserve: int = 100
) -> Decision:
    firm = {"rank": rank, "age": age}
    return decide(
        library(least_rank, factor),
        {"id": "case", "firm": {k: v for k, v in firm.items() if v is not None}},
        accounts={"small/quota": 30, "small/reserve": reserve},
    )


hidden = st.fixed_dictionaries(
    {
        "rank": st.none() | st.integers(0, 100),
        "least_rank": st.sampled_from([10, 50, 95]),
        "factor": st.sampled_from([0, 1, 2, 40]),
        "reserve": st.sampled_from([0, 1, 5, 6, 30, 1000]),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.none() | st.integers(0, 9), hidden, hidden)
def test_r11_the_public_gets_the_same_bytes_whatever_is_hidden(
    age: int | None, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert seen(decided(age=age, **one), "public") == seen(decided(age=age, **other), "public")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.none() | st.integers(0, 9), hidden, hidden)
def test_r11_the_holder_learns_outcomes_of_its_own_case_and_nothing_more(
    age: int | None, one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = decided(age=age, **one), decided(age=age, **other)
    answers = [
        (
            [(g.verdict, g.if_agreed) for g in d.gates],
            [f.outcome for f in d.findings if f.item in ("age", "graded", "room", "quota")],
        )
        for d in (first, second)
    ]
    assume(answers[0] == answers[1])
    assert seen(first, "holder") == seen(second, "holder")
    assert seen(first, "officer:export") == json.dumps(to_json(first)).encode()


def test_r11_the_words_for_what_is_hidden() -> None:
    decision = decided(rank=10, age=5)
    plain = to_json(redacted(decision, "holder"))
    text = json.dumps(plain)
    for secret in (
        "least_rank",
        "firm.rank",
        "reserve?",
        "small/reserve",
        "favoured",
        "leak",
        '"rank"',
    ):
        assert secret not in text
    assert [f["rule"] for f in plain["findings"]] == ["age", "graded", "room", "quota"]
    assert plain["verdict"] == "shut"
    assert plain["facts"] == {"grown": True}
    assert plain["regimes"] == {"small": None}
    assert [leg["why"] for leg in plain["legs"]] == [None, ANOTHER_LIMIT]
    assert plain["legs"][1]["headroom"] is plain["legs"][1]["factor"] is None
    assert plain["max_quantity"] == 0
    (chosen,) = plain["open_with"]
    assert [change["fact"] for change in chosen["changes"]] == [UNDISCLOSED]


def test_r11_the_greatest_quantity_is_over_the_visible_accounts_and_says_so() -> None:
    decision = decided(rank=60, age=5, factor=2, reserve=20)
    assert (decision.verdict, decision.max_quantity) == ("open", 10)
    shown = redacted(decision, "holder")
    assert (shown.verdict, shown.max_quantity) == ("open", 30)
    assert shown.max_quantity_reason == f"bound by small/quota ({OVER_VISIBLE})"
    assert to_json(redacted(decision, "officer:export")) == to_json(decision)


def test_r11_a_gate_that_only_hidden_things_shut_is_shut_without_a_reason() -> None:
    decision = decided(rank=60, age=5, factor=40, reserve=20)
    assert [f.item for f in decision.findings if f.outcome == "fail"] == ["reserve"]
    shown = redacted(decision, "holder")
    assert shown.verdict == "shut"
    assert [f for f in shown.findings if f.outcome in ("fail", "unknown")] == []
    assert redacted(decision, "public").verdict == "unknown"


def test_r11_a_rule_that_rests_on_something_hidden_keeps_words_and_outcome_only() -> None:
    decision = decided(rank=10, age=5)
    full, shown = finding(decision, "graded"), finding(redacted(decision, "holder"), "graded")
    assert full.atoms
    assert full.weight is not None
    assert full.open_with
    assert (shown.says, shown.outcome) == (full.says, "fail")
    assert (shown.atoms, shown.missing, shown.weight, shown.open_with) == ((), (), None, ())


def test_r11_nothing_hidden_nothing_changed() -> None:
    body = """
rules:
  need: {says: The need is stated., stage: order, require: order.truly_needed, source: act}
accounts:
  quota:
    per: []
    unit: chip
    credit: {on: regime.in_force, amount: 10}
    draw: {reserve: allocation, post: shipment, factor: 1}
    source: act
"""
    decision = decide(load(body), {"order": {"truly_needed": False}}, accounts={"small/quota": 7})
    for viewer in ("public", "holder", "officer:export"):
        assert to_json(redacted(decision, viewer)) == to_json(decision)


def test_r11_an_account_without_readers_belongs_to_its_gate_and_its_holder() -> None:
    assert not sees("holder", (), "export")  # nothing said: the item's own gate, and nobody else
    assert sees("officer:export", (), "export")
    assert not sees("officer:import", (), "export")
    assert not sees("public", (), "export")
    assert sees("public", ("public",), "export")
    assert not sees("holder", ("officer:export",), "export")


def test_r11_an_unknown_viewer_is_refused_with_the_nearest() -> None:
    decision = decided(rank=10, age=5)
    with pytest.raises(UnknownViewerError) as caught:
        redacted(decision, "officer:exports")
    assert caught.value.viewer == "officer:exports"
    assert caught.value.known == viewers(["export"]) == ("public", "holder", "officer:export")
    assert str(caught.value) == "'officer:exports' is no viewer; did you mean 'officer:export'?"


def test_r11_the_second_quantity_is_over_the_visible_accounts_too() -> None:
    body = """
conditions:
  ratio:
    says: The buyer owes {ratio} for each.
    parameters: {ratio: {type: decimal, places: 1}}
    account:
      per: []
      unit: domestic-chip
      places: 1
      credit: {on: domestic_purchase.accepted, amount: quantity}
      draw: {reserve: allocation, post: entry, factor: ratio}
      visible_to: ["officer:export"]
    source: act
accounts:
  quota:
    per: []
    unit: chip
    credit: {on: regime.in_force, amount: 10}
    draw: {reserve: allocation, post: shipment, factor: 1}
    source: act
"""
    condition = {"kind": "ratio", "status": "drafted", "parameters": {"ratio": 2}}
    given = {"licence": {"export": {"issued": True, "conditions": [condition]}}}
    shown = []
    for left in (8, 20):
        decision = decide(load(body), given, accounts={"small/quota": 30, "small/ratio": left})
        assert (decision.max_quantity, decision.max_if_agreed) == (30, left // 2)
        shown.append(redacted(decision, "holder"))
        assert (shown[-1].max_quantity, shown[-1].max_if_agreed) == (30, 30)
    assert to_json(shown[0]) == to_json(shown[1])


def test_r11_a_pending_condition_that_is_hidden_is_not_named() -> None:
    body = """
conditions:
  audit:
    says: The firm is audited.
    stage: order
    require: order.truly_needed
    visible_to: ["officer:export"]
    source: leak
"""
    given = {
        "licence": {
            "export": {"issued": True, "conditions": [{"kind": "audit", "status": "drafted"}]}
        },
        "order": {"truly_needed": True},
    }
    decision = decide(load(body), given, at=dt.date(2026, 6, 1))
    assert (decision.verdict, decision.if_agreed) == ("unknown", "open")
    shown = redacted(decision, "holder")
    assert (shown.verdict, shown.if_agreed, shown.pending) == ("unknown", "open", ())
    assert "audit" not in json.dumps(to_json(shown))


KEPT = """
rules:
  screened:
    says: The party was screened this year.
    stage: order
    require: party.screened_on >= date("2026-01-01")
    source: act
"""


@pytest.mark.parametrize("days", [("2026-02-01", "2026-03-01"), ("2025-02-01", "2025-03-01")])
def test_r11_what_officers_keep_is_no_part_of_what_a_holder_is_told(days: tuple[str, str]) -> None:
    """The outcome of a public rule is told, the day of the officers' look is not."""
    first, second = (
        decide(load(KEPT), {"id": "case", "buyer": {"name": "A", "screened_on": day}})
        for day in days
    )
    assert finding(redacted(first, "holder"), "screened").outcome == (
        "pass" if days[0] > "2026" else "fail"
    )
    assert seen(first, "holder") == seen(second, "holder")
    assert days[0] not in seen(first, "holder").decode()
    assert days[0] in seen(first, "officer:export").decode()


def test_what_two_rules_ask_is_asked_once_and_no_set_holds_another() -> None:
    here = Change(fact="d", now="CN", needs='d == "US"', key="buyer", item="r/first")
    there = Change(fact="d", now="CN", needs='d not in ["CN"]', key="buyer", item="r/second")
    licence = Change(fact="l", now=None, needs="l", key="authority", item="r/first")
    first = SimpleNamespace(outcome="fail", open_with=((here,), (licence,)))
    again = replace(here, item="r/second")
    second = SimpleNamespace(outcome="unknown", open_with=((again,), (there,)))
    sets = [[one.needs for one in chosen] for chosen in _choices([first, second])]  # type: ignore[list-item]
    end = f"{UNDISCLOSED} is met"
    assert sets == [['d == "US"', end], ["l", 'd not in ["CN"]', end]]
