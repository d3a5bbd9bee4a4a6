"""The schema of a case agrees with the reader: what one takes the other takes."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from interlock.episode import cases, load
from interlock.law.cases.schema import case_schema

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(case_schema())


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(case_schema())


@pytest.mark.parametrize("variant", ["group", "split"])
def test_every_case_of_the_episode_fits(variant: str) -> None:
    episode = load(ROOT / "episodes/h200")
    for case in cases(episode, variant=variant):
        VALIDATOR.validate(plain(case))


@pytest.mark.parametrize("path", sorted((ROOT / "docs/how-to/examples").glob("*.jsonl")))
def test_the_examples_of_the_guides_fit_unless_they_are_faulty(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        fits = VALIDATOR.is_valid(json.loads(line))
        assert fits or path.stem == "faulty"


@pytest.mark.parametrize(
    "case",
    [
        {"order": {"quantity": "8"}},
        {"order": {"quantity": -1}},
        {"transaction": {"kind": "exprt"}},
        {"licence": {"import": {"conditions": [{"kind": "necessity", "status": "agred"}]}}},
        {"stage": "shiping"},
        {"shipment": {"test": {"on_file": "yes"}}},
        [],
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(case: Any) -> None:
    assert not VALIDATOR.is_valid(case)
