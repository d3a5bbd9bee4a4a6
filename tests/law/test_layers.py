"""The pure core stands by itself (R15): `lint-imports` holds the directions, this the loading."""

from __future__ import annotations

import subprocess
import sys

import pytest

ORDER = ("evidence", "goods", "law", "ledger", "sharing", "lab")


@pytest.mark.parametrize("layer", ["law", "sharing", "lab", "store"])
def test_r15_a_layer_loads_nothing_to_its_right_and_no_django(layer: str) -> None:
    right = ORDER[ORDER.index(layer) + 1 :] if layer in ORDER else ("lab",)
    program = f"""
import importlib, pkgutil, sys
package = importlib.import_module("interlock.{layer}")
for one in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(one.name)
banned = ["django", "interlock.book", *("interlock." + x for x in {right!r})]
found = [x for x in sys.modules if any(x == y or x.startswith(y + ".") for y in banned)]
sys.exit(", ".join(found[:5]) or 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
