"""Fixtures of the book's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from book_kit import World
from customs_kit import HARBOUR, Harbour

from interlock.book import law

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def world(db: None) -> World:
    """Two authorities, customs, a supplier, two buyers, and their people."""
    return World()


@pytest.fixture
def harbour(db: None, settings: Any) -> Iterator[Harbour]:
    """The small world under the harbour's law."""
    settings.REGIMES = [HARBOUR]
    law.forget()
    yield Harbour()
    law.forget()
