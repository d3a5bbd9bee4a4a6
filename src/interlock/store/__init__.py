"""Where ledgers are kept: SQLite now; a PostgreSQL store meets the same `LedgerStore` later."""

from interlock.store.sqlite import SqliteLedger, StoreError
from interlock.store.tables import GuardError

__all__ = ["GuardError", "SqliteLedger", "StoreError"]
