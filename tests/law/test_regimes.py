"""Every regime's own cases hold, and every decision they lead to has the documented form."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from interlock.files import read_yaml
from interlock.law import casetests
from interlock.law.casetests import run_cases
from interlock.law.deciding.decide import Decider
from interlock.law.deciding.decision import Decision, to_json
from interlock.law.deciding.redact import redacted
from interlock.law.library import load_regimes

ROOT = Path(__file__).parents[2]
REAL = sorted((ROOT / "regimes").glob("*.test.yaml"))
SMALL = sorted((ROOT / "tests" / "law" / "regimes").glob("*.test.yaml"))
SCHEMA = ROOT / "docs" / "reference" / "schemas" / "decision.json"


@cache
def validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def faults_of_form(decision: Decision) -> list[str]:
    plain = json.loads(json.dumps(to_json(decision), allow_nan=False))
    return [f"{'/'.join(map(str, e.path))}: {e.message}" for e in validator().iter_errors(plain)]


@pytest.mark.parametrize("path", [*REAL, *SMALL], ids=lambda path: path.name[: -len(".test.yaml")])
def test_cases_hold_and_decisions_have_the_documented_form(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Decision] = []

    class Kept(Decider):
        def decide(self, *args: Any, **kwargs: Any) -> Decision:
            made.append(super().decide(*args, **kwargs))
            return made[-1]

    monkeypatch.setattr(casetests, "Decider", Kept)
    results = run_cases(path)
    assert [str(d) for result in results for d in result.differences] == []
    assert len(made) == len(results) > 0
    for decision in made:
        assert faults_of_form(decision) == []
        for viewer in ("public", "holder"):
            assert faults_of_form(redacted(decision, viewer)) == []


def test_there_are_enough_cases() -> None:
    """A folder that is moved away must not make the test above pass with nothing."""
    counts = {path.name: len(read_yaml(path).value["cases"].value) for path in REAL}  # type: ignore[index, call-overload, arg-type]
    assert len(counts) >= 7
    assert sum(counts.values()) >= 180
    assert counts["us-advanced-computing.test.yaml"] >= 90
    assert len(SMALL) >= 20


def test_every_regime_has_cases_beside_it() -> None:
    regimes = load_regimes(ROOT / "regimes").checked
    named = {path.name for path in REAL}
    assert {f"{one.regime.id}.test.yaml" for one in regimes} <= named


def test_the_schema_refuses_what_is_no_decision() -> None:
    path = ROOT / "regimes" / "cn-customs.yaml"
    library = load_regimes(path)
    import datetime as dt

    from interlock.law.cases.reader import CaseReader

    law = library.law(dt.date(2026, 1, 28))
    case = CaseReader(library.checked, law.vocabulary).read({"id": "x"})
    plain = to_json(Decider(law, library.claims).decide(case))
    assert list(validator().iter_errors(plain)) == []
    for damage in ({"verdict": "perhaps"}, {"draws": None}, {"extra": 1}, {"max_quantity": -1}):
        assert list(validator().iter_errors({**plain, **damage})) != []
