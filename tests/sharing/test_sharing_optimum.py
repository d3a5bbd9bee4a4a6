"""The optimum and its shadow prices, by hand and by duality."""

import numpy as np
import pytest
from hypothesis import given, settings
from sharing_cases import networks

from interlock.sharing import CheckError, Line, make_problem, share
from interlock.sharing.check import check_optimum
from interlock.sharing.optimum import TIERED
from interlock.sharing.report import account_rows


def two_accounts(stock=6, licence=4):
    lines = [Line("x", 10, value=3), Line("y", 10, value=2)]
    draws = [("x", "stock", 1), ("y", "stock", 1), ("x", "licence", 1)]
    return make_problem(lines, draws, {"stock": stock, "licence": licence})


def test_shadow_prices_say_what_one_more_unit_brings():
    # x to the licence (4), y to what stock has left (2): 12 + 4. One more in stock goes to y (2);
    # one more on the licence turns a y into an x (1).
    result = share(two_accounts(), "optimum")
    assert result.awarded.tolist() == [4, 2]
    assert result.objective == pytest.approx(16)
    assert result.shadow_price.tolist() == pytest.approx([2, 1])
    assert result.dual_gap <= 1e-9
    assert [result.bound_by(i) for i in range(2)] == ["stock", "stock"]
    for stock, licence, more in ((7, 4, 2), (6, 5, 1)):
        again = share(two_accounts(stock, licence), "optimum")
        assert again.objective - result.objective == pytest.approx(more)


def test_value_is_one_where_none_is_given():
    lines = [Line("a", 10), Line("b", 10)]
    problem = make_problem(lines, [("a", "s", 2), ("b", "s", 1)], {"s": 14})
    result = share(problem, "optimum")
    assert result.awarded.tolist() == [2, 10]
    assert result.shadow_price.tolist() == pytest.approx([0.5])


def test_tiers_come_before_value():
    lines = [Line("first", 4, value=1, tier=1), Line("second", 10, value=9, tier=2)]
    problem = make_problem(lines, [(line.order, "s", 1) for line in lines], {"s": 10})
    result = share(problem, "optimum")
    assert result.awarded.tolist() == [4, 6]
    assert result.shadow_price.tolist() == [9]
    assert TIERED in result.notes


@settings(max_examples=60, deadline=None)
@given(problem=networks(tiers=1))
def test_no_other_rule_is_worth_more(problem):
    best = share(problem, "optimum")
    assert best.dual_gap <= 1e-6
    for rule in ("proportional", "cea", "weighted", "cel", "talmud"):
        assert problem.value @ share(problem, rule).awarded <= best.objective * (1 + 1e-6) + 1e-9


def test_wrong_prices_prove_no_optimum():
    problem = two_accounts()
    net = (problem.leg_start, problem.leg_account, problem.factor)
    lines = (problem.ask, problem.value, np.array([4.0, 2.0]))
    room = problem.available.astype(float)
    assert check_optimum(lines, (room, np.array([2.0, 1.0])), net) == (16.0, 16.0)
    value, bound = check_optimum(lines, (room, np.array([0.5, 1.0])), net)
    assert bound > value
    with pytest.raises(CheckError, match="passes an account"):
        check_optimum((problem.ask, problem.value, np.array([5.0, 2.0])), (room, room), net)
    with pytest.raises(CheckError, match="negative"):
        check_optimum(lines, (room, np.array([-1.0, 1.0])), net)


def test_it_writes_nothing_to_standard_output(capfd):
    share(two_accounts(), "optimum", whole=True)
    assert capfd.readouterr() == ("", "")


def test_every_account_with_a_shadow_price_binds():
    lines = [Line("a", 10), Line("b", 10, value=3)]
    draws = [("a", "x", 1), ("b", "x", 2), ("b", "y", 1)]
    result = share(make_problem(lines, draws, {"x": 12, "y": 4, "z": 5}), "optimum")
    assert result.shadow_price.tolist() == [1, 1, 0]
    assert [row["binding"] for row in account_rows(result)] == [True, True, False]
