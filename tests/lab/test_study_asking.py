"""Studies on a scenario that can be worked out by hand, and the commands that ask them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import polars as pl
import pytest
from typer.testing import CliRunner

from interlock.cli.main import app
from interlock.files import BadInputError
from interlock.lab.study.asking import compare_scenarios, frontier, sensitivity
from interlock.lab.study.reading import load_study

if TYPE_CHECKING:
    from interlock.lab.study.asking import Frontier

HERE = Path(__file__).parents[2] / "docs/how-to/examples/lab"
HAND = HERE / "by-hand.yaml"
STUDY = HERE / "by-hand-study.yaml"
FAULTS = [
    "3:11: there is no file 'nowhere.yaml'; give its path from this file's folder",
    "4:21: no measure 'welfair'; did you mean 'welfare'?",
    "6:32: the range of 'a' ends at 2; write more than 3",
    "7:25: 'b' has a 'from' and no 'to'; add 'to'",
    "8:3: 'c' says not what it rests on; add 'source: ...', or 'assumption: true' where it has "
    "none",
    "8:19: unknown key 'valuez'; did you mean 'values'?",
    "9:3: 'd' has neither values nor a range; add 'values' for a grid, or 'from' and 'to' for a "
    "range",
]


def run(*arguments: object) -> Any:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["lab", *map(str, arguments)])


def document(result: Any, command: str) -> dict[str, Any]:
    path = HERE.parents[2] / f"reference/schemas/lab-{command}.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    read: dict[str, Any] = json.loads(result.stdout)
    jsonschema.Draft202012Validator(schema).validate(read)
    return read


@pytest.fixture(scope="module")
def found() -> Frontier:
    return frontier(load_study(STUDY))


def test_the_frontier_is_the_one_worked_out_by_hand(found: Frontier) -> None:
    """Imports are the least of stock, quota and domestic chips divided by the ratio.

    The buyer buys domestic chips for all that it has ordered, so all 600, whatever the quota.
    """
    goods = {
        (x.point.choice["ratio"], x.point.choice["quota"]): (x.means[0], x.means[1])
        for x in found.placed
    }
    assert goods == {
        (0, 500): (500, 0), (0, 1500): (1000, 0),
        (1, 500): (500, pytest.approx(6 / 11)), (1, 1500): (600, 0.5),
        (2, 500): (300, pytest.approx(2 / 3)), (2, 1500): (300, pytest.approx(2 / 3)),
    }  # fmt: skip


def test_what_nobody_should_choose_is_marked_with_what_is_better(found: Frontier) -> None:
    worse = {number: x.dominated_by for number, x in enumerate(found.placed)}
    assert worse == {0: 1, 1: None, 2: None, 3: None, 4: None, 5: None}
    assert [x.on_frontier for x in found.placed] == [False, True, True, True, True, True]


def test_the_account_that_binds_is_named_at_each_point(found: Frontier) -> None:
    bound = {
        (x.point.choice["ratio"], x.point.choice["quota"]): x.point.binding.partition("?")[0]
        for x in found.placed
    }
    assert bound == {
        (0, 500): "ratio/quota", (0, 1500): "ratio/stock", (1, 500): "ratio/quota",
        (1, 1500): "ratio/ratio", (2, 500): "ratio/ratio", (2, 1500): "ratio/ratio",
    }  # fmt: skip


def test_the_table_has_a_row_for_each_point(found: Frontier) -> None:
    table = found.table()
    assert table["point"].to_list() == [0, 1, 2, 3, 4, 5]
    assert table["compute_error"].to_list() == [0.0] * 6
    assert table["dominated_by"].to_list() == [1, None, None, None, None, None]


def test_a_scenario_compared_with_itself_differs_in_nothing() -> None:
    same = compare_scenarios(HAND, HAND)
    assert {x.difference for x in same} == {0.0}
    assert not any(x.real for x in same)


def test_a_variant_differs_by_what_is_worked_out_by_hand() -> None:
    by = {x.measure: x for x in compare_scenarios(HAND, HAND, variants=("", "no-ratio"))}
    assert (by["compute"].first, by["compute"].second, by["compute"].difference) == (600, 1000, 400)
    assert by["home_share"].difference == -0.5
    assert by["compute"].real
    assert by["home_share"].real


def test_the_indices_say_that_an_unused_parameter_does_nothing(tmp_path: Path) -> None:
    """With a quota that never binds all of the variance of the share is the ratio's."""
    text = STUDY.read_text(encoding="utf-8").replace("from: 100", "from: 1100")
    path = tmp_path / "study.yaml"
    path.write_text(text.replace("scenario: by-hand.yaml", f"scenario: {HAND}"), encoding="utf-8")
    told = sensitivity(load_study(path), base=4)
    by = {x.parameter: x for x in told.indices if x.measure == "home_share"}
    assert by["quota"].first == by["quota"].total == 0.0
    assert by["ratio"].total is not None
    assert by["ratio"].total > 0.5


def test_every_fault_of_a_study_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(
        "study: x\ntitle: y\nscenario: nowhere.yaml\nmeasures: [compute, welfair]\nparameters:\n"
        "  a: {paths: [k], from: 3, to: 2, assumption: true}\n"
        "  b: {paths: [k], from: 3, source: s}\n"
        "  c: {paths: [k], valuez: [1]}\n"
        "  d: {paths: [k], assumption: true}\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInputError) as refused:
        load_study(path)
    assert [str(x).removeprefix(f"{path}:") for x in refused.value.faults] == FAULTS


def test_a_path_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    text = STUDY.read_text(encoding="utf-8").replace(
        "licences.one.quantity", "licences.two.quantity"
    )
    path = tmp_path / "study.yaml"
    path.write_text(text.replace("scenario: by-hand.yaml", f"scenario: {HAND}"), encoding="utf-8")
    with pytest.raises(
        BadInputError,
        match=r"study\.yaml:16:12: licences.two.quantity: there is no 'two'; write one of: one",
    ):
        load_study(path)


def test_a_path_to_what_a_scenario_does_not_have_is_told_once(tmp_path: Path) -> None:
    text = STUDY.read_text(encoding="utf-8").replace("one.quantity", "one.quantitty")
    path = tmp_path / "study.yaml"
    path.write_text(text.replace("scenario: by-hand.yaml", f"scenario: {HAND}"), encoding="utf-8")
    with pytest.raises(BadInputError) as refused:
        load_study(path)
    (told,) = (str(x).removeprefix(f"{path}:") for x in refused.value.faults)
    assert (
        told == "16:12: licences.one.quantitty: unknown key 'quantitty'; did you mean 'quantity'?"
    )


def test_a_value_that_the_scenario_cannot_have_is_told_before_any_is_played(tmp_path: Path) -> None:
    text = STUDY.read_text(encoding="utf-8").replace("[500, 1500]", "[500, -1]")
    path = tmp_path / "study.yaml"
    path.write_text(text.replace("scenario: by-hand.yaml", f"scenario: {HAND}"), encoding="utf-8")
    with pytest.raises(BadInputError) as refused:
        load_study(path)
    assert [str(x).removeprefix(f"{path}:") for x in refused.value.faults] == [
        "17:19: licences.one.quantity: 'quantity' is -1; write a number from 0 to 1e+12"
    ]


def test_a_study_and_its_scenario_are_told_together(tmp_path: Path) -> None:
    """What is wrong with the scenario, by its form and by its law, hides nothing of the study."""
    scenario, path = tmp_path / "scenario.yaml", tmp_path / "study.yaml"
    text = HAND.read_text(encoding="utf-8").replace("[law", f"[{HERE}/law")
    scenario.write_text(
        text.replace("sharing:", "case: {order: {why: x}}\nsharing:").replace("runs: ", "runs: -"),
        "utf-8",
    )
    path.write_text(
        STUDY.read_text(encoding="utf-8")
        .replace("by-hand.yaml", "scenario.yaml").replace("[500, 1500]", "[500, -1]"), "utf-8"
    )  # fmt: skip
    with pytest.raises(BadInputError) as refused:
        load_study(path)
    told = [str(x).removeprefix(f"{tmp_path}/").partition("; ")[0] for x in refused.value.faults]
    assert [one.partition(": ")[2] for one in told] == [
        "'runs' is -40", "order.why: unknown name",
        "licences.one.quantity: 'quantity' is -1",
    ]  # fmt: skip
    assert [one.partition(":")[0] for one in told] == ["scenario.yaml"] * 2 + ["study.yaml"]


def test_compare_is_1_where_something_differs_and_0_where_nothing_does(tmp_path: Path) -> None:
    differs = run("compare", HAND, HAND, "--variants", ",no-ratio", "--format", "json")
    assert differs.exit_code == 1
    rows = {x["measure"]: x for x in document(differs, "compare")["measures"]}
    assert rows["compute"]["real"] is True
    assert rows["wait_days"]["difference"] is None or rows["wait_days"]["runs"] > 0
    same = run("compare", HAND, HAND, "--out", tmp_path)
    assert same.exit_code == 0
    assert "40 pairs of runs" in same.stdout
    assert pl.read_parquet(tmp_path / "compare.parquet")["difference"].to_list().count(0.0) > 5


def test_frontier_and_sensitivity_write_their_tables_and_plots(tmp_path: Path) -> None:
    done = run("frontier", STUDY, "--out", tmp_path, "--format", "json")
    assert done.exit_code == 0
    report = document(done, "frontier")
    assert len(report["points"]) == 6
    assert pl.read_parquet(tmp_path / "frontier.parquet").height == 6
    assert (tmp_path / "frontier.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "frontier.svg").read_text(encoding="utf-8")
    human = run("frontier", STUDY)
    assert "1 is better" in human.stdout
    asked = run("sensitivity", STUDY, "--base", 2, "--out", tmp_path, "--format", "json")
    assert asked.exit_code == 0
    assert document(asked, "sensitivity")["points"] == 8
    assert (tmp_path / "sensitivity-home_share.png").is_file()
    assert pl.read_parquet(tmp_path / "sensitivity.parquet").height == 6


def test_what_cannot_be_asked_is_2(tmp_path: Path) -> None:
    bad = run("sensitivity", STUDY, "--base", 3)
    assert (bad.exit_code, bad.stdout) == (2, "")
    assert "3 is no power of two" in bad.stderr
    ranges, other = tmp_path / "ranges.yaml", tmp_path / "other.yaml"
    lines = STUDY.read_text(encoding="utf-8").replace("by-hand.yaml", str(HAND)).splitlines()
    ranges.write_text("\n".join(x for x in lines if " values:" not in x), encoding="utf-8")
    no_values = run("frontier", ranges)
    assert (no_values.exit_code, no_values.stdout) == (2, "")
    assert f"{ranges}:8:3: the study has no " in no_values.stderr
    text = HAND.read_text(encoding="utf-8").replace("end: 2027-01-04", "end: 2027-01-11")
    other.write_text(text.replace("[law", f"[{HERE}/law"), encoding="utf-8")
    unlike = run("compare", HAND, other)
    assert (unlike.exit_code, unlike.stdout) == (2, "")
    assert "'end' is 2027-01-11, and 2027-01-04 in the first" in unlike.stderr
    nowhere = run("frontier", tmp_path / "no.yaml")
    assert nowhere.exit_code == 2
