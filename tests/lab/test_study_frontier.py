"""The frontier: dominated by more than noise, or not told apart from what is best."""

from __future__ import annotations

import numpy as np
import pytest

from interlock.lab.study.frontier import Point, grid, place


def point(x: float, y: float, noise: float = 0.0, seed: int = 0, runs: int = 200) -> Point:
    dice = np.random.default_rng(seed)
    goods = np.array([x, y]) + noise * dice.normal(0, 1, (runs, 2))
    return Point({"at": x}, goods)


def test_a_grid_is_every_choice_of_one_value_each() -> None:
    assert list(grid({"a": [1, 2], "b": [3, 4, 5]})) == [
        {"a": a, "b": b} for a in (1, 2) for b in (3, 4, 5)
    ]
    assert list(grid({})) == [{}]


def test_points_under_others_are_dominated_and_the_rest_is_the_frontier() -> None:
    points = [point(1, 5), point(3, 3), point(5, 1), point(2, 2), point(3, 2.5)]
    placed = place(points)
    assert [one.on_frontier for one in placed] == [True, True, True, False, False]
    assert [one.dominated_by for one in placed] == [None, None, None, 1, 1]
    assert placed[3].means == (2.0, 2.0)


def test_equal_points_dominate_nobody() -> None:
    assert [one.dominated_by for one in place([point(2, 2), point(2, 2)])] == [None, None]
    assert all(one.on_frontier for one in place([point(2, 2), point(2, 2)]))


def test_what_noise_cannot_tell_apart_is_not_called_dominated() -> None:
    near = place([point(1, 1, noise=1, seed=1), point(1.01, 1.01, noise=1, seed=2)])
    assert [one.dominated_by for one in near] == [None, None]
    assert sum(one.on_frontier for one in near) >= 1


def test_common_chances_tell_apart_what_is_always_a_little_better() -> None:
    worse, better = point(1, 1, noise=1, seed=1), point(1.01, 1.01, noise=1, seed=1)
    placed = place([worse, better])
    assert [one.dominated_by for one in placed] == [1, None]


def test_an_error_is_that_of_the_mean() -> None:
    one = point(1, 2, noise=1, seed=4, runs=400)
    (placed, _) = place([one, point(0, 0, runs=400)])
    assert placed.errors == tuple(one.goods.std(axis=0, ddof=1) / 20)


def test_points_over_other_numbers_of_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="points over other numbers of runs"):
        place([point(1, 1, runs=40), point(2, 2, runs=41)])
