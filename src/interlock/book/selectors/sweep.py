"""The audit log read once from its beginning, with the book as it stood at each row.

`Past` asks the log for each thing at a moment; this walks through the log and keeps the newest row
of each thing, so that thousands of past decisions cost one reading.
"""

from __future__ import annotations

import datetime as dt
import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from interlock.book.acting import PARTS
from interlock.book.models import Order
from interlock.book.selectors.as_of import Past
from interlock.book.selectors.loads import LOAD, orders_of
from interlock.book.snapshots import DERIVED
from interlock.ledger.changes import time_text
from interlock.store import rows
from interlock.store.queries import AUDIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.book.models import Thing
    from interlock.ledger import Entry

PAGE = 5_000
MOST_MET = 10_000
"""Things that are kept as objects; the rows of all are kept in any case."""
OF_ORDERS = frozenset({"order", "run", "allocation", "shipment", "entry", "hold", "determination"})
"""Kinds that no other thing's papers are read from: a change of theirs makes nothing else old."""
BEGINNING = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


class Sweep(Past):
    """The book as of the row that was read last.

    Attributes:
        version: rises whenever anything changes that facts of several orders may be read from.
    """

    def __init__(self) -> None:
        super().__init__(BEGINNING)
        self.version = 0
        self._things: dict[str, dict[str, Any]] = {}
        self._parts: dict[tuple[str, str], Any] = {}

    def acts(self, until: dt.datetime) -> Iterator[list[Entry]]:
        """The rows of each act in the order of the log, recorded by a time.

        What belongs to a thing is written at the end of its act; here it comes first.
        """
        for _, found in groupby(self._rows(until), key=_act_of):
            act = list(found)
            parts = [row for row in act if row.kind.endswith(f".{PARTS}")]
            rest = [row for row in act if not row.kind.endswith(f".{PARTS}")]
            for row in parts:
                self.apply(row)
            yield rest

    def _rows(self, until: dt.datetime) -> Iterator[Entry]:
        text = f"{AUDIT} WHERE seq > ? AND recorded <= ? ORDER BY seq LIMIT {PAGE}"
        last = 0
        while True:
            page = self._db.read(text, (last, time_text(until)))
            for row in page:
                yield rows.to_entry(row)
            if len(page) < PAGE:
                return
            last = page[-1][0]

    def apply(self, row: Entry) -> None:
        """Let a row of the log count from now on."""
        self.recorded = self.effective = row.recorded
        kind, _, move = row.kind.partition(".")
        if row.kind == LOAD:
            for found in orders_of(row, self.prices()):
                self._things.setdefault(Order.kind, {})[found["id"]] = found
            return
        if not move or not row.cause.startswith(f"{kind}/"):
            return  # the ledger's own
        pk = row.cause.partition("/")[2]
        content = json.loads(row.content)
        if move == PARTS:
            self._parts[kind, pk] = content["parts"]
        elif "thing" in content:
            self._things.setdefault(kind, {})[pk] = content["thing"]
        else:
            return  # people and their offices are not things of the book
        if kind not in OF_ORDERS:
            self.version += 1
        if (kind, pk) in self._met:
            self._met.clear()  # whatever was made of it is old

    def forget_met(self) -> None:
        """Let go of what was made of rows, if it is much; it is made again where it is wanted."""
        if len(self._met) > MOST_MET:
            self._met.clear()

    def of_kind(self, model: type[Thing]) -> dict[str, Any]:
        """The newest row of each thing of a kind."""
        return self._things.get(model.kind, {})

    # -- what `Past` asks the database -----------------------------------------------------------

    def snapshot(self, model: type[Thing], pk: str) -> dict[str, Any] | None:
        """One thing as its newest row says; None if it was not there yet."""
        found = self.of_kind(model).get(pk)
        return None if found is None else self._with_derived(model, found)

    def parts(self, model: type[Thing], pk: str) -> dict[str, list[dict[str, Any]]]:
        """The rows in other tables that belonged to it."""
        found = self._parts.get((model.kind, pk), {})
        return {name: found.get(name, []) for name in model.parts}

    def snapshots(self, model: type[Thing]) -> Iterator[dict[str, Any]]:
        """All things of a kind, by id."""
        for _, found in sorted(self.of_kind(model).items()):
            yield self._with_derived(model, found)

    def _with_derived(self, model: type[Thing], found: dict[str, Any]) -> dict[str, Any]:
        if not model.derived:
            return found
        derived = self._parts.get((model.kind, found["id"]), {}).get(DERIVED, ())
        return {name: value for row in (found, *derived) for name, value in row.items()}


def _act_of(row: Entry) -> str:
    return row.change.rpartition("/")[0] or row.change
