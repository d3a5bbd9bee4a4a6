"""Orders that the law reads alike but for their own numbers are read once.

Orders of a load, and most others, are many of the same firms, product and destination. What the
law reads of those is the same as long as nothing changes that orders share, so it is built and read
for the first of them; of the others only what `order_facts` says is read.
"""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.models import Order
from interlock.book.row_facts import order_facts
from interlock.book.selectors.replay import PastCases

if TYPE_CHECKING:
    import datetime as dt

    from interlock.book.selectors.sweep import Sweep
    from interlock.law.cases.reader import Case
    from interlock.law.model import Stage

OWN = ("id", "quantity", "placed_on", "unit_price_usd")
"""What is read of each order by itself."""
UNREAD = (
    "kind", "version", "made_at", "changed_at", "end_use", "weight", "tier", "lot", "basis",
    "allocated", "shipped", "entered",
)  # fmt: skip
"""What no case has."""
KEYED = tuple(
    field.name
    for field in Order._meta.concrete_fields
    if field.name not in (*OWN, *UNREAD, "facts")
)
_fields: Any = Order._meta.get_field
PLACED_ON, PRICE = _fields("placed_on"), _fields("unit_price_usd")


class Alike:
    """Reads orders from the rows of the log, as the book stood at the row that was read last."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self._cases: tuple[tuple[int, dt.date], PastCases] | None = None
        self._read: dict[tuple[Any, ...], Case] = {}

    def cases(self, at: dt.date) -> PastCases:
        """What orders are read by; kept as long as nothing that they share has changed."""
        key = (self.sweep.version, at)
        if self._cases is None or self._cases[0] != key:
            self._cases = key, PastCases(at, self.sweep)
            self._read.clear()
        return self._cases[1]

    def case(self, row: dict[str, Any], stage: Stage, at: dt.date, known: dt.date) -> Case:
        """An order, of which nothing was sent yet or nothing sent is asked, as the law reads it.

        Args:
            row: the order, as the log has it.
            stage: of the decision.
            at: the day whose law and papers count.
            known: by when the law must have been public.

        Raises:
            BadInputError: the law of the day cannot read its facts.
        """
        cases, reader = self.cases(at), law.reader_on(at, known)
        facts, priced = row["facts"], row["unit_price_usd"] is not None
        told = json.dumps(facts, sort_keys=True, default=str) if facts else ""
        key = (stage, known, priced, told, *(row[name] for name in KEYED))
        alike = self._read.get(key)
        if alike is None:
            order = self.sweep.thing(Order, row["id"])
            assert order is not None  # noqa: S101 - it is a row of the log
            self._read[key] = reader.read(cases.order(order, stage), 1)
            return self._read[key]
        own = reader.read({"id": row["id"], "order": order_facts(_line(row))}, 1)  # type: ignore[arg-type]
        return replace(alike, id=own.id, facts=alike.facts | own.facts)


def _line(row: dict[str, Any]) -> SimpleNamespace:
    """What `order_facts` looks at."""
    return SimpleNamespace(
        pk=row["id"],
        quantity=row["quantity"],
        destination=row["destination"],
        data_centre_use=row["data_centre_use"],
        placed_on=PLACED_ON.to_python(row["placed_on"]),
        unit_price_usd=PRICE.to_python(row["unit_price_usd"]),
    )
