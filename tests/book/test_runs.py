"""Sharing runs: who may draw, how much, with which proof; approved by a second person (R2, R12)."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from book_kit import NOW
from trade_kit import (
    HALF,
    QUOTA,
    STOCK,
    US,
    Trade,
    agrees_with_the_ledger,
    everything,
    headroom,
)

from interlock.api import things
from interlock.book.errors import (
    DeniedError,
    InputError,
    MoveError,
    NotFoundError,
    SecondPersonError,
)
from interlock.book.models import Allocation, AllocationRun, Discrepancy, Order, RunLine
from interlock.book.rights import JOBS
from interlock.book.selectors import runs
from interlock.book.selectors.accounts import ledger
from interlock.book.services import SERVICES, do, registry
from interlock.ledger import StaleError
from interlock.sharing import HIDDEN, ReplayError, warm_up


def two_orders(world: Trade) -> None:
    """ByteDance wants 6,000, Tencent 4,000."""
    world.confirmed("o-1", 6_000)
    world.confirmed("o-2", 4_000, buyer="tencent")


def lines(run: str = "run-1") -> dict[str, tuple[int, str]]:
    """What each order of a run got, and what binds it."""
    return {x.order_id: (x.awarded, x.bound_by) for x in RunLine.objects.filter(run=run)}


def test_a_run_shares_among_confirmed_orders_and_reserves_nothing(db: None) -> None:
    world = Trade(stock=5_000)
    two_orders(world)
    world.order("o-3", 1_000)  # placed, not confirmed
    world.propose()
    assert lines() == {"o-1": (3_000, STOCK), "o-2": (2_000, STOCK)}
    assert headroom(STOCK, US, QUOTA) == (5_000, 10_000, 10_000)
    assert Allocation.objects.count() == 0
    assert {x.allocated for x in Order.objects.all()} == {0}


def test_r2_approval_by_a_second_person_reserves_on_every_account_that_was_a_row(db: None) -> None:
    world = Trade(stock=5_000)
    two_orders(world)
    world.propose()
    run = world.do(world.allocator_2, "run.approve", "run-1")
    assert (run.state, run.approved_by) == ("approved", "hal@nvidia")
    assert headroom(STOCK, US, QUOTA, HALF) == (0, 5_000, 5_000, 10_000)
    found = {x.order_id: (x.quantity, x.left, x.state) for x in Allocation.objects.all()}
    assert found == {"o-1": (3_000, 3_000, "reserved"), "o-2": (2_000, 2_000, "reserved")}
    assert {x.pk: x.allocated for x in Order.objects.all()} == {"o-1": 3_000, "o-2": 2_000}
    agrees_with_the_ledger()


def test_whoever_proposed_a_run_may_not_approve_it(db: None) -> None:
    world = Trade()
    two_orders(world)
    world.propose()
    before = everything()
    with pytest.raises(SecondPersonError):
        world.do(world.allocator, "run.approve", "run-1")
    assert everything() == before


def test_only_the_suppliers_allocators_share(db: None) -> None:
    world = Trade()
    two_orders(world)
    world.propose()
    before = everything()
    with pytest.raises(DeniedError):
        world.do(world.supplier, "run.approve", "run-1")
    for who in (world.buyer, world.officer):
        with pytest.raises(NotFoundError):
            world.do(who, "run.approve", "run-1")
        with pytest.raises(DeniedError):
            do(who, "run.propose", "", {"supplier": "nvidia", "product": "h200-sxm"}, now=world.now)
    assert everything() == before


def test_r2_a_run_is_refused_as_stale_when_headroom_fell_and_can_then_be_outdated(
    db: None,
) -> None:
    world = Trade(stock=5_000)
    two_orders(world)
    world.propose("run-1")
    world.propose("run-2")
    with pytest.raises(MoveError, match="no account of it has less"):
        world.do(world.allocator, "run.outdate", "run-2")
    world.do(world.allocator_2, "run.approve", "run-1")
    before = everything()
    with pytest.raises(StaleError, match="share again"):
        world.do(world.allocator_2, "run.approve", "run-2")
    assert everything() == before
    assert AllocationRun.objects.get(pk="run-2").state == "proposed"
    assert world.do(world.allocator, "run.outdate", "run-2").state == "stale"
    agrees_with_the_ledger()


def test_r2_a_run_is_approved_when_headroom_has_only_risen(db: None) -> None:
    world = Trade(stock=5_000)
    two_orders(world)
    world.propose()
    world.do(world.allocator, "stock.receive", id="lot-2", supplier="nvidia",
             product="h200-sxm", quantity=1_000)  # fmt: skip
    world.do(world.allocator_2, "run.approve", "run-1")
    assert headroom(STOCK) == (1_000,)


def test_only_the_supplier_ranks_orders(db: None) -> None:
    """A buyer that could say its own tier would put itself first."""
    world = Trade()
    with pytest.raises(InputError) as caught:
        world.do(world.buyer, "order.place", id="o-1", buyer="bytedance", supplier="nvidia",
                 product="h200-sxm", quantity=8, destination="CN", tier=2, weight="3")  # fmt: skip
    assert caught.value.faults.keys() == {"tier", "weight"}
    assert not Order.objects.exists()
    world.confirmed("o-1", 8, tier=2, weight="3")
    order = Order.objects.get()
    assert (order.tier, order.weight) == (2, 3)


def test_weights_tiers_and_lots_of_the_orders_count(db: None) -> None:
    world = Trade(stock=1_000)
    world.confirmed("o-1", 800, tier=2)
    world.confirmed("o-2", 800, weight="3")
    world.confirmed("o-3", 800, weight="1", lot=8)
    world.propose(rule="weighted")
    got = {name: awarded for name, (awarded, _) in lines().items()}
    assert got["o-1"] == 0
    assert got["o-2"] + got["o-3"] == 1_000
    assert got["o-3"] % 8 == 0
    assert abs(got["o-3"] - 250) <= 8


def test_lines_that_cannot_share_are_listed_with_the_reason(db: None) -> None:
    world = Trade()
    world.confirmed("o-1", 100)
    facts = {"order": {"prohibited_end_use": True, "truly_needed": True}}
    world.confirmed("o-2", 100, facts=facts)
    world.propose()
    line = RunLine.objects.get(run="run-1", order="o-2")
    assert (line.awarded, line.refused) == (0, "a gate is shut: export")
    assert lines()["o-1"] == (100, "full")


def test_an_order_whose_facts_cannot_be_read_keeps_nobody_else_from_sharing(db: None) -> None:
    """What the law of an earlier day took may be of another type by the law of this one."""
    world = Trade()
    world.confirmed("o-1", 100)
    world.confirmed("o-2", 100)
    odd = {"order": {"truly_needed": 7}}
    Order.objects.filter(pk="o-2").update(facts=odd)
    world.propose()
    line = RunLine.objects.get(run="run-1", order="o-2")
    assert (line.awarded, lines()["o-1"]) == (0, (100, "full"))
    assert "a fact on file cannot be read" in line.refused
    assert "truly_needed" in line.refused
    Order.objects.filter(pk="o-2").update(facts={"order": {"truly_needed": True}})
    world.propose("run-2")
    Order.objects.filter(pk="o-2").update(facts=odd)
    world.do(world.allocator_2, "run.approve", "run-2")
    line = RunLine.objects.get(run="run-2", order="o-2")
    assert "a fact on file cannot be read" in line.refused
    assert Order.objects.get(pk="o-1").allocated == 100
    assert Order.objects.get(pk="o-2").allocated == 0


def test_r5_a_line_whose_headroom_is_not_known_cannot_share(db: None) -> None:
    world = Trade(cn=None)
    world.confirmed("o-1", 100)
    with pytest.raises(InputError, match=r"another limit \(not disclosed\) at the gate import"):
        world.propose()
    assert AllocationRun.objects.count() == 0


def test_r1_what_is_agreed_only_as_drafted_is_reserved_provisionally(db: None) -> None:
    world = Trade()
    world.condition("cn-1", "data-centre-use", "proposed")
    world.confirmed("o-1", 100)
    world.propose(agreed=True)
    world.do(world.allocator_2, "run.approve", "run-1")
    found = Allocation.objects.get()
    assert (found.state, found.provisional, found.left) == ("provisional", True, 100)
    assert RunLine.objects.get().provisional
    assert headroom(STOCK) == (9_900,)


def test_an_item_of_eight_chips_draws_eight_where_the_law_counts_chips(db: None) -> None:
    world = Trade(stock=100)
    from interlock.book.models import Product

    Product.objects.filter(pk="h200-sxm").update(chips=8)
    world.confirmed("o-1", 10)
    world.propose()
    world.do(world.allocator_2, "run.approve", "run-1")
    assert headroom(US) == (10_000 - 80,)


def test_a_line_is_refused_alone_when_its_order_was_cancelled_since(db: None) -> None:
    world = Trade(stock=5_000)
    two_orders(world)
    world.propose()
    world.do(world.rival, "order.cancel", "o-2", reason="no need")
    world.do(world.allocator_2, "run.approve", "run-1")
    line = RunLine.objects.get(order="o-2")
    assert (line.refused, line.group) == ("the order is cancelled", "")
    assert headroom(STOCK) == (2_000,)
    assert [x.order_id for x in Allocation.objects.all()] == ["o-1"]
    agrees_with_the_ledger()


def test_a_line_is_refused_when_a_gate_was_shut_since(db: None) -> None:
    world = Trade(stock=5_000)
    two_orders(world)
    world.propose()
    from interlock.book.models import Licence

    Licence.objects.filter(pk="cn-1").update(state="suspended")
    world.do(world.allocator_2, "run.approve", "run-1")
    assert {x.refused for x in RunLine.objects.all()} == {"a gate is shut: import"}
    assert headroom(STOCK) == (5_000,)
    assert Discrepancy.objects.count() == 0


def test_divisible_units_are_for_comparing_and_are_never_reserved(db: None) -> None:
    world = Trade(stock=5)
    world.confirmed("o-1", 4)
    world.confirmed("o-2", 4, buyer="tencent")
    world.propose(whole=False)
    before = everything()
    with pytest.raises(MoveError, match="divisible units"):
        world.do(world.allocator_2, "run.approve", "run-1")
    assert everything() == before


def test_r12_a_stored_run_is_replayed_byte_for_byte_and_a_changed_one_is_named(db: None) -> None:
    world = Trade(stock=4_999)
    two_orders(world)
    for rule in ("proportional", "cea", "weighted", "cel", "talmud", "optimum"):
        run = world.propose(f"run-{rule}", rule=rule, seed=7)
        stored = AllocationRun.objects.get(pk=run.pk)
        assert runs.replay_run(stored).to_json() == stored.result["run"]
    text = json.loads(stored.result["run"])
    text["result"]["awarded"][0] += 1
    stored.result = {"run": json.dumps(text, sort_keys=True)}
    with pytest.raises(ReplayError):
        runs.replay_run(stored)


def test_compare_says_who_gains_and_who_loses(db: None) -> None:
    world = Trade(stock=5_000)
    two_orders(world)
    world.propose("run-1")
    world.propose("run-2", rule="cea")
    found = runs.compare(world.allocator, "run-1", "run-2")
    assert (found["gains"], found["loses"]) == (["o-2"], ["o-1"])
    assert [x["difference"] for x in found["lines"]] == [-500, 500]
    assert [x["awarded"] for x in found["runs"]] == [5_000, 5_000]
    stock = next(x for x in found["accounts"] if x["account"] == STOCK)
    assert (stock["a"]["available"], stock["a"]["left"]) == (5_000, 0)


def test_compare_gives_shadow_prices_of_the_optimum(db: None) -> None:
    world = Trade(stock=5_000)
    two_orders(world)
    world.propose("run-1")
    world.propose("run-2", rule="optimum")
    found = runs.compare(world.allocator, "run-1", "run-2")
    stock = next(x for x in found["accounts"] if x["account"] == STOCK)
    assert stock["a"]["shadow_price"] is None
    assert stock["b"]["shadow_price"] == pytest.approx(27_000)
    assert found["runs"][1]["dual_gap"] == pytest.approx(0, abs=1e-6)


def test_r11_a_supplier_does_not_learn_the_numbers_of_its_buyers_quota(db: None) -> None:
    world = Trade(cn=5_000)
    two_orders(world)
    world.propose("run-1")
    listed = runs.lines(world.allocator, AllocationRun.objects.get())
    assert {x["bound_by"] for x in listed} == {HIDDEN}
    assert {leg["account"] for x in listed for leg in x["legs"]} == {STOCK, US, HALF}
    told = json.dumps(runs.compare(world.allocator, "run-1", "run-1"))
    assert "group-quota" not in told


def test_r11_a_firm_sees_its_own_line_and_nothing_of_anothers(db: None) -> None:
    world = Trade(stock=5_000)
    two_orders(world)
    world.propose()
    order = Order.objects.get(pk="o-2")
    with pytest.raises(NotFoundError):  # a run that is only proposed is the supplier's own
        runs.proof(world.rival, order)
    world.do(world.allocator_2, "run.approve", "run-1")
    told = runs.proof(world.rival, order)
    assert (told["asked"], told["awarded"], told["level"]) == (4_000, 2_000, [0.5, 0.5])
    assert told["bound_by"] == HIDDEN  # the stock is the supplier's
    assert "o-1" not in json.dumps(told)
    assert "6000" not in json.dumps(told)
    assert runs.proof(world.allocator, order)["bound_by"] == STOCK
    for read in (runs.compare,):
        with pytest.raises(NotFoundError):
            read(world.rival, "run-1", "run-1")


def test_r11_another_firms_ask_changes_no_byte_of_a_proof_when_the_award_is_the_same(
    db: None,
) -> None:
    world = Trade(stock=20_000, us=20_000, cn=20_000, home=80_000)
    told = []
    for number, asked in enumerate((3_000, 5_000)):
        world.confirmed(f"mine-{number}", 1_000, buyer="tencent")
        world.confirmed(f"theirs-{number}", asked)
        world.propose(f"run-{number}", orders=[f"mine-{number}", f"theirs-{number}"])
        world.do(world.allocator_2, "run.approve", f"run-{number}")
        found = runs.proof(world.rival, Order.objects.get(pk=f"mine-{number}"))
        told.append({k: v for k, v in found.items() if k not in ("order", "run")})
    assert told[0] == told[1]


def test_a_run_needs_an_order_that_can_share(db: None) -> None:
    world = Trade()
    with pytest.raises(InputError, match="none wants anything"):
        world.propose()
    with pytest.raises(InputError, match="not confirmed"):
        world.propose(orders=["nothing"])
    assert AllocationRun.objects.count() == 0


def test_what_an_order_was_promised_it_does_not_ask_for_again(db: None) -> None:
    world = Trade()
    world.promise("o-1", 1_000)
    with pytest.raises(InputError, match="none wants anything"):
        world.propose("run-2")


def test_r9_what_is_due_expires_before_anybody_shares(db: None) -> None:
    world = Trade(stock=1_000)
    world.confirmed("o-1", 1_000)
    world.propose("run-1")
    world.do(world.allocator_2, "run.approve", "run-1", expires_on="2026-02-20")
    world.now += dt.timedelta(days=10)
    world.confirmed("o-2", 1_000, buyer="tencent")
    world.propose("run-2", orders=["o-2"])
    assert lines("run-2") == {"o-2": (1_000, "full")}
    assert Allocation.objects.get().state == "expired"
    assert Order.objects.get(pk="o-1").allocated == 0
    assert headroom(STOCK, now=world.now) == (1_000,)
    agrees_with_the_ledger(world.now)


def test_a_rejected_run_keeps_its_reason_and_reserves_nothing(db: None) -> None:
    world = Trade()
    two_orders(world)
    world.propose()
    run = world.do(world.allocator, "run.reject", "run-1", reason="wrong rule")
    assert (run.state, run.reason) == ("rejected", "wrong rule")
    with pytest.raises(MoveError):
        world.do(world.allocator_2, "run.approve", "run-1")
    assert ledger().headroom([STOCK], now=world.now) == {STOCK: 10_000}


def test_the_kernel_is_made_ready_before_the_transaction_of_a_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Compiled within, it held the lock of a SQLite book for minutes on a fresh machine."""
    happened: list[str] = []
    assert SERVICES["run.propose"].ready is warm_up
    found = replace(SERVICES["run.propose"], ready=lambda: happened.append("ready"))
    body = found.body.model_validate({"supplier": "nvidia", "product": "h200-sxm"})
    for module in (registry, things):
        monkeypatch.setattr(module, "perform", lambda *_, **__: happened.append("begin"))
    registry.run(JOBS, found, "", body, now=NOW)
    request: Any = SimpleNamespace(auth=JOBS, headers={})
    things.act(request, found, "", body)
    assert happened == ["ready", "begin"] * 2
