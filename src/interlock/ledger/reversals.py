"""Taking back: what was reserved, what was provisional about it, what was drawn."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from interlock.files.phrases import phrase
from interlock.ledger import amounts
from interlock.ledger.effects import advance, put, release
from interlock.ledger.errors import InvalidChangeError
from interlock.ledger.legs import not_whole

if TYPE_CHECKING:
    from interlock.ledger import changes
    from interlock.ledger.tables import Draft


def void(draft: Draft, change: changes.Void) -> None:
    """Give back what is left of a reserved group, or a part of it."""
    wrongs, rows = [], draft.reservations_of(change.reserve)
    rows = [row for row in rows if change.stage in (None, row.post)]
    for row in rows:
        advance(draft, row.account)
    for row in [draft.reservation(row.id) for row in rows]:
        account = draft.account(row.account)
        scale = account.scale if account else 1
        amount: int | None = row.remaining
        if change.quantity is not None:
            amount = amounts.whole(Fraction(change.quantity), row.factor, scale)
        if account is None or amount is None or amount > row.remaining:
            wrongs.append(
                phrase(
                    "'{reservation}' has {remaining} left, {amount} should be void",
                    reservation=row.id,
                    remaining=row.remaining,
                    amount=amount,
                )
            )
        elif amount:
            release(draft, row, "void", amount, change.why.effective)
    if not wrongs and not any(x.kind == "void" for x in draft.transfers):
        wrongs.append(phrase("nothing is left of '{reserve}' to void", reserve=change.reserve))
    if wrongs:
        raise InvalidChangeError(change.id, wrongs)


def confirm(draft: Draft, change: changes.Confirm) -> None:
    """Make provisional reservations firm."""
    rows = [row for row in draft.reservations_of(change.reserve) if row.provisional]
    if not rows:
        wrong = phrase("'{reserve}' reserved nothing that is provisional", reserve=change.reserve)
        raise InvalidChangeError(change.id, [wrong])
    for row in rows:
        draft.reservations[row.id] = row._replace(provisional=False)


def give_back(draft: Draft, change: changes.Return) -> None:
    """Reverse draws of one post, each by its own stored factor, where its terms say so (R9).

    Units that never passed (`cancelled`) drew nothing, so they come back whatever the terms say.
    """
    effective, wrongs = change.why.effective, []
    rows = draft.draws_of(change.post)
    for row in rows:
        advance(draft, row.account)
    for row in [draft.draw(row.id) for row in rows]:
        account = draft.account(row.account)
        if account is None:
            msg = f"account of draw {row.id} is gone"
            raise AssertionError(msg)
        amount = amounts.whole(change.quantity, row.factor, account.scale)
        if row.returned + change.quantity > row.quantity:
            left = row.quantity - row.returned
            wrongs.append(
                phrase(
                    "'{draw}' can take back {left}, {quantity} came",
                    draw=row.id,
                    left=left,
                    quantity=change.quantity,
                )
            )
        elif effective < row.effective:
            wrongs.append(phrase("it takes effect before '{draw}' was posted", draw=row.id))
        elif amount is None:
            wrongs.append(not_whole(account, change.quantity, row.factor))
        else:
            restores = change.way == "cancelled" or change.way in account.terms.restored_by
            inside = row.comes_back is None or effective < row.comes_back
            amount = min(amount, row.amount - row.reversed) if restores and inside else 0
            if amount:
                put(
                    draft, row.account, "return", "debit", amount, effective=effective,
                    about=row.id, quantity=Fraction(change.quantity), factor=row.factor,
                    debits_posted=-amount,
                )  # fmt: skip
            draft.draws[row.id] = row._replace(
                returned=row.returned + change.quantity, reversed=row.reversed + amount
            )
    if not rows:
        wrongs.append(phrase("'{post}' posted no draw; name the change that did", post=change.post))
    if wrongs:
        raise InvalidChangeError(change.id, wrongs)
