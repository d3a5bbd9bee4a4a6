"""64 clients of the book at once on one licence, PostgreSQL: with the guards off, and on.

The clients are those of the tests (`tests/book/hot_worker.py`), each with a connection of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.ledger_postgres import database, server
from benchmarks.row import Row

ROOT = Path(__file__).parents[1]
CLIENTS, LICENCE = 64, 10


def told(address: str, name: str, *words: str) -> dict[str, Any]:
    """What the clients were told, and how the licence stands, on a database of their own."""
    database(address, name, []).close()
    with tempfile.TemporaryDirectory(prefix="interlock-bench-") as home:
        env = os.environ | {
            "DATABASE_URL": address.replace("/postgres?", f"/{name}?"),
            "DJANGO_SETTINGS_MODULE": "interlock.site.settings",
            "INTERLOCK_SECRET_KEY": "only-for-benchmarks-0123456789-0123456789-0123456789",
            "INTERLOCK_SEAL_KEY": f"{home}/seal.key",
        }
        command = [sys.executable, str(ROOT / "tests/book/hot_worker.py"), *words]
        done = subprocess.run(command, env=env, cwd=home, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.decode()[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def run(quick: bool = False) -> list[Row]:
    """Approvals of 10 units each on a licence of 10; then draws and voids on one of 640."""
    del quick
    with server() as address:
        off = told(address, "off", "unguarded")
        on = told(address, "onward", "guarded")
        draws = told(address, "draws", "guarded", "draws")
    what = f"{CLIENTS} clients approve {LICENCE} units each on one licence of {LICENCE}"
    sent = f"{CLIENTS} clients send 7 or give up 4 of 10 each, on one licence"
    exact = draws["posted"] + draws["reserved"] + draws["headroom"] == LICENCE * CLIENTS
    return [
        Row("hot", f"{what}, guards off: units reserved", str(off["reserved"]), "", "",
            f"> {LICENCE}", off["reserved"] > LICENCE),
        Row("hot", f"{what}: units reserved", str(on["reserved"]), "", "",
            f"= {LICENCE}", on["reserved"] == LICENCE),
        Row("hot", f"{what}: deadlocks", str(on["deadlocks"]), "", "", "= 0",
            on["deadlocks"] == 0),
        Row("hot", f"{sent}: done, every unit accounted for", f"{draws['told'].get('done', 0)}",
            "", "", f"= {CLIENTS}", exact and draws["told"] == {"done": CLIENTS}),
        Row("hot", f"{sent}: deadlocks", str(draws["deadlocks"]), "", "", "= 0",
            draws["deadlocks"] == 0),
    ]  # fmt: skip
