"""Fixtures of the book's tests."""

from __future__ import annotations

from typing import Any

import pytest
from book_kit import World
from customs_kit import HARBOUR, Harbour
from licensing_kit import Desk, desk_law


@pytest.fixture
def world(db: None) -> World:
    """Two authorities, customs, a supplier, two buyers, and their people."""
    return World()


@pytest.fixture
def small_law(settings: Any) -> None:
    """The law of `regimes/desk.yaml` in place of the real one."""
    desk_law(settings)


@pytest.fixture
def desk(db: None, small_law: None) -> Desk:
    """The small world under the small law, with a ministry and a third firm."""
    return Desk()


@pytest.fixture
def harbour(db: None, settings: Any) -> Harbour:
    """The small world under the harbour's law."""
    settings.REGIMES = [HARBOUR]
    return Harbour()
