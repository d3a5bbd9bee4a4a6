"""64 clients on one licence through the book's services: no overdraw, no deadlock (R2, R3)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from server_kit import Book, own_database

LITE = not os.environ.get("DATABASE_URL", "").startswith("postgres")
WORKER = Path(__file__).with_name("hot_worker.py")
CLIENTS = 64


def hot(home: Path, *words: str) -> dict[str, Any]:
    """What the clients were told, and how the licence stands."""
    made = Book(own_database(home), home, {})
    done = subprocess.run(
        [sys.executable, str(WORKER), *words],
        env=made.env, cwd=home, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.skipif(LITE, reason="on SQLite one writer holds the whole: there is no such race")
def test_with_the_guards_off_64_approvals_overdraw_one_licence(tmp_path: Path) -> None:
    found = hot(tmp_path, "unguarded")
    assert found["reserved"] > 10, (
        "the race was not shown: that the guard holds would prove nothing"
    )
    assert found["reserved"] == 10 * found["told"]["done"]


def test_of_64_approvals_at_once_one_reserves_and_the_others_are_stale(tmp_path: Path) -> None:
    found = hot(tmp_path, "guarded")
    assert found["told"] == {"done": 1, "StaleError": CLIENTS - 1}
    assert (found["reserved"], found["deadlocks"]) == (10, 0)


def test_64_clients_send_and_give_up_on_one_licence_to_the_unit(tmp_path: Path) -> None:
    found = hot(tmp_path, "guarded", "draws")
    assert found["told"] == {"done": CLIENTS}
    assert found["before"] == 0
    assert found["posted"] == 32 * 7
    assert found["reserved"] == 32 * 3 + 32 * 6
    assert (found["headroom"], found["deadlocks"]) == (32 * 4, 0)
