"""Accounts on the way of a case: its legs, their headroom, and what an account stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.files.phrases import phrase
from interlock.law.deciding.decision import Change, Finding, LegState
from interlock.law.expr.scalar import unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import AccountPlan
    from interlock.law.deciding.decision import Outcome
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
        why = why or phrase("its factor is not known")
    else:
        exact = Fraction(factor, 10**plan.factor.type.places)
    if unknown(applies):
        why = why or phrase("whether it applies is not known")
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


def with_parents(
    legs: Sequence[LegState],
    plans: Sequence[AccountPlan],
    facts: dict[str, Any],
    accounts: Accounts | None,
) -> list[LegState]:
    """The legs with those on parents: what draws a part of a quota draws the quota too."""
    by_name = {plan.terms.name: plan for plan in plans}
    found = list(legs)
    for leg in found:  # it grows while it is walked: a parent may have a parent
        own = by_name.get(leg.account.partition("?")[0])
        above = by_name.get(own.terms.parent) if own and own.terms.parent else None
        if own is None or above is None or leg.factor is None:
            continue
        factor = leg.factor * own.terms.parent_factor
        places = above.factor.type.places
        made = leg_of(above, True, factor * 10**places, facts, accounts)
        made = replace(made, of=leg.account, pending=leg.pending, audience=leg.audience)
        same = [i for i, one in enumerate(found) if one.account == made.account]
        if same:
            found[same[0]] = replace(found[same[0]], of=leg.account, factor=made.factor)
        else:
            found.append(made)
    return found


def parent_key(plan: AccountPlan, plans: Sequence[AccountPlan], facts: Mapping[str, Any]) -> str:
    """The key of the account that a plan's account is a part of; empty if there is none."""
    above = next((one for one in plans if one.terms.name == plan.terms.parent), None)
    return account_key(above, facts)[0] if above is not None else ""


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
            return "", phrase("{name} is not on file", name=read.name)
        parts.append(f"{_short(read.name)}={value}")
    return keyed(plan.terms, parts), ""


def keyed(terms: AccountTerms, parts: Sequence[str]) -> str:
    """`<regime>/<account>?<key>=<value>&...`; without keys the plain name."""
    return f"{terms.name}?{'&'.join(parts)}" if parts else terms.name


def keys_of(account: str) -> dict[str, str]:
    """The keys of a keyed account by their names; the inverse of `keyed`."""
    parts = account.partition("?")[2].split("&")
    return dict(part.split("=", 1) for part in parts if "=" in part)


def _short(name: str) -> str:
    """`licence.export.id` as `licence`, `buyer.id` as `buyer`, other names as they stand."""
    thing, *rest = name.split(".")
    if rest[-1] in ("id", "name"):
        return thing
    return rest[-1] if thing == "licence" else name
