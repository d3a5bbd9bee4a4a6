"""What history is said to tell of behaviour is computed; what it cannot tell is called so."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from interlock.lab.compiling.compile import compile_scenario
from interlock.lab.reading.scenario import load
from interlock.lab.study.backtest import read_quarters
from interlock.lab.study.behaviour import PARAMETERS, Calibrated, chance, lawful_log_units
from interlock.lab.study.calibration import SEED, write

ROOT = Path(__file__).parents[2]
QUARTERS = read_quarters(ROOT / "scenarios/data/nvidia_units_by_quarter.csv", "H20")


def test_the_page_of_calibration_is_computed_as_it_stands(tmp_path) -> None:
    page, *plots = write(ROOT / "scenarios", tmp_path)
    assert page.read_text(encoding="utf-8") == (ROOT / "docs/calibration.md").read_text("utf-8")
    assert [one.name for one in plots] == [
        "behaviour-posterior.png", "behaviour-posterior.svg",
        "h20-posterior.png", "h20-posterior.svg",
    ]  # fmt: skip
    for one in plots:
        assert (ROOT / "docs/figures" / one.name).is_file()


def test_the_chance_that_is_calibrated_is_the_one_that_the_lab_plays() -> None:
    """`chance` is what the compiler makes of `orders` and `hardness` for a ratio of one."""
    compiled = compile_scenario(load(ROOT / "scenarios/h200.yaml"))
    behaviour = compiled.scenario.behaviour
    wanted = chance(behaviour.base, behaviour.hardness["domestic-ratio.domestic_per_import"], 1.0)
    played = set(compiled.plan.core.chance.round(12).tolist())
    assert played == {behaviour.base, round(wanted, 12)}


def test_a_parameter_that_nothing_moved_is_not_identified() -> None:
    dice = np.random.default_rng(1)
    prior, draws = dice.random((5000, 5)), dice.random((5000, 5))
    draws[:, 0] = 0.9 + 0.1 * draws[:, 0]
    draws[:, 1] = draws[:, 1] ** 2
    found = Calibrated(draws, prior, np.ones((2, 2)))
    said = {name: found.identified(name) for name in PARAMETERS}
    assert said == {"orders": "yes", "hardness": "hardly", "asked": "no", "wait": "no",
                    "reopened": "no"}  # fmt: skip


def test_what_a_lawful_quarter_would_have_brought_knows_nothing_from_the_letter_on() -> None:
    changed = [
        dataclasses.replace(one, units=9e6) if one.name >= "2025 Q2" else one for one in QUARTERS
    ]
    mine, theirs = lawful_log_units(QUARTERS, SEED), lawful_log_units(changed, SEED)
    assert mine == pytest.approx(theirs, abs=0)
