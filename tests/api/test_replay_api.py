"""The book's history under proposed law, over the API: what changes, and who may ask."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from api_kit import Api
from book_kit import World
from jsonschema import Draft202012Validator

from interlock.book.models import Allocation, Event
from interlock.book.selectors import law_proposed

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/reference/schemas/replay.json").read_text(encoding="utf-8"))
SMALL = """
regime: small-orders
title: Only small orders
authority: us-bis
gate: export
timezone: UTC
visible_to: ["officer:export"]
rules:
  small:
    says: An order is for fewer than 500.
    stage: order
    require: order.quantity < 500
    in_force: {from: 2020-01-01}
    assumption: true
"""

FAULTY = SMALL.replace("order.quantity", "order.quantitty").replace(
    "title: Only small orders", "title: 1\nauthorty: nobody"
)
"""The same with three faults: on lines 3, 4 and 13."""

STATED = {
    "nvidia": ("thresholds", "us_supply", "end_use"),
    "bytedance": ("know_your_customer", "necessity"),
}
TEST = {"lab": "Lab One", "lab_country": "US", "independent": True, "tested_on": "2026-02-10"}


def licence(world: World, pk: str, gate: str, holder: str) -> None:
    """Draft, propose and grant a licence of 5,000."""
    export = gate == "export"
    one, two = (world.officer, world.second) if export else (world.cn_officer, world.cn_second)
    lasts = {"valid_until": "2028-02-01"} if export else {}
    world.do(one, "licence.draft", id=pk, gate=gate, holders=[{"party": holder}],
             products=["h200-sxm"], destination="CN", quantity=5000, **lasts)  # fmt: skip
    world.do(one, "licence.propose", pk)
    world.do(two, "licence.grant", pk)


@pytest.fixture
def trade(db: None) -> Api:
    """Two orders on file under two licences; one was promised, and 600 of it sent and let in."""
    world = World()
    firms = {"nvidia": world.supplier, "bytedance": world.buyer}
    for firm, kinds in STATED.items():
        for kind in kinds:
            world.do(firms[firm], "statement.file", id=kind, statement_kind=kind, by=firm)
    world.do(world.supplier, "domestic_shipment.report", id="home-1", exporter="nvidia",
             product="h200-sxm", customer="Meta", quantity=9000,
             first_day="2026-01-20")  # fmt: skip
    world.do(world.allocator, "stock.receive", id="lot-1", supplier="nvidia", product="h200-sxm",
             quantity=4000)  # fmt: skip
    licence(world, "bis-1", "export", "nvidia")
    licence(world, "cn-1", "import", "bytedance")
    for pk, quantity in (("o-1", 1000), ("o-2", 200)):
        world.order(pk, quantity)
        world.do(world.allocator, "order.confirm", pk)
    world.do(world.allocator, "run.propose", id="run-1", supplier="nvidia", product="h200-sxm",
             orders=["o-1"])  # fmt: skip
    world.do(world.allocator_2, "run.approve", "run-1")
    allocation = Allocation.objects.get(order="o-1").pk
    world.do(world.supplier, "shipment.prepare", id="s-1", allocation=allocation, quantity=600,
             origin="US")  # fmt: skip
    world.do(world.supplier, "shipment.test", "s-1", **TEST)
    world.do(world.supplier, "shipment.dispatch", "s-1")
    world.do(world.buyer, "entry.declare", id="e-1", shipment="s-1", quantity=600)
    world.do(world.customs, "entry.release", "e-1")
    return Api(world)


def test_what_a_proposed_rule_changes_is_told_by_move_and_rule(trade: Api) -> None:
    """All of the order for 1,000: placed, confirmed, shared, promised; 600 sent and let in."""
    before = Event.objects.count()
    answer = trade.post("/replay", trade.world.officer, {"regimes": [SMALL]})
    assert answer.status_code == 200
    found = answer.json()
    Draft202012Validator(SCHEMA).validate(found)
    assert found["verdicts"]["before"] == {"open": 9, "shut": 1, "unknown": 0}
    assert found["verdicts"]["after"] == {"open": 3, "shut": 7, "unknown": 0}
    assert found["changed"] == {"decisions": 6, "units": 5200, "at_a_gate": 6}
    assert {(x["rule"], x["after"], x["move"], x["units"]) for x in found["rules"]} == {
        ("small-orders/small", "fail", move, 600 if move.startswith(("ship", "entry")) else 1000)
        for move in ("order.place", "order.confirm", "run.propose", "allocation.reserve",
                     "shipment.dispatch", "entry.release")
    }  # fmt: skip
    assert Event.objects.count() == before


def test_a_law_that_is_the_same_changes_nothing(trade: Api) -> None:
    same = (ROOT / "regimes/cn-chip-imports.yaml").read_text(encoding="utf-8")
    found = trade.post("/replay", trade.world.cn_officer, {"regimes": [same]}).json()
    assert found["changed"] == {"decisions": 0, "units": 0, "at_a_gate": 0}
    assert found["decisions"] > 0


QUOTA, LICENCE = "cn-chip-imports/group-quota", "us-advanced-computing/licence-quantity"


@pytest.mark.parametrize("stage", ["shipment", "entry"])
def test_shipments_and_entries_that_would_not_have_passed_are_counted(
    trade: Api, stage: str
) -> None:
    """A rule that stops 600 as they leave: they do not come in either. One that stops them as they
    come in: they have left, and what they draw at entry stays reserved."""
    late = SMALL.replace("stage: order", f"stage: {stage}")
    body = {"regimes": [late], "accounts": True}
    found = trade.post("/replay", trade.world.auditor, body).json()["accounts"]
    passed, stopped = ({"done": 600, "refused": 0, "missed": 0},
                       {"done": 0, "refused": 600, "missed": 0})  # fmt: skip
    missed = {"done": 0, "refused": 0, "missed": 600}
    moves = {x["move"]: (x["before"], x["after"]) for x in found["moves"]}
    assert moves["shipment.dispatch"] == (passed, stopped if stage == "shipment" else passed)
    assert moves["entry.release"] == (passed, missed if stage == "shipment" else stopped)
    move = "shipment.dispatch" if stage == "shipment" else "entry.release"
    assert found["refused_by"] == [{"by": "small-orders/small", "move": move, "units": 600}]
    after = {x["account"].partition("?licence")[0]: x["after"] for x in found["balances"]}
    quota = after[QUOTA]
    assert (quota["reserved"], quota["posted"]) == (1000, 0)
    if stage == "shipment":
        assert (after[LICENCE]["reserved"], after[LICENCE]["posted"]) == (1000, 0)
    else:
        assert LICENCE not in after  # what left left: that account ends as it did


@pytest.mark.parametrize("who", ["buyer", "supplier", "allocator"])
def test_r11_a_firm_tries_no_law_on_the_book(trade: Api, who: str) -> None:
    answer = trade.post("/replay", getattr(trade.world, who), {"regimes": [SMALL]})
    assert answer.status_code == 403
    assert "verdicts" not in answer.json()


def test_r11_an_officer_tries_law_of_their_own_gate_alone(trade: Api) -> None:
    for text in (
        SMALL.replace("gate: export", "gate: import"),
        SMALL.replace("small-orders", "cn-customs"),
    ):
        answer = trade.post("/replay", trade.world.officer, {"regimes": [text]})
        assert answer.status_code == 403
        assert trade.post("/replay", trade.world.auditor, {"regimes": [text]}).status_code == 200


def test_every_fault_of_a_proposal_is_told_and_nothing_is_replayed(trade: Api) -> None:
    answer = trade.post("/replay", trade.world.officer, {"regimes": [SMALL, FAULTY]})
    assert answer.status_code == 422
    pointers = [x["pointer"] for x in answer.json()["errors"]]
    assert pointers == ["/regimes/1/3/8", "/regimes/1/4/1", "/regimes/1/13/14"]
    answer = trade.post("/replay", trade.world.officer, {"assume": ["cap-2026-3"]})
    assert answer.status_code == 422
    assert "cap-2026-03" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd", "claims.yaml"])
def test_a_proposal_reads_no_file_of_the_server(trade: Api, path: str) -> None:
    text = f"claims: {path}\n{SMALL}"
    answer = trade.post("/replay", trade.world.officer, {"regimes": [text]})
    assert answer.status_code == 422
    assert "the book has no claims for 'small-orders'" in answer.json()["errors"][0]["detail"]
    quoted = f'"claims": {path}\n{SMALL}'.replace("small-orders", "us-advanced-computing")
    assert trade.post("/replay", trade.world.officer, {"regimes": [quoted]}).status_code == 422


def test_a_history_that_is_too_long_is_for_the_command_line(
    trade: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(law_proposed, "MOST_PAST", 3)
    answer = trade.post("/replay", trade.world.officer, {"regimes": [SMALL]})
    assert answer.status_code == 422
    assert "interlock replay" in answer.json()["errors"][0]["detail"]
