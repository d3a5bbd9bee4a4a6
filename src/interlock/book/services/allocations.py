"""What orders were promised: reserved on every account on the way, or on none (R2).

There is no service that makes an allocation: the approval of a run does, by two persons; one order
alone is a run of one.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import input_error
from interlock.book.models import Allocation
from interlock.book.rights import JOBS
from interlock.book.selectors.decisions import group_of
from interlock.book.services.carrying import give_back_carried
from interlock.book.services.orders import count
from interlock.book.services.registry import service
from interlock.ledger import Confirm, Void

if TYPE_CHECKING:
    from interlock.book.models import Order

LIVE = ("provisional", "reserved")
"""States in which an allocation holds units."""


@service("allocation.confirm")
def allocation_confirm(act: Act, thing: Allocation) -> Allocation:
    """The gates are open now: what was reserved on an unknown is firm (R1)."""
    act.move(thing, "confirm", {"provisional": False})
    act.ledger.apply(Confirm(act.next_id(), act.why(cause_of(thing)), group_of(thing)), now=act.now)
    return thing


@service("allocation.void")
def allocation_void(
    act: Act,
    thing: Allocation,
    *,
    quantity: Annotated[
        int | None, Field(gt=0, description="Items to give up; default all that is left.")
    ] = None,
) -> Allocation:
    """Give up what is left of an allocation, or a part of it; its accounts get it back."""
    act.may(thing, "void")
    free = thing.left - prepared_of(thing)
    asked = thing.left if quantity is None else quantity
    if asked > thing.left:
        raise input_error("quantity", "{left} are left; give up no more than that", left=thing.left)
    if asked > free:
        waiting = thing.left - free
        raise input_error(
            "quantity",
            "{waiting} of what is left are prepared to leave; cancel that first",
            waiting=waiting,
        )
    give_up(act, thing, asked)
    return thing


def give_up(act: Act, thing: Allocation, quantity: int) -> None:
    """Void a part of an allocation, in its row, in its order and in the ledger."""
    left = thing.left - quantity
    act.move(thing, "void", {"left": left}, state="void" if not left else thing.state)
    _give_back(act, thing, quantity)


def _give_back(act: Act, thing: Allocation, quantity: int) -> None:
    """Void so many units, never all that is left: units that left still draw when they enter."""
    if not quantity:
        return
    void = Void(act.next_id(), act.why(cause_of(thing)), group_of(thing), quantity)
    act.ledger.apply(void, now=act.now)
    give_back_carried(act, thing, quantity, "cancelled")
    count(act, thing.order_id, allocated=-quantity)


@service("allocation.expire")
def allocation_expire(act: Act, thing: Allocation) -> Allocation:
    """Its day has come: what did not leave is given back."""
    cancel_prepared(act, thing)
    left = thing.left
    act.move(thing, "expire", {"left": 0})
    _give_back(act, thing, left)
    return thing


def expire_due(act: Act) -> None:
    """Expire what is due before anybody shares or sends, whether or not a job has run (R9, R17)."""
    due = Allocation.objects.filter(state__in=LIVE, expires_on__lte=act.last_day)
    actor, act.actor = act.actor, JOBS
    try:
        for one in due.select_for_update().order_by("pk"):
            with act.taking_effect_on(act.last_day):
                allocation_expire(act, one)
    finally:
        act.actor = actor


def void_all(act: Act, order: Order) -> None:
    """Give up all that an order was promised and that did not leave, by the book itself."""
    for one in order.allocations.filter(state__in=LIVE).select_for_update().order_by("pk"):
        end(act, one)


def end(act: Act, allocation: Allocation) -> None:
    """Give up what of an allocation did not leave, by the book itself."""
    cancel_prepared(act, allocation)
    with act.by_itself():
        if has_expired(allocation, act.today):
            allocation_expire(act, allocation)
        else:
            give_up(act, allocation, allocation.left)


def cancel_prepared(act: Act, allocation: Allocation) -> None:
    """Shipments prepared on an allocation that ends do not leave."""
    from interlock.book.services.shipments import drop_units  # noqa: PLC0415 - a circle

    with act.by_itself():
        for shipment in allocation.shipments.filter(state="prepared").order_by("pk"):
            drop_units(shipment)
            act.move(shipment, "cancel")


def prepared_of(allocation: Allocation) -> int:
    """Items of an allocation that are prepared to leave."""
    waiting = allocation.shipments.filter(state="prepared").values_list("quantity", flat=True)
    return sum(waiting)


def has_expired(allocation: Allocation, today: dt.date) -> bool:
    """Whether an allocation holds nothing any more, whether or not a job has run (R9)."""
    return allocation.expires_on is not None and allocation.expires_on <= today


def cause_of(allocation: Allocation) -> str:
    """What a ledger change about an allocation is caused by."""
    return f"allocation/{allocation.pk}"
