"""Orders, draws and accounts read cell by cell, with every fault at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.files import nearest
from interlock.files.phrases import phrase
from interlock.sharing.tables import Layout
from interlock.sharing.text import NumberFaultError, exact_number, whole_number

if TYPE_CHECKING:
    from fractions import Fraction

    from interlock.files import Faults
    from interlock.sharing.tables import Row, Table

ORDERS = Layout(
    ("order", "quantity"),
    {"weight": "1", "tier": "1", "lot": "1", "min": "0", "value": "1"},
    rows=True,
)
DRAWS = Layout(("order", "account", "factor"))
ACCOUNTS = Layout(("account", "available"))
_MANY = 200
"""Names listed in a mend come from at most so many known ones."""


class Cells:
    """Reads tables cell by cell into numbers, noting faults."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def _name(self, table: Table, row: Row, word: str, seen: dict[str, int]) -> str:
        text = row.cells[word][0] if word in row.cells else ""
        if word in row.cells and not text:
            self.faults.add(
                table.place(row, word),
                phrase("{word} is empty", word=word),
                phrase("write the {word}'s name", word=word),
            )
        elif text in seen:
            wrong = phrase(
                "{word} '{text}' stands twice (first on line {line})",
                word=word,
                text=text,
                line=seen[text],
            )
            self.faults.add(
                table.place(row, word), wrong, phrase("keep one row, or use another name")
            )
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
            wrong = phrase("{word} {wrong}", word=word, wrong=error.wrong)
            if empty:
                wrong = phrase("{word} is empty", word=word)
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
            wrong = phrase(
                "min {least} is above the quantity {quantity}", least=least, quantity=quantity
            )
            self.faults.add(
                table.place(row, "min"), wrong, phrase("write at most {most}", most=most)
            )
        elif least > most:
            wrong = phrase(
                "min {least} is above the {most} that whole lots of {lot} give",
                least=least,
                most=most,
                lot=lot,
            )
            self.faults.add(
                table.place(row, "min"), wrong, phrase("write at most {most}", most=most)
            )

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
                wrong = phrase(
                    "order '{order}' draws account '{account}' twice (first on line {line})",
                    order=order,
                    account=account,
                    line=seen[order, account],
                )
                self.faults.add(
                    table.place(row, "order"), wrong, phrase("add the two factors in one row")
                )
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
            self.faults.add(
                table.place(row, word),
                phrase("{word} is empty", word=word),
                phrase("write the {word}'s name", word=word),
            )
            return None
        if text in known:
            return text
        if known:
            close = nearest(text, known if len(known) <= _MANY else _alike(text, known))
            self.faults.add(
                table.place(row, word),
                phrase("unknown {word} '{text}'", word=word, text=text),
                close,
            )
        return None


def _alike(text: str, known: dict[str, int]) -> list[str]:
    """A few of many names, those that begin alike first: a full comparison would take minutes."""
    begin = [name for name in known if name[:3].lower() == text[:3].lower()]
    return begin[:_MANY] or list(known)[:12]
