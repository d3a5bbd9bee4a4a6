"""Writing back what a transaction changed in its tables: each kind of row in one statement."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from interlock.ledger.model import Answer, Approved
from interlock.store import rows
from interlock.store.layout import (
    CHANGE_DRAW,
    CHANGE_RESERVATION,
    COLUMNS,
    MOVE_COUNTERS,
    SETTLE,
    Insert,
    Update,
    Write,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from interlock.ledger.errors import LedgerError
    from interlock.ledger.model import Counters, Transfer
    from interlock.store.tables import StoredTables

_ACCOUNT, _COUNTERS, _AUDIT, _TRANSFER, _RESERVATION, _DRAW, _DISCREPANCY = (
    Insert(table, tuple(COLUMNS[table].items()))
    for table in (
        "ledger_account", "ledger_counters", "audit", "ledger_transfer", "ledger_reservation",
        "ledger_draw", "ledger_discrepancy",
    )
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
        counters, rise = tables.counters, _breaches(tables.transfers).get
        counted = [
            _move(name, before, counters[name], rise(name, 0))
            for name, before in sorted(tables.changed_counters.items(), key=itemgetter(0))
            if before is not None
        ]
        if counted:
            writes.append(Write(move, counted, exact=True))
    if tables.changed_reservations:
        _reservations(tables, writes)
    if tables.changed_draws or tables.changed_discrepancies:
        _draws(tables, writes)
    tables.db.write([*writes, *tables.beside], whole=whole)


def committed(tables: StoredTables) -> None:
    """What was written is stored now; the next transaction may go on from it."""
    tables.changed_counters.clear()
    tables.changed_reservations.clear()
    tables.changed_draws.clear()
    tables.changed_discrepancies.clear()
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
    for name in tables.changed_counters:
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


def _move(name: str, a: Counters, b: Counters, raised: int) -> rows.Row:
    """What moves one account's counters from `a` to `b`."""
    credits_pending, credits_posted, debits_pending, debits_posted, excess_before, *_ = a
    new_pending, new_credits, new_debits_pending, new_debits, excess, tolerated, floor, seq = b
    if excess > excess_before:
        excess = min(excess, excess_before + raised)
    more_credits, more_debits = new_credits - credits_posted, new_debits - debits_posted
    more_pending = new_debits_pending - debits_pending
    needed = floor - tolerated - excess - (more_credits - more_debits - more_pending)
    return (
        new_pending - credits_pending, more_credits, more_pending, more_debits,
        excess, tolerated, seq, name, needed,
    )  # fmt: skip


def _reservations(tables: StoredTables, writes: list[Write]) -> None:
    held, changed = tables.reservations, tables.changed_reservations
    new = [held[name] for name, before in changed.items() if before is None]
    if new:
        new.sort(key=itemgetter(0))
        writes.append(Write(_RESERVATION, rows.reservation_rows(new)))
    if len(new) < len(changed):
        old = [held[name] for name, before in changed.items() if before is not None]
        left = [(x.remaining, x.provisional, x.id) for x in old]
        writes.append(Write(CHANGE_RESERVATION, left))


def _draws(tables: StoredTables, writes: list[Write]) -> None:
    draws = [(tables.draws[x], before) for x, before in tables.changed_draws.items()]
    found = [
        (tables.discrepancies[x], before) for x, before in tables.changed_discrepancies.items()
    ]
    possible = (
        Write(_DRAW, [rows.draw_row(x) for x, before in draws if before is None]),
        Write(
            CHANGE_DRAW,
            [(str(x.returned), x.reversed, x.id) for x, before in draws if before is not None],
        ),
        Write(_DISCREPANCY, [x for x, before in found if before is None]),
        Write(SETTLE, [(x.settled_by, x.id) for x, before in found if before is not None]),
    )
    writes += [write for write in possible if write.rows]
