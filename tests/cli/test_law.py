"""`interlock law`: exit codes, the two streams, stable JSON, and words."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from interlock.cli.law import app

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "reference" / "schemas"
US = "regimes/us-advanced-computing.yaml"


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")


def run(*args: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, list(args))
    assert result.exit_code == code, result.output
    return result


def run_json(name: str, *args: str, code: int = 0) -> Any:
    document = json.loads(run(name, *args, "--format", "json", code=code).stdout)
    schema = json.loads((SCHEMAS / f"law-{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    faults = [e.message for e in Draft202012Validator(schema).iter_errors(document)]
    assert faults == []
    return document


# -- check ----------------------------------------------------------------------------------------


def test_check_says_that_every_file_is_free_of_faults() -> None:
    result = run("check", "regimes")
    names = sorted(p.name for p in (ROOT / "regimes").glob("*.yaml") if p.name.count(".") == 1)
    assert result.stdout.splitlines() == [f"regimes/{name}: no fault" for name in names]
    assert result.stderr == ""


def test_check_reports_form_and_meaning_of_all_files_in_one_pass(tmp_path: Path) -> None:
    text = (ROOT / US).read_text(encoding="utf-8")
    form = tmp_path / "form.yaml"
    form.write_text(text.replace("gate: export", "gaet: export"), encoding="utf-8")
    meaning = tmp_path / "meaning.yaml"
    meaning.write_text(
        text.replace("product.tpp < tpp_below", "product.tpp < bandwidth_below").replace(
            "regime: us-advanced-computing", "regime: meaning"
        ),
        encoding="utf-8",
    )
    result = run("check", str(form), str(meaning), US, code=2)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert f"{form}:6:1: unknown key 'gaet'; did you mean 'gate'?" in lines
    assert (
        sum("TPP is compared with GB/s; compare values of one unit" in line for line in lines) == 2
    )
    assert all(line.startswith((f"{form}:", f"{meaning}:")) for line in lines)
    document = run_json("check", str(form), str(meaning), US, code=2)
    assert document["files"] == [str(form), str(meaning), US]
    told = [
        f"{f['file']}:{f['line']}:{f['column']}: {f['wrong']}; {f['mend']}"
        for f in document["faults"]
    ]
    assert told == lines


def test_check_reads_files_of_cases_too(tmp_path: Path) -> None:
    cases = tmp_path / "x.test.yaml"
    cases.write_text(
        f"regime: {ROOT / US}\ncases:\n"
        "  - {at: 2026-02-01, expect: {verdict: shut}, stge: order}\n",
        encoding="utf-8",
    )
    result = run("check", str(cases), code=2)
    assert result.stderr == f"{cases}:3:47: unknown key 'stge'; did you mean 'stage'?\n"


def test_check_tells_the_faults_of_cases_beside_those_of_their_regime(tmp_path: Path) -> None:
    text = (ROOT / US).read_text(encoding="utf-8")
    law = tmp_path / "law.yaml"
    law.write_text(text.replace("gate: export", "gaet: export"), encoding="utf-8")
    cases = tmp_path / "x.test.yaml"
    cases.write_text(
        "regime: law.yaml\ncases:\n"
        "  - {at: 2026-02-30, expect: {verdict: shut}, stge: order}\n"
        "  - {at: 2026-02-01, expect: {verdict: shutt}}\n",
        encoding="utf-8",
    )
    result = run("check", str(cases), code=2)
    lines = [one for one in result.stderr.splitlines() if one.startswith(f"{cases}:")]
    assert lines == [
        f"{cases}:3:10: '2026-02-30' is no date of the calendar; write YYYY-MM-DD",
        f"{cases}:3:47: unknown key 'stge'; did you mean 'stage'?",
        f"{cases}:4:40: 'shutt' is no outcome; did you mean 'shut'?",
    ]
    assert f"{law}:6:1: unknown key 'gaet'; did you mean 'gate'?" in result.stderr.splitlines()


def test_an_expectation_of_nothing_that_there_is_holds_not_by_itself(tmp_path: Path) -> None:
    """A misspelt rule 'not_applicable', or a misspelt account 'none', once passed as met."""
    cases = tmp_path / "x.test.yaml"
    cases.write_text(
        f"regime: {ROOT / US}\ncases:\n  - at: 2026-02-01\n    expect:\n"
        "      findings: {is-informd-h20: not_applicable, ships-from-us: fial}\n"
        "      legs: {licence-quantty: none}\n",
        encoding="utf-8",
    )
    result = run("test", str(cases), code=2)
    assert result.stderr.splitlines() == [
        f"{cases}:5:18: no regime here has 'is-informd-h20'; did you mean 'is-informed-h20'?",
        f"{cases}:5:65: 'fial' is no outcome; did you mean 'fail'?",
        f"{cases}:6:14: no regime here has 'licence-quantty'; did you mean 'licence-quantity'?",
    ]


@pytest.mark.parametrize("path", ["nowhere.yaml", "tests"])
def test_check_of_nothing_is_bad_input(path: str) -> None:
    result = run("check", path, code=2)
    assert result.stderr.startswith(f"{path}:0:0: ")
    assert len(result.stderr.splitlines()) == 1


def test_check_json_of_clean_files() -> None:
    assert run_json("check", US) == {"files": [US], "faults": []}


def test_check_of_a_day_tells_how_much_binds() -> None:
    counts = {
        day: run_json("check", "regimes/cn-customs.yaml", "--at", day)["in_force"]["cn-customs"]
        for day in ("2026-01-27", "2026-01-28")
    }
    assert [one["rules"] for one in counts.values()] == [4, 3]  # the ban was turned round
    told = run("check", "regimes/cn-customs.yaml", "--at", "2026-01-28", "--known", "2026-01-27")
    assert told.stdout.endswith(
        "cn-customs: 4 rules, 0 conditions, 0 accounts bind on 2026-01-28\n"
    )
    assert "give --at" in run("check", US, "--known", "2026-01-27", code=2).stderr


# -- test -----------------------------------------------------------------------------------------


def test_test_runs_the_cases_beside_a_regime() -> None:
    result = run("test", "regimes/cn-customs.yaml", "regimes/supplier-stock.test.yaml")
    first, second, total = result.stdout.splitlines()
    counted = [
        re.fullmatch(r"regimes/[a-z-]+.test.yaml: (\d+) cases, 0 differ", s)
        for s in (first, second)
    ]
    assert all(counted)
    number = sum(int(one[1]) for one in counted if one)
    assert number >= 23
    assert total == f"{number} cases in 2 files, 0 differ"


def test_test_prints_each_difference_with_its_place(tmp_path: Path) -> None:
    for name in ("us-crude-offset-1995.yaml", "us-crude-offset-1995.test.yaml"):
        shutil.copy(ROOT / "regimes" / name, tmp_path / name)
    cases = tmp_path / "us-crude-offset-1995.test.yaml"
    text = cases.read_text(encoding="utf-8")
    assert text.count("verdict: open") > 0
    line = next(n for n, one in enumerate(text.splitlines(), 1) if "verdict: open" in one)
    cases.write_text(text.replace("verdict: open", "verdict: shut", 1), encoding="utf-8")
    result = run("test", str(tmp_path), code=1)
    difference, summary = result.stdout.splitlines()
    assert difference.startswith(f"{cases}:{line}:")
    assert difference.endswith(": verdict is open, not shut")
    assert re.fullmatch(rf"{re.escape(str(cases))}: \d+ cases, 1 differ", summary)
    document = run_json("test", str(tmp_path), code=1)
    assert document["files"][0]["differences"][0]["what"] == "verdict is open, not shut"
    assert document["files"][0]["differences"][0]["line"] == line


def test_test_without_cases_is_bad_input(tmp_path: Path) -> None:
    lonely = tmp_path / "lonely.yaml"
    shutil.copy(ROOT / "regimes" / "cn-customs.yaml", lonely)
    result = run("test", str(lonely), code=2)
    assert result.stderr == (
        f"{lonely}:0:0: has no file of cases; write lonely.test.yaml beside the regime\n"
    )


def test_test_gives_a_day_to_cases_that_state_none(tmp_path: Path) -> None:
    shutil.copy(ROOT / "regimes" / "us-advanced-computing.yaml", tmp_path)
    cases = tmp_path / "us-advanced-computing.test.yaml"
    given = "{product: {name: H200 SXM}, order: {destination: CN}, shipment: {origin: US}}"
    cases.write_text(
        f"regime: us-advanced-computing.yaml\ncases:\n  - given: {given}\n"
        "    expect: {facts: {review_policy: case_by_case}}\n",
        encoding="utf-8",
    )
    assert "a case needs 'at' and 'expect'" in run("test", str(cases), code=2).stderr
    assert "0 differ" in run("test", str(cases), "--at", "2026-01-20").stdout
    run("test", str(cases), "--at", "2026-01-20", "--known", "2026-01-12", code=1)


# -- show -----------------------------------------------------------------------------------------


def test_show_gives_the_value_in_force_with_its_source() -> None:
    (regime,) = run_json("show", US, "--at", "2026-01-20")["regimes"]
    values = {one["id"]: one for one in regime["parameters"]}
    assert values["tpp_below"]["value"] == 21000
    assert values["tpp_below"]["since"] == "2026-01-15"
    assert [link["id"] for link in values["tpp_below"]["sources"]] == ["fr-2026-00789"]
    assert {one["id"]: one["status"] for one in regime["versions"]} == {
        "v2022": "withdrawn",
        "v2023": "in_force",
        "v2026": "in_force",
    }


def test_r8_show_leaves_out_what_nobody_had_heard_of() -> None:
    (before,) = run_json("show", US, "--at", "2026-01-20", "--known", "2026-01-12")["regimes"]
    (after,) = run_json("show", US, "--at", "2026-01-14", "--known", "2026-01-13")["regimes"]
    assert "v2026" not in {one["id"] for one in before["versions"]}
    assert "tpp_below" not in {one["id"] for one in before["parameters"]}
    coming = {one["id"]: one for one in after["versions"]}["v2026"]
    assert (coming["status"], coming["until"]) == ("not_yet", "2026-01-15")


def test_show_of_one_item_tells_its_past() -> None:
    result = run("show", "regimes/us-party-lists.yaml", "affiliate-of-listed", "--at", "2026-01-28")
    assert "suspended since 2025-11-10 until 2026-11-10" in result.stdout
    assert "stated: in force from 2025-09-29" in result.stdout


def test_show_every_regime_at_many_days_has_the_documented_form() -> None:
    for at in ("1990-01-01", "1995-06-01", "2023-11-17", "2025-05-15", "2026-03-10"):
        document = run_json("show", "regimes", "--at", at)
        assert len(document["regimes"]) == 7
    run_json("show", "tests/law/regimes/full.yaml", "--at", "2026-06-01")


@pytest.mark.parametrize("width", ["80", "120"])
def test_show_fits_the_screen(width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    lines = run("show", "regimes", "--at", "2026-03-10").stdout.splitlines()
    assert max(map(len, lines)) <= int(width)
    assert all(line == line.rstrip() for line in lines)
    assert "\x1b" not in "".join(lines)


def test_show_of_an_unknown_item_names_the_nearest() -> None:
    result = run("show", US, "tpp_bellow", code=2)
    assert result.stderr == f"{US}: there is no 'tpp_bellow'; did you mean 'tpp_below'?\n"
    assert run("show", US, "--at", "yesterday", code=2).stderr.startswith("--at: 'yesterday' is no")


def test_show_takes_several_paths_and_then_an_item() -> None:
    paths = ("regimes/cn-customs.yaml", "regimes/us-party-lists.yaml")
    both = run_json("show", *paths, "--at", "2026-01-20")["regimes"]
    assert [one["regime"] for one in both] == ["cn-customs", "us-party-lists"]
    (one,) = run_json("show", *paths, "not-allowed", "--at", "2026-01-20")["regimes"]
    assert [rule["id"] for rule in one["rules"]] == ["not-allowed"]
    assert run("show", "regimes/cn-custms.yaml", code=2).stderr.startswith("regimes/cn-custms.yaml")


def test_show_of_an_assumed_proposal_says_so() -> None:
    path, item, day = "regimes/cn-chip-imports.yaml", "customer-cap", ("--at", "2026-03-10")
    standing = {
        assumed: run_json("show", path, item, *day, *assumed)["regimes"][0]["accounts"][0]["status"]
        for assumed in ((), ("--assume", "cap-2026-03"), ("--assume", "customer-cap"))
    }
    assert list(standing.values()) == ["proposed", "assumed", "assumed"]
    told = run("show", path, item, *day, "--assume", "cap-2026-03").stdout
    assert "customer-cap: assumed to be in force, though only proposed" in told
    wrong = run("show", path, "--assume", "cap-2026-04", code=2).stderr
    assert wrong == "--assume: nothing is called 'cap-2026-04'; did you mean 'cap-2026-03'?\n"


def test_show_as_somebody_who_is_nobody() -> None:
    assert "is no viewer" in run("show", US, "--as", "officer:sea", code=2).stderr
    assert run("show", US, "--as", "public").stdout == run("show", US).stdout


# -- diff -----------------------------------------------------------------------------------------


def test_diff_of_two_days_in_legal_words() -> None:
    document = run_json("diff", US, "--at", "2026-01-14", "--and", "2026-01-15", code=1)
    told = {(d["item"], d["field"]): d for d in document["differences"]}
    below = told["parameter tpp_below", "value"]
    assert (below["old"], below["new"]) == (None, 21000)
    assert below["words"] == ("from none to 21,000 TPP, since 2026-01-15 (fr-2026-00789, A1)")
    rule = told["rule ships-from-us", "status"]
    assert rule["words"] == (
        "was not yet in force, from 2026-01-15, is in force since 2026-01-15 (fr-2026-00789, A1)"
    )
    assert run_json("diff", US, "--at", "2026-02-01", "--and", "2026-02-02")["differences"] == []


def test_diff_of_two_files_names_each_change(tmp_path: Path) -> None:
    new = tmp_path / "us-advanced-computing.yaml"
    text = (ROOT / US).read_text(encoding="utf-8")
    changed = (
        text.replace("value: 21000, source: fr-2026-00789", "value: 20000, source: fr-2026-00789")
        .replace('require: shipment.origin == "US"', 'require: shipment.origin in ["US", "TW"]')
        .replace("says: The units ship from the United States.", "says: The units ship from here.")
        .replace("  half-of-domestic-volume:", "  half-of-volume:")
    )
    new.write_text(changed, encoding="utf-8")
    document = run_json("diff", US, str(new), code=1)
    assert [(d["item"], d["kind"], d["field"]) for d in document["differences"]] == [
        ("parameter tpp_below", "changed", "history"),
        ("rule ships-from-us", "changed", "says"),
        ("rule ships-from-us", "changed", "require"),
        ("account half-of-domestic-volume", "removed", None),
        ("account half-of-volume", "added", None),
    ]
    assert document["differences"][0]["words"] == (
        "statement removed: 21,000 from 2026-01-15, public 2026-01-13 (fr-2026-00789, A1); "
        "statement added: 20,000 from 2026-01-15, public 2026-01-13 (fr-2026-00789, A1)"
    )
    assert document["differences"][2]["words"] == (
        'require changed from "shipment.origin == "US"" to "shipment.origin in ["US", "TW"]"'
    )
    human = run("diff", US, str(new), code=1).stdout
    assert "rule ships-from-us" in human
    assert run("diff", US, US).stdout == "nothing differs\n"


def test_diff_says_that_a_rule_is_suspended() -> None:
    path = "regimes/us-party-lists.yaml"
    result = run("diff", path, "--at", "2025-11-09", "--and", "2025-11-10", code=1)
    assert "rule affiliate-of-listed" in result.stdout
    assert "is suspended since 2025-11-10" in result.stdout
    silent = run(
        "diff", path, "--at", "2025-11-09", "--and", "2025-11-10", "--known", "2025-10-01", code=0
    )
    assert silent.stdout == "nothing differs\n"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((US,), "law diff: there is nothing to compare with; give NEW, or --at and --and\n"),
        (
            (US, "--and", "2026-01-01"),
            "law diff: there is nothing to compare with; give NEW, or --at and --and\n",
        ),
        ((US, US, "--known", "2026-01-01"), "--known: there is no day to know it on; give --at\n"),
        (("regimes", US), "regimes: holds 7 regimes; give one regime file\n"),
    ],
)
def test_diff_of_nothing_is_bad_input(args: tuple[str, ...], expected: str) -> None:
    assert run("diff", *args, code=2).stderr == expected


def test_help_needs_no_engine() -> None:
    """`--help` must answer at once: nothing heavy is imported for it."""
    code = (
        "import sys; from interlock.cli import law; "
        "heavy = {'polars', 'numba', 'highspy', 'ruamel', 'celpy', 'lark', 'numpy'}; "
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
