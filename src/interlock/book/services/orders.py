"""Placing, confirming and ending orders."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import InputError, input_error
from interlock.book.guards import guard
from interlock.book.models import Order, Party, Product
from interlock.book.models.base import Thing
from interlock.book.naming import check_in_use
from interlock.book.services.facts import check_declared, laid_over
from interlock.book.services.inputs import Country, Id, MaybeCountry, NewId, Text, Units, Usd, given
from interlock.book.services.registry import service
from interlock.files.phrases import Phrase, phrase

PlacedOn = Annotated[dt.date | None, Field(description="The purchase order's day; default today.")]
Weight = Annotated[
    Decimal,
    Field(gt=0, max_digits=12, decimal_places=3, description="By weight; its supplier's to give."),
]
Tier = Annotated[int, Field(ge=1, le=1000, description="Lower first; its supplier's to give.")]
MoreFacts = Annotated[
    dict[str, Any], Field(description="Further facts by their names in the vocabulary.")
]


@service("order.place")
def order_place(
    act: Act,
    *,
    id: NewId = "",
    buyer: Id,
    supplier: Id,
    product: Id,
    quantity: Units,
    destination: Country,
    consignee: Id | None = None,
    end_user: Id | None = None,
    forwarder: Id | None = None,
    broker: Id | None = None,
    origin: MaybeCountry = "",
    transaction_kind: Literal["export", "reexport", "transfer"] = "export",
    end_use: Text = "",
    data_centre_use: bool | None = None,
    unit_price_usd: Usd | None = None,
    weight: Weight = Decimal(1),
    tier: Tier = 1,
    lot: Annotated[int, Field(ge=1, le=10**6)] = 1,
    placed_on: PlacedOn = None,
    facts: MoreFacts = {},
    basis: dict[str, Any] = {},
) -> Order:
    """Place an order; it reserves nothing."""
    check_in_use(
        act.actor, Party, buyer=buyer, supplier=supplier, consignee=consignee,
        end_user=end_user, forwarder=forwarder, broker=broker,
    )  # fmt: skip
    check_in_use(act.actor, Product, product=product)
    check_declared(act, facts)
    if buyer == supplier:
        raise input_error("supplier", "is the buyer too; name who sells")
    _check_rank(act, supplier, weight=weight != 1, tier=tier != 1)
    placed = act.day("placed_on", placed_on)
    if quantity % lot:
        raise input_error(
            "quantity", "{quantity} is no whole number of lots of {lot}", quantity=quantity, lot=lot
        )
    price = unit_price_usd
    if price is None:
        price = Product.objects.values_list("unit_price_usd", flat=True).get(pk=product)
    return act.make(
        Order(
            id=id,
            buyer_id=buyer,
            supplier_id=supplier,
            product_id=product,
            quantity=quantity,
            destination=destination,
            consignee_id=consignee,
            end_user_id=end_user,
            forwarder_id=forwarder,
            broker_id=broker,
            origin=origin,
            transaction_kind=transaction_kind,
            end_use=end_use,
            data_centre_use=data_centre_use,
            unit_price_usd=price,
            weight=weight,
            tier=tier,
            lot=lot,
            placed_on=placed,
            facts=facts,
            basis=basis,
        ),
        "place",
    )


def _check_rank(act: Act, supplier: str, **given: bool) -> None:
    """Refuse a rank in sharing to all but the supplier: a buyer would put itself first."""
    told = phrase("is the supplier's to give, who says it when it confirms the order")
    faults = {name: told for name, is_given in given.items() if is_given}
    if faults and act.actor.party != supplier:
        raise InputError(faults)


@service("order.change")
def order_change(
    act: Act,
    thing: Order,
    *,
    quantity: Units | None = None,
    end_use: Text | None = None,
    data_centre_use: bool | None = None,
    facts: dict[str, Any] | None = None,
) -> Order:
    """Change an order of which nothing was promised yet."""
    check_declared(act, facts or {})
    changes = given(
        quantity=quantity, end_use=end_use, data_centre_use=data_centre_use, facts=facts
    )
    if quantity is not None and quantity % thing.lot:
        raise input_error(
            "quantity",
            "{quantity} is no whole number of lots of {lot}",
            quantity=quantity,
            lot=thing.lot,
        )
    return act.move(thing, "change", changes)


@service("order.declare")
def order_declare(
    act: Act,
    thing: Order,
    *,
    facts: Annotated[
        dict[str, Any], Field(description="Facts by their names in the vocabulary; null ends one.")
    ],
) -> Order:
    """Put further facts of an order on file; of one that is there already the new value counts."""
    told = laid_over(thing.facts, facts)
    check_declared(act, told)
    return act.move(thing, "declare", {"facts": told})


@service("order.confirm")
def order_confirm(
    act: Act, thing: Order, *, weight: Weight | None = None, tier: Tier | None = None
) -> Order:
    """The supplier can make the units available, and may say how they count when it shares."""
    return act.move(thing, "confirm", given(weight=weight, tier=tier))


@service("order.close")
def order_close(act: Act, thing: Order) -> Order:
    """Nothing more will come of an order."""
    return act.move(thing, "close")


@service("order.cancel")
def order_cancel(act: Act, thing: Order) -> Order:
    """Cancel an order; what of it is reserved is void, what left stays as it is."""
    from interlock.book.services.allocations import void_all  # noqa: PLC0415 - a circle

    act.move(thing, "cancel")
    void_all(act, thing)
    thing.refresh_from_db()
    return thing


def count(act: Act, order: str, **by: int) -> Order:
    """Change what is counted of an order as promised, sent or let in, by the book itself.

    Args:
        act: whose consequence it is.
        order: its id.
        by: `allocated`, `shipped` or `entered`, and how many more or fewer items.
    """
    found = Order.objects.select_for_update().get(pk=order)
    with act.by_itself():
        return act.move(found, "count", {name: getattr(found, name) + n for name, n in by.items()})


@guard
def nothing_allocated(_act: Act, thing: Thing) -> Phrase | None:
    """No unit of the order is promised."""
    if not thing.allocated:  # type: ignore[attr-defined]
        return None
    return phrase("units of it are promised already; cancel it or order more")


@guard
def nothing_left_reserved(act: Act, thing: Thing) -> Phrase | None:
    """Nothing that was promised still waits to leave."""
    from interlock.book.services.allocations import LIVE, has_expired  # noqa: PLC0415 - a circle

    live = thing.allocations.filter(state__in=LIVE)  # type: ignore[attr-defined]
    waiting = sum(one.left for one in live if not has_expired(one, act.today))
    return (
        phrase("{waiting} are still reserved; ship them, void them or cancel it", waiting=waiting)
        if waiting
        else None
    )
