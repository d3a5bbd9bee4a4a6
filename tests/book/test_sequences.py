"""Whatever is done in whatever order, the ledger recounts clean and the rows say what it says."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from trade_kit import GOOD_TEST, STOCK, US, Trade, agrees_with_the_ledger, headroom

from interlock.book.errors import BookError
from interlock.book.models import Allocation, Order, Shipment
from interlock.book.rights import JOBS
from interlock.ledger import LedgerError

STEPS = st.lists(
    st.tuples(
        st.sampled_from([
            "order", "share", "share", "approve", "prepare", "send", "send", "back", "void",
            "cancel_order", "cancel_shipment", "close", "recount", "home_back", "arrive", "expire",
            "receive", "day",
        ]),
        st.integers(0, 5),
        st.integers(1, 400),
    ),
    min_size=8,
    max_size=25,
)  # fmt: skip


class Walk:
    """One sequence of services on one book; what is refused must leave nothing behind."""

    def __init__(self) -> None:
        self.world = Trade(stock=900, home=1_500, us=1_000, cn=1_200)
        self.world.statement()
        self.number = 0
        self.done: list[str] = []

    def pick(self, model: Any, which: int) -> str:
        """One thing of a kind, by number; an id of nothing where there is none."""
        found = list(model.objects.order_by("made_at", "pk").values_list("pk", flat=True))
        return found[which % len(found)] if found else "nothing"

    def step(self, what: str, which: int, quantity: int) -> None:
        """Make one move; a refusal is an answer too."""
        self.number += 1
        try:
            with transaction.atomic():
                getattr(self, what)(which, quantity)
            self.done.append(what)
        except (BookError, LedgerError, ValidationError):
            pass

    def order(self, which: int, quantity: int) -> None:
        buyer = ("bytedance", "tencent")[which % 2]
        self.world.confirmed(f"o-{self.number}", quantity * 2, buyer=buyer, tier=1 + which % 2)

    def share(self, which: int, _quantity: int) -> None:
        rule = ("proportional", "cea", "talmud", "weighted", "cel", "optimum")[which]
        self.world.propose(f"run-{self.number}", rule=rule)
        self.last = f"run-{self.number}"
        if which % 2:
            self.approve(which, 1)

    def approve(self, which: int, _quantity: int) -> None:
        later = {"expires_on": self.world.now.date() + dt.timedelta(days=which)} if which else {}
        self.world.do(self.world.allocator_2, "run.approve", getattr(self, "last", "x"), **later)

    def prepare(self, which: int, quantity: int) -> None:
        pk = f"s-{self.number}"
        allocation = self.pick(Allocation, which)
        self.world.do(self.world.supplier, "shipment.prepare", id=pk, allocation=allocation,
                      quantity=quantity, origin="US", serials=[f"x-{which}"])  # fmt: skip
        if which != 5:
            self.world.do(self.world.supplier, "shipment.test", pk, **GOOD_TEST)

    def send(self, which: int, _quantity: int) -> None:
        self.world.do(self.world.supplier, "shipment.dispatch", self.pick(Shipment, which))

    def back(self, which: int, quantity: int) -> None:
        way = ("returned_to_exporter", "re_exported", "destroyed")[which % 3]
        self.world.do(self.world.supplier, "shipment.return", self.pick(Shipment, which),
                      quantity=quantity, way=way, reason="x")  # fmt: skip

    def arrive(self, which: int, quantity: int) -> None:
        if which == 4:
            self.world.do(self.world.supplier, "shipment.arrive", self.pick(Shipment, which),
                          counted=quantity)  # fmt: skip

    def void(self, which: int, quantity: int) -> None:
        self.world.do(self.world.allocator, "allocation.void", self.pick(Allocation, which),
                      quantity=quantity, reason="x")  # fmt: skip

    def expire(self, which: int, _quantity: int) -> None:
        self.world.do(JOBS, "allocation.expire", self.pick(Allocation, which))

    def cancel_order(self, which: int, _quantity: int) -> None:
        self.world.do(self.world.supplier, "order.cancel", self.pick(Order, which), reason="x")

    def close(self, which: int, _quantity: int) -> None:
        self.world.do(self.world.supplier, "order.close", self.pick(Order, which))

    def cancel_shipment(self, which: int, _quantity: int) -> None:
        self.world.do(self.world.supplier, "shipment.cancel", self.pick(Shipment, which),
                      reason="x")  # fmt: skip

    def recount(self, which: int, quantity: int) -> None:
        self.world.do(self.world.allocator, "stock.recount", "lot-1",
                      quantity=900 - quantity * (which == 5), reason="x")  # fmt: skip

    def receive(self, _which: int, quantity: int) -> None:
        self.world.do(self.world.allocator, "stock.receive", supplier="nvidia",
                      product="h200-sxm", quantity=quantity)  # fmt: skip

    def home_back(self, which: int, quantity: int) -> None:
        self.world.do(self.world.supplier, "domestic_shipment.return", "home-1",
                      quantity=quantity * (which == 5), reason="x")  # fmt: skip

    def day(self, _which: int, _quantity: int) -> None:
        self.world.now += dt.timedelta(days=1)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_after_any_sequence_of_services_rows_and_ledger_agree(
    db: None, steps: list[tuple[str, int, int]]
) -> None:
    with transaction.atomic():
        walk = Walk()
        for what, which, quantity in steps:
            walk.step(what, which, quantity)
        agrees_with_the_ledger(walk.world.now)
        assert all(room >= 0 for room in headroom(STOCK, US, now=walk.world.now))
        transaction.set_rollback(True)  # the next example starts from nothing


def test_a_long_sequence_reaches_every_move(db: None) -> None:
    walk = Walk()
    steps = [
        ("order", 0, 200), ("order", 1, 200), ("share", 1, 1), ("prepare", 0, 50), ("send", 0, 1),
        ("back", 0, 10), ("prepare", 1, 40), ("cancel_shipment", 1, 1), ("void", 1, 20),
        ("prepare", 1, 30), ("send", 2, 1), ("back", 2, 5), ("back", 1, 5), ("receive", 0, 100),
        ("share", 0, 1), ("approve", 0, 1), ("cancel_order", 1, 1), ("day", 0, 1), ("day", 0, 1),
        ("expire", 0, 1), ("home_back", 5, 30), ("recount", 5, 400), ("close", 0, 1),
    ]  # fmt: skip
    for what, which, quantity in steps:
        walk.step(what, which, quantity)
        agrees_with_the_ledger(walk.world.now)
    wanted = {"order", "share", "prepare", "send", "back", "void", "cancel_order", "recount"}
    assert wanted <= set(walk.done)
