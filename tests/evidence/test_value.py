"""Exact values, bounds, about and intervals (R5)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.evidence import Value, clash, exactly

numbers = st.integers(-50, 50).map(Decimal)


def at_least(number: int) -> Value:
    return Value("at_least", lower=Decimal(number))


def at_most(number: int) -> Value:
    return Value("at_most", upper=Decimal(number))


@st.composite
def values(draw: st.DrawFn) -> Value:
    kind = draw(st.sampled_from(["exact", "at_least", "at_most", "between"]))
    low, high = draw(numbers), draw(numbers)
    if kind == "exact":
        return exactly(low)
    if kind == "at_least":
        return Value("at_least", lower=low)
    if kind == "at_most":
        return Value("at_most", upper=low)
    return Value("between", lower=min(low, high), upper=max(low, high))


def holds(value: Value, number: Decimal) -> bool:
    above = value.lower is None or number >= value.lower
    return above and (value.upper is None or number <= value.upper)


@given(values(), values())
def test_r5_values_clash_exactly_when_no_number_satisfies_both(one: Value, other: Value) -> None:
    ends = [end for value in (one, other) for end in (value.lower, value.upper) if end is not None]
    # Both sets are closed intervals with these ends, so if they meet, they meet in one of them.
    meet = any(holds(one, end) and holds(other, end) for end in ends)
    assert clash(one, other) is (not meet)
    assert clash(other, one) is (not meet)


def test_r5_a_lower_bound_is_not_the_number() -> None:
    assert at_least(400_000).number is None
    assert clash(at_least(400_000), exactly(450_000)) is False
    assert clash(at_least(400_000), exactly(399_999)) is True
    assert clash(at_least(400_000), at_most(75_000)) is True


def test_r5_about_without_a_spread_contradicts_nothing() -> None:
    about = Value("about", middle=Decimal(700_000))
    assert clash(about, exactly(1)) is None
    assert clash(exactly(1), about) is None
    spread = Value("about", lower=Decimal(650), upper=Decimal(750), middle=Decimal(700))
    assert clash(spread, exactly(751)) is True
    assert clash(spread, exactly(750)) is False


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        (exactly(True), exactly(False), True),
        (exactly("shut"), exactly("shut"), False),
        (exactly("shut"), exactly("open"), True),
        (exactly(dt.date(2026, 1, 13)), exactly(dt.date(2026, 1, 15)), True),
        (exactly(5), exactly(Decimal("5.0")), False),
        (exactly("five"), exactly(5), None),
        (exactly(True), exactly(1), None),
    ],
)
def test_words_flags_and_dates(one: Value, other: Value, result: bool | None) -> None:
    assert clash(one, other) is result


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (exactly(1_000_000, "chip"), "1,000,000 chip"),
        (exactly(Decimal("0.50")), "0.5"),
        (exactly(True), "yes"),
        (exactly(dt.date(2026, 1, 13)), "2026-01-13"),
        (Value("at_least", lower=Decimal(400_000), unit="chip"), "at least 400,000 chip"),
        (Value("at_most", upper=Decimal(75_000)), "at most 75,000"),
        (Value("about", middle=Decimal(6), unit="times"), "about 6 times"),
        (Value("about", lower=Decimal(5), upper=Decimal(7), middle=Decimal(6)), "about 6 (5 to 7)"),
        (Value("between", lower=Decimal(1), upper=Decimal(2)), "between 1 and 2"),
    ],
)
def test_shown(value: Value, shown: str) -> None:
    assert str(value) == shown
