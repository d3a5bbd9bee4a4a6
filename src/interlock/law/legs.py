"""Accounts on the way of a case: its legs, their headroom, and what an account stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.law.decision import Change, Finding, LegState
from interlock.law.expr.scalar import unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.law.compile import Law
    from interlock.law.compiled import AccountPlan
    from interlock.law.decision import Outcome
    from interlock.law.terms import AccountTerms


@dataclass(frozen=True)
class AccountState:
    """An account in the book, in account units.

    Headroom is above its floor; posted is what has been drawn and posted.
    """

    headroom: Fraction
    overdue: Fraction = Fraction(0)
    posted: Fraction = Fraction(0)


Accounts = Mapping[str, AccountState]
"""Account key -> its state in the book."""


def leg_of(
    plan: AccountPlan,
    applies: Any,
    factor: Any,
    facts: dict[str, Any],
    accounts: Accounts | None,
) -> LegState:
    """The leg of a case on one account; what is not known of it is left open, with the reason."""
    key, why = account_key(plan, facts)
    exact = None
    if unknown(factor):
        why = why or "its factor is not known"
    else:
        exact = Fraction(factor, 10**plan.factor.type.places)
    if unknown(applies):
        why = why or "whether it applies is not known"
    state = accounts.get(key) if accounts is not None and key else None
    return LegState(
        account=key,
        factor=exact,
        unit=plan.terms.unit,
        reserve=plan.reserve,
        post=plan.post,
        headroom=None if state is None else state.headroom,
        condition=plan.condition,
        item=plan.id,
        gate=plan.gate,
        visible_to=plan.visible_to,
        why=why,
    )


def account_finding(leg: LegState, law: Law, accounts: Accounts | None) -> Finding | None:
    """An account stops what has no room for one unit, and whoever has an overdue debt."""
    if accounts is None or not leg.account or leg.factor is None or leg.pending:
        return None
    state = accounts.get(leg.account)
    outcome: Outcome = "pass"
    reason = ""
    if state is None:
        outcome, reason = "unknown", "missing"
    elif state.overdue > 0:
        outcome, reason = "fail", "overdue"
    elif state.headroom < leg.factor:
        outcome, reason = "fail", "no headroom"
    plan = next(
        p
        for one in law.regimes
        for p in one.accounts
        if p.id == leg.item and p.gate == leg.gate and p.terms.unit == leg.unit
    )
    item = f"{plan.regime}/{plan.id}"
    now = None if state is None else state.headroom
    needs = {
        "overdue": f"the overdue debt on {leg.account} is met",
        "no headroom": f"at least {leg.factor} {leg.unit} on {leg.account}",
    }.get(reason, f"the balance of {leg.account} is in the book")
    key = "buyer" if reason == "overdue" else "authority"
    choices = () if outcome == "pass" else ((Change(leg.account, now, needs, key, item),),)
    return Finding(
        regime=plan.regime,
        gate=leg.gate,
        item=leg.item,
        kind="account",
        says=plan.says,
        stages=(plan.reserve,),
        outcome=outcome,
        reason=reason,
        atoms=(),
        missing=(),
        weight=None,
        open_with=choices,
        opens_on="",
        visible_to=leg.visible_to,
        agreed=outcome,
        audience=leg.audience,
    )


def counters(plan: AccountPlan, state: AccountState) -> dict[str, int]:
    """What a rule reads as `available("...")`, `overdue("...")` and `posted("...")`."""
    scale = 10**plan.terms.places
    return {
        f"@{name}/{plan.regime}/{plan.id}": int(amount * scale)
        for name, amount in (
            ("available", state.headroom),
            ("overdue", state.overdue),
            ("posted", state.posted),
        )
    }


def account_key(plan: AccountPlan, facts: Mapping[str, Any]) -> tuple[str, str]:
    """The key of the account that a case draws on, and why it is not known where it is not."""
    parts = []
    for read in plan.per:
        value = facts.get(read.name)
        if value is None or value == "":
            return "", f"{read.name} is not on file"
        parts.append(f"{_short(read.name)}={value}")
    return keyed(plan.terms, parts), ""


def keyed(terms: AccountTerms, parts: Sequence[str]) -> str:
    """`<regime>/<account>?<key>=<value>&...`; without keys the plain name."""
    return f"{terms.name}?{'&'.join(parts)}" if parts else terms.name


def _short(name: str) -> str:
    """`licence.export.id` as `licence`, `buyer.id` as `buyer`, other names as they stand."""
    thing, *rest = name.split(".")
    if rest[-1] in ("id", "name"):
        return thing
    return rest[-1] if thing == "licence" else name
