import pytest
from ledger_kit import Book

from interlock.ledger import Ledger
from interlock.store import SqliteLedger


@pytest.fixture(params=["memory", "sqlite"])
def book(request, tmp_path):
    """The same ledger twice: in memory and in a file. Every case runs on both."""
    if request.param == "memory":
        yield Book(Ledger())
        return
    with SqliteLedger(tmp_path / "book.db") as ledger:
        yield Book(ledger)
