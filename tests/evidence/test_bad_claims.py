"""The corpus of broken claims files: exact faults, and a fuzz that finds no other error."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.evidence import Claims, load_claims
from interlock.files import BadInputError

CORPUS = Path(__file__).parents[1] / "bad" / "claims"
FILES = sorted(CORPUS.glob("*.yaml"))
EPISODE = Path(__file__).parents[2] / "episodes" / "h200" / "claims.yaml"
LINES = tuple(EPISODE.read_text(encoding="utf-8").splitlines()[:50])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bad_file_gives_exactly_its_faults(path: Path) -> None:
    with pytest.raises(BadInputError) as caught:
        load_claims(path, name=path.name)
    expected = path.with_suffix(".expect").read_text(encoding="utf-8").splitlines()
    assert [str(fault) for fault in caught.value.faults] == expected


def test_the_corpus_is_complete() -> None:
    assert len(FILES) >= 60
    assert {path.stem for path in CORPUS.glob("*.expect")} == {path.stem for path in FILES}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["drop", "double", "indent", "cut", "word"]))
        line = lines[at]
        if how == "drop":
            del lines[at]
        elif how == "double":
            lines.insert(at, line)
        elif how == "indent":
            lines[at] = f"  {line}"
        elif how == "cut":
            lines[at] = line[: data.draw(st.integers(0, len(line)))]
        else:
            word = data.draw(st.sampled_from(["null", "[]", "{}", "1", "true", "2026-01-01", "'"]))
            lines[at] = f"{line.partition(':')[0]}: {word}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claims.yaml"
        path.write_text("\n".join(lines), encoding="utf-8")
        outcome: object
        try:
            outcome = load_claims(path)
        except BadInputError as error:
            outcome = error
    if isinstance(outcome, BadInputError):
        assert all(fault.place.line and fault.wrong and fault.mend for fault in outcome.faults)
    else:
        assert isinstance(outcome, Claims)
