"""The notebook runs from its first cell to its last, and says what can be worked out by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs/lab-on-data-frames.ipynb"
RUN = """
import json, sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
done = NotebookClient(book, timeout=500, resources={"metadata": {"path": sys.argv[2]}}).execute()
print(json.dumps([
    [out["data"]["text/plain"] for out in cell.outputs if "data" in out]
    for cell in done.cells if cell.cell_type == "code"
]))
"""


def test_the_notebook_runs_and_shows_what_is_worked_out_by_hand() -> None:
    """In a process of its own: a kernel is started, and its warnings are not ours."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, str(NOTEBOOK), str(ROOT / "docs")],
        check=True, capture_output=True, text=True, timeout=550,
    )  # fmt: skip
    _, first, accounts, differences, table = json.loads(done.stdout.splitlines()[-1])
    assert "600.0" in first[0]
    assert "ratio/stock" in accounts[0]
    assert "400.0" in differences[0]
    assert "0.545455" in table[0]


def test_the_notebook_is_kept_without_outputs() -> None:
    book = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
