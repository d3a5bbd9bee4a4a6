import psycopg
import pytest
from ledger_kit import Book, OneRound

from interlock.ledger import Ledger
from interlock.store import PostgresLedger, SqliteLedger


@pytest.fixture(params=["memory", "sqlite", "postgresql", "in a caller's transaction"])
def book(request, tmp_path):
    """The same ledger four times. Every case runs on all."""
    if request.param == "memory":
        yield Book(Ledger())
        return
    if request.param == "sqlite":
        with SqliteLedger(tmp_path / "book.db") as ledger:
            yield Book(ledger)
        return
    url = request.getfixturevalue("pg_url")
    if request.param == "postgresql":
        with PostgresLedger(url) as ledger:
            yield Book(ledger)
        return
    with psycopg.connect(url) as connection:
        yield Book(OneRound(connection, "postgresql"))
