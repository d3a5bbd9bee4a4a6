"""Where ledgers are kept: SQLite and PostgreSQL, alone or inside a caller's transaction."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from interlock.store.errors import GuardError, StoreError
from interlock.store.schema import drop_schema, schema
from interlock.store.session import LedgerSession
from interlock.store.sqlite import SqliteLedger

if TYPE_CHECKING:
    from interlock.store.postgres import PostgresLedger
    from interlock.store.seals import (
        SealTree,
        read_frontier,
        read_heads,
        read_leaves,
        read_newest_head,
        seal,
        sealable,
        write_seal,
    )

__all__ = [
    "GuardError",
    "LedgerSession",
    "PostgresLedger",
    "SealTree",
    "SqliteLedger",
    "StoreError",
    "drop_schema",
    "read_frontier",
    "read_heads",
    "read_leaves",
    "read_newest_head",
    "schema",
    "seal",
    "sealable",
    "write_seal",
]
# These need packages of the extra `book`; a ledger in a file does without.
_LATER = {
    "PostgresLedger": "postgres",
    "SealTree": "seals",
    "read_frontier": "seals",
    "read_heads": "seals",
    "read_leaves": "seals",
    "read_newest_head": "seals",
    "seal": "seals",
    "sealable": "seals",
    "write_seal": "seals",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"interlock.store.{_LATER[name]}"), name)
