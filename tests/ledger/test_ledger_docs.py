"""The page on the ledger: its code is run."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "ledger.md"


def test_the_code_on_the_page_runs_as_it_says():
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.S)
    kinds = []
    for code in found:
        names: dict = {}
        exec(compile(code, str(PAGE), "exec"), names)
        kinds.append(type(names["ledger"]).__name__)
        assert code.count("assert ") >= 2
        if "connection" in names:
            names["connection"].close()
    assert kinds == ["SqliteLedger", "LedgerSession"]
