"""`python -m benchmarks [--quick] [PART...]`: measure, and write RESULTS.md."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.row import Row

PARTS = (
    "decide", "replay", "sharing", "ledger", "ledger_postgres", "service", "verify", "book",
    "console", "screening", "lab", "scaling", "cli",
)  # fmt: skip
RESULTS = Path(__file__).with_name("RESULTS.md")


def machine() -> str:
    """What it was measured on."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(x.partition(":")[2].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def table(rows: list[Row]) -> str:
    """The results as a Markdown page."""
    head = (
        "# Results\n\nWritten by `make bench`. Peers run in the same process run; machines are "
        "noisy, so ratios count.\n\n"
        f"{datetime.now(UTC).date()}, {machine()}\n\n"
        "| part | what | Interlock | peer | ratio | bar | met |\n|---|---|---|---|---|---|---|\n"
    )
    marks = {True: "yes", False: "**no**", None: ""}
    lines = [
        f"| {r.part} | {r.what} | {r.ours} | {r.peer} | {r.ratio} | {r.bar} | {marks[r.ok]} |"
        for r in rows
    ]
    return head + "\n".join(lines) + "\n"


def main(arguments: list[str]) -> None:
    """Run the parts named, or all; only a whole run writes the page."""
    quick = "--quick" in arguments
    parts = [one for one in arguments if not one.startswith("-")] or list(PARTS)
    rows: list[Row] = []
    for part in parts:
        print(f"{part} ...", flush=True)
        found = importlib.import_module(f"benchmarks.{part}").run(quick)
        for row in found:
            print(f"  {row.what}: {row.ours}  {row.ratio}  [{row.bar}] {row.ok}", flush=True)
        rows += found
    if not quick and parts == list(PARTS):
        RESULTS.write_text(table(rows), encoding="utf-8")
        print(f"written to {RESULTS.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
