"""Work on a book of its own: an SQLite file that goes away, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

KIT = Path(__file__).parents[1] / "tests" / "book"
"""The folder of the kits that fill a book for the tests."""


def on_own_book(code: str) -> dict[str, Any]:
    """Run a program on an empty book.

    Args:
        code: Python; its last line of output is a JSON object.

    Raises:
        RuntimeError: it failed, with the end of what it said.
    """
    with tempfile.TemporaryDirectory(prefix="interlock-bench-") as home:
        env = os.environ | {
            "DATABASE_URL": f"sqlite:///{home}/book.sqlite3",
            "DJANGO_SETTINGS_MODULE": "interlock.site.settings",
            "INTERLOCK_REQUESTS_PER_MINUTE": "0",
        }
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
