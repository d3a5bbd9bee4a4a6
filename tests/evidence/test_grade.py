"""The Admiralty code and R13's weakest link."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.evidence import CREDIBILITY, RELIABILITY, BadGradeError, Grade, best, weakest

ALL = [Grade(a + b) for a, b in product("ABCDEF", "123456")]
grades = st.sampled_from(ALL)


def test_there_are_36_grades_and_their_order_is_reliability_then_credibility() -> None:
    strongest_first = sorted(ALL, reverse=True)
    assert len(set(ALL)) == 36
    assert [str(grade) for grade in strongest_first] == [
        a + b for a, b in product("ABCDEF", "123456")
    ]


def test_what_cannot_be_judged_orders_last() -> None:
    assert Grade("F1") < Grade("E5")
    assert Grade("A6") < Grade("A5")
    assert not Grade("F1").judged
    assert not Grade("A6").judged
    assert Grade("E5").judged


@pytest.mark.parametrize(
    "text", ["", "A", "1", "A0", "A7", "G1", "a1", "1A", "A1 ", "A11", "A1\n", "\uff21\uff11"]
)
def test_a_text_that_is_no_grade_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(BadGradeError) as caught:
        Grade(text)
    assert caught.value.text == text


def test_r13_weakest_link_is_the_worst_reliability_then_the_worst_credibility() -> None:
    assert weakest([Grade("A1"), Grade("B5"), Grade("C1")]) == Grade("C1")
    assert weakest([Grade("C1"), Grade("C4"), Grade("C2")]) == Grade("C4")


def test_r13_over_an_or_the_best_branch_counts() -> None:
    branches = [weakest([Grade("A1"), Grade("E3")]), weakest([Grade("B2"), Grade("B4")])]
    assert best(branch for branch in branches if branch) == Grade("B4")


def test_r13_what_rests_on_no_claim_has_no_weak_link() -> None:
    assert weakest([]) is None
    assert best([]) is None


@given(st.lists(grades, min_size=1))
def test_r13_weakest_agrees_with_two_plain_steps(given_grades: list[Grade]) -> None:
    worst_letter = max(grade.reliability for grade in given_grades)
    digits = [grade.credibility for grade in given_grades if grade.reliability == worst_letter]
    assert weakest(given_grades) == Grade(worst_letter + max(digits))


@given(grades, grades)
def test_order_is_total_and_agrees_with_best_and_weakest(one: Grade, other: Grade) -> None:
    assert (one < other) + (one > other) + (one == other) == 1
    assert {weakest([one, other]), best([one, other])} == {one, other}


def test_meaning_is_in_words() -> None:
    assert Grade("B2").meaning == "usually reliable source, probably true"
    assert Grade("F6").meaning == "reliability cannot be judged, truth cannot be judged"
    assert list(RELIABILITY) == list("ABCDEF")
    assert list(CREDIBILITY) == list("123456")
