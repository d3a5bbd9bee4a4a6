"""Distributions as rows of one table, as `kernel.random.value_of` reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interlock.lab.kernel.random import WIDTH

if TYPE_CHECKING:
    from interlock.lab.compiling.plan import Floats
    from interlock.lab.model import Dist

_KINDS = ("fixed", "uniform", "normal", "lognormal", "exponential", "triangular", "choice")


class Dists:
    """Collects distributions; equal ones are one row."""

    def __init__(self) -> None:
        self.rows: dict[tuple[float, ...], int] = {}
        self.choices: list[tuple[float, float]] = []
        self._choices: dict[tuple[tuple[float, float], ...], int] = {}

    def row(self, dist: Dist | None) -> int:
        """The row of a distribution; -1 for none."""
        if dist is None:
            return -1
        parameters = dist.parameters
        if dist.kind == "choice":
            if dist.choices not in self._choices:
                self._choices[dist.choices] = len(self.choices)
                total = 0.0
                for value, chance in dist.choices:
                    total += chance
                    self.choices.append((value, total))
            first = self._choices[dist.choices]
            parameters = (float(first), float(first + len(dist.choices)))
        cells = [float(_KINDS.index(dist.kind)), *parameters]
        cells += [0.0] * (5 - len(cells)) + [dist.low, dist.high]
        cells += [0.0] * (WIDTH - len(cells))
        return self.rows.setdefault(tuple(cells), len(self.rows))

    def arrays(self) -> tuple[Floats, Floats]:
        """The table float64[rows, 8], and (value, chance up to it) float64[choices, 2]."""
        table = np.array(list(self.rows), np.float64).reshape(len(self.rows), WIDTH)
        choices = np.array(self.choices or [(0.0, 1.0)], np.float64).reshape(-1, 2)
        return table, choices
