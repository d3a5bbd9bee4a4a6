"""Carrying out a change: one door, the same for the ledger in memory and for every store."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from interlock.files.phrases import phrase
from interlock.ledger import changes, draws, fills, reversals
from interlock.ledger.effects import advance
from interlock.ledger.errors import (
    NO_ZONE,
    ConflictError,
    InvalidChangeError,
    Lack,
    LedgerError,
    StaleError,
    unknown_account,
)
from interlock.ledger.legs import find_account
from interlock.ledger.model import (
    Answer,
    Approved,
    Discrepancy,
    Entry,
    Pinned,
    RefusedLine,
)
from interlock.ledger.tables import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from interlock.ledger.tables import Tables

MAX_ID = 200
NOTE_KIND = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+")
WHOLE_UNITS = (changes.Reserve, changes.Draw, changes.Return)


def carry_out(tables: Tables, change: changes.Change, now: datetime) -> Answer:
    """Do a change whole, or raise and leave everything as it was.

    Args:
        tables: the state; locked by the caller if others can write it.
        change: what is asked.
        now: the clock. What is recorded never runs backwards: a clock behind the last record
            is taken as that record's time.

    Raises:
        InvalidChangeError, ConflictError, RefusedError: see `interlock.ledger.errors`.
    """
    text = changes.content(change)
    tables.load_entry(change.id)
    before = tables.entries.get(change.id)
    if before is not None:
        if before.content != text or "." in before.kind:
            raise ConflictError(change.id)
        return Answer(change.id, tuple(tables.group_transfers[change.id]))
    recorded = stamp(tables, now)
    _check(change, recorded)
    draft = Draft(tables, change.id, recorded)
    HANDLERS[type(change)](draft, change)
    tables.merge(draft, _entry(tables, change, text, recorded, ""))
    return Answer(change.id, tuple(tables.group_transfers[change.id]))


def stamp(tables: Tables, now: datetime) -> datetime:
    """The time a change is recorded at: now, never before the last record."""
    if now.tzinfo is None:
        raise InvalidChangeError("clock", [NO_ZONE])
    last = tables.last_recorded
    moment = now.astimezone(UTC)
    return moment if last is None or moment >= last else last


def _entry(
    tables: Tables,
    change: changes.Change | changes.Approve,
    text: str,
    recorded: datetime,
    outcome: str,
) -> Entry:
    why = change.why
    return Entry(
        tables.entry_seq + 1, change.id, changes.KINDS[type(change)], text, why.actor,
        why.reason, why.cause, why.effective, recorded, outcome,
    )  # fmt: skip


def _check(change: changes.Change | changes.Approve | changes.Note, recorded: datetime) -> None:
    """What must hold for every kind of change."""
    wrongs = []
    name, why = change.id, change.why
    if not name or len(name) > MAX_ID or "#" in name or "!" in name:
        wrongs.append(
            phrase("the id must have 1 to {most} characters and neither '#' nor '!'", most=MAX_ID)
        )
    if "\0" in name or "\0" in why.actor or "\0" in why.reason or "\0" in why.cause:
        wrongs.append(phrase("a text holds a NUL character; leave it out"))
    if not why.actor:
        wrongs.append(phrase("nobody is named as actor; say who asks"))
    if why.effective.tzinfo is None:
        wrongs.append(phrase("'effective' has no zone; pass an aware datetime"))
    elif why.effective > recorded:
        when = changes.time_text(why.effective)
        wrongs.append(
            phrase("it takes effect on {when}, after it is recorded; record it then", when=when)
        )
    expires = getattr(change, "expires", None)
    if expires is not None and expires.tzinfo is None:
        wrongs.append(phrase("'expires' has no zone; pass an aware datetime"))
    amount = getattr(change, "amount", 1)
    quantity = getattr(change, "quantity", None)
    if isinstance(quantity, float) or isinstance(amount, float):
        wrongs.append(phrase("a binary fraction is not exact; pass an int, Fraction or Decimal"))
    elif isinstance(change, WHOLE_UNITS) and type(quantity) is not int:
        wrongs.append(
            phrase(
                "quantity {quantity} is no int; units of the good are counted whole",
                quantity=quantity,
            )
        )
    elif quantity is not None and quantity <= 0:
        wrongs.append(phrase("quantity {quantity} is not positive", quantity=quantity))
    if wrongs:
        raise InvalidChangeError(name, wrongs)


def open_discrepancy(draft: Draft, change: changes.OpenDiscrepancy) -> None:
    """Shut draws on a report; no counter moves until somebody accepts it as a fact (R3)."""
    account = find_account(draft, change.account, change.why.effective)
    if account is None:
        raise InvalidChangeError(
            change.id,
            [unknown_account(change.account)],
        )
    shut_for = "" if account.terms.shuts == "account" else change.holder or account.holder
    draft.discrepancies[change.id] = Discrepancy(change.id, account.id, shut_for, 0, change.id, "")


def settle_discrepancy(draft: Draft, change: changes.SettleDiscrepancy) -> None:
    """Close a discrepancy; draws it shut may go on."""
    draft.tables.load_discrepancy(change.discrepancy)
    found = draft.tables.discrepancies.get(change.discrepancy)
    if found is None or found.settled_by:
        name = change.discrepancy
        settled = phrase("discrepancy '{name}' is settled already", name=name)
        unknown = phrase("discrepancy '{name}' is not known", name=name)
        raise InvalidChangeError(change.id, [settled if found else unknown])
    draft.tables.load_accounts((found.account,))
    draft.discrepancies[found.id] = found._replace(settled_by=change.id)


HANDLERS: dict[type, Callable[[Draft, Any], None]] = {
    changes.OpenAccount: fills.open_account,
    changes.Grant: fills.grant,
    changes.Reserve: draws.reserve,
    changes.Draw: draws.draw,
    changes.Post: draws.post,
    changes.Void: reversals.void,
    changes.Confirm: reversals.confirm,
    changes.Return: reversals.give_back,
    changes.Adjust: fills.adjust,
    changes.OpenDiscrepancy: open_discrepancy,
    changes.SettleDiscrepancy: settle_discrepancy,
}


def carry_out_many(
    tables: Tables, many: Iterable[changes.Change], now: datetime
) -> list[Answer | LedgerError]:
    """Several changes in turn, each standing or falling alone; refusals come back as values."""
    found: list[Answer | LedgerError] = []
    for change in many:
        try:
            found.append(carry_out(tables, change, now))
        except LedgerError as error:
            found.append(error)
    return found


def carry_out_approval(tables: Tables, approve: changes.Approve, now: datetime) -> Approved:
    """Reserve the lines of a sharing run, if nothing it counted on has fallen since (R2).

    Raises:
        StaleError: naming each pinned account whose headroom fell; nothing was reserved.
        ConflictError, InvalidChangeError: as for any change.
    """
    text = changes.content(approve)
    tables.load_entry(approve.id)
    before = tables.entries.get(approve.id)
    if before is not None:
        return _approved_before(tables, approve, before, text)
    recorded = stamp(tables, now)
    _check(approve, recorded)
    fallen = [
        Lack(pin.account, "headroom", current.headroom, pin.headroom)
        for pin, current in zip(
            approve.pins, pin_accounts(tables, [x.account for x in approve.pins], now), strict=True
        )
        if current.headroom < pin.headroom
    ]
    if fallen:
        raise StaleError(approve.id, fallen)
    answers, refused = [], []
    for line, result in zip(approve.lines, carry_out_many(tables, approve.lines, now), strict=True):
        if isinstance(result, LedgerError):
            refused.append(RefusedLine(line.id, str(result)))
        else:
            answers.append(result)
    outcome = changes.plain_text([[x.line, x.reason] for x in refused])
    tables.merge(
        Draft(tables, approve.id, recorded), _entry(tables, approve, text, recorded, outcome)
    )
    return Approved(approve.id, tuple(answers), tuple(refused))


def carry_out_record(tables: Tables, note: changes.Note, now: datetime) -> bool:
    """Append to the audit log what was done outside the ledger; False if it stands there already.

    Raises:
        ConflictError: the id stands for something else.
        InvalidChangeError: as for any change, or the kind has no namespace.
    """
    tables.load_entry(note.id)
    before = tables.entries.get(note.id)
    if before is not None:
        if (before.kind, before.content) != (note.kind, note.content):
            raise ConflictError(note.id)
        return False
    recorded = stamp(tables, now)
    _check(note, recorded)
    if not NOTE_KIND.fullmatch(note.kind):
        wrong = phrase(
            "kind '{kind}' has no namespace; write it as 'licence.issue'", kind=note.kind
        )
        raise InvalidChangeError(note.id, [wrong])
    why = note.why
    entry = Entry(
        tables.entry_seq + 1, note.id, note.kind, note.content, why.actor, why.reason, why.cause,
        why.effective, recorded, note.outcome,
    )  # fmt: skip
    tables.merge(Draft(tables, note.id, recorded), entry)
    return True


def _approved_before(
    tables: Tables, approve: changes.Approve, before: Entry, text: str
) -> Approved:
    if before.content != text:
        raise ConflictError(approve.id)
    refused = tuple(RefusedLine(*pair) for pair in changes.parse_text(before.outcome))
    fell = {x.line for x in refused}
    answers = []
    for line in approve.lines:
        if line.id not in fell:
            tables.load_entry(line.id)
            answers.append(Answer(line.id, tuple(tables.group_transfers[line.id])))
    return Approved(approve.id, tuple(answers), refused)


def pin_accounts(tables: Tables, names: Iterable[str], now: datetime) -> tuple[Pinned, ...]:
    """Accounts as they stand now, with all that is due by now counted (R2, R9).

    Raises:
        InvalidChangeError: naming every unknown account.
    """
    moment = stamp(tables, now)
    found, unknown = [], []
    names = list(names)
    tables.load_accounts(names)
    for name in names:
        draft = Draft(tables, "read", moment)
        account = find_account(draft, name, moment)
        if account is None:
            unknown.append(unknown_account(name))
            continue
        seq = draft.counters_of(account.id).seq
        advance(draft, account.id)
        found.append(Pinned(name, seq, draft.counters_of(account.id).headroom))
    if unknown:
        raise InvalidChangeError("read", unknown)
    return tuple(found)
