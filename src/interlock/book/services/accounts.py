"""Accounts opened and credited as the law says, when something happens that it counts.

No rule stands here: which accounts exist, what credits them and by how much is asked of the
compiled law (`credits_of`), and what an order draws of its decision's legs.

An account is opened when something first credits it or somebody first draws on it. It then counts
all that the law counts for it so far: what stands from the start, and what happened in the book
before the law that counts it began to bind.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.happenings import is_undisclosed, so_far
from interlock.law.deciding.credits import PERIOD, STANDING, credits_of
from interlock.ledger import Adjust, ConflictError, Grant, InvalidChangeError, OpenAccount
from interlock.ledger.amounts import period_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.acting import Act
    from interlock.book.models import Thing
    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compiled import AccountPlan
    from interlock.law.deciding.credits import CreditDue
    from interlock.law.deciding.decision import LegState
    from interlock.ledger import Answer


def credit(
    act: Act,
    event: str,
    facts: dict[str, Any],
    *,
    cause: str,
    quantity: int | None = None,
    times: Fraction = Fraction(1),
    about: Thing | None = None,
    at: dt.date | None = None,
    corrects: bool = False,
) -> list[CreditDue]:
    """Credit every account that an event credits by the law of the act's day.

    Call it before the event is written to the book's rows as having happened, or after: what is
    behind `cause` is not counted twice when an account is opened by it.

    Args:
        act: who acts, and when.
        event: of the vocabulary's events, e.g. `licence.issued`.
        facts: the case of the event: the licence by its gate, the product, the parties.
        cause: the thing behind it, e.g. `licence/L-1`.
        quantity: units that the event is about, for events that have one.
        times: which part of it counts; negative takes back, as a fact that is never refused.
        about: the thing that a fact is told of; where it passes a floor, a discrepancy about it is
            opened for its owners, and shuts draws until it is settled (R3).
        at: the day whose law is asked; default the act's. A law that binds by now counts what came
            before it, so a late report is asked of today's law.
        corrects: the thing behind `cause` stands corrected in the book's rows already, so an
            account that is opened only now counts it as it stands and needs no correction.

    Returns:
        What was due; an amount of None is not disclosed, and its account stays out of the book.
    """
    day = at or act.today
    found = list(credits_of(_law(act, day), event, _case(act, facts, day), quantity))
    for due in found:
        if due.amount is None:
            continue
        behind = "" if corrects else cause
        opened = _open(
            act, due.account, due.plan, parent=due.parent, cause=cause, behind=behind, day=day
        )
        if opened and corrects:
            continue
        reason = f"{event}: {due.plan.says}"
        answer = _post(act, due, due.amount * times, cause=cause, reason=reason)
        if answer is not None and about is not None:
            _breached(act, answer, about)
    return found


def move_credit(act: Act, due: CreditDue, amount: Fraction, event: str, *, cause: str) -> None:
    """Credit an account of the law by an amount, opened if need be; a negative one takes back."""
    _open(act, due.account, due.plan, parent=due.parent, cause=cause)
    _post(act, due, amount, cause=cause, reason=f"{event}: {due.plan.says}")


def _breached(act: Act, answer: Answer, about: Thing) -> None:
    """A fact passed a floor: the ledger shut the account, and somebody has to settle it (R3)."""
    from interlock.book.services.discrepancies import open_discrepancy  # noqa: PLC0415 - a circle

    for transfer in answer.transfers:
        if transfer.kind == "breach":
            open_discrepancy(
                act,
                about,
                ledger_id=transfer.id,
                parties=about.owners(),
                message=f"{transfer.account} is passed",
                ours={"over": 0},
                theirs={"over": transfer.amount},
            )


def _law(act: Act, day: dt.date) -> law.Law:
    return law.law_on(day, act.now.date())


def _case(act: Act, facts: dict[str, Any], day: dt.date) -> Case:
    return law.reader_on(day, act.now.date()).read(facts, 1)


def _post(
    act: Act,
    due: CreditDue,
    amount: Fraction,
    *,
    cause: str,
    reason: str,
    day: dt.date | None = None,
) -> Answer | None:
    """Grant an amount, or take one back as a fact; nothing for nothing."""
    why = act.why(cause, reason)
    if day is not None:
        began = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
        why = replace(why, effective=min(began, act.effective))
    if amount > 0:
        change = Grant(
            id=act.next_id(), why=why, account=due.account, amount=amount, regime=due.regime
        )
        return act.ledger.apply(change, now=act.now)
    if amount < 0:
        take = Adjust(id=act.next_id(), why=why, account=due.account, amount=amount)
        return act.ledger.apply(take, now=act.now)
    return None


def plan_of(act: Act, account: str, day: dt.date | None = None) -> AccountPlan:
    """The law's plan of a keyed account."""
    name = account.partition("?")[0]
    compiled = _law(act, day or act.today)
    plans = (plan for regime in compiled.regimes for plan in regime.accounts)
    return next(plan for plan in plans if plan.terms.name == name)


def _open(
    act: Act,
    account: str,
    plan: AccountPlan,
    *,
    parent: str,
    cause: str,
    behind: str | None = None,
    day: dt.date | None = None,
) -> bool:
    """Open an account that is not open, and credit what the law counts for it so far.

    What is `behind` the opening is counted by its caller; default `cause`.
    """
    if act.ledger.account(account) is not None:
        return False
    day = day or act.today
    behind = cause if behind is None else behind
    if parent:
        above = plan_of(act, parent, day)
        _open(act, parent, above, parent="", cause=cause, behind=behind, day=day)
    opening = OpenAccount(
        id=act.next_id(),
        why=act.why(cause, plan.says),
        account=account,
        terms=plan.terms,
        parent=parent,
    )
    try:
        act.ledger.apply(opening, now=act.now)
    except InvalidChangeError:
        if act.ledger.account(account) is None:
            raise
        return False  # another act opened it between our look and our write, by the same law
    counted, seen = {on for on, _, _ in plan.credits}, {behind}
    for past in so_far(counted, day):
        if past.cause in seen:
            continue
        case = _case(act, past.facts, day)
        for due in credits_of(_law(act, day), past.event, case, past.quantity):
            if due.account == account and due.amount is not None:
                seen.add(past.cause)  # what all holders share comes before what each has
                reason = f"{past.event}: {plan.says}"
                _post(act, due, due.amount, cause=past.cause, reason=reason, day=past.day)
    return True


def prepare_legs(act: Act, legs: Iterable[LegState], case: Case, *, cause: str) -> bool:
    """Open what an order draws on and nobody has drawn on yet, and fill periods that began since.

    Accounts whose amount is not disclosed are left out of the book (R5).

    Returns:
        Whether an account was opened or filled, so that a decision over them must be made anew.
    """
    found = list(legs)
    opened = False
    standing = {
        due.account: (event, due)
        for event in STANDING
        for due in credits_of(act.law(), event, case)
    }
    for leg in reversed(found):  # the whole comes after its part, and is opened before it
        if not leg.account:
            continue
        event, due = standing.get(leg.account, ("", None))
        if act.ledger.account(leg.account) is None:
            plan = plan_of(act, leg.account)
            if is_undisclosed(plan, leg.account):
                continue
            parent = next((one.account for one in found if one.of == leg.account), "")
            opened |= _open(act, leg.account, plan, parent=parent, cause=cause)
            if due is not None and due.amount is not None and event != PERIOD:
                _post(act, due, due.amount, cause=cause, reason=f"{event}: {plan.says}")
        if due is not None and event == PERIOD:
            opened |= _begin_period(act, due, cause=cause)
    return opened


def _begin_period(act: Act, due: CreditDue, *, cause: str) -> bool:
    """Credit what a period begins with, once for each period, when somebody first draws in it."""
    terms = due.plan.terms
    if not due.amount or due.amount < 0:
        return False
    key = period_key(terms.period.name, act.effective, terms.timezone) if terms.period else ""
    change = f"period/{hashlib.sha256(f'{due.account}@{key}'.encode()).hexdigest()[:40]}"
    grant = Grant(
        id=change,
        why=act.why(cause, f"{PERIOD}: {due.plan.says}"),
        account=due.account,
        amount=due.amount,
        regime=due.regime,
    )
    try:
        act.ledger.apply(grant, now=act.now)
    except ConflictError:
        return False  # another act began this period
    return True
