"""What moved the accounts of the book, step by step, from its audit log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from interlock.book.happenings import (
    Happening,
    binding_licence,
    licence_issued_to,
    purchase_under,
    shipped_at_home,
    so_far,
    stock_received,
)
from interlock.book.models import (
    Allocation,
    DomesticPurchase,
    DomesticShipment,
    Entry,
    Licence,
    Shipment,
    Stock,
)
from interlock.book.selectors.decisions import group_of
from interlock.book.selectors.determinations import frozen
from interlock.book.selectors.replay import PastRows
from interlock.book.selectors.sweep import Sweep

if TYPE_CHECKING:
    import datetime as dt

    from interlock.book.models import Order
    from interlock.ledger import Entry as Row

EVENTS = {
    "licence.issued", "stock.received", "domestic_shipment", "domestic_purchase.accepted",
}  # fmt: skip


class Steps:
    """Gathers steps, each with what a ledger under another law needs of it.

    Args:
        with_steps: False gathers none.
    """

    def __init__(self, *, with_steps: bool) -> None:
        self.with_steps = with_steps
        self.sweep = Sweep()
        self.steps: list[dict[str, Any]] = []
        self._stated = ""

    def thing(self, model: Any, row: Row) -> Any:
        """The thing that a row is about, as it stands by now."""
        found = self.sweep.thing(model, row.cause.partition("/")[2])
        assert found is not None  # noqa: S101 - the row is about it
        return found

    def step(
        self,
        row: Row,
        do: str,
        order: Order | None = None,
        units: int = 0,
        at: dt.date | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Note one step."""
        step = {
            "do": do, "move": row.kind, "decision": row.change, "thing": row.cause,
            "order": order.pk if order is not None else "",
            "buyer": order.buyer_id if order is not None else "", "units": units,
            "at": (at or row.effective.date()).isoformat(),
            "known": row.recorded.date().isoformat(),
            "effective": row.effective.isoformat(), "now": row.recorded.isoformat(), **more,
        }  # fmt: skip
        if self.with_steps:
            self.steps.append(step)
        return step

    def restate(self, row: Row) -> None:
        """Before anything is drawn: what happened so far, if it reads otherwise than before."""
        if not self.with_steps:
            return
        day = max(row.effective.date(), row.recorded.date())
        by_cause: dict[str, dict[str, Any]] = {}
        for one in so_far(EVENTS, day, PastRows(self.sweep)):
            _add(by_cause, one)
        hidden = sorted(x.pk for x in self.sweep.things(Licence) if x.quantity is None)
        stated = json.dumps([list(by_cause.values()), hidden], sort_keys=True)
        if stated != self._stated:
            self._stated = stated
            self.step(row, "restate", what=list(by_cause.values()), undisclosed=hidden)

    def _happen(self, row: Row, found: list[Happening], *, today: bool = False) -> None:
        """An event that accounts count, or its correction."""
        by_cause: dict[str, dict[str, Any]] = {}
        for one in found:
            _add(by_cause, one)
        for what in by_cause.values():
            day = row.recorded.date() if today else None
            self.step(row, "happen", at=day, what=what)

    def lot(self, row: Row, _before: dict[str, Any]) -> None:
        """A lot was counted in, or anew; today's law is asked."""
        self._happen(row, [stock_received(self.thing(Stock, row))], today=True)

    def at_home(self, row: Row, _before: dict[str, Any]) -> None:
        """Units were shipped at home, or came back; today's law is asked."""
        self._happen(row, [shipped_at_home(self.thing(DomesticShipment, row))], today=True)

    def purchase(self, row: Row, before: dict[str, Any]) -> None:
        """A purchase counts, counts for less, or no more."""
        one = self.thing(DomesticPurchase, row)
        if one.state == "accepted" or before.get("state") == "accepted":
            licence = binding_licence(one.buyer_id, PastRows(self.sweep))
            self._happen(row, [purchase_under(licence, one)])

    def licence(self, row: Row, _before: dict[str, Any]) -> None:
        """A licence was issued or amended."""
        one = self.thing(Licence, row)
        self._happen(row, list(licence_issued_to(one, row.effective.date())))

    def round(self, row: Row, before: dict[str, Any]) -> None:
        """A round was decided."""
        pk, gate = row.cause.partition("/")[2], before["gate"]
        units = sum(one["quantity"] for one in before["outcome"].get("placed", []))
        facts = {"licence": {gate: {"round": pk}}}
        day = row.effective.date()
        self._happen(row, [Happening("round.decided", row.cause, day, facts, units)])

    def give_up(self, row: Row, before: dict[str, Any]) -> None:
        """Units of an allocation were given up."""
        one = self.thing(Allocation, row)
        self.step(row, "void", one.order, before["left"] - one.left, group=group_of(one))

    def send_back(self, row: Row, _before: dict[str, Any]) -> None:
        """Units of a shipment went back."""
        one, note = self.thing(Shipment, row), json.loads(row.content)["note"]
        let_in = note.get("let_in", 0)
        self.step(row, "send_back", one.order, note["quantity"], way=note["way"], let_in=let_in)

    def enter_back(self, row: Row, _before: dict[str, Any]) -> None:
        """Units that were let in went back."""
        one, note = self.thing(Entry, row), json.loads(row.content)["note"]
        order, shipment = one.shipment.order, f"shipment/{one.shipment.pk}"
        self.step(row, "enter_back", order, note["quantity"], way=note["way"], shipment=shipment)

    def counted_out(self, row: Row, before: dict[str, Any]) -> None:
        """An accepted fact: so many units left."""
        one = self.thing(Shipment, row)
        self.step(row, "count_sent", one.order, one.quantity - before["quantity"])

    def shut(self, row: Row, _before: dict[str, Any]) -> None:
        """The ledger was told to refuse draws on an account."""
        account, holder = json.loads(row.content)[1]
        self.step(row, "shut", account=account, holder=holder, mark=row.change)

    def unshut(self, row: Row, _before: dict[str, Any]) -> None:
        """The ledger was told to allow them again."""
        self.step(row, "unshut", mark=json.loads(row.content)[1][0])


def _add(by_cause: dict[str, dict[str, Any]], one: Happening) -> None:
    kept = by_cause.setdefault(
        one.cause,
        {"event": one.event, "cause": one.cause, "day": one.day.isoformat(), "cases": []},
    )
    kept["cases"].append([frozen(one.facts), one.quantity])
