"""Fixtures of the API's tests: the book's small world, and clients with tokens."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))

from api_kit import Api
from book_kit import World


@pytest.fixture
def world(db: None) -> World:
    """Two authorities, customs, a supplier, two buyers, and their people."""
    return World()


@pytest.fixture
def api(world: World) -> Api:
    """Calls the API as anybody of the world."""
    return Api(world)
