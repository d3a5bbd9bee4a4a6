"""Reading orders, draws and accounts into a problem, with every fault at its place.

Big plain files go through Polars. Whatever it does not take as plain is read again cell by cell,
which gives either the same numbers or all the faults, sorted by place.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from interlock.files import BadInputError, Fault, Faults, Place, nearest
from interlock.sharing.problem import Problem, ProblemError
from interlock.sharing.tables import (
    MOST_FAULTS,
    Layout,
    Row,
    Table,
    fast_table,
    read_bytes,
    slow_table,
)
from interlock.sharing.text import WHOLE, NumberFaultError, exact_number, whole_number

if TYPE_CHECKING:
    from fractions import Fraction

    import polars as pl

    from interlock.sharing.problem import Ints

ORDERS = Layout(
    ("order", "quantity"),
    {"weight": "1", "tier": "1", "lot": "1", "min": "0", "value": "1"},
    rows=True,
)
DRAWS = Layout(("order", "account", "factor"))
ACCOUNTS = Layout(("account", "available"))
_INT_COLUMNS = {"quantity": "ask", "tier": "tier", "lot": "lot", "min": "min"}
_MANY = 200
"""Names listed in a mend come from at most so many known ones."""


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
    reader = _Cells(faults)
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
        for text in error.faults:
            wrong, _, mend = text.partition("; ")
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
            kept.append(Fault(last, f"{more} more faults follow", "mend those above first"))
    faults.found = kept


class _Cells:
    """Reads tables cell by cell into numbers, noting faults."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def _name(self, table: Table, row: Row, word: str, seen: dict[str, int]) -> str:
        text = row.cells[word][0] if word in row.cells else ""
        if word in row.cells and not text:
            self.faults.add(table.place(row, word), f"{word} is empty", f"write the {word}'s name")
        elif text in seen:
            wrong = f"{word} '{text}' stands twice (first on line {seen[text]})"
            self.faults.add(table.place(row, word), wrong, "keep one row, or use another name")
            return ""
        return text

    def _number(
        self,
        table: Table,
        row: Row,
        word: str,
        *,
        default: str = "",
        exact: bool = False,
        zero: bool = False,
        least: int = 0,
    ) -> Any:
        """The number in a cell; None if it is at fault or its column is missing."""
        if word not in row.cells and not default:
            return None
        text = row.cells[word][0] if word in row.cells else default
        try:
            if exact:
                return exact_number(text or default, zero=zero)
            return whole_number(text or default, least=least)
        except NumberFaultError as error:
            empty = not (text or default)
            wrong = f"{word} is empty" if empty else f"{word} {error.wrong}"
            self.faults.add(table.place(row, word), wrong, error.mend)
            return None

    def orders(self, table: Table) -> dict[str, dict[str, Any]]:
        """Columns by order; a value at fault is None, so that draws still find their order."""
        out: dict[str, dict[str, Any]] = {}
        seen: dict[str, int] = {}
        for row in table.rows:
            got: dict[str, Any] = {"quantity": self._number(table, row, "quantity")}
            for word, default in ORDERS.optional.items():
                exact = word in ("weight", "value")
                least = 1 if word == "lot" else 0
                got[word] = self._number(
                    table, row, word, default=default, exact=exact, least=least
                )
            name = self._name(table, row, "order", seen)
            if name:
                out[name], seen[name] = got, row.line
            self._fits(table, row, got)
        return out

    def _fits(self, table: Table, row: Row, got: dict[str, Any]) -> None:
        quantity, lot, least = got["quantity"], got["lot"], got["min"]
        if quantity is None:
            return
        if least is None:
            return
        most = quantity - quantity % (lot or 1)  # no more can be awarded in whole lots
        if least > quantity:
            wrong = f"min {least} is above the quantity {quantity}"
            self.faults.add(table.place(row, "min"), wrong, f"write at most {most}")
        elif least > most:
            wrong = f"min {least} is above the {most} that whole lots of {lot} give"
            self.faults.add(table.place(row, "min"), wrong, f"write at most {most}")

    def accounts(self, table: Table) -> dict[str, int | None]:
        """What is available by account."""
        out: dict[str, int | None] = {}
        seen: dict[str, int] = {}
        for row in table.rows:
            available = self._number(table, row, "available")
            name = self._name(table, row, "account", seen)
            if name:
                out[name], seen[name] = available, row.line
        return out

    def draws(
        self, table: Table, orders: dict[str, Any], accounts: dict[str, Any]
    ) -> list[tuple[int, int, Fraction]]:
        """Legs as (line, account, factor)."""
        line_of = {name: k for k, name in enumerate(orders)}
        account_of = {name: k for k, name in enumerate(accounts)}
        seen: dict[tuple[str, str], int] = {}
        out: list[tuple[int, int, Fraction]] = []
        for row in table.rows:
            factor = self._number(table, row, "factor", exact=True, zero=True)
            order = self._known(table, row, "order", line_of)
            account = self._known(table, row, "account", account_of)
            if order is None or account is None:
                continue
            if (order, account) in seen:
                wrong = f"order '{order}' draws account '{account}' twice"
                wrong += f" (first on line {seen[order, account]})"
                self.faults.add(table.place(row, "order"), wrong, "add the two factors in one row")
                continue
            seen[order, account] = row.line
            if factor is not None:
                out.append((line_of[order], account_of[account], factor))
        return out

    def _known(self, table: Table, row: Row, word: str, known: dict[str, int]) -> str | None:
        if word not in row.cells:
            return None
        text = row.cells[word][0]
        if not text:
            self.faults.add(table.place(row, word), f"{word} is empty", f"write the {word}'s name")
            return None
        if text in known:
            return text
        if known:
            close = nearest(text, known if len(known) <= _MANY else _alike(text, known))
            self.faults.add(table.place(row, word), f"unknown {word} '{text}'", close)
        return None


def _alike(text: str, known: dict[str, int]) -> list[str]:
    """A few of many names, those that begin alike first: a full comparison would take minutes."""
    begin = [name for name in known if name[:3].lower() == text[:3].lower()]
    return begin[:_MANY] or list(known)[:12]
