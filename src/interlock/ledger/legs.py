"""From the legs of a decision to the accounts they draw on: periods, sub-quotas, whole amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.files.phrases import Phrase, phrase
from interlock.ledger.amounts import (
    MAX_AMOUNT,
    is_keyed_by_period,
    is_period_key,
    moved,
    period_key,
    whole,
)
from interlock.ledger.errors import InvalidChangeError, unknown_account
from interlock.ledger.model import Account, Counters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from fractions import Fraction

    from interlock.law.terms import DrawStage, Leg
    from interlock.ledger.tables import Draft


class Way(NamedTuple):
    """One account on the way, with the amount that a quantity draws there."""

    account: Account
    factor: Fraction
    amount: int
    post: DrawStage


def find_account(draft: Draft, name: str, when: datetime) -> Account | None:
    """The account that `name` means at a time: itself, or its period's account (R9).

    An account keyed by period opens each period on the first touch, with its own terms and no
    credit. `<account>@<period>` names one period outright.
    """
    draft.tables.load_accounts((name,))
    account = draft.account(name)
    if account is None:
        base, at, key = name.rpartition("@")
        parent = find_account(draft, base, when) if at else None
        known = draft.account(base) if parent else None
        if known is None or known.terms.period is None or not is_keyed_by_period(known.terms):
            return None
        return _period(draft, known, key) if is_period_key(known.terms.period.name, key) else None
    if account.base or not is_keyed_by_period(account.terms):
        return account
    period = account.terms.period
    if period is None:  # excluded by is_keyed_by_period
        return account
    return _period(draft, account, period_key(period.name, when, account.terms.timezone))


def _period(draft: Draft, base: Account, key: str) -> Account:
    name = f"{base.id}@{key}"
    draft.tables.load_accounts((name,))
    found = draft.account(name)
    if found is None:
        found = base._replace(id=name, base=base.id, period=key)
        open_in(draft, found)
    return found


def open_in(draft: Draft, account: Account) -> None:
    """Put a new account into the draft. A positive floor is unmet at first: the first credits fill
    it, as they would fill an excess."""  # noqa: D205, D209 - one thought
    draft.accounts[account.id] = account
    draft.counters[account.id] = moved(Counters(base_floor=account.base_floor), 0)


def ways(draft: Draft, legs: Sequence[Leg], quantity: int | Fraction, when: datetime) -> list[Way]:
    """Every account that the legs draw on, parents included, sorted by id.

    The one order of accounts: whoever locks rows takes them in it, so two groups never wait for
    each other.

    Raises:
        InvalidChangeError: with all faults: unknown accounts, an account twice, a negative
            factor, an amount that is no whole number at the account's scale or too large.
    """
    draft.tables.load_accounts([leg.account for leg in legs])
    wrongs: list[Phrase] = []
    found: dict[str, Way] = {}
    derived: dict[str, tuple[Account, Fraction, DrawStage]] = {}
    accounts, counters = draft.tables.accounts, draft.tables.counters
    for leg in legs:
        factor = leg.factor
        if factor.numerator <= 0:
            if factor.numerator < 0:
                wrongs.append(
                    phrase(
                        "factor {factor} on '{account}' is negative; grant instead",
                        factor=factor,
                        account=leg.account,
                    )
                )
            continue
        account = accounts.get(leg.account)
        if account is None or account.terms.period is not None or account.id not in counters:
            account = find_account(draft, leg.account, when)
        if account is None:
            wrongs.append(unknown_account(leg.account))
        elif account.id in found:
            wrongs.append(
                phrase("account '{account}' stands twice; add the factors up", account=account.id)
            )
        else:
            found[account.id] = _way(account, factor, quantity, leg.post, wrongs)
            if account.parent:
                _climb(draft, account, factor, leg.post, when=when, derived=derived)
    for name, (account, factor, post) in derived.items():
        if name in found:
            wrongs.append(
                phrase(
                    "account '{name}' is drawn through its part already; leave its leg out",
                    name=name,
                )
            )
        else:
            found[name] = _way(account, factor, quantity, post, wrongs)
    if not found and not wrongs:
        wrongs.append(
            phrase("no leg draws on anything; name at least one leg with a positive factor")
        )
    if wrongs:
        raise InvalidChangeError(draft.change, wrongs)
    if len(found) == 1:
        return list(found.values())
    return [found[name] for name in sorted(found)]


def _way(
    account: Account,
    factor: Fraction,
    quantity: int | Fraction,
    post: DrawStage,
    wrongs: list[Phrase],
) -> Way:
    amount = whole(quantity, factor, account.scale)
    if amount is None:
        wrongs.append(not_whole(account, quantity, factor))
        amount = 0
    elif amount > MAX_AMOUNT:
        wrongs.append(
            phrase(
                "{amount} on '{account}' is more than an account can count",
                amount=amount,
                account=account.id,
            )
        )
    return Way(account, factor, amount, post)


def not_whole(account: Account, quantity: object, factor: Fraction) -> Phrase:
    """The words for an amount below the scale."""
    return phrase(
        "{quantity} x {factor} on '{account}' is no whole number at {places} places of {unit}; "
        "choose a quantity that draws a whole number",
        quantity=quantity,
        factor=factor,
        account=account.id,
        places=account.terms.places,
        unit=account.terms.unit,
    )


def _climb(
    draft: Draft,
    account: Account,
    factor: Fraction,
    post: DrawStage,
    *,
    when: datetime,
    derived: dict[str, tuple[Account, Fraction, DrawStage]],
) -> None:
    """Add what a draw on a part draws on the whole, all the way up."""
    while account.parent:
        factor = factor * account.terms.parent_factor
        above = find_account(draft, account.parent, when)
        if above is None:
            msg = phrase(
                "parent '{parent}' of '{account}' is gone",
                parent=account.parent,
                account=account.id,
            )
            raise AssertionError(msg)
        before = derived.get(above.id)
        derived[above.id] = (above, factor + (before[1] if before else 0), post)
        account = above
