"""What the supplier has, and what it ships at home: both fill accounts by events of the law."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import input_error
from interlock.book.happenings import Happening, shipped_at_home, stock_received
from interlock.book.models import DomesticShipment, Party, Product, Stock, Thing
from interlock.book.naming import check_there
from interlock.book.services.accounts import credit
from interlock.book.services.inputs import Id, Name, NewId, Units
from interlock.book.services.registry import service


@service("stock.receive")
def stock_receive(
    act: Act,
    *,
    id: NewId = "",
    supplier: Id,
    product: Id,
    quantity: Units,
    received_on: Annotated[dt.date | None, Field(description="Default today.")] = None,
    basis: dict[str, Any] = {},
) -> Stock:
    """Count a lot in; what the law credits for it can be promised from now on."""
    check_there(act.actor, Party, supplier=supplier)
    check_there(act.actor, Product, product=product)
    day = act.day("received_on", received_on)
    lot = act.make(
        Stock(
            id=id,
            supplier_id=supplier,
            product_id=product,
            quantity=quantity,
            received_on=day,
            basis=basis,
        ),
        "receive",
    )
    _count(act, stock_received(lot), lot, quantity)
    return lot


@service("stock.recount")
def stock_recount(
    act: Act,
    thing: Stock,
    *,
    quantity: Annotated[int, Field(ge=0, le=10**12, description="Items found in the lot.")],
) -> Stock:
    """Put another number on file. A fact: what was promised beyond it opens a discrepancy (R3)."""
    act.may(thing, "recount")
    change = quantity - thing.quantity
    if not change:
        raise input_error(
            "quantity", "the lot is on file with {quantity}; nothing to correct", quantity=quantity
        )
    act.move(thing, "recount", {"quantity": quantity}, note={"before": quantity - change})
    _count(act, stock_received(thing), thing, change, corrects=True)
    return thing


@service("domestic_shipment.report")
def domestic_shipment_report(
    act: Act,
    *,
    id: NewId = "",
    exporter: Id,
    product: Id,
    customer: Name,
    quantity: Units,
    first_day: dt.date,
    last_day: Annotated[
        dt.date | None, Field(description="For what left over several days.")
    ] = None,
    basis: dict[str, Any] = {},
) -> DomesticShipment:
    """Report units shipped to a customer in the exporter's own country."""
    check_there(act.actor, Party, exporter=exporter)
    check_there(act.actor, Product, product=product)
    end = act.day("last_day", last_day or first_day)
    if end < first_day:
        raise input_error(
            "last_day", "{end} is before the first day, {first_day}", end=end, first_day=first_day
        )
    shipped = act.make(
        DomesticShipment(
            id=id,
            exporter_id=exporter,
            product_id=product,
            customer=customer,
            quantity=quantity,
            first_day=first_day,
            last_day=end,
            basis=basis,
        ),
        "report",
    )
    _count(act, shipped_at_home(shipped), shipped, quantity)
    return shipped


@service("domestic_shipment.return")
def domestic_shipment_return(
    act: Act, thing: DomesticShipment, *, quantity: Units
) -> DomesticShipment:
    """Units came back. A fact: what was exported on their strength opens a discrepancy (R3)."""
    act.may(thing, "return")
    left = thing.quantity - thing.returned
    if quantity > left:
        raise input_error(
            "quantity", "only {left} of this shipment are with the customer", left=left
        )
    act.move(thing, "return", {"returned": thing.returned + quantity})
    _count(act, shipped_at_home(thing), thing, -quantity, corrects=True)
    return thing


def _count(
    act: Act, happened: Happening, about: Thing, quantity: int, *, corrects: bool = False
) -> None:
    """Credit what the law credits for units, or take it back where they are fewer than none.

    The law of today is asked, also for what came before it bound: it counts that too.
    """
    credit(
        act,
        happened.event,
        happened.facts,
        cause=happened.cause,
        quantity=abs(quantity),
        times=Fraction(1 if quantity > 0 else -1),
        about=about,
        at=act.now.date(),
        corrects=corrects,
    )
