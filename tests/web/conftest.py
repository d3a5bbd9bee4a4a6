"""Fixtures of the pages' tests: the small world by a test client, and a browser on the demo."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))
sys.path.insert(0, str(Path(__file__).parents[1] / "api"))

from typing import TYPE_CHECKING

from book_kit import World
from played_kit import played_server
from web_kit import Console, Pages, demo_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture
def world(db: None) -> World:
    """Two authorities, customs, a supplier, two buyers, and their people."""
    return World()


@pytest.fixture
def pages(world: World) -> Pages:
    """Opens pages as anybody of the world, without a browser."""
    return Pages(world)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of a run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[str]:
    """A demo's server on a book of its own."""
    with demo_server(tmp_path_factory.mktemp("demo"), shared) as found:
        yield found


@pytest.fixture(scope="session")
def played_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the book and the key of that server are."""
    return tmp_path_factory.mktemp("played")


@pytest.fixture(scope="session")
def played(played_home: Path, shared: Path) -> Iterator[str]:
    """A server on the episode as it went on, sealed, with results of the lab."""
    with played_server(played_home, shared) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a screen.

    It keeps a loop running on this thread, in which Django would refuse to ask the database though
    nothing here is asynchronous: tests of other files come after it in the same process.
    """
    from web_kit import chromium

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with chromium() as found:
        yield found


@pytest.fixture
def console(browser: Browser, address: str) -> Iterator[Console]:
    """A fresh window on the demo; what its page logs as an error fails the test."""
    made = Console(browser, address)
    yield made
    made.close()
