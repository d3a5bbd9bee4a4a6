"""`python -m benchmarks [--quick] [PART...]`: measure, and write RESULTS.md."""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.row import Row

PARTS = (
    "decide", "replay", "sharing", "ledger", "ledger_postgres", "service", "hot", "verify", "book",
    "console", "screening", "lab", "scaling", "cli",
)  # fmt: skip
HEAD = """# Results

Written by `make bench`, or for some parts by `python -m benchmarks PART...`; each part says when it
was measured. Peers run in the same process run; machines are noisy, so ratios count.
"""
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


def section(part: str, rows: list[Row]) -> str:
    """The results of one part as Markdown: when and on what, then a line a figure."""
    marks = {True: "yes", False: "**no**", None: ""}
    lines = [
        f"| {r.what} | {r.ours} | {r.peer} | {r.ratio} | {r.bar} | {marks[r.ok]} |" for r in rows
    ]
    head = "| what | Interlock | peer | ratio | bar | met |\n|---|---|---|---|---|---|\n"
    return (
        f"## {part}\n{datetime.now(UTC).date()}, {machine()}\n\n" + head + "\n".join(lines) + "\n"
    )


def page(text: str, new: dict[str, str]) -> str:
    """The page with the sections of some parts written anew; the others stay as measured."""
    kept = {one.partition("\n")[0]: f"## {one.rstrip()}\n" for one in text.split("\n## ")[1:]}
    found = kept | new
    return HEAD + "\n" + "\n".join(found[part] for part in PARTS if part in found)


def main(arguments: list[str]) -> None:
    """Run the parts named, or all, and write their sections; a quick run writes nothing."""
    flags = [one for one in arguments if one.startswith("-")]
    parts = [one for one in arguments if one not in flags] or list(PARTS)
    quick = "--quick" in flags
    if len(parts) > 1:  # each in a process of its own: none is measured with another's memory
        for part in parts:
            subprocess.run([sys.executable, "-m", "benchmarks", part, *flags], check=True)
        return
    (part,) = parts
    print(f"{part} ...", flush=True)
    rows = importlib.import_module(f"benchmarks.{part}").run(quick)
    for row in rows:
        print(f"  {row.what}: {row.ours}  {row.ratio}  [{row.bar}] {row.ok}", flush=True)
    if not quick:
        text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
        RESULTS.write_text(page(text, {part: section(part, rows)}), encoding="utf-8")
        print(f"  written to {RESULTS.name}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
