"""PostgreSQL with many clients at once: no overdraw, no deadlock, one answer for one id."""

import threading
from contextlib import suppress
from datetime import timedelta
from fractions import Fraction
from random import Random

import psycopg
import pytest
from store_kit import PsqlPlace, dump, opened, taken
from store_worker import LEGS, NOW, WHY, UnguardedPsql, hammer

from interlock.law.terms import AccountTerms, Leg, Period
from interlock.ledger import (
    Adjust,
    Answer,
    ConflictError,
    Grant,
    InvalidChangeError,
    LedgerError,
    OpenAccount,
    Post,
    RefusedError,
    Reserve,
    Void,
)
from interlock.store import LedgerSession, PostgresLedger, StoreError, schema
from interlock.store.open import BookAddressError, open_book, states_of

CLIENTS = 64


@pytest.fixture
def place(pg_url):
    return PsqlPlace(pg_url)


def at_once(works) -> list:
    """Run each in a thread of its own, all starting together; what each gave or raised."""
    barrier = threading.Barrier(len(works))
    found = [None] * len(works)

    def run(number, work):
        barrier.wait()
        try:
            found[number] = work()
        except BaseException as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=x) for x in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not [x for x in threads if x.is_alive()]
    return found


def ledgers(place, count, kind=PostgresLedger):
    return [place.open(kind) for _ in range(count)]


def close(found) -> None:
    for ledger in found:
        ledger.close()


def hammered(place, kind, count: int) -> list:
    """What each of 64 clients got through of one hot licence, one unit at a time."""
    clients = ledgers(place, CLIENTS, kind)
    found = at_once([
        lambda ledger=ledger, n=n: hammer(ledger, f"c{n}", count)
        for n, ledger in enumerate(clients)
    ])  # fmt: skip
    close(clients)
    return found


def test_64_clients_overdraw_one_licence_with_the_guard_off(pg_own_url):
    place = PsqlPlace(pg_own_url)
    opened(place, grant=4).close()
    with place.raw() as connection:
        connection.execute("ALTER TABLE ledger_counters DROP CONSTRAINT floor_holds")
    passed = sum(hammered(place, UnguardedPsql, 1))
    assert passed > 4, "the race was not shown: that the guard holds would prove nothing"
    assert taken(place) == passed


def test_64_clients_on_one_licence_neither_overdraw_nor_deadlock(place):
    with opened(place, grant=100) as ledger:
        found = hammered(place, PostgresLedger, 3)
        assert sum(found) == 100  # an error in any of them would not add up
        assert taken(place) == 100
        counters = ledger.counters("licence", now=NOW)
        assert (counters.debits_pending, counters.available) == (100, 0)
        assert ledger.verify() is None


def test_groups_that_meet_on_accounts_in_any_order_never_deadlock(place):
    """Legs named in any order, parts and their wholes, months that nobody opened yet."""
    names = [f"a{n}" for n in range(6)]
    with opened(place, *names, grant=10_000) as ledger:
        part = AccountTerms("test/part", "chip", parent="test/a0")
        month = AccountTerms("test/month", "chip", floor=-(10**6), period=Period("month"))
        ledger.apply(OpenAccount("o-part", WHY, "part", part, "", "a0"), now=NOW)
        ledger.apply(Grant("g-part", WHY, "part", 10_000), now=NOW)
        ledger.apply(OpenAccount("o-month", WHY, "month", month), now=NOW)

    def work(number, client):
        random, done = Random(number), []
        for turn in range(12):
            chosen = random.sample([*names, "part", "month"], 4)
            chosen = [x for x in chosen if x != "a0" or "part" not in chosen]
            legs = tuple(Leg(x, Fraction(1)) for x in chosen)
            name = f"c{number}-{turn}"
            client.apply(Reserve(name, WHY, legs, 1, ""), now=NOW)
            done.append(name)
            if turn % 3 == 2:
                client.apply(Post(f"{name}-p", WHY, random.choice(done), 1), now=NOW)
                done.remove(name)
        return len(done)

    clients = ledgers(place, 16)
    found = at_once([lambda n=n, c=c: work(n, c) for n, c in enumerate(clients)])
    close(clients)
    errors = [x for x in found if not isinstance(x, int)]
    # A post may name a line that was posted already: refused, and that is all that may happen.
    assert [x for x in errors if not isinstance(x, LedgerError)] == []
    with place.open() as ledger:
        assert ledger.verify() is None


def test_two_sessions_that_lock_first_take_turns_where_they_would_deadlock(place):
    opened(place, "a", "b", grant=10).close()
    orders = (("a", "b"), ("b", "a"))

    def work(order):
        with psycopg.connect(place.address) as connection:
            ledger = LedgerSession(connection, "postgresql")
            changes = [
                Reserve(f"{order[0]}-{x}", WHY, (Leg(x, Fraction(1)),), 1, "") for x in order
            ]
            ledger.lock(changes, now=NOW)
            return [ledger.apply(x, now=NOW).change for x in changes]

    for _ in range(2):
        found = at_once([lambda order=order: work(order) for order in orders])
        assert found == [["a-a", "a-b"], ["b-b", "b-a"]]


# One id from many clients.


def test_the_same_id_from_many_clients_at_once_gives_one_answer(place):
    opened(place, grant=100).close()
    for turn in range(5):
        clients = ledgers(place, 8)
        change = Reserve(f"line-{turn}", WHY, LEGS, 2, "")
        found = at_once([lambda c=c, x=change: c.apply(x, now=NOW) for c in clients])
        close(clients)
        assert isinstance(found[0], Answer), found[0]
        assert all(x == found[0] for x in found), found
    with place.open() as ledger:
        assert taken(place) == 10
        assert ledger.verify() is None


def test_the_same_id_for_different_things_at_once_is_done_for_one(place):
    opened(place, "a", "b", "c", "d", grant=100).close()
    for turn in range(5):
        clients = ledgers(place, 4)
        changes = [
            Reserve(f"line-{turn}", WHY, (Leg(name, Fraction(1)),), 1, "") for name in "abcd"
        ]
        found = at_once([
            lambda c=c, x=x: c.apply(x, now=NOW) for c, x in zip(clients, changes, strict=True)
        ])  # fmt: skip
        close(clients)
        assert sorted(type(x).__name__ for x in found) == ["Answer", *["ConflictError"] * 3]
    assert taken(place) == 5


def test_the_same_action_recorded_by_many_at_once_stands_once(place):
    def work(n):
        with psycopg.connect(place.address) as connection:
            connection.execute("SELECT 1")
            ledger = LedgerSession(connection, "postgresql")
            return ledger.record("licence.issue", "l-1", "{}", WHY, now=NOW)

    opened(place).close()
    found = at_once([lambda n=n: work(n) for n in range(8)])
    assert sorted(found) == [False] * 7 + [True]


def test_an_account_or_a_month_opened_by_many_at_once_is_opened_once(place):
    terms = AccountTerms("test/m", "chip", floor=-100, period=Period("month"))
    clients = ledgers(place, 8)
    found = at_once([
        lambda c=c, n=n: c.apply(OpenAccount(f"o-{n}", WHY, "m", terms), now=NOW)
        for n, c in enumerate(clients)
    ])  # fmt: skip
    assert sum(isinstance(x, Answer) for x in found) == 1
    assert sum(isinstance(x, InvalidChangeError) for x in found) == 7
    legs = (Leg("m", Fraction(1)),)
    found = at_once([
        lambda c=c, n=n: c.apply(Reserve(f"r-{n}", WHY, legs, 1, ""), now=NOW)
        for n, c in enumerate(clients)
    ])  # fmt: skip
    close(clients)
    assert all(isinstance(x, Answer) for x in found), found
    with place.open() as ledger:
        assert [x.id for x in ledger.accounts()] == ["m", "m@2026-01"]
        assert ledger.counters("m", now=NOW).debits_pending == 8
        assert ledger.verify() is None


def test_changes_of_every_kind_at_once_leave_a_book_that_counts_right(place):
    with opened(place, "a", "b", grant=50) as ledger:
        for n in range(12):
            soon = NOW + timedelta(minutes=1) if n % 3 == 0 else None
            legs = (Leg("b", Fraction(1)), Leg("a", Fraction(1)))
            ledger.apply(Reserve(f"line-{n}", WHY, legs, 2, "", expires=soon), now=NOW)

    def work(number, client):
        random, later = Random(number), NOW + timedelta(minutes=2)
        for turn in range(12):
            name, group = f"c{number}-{turn}", f"line-{random.randrange(12)}"
            one = (Leg(random.choice("ab"), Fraction(1)),)
            change = random.choice([
                Post(name, WHY, group, 1), Void(name, WHY, group), Grant(name, WHY, "a", 1),
                Adjust(name, WHY, "b", -1), Reserve(name, WHY, one, 1, ""),
            ])  # fmt: skip
            with suppress(RefusedError, InvalidChangeError):
                client.apply(change, now=later)

    clients = ledgers(place, 8)
    found = at_once([lambda n=n, c=c: work(n, c) for n, c in enumerate(clients)])
    close(clients)
    assert found == [None] * 8
    with place.open() as ledger:
        assert ledger.verify() is None


def test_a_writer_waits_only_for_those_on_its_own_accounts(place):
    opened(place, "a", "b", grant=5).close()
    holder = place.begun()
    LedgerSession(holder, "postgresql").apply(
        Reserve("held", WHY, (Leg("a", Fraction(1)),), 1, ""), now=NOW
    )
    with place.open() as ledger:
        ledger._connection.execute("SET lock_timeout = '300ms'")
        ledger.apply(Reserve("free", WHY, (Leg("b", Fraction(1)),), 1, ""), now=NOW)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            ledger.apply(Reserve("waits", WHY, (Leg("a", Fraction(1)),), 1, ""), now=NOW)
        assert ledger.headroom(now=NOW) == {"a": 5, "b": 4}
    holder.rollback()
    holder.close()


# Addresses.


def test_a_book_on_a_server_is_opened_by_its_address(place):
    opened(place, grant=3).close()
    with open_book(place.address) as book:
        assert isinstance(book, PostgresLedger)
        assert states_of(book, NOW)["licence"].headroom == 3


def test_a_database_without_a_ledger_is_refused_unless_it_is_to_be_made(pg_server):
    url = pg_server.empty()
    with pytest.raises(StoreError, match="holds no ledger"):
        PostgresLedger(url, create=False)
    with pytest.raises(BookAddressError, match="holds no ledger"):
        open_book(url)
    found = at_once([lambda: PostgresLedger(url) for _ in range(4)])  # one of them makes it
    close(found)
    with open_book(url) as book:
        assert book.accounts() == []
    pg_server.drop(url)


def test_a_server_that_does_not_answer_is_refused_without_its_password():
    with pytest.raises(BookAddressError) as caught:
        open_book("postgresql://me:secret@/book?host=/nonexistent")
    assert "no database answers" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_session_finds_a_conflict_in_a_transaction_that_goes_on(place):
    """The winner commits while the loser waits: the loser reads its row and says so."""
    opened(place, "a", "b", grant=5).close()
    winner, loser = place.begun(), place.begun()
    change = Reserve("line", WHY, (Leg("a", Fraction(1)),), 1, "")
    other = Reserve("line", WHY, (Leg("b", Fraction(1)),), 1, "")
    LedgerSession(winner, "postgresql").apply(change, now=NOW)
    timer = threading.Timer(0.3, winner.commit)
    timer.start()
    ledger = LedgerSession(loser, "postgresql")
    with pytest.raises(ConflictError):
        ledger.apply(other, now=NOW)
    timer.join()
    ledger.apply(Reserve("next", WHY, (Leg("b", Fraction(1)),), 1, ""), now=NOW)
    loser.commit()
    before = dump(place)
    winner.close()
    loser.close()
    with place.open() as found:
        assert found.headroom(now=NOW) == {"a": 4, "b": 4}
        assert found.verify() is None
    assert dump(place) == before


def test_every_statement_of_the_schema_stands_alone():
    """Django runs them one by one."""
    for dialect in ("sqlite", "postgresql"):
        for statement in schema(dialect):
            heads = [x for x in statement.splitlines() if x.startswith(("CREATE", "INSERT"))]
            assert len(heads) == 1, statement
