"""Licences: drafted, proposed, granted by a second person, suspended, ended."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import InputError, input_error
from interlock.book.guards import guard
from interlock.book.models import Application, Holder, Licence, Party, Product, Round
from interlock.book.models.base import Thing
from interlock.book.naming import check_there
from interlock.book.row_facts import ENDED, holds
from interlock.book.services.condition_law import condition_faults
from interlock.book.services.inputs import COUNTRY, Id, NewId, Units, given
from interlock.book.services.licence_accounts import fill, stop, unstop, void_reservations_on
from interlock.book.services.licence_asked import check_asked, of_applications
from interlock.book.services.licence_inputs import (
    HolderIn,
    Holders,
    check_dates,
    check_holders,
    set_holders,
)
from interlock.book.services.registry import service
from interlock.files.phrases import Phrase, phrase, phrases

Ids = Annotated[list[Id], Field(max_length=200)]
Quantity = Annotated[
    Units | None,
    Field(description="Units granted, which need not be those asked; null: not disclosed."),
]
Value = Annotated[Decimal | None, Field(gt=0, max_digits=18, decimal_places=2)]
Kind = Annotated[str, Field(min_length=1, max_length=24, pattern=r"^[a-z][a-z0-9_-]*$")]


@service("licence.draft")
def licence_draft(
    act: Act,
    *,
    id: NewId = "",
    gate: Literal["export", "import"],
    licence_kind: Kind = "individual",
    group: Annotated[str, Field(max_length=80)] = "",
    application: Annotated[Id | None, Field(description="An approved one of this gate.")] = None,
    round: Annotated[
        Id | None, Field(description="A decided one: one licence for all placed.")
    ] = None,
    holders: Holders | None = None,
    consignees: Ids | None = None,
    products: Ids | None = None,
    destination: Annotated[str | None, Field(pattern=r"^([A-Z]{2})?$"), COUNTRY] = None,
    quantity: Quantity = None,
    value_usd: Value = None,
    announced_on: dt.date | None = None,
    approved_on: dt.date | None = None,
    valid_from: dt.date | None = None,
    valid_until: Annotated[
        dt.date | None, Field(description="First day on which it may no longer be used.")
    ] = None,
    disclosed: Annotated[
        bool,
        Field(description="false: the quantity is not disclosed, also not from the application."),
    ] = True,
    basis: dict[str, Any] = {},
) -> Licence:
    """Write a licence: free, from an approved application, or from a decided round.

    What is not given is taken from the application or round. The quantity is what is granted.
    """
    taken = _taken(act, gate, application, round)
    taken |= given(holders=holders, consignees=consignees, products=products)
    taken |= given(destination=destination, quantity=quantity)
    if not disclosed:
        taken["quantity"] = None
    _check(act, taken, application)
    licence = Licence(
        id=id,
        gate=gate,
        licence_kind=licence_kind,
        group=group,
        application_id=application,
        round_id=taken.get("round"),
        destination=taken.get("destination", ""),
        quantity=taken.get("quantity"),
        value_usd=value_usd,
        announced_on=announced_on,
        approved_on=approved_on or taken.get("approved_on"),
        valid_from=valid_from,
        valid_until=valid_until,
        basis=basis,
    )
    check_dates(act, licence)
    many = {name: sorted(set(taken.get(name, ()))) for name in ("consignees", "products")}
    found: list[HolderIn] = taken["holders"]
    made = act.make(licence, "draft", many=many, note={"holders": [x.model_dump() for x in found]})
    set_holders(act, made, found)
    return made


def _taken(act: Act, gate: str, application: str | None, round: str | None) -> dict[str, Any]:
    """What an application or a round says of the licence to be written."""
    if application is not None and round is not None:
        raise input_error("round", "the application says its round; give one of them")
    if application is not None:
        found = act.find(Application, application)
        if found.gate != gate or found.state != "approved":
            wrong = phrase(
                "{application} is {state} at the gate {gate}; approve it there first",
                application=application,
                state=found.state,
                gate=found.gate,
            )
            raise InputError({"application": wrong})
        taken = of_applications([found])
        return taken | {"round": found.round_id, "approved_on": found.decided_on}
    if round is None:
        return {}
    decided = act.find(Round, round)
    if decided.gate != gate or decided.state != "decided":
        wrong = phrase(
            "{round} is {state} at the gate {gate}; decide it there first",
            round=round,
            state=decided.state,
            gate=decided.gate,
        )
        raise InputError({"round": wrong})
    placed = list(Application.objects.filter(round=decided, state="approved").order_by("pk"))
    if not placed:
        raise input_error("round", "nothing was approved in {round}", round=round)
    return of_applications(placed) | {"round": round, "approved_on": decided.decided_on}


def _check(act: Act, taken: dict[str, Any], application: str | None) -> None:
    for model, name in ((Party, "consignees"), (Product, "products")):
        check_there(
            act.actor, model, **{f"{name}.{n}": pk for n, pk in enumerate(taken.get(name, ()))}
        )
    check_holders(act.actor, taken.get("holders", []), taken.get("quantity"))
    check_asked(taken.get("quantity"), application, taken.get("round"))


@service("licence.change")
def licence_change(
    act: Act,
    thing: Licence,
    *,
    licence_kind: Kind | None = None,
    group: Annotated[str | None, Field(max_length=80)] = None,
    holders: Holders | None = None,
    consignees: Ids | None = None,
    products: Ids | None = None,
    destination: Annotated[str | None, Field(pattern=r"^([A-Z]{2})?$"), COUNTRY] = None,
    quantity: Quantity = None,
    value_usd: Value = None,
    announced_on: dt.date | None = None,
    approved_on: dt.date | None = None,
    valid_from: dt.date | None = None,
    valid_until: dt.date | None = None,
) -> Licence:
    """Change a draft; what is not given stays as it is."""
    changes = given(
        licence_kind=licence_kind, group=group, destination=destination, quantity=quantity,
        value_usd=value_usd, announced_on=announced_on, approved_on=approved_on,
        valid_from=valid_from, valid_until=valid_until,
    )  # fmt: skip
    many = given(consignees=consignees, products=products)
    for name, value in changes.items():
        setattr(thing, name, value)
    check_dates(act, thing)
    if quantity is not None:
        check_asked(quantity, thing.application_id, thing.round_id, but=thing.pk)
    found = (
        holders
        if holders is not None
        else [
            HolderIn(party=x.party_id, sub_quota=x.sub_quota, cap=x.cap)
            for x in thing.holders.all()
        ]
    )
    check_holders(act.actor, found, thing.quantity)
    for model, name in ((Party, "consignees"), (Product, "products")):
        check_there(
            act.actor, model, **{f"{name}.{n}": pk for n, pk in enumerate(many.get(name, ()))}
        )
    many = {name: sorted(set(ids)) for name, ids in many.items()}
    changed = act.move(thing, "change", changes, many=many)
    if holders is not None:
        Holder.objects.filter(licence=thing).delete()
        set_holders(act, thing, holders)
    return changed


@service("licence.propose")
def licence_propose(act: Act, thing: Licence) -> Licence:
    """Put a licence before a second officer."""
    return act.move(thing, "propose", {"proposed_by": act.actor.name})


@service("licence.withdraw")
def licence_withdraw(act: Act, thing: Licence) -> Licence:
    """Take the proposal back."""
    return act.move(thing, "withdraw", {"proposed_by": ""})


@service("licence.drop")
def licence_drop(act: Act, thing: Licence) -> Licence:
    """Give a draft up."""
    return act.move(thing, "drop", {"reason": act.reason})


@service("licence.grant")
def licence_grant(act: Act, thing: Licence) -> Licence:
    """Issue a licence; what the law says that it fills is credited, if it is disclosed."""
    changes: dict[str, Any] = {"issued_on": act.today, "reason": act.reason}
    if thing.approved_on is None:
        changes["approved_on"] = act.today
    check_dates(act, thing, issued_on=act.today)
    granted = act.move(thing, "grant", changes)
    fill(act, granted)
    return granted


@service("licence.suspend")
def licence_suspend(act: Act, thing: Licence) -> Licence:
    """Stop all draws on a licence at once; a second person lets it be used again."""
    changes = {"suspended_by": act.actor.name, "stops": stop(act, thing), "reason": act.reason}
    return act.move(thing, "suspend", changes)


@service("licence.resume")
def licence_resume(act: Act, thing: Licence) -> Licence:
    """Let a suspended licence be used again."""
    unstop(act, thing)
    return act.move(thing, "resume", {"suspended_by": "", "stops": [], "reason": act.reason})


@service("licence.revoke")
def licence_revoke(act: Act, thing: Licence) -> Licence:
    """End a licence; what is reserved on it is void."""
    return _end(act, thing, "revoke")


@service("licence.surrender")
def licence_surrender(act: Act, thing: Licence) -> Licence:
    """The holder gives a licence up; what is reserved on it is void."""
    return _end(act, thing, "surrender")


@service("licence.expire")
def licence_expire(act: Act, thing: Licence) -> Licence:
    """Record that the last day is over; the law shuts it from that day, recorded or not (R9)."""
    return _end(act, thing, "expire", thing.valid_until)


def _end(act: Act, thing: Licence, move: str, day: dt.date | None = None) -> Licence:
    changes = {"ended_on": day or act.today, "stops": stop(act, thing), "reason": act.reason}
    ended = act.move(thing, move, changes)
    void_reservations_on(act, ended)
    return ended


# -- guards -------------------------------------------------------------------------------------


@guard
def held_by_no_other(act: Act, thing: Thing) -> Phrase | None:
    """The actor's firm holds the licence, and nobody else does: it ends nobody else's promises.

    Others are not named: who holds it besides is not the firm's to know (R11).
    """
    held = {x.party_id for x in thing.holders.all() if holds(x, act.today)}  # type: ignore[attr-defined]
    if act.actor.party not in held:
        return phrase("{party} does not hold it any more", party=act.actor.party)
    if len(held) == 1:
        return None
    return phrase("others hold it too; ask the authority to take you out of it")


@guard
def conditions_settled(act: Act, thing: Thing) -> Phrase | None:
    """No condition makes the licence one that the law cannot read.

    A licence may be issued while its conditions are still talked about: what is drafted or proposed
    is unknown until it is agreed, so nothing can be posted under it, and a reservation is
    provisional (R1). What has no sense is a condition that the law of the day does not know, or
    whose parameters it does not accept, and one that is being waived before there is a licence.
    """
    wrongs = []
    for one in thing.conditions.exclude(state__in=ENDED):  # type: ignore[attr-defined]
        if one.state == "waiver_proposed":
            wrongs.append(
                phrase(
                    "it is open whether {condition_kind} is waived; decide that first",
                    condition_kind=one.condition_kind,
                )
            )
        faults = condition_faults(act, one)
        wrongs.extend(
            phrase(
                "{condition_kind}: {field}: {says}",
                condition_kind=one.condition_kind,
                field=name,
                says=says,
            )
            for name, says in faults.items()
        )
    return phrases(wrongs, "; ") if wrongs else None
