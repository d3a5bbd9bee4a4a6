"""The kits of the book for the lab's tests, which one worker of a run plays."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What steps the lab goes to one worker, and first: two would compile the same step twice."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name.startswith("test_lab_"):
            item.add_marker(pytest.mark.xdist_group("lab"))
