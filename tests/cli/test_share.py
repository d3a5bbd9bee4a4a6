"""`interlock share`: its documents, its tables, its exit codes."""

import json
import re
import shlex
from pathlib import Path

import jsonschema
import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from interlock.cli.share import share
from interlock.sharing.run import replay

ROOT = Path(__file__).parent.parent.parent
GOOD = ROOT / "tests" / "bad" / "share" / "good"
SCHEMA = json.loads((ROOT / "docs" / "reference" / "schemas" / "share.json").read_text())

app = typer.Typer()
app.command()(share)


def run(*arguments, orders=GOOD / "orders.csv", draws=GOOD / "draws.csv"):
    files = [str(orders), "--draws", str(draws), "--accounts", str(GOOD / "accounts.csv")]
    return CliRunner().invoke(app, [*files, *map(str, arguments)])


@pytest.mark.parametrize("rule", ["proportional", "cea", "weighted", "cel", "talmud", "optimum"])
@pytest.mark.parametrize("whole", [[], ["--whole", "--seed", "3"]])
def test_json_keeps_its_schema(rule, whole):
    result = run("--rule", rule, *whole, "--format", "json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)
    assert document["proof"] == "checked"
    assert [row["order"] for row in document["orders"]] == ["north", "south", "west"]
    for account in document["accounts"]:
        assert account["used"] + account["left"] == pytest.approx(account["available"])
        assert (account["shadow_price"] is None) == (rule != "optimum")
    assert all(isinstance(row["awarded"], int) for row in document["orders"]) or not whole


def test_json_has_exact_awards():
    # stock 100: north draws 1, south 2.5, licence holds north to 50. Equal awards: 100 / 3.5.
    document = json.loads(run("--rule", "cea", "--format", "json").stdout)
    assert [row["awarded"] for row in document["orders"]] == pytest.approx([100 / 3.5] * 2 + [0])
    assert [row["bound_by"] for row in document["orders"]] == ["stock"] * 3
    whole = json.loads(run("--rule", "cea", "--whole", "--format", "json").stdout)
    # north: three lots of 8; south: all that stock then holds (2.5 each); west's tier: the rest.
    assert [row["awarded"] for row in whole["orders"]] == [24, 30, 3]
    assert whole["accounts"][0] == {
        "account": "stock",
        "available": 100,
        "used": 100,
        "left": 0,
        "shadow_price": None,
        "binding": True,
    }


def test_people_get_tables():
    result = run("--rule", "talmud", "--whole")
    assert result.exit_code == 0
    for word in (
        "talmud",
        "asked 150, awarded",
        "proof checked",
        "Orders",
        "Accounts",
        "north",
        "licence",
    ):
        assert word in result.stdout


def test_bad_input_is_exit_2_with_faults_on_stderr_and_nothing_written(tmp_path):
    bad = tmp_path / "orders.csv"
    bad.write_text("order,quantity\nnorth,x\nsouth,-1\nwest,1\n")
    out = tmp_path / "out.json"
    result = run("--rule", "cea", "--out", out, orders=bad)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"{bad}:2:7: quantity 'x' is not a number; write a whole number",
        f"{bad}:3:7: quantity -1 is below 0; write 0 or more",
    ]
    assert not out.exists()


def test_an_unknown_rule_is_exit_2():
    assert run("--rule", "fair").exit_code == 2


def test_out_writes_json_csv_and_parquet(tmp_path):
    shown = run("--rule", "cea", "--format", "json", "--out", tmp_path / "r.json").stdout
    assert (tmp_path / "r.json").read_text() == shown
    for suffix, read in ((".csv", pl.read_csv), (".parquet", pl.read_parquet)):
        path = tmp_path / f"r{suffix}"
        assert run("--rule", "cea", "--whole", "--out", path).exit_code == 0
        frame = read(path)
        assert frame["awarded"].to_list() == [24, 30, 3]
        assert frame["bound_by"].to_list() == ["stock", "stock", "stock"]


def test_out_into_no_folder_is_exit_2(tmp_path):
    result = run("--rule", "cea", "--out", tmp_path / "none" / "r.json")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_a_run_file_can_be_replayed(tmp_path):
    path = tmp_path / "run.json"
    assert run("--rule", "cel", "--whole", "--seed", "4", "--run", path).exit_code == 0
    again = replay(path.read_text())
    assert again.to_json() + "\n" == path.read_text()
    assert again.result.seed == 4


def test_names_with_brackets_are_shown_as_they_are(tmp_path):
    orders, draws = tmp_path / "o.csv", tmp_path / "d.csv"
    orders.write_text("order,quantity\n[red]x,5\n")
    draws.write_text("order,account,factor\n[red]x,stock,1\n")
    assert "[red]x" in run("--rule", "cea", orders=orders, draws=draws).stdout


def test_the_example_of_the_docs_runs_as_written(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "concepts" / "sharing.md").read_text()
    tables = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    for name, table in zip(("orders", "draws", "accounts"), tables, strict=True):
        (tmp_path / f"{name}.csv").write_text(table)
    (shown,) = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    command, _, wanted = shown.partition("\n")
    monkeypatch.chdir(tmp_path)
    got = CliRunner().invoke(app, shlex.split(command.removeprefix("$ interlock share")))
    assert got.exit_code == 0
    assert [line.rstrip() for line in got.stdout.splitlines()] == wanted.splitlines()
