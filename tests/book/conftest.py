"""Fixtures of the book's tests."""

from __future__ import annotations

import pytest
from book_kit import World


@pytest.fixture
def world(db: None) -> World:
    """Two authorities, customs, a supplier, two buyers, and their people."""
    return World()
