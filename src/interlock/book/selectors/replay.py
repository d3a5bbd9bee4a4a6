"""Decisions made again as the book knew it at a moment (R8): what a decision then saw, and no more.

Not rebuilt: regime files (their versions are asked by `known`; a file that was replaced since is
another law), and the room that a shipment or allocation has for itself in what it reserved before,
so a replay sees those accounts as anybody else did.
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from interlock.book import law
from interlock.book.cases import Cases
from interlock.book.errors import InputError, NotFoundError, input_error
from interlock.book.happenings import LIVE_LICENCES, Rows
from interlock.book.models import (
    Certificate,
    DomesticPurchase,
    DomesticShipment,
    EndUseCheck,
    Entry,
    Licence,
    Order,
    Party,
    Shipment,
    Statement,
    Stock,
    Thing,
)
from interlock.book.rows import raw_connection
from interlock.book.selectors.as_if import AsIfOpened
from interlock.book.selectors.as_of import Past
from interlock.book.selectors.decisions import LedgerStates
from interlock.files.phrases import phrase
from interlock.law.deciding.legs import AccountState
from interlock.ledger.changes import time_text
from interlock.store.executor import executor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.models import Ownership
    from interlock.book.row_facts import Facts
    from interlock.law.deciding.decision import Decision
    from interlock.law.model import Stage
    from interlock.store import LedgerSession

    AnyThing = TypeVar("AnyThing", bound=Thing)


class PastCases(Cases):
    """Builds the facts of orders from the book as it was recorded at a moment."""

    def __init__(self, at: dt.date, past: Past) -> None:
        super().__init__(at)
        self.past = past

    def owned_by(self, party: Party) -> list[Ownership]:
        """Shares in a party on the day."""
        found: Iterable[Ownership] = party.owned_by.all()
        on_day = [
            one
            for one in found
            if (one.since is None or one.since <= self.at)
            and (one.until is None or one.until > self.at)
        ]
        return sorted(on_day, key=lambda one: one.owner_id)

    def on_file(self, order: Order) -> list[Statement]:
        """Statements on file for an order's buyer or supplier."""
        found = [
            one
            for one in self.past.things(Statement)
            if one.state in ("filed", "accepted")
            and one.filed_on <= self.at
            and (
                one.buyer_id == order.buyer_id
                or (one.buyer_id is None and one.by_id in (order.buyer_id, order.supplier_id))
            )
        ]
        return sorted(found, key=lambda one: (one.filed_on, one.pk))

    def certificates(self, shipment: Shipment) -> list[Certificate]:
        """Certificates on a shipment that were not withdrawn, by day of issue."""
        found = [
            one
            for one in self.past.things(Certificate)
            if one.shipment_id == shipment.pk and one.state != "withdrawn"
        ]
        return sorted(found, key=lambda one: (one.issued_on, one.pk))

    def newest_check(self, order: Order, shipment: Shipment | None) -> EndUseCheck | None:
        """The newest signed check that speaks for an order or one of its shipments."""
        to = {order.buyer_id, order.consignee_id, order.end_user_id}
        found = []
        for one in self.past.things(EndUseCheck):
            about = one.shipment
            ours = about is not None and (
                about.order_id == order.pk if shipment is None else about.pk == shipment.pk
            )
            made, signed = one.made_on, one.signed_on
            if one.state != "signed" or not (ours or (about is None and one.party_id in to)):
                continue
            if made and signed and made <= self.at and signed <= self.at:
                found.append((made, signed, one.pk, one))
        return max(found)[3] if found else None

    def held(self, gate: str, holder: str) -> list[Licence]:
        """Licences of a holder at a gate, each with its conditions."""
        return [
            one
            for one in self.past.licences()
            if one.gate == gate and one.state != "dropped" and holder in one.owners()
        ]


class PastStates(LedgerStates):
    """The accounts as they stood at a moment, by what had been recorded until then."""

    def __init__(self, ledger: LedgerSession, now: dt.datetime, known: dt.datetime) -> None:
        super().__init__(ledger, now)
        self.known = known
        self._db = executor(*raw_connection())

    def _read(self, name: str) -> AccountState | None:
        account = self.ledger.account(name)
        if account is None or not self._had_moved(account.base or account.id):
            return None  # it stood as the law opens it
        found = self.ledger.balance(name, at=self.now, known=self.known)
        return AccountState(
            headroom=Fraction(found.headroom, account.scale),
            overdue=Fraction(found.overdue, account.scale),
            posted=Fraction(found.debits_posted, account.scale),
        )

    def _had_moved(self, name: str) -> bool:
        moved = "SELECT 1 FROM ledger_transfer WHERE account = ? AND recorded <= ? LIMIT 1"
        return bool(self._db.read(moved, (name, time_text(self.known))))


class PastRows(Rows):
    """What had happened by a moment, as the book had recorded it."""

    def __init__(self, past: Past) -> None:
        self.past = past

    def issued(self, until: dt.date) -> list[Licence]:
        """Licences that were issued by a day and had not ended."""
        return [
            one
            for one in self.past.licences()
            if one.state in LIVE_LICENCES and one.issued_on is not None and one.issued_on <= until
        ]

    def lots(self, until: dt.date) -> list[Stock]:
        """Lots received by a day."""
        return [one for one in self.past.things(Stock) if one.received_on <= until]

    def at_home(self, until: dt.date) -> list[DomesticShipment]:
        """Shipments at home that ended by a day."""
        return [one for one in self.past.things(DomesticShipment) if one.last_day <= until]

    def accepted(self, until: dt.date) -> list[DomesticPurchase]:
        """Purchases made by a day whose evidence had been accepted."""
        found = self.past.things(DomesticPurchase)
        return [one for one in found if one.state == "accepted" and one.bought_on <= until]

    def held_by(self, buyer: str) -> list[Licence]:
        """Import licences that a buyer held."""
        return [
            one
            for one in self.past.licences()
            if one.gate == "import"
            and one.state != "dropped"
            and one.issued_on is not None
            and buyer in {holder.party_id for holder in one.holders.all()}
        ]

    def undisclosed(self, licence: str) -> bool:
        """Whether there was such a licence and nobody had disclosed its quantity."""
        found = self.past.thing(Licence, licence) if licence else None
        return found is not None and found.quantity is None


def decide_as_recorded(
    order: str,
    stage: Stage,
    *,
    at: dt.date,
    recorded: dt.datetime,
    known: dt.date | None = None,
    shipment: str = "",
    entry: str = "",
    reasons: bool = True,
) -> Decision:
    """Decide an order again as the book knew it at a moment: the same as it said then.

    Args:
        order: its id.
        stage: of the decision.
        at: the day whose law and papers count.
        recorded: the moment, aware.
        known: by when the law must have been public; default the day of the moment.
        shipment: one of its shipments.
        entry: one of their entries.
        reasons: give reasons.

    Raises:
        NotFoundError: the order, shipment or entry was not in the book yet.
    """
    heard = known or recorded.date()
    found = AsRecorded(at, heard, recorded)
    facts = found.facts(order, stage, shipment=shipment, entry=entry)
    case = law.reader_on(at, heard).read(facts, 1)
    decider = law.decider_on(at, heard)
    return decider.decide(case, stage=stage, accounts=found.states.of(case), reasons=reasons)


class AsRecorded:
    """What a decision of a day reads, as the book had recorded it by a moment.

    Args:
        at: the day whose law and papers count; accounts are those of its end.
        known: by when the law must have been public.
        recorded: the moment, aware.
    """

    def __init__(self, at: dt.date, known: dt.date, recorded: dt.datetime) -> None:
        self.at, self.past = at, Past(recorded)
        stood = PastStates(self.past.ledger, end_of(at, recorded), recorded)
        binds, reader = law.law_on(at, known), law.reader_on(at, known)
        self.states = AsIfOpened(stood, binds, reader, at, PastRows(self.past))

    def facts(self, order: str, stage: Stage, *, shipment: str = "", entry: str = "") -> Facts:
        """The facts of an order, of its shipment or entry.

        Raises:
            NotFoundError: the order, shipment or entry was not in the book yet.
        """
        return PastCases(self.at, self.past).order(
            _there(self.past, Order, order),
            stage,
            shipment=_there(self.past, Shipment, shipment) if shipment else None,
            entry=_there(self.past, Entry, entry) if entry else None,
        )


def end_of(day: dt.date, now: dt.datetime) -> dt.datetime:
    """The last moment of a day, or now if that is not over."""
    return min(now, dt.datetime.combine(day, dt.time.max, tzinfo=dt.UTC))


def when_recorded(
    known: dt.date, recorded: dt.datetime | None, now: dt.datetime
) -> dt.datetime | None:
    """By what moment the book is asked; None: as it stands now.

    A past `known` hears what was recorded by its end (R8), unless a moment is given.

    Raises:
        InputError: the moment has not come yet.
    """
    if recorded is not None and recorded > now:
        raise input_error("recorded", "{day} has not come yet", day=recorded.isoformat())
    return recorded if recorded is not None or known >= now.date() else end_of(known, now)


def not_yet(error: NotFoundError, recorded: dt.datetime) -> InputError:
    """What is told of a thing that the actor may read and that came into the book later."""
    says = phrase(
        "{thing} '{id}' was not in the book by {moment}; give `recorded`, a later moment, "
        "to decide it by what the book learned since",
        thing=error.kind,
        id=error.pk,
        moment=recorded.isoformat(),
    )
    return InputError({"recorded": says})


def _there(past: Past, model: type[AnyThing], pk: str) -> AnyThing:
    found = past.thing(model, pk)
    if found is None:
        raise NotFoundError(model.kind, pk)
    return found
