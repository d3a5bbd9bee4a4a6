"""What happened in the book that accounts may count: licences issued, stock, shipments at home, ...

One place says which facts the law reads of each event, so that a credit posted when it happens and
one posted later, when a law that counts it begins to bind, are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interlock.book.cases import HOLDER_ROLE, holds, licence_facts, product_facts
from interlock.book.models import Condition, DomesticPurchase, DomesticShipment, Licence, Stock

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from interlock.law.compiling.compiled import AccountPlan

PERIOD = "period.opened"
STANDING = ("regime.in_force", PERIOD)
"""Events without a day of their own: they fill an account when somebody first draws on it."""
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
    for one in licence.holders.order_by("pk"):
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
    facts = {"product": product_facts(purchase.product), "buyer": {"id": purchase.buyer_id}}
    licence = _binding_licence(purchase.buyer_id)
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


def _binding_licence(buyer: str) -> Licence | None:
    """The import licence whose conditions make a buyer's purchases count, if there is one.

    What counts them may be a condition of a licence, so the law reads the licence that has most of
    them in force; of equals the one issued first. A debt outlives its licence, so one that ended
    counts as well.
    """
    held = (
        Licence.objects.filter(gate="import", holders__party=buyer, issued_on__isnull=False)
        .exclude(state="dropped")
        .prefetch_related("conditions", "products", "holders")
    )

    def rank(one: Licence) -> tuple[int, dt.date, str]:
        binding = sum(_binds(condition) for condition in one.conditions.all())
        return -binding, one.issued_on or one.made_at.date(), one.pk

    return min(held, key=rank, default=None)


def _binds(condition: Condition) -> bool:
    return condition.state in ("in_force", "agreed", "waiver_proposed")


def so_far(events: set[str], until: dt.date) -> Iterator[Happening]:
    """Everything of these events that the book holds and that took effect by a day."""
    if "licence.issued" in events:
        issued = Licence.objects.filter(state__in=LIVE_LICENCES, issued_on__lte=until)
        for licence in issued.order_by("issued_on", "pk"):
            yield from licence_issued_to(licence, until)
    if "stock.received" in events:
        lots = Stock.objects.filter(received_on__lte=until).select_related("product")
        for lot in lots.order_by("received_on", "pk"):
            yield stock_received(lot)
    if "domestic_shipment" in events:
        reported = DomesticShipment.objects.filter(last_day__lte=until).select_related("product")
        for shipped in reported.order_by("last_day", "pk"):
            yield shipped_at_home(shipped)
    if "domestic_purchase.accepted" in events:
        accepted = DomesticPurchase.objects.filter(state="accepted", bought_on__lte=until)
        for purchase in accepted.select_related("product").order_by("bought_on", "pk"):
            yield purchase_accepted(purchase)


def is_undisclosed(plan: AccountPlan, account: str) -> bool:
    """Whether a licence credits the account by an amount that nobody disclosed (R5)."""
    if not any(on == "licence.issued" for on, _, _ in plan.credits):
        return False
    keys = dict(part.split("=", 1) for part in account.partition("?")[2].split("&") if "=" in part)
    return Licence.objects.filter(pk=keys.get("licence", ""), quantity__isnull=True).exists()
