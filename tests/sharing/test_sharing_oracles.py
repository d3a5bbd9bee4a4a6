"""The kernel against oracles: exact rationals, repeated linear programs, brute force."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sharing_cases import PATH_RULES, lp_leximin, networks, slow_exact

from interlock.sharing import Line, Problem, ProblemError, make_problem, share
from interlock.sharing.listing import order_of

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


def _wild(rng: np.random.Generator) -> Problem | None:
    """Asks, weights and factors of many sizes, two tiers, accounts from empty to ample."""
    n, m, size = int(rng.integers(2, 14)), int(rng.integers(1, 6)), rng.integers(0, 13)

    def upto(power: float) -> int:
        return int(10 ** rng.uniform(0, power))

    lines = [
        Line(f"o{i}", upto(size + 0.1), f"{upto(6)}/{upto(6)}", int(rng.integers(1, 3)))
        for i in range(n)
    ]
    draws = [
        (line.order, a, Fraction(upto(4), upto(1.5)))
        for line in lines
        for a in range(m)
        if rng.random() < 0.5
    ]
    ask = {line.order: line.ask for line in lines}
    wanted = [sum(f * ask[order] for order, a, f in draws if a == b) for b in range(m)]
    have = {f"a{b}": min(10**15, int(float(wanted[b]) * rng.uniform(0, 1.1))) for b in range(m)}
    try:
        return make_problem(lines, [(order, f"a{a}", f) for order, a, f in draws], have)
    except ProblemError:
        return None  # beyond 64 bits, and refused as such


@pytest.mark.parametrize("rule", PATH_RULES)
def test_great_and_small_numbers_keep_their_digits(rule):
    """Levels of 10^12 beside awards of 10^-2: eleven digits of every award are right."""
    rng, done = np.random.default_rng(11), 0
    while done < 40:
        problem = _wild(rng)
        if problem is None:
            continue
        done += 1
        wanted = [float(x) for x in slow_exact(problem, rule)]
        dust = 1e-12 * float(problem.ask.max())
        assert share(problem, rule).awarded == pytest.approx(wanted, rel=1e-11, abs=dust)
        share(problem, rule, whole=True)  # raises if its checker objects


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(st.floats(0, 1e300), st.integers(0, 9).map(float), st.just(-0.0)), max_size=40
    )
)
def test_levels_are_sorted_like_a_stable_sort(levels):
    wanted = np.argsort(np.array(levels), kind="stable")
    assert order_of(np.array(levels, float)).tolist() == wanted.tolist()


@pytest.mark.parametrize("rule", PATH_RULES)
def test_one_account_over_many_small_ones(rule):
    """The level of the great account moves up with each small one that fills before it."""
    rng = np.random.default_rng(2)
    n, small = 4_000, 200
    ask, own = rng.integers(1, 10**6, n), rng.integers(0, small, n)
    have = (np.bincount(own, ask, small) * rng.uniform(0, 1, small) ** 3).astype(int).tolist()
    accounts = {f"s{k}": amount for k, amount in enumerate(have)}
    accounts["all"] = int(ask.sum() * 0.2)
    lines = [Line(f"o{i}", int(ask[i])) for i in range(n)]
    draws = [(f"o{i}", name, 1) for i in range(n) for name in (f"s{own[i]}", "all")]
    result = share(make_problem(lines, draws, accounts), rule)
    by_all = sum(result.bound_by(i) == "all" for i in range(n))
    assert 0 < by_all < n
    assert result.used[-1] == pytest.approx(accounts["all"], rel=1e-12)
