"""Books by address, and their accounts as a decision reads them."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.files import InterlockError
from interlock.law.deciding.legs import AccountState
from interlock.store.errors import StoreError
from interlock.store.sqlite import SqliteLedger

if TYPE_CHECKING:
    from interlock.ledger import LedgerStore
    from interlock.store.postgres import PostgresLedger

_SCHEME = "sqlite:///"
_SERVERS = ("postgresql://", "postgres://")


class BookAddressError(InterlockError):
    """The address of a book leads nowhere."""

    def __init__(self, address: str, wrong: str, mend: str) -> None:
        self.address, self.wrong, self.mend = address, wrong, mend
        super().__init__(f"{address}: {wrong}; {mend}")


def open_book(address: str, *, create: bool = False) -> SqliteLedger | PostgresLedger:
    """Open the book at an address (`sqlite:///FILE` or `postgresql://USER@HOST/NAME`).

    Args:
        address: where it is.
        create: make it (the file, or the tables in a database) if there is none; else refused.

    Raises:
        BookAddressError: another kind of address, or there is no such book.
    """
    if address.startswith(_SERVERS):
        return _on_server(address, create=create)
    if not address.startswith(_SCHEME):
        mend = "write sqlite:///FILE or postgresql://USER@HOST/NAME"
        raise BookAddressError(address, "is no address of a book", mend)
    path = Path(address[len(_SCHEME) :])
    if not create and not path.is_file():
        raise BookAddressError(address, "there is no such file", "run 'interlock demo' to make one")
    return SqliteLedger(path)


def _on_server(address: str, *, create: bool) -> PostgresLedger:
    try:
        from interlock.store.postgres import (  # noqa: PLC0415 - psycopg is an extra
            PostgresLedger,
        )
    except ImportError as error:
        mend = "pip install 'interlock[book]'"
        raise BookAddressError(_shown(address), "needs psycopg", mend) from error
    try:
        return PostgresLedger(address, create=create)
    except StoreError as error:
        wrong, _, mend = str(error).rpartition("; ")
        raise BookAddressError(_shown(address), wrong, mend) from error


def _shown(address: str) -> str:
    """An address without its password, which must not stand in messages."""
    scheme, _, rest = address.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{host}"


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
