"""Rulings, as far as a decision reaches."""

from __future__ import annotations

import datetime as dt
import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from law_kit import decide, finding, load, load_texts

from interlock.files import BadInputError
from interlock.law.deciding.decision import Change, to_json
from interlock.law.deciding.legs import AccountState
from interlock.law.deciding.ways import first_with, kept_first
from interlock.law.library import Library, load_regimes
from interlock.law.vocabulary import vocabulary

ROOT = Path(__file__).parents[2]
US = dt.date(2026, 1, 28)


@cache
def regime(name: str) -> Library:
    return load_regimes(ROOT / "regimes" / f"{name}.yaml")


def rule(name: str, require: str, stage: str = "order", more: str = "") -> str:
    return f"  {name}: {{stage: {stage}, require: '{require}', source: act{more}}}\n"


STAGED = load(
    "rules:\n"
    + rule("asked", "order.truly_needed", "application")
    + rule("ordered", "order.data_centre_use", "order")
    + rule("shipped", 'shipment.origin == "US"', "shipment")
    + rule("both", "statement.end_use", "[application, shipment]")
    + "  secret: {stage: application, undisclosed: true, opened_by: authority, source: act}\n"
)


# -- R1 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "issued", "expected"),
    [
        ("application", False, ("unknown", "not_due", "not_due", "fail", "unknown")),
        ("order", False, ("unknown", "unknown", "not_due", "fail", "unknown")),
        ("order", True, ("settled", "unknown", "not_due", "settled", "settled")),
        ("shipment", True, ("settled", "unknown", "unknown", "fail", "settled")),
        ("use", False, ("unknown", "unknown", "unknown", "fail", "unknown")),
    ],
)
def test_r1_rules_of_later_stages_are_not_due_and_a_licence_settles_its_application(
    stage: Any, issued: bool, expected: tuple[str, ...]
) -> None:
    decision = decide(STAGED, {"licence": {"export": {"issued": issued}}}, stage=stage)
    items = ("asked", "ordered", "shipped", "both", "secret")
    assert tuple(finding(decision, item).outcome for item in items) == expected


def test_r1_what_is_not_due_does_not_count() -> None:
    given = {
        "order": {"truly_needed": True, "data_centre_use": True},
        "statement": {"end_use": True},
    }
    given["licence"] = {"export": {"issued": True}}
    assert decide(STAGED, given, stage="order").verdict == "open"
    assert decide(STAGED, {**given, "shipment": {"origin": "TW"}}, stage="order").verdict == "open"
    late = decide(STAGED, {**given, "shipment": {"origin": "TW"}}, stage="shipment")
    assert late.verdict == "shut"


CONDITIONS = load(
    """
conditions:
  need: {says: The need is stated., stage: order, require: order.truly_needed, source: act}
  ratio:
    says: The buyer buys {ratio} for each.
    parameters: {ratio: {type: decimal, places: 2, min: 0, max: 10}}
    account:
      per: [buyer]
      unit: domestic-chip
      places: 2
      credit: {on: domestic_purchase.accepted, amount: quantity}
      draw: {reserve: allocation, post: entry, factor: ratio}
    source: act
"""
)


def carried(status: str, *, needed: bool | None) -> dict[str, Any]:
    conditions = [{"kind": "need", "status": status}]
    return {
        "licence": {"export": {"issued": True, "conditions": conditions}},
        "order": {} if needed is None else {"truly_needed": needed},
    }


@pytest.mark.parametrize(
    ("status", "needed", "verdict", "if_agreed"),
    [
        ("drafted", True, "unknown", "open"),
        ("proposed", True, "unknown", "open"),
        ("drafted", False, "unknown", "shut"),
        ("drafted", None, "unknown", "unknown"),
        ("agreed", True, "open", "open"),
        ("agreed", False, "shut", "shut"),
        ("in_force", False, "shut", "shut"),
        ("waived", False, "open", "open"),
        ("withdrawn", False, "open", "open"),
    ],
)
def test_r1_a_pending_condition_is_unknown_and_gives_the_second_verdict(
    status: str, needed: bool | None, verdict: str, if_agreed: str
) -> None:
    decision = decide(CONDITIONS, carried(status, needed=needed))
    assert (decision.verdict, decision.if_agreed) == (verdict, if_agreed)
    pending = status in ("drafted", "proposed")
    assert decision.pending == (("small/need",) if pending else ())
    assert (finding(decision, "need").reason == "not agreed") is pending
    if pending and if_agreed == "open":
        (chosen,) = decision.gates[0].open_with
        assert [(c.needs, c.key) for c in chosen] == [
            ("the condition 'need' is agreed", "authority")
        ]


def test_r4_factor_nought_makes_no_leg_and_the_factor_is_exact() -> None:
    def legs(ratio: float) -> list[tuple[str, Fraction | None]]:
        condition = {"kind": "ratio", "status": "agreed", "parameters": {"ratio": ratio}}
        given = {"licence": {"export": {"conditions": [condition]}}, "buyer": {"id": "b"}}
        return [(leg.account, leg.factor) for leg in decide(CONDITIONS, given).legs]

    assert legs(0) == []
    assert legs(1.25) == [("small/ratio?buyer=b", Fraction(5, 4))]


# -- R5 -------------------------------------------------------------------------------------------


def test_r5_one_group_licence_gives_every_holder_the_whole_and_three_give_none_a_number() -> None:
    holders = ["bytedance", "alibaba", "tencent"]
    library = regime("cn-chip-imports")

    def one(buyer: str, licence: str, accounts: dict[str, int]) -> tuple[int | None, str]:
        given = {
            "product": {"name": "H200 SXM"},
            "order": {"destination": "CN", "truly_needed": True},
            "buyer": {"id": buyer},
            "licence": {"import": {"id": licence, "issued": True, "holders": holders}},
        }
        decision = decide(library, given, at=US, accounts=accounts)
        return decision.max_quantity, decision.max_quantity_reason

    group = "cn-chip-imports/group-quota?licence=group"
    for buyer in holders:
        assert one(buyer, "group", {group: 400_000}) == (400_000, f"bound by {group}")
    for buyer in holders:
        own = f"cn-chip-imports/group-quota?licence={buyer}"
        assert one(buyer, buyer, {}) == (None, f"{own}: its balance is not known")


# -- R7 -------------------------------------------------------------------------------------------


def test_r7_a_paper_not_on_file_is_false_and_a_fact_not_given_is_unknown() -> None:
    library = load(
        "rules:\n" + rule("paper", "statement.title") + rule("fact", "order.truly_needed")
    )
    decision = decide(library, {})
    assert finding(decision, "paper").outcome == "fail"
    assert finding(decision, "fact").outcome == "unknown"
    assert finding(decision, "fact").missing == ("order.truly_needed",)
    assert finding(decision, "paper").missing == ()


H200_TO_CHINA = {
    "product": {"name": "H200 SXM"},
    "order": {"destination": "CN", "quantity": 100, "prohibited_end_use": False},
    "shipment": {"origin": "US"},
    "party": {"headquarters": "CN", "ultimate_parent_country": "CN"},
    "statement": {
        "thresholds": True,
        "us_supply": True,
        "end_use": True,
        "know_your_customer": True,
    },
    "application": {"us_units_shipped": 1000},
}


def test_r7_case_by_case_alone_opens_nothing() -> None:
    decision = decide(regime("us-advanced-computing"), H200_TO_CHINA, at=US)
    assert decision.facts["review_policy"] == "case_by_case"
    assert decision.verdict == "shut"
    licence = finding(decision, "licence-required")
    assert [f.item for f in decision.findings if f.outcome == "fail"] == ["licence-required"]
    assert {"authority"} in [{change.key for change in chosen} for chosen in licence.open_with]
    issued = {"id": "L1", "issued": True, "issued_on": dt.date(2026, 1, 20)}
    given = {**H200_TO_CHINA, "licence": {"export": issued}}
    assert decide(regime("us-advanced-computing"), given, at=US).verdict == "open"


# -- R8 -------------------------------------------------------------------------------------------


def test_r8_what_an_officer_had_to_say_that_day_even_after_a_notice_changed_it() -> None:
    library = regime("us-advanced-computing")
    day = dt.date(2026, 1, 15)
    told = decide(library, H200_TO_CHINA, at=day)
    before = decide(library, H200_TO_CHINA, at=day, known=dt.date(2026, 1, 12))
    assert told.facts["review_policy"] == "case_by_case"
    assert before.facts["review_policy"] == "presumption_of_denial"
    assert (before.at, before.known) == ("2026-01-15", "2026-01-12")


DATED = load(
    """
parameters:
  most:
    unit: chip
    values:
      - {from: 2026-01-01, until: 2026-07-01, value: 100, source: act}
      - {from: 2026-07-01, value: 10, source: act, public: 2026-06-15}
rules:
  few: {stage: order, require: order.quantity <= most, source: act}
"""
)


@pytest.mark.parametrize(
    ("at", "known", "outcome"),
    [
        ("2025-12-31", "2026-06-01", "unknown"),
        ("2026-01-01", "2026-06-01", "pass"),
        ("2026-06-30", "2026-06-30", "pass"),
        ("2026-07-01", "2026-07-01", "fail"),
        ("2026-07-01", "2026-06-14", "unknown"),
        ("2026-07-01", "2026-06-15", "fail"),
    ],
)
def test_r8_intervals_are_half_open_on_both_axes(at: str, known: str, outcome: str) -> None:
    decision = decide(
        DATED,
        {"order": {"quantity": 50}},
        at=dt.date.fromisoformat(at),
        known=dt.date.fromisoformat(known),
    )
    assert finding(decision, "few").outcome == outcome


def test_r8_an_instant_is_a_day_in_the_regimes_own_timezone() -> None:
    texts = {}
    for name, zone, gate in (
        ("east", "Asia/Shanghai", "import"),
        ("west", "America/New_York", "export"),
    ):
        texts[name] = (
            f"regime: {name}\ntitle: T\nauthority: a\ngate: {gate}\ntimezone: {zone}\n"
            "sources: {act: {cite: A, title: An act, published: 2020-01-01}}\n"
            "rules:\n  ban:\n    stage: order\n    require: 1 == 2\n"
            "    in_force: {from: 2026-01-28}\n    source: act\n"
        )
    library = load_texts(texts)
    moment = dt.datetime(2026, 1, 27, 20, 0, tzinfo=dt.UTC)  # 28 January in Shanghai only
    decision = decide(library, {}, at=moment)
    assert {gate.gate: gate.verdict for gate in decision.gates} == {
        "export": "open",
        "import": "shut",
    }


def test_r8_a_decision_stores_the_digests_of_the_regimes_it_used() -> None:
    one = decide(STAGED, {})
    other = decide(DATED, {})
    assert set(one.regimes) == {"small"}
    assert len(str(one.regimes["small"])) == 64
    assert one.regimes != other.regimes
    assert to_json(one)["regimes"] == one.regimes


def test_r9_a_licence_has_expired_on_its_date_whether_or_not_a_job_has_run() -> None:
    library = regime("cn-chip-imports")
    given = {
        "product": {"name": "H200 SXM"},
        "order": {"destination": "CN"},
        "buyer": {"id": "bytedance"},
        "licence": {
            "import": {"issued": True, "valid_until": "2026-07-01", "holders": ["bytedance"]}
        },
    }
    assert decide(library, given, at=dt.date(2026, 6, 30)).verdict == "open"
    assert decide(library, given, at=dt.date(2026, 7, 1)).verdict == "shut"


# -- R13 ------------------------------------------------------------------------------------------

LINKS = """
parameters:
  sure: {unit: chip, values: [{from: 2020-01-01, value: 100, source: act}]}
  told: {unit: chip, values: [{from: 2020-01-01, value: 100, source: memo}]}
  leaked: {unit: chip, values: [{from: 2020-01-01, value: 100, source: leak}]}
rules:
  both: {stage: order, require: order.quantity < sure && order.quantity < leaked, source: act}
  either: {stage: order, require: order.quantity < told || order.quantity < leaked, source: act}
  assumed: {stage: order, require: order.quantity < sure, assumption: true}
"""


@pytest.mark.parametrize("quantity", [50, 500])
def test_r13_the_worst_link_over_and_the_best_branch_over_or(quantity: int) -> None:
    decision = decide(load(LINKS), {"order": {"quantity": quantity}})
    grades = {}
    for one in decision.findings:
        assert one.weight is not None
        assert one.weight.weakest is not None
        grades[one.item] = str(one.weight.weakest.grade)
    if quantity == 50:
        assert grades == {"both": "E4", "either": "C3", "assumed": "F6"}
    else:
        # To fail, `both` needs one part only, the best; `either` needs them all.
        assert grades == {"both": "A1", "either": "E4", "assumed": "F6"}
        # A gate that is shut rests on the strongest of what shuts it.
        weight = decision.gates[0].weight
        assert weight is not None
        assert weight.weakest is not None
        assert str(weight.weakest.grade) == "A1"


# -- R14 ------------------------------------------------------------------------------------------

H = Fraction(15, 2)
STOCK = load(
    """
accounts:
  first:
    per: []
    unit: chip
    credit: {on: stock.received, amount: quantity}
    draw: {reserve: allocation, post: shipment, factor: 3}
    source: act
  second:
    per: [buyer]
    unit: chip
    credit: {on: stock.received, amount: quantity}
    draw: {reserve: allocation, post: shipment, factor: 1}
    source: act
"""
)


def test_r14_without_a_book_the_quantity_is_not_known_and_says_why() -> None:
    decision = decide(STOCK, {"buyer": {"id": "b"}})
    assert decision.max_quantity is None
    assert decision.max_quantity_reason == "no book is at hand; give --accounts or --book"
    assert [leg.headroom for leg in decision.legs] == [None, None]
    plain = to_json(decision)
    assert plain["legs"] is plain["max_quantity"] is None
    assert plain["legs_reason"] == "no book is at hand; give --accounts or --book"
    assert [(one["account"], one["factor"]) for one in plain["draws"]] == [
        ("small/first", "3"),
        ("small/second?buyer=b", "1"),
    ]


def test_r14_with_a_book_the_legs_are_the_draws_with_their_headroom() -> None:
    book = {"small/first": AccountState(Fraction(31)), "small/second?buyer=b": AccountState(H)}
    plain = to_json(decide(STOCK, {"buyer": {"id": "b"}}, accounts=book))
    assert plain["legs_reason"] is None
    assert [leg["headroom"] for leg in plain["legs"]] == [31, 7.5]
    bare = [{k: v for k, v in leg.items() if k != "headroom"} for leg in plain["legs"]]
    assert bare == plain["draws"]


@pytest.mark.parametrize(
    ("first", "second", "quantity", "reason", "verdict"),
    [
        (31, 100, 10, "bound by small/first", "open"),
        (31, 4, 4, "bound by small/second?buyer=b", "open"),
        (2, 100, 0, "a gate is shut", "shut"),
        (-5, 100, 0, "a gate is shut", "shut"),
        (31, None, None, "small/second?buyer=b: its balance is not known", "unknown"),
    ],
)
def test_r14_the_greatest_quantity_is_bound_by_the_tightest_account(
    first: int, second: int | None, quantity: int | None, reason: str, verdict: str
) -> None:
    accounts = {"small/first": first}
    if second is not None:
        accounts["small/second?buyer=b"] = second
    decision = decide(STOCK, {"buyer": {"id": "b"}}, accounts=accounts)
    assert (decision.max_quantity, decision.max_quantity_reason) == (quantity, reason)
    assert decision.verdict == verdict


def test_r4_an_overdue_debt_refuses_the_draw_whatever_the_headroom() -> None:
    accounts = {
        "small/first": AccountState(Fraction(1000), Fraction(1, 2)),
        "small/second?buyer=b": AccountState(Fraction(1000)),
    }
    decision = decide(STOCK, {"buyer": {"id": "b"}}, accounts=accounts)
    assert (decision.verdict, decision.max_quantity) == ("shut", 0)
    overdue = finding(decision, "first")
    assert (overdue.outcome, overdue.reason) == ("fail", "overdue")
    assert [c.needs for c in overdue.open_with[0]] == ["the overdue debt on small/first is met"]


# -- R18 ------------------------------------------------------------------------------------------


def test_r18_the_words_are_there_from_day_one() -> None:
    words = {
        *("product.datacentre", "product.us_available_since", "product.tpp"),
        *("product.performance_density", "product.dram_bandwidth_gbps"),
        *("product.interconnect_gbps", "transaction.kind", "order.destination", "order.quantity"),
        *("shipment.origin", "party.headquarters", "party.ultimate_parent_country"),
    }
    known = vocabulary()
    assert words <= set(known.entries)
    kind = known.entry("transaction.kind")
    assert kind is not None
    assert {"export", "reexport", "transfer"} <= set(kind.values)
    assert {"broker", "forwarder"} <= set(known.roles)


def test_r18_a_board_draws_as_many_chips_as_it_holds() -> None:
    given = {
        **H200_TO_CHINA,
        "product": {"name": "H200 SXM", "chips": 8},
        "licence": {"export": {"id": "L1", "issued": True, "issued_on": "2026-01-20"}},
        "exporter": {"id": "nvidia"},
    }
    accounts = {
        "us-advanced-computing/licence-quantity?licence=L1": 100,
        "us-advanced-computing/half-of-domestic-volume?exporter=nvidia&product=NVIDIA H200 SXM": 10
        ** 6,
    }
    decision = decide(regime("us-advanced-computing"), given, at=US, accounts=accounts)
    (leg,) = [leg for leg in decision.legs if leg.item == "licence-quantity"]
    assert leg.factor == 8
    assert (decision.verdict, decision.max_quantity) == ("open", 12)


def test_a_decision_changes_neither_its_case_nor_its_accounts() -> None:
    accounts = {
        "small/first": AccountState(Fraction(31)),
        "small/second?buyer=b": AccountState(Fraction(4)),
    }
    kept = dict(accounts)
    first = decide(STOCK, {"buyer": {"id": "b"}}, accounts=accounts)
    second = decide(STOCK, {"buyer": {"id": "b"}}, accounts=accounts)
    assert accounts == kept
    assert json.dumps(to_json(first)) == json.dumps(to_json(second))


def test_a_licence_at_a_gate_that_no_regime_at_hand_guards_is_read_and_left_alone() -> None:
    """One file of cases serves one gate's regimes and all of them."""
    export = {"id": "L1", "issued": True, "conditions": [{"kind": "of-another-regime"}]}
    given = {
        "order": {"truly_needed": True, "data_centre_use": True},
        "licence": {"import": export},
    }
    decision = decide(STAGED, given)
    assert finding(decision, "asked").outcome == "pass"
    with pytest.raises(BadInputError) as caught:
        decide(STAGED, {"licence": {"imprt": export}})
    assert [fault.mend for fault in caught.value.faults] == ["did you mean 'import'?"]
    with pytest.raises(BadInputError):
        decide(STAGED, {"licence": {"import": {"isued": True}}})


def test_r1_the_licence_that_settles_the_application_is_a_way_to_open_the_gate() -> None:
    """An order without anything: certificates asked for at the application come with the licence.

    Eight sets of two unlikely changes each do not hide the three that an issuer makes.
    """
    library = regime("us-advanced-computing")
    bare = {name: one for name, one in H200_TO_CHINA.items() if name != "statement"}
    (gate,) = decide(library, bare, at=US).gates
    (by_authority,) = [
        chosen for chosen in gate.open_with if {change.key for change in chosen} == {"authority"}
    ]
    assert [change.needs for change in by_authority] == [
        "licence.export.issued",
        "transaction.date < (licence.export.issued_on + 1,461 day)",
        "transaction.date >= licence.export.issued_on",
    ]
    licensed = bare | {"licence": {"export": {"issued": True, "issued_on": str(US)}}}
    assert decide(library, licensed, at=US).verdict == "open"


def test_the_way_by_a_licence_is_told_and_comes_before_another_deal() -> None:
    """What the buyer must say besides is part of that way; it is not hidden by other goods."""
    library = regime("us-advanced-computing")
    bare = {name: one for name, one in H200_TO_CHINA.items() if name != "statement"}
    bare["order"] = {name: x for name, x in bare["order"].items() if name != "prohibited_end_use"}
    (gate,) = decide(library, bare, at=US).gates
    words = vocabulary()
    first, *_ = ways = kept_first(gate.open_with, words)
    assert [(change.key, change.needs) for change in first] == [
        ("authority", "licence.export.issued"),
        ("buyer", "not order.prohibited_end_use"),
        ("authority", "transaction.date < (licence.export.issued_on + 1,461 day)"),
        ("authority", "transaction.date >= licence.export.issued_on"),
    ]
    keeps = [words.keeps_deal(change.fact for change in way) for way in ways]
    assert keeps == sorted(keeps, reverse=True)
    assert not all(keeps)
    assert sorted(map(len, gate.open_with[:-1])) == list(map(len, gate.open_with[:-1]))


def test_a_way_that_two_openers_share_is_told_once() -> None:
    ways = [(Change(f"fact-{n}", None, f"need {n}", "buyer", "r/x"),) for n in range(10)]
    assert first_with(ways, [ways[9], ways[9], ways[2]]) == (*ways[:7], ways[9])
    assert first_with(ways[:3], [ways[1]]) == tuple(ways[:3])
