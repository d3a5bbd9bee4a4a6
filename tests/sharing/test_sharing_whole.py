"""Whole lots: remainders, the lottery, minimums, and what may not be passed."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sharing_cases import PATH_RULES, claims, networks

from interlock.sharing import Line, make_problem, share
from interlock.sharing.engine import BROKEN, HEURISTIC, UNUSED


def one_account(available, *lines):
    return make_problem(lines, [(line.order, "s", 1) for line in lines], {"s": available})


@settings(max_examples=150, deadline=None)
@given(
    problem=networks(tiers=3, lots=True, minimums=True),
    rule=st.sampled_from((*PATH_RULES, "optimum")),
    seed=st.integers(0, 3),
)
def test_r12_no_account_passed_lots_whole_minimums_kept_nothing_left_to_take(problem, rule, seed):
    """Counted again here with Python's own integers and fractions."""
    result = share(problem, rule, whole=True, seed=seed)
    x = result.awarded.tolist()
    left = [*problem.available.tolist()]
    for i in range(problem.n):
        for a, f in problem.legs(i):
            left[a] -= f * x[i]
    assert min(left) >= 0
    for i in range(problem.n):
        lot, least, ask = int(problem.lot[i]), int(problem.min[i]), int(problem.ask[i])
        assert 0 <= x[i] <= ask
        assert x[i] % lot == 0
        assert x[i] == 0 or x[i] >= least
        more = lot if x[i] else max(1, -(-least // lot)) * lot
        fits = x[i] + more <= ask and all(left[a] >= f * more for a, f in problem.legs(i))
        assert not fits
        if rule != "optimum" and not result.dropped[i]:
            assert x[i] > result.exact[i] - lot - 1e-9 * (1 + result.exact[i])
    assert result.used == pytest.approx(
        [a - float(b) for a, b in zip(problem.available, left, strict=True)]
    )


def test_largest_remainders_get_the_last_units():
    # 10 over 7, 5, 3 in proportion: 4.67, 3.33, 2 -> 4, 3, 2 and one more to the largest remainder.
    result = share(claims(10, 7, 5, 3), "proportional", whole=True)
    assert result.awarded.tolist() == [5, 3, 2]
    assert result.exact == pytest.approx([14 / 3, 10 / 3, 2])


def test_lots_are_not_broken():
    # Equal awards of 50: 50 each; in lots of 8 that is 48 and 48, and 4 stay.
    result = share(one_account(100, Line("a", 80, lot=8), Line("b", 80, lot=8)), "cea", whole=True)
    assert result.awarded.tolist() == [48, 48]
    assert result.left.tolist() == [4]
    assert [result.bound_by(i) for i in range(2)] == ["s", "s"]


@pytest.mark.parametrize("rule", [*PATH_RULES, "optimum"])
def test_an_ask_of_a_broken_lot_is_full_at_the_last_whole_one(rule):
    problem = one_account(100, Line("a", 30, lot=8), Line("b", 20))
    result = share(problem, rule, whole=True)
    assert result.awarded.tolist() == [24, 20]
    assert [result.bound_by(i) for i in range(2)] == ["full", "full"]
    assert BROKEN in result.notes
    assert not any("not proved best" in note for note in result.notes)
    assert share(problem, rule).awarded.tolist() == [30, 20]  # lots count in whole units only


def test_r4_factor_0_makes_no_leg():
    lines = [Line("a", 9), Line("b", 9)]
    problem = make_problem(lines, [("a", "s", 0), ("b", "s", "1")], {"s": 4})
    assert share(problem, "cea").awarded.tolist() == [9, 4]
    assert problem.legs(0) == []


def test_what_a_big_lot_cannot_use_goes_to_a_small_one():
    # Equal awards of 50: the box of 40 takes one lot, ten stay, and single chips take them.
    result = share(one_account(100, Line("a", 80, lot=40), Line("b", 80)), "cea", whole=True)
    assert result.awarded.tolist() == [40, 60]


def test_equal_remainders_go_by_ticket_which_anybody_can_compute():
    problem = claims(10, 9, 9, 9, 9)
    for seed in range(20):
        key = seed.to_bytes(8, "big")
        ticket = [
            hashlib.blake2b(name.encode(), digest_size=8, key=key).digest()
            for name in problem.orders
        ]
        winners = sorted(range(4), key=ticket.__getitem__)[:2]
        wanted = [3 if i in winners else 2 for i in range(4)]
        result = share(problem, "cea", whole=True, seed=seed)
        assert result.awarded.tolist() == wanted
        assert result.seed == seed


def test_the_lottery_is_fair_over_seeds():
    problem = claims(1, 1, 1, 1, 1)
    won = sum(share(problem, "cea", whole=True, seed=s).awarded for s in range(400))
    assert won.sum() == 400
    # 400 draws, 4 lines: 100 each, give or take five standard deviations (8.7).
    assert (np.abs(won - 100) < 44).all()


def test_a_line_below_its_minimum_gets_nothing_and_the_rest_is_shared_anew():
    # 100 over four equal lines is 25 each; the one that needs 60 at least gives way.
    lines = [Line("big", 100, min=60), *(Line(f"o{i}", 50) for i in range(3))]
    result = share(one_account(100, *lines), "cea", whole=True)
    assert result.awarded.tolist()[0] == 0
    assert sorted(result.awarded.tolist()[1:]) == [33, 33, 34]
    assert result.dropped.tolist() == [True, False, False, False]
    assert result.bound_by(0) == "s"
    assert result.notes == (HEURISTIC,)


def test_a_dropped_line_comes_back_where_its_minimum_still_fits():
    # 150 over four equal lines is 37.5 each, all below 50. Two are dropped, two get 50, and the
    # 50 that stay are enough for one of the dropped.
    lines = [Line(f"o{i}", 50, min=50) for i in range(4)]
    result = share(one_account(150, *lines), "proportional", whole=True)
    assert sorted(result.awarded.tolist()) == [0, 50, 50, 50]
    assert result.left.tolist() == [0]
    assert result.dropped.sum() == 2


def test_a_minimum_is_rounded_up_to_whole_lots():
    lines = [Line("a", 24, lot=8, min=9)]
    assert share(one_account(15, *lines), "cea", whole=True).awarded.tolist() == [0]
    assert share(one_account(16, *lines), "cea", whole=True).awarded.tolist() == [16]


def test_divisible_sharing_says_that_lots_and_minimums_do_not_count():
    result = share(one_account(100, Line("a", 80, lot=8), Line("b", 80, min=70)), "cea")
    assert result.awarded.tolist() == [50, 50]
    assert result.notes == (UNUSED,)


def test_rational_factors_are_counted_exactly():
    # Each unit draws 1/3: 3 * (1/3) fits into 1 exactly, as it would not in floating point sums.
    lines = [Line(f"o{i}", 1) for i in range(4)]
    problem = make_problem(lines, [(line.order, "s", "1/3") for line in lines], {"s": 1})
    result = share(problem, "cea", whole=True)
    assert int(result.awarded.sum()) == 3
    assert result.used_scaled.tolist() == [3]
    assert problem.scale.tolist() == [3]


def test_great_numbers_stay_exact():
    lines = [Line("a", 10**15), Line("b", 10**15 - 1)]
    result = share(one_account(10**15, *lines), "cea", whole=True)
    assert result.awarded.tolist() == [5 * 10**14, 5 * 10**14]
    assert result.left.tolist() == [0]


def test_the_same_seed_gives_the_same_awards_and_tiers_go_first():
    lines = [Line(f"o{i}", 9, tier=1 + i % 2) for i in range(6)]
    first = share(one_account(31, *lines), "cea", whole=True, seed=5)
    again = share(one_account(31, *lines), "cea", whole=True, seed=5)
    assert first.awarded.tolist() == again.awarded.tolist()
    assert first.awarded[::2].tolist() == [9, 9, 9]
    assert sorted(first.awarded[1::2].tolist()) == [1, 1, 2]
