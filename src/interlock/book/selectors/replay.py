"""Decisions made again as the book knew it at a moment (R8): what a decision then saw, and no more.

Not rebuilt: regime files (their versions are asked by `known`; a file that was replaced since is
another law), and the room that a shipment or allocation has for itself in what it reserved before,
so a replay sees those accounts as anybody else did.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from interlock.book import law
from interlock.book.acting import raw_connection
from interlock.book.cases import Cases
from interlock.book.errors import NotFoundError
from interlock.book.happenings import (
    LIVE_LICENCES,
    licence_issued_to,
    licence_of,
    purchase_accepted,
    shipped_at_home,
    stock_received,
)
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
from interlock.book.selectors.as_if import AsIfOpened
from interlock.book.selectors.as_of import Past
from interlock.book.selectors.decisions import LedgerStates
from interlock.law.deciding.legs import AccountState
from interlock.ledger.changes import time_text
from interlock.store.executor import executor
from interlock.store.queries import AUDIT

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from interlock.book.happenings import Happening
    from interlock.book.models import Ownership
    from interlock.law.cases.reader import CaseReader
    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import AccountPlan
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
        if account is None or not self._was_open(account.base or account.id):
            return None
        found = self.ledger.balance(name, at=self.now, known=self.known)
        return AccountState(
            headroom=Fraction(found.headroom, account.scale),
            overdue=Fraction(found.overdue, account.scale),
            posted=Fraction(found.debits_posted, account.scale),
        )

    def _was_open(self, name: str) -> bool:
        given = (name, time_text(self.known))
        moved = "SELECT 1 FROM ledger_transfer WHERE account = ? AND recorded <= ? LIMIT 1"
        if self._db.read(moved, given):
            return True
        opened = f"{AUDIT} WHERE kind = 'open' AND content LIKE ? AND recorded <= ? LIMIT 1"
        return bool(self._db.read(opened, (f"%{json.dumps(name)}%", given[1])))


class PastOpened(AsIfOpened):
    """Accounts that nobody had drawn on at a moment, as the law would have opened them then."""

    def __init__(
        self, live: PastStates, law: Law, reader: CaseReader, today: dt.date, book: Past
    ) -> None:
        super().__init__(live, law, reader, today)
        self.book = book

    def undisclosed(self, plan: AccountPlan, name: str) -> bool:
        """Whether a licence credits the account by an amount that nobody disclosed (R5)."""
        if not any(on == "licence.issued" for on, _, _ in plan.credits):
            return False
        licence = self.book.thing(Licence, licence_of(name))
        return licence is not None and licence.quantity is None

    def happened(self, events: set[str]) -> Iterator[Happening]:
        """What the book held of these events."""
        until, licences = self.today, self.book.licences()
        if "licence.issued" in events:
            for one in licences:
                if one.state in LIVE_LICENCES and one.issued_on and one.issued_on <= until:
                    yield from licence_issued_to(one, until)
        if "stock.received" in events:
            for lot in self.book.things(Stock):
                if lot.received_on <= until:
                    yield stock_received(lot)
        if "domestic_shipment" in events:
            for sent in self.book.things(DomesticShipment):
                if sent.last_day <= until:
                    yield shipped_at_home(sent)
        if "domestic_purchase.accepted" in events:
            for bought in self.book.things(DomesticPurchase):
                if bought.state == "accepted" and bought.bought_on <= until:
                    own = [
                        x
                        for x in licences
                        if x.gate == "import"
                        and x.issued_on
                        and x.state != "dropped"
                        and bought.buyer_id in x.owners()
                    ]
                    yield purchase_accepted(bought, licences=own)


def decide_as_recorded(
    order: str,
    stage: Stage,
    *,
    at: dt.date,
    recorded: dt.datetime,
    shipment: str = "",
    entry: str = "",
    reasons: bool = True,
) -> Decision:
    """Decide an order again as the book knew it at a moment: the same as it said then.

    Args:
        order: its id.
        stage: of the decision.
        at: the day whose law and papers count.
        recorded: the moment, aware; the law is that known on its day.
        shipment: one of its shipments.
        entry: one of their entries.
        reasons: give reasons.

    Raises:
        NotFoundError: the order, shipment or entry was not in the book yet.
    """
    past = Past(recorded)
    found = _there(past, Order, order)
    facts = PastCases(at, past).order(
        found,
        stage,
        shipment=_there(past, Shipment, shipment) if shipment else None,
        entry=_there(past, Entry, entry) if entry else None,
    )
    known = recorded.date()
    reader = law.reader_on(at, known)
    case = reader.read(facts, 1)
    stood = PastStates(past.ledger, recorded, recorded)
    states = PastOpened(stood, law.law_on(at, known), reader, at, past).of(case)
    return law.decider_on(at, known).decide(case, stage=stage, accounts=states, reasons=reasons)


def _there(past: Past, model: type[AnyThing], pk: str) -> AnyThing:
    found = past.thing(model, pk)
    if found is None:
        raise NotFoundError(model.kind, pk)
    return found
