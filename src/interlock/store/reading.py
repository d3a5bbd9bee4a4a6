"""The questions that every stored ledger answers, once for all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from interlock.ledger import decide, recount
from interlock.ledger.amounts import debts
from interlock.ledger.changes import time_text
from interlock.ledger.errors import InvalidChangeError, unknown_account
from interlock.ledger.legs import find_account
from interlock.ledger.memory import settled_account
from interlock.ledger.model import Off
from interlock.ledger.tables import Draft
from interlock.store import queries, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from interlock.ledger.model import (
        Account,
        Balance,
        Counters,
        Debt,
        Discrepancy,
        Drawn,
        Entry,
        Pinned,
        Reservation,
        Transfer,
    )
    from interlock.store.executor import Executor
    from interlock.store.tables import StoredTables

_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)


class Standing(NamedTuple):
    """What stands on an account, lapses due counted, and what is owed there."""

    counters: Counters
    debts: tuple[Debt, ...]


def _owed(tables: StoredTables, draft: Draft, account: Account) -> tuple[Debt, ...]:
    if account.terms.may_owe is None:
        return ()
    drawn = [draft.draw(x) for x in tables.account_draws.get(account.id, ())]
    paid = draft.counters_of(account.id).credits_posted
    return debts(drawn, paid, account.terms.may_owe.within)


class LedgerReading:
    """The reading half of `LedgerStore`, whose docstrings hold here."""

    def __init__(self, db: Executor) -> None:
        self._db = db

    def _read(self, now: datetime) -> AbstractContextManager[StoredTables]:
        """Tables to read from, in one snapshot if the store begins its own transactions."""
        raise NotImplementedError

    def pin(self, accounts: Iterable[str], *, now: datetime) -> tuple[Pinned, ...]:
        """Accounts as a sharing run reads them."""
        with self._read(now) as tables:
            return decide.pin_accounts(tables, accounts, now)

    def headroom(self, accounts: Iterable[str] | None = None, *, now: datetime) -> dict[str, int]:
        """What permissions can still reserve on each account; all accounts if None."""
        with self._read(now) as tables:
            if accounts is None:
                accounts = [row[0] for row in self._db.read(queries.BASES)]
            return {x.account: x.headroom for x in decide.pin_accounts(tables, accounts, now)}

    def account(self, account: str) -> Account | None:
        """An account by its id."""
        found = self._db.read(f"{queries.ACCOUNT} WHERE id = ?", (account,))
        return rows.to_account(found[0]) if found else None

    def accounts(self, begins: str = "") -> list[Account]:
        """All accounts, or those whose id begins so, by id."""
        if begins:  # a range of the key: the accounts beside it are not read
            past = begins[:-1] + chr(ord(begins[-1]) + 1)
            text = f"{queries.ACCOUNT} WHERE id >= ? AND id < ? ORDER BY id"
            return [rows.to_account(x) for x in self._db.read(text, (begins, past))]
        return [rows.to_account(x) for x in self._db.read(f"{queries.ACCOUNT} ORDER BY id")]

    def counters(self, account: str, *, now: datetime) -> Counters:
        """What stands on an account now, lapses due by `now` counted."""
        with self._read(now) as tables:
            draft, found = settled_account(tables, account, now)
            return draft.counters_of(found.id)

    def balance(self, account: str, *, at: datetime, known: datetime) -> Balance:
        """An account as it stood `at`, by what was recorded until `known` (R8)."""
        with self._read(at) as tables:
            found = find_account(Draft(tables, "read", at), account, at)
            if found is None:
                raise InvalidChangeError("read", [unknown_account(account)])
            return recount.balance(found, self.transfers(account=found.id), at, known)

    def debts(self, account: str, *, now: datetime) -> tuple[Debt, ...]:
        """What is owed on an account, oldest first (R4)."""
        return self.standing([account], now=now)[account].debts

    def standing(self, accounts: Iterable[str], *, now: datetime) -> dict[str, Standing]:
        """What stands on each of some accounts now, and what is owed there, oldest first (R4).

        As `counters` and `debts` say of one, in few questions however many are asked for.
        """
        names = list(accounts)
        with self._read(now) as tables:
            tables.load_accounts(names)
            settled = {name: settled_account(tables, name, now) for name in names}
            owing = [x.id for _, x in settled.values() if x.terms.may_owe is not None]
            tables.load_draws(owing)
            return {
                name: Standing(draft.counters_of(found.id), _owed(tables, draft, found))
                for name, (draft, found) in settled.items()
            }

    def transfers(self, *, account: str | None = None, change: str | None = None) -> list[Transfer]:
        """Transfers in the order they were recorded, of one account or one change or all."""
        tests, given = [], []
        for column, wanted in (("account", account), ("change", change)):
            if wanted is not None:
                tests.append(f"{column} = ?")
                given.append(wanted)
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        found = self._db.read(f"{queries.TRANSFER}{where} ORDER BY seq", given)
        return [rows.to_transfer(x) for x in found]

    def reservations(self, group: str) -> list[Reservation]:
        """What a change reserved, in order of account."""
        ends = queries.group_ends(group)
        found = self._db.read(f"{queries.GROUP_RESERVATIONS} ORDER BY account", ends)
        return [rows.to_reservation(x) for x in found]

    def draws(self, group: str) -> list[Drawn]:
        """What a change posted as draws, in order of account."""
        ends = queries.group_ends(group)
        found = self._db.read(f"{queries.GROUP_DRAWS} ORDER BY account", ends)
        return [rows.to_draw(x) for x in found]

    def discrepancies(self, *, unsettled: bool = False) -> list[Discrepancy]:
        """Discrepancies in the order they were opened."""
        where = " WHERE settled_by = ''" if unsettled else ""
        found = self._db.read(f"{queries.DISCREPANCY}{where} ORDER BY seq")
        return [rows.to_discrepancy(x) for x in found]

    def entries(self) -> list[Entry]:
        """The audit log, in order."""
        return [rows.to_entry(x) for x in self._db.read(f"{queries.AUDIT} ORDER BY seq")]

    def entries_of(self, cause: str) -> list[Entry]:
        """The audit rows of one document or thing, in order."""
        found = self._db.read(f"{queries.AUDIT} WHERE cause = ? ORDER BY seq", (cause,))
        return [rows.to_entry(x) for x in found]

    def newest_entry(
        self, cause: str, kinds: str = "", *, known: datetime | None = None
    ) -> Entry | None:
        """The newest audit row of one cause.

        Args:
            cause: e.g. `order/o-1`.
            kinds: LIKE pattern of the kinds of row that count; empty = all.
            known: rows recorded later are left out (R8).
        """
        tests, given = ["cause = ?"], [cause]
        if kinds:
            tests.append("kind LIKE ?")
            given.append(kinds)
        if known is not None:
            tests.append("recorded <= ?")
            given.append(time_text(known))
        text = f"{queries.AUDIT} WHERE {' AND '.join(tests)} ORDER BY seq DESC LIMIT 1"
        found = self._db.read(text, given)
        return rows.to_entry(found[0]) if found else None

    def verify(self) -> Off | None:
        """Recount everything from the transfers; the first row that is off, or None.

        It reads many rows: where others write meanwhile, a caller's transaction must be one
        snapshot (REPEATABLE READ on PostgreSQL), else what they write between two questions is
        taken for a fault.
        """
        with self._read(_EARLIEST):
            try:
                return self._recounted() or _unlike(self._db)
            except UNREADABLE:
                off = _unreadable(self._db)
                if off is None:
                    raise
                return off

    def _recounted(self) -> Off | None:
        stream = self._db.stream
        return recount.verify(
            accounts={x.id: x for x in self.accounts()},
            entries=map(rows.to_entry, stream(f"{queries.AUDIT} ORDER BY seq")),
            transfers=map(rows.to_transfer, stream(f"{queries.TRANSFER} ORDER BY seq")),
            counters={x[0]: rows.to_counters(x) for x in stream(queries.COUNTERS)},
            reservations=map(recount.Rest._make, stream(queries.RESTS)),
            draws=map(rows.to_draw, stream(f"{queries.DRAW} ORDER BY id")),
            discrepancies=self.discrepancies(),
            gapless=not self._db.shared,
        )


UNREADABLE = (ValueError, TypeError, KeyError, ArithmeticError)
"""What comes of a value that no row of the book can hold."""
_READERS: tuple[tuple[str, str, int, Callable[[rows.Row], object]], ...] = (
    ("account", queries.ACCOUNT, 0, rows.to_account),
    ("audit", queries.AUDIT, 0, rows.to_entry),
    ("transfer", queries.TRANSFER, 1, rows.to_transfer),
    ("counters", queries.COUNTERS, 0, rows.to_counters),
    ("draw", queries.DRAW, 0, rows.to_draw),
)


def _unreadable(db: Executor) -> Off | None:
    """The first row of the ledger that holds a value of another kind than its column's."""
    for table, text, key, reader in _READERS:
        for row in db.stream(f"{text} ORDER BY 1"):
            try:
                reader(row)
            except UNREADABLE as error:
                return Off(table, str(row[key]), f"cannot be read ({error})")
    return None


def _unlike(db: Executor) -> Off | None:
    """The first reservation or draw that is not as its transfer says."""
    for table, unlike, stray in (
        ("reservation", queries.UNLIKE_RESERVATION, queries.STRAY_RESERVATION),
        ("draw", queries.UNLIKE_DRAW, queries.STRAY_DRAW),
    ):
        for text, wrong in (
            (unlike, "is missing, or not as its transfer says"),
            (stray, "has no transfer that made it"),
        ):
            for row in db.read(text):
                return Off(table, str(row[0]), wrong)
    return None
