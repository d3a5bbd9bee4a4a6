"""Amendments: proposed by one officer, made by another; what was drawn stays drawn.

An amendment changes the same licence and the same accounts: more is a grant, less takes back what
nobody has drawn or reserved. A transfer moves a balance to another licence, both accounts in one
transaction under one act.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import InputError, MoveError, input_error
from interlock.book.guards import guard
from interlock.book.models import Licence, Party
from interlock.book.models.base import Thing
from interlock.book.naming import check_there
from interlock.book.selectors.stranded import promises_on
from interlock.book.services.gates import holds_still
from interlock.book.services.inputs import Id, Units
from interlock.book.services.licence_accounts import below_drawn, differences, dues_of
from interlock.book.services.licence_accounts import move as move_accounts
from interlock.book.services.licence_asked import more_than_asked
from interlock.book.services.licence_carrying import carry_over
from interlock.book.services.licence_inputs import (
    HolderIn,
    Holders,
    check_dates,
    check_holders,
    set_holders,
)
from interlock.book.services.registry import service
from interlock.files.phrases import Phrase, phrase

AMENDED, TRANSFERRED = "licence.amended", "licence.transferred"


@service("licence.propose_amendment")
def licence_propose_amendment(
    act: Act,
    thing: Licence,
    *,
    quantity: Units | None = None,
    value_usd: Annotated[Decimal | None, Field(gt=0, max_digits=18, decimal_places=2)] = None,
    holders: Annotated[
        Holders | None, Field(description="All holders from then on; those left out end.")
    ] = None,
    consignees: Annotated[list[Id] | None, Field(max_length=200)] = None,
    valid_from: dt.date | None = None,
    valid_until: dt.date | None = None,
    transfer_to: Annotated[
        Id | None, Field(description="Another licence of this gate, which gets units of this one.")
    ] = None,
    transfer_quantity: Units | None = None,
    beyond_asked: Annotated[
        str,
        Field(
            max_length=2000,
            description="Why more is granted than was applied for, or placed; else it is refused.",
        ),
    ] = "",
) -> Licence:
    """Propose other terms of a licence, or units of it for another one; nothing changes yet.

    The proposal names what stays reserved for holders who would leave: orders, units, whose.
    """
    terms: dict[str, Any] = {
        "quantity": quantity,
        "value_usd": None if value_usd is None else str(value_usd),
        "holders": None if holders is None else [x.model_dump() for x in holders],
        "consignees": consignees,
        "valid_from": None if valid_from is None else valid_from.isoformat(),
        "valid_until": None if valid_until is None else valid_until.isoformat(),
    }
    terms = {name: value for name, value in terms.items() if value is not None}
    if transfer_to is not None or transfer_quantity is not None:
        _check_transfer(act, thing, terms, transfer_to, transfer_quantity)
        terms = {"transfer_to": transfer_to, "transfer_quantity": transfer_quantity}
    elif not terms:
        raise input_error("quantity", "nothing is to change; give what should")
    else:
        _check_terms(act, thing, terms)
    proposal: dict[str, Any] = {"by": act.actor.name, "reason": act.reason, "terms": terms}
    if over := _beyond(act, thing, terms):
        if not beyond_asked:
            name = "transfer_quantity" if "transfer_to" in terms else "quantity"
            mend = phrase("{why}; or say in `beyond_asked` why it is more", why=over)
            raise InputError({name: mend})
        proposal["beyond_asked"] = beyond_asked
    if left := [one.told() for one in promises_on(act.ledger, thing, _leaving(thing, terms))]:
        proposal["stays_reserved"] = left
    return act.move(thing, "propose_amendment", {"amendment": proposal})


def _beyond(act: Act, licence: Licence, terms: dict[str, Any]) -> Phrase | None:
    """Why terms grant more than was applied for or placed; nothing where they grant no more."""
    if "transfer_to" in terms:
        other = act.find(Licence, terms["transfer_to"])
        # What stays within one application or round is no more than it was.
        asked, placed = (
            None if of_other == of_this else of_other
            for of_other, of_this in (
                (other.application_id, licence.application_id), (other.round_id, licence.round_id),
            )
        )  # fmt: skip
        after = (other.quantity or 0) + terms["transfer_quantity"]
        return more_than_asked(after, asked, placed, but=other.pk)
    quantity = terms.get("quantity")
    if quantity is None or (licence.quantity is not None and quantity <= licence.quantity):
        return None
    return more_than_asked(quantity, licence.application_id, licence.round_id, but=licence.pk)


def _check_terms(act: Act, licence: Licence, terms: dict[str, Any]) -> None:
    ids = terms.get("consignees", [])
    check_there(act.actor, Party, **{f"consignees.{n}": pk for n, pk in enumerate(ids)})
    quantity = terms.get("quantity", licence.quantity)
    holders = terms.get("holders")
    if holders is None:
        rows = licence.holders.filter(until__isnull=True)
        holders = [{"party": x.party_id, "sub_quota": x.sub_quota, "cap": x.cap} for x in rows]
    check_holders(act.actor, [HolderIn.model_validate(one) for one in holders], quantity)
    check_dates(act, _after(licence, terms))
    _check_last_day(act, terms)


def _check_last_day(act: Act, terms: dict[str, Any]) -> None:
    """Refuse a last day that is over: it would end the licence under what was done since."""
    last = _fields(terms).get("valid_until")
    if last is not None and last <= act.last_day:
        raise input_error("valid_until", "{day} is over; give a later day", day=last)


def _check_transfer(
    act: Act, licence: Licence, terms: dict[str, Any], to: str | None, quantity: int | None
) -> None:
    faults = {}
    if terms:
        faults[next(iter(terms))] = phrase(
            "a transfer changes no other terms; propose those by themselves"
        )
    if quantity is None:
        faults["transfer_quantity"] = phrase("give how many units go over")
    if to is None:
        faults["transfer_to"] = phrase("give the licence that gets them")
    else:
        other = act.find(Licence, to)
        if other.pk == licence.pk or other.gate != licence.gate:
            faults["transfer_to"] = phrase(
                "{licence} is not another licence of the gate {gate}", licence=to, gate=licence.gate
            )
        elif other.state != "issued":
            faults["transfer_to"] = phrase(
                "{licence} is {state}; give one that is issued", licence=to, state=other.state
            )
        elif other.quantity is None or licence.quantity is None:
            faults["transfer_to"] = phrase("the quantity of one of the two is not disclosed")
        elif quantity is not None and 0 <= licence.quantity - quantity < (parts := _parts(licence)):
            faults["transfer_quantity"] = phrase(
                "the parts add up to {parts}, more than the {quantity} granted",
                parts=parts,
                quantity=licence.quantity - quantity,
            )
    if faults:
        raise InputError(faults)


def _parts(licence: Licence) -> int:
    """What is set aside of a licence for its holders."""
    return sum(x.sub_quota or 0 for x in licence.holders.filter(until__isnull=True))


def _after(licence: Licence, terms: dict[str, Any]) -> Licence:
    """The licence as it would stand by the terms, not saved, holders aside."""
    fields = {x.attname: getattr(licence, x.attname) for x in licence._meta.concrete_fields}
    return Licence(**fields | _fields(terms))


def _fields(terms: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "quantity" in terms:
        found["quantity"] = terms["quantity"]
    if "value_usd" in terms:
        found["value_usd"] = Decimal(terms["value_usd"])
    for name in ("valid_from", "valid_until"):
        if name in terms:
            found[name] = dt.date.fromisoformat(terms[name])
    return found


def _leaving(licence: Licence, terms: dict[str, Any]) -> set[str]:
    """The holders whom an amendment takes out."""
    if "holders" not in terms:
        return set()
    stay = {one["party"] for one in terms["holders"]}
    return {x.party_id for x in licence.holders.filter(until__isnull=True)} - stay


@service("licence.drop_amendment")
def licence_drop_amendment(act: Act, thing: Licence) -> Licence:
    """Give a proposed amendment up; it stays in the audit log."""
    return act.move(thing, "drop_amendment", {"amendment": {}})


@service("licence.amend")
def licence_amend(act: Act, thing: Licence) -> Licence:
    """Amend a licence as proposed; its accounts move by the difference, what was drawn stays.

    What is reserved for a holder who leaves stays reserved, and whoever can act is told.
    """
    terms = _terms(act, thing, "amend")
    if why := holds_still(act, thing):  # by the days it has: more of them revive none
        raise MoveError("licence", thing.pk, "amend", why, act.can(thing))
    _said_why(act, thing, "amend")
    left = promises_on(act.ledger, thing, _leaving(thing, terms), lock=True)
    before = dues_of(act, thing)
    for name, value in _fields(terms).items():
        setattr(thing, name, value)
    if "holders" in terms:
        set_holders(act, thing, [HolderIn.model_validate(one) for one in terms["holders"]])
    after = dues_of(act, thing)
    moves = differences(act, thing, before, after)
    act.planned[thing.pk] = moves
    many = {"consignees": terms["consignees"]} if "consignees" in terms else None
    changes = {"amendment": {}, "reason": act.reason}
    note = {"terms": terms, "stays_reserved": [one.told() for one in left]} | _beyond_said(thing)
    amended = act.move(thing, "amend", changes, many=many, note=note)
    move_accounts(act, amended, moves, AMENDED)
    carry_over(act, amended, [due for name, due in after.items() if name not in before])
    with act.by_itself():  # each order's own history and events tell of it, too
        for one in left:
            act.move(one.allocation, "strand")
    return amended


@service("licence.transfer")
def licence_transfer(act: Act, thing: Licence) -> Licence:
    """Move units of a licence that nobody has drawn or reserved to another licence."""
    terms = _terms(act, thing, "transfer")
    units: int = terms["transfer_quantity"]
    other = act.find(Licence, terms["transfer_to"])
    _said_why(act, thing, "transfer")
    before, before_other = dues_of(act, thing), dues_of(act, other)
    thing.quantity = (thing.quantity or 0) - units
    other.quantity = (other.quantity or 0) + units
    moves = differences(act, thing, before, dues_of(act, thing)) if thing.quantity >= 0 else []
    moves_other = differences(act, other, before_other, dues_of(act, other))
    act.planned[thing.pk] = (
        moves if thing.quantity >= 0 else phrase("it grants less than {units}", units=units)
    )
    note = {"units": units, "from": thing.pk, "to": other.pk} | _beyond_said(thing)
    changes = {"amendment": {}, "reason": act.reason}
    moved = act.move(thing, "transfer", changes, note=note)
    with act.by_itself():
        act.move(other, "receive", note=note)
    move_accounts(act, moved, moves, TRANSFERRED)
    move_accounts(act, other, moves_other, TRANSFERRED)
    return moved


def _terms(act: Act, licence: Licence, move: str) -> dict[str, Any]:
    """The proposed terms; they are for one of the two moves alone."""
    terms: dict[str, Any] = licence.amendment.get("terms", {})
    meant = "transfer" if "transfer_to" in terms else "amend"
    if terms and meant != move:
        why = phrase("what was proposed is for '{move}'", move=meant)
        raise MoveError("licence", licence.pk, move, why, act.can(licence))
    if not terms:
        why = phrase("nothing was proposed; propose it, then a second officer decides")
        raise MoveError("licence", licence.pk, move, why, act.can(licence))
    return terms


def _said_why(act: Act, licence: Licence, move: str) -> None:
    """Refuse what is more than was asked by now, where the proposal does not say why it may be.

    Another licence may have taken what was left of the application since it was proposed.
    """
    if licence.amendment.get("beyond_asked"):
        return
    if over := _beyond(act, licence, licence.amendment["terms"]):
        why = phrase("{why}; or propose it anew and say why it is more", why=over)
        raise MoveError("licence", licence.pk, move, why, act.can(licence))


def _beyond_said(licence: Licence) -> dict[str, Any]:
    found = licence.amendment.get("beyond_asked")
    return {"beyond_asked": found} if found else {}


@guard
def amendment_proposed(_act: Act, thing: Thing) -> Phrase | None:
    """An amendment waits for its decision."""
    return None if thing.amendment else phrase("no amendment is proposed")  # type: ignore[attr-defined]


@guard
def no_amendment_open(_act: Act, thing: Thing) -> Phrase | None:
    """No other amendment waits: none is dropped silently."""
    return phrase("an amendment waits for its decision; drop it first") if thing.amendment else None  # type: ignore[attr-defined]


@guard
def not_below_drawn(act: Act, thing: Thing) -> Phrase | None:
    """No account would grant less than what is drawn and reserved on it."""
    moves = act.planned.get(str(thing.pk), [])
    return moves if isinstance(moves, Phrase) else below_drawn(act, moves)
