"""What every stored ledger must hold: many processes, kills, and rows read after others wrote."""

import time
from datetime import timedelta
from fractions import Fraction

import pytest
from store_kit import Place, dump, finish, opened, start, taken
from store_worker import KINDS, LEGS, NOW, WHY

from interlock.law.terms import AccountTerms, MayOwe, Period
from interlock.ledger import (
    Adjust,
    ConflictError,
    Draw,
    Grant,
    OpenAccount,
    RefusedError,
    Reserve,
    Return,
)
from interlock.store import GuardError

# 8 processes and one licence.


def hammered(what: str, place: Place, count: int) -> int:
    """How many reservations of one unit passed, asked by eight processes that start at once."""
    processes = [start(what, place.address, f"p{n}", count) for n in range(8)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return sum(map(int, finish(processes)))


def test_eight_processes_pass_the_floor_with_the_guard_off(own_place):
    with own_place.open(KINDS[own_place.dialect, False]) as off:
        if own_place.dialect == "postgresql":
            off._connection.execute("ALTER TABLE ledger_counters DROP CONSTRAINT floor_holds")
    opened(own_place, grant=4).close()
    passed = hammered("unguarded", own_place, 3)
    assert passed > 4, "the race was not shown: that the guard holds would prove nothing"
    assert taken(own_place) == passed


def test_eight_processes_never_pass_the_floor(place):
    with opened(place, grant=40) as ledger:
        assert hammered("guarded", place, 20) == 40
        assert taken(place) == 40
        counters = ledger.counters("licence", now=NOW)
        assert (counters.debits_pending, counters.available) == (40, 0)
        assert ledger.verify() is None


def test_concurrent_retries_of_the_same_ids_are_done_once(place):
    with opened(place) as ledger:
        texts = finish([start("retry", place.address, "same", 25) for _ in range(4)])
        assert len(set(texts)) == 1
        assert ledger.headroom(now=NOW) == {"licence": 25}
        assert [x.change for x in ledger.entries()][1:] == [f"g-{n}" for n in range(25)]


def test_what_another_did_gives_its_first_answer_though_it_would_be_refused_now(place):
    """Also to one who has the rows of others at hand and would take the change for new."""
    with opened(place, grant=10) as one, place.open() as other:
        for number in range(2):  # the other has its rows at hand
            other.apply(Reserve(f"warm-{number}", WHY, LEGS, 1, "r"), now=NOW)
        asked = Reserve("r", WHY, LEGS, 8, "r")
        first = one.apply(asked, now=NOW)
        before = dump(place)
        assert other.apply(asked, now=NOW) == first  # no room is left for it
        with pytest.raises(ConflictError):
            other.apply(Reserve("r", WHY, LEGS, 7, "r"), now=NOW)
        with pytest.raises(RefusedError):
            other.apply(Reserve("r-2", WHY, LEGS, 1, "r"), now=NOW)
        assert dump(place) == before
        assert other.apply(Reserve("warm-0", WHY, LEGS, 1, "r"), now=NOW).change == "warm-0"


def test_a_kill_in_the_middle_leaves_nothing_half_posted(place):
    opened(place, "licence", "stock", "cap", grant=10**6).close()
    told = []
    for turn in range(6):
        process = start("endless", place.address, f"t{turn}", 0)
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
    with place.open() as ledger:
        assert ledger.verify() is None
        answered = {x.change for x in ledger.entries()}
        lost = [x for x in told if x not in answered or f"{x}-p" not in answered]
        assert lost == []
        for change in answered:
            if change.startswith("t"):
                assert len(ledger.transfers(change=change)) == 3
    if place.dialect == "sqlite":
        with place.raw() as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# What is kept in memory between writes is never older than the database.


def test_two_connections_that_take_turns_see_each_other(place):
    with opened(place, grant=10) as one, place.open() as two:
        for number in range(5):
            one.apply(Reserve(f"one-{number}", WHY, LEGS, 1, ""), now=NOW)
            two.apply(Reserve(f"two-{number}", WHY, LEGS, 1, ""), now=NOW)
        for ledger in (one, two):
            with pytest.raises(RefusedError) as caught:
                ledger.apply(Reserve("more", WHY, LEGS, 1, ""), now=NOW)
            assert [x.headroom for x in caught.value.lacks] == [0]
        assert one.verify() is None


def test_r9_a_stored_reservation_expires_under_a_connection_that_stays_open(place):
    soon, later = NOW + timedelta(days=5), NOW + timedelta(days=9)
    with opened(place, grant=10) as ledger:
        ledger.apply(Reserve("line", WHY, LEGS, 9, "", expires=soon), now=NOW)
    with place.open() as ledger:
        ledger.apply(Reserve("small", WHY, LEGS, 1, ""), now=NOW)
        with pytest.raises(RefusedError):
            ledger.apply(Reserve("next", WHY, LEGS, 9, ""), now=NOW)
        ledger.apply(Grant("one", WHY, "licence", 1), now=NOW)
        ledger.apply(Reserve("next", WHY, LEGS, 10, ""), now=later)
        assert [x.id for x in ledger.transfers(change="next")] == ["line#0!expire", "next#0"]
        assert ledger.verify() is None


def test_r4_a_return_in_the_same_batch_ends_a_stored_debt(place):
    late = NOW + timedelta(days=10)
    terms = AccountTerms(
        "test/licence", "chip", may_owe=MayOwe(Fraction(20), timedelta(days=5)),
        restored_by=("destroyed",),
    )  # fmt: skip
    with place.open() as ledger:
        ledger.apply(OpenAccount("o", WHY, "licence", terms), now=NOW)
        ledger.apply(Draw("p", WHY, LEGS, 10, ""), now=NOW)
    back = Return("b", WHY, "p", 10, "destroyed")
    lines = [Reserve(f"line-{n}", WHY, LEGS, 1, "") for n in range(2)]
    with place.open() as ledger:
        first, returned, second = ledger.apply_many([lines[0], back, lines[1]], now=late)
        assert isinstance(first, RefusedError)
        assert [(x.cause, x.needed) for x in first.lacks] == [("overdue", 10)]
        assert returned.amounts == {"licence": 10}
        assert second.amounts == {"licence": 1}
        assert ledger.verify() is None


def test_what_is_recorded_on_an_account_never_runs_backwards(place):
    later = NOW + timedelta(hours=1)
    with opened(place, grant=5) as ledger:
        ledger.apply(Grant("late", WHY, "licence", 1), now=later)
    with place.open() as ledger:  # its clock is behind
        answer = ledger.apply(Reserve("line", WHY, LEGS, 1, ""), now=NOW)
        assert [x.recorded for x in answer.transfers] == [later]
        assert ledger.entries()[-1].recorded == later


def test_an_account_opened_in_a_refused_change_is_not_remembered(place):
    """A month opened only to find that it lacks must not be there afterwards."""
    with place.open() as ledger:
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


def test_a_book_is_the_same_after_closing(place):
    with opened(place, grant=10) as ledger:
        ledger.apply(Reserve("line", WHY, LEGS, 6, ""), now=NOW)
    with place.open() as ledger:
        assert ledger.headroom(now=NOW) == {"licence": 4}
        with pytest.raises(RefusedError):
            ledger.apply(Reserve("more", WHY, LEGS, 5, ""), now=NOW)
        ledger.apply(Adjust("count", WHY, "licence", -5), now=NOW)
        assert ledger.verify() is None
    with place.open() as ledger:
        assert ledger.counters("licence", now=NOW).excess == 1
        assert len(ledger.discrepancies(unsettled=True)) == 1


def test_the_statement_refuses_an_excess_without_a_breach(place, monkeypatch):
    """With breaches switched off, a fact past the floor cannot be written at all."""
    monkeypatch.setattr("interlock.ledger.fills.breach", lambda *_, **__: None)
    opened(place, grant=2).close()
    before = dump(place)
    with place.open() as ledger, pytest.raises(GuardError):
        ledger.apply(Adjust("count", WHY, "licence", -5), now=NOW)
    assert dump(place) == before


def test_an_id_used_for_another_change_is_refused_from_another_connection(place):
    with opened(place, grant=2) as one, place.open() as two:
        one.apply(Reserve("line", WHY, LEGS, 1, ""), now=NOW)
        before = dump(place)
        with pytest.raises(ConflictError):
            two.apply(Reserve("line", WHY, LEGS, 2, ""), now=NOW)
        assert dump(place) == before
