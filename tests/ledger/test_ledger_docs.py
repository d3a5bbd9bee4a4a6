"""The page on the ledger: its code is run."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "ledger.md"


def test_the_code_on_the_page_runs_as_it_says():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.S)
    names: dict = {}
    exec(compile(code, str(PAGE), "exec"), names)
    assert names["ledger"].__class__.__name__ == "SqliteLedger"
    assert code.count("assert ") == 3
