"""Which profiles may pass at which stage on which day: the columnar evaluator's verdicts (R17)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from interlock.law.cases.ownership import party_value
from interlock.law.compiling.checked import party_name
from interlock.law.expr.tree import days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interlock.lab.compiling.laws import Shelf
    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compile import Law
    from interlock.law.model import Stage

STAGES: tuple[Stage, ...] = ("allocation", "shipment", "entry")
"""What a mask's bits 1, 2 and 4 stand for."""
_DATE = "transaction.date"


def masks(law: Law, cases: Sequence[Case], dates: Sequence[Any], shelf: Shelf) -> NDArray[np.uint8]:
    """The stages at which each case is open, uint8[cases, dates]: the sum of the bits of `STAGES`.

    Args:
        law: as it binds on all of the dates.
        cases: what is decided.
        dates: the days for which each is asked.
        shelf: keeps the law compiled for frames.
    """
    rows = _rows(law, cases)
    names = {name for row in rows for name in row}
    columns = {name: _column([row.get(name) for row in rows]) for name in names}
    table = pl.DataFrame(columns) if columns else pl.DataFrame({"@row": [0] * len(cases)})
    day = pl.DataFrame({_DATE: [days(one) for one in dates]}, schema={_DATE: pl.Int64()})
    frame = table.join(day, how="cross").lazy()
    every = frozenset((*names, _DATE))
    sure = every.intersection(*({*row, _DATE} for row in rows))
    found = np.zeros(len(cases) * len(dates), np.uint8)
    asked = [shelf.frames(law, stage, every, sure) for stage in STAGES]
    verdicts = pl.collect_all([x.staged(frame).select(verdict=x.verdict()) for x in asked])
    for bit, verdict in enumerate(verdicts):
        codes = verdict["verdict"].to_numpy()
        # A law without clauses gives one literal for all rows.
        found |= np.where(np.broadcast_to(codes, found.shape) == 0, 1 << bit, 0).astype(np.uint8)
    return found.reshape(len(cases), len(dates))


def _rows(law: Law, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """The facts of each case with what the regimes derive about its parties."""
    rows = []
    for case in cases:
        row = {name: value for name, value in case.facts.items() if name != _DATE}
        for regime in law.regimes:
            for party in regime.party_facts:
                value = party_value(party, case.parties, regime.lists)
                if value is not None:
                    row[party_name(regime.id, party.id)] = value
        rows.append(row)
    return rows


def _column(values: list[Any]) -> pl.Series:
    some = next(value for value in values if value is not None)
    if isinstance(some, bool):
        return pl.Series(values, dtype=pl.Boolean())
    if isinstance(some, int):
        return pl.Series(values, dtype=pl.Int64())
    if isinstance(some, str):
        return pl.Series(values, dtype=pl.String())
    lists = [None if value is None else list(value) for value in values]
    return pl.Series(lists, dtype=pl.List(pl.String()))
