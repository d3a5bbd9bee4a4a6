"""What only a ledger in a file has: the file itself, and what a connection keeps in memory."""

import sqlite3
from datetime import timedelta
from fractions import Fraction

import pytest
from store_kit import opened
from store_worker import LEGS, NOW, WHY, UnguardedLite

from interlock.law.terms import AccountTerms, MayOwe, Period, Tolerance
from interlock.ledger import Post, Reserve
from interlock.store import GuardError, SqliteLedger, StoreError
from interlock.store.layout import MOVE_COUNTERS
from interlock.store.rows import terms_text, to_terms
from interlock.store.schema import schema


@pytest.fixture
def filled(tmp_path):
    """A book with a line reserved for 6 of 10, 4 of them posted."""
    path = tmp_path / "book.db"
    with SqliteLedger(path) as ledger:
        ledger_of(ledger)
    return path


def ledger_of(ledger):
    class At:
        @staticmethod
        def open():
            return ledger

    opened(At, grant=10)
    ledger.apply(Reserve("line", WHY, LEGS, 6, ""), now=NOW)
    ledger.apply(Post("ship", WHY, "line", 4), now=NOW)


class DecidesTooEarly(UnguardedLite):
    """Decides before it takes the lock, while somebody else draws; the guards are on."""

    _move_counters = MOVE_COUNTERS

    def __init__(self, path, meanwhile):
        super().__init__(path)
        self._meanwhile = meanwhile

    def _schema(self):
        return schema("sqlite")


def test_the_statement_tests_the_floor_again_by_itself(filled):
    with SqliteLedger(filled) as other:

        def meanwhile():
            other.apply(Reserve("other", WHY, LEGS, 1, ""), now=NOW)

        with DecidesTooEarly(filled, meanwhile) as ledger, pytest.raises(GuardError):
            ledger.apply(Reserve("late", WHY, LEGS, 4, ""), now=NOW)
        assert [x.change for x in other.entries()][-2:] == ["ship", "other"]
        assert other.headroom(now=NOW) == {"licence": 3}
        assert other.verify() is None


def test_a_file_that_is_no_ledger_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("this is no database, but long enough to be read as one\n" * 50)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="cannot be opened as a ledger"):
        SqliteLedger(path)
    assert path.read_bytes() == before


def test_a_ledger_of_another_version_is_refused(filled):
    connection = sqlite3.connect(filled, isolation_level=None)
    connection.execute("UPDATE ledger_schema SET version = 99")
    connection.close()
    with pytest.raises(StoreError, match="has version 99, this program reads 2"):
        SqliteLedger(filled)


def test_terms_survive_the_file_whole():
    full = AccountTerms(
        "r/a", "half-chip", 2, -3, Tolerance(Fraction(1, 10), "unshipped", "q"),
        MayOwe(Fraction(5, 2), timedelta(days=180, seconds=1)), timedelta(days=30),
        Period("quarter", carry_over=True), ("destroyed",), "r/p", Fraction(3, 7), "account",
        ("holder", "public"), "Asia/Shanghai",
    )  # fmt: skip
    assert to_terms(terms_text(full)) == full
    bare = AccountTerms("r/a", "chip")
    assert to_terms(terms_text(bare)) == bare
