"""The one small interface that every ledger meets: in memory, SQLite, PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

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


class LedgerStore(Protocol):
    """A ledger. Writes go through `apply`, `apply_many` and `approve` alone.

    `now` is the clock, passed in and aware. All amounts given back are integers in 10^-places
    units of their account (`Account.scale`).
    """

    def apply(self, change: Change, *, now: datetime) -> Answer:
        """Do one change whole, durably, or raise and change nothing.

        Raises:
            InvalidChangeError: it cannot be meant as written.
            ConflictError: its id was used for another change.
            RefusedError: some accounts do not give what a permission asks; each is named.
        """

    def apply_many(self, changes: Sequence[Change], *, now: datetime) -> list[Answer | LedgerError]:
        """Many changes in one transaction, each standing or falling alone, in order.

        Refusals come back in their places instead of being raised.
        """

    def approve(self, approve: Approve, *, now: datetime) -> Approved:
        """Reserve the lines of a sharing run, each standing or falling alone (R2).

        Raises:
            StaleError: headroom on a pinned account has fallen since the run.
        """

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
        """Append one row to the audit log for what the book did outside the ledger.

        Args:
            entry_kind: what was done, namespaced by a dot, e.g. `licence.issue`.
            change_id: chosen by the caller, as for a change; one id stands for one row of the log.
            content: canonical JSON; with the kind it decides what "the same" is.
            why: who, why, on what ground, from when.
            outcome: what came of it, as text.
            now: the clock.

        Returns:
            False if the same was there already: nothing was written.

        Raises:
            ConflictError: the id stands for something else.
            InvalidChangeError: it cannot be meant as written.
        """

    def pin(self, accounts: Iterable[str], *, now: datetime) -> tuple[Pinned, ...]:
        """Accounts as a sharing run reads them; pass it back with the approval."""

    def headroom(self, accounts: Iterable[str] | None = None, *, now: datetime) -> dict[str, int]:
        """What permissions can still reserve on each account; all accounts if None.

        Lapses due by `now` count. An account keyed by period shows its present period.
        """

    def account(self, account: str) -> Account | None:
        """An account by its id."""

    def accounts(self, begins: str = "") -> list[Account]:
        """All accounts, or those whose id begins so, by id."""

    def counters(self, account: str, *, now: datetime) -> Counters:
        """What stands on an account now, lapses due by `now` counted."""

    def balance(self, account: str, *, at: datetime, known: datetime) -> Balance:
        """An account as it stood `at`, by what was recorded until `known` (R8)."""

    def debts(self, account: str, *, now: datetime) -> tuple[Debt, ...]:
        """What is owed on an account, oldest first (R4)."""

    def transfers(self, *, account: str | None = None, change: str | None = None) -> list[Transfer]:
        """Transfers in the order they were recorded, of one account or one change or all."""

    def reservations(self, group: str) -> list[Reservation]:
        """What a change reserved, in order of account."""

    def draws(self, group: str) -> list[Drawn]:
        """What a change posted as draws, in order of account, with what came back of each."""

    def discrepancies(self, *, unsettled: bool = False) -> list[Discrepancy]:
        """Discrepancies in the order they were opened."""

    def entries(self) -> list[Entry]:
        """The audit log, in order."""

    def verify(self) -> Off | None:
        """Recount everything from the transfers; the first row that is off, or None."""
