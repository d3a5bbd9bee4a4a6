"""Who of a run may share, and on what each draws: its orders decided one after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from interlock.book import law
from interlock.book.cases import PARTY_ROLES, Cases
from interlock.book.models import Order, Party, Product
from interlock.book.selectors.accounts import may_see
from interlock.book.selectors.decisions import Alike, LedgerStates, decide_facts
from interlock.book.services.accounts import prepare_legs
from interlock.files import BadInputError
from interlock.files.phrases import Phrase, phrase, phrases
from interlock.law.deciding.redact import ANOTHER_LIMIT

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

    from interlock.book.acting import Act
    from interlock.law.deciding.decision import Decision, LegState

ROLES = ("supplier", *PARTY_ROLES)


@dataclass
class Asking:
    """One order of a run: what it still wants, on what it draws, and why not, if so."""

    order: Order
    wanted: int
    verdict: str = ""
    legs: list[LegState] = field(default_factory=list)
    refused: Phrase | None = None


def with_parties(rows: QuerySet[Order]) -> list[Order]:
    """Orders with their product and parties, each of which is read once for all of them."""
    orders = list(rows)
    named = {getattr(one, f"{role}_id") for one in orders for role in ROLES} - {None}
    parties, products = (
        Party.objects.in_bulk(named),
        Product.objects.in_bulk({one.product_id for one in orders}),
    )
    for one in orders:
        one.product = products[one.product_id]
        for role in ROLES:
            if getattr(one, f"{role}_id") is not None:
                setattr(one, role, parties[getattr(one, f"{role}_id")])
    return orders


class Desk:
    """Decides orders of one run, one after another, over accounts that are read once.

    Orders that differ in nothing that the law reads are decided once.
    """

    def __init__(self, act: Act, at: dt.date, *, agreed: bool) -> None:
        self.act, self.at, self.agreed = act, at, agreed
        self.alike = Alike(law.law_on(at, act.now.date()))
        self.cases = Cases(at)
        self.states = LedgerStates(act.ledger, act.now)
        self.begun: set[str] = set()
        self.opened: set[str] = set()

    def ask(self, one: Asking) -> None:
        """Decide an order; fill in its legs, or why it cannot share."""
        try:
            decision = self.decide(one.order)
        except BadInputError as error:  # by the law of another day its facts could be read
            wrong = error.faults[0].wrong
            one.refused = phrase("a fact on file cannot be read: {why}; mend it", why=wrong)
            return
        if self.prepare(one.order, decision):
            self.states = self.states.anew()
            self.alike.forget()
            decision = self.decide(one.order)
        one.verdict = decision.if_agreed if self.agreed else decision.verdict
        one.legs = [leg for leg in decision.legs if self.agreed or not leg.pending]
        one.refused = self.why_not(decision, one)
        if decision.verdict != "open" and one.verdict == "open":
            one.verdict = "unknown"  # what is agreed only as drafted is provisional (R1)

    def prepare(self, order: Order, decision: Decision) -> bool:
        """Open what the order draws on and nobody drew on before; begin periods; whether it did."""
        drawn = {leg.account for leg in decision.legs if leg.account}
        self.opened |= {x for x in drawn - self.opened if self.act.ledger.account(x) is not None}
        new = (drawn - self.opened) | (self.states.periodic & drawn)
        if self.at != self.act.today or new <= self.begun:
            return False
        self.begun |= new
        facts = self.cases.order(order, "allocation")
        case = law.reader_on(self.at, self.act.now.date()).read(facts, 1)
        return prepare_legs(self.act, decision.legs, case, cause=f"order/{order.pk}")

    def decide(self, order: Order) -> Decision:
        """The decision for allocation, of this order or of one that is like it."""
        facts = self.cases.order(order, "allocation")
        return self.alike.decided(
            facts,
            lambda: decide_facts(
                facts, "allocation", at=self.at, known=self.act.now.date(), states=self.states,
                reasons=False,
            ),
        )  # fmt: skip

    def why_not(self, decision: Decision, one: Asking) -> Phrase | None:
        """Why an order cannot share, in words that its supplier may read (R11)."""
        if one.verdict == "shut":
            verdicts = [(x.gate, x.if_agreed if self.agreed else x.verdict) for x in decision.gates]
            shut = phrases(gate for gate, how in verdicts if how == "shut")
            return phrase("a gate is shut: {gates}", gates=shut)
        if not one.legs:
            return phrase("it draws on no account")
        for leg in one.legs:
            if leg.headroom is None or leg.factor is None or leg.why:
                why = leg.why or phrase("its balance is not known")
                return phrase("{account}: {why}", account=self.name_of(leg), why=why)
        return None

    def name_of(self, leg: LegState) -> str:
        """An account by its name, if the actor may know it."""
        account = self.act.ledger.account(leg.account) if leg.account else None
        if account is not None and may_see(self.act.actor, account):
            return leg.account
        return phrase("{limit} at the gate {gate}", limit=ANOTHER_LIMIT, gate=leg.gate)
