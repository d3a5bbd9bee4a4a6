"""The whole way by its services: shared, approved, sent, declared, let in, owed; and recounted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN, actor
from customs_kit import QUOTA, everything

from interlock.book.errors import MoveError
from interlock.book.models import Allocation, Discrepancy, Order, Shipment
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.obligations import obligation

if TYPE_CHECKING:
    from customs_kit import Harbour


def confirmed(harbour: Harbour, who: Any, order: str, quantity: int) -> None:
    """An order placed and confirmed."""
    harbour.do(
        who, "order.place", id=order, buyer=who.party, supplier="nvidia", product="h200-sxm",
        quantity=quantity, destination="CN", origin="US",
    )  # fmt: skip
    harbour.do(harbour.allocator, "order.confirm", order)


def share(harbour: Harbour, run: str = "run-1") -> dict[str, Allocation]:
    """A run proposed by one and approved by another; allocations by their orders."""
    harbour.do(harbour.allocator, "run.propose", id=run, supplier="nvidia", product="h200-sxm")
    harbour.do(harbour.allocator_2, "run.approve", run)
    return {one.order_id: one for one in Allocation.objects.all()}


def send(harbour: Harbour, promised: Allocation, pk: str, quantity: int) -> Shipment:
    """Prepared and sent."""
    harbour.do(harbour.supplier, "shipment.prepare", id=pk, allocation=promised.pk,
               quantity=quantity, origin="US")  # fmt: skip
    found: Shipment = harbour.do(harbour.supplier, "shipment.dispatch", pk)
    return found


def test_r4_a_group_licence_lets_three_buyers_owe_fifteen_thousand_in_all(
    harbour: Harbour,
) -> None:
    """400,000, ratio 1, 5,000 may be owed, nothing bought: a run gives each 5,000, and no more."""
    harbour.do(ADMIN, "party.enter", id="alibaba", name="Alibaba", country="CN",
               headquarters="CN", ultimate_parent_country="CN", roles=["buyer"])  # fmt: skip
    people = {
        "bytedance": harbour.buyer,
        "tencent": harbour.rival,
        "alibaba": actor("ned", "alibaba", "compliance_officer"),
    }
    harbour.licence(quantity=400_000, ratio=1, holders=tuple(people))
    for buyer, who in people.items():
        confirmed(harbour, who, f"o-{buyer}", 200_000)
    promised = share(harbour)
    assert {x: one.quantity for x, one in promised.items()} == {
        "o-bytedance": 5_000, "o-tencent": 5_000, "o-alibaba": 5_000,
    }  # fmt: skip
    for buyer, who in people.items():
        send(harbour, promised[f"o-{buyer}"], f"s-{buyer}", 5_000)
        harbour.do(who, "entry.declare", id=f"e-{buyer}", shipment=f"s-{buyer}", quantity=5_000)
        harbour.release(f"e-{buyer}")
        told = obligation(who, buyer, harbour.now, now=harbour.now)["accounts"][0]
        assert (told["owed"], told["outstanding"], told["overdue"]) == ("5000", "5000", "0")
    assert harbour.counts(QUOTA) == (400_000, 0, 15_000, 0)
    assert sum(Order.objects.values_list("entered", flat=True)) == 15_000
    assert ledger().verify() is None


@pytest.fixture
def on_the_way(harbour: Harbour) -> Harbour:
    """60 of a quota of 100 promised by a run; 40 of them sent as s-1."""
    harbour.licence()
    confirmed(harbour, harbour.buyer, "o-1", 60)
    send(harbour, share(harbour)["o-1"], "s-1", 40)
    return harbour


def test_goods_sent_are_let_in_and_sent_back_by_their_services(on_the_way: Harbour) -> None:
    on_the_way.let_in("e-1", 40)
    assert on_the_way.counts(QUOTA) == (100, 20, 40, 0)
    back = {"quantity": 10, "way": "returned_to_exporter", "reason": "they were broken"}
    on_the_way.do(on_the_way.customs, "entry.return", "e-1", **back)
    on_the_way.do(on_the_way.supplier, "shipment.return", "s-1", let_in=10, **back)
    assert on_the_way.counts(QUOTA) == (100, 20, 30, 0)
    order = Order.objects.get(pk="o-1")
    assert (order.shipped, order.entered) == (30, 30)
    assert ledger().verify() is None


def test_r3_another_count_on_arrival_is_accepted_as_a_fact(on_the_way: Harbour) -> None:
    on_the_way.do(on_the_way.supplier, "shipment.arrive", "s-1", counted=43)
    found = Discrepancy.objects.get()
    assert (found.about_kind, found.ours, found.theirs) == (
        "shipment", {"quantity": 40}, {"quantity": 43},
    )  # fmt: skip
    on_the_way.do(on_the_way.customs, "discrepancy.accept", found.pk, reason="we counted")
    assert Shipment.objects.get(pk="s-1").quantity == 43
    assert Order.objects.get(pk="o-1").shipped == 43
    on_the_way.let_in("e-1", 43)
    assert on_the_way.counts(QUOTA) == (100, 17, 43, 0)
    assert ledger().verify() is None


def test_fewer_on_arrival_leave_fewer_to_declare(on_the_way: Harbour) -> None:
    on_the_way.do(on_the_way.supplier, "shipment.arrive", "s-1", counted=35)
    found = Discrepancy.objects.get()
    on_the_way.declare("e-1", 36)
    before = everything()
    with pytest.raises(MoveError, match="settle those entries first"):
        on_the_way.do(on_the_way.customs, "discrepancy.accept", found.pk, reason="we counted")
    assert everything() == before
    on_the_way.do(on_the_way.buyer, "entry.withdraw", "e-1", reason="too many")
    on_the_way.do(on_the_way.customs, "discrepancy.accept", found.pk, reason="we counted")
    assert Shipment.objects.get(pk="s-1").quantity == 35
    order = Order.objects.get(pk="o-1")
    assert (order.shipped, order.allocated) == (35, 55)
    on_the_way.let_in("e-2", 35)
    assert on_the_way.counts(QUOTA)[2] == 35
    assert ledger().verify() is None
