"""Paired comparison: what differs is found, and what does not is not, among many measures too."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from interlock.lab.study.paired import compare, holm


def test_holm_is_the_published_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_a_small_difference_over_common_chances_is_found_and_measured() -> None:
    dice = np.random.default_rng(1)
    common = dice.normal(100, 30, 400)
    a = common + dice.normal(0, 1, 400)
    b = common + 0.5 + dice.normal(0, 1, 400)
    (found,) = compare({"x": a}, {"x": b})
    assert found.real
    assert found.low < 0.5 < found.high
    assert found.difference == pytest.approx((b - a).mean())
    assert found.p == pytest.approx(stats.ttest_rel(b, a).pvalue)
    assert found.times is not None
    assert found.times > 500  # without common chances 0.5 would drown in a spread of 30
    assert stats.ttest_ind(a, b).pvalue > 0.05


def test_the_interval_is_that_of_the_paired_t_widened_for_all_measures() -> None:
    dice = np.random.default_rng(2)
    one = {name: dice.normal(0, 1, 50) for name in "abcd"}
    other = {name: dice.normal(0, 1, 50) for name in "abcd"}
    for found in compare(one, other, level=0.9):
        change = other[found.measure] - one[found.measure]
        wanted = stats.ttest_1samp(change, 0.0).confidence_interval(1 - 0.1 / 4)
        assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))


def test_of_many_measures_that_do_not_differ_hardly_ever_one_is_called_different() -> None:
    """The chance of even one false finding among 20 measures keeps its bound of 5 %."""
    dice = np.random.default_rng(3)
    false = 0
    for _ in range(400):
        one = {str(k): dice.exponential(1, 60) for k in range(20)}
        other = {str(k): dice.exponential(1, 60) for k in range(20)}
        false += any(found.real for found in compare(one, other))
    assert false <= 400 * 0.05 + 3 * (400 * 0.05 * 0.95) ** 0.5


def test_what_is_the_same_in_every_run_is_no_difference() -> None:
    same = np.arange(40.0)
    (found,) = compare({"x": same}, {"x": same.copy()})
    assert (found.difference, found.p, found.real) == (0.0, 1.0, False)
    assert (found.low, found.high, found.times) == (0.0, 0.0, None)


def test_the_same_difference_in_every_run_is_one() -> None:
    same = np.arange(40.0)
    (found,) = compare({"x": same}, {"x": same + 2})
    assert (found.difference, found.low, found.high, found.p) == (2.0, 2.0, 2.0, 0.0)
    assert found.real


def test_runs_without_a_value_are_left_out_of_their_measure_alone() -> None:
    a, b = np.arange(40.0), np.arange(40.0) + 1
    gap = a.copy()
    gap[:5] = np.nan
    whole, part = compare({"x": a, "y": gap}, {"x": b, "y": b})
    assert (whole.runs, part.runs) == (40, 35)
    assert part.difference == 1.0


def test_measures_that_only_one_has_are_not_compared() -> None:
    a = np.arange(40.0)
    assert [x.measure for x in compare({"x": a, "y": a}, {"y": a, "z": a})] == ["y"]


def test_other_numbers_of_runs_and_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="x: 40 runs against 41; play both as often"):
        compare({"x": np.arange(40.0)}, {"x": np.arange(41.0)})
    with pytest.raises(ValueError, match="29 runs are too few"):
        compare({"x": np.arange(29.0)}, {"x": np.arange(29.0)})
