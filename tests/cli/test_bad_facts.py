"""The corpus of faulty cases: the exact lines of the error stream, and nothing decided."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from facts_kit import ROOT, app, real, run_decide
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from interlock.files import BadInputError, Faults
from interlock.files.jsonl import read_objects
from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.decide import Decider
from interlock.law.deciding.decision import to_json

CORPUS = ROOT / "tests" / "bad" / "facts"
FILES = sorted(CORPUS.glob("*.jsonl"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_faulty_case_gives_exactly_its_faults(path: Path) -> None:
    expected = path.with_suffix(".expect").read_text(encoding="utf-8").splitlines()
    assert run_decide(path) == (2, expected)
    assert expected != []


def test_the_corpus_is_complete() -> None:
    assert len(FILES) >= 100
    assert {path.stem for path in CORPUS.glob("*.expect")} == {path.stem for path in FILES}


def test_one_faulty_line_stops_all_lines(tmp_path: Path) -> None:
    """Nothing half-loads: the good lines are not decided either, and no file is written."""
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "good"}\n{"id": "bad", "ordr": 1}\n', encoding="utf-8")
    out = tmp_path / "out.jsonl"
    code, lines = run_decide(path, "--out", str(out), "--format", "json")
    assert code == 2
    assert lines == ["cases.jsonl:2:15: ordr: unknown key; did you mean 'order'?"]
    assert not out.exists()


STAGES = "write one of: application, order, allocation, shipment, entry, use"
DAY = "write YYYY-MM-DD, or an instant such as 2026-01-28T09:00+08:00"


@pytest.mark.parametrize(
    ("option", "value", "wrong", "mend"),
    [
        ("--stage", "shiping", "is no stage", STAGES),
        ("--at", "2026-02-30", "is no date", DAY),
        ("--known", "soon", "is no date", DAY),
        ("--as", "officer", "is no viewer", "did you mean 'officer:supply'?"),
        ("--as", "officer:exprt", "is no viewer", "did you mean 'officer:export'?"),
    ],
)
def test_faulty_option(tmp_path: Path, option: str, value: str, wrong: str, mend: str) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "good"}\n', encoding="utf-8")
    expected = f"{option}: '{value}' {wrong}; {mend}"
    assert run_decide(path, option, value) == (2, [expected])


def test_faults_of_cases_and_of_accounts_come_together(tmp_path: Path) -> None:
    cases, accounts = tmp_path / "cases.jsonl", tmp_path / "accounts.csv"
    cases.write_text('{"ordr": 1}\n', encoding="utf-8")
    accounts.write_text("account,headroom\nx,many\n", encoding="utf-8")
    code, lines = run_decide(cases, "--accounts", str(accounts))
    assert code == 2
    assert len(lines) == 2
    assert any(line.endswith("ordr: unknown key; did you mean 'order'?") for line in lines)
    assert any("'many' is no number" in line for line in lines)


def test_a_file_that_is_not_there() -> None:
    code, lines = run_decide(Path("nowhere.jsonl"))
    assert code == 2
    assert lines == [
        "nowhere.jsonl:0:0: cannot be read (No such file or directory); "
        "give the path of a readable file"
    ]


def test_faulty_regimes_are_bad_input_of_decide_too(tmp_path: Path) -> None:
    """R14: the faults that `law check` finds end `decide` with exit code 2."""
    bad = ROOT / "tests" / "bad" / "expressions" / "name-unknown.yaml"
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"id": "good"}\n', encoding="utf-8")
    result = CliRunner().invoke(app, [str(cases), "--regimes", str(bad), "--at", "2026-01-28"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        f"{bad}:28:7: unknown name 'prodct.tpp'; did you mean 'product.tpp'?\n"
    )


# -- fuzz -----------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *("product", "order", "buyer", "licence", "waivers", "party", "stage", "at", "known", "id"),
        *("import", "export", "conditions", "kind", "status", "parameters", "domestic-ratio"),
        *("owners", "share", "name", "aliases", "quantity", "destination", "issued", "tpp"),
        *("rates", "rule", "by", "consent", "domestic_per_import", "transit", "shipment"),
    ]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "CN", "agreed", "H200 SXM", "2026-01-28", "necessity", "x" * 50]),
    st.text(max_size=6),
)
OBJECTS: st.SearchStrategy[Any] = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def texts(value: Any) -> str:
    """All texts of a case, its keys too."""
    if isinstance(value, dict):
        return "".join(key + texts(one) for key, one in value.items())
    return "".join(map(texts, value)) if isinstance(value, list) else str(value)


@settings(max_examples=250, deadline=None)
@given(st.dictionaries(WORDS | st.text(max_size=5), OBJECTS, max_size=5))
def test_random_cases_are_decided_or_refused_and_nothing_else(case: dict[str, Any]) -> None:
    line = json.dumps(case, ensure_ascii=False)
    library = real()
    law = library.law(dt.date(2026, 1, 28))
    faults = Faults()
    ((number, given_, locate),) = read_objects([line], "x.jsonl", faults)
    unfit = any((ord(sign) < 32 and sign not in "\t\n\r") or sign == "\x7f" for sign in texts(case))
    assert bool(faults.found) is unfit
    try:
        faults.raise_if_any()
        read = CaseReader(library.checked, law.vocabulary).read(given_, number, locate)
    except BadInputError as error:
        for fault in error.faults:
            assert fault.place.file == "x.jsonl"
            assert fault.place.line == 1
            assert 1 <= fault.place.column <= len(line)
            assert fault.wrong
            assert fault.mend
        return
    decision = Decider(law, library.claims).decide(read)
    json.dumps(to_json(decision), allow_nan=False)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from('{}[]",:0-eE.truefalsn \\u\t'), max_size=25) | st.text(max_size=20))
def test_random_lines_are_read_or_refused_and_nothing_else(line: str) -> None:
    faults = Faults()
    found = read_objects([line], "x.jsonl", faults)
    assert len(found) + len(faults.found) == (1 if line.strip() else 0)
    for fault in faults.found:
        assert 1 <= fault.place.column <= len(line) + 1


@given(
    st.recursive(
        st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=15,
    ).map(lambda value: {"top": value})
)
def test_every_key_and_item_is_located_where_it_stands(value: dict[str, Any]) -> None:
    """The locator against an oracle: what stands at the place starts with that very key or item."""
    line = json.dumps(value, ensure_ascii=False)
    ((_, _, locate),) = read_objects([line], "x", Faults())

    def visit(path: tuple[str | int, ...], inner: Any) -> None:
        if path:
            rest = line[locate(path).column - 1 :]
            last = path[-1]
            shown = json.dumps(last if isinstance(last, str) else inner, ensure_ascii=False)
            assert rest.startswith(shown)
        if isinstance(inner, dict):
            for key, one in inner.items():
                visit((*path, key), one)
        elif isinstance(inner, list):
            for index, one in enumerate(inner):
                visit((*path, index), one)

    visit((), value)
