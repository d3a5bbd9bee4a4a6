"""Classic claims problems, worked by hand; each test states the rule it works by."""

import numpy as np
import pytest
from sharing_cases import claims

from interlock.sharing import Line, make_problem, share

ESTATES = [
    # (available, asks, awards)
    # Talmud, Kethubot 93a: three widows with 100, 200, 300.
    ("talmud", 100, (100, 200, 300), (100 / 3, 100 / 3, 100 / 3)),
    ("talmud", 200, (100, 200, 300), (50, 75, 75)),
    ("talmud", 300, (100, 200, 300), (50, 100, 150)),
    # Aumann and Maschler 1985: beyond half of all claims, equal losses.
    ("talmud", 400, (100, 200, 300), (50, 125, 225)),
    ("talmud", 500, (100, 200, 300), (200 / 3, 500 / 3, 800 / 3)),
    # Contested garment (Bava Metzia 2a): one claims all of it, the other half.
    ("talmud", 100, (100, 50), (75, 25)),
    ("talmud", 120, (60, 100), (40, 80)),
    # Maimonides: equal awards, nobody above the claim.
    ("cea", 100, (100, 200, 300), (100 / 3, 100 / 3, 100 / 3)),
    ("cea", 300, (100, 200, 300), (100, 100, 100)),
    ("cea", 500, (100, 200, 300), (100, 200, 200)),
    # Equal losses, nobody below nothing.
    ("cel", 100, (100, 200, 300), (0, 0, 100)),
    ("cel", 200, (100, 200, 300), (0, 50, 150)),
    ("cel", 300, (100, 200, 300), (0, 100, 200)),
    ("cel", 450, (100, 200, 300), (50, 150, 250)),
    # Aristotle: in proportion to the claims.
    ("proportional", 300, (100, 200, 300), (50, 100, 150)),
    ("proportional", 60, (100, 200, 300), (10, 20, 30)),
]


@pytest.mark.parametrize(("rule", "available", "asks", "awards"), ESTATES)
def test_classic_estate(rule, available, asks, awards):
    result = share(claims(available, *asks), rule)
    assert result.awarded == pytest.approx(awards, rel=1e-12)
    assert result.used[0] == pytest.approx(available, rel=1e-12)


@pytest.mark.parametrize("rule", ["proportional", "cea", "weighted", "cel", "talmud", "optimum"])
def test_enough_for_all_gives_every_line_its_ask(rule):
    result = share(claims(600, 100, 200, 300), rule)
    assert result.awarded.tolist() == [100, 200, 300]
    assert [result.bound_by(i) for i in range(3)] == ["full", "full", "full"]


@pytest.mark.parametrize("rule", ["proportional", "cea", "weighted", "cel", "talmud", "optimum"])
def test_nothing_available_gives_nothing(rule):
    result = share(claims(0, 100, 200, 300), rule)
    assert result.awarded.tolist() == [0, 0, 0]
    assert [result.bound_by(i) for i in range(3)] == ["estate"] * 3


def test_weighted_awards_go_with_weight_up_to_the_ask():
    # 2 : 1 : 1/2 of 70 is 40, 20, 10; the first line asks for 26, so 44 go 2 : 1 to the others.
    problem = claims(70, 26, 100, 100, rule_weight=(2, 1, "1/2"))
    result = share(problem, "weighted")
    assert result.awarded == pytest.approx([26, 44 * 2 / 3, 44 / 3], rel=1e-12)


def test_two_accounts_that_are_not_nested():
    # x + y <= 10 on a, y + z <= 4 on b. Equal awards: b fills at 2, then x goes on to 8.
    lines = [Line("x", 100), Line("y", 100), Line("z", 100)]
    draws = [("x", "a", 1), ("y", "a", 1), ("y", "b", 1), ("z", "b", 1)]
    result = share(make_problem(lines, draws, {"a": 10, "b": 4}), "cea")
    assert result.awarded == pytest.approx([8, 2, 2], rel=1e-12)
    assert [result.bound_by(i) for i in range(3)] == ["a", "b", "b"]
    assert result.level_lo == pytest.approx([8, 2, 2], rel=1e-12)


def test_half_of_domestic_volume_draws_two_half_chips_for_each_chip():
    # 100,000 sold at home is 100,000 half-chips: 50,000 chips may go out, equally.
    lines = [Line("north", 40_000), Line("south", 30_000), Line("west", 5_000)]
    problem = make_problem(lines, [(line.order, "half", 2) for line in lines], {"half": 100_000})
    result = share(problem, "cea", whole=True)
    assert result.awarded.tolist() == [22_500, 22_500, 5_000]
    assert result.used.tolist() == [100_000]


def test_a_line_without_accounts_is_bounded_by_its_ask_only():
    lines = [Line("free", 7), Line("bound", 7)]
    problem = make_problem(lines, [("bound", "a", 1)], {"a": 3})
    for rule in ("proportional", "cea", "cel", "talmud", "optimum"):
        result = share(problem, rule)
        assert result.awarded.tolist() == [7, 3]
        assert result.bound_by(0) == "full"


def test_tiers_run_one_after_another_on_what_is_left():
    lines = [
        Line("a", 30, tier=2),
        Line("b", 40, tier=1),
        Line("c", 30, tier=2),
        Line("d", 9, tier=3),
    ]
    problem = make_problem(lines, [(line.order, "s", 1) for line in lines], {"s": 70})
    result = share(problem, "proportional")
    assert result.awarded.tolist() == [15, 40, 15, 0]
    assert [result.bound_by(i) for i in range(4)] == ["s", "full", "s", "s"]


def test_levels_are_intervals_where_a_path_is_flat():
    # Talmud with 200: the first line stopped at half of its claim and would wait for level 250.
    result = share(claims(200, 100, 200, 300), "talmud")
    assert np.array([result.level_lo, result.level_hi]).tolist() == [[50, 75, 75], [250, 75, 75]]


def test_no_line_and_no_account():
    empty = make_problem([], [], {})
    for rule in ("proportional", "cel", "talmud", "optimum"):
        for whole in (False, True):
            assert share(empty, rule, whole=whole).awarded.tolist() == []
