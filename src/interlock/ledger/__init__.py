"""Accounts, legs, transfers: the arithmetic of how much may pass. Pure; knows no database.

Changes go in (`Grant`, `Reserve`, `Post`, ...), an `Answer` or a typed refusal comes out. `Ledger`
keeps everything in memory; `interlock.store` keeps the same rows in SQLite or PostgreSQL and
decides by the same functions; all meet `LedgerStore`.
"""

from interlock.ledger.changes import (
    Adjust,
    Approve,
    Change,
    Confirm,
    Draw,
    Grant,
    OpenAccount,
    OpenDiscrepancy,
    Post,
    Reserve,
    Return,
    SettleDiscrepancy,
    Void,
    Why,
)
from interlock.ledger.errors import (
    ConflictError,
    InvalidChangeError,
    Lack,
    LedgerError,
    RefusedError,
    StaleError,
)
from interlock.ledger.interface import LedgerStore
from interlock.ledger.memory import Ledger
from interlock.ledger.model import (
    Account,
    Answer,
    Approved,
    Balance,
    Counters,
    Debt,
    Discrepancy,
    Drawn,
    Entry,
    Off,
    Pinned,
    RefusedLine,
    Reservation,
    Transfer,
)

__all__ = [
    "Account",
    "Adjust",
    "Answer",
    "Approve",
    "Approved",
    "Balance",
    "Change",
    "Confirm",
    "ConflictError",
    "Counters",
    "Debt",
    "Discrepancy",
    "Draw",
    "Drawn",
    "Entry",
    "Grant",
    "InvalidChangeError",
    "Lack",
    "Ledger",
    "LedgerError",
    "LedgerStore",
    "Off",
    "OpenAccount",
    "OpenDiscrepancy",
    "Pinned",
    "Post",
    "RefusedError",
    "RefusedLine",
    "Reservation",
    "Reserve",
    "Return",
    "SettleDiscrepancy",
    "StaleError",
    "Transfer",
    "Void",
    "Why",
]
