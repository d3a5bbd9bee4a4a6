"""Sobol indices against functions of which they are known in closed form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from interlock.lab.study.indices import Range, sobol

if TYPE_CHECKING:
    from collections.abc import Mapping

ANGLES = [Range(name, -math.pi, math.pi) for name in ("x1", "x2", "x3")]


def ishigami(given: Mapping[str, float]) -> dict[str, float]:
    x1, x2, x3 = given["x1"], given["x2"], given["x3"]
    y = math.sin(x1) + 7 * math.sin(x2) ** 2 + 0.1 * x3**4 * math.sin(x1)
    return {"y": y, "flat": 3.0}


def test_the_indices_of_ishigami_are_found_within_their_intervals() -> None:
    """First 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437 (a = 7, b = 0.1)."""
    found = sobol(ANGLES, ishigami, base=1024, seed=7)
    assert len(found.tried) == 1024 * (3 + 2)
    by = {one.parameter: one for one in found.indices if one.measure == "y"}
    first = {"x1": 0.3139, "x2": 0.4424, "x3": 0.0}
    total = {"x1": 0.5576, "x2": 0.4424, "x3": 0.2437}
    for name, one in by.items():
        assert one.first is not None
        assert one.first_half is not None
        assert one.total is not None
        assert one.total_half is not None
        assert abs(one.first - first[name]) <= max(1.5 * one.first_half, 0.01)
        assert abs(one.total - total[name]) <= max(1.5 * one.total_half, 0.01)


def test_a_measure_that_does_not_vary_has_no_indices() -> None:
    found = sobol(ANGLES, ishigami, base=8, seed=1)
    flat = [one for one in found.indices if one.measure == "flat"]
    assert [one.parameter for one in flat] == ["x1", "x2", "x3"]
    assert all(one.first is one.total is None for one in flat)


def test_each_point_lies_in_its_range_and_gave_its_value() -> None:
    found = sobol(ANGLES, ishigami, base=16, seed=5)
    assert np.abs(found.tried).max() <= math.pi
    again = [ishigami(dict(zip(("x1", "x2", "x3"), row, strict=True)))["y"] for row in found.tried]
    assert found.values["y"].tolist() == again


def test_the_same_seed_tries_the_same_points() -> None:
    one, other = (sobol(ANGLES, ishigami, base=16, seed=5) for _ in range(2))
    assert (one.tried == other.tried).all()
    assert one.indices == other.indices
    assert (sobol(ANGLES, ishigami, base=16, seed=6).tried != one.tried).any()


def test_bad_bases_and_no_ranges_are_refused() -> None:
    with pytest.raises(ValueError, match=r"12 is no power of two; write e\.g\. 16"):
        sobol(ANGLES, ishigami, base=12, seed=1)
    with pytest.raises(ValueError, match="no parameter has a range"):
        sobol([], ishigami, base=16, seed=1)
