"""The columns of every table, and the statements that write rows, in no database's own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.store.rows import Row

Kind = Literal["int", "text", "bool", "json", "moment"]
"""Of a column; `json` and `moment` are handed over as text."""


def _columns(text: str, *, ints: str = "", bools: str = "") -> dict[str, Kind]:
    kinds: dict[str, Kind] = dict.fromkeys(text.split(), "text")
    kinds.update(dict.fromkeys(ints.split(), "int"))
    kinds.update(dict.fromkeys(bools.split(), "bool"))
    return kinds


COLUMNS: dict[str, dict[str, Kind]] = {
    "ledger_account": _columns("id terms holder parent base period base_floor", ints="base_floor"),
    "ledger_counters": _columns(
        "account credits_pending credits_posted debits_pending debits_posted excess tolerated"
        " base_floor floor seq",
        ints="credits_pending credits_posted debits_pending debits_posted excess tolerated"
        " base_floor floor seq",
    ),
    "audit": _columns(
        "seq change kind content actor reason cause effective recorded outcome", ints="seq"
    ),
    "ledger_transfer": _columns(
        "seq id change account kind side amount drawn tolerated quantity factor about due regime"
        " holder effective recorded",
        ints="seq amount drawn tolerated",
    ),
    "ledger_reservation": _columns(
        "id change account side amount remaining factor post expires provisional holder regime"
        " effective",
        ints="amount remaining",
        bools="provisional",
    ),
    "ledger_draw": _columns(
        "id change account quantity factor amount returned reversed effective comes_back",
        ints="amount reversed",
    ),
    "ledger_discrepancy": _columns("id account holder amount opened_by settled_by", ints="amount"),
}
LISTED = {table: ", ".join(columns) for table, columns in COLUMNS.items()}


@dataclass(frozen=True, eq=False)
class Insert:
    """Whole rows into a table. Each is its own: made once.

    Attributes:
        table: which; of the ledger's own, or of a caller whose rows go along.
        given: its columns, in the order in which rows hold them.
    """

    table: str
    given: tuple[tuple[str, Kind], ...]


@dataclass(frozen=True, eq=False)
class Update:
    """Rows of a table changed one by one; `{name}` in the texts stands for a parameter.

    Attributes:
        table: which.
        changes: what follows SET.
        where: which row, and what must hold of it.
        given: the parameters in the order in which rows hold them.
    """

    table: str
    changes: str
    where: str
    given: tuple[tuple[str, Kind], ...]


class Write(NamedTuple):
    """Rows for one statement. Where it is `exact`, each of them must have found its row."""

    statement: Insert | Update
    rows: Sequence[Row]
    exact: bool = False


class Query(NamedTuple):
    """A question: `?` stands for a parameter, `= ANY(?)` for a list of them."""

    text: str
    given: tuple[object, ...] = ()


# The floor is tested here again, in the statement itself: `available >= needed` (R3).
MOVE_COUNTERS = Update(
    "ledger_counters",
    "credits_pending = credits_pending + {more_credits_pending},"
    " credits_posted = credits_posted + {more_credits_posted},"
    " debits_pending = debits_pending + {more_debits_pending},"
    " debits_posted = debits_posted + {more_debits_posted},"
    " excess = {new_excess}, tolerated = {new_tolerated}, floor = base_floor - {new_tolerated},"
    " seq = {new_seq}",
    "account = {name} AND credits_posted - debits_posted - debits_pending >= {needed}",
    (
        ("more_credits_pending", "int"),
        ("more_credits_posted", "int"),
        ("more_debits_pending", "int"),
        ("more_debits_posted", "int"),
        ("new_excess", "int"),
        ("new_tolerated", "int"),
        ("new_seq", "int"),
        ("name", "text"),
        ("needed", "int"),
    ),
)
CHANGE_RESERVATION = Update(
    "ledger_reservation",
    "remaining = {left}, provisional = {still_provisional}",
    "id = {name}",
    (("left", "int"), ("still_provisional", "bool"), ("name", "text")),
)
CHANGE_DRAW = Update(
    "ledger_draw",
    "returned = {gone_back}, reversed = {given_back}",
    "id = {name}",
    (("gone_back", "text"), ("given_back", "int"), ("name", "text")),
)
SETTLE = Update(
    "ledger_discrepancy",
    "settled_by = {by}",
    "id = {name}",
    (("by", "text"), ("name", "text")),
)
