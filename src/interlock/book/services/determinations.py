"""Signing determinations: a decision frozen with its facts, its accounts and its law (R18)."""

from __future__ import annotations

import datetime as dt
import secrets
from base64 import b64encode
from typing import TYPE_CHECKING, Annotated, Any

from django.conf import settings
from pydantic import Field

from interlock.book import law, law_texts
from interlock.book.acting import Act, new_id
from interlock.book.cases import Cases
from interlock.book.errors import InputError
from interlock.book.models import Determination, Entry, Order, Shipment
from interlock.book.selectors.decisions import LedgerStates, viewer_of
from interlock.book.selectors.determinations import (
    FrozenAccounts,
    decided,
    digest_of,
    digests_of,
    frozen,
    key,
    statement,
)
from interlock.book.services.inputs import Id, NewId
from interlock.book.services.registry import service
from interlock.law.model import STAGES, Stage
from interlock.sealing import key_id

if TYPE_CHECKING:
    from interlock.book.models import Thing

Of = Annotated[Id | None, Field(description="Decide on this one of the order's.")]


@service("determination.sign")
def determination_sign(
    act: Act,
    *,
    id: NewId = "",
    order: Id,
    stage: Stage,
    at: Annotated[
        dt.date | None, Field(description="The day whose law is asked; default today.")
    ] = None,
    known: Annotated[
        dt.date | None, Field(description="By when it must have been public; default `at`.")
    ] = None,
    shipment: Of = None,
    entry: Of = None,
) -> Determination:
    """Decide an order as the book has it now, and sign the decision as you may see it."""
    day = at or act.today
    heard = known or day
    about = act.find(Order, order)
    sent, declared = _about(act, about, shipment, entry)
    _check(act, stage, day, heard, declared=declared, sent=sent)
    facts = frozen(Cases(day).order(about, stage, shipment=sent, entry=declared))
    accounts: dict[str, dict[str, str] | None] = {}
    states = FrozenAccounts(accounts, LedgerStates(act.ledger, act.now))
    viewer = viewer_of(act.actor)
    reader, decider = law.reader_on(day, heard), law.decider_on(day, heard)
    decision = decided(facts, states, stage, viewer, reader, decider)
    private = key()
    row = Determination(
        id=id or new_id("determination"),
        order=about,
        shipment=sent,
        entry=declared,
        viewer=viewer,
        party_id=act.actor.party,
        gate=act.actor.gate,
        at=day,
        known=heard,
        stage=stage,
        facts=facts,
        accounts=dict(sorted(accounts.items())),
        decision=decision,
        regimes=digests_of(law.library()),
        law_files=law_texts.keep(),
        salt=secrets.token_hex(32),
        key_id=key_id(private.public_key()),
        signed_by=act.actor.name,
        signed_at=act.now,
        keep_until=years_later(act.now.date(), settings.KEEP_YEARS),
    )
    row.digest = digest_of(row)
    row.signature = b64encode(private.sign(statement(row).encode())).decode()
    return act.make(row, "sign")


def years_later(day: dt.date, years: int) -> dt.date:
    """The same day so many years on; for 29 February the day after, so nothing goes too early."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)


def _about(
    act: Act, order: Order, shipment: str | None, entry: str | None
) -> tuple[Shipment | None, Entry | None]:
    """The shipment and the entry that are decided on, which must be the order's."""
    sent = act.find(Shipment, shipment) if shipment is not None else None
    declared = act.find(Entry, entry) if entry is not None else None
    faults: dict[str, str] = {}
    if sent is not None and sent.order_id != order.pk:
        faults["shipment"] = f"'{sent.pk}' is of another order; leave it out or name that order"
    if declared is not None:
        sent = sent or declared.shipment
        if declared.shipment_id != sent.pk or sent.order_id != order.pk:
            faults["entry"] = f"'{declared.pk}' is of another shipment; name that one"
    if faults:
        raise InputError(faults)
    return sent, declared


def _check(
    act: Act,
    stage: Stage,
    at: dt.date,
    known: dt.date,
    *,
    sent: Thing | None,
    declared: Thing | None,
) -> None:
    today = act.now.date()
    faults: dict[str, Any] = {
        name: f"{value} has not come yet; a determination is of a day that has"
        for name, value in (("at", at), ("known", known))
        if value > today
    }
    reached = STAGES.index(stage)
    if sent is not None and reached < STAGES.index("shipment"):
        faults["shipment"] = f"at stage {stage} there is none yet; leave it out"
    if declared is not None and reached < STAGES.index("entry"):
        faults["entry"] = f"at stage {stage} there is none yet; leave it out"
    if faults:
        raise InputError(faults)
