"""Fixtures of the API's tests: the book's small world, and clients with tokens."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))

from typing import Any

from api_kit import Api
from book_kit import World
from licensing_kit import Desk, desk_law


@pytest.fixture
def world(db: None) -> World:
    """Two authorities, customs, a supplier, two buyers, and their people."""
    return World()


@pytest.fixture
def api(world: World) -> Api:
    """Calls the API as anybody of the world."""
    return Api(world)


@pytest.fixture
def small_law(settings: Any) -> None:
    """The law of `tests/book/regimes/desk.yaml` in place of the real one."""
    desk_law(settings)


@pytest.fixture
def desk_api(db: None, small_law: None) -> Api:
    """Calls the API as anybody of the world of licensing."""
    return Api(Desk())
