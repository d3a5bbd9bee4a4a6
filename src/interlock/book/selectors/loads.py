"""Orders as a bulk load wrote them, from the one audit row that holds a whole batch."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db.models import ForeignKey

from interlock.book.models import Order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from interlock.ledger import Entry

LOAD = "order.load"
UNCOMPARED = ("made_at", "changed_at")
"""A batch does not keep the clock of its load, only when it was recorded."""


def loaded(
    content: str, change: str, effective: datetime, recorded: datetime, prices: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The orders of one batch as snapshots, in the order of its lines.

    Args:
        content: of the audit row.
        change: its id.
        effective: when it took effect.
        recorded: when it was recorded; stands for the clock.
        prices: product -> unit price as it was then, for lines that give none.
    """
    from interlock.book.loading.orders import order_columns  # noqa: PLC0415 - services read the past

    kept = json.loads(content)
    columns = list(zip(*kept["rows"], strict=True)) or [()] * len(kept["columns"])
    frame = pl.DataFrame(
        [pl.Series(name, list(values), dtype=pl.Object)
         for name, values in zip(kept["columns"], columns, strict=True)]
    )  # fmt: skip
    then: Any = SimpleNamespace(now=recorded, today=effective.date(), id=change)
    found = order_columns(frame, then, dict(prices))
    fields = [
        (x.name, x.target_field if isinstance(x, ForeignKey) else x)
        for x in Order._meta.concrete_fields
    ]
    ready = [[field.to_python(value) for value in found[name]] for name, field in fields]
    names = [name for name, _ in fields]
    for row in zip(*ready, strict=True):
        yield {"kind": Order.kind, **dict(zip(names, row, strict=True))}


def orders_of(entry: Entry, prices: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The same for an audit row."""
    return loaded(entry.content, entry.change, entry.effective, entry.recorded, prices)
