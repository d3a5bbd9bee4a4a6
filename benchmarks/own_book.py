"""Work on a book of its own, in a process of its own: a new SQLite file, or one on a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KIT = ROOT / "tests" / "book"
"""The folder of the kits that fill a book for the tests."""


def on_own_book(code: str) -> dict[str, Any]:
    """Run a program on an empty book.

    Args:
        code: Python; its last line of output is a JSON object.

    Raises:
        RuntimeError: it failed, with the end of what it said.
    """
    return on_book("", ["-c", code])


def on_book(url: str, words: list[str]) -> dict[str, Any]:
    """Run Python on a book.

    Args:
        url: its database; empty = an SQLite file that goes away.
        words: what Python is called with; its last line of output is a JSON object.

    Raises:
        RuntimeError: it failed, with the end of what it said.
    """
    with tempfile.TemporaryDirectory(prefix="interlock-bench-") as home:
        env = os.environ | {
            "DATABASE_URL": url or f"sqlite:///{home}/book.sqlite3",
            "DJANGO_SETTINGS_MODULE": "interlock.site.settings",
            "INTERLOCK_SECRET_KEY": "only-for-benchmarks-0123456789-0123456789-0123456789",
            "INTERLOCK_SEAL_KEY": f"{home}/seal.key",
            "INTERLOCK_REQUESTS_PER_MINUTE": "0",
        }
        command = [sys.executable, *words]
        done = subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
