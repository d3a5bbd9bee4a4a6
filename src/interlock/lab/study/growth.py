"""How much is made a quarter: growth calibrated to what was seen, by nested sampling (dynesty).

Model: the logarithm of a quarter's units is a straight line in time with independent normal noise.
Priors, stated here and nowhere else, on the logarithmic scale:

    level   of the quarter after the last one seen: normal, mean log 200,000, deviation 1
    growth  a quarter: normal, mean 0.1, deviation 0.2
    noise   half-normal, deviation 0.3

A forecast of quarter t uses quarters before t alone, so no quarter that is scored has been seen.

Source of the method: J. Speagle, dynesty: a dynamic nested sampling package, 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PARAMETERS = ("level", "growth", "noise")
PRIORS = {
    "level": "normal, mean log 200,000, deviation 1",
    "growth": "normal, mean 0.1 a quarter, deviation 0.2",
    "noise": "half-normal, deviation 0.3",
}
LIVE = 150
"""Live points of the sampler."""
HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


def _prior(unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the unit cube to the priors."""
    normal = ndtri([unit[0], unit[1], (1 + unit[2]) / 2])
    return np.array([np.log(200_000) + normal[0], 0.1 + 0.2 * normal[1], 0.3 * normal[2]])


@dataclass(frozen=True)
class Posterior:
    """Equally weighted draws of (level, growth, noise); `evidence` is the log of their evidence."""

    draws: NDArray[np.float64]
    evidence: float

    def summary(self) -> dict[str, tuple[float, float, float]]:
        """Median with 5th and 95th percentile of each parameter."""
        bands = np.quantile(self.draws, [0.05, 0.5, 0.95], axis=0)
        return {
            name: (float(bands[1, k]), float(bands[0, k]), float(bands[2, k]))
            for k, name in enumerate(PARAMETERS)
        }


def calibrate(units: Sequence[float], *, seed: int) -> Posterior:
    """The posterior of the growth model from the quarters seen, oldest first.

    Raises:
        ValueError: fewer than two quarters, or one without units.
    """
    if len(units) < 2 or min(units) <= 0:
        msg = "growth needs two quarters or more, each with units"
        raise ValueError(msg)
    from dynesty import NestedSampler  # noqa: PLC0415 - an extra

    seen = np.log(np.asarray(units, np.float64))
    back = np.arange(-len(seen), 0)

    def likelihood(given: NDArray[np.float64]) -> float:
        level, growth, noise = given
        spread = max(float(noise), 1e-6)
        off = (seen - level - growth * back) / spread
        return float(-0.5 * (off @ off) - len(seen) * (np.log(spread) + HALF_LOG_2PI))

    dice = np.random.default_rng(seed)
    sampler = NestedSampler(likelihood, _prior, len(PARAMETERS), nlive=LIVE, rstate=dice)
    sampler.run_nested(print_progress=False, dlogz=0.1)
    found: Any = sampler.results
    draws = found.samples_equal(rstate=dice)
    return Posterior(np.asarray(draws), float(found.logz[-1]))


def next_quarter(posterior: Posterior, *, seed: int) -> NDArray[np.float64]:
    """Draws of the next quarter's units, one for each draw of the posterior."""
    level, _, noise = posterior.draws.T
    luck = np.random.default_rng(seed).standard_normal(len(level))
    return np.asarray(np.exp(level + noise * luck))


def naive(units: Sequence[float], *, size: int, seed: int) -> NDArray[np.float64]:
    """The naive forecast: the last quarter again, times one of the changes that were seen.

    With a single quarter seen there is no change yet: it alone is repeated.
    """
    changes = np.diff(np.log(np.asarray(units, np.float64)))
    dice = np.random.default_rng(seed)
    drawn = dice.choice(changes, size) if len(changes) else np.zeros(size)
    steady = drawn - changes.mean() if len(changes) else drawn
    return np.asarray(units[-1] * np.exp(steady))


def crps(observed: float, ensemble: NDArray[np.float64]) -> float:
    """Continuous ranked probability score of an ensemble, in the units of what is forecast.

    Smaller is better; it is the distance to what came where the ensemble is one number.
    """
    import scoringrules  # noqa: PLC0415 - an extra

    return float(scoringrules.crps_ensemble(observed, np.asarray(ensemble, np.float64)))


def coverage(observed: float, ensemble: NDArray[np.float64]) -> bool:
    """Whether what came lies between the 5th and the 95th percentile."""
    low, high = np.quantile(ensemble, [0.05, 0.95])
    return bool(low <= observed <= high)
