"""Why an order is stuck and who holds the key: its decision, as an actor may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.book.errors import InputError, NotFoundError
from interlock.book.models import Entry, Order, Shipment
from interlock.book.rights import find
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import decide, shown
from interlock.book.selectors.replay import decide_as_recorded, end_of, not_yet, when_recorded
from interlock.book.selectors.stranded import why_stuck
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    import datetime as dt

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
    recorded: dt.datetime | None = None,
    shipment: str = "",
    entry: str = "",
) -> dict[str, Any]:
    """An order decided for a stage, by the law of a day, with what would open it.

    On another day the accounts are those that stood at its end. With an earlier `known`, or with
    `recorded`, all that the book holds is read as it had been recorded by then (R8): parties,
    papers and accounts; a later change does not alter the answer.

    Args:
        actor: who asks.
        order: its id.
        stage: for which stage (R1).
        now: the clock.
        at: the day of the law; default today.
        known: what was public by then; default today.
        recorded: what the book had recorded by then, aware; default the end of `known`.
        shipment: decide this shipment of the order.
        entry: decide this entry of the order.

    Returns:
        The decision in its stable form; `stuck` besides, where the book itself says why a promise
        goes no further: `says`, and `who` can act.

    Raises:
        NotFoundError: the order, shipment or entry is not there for this actor.
        InputError: the shipment or entry is of another order, or came into the book later.
    """
    found = find(actor, Order, order)
    sent = find(actor, Shipment, shipment) if shipment else None
    declared = find(actor, Entry, entry) if entry else None
    if declared is not None:
        sent = sent or declared.shipment
    faults = {}
    if sent is not None and sent.order_id != found.pk:
        faults["shipment"] = phrase("'{shipment}' is of another order", shipment=sent.pk)
    if declared is not None and sent is not None and declared.shipment_id != sent.pk:
        faults["entry"] = phrase("'{entry}' is of another shipment", entry=declared.pk)
    if faults:
        raise InputError(faults)
    today = now.date()
    day, then = at or today, known or today
    by = when_recorded(then, recorded, now)
    if by is not None:
        try:
            return shown(
                decide_as_recorded(
                    order, stage, at=day, recorded=by, known=then,
                    shipment=sent.pk if sent else "", entry=declared.pk if declared else "",
                ),
                actor,
            )  # fmt: skip
        except NotFoundError as error:
            raise not_yet(error, by) from error
    past = None if day == today else (end_of(day, now), now)
    decision = decide(
        ledger(), found, stage, at=day, known=then, now=now, shipment=sent, entry=declared,
        past=past,
    )  # fmt: skip
    told = shown(decision, actor)
    if decision.verdict != "open" and found.allocated:
        told["stuck"] = why_stuck(actor, ledger(), found, day)
    return told
