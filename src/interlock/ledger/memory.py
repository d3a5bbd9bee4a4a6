"""The ledger in memory: the pure model, whole. Stores keep the same rows elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.ledger import amounts, decide, recount
from interlock.ledger.changes import Note
from interlock.ledger.effects import advance
from interlock.ledger.errors import InvalidChangeError, unknown_account
from interlock.ledger.legs import find_account
from interlock.ledger.tables import Draft, Tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from interlock.ledger.changes import Approve, Change, Why
    from interlock.ledger.errors import LedgerError
    from interlock.ledger.model import (
        Account,
        Answer,
        Approved,
        Balance,
        Counters,
        Debt,
        Discrepancy,
        Drawn,
        Entry,
        Off,
        Pinned,
        Reservation,
        Transfer,
    )


def settled_account(tables: Tables, name: str, now: datetime) -> tuple[Draft, Account]:
    """An account with all that is due by `now` counted, in a draft to be thrown away.

    Raises:
        InvalidChangeError: the account is not known.
    """
    draft = Draft(tables, "read", decide.stamp(tables, now))
    tables.load_accounts((name,))
    account = find_account(draft, name, draft.recorded)
    if account is None:
        raise InvalidChangeError("read", [unknown_account(name)])
    advance(draft, account.id)
    return draft, account


class Ledger:
    """A ledger in memory; meets `LedgerStore`, whose docstrings hold here."""

    def __init__(self) -> None:
        self._tables = Tables()

    def apply(self, change: Change, *, now: datetime) -> Answer:
        """Do one change whole, or raise and change nothing."""
        return decide.carry_out(self._tables, change, now)

    def apply_many(self, changes: Sequence[Change], *, now: datetime) -> list[Answer | LedgerError]:
        """Many changes in turn, each standing or falling alone."""
        return decide.carry_out_many(self._tables, changes, now)

    def approve(self, approve: Approve, *, now: datetime) -> Approved:
        """Reserve the lines of a sharing run, each standing or falling alone (R2)."""
        return decide.carry_out_approval(self._tables, approve, now)

    def record(
        self,
        entry_kind: str,
        change_id: str,
        content: str,
        why: Why,
        outcome: str = "",
        *,
        now: datetime,
    ) -> bool:
        """Append to the audit log what the book did outside the ledger."""
        note = Note(change_id, why, entry_kind, content, outcome)
        return decide.carry_out_record(self._tables, note, now)

    def pin(self, accounts: Iterable[str], *, now: datetime) -> tuple[Pinned, ...]:
        """Accounts as a sharing run reads them."""
        return decide.pin_accounts(self._tables, accounts, now)

    def headroom(self, accounts: Iterable[str] | None = None, *, now: datetime) -> dict[str, int]:
        """What permissions can still reserve on each account; all accounts if None."""
        if accounts is None:
            accounts = [x.id for x in self.accounts() if not x.base]
        return {x.account: x.headroom for x in self.pin(accounts, now=now)}

    def account(self, account: str) -> Account | None:
        """An account by its id."""
        return self._tables.accounts.get(account)

    def accounts(self, begins: str = "") -> list[Account]:
        """All accounts, or those whose id begins so, by id."""
        found = self._tables.accounts
        return [found[x] for x in sorted(found) if x.startswith(begins)]

    def counters(self, account: str, *, now: datetime) -> Counters:
        """What stands on an account now, lapses due by `now` counted."""
        draft, found = settled_account(self._tables, account, now)
        return draft.counters_of(found.id)

    def balance(self, account: str, *, at: datetime, known: datetime) -> Balance:
        """An account as it stood `at`, by what was recorded until `known` (R8)."""
        found = find_account(Draft(self._tables, "read", at), account, at)
        if found is None:
            raise InvalidChangeError("read", [unknown_account(account)])
        return recount.balance(found, self.transfers(account=found.id), at, known)

    def debts(self, account: str, *, now: datetime) -> tuple[Debt, ...]:
        """What is owed on an account, oldest first (R4)."""
        draft, found = settled_account(self._tables, account, now)
        if found.terms.may_owe is None:
            return ()
        rows = [draft.draw(x) for x in self._tables.account_draws.get(found.id, ())]
        paid = draft.counters_of(found.id).credits_posted
        return amounts.debts(rows, paid, found.terms.may_owe.within)

    def transfers(self, *, account: str | None = None, change: str | None = None) -> list[Transfer]:
        """Transfers in the order they were recorded."""
        return [
            x
            for x in self._tables.transfers
            if account in (None, x.account) and change in (None, x.change)
        ]

    def reservations(self, group: str) -> list[Reservation]:
        """What a change reserved, in order of account."""
        rows = self._tables.group_reservations.get(group, ())
        return sorted((self._tables.reservations[x] for x in rows), key=lambda x: x.account)

    def draws(self, group: str) -> list[Drawn]:
        """What a change posted as draws, in order of account."""
        found = (x for x in self._tables.draws.values() if x.group == group)
        return sorted(found, key=lambda x: x.account)

    def discrepancies(self, *, unsettled: bool = False) -> list[Discrepancy]:
        """Discrepancies in the order they were opened."""
        return [x for x in self._tables.discrepancies.values() if not (unsettled and x.settled_by)]

    def entries(self) -> list[Entry]:
        """The audit log, in order."""
        return list(self._tables.entries.values())

    def verify(self) -> Off | None:
        """Recount everything from the transfers; the first row that is off, or None."""
        tables = self._tables
        return recount.verify(
            accounts=tables.accounts,
            entries=tables.entries.values(),
            transfers=tables.transfers,
            counters=tables.counters,
            reservations=(tables.reservations[x] for x in sorted(tables.reservations)),
            draws=(tables.draws[x] for x in sorted(tables.draws)),
            discrepancies=tables.discrepancies.values(),
        )
