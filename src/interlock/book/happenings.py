"""What happened in the book that accounts may count: licences issued, stock, shipments at home, ...

One place says which facts the law reads of each event, so that a credit posted when it happens and
one posted later, when a law that counts it begins to bind, are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from interlock.book.models import Condition, DomesticPurchase, DomesticShipment, Licence, Stock
from interlock.book.row_facts import HOLDER_ROLE, holds, licence_facts, product_facts
from interlock.law.deciding.legs import keys_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator

    from interlock.law.compiling.compiled import AccountPlan

LIVE_LICENCES = ("issued", "suspended")


@dataclass(frozen=True)
class Happening:
    """One event.

    Attributes:
        event: its name in the vocabulary.
        cause: the thing behind it, `<kind>/<id>`.
        day: on which it took effect.
        facts: the case that the law reads.
        quantity: units that it is about, for events that have one.
    """

    event: str
    cause: str
    day: dt.date
    facts: dict[str, Any]
    quantity: int | None = None


def licence_issued(licence: Licence, on: dt.date | None = None, holder: str = "") -> Happening:
    """A licence came into force, with what it grants by its terms of a day; default its issue.

    With a holder, it is what that holder has by itself; without, what all of them share.
    """
    day = licence.issued_on or licence.made_at.date()
    on = on or day
    facts: dict[str, Any] = {
        "licence": {licence.gate: licence_facts(licence, on, holder)},
        "transaction": {"kind": licence.gate, "date": on},
    }
    if licence.destination:
        facts["order"] = {"destination": licence.destination}
    products = list(licence.products.all())
    if len(products) == 1:  # what several have in common cannot be said in one fact
        facts["product"] = product_facts(products[0])
    if holder:
        facts[HOLDER_ROLE[licence.gate]] = {"id": holder}
    return Happening("licence.issued", f"licence/{licence.pk}", day, facts)


def licence_issued_to(licence: Licence, on: dt.date) -> Iterator[Happening]:
    """A licence came into force: first for all holders together, then for each of them."""
    yield licence_issued(licence, on)
    for one in sorted(licence.holders.all(), key=lambda holder: holder.pk or 0):
        if holds(one, on):
            yield licence_issued(licence, on, one.party_id)


def stock_received(stock: Stock) -> Happening:
    """A lot was counted in."""
    facts = {"product": product_facts(stock.product), "exporter": {"id": stock.supplier_id}}
    return Happening(
        "stock.received", f"stock/{stock.pk}", stock.received_on, facts, stock.quantity
    )


def shipped_at_home(shipped: DomesticShipment) -> Happening:
    """Units were shipped to customers in the exporter's own country."""
    facts = {"product": product_facts(shipped.product), "exporter": {"id": shipped.exporter_id}}
    return Happening(
        "domestic_shipment",
        f"domestic_shipment/{shipped.pk}",
        shipped.last_day,
        facts,
        shipped.quantity - shipped.returned,
    )


def purchase_accepted(purchase: DomesticPurchase, quantity: int | None = None) -> Happening:
    """An officer accepted the evidence of a domestic purchase, or of what is left of it."""
    return purchase_under(binding_licence(purchase.buyer_id), purchase, quantity)


def purchase_under(
    licence: Licence | None, purchase: DomesticPurchase, quantity: int | None = None
) -> Happening:
    """The same, where the buyer's `binding_licence` is known already."""
    facts = {"product": product_facts(purchase.product), "buyer": {"id": purchase.buyer_id}}
    if licence is not None:
        day = max(purchase.bought_on, licence.issued_on or purchase.bought_on)
        facts["licence"] = {licence.gate: licence_facts(licence, day)}
    return Happening(
        "domestic_purchase.accepted",
        f"purchase/{purchase.pk}",
        purchase.bought_on,
        facts,
        purchase.left if quantity is None else quantity,
    )


def binding_licence(buyer: str, rows: Rows | None = None) -> Licence | None:
    """The import licence whose conditions make a buyer's purchases count, if there is one.

    What counts them may be a condition of a licence, so the law reads the licence that has most of
    them in force; of equals the one issued first. A debt outlives its licence, so one that ended
    counts as well.
    """

    def rank(one: Licence) -> tuple[int, dt.date, str]:
        binding = sum(_binds(condition) for condition in one.conditions.all())
        return -binding, one.issued_on or one.made_at.date(), one.pk

    return min((rows or LIVE).held_by(buyer), key=rank, default=None)


def _binds(condition: Condition) -> bool:
    return condition.state in ("in_force", "agreed", "waiver_proposed")


class Rows:
    """Where happenings are read: the book as it stands. A past book has rows of its own."""

    def issued(self, until: dt.date) -> Iterable[Licence]:
        """Licences that were issued by a day and have not ended."""
        found = Licence.objects.filter(state__in=LIVE_LICENCES, issued_on__lte=until)
        found = found.prefetch_related("conditions", "products", "holders")
        return found.order_by("issued_on", "pk")

    def lots(self, until: dt.date) -> Iterable[Stock]:
        """Lots received by a day."""
        found = Stock.objects.filter(received_on__lte=until).select_related("product")
        return found.order_by("received_on", "pk")

    def at_home(self, until: dt.date) -> Iterable[DomesticShipment]:
        """Shipments at home that ended by a day."""
        found = DomesticShipment.objects.filter(last_day__lte=until).select_related("product")
        return found.order_by("last_day", "pk")

    def accepted(self, until: dt.date) -> Iterable[DomesticPurchase]:
        """Purchases made by a day whose evidence was accepted."""
        found = DomesticPurchase.objects.filter(state="accepted", bought_on__lte=until)
        return found.select_related("product").order_by("bought_on", "pk")

    def held_by(self, buyer: str) -> Iterable[Licence]:
        """Import licences that a buyer holds or held."""
        found = Licence.objects.filter(
            gate="import", holders__party=buyer, issued_on__isnull=False
        ).exclude(state="dropped")
        return found.prefetch_related("conditions", "products", "holders")

    def undisclosed(self, licence: str) -> bool:
        """Whether there is such a licence and nobody disclosed its quantity."""
        return Licence.objects.filter(pk=licence, quantity__isnull=True).exists()


LIVE = Rows()


def so_far(events: Collection[str], until: dt.date, rows: Rows = LIVE) -> Iterator[Happening]:
    """Everything of these events that the book holds and that took effect by a day."""
    if "licence.issued" in events:
        for licence in rows.issued(until):
            yield from licence_issued_to(licence, until)
    if "stock.received" in events:
        yield from map(stock_received, rows.lots(until))
    if "domestic_shipment" in events:
        yield from map(shipped_at_home, rows.at_home(until))
    if "domestic_purchase.accepted" in events:
        binding = cache(lambda buyer: binding_licence(buyer, rows))
        for purchase in rows.accepted(until):
            yield purchase_under(binding(purchase.buyer_id), purchase)


def is_undisclosed(plan: AccountPlan, account: str, rows: Rows = LIVE) -> bool:
    """Whether a licence credits the account by an amount that nobody disclosed (R5)."""
    if not any(on == "licence.issued" for on, _, _ in plan.credits):
        return False
    return rows.undisclosed(keys_of(account).get("licence", ""))
