"""Books by address, and their accounts as a decision reads them."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.files import InterlockError
from interlock.law.deciding.legs import AccountState
from interlock.store.sqlite import SqliteLedger

if TYPE_CHECKING:
    from interlock.ledger import LedgerStore

_SCHEME = "sqlite:///"


class BookAddressError(InterlockError):
    """The address of a book leads nowhere."""

    def __init__(self, address: str, wrong: str, mend: str) -> None:
        self.address, self.wrong, self.mend = address, wrong, mend
        super().__init__(f"{address}: {wrong}; {mend}")


def open_book(address: str, *, create: bool = False) -> SqliteLedger:
    """Open the book at an address (`sqlite:///FILE`).

    Args:
        address: where it is.
        create: make it if there is none; else a missing file is refused.

    Raises:
        BookAddressError: another kind of address, or no such file.
    """
    if not address.startswith(_SCHEME):
        raise BookAddressError(address, "is no address of a book", "write sqlite:///FILE")
    path = Path(address[len(_SCHEME) :])
    if not create and not path.is_file():
        raise BookAddressError(address, "there is no such file", "run 'interlock demo' to make one")
    return SqliteLedger(path)


def states_of(book: LedgerStore, now: dt.datetime) -> dict[str, AccountState]:
    """Every account of a book: headroom, overdue debt and what is posted, in account units."""
    headroom = book.headroom(now=now)
    found = {}
    for account in book.accounts():
        counters = book.counters(account.id, now=now)
        late = sum(debt.amount for debt in book.debts(account.id, now=now) if debt.due <= now)
        scale = account.scale
        found[account.id] = AccountState(
            headroom=Fraction(headroom[account.id], scale),
            overdue=Fraction(late, scale),
            posted=Fraction(counters.debits_posted, scale),
        )
    return found


def headroom_of(address: str, at: dt.date | dt.datetime) -> dict[str, AccountState]:
    """The states of a book's accounts at the end of a day, or at an instant.

    Raises:
        BookAddressError: no such book.
    """
    if isinstance(at, dt.datetime):
        now = at
    else:
        now = dt.datetime.combine(at, dt.time(23, 59, 59), tzinfo=dt.UTC)
    with open_book(address) as book:
        return states_of(book, now)
