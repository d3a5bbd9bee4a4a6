"""What drafts and amendments of licences are given, with the checks that both make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from interlock.book.acting import Act
from interlock.book.errors import InputError
from interlock.book.models import Holder, Licence, Party
from interlock.book.naming import check_there
from interlock.book.rights import Actor
from interlock.book.services.inputs import Id, Units
from interlock.files.phrases import Phrase, phrase


class HolderIn(BaseModel):
    """A firm under the licence's quantity, with a part of it set aside or a cap, if any.

    The regime says what a part or a cap is in the ledger (`licence.holder_part`, `.holder_cap`).
    """

    model_config = ConfigDict(extra="forbid")

    party: Id
    sub_quota: Units | None = None
    cap: Units | None = None


Holders = Annotated[list[HolderIn], Field(min_length=1, max_length=1000)]


def check_holders(actor: Actor, holders: Sequence[HolderIn], quantity: int | None) -> None:
    """Refuse holders that are not there, stand twice, or have more than there is.

    Raises:
        InputError: each fault with its field.
    """
    faults: dict[str, Phrase] = {}
    if not holders:
        faults["holders"] = phrase("a licence has a holder; give one")
    check_there(actor, Party, **{f"holders.{n}.party": x.party for n, x in enumerate(holders)})
    seen: set[str] = set()
    for number, one in enumerate(holders):
        if one.party in seen:
            faults[f"holders.{number}.party"] = phrase(
                "'{party}' stands twice; keep one", party=one.party
            )
        seen.add(one.party)
        if one.cap is not None and (one.sub_quota or 0) > one.cap:
            faults[f"holders.{number}.sub_quota"] = phrase(
                "is more than the cap of {cap}", cap=one.cap
            )
    parts = sum(one.sub_quota or 0 for one in holders)
    if quantity is not None and parts > quantity:
        faults["holders"] = phrase(
            "the parts add up to {parts}, more than the {quantity} granted",
            parts=parts,
            quantity=quantity,
        )
    if faults:
        raise InputError(faults)


def set_holders(act: Act, licence: Licence, holders: Sequence[HolderIn]) -> None:
    """Write all holders of a licence: those left out end with the day of the act, on record."""
    today = act.today
    on_it = {one.party_id: one for one in Holder.objects.filter(licence=licence)}
    for one in holders:
        row = on_it.pop(one.party, None) or Holder(licence=licence, party_id=one.party, since=today)
        if row.until is not None:
            row.since, row.until = today, None
        if licence.issued_on is None:
            row.since = None
        row.sub_quota, row.cap = one.sub_quota, one.cap
        row.save()
    for row in on_it.values():
        if row.until is None:
            row.until = today
            row.save()


def check_dates(act: Act, licence: Licence, *, issued_on: dt.date | None = None) -> None:
    """Refuse days out of order: announced and approved come before the licence is issued.

    Raises:
        InputError: each fault with its field.
    """
    faults = {}
    latest = issued_on or licence.issued_on or act.now.date()
    for name in ("announced_on", "approved_on"):
        day: dt.date | None = getattr(licence, name)
        if day is not None and day > latest:
            faults[name] = phrase(
                "{day} is after {latest}; it comes before the licence is issued",
                day=day,
                latest=latest,
            )
    first, last = licence.valid_from, licence.valid_until
    if first is not None and last is not None and last <= first:
        faults["valid_until"] = phrase(
            "{last} is not after {first}, its first day", last=last, first=first
        )
    if issued_on is not None and last is not None and last <= issued_on:
        faults["valid_until"] = phrase("{day} is over; give a later day", day=last)
    if faults:
        raise InputError(faults)
