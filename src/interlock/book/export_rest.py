"""What an export holds besides things and the ledger: people, events, reminders, texts of the law.

Deliveries, kept answers and jobs are left out: they say how far the machine is, not what happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from interlock.book.models import Determination, Event, LawText, Reminder
from interlock.book.people_log import people_now, people_then
from interlock.book.rows import raw_connection
from interlock.book.snapshots import plain
from interlock.ledger.changes import time_text
from interlock.store.executor import executor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.book.people_log import PeopleLog
    from interlock.book.selectors.as_of import Past

CHUNK = 2_000
_TEXTS = {
    "user": ("username", "name"),
    "office": ("id", "user", "party", "role", "since", "until"),
    "event": ("at", "name", "kind", "thing", "change", "parties", "gates"),
    "reminder": ("key", "party", "kind", "thing", "due_on", "says", "made_at", "seen_at"),
    "law_text": ("digest", "text"),
}
_OTHERS: dict[str, dict[str, Any]] = {
    "user": {"service": pl.Boolean, "active": pl.Boolean},
    "event": {"id": pl.Int64, "version": pl.Int64},
}


class Table(NamedTuple):
    """One table of the export: its columns for Parquet, and its rows as plain values."""

    name: str
    schema: dict[str, Any]
    rows: Iterator[dict[str, Any]]


def rest(past: Past | None) -> Iterator[Table]:
    """The tables, as they stand or as they stood at a moment."""
    then = _people_of(past) if past is not None else None
    yield _table("user", _people("user", "username", then))
    yield _table("office", _people("office", "id", then))
    yield _table("event", _events(past))
    yield _table("reminder", _reminders(past))
    yield _table("law_text", _law_texts(past))


def _table(name: str, rows: Iterator[dict[str, Any]]) -> Table:
    schema = _OTHERS.get(name, {}) | dict.fromkeys(_TEXTS[name], pl.String)
    return Table(name, schema, rows)


def _people_of(past: Past) -> PeopleLog:
    moment = time_text(past.recorded), time_text(past.effective)
    return people_then(executor(*raw_connection()), *moment)


def _people(kind: str, key: str, then: PeopleLog | None) -> Iterator[dict[str, Any]]:
    found = people_now(kind) if then is None else then.found[kind].items()
    yield from ({key: pk, **row} for pk, row in found)


def _events(past: Past | None) -> Iterator[dict[str, Any]]:
    found = Event.objects.order_by("pk")
    if past is not None:
        found = found.filter(at__lte=past.recorded)
    for one in found.iterator(chunk_size=CHUNK):
        yield plain(
            {
                "id": one.pk, "at": one.at, "name": one.name, "kind": one.thing_kind,
                "thing": one.thing, "version": one.thing_version, "change": one.change,
                "parties": one.parties, "gates": one.gates,
            }
        )  # fmt: skip


def _reminders(past: Past | None) -> Iterator[dict[str, Any]]:
    found = Reminder.objects.order_by("pk")
    if past is not None:
        found = found.filter(made_at__lte=past.recorded)
    for one in found.iterator(chunk_size=CHUNK):
        seen = one.seen_at
        if past is not None and seen is not None and seen > past.recorded:
            seen = None
        yield plain(
            {
                "key": one.key, "party": one.party_id, "kind": one.thing_kind, "thing": one.thing,
                "due_on": one.due_on, "says": one.says, "made_at": one.made_at, "seen_at": seen,
            }
        )  # fmt: skip


def _law_texts(past: Past | None) -> Iterator[dict[str, Any]]:
    """Texts on which determinations rest; of a moment, those of the determinations made by then."""
    found = LawText.objects.order_by("pk")
    if past is not None:
        made = past.snapshots(Determination)
        found = found.filter(pk__in={x for one in made for x in one["law_files"].values()})
    for one in found.iterator(chunk_size=CHUNK):
        yield {"digest": one.digest, "text": one.text}
