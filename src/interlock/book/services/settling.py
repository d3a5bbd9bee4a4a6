"""Discrepancies looked into: the other count is right and posted as a fact, or ours stands (R3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import MoveError, input_error
from interlock.book.models import Discrepancy, Entry, Shipment
from interlock.book.selectors.decisions import group_of
from interlock.book.services.carrying import give_back_carried
from interlock.book.services.discrepancies import open_discrepancy
from interlock.book.services.entries import (
    left_of,
    plan_posting,
    take_back,
    take_posted,
    with_posting,
)
from interlock.book.services.inputs import Document, Id, NewId
from interlock.book.services.orders import count
from interlock.book.services.registry import service
from interlock.book.services.shipments import left_unasked
from interlock.files.phrases import phrase
from interlock.ledger import OpenDiscrepancy, Post, SettleDiscrepancy

if TYPE_CHECKING:
    from interlock.ledger import Answer


def shut(act: Act, shipment: Shipment, *, cause: str) -> str:
    """Shut the draws of whoever holds a shipment's promise, on every account it draws on at entry.

    Returns:
        The ids of the ledger's discrepancies, parted by spaces; empty: it draws on none.
    """
    rows = act.ledger.reservations(group_of(shipment.allocation))
    made = []
    for row in rows:
        if row.post == "entry":
            change = OpenDiscrepancy(act.next_id(), act.why(cause), row.account, row.holder)
            act.ledger.apply(change, now=act.now)
            made.append(change.id)
    return " ".join(made)


@service("discrepancy.open")
def discrepancy_open(
    act: Act,
    *,
    id: NewId = "",
    entry: Annotated[Id, Field(description="The entry that the two counts are of.")],
    theirs: Annotated[int, Field(ge=0, le=10**12, description="Items by the other count.")],
) -> Discrepancy:
    """An officer learned of another count: draws are shut until it is settled."""
    about = act.find(Entry, entry)
    if theirs == about.entered:
        raise input_error(
            "theirs", "{theirs} is our count too; there is nothing to settle", theirs=theirs
        )
    return act.make(
        Discrepancy(
            id=id,
            about_kind="entry",
            about=about.pk,
            reported_by=act.actor.name,
            ours={"quantity": about.entered},
            theirs={"quantity": theirs},
            ledger_id=shut(act, about.shipment, cause=f"entry/{about.pk}"),
        ),
        "open",
        many={"parties": sorted(about.owners())},
    )


@service("discrepancy.answer")
def discrepancy_answer(
    act: Act,
    thing: Discrepancy,
    *,
    statement: Annotated[
        str, Field(min_length=1, max_length=4000, description="What you know of it.")
    ],
    evidence: Annotated[
        list[Document], Field(max_length=50, description="The papers that show it.")
    ] = [],
) -> Discrepancy:
    """A firm that it concerns says what it knows; an officer settles it with that before them.

    It posts nothing and opens nothing; of a firm's answers none takes the place of another.
    """
    said = {
        "party": act.actor.party,
        "by": act.actor.name,
        "at": act.now.isoformat(),
        "statement": statement,
        "evidence": evidence,
    }
    return act.move(thing, "answer", {"answers": [*thing.answers, said]})


@service("discrepancy.accept")
def discrepancy_accept(
    act: Act,
    thing: Discrepancy,
    *,
    shipment: Annotated[
        Id | None,
        Field(description="The shipment, for an entry that nobody declared and no report placed."),
    ] = None,
) -> Discrepancy:
    """The other count is right: it is posted as a fact, past the floor if need be."""
    act.may(thing, "accept")
    posted: list[str] = []
    if thing.about_kind == "entry":
        entry = Entry.objects.select_for_update().filter(pk=thing.about).first()
        if entry is None:
            posted = _found(act, thing, shipment)
        else:
            posted = _count_anew(act, entry, thing.theirs.get("quantity"))
    elif "entry" in thing.theirs:
        posted = _found(act, thing, thing.about)
    elif thing.about_kind == "shipment" and "quantity" in thing.theirs:
        posted = _sent_anew(act, thing)
    settle(act, thing)
    values = {
        "settled_by": act.actor.name,
        "reason": act.reason,
        "posted": thing.posted or " ".join(posted)[:200],
    }
    return act.move(thing, "accept", values, note={"posted": posted})


@service("discrepancy.reject")
def discrepancy_reject(act: Act, thing: Discrepancy) -> Discrepancy:
    """Our count stands; what was shut is open again."""
    act.may(thing, "reject")
    if is_breach(thing):
        why = phrase("the fact is in the record already; accept it, or report what undoes it")
        raise MoveError(thing.kind, str(thing.pk), "reject", why, act.can(thing))
    settle(act, thing)
    return act.move(thing, "reject", {"settled_by": act.actor.name, "reason": act.reason})


def is_breach(thing: Discrepancy) -> bool:
    """Whether the ledger opened it itself, because a fact that is posted passed a floor."""
    return "#" in thing.ledger_id


def settle(act: Act, thing: Discrepancy) -> None:
    """Open what a discrepancy shut."""
    cause = f"{thing.kind}/{thing.pk}"
    for name in thing.ledger_id.split():
        change = SettleDiscrepancy(act.next_id(), act.why(cause), name)
        act.ledger.apply(change, now=act.now)


# -- facts on entries ---------------------------------------------------------------------------


def _count_anew(act: Act, entry: Entry, theirs: int | None) -> list[str]:
    """Bring our count of an entry to the one that was accepted; gives the ledger's changes."""
    more = 0 if theirs is None else theirs - entry.entered
    if more > 0:
        return _more_came(act, entry, more)
    return _fewer_came(act, entry, -more) if more < 0 else []


def _more_came(act: Act, entry: Entry, more: int) -> list[str]:
    posting = plan_posting(act, entry, more, fact=True)
    values = {
        "entered": entry.entered + more,
        "posted": with_posting(entry, posting, more),
        "released_on": entry.released_on or act.today,
    }
    with act.by_itself():
        act.move(entry, "count", values)
    for change in posting:
        tell_breaches(act, act.ledger.apply(change, now=act.now), entry)
    count(act, entry.shipment.order_id, entered=more)
    return [change.id for change in posting]


def _fewer_came(act: Act, entry: Entry, fewer: int) -> list[str]:
    """Take back draws of units that did not come: on every account, whatever restores it.

    On one with a window too, while the draw is inside it: after that it has come back (R9).
    """
    if fewer > entry.entered - entry.returned:
        why = phrase("{returned} of it went back since; they did come", returned=entry.returned)
        raise MoveError("entry", str(entry.pk), "count", why)
    first = act.written
    posted = take_posted(act, entry, fewer, "cancelled")
    give_back_carried(act, entry.shipment.allocation, fewer, "cancelled", "entry")
    done = [f"{act.id}/{number}" for number in range(first + 1, act.written + 1)]
    with act.by_itself():
        values = {"entered": entry.entered - fewer, "posted": posted}
        act.move(entry, "count", values)
    count(act, entry.shipment.order_id, entered=-fewer)
    return done


def _found(act: Act, thing: Discrepancy, shipment: str | None) -> list[str]:
    """Enter an entry that nobody declared, with what came in under it."""
    if shipment is None:
        raise input_error("shipment", "the entry is not in the book; name the shipment it is of")
    sent = act.find(Shipment, shipment)
    if sent.state == "prepared":
        answer = left_unasked(act, sent)
        if answer is not None:
            tell_breaches(act, answer, sent)
    number, more = str(thing.theirs["entry"]), int(thing.theirs["quantity"])
    entry = Entry.objects.select_for_update().filter(pk=number).first()
    if entry is not None:  # it was declared since
        return _count_anew(act, entry, more)
    entry = Entry(id=number, shipment=sent, quantity=more, declared_on=act.today, entered=more)
    posting = plan_posting(act, entry, more, fact=True) if more else []
    entry.posted = with_posting(entry, posting, more)
    entry.released_on = act.today
    with act.by_itself():
        act.make(entry, "find")
    for change in posting:
        tell_breaches(act, act.ledger.apply(change, now=act.now), entry)
    if more:
        count(act, sent.order_id, entered=more)
    return [change.id for change in posting]


# -- facts on shipments -------------------------------------------------------------------------


def _sent_anew(act: Act, thing: Discrepancy) -> list[str]:
    """Bring our count of a shipment to what was found on arrival; gives the ledger's changes."""
    sent = Shipment.objects.select_for_update().get(pk=thing.about)
    found = int(thing.theirs["quantity"])
    more = found - (sent.quantity - sent.returned)
    if not more:
        return []
    if more < 0 and left_of(sent) < -more:
        why = phrase("more of it is declared or let in than was found; settle those entries first")
        raise MoveError(sent.kind, str(sent.pk), "count", why)
    cause, first = f"shipment/{sent.pk}", act.written
    with act.by_itself():
        act.move(sent, "count", {"quantity": sent.quantity + more})
    group = group_of(sent.allocation)
    if more > 0:
        if any(row.post == "shipment" for row in act.ledger.reservations(group)):
            post = Post(act.next_id(), act.why(cause), group, more, "shipment", fact=True)
            tell_breaches(act, act.ledger.apply(post, now=act.now), sent)
        count(act, sent.order_id, shipped=more)
    else:
        if act.ledger.transfers(change=sent.posted):
            take_back(act, cause, sent.posted, -more, "cancelled")
        give_back_carried(act, sent.allocation, -more, "cancelled")
        count(act, sent.order_id, shipped=more, allocated=more)
    return [f"{act.id}/{number}" for number in range(first + 1, act.written + 1)]


def tell_breaches(act: Act, answer: Answer, about: Entry | Shipment) -> None:
    """A fact passed a floor: the ledger shut the account; somebody has to settle that too (R3)."""
    for transfer in answer.transfers:
        if transfer.kind == "breach":
            open_discrepancy(
                act,
                about,
                ledger_id=transfer.id,
                parties=about.owners(),
                message="a limit is passed",
                ours={"over": 0},
                theirs={"over": transfer.amount},
            )
