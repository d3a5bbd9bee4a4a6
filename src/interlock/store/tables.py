"""The ledger's tables over one SQLite transaction: filled on demand, written back in one go."""

from __future__ import annotations

import json
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING

from interlock.ledger import changes
from interlock.ledger.changes import time_text
from interlock.ledger.tables import Draft, Tables
from interlock.store import rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from interlock.ledger.model import Account, Counters, Discrepancy, Drawn, Entry, Reservation

_COUNTERS = "SELECT * FROM counters WHERE account IN (SELECT value FROM json_each(?))"
_ACCOUNTS = "SELECT * FROM account WHERE id IN (SELECT value FROM json_each(?))"
_OPEN = (
    "SELECT * FROM discrepancy WHERE settled_by = ''"
    " AND account IN (SELECT value FROM json_each(?)) ORDER BY rowid"
)
_EXPIRED = (
    "SELECT * FROM reservation WHERE account IN (SELECT value FROM json_each(?))"
    " AND remaining > 0 AND expires IS NOT NULL AND expires <= ?"
)
_OUT_OF_WINDOW = (
    "SELECT * FROM draw WHERE account IN (SELECT value FROM json_each(?))"
    " AND reversed < amount AND comes_back IS NOT NULL AND comes_back <= ?"
)
_ENTRY = "SELECT * FROM audit WHERE change = ?"
_ANSWERED = "SELECT * FROM transfer WHERE id >= ? AND id < ? AND instr(id, '!') = 0 ORDER BY seq"
_ENTRIES = "SELECT * FROM audit WHERE change IN (SELECT value FROM json_each(?))"
# The floor is tested here again, in the statement itself: `available >= needed` (R3).
MOVE_COUNTERS = """
UPDATE counters SET credits_pending = credits_pending + ?, credits_posted = credits_posted + ?,
    debits_pending = debits_pending + ?, debits_posted = debits_posted + ?,
    excess = ?, tolerated = ?, floor = base_floor - ?, seq = ?
WHERE account = ? AND credits_posted - debits_posted - debits_pending >= ?
"""


class GuardError(RuntimeError):
    """A statement's own test of a floor failed where the code's had passed: a fault in Interlock,
    or a writer outside the transaction. Nothing was written."""  # noqa: D205, D209 - one thought


class SqliteTables(Tables):
    """Tables that read what they lack inside the running transaction, and remember what changed."""

    def __init__(
        self, connection: sqlite3.Connection, accounts: dict[str, Account], now: datetime
    ) -> None:
        super().__init__()
        self.connection = connection
        self.accounts = accounts
        self.lapses_looked_for: set[str] = set()
        self.before: dict[str, Counters] = {}
        self.looked_for: set[str] = set()
        self.groups: set[str] = set()
        self.stored: dict[str, Reservation | Drawn | Discrepancy] = {}
        self.new_entries: list[Entry] = []
        self.new_accounts: list[Account] = []
        self.moved_counters: set[str] = set()
        self.changed: dict[str, dict[str, None]] = {
            "reservation": {}, "draw": {}, "discrepancy": {},
        }  # fmt: skip
        self.entries_looked_for: set[str] = set()
        row = connection.execute("SELECT max(seq) FROM transfer").fetchone()
        self.transfer_seq = row[0] or 0
        last = connection.execute(
            "SELECT seq, recorded FROM audit ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        if last:
            self.entry_seq, self.last_recorded = last[0], rows.to_time(last[1])
        self.moment = ""
        self.begin(now)

    def begin(self, now: datetime) -> None:
        """Set the time of a transaction: what is due by then is looked for anew."""
        moment = now if self.last_recorded is None else max(now, self.last_recorded)
        if time_text(moment) != self.moment:
            self.moment = time_text(moment)
            self.lapses_looked_for.clear()

    @property
    def rows_kept(self) -> int:
        """How many rows are held in memory, about."""
        return len(self.entries) + len(self.reservations) + len(self.draws)

    # Reading.

    def load_accounts(self, ids: Iterable[str]) -> None:
        """Make accounts present, with counters, due lapses and open discrepancies."""
        names = [name for name in ids if name not in self.lapses_looked_for]
        if not names:
            return
        missing = [name for name in names if name not in self.looked_for]
        if missing:
            self._load_accounts(missing)
        self.lapses_looked_for.update(names)
        given = (json.dumps(names), self.moment)
        for row in self.connection.execute(_EXPIRED, given):
            self._keep_reservation(row)
        if any(x in self.accounts and self.accounts[x].terms.window for x in names):
            for row in self.connection.execute(_OUT_OF_WINDOW, given):
                self._keep_draw(row)

    def _load_accounts(self, missing: list[str]) -> None:
        self.looked_for.update(missing)
        given = (json.dumps(missing),)
        execute = self.connection.execute
        for row in execute(_COUNTERS, given):
            self.counters[row[0]] = self.before[row[0]] = rows.to_counters(row)
        unseen = [x for x in missing if x in self.counters and x not in self.accounts]
        if unseen:
            for row in execute(_ACCOUNTS, (json.dumps(unseen),)):
                self.accounts[row[0]] = rows.to_account(row)
        for row in execute(_OPEN, given):
            self._keep_discrepancy(row)

    def load_group(self, group: str) -> None:
        """Make a change's reservations and draws present."""
        if group in self.groups:
            return
        self.groups.add(group)
        ends = (f"{group}#", f"{group}$")  # '$' follows '#', and no change id holds a '#'
        for row in self.connection.execute(
            "SELECT * FROM reservation WHERE id >= ? AND id < ?", ends
        ):
            self._keep_reservation(row)
        for row in self.connection.execute("SELECT * FROM draw WHERE id >= ? AND id < ?", ends):
            self._keep_draw(row)

    def load_entry(self, change: str) -> None:
        """Make the audit row of a change present, with the transfers it answered."""
        if change not in self.entries_looked_for:
            self.entries_looked_for.add(change)
            for row in self.connection.execute(_ENTRY, (change,)).fetchall():
                self._keep_entry(row)

    def load_entries(self, ids: Iterable[str]) -> None:
        """The same for many."""
        missing = [name for name in ids if name not in self.entries_looked_for]
        if not missing:
            return
        self.entries_looked_for.update(missing)
        for row in self.connection.execute(_ENTRIES, (json.dumps(missing),)).fetchall():
            self._keep_entry(row)

    def _keep_entry(self, row: rows.Row) -> None:
        entry = rows.to_entry(row)
        ends = (f"{entry.change}#", f"{entry.change}$")
        self.entries[entry.change] = entry
        self.group_transfers[entry.change] = [
            rows.to_transfer(x) for x in self.connection.execute(_ANSWERED, ends)
        ]

    def load_discrepancy(self, discrepancy: str) -> None:
        """Make one discrepancy present."""
        sql = "SELECT * FROM discrepancy WHERE id = ?"
        for row in self.connection.execute(sql, (discrepancy,)):
            self._keep_discrepancy(row)

    def load_draws(self, account: str) -> None:
        """Make every draw of an account present."""
        sql = "SELECT * FROM draw WHERE account = ?"
        for row in self.connection.execute(sql, (account,)):
            self._keep_draw(row)

    def aged_debits(self, account: str, until: datetime) -> int:
        """Net debits posted by `until`: the stored sum, and what this transaction changed."""
        total: int = self.connection.execute(
            "SELECT coalesce(sum(amount - reversed), 0) FROM draw WHERE account = ?"
            " AND effective <= ?",
            (account, time_text(until)),
        ).fetchone()[0]
        for name in self.changed["draw"]:
            row = self.draws[name]
            if row.account == account and row.effective <= until:
                total += row.amount - row.reversed
                before = self.stored.get(name)
                if before is not None:
                    total -= before.amount - before.reversed  # type: ignore[union-attr]
        return total

    def prefetch(self, many: Sequence[changes.Change]) -> None:
        """Read for a whole batch at once what its changes will surely ask for."""
        self.load_entries([change.id for change in many])
        wanted: dict[str, None] = {}
        for change in many:
            if isinstance(change, (changes.Reserve, changes.Draw)):
                for leg in change.legs:
                    wanted[leg.account] = None
            elif isinstance(change, (changes.Grant, changes.Adjust)):
                wanted[change.account] = None
        self.load_accounts(list(wanted))

    def _keep_reservation(self, row: rows.Row) -> None:
        if row[0] not in self.reservations:
            found = rows.to_reservation(row)
            self.stored[found.id] = found
            super().put_reservations({found.id: found})

    def _keep_draw(self, row: rows.Row) -> None:
        if row[0] not in self.draws:
            found = rows.to_draw(row)
            self.stored[found.id] = found
            super().put_draw(found)

    def _keep_discrepancy(self, row: rows.Row) -> None:
        if row[0] not in self.discrepancies:
            found = rows.to_discrepancy(row)
            self.stored[found.id] = found
            super().put_discrepancy(found)

    # Remembering what changed.

    def merge(self, draft: Draft, entry: Entry) -> None:
        """Take over a draft, and note which rows it touched."""
        self.new_accounts.extend(draft.accounts.values())
        self.looked_for.update(draft.accounts)
        self.lapses_looked_for.update(draft.accounts)
        self.moved_counters.update(draft.counters)
        self.new_entries.append(entry)
        super().merge(draft, entry)

    def put_reservations(self, found: dict[str, Reservation]) -> None:
        """Keep reservations that changed."""
        self.changed["reservation"].update(dict.fromkeys(found))
        super().put_reservations(found)

    def put_draw(self, row: Drawn) -> None:
        """Keep a draw that changed."""
        self.changed["draw"][row.id] = None
        super().put_draw(row)

    def put_discrepancy(self, row: Discrepancy) -> None:
        """Keep a discrepancy that changed."""
        self.changed["discrepancy"][row.id] = None
        super().put_discrepancy(row)

    # Writing back.

    def flush(self, move_counters: str = MOVE_COUNTERS) -> None:
        """Write everything that changed, each kind of row in one statement run.

        Raises:
            GuardError: a floor's own test in the statement failed; roll back.
        """
        many = self.connection.executemany
        new = {account.id for account in self.new_accounts}
        if new:
            many(_insert("account", 7), map(rows.account_row, self.new_accounts))
            many(
                _insert("counters", 10),
                [rows.counters_row(x, self.counters[x]) for x in sorted(new)],
            )
        many(_insert("audit", 10), map(rows.entry_row, self.new_entries))
        many(_insert("transfer", 17), rows.transfer_rows(self.transfers))
        moves = [self._move(name) for name in sorted(self.moved_counters - new)]
        if moves and many(move_counters, moves).rowcount != len(moves):
            msg = "the statement's own test of a floor failed; nothing was written"
            raise GuardError(msg)
        self._flush_changed()

    def committed(self) -> None:
        """What was written is stored now; the next transaction may go on from it."""
        for name in self.moved_counters:
            self.before[name] = self.counters[name]
        kept = (
            ("reservation", self.reservations),
            ("draw", self.draws),
            ("discrepancy", self.discrepancies),
        )
        for table, held in kept:
            changed = self.changed[table]
            if changed:
                self.stored.update((name, held[name]) for name in changed)
                changed.clear()
        self.moved_counters.clear()
        self.new_entries, self.new_accounts, self.transfers = [], [], []

    def _move(self, name: str) -> rows.Row:
        a, b = self.before[name], self.counters[name]
        excess = b.excess
        if excess > a.excess:  # only a breach may raise it
            excess = min(excess, a.excess + self._breached(name))
        needed = b.floor - excess - (b.available - a.available)
        return (
            b.credits_pending - a.credits_pending, b.credits_posted - a.credits_posted,
            b.debits_pending - a.debits_pending, b.debits_posted - a.debits_posted,
            b.excess, b.tolerated, b.tolerated, b.seq, name, needed,
        )  # fmt: skip

    def _breached(self, account: str) -> int:
        return sum(x.amount for x in self.transfers if x.kind == "breach" and x.account == account)

    def _flush_changed(self) -> None:
        if self.changed["reservation"]:
            self._flush_reservations()
        if self.changed["draw"] or self.changed["discrepancy"]:
            self._flush_draws()

    def _flush_reservations(self) -> None:
        stored = self.stored
        reservations = [self.reservations[x] for x in self.changed["reservation"]]
        new = [x for x in reservations if x.id not in stored]
        new.sort(key=itemgetter(0))
        self._many(_insert("reservation", 13), rows.reservation_rows(new))
        self._many(
            "UPDATE reservation SET remaining = ?, provisional = ? WHERE id = ?",
            [(x.remaining, x.provisional, x.id) for x in reservations if x.id in stored],
        )

    def _flush_draws(self) -> None:
        stored = self.stored
        draws = [self.draws[x] for x in self.changed["draw"]]
        self._many(_insert("draw", 10), [rows.draw_row(x) for x in draws if x.id not in stored])
        self._many(
            "UPDATE draw SET returned = ?, reversed = ? WHERE id = ?",
            [(str(x.returned), x.reversed, x.id) for x in draws if x.id in stored],
        )
        found = [self.discrepancies[x] for x in self.changed["discrepancy"]]
        self._many(_insert("discrepancy", 6), [x for x in found if x.id not in stored])
        self._many(
            "UPDATE discrepancy SET settled_by = ? WHERE id = ?",
            [(x.settled_by, x.id) for x in found if x.id in stored],
        )

    def _many(self, sql: str, given: Sequence[rows.Row]) -> None:
        if given:
            self.connection.executemany(sql, given)


@cache
def _insert(table: str, columns: int) -> str:
    """An insert of one whole row; the names are ours, never input."""
    return f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})"  # noqa: S608
