"""Lines, comparison, proof and decision over HTTP, each to whom it may be shown (R11)."""

from __future__ import annotations

import json

import pytest
from api_kit import Api
from trade_kit import HALF, QUOTA, STOCK, US, Trade, headroom


@pytest.fixture
def trade(db: None) -> Trade:
    """Two firms' orders for more than there is."""
    world = Trade(stock=5_000, cn=8_000)
    world.statement()
    world.confirmed("o-1", 6_000)
    world.confirmed("o-2", 4_000, buyer="tencent")
    return world


@pytest.fixture
def api(trade: Trade) -> Api:
    """Calls the API as anybody of that world."""
    return Api(trade)


RUN = {"id": "run-1", "supplier": "nvidia", "product": "h200-sxm"}


def test_a_run_is_proposed_compared_and_approved_over_http(api: Api, trade: Trade) -> None:
    made = api.post("/runs", trade.allocator, RUN)
    assert (made.status_code, made.json()["state"]) == (201, "proposed")
    assert not {"inputs", "result", "pins", "regimes"} & set(made.json())
    assert (
        api.post("/runs", trade.allocator, RUN | {"id": "run-2", "rule": "cea"}).status_code == 201
    )
    listed = api.get("/runs/run-1/lines", trade.allocator).json()
    assert [(x["order"], x["awarded"], x["bound_by"]) for x in listed] == [
        ("o-1", 3_000, STOCK), ("o-2", 2_000, STOCK),
    ]  # fmt: skip
    found = api.get("/runs/run-1/compare/run-2", trade.allocator).json()
    assert (found["gains"], found["loses"]) == (["o-2"], ["o-1"])
    same = api.post("/runs/run-1/approve", trade.allocator)
    assert (same.status_code, same.json()["type"]) == (409, "/docs/problems#second-person")
    assert api.post("/runs/run-1/approve", trade.allocator_2).status_code == 200
    stale = api.post("/runs/run-2/approve", trade.allocator_2)
    assert (stale.status_code, stale.json()["type"]) == (409, "/docs/problems#stale-run")
    assert headroom(STOCK) == (0,)
    proof = api.get("/orders/o-1/proof", trade.buyer).json()
    assert (proof["asked"], proof["awarded"], proof["reserved"]) == (6_000, 3_000, True)


def test_r11_other_firms_and_officers_get_404_for_a_run(api: Api, trade: Trade) -> None:
    api.post("/runs", trade.allocator, RUN)
    for who in (trade.buyer, trade.rival, trade.officer, trade.customs):
        for path in ("/runs/run-1", "/runs/run-1/lines", "/runs/run-1/compare/run-1"):
            assert api.get(path, who).status_code == 404
    assert api.get("/orders/o-1/proof", trade.rival).status_code == 404
    assert api.get("/orders/o-1/decision", trade.rival).status_code == 404
    for path in ("/runs/run-1/lines", "/orders/o-1/proof", "/orders/o-1/decision"):
        assert api.get(path, None).status_code == 401
    assert api.get("/runs/run-1/lines", trade.auditor).status_code == 200


def test_an_order_says_why_it_is_stuck_and_who_holds_the_key(api: Api, trade: Trade) -> None:
    trade.do(trade.buyer, "order.place", id="o-3", buyer="bytedance", supplier="nvidia",
             product="h200-sxm", quantity=10, destination="CN", origin="US",
             data_centre_use=True,
             facts={"order": {"prohibited_end_use": False, "truly_needed": True}})  # fmt: skip
    told = api.get("/orders/o-3/decision?stage=allocation", trade.buyer).json()
    assert (told["verdict"], told["stage"]) == ("unknown", "allocation")
    assert {x["gate"]: x["verdict"] for x in told["gates"]}["supply"] == "unknown"
    keys = [x["key"] for one in told["open_with"] for x in one["changes"]]
    assert "supplier" in keys


def test_r11_a_firm_is_shown_its_own_accounts_and_another_limit_for_the_rest(
    api: Api, trade: Trade
) -> None:
    def accounts(who: object) -> set[str | None]:
        told = api.get("/orders/o-1/decision?stage=allocation", who).json()  # type: ignore[arg-type]
        return {leg["account"] for leg in told["legs"]}

    assert accounts(trade.buyer) == {QUOTA, None}
    assert accounts(trade.supplier) == {STOCK, US, HALF, None}
    assert accounts(trade.officer) == {STOCK, US, HALF, None}
    assert QUOTA in accounts(trade.cn_officer)


def test_r11_what_the_seller_has_left_changes_no_byte_that_its_buyer_sees(
    api: Api, trade: Trade
) -> None:
    path = "/orders/o-1/decision?stage=allocation"
    before = api.get(path, trade.buyer).content
    trade.do(trade.allocator, "stock.recount", "lot-1", quantity=4_321, reason="counted")
    trade.do(trade.supplier, "domestic_shipment.return", "home-1", quantity=123, reason="x")
    assert api.get(path, trade.buyer).content == before
    assert "4321" in api.get(path, trade.supplier).content.decode()


def test_a_shut_gate_is_told_with_the_decision_as_the_caller_may_see_it(
    api: Api, trade: Trade
) -> None:
    api.post("/runs", trade.allocator, RUN)
    api.post("/runs/run-1/approve", trade.allocator_2)
    allocation = api.get("/allocations?order=o-1", trade.supplier).json()["items"][0]
    body = {"id": "s-1", "allocation": allocation["id"], "quantity": 10, "origin": "US"}
    assert api.post("/shipments", trade.supplier, body).status_code == 201
    shut = api.post("/shipments/s-1/dispatch", trade.supplier)
    assert (shut.status_code, shut.json()["type"]) == (409, "/docs/problems#gates-not-open")
    told = shut.json()["decision"]
    assert (told["verdict"], told["stage"]) == ("shut", "shipment")
    assert "group-quota" not in json.dumps(told)
    assert api.get("/shipments/s-1", trade.supplier).json()["state"] == "prepared"
    assert "decision" not in api.get("/shipments/s-1", trade.buyer).json()


def test_no_address_makes_an_allocation_without_a_run(api: Api, trade: Trade) -> None:
    made = api.post("/allocations", trade.allocator, {"order": "o-1", "quantity": 1})
    assert made.status_code == 405


def test_r8_a_decision_of_another_day_reads_the_accounts_as_they_stood(
    api: Api, trade: Trade
) -> None:
    path = "/orders/o-1/decision?stage=allocation&at=2026-01-20&known=2026-01-20"
    early = api.get(path, trade.officer)
    assert early.status_code == 422, "the order was not in the book by then"
    assert [one["pointer"] for one in early.json()["errors"]] == ["/recorded"]
    told = api.get(f"{path}&recorded=2026-02-10T12:00:00Z", trade.officer).json()
    assert (told["at"], told["known"]) == ("2026-01-20", "2026-01-20")
    wrong = api.get("/orders/o-1/decision?stage=whenever", trade.officer)
    assert wrong.status_code == 422
    other = api.get("/orders/o-1/decision?shipment=nothing", trade.officer)
    assert other.status_code == 404
