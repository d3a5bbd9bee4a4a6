"""What an event credits, by the law: the other half of the accounts that decisions draw on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.law.deciding.formula import Unfolder
from interlock.law.deciding.legs import account_key, parent_key
from interlock.law.expr.scalar import evaluator, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import AccountPlan

PERIOD = "period.opened"
STANDING = ("regime.in_force", PERIOD)
"""Events without a day of their own: they fill an account when somebody first draws on it."""


@dataclass(frozen=True)
class CreditDue:
    """A credit that an event brings.

    Attributes:
        plan: the kind of account.
        account: key of the account.
        amount: account units; None: the event gives the account but not the amount (R5).
        regime: digest of the regime that says so.
        parent: key of the account that this one is a part of, or empty.
    """

    plan: AccountPlan
    account: str
    amount: Fraction | None
    regime: str
    parent: str = ""


def credits_of(
    law: Law, event: str, case: Case, quantity: int | None = None
) -> Iterator[CreditDue]:
    """The credits that an event brings on each account that names it.

    Args:
        law: compiled for the day on which the account is asked about: an account that binds then
            counts the events that came before it, as its file says.
        event: of the vocabulary's events, e.g. `licence.issued`.
        case: the facts of the event: the licence, the product, the parties.
        quantity: units that the event is about, for events that have one.
    """
    facts: dict[str, Any] = dict(case.facts)
    if quantity is not None:
        facts["@quantity"] = quantity
    for regime in law.regimes:
        plans = [plan for plan in regime.accounts if any(on == event for on, *_ in plan.credits)]
        if not plans:
            continue
        run = Unfolder(regime.facts).run
        for plan in plans:
            if evaluator(plan.scope, run)(facts) is False:
                continue
            for on, amount, test in plan.credits:
                if on != event or evaluator(test, run)(facts) is not True:
                    continue
                key, _ = account_key(plan, facts)
                if not key:
                    continue
                value = evaluator(amount, run)(facts)
                exact = None if unknown(value) else Fraction(value, 10**amount.type.places)
                above = parent_key(plan, regime.accounts, facts)
                yield CreditDue(plan, key, exact, regime.digest, above)
