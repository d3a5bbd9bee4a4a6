"""Accounts as a law opens and fills them, over a ledger in memory, from what happened so far.

The same order of things as the book's own: an account is opened when something first credits it or
somebody first draws on it, and then counts all that the law counts for it so far.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.law.deciding.credits import PERIOD, STANDING, CreditDue, credits_of
from interlock.law.deciding.legs import AccountState, keys_of
from interlock.ledger import Adjust, ConflictError, Grant, Ledger, OpenAccount, Why
from interlock.ledger.amounts import period_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import AccountPlan
    from interlock.law.deciding.decision import LegState
    from interlock.replay.reading import Facts, Reading

ISSUED = "licence.issued"


@dataclass(frozen=True)
class Happened:
    """An event that accounts may count, as it stands by now.

    Attributes:
        event: of the vocabulary's events; `cause`: the thing behind it.
        day: on which it took effect.
        cases: facts, with the units it is about; a licence has one for all holders and one each.
    """

    event: str
    cause: str
    day: dt.date
    cases: tuple[tuple[Facts, int | None], ...]


@dataclass
class Moment:
    """When and by which law something is done.

    Attributes:
        law: that binds.
        day: whose law it is.
        effective, recorded: of the book; the ledger's clock is `recorded`.
    """

    law: Law
    day: dt.date
    effective: dt.datetime
    recorded: dt.datetime


@dataclass
class Opening:
    """A ledger, and what happened so far that a law may count on it."""

    reading: Reading
    ledger: Ledger = field(default_factory=Ledger)
    happened: dict[str, Happened] = field(default_factory=dict)
    undisclosed: frozenset[str] = frozenset()
    written: int = 0
    _dues: dict[tuple[int, int], dict[str, CreditDue]] = field(default_factory=dict)

    def next_id(self) -> str:
        """A fresh id for a change."""
        self.written += 1
        return f"replay/{self.written}"

    def why(self, cause: str, moment: Moment, effective: dt.datetime | None = None) -> Why:
        """Why a change is made."""
        return Why("replay", "replayed", cause or "replay", effective or moment.effective)

    # -- events -----------------------------------------------------------------------------------

    def happen(self, one: Happened, moment: Moment) -> None:
        """Credit what an event credits, or correct what it credited before by its new state."""
        before = self.happened.get(one.cause)
        old = {} if before is None else self.dues_of(before, moment.law)
        new = self.dues_of(one, moment.law)
        self.happened.pop(one.cause, None)
        for name in dict.fromkeys((*new, *old)):
            due = new.get(name) or old[name]
            if due.amount is None:
                continue
            opened = self.open(name, due.plan, moment, parent=due.parent, cause=one.cause)
            had = Fraction(0) if opened or name not in old else old[name].amount or Fraction(0)
            if name in new:
                amount = due.amount - had
            elif one.event == ISSUED:  # a holder who left gives back what nobody drew
                amount = -min(had, self.headroom(name, moment))
            else:
                amount = -had
            self.post(due, amount, moment, cause=one.cause)
        self.happened[one.cause] = one

    def restate(self, found: Iterable[Happened]) -> None:
        """What happened so far as it stands now; nothing is credited by that alone."""
        self.happened = {one.cause: one for one in found}

    def dues_of(self, one: Happened, law: Law) -> dict[str, CreditDue]:
        """What an event credits by a law, by account: what all share comes before what each has."""
        key = (id(one), id(law))
        if key not in self._dues:
            found: dict[str, CreditDue] = {}
            for facts, quantity in one.cases:
                case = self.reading.case(facts, law)
                own: dict[str, CreditDue] = {}
                for due in credits_of(law, one.event, case, quantity):
                    own[due.account] = _and(own.get(due.account), due)
                found = own | found
            self._dues[key] = found
            self._alive.append(one)  # an id stands for a thing as long as the thing is there
        return self._dues[key]

    _alive: list[Happened] = field(default_factory=list)

    def so_far(self, law: Law, until: dt.date) -> Iterator[tuple[Happened, CreditDue]]:
        """Everything that a law credits for what happened by a day."""
        for one in self.happened.values():
            if one.day <= until:
                for due in self.dues_of(one, law).values():
                    yield one, due

    # -- accounts ---------------------------------------------------------------------------------

    def open(
        self, account: str, plan: AccountPlan, moment: Moment, *, parent: str, cause: str
    ) -> bool:
        """Open an account that is not open, and credit what the law counts for it so far."""
        if self.ledger.account(account) is not None:
            return False
        if parent:
            above = self.plan_of(parent, moment.law)
            if above is not None:
                self.open(parent, above, moment, parent="", cause=cause)
        opening = OpenAccount(
            self.next_id(), self.why(cause, moment), account, plan.terms, "", parent
        )
        self.ledger.apply(opening, now=moment.recorded)
        for past, due in self.so_far(moment.law, moment.day):
            if due.account == account and due.amount is not None and past.cause != cause:
                self.post(due, due.amount, moment, cause=past.cause, day=past.day)
        return True

    def post(
        self,
        due: CreditDue,
        amount: Fraction,
        moment: Moment,
        *,
        cause: str,
        day: dt.date | None = None,
    ) -> None:
        """Grant an amount, or take one back as a fact."""
        began = moment.effective
        if day is not None:
            began = min(dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC), began)
        why = self.why(cause, moment, began)
        if amount > 0:
            grant = Grant(self.next_id(), why, due.account, amount, due.regime)
            self.ledger.apply(grant, now=moment.recorded)
        elif amount < 0:
            adjust = Adjust(self.next_id(), why, due.account, amount)
            self.ledger.apply(adjust, now=moment.recorded)

    def prepare(self, legs: Iterable[LegState], case: Case, moment: Moment, *, cause: str) -> bool:
        """Open what a case draws on, and fill periods that began since; whether anything was."""
        found, changed = list(legs), False
        standing = {
            due.account: (event, due)
            for event in STANDING
            for due in credits_of(moment.law, event, case)
        }
        for leg in reversed(found):  # the whole comes after its part, and is opened before it
            if not leg.account:
                continue
            event, due = standing.get(leg.account, ("", None))
            if self.ledger.account(leg.account) is None:
                plan = self.plan_of(leg.account, moment.law)
                if plan is None or self.is_undisclosed(plan, leg.account):
                    continue
                parent = next((one.account for one in found if one.of == leg.account), "")
                changed |= self.open(leg.account, plan, moment, parent=parent, cause=cause)
                if due is not None and due.amount is not None and event != PERIOD:
                    self.post(due, due.amount, moment, cause=cause)
            if due is not None and event == PERIOD:
                changed |= self.begin_period(due, moment, cause=cause)
        return changed

    def begin_period(self, due: CreditDue, moment: Moment, *, cause: str) -> bool:
        """Credit what a period begins with, once for each period."""
        terms = due.plan.terms
        if not due.amount or due.amount < 0:
            return False
        key = (
            period_key(terms.period.name, moment.effective, terms.timezone) if terms.period else ""
        )
        why = self.why(cause, moment)
        grant = Grant(f"period/{due.account}@{key}", why, due.account, due.amount, due.regime)
        try:
            self.ledger.apply(grant, now=moment.recorded)
        except ConflictError:
            return False
        return True

    def plan_of(self, account: str, law: Law) -> AccountPlan | None:
        """The law's plan of a keyed account."""
        name = account.partition("?")[0]
        plans = (plan for regime in law.regimes for plan in regime.accounts)
        return next((plan for plan in plans if plan.terms.name == name), None)

    def is_undisclosed(self, plan: AccountPlan, account: str) -> bool:
        """Whether a licence credits the account by an amount that nobody disclosed (R5)."""
        if not any(on == ISSUED for on, _, _ in plan.credits):
            return False
        return keys_of(account).get("licence", "") in self.undisclosed

    def headroom(self, account: str, moment: Moment) -> Fraction:
        """What permissions can still reserve, in account units; 0 if it is not open."""
        found = self.ledger.account(account)
        if found is None:
            return Fraction(0)
        free = self.ledger.headroom([account], now=moment.recorded)[account]
        return Fraction(free, found.scale)


class States(Mapping[str, AccountState]):
    """The accounts as a decision reads them: those that are open, and others as they would be.

    Args:
        opening: the ledger.
        moment: when.
        case: what is decided.
        held: account -> what the decided thing holds there already, in 10^-places units.
    """

    def __init__(
        self, opening: Opening, moment: Moment, case: Case, held: Mapping[str, int]
    ) -> None:
        self.opening, self.moment, self.case, self.held = opening, moment, case, held
        self.periodic: set[str] = set()
        self._found: dict[str, AccountState | None] = {}

    def __getitem__(self, name: str) -> AccountState:
        if name not in self._found:
            open_already = self.opening.ledger.account(name) is not None
            self._found[name] = self._open(name) if open_already else self._as_if(name)
        state = self._found[name]
        if state is None:
            raise KeyError(name)
        return state

    def __iter__(self) -> Iterator[str]:
        return (account.id for account in self.opening.ledger.accounts())

    def __len__(self) -> int:
        return len(self.opening.ledger.accounts())

    def __bool__(self) -> bool:
        return True

    def _open(self, name: str) -> AccountState:
        ledger, now = self.opening.ledger, self.moment.recorded
        account = ledger.account(name)
        assert account is not None  # noqa: S101 - the caller looked
        if account.terms.period is not None:
            self.periodic.add(name)
        late = 0
        if account.terms.may_owe is not None:
            late = sum(x.amount for x in ledger.debts(name, now=now) if x.due <= now)
        free = ledger.headroom([name], now=now)[name] + self.held.get(name, 0)
        counters = ledger.counters(name, now=now)
        return AccountState(
            headroom=Fraction(free, account.scale),
            overdue=Fraction(late, account.scale),
            posted=Fraction(counters.debits_posted, account.scale),
        )

    def _as_if(self, name: str) -> AccountState | None:
        law = self.moment.law
        plan = self.opening.plan_of(name, law)
        if plan is None or self.opening.is_undisclosed(plan, name):
            return None
        due = [
            one.amount
            for event in STANDING
            for one in credits_of(law, event, self.case)
            if one.account == name
        ]
        if None in due:
            return None
        standing = sum((amount for amount in due if amount is not None), Fraction(0))
        past = sum(
            (
                one.amount or Fraction(0)
                for _, one in self.opening.so_far(law, self.moment.day)
                if one.account == name
            ),
            Fraction(0),
        )
        owed = plan.terms.may_owe.amount if plan.terms.may_owe is not None else Fraction(0)
        above = standing + past - (plan.terms.floor - owed)
        return AccountState(max(above, Fraction(0)))


def _and(one: CreditDue | None, other: CreditDue) -> CreditDue:
    """Two credits of one event on one account; what is not disclosed makes both so."""
    if one is None:
        return other
    if one.amount is None or other.amount is None:
        return replace(one, amount=None)
    return replace(one, amount=one.amount + other.amount)


def amounts_of(opening: Opening, now: dt.datetime) -> dict[str, dict[str, Any]]:
    """Every account at the end: credited, reserved, posted, what is left; in account units."""
    found: dict[str, dict[str, Any]] = {}
    for account in opening.ledger.accounts():
        counters = opening.ledger.counters(account.id, now=now)
        found[account.id] = {
            "unit": account.terms.unit,
            "credited": Fraction(counters.credits_posted, account.scale),
            "reserved": Fraction(counters.debits_pending, account.scale),
            "posted": Fraction(counters.debits_posted, account.scale),
            "headroom": Fraction(counters.headroom, account.scale),
        }
    return found
