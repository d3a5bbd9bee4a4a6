"""`interlock replay` on a kept history: exit codes, both formats, the schema, bad proposals."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import jsonschema
import polars as pl
import pytest
from replay_kit import ROOT, changed_copy, history
from typer.testing import CliRunner

from interlock.cli.main import app
from interlock.cli.replay import UNPROPOSED

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = json.loads((ROOT / "docs/reference/schemas/replay.json").read_text(encoding="utf-8"))
WIDER = (
    "stage: order\n    when: is_h200\n    require: |-\n      licence.issued",
    "stage: order\n    require: |-\n      licence.issued",
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay") / "history"
    history(60, seed=4).write(folder)
    return folder


def run(*arguments: object) -> Any:
    env = {"COLUMNS": "220", "INTERLOCK_REGIMES": str(ROOT / "regimes"), "DATABASE_URL": ""}
    return CliRunner(env=env).invoke(app, ["replay", *map(str, arguments)])


def document(result: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(result.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(read)
    return read


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_same_law_is_0_and_changes_nothing(kept: Path) -> None:
    result = run("--book", kept, "--format", "json")
    assert result.exit_code == 0
    assert UNPROPOSED in result.stderr, "nothing is proposed, and that is said"
    found = document(result)
    assert found["decisions"] == 60
    assert found["verdicts"]["before"] == found["verdicts"]["after"]
    assert found["changed"] == {"decisions": 0, "units": 0, "at_a_gate": 0}
    assert found["ways"] == found["gates"] == found["rules"] == found["buyers"] == []
    assert found["laws"]["before"] == found["laws"]["after"]
    assert found["accounts"] is None


def test_a_law_that_changes_something_is_1_and_says_what(kept: Path, tmp_path: Path) -> None:
    proposed = changed_copy(tmp_path, "cn-chip-imports.yaml", WIDER)
    out = tmp_path / "out"
    options = ("--book", kept, "--regimes", proposed, "--on", "2026-03-01")
    result = run(*options, "--out", out, "--format", "json")
    assert result.exit_code == 1
    found = document(result)
    assert json.loads((out / "report.json").read_text()) == found
    changed = pl.read_parquet(out / "changed.parquet")
    assert changed.height == found["changed"]["at_a_gate"] > 0
    turned = changed.filter(pl.col("before") != pl.col("after"))
    assert turned.height == found["changed"]["decisions"]
    assert sum(x["units"] for x in found["ways"]) == turned["units"].sum()
    human = run(*options)
    assert human.exit_code == 1
    assert UNPROPOSED not in human.output
    assert f"60 decisions, of which {turned.height} change" in human.stdout
    assert found["rules"][0]["rule"] in human.stdout


def test_days_narrow_what_is_told(kept: Path) -> None:
    whole = history(60, seed=4).decisions
    result = run("--book", kept, "--from", "2024-01-01", "--to", "2024-12-31", "--format", "json")
    assert document(result)["decisions"] == whole.filter(pl.col("at").dt.year() == 2024).height


def test_bad_proposals_are_told_with_every_fault_and_nothing_is_replayed(
    kept: Path, tmp_path: Path
) -> None:
    proposed = changed_copy(
        tmp_path, "cn-chip-imports.yaml",
        ("require: buyer.id in licence.holders", "require: buyr.id in licence.holders"),
        ("stage: application\n    when: is_h200\n    require: order.truly_needed",
         "stage: application\n    when: is_h200\n    require: order.truely_needed"),
    )  # fmt: skip
    out = tmp_path / "out"
    nowhere = tmp_path / "no-such-book.sqlite3"
    for book in (kept, nowhere):
        result = run("--book", book, "--regimes", proposed, "--out", out)
        assert result.exit_code == 2
        lines = result.stderr.splitlines()
        assert len(lines) == 2
        assert all(line.startswith(f"{proposed}:") for line in lines)
        assert "buyr.id" in lines[0]
        assert "order.truely_needed" in lines[1]
    assert not out.exists()
    assert not nowhere.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--set", "order.quantity"), "--set: 'order.quantity' has no ="),
        (("--set", "order.quantitty=5"), "no past decision has a fact 'order.quantitty'"),
        (("--set", "order.quantity=many"), "order.quantity: 'many' is no number"),
        (("--on", "soon"), "--on: 'soon' is no date"),
        (("--on", "2026-01-28T09:00+08:00"), "--on: '2026-01-28T09:00+08:00' is an instant"),
        (
            ("--from", "2026-03-02", "--to", "2026-03-01"),
            "--from: 2026-03-02 is after --to 2026-03-01; swap the two days",
        ),
        (("--assume", "cap-2026-3"), "--assume: nothing is called 'cap-2026-3'"),
        (("--as", "ann@us-bis"), "--as: a kept history knows nobody's rights"),
    ],
)
def test_options_that_cannot_be_meant_are_2(
    kept: Path, options: tuple[str, ...], says: str
) -> None:
    result = run("--book", kept, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


@pytest.mark.parametrize("option", ["--out", "--keep"])
def test_where_nothing_can_be_written_nothing_is_replayed(
    kept: Path, tmp_path: Path, option: str
) -> None:
    """Exit code 1 would say that something changes."""
    (tmp_path / "file").write_text("")
    result = run("--book", kept, option, tmp_path / "file/inside")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{option}: {tmp_path}/file/inside is no folder to write into" in result.stderr


def test_a_folder_without_a_history_is_2(tmp_path: Path) -> None:
    result = run("--book", tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path}:0:0: holds no history" in result.stderr


def test_a_history_is_kept_and_replayed_the_same(kept: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    first = run("--book", kept, "--keep", again, "--assume", "cap-2026-03", "--format", "json")
    second = run("--book", again, "--assume", "cap-2026-03", "--format", "json")
    assert document(first) == document(second)
    shutil.rmtree(again)


def test_another_value_of_a_fact_is_put_wherever_it_was_known(kept: Path) -> None:
    whole = history(60, seed=4).decisions
    known = whole["licence.export.suspended"].is_not_null()
    usable = whole["licence.export.suspended"] == False  # noqa: E712 - a column
    result = run("--book", kept, "--set", "licence.export.suspended=true", "--format", "json")
    found = document(result)
    assert 0 < found["changed"]["at_a_gate"] <= int((known & usable).sum())
    assert {one["gate"] for one in found["gates"]} == {"export"}
