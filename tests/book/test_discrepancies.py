"""Discrepancies: the firms that they concern are heard, an officer settles; counts corrected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from customs_kit import DAY, HARBOUR, QUOTA, Harbour, everything
from pydantic import ValidationError

from interlock.book.errors import DeniedError, MoveError, NotFoundError
from interlock.book.models import Discrepancy, Event
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.history import history
from interlock.book.selectors.present import present

if TYPE_CHECKING:
    import datetime as dt

WEEK = "harbour-week/week?buyer=bytedance"
PAPER = {"name": "tally.pdf", "sha256": "1" * 64}
SAID = {"statement": "We counted 40 at the ramp.", "evidence": [PAPER]}


@pytest.fixture
def weekly(db: None, settings: Any) -> Harbour:
    """60 let in of 100 that a buyer may bring in within seven days."""
    settings.REGIMES = [HARBOUR, Path(__file__).parent / "harbour_week"]
    made = Harbour()
    made.licence()
    made.sent()
    made.let_in("e-1", 60)
    return made


@pytest.fixture
def let_in(harbour: Harbour) -> Harbour:
    """40 let in under e-1, of which customs outside counts 55."""
    harbour.licence()
    harbour.sent()
    harbour.let_in("e-1", 40)
    harbour.report("m-1", quantity=55)
    return harbour


def week(now: dt.datetime) -> int:
    return ledger().headroom([WEEK], now=now)[WEEK]


def accept_fewer(harbour: Harbour, quantity: int) -> None:
    harbour.report("m-1", quantity=quantity)
    found = Discrepancy.objects.get()
    harbour.do(harbour.customs, "discrepancy.accept", found.pk, reason="counted anew")


def test_r9_a_lower_count_gives_a_window_back_what_did_not_come_at_once(weekly: Harbour) -> None:
    begun = weekly.now
    assert (week(begun), weekly.counts(QUOTA)) == (40, (100, 0, 60, 0))
    weekly.now = begun + 2 * DAY
    accept_fewer(weekly, 45)
    assert (week(weekly.now), weekly.counts(QUOTA)) == (55, (100, 0, 45, 0))
    # What did come leaves the window on its day, and nothing comes back twice.
    assert week(begun + 6 * DAY) == 55
    assert week(begun + 7 * DAY) == 100
    assert week(begun + 30 * DAY) == 100
    assert ledger().verify() is None


def test_r9_a_lower_count_after_the_window_gives_it_nothing_more(weekly: Harbour) -> None:
    weekly.now += 7 * DAY
    assert week(weekly.now) == 100
    accept_fewer(weekly, 45)
    assert (week(weekly.now), weekly.counts(QUOTA)) == (100, (100, 0, 45, 0))
    assert ledger().verify() is None


def test_r3_a_firm_answers_with_a_statement_and_evidence_and_an_officer_settles(
    let_in: Harbour,
) -> None:
    found = Discrepancy.objects.get()
    counts, shut = let_in.counts(QUOTA), ledger().discrepancies(unsettled=True)
    assert "answer" in present(let_in.buyer, found)["can"]
    let_in.do(let_in.buyer, "discrepancy.answer", found.pk, **SAID)
    found.refresh_from_db()
    assert (found.state, found.theirs, found.ours) == ("open", {"quantity": 55}, {"quantity": 40})
    assert found.answers == [
        {"party": "bytedance", "by": let_in.buyer.name, "at": let_in.now.isoformat(), **SAID}
    ]
    # It posts nothing and opens nothing.
    assert (let_in.counts(QUOTA), ledger().discrepancies(unsettled=True)) == (counts, shut)
    assert present(let_in.customs, found)["answers"] == found.answers
    let_in.do(let_in.customs, "discrepancy.reject", found.pk, reason="their tally holds")
    found.refresh_from_db()
    assert (found.state, len(found.answers)) == ("rejected", 1)
    assert ledger().discrepancies(unsettled=True) == []


def test_r11_no_firm_learns_what_another_answered_or_that_it_did(let_in: Harbour) -> None:
    found = Discrepancy.objects.get()
    past = history(let_in.supplier, found)
    let_in.do(let_in.buyer, "discrepancy.answer", found.pk, **SAID)
    found.refresh_from_db()
    assert present(let_in.supplier, found)["answers"] == []
    assert history(let_in.supplier, found) == past
    assert Event.objects.get(name="discrepancy.answer").parties == []
    let_in.do(let_in.supplier, "discrepancy.answer", found.pk, statement="60 left us.")
    found.refresh_from_db()
    seen = {
        who.party: [one["party"] for one in present(who, found)["answers"]]
        for who in (let_in.buyer, let_in.supplier, let_in.customs, let_in.auditor)
    }
    assert seen == {
        "bytedance": ["bytedance"],
        "nvidia": ["nvidia"],
        let_in.customs.party: ["bytedance", "nvidia"],
        let_in.auditor.party: ["bytedance", "nvidia"],
    }


@pytest.mark.parametrize(
    "who", ["rival", "rival_reader", "allocator", "customs", "cn_officer", "reader", "auditor"]
)
def test_who_may_not_answer_changes_nothing(let_in: Harbour, who: str) -> None:
    found = Discrepancy.objects.get()
    before = everything()
    refused = NotFoundError if who.startswith("rival") else DeniedError
    with pytest.raises(refused):
        let_in.do(getattr(let_in, who), "discrepancy.answer", found.pk, **SAID)
    assert everything() == before
    assert Discrepancy.objects.get().answers == []


def test_an_answer_says_something_and_comes_before_it_is_settled(let_in: Harbour) -> None:
    found = Discrepancy.objects.get()
    before = everything()
    with pytest.raises(ValidationError, match="at least 1 character"):
        let_in.do(let_in.buyer, "discrepancy.answer", found.pk, statement="")
    assert everything() == before
    let_in.do(let_in.customs, "discrepancy.reject", found.pk, reason="they erred")
    before = everything()
    with pytest.raises(MoveError, match="it is rejected"):
        let_in.do(let_in.buyer, "discrepancy.answer", found.pk, **SAID)
    assert everything() == before
