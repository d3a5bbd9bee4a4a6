"""What is left in the book, from a CSV file: `account,headroom[,overdue]`."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from interlock.files import BadInputError, Faults, Place
from interlock.files.phrases import phrase
from interlock.goods.table import read_table
from interlock.law.deciding.legs import AccountState

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.goods.table import Row

_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,2})?\Z")
_RATIO: Final = re.compile(r"([-+]?[0-9]{1,30})/([0-9]{1,30})\Z")
HEADROOM: Final = ("headroom", "available")
"""Two names of one column: decisions speak of headroom, sharing of what is available."""


def read_accounts(
    path: Path, faults: Faults, *, name: str | None = None
) -> dict[str, AccountState]:
    """Accounts with their headroom and overdue debt, exact.

    Args:
        path: CSV with the columns `account`, `headroom` (or `available`) and, if wanted,
            `overdue`; numbers are decimals or fractions such as `7/2`, in account units. Headroom
            may be negative, where facts have passed the floor; an empty `overdue` is 0.
        faults: collects every fault of the file. The result is usable only if none was added.
        name: how the file is called in messages; default the path as given.

    Returns:
        Account key -> its state, in the order of the file.
    """
    header = _header(path)
    column = next((one for one in HEADROOM if one in header), "headroom")
    if all(one in header for one in HEADROOM):
        place = Place(name if name is not None else str(path), 1, 1)
        faults.add(
            place,
            phrase("'headroom' and 'available' are two names of one column"),
            phrase("keep one"),
        )
        return {}
    try:
        rows = read_table(path, ("account", column), ("overdue",), faults, name=name)
    except BadInputError as error:
        faults.found.extend(error.faults)
        return {}
    found: dict[str, AccountState] = {}
    lines: dict[str, int] = {}
    for row in rows:
        account = row.needed("account", faults)
        headroom = _exact(row, column, faults)
        overdue = _exact(row, "overdue", faults, least=0) if row.text("overdue") else Fraction(0)
        if not account:
            continue
        if account in lines:
            wrong = phrase(
                "the account '{account}' stands twice (first on line {line})",
                account=account,
                line=lines[account],
            )
            faults.add(row.place("account"), wrong, phrase("keep one of them"))
            continue
        lines[account] = row.line
        if headroom is not None and overdue is not None:
            found[account] = AccountState(headroom, overdue)
    return found


def _header(path: Path) -> list[str]:
    """The names of the columns, to tell which name of the headroom is used; empty if unreadable."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return [cell.strip() for cell in next(csv.reader(lines), [])]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []  # read_table says what is wrong with the file


def _exact(row: Row, column: str, faults: Faults, *, least: int | None = None) -> Fraction | None:
    text = row.needed(column, faults)
    if not text:
        return None
    ratio = _RATIO.match(text)
    if _DECIMAL.match(text):
        number = Fraction(Decimal(text))
    elif ratio and int(ratio[2]):
        number = Fraction(int(ratio[1]), int(ratio[2]))
    else:
        mend = phrase("write a plain number such as 400000, 12.5 or 7/2")
        faults.add(row.place(column), phrase("'{value}' is no number", value=text[:40]), mend)
        return None
    if least is not None and number < least:
        faults.add(
            row.place(column),
            phrase("'{column}' is {text}", column=column, text=text),
            phrase("write {least} or more", least=least),
        )
        return None
    return number
