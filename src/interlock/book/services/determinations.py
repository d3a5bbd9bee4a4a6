"""Signing determinations: a decision frozen with its facts, its accounts and its law (R18)."""

from __future__ import annotations

import datetime as dt
import secrets
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from django.conf import settings
from pydantic import Field

from interlock.book import law, law_texts
from interlock.book.acting import Act
from interlock.book.cases import Cases
from interlock.book.errors import InputError, NotFoundError
from interlock.book.ids import new_id
from interlock.book.models import Determination, Entry, Order, Shipment
from interlock.book.selectors.as_if import AsIfOpened
from interlock.book.selectors.decisions import LedgerStates, holding, others_accounts, viewer_of
from interlock.book.selectors.determinations import (
    FrozenAccounts,
    decided,
    digest_of,
    digests_of,
    frozen,
    key,
    statement,
)
from interlock.book.selectors.replay import AsRecorded, end_of, not_yet, when_recorded
from interlock.book.services.inputs import Id, Moment, NewId
from interlock.book.services.registry import service
from interlock.files.phrases import Phrase, phrase
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
    recorded: Annotated[
        Moment | None,
        Field(description="By when the book must have recorded it; default the end of `known`."),
    ] = None,
    shipment: Of = None,
    entry: Of = None,
) -> Determination:
    """Decide an order as the book has it, and sign the decision as you may see it.

    Of an earlier day it is decided from what the book had recorded by then (R8).
    """
    day = at or act.today
    heard = known or day
    about = act.find(Order, order)
    sent, declared = _about(act, about, shipment, entry)
    _check(act, stage, day, heard, declared=declared, sent=sent)
    viewer = viewer_of(act.actor)
    reader, decider = law.reader_on(day, heard), law.decider_on(day, heard)
    by = when_recorded(heard, recorded, act.now)
    asked = _Asked(act, about, stage, day, heard, sent, declared)
    facts, live = asked.now() if by is None else asked.by(by)
    accounts: dict[str, dict[str, str] | None] = {}
    case = reader.read(facts, 1)
    states = FrozenAccounts(accounts, live.of(case))
    whole = decider.decide(case, stage=stage, accounts=states)
    states.keep_from(others_accounts(whole, act.actor), viewer)
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
        recorded=by or act.now,
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


@dataclass(frozen=True)
class _Asked:
    """What is decided, and where its facts and accounts come from."""

    act: Act
    order: Order
    stage: Stage
    at: dt.date
    known: dt.date
    shipment: Shipment | None
    entry: Entry | None

    def now(self) -> tuple[dict[str, Any], AsIfOpened]:
        """As the book has it now; what the shipment holds already is room for itself."""
        cases = Cases(self.at)
        facts = cases.order(self.order, self.stage, shipment=self.shipment, entry=self.entry)
        ledger, sent, now = self.act.ledger, self.shipment, self.act.now
        past = None if self.at == now.date() else (end_of(self.at, now), now)
        held = holding(ledger, sent.allocation, sent) if sent is not None and not past else None
        states = LedgerStates(ledger, now, held=held, past=past)
        law_then, reader = law.law_on(self.at, self.known), law.reader_on(self.at, self.known)
        return frozen(facts), AsIfOpened(states, law_then, reader, self.at)

    def by(self, recorded: dt.datetime) -> tuple[dict[str, Any], AsIfOpened]:
        """As the book had recorded it by a moment."""
        past = AsRecorded(self.at, self.known, recorded)
        try:
            facts = past.facts(
                self.order.pk,
                self.stage,
                shipment=self.shipment.pk if self.shipment else "",
                entry=self.entry.pk if self.entry else "",
            )
        except NotFoundError as error:
            raise not_yet(error, recorded) from error
        return frozen(facts), past.states


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
    faults: dict[str, Phrase] = {}
    if sent is not None and sent.order_id != order.pk:
        faults["shipment"] = phrase(
            "'{shipment}' is of another order; leave it out or name that order", shipment=sent.pk
        )
    if declared is not None:
        sent = sent or declared.shipment
        if declared.shipment_id != sent.pk or sent.order_id != order.pk:
            faults["entry"] = phrase(
                "'{entry}' is of another shipment; name that one", entry=declared.pk
            )
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
        name: phrase("{day} has not come yet; a determination is of a day that has", day=value)
        for name, value in (("at", at), ("known", known))
        if value > today
    }
    reached = STAGES.index(stage)
    if sent is not None and reached < STAGES.index("shipment"):
        faults["shipment"] = phrase("at stage {stage} there is none yet; leave it out", stage=stage)
    if declared is not None and reached < STAGES.index("entry"):
        faults["entry"] = phrase("at stage {stage} there is none yet; leave it out", stage=stage)
    if faults:
        raise InputError(faults)
