"""Which accounts a change can touch, known before any of them is locked.

Accounts never change after opening, nor do the accounts of a reservation or draw; so this needs no
lock. The core names accounts by the same function (`find_account`), so both give the same ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.ledger import changes
from interlock.ledger.legs import find_account
from interlock.ledger.tables import Draft, Tables
from interlock.store import queries, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from interlock.ledger.model import Account
    from interlock.store.tables import StoredTables


class _Known(Tables):
    """Accounts alone: no counters, nothing locked."""

    def __init__(self, tables: StoredTables) -> None:
        super().__init__()
        self.tables = tables
        self.db = tables.db
        self.accounts = tables.accounts
        self.asked: set[str] = set()

    def load_accounts(self, ids: Iterable[str]) -> None:
        """Make accounts present, with all that stand above them."""
        missing = [x for x in self.tables.recall(ids) if x not in self.asked]
        if missing:
            self.asked.update(missing)
            for row in self.db.read(queries.FAMILIES, (missing,)):
                self.accounts[row[0]] = rows.to_account(row)


class _Touched:
    """Collects ids over several changes."""

    def __init__(self, known: _Known) -> None:
        self.known = known
        self.names: set[str] = set()

    def keyed(self, name: str, when: datetime) -> Account | None:
        """The account that a name means at a time, and whatever must be looked up for it."""
        self.names.add(name)
        account = find_account(Draft(self.known, "read", when), name, when)
        if account is not None:
            self.names.add(account.id)
            if account.base:
                self.names.add(account.base)
        return account

    def climb(self, name: str, when: datetime) -> None:
        """The same, with all that a draw on it draws on."""
        account = self.keyed(name, when)
        while account is not None and account.parent:
            account = self.keyed(account.parent, when)

    def group(self, change: str, when: datetime) -> None:
        """The accounts of a reserved or posted group, and those of the period it posts in."""
        ends = queries.group_ends(change)
        for (name,) in self.known.db.read(queries.GROUP_ACCOUNTS, (*ends, *ends)):
            self.names.add(name)
            self.known.load_accounts((name,))
            account = self.known.accounts.get(name)
            if account is not None and account.base:
                self.keyed(account.base, when)


def touched(
    tables: StoredTables, many: Sequence[changes.Change], pinned: Sequence[str], now: datetime
) -> set[str]:
    """The ids of all accounts that changes can read or move, whether they are open or not.

    Args:
        tables: where accounts are looked up, and kept.
        many: the changes.
        pinned: accounts that an approval pins, as they stand now.
        now: the clock.
    """
    known = _Known(tables)
    found = _Touched(known)
    known.load_accounts(
        {
            *pinned,
            *(
                leg.account
                for change in many
                if isinstance(change, (changes.Reserve, changes.Draw))
                for leg in change.legs
            ),
        }
    )
    for name in pinned:
        found.keyed(name, now)
    for change in many:
        _TOUCHES[type(change)](found, change, change.why.effective)
    return found.names


def _open(found: _Touched, change: changes.OpenAccount, when: datetime) -> None:
    del when
    found.names.add(change.account)
    if change.parent:
        found.names.add(change.parent)


def _legs(found: _Touched, change: changes.Reserve | changes.Draw, when: datetime) -> None:
    for leg in change.legs:
        found.climb(leg.account, when)


def _one(
    found: _Touched,
    change: changes.Grant | changes.Adjust | changes.OpenDiscrepancy,
    when: datetime,
) -> None:
    found.keyed(change.account, when)


def _reserved(
    found: _Touched, change: changes.Post | changes.Void | changes.Confirm, when: datetime
) -> None:
    found.group(change.reserve, when)


def _posted(found: _Touched, change: changes.Return, when: datetime) -> None:
    found.group(change.post, when)


def _settled(found: _Touched, change: changes.SettleDiscrepancy, when: datetime) -> None:
    del when
    for row in found.known.db.read(queries.THIS_DISCREPANCY, (change.discrepancy,)):
        found.names.add(rows.to_discrepancy(row).account)


_TOUCHES: dict[type, Callable[[_Touched, Any, datetime], None]] = {
    changes.OpenAccount: _open,
    changes.Grant: _one,
    changes.Adjust: _one,
    changes.OpenDiscrepancy: _one,
    changes.Reserve: _legs,
    changes.Draw: _legs,
    changes.Post: _reserved,
    changes.Void: _reserved,
    changes.Confirm: _reserved,
    changes.Return: _posted,
    changes.SettleDiscrepancy: _settled,
}
