"""How soon the command line answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.row import Row, best_of


def run(quick: bool) -> list[Row]:  # noqa: ARG001 - it is quick
    """The one line of this part."""
    command = [str(Path(sys.executable).with_name("interlock")), "--help"]

    def work() -> None:
        subprocess.run(command, check=True, capture_output=True)

    work()
    seconds = best_of(7, work)
    shown = f"{seconds * 1e3:,.0f} ms"
    return [Row("cli", "interlock --help", shown, "", "", "< 300 ms", seconds < 0.3)]
