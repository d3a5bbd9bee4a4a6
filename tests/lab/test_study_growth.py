"""Calibration by nested sampling, forecasts that see no quarter that they are scored on, CRPS."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from interlock.lab.study.growth import calibrate, coverage, crps, naive, next_quarter

LINE = [100_000 * math.exp(0.15 * k) for k in range(8)]


def exact_evidence(units: list[float]) -> float:
    """The log of the evidence by quadrature over the same priors: an oracle without sampling."""
    seen, back = np.log(units), np.arange(-len(units), 0)
    levels = np.linspace(np.log(200_000) - 5, np.log(200_000) + 5, 161)
    growths = np.linspace(-0.9, 1.1, 161)
    noises = np.linspace(1e-3, 1.5, 160)
    level, growth = np.meshgrid(levels, growths, indexing="ij")
    inner = []
    for noise in noises:
        fit = stats.norm.logpdf(seen, (level[..., None] + growth[..., None] * back), noise).sum(-1)
        prior = stats.norm.logpdf(level, np.log(200_000), 1) + stats.norm.logpdf(growth, 0.1, 0.2)
        density = np.exp(fit + prior + stats.halfnorm.logpdf(noise, scale=0.3))
        over = integrate.simpson(integrate.simpson(density, growths, axis=1), levels)
        inner.append(over)
    return float(np.log(integrate.simpson(inner, noises)))


def test_the_evidence_is_that_of_quadrature() -> None:
    units = [138_719.0, 223_064.0, 272_247.0]
    assert calibrate(units, seed=1).evidence == pytest.approx(exact_evidence(units), abs=0.35)


def test_known_growth_is_found() -> None:
    found = calibrate(LINE, seed=2).summary()
    middle, low, high = found["growth"]
    assert low < 0.15 < high
    assert middle == pytest.approx(0.15, abs=0.02)
    assert math.exp(found["level"][0]) == pytest.approx(100_000 * math.exp(0.15 * 8), rel=0.1)


def test_the_same_seed_gives_the_same_draws() -> None:
    one, other = (calibrate(LINE[:4], seed=3).draws for _ in range(2))
    assert np.array_equal(one, other)


def test_a_forecast_covers_what_comes_on_the_line() -> None:
    ahead = next_quarter(calibrate(LINE, seed=4), seed=4)
    coming = 100_000 * math.exp(0.15 * 8)
    assert coverage(coming, ahead)
    assert not coverage(coming / 5, ahead)


def test_crps_is_the_closed_form_and_the_distance() -> None:
    dice = np.random.default_rng(5)
    ensemble = dice.normal(10, 2, 20_000)
    z = (13 - 10) / 2
    closed = 2 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))
    assert crps(13.0, ensemble) == pytest.approx(closed, rel=0.02)
    assert crps(13.0, np.full(50, 10.0)) == 3.0


def test_the_naive_forecast_is_the_last_quarter_with_the_changes_seen() -> None:
    assert set(naive([50.0], size=9, seed=1).tolist()) == {50.0}
    steady = naive([100.0, 110.0, 121.0], size=9, seed=1)  # always the same growth: no spread
    assert steady == pytest.approx(np.full(9, 121.0))
    wild = naive([100.0, 200.0, 100.0], size=500, seed=1)
    assert {round(x) for x in wild.tolist()} == {50, 200}


def test_too_little_to_calibrate_on_is_refused() -> None:
    with pytest.raises(ValueError, match="growth needs two quarters or more"):
        calibrate([100.0], seed=1)
    with pytest.raises(ValueError, match="growth needs two quarters or more"):
        calibrate([100.0, 0.0], seed=1)
