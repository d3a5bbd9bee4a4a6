"""The kernel against oracles: exact rationals, repeated linear programs, brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sharing_cases import PATH_RULES, lp_leximin, networks, slow_exact

from interlock.sharing import Problem, share

QUICK = settings(max_examples=120, deadline=None)


@pytest.mark.parametrize("rule", PATH_RULES)
@QUICK
@given(problem=networks(tiers=3))
def test_equal_to_progressive_filling_in_exact_rationals(rule, problem):
    wanted = [float(x) for x in slow_exact(problem, rule)]
    assert share(problem, rule).awarded == pytest.approx(wanted, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("rule", ["proportional", "cea", "weighted"])
@settings(max_examples=25, deadline=None)
@given(problem=networks(most=5))
def test_equal_to_leximin_by_repeated_linear_programs(rule, problem):
    weight = {
        "proportional": np.maximum(problem.ask.astype(float), 1.0),
        "cea": np.ones(problem.n),
        "weighted": problem.weight,
    }[rule]
    wanted = lp_leximin(problem, weight)
    assert share(problem, rule).awarded == pytest.approx(wanted, rel=1e-6, abs=1e-6)


def _feasible(problem: Problem):
    """Every award in whole lots that passes no account."""
    steps = [
        [x for x in range(0, int(a) + 1, int(lot)) if x == 0 or x >= least]
        for a, lot, least in zip(problem.ask, problem.lot, problem.min, strict=True)
    ]
    for x in itertools.product(*steps):
        used = np.zeros(problem.m, np.int64)
        np.add.at(used, problem.leg_account, problem.scaled_factor * np.array(x)[problem.leg_line])
        if (used <= problem.scaled_available).all():
            yield np.array(x)


@settings(max_examples=40, deadline=None)
@given(problem=networks(tiers=1, lots=True, minimums=True, most=3, top=5))
def test_whole_optimum_is_the_best_of_all_awards(problem):
    best = max(float(problem.value @ x) for x in _feasible(problem))
    result = share(problem, "optimum", whole=True)
    assert float(problem.value @ result.awarded) == pytest.approx(best, rel=1e-9)
    assert result.dual_gap <= 1e-6


@settings(max_examples=60, deadline=None)
@given(problem=networks(tiers=1, most=4, top=6), rule=st.sampled_from(PATH_RULES))
def test_whole_units_are_undominated_among_all_awards(problem, rule):
    result = share(problem, rule, whole=True)
    for x in _feasible(problem):
        assert not ((x >= result.awarded).all() and (x > result.awarded).any())


@settings(max_examples=40, deadline=None)
@given(
    asks=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    available=st.integers(0, 30),
    rule=st.sampled_from(PATH_RULES),
)
def test_whole_units_on_one_account_are_nearest_to_the_exact_awards(asks, available, rule):
    """Largest remainder minimises the greatest and the total distance (one account, lot 1)."""
    from sharing_cases import claims

    problem = claims(available, *asks)
    exact = share(problem, rule).awarded
    got = share(problem, rule, whole=True).awarded
    total = min(available, sum(asks))
    assert int(got.sum()) == total
    best = min(np.abs(x - exact).sum() for x in _feasible(problem) if x.sum() == total)
    assert np.abs(got - exact).sum() == pytest.approx(best, abs=1e-9)
