"""Counting again from the transfers alone: balances in both times, and the check of every row."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from interlock.ledger import amounts
from interlock.ledger.amounts import moved, whole
from interlock.ledger.model import Balance, Counters, Off
from interlock.ledger.recount_rows import not_as_opened, not_as_reported

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from interlock.ledger.model import (
        Account,
        Discrepancy,
        Drawn,
        Entry,
        Reservation,
        Transfer,
    )


class Rest(NamedTuple):
    """Of a reservation as much as a recount looks at; a store need not make the whole record."""

    id: str
    amount: int
    remaining: int


def effect(row: Transfer) -> tuple[int, int, int, int]:
    """What a transfer does to credits pending and posted, debits pending and posted."""
    amount = row.amount
    if row.kind == "breach":
        return 0, 0, 0, 0
    if row.kind in ("grant", "adjust"):
        return 0, amount, 0, 0
    if row.kind == "return":
        return 0, 0, 0, -amount
    pending, posted = {
        "reserve": (amount, 0),
        "void": (-amount, 0),
        "expire": (-amount, 0),
        "post": (-row.drawn, amount),
    }[row.kind]
    return (pending, posted, 0, 0) if row.side == "credit" else (0, 0, pending, posted)


def balance(
    account: Account, transfers: Iterable[Transfer], at: datetime, known: datetime
) -> Balance:
    """An account as it stood `at`, by what was recorded until `known` (R8).

    Reservations expired and draws out of their window by `at` count as gone, whether or not a
    transfer says so yet (R9).

    Args:
        account: the account.
        transfers: all of its transfers, in order.
        at: what had taken effect; a lapse holds from its date on.
        known: what had been recorded.
    """
    totals = [0, 0, 0, 0]
    left: dict[str, int] = {}
    draws: dict[str, datetime] = {}
    aged_until = at - account.terms.may_owe.within if account.terms.may_owe else None
    aged = 0
    for row in transfers:
        if row.effective > at or row.recorded > known:
            continue
        totals = [a + b for a, b in zip(totals, effect(row), strict=True)]
        if row.due is not None and row.due <= at:
            left[row.id] = left.get(row.id, 0) + row.amount
        if row.about and row.kind != "breach":
            gone = row.drawn if row.kind == "post" else row.amount
            left[row.about] = left.get(row.about, 0) - gone
        if row.kind == "post":
            draws[row.id] = row.effective
        if row.kind in ("post", "return") and row.side == "debit" and aged_until is not None:
            since = draws.get(row.about if row.kind == "return" else row.id, at)
            if since <= aged_until:
                aged += effect(row)[3]
    for name, amount in left.items():
        if amount <= 0:
            continue  # due by `at`, and a transfer says that it is gone
        totals[3 if name in draws else 2] -= amount
        if aged_until is not None and name in draws and draws[name] <= aged_until:
            aged -= amount
    return _balance(account, at, known, totals, aged)


def _balance(
    account: Account, at: datetime, known: datetime, totals: list[int], aged: int
) -> Balance:
    available = totals[1] - totals[3] - totals[2]
    return Balance(
        account=account.id,
        at=at,
        known=known,
        credits_pending=totals[0],
        credits_posted=totals[1],
        debits_pending=totals[2],
        debits_posted=totals[3],
        available=available,
        headroom=max(0, available - account.base_floor),
        overdue=amounts.overdue(aged, totals[1]) if account.terms.may_owe else 0,
    )


class Recount:
    """A walk over all transfers in order, keeping what the counters and rows ought to be."""

    def __init__(
        self, accounts: Mapping[str, Account], entries: Iterable[Entry], *, gapless: bool
    ) -> None:
        self.accounts = accounts
        self.gapless = gapless
        self.entries = {entry.change: entry for entry in entries}
        self.counters = {
            name: moved(Counters(base_floor=account.base_floor), 0)
            for name, account in accounts.items()
        }
        self.growth: dict[str, int] = {}
        self.gone: dict[str, int] = {}
        self.breaches: dict[str, Transfer] = {}
        self.seq = 0
        self.numbers: dict[str, int] = {}

    def step(self, row: Transfer) -> Off | None:
        """Count one transfer in; what is wrong with the row itself, if anything."""
        off = self._missing(row)
        if off:
            return off
        wrong = self._wrong(row)
        if wrong:
            return Off("transfer", row.id, wrong)
        before = self.counters[row.account]
        changes = effect(row)
        after = moved(
            before,
            row.seq,
            credits_pending=changes[0],
            credits_posted=changes[1],
            debits_pending=changes[2],
            debits_posted=changes[3],
            allowance=before.tolerated + row.tolerated,
        )
        self.counters[row.account] = after
        self.growth[row.account] = after.excess - before.excess
        if row.kind == "breach":
            self.breaches[row.id] = row
        if row.about and row.kind != "breach":
            gone = row.drawn if row.kind == "post" else row.amount
            self.gone[row.about] = self.gone.get(row.about, 0) + gone
        return None

    def _missing(self, row: Transfer) -> Off | None:
        """A transfer before this one that is not there.

        Where numbers have gaps, a change's own are still counted from 0: `<change>#<n>`. One that
        lacks at the end of its change, or a lapse, shows in the counters.
        """
        if row.seq <= self.seq:
            return Off("transfer", str(row.seq), "is out of order")
        if self.gapless and row.seq != self.seq + 1:
            return Off("transfer", str(self.seq + 1), "is missing")
        self.seq = row.seq
        if not self.gapless and "!" not in row.id:
            change, _, number = row.id.rpartition("#")
            expected = self.numbers.get(change, 0)
            if number != str(expected):
                return Off("transfer", f"{change}#{expected}", "is missing")
            self.numbers[change] = expected + 1
        return None

    def _wrong(self, row: Transfer) -> str:
        account = self.accounts.get(row.account)
        if account is None:
            return f"its account '{row.account}' was never opened"
        entry = self.entries.get(row.change)
        if entry is None:
            return f"its change '{row.change}' is not in the audit log"
        if "." in entry.kind:
            return f"its change '{row.change}' is a {entry.kind}, which moves no account"
        if row.recorded != entry.recorded:
            return f"was recorded {row.recorded}, its change {entry.recorded}"
        if row.effective != entry.effective and "!" not in row.id:  # a lapse has a day of its own
            return f"took effect {row.effective}, its change {entry.effective}"
        if row.quantity is not None and row.factor is not None and row.kind != "return":
            amount = whole(row.quantity, row.factor, account.scale)
            if amount != row.amount:
                return f"its amount is {row.amount}, its quantity and factor give {amount}"
        if row.kind == "breach" and row.amount != self.growth.get(row.account):
            return f"its amount is {row.amount}, the excess grew by {self.growth.get(row.account)}"
        if row.kind in ("grant", "adjust"):
            asked = Fraction(json.loads(entry.content)[1][1]) * account.scale
            if asked != row.amount:
                return f"its amount is {row.amount}, the audit log says {asked}"
        return ""


def verify(
    *,
    accounts: Mapping[str, Account],
    entries: Iterable[Entry],
    transfers: Iterable[Transfer],
    counters: Mapping[str, Counters],
    reservations: Iterable[Reservation | Rest],
    draws: Iterable[Drawn],
    discrepancies: Iterable[Discrepancy],
    gapless: bool = True,
) -> Off | None:
    """Recount every account from its transfers; the first row that is off, or None.

    Order: the audit log by number, accounts by id, transfers by number, then counters,
    reservations, draws and discrepancies by id. All iterables may be streamed.

    Args:
        accounts: all, by id.
        entries: the audit log. Kinds with a dot are what the book did outside the ledger.
        transfers: all.
        counters: by account.
        reservations: all.
        draws: all.
        discrepancies: all.
        gapless: whether numbers run 1, 2, 3 ... In a database with many writers at once they only
            rise; then a row that is missing shows in what it leaves behind.
    """
    listed, last = list(entries), 0
    for entry in listed:
        if entry.seq <= last or (gapless and entry.seq != last + 1):
            return Off("audit", str(last + 1), "is missing")
        last = entry.seq
    recount = Recount(accounts, listed, gapless=gapless)
    off = not_as_opened(accounts, listed)
    if off:
        return off
    for row in transfers:
        off = recount.step(row)
        if off:
            return off
    for name in sorted(recount.counters):
        expected, found = recount.counters[name], counters.get(name)
        if found != expected:
            return Off("counters", name, f"stand at {found}, the transfers give {expected}")
    for reservation in reservations:
        left = reservation.amount - recount.gone.get(reservation.id, 0)
        if reservation.remaining != left:
            wrong = f"has {reservation.remaining} left, the transfers leave {left}"
            return Off("reservation", reservation.id, wrong)
    for draw in draws:
        back = recount.gone.get(draw.id, 0)
        if draw.reversed != back:
            wrong = f"has {draw.reversed} reversed, the transfers reverse {back}"
            return Off("draw", draw.id, wrong)
    return not_as_reported(accounts, listed, recount.breaches, discrepancies)
