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


class _Names(Tables):
    """Accounts alone, no counters: it remembers every id that it is asked for."""

    def __init__(self, tables: StoredTables) -> None:
        super().__init__()
        self.tables = tables
        self.db = tables.db
        self.accounts = tables.accounts
        self.names: set[str] = set()

    def load_accounts(self, ids: Iterable[str]) -> None:
        """Make accounts present, with all that stand above them."""
        new = [name for name in ids if name not in self.names]
        self.names.update(new)
        missing = self.tables.recall(new)
        if missing:
            for row in self.db.read(queries.FAMILIES, (missing,)):
                self.accounts[row[0]] = rows.to_account(row)

    def find(self, name: str, when: datetime) -> Account | None:
        """The account that a name means at a time, as the core finds it."""
        return find_account(Draft(self, "read", when), name, when)

    def climb(self, name: str, when: datetime) -> None:
        """The same, with all that a draw on it draws on."""
        account = self.find(name, when)
        while account is not None and account.parent:
            account = self.find(account.parent, when)

    def group(self, change: str, when: datetime) -> None:
        """The accounts of a reserved or posted group, and those of the period it posts in."""
        ends = queries.group_ends(change)
        found = [name for (name,) in self.db.read(queries.GROUP_ACCOUNTS, (*ends, *ends))]
        self.load_accounts(found)
        for name in found:
            account = self.accounts.get(name)
            if account is not None:
                self.find(account.base or name, when)


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
    found = _Names(tables)
    found.load_accounts(
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
        found.find(name, now)
    for change in many:
        _TOUCHES[type(change)](found, change, change.why.effective)
    return found.names


def _open(found: _Names, change: changes.OpenAccount, when: datetime) -> None:
    del when
    found.names.add(change.account)
    if change.parent:
        found.names.add(change.parent)


def _legs(found: _Names, change: changes.Reserve | changes.Draw, when: datetime) -> None:
    for leg in change.legs:
        found.climb(leg.account, when)


def _one(
    found: _Names,
    change: changes.Grant | changes.Adjust | changes.OpenDiscrepancy,
    when: datetime,
) -> None:
    found.find(change.account, when)


def _reserved(
    found: _Names, change: changes.Post | changes.Void | changes.Confirm, when: datetime
) -> None:
    found.group(change.reserve, when)


def _posted(found: _Names, change: changes.Return, when: datetime) -> None:
    found.group(change.post, when)


def _settled(found: _Names, change: changes.SettleDiscrepancy, when: datetime) -> None:
    del when
    for row in found.db.read(queries.THIS_DISCREPANCY, (change.discrepancy,)):
        found.names.add(rows.to_discrepancy(row).account)


_TOUCHES: dict[type, Callable[[_Names, Any, datetime], None]] = {
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
