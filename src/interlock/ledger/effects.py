"""Writing transfers into a draft, and what follows from them: lapses and breaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from interlock.files.phrases import phrase
from interlock.ledger import amounts
from interlock.ledger.errors import InvalidChangeError
from interlock.ledger.model import Discrepancy, Transfer

if TYPE_CHECKING:
    from datetime import datetime
    from fractions import Fraction

    from interlock.ledger.model import Account, Counters, Drawn, Reservation, Side, TransferKind
    from interlock.ledger.tables import Draft


def put(
    draft: Draft,
    account: str,
    kind: TransferKind,
    side: Side,
    amount: int,
    *,
    effective: datetime,
    name: str = "",
    drawn: int = 0,
    quantity: Fraction | None = None,
    factor: Fraction | None = None,
    about: str = "",
    due: datetime | None = None,
    regime: str = "",
    holder: str = "",
    allowance: int = 0,
    credits_pending: int = 0,
    credits_posted: int = 0,
    debits_pending: int = 0,
    debits_posted: int = 0,
) -> str:
    """Write one transfer and move its account's counters; gives the transfer's id."""
    before, seq = draft.counters_of(account), draft.next_seq()
    after = amounts.moved(
        before,
        seq,
        credits_pending=credits_pending,
        credits_posted=credits_posted,
        debits_pending=debits_pending,
        debits_posted=debits_posted,
        allowance=allowance,
    )
    if max(after[:5]) > amounts.MAX_AMOUNT:
        wrong = phrase(
            "'{account}' would count more than {most}", account=account, most=amounts.MAX_AMOUNT
        )
        raise InvalidChangeError(draft.change, [wrong])
    draft.counters[account] = after
    tolerated = max(0, after.tolerated - before.tolerated)
    transfer = name or draft.next_id()
    draft.transfers.append(
        Transfer(
            seq, transfer, draft.change, account, kind, side, amount, drawn, tolerated, quantity,
            factor, about, due, regime, holder, effective, draft.recorded,
        )
    )  # fmt: skip
    return transfer


def breach(
    draft: Draft,
    account: Account,
    before: Counters,
    *,
    holder: str,
    effective: datetime,
    about: str,
) -> None:
    """If a fact raised the excess, record by how much, and shut further draws (R3)."""
    growth = draft.counters[account.id].excess - before.excess
    if growth <= 0:
        return
    transfer = put(
        draft,
        account.id,
        "breach",
        "debit",
        growth,
        effective=effective,
        about=about,
        holder=holder,
    )
    shut_for = "" if account.terms.shuts == "account" else holder or account.holder
    draft.discrepancies[transfer] = Discrepancy(
        transfer, account.id, shut_for, growth, draft.change, ""
    )


def advance(draft: Draft, account: str) -> None:
    """Let what is due on an account happen first: expiries, then window returns (R17, R9).

    Each takes effect on its own date, whether or not anything ran on that date.
    """
    tables, recorded = draft.tables, draft.recorded
    expiring = tables.lapsing_reservations.get(account)
    if expiring:
        for due, name in sorted((due, name) for name, due in expiring.items() if due <= recorded):
            row = draft.reservation(name)
            if row.remaining:
                release(draft, row, "expire", row.remaining, due, name=f"{name}!expire")
    coming = tables.lapsing_draws.get(account)
    if coming:
        for due, name in sorted((due, name) for name, due in coming.items() if due <= recorded):
            if draft.draw(name).comes_back == due:
                come_back(draft, draft.draw(name))


def release(
    draft: Draft,
    row: Reservation,
    kind: Literal["void", "expire"],
    amount: int,
    effective: datetime,
    *,
    name: str = "",
) -> None:
    """Give back a part of what is reserved, on the side where it is pending."""
    credit = row.side == "credit"
    put(
        draft, row.account, kind, row.side, amount, effective=effective, name=name, about=row.id,
        factor=row.factor, holder=row.holder, credits_pending=-amount if credit else 0,
        debits_pending=0 if credit else -amount,
    )  # fmt: skip
    draft.reservations[row.id] = row._replace(remaining=row.remaining - amount)


def come_back(draft: Draft, row: Drawn) -> None:
    """A posted draw leaves the window: what was not returned before comes back (R9)."""
    left = row.amount - row.reversed
    if left and row.comes_back is not None:
        put(
            draft, row.account, "return", "debit", left, effective=row.comes_back,
            name=f"{row.id}!window", about=row.id, factor=row.factor, debits_posted=-left,
        )  # fmt: skip
        draft.draws[row.id] = row._replace(reversed=row.amount)
