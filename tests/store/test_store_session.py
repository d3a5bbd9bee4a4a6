"""The ledger inside a caller's transaction: one fate with the caller's rows, nothing on its own."""

import sqlite3
from datetime import timedelta

import psycopg
import pytest
from store_kit import dump, opened, session
from store_worker import LEGS, NOW, WHY

from interlock.law.terms import AccountTerms
from interlock.ledger import (
    Approve,
    ConflictError,
    Grant,
    InvalidChangeError,
    Ledger,
    OpenAccount,
    Post,
    RefusedError,
    Reserve,
    Why,
)
from interlock.store import GuardError, LedgerSession, StoreError
from interlock.store import session as session_module
from interlock.store.flush import flush

OWN = "CREATE TABLE own (id TEXT PRIMARY KEY)"


@pytest.fixture
def granted(own_place):
    """A licence with 10 on it, and a table of the caller's own."""
    opened(own_place, grant=10).close()
    with own_place.raw() as connection:
        connection.execute(OWN)
    return own_place


def line(name: str, quantity: int = 1) -> Reserve:
    return Reserve(name, WHY, LEGS, quantity, "")


def own_rows(place) -> list[tuple]:
    with place.raw() as connection:
        return connection.execute("SELECT id FROM own").fetchall()


def test_a_session_commits_nothing_by_itself(granted):
    before = dump(granted)
    connection = granted.begun()
    connection.execute("INSERT INTO own VALUES ('order')")
    ledger = session(granted, connection)
    ledger.apply(line("line", 4), now=NOW)
    ledger.record("order.place", "order-1", '{"n":4}', WHY, now=NOW)
    assert ledger.headroom(now=NOW) == {"licence": 6}
    connection.rollback()
    connection.close()
    assert dump(granted) == before
    assert own_rows(granted) == []


def test_rows_of_the_caller_and_of_the_ledger_are_committed_together(granted):
    connection = granted.begun()
    connection.execute("INSERT INTO own VALUES ('order')")
    answer = session(granted, connection).apply(line("line", 4), now=NOW)
    connection.commit()
    connection.close()
    assert own_rows(granted) == [("order",)]
    with granted.open() as ledger:
        assert ledger.transfers(change="line") == list(answer.transfers)
        assert ledger.verify() is None


def test_several_changes_of_one_session_see_each_other(granted):
    connection = granted.begun()
    ledger = session(granted, connection)
    ledger.apply(line("line", 8), now=NOW)
    with pytest.raises(RefusedError) as caught:
        ledger.apply(line("more", 3), now=NOW)
    assert [(x.headroom, x.needed) for x in caught.value.lacks] == [(2, 3)]
    ledger.apply(Post("ship", WHY, "line", 5), now=NOW)
    ledger.apply(line("fits", 2), now=NOW)
    assert ledger.apply(line("line", 8), now=NOW).amounts == {"licence": 8}
    assert [x.remaining for x in ledger.reservations("line")] == [3]
    connection.commit()
    connection.close()
    with granted.open() as found:
        assert found.headroom(now=NOW) == {"licence": 0}
        assert found.verify() is None


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (line("too-much", 11), RefusedError),
        (Reserve("nowhere", WHY, (), 1, ""), InvalidChangeError),
        (line("g-licence"), ConflictError),
    ],
)
def test_after_a_refusal_nothing_is_written_and_the_transaction_goes_on(granted, change, kind):
    connection = granted.begun()
    ledger = session(granted, connection)
    connection.execute("INSERT INTO own VALUES ('before')")
    before = ledger.entries(), ledger.transfers(), ledger.counters("licence", now=NOW)
    with pytest.raises(kind):
        ledger.apply(change, now=NOW)
    assert (ledger.entries(), ledger.transfers(), ledger.counters("licence", now=NOW)) == before
    connection.execute("INSERT INTO own VALUES ('after')")
    ledger.apply(line("line"), now=NOW)
    connection.commit()
    connection.close()
    assert own_rows(granted) == [("before",), ("after",)]


def test_a_fault_in_the_middle_of_writing_leaves_the_transaction_as_it_was(granted, monkeypatch):
    """The counters' own test fails after the audit row is written: only that much is undone."""
    real = flush

    def wrong(tables, *, whole):
        for name in tables.changed_counters:  # as if the code had counted wrongly
            counters = tables.counters[name]
            tables.counters[name] = counters._replace(debits_pending=counters.debits_pending + 100)
        real(tables, whole=whole)

    connection = granted.begun()
    ledger = session(granted, connection)
    connection.execute("INSERT INTO own VALUES ('before')")
    before = ledger.entries(), ledger.transfers()
    monkeypatch.setattr(session_module, "flush", wrong)
    with pytest.raises(GuardError):
        ledger.apply(line("line"), now=NOW)
    monkeypatch.undo()
    assert (ledger.entries(), ledger.transfers()) == before
    ledger.apply(line("line"), now=NOW)
    connection.commit()
    connection.close()
    assert own_rows(granted) == [("before",)]
    with granted.open() as found:
        assert found.headroom(now=NOW) == {"licence": 9}
        assert found.verify() is None


def test_the_caller_may_roll_back_to_a_savepoint_between_two_changes(granted):
    """Nothing is kept in memory from one call to the next."""
    connection = granted.begun()
    ledger = session(granted, connection)
    ledger.apply(line("first", 3), now=NOW)
    connection.execute("SAVEPOINT own")
    ledger.apply(line("second", 7), now=NOW)
    ledger.apply(OpenAccount("o-2", WHY, "other", AccountTerms("test/other", "chip")), now=NOW)
    connection.execute("ROLLBACK TO SAVEPOINT own")
    assert ledger.account("other") is None
    ledger.apply(line("third", 7), now=NOW)
    connection.commit()
    connection.close()
    with granted.open() as found:
        assert [x.change for x in found.entries()][2:] == ["first", "third"]
        assert found.verify() is None


def test_many_changes_and_an_approval_in_one_transaction(granted):
    connection = granted.begun()
    ledger = session(granted, connection)
    pins = ledger.pin(["licence"], now=NOW)
    lines = (line("a", 6), line("b", 6), line("c", 4))
    approved = ledger.approve(Approve("run", WHY, pins, lines), now=NOW)
    assert [x.change for x in approved.answers] == ["a", "c"]
    assert [x.line for x in approved.refused] == ["b"]
    one, two = ledger.apply_many([Grant("g", WHY, "licence", 5), line("d", 6)], now=NOW)
    assert one.amounts == {"licence": 5}
    assert isinstance(two, RefusedError)
    assert ledger.approve(Approve("run", WHY, pins, lines), now=NOW) == approved
    stored = ledger.transfers(change="a") + ledger.transfers(change="c")
    assert [x for answer in approved.answers for x in answer.transfers] == stored
    connection.commit()
    connection.close()
    with granted.open() as found:
        assert found.verify() is None


# Actions of the book in the same log.


@pytest.fixture(params=["memory", "session", "own"])
def log(request, place):
    """A ledger that records: in memory, in a caller's transaction, and with its own."""
    if request.param == "memory":
        yield Ledger()
        return
    with place.open() as ledger:
        if request.param == "own":
            yield ledger
            return
    connection = place.begun()
    yield session(place, connection)
    connection.rollback()
    connection.close()


def test_an_action_of_the_book_stands_in_the_same_log_as_changes(log):
    terms = AccountTerms("test/licence", "chip")
    log.apply(OpenAccount("o", WHY, "licence", terms), now=NOW)
    assert log.record("licence.issue", "l-1", '{"to":"a"}', WHY, "issued", now=NOW) is True
    log.apply(Grant("g", WHY, "licence", 1), now=NOW)
    entries = log.entries()
    assert [(x.change, x.kind) for x in entries] == [
        ("o", "open_account"), ("l-1", "licence.issue"), ("g", "grant"),
    ]  # fmt: skip
    assert entries[1][3:] == (
        '{"to":"a"}', "officer:li", "test", "licence/1", NOW, NOW, "issued",
    )  # fmt: skip
    assert [x.seq for x in entries] == sorted({x.seq for x in entries})
    assert log.verify() is None


def test_the_same_action_again_is_recorded_once(log):
    assert log.record("licence.issue", "l-1", "{}", WHY, now=NOW) is True
    before = log.entries()
    assert log.record("licence.issue", "l-1", "{}", WHY, now=NOW + timedelta(1)) is False
    assert log.entries() == before


@pytest.mark.parametrize(("kind", "content"), [("licence.issue", "[1]"), ("licence.end", "{}")])
def test_an_id_recorded_for_something_else_is_refused(log, kind, content):
    log.record("licence.issue", "l-1", "{}", WHY, now=NOW)
    before = log.entries()
    with pytest.raises(ConflictError):
        log.record(kind, "l-1", content, WHY, now=NOW)
    with pytest.raises(ConflictError):
        log.apply(Grant("l-1", WHY, "licence", 1), now=NOW)
    assert log.entries() == before


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (("issue", "l-1", "{}", WHY), "no namespace"),
        (("licence.issue", "l#1", "{}", WHY), "neither '#'"),
        (("licence.issue", "l-1", "{}", Why("", "r", "c", NOW)), "nobody is named"),
        (("licence.issue", "l-1", "{}", Why("a\0", "r", "c", NOW)), "NUL"),
        (("licence.issue", "l-1", "{}", Why("a", "r", "c", NOW + timedelta(1))), "takes effect"),
    ],
)
def test_an_action_that_cannot_be_meant_is_refused(log, given, word):
    with pytest.raises(InvalidChangeError, match=word):
        log.record(*given, now=NOW)
    assert log.entries() == []


# Connections that will not do.


def test_a_write_outside_a_transaction_is_refused(place):
    opened(place, grant=1).close()
    before = dump(place)
    connection = place.raw()
    with pytest.raises(StoreError, match="no transaction is open"):
        session(place, connection).apply(line("line"), now=NOW)
    with pytest.raises(StoreError, match="no transaction is open"):
        session(place, connection).record("a.b", "x", "{}", WHY, now=NOW)
    connection.close()
    assert dump(place) == before


def test_a_connection_of_another_kind_is_refused(pg_url):
    with sqlite3.connect(":memory:") as lite, psycopg.connect(pg_url) as psql:
        with pytest.raises(StoreError, match="no connection of psycopg 3"):
            LedgerSession(lite, "postgresql")
        with pytest.raises(StoreError, match="no connection of SQLite"):
            LedgerSession(psql, "sqlite")
        with pytest.raises(StoreError, match="no ledger for 'mysql'"):
            LedgerSession(psql, "mysql")


def test_accounts_known_beforehand_are_not_asked_for(granted, monkeypatch):
    connection = granted.begun()
    first = session(granted, connection)
    first.apply(line("one"), now=NOW)
    assert set(first.met) == {"licence"}
    again = LedgerSession(connection, granted.dialect, first.met)
    asked = []
    for name in ("read", "read_all"):
        real = getattr(again._db, name)

        def noting(text, *more, real=real):
            asked.append(str(text))
            return real(text, *more)

        monkeypatch.setattr(again._db, name, noting)
    again.apply(line("two"), now=NOW)
    assert not [x for x in asked if "FROM ledger_account" in x]
    connection.commit()
    connection.close()
