"""Compiled functions kept on disk are played only while all that is compiled into them is so."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from interlock.sharing.caching import HOME, KERNELS

if TYPE_CHECKING:
    from pathlib import Path

CALLER = """
import numpy as np
from interlock.sharing.caching import njit
from interlock.sharing.lots import FULL, blocked_by

@njit(cache=True)
def told(one):
    return blocked_by(one, (one, one, one), (one, one, one), one, one)[0]
"""
ASKS = """
import numpy as np
from interlock.sharing.caller import told
print(told(np.array([1])), sum(told.stats.cache_hits.values()))
"""
"""What a compiled function gives that calls another, and whether it was found on disk."""


def asked(folder: Path) -> list[int]:
    rest = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-c", ASKS], check=True, capture_output=True, text=True,
        env=rest | {"PYTHONPATH": str(folder)},
    )  # fmt: skip
    return [int(one) for one in done.stdout.split()]


def test_a_change_of_what_is_called_is_seen_by_a_caller_in_another_file(tmp_path: Path) -> None:
    home = tmp_path / "interlock" / "sharing"
    home.mkdir(parents=True)
    (home / "__init__.py").touch()
    (home.parent / "__init__.py").touch()
    for name in ("caching", "lots"):
        shutil.copy(HOME / "sharing" / f"{name}.py", home)
    (home / "caller.py").write_text(CALLER, encoding="utf-8")
    assert asked(tmp_path) == [-1, 0]
    assert asked(tmp_path) == [-1, 1]
    lots = home / "lots.py"
    lots.write_text(lots.read_text(encoding="utf-8").replace("FULL = -1", "FULL = -7"), "utf-8")
    assert asked(tmp_path) == [-7, 0]


def test_all_that_is_compiled_stands_in_the_folders_whose_sources_are_counted() -> None:
    """Who has compiled functions takes numbers and functions from such folders alone."""
    found = 0
    for path in sorted(HOME.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        taken = {
            one.module: {name.name for name in one.names}
            for one in tree.body  # what is read for types alone stands deeper
            if isinstance(one, ast.ImportFrom) and one.module
        }
        decorators = taken.get("interlock.lab.kernel.decorators", set())
        if path.name != "caching.py":
            assert "numba" not in taken, path
        if "njit" in taken.get("interlock.sharing.caching", ()) or decorators:
            found += 1
            assert path.parent in KERNELS
            own = [one for one in taken if one.startswith("interlock.")]
            within = ("interlock.sharing.", "interlock.lab.kernel")
            assert all(one.startswith(within) for one in own), path
    assert found >= 15
