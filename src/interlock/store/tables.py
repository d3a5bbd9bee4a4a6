"""The ledger's tables over one transaction of a database: filled on demand, in few questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from interlock.ledger import changes
from interlock.ledger.changes import time_text
from interlock.ledger.tables import Draft, Tables
from interlock.store import queries, rows
from interlock.store.layout import Query, Write
from interlock.store.touched import touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from interlock.ledger.model import Account, Counters, Discrepancy, Drawn, Entry, Reservation
    from interlock.store.executor import Executor

Stored = TypeVar("Stored")
_DRAWING = (changes.Reserve, changes.Draw)


class StoredTables(Tables):
    """Tables that read what they lack inside the running transaction, and remember what changed.

    Args:
        db: the connection.
        accounts: accounts read before and still so; what is read is added.
        now: the clock.
        known: more accounts that are stored for certain, looked at before asking.
        writing: whether a change may follow; where others write too, what is read is then locked.
    """

    def __init__(
        self,
        db: Executor,
        accounts: dict[str, Account],
        now: datetime,
        *,
        known: Mapping[str, Account] | None = None,
        writing: bool,
    ) -> None:
        super().__init__()
        self.db = db
        self.accounts = accounts
        self.known = known or {}
        # Whether changes are not looked for: one that is there fails when it is written.
        self.takes_as_new = False
        self.locking = writing and db.shared
        self.lock_rounds = 0
        self.lapses_looked_for: set[str] = set()
        self.looked_for: set[str] = set()
        self.groups: set[str] = set()
        self.new_entries: list[Entry] = []
        self.new_accounts: list[Account] = []
        # What changed, each with its row as it is stored; None = the row is new.
        self.changed_counters: dict[str, Counters | None] = {}
        self.changed_reservations: dict[str, Reservation | None] = {}
        self.changed_draws: dict[str, Drawn | None] = {}
        self.changed_discrepancies: dict[str, Discrepancy | None] = {}
        self.beside: list[Write] = []  # rows of other tables that are written with these
        self.entries_looked_for: set[str] = set()
        self.numbers: tuple[list[int], list[int]] = ([], [])  # for transfers, for entries
        if not db.shared:  # nobody else writes: numbers run on, and time never runs backwards
            self.transfer_seq = db.read(queries.LAST_TRANSFER)[0][0]
            for seq, recorded in db.read(queries.LAST_ENTRY):
                self.entry_seq, self.last_recorded = seq, rows.to_time(recorded)
        self.now = now
        self.moment = ""
        self.begin(now)

    def begin(self, now: datetime) -> None:
        """Set the time of a transaction: what is due by then is looked for anew."""
        self.now = now
        moment = now if self.last_recorded is None else max(now, self.last_recorded)
        if time_text(moment) != self.moment:
            self.moment = time_text(moment)
            self.lapses_looked_for.clear()

    @property
    def rows_kept(self) -> int:
        """How many rows are held in memory, about."""
        return len(self.entries) + len(self.reservations) + len(self.draws)

    # Reading.

    def recall(self, names: Iterable[str]) -> list[str]:
        """Which of these accounts are not known and must be asked for."""
        missing = [name for name in names if name not in self.accounts]
        if not missing or not self.known:
            return missing
        for name in missing:
            if name in self.known:
                self.accounts[name] = self.known[name]
        return [name for name in missing if name not in self.accounts]

    def prepare(
        self,
        many: Sequence[changes.Change] = (),
        entries: Sequence[str] = (),
        pinned: Sequence[str] = (),
    ) -> None:
        """Lock and read at once what changes will surely ask for.

        Where others write too, the counters of every account that any of the changes can touch
        are locked in one order of ids, so that no two writers wait for each other in a ring.

        Args:
            many: the changes to come in this transaction.
            entries: ids of further rows of the audit log: the approval that holds them, or notes.
            pinned: the accounts that it pins.
        """
        ids = [*(change.id for change in many), *entries]
        if not self.locking:
            if len(ids) > 1:
                self.load_entries(ids)
                self.load_accounts(_named(many))
            return
        names = touched(self, many, pinned, self.now)
        missing = [x for x in ids if x not in self.entries_looked_for]
        self.entries_looked_for.update(missing)
        # A guess that is mostly right; what lacks is asked for later, what is left is a gap.
        transfers = sum(len(x.legs) if isinstance(x, _DRAWING) else 1 for x in many)
        transfers = max(transfers, len(names)) if len(many) == 1 else transfers
        asked = [
            Query(queries.THESE_ENTRIES, (missing,)), self.db.numbers(transfers, len(ids)),
        ]  # fmt: skip
        found, numbers = self._load(sorted(names), asked)
        self.numbers = [x for (x,) in numbers[:transfers]], [x for (x,) in numbers[transfers:]]
        for row in found:
            self._keep_entry(row)

    def load_accounts(self, ids: Iterable[str]) -> None:
        """Make accounts present, with counters, due lapses and open discrepancies."""
        names = [name for name in ids if name not in self.lapses_looked_for]
        if names:
            self._load(names)

    def _load(self, names: list[str], also: Sequence[Query] = ()) -> list[list[rows.Row]]:
        """The same; answers of further questions in the same round trip come back."""
        missing = sorted(name for name in names if name not in self.looked_for)
        unseen = self.recall(missing)
        self.looked_for.update(missing)
        self.lapses_looked_for.update(names)
        asked = [*also, Query(queries.EXPIRED, (names, self.moment))]
        accounts = self.accounts
        windows = bool(unseen) or any(x in accounts and accounts[x].terms.window for x in names)
        if windows:
            asked.append(Query(queries.OUT_OF_WINDOW, (names, self.moment)))
        if missing:
            asked.append(Query(queries.THESE_OPEN, (missing,)))
        if unseen:
            asked.append(Query(queries.THESE_ACCOUNTS, (unseen,)))
        if self.locking:
            asked.append(Query(queries.LAST_RECORDED, (names,)))
        elif missing:
            asked.append(Query(queries.THESE_COUNTERS, (missing,)))
        self.lock_rounds += bool(self.locking and missing)
        held, answers = self.db.read_all(asked, missing if self.locking else ())
        last = answers.pop() if self.locking or missing else []
        for row in held if self.locking else last:
            self.counters[row[0]] = rows.to_counters(row)
        for row in answers.pop() if unseen else ():
            if row[0] in self.counters:
                self.accounts[row[0]] = rows.to_account(row)
        for row in answers.pop() if missing else ():
            self._keep_discrepancy(row)
        for row in answers.pop() if windows else ():
            self._keep_draw(row)
        for row in answers.pop():
            self._keep_reservation(row)
        if self.locking and last[0][0] is not None:
            self._not_before(rows.to_time(last[0][0]), names)
        return answers

    def _not_before(self, recorded: datetime, names: list[str]) -> None:
        """What is recorded on an account never runs backwards, whatever the clock says."""
        if self.last_recorded is None or recorded > self.last_recorded:
            self.last_recorded = recorded
        if recorded > self.now:  # a clock behind: more is due than was looked for
            self.begin(recorded)
            self._load(names)

    def load_group(self, group: str) -> None:
        """Make a change's reservations and draws present."""
        if group in self.groups:
            return
        self.groups.add(group)
        ends = queries.group_ends(group)
        _, (reservations, draws) = self.db.read_all(
            [Query(queries.GROUP_RESERVATIONS, ends), Query(queries.GROUP_DRAWS, ends)]
        )
        for row in reservations:
            self._keep_reservation(row)
        for row in draws:
            self._keep_draw(row)

    def load_entry(self, change: str) -> None:
        """Make the audit row of a change present, with the transfers it answered."""
        if change not in self.entries_looked_for and not self.takes_as_new:
            self.entries_looked_for.add(change)
            for row in self.db.read(queries.ENTRY, (change,)):
                self._keep_entry(row)

    def load_entries(self, ids: Iterable[str]) -> None:
        """The same for many."""
        missing = [name for name in ids if name not in self.entries_looked_for]
        if missing:
            self.entries_looked_for.update(missing)
            for row in self.db.read(queries.THESE_ENTRIES, (missing,)):
                self._keep_entry(row)

    def _keep_entry(self, row: rows.Row) -> None:
        entry = rows.to_entry(row)
        ends = queries.group_ends(entry.change)
        self.entries[entry.change] = entry
        self.group_transfers[entry.change] = [
            rows.to_transfer(x) for x in self.db.read(queries.ANSWERED, ends)
        ]

    def load_discrepancy(self, discrepancy: str) -> None:
        """Make one discrepancy present."""
        for row in self.db.read(queries.THIS_DISCREPANCY, (discrepancy,)):
            self._keep_discrepancy(row)

    def load_draws(self, accounts: Iterable[str]) -> None:
        """Make every draw of accounts present."""
        wanted = list(accounts)
        if wanted:
            for row in self.db.read(queries.THESE_DRAWS, (wanted,)):
                self._keep_draw(row)

    def aged_debits(self, account: str, until: datetime) -> int:
        """Net debits posted by `until`: the stored sum, and what this transaction changed."""
        total = int(self.db.read(queries.AGED_DEBITS, (account, time_text(until)))[0][0])
        for name, before in self.changed_draws.items():
            row = self.draws[name]
            if row.account == account and row.effective <= until:
                total += row.amount - row.reversed
                if before is not None:
                    total -= before.amount - before.reversed
        return total

    def _keep_reservation(self, row: rows.Row) -> None:
        if row[0] not in self.reservations:
            found = rows.to_reservation(row)
            super().put_reservations({found.id: found})

    def _keep_draw(self, row: rows.Row) -> None:
        if row[0] not in self.draws:
            found = rows.to_draw(row)
            super().put_draw(found)

    def _keep_discrepancy(self, row: rows.Row) -> None:
        if row[0] not in self.discrepancies:
            found = rows.to_discrepancy(row)
            super().put_discrepancy(found)

    # Remembering what changed.

    def merge(self, draft: Draft, entry: Entry) -> None:
        """Take over a draft, and note which rows it touched."""
        if draft.accounts:
            self.new_accounts.extend(draft.accounts.values())
            self.looked_for.update(draft.accounts)
            self.lapses_looked_for.update(draft.accounts)
        _remember(self.changed_counters, self.counters, draft.counters)
        self.new_entries.append(entry)
        super().merge(draft, entry)

    def put_reservations(self, found: dict[str, Reservation]) -> None:
        """Keep reservations that changed."""
        _remember(self.changed_reservations, self.reservations, found)
        super().put_reservations(found)

    def put_draw(self, row: Drawn) -> None:
        """Keep a draw that changed."""
        self.changed_draws.setdefault(row.id, self.draws.get(row.id))
        super().put_draw(row)

    def put_discrepancy(self, row: Discrepancy) -> None:
        """Keep a discrepancy that changed."""
        self.changed_discrepancies.setdefault(row.id, self.discrepancies.get(row.id))
        super().put_discrepancy(row)


def _remember(
    changed: dict[str, Stored | None], held: dict[str, Stored], names: Iterable[str]
) -> None:
    """Note how rows are stored before they change for the first time."""
    for name in names:
        if name not in changed:
            changed[name] = held.get(name)


def _named(many: Sequence[changes.Change]) -> list[str]:
    """The accounts that changes name themselves."""
    wanted: dict[str, None] = {}
    for change in many:
        if isinstance(change, _DRAWING):
            for leg in change.legs:
                wanted[leg.account] = None
        elif isinstance(change, (changes.Grant, changes.Adjust)):
            wanted[change.account] = None
    return list(wanted)
