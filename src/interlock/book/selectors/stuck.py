"""Why an order is stuck and who holds the key: its decision, as an actor may see it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from interlock.book.errors import InputError
from interlock.book.models import Entry, Order, Shipment
from interlock.book.rights import find
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import decide, shown

if TYPE_CHECKING:
    from interlock.book.rights import Actor
    from interlock.law.model import Stage


def decision_of(
    actor: Actor,
    order: str,
    stage: Stage,
    *,
    now: dt.datetime,
    at: dt.date | None = None,
    known: dt.date | None = None,
    shipment: str = "",
    entry: str = "",
) -> dict[str, Any]:
    """An order decided for a stage, by the law of a day, with what would open it.

    On another day the accounts are those that stood at its end, by what the book had recorded by
    the end of `known` (R8); what the parties and papers say is as it stands now.

    Args:
        actor: who asks.
        order: its id.
        stage: for which stage (R1).
        now: the clock.
        at: the day of the law; default today.
        known: what was public by then; default today.
        shipment: decide this shipment of the order.
        entry: decide this entry of the order.

    Raises:
        NotFoundError: the order, shipment or entry is not there for this actor.
        InputError: the shipment or entry is of another order.
    """
    found = find(actor, Order, order)
    sent = find(actor, Shipment, shipment) if shipment else None
    declared = find(actor, Entry, entry) if entry else None
    if declared is not None:
        sent = sent or declared.shipment
    faults = {}
    if sent is not None and sent.order_id != found.pk:
        faults["shipment"] = f"'{sent.pk}' is of another order"
    if declared is not None and sent is not None and declared.shipment_id != sent.pk:
        faults["entry"] = f"'{declared.pk}' is of another shipment"
    if faults:
        raise InputError(faults)
    today = now.date()
    day, then = at or today, known or today
    past = None if (day, then) == (today, today) else (_end(day, now), _end(then, now))
    decision = decide(
        ledger(), found, stage, at=day, known=then, now=now, shipment=sent, entry=declared,
        past=past,
    )  # fmt: skip
    return shown(decision, actor)


def _end(day: dt.date, now: dt.datetime) -> dt.datetime:
    """The last moment of a day, or now if that is not over."""
    return min(now, dt.datetime.combine(day, dt.time.max, tzinfo=dt.UTC))
