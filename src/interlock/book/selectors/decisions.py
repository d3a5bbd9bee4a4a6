"""Decisions on what is in the book: by the law of a day, over the accounts as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.cases import Cases
from interlock.book.selectors.accounts import ledger as ledger_now
from interlock.book.selectors.accounts import may_see
from interlock.book.selectors.as_if import AsIfOpened
from interlock.book.selectors.carried import carried
from interlock.book.selectors.present import is_firm
from interlock.book.snapshots import encoded
from interlock.law.deciding.decision import Guarded, to_json
from interlock.law.deciding.legs import AccountState
from interlock.law.deciding.redact import redacted
from interlock.law.terms import AccountTerms
from interlock.ledger import Account

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterator

    from interlock.book.happenings import Rows
    from interlock.book.models import Allocation, Entry, Order, Shipment
    from interlock.book.rights import Actor
    from interlock.book.row_facts import Facts
    from interlock.book.selectors.as_if import Counted
    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compile import Law
    from interlock.law.deciding.decision import Decision, LegState
    from interlock.law.model import Stage
    from interlock.ledger import LedgerStore


OF_ONE_ORDER = ("id", "quantity", "placed_on", "unit_price_usd", "value_usd")
"""What every order has of its own; most laws read none of it."""


class LedgerStates(Mapping[str, AccountState]):
    """The accounts of the book as a decision reads them: each is looked up when it is asked for.

    `periodic` are those that were read and count by period.

    Args:
        ledger: the book's.
        now: the clock.
        held: account -> what the thing that is decided holds there already, in 10^-places units;
            it is room for that thing, if for nobody else.
        past: at what moment, by what was recorded until when; default as they stand now (R8).
    """

    def __init__(
        self,
        ledger: LedgerStore,
        now: dt.datetime,
        *,
        held: Mapping[str, int] | None = None,
        past: tuple[dt.datetime, dt.datetime] | None = None,
    ) -> None:
        self.ledger, self.now = ledger, now
        self.held, self.past = held or {}, past
        self.periodic: set[str] = set()
        self.counted: Counted = {}  # kept for `AsIfOpened`, for as long as what is kept here
        self.undisclosed: dict[tuple[Rows, str], bool] = {}  # the same
        self._found: dict[str, AccountState | None] = {}

    def anew(self) -> LedgerStates:
        """The same, read anew: accounts were opened since, and nothing else happened."""
        again = LedgerStates(self.ledger, self.now, held=self.held, past=self.past)
        again.counted, again.undisclosed = self.counted, self.undisclosed
        return again

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
        if account.terms.period is not None:
            self.periodic.add(name)
        scale = account.scale
        if self.past is not None:
            at, known = self.past
            stood = self.ledger.balance(name, at=at, known=known)
            return AccountState(
                headroom=Fraction(stood.headroom, scale),
                overdue=Fraction(stood.overdue, scale),
                posted=Fraction(stood.debits_posted, scale),
            )
        headroom = self.ledger.headroom([name], now=self.now)[name]
        counters = self.ledger.counters(name, now=self.now)
        late = 0
        if account.terms.may_owe is not None:
            owed = self.ledger.debts(name, now=self.now)
            late = sum(debt.amount for debt in owed if debt.due <= self.now)
        return AccountState(
            headroom=Fraction(headroom + self.held.get(name, 0), scale),
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
    allocation: Allocation | None = None,
    cases: Cases | None = None,
    reasons: bool = True,
    past: tuple[dt.datetime, dt.datetime] | None = None,
    states: Mapping[str, AccountState] | None = None,
) -> Decision:
    """Decide an order, its allocation, one of its shipments or entries.

    Every account as it stands now, or as it stood in the `past`. What the allocation reserved, and
    what the shipment posted, is room for itself: the last unit of a quota may go its way. `states`
    are accounts that somebody read already, for many orders at once.
    """
    promised = allocation or (shipment.allocation if shipment is not None else None)
    held = holding(ledger, promised, shipment) if promised is not None and past is None else None
    facts = (cases or Cases(at)).order(order, stage, shipment=shipment, entry=entry)
    if states is None:
        states = LedgerStates(ledger, now, held=held, past=past)
    return decide_facts(facts, stage, at=at, known=known, states=states, reasons=reasons)


def decide_facts(
    facts: Facts,
    stage: Stage,
    *,
    at: dt.date,
    known: dt.date,
    states: Mapping[str, AccountState],
    reasons: bool = True,
) -> Decision:
    """The same of facts that `Cases` gave; what nobody has drawn on yet counts as if opened now."""
    reader = law.reader_on(at, known)
    case = reader.read(facts, 1)
    if isinstance(states, LedgerStates) and states.past is None:
        states = AsIfOpened(states, law.law_on(at, known), reader, at).of(case)
    return law.decider_on(at, known).decide(case, stage=stage, accounts=states, reasons=reasons)


class Alike:
    """Decisions of many orders over the same accounts, one for all that the law cannot tell apart.

    Args:
        law: that decides them.
    """

    def __init__(self, law: Law) -> None:
        self._unread = frozenset(x for x in OF_ONE_ORDER if f"order.{x}" not in law.reads)
        self._kept: dict[str, Decision] = {}

    def decided(self, facts: Facts, decide: Callable[[], Decision]) -> Decision:
        """The decision of a case like this one, made now if there is none; its id may be another's.

        Args:
            facts: as `Cases` gave them.
            decide: makes the decision.
        """
        own = {name: value for name, value in facts["order"].items() if name not in self._unread}
        key = encoded({**facts, "id": "", "order": own})
        if key not in self._kept:
            self._kept[key] = decide()
        return self._kept[key]

    def forget(self) -> None:
        """Accounts have changed: what was decided over them holds no more."""
        self._kept.clear()


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


def group_of(allocation: Allocation) -> str:
    """The ledger's reservation of an allocation: one linked group over all its accounts."""
    return f"reserve/{allocation.pk}"


def holding(
    ledger: LedgerStore, allocation: Allocation, shipment: Shipment | None = None
) -> dict[str, int]:
    """What an allocation still has reserved, and what its shipment has posted, by account.

    What was carried onto an account that began after it is room for it, too. Amounts are in
    10^-places units of each account.
    """
    held: dict[str, int] = {}
    for drawn in carried(ledger, allocation):
        held[drawn.account] = held.get(drawn.account, 0) + drawn.amount - drawn.reversed
    for row in ledger.reservations(group_of(allocation)):
        held[row.account] = held.get(row.account, 0) + row.remaining
    if shipment is not None and shipment.posted:
        for drawn in ledger.draws(shipment.posted):
            held[drawn.account] = held.get(drawn.account, 0) + drawn.amount - drawn.reversed
    # An account keyed by period is asked for by its plain name.
    for name in list(held):
        base, mark, _ = name.rpartition("@")
        if mark:
            held[base] = held.get(base, 0) + held[name]
    return held


def shown(decision: Decision, actor: Actor) -> dict[str, Any]:
    """A decision in its stable form, as an actor may see it.

    A firm sees the accounts that count for itself; those of the other side of its trade, such as
    what the seller may still export or has in stock, are to it another limit (R11).
    """
    if actor.gate or actor.itself or "auditor" in actor.roles:
        viewer = viewer_of(actor)
        known = {f"officer:{one.gate}" for one in decision.gates} | {"holder"}
        # The law of the day has nothing at this officer's gate: to it they are the public.
        return to_json(redacted(decision, viewer if viewer in known else "public"))
    return to_json(redacted(for_firm(decision, actor), viewer_of(actor)))


def for_firm(decision: Decision, actor: Actor) -> Decision:
    """The decision with the accounts of others kept for the officers of their gates."""
    return without(decision, others_accounts(decision, actor))


def others_accounts(decision: Decision, actor: Actor) -> frozenset[str]:
    """The accounts on a case's way that a firm may not see; none are hidden from an office here."""
    if not is_firm(actor):
        return frozenset()
    store = ledger_now()
    named = ((leg, store.account(leg.account)) for leg in decision.legs if leg.account)
    return frozenset(
        leg.account for leg, account in named if not may_see(actor, account or _as_opened(leg))
    )


def _as_opened(leg: LegState) -> Account:
    """The account that a leg draws on, as it would be opened; nobody has drawn on it yet."""
    name = leg.account.partition("?")[0]
    terms = AccountTerms(name, leg.unit, visible_to=leg.visible_to)
    return Account(leg.account, terms, "", "", "", "", 0)


def without(decision: Decision, accounts: Collection[str]) -> Decision:
    """The decision with some accounts kept for the officers of their gates."""
    legs, limits, closed = [], list(decision.readers.limits), set()
    for leg in decision.legs:
        if leg.account not in accounts:
            legs.append(leg)
            continue
        officers = (f"officer:{leg.gate}",)
        legs.append(replace(leg, visible_to=officers))
        limits.append(Guarded(leg.gate, frozenset({officers})))
        closed.add((leg.gate, leg.item))
    findings = tuple(
        replace(one, visible_to=(f"officer:{one.gate}",))
        if one.kind == "account" and (one.gate, one.item) in closed
        else one
        for one in decision.findings
    )
    readers = replace(decision.readers, limits=tuple(limits))
    return replace(decision, legs=tuple(legs), findings=findings, readers=readers)


__all__ = [
    "LedgerStates",
    "decide",
    "decide_case",
    "failing",
    "for_firm",
    "group_of",
    "holding",
    "others_accounts",
    "shown",
    "viewer_of",
    "without",
]
