"""What holds for every problem: fairness properties, and the checker that proves them."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sharing_cases import PATH_RULES, claims, networks

from interlock.sharing import CheckError, Line, check_divisible, check_whole, make_problem, share

QUICK = settings(max_examples=60, deadline=None)
rules = st.sampled_from(PATH_RULES)
asks = st.lists(st.integers(0, 1000), min_size=1, max_size=8)


def permuted(problem, order):
    names = [problem.orders[i] for i in order]
    lines = [
        Line(
            problem.orders[i],
            int(problem.ask[i]),
            f"{problem.weight_num[i]}/{problem.weight_den[i]}",
            int(problem.tier[i]),
            int(problem.lot[i]),
            int(problem.min[i]),
        )
        for i in order
    ]
    draws = [
        (problem.orders[i], problem.accounts[a], f)
        for i in reversed(order)
        for a, f in problem.legs(i)
    ]
    accounts = dict(zip(problem.accounts, problem.available.tolist(), strict=True))
    assert names == [line.order for line in lines]
    return make_problem(lines, draws, dict(reversed(accounts.items())))


@QUICK
@given(problem=networks(lots=True, minimums=True), rule=rules, data=st.data(), whole=st.booleans())
def test_the_order_of_the_rows_does_not_matter(problem, rule, data, whole):
    order = data.draw(st.permutations(range(problem.n)))
    first = share(problem, rule, whole=whole, seed=7)
    again = share(permuted(problem, order), rule, whole=whole, seed=7)
    by_name = dict(zip(again.problem.orders, again.awarded.tolist(), strict=True))
    wanted = dict(zip(problem.orders, first.awarded.tolist(), strict=True))
    assert by_name == pytest.approx(wanted, rel=1e-11, abs=1e-11)


@QUICK
@given(asks=asks, available=st.integers(0, 5000), more=st.integers(0, 500), rule=rules)
def test_more_supply_on_one_account_takes_from_nobody(asks, available, more, rule):
    before = share(claims(available, *asks), rule).awarded
    after = share(claims(available + more, *asks), rule).awarded
    assert (after >= before - 1e-9).all()


@QUICK
@given(asks=asks, available=st.integers(0, 5000), rule=rules)
def test_a_line_that_asks_for_no_less_gets_no_less_and_loses_no_less(asks, available, rule):
    got = share(claims(available, *sorted(asks)), rule).awarded
    assert (np.diff(got) >= -1e-9).all()
    if rule != "weighted":
        assert (np.diff(np.sort(asks) - got) >= -1e-9).all()


@QUICK
@given(asks=asks, data=st.data())
def test_talmud_is_its_own_dual(asks, data):
    total = sum(asks)
    available = data.draw(st.integers(0, total))
    award = share(claims(available, *asks), "talmud").awarded
    loss = share(claims(total - available, *asks), "talmud").awarded
    assert award == pytest.approx(np.array(asks) - loss, abs=1e-8)


@QUICK
@given(asks=asks, data=st.data())
def test_equal_losses_are_dual_to_equal_awards_and_proportional_to_itself(asks, data):
    total = sum(asks)
    available = data.draw(st.integers(0, total))
    for rule, dual in (("cel", "cea"), ("proportional", "proportional")):
        award = share(claims(available, *asks), rule).awarded
        loss = share(claims(total - available, *asks), dual).awarded
        assert award == pytest.approx(np.array(asks) - loss, abs=1e-8)


@QUICK
@given(asks=asks, data=st.data(), rule=st.sampled_from(["proportional", "cea", "cel", "talmud"]))
def test_sharing_again_what_some_lines_got_changes_nothing(asks, data, rule):
    """Consistency: among any two lines, the rule gives what it gave within the whole."""
    assume(len(asks) > 1 and sum(asks))
    available = data.draw(st.integers(0, sum(asks)))
    got = share(claims(available * 1000, *(ask * 1000 for ask in asks)), rule).awarded
    i, j = sorted(data.draw(st.permutations(range(len(asks))))[:2])
    pair = share(claims(round(got[i] + got[j]), asks[i] * 1000, asks[j] * 1000), rule).awarded
    assert pair == pytest.approx([got[i], got[j]], abs=1.0)


@QUICK
@given(problem=networks(tiers=3), rule=rules)
def test_r12_every_line_is_full_or_stops_on_a_full_account(problem, rule):
    result = share(problem, rule)
    for i in range(problem.n):
        if result.bound_by(i) == "full":
            assert result.awarded[i] == problem.ask[i]
            assert np.isinf(result.level_hi[i])
        else:
            account = problem.accounts.index(result.bound_by(i))
            assert result.left[account] <= 1e-9 * max(1, problem.available[account])
            assert result.level_lo[i] <= result.level_hi[i]
    assert (result.used <= problem.available * (1 + 1e-9)).all()


@QUICK
@given(problem=networks(tiers=2), rule=rules, data=st.data())
def test_r12_the_checker_refuses_awards_with_a_unit_moved(problem, rule, data):
    result = share(problem, rule)
    x = result.awarded.copy()
    giver = data.draw(st.integers(0, problem.n - 1))
    taker = data.draw(st.integers(0, problem.n - 1))
    amount = min(1.0, x[giver])
    assume(amount > 0.01)
    x[giver] -= amount
    if taker != giver and data.draw(st.booleans()):
        x[taker] += amount
    check_divisible(problem, rule, result.awarded)
    with pytest.raises(CheckError) as caught:
        check_divisible(problem, rule, x)
    assert caught.value.faults


@QUICK
@given(problem=networks(tiers=2, lots=True), rule=rules, data=st.data())
def test_r12_the_whole_checker_refuses_awards_with_a_lot_moved(problem, rule, data):
    result = share(problem, rule, whole=True)
    x = np.asarray(result.awarded).copy()
    line = data.draw(st.integers(0, problem.n - 1))
    x[line] += problem.lot[line] * data.draw(st.sampled_from([-1, 1]))
    check_whole(problem, rule, result.awarded, result.exact, result.dropped)
    with pytest.raises(CheckError):
        check_whole(problem, rule, x, result.exact, result.dropped)


def test_r12_the_checker_knows_one_rule_from_another():
    problem = claims(200, 100, 200, 300)
    awards = {
        rule: share(problem, rule).awarded for rule in ("proportional", "cea", "cel", "talmud")
    }
    for rule in awards:
        for other, x in awards.items():
            if rule == other:
                check_divisible(problem, rule, x)
            else:
                with pytest.raises(CheckError):
                    check_divisible(problem, rule, x)


def test_r12_the_checker_refuses_a_lower_tier_served_first():
    lines = [Line("first", 10, tier=1), Line("second", 10, tier=2)]
    problem = make_problem(lines, [(line.order, "s", 1) for line in lines], {"s": 10})
    check_divisible(problem, "cea", np.array([10.0, 0.0]))
    for wrong in ([0.0, 10.0], [5.0, 5.0]):
        with pytest.raises(CheckError):
            check_divisible(problem, "cea", np.array(wrong))


def test_r12_the_checker_refuses_a_passed_account_and_names_it():
    with pytest.raises(CheckError, match="account 'estate' is passed"):
        check_divisible(claims(10, 8, 8), "cea", np.array([8.0, 8.0]))


@pytest.mark.parametrize("rule", PATH_RULES)
def test_a_large_network_is_within_its_accounts_and_proven(rule):
    """Ten thousand lines over overlapping accounts: `share` raises if its checker objects."""
    rng = np.random.default_rng(5)
    n, m = 10_000, 60
    lines = [
        Line(f"o{i}", int(a), int(w), int(t))
        for i, (a, w, t) in enumerate(
            zip(
                rng.integers(1, 10**6, n),
                rng.integers(1, 50, n),
                rng.integers(1, 4, n),
                strict=True,
            )
        )
    ]
    draws = [
        (f"o{i}", f"a{a}", f"{rng.integers(1, 9)}/{rng.integers(1, 4)}")
        for i in range(n)
        for a in rng.choice(m, 3, replace=False)
    ]
    accounts = {f"a{a}": int(rng.integers(10**8, 3 * 10**9)) for a in range(m)}
    problem = make_problem(lines, draws, accounts)
    result = share(problem, rule)
    assert 0 < result.awarded.sum() < problem.ask.sum()
    assert (result.used <= problem.available * (1 + 1e-12)).all()


def test_weights_of_many_sizes_keep_their_digits():
    """A heavy line ends early; what is left must not drown in the rounding of its rate."""
    n = 200
    lines = [Line("heavy", 1, weight=10**12)]
    lines += [Line(f"o{i}", 10**6, weight=f"1/{10**6 + i}") for i in range(n)]
    problem = make_problem(lines, [(line.order, "s", 1) for line in lines], {"s": 1001})
    got = share(problem, "weighted").awarded
    weight = np.array([1 / (10**6 + i) for i in range(n)])
    assert got[0] == 1
    assert got[1:] == pytest.approx(1000 * weight / weight.sum(), rel=1e-12)


@pytest.mark.parametrize("rule", PATH_RULES)
def test_first_come_first_served_is_a_tier_for_each_line(rule):
    lines = [Line(f"o{i}", 10, tier=i) for i in range(50)]
    problem = make_problem(lines, [(line.order, "s", 1) for line in lines], {"s": 123})
    wanted = [10] * 12 + [3] + [0] * 37
    assert share(problem, rule).awarded.tolist() == wanted
    assert share(problem, rule, whole=True).awarded.tolist() == wanted


def test_tiers_without_any_draw_are_all_full():
    problem = make_problem(
        [Line("a", 5, tier=1), Line("b", 6, tier=2), Line("c", 7, tier=2)], [], {}
    )
    for rule in PATH_RULES:
        for whole in (False, True):
            assert share(problem, rule, whole=whole).awarded.tolist() == [5, 6, 7]
