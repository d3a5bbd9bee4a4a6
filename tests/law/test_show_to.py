"""R11: what each viewer may read of the law itself."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from law_kit import load
from test_redact import BODY

from interlock.law.library import load_regimes
from interlock.law.show import SECTIONS, day_of, show_regime
from interlock.law.show_to import shown_to

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "docs" / "reference" / "schemas" / "law-show.json"
DAY = dt.date(2026, 6, 1)


def seen(viewer: str, *, least_rank: int, factor: int) -> dict[str, Any]:
    (checked,) = load(BODY.format(least_rank=least_rank, factor=factor)).checked
    shown = show_regime(checked.regime, day_of(checked.regime, DAY))
    return shown_to(shown, checked, viewer)


def test_r11_hidden_values_change_no_byte_of_what_others_read() -> None:
    for viewer, same in (("public", True), ("holder", True), ("officer:export", False)):
        one = seen(viewer, least_rank=50, factor=2)
        other = seen(viewer, least_rank=95, factor=40)
        assert (json.dumps(one) == json.dumps(other)) is same


def test_r11_what_rests_on_something_hidden_is_named_without_its_text() -> None:
    public = seen("public", least_rank=50, factor=2)
    kept = {part: [one["id"] for one in public[part]] for part in SECTIONS if public[part]}
    assert kept == {
        "parameters": ["least_age"],
        "facts": ["grown"],
        "rules": ["age"],
        "accounts": ["quota"],
    }
    assert [(one["section"], one["id"]) for one in public["withheld"]] == [
        ("facts", "told_grade"),
        ("rules", "graded"),
        ("rules", "room"),
    ]
    assert public["digest"] is None
    officer = seen("officer:export", least_rank=50, factor=2)
    assert len(officer["digest"]) == 64
    assert (len(officer["rules"]), officer["withheld"]) == (4, [])


def test_r11_the_quota_is_for_its_holders_and_the_round_for_its_office() -> None:
    (checked,) = load_regimes(ROOT / "regimes" / "cn-chip-imports.yaml").checked
    day = day_of(checked.regime, dt.date(2026, 3, 10))
    shown = show_regime(checked.regime, day)
    schema = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for viewer, accounts, rounds in (
        ("public", 2, 0),
        ("holder", 3, 0),
        ("officer:import", 3, 1),
    ):
        told = shown_to(shown, checked, viewer)
        document = {"at": "2026-03-10", "known": "2026-03-10", "regimes": [told]}
        assert list(schema.iter_errors(document)) == []
        assert (viewer, len(told["accounts"]), len(told["rounds"])) == (viewer, accounts, rounds)
