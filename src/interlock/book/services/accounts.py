"""Accounts opened and credited as the law says, when something happens that it counts.

No rule stands here: which accounts exist, what credits them and by how much is asked of the
compiled law (`credits_of`), and what an order draws of its decision's legs.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.law.deciding.credits import credits_of
from interlock.ledger import Adjust, Grant, OpenAccount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.acting import Act
    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compiled import AccountPlan
    from interlock.law.deciding.credits import CreditDue
    from interlock.law.deciding.decision import LegState
    from interlock.law.terms import AccountTerms

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
    compiled = act.law()
    case = law.reader_on(act.today, act.now.date()).read(facts, 1)
    found = list(credits_of(compiled, event, case, quantity))
    for due in found:
        if due.amount is None:
            continue
        _open(act, due.account, due.plan.terms, parent=due.parent, cause=cause, says=due.plan.says)
        amount = due.amount * times
        reason = f"{event}: {due.plan.says}"
        if amount > 0:
            grant = Grant(
                id=act.next_id(),
                why=act.why(cause, reason),
                account=due.account,
                amount=amount,
                regime=due.regime,
            )
            act.ledger.apply(grant, now=act.now)
        elif amount < 0:
            take = Adjust(
                id=act.next_id(),
                why=act.why(cause, reason),
                account=due.account,
                amount=amount,
            )
            act.ledger.apply(take, now=act.now)
    return found


def _open(
    act: Act, account: str, terms: AccountTerms, *, parent: str, cause: str, says: str
) -> None:
    if act.ledger.account(account) is not None:
        return
    if parent and act.ledger.account(parent) is None:
        above = plan_of(act, parent)
        _open(act, parent, above.terms, parent="", cause=cause, says=above.says)
    change = OpenAccount(
        id=act.next_id(), why=act.why(cause, says), account=account, terms=terms, parent=parent
    )
    act.ledger.apply(change, now=act.now)


def plan_of(act: Act, account: str) -> AccountPlan:
    """The law's plan of a keyed account."""
    name = account.partition("?")[0]
    plans = (plan for regime in act.law().regimes for plan in regime.accounts)
    return next(plan for plan in plans if plan.terms.name == name)


def prepare_legs(act: Act, legs: Iterable[LegState], case: Case, *, cause: str) -> bool:
    """Open what an order draws on and nothing has credited yet, with what stands from the start.

    An account that is filled by a standing event is credited when it is opened; any other stands at
    zero. Accounts whose amount is not disclosed are left out.

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
    for leg in found:
        if not leg.account or act.ledger.account(leg.account) is not None:
            continue
        event, due = standing.get(leg.account, ("", None))
        if due is None and _is_credited_unseen(act, leg.account):
            continue
        plan = plan_of(act, leg.account)
        parent = next((one.account for one in found if one.of == leg.account), "")
        _open(act, leg.account, plan.terms, parent=parent, cause=cause, says=plan.says)
        opened = True
        if due is not None and due.amount is not None and due.amount > 0:
            grant = Grant(
                id=act.next_id(),
                why=act.why(cause, f"{event}: {plan.says}"),
                account=leg.account,
                amount=due.amount,
                regime=due.regime,
            )
            act.ledger.apply(grant, now=act.now)
    return opened


def _is_credited_unseen(act: Act, account: str) -> bool:
    """Whether a licence credits the account by an amount that nobody disclosed (R5)."""
    from interlock.book.models import Licence  # noqa: PLC0415 - models load after the services

    keys = dict(part.split("=", 1) for part in account.partition("?")[2].split("&") if "=" in part)
    plan = plan_of(act, account)
    if not any(on == "licence.issued" for on, _, _ in plan.credits):
        return False
    licence = keys.get("licence", "")
    return Licence.objects.filter(pk=licence, quantity__isnull=True).exists()
