"""The corpus of broken regime files: each is refused with exactly the faults written beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.files import BadInputError
from interlock.law.reading.regime import read_regime

CORPUS = Path(__file__).parents[1] / "bad" / "regime"
BROKEN = sorted(path for path in CORPUS.glob("*.yaml") if "." not in path.stem)


def test_the_corpus_is_whole() -> None:
    assert len(BROKEN) >= 120
    assert len({path.read_bytes() for path in BROKEN}) == len(BROKEN)
    expected = {path.stem for path in CORPUS.glob("*.expect")}
    assert expected == {path.stem for path in BROKEN}


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_file(path: Path) -> None:
    with pytest.raises(BadInputError) as caught:
        read_regime(path, name=path.name)
    expected = path.with_suffix(".expect").read_text(encoding="utf-8").splitlines()
    assert [str(fault) for fault in caught.value.faults] == expected
    assert expected


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_each_line_says_where_what_and_what_to_write_instead(path: Path) -> None:
    lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    for text in path.with_suffix(".expect").read_text(encoding="utf-8").splitlines():
        place, _, message = text.partition(": ")
        name, line, column = place.rsplit(":", 2)
        wrong, _, mend = message.partition("; ")
        assert name == path.name
        assert 1 <= int(line) <= len(lines) + 1
        assert int(column) >= 1
        assert wrong
        assert mend
