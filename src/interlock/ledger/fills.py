"""Opening an account, filling it, and setting it right by a fact."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from interlock.files.phrases import phrase
from interlock.ledger import amounts
from interlock.ledger.effects import advance, breach, put
from interlock.ledger.errors import InvalidChangeError, unknown_account
from interlock.ledger.legs import find_account, not_whole, open_in
from interlock.ledger.model import Account, Reservation

if TYPE_CHECKING:
    from interlock.ledger import changes
    from interlock.ledger.tables import Draft


def open_account(draft: Draft, change: changes.OpenAccount) -> None:
    """Open an account once; its terms hold from then on."""
    terms, name = change.terms, change.account
    wrongs = []
    parent_ids = (change.parent,) if change.parent else ()
    draft.tables.load_accounts((name, *parent_ids))
    if draft.account(name) is not None:
        wrongs.append(phrase("account '{account}' is open already", account=name))
    if not name or "@" in name:
        wrongs.append(
            phrase("an account's id must not be empty nor hold '@': '{account}'", account=name)
        )
    parent = draft.account(change.parent) if change.parent else None
    if bool(terms.parent) != bool(change.parent):
        wrongs.append(
            phrase(
                "terms name the parent '{named}', the account '{parent}'",
                named=terms.parent,
                parent=change.parent,
            )
        )
    elif change.parent and parent is None:
        wrongs.append(phrase("unknown parent '{parent}'; open it first", parent=change.parent))
    elif parent is not None and parent.terms.name != terms.parent:
        wrongs.append(
            phrase(
                "the parent is a '{name}', not a '{parent}'",
                name=parent.terms.name,
                parent=terms.parent,
            )
        )
    if not 0 <= terms.places <= 9:
        wrongs.append(phrase("{places} places; use 0 to 9", places=terms.places))
        raise InvalidChangeError(change.id, wrongs)
    floor = amounts.base_floor(terms)
    if floor is None:
        wrongs.append(
            phrase(
                "what may be owed has more than {places} places of {unit}",
                places=terms.places,
                unit=terms.unit,
            )
        )
    if wrongs or floor is None:
        raise InvalidChangeError(change.id, wrongs)
    open_in(draft, Account(name, terms, change.holder, change.parent, "", "", floor))


def _amount(draft: Draft, change: changes.Grant | changes.Adjust) -> tuple[Account, int]:
    """The account and amount of a credit, both as the ledger counts."""
    account = find_account(draft, change.account, change.why.effective)
    if account is None:
        raise InvalidChangeError(
            change.id,
            [unknown_account(change.account)],
        )
    amount = amounts.whole(Fraction(change.amount), Fraction(1), account.scale)
    if amount is None:
        raise InvalidChangeError(change.id, [not_whole(account, change.amount, Fraction(1))])
    if abs(amount) > amounts.MAX_AMOUNT:
        raise InvalidChangeError(
            change.id, [phrase("{amount} is more than an account can count", amount=amount)]
        )
    advance(draft, account.id)
    return account, amount


def grant(draft: Draft, change: changes.Grant) -> None:
    """Credit an account, or foresee the credit."""
    account, amount = _amount(draft, change)
    if amount <= 0:
        raise InvalidChangeError(
            change.id, [phrase("a grant is positive; use adjust to take back")]
        )
    effective, one = change.why.effective, Fraction(1)
    if not change.pending:
        put(
            draft, account.id, "grant", "credit", amount, effective=effective,
            regime=change.regime, credits_posted=amount,
        )  # fmt: skip
        return
    transfer = put(
        draft, account.id, "reserve", "credit", amount, effective=effective, factor=one,
        quantity=Fraction(change.amount), regime=change.regime, credits_pending=amount,
    )  # fmt: skip
    draft.reservations[transfer] = Reservation(
        transfer, change.id, account.id, "credit", amount, amount, one, "allocation", None,
        False, "", change.regime, effective,
    )  # fmt: skip


def adjust(draft: Draft, change: changes.Adjust) -> None:
    """Correct an account by a fact: never refused, what passes the floor is a breach."""
    account, amount = _amount(draft, change)
    if not amount:
        raise InvalidChangeError(change.id, [phrase("an adjustment by nothing")])
    before, effective = draft.counters_of(account.id), change.why.effective
    transfer = put(
        draft, account.id, "adjust", "credit", amount, effective=effective,
        holder=change.holder, credits_posted=amount,
    )  # fmt: skip
    breach(draft, account, before, holder=change.holder, effective=effective, about=transfer)
