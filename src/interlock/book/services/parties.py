"""Entering parties, their owners and the people who act for them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from interlock.book.acting import Act
from interlock.book.errors import InputError, input_error
from interlock.book.models import Ownership, Party
from interlock.book.naming import check_there
from interlock.book.services.inputs import Id, MaybeCountry, Name, NewId, Share, given
from interlock.book.services.registry import service
from interlock.files.phrases import phrase

Role = Literal[
    "exporter", "supplier", "buyer", "consignee", "end_user", "broker", "forwarder", "laboratory",
    "owner",
]  # fmt: skip
Gate = Literal["", "export", "import", "customs"]
KnownTo = Annotated[
    list[Id],
    Field(max_length=1000, description="Firms that deal with it and may name it in what they file"),
]


class Owner(BaseModel):
    """A share in a party; no share = not known."""

    party: Id
    share: Share = None
    since: dt.date | None = None


class Identifier(BaseModel):
    """A number under which others know a party, e.g. a company register's."""

    scheme: Name
    value: Name


@service("party.enter")
def party_enter(
    act: Act,
    *,
    id: NewId = "",
    name: Name,
    other_names: Annotated[list[Name], Field(max_length=50)] = [],
    gate: Annotated[Gate, Field(description="The gate that an authority guards.")] = "",
    authority: bool = False,
    roles: list[Role] = [],
    country: MaybeCountry = "",
    headquarters: MaybeCountry = "",
    ultimate_parent_country: MaybeCountry = "",
    identifiers: list[Identifier] = [],
    owners: list[Owner] = [],
    known_to: KnownTo = [],
    basis: dict[str, Any] = {},
) -> Party:
    """Enter a firm or an authority."""
    check_there(act.actor, Party, **{f"known_to.{n}": pk for n, pk in enumerate(known_to)})
    if gate and not authority:
        raise input_error("gate", "only an authority guards a gate; give authority = true")
    party = act.make(
        Party(
            id=id,
            name=name,
            other_names=other_names,
            authority=authority,
            gate=gate,
            roles=sorted(set(roles)),
            country=country,
            headquarters=headquarters,
            ultimate_parent_country=ultimate_parent_country,
            identifiers=[x.model_dump() for x in identifiers],
            known_to=sorted(set(known_to)),
            basis=basis,
        ),
        "enter",
        note={"owners": [x.model_dump() for x in owners]},
    )
    _own(party, owners)
    return party


def _own(party: Party, owners: list[Owner]) -> None:
    known = set(Party.objects.filter(pk__in=[x.party for x in owners]).values_list("pk", flat=True))
    faults = {
        f"owners.{number}.party": phrase(
            "there is no party '{party}'; enter it first", party=owner.party
        )
        for number, owner in enumerate(owners)
        if owner.party not in known
    }
    if any(owner.party == party.pk for owner in owners):
        faults["owners"] = phrase("a party does not own itself")
    if faults:
        raise InputError(faults)
    Ownership.objects.bulk_create(
        Ownership(party=party, owner_id=x.party, share=x.share, since=x.since) for x in owners
    )


@service("party.change")
def party_change(
    act: Act,
    thing: Party,
    *,
    name: Name | None = None,
    other_names: list[Name] | None = None,
    roles: list[Role] | None = None,
    country: MaybeCountry | None = None,
    headquarters: MaybeCountry | None = None,
    ultimate_parent_country: MaybeCountry | None = None,
    identifiers: list[Identifier] | None = None,
    owners: Annotated[
        list[Owner] | None, Field(description="All owners from now on; the earlier ones end.")
    ] = None,
    known_to: KnownTo | None = None,
) -> Party:
    """Change what is entered of a party; owners that are left out end today."""
    check_there(act.actor, Party, **{f"known_to.{n}": pk for n, pk in enumerate(known_to or ())})
    changes = given(
        name=name,
        other_names=other_names,
        roles=roles,
        country=country,
        headquarters=headquarters,
        ultimate_parent_country=ultimate_parent_country,
        identifiers=None if identifiers is None else [x.model_dump() for x in identifiers],
        known_to=None if known_to is None else sorted(set(known_to)),
    )
    note = None
    if owners is not None:
        note = {"owners": [x.model_dump() for x in owners]}
        thing.owned_by.filter(until__isnull=True).update(until=act.today)
    party = act.move(thing, "change", changes, note=note)
    if owners is not None:
        _own(party, [x.model_copy(update={"since": x.since or act.today}) for x in owners])
    return party


@service("party.close")
def party_close(act: Act, thing: Party) -> Party:
    """Close a party that does no more business."""
    return act.move(thing, "close")


@service("party.reopen")
def party_reopen(act: Act, thing: Party) -> Party:
    """Open a party again."""
    return act.move(thing, "reopen")
