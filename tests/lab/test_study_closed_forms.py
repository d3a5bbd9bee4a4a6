"""What part (d) of the validation page holds the lab to is right itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from interlock.lab.study.closed_forms import (
    MINUTES_A_DAY,
    conversion,
    mean_wait,
    mean_wait_in_days,
    queue,
    ratios,
)
from interlock.lab.study.validation import SEED

FOLDER = Path(__file__).parents[2] / "scenarios/validation"


def test_the_mean_wait_of_a_queue_is_that_of_the_textbook() -> None:
    """rho 0.5: as long as one service; rho 0.6 with services of 30 days: 45 days."""
    assert mean_wait(0.5, 1.0) == 1.0
    assert mean_wait(0.02, 30.0) == pytest.approx(45.0, rel=1e-12)


def test_looked_at_once_a_day_a_queue_waits_as_the_walk_that_it_is() -> None:
    """Spitzer's sum against the walk itself, and against M/M/1 where a day is short."""
    dice, arrivals, service = np.random.default_rng(1), 0.3, 2.0
    left = np.zeros(1000)
    kept = []
    for day in range(1500):
        came = dice.gamma(np.maximum(dice.poisson(arrivals, 1000), 1e-12), service)
        left = np.maximum(left + came - 1, 0)
        if day >= 300:
            kept.append(left.mean())
    assert mean_wait_in_days(arrivals, service) == pytest.approx(np.mean(kept), rel=0.02)
    assert mean_wait_in_days(0.012, 50.0) == pytest.approx(75, rel=0.006)


def test_the_lab_agrees_with_what_can_be_worked_out() -> None:
    assert MINUTES_A_DAY == 480  # what regime lab-office says that an officer works off
    wait = queue(FOLDER, SEED)
    assert wait.held
    assert wait.high - wait.low < 0.04 * wait.wanted  # else it could not fail
    assert all(one.held for one in conversion(FOLDER, SEED))
    assert all(wanted == came for _, wanted, came in ratios(FOLDER, SEED))
