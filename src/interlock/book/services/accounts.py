"""Accounts opened and credited as the law says, when something happens that it counts.

No rule stands here: which accounts exist, what credits them and by how much is asked of the
compiled law (`credits_of`), and what an order draws of its decision's legs.

An account is opened when something first credits it or somebody first draws on it. It then counts
all that the law counts for it so far: what stands from the start, and what happened in the book
before the law that counts it began to bind.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.happenings import so_far
from interlock.book.models import Licence
from interlock.law.deciding.credits import credits_of
from interlock.ledger import Adjust, Grant, OpenAccount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.acting import Act
    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compiled import AccountPlan
    from interlock.law.deciding.credits import CreditDue
    from interlock.law.deciding.decision import LegState

STANDING = ("regime.in_force", "period.opened")
"""Events without a day of their own: they fill an account when somebody first draws on it."""


def credit(
    act: Act,
    event: str,
    facts: dict[str, Any],
    *,
    cause: str,
    quantity: int | None = None,
    times: Fraction = Fraction(1),
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

    Returns:
        What was due; an amount of None is not disclosed, and its account stays out of the book.
    """
    found = list(credits_of(act.law(), event, _case(act, facts), quantity))
    for due in found:
        if due.amount is None:
            continue
        _open(act, due.account, due.plan, parent=due.parent, cause=cause)
        _post(act, due, due.amount * times, cause=cause, reason=f"{event}: {due.plan.says}")
    return found


def move_credit(act: Act, due: CreditDue, amount: Fraction, event: str, *, cause: str) -> None:
    """Credit an account of the law by an amount, opened if need be; a negative one takes back."""
    _open(act, due.account, due.plan, parent=due.parent, cause=cause)
    _post(act, due, amount, cause=cause, reason=f"{event}: {due.plan.says}")


def _case(act: Act, facts: dict[str, Any]) -> Case:
    return law.reader_on(act.today, act.now.date()).read(facts, 1)


def _post(
    act: Act,
    due: CreditDue,
    amount: Fraction,
    *,
    cause: str,
    reason: str,
    day: dt.date | None = None,
) -> None:
    """Grant an amount, or take one back as a fact; nothing for nothing."""
    why = act.why(cause, reason)
    if day is not None:
        began = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
        why = replace(why, effective=min(began, act.effective))
    if amount > 0:
        change = Grant(
            id=act.next_id(), why=why, account=due.account, amount=amount, regime=due.regime
        )
        act.ledger.apply(change, now=act.now)
    elif amount < 0:
        act.ledger.apply(
            Adjust(id=act.next_id(), why=why, account=due.account, amount=amount), now=act.now
        )


def plan_of(act: Act, account: str) -> AccountPlan:
    """The law's plan of a keyed account."""
    name = account.partition("?")[0]
    plans = (plan for regime in act.law().regimes for plan in regime.accounts)
    return next(plan for plan in plans if plan.terms.name == name)


def _open(act: Act, account: str, plan: AccountPlan, *, parent: str, cause: str) -> bool:
    """Open an account that is not open, and credit what the law counts for it so far."""
    if act.ledger.account(account) is not None:
        return False
    if parent:
        _open(act, parent, plan_of(act, parent), parent="", cause=cause)
    opening = OpenAccount(
        id=act.next_id(),
        why=act.why(cause, plan.says),
        account=account,
        terms=plan.terms,
        parent=parent,
    )
    act.ledger.apply(opening, now=act.now)
    counted, seen = {on for on, _, _ in plan.credits}, {cause}
    for past in so_far(counted, act.today):
        if past.cause in seen:
            continue
        for due in credits_of(act.law(), past.event, _case(act, past.facts), past.quantity):
            if due.account == account and due.amount is not None:
                seen.add(past.cause)  # what all holders share comes before what each has
                reason = f"{past.event}: {plan.says}"
                _post(act, due, due.amount, cause=past.cause, reason=reason, day=past.day)
    return True


def prepare_legs(act: Act, legs: Iterable[LegState], case: Case, *, cause: str) -> bool:
    """Open what an order draws on and nobody has drawn on yet.

    Accounts whose amount is not disclosed are left out of the book (R5).

    Returns:
        Whether an account was opened, so that a decision over the accounts must be made anew.
    """
    found = list(legs)
    opened = False
    standing = {
        due.account: (event, due)
        for event in STANDING
        for due in credits_of(act.law(), event, case)
    }
    for leg in reversed(found):  # the whole comes after its part, and is opened before it
        if not leg.account or act.ledger.account(leg.account) is not None:
            continue
        plan = plan_of(act, leg.account)
        if is_undisclosed(plan, leg.account):
            continue
        parent = next((one.account for one in found if one.of == leg.account), "")
        opened |= _open(act, leg.account, plan, parent=parent, cause=cause)
        event, due = standing.get(leg.account, ("", None))
        if due is not None and due.amount is not None:
            _post(act, due, due.amount, cause=cause, reason=f"{event}: {plan.says}")
    return opened


def is_undisclosed(plan: AccountPlan, account: str) -> bool:
    """Whether a licence credits the account by an amount that nobody disclosed (R5)."""
    if not any(on == "licence.issued" for on, _, _ in plan.credits):
        return False
    keys = dict(part.split("=", 1) for part in account.partition("?")[2].split("&") if "=" in part)
    return Licence.objects.filter(pk=keys.get("licence", ""), quantity__isnull=True).exists()
