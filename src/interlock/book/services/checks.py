"""End-use checks: chosen with a reason, made by stated steps with evidence, rated, signed off.

What audits of such checks found missing is asked for here: why the target was chosen, the steps,
the evidence in one place, each rating with its reason, and why a recommended action was not taken.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from interlock.book.acting import Act
from interlock.book.errors import InputError
from interlock.book.guards import guard
from interlock.book.models import EndUseCheck, Party, Shipment
from interlock.book.models.base import Thing
from interlock.book.naming import check_there
from interlock.book.services.inputs import Country, Document, Id, MaybeCountry, Name, NewId
from interlock.book.services.registry import service
from interlock.files.phrases import Phrase, phrase, phrases

Rating = Literal["as_declared", "not_as_declared", "inconclusive"]
Words = Annotated[str, Field(min_length=1, max_length=2000)]
Actions = Annotated[list[Words], Field(max_length=50, description="What should be done now.")]


class Done(BaseModel):
    """What became of a recommended action."""

    done: bool
    says: Annotated[str, Field(max_length=2000, description="Why not, where it was not.")] = ""


@service("check.plan")
def check_plan(
    act: Act,
    *,
    id: NewId = "",
    party: Id,
    shipment: Id | None = None,
    method: Name,
    steps: Annotated[list[Words], Field(min_length=1, max_length=50)],
    chosen_because: Words,
    planned_on: dt.date,
    country: MaybeCountry = "",
) -> EndUseCheck:
    """Plan a check of a party, or of one shipment to it."""
    check_there(act.actor, Party, party=party)
    sent = act.find(Shipment, shipment) if shipment is not None else None
    if sent is not None:
        order = sent.order
        to = sorted(filter(None, {order.buyer_id, order.consignee_id, order.end_user_id}))
        if party not in to:
            says = phrase(
                "'{shipment}' did not go to {party}; it went to {parties}",
                shipment=sent.pk,
                party=party,
                parties=phrases(to),
            )
            raise InputError({"shipment": says})
    return act.make(
        EndUseCheck(
            id=id,
            gate=act.actor.gate,
            party_id=party,
            shipment=sent,
            method=method,
            steps=steps,
            chosen_because=chosen_because,
            planned_on=planned_on,
            planned_by=act.actor.name,
            country=country,
        ),
        "plan",
    )


@service("check.make")
def check_make(
    act: Act,
    thing: EndUseCheck,
    *,
    found: Annotated[str, Field(min_length=1, max_length=4000)],
    evidence: Annotated[list[Document], Field(min_length=1, max_length=200)],
    country: Annotated[Country, Field(description="Where the units are.")],
    data_centre: Annotated[
        bool | None, Field(description="Whether they run in a data centre; null: not known.")
    ] = None,
    made_on: Annotated[dt.date | None, Field(description="Default today.")] = None,
) -> EndUseCheck:
    """Record what was found, with its evidence."""
    day = act.day("made_on", made_on)
    changes = {
        "found": found,
        "evidence": evidence,
        "country": country,
        "data_centre": data_centre,
        "made_on": day,
        "made_by": act.actor.name,
    }
    return act.move(thing, "make", changes)


@service("check.rate")
def check_rate(
    act: Act, thing: EndUseCheck, *, rating: Rating, recommended: Actions = []
) -> EndUseCheck:
    """Rate what was found; an earlier rating stays on file beside the new one."""
    given = {
        "rating": rating,
        "by": act.actor.name,
        "on": act.today.isoformat(),
        "reason": act.reason,
        "recommended": recommended,
    }
    changes = {
        "rating": rating,
        "ratings": [*thing.ratings, given],
        "recommended": [{"says": says, "done": None, "why": ""} for says in recommended],
        "proposed_by": act.actor.name,
    }
    return act.move(thing, "rate", changes)


@service("check.sign")
def check_sign(
    act: Act,
    thing: EndUseCheck,
    *,
    actions: Annotated[
        list[Done], Field(max_length=50, description="One for each recommended action, in order.")
    ] = [],
) -> EndUseCheck:
    """A second officer signs the rating, and says what became of each recommended action."""
    faults: dict[str, Phrase] = {}
    asked = len(thing.recommended)
    if len(actions) != asked:
        faults["actions"] = phrase(
            "{asked} actions are recommended, {number} answered; answer each",
            asked=asked,
            number=len(actions),
        )
    for number, one in enumerate(actions):
        if not one.done and not one.says.strip():
            faults[f"actions.{number}.says"] = phrase("is empty; say why it was not done")
    if faults:
        raise InputError(faults)
    answered = [
        action | {"done": one.done, "why": one.says}
        for action, one in zip(thing.recommended, actions, strict=True)
    ]
    changes = {
        "recommended": answered,
        "signed_by": act.actor.name,
        "signed_on": act.today,
        "reason": act.reason,
    }
    return act.move(thing, "sign", changes)


@service("check.drop")
def check_drop(act: Act, thing: EndUseCheck) -> EndUseCheck:
    """Do not make it; the reason stays on file."""
    return act.move(thing, "drop", {"reason": act.reason})


@guard
def signer_made_it_not(act: Act, thing: Thing) -> Phrase | None:
    """Whoever made a check does not sign it alone, even if another rated it."""
    assert isinstance(thing, EndUseCheck)  # noqa: S101 - lifecycles.toml names it for no other
    if not act.actor.is_same_person(thing.made_by):
        return None
    return phrase("{made_by} made it; another officer signs", made_by=thing.made_by)
