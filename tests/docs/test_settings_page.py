"""docs/reference/settings.md names every environment variable that the program reads."""

from __future__ import annotations

import re

from docs_kit import ROOT, text_of

NAME = re.compile(r"\bINTERLOCK_[A-Z_]+[A-Z]\b")


def test_the_page_names_every_variable_and_no_other() -> None:
    sources = (ROOT / "src" / "interlock").rglob("*.py")
    read = {name for path in sources for name in NAME.findall(path.read_text(encoding="utf-8"))}
    told = set(re.findall(r"^\| `(INTERLOCK_[A-Z_]+)` \|", text_of("docs/reference/settings.md"),
                          re.MULTILINE))  # fmt: skip
    assert told == read
