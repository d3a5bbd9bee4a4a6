"""The editors' schema comes from the reader's own table, and says of good files that they are."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from interlock.files import Node, read_yaml
from interlock.law.reading.schema import regime_schema, regime_schema_text
from interlock.law.reading.tables import REGIME

ROOT = Path(__file__).parents[2]
FULL = Path(__file__).parent / "regimes" / "full.yaml"
REGIMES = [p for p in sorted((ROOT / "regimes").glob("*.yaml")) if "." not in p.stem]


def plain(node: Node) -> object:
    """The tree as an editor sees it: JSON values, dates as texts."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    if isinstance(node.value, dt.date):
        return node.value.isoformat()
    return float(node.value) if isinstance(node.value, Decimal) else node.value


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = regime_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = ROOT / "docs" / "reference" / "schemas" / "regime.json"
    assert committed.read_text(encoding="utf-8") == regime_schema_text()


@pytest.mark.parametrize("path", [FULL, *REGIMES], ids=lambda path: path.stem)
def test_good_files_are_valid(path: Path, validator: jsonschema.Draft202012Validator) -> None:
    assert [error.message for error in validator.iter_errors(plain(read_yaml(path)))] == []


def test_every_key_of_the_reader_is_in_the_schema_and_no_other() -> None:
    properties = regime_schema()["$defs"]["regime"]["properties"]
    assert list(properties) == [key.name for key in REGIME.keys]


@pytest.mark.parametrize(
    "name",
    [
        "top-no-timezone",
        "top-unknown-key",
        "top-gate-format",
        "source-grade",
        "rule-stage-typo",
        "rule-no-stage",
        "rule-undisclosed-and-require",
        "rule-version-and-in-force",
        "rule-waiver-no-by",
        "fact-neither",
        "account-draw-order",
        "account-tolerance-over-one",
        "account-owe-months",
        "account-period-word",
        "parameter-id-style",
        "parameter-empty-values",
        "party-fact-share-zero",
        "top-empty-mapping",
    ],
)
def test_an_editor_sees_faults_of_form(
    name: str, validator: jsonschema.Draft202012Validator
) -> None:
    path = ROOT / "tests" / "bad" / "regime" / f"{name}.yaml"
    assert not validator.is_valid(plain(read_yaml(path)))


def test_the_schema_is_json() -> None:
    assert json.loads(regime_schema_text())["$ref"] == "#/$defs/regime"
