"""Customs entries: declared, let in, refused, sent back.

Declaring posts nothing. Letting in is a permission: every gate must be open for the entry as it is,
and the ledger posts what is drawn at entry, or refuses (R1, R3, R4).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from interlock.book import law
from interlock.book.acting import Act
from interlock.book.cases import Cases
from interlock.book.errors import InputError, input_error
from interlock.book.guards import guard
from interlock.book.models import Entry, Shipment
from interlock.book.selectors.carried import carried
from interlock.book.selectors.decisions import group_of
from interlock.book.services.accounts import prepare_legs
from interlock.book.services.carrying import give_back_carried
from interlock.book.services.inputs import Id, Units
from interlock.book.services.orders import count
from interlock.book.services.registry import service
from interlock.files.phrases import Phrase, phrase
from interlock.law.terms import Leg
from interlock.ledger import Draw, Post, Return

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.models.base import Thing
    from interlock.law.deciding.decision import LegState

ON_THE_WAY = ("dispatched", "arrived")
WAITING = ("declared", "held")
WayBack = Literal["returned_to_exporter", "re_exported", "destroyed"]


@service("entry.declare")
def entry_declare(
    act: Act,
    *,
    id: Annotated[Id, Field(description="The entry's number at customs.")],
    shipment: Id,
    quantity: Units,
    declared_on: Annotated[
        dt.date | None, Field(description="The declaration's day; default today.")
    ] = None,
    facts: Annotated[
        dict[str, Any],
        Field(description="Further facts of the entry by name, e.g. for_domestic_supply_chain."),
    ] = {},
) -> Entry:
    """Declare units of a shipment, all or a part; posts nothing."""
    sent = act.find(Shipment, shipment)
    if sent.state not in ON_THE_WAY:
        raise input_error(
            "shipment",
            "{shipment} is {state}; declare it once it has left",
            shipment=sent.pk,
            state=sent.state,
        )
    day = act.day("declared_on", declared_on)
    left = left_of(sent)
    if quantity > left:
        raise input_error(
            "quantity",
            "{left} of the shipment are left to declare; if more came in, customs reports "
            "it, and a discrepancy is opened",
            left=left,
        )
    _check_facts(act, facts)
    return act.make(
        Entry(id=id, shipment=sent, quantity=quantity, declared_on=day, facts=facts), "declare"
    )


def _check_facts(act: Act, facts: dict[str, Any]) -> None:
    """Refuse names that the book says itself, and those that the law does not know.

    Raises:
        InputError: names of the book's own.
        BadInputError: unknown names or values of another type.
    """
    own = sorted(set(facts) & {"id", "declared", "held", "date", "quantity"})
    if own:
        raise InputError({f"facts.{name}": phrase("the book says this itself") for name in own})
    if facts:
        law.reader_on(act.today, act.now.date()).read({"id": "new", "entry": facts}, 1)


@service("entry.release")
def entry_release(act: Act, thing: Entry) -> Entry:
    """Let it in, if every gate is open for it; what is drawn at entry is posted."""
    act.may(thing, "release")
    posting = plan_posting(act, thing, thing.quantity)
    values = {
        "released_on": act.today,
        "entered": thing.quantity,
        "posted": with_posting(thing, posting, thing.quantity),
    }
    act.move(thing, "release", values)
    for change in posting:
        act.ledger.apply(change, now=act.now)
    count(act, thing.shipment.order_id, entered=thing.quantity)
    return thing


@service("entry.refuse")
def entry_refuse(act: Act, thing: Entry) -> Entry:
    """Do not let it in; its holds end with it, and its units may be declared anew."""
    act.move(thing, "refuse")
    with act.by_itself():
        for hold in thing.holds.filter(state="placed").order_by("pk"):
            act.move(hold, "lift", {"lifted_because": "the entry was refused"})
    return thing


@service("entry.withdraw")
def entry_withdraw(act: Act, thing: Entry) -> Entry:
    """The declarant takes it back; its units may be declared anew."""
    return act.move(thing, "withdraw")


@service("entry.return")
def entry_return(act: Act, thing: Entry, *, quantity: Units, way: WayBack) -> Entry:
    """Units went back to the exporter, were re-exported, or destroyed.

    Only accounts that the law says are restored by that way get headroom back (R9).
    """
    act.may(thing, "return")
    left = thing.entered - thing.returned
    if quantity > left:
        raise input_error("quantity", "only {left} of this entry are still in", left=left)
    posted = take_posted(act, thing, quantity, way)
    give_back_carried(act, thing.shipment.allocation, quantity, way, "entry")
    values = {"returned": thing.returned + quantity, "posted": posted}
    act.move(thing, "return", values, note={"quantity": quantity, "way": way})
    if way == "returned_to_exporter":
        count(act, thing.shipment.order_id, entered=-quantity)
    return thing


@guard
def units_there(_act: Act, thing: Thing) -> Phrase | None:
    """The shipment still holds the units that the entry declares."""
    assert isinstance(thing, Entry)  # noqa: S101 - the table names this guard for entries alone
    sent = thing.shipment
    if sent.state not in ON_THE_WAY:
        return phrase("its shipment is {state}", state=sent.state)
    left = left_of(sent) + thing.quantity
    return (
        phrase("only {left} of the shipment are left", left=left) if thing.quantity > left else None
    )


def left_of(shipment: Shipment) -> int:
    """Items of a shipment that are neither declared nor let in nor sent back before that."""
    entries = list(shipment.entries.all())
    waiting = sum(one.quantity for one in entries if one.state in WAITING)
    came_in = sum(one.entered for one in entries)
    back = shipment.returned - sum(one.returned for one in entries)
    return shipment.quantity - waiting - came_in - max(0, back)


# -- what is posted -----------------------------------------------------------------------------


def plan_posting(act: Act, entry: Entry, quantity: int, *, fact: bool = False) -> list[Post | Draw]:
    """The ledger changes that post units of an entry; its accounts are opened, nothing is posted.

    They post what was reserved for it, and draw what only began to bind since it was reserved.

    Args:
        act: who lets them in, or accepts that they came in.
        entry: of which they are.
        quantity: items.
        fact: they came in anyway: to be posted even past the floor (R3).
    """
    why = act.why(f"entry/{entry.pk}")
    group = group_of(entry.shipment.allocation)
    rows = act.ledger.reservations(group)
    found: list[Post | Draw] = []
    if any(row.post == "entry" for row in rows):
        found.append(Post(act.next_id(), why, group, quantity, "entry", fact))
    reserved = {row.account.partition("@")[0] for row in rows}
    reserved |= {row.account for row in carried(act.ledger, entry.shipment.allocation)}
    legs = tuple(
        Leg(leg.account, leg.factor, leg.reserve, leg.post)  # type: ignore[arg-type]
        for leg in _prepared_legs(act, entry)
        if leg.post == "entry"
        and leg.factor
        and not (leg.pending or leg.of)
        and leg.account not in reserved
        and act.ledger.account(leg.account) is not None
    )
    if legs:
        holder = rows[0].holder if rows else entry.shipment.order.buyer_id
        regime = rows[0].regime if rows else ""
        found.append(Draw(act.next_id(), why, legs, quantity, regime, holder, fact))
    return found


def _prepared_legs(act: Act, entry: Entry) -> tuple[LegState, ...]:
    """The legs of an entry by the law of the day, each account that they draw on opened."""
    sent, known = entry.shipment, act.now.date()
    facts = Cases(act.today).order(sent.order, "entry", shipment=sent, entry=entry)
    case = law.reader_on(act.today, known).read(facts, 1)
    legs = law.decider_on(act.today, known).decide(case, stage="entry", reasons=False).legs
    prepare_legs(act, legs, case, cause=f"entry/{entry.pk}")
    return legs


def with_posting(
    entry: Entry, posting: Iterable[Post | Draw], quantity: int
) -> list[dict[str, Any]]:
    """What was posted for an entry, with one posting more."""
    changes = [change.id for change in posting]
    return [*entry.posted, {"changes": changes, "quantity": quantity, "returned": 0}]


def take_posted(
    act: Act, entry: Entry, quantity: int, way: WayBack | Literal["cancelled"]
) -> list[dict[str, Any]]:
    """Give units of an entry back to the accounts that the way restores, first in, first out.

    Returns:
        The entry's new list of what was posted.
    """
    posted = [dict(one) for one in entry.posted]
    for one in posted:
        part = min(quantity, one["quantity"] - one["returned"])
        if part <= 0:
            continue
        for change in one["changes"]:
            take_back(act, f"entry/{entry.pk}", change, part, way)
        one["returned"] += part
        quantity -= part
    return posted


def take_back(
    act: Act, cause: str, change: str, quantity: int, way: WayBack | Literal["cancelled"]
) -> None:
    """Return units of one posting, which gives back what their way restores (R9)."""
    back = Return(act.next_id(), act.why(cause), change, quantity, way)
    act.ledger.apply(back, now=act.now)
