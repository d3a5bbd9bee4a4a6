"""An episode put into a book: accounts opened and credited by the law, orders decided and shared.

Nothing here knows a rule: which accounts exist, what credits them, what an order draws and whether
it may are asked of the compiled law; how much each gets, of the sharing kernel; whether it still
fits, of the ledger.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.episode.cases import cases as case_facts
from interlock.law.cases.reader import Case, CaseReader
from interlock.law.deciding.credits import STANDING, credits_of
from interlock.law.deciding.decide import Decider
from interlock.law.terms import Leg
from interlock.ledger import Approve, Grant, OpenAccount, Reserve, Why
from interlock.sharing import Line, make_problem, share
from interlock.store.open import states_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.episode.model import Episode
    from interlock.law.compiling.compiled import AccountPlan
    from interlock.law.deciding.credits import CreditDue
    from interlock.law.deciding.decision import Decision, LegState
    from interlock.law.deciding.legs import AccountState
    from interlock.law.library import Library
    from interlock.law.model import Stage
    from interlock.ledger import Approved, LedgerStore
    from interlock.sharing import Result

ACTOR = "episode"
RULE = "proportional"


@dataclass(frozen=True)
class Event:
    """Something that happened and that an account may be credited for."""

    name: str
    cause: str
    day: dt.date
    facts: dict[str, Any]
    quantity: int | None


@dataclass(frozen=True)
class Shared:
    """One sharing run over the lines that may draw."""

    result: Result
    decisions: dict[str, Decision]
    approved: Approved | None


def events(episode: Episode, variant: str) -> Iterator[Event]:
    """What credits accounts in an episode, oldest first."""
    found = [
        Event(
            "licence.issued",
            f"licence/{licence.id}",
            licence.issued_on,
            {"licence": {licence.gate: _licence_facts(licence, episode)}},
            None,
        )
        for licence in episode.licences_in(variant)
        if licence.issued and licence.issued_on is not None
    ]
    found += [
        Event(
            "stock.received", f"stock/{lot.lot}", lot.received_on, _of(episode, lot), lot.quantity
        )
        for lot in episode.stock
    ]
    found += [
        Event(
            "domestic_shipment",
            f"shipment/{number}/{shipped.customer}",
            shipped.last_day,
            _of(episode, shipped) | {"exporter": {"id": shipped.exporter}},
            shipped.quantity,
        )
        for number, shipped in enumerate(episode.domestic_shipments, start=1)
    ]
    return iter(sorted(found, key=lambda event: (event.day, event.cause)))


def _of(episode: Episode, item: Any) -> dict[str, Any]:
    return {"product": {"name": episode.products[item.product].product.name}}


def _licence_facts(licence: Any, episode: Episode) -> dict[str, Any]:
    facts: dict[str, Any] = {"id": licence.id, "issued": True, "issued_on": licence.issued_on}
    if licence.quantity is not None and licence.quantity.amount is not None:
        facts["quantity"] = int(licence.quantity.amount)
    for key in ("kind", "group", "round", "destination"):
        if getattr(licence, key):
            facts[key] = getattr(licence, key)
    facts["products"] = [episode.products[name].product.name for name in licence.products]
    return facts


class Desk:
    """An episode, a library of law and a book, worked together at one day.

    Args:
        episode: the facts.
        library: the law.
        book: an empty ledger store.
        variant: the reading of what the reports leave open.
        at: the day; what was public by then is known.
        known: another day until which things were public; for a what-if with `assumed`.
        assumed: proposed versions to switch on.
    """

    def __init__(
        self,
        episode: Episode,
        library: Library,
        book: LedgerStore,
        variant: str,
        at: dt.date,
        *,
        known: dt.date | None = None,
        assumed: frozenset[str] = frozenset(),
    ) -> None:
        self.episode, self.library, self.book = episode, library, book
        self.variant, self.at = variant, at
        self.now = dt.datetime.combine(at, dt.time(12), tzinfo=dt.UTC)
        self.law = library.law(at, known, assumed)
        self.decider = Decider(self.law, library.claims)
        self.reader = CaseReader(library.checked, self.law.vocabulary)
        self.undisclosed: set[str] = set()
        self._standing: set[str] = set()

    # -- load -----------------------------------------------------------------------------------

    def load(self) -> int:
        """Open and credit the accounts that the episode's events reach; the number of credits."""
        credited = 0
        for number, event in enumerate(events(self.episode, self.variant), start=1):
            if event.day > self.at:
                continue
            case = self.reader.read(event.facts, number)
            for due in credits_of(self.law, event.name, case, event.quantity):
                self._credit(due, event)
                credited += due.amount is not None
        for case in self.cases("allocation"):
            for standing in STANDING:
                for due in credits_of(self.law, standing, case):
                    if due.account not in self._standing:
                        self._standing.add(due.account)
                        self._credit(due, Event(standing, f"law/{standing}", self.at, {}, None))
                        credited += due.amount is not None
            legs = self.decider.decide(case, stage="allocation", reasons=False).legs
            for leg in legs:
                self._open_for(leg, legs, case)
        return credited

    def _credit(self, due: CreditDue, event: Event) -> None:
        if due.amount is None:
            # The account exists and its amount is not disclosed: it stays out of the book, and
            # whoever draws on it learns that the greatest quantity is not known (R5).
            self.undisclosed.add(due.account)
            return
        self._open(due.account, due.plan, due.parent, event.cause)
        grant = Grant(
            id=f"{event.cause}/{due.account}",
            why=self._why(f"{event.name}: {due.plan.says}", event.cause, event.day),
            account=due.account,
            amount=due.amount,
            regime=due.regime,
        )
        self.book.apply(grant, now=self.now)

    def _open(self, account: str, plan: AccountPlan, parent: str, cause: str) -> None:
        if self.book.account(account) is not None:
            return
        if parent and self.book.account(parent) is None:
            self._open(parent, self._plan(parent), "", cause)
        change = OpenAccount(
            id=f"open/{account}",
            why=self._why(plan.says, cause, self.at),
            account=account,
            terms=plan.terms,
            parent=parent,
        )
        self.book.apply(change, now=self.now)

    def _open_for(self, leg: LegState, legs: tuple[LegState, ...], case: Case) -> None:
        """An account that orders draw on and nothing has credited yet stands at zero."""
        if leg.account and leg.account not in self.undisclosed:
            parent = next((one.account for one in legs if one.of == leg.account), "")
            self._open(leg.account, self._plan(leg.account), parent, f"order/{case.id}")

    def _plan(self, account: str) -> AccountPlan:
        name = account.partition("?")[0]
        plans = (plan for regime in self.law.regimes for plan in regime.accounts)
        return next(plan for plan in plans if plan.terms.name == name)

    def _why(self, reason: str, cause: str, day: dt.date) -> Why:
        effective = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
        return Why(ACTOR, reason or cause, cause, min(effective, self.now))

    # -- decide ---------------------------------------------------------------------------------

    def cases(self, stage: Stage) -> Iterator[Case]:
        """The episode's order lines as cases."""
        given = case_facts(self.episode, variant=self.variant, stage=stage, at=self.at)
        for number, facts in enumerate(given, start=1):
            yield self.reader.read(facts, number)

    def states(self) -> dict[str, AccountState]:
        """The accounts of the book."""
        return states_of(self.book, self.now)

    def decide(self, stage: Stage = "allocation", *, reasons: bool = True) -> list[Decision]:
        """Every order decided against the law of the day and the book."""
        states = self.states()
        return [
            self.decider.decide(case, stage=stage, accounts=states, reasons=reasons)
            for case in self.cases(stage)
        ]

    # -- share and reserve ----------------------------------------------------------------------

    def share(
        self, decisions: Iterable[Decision], *, agreed: bool = False, post: bool = False
    ) -> Shared | None:
        """Share among the lines that no gate shuts, whole chips, and reserve what each got.

        Lines whose gates are unknown draw provisionally (R1): flagged, revocable, and not to be
        posted before they are open. Lines with an account whose balance is not known cannot share.

        Args:
            decisions: of the episode's orders.
            agreed: as if pending conditions were agreed as drafted: their accounts bind too.
            post: reserve in the book; else the run is only computed.

        Returns:
            None where no line may draw.
        """
        asked = {line.id: line.quantity for line in self.episode.orders}
        chosen: dict[str, tuple[Decision, list[LegState]]] = {}
        for decision in decisions:
            legs = [leg for leg in decision.legs if agreed or not leg.pending]
            verdict = decision.if_agreed if agreed else decision.verdict
            if verdict != "shut" and legs and all(leg.headroom is not None for leg in legs):
                chosen[decision.id] = decision, legs
        if not chosen:
            return None
        names = dict.fromkeys(leg.account for _, legs in chosen.values() for leg in legs)
        pins = self.book.pin(names, now=self.now)
        headroom = self.book.headroom(names, now=self.now)
        scales = {name: self.book.account(name).scale for name in names}  # type: ignore[union-attr]
        problem = make_problem(
            [Line(order, asked[order]) for order in chosen],
            [
                (order, leg.account, (leg.factor or Fraction(1)) * scales[leg.account])
                for order, (_, legs) in chosen.items()
                for leg in legs
            ],
            headroom,
            ledger_version=str(max((pin.seq for pin in pins), default=0)),
        )
        result = share(problem, RULE, whole=True, seed=0)
        approved = None
        if post:
            lines = tuple(self._reservations(result, chosen))
            run = Approve(
                id=f"run/{problem.digest[:16]}",
                why=self._why(f"sharing run by {RULE}", f"run/{problem.digest[:16]}", self.at),
                pins=pins,
                lines=lines,
            )
            approved = self.book.approve(run, now=self.now)
        return Shared(result, {name: decision for name, (decision, _) in chosen.items()}, approved)

    def _reservations(
        self, result: Result, chosen: dict[str, tuple[Decision, list[LegState]]]
    ) -> Iterator[Reserve]:
        for order, awarded in zip(result.problem.orders, result.awarded.tolist(), strict=True):
            if not awarded:
                continue
            decision, legs = chosen[order]
            digests = ",".join(f"{one.id}@{one.digest[:12]}" for one in self.law.regimes)
            yield Reserve(
                id=f"reserve/{order}",
                why=self._why("allocated by the sharing run", f"order/{order}", self.at),
                legs=tuple(
                    Leg(leg.account, leg.factor or Fraction(1), leg.reserve, leg.post)  # type: ignore[arg-type]
                    for leg in legs
                    if not leg.of
                ),
                quantity=int(awarded),
                regime=digests,
                provisional=decision.verdict != "open",
            )
