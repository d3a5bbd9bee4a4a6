"""Reading orders, draws and accounts into a problem, with every fault at its place.

Big plain files go through Polars. Whatever it does not take as plain is read again cell by cell,
which gives either the same numbers or all the faults, sorted by place.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from interlock.files import BadInputError, Fault, Faults, Place
from interlock.files.phrases import phrase
from interlock.sharing.cells import ACCOUNTS, DRAWS, ORDERS, Cells
from interlock.sharing.problem import Problem, ProblemError
from interlock.sharing.tables import (
    MOST_FAULTS,
    Table,
    fast_table,
    read_bytes,
    slow_table,
)
from interlock.sharing.text import WHOLE, NumberFaultError, exact_number

if TYPE_CHECKING:
    from fractions import Fraction

    import polars as pl

    from interlock.sharing.problem import Ints

_INT_COLUMNS = {"quantity": "ask", "tier": "tier", "lot": "lot", "min": "min"}


def read_problem(
    orders: str | Path, draws: str | Path, accounts: str | Path, *, ledger_version: str = ""
) -> Problem:
    """Read a sharing problem from three files, CSV or Parquet by their suffix.

    Args:
        orders: columns order, quantity and, optionally, weight, tier, lot, min, value.
        draws: columns order, account, factor.
        accounts: columns account, available.
        ledger_version: of the ledger that `available` was read from.

    Raises:
        BadInputError: with every fault of all three files.
    """
    paths = [Path(orders), Path(draws), Path(accounts)]
    faults = Faults()
    data = []
    for path in paths:
        try:
            data.append(read_bytes(path, str(path)))
        except BadInputError as error:
            faults.found.extend(error.faults)
    faults.raise_if_any()
    layouts = (ORDERS, DRAWS, ACCOUNTS)
    frames = [fast_table(*item) for item in zip(paths, data, layouts, strict=True)]
    plain = [frame for frame in frames if frame is not None]
    problem = _fast(plain[0], plain[1], plain[2], ledger_version) if len(plain) == 3 else None
    if problem is not None:
        return problem
    tables = [
        slow_table(path, content, str(path), layout, faults)
        for path, content, layout in zip(paths, data, layouts, strict=True)
    ]
    return _slow(*tables, faults=faults, ledger_version=ledger_version)


def _fast(
    orders: pl.DataFrame, draws: pl.DataFrame, accounts: pl.DataFrame, ledger_version: str
) -> Problem | None:
    """The problem if everything is in order; None to have the files read cell by cell."""
    columns: dict[str, Ints | None] = {
        name: _whole_column(orders[word]) for word, name in _INT_COLUMNS.items()
    }
    available = _whole_column(accounts["available"])
    if available is None or any(column is None for column in columns.values()):
        return None
    names, places = orders["order"], accounts["account"]
    if names.n_unique() < len(names) or places.n_unique() < len(places):
        return None
    if (names == "").any() or (places == "").any():
        return None
    for word in ("weight", "value"):
        parts = _exact_column(orders[word])
        if parts is None:
            return None
        columns[f"{word}_num"], columns[f"{word}_den"] = parts
    factor = _exact_column(draws["factor"], zero=True)
    if factor is None:
        return None
    line = _number_of(draws["order"], names)
    account = _number_of(draws["account"], places)
    if line is None or account is None:
        return None
    try:
        return _assemble(
            (names.to_list(), places.to_list()),
            columns,
            (line, account, *factor),
            available,
            ledger_version,
        )
    except ProblemError:
        return None


def _whole_column(column: pl.Series) -> Ints | None:
    import polars as pl  # noqa: PLC0415

    if not column.str.contains(WHOLE).all():
        return None
    plain = column.str.strip_prefix("+").str.replace(r"\.0+$", "")
    return plain.cast(pl.Int64).to_numpy().copy()


def _exact_column(column: pl.Series, *, zero: bool = False) -> tuple[Ints, Ints] | None:
    """Numerators and denominators; each distinct text is parsed once."""
    import polars as pl  # noqa: PLC0415

    distinct = column.unique()
    try:
        numbers = [exact_number(text, zero=zero) for text in distinct.to_list()]
    except NumberFaultError:
        return None
    key = pl.DataFrame(
        {
            "text": distinct,
            "num": pl.Series([number.numerator for number in numbers], dtype=pl.Int64),
            "den": pl.Series([number.denominator for number in numbers], dtype=pl.Int64),
        }
    )
    found = column.alias("text").to_frame().join(key, on="text", how="left", maintain_order="left")
    return found["num"].to_numpy().copy(), found["den"].to_numpy().copy()


def _number_of(column: pl.Series, names: pl.Series) -> Ints | None:
    """The place of each name in `names`; None if one is not there."""
    import polars as pl  # noqa: PLC0415

    key = pl.DataFrame({"name": names, "number": np.arange(len(names), dtype=np.int64)})
    found = column.alias("name").to_frame().join(key, on="name", how="left", maintain_order="left")
    return None if found["number"].null_count() else found["number"].to_numpy().copy()


def _assemble(
    names: tuple[list[str], list[str]],
    columns: dict[str, Any],
    legs: tuple[Ints, Ints, Ints, Ints],
    available: Ints,
    ledger_version: str,
) -> Problem:
    """A problem from columns; legs (line, account, numerator, denominator) come in any order."""
    line, account, num, den = legs
    if (num == 0).any():  # factor 0 makes no leg (R4)
        line, account, num, den = (column[num != 0] for column in legs)
    key = line * max(len(names[1]), 1) + account
    if (np.diff(key) < 0).any():
        order = np.argsort(key, kind="stable")
        line, account, num, den = line[order], account[order], num[order], den[order]
    counts = np.bincount(line, minlength=len(names[0])) if len(line) else np.zeros(len(names[0]))
    return Problem(
        orders=tuple(names[0]),
        accounts=tuple(names[1]),
        leg_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        leg_account=account,
        factor_num=num,
        factor_den=den,
        available=available,
        ledger_version=ledger_version,
        **columns,
    )


def _slow(
    orders: Table, draws: Table, accounts: Table, *, faults: Faults, ledger_version: str
) -> Problem:
    """The problem cell by cell, or every fault."""
    reader = Cells(faults)
    lines = reader.orders(orders)
    available = reader.accounts(accounts)
    legs = reader.draws(draws, lines, available)
    _shorten(faults, [orders.name, draws.name, accounts.name])
    faults.raise_if_any()
    columns: dict[str, Any] = {
        name: np.array([row[word] for row in lines.values()], np.int64)
        for word, name in _INT_COLUMNS.items()
    }
    for word in ("weight", "value"):
        parts: list[Fraction] = [row[word] for row in lines.values()]
        columns[f"{word}_num"] = np.array([part.numerator for part in parts], np.int64)
        columns[f"{word}_den"] = np.array([part.denominator for part in parts], np.int64)
    try:
        return _assemble(
            (list(lines), list(available)),
            columns,
            (
                np.array([leg[0] for leg in legs], np.int64),
                np.array([leg[1] for leg in legs], np.int64),
                np.array([leg[2].numerator for leg in legs], np.int64),
                np.array([leg[2].denominator for leg in legs], np.int64),
            ),
            np.array(list(available.values()), np.int64),
            ledger_version,
        )
    except ProblemError as error:
        for wrong, mend in error.reasons:
            faults.add(_draw_of(draws, wrong), wrong, mend)
        raise BadInputError(faults.found) from error


def _draw_of(draws: Table, wrong: str) -> Place:
    """The first draw on the account or by the order that a fault of the whole problem names."""
    name = wrong[1:].partition("': ")[0]
    for row in draws.rows:
        for word in ("account", "order"):
            if row.cells[word][0] == name:
                return draws.place(row, "factor")
    return Place(draws.name)


def _shorten(faults: Faults, names: list[str]) -> None:
    """Keep the first faults of each file, and say how many more there are."""
    kept = []
    for name in names:
        mine = sorted({fault for fault in faults.found if fault.place.file == name})
        kept += mine[:MOST_FAULTS]
        if len(mine) > MOST_FAULTS:
            more = len(mine) - MOST_FAULTS
            last = Place(name, mine[MOST_FAULTS].place.line)
            kept.append(
                Fault(
                    last,
                    phrase("{more} more faults follow", more=more),
                    phrase("mend those above first"),
                )
            )
    faults.found = kept
