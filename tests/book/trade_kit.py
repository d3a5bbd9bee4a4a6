"""A world in which something can be traded: stock, volume at home, two licences, orders."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from book_kit import NOW, World
from django.db import transaction

from interlock.book.acting import perform
from interlock.book.models import (
    Allocation,
    Condition,
    Discrepancy,
    Event,
    Holder,
    Licence,
    Order,
    Shipment,
)
from interlock.book.rights import JOBS
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import group_of
from interlock.book.services.accounts import credit
from interlock.book.services.allocations import LIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

STOCK = "supplier-stock/stock?product=NVIDIA H200 SXM"
HALF = "us-advanced-computing/half-of-domestic-volume?exporter=nvidia&product=NVIDIA H200 SXM"
US = "us-advanced-computing/licence-quantity?licence=bis-1"
QUOTA = "cn-chip-imports/group-quota?licence=cn-1"
GOOD_TEST = {
    "lab": "Lab One", "lab_country": "US", "independent": True, "tested_on": "2026-02-09",
}  # fmt: skip
CERTIFIED = ("end_use", "thresholds", "us_supply", "know_your_customer", "necessity")


class Trade(World):
    """The small world with goods to share."""

    def __init__(
        self, *, stock: int = 10_000, home: int = 20_000, us: int = 10_000, cn: int | None = 10_000
    ) -> None:
        super().__init__()
        self.do(
            self.supplier, "domestic_shipment.report", id="home-1", exporter="nvidia",
            product="h200-sxm", customer="Meta", quantity=home, first_day="2026-01-20",
        )  # fmt: skip
        self.do(self.allocator, "stock.receive", id="lot-1", supplier="nvidia",
                product="h200-sxm", quantity=stock)  # fmt: skip
        self.licence("bis-1", "export", ["nvidia"], us)
        self.licence("cn-1", "import", ["bytedance", "tencent"], cn)

    def licence(
        self, pk: str, gate: str, holders: Sequence[str], quantity: int | None, **more: Any
    ) -> Licence:
        """An issued licence for H200, its accounts credited as the law says."""
        made = Licence.objects.create(
            **{
                "id": pk, "state": "issued", "version": 1, "made_at": NOW, "changed_at": NOW,
                "gate": gate, "quantity": quantity, "destination": "CN",
                "issued_on": dt.date(2026, 2, 1),
                "valid_until": dt.date(2028, 2, 1) if gate == "export" else None,
            } | more
        )  # fmt: skip
        made.products.set(["h200-sxm"])
        for party in holders:
            Holder.objects.create(licence=made, party_id=party)
        facts: dict[str, Any] = {"id": pk, "issued": True, "issued_on": made.issued_on}
        for name in ("quantity", "value_usd"):
            if getattr(made, name) is not None:
                facts[name] = getattr(made, name)
        perform(
            JOBS,
            lambda act: credit(
                act, "licence.issued", {"licence": {gate: facts}}, cause=f"licence/{pk}"
            ),
            now=NOW,
            reason="issued",
        )
        return made

    def condition(self, licence: str, kind: str, state: str, **parameters: Any) -> Condition:
        """A condition on a licence."""
        made: Condition = Condition.objects.create(
            id=f"{licence}-{kind}", state=state, version=1, made_at=NOW, changed_at=NOW,
            licence_id=licence, condition_kind=kind, parameters=parameters,
            asked_by_id="cn-authorities",
        )  # fmt: skip
        return made

    def statement(self, kind: str = "end_use", by: str = "nvidia") -> None:
        """A statement on file."""
        from interlock.book.models import Statement

        Statement.objects.create(
            id=f"{by}-{kind}", state="filed", version=1, made_at=NOW, changed_at=NOW,
            statement_kind=kind, by_id=by, filed_on=dt.date(2026, 2, 1),
        )  # fmt: skip

    def confirmed(self, pk: str = "o-1", quantity: int = 1000, **more: Any) -> Order:
        """An order that the supplier has confirmed."""
        who = self.rival if more.get("buyer") == "tencent" else self.buyer
        facts = {"order": {"prohibited_end_use": False, "truly_needed": True}}
        rank = {name: more.pop(name) for name in ("weight", "tier") if name in more}
        values = {
            "id": pk, "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",
            "quantity": quantity, "destination": "CN", "origin": "US", "data_centre_use": True,
            "facts": facts,
        } | more  # fmt: skip
        self.do(who, "order.place", **values)
        found: Order = self.do(self.allocator, "order.confirm", pk, **rank)
        return found

    def propose(self, pk: str = "run-1", **values: Any) -> Any:
        """A run over NVIDIA's H200, proposed by one allocator."""
        values = {"id": pk, "supplier": "nvidia", "product": "h200-sxm"} | values
        return self.do(self.allocator, "run.propose", **values)

    def promise(self, pk: str = "o-1", quantity: int = 1000, **more: Any) -> Allocation:
        """An order that was promised all it asks for, by a run of one."""
        self.confirmed(pk, quantity, **more)
        self.propose(f"run-{pk}", orders=[pk])
        self.do(self.allocator_2, "run.approve", f"run-{pk}")
        return Allocation.objects.get(order=pk)

    def prepared(self, pk: str, allocation: Allocation, quantity: int, **more: Any) -> Shipment:
        """A shipment that may leave: tested in the United States."""
        values = {"id": pk, "allocation": allocation.pk, "quantity": quantity, "origin": "US"}
        self.do(self.supplier, "shipment.prepare", **(values | more))
        found: Shipment = self.do(self.supplier, "shipment.test", pk, **GOOD_TEST)
        return found

    def sent(self, pk: str, allocation: Allocation, quantity: int) -> Shipment:
        """A shipment that left."""
        self.prepared(pk, allocation, quantity)
        found: Shipment = self.do(self.supplier, "shipment.dispatch", pk)
        return found


def headroom(*names: str, now: dt.datetime = NOW) -> tuple[int, ...]:
    """What can still be reserved on each account."""
    found = ledger().headroom(names, now=now)
    return tuple(found[name] for name in names)


def everything() -> tuple[Any, ...]:
    """All that an act would change: rows of things, events, the audit log, every counter."""
    book = ledger()
    things = [
        sorted(model.objects.values_list("pk", "state", "version"))  # type: ignore[attr-defined]
        for model in (Order, Allocation, Shipment, Discrepancy)
    ]
    counters = {one.id: book.counters(one.id, now=NOW) for one in book.accounts()}
    return things, Event.objects.count(), len(book.entries()), counters


def agrees_with_the_ledger(now: dt.datetime = NOW) -> None:
    """The ledger recounts clean, and orders, allocations and shipments say what it says."""
    with transaction.atomic():
        _agrees(now)


def _agrees(now: dt.datetime) -> None:
    book = ledger()
    assert book.verify() is None
    assert all(one.headroom >= 0 for one in (book.counters(x.id, now=now) for x in book.accounts()))
    for order in Order.objects.all():
        allocations = list(order.allocations.all())
        left = sum(one.left for one in allocations if one.state in LIVE)
        assert all(one.left == 0 for one in allocations if one.state not in LIVE)
        gone = [one for one in order.shipments.all() if one.posted]
        posted = returned = 0
        for shipment in gone:
            rows = book.transfers(change=shipment.posted)
            posted += sum(int(x.quantity or 0) for x in rows if x.account == STOCK)
        entries = {x.change: x for x in book.entries() if x.kind == "return"}
        for row in book.transfers(account=STOCK):
            if row.kind == "return" and row.about.partition("#")[0] in {x.posted for x in gone}:
                assert row.change in entries
                returned += int(row.quantity or 0)
        assert order.shipped == posted - returned
        assert order.allocated == left + order.shipped
        for one in allocations:
            rows = [x for x in book.reservations(group_of(one)) if x.account == STOCK]
            assert sum(x.remaining for x in rows) == one.left
