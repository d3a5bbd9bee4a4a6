"""A cap that is first set while a run is approved counts what the run promises (PostgreSQL)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from server_kit import env_of, own_database

HERE = Path(__file__).parent
QUOTA, CAP = "desk/quota?licence=L-1", "desk/holder-cap?licence=L-1&buyer=bytedance"
SQLITE = not os.environ.get("DATABASE_URL", "").startswith("postgres")


def play(home: Path, how: str) -> dict[str, Any]:
    env = env_of(home, own_database(home)) | {"INTERLOCK_REGIMES": str(HERE / "regimes")}
    command = [sys.executable, str(HERE / "cap_race.py"), how]
    done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.skipif(SQLITE, reason="one writes at a time there")
def test_with_the_guard_off_a_cap_of_100_stands_beside_150_that_it_does_not_count(
    tmp_path: Path,
) -> None:
    found = play(tmp_path, "free")
    assert (found["approve"], found["amend"]) == ("done", "done")
    assert found[QUOTA] == [1000, 150, 850]
    assert found[CAP] == [100, 0, 100]


def test_an_amendment_waits_for_the_approval_and_finds_what_it_promised(tmp_path: Path) -> None:
    found = play(tmp_path, "held")
    assert (found["approve"], found["amend"]) == ("done", "MoveError")
    assert found[QUOTA] == [1000, 150, 850]
    assert found[CAP] is None
