"""The statements that make and drop the tables, checks and triggers of a ledger."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from typing import TYPE_CHECKING

from interlock.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA_VERSION = 2
DIALECTS = ("sqlite", "postgresql")
# Those that refer to others first.
TABLES = (
    "seal_head", "seal_node", "seal_leaf", "ledger_discrepancy", "ledger_draw",
    "ledger_reservation", "ledger_transfer", "audit", "ledger_counters", "ledger_account",
    "ledger_schema",
)  # fmt: skip
SEQUENCES = ("ledger_transfer_seq", "audit_seq")
_FUNCTIONS = (
    "ledger_refuse()", "ledger_guard(BIGINT, BIGINT)", "ledger_transfer_new()", "audit_new()",
    "ledger_account_new()", "seal_leaf_new()", "seal_node_new()", "seal_head_new()",
)  # fmt: skip


def schema_text(dialect: str) -> str:
    """The whole script of a dialect; what follows the line `-- triggers` makes it append-only.

    Raises:
        StoreError: there is no such dialect.
    """
    if dialect not in DIALECTS:
        msg = f"there is no ledger for '{dialect}'; use {' or '.join(DIALECTS)}"
        raise StoreError(msg)
    return files("interlock.store").joinpath(f"schema_{dialect}.sql").read_text(encoding="utf-8")


def schema(dialect: str) -> list[str]:
    """The statements that make a ledger's tables in an empty database, in order.

    Args:
        dialect: "sqlite" or "postgresql".

    Raises:
        StoreError: there is no such dialect.
    """
    return list(statements(schema_text(dialect), dialect))


def drop_schema(dialect: str) -> list[str]:
    """The statements that take away all that `schema` made, with every row of it.

    Raises:
        StoreError: there is no such dialect.
    """
    if dialect not in DIALECTS:
        msg = f"there is no ledger for '{dialect}'; use {' or '.join(DIALECTS)}"
        raise StoreError(msg)
    found = [f"DROP TABLE {table}" for table in TABLES]
    if dialect == "postgresql":
        found += [f"DROP SEQUENCE {name}" for name in SEQUENCES]
        found += [f"DROP FUNCTION {name}" for name in _FUNCTIONS]
    return found


def statements(sql: str, dialect: str) -> Iterator[str]:
    """The single statements of a script of ours, triggers and functions whole."""
    part = ""
    for line in sql.splitlines(keepends=True):
        part += line
        if dialect == "sqlite":  # its own test knows where the body of a trigger ends
            whole = sqlite3.complete_statement(part)
        else:  # bodies stand between $$
            whole = line.rstrip().endswith(";") and part.count("$$") % 2 == 0
        if whole:
            yield part.strip()
            part = ""
