"""`interlock claims check` and `show`: exit codes, both formats, the JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from interlock.cli.claims import app

ROOT = Path(__file__).parents[2]
EPISODE = ROOT / "episodes" / "h200" / "claims.yaml"
BAD = ROOT / "tests" / "bad" / "claims"
SCHEMA = json.loads((ROOT / "docs/reference/schemas/claims.json").read_text(encoding="utf-8"))


def run(*arguments: object) -> Any:
    return CliRunner(env={"COLUMNS": "220"}).invoke(app, [str(argument) for argument in arguments])


def document(result: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(result.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(read)
    return read


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_check_of_a_good_file_is_0_and_counts() -> None:
    result = run("check", EPISODE)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout == f"{EPISODE}: 37 claims, no fault\n"
    assert document(run("check", EPISODE, "--format", "json")) == {
        "files": [{"file": str(EPISODE), "claims": 37}]
    }


def test_check_of_several_files_tells_every_fault_of_every_file() -> None:
    bad = [BAD / "many-faults.yaml", BAD / "id-twice.yaml"]
    result = run("check", bad[0], EPISODE, bad[1], "--format", "json")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    expected = [
        f"{path.parent}/{line}"
        for path in bad
        for line in path.with_suffix(".expect").read_text(encoding="utf-8").splitlines()
    ]
    assert lines == expected
    assert document(result) == {"files": [{"file": str(EPISODE), "claims": 37}]}


def test_check_of_no_such_file_is_2() -> None:
    result = run("check", "nowhere.yaml")
    assert result.exit_code == 2
    assert result.stderr.startswith("nowhere.yaml:0:0: cannot be read")
    assert result.stdout == ""


def test_show_lists_unresolved_contradictions_and_is_1() -> None:
    result = run("show", EPISODE, "--known", "2026-01-28", "--format", "json")
    assert result.exit_code == 1
    shown = document(result)
    assert shown["known"] == "2026-01-28"
    assert shown["unresolved"] == [
        {"first": "us-rule-2026", "second": "us-cleared-early-january", "why": "declared"},
        {"first": "customs-not-allowed", "second": "approval-400k", "why": "declared"},
    ]


def test_show_before_the_approval_is_0() -> None:
    result = run("show", EPISODE, "--known", "2026-01-27", "--format", "json")
    assert result.exit_code == 0
    shown = document(result)
    assert shown["unresolved"] == []
    ids = {claim["id"] for belief in shown["beliefs"] for claim in belief["standing"]}
    assert "customs-not-allowed" in ids
    assert "approval-400k" not in ids


def test_show_without_a_day_takes_all_claims() -> None:
    shown = document(run("show", EPISODE, "--format", "json"))
    assert shown["known"] == "2026-03-03"
    pairs = [(pair["first"], pair["second"]) for pair in shown["unresolved"]]
    assert ("ship-40k-to-80k", "none-shipped") in pairs


def test_show_one_subject_tells_only_its_contradictions() -> None:
    subject = "cn.import.first-approval-quantity"
    shown = document(run("show", EPISODE, "--subject", subject, "--format", "json"))
    assert [belief["subject"] for belief in shown["beliefs"]] == [subject]
    (claim,) = shown["beliefs"][0]["standing"]
    assert claim["value"] == "at least 400,000 chip"
    assert claim["bounds"] == {"kind": "at_least", "lower": "400000", "upper": None, "unit": "chip"}
    assert claim["grade"] == "B2"
    assert [pair["second"] for pair in shown["unresolved"]] == ["approval-400k"]
    calm = run("show", EPISODE, "--subject", "supplier.h200-stock")
    assert calm.exit_code == 0
    assert "about 700,000 chip" in calm.stdout


def test_show_of_a_subject_not_yet_known_is_empty() -> None:
    result = run(
        "show", EPISODE, "--subject", "cap.china-wide", "--known", "2026-01-28", "--format", "json"
    )
    assert result.exit_code == 0
    assert document(result)["beliefs"] == []


def test_human_output_names_the_contradictions() -> None:
    result = run("show", EPISODE, "--known", "2026-01-28")
    assert result.exit_code == 1
    assert "Unresolved: customs-not-allowed and approval-400k" in result.stdout
    assert "superseded" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--known", "soon"], "--known: 'soon' is no date; write YYYY-MM-DD"),
        (["--known", "20260128"], "--known: '20260128' is no date; write YYYY-MM-DD"),
        (["--known", "2026-02-30"], "--known: '2026-02-30' is no date; write YYYY-MM-DD"),
    ],
)
def test_a_bad_day_is_2(arguments: list[str], message: str) -> None:
    result = run("show", EPISODE, *arguments)
    assert result.exit_code == 2
    assert result.stderr == f"{message}\n"
    assert result.stdout == ""


def test_an_unknown_subject_is_2_with_the_nearest() -> None:
    result = run("show", EPISODE, "--subject", "cap.china")
    assert result.exit_code == 2
    wrong = f"no claim of {EPISODE} is about 'cap.china'"
    assert result.stderr == f"--subject: {wrong}; did you mean 'cap.china-wide'?\n"


def test_a_faulty_file_shows_nothing() -> None:
    result = run("show", BAD / "id-twice.yaml")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "id-twice.yaml:11:5: the id 'one' is taken" in result.stderr
