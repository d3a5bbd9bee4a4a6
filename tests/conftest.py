"""For all tests: hypothesis without a clock, and a PostgreSQL server for those that ask for one.

In CI hypothesis takes the same examples in every run.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from pg_kit import PgServer

# Else the default, which writes out every variable of every frame of a traceback: minutes for one.
structlog.configure(
    processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
)

settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A change is judged by what it does, not by the luck of the draw; chance has its place locally.
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


COSTLY = {"address", "played", "browser"}
"""Fixtures that take a minute for each process that asks for them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that compile the lab's step or need a browser come first.

    xdist gives the first tests to one worker, so that two do not wait for one compilation, nor make
    the played episode twice.
    """
    lab = Path(__file__).parent / "lab"
    items.sort(
        key=lambda item: (
            lab not in item.path.parents and COSTLY.isdisjoint(getattr(item, "fixturenames", ()))
        )
    )


@pytest.fixture(scope="session")
def pg_server(testrun_uid):
    """One PostgreSQL server for the whole run, shared by its workers.

    Not among pytest's own folders, of which later runs clear away all but the last three.
    """
    server = PgServer(Path(tempfile.gettempdir()) / f"interlock-pg-{testrun_uid}")
    yield server
    server.stop()


@pytest.fixture
def pg_url(pg_server):
    """The address of an empty ledger in PostgreSQL; leave its tables and triggers as they are."""
    return pg_server.wiped()


@pytest.fixture
def pg_own_url(pg_server):
    """The same for a test that alters tables or triggers: a database of its own."""
    url = pg_server.book()
    yield url
    pg_server.drop(url)
