"""What the SQLite store adds: many processes, kills, triggers, CHECKs, and the recount."""

import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from store_worker import LEGS, NOW, WHY, UnguardedLedger

from interlock.law.terms import AccountTerms, MayOwe, Period, Tolerance
from interlock.ledger import (
    Adjust,
    Draw,
    Grant,
    OpenAccount,
    Post,
    RefusedError,
    Reserve,
    Return,
)
from interlock.store import GuardError, SqliteLedger, StoreError
from interlock.store.rows import terms_text, to_terms

WORKER = Path(__file__).with_name("store_worker.py")


def start(*words: object) -> subprocess.Popen:
    command = [sys.executable, str(WORKER), *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


def finish(processes: list[subprocess.Popen]) -> list[str]:
    texts = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return texts


def opened(path, *names: str, grant: int = 0, kind=SqliteLedger) -> SqliteLedger:
    ledger = kind(path)
    for name in names or ("licence",):
        terms = AccountTerms(f"test/{name}", "chip")
        SqliteLedger.apply(ledger, OpenAccount(f"o-{name}", WHY, name, terms), now=NOW)
        if grant:
            SqliteLedger.apply(ledger, Grant(f"g-{name}", WHY, name, grant), now=NOW)
    return ledger


def raw(path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def taken(path) -> int:
    with raw(path) as connection:
        sql = "SELECT sum(amount) FROM transfer WHERE kind = 'reserve'"
        return connection.execute(sql).fetchone()[0]


# 8 processes and one licence.


def hammered(what: str, path: Path, count: int) -> int:
    """How many reservations of one unit passed, asked by eight processes that start at once."""
    processes = [start(what, path, f"p{n}", count) for n in range(8)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return sum(map(int, finish(processes)))


def test_eight_processes_pass_the_floor_with_the_guard_off_and_never_with_it(tmp_path):
    opened(tmp_path / "off.db", grant=4, kind=UnguardedLedger).close()
    passed = hammered("unguarded", tmp_path / "off.db", 3)
    assert passed > 4, "the race was not shown: the rest proves nothing"
    assert taken(tmp_path / "off.db") == passed

    with opened(tmp_path / "on.db", grant=40) as ledger:
        assert hammered("guarded", tmp_path / "on.db", 20) == 40
        assert taken(tmp_path / "on.db") == 40
        counters = ledger.counters("licence", now=NOW)
        assert (counters.debits_pending, counters.available) == (40, 0)
        assert ledger.verify() is None


def test_concurrent_retries_of_the_same_ids_are_done_once(tmp_path):
    with opened(tmp_path / "book.db") as ledger:
        texts = finish([start("retry", tmp_path / "book.db", "same", 25) for _ in range(4)])
        assert len(set(texts)) == 1
        assert ledger.headroom(now=NOW) == {"licence": 25}
        assert [x.change for x in ledger.entries()][1:] == [f"g-{n}" for n in range(25)]


def test_a_kill_in_the_middle_leaves_nothing_half_posted(tmp_path):
    path = tmp_path / "book.db"
    opened(path, "licence", "stock", "cap", grant=10**6).close()
    told = []
    for turn in range(6):
        process = start("endless", path, f"t{turn}", 0)
        assert process.stdout is not None
        assert process.stdin is not None
        for _ in range(3 + turn):  # let some through, then kill at any point of the next
            told.append(process.stdout.readline().strip())
        time.sleep(0.0007 * turn)
        process.kill()
        told += process.stdout.read().split()
        process.wait(timeout=30)
        process.stdout.close()
        process.stdin.close()
    with SqliteLedger(path) as ledger:
        assert ledger.verify() is None
        answered = {x.change for x in ledger.entries()}
        lost = [x for x in told if x not in answered or f"{x}-p" not in answered]
        assert lost == []
        for change in answered:
            if change.startswith("t"):
                assert len(ledger.transfers(change=change)) == 3
    with raw(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# What is kept in memory between writes is never older than the file.


def test_two_connections_that_take_turns_see_each_other(tmp_path):
    path = tmp_path / "book.db"
    with opened(path, grant=10) as one, SqliteLedger(path) as two:
        for number in range(5):
            one.apply(Reserve(f"one-{number}", WHY, LEGS, 1, ""), now=NOW)
            two.apply(Reserve(f"two-{number}", WHY, LEGS, 1, ""), now=NOW)
        for ledger in (one, two):
            with pytest.raises(RefusedError) as caught:
                ledger.apply(Reserve("more", WHY, LEGS, 1, ""), now=NOW)
            assert [x.headroom for x in caught.value.lacks] == [0]
        assert one.verify() is None


def test_r9_a_stored_reservation_expires_under_a_connection_that_stays_open(tmp_path):
    path = tmp_path / "book.db"
    soon, later = NOW + timedelta(days=5), NOW + timedelta(days=9)
    with opened(path, grant=10) as ledger:
        ledger.apply(Reserve("line", WHY, LEGS, 9, "", expires=soon), now=NOW)
    with SqliteLedger(path) as ledger:
        ledger.apply(Reserve("small", WHY, LEGS, 1, ""), now=NOW)
        with pytest.raises(RefusedError):
            ledger.apply(Reserve("next", WHY, LEGS, 9, ""), now=NOW)
        ledger.apply(Grant("one", WHY, "licence", 1), now=NOW)
        ledger.apply(Reserve("next", WHY, LEGS, 10, ""), now=later)
        assert [x.id for x in ledger.transfers(change="next")] == ["line#0!expire", "next#0"]
        assert ledger.verify() is None


def test_r4_a_return_in_the_same_batch_ends_a_stored_debt(tmp_path):
    path, late = tmp_path / "book.db", NOW + timedelta(days=10)
    terms = AccountTerms(
        "test/licence", "chip", may_owe=MayOwe(Fraction(20), timedelta(days=5)),
        restored_by=("destroyed",),
    )  # fmt: skip
    with SqliteLedger(path) as ledger:
        ledger.apply(OpenAccount("o", WHY, "licence", terms), now=NOW)
        ledger.apply(Draw("p", WHY, LEGS, 10, ""), now=NOW)
    back = Return("b", WHY, "p", 10, "destroyed")
    lines = [Reserve(f"line-{n}", WHY, LEGS, 1, "") for n in range(2)]
    with SqliteLedger(path) as ledger:
        first, returned, second = ledger.apply_many([lines[0], back, lines[1]], now=late)
        assert isinstance(first, RefusedError)
        assert [(x.cause, x.needed) for x in first.lacks] == [("overdue", 10)]
        assert returned.amounts == {"licence": 10}
        assert second.amounts == {"licence": 1}
        assert ledger.verify() is None


# R16: append-only for real, tried by raw SQL on another connection.

ROW = "SELECT * FROM {0} LIMIT 1"
REFUSED = [
    "UPDATE transfer SET amount = 1",
    "UPDATE OR REPLACE transfer SET id = 'x'",
    "DELETE FROM transfer",
    "INSERT OR REPLACE INTO transfer SELECT * FROM transfer LIMIT 1",
    "REPLACE INTO transfer SELECT seq + 100, id, change, account, kind, side, amount, drawn,"
    " tolerated, quantity, factor, about, due, regime, holder, effective, recorded FROM transfer",
    "REPLACE INTO transfer SELECT seq, id || 'x', change, account, kind, side, amount, drawn,"
    " tolerated, quantity, factor, about, due, regime, holder, effective, recorded FROM transfer",
    "INSERT INTO transfer SELECT * FROM transfer WHERE 1 ON CONFLICT DO UPDATE SET amount = 1",
    "UPDATE audit SET actor = 'nobody'",
    "DELETE FROM audit",
    "INSERT OR REPLACE INTO audit SELECT * FROM audit LIMIT 1",
    "REPLACE INTO audit SELECT seq + 100, change, kind, content, 'nobody', reason, cause,"
    " effective, recorded, outcome FROM audit",
    "UPDATE account SET holder = 'x'",
    "DELETE FROM account",
    "REPLACE INTO account SELECT * FROM account",
    "DELETE FROM counters",
    "REPLACE INTO counters SELECT * FROM counters",
    "UPDATE counters SET base_floor = -1000, floor = -1000",
    "DELETE FROM reservation",
    "DELETE FROM draw",
]


@pytest.fixture
def filled(tmp_path):
    """A book with a line reserved for 6 of 10, 4 of them posted."""
    path = tmp_path / "book.db"
    with opened(path, grant=10) as ledger:
        ledger.apply(Reserve("line", WHY, LEGS, 6, ""), now=NOW)
        ledger.apply(Post("ship", WHY, "line", 4), now=NOW)
    return path


def dump(path) -> list[str]:
    with raw(path) as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize("sql", REFUSED)
def test_r16_raw_sql_can_neither_edit_nor_replace_nor_delete(filled, sql):
    before = dump(filled)
    connection = raw(filled)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(sql)
    connection.close()
    assert dump(filled) == before


CHECKED = [
    "UPDATE counters SET debits_pending = debits_pending + 5",
    "UPDATE counters SET debits_pending = debits_pending + 5, excess = 2",
    "UPDATE counters SET excess = 1",
    "UPDATE counters SET excess = -1",
    "UPDATE counters SET floor = -5",
    "UPDATE counters SET debits_pending = -1",
    "UPDATE reservation SET remaining = -1",
    "UPDATE reservation SET remaining = 7",
    "UPDATE draw SET reversed = 5",
]


@pytest.mark.parametrize("sql", CHECKED)
def test_r3_the_database_itself_holds_the_floor(filled, sql):
    before = dump(filled)
    connection = raw(filled)
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        connection.execute(sql)
    connection.close()
    assert dump(filled) == before


def test_r3_the_check_admits_excess_just_up_to_the_floor(filled):
    connection = raw(filled)
    connection.execute("UPDATE counters SET debits_posted = debits_posted + 6, excess = 2")
    connection.close()


class DecidesTooEarly(UnguardedLedger):
    """Decides before it takes the lock, while somebody else draws; the guards are on."""

    _schema = SqliteLedger._schema
    _move_counters = SqliteLedger._move_counters

    def __init__(self, path, meanwhile):
        super().__init__(path)
        self._meanwhile = meanwhile


def test_the_statement_tests_the_floor_again_by_itself(filled):
    with SqliteLedger(filled) as other:

        def meanwhile():
            other.apply(Reserve("other", WHY, LEGS, 1, ""), now=NOW)

        with DecidesTooEarly(filled, meanwhile) as ledger, pytest.raises(GuardError):
            ledger.apply(Reserve("late", WHY, LEGS, 4, ""), now=NOW)
        assert [x.change for x in other.entries()][-2:] == ["ship", "other"]
        assert other.headroom(now=NOW) == {"licence": 3}
        assert other.verify() is None


def test_the_statement_refuses_an_excess_without_a_breach(filled, monkeypatch):
    """With breaches switched off, a fact past the floor cannot be written at all."""
    monkeypatch.setattr("interlock.ledger.decide.breach", lambda *_, **__: None)
    before = dump(filled)
    with SqliteLedger(filled) as ledger, pytest.raises(GuardError):
        ledger.apply(Adjust("count", WHY, "licence", -5), now=NOW)
    assert dump(filled) == before


# verify names the first row that is off.


def tamper(path, *sql: str) -> None:
    """What the owner of the file can do: take the triggers away first."""
    connection = raw(path)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in sql:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("sql", "table", "row"),
    [
        ("UPDATE transfer SET amount = 5 WHERE kind = 'post'", "transfer", "ship#0"),
        ("UPDATE transfer SET amount = 11 WHERE kind = 'grant'", "transfer", "g-licence#0"),
        ("UPDATE transfer SET change = 'x' WHERE kind = 'reserve'", "transfer", "line#0"),
        ("UPDATE transfer SET account = 'x' WHERE kind = 'reserve'", "transfer", "line#0"),
        ("DELETE FROM transfer WHERE kind = 'reserve'", "transfer", "2"),
        ("DELETE FROM audit WHERE change = 'line'", "audit", "3"),
        ("UPDATE counters SET debits_pending = 1", "counters", "licence"),
        ("UPDATE counters SET seq = 9", "counters", "licence"),
        ("UPDATE reservation SET remaining = 3", "reservation", "line#0"),
        ("UPDATE draw SET reversed = 1", "draw", "ship#0"),
    ],
)
def test_verify_names_the_first_row_that_is_off(filled, sql, table, row):
    with SqliteLedger(filled) as ledger:
        assert ledger.verify() is None
    tamper(filled, sql)
    with SqliteLedger(filled) as ledger:
        off = ledger.verify()
    assert off is not None
    assert (off.table, off.row) == (table, row)


# The file.


def test_a_book_is_the_same_after_closing(filled):
    with SqliteLedger(filled) as ledger:
        assert ledger.headroom(now=NOW) == {"licence": 4}
        with pytest.raises(RefusedError):
            ledger.apply(Reserve("more", WHY, LEGS, 5, ""), now=NOW)
        ledger.apply(Adjust("count", WHY, "licence", -5), now=NOW)
        assert ledger.verify() is None
    with SqliteLedger(filled) as ledger:
        assert ledger.counters("licence", now=NOW).excess == 1
        assert len(ledger.discrepancies(unsettled=True)) == 1


def test_a_file_that_is_no_ledger_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("this is no database, but long enough to be read as one\n" * 50)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="cannot be opened as a ledger"):
        SqliteLedger(path)
    assert path.read_bytes() == before


def test_a_ledger_of_another_version_is_refused(filled):
    connection = raw(filled)
    connection.execute("UPDATE ledger_schema SET version = 99")
    connection.close()
    with pytest.raises(StoreError, match="has version 99, this program reads 1"):
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


def test_an_account_opened_in_a_refused_change_is_not_remembered(tmp_path):
    """A month opened only to find that it lacks must not be there afterwards."""
    with SqliteLedger(tmp_path / "book.db") as ledger:
        terms = AccountTerms("test/licence", "chip", period=Period("month"))
        ledger.apply(OpenAccount("o", WHY, "licence", terms), now=NOW)
        for _ in range(2):
            with pytest.raises(RefusedError):
                ledger.apply(Reserve("line", WHY, LEGS, 1, ""), now=NOW)
        assert [x.id for x in ledger.accounts()] == ["licence"]
        ledger.apply(Grant("g", WHY, "licence", 1), now=NOW)
        ledger.apply(Reserve("line", WHY, LEGS, 1, ""), now=NOW)
        assert [x.id for x in ledger.accounts()] == ["licence", "licence@2026-01"]
        assert ledger.verify() is None
