"""What the store's tests share: places for a ledger in each database, and processes that use it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
from store_worker import NOW, WHY

from interlock.law.terms import AccountTerms
from interlock.ledger import Grant, OpenAccount
from interlock.store import LedgerSession, PostgresLedger, SqliteLedger
from interlock.store.schema import TABLES

WORKER = Path(__file__).with_name("store_worker.py")


class LitePlace:
    """A file."""

    dialect = "sqlite"
    refusal = sqlite3.IntegrityError
    list_triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"

    def __init__(self, address: str):
        self.address = address

    def open(self, kind=SqliteLedger) -> SqliteLedger:
        return kind(self.address)

    def raw(self):
        """A connection on which each statement commits by itself."""
        return sqlite3.connect(self.address, isolation_level=None)

    def begun(self):
        """A connection inside a transaction that may write."""
        connection = self.raw()
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def drop_trigger(self, row) -> str:
        return f"DROP TRIGGER {row[0]}"


class PsqlPlace:
    """A database of PostgreSQL."""

    dialect = "postgresql"
    refusal = psycopg.IntegrityError
    list_triggers = "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"

    def __init__(self, address: str):
        self.address = address

    def open(self, kind=PostgresLedger) -> PostgresLedger:
        return kind(self.address)

    def raw(self):
        return psycopg.connect(self.address, autocommit=True)

    def begun(self):
        return psycopg.connect(self.address)

    def drop_trigger(self, row) -> str:
        return f"DROP TRIGGER {row[0]} ON {row[1]}"


Place = LitePlace | PsqlPlace


def opened(place: Place, *names: str, grant: int = 0):
    """The place's ledger with accounts open and granted."""
    ledger = place.open()
    for name in names or ("licence",):
        terms = AccountTerms(f"test/{name}", "chip")
        ledger.apply(OpenAccount(f"o-{name}", WHY, name, terms), now=NOW)
        if grant:
            ledger.apply(Grant(f"g-{name}", WHY, name, grant), now=NOW)
    return ledger


def session(place: Place, connection) -> LedgerSession:
    return LedgerSession(connection, place.dialect)


def dump(place: Place) -> list[tuple]:
    """Every row of every table."""
    with place.raw() as connection:
        found = []
        for table in sorted(TABLES):
            rows = connection.execute(f"SELECT * FROM {table}").fetchall()
            found += sorted(((table, *row) for row in rows), key=str)
        return found


def tamper(place: Place, *sql: str) -> None:
    """What the owner of the database can do: take the triggers away first."""
    connection = place.raw()
    for row in connection.execute(place.list_triggers).fetchall():
        connection.execute(place.drop_trigger(row))
    for statement in sql:
        connection.execute(statement)
    connection.close()


def start(*words: object) -> subprocess.Popen:
    command = [sys.executable, str(WORKER), *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


def finish(processes: list[subprocess.Popen]) -> list[str]:
    texts = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return texts


def taken(place: Place) -> int:
    """How many units are reserved, by the transfers."""
    with place.raw() as connection:
        sql = "SELECT sum(amount) FROM ledger_transfer WHERE kind = 'reserve'"
        return int(connection.execute(sql).fetchone()[0])
