"""Fixtures of the book's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from book_kit import World
from customs_kit import HARBOUR, Harbour
from licensing_kit import Desk, desk_law

from interlock.book import law

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def world(db: None) -> World:
    """Two authorities, customs, a supplier, two buyers, and their people."""
    return World()


@pytest.fixture
def small_law(settings: Any) -> Iterator[None]:
    """The law of `regimes/desk.yaml` in place of the real one."""
    yield from desk_law(settings)


@pytest.fixture
def desk(db: None, small_law: None) -> Desk:
    """The small world under the small law, with a ministry and a third firm."""
    return Desk()


@pytest.fixture
def harbour(db: None, settings: Any) -> Iterator[Harbour]:
    """The small world under the harbour's law."""
    settings.REGIMES = [HARBOUR]
    law.forget()
    yield Harbour()
    law.forget()
