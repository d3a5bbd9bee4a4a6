"""Decisions on what is in the book: by the law of a day, over the accounts as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.cases import Cases
from interlock.law.deciding.decision import to_json
from interlock.law.deciding.legs import AccountState
from interlock.law.deciding.redact import redacted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from interlock.book.models import Entry, Order, Shipment
    from interlock.book.rights import Actor
    from interlock.law.cases.reader import Case
    from interlock.law.deciding.decision import Decision
    from interlock.law.model import Stage
    from interlock.ledger import LedgerStore


class LedgerStates(Mapping[str, AccountState]):
    """The accounts of the book as a decision reads them: each is looked up when it is asked for."""

    def __init__(self, ledger: LedgerStore, now: dt.datetime) -> None:
        self.ledger, self.now = ledger, now
        self._found: dict[str, AccountState | None] = {}

    def __getitem__(self, name: str) -> AccountState:
        if name not in self._found:
            self._found[name] = self._read(name)
        found = self._found[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (account.id for account in self.ledger.accounts())

    def __len__(self) -> int:
        return len(self.ledger.accounts())

    def __bool__(self) -> bool:
        return True  # a book without accounts is a book all the same

    def _read(self, name: str) -> AccountState | None:
        account = self.ledger.account(name)
        if account is None:
            return None
        scale = account.scale
        headroom = self.ledger.headroom([name], now=self.now)[name]
        counters = self.ledger.counters(name, now=self.now)
        late = 0
        if account.terms.may_owe is not None:
            owed = self.ledger.debts(name, now=self.now)
            late = sum(debt.amount for debt in owed if debt.due <= self.now)
        return AccountState(
            headroom=Fraction(headroom, scale),
            overdue=Fraction(late, scale),
            posted=Fraction(counters.debits_posted, scale),
        )


def viewer_of(actor: Actor) -> str:
    """Whose eyes a decision is shown to (R11): officers of a gate, or the holder of the case."""
    return f"officer:{actor.gate}" if actor.gate else "holder"


def decide(
    ledger: LedgerStore,
    order: Order,
    stage: Stage,
    *,
    at: dt.date,
    known: dt.date,
    now: dt.datetime,
    shipment: Shipment | None = None,
    entry: Entry | None = None,
    cases: Cases | None = None,
    reasons: bool = True,
) -> Decision:
    """Decide an order, one of its shipments or entries, with every account as it stands."""
    facts = (cases or Cases(at)).order(order, stage, shipment=shipment, entry=entry)
    case = law.reader_on(at, known).read(facts, 1)
    decider = law.decider_on(at, known)
    return decider.decide(
        case,
        stage=stage,
        accounts=LedgerStates(ledger, now),
        reasons=reasons,
    )


def decide_case(case: Case, stage: Stage, *, at: dt.date, known: dt.date) -> Decision:
    """Decide a case by the law alone, without accounts: an application draws nothing."""
    return law.decider_on(at, known).decide(case, stage=stage)


def failing(decision: Decision, gate: str) -> dict[str, Any]:
    """What a gate makes of a case: its verdict, and each rule that fails or is not known."""
    verdicts = {one.gate: one.verdict for one in decision.gates}
    found: dict[str, Any] = {"verdict": verdicts.get(gate, "open")}
    for outcome in ("fail", "unknown"):
        found[outcome] = [
            f"{one.regime}/{one.item}"
            for one in decision.findings
            if one.gate == gate and one.outcome == outcome
        ]
    found["regimes"] = dict(decision.regimes)
    return found


def shown(decision: Decision, actor: Actor) -> dict[str, Any]:
    """A decision in its stable form, as an actor may see it."""
    return to_json(redacted(decision, viewer_of(actor)))


__all__ = ["LedgerStates", "decide", "decide_case", "failing", "shown", "viewer_of"]
