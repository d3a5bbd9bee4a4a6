"""Writing back what a transaction changed in its tables: each kind of row in one statement."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from interlock.ledger.model import Answer, Approved
from interlock.store import rows
from interlock.store.layout import (
    CHANGE_DRAW,
    CHANGE_RESERVATION,
    MOVE_COUNTERS,
    SETTLE,
    Insert,
    Update,
    Write,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from interlock.ledger.errors import LedgerError
    from interlock.ledger.model import Transfer
    from interlock.store.tables import StoredTables

_ACCOUNT, _COUNTERS, _AUDIT, _TRANSFER, _RESERVATION, _DRAW, _DISCREPANCY = (
    Insert("ledger_account"), Insert("ledger_counters"), Insert("audit"),
    Insert("ledger_transfer"), Insert("ledger_reservation"), Insert("ledger_draw"),
    Insert("ledger_discrepancy"),
)  # fmt: skip


def flush(tables: StoredTables, *, whole: bool, move: Update = MOVE_COUNTERS) -> None:
    """Write everything that changed, or nothing.

    Args:
        tables: what changed.
        whole: the caller undoes the whole transaction if this fails.
        move: the statement that moves the counters.

    Raises:
        GuardError: a floor's own test in the statement failed.
        RacedError: another writer was faster with a row of the same id.
    """
    if tables.db.shared:
        _number(tables)
    new = {account.id for account in tables.new_accounts}
    writes = []
    if new:
        tables.new_accounts.sort(key=itemgetter(0))
        writes += [
            Write(_ACCOUNT, list(map(rows.account_row, tables.new_accounts))),
            Write(_COUNTERS, [rows.counters_row(x, tables.counters[x]) for x in sorted(new)]),
        ]
    writes.append(Write(_AUDIT, list(map(rows.entry_row, tables.new_entries))))
    if tables.transfers:
        writes.append(Write(_TRANSFER, rows.transfer_rows(tables.transfers)))
        moved = sorted(tables.moved_counters - new) if new else sorted(tables.moved_counters)
        if moved:
            raised = _breaches(tables.transfers)
            counted = [_move(tables, name, raised) for name in moved]
            writes.append(Write(move, counted, exact=True))
    if tables.changed["reservation"]:
        _reservations(tables, writes)
    if tables.changed["draw"] or tables.changed["discrepancy"]:
        _draws(tables, writes)
    tables.db.write(writes, whole=whole)


def committed(tables: StoredTables) -> None:
    """What was written is stored now; the next transaction may go on from it."""
    for name in tables.moved_counters:
        tables.before[name] = tables.counters[name]
    kept = (
        ("reservation", tables.reservations),
        ("draw", tables.draws),
        ("discrepancy", tables.discrepancies),
    )
    for table, held in kept:
        changed = tables.changed[table]
        if changed:
            tables.stored.update((name, held[name]) for name in changed)
            changed.clear()
    tables.moved_counters.clear()
    tables.new_entries, tables.new_accounts, tables.transfers = [], [], []


def _number(tables: StoredTables) -> None:
    """Give rows the numbers that the database hands out, in place of those counted from 1.

    They were drawn, or are now, with every account locked: so they rise along each account.
    """
    spare, given = tables.numbers
    short = len(tables.transfers) - len(spare), len(tables.new_entries) - len(given)
    if max(short) > 0:
        query = tables.db.numbers(max(0, short[0]), max(0, short[1]))
        more = [x for (x,) in tables.db.read(query.text, query.given)]
        spare += more[: max(0, short[0])]
        given += more[max(0, short[0]) :]
    numbers = dict(enumerate(spare, start=1))
    tables.transfers = [x._replace(seq=numbers[x.seq]) for x in tables.transfers]
    tables.new_entries = [
        x._replace(seq=seq) for x, seq in zip(tables.new_entries, given, strict=False)
    ]
    for name in tables.moved_counters:
        counters = tables.counters[name]
        if counters.seq:  # 0 = opened, nothing counted in yet
            tables.counters[name] = counters._replace(seq=numbers[counters.seq])


def numbered(
    tables: StoredTables, answers: Iterable[Answer | LedgerError]
) -> list[Answer | LedgerError]:
    """Answers with the numbers that their rows were stored under."""
    stored = {x.id: x for x in tables.transfers}
    return [
        Answer(x.change, tuple(stored.get(y.id, y) for y in x.transfers))
        if isinstance(x, Answer)
        else x
        for x in answers
    ]


def numbered_approval(tables: StoredTables, approved: Approved) -> Approved:
    """The same for an approval."""
    answers = [x for x in numbered(tables, approved.answers) if isinstance(x, Answer)]
    return approved._replace(answers=tuple(answers))


def _breaches(transfers: Sequence[Transfer]) -> dict[str, int]:
    """By how much each account's excess may rise: only a breach may raise it."""
    found: dict[str, int] = {}
    for row in transfers:
        if row.kind == "breach":
            found[row.account] = found.get(row.account, 0) + row.amount
    return found


def _move(tables: StoredTables, name: str, raised: dict[str, int]) -> rows.Row:
    a, b = tables.before[name], tables.counters[name]
    excess = b.excess
    if excess > a.excess:
        excess = min(excess, a.excess + raised.get(name, 0))
    needed = b.floor - excess - (b.available - a.available)
    return (
        b.credits_pending - a.credits_pending, b.credits_posted - a.credits_posted,
        b.debits_pending - a.debits_pending, b.debits_posted - a.debits_posted,
        b.excess, b.tolerated, b.seq, name, needed,
    )  # fmt: skip


def _reservations(tables: StoredTables, writes: list[Write]) -> None:
    stored = tables.stored
    changed = [tables.reservations[x] for x in tables.changed["reservation"]]
    new = [x for x in changed if x.id not in stored]
    if new:
        new.sort(key=itemgetter(0))
        writes.append(Write(_RESERVATION, rows.reservation_rows(new)))
    if len(new) < len(changed):
        old = [(x.remaining, x.provisional, x.id) for x in changed if x.id in stored]
        writes.append(Write(CHANGE_RESERVATION, old))


def _draws(tables: StoredTables, writes: list[Write]) -> None:
    stored = tables.stored
    draws = [tables.draws[x] for x in tables.changed["draw"]]
    found = [tables.discrepancies[x] for x in tables.changed["discrepancy"]]
    possible = (
        Write(_DRAW, [rows.draw_row(x) for x in draws if x.id not in stored]),
        Write(
            CHANGE_DRAW,
            [(str(x.returned), x.reversed, x.id) for x in draws if x.id in stored],
        ),
        Write(_DISCREPANCY, [x for x in found if x.id not in stored]),
        Write(SETTLE, [(x.settled_by, x.id) for x in found if x.id in stored]),
    )
    writes += [write for write in possible if write.rows]
