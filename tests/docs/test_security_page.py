"""docs/security.md names tests that exist, and each requirement once."""

from __future__ import annotations

import re

from docs_kit import ROOT, text_of

PAGE = text_of("docs/security.md")


def test_each_requirement_of_levels_1_and_2_stands_once() -> None:
    numbers = re.findall(r"^\| (\d+\.\d+\.\d+) \| \S", PAGE, re.MULTILINE)
    assert len(numbers) == len(set(numbers)) == 253
    assert {int(one.split(".")[0]) for one in numbers} == set(range(1, 18))


def test_each_named_test_is_there() -> None:
    named = set(re.findall(r"`(tests/[a-z_/.]+)(?:::(\w+))?`", PAGE))
    assert len(named) > 30
    missing = [
        (path, name)
        for path, name in sorted(named)
        if not (ROOT / path).exists()
        or (name and f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8"))
    ]
    assert missing == []
