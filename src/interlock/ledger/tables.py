"""What the ledger holds, and the draft in which one change is tried.

`Tables` is the whole state in memory. A store over a database derives from it and fills it on
demand (`load_*`), so that both decide by the same functions. A `Draft` lies over the tables while
one change is tried: a refusal throws it away, and nothing has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from interlock.ledger.model import (
        Account,
        Counters,
        Discrepancy,
        Drawn,
        Entry,
        Reservation,
        Transfer,
    )


class Tables:
    """Every row of the ledger by its id; a store overrides the `load_*` methods."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.counters: dict[str, Counters] = {}
        self.reservations: dict[str, Reservation] = {}
        self.draws: dict[str, Drawn] = {}
        self.discrepancies: dict[str, Discrepancy] = {}
        self.entries: dict[str, Entry] = {}
        self.transfers: list[Transfer] = []
        self.transfer_seq = 0
        self.entry_seq = 0
        self.last_recorded: datetime | None = None
        self.group_reservations: dict[str, list[str]] = {}
        self.group_draws: dict[str, list[str]] = {}
        self.group_transfers: dict[str, list[Transfer]] = {}
        self.lapsing_reservations: dict[str, dict[str, datetime]] = {}
        self.lapsing_draws: dict[str, dict[str, datetime]] = {}
        self.account_draws: dict[str, list[str]] = {}
        self.open_discrepancies: dict[str, list[str]] = {}

    # Loading hooks: in memory everything is there already.

    def load_accounts(self, ids: Iterable[str]) -> None:
        """Make these accounts, their counters, open discrepancies and due lapses present."""

    def load_group(self, group: str) -> None:
        """Make the reservations and draws of a change present."""

    def load_entry(self, change: str) -> None:
        """Make the audit row of a change and its transfers present, if there is one."""

    def load_discrepancy(self, discrepancy: str) -> None:
        """Make one discrepancy present."""

    def aged_debits(self, account: str, until: datetime) -> int:
        """Net debits posted on an account that took effect by `until` (R4)."""
        return sum(
            draw.amount - draw.reversed
            for draw in map(self.draws.__getitem__, self.account_draws.get(account, ()))
            if draw.effective <= until
        )

    def merge(self, draft: Draft, entry: Entry) -> None:
        """Take over what a draft did. The one place where state changes."""
        self.accounts.update(draft.accounts)
        self.counters.update(draft.counters)
        self.put_reservations(draft.reservations)
        for draw in draft.draws.values():
            self.put_draw(draw)
        for discrepancy in draft.discrepancies.values():
            self.put_discrepancy(discrepancy)
        self.entries[entry.change] = entry
        self.entry_seq = entry.seq
        self.last_recorded = entry.recorded
        self.transfers.extend(draft.transfers)
        self.transfer_seq += len(draft.transfers)
        own = draft.transfers
        if len(own) != draft.numbered:  # lapses came first
            own = [x for x in own if "!" not in x.id]
        self.group_transfers[entry.change] = own

    def put_reservations(self, found: dict[str, Reservation]) -> None:
        """Keep reservations and their indexes."""
        for name, row in found.items():
            if name not in self.reservations:
                self.group_reservations.setdefault(row.group, []).append(name)
            if row.expires is not None:
                lapsing = self.lapsing_reservations.setdefault(row.account, {})
                if row.remaining:
                    lapsing[name] = row.expires
                else:
                    lapsing.pop(name, None)
        self.reservations.update(found)

    def put_draw(self, row: Drawn) -> None:
        """Keep a draw and its indexes."""
        if row.id not in self.draws:
            self.group_draws.setdefault(row.group, []).append(row.id)
            self.account_draws.setdefault(row.account, []).append(row.id)
        self.draws[row.id] = row
        if row.comes_back is not None:
            lapsing = self.lapsing_draws.setdefault(row.account, {})
            if row.reversed < row.amount:
                lapsing[row.id] = row.comes_back
            else:
                lapsing.pop(row.id, None)

    def put_discrepancy(self, row: Discrepancy) -> None:
        """Keep a discrepancy and its index."""
        self.discrepancies[row.id] = row
        still_open = self.open_discrepancies.setdefault(row.account, [])
        if row.settled_by:
            if row.id in still_open:
                still_open.remove(row.id)
        elif row.id not in still_open:
            still_open.append(row.id)


class Draft:
    """One change in the trying: reads fall through to the tables, writes stay here."""

    __slots__ = (
        "accounts", "change", "counters", "discrepancies", "draws", "numbered", "recorded",
        "reservations", "tables", "transfers",
    )  # fmt: skip

    def __init__(self, tables: Tables, change: str, recorded: datetime) -> None:
        self.tables = tables
        self.change = change
        self.recorded = recorded
        self.accounts: dict[str, Account] = {}
        self.counters: dict[str, Counters] = {}
        self.reservations: dict[str, Reservation] = {}
        self.draws: dict[str, Drawn] = {}
        self.discrepancies: dict[str, Discrepancy] = {}
        self.transfers: list[Transfer] = []
        self.numbered = 0

    def account(self, account: str) -> Account | None:
        """The account of this id, if it was opened."""
        return self.accounts.get(account) or self.tables.accounts.get(account)

    def counters_of(self, account: str) -> Counters:
        """Counters of an account that exists."""
        found = self.counters.get(account)
        return found if found is not None else self.tables.counters[account]

    def reservation(self, reservation: str) -> Reservation:
        """A reservation that exists."""
        return self.reservations.get(reservation) or self.tables.reservations[reservation]

    def draw(self, draw: str) -> Drawn:
        """A draw that exists."""
        return self.draws.get(draw) or self.tables.draws[draw]

    def reservations_of(self, group: str) -> Sequence[Reservation]:
        """The legs that a change reserved, in order of account."""
        self.tables.load_group(group)
        rows = [self.reservation(x) for x in self.tables.group_reservations.get(group, ())]
        self.tables.load_accounts(row.account for row in rows)
        return sorted(rows, key=lambda row: row.account)

    def draws_of(self, group: str) -> Sequence[Drawn]:
        """The legs that a change posted as debits, in order of account."""
        self.tables.load_group(group)
        rows = [self.draw(x) for x in self.tables.group_draws.get(group, ())]
        self.tables.load_accounts(row.account for row in rows)
        return sorted(rows, key=lambda row: row.account)

    def aged_debits(self, account: str, until: datetime) -> int:
        """Net debits posted on an account by `until`, with what this draft did to its draws."""
        total = self.tables.aged_debits(account, until)
        for row in self.draws.values():
            if row.account == account and row.effective <= until:
                before = self.tables.draws.get(row.id)
                total += row.amount - row.reversed
                total -= before.amount - before.reversed if before else 0
        return total

    def next_seq(self) -> int:
        """The place of the next transfer."""
        return self.tables.transfer_seq + len(self.transfers) + 1

    def next_id(self) -> str:
        """The id of the change's next own transfer."""
        name = f"{self.change}#{self.numbered}"
        self.numbered += 1
        return name
