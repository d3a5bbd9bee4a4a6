"""What the concept pages show is what happens."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from interlock.evidence import CREDIBILITY, RELIABILITY, load_claims

CONCEPTS = Path(__file__).parents[2] / "docs" / "concepts"


def block(page: str, language: str) -> str:
    text = (CONCEPTS / page).read_text(encoding="utf-8")
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_python_of_the_goods_page_gives_what_it_says() -> None:
    names: dict[str, Any] = {}
    for line in block("goods.md", "python").splitlines():
        code, _, shown = (part.strip() for part in line.partition("  #"))
        if not shown:
            exec(code, names)
            continue
        value = eval(code, names)
        given = repr(value) if isinstance(value, Decimal) else str(value)
        start, dots, _ = shown.partition("...")
        assert given.startswith(start) if dots else given == shown


def test_the_claims_file_of_the_evidence_page_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(block("evidence.md", "yaml"), encoding="utf-8")
    claims = load_claims(path)
    assert [claim.id for claim in claims.claims] == ["customs-not-allowed", "approval-400k"]
    (pair,) = claims.state(known=claims["approval-400k"].known).unresolved
    assert (pair.first, pair.second) == ("customs-not-allowed", "approval-400k")


def test_the_evidence_page_lists_the_code() -> None:
    text = (CONCEPTS / "evidence.md").read_text(encoding="utf-8")
    for letter, digit in zip(RELIABILITY, CREDIBILITY, strict=True):
        source = RELIABILITY[letter].removeprefix("reliability ")
        information = CREDIBILITY[digit].removeprefix("truth ")
        assert f"| {letter} | {source} | {digit} | {information} |" in text
