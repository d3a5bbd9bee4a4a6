"""Scenario files: every fault in one pass with its place; overrides; the schema; the command."""

from __future__ import annotations

import json

import jsonschema
import pytest
from lab_kit import HEAD, PLAIN_LAW, ROOT, STOCK, write
from typer.testing import CliRunner

from interlock.cli.main import app
from interlock.files import BadInputError, read_yaml
from interlock.files.plain import plain_of
from interlock.lab import load, simulate
from interlock.lab.compiling.compile import compile_scenario
from interlock.lab.reading.schema import scenario_schema, scenario_schema_text

GOOD = (
    HEAD
    + """
demand:
  north: {firm: north, product: chip, lines: 3, size: 10, assumption: true}
supply:
  all: {event: stock.received, product: chip, quantity: 20, assumption: true}
sharing: {rule: first-come, assumption: true}
"""
)
BAD = {
    ("firm: north,", "firm: nroth,"): [
        "16:17: there is no firm 'nroth'; did you mean 'north'?",
    ],
    ("lines: 3, size: 10", "size: 10"): [
        "16:3: demand 'north' has neither 'lines' nor 'per_year' nor 'every'; add one of them, "
        "e.g. 'lines': so many lines at even chances from 'from' until 'until'",
    ],
    ("size: 10, assumption: true", "size: 10"): [
        "16:3: demand 'north' says not what it rests on; add 'source: <id>', or "
        "'assumption: true' where it has none",
    ],
    ("size: 10", "size: {lognormal: {median: 0, sigma: 1}}"): [
        "16:67: 'size': a lognormal number is above 0; write a number above 0",
    ],
    ("size: 10", "size: 1e300"): [
        "16:55: 'size' is '1e300', out of range; write a number of at most 10^15",
    ],
    ("lines: 3", "lines: 1e-300"): [
        "16:46: 'lines' is 1e-300, no whole number; write a whole number",
    ],
    ("size: 10", "size: {gauss: 3}"): [
        "16:56: unknown key 'gauss'; write one of: choice, exponential, lognormal, max, min, "
        "normal, triangular, uniform",
    ],
    ("end: 2026-07-02\nstep: P1D", "end: 2026-07-02\nstep: P5D"): [
        "5:6: 182 days are no whole number of steps of 5 days; write 2026-06-30",
    ],
    ("regimes: [law.yaml]", "regimes: [lwa.yaml]"): [
        "7:11: there is no file or folder 'lwa.yaml'; give its path from this file's folder",
    ],
    ("quantity: 20,", "quantity: 20, every: P7D, from: 2030-01-01,"): [
        "18:79: 'from' 2030-01-01 lies outside the scenario, 2026-01-01 to 2026-07-02; "
        "write a day in it",
    ],
}


@pytest.mark.parametrize("change", BAD, ids=lambda change: change[1][:30])
def test_a_faulty_scenario_is_refused_with_the_place(tmp_path, change) -> None:
    text = GOOD.replace(*change)
    assert text != GOOD
    path = write(tmp_path, text, PLAIN_LAW + STOCK)
    with pytest.raises(BadInputError) as refused:
        load(path)
    told = [str(fault).removeprefix(f"{path}:") for fault in refused.value.faults]
    assert told == BAD[change]


def test_all_faults_are_told_in_one_pass(tmp_path) -> None:
    text = GOOD.replace("firm: north,", "firm: nroth,").replace("product: chip, q", "product: x, q")
    with pytest.raises(BadInputError) as refused:
        load(write(tmp_path, text, PLAIN_LAW + STOCK))
    assert len(refused.value.faults) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("{destination: CN}", "{destinaton: CN}"), r"9:16: .*order\.destinaton"),
        (("case: {order", "case: {oder"), "9:8: oder: unknown key"),
        (("name: H200 SXM", "name: H9000"), "10:18: .*H9000"),
        (("{destination: CN}", "{quantity: 1e300}"), "9:16: order.quantity: 1e300 is out of range"),
        (("size: 10,", "size: 10, case: {order: {destination: XQ}},"), r"16:\d+: .*'XQ'"),
        (("{name: North,", "{name: North, case: {order: {destination: XQ}},"), r"12:\d+: .*'XQ'"),
        (("sharing:", "licences: {one: {gate: exprt, quantity: 5, assumption: true}}\nsharing:"),
         r"19:17: licence\.exprt"),
        (("sharing:", "licences: {one: {gate: export, quantity: 5, assumption: true,\n"
          "  conditions: {ratio: {status: in_force}}}}\nsharing:"),
         r"20:16: licence\.export\.conditions\.kind: unknown kind of condition 'ratio'"),
    ],
)  # fmt: skip
def test_facts_that_the_law_does_not_know_are_told_where_they_are_written(
    tmp_path, change, says
) -> None:
    path = write(tmp_path, GOOD.replace(*change), PLAIN_LAW + STOCK)
    with pytest.raises(BadInputError, match=rf"scenario\.yaml:{says}"):
        compile_scenario(load(path))


def test_what_is_no_scenario_is_told_by_what_it_is(tmp_path) -> None:
    path = write(tmp_path, GOOD, PLAIN_LAW + STOCK)
    with pytest.raises(BadInputError, match=r"law\.yaml:2:1: the file is a regime, no scenario"):
        load(path.with_name("law.yaml"))
    with pytest.raises(BadInputError, match="the file is a study, no scenario"):
        load(ROOT / "scenarios/studies/h200-conditions.yaml")


def test_more_lines_than_a_run_has_room_for_are_refused(tmp_path) -> None:
    path = write(tmp_path, GOOD.replace("lines: 3", "lines: 1000001"), PLAIN_LAW + STOCK)
    says = "a run would hold 1,000,001 order lines; write fewer, larger ones: at most 1,000,000"
    with pytest.raises(BadInputError, match=says):
        compile_scenario(load(path))


def test_r17_a_window_that_the_step_does_not_divide_is_refused(tmp_path) -> None:
    law = PLAIN_LAW + STOCK + "    window: P3D\n"
    text = GOOD.replace("step: P1D", "step: P2D")
    with pytest.raises(BadInputError, match="the window of plain/stock, 3 days, is no multiple"):
        compile_scenario(load(write(tmp_path, text, law)))


def test_r17_a_rule_that_reads_an_account_is_named_as_dynamic(tmp_path) -> None:
    law = PLAIN_LAW + STOCK
    law = law.replace('order.destination != "XX"', 'available("stock") > 5')
    with pytest.raises(
        BadInputError, match=r"plain/not-to-nowhere reads the account of plain/stock"
    ):
        compile_scenario(load(write(tmp_path, GOOD, law)))


def test_a_value_is_changed_by_its_path_and_judged_like_a_written_one(tmp_path) -> None:
    path = write(tmp_path, GOOD, PLAIN_LAW + STOCK)
    assert load(path, overrides={"demand.north.lines": 7}).demand["north"].lines == 7
    with pytest.raises(BadInputError, match=r"demand.noth.lines.*did you mean 'north'"):
        load(path, overrides={"demand.noth.lines": 7})
    with pytest.raises(BadInputError, match="'lines' is -7"):
        load(path, overrides={"demand.north.lines": -7})


def test_every_variant_of_the_default_scenario_reads() -> None:
    path = ROOT / "scenarios/h200.yaml"
    scenario = load(path)
    assert set(scenario.variants) == {"no-conditions", "two-for-one", "capped"}
    digests = {load(path, variant=name).digest for name in scenario.variants}
    assert len({scenario.digest, *digests}) == 4


def test_every_part_of_the_default_scenario_has_a_source_or_says_that_it_is_assumed() -> None:
    scenario = load(ROOT / "scenarios/h200.yaml")
    assert len(scenario.basis) == 29
    assert all(rests.sources or rests.assumption for _, _, rests in scenario.basis)


def test_the_schema_is_as_committed_and_takes_the_default_scenario() -> None:
    committed = ROOT / "docs/reference/schemas/scenario.json"
    assert committed.read_text(encoding="utf-8") == scenario_schema_text()
    given = plain_of(read_yaml(ROOT / "scenarios/h200.yaml"))
    jsonschema.Draft202012Validator(scenario_schema()).validate(given)


def test_the_command_prints_what_its_schema_says_and_writes_its_files(tmp_path) -> None:
    path = write(tmp_path, GOOD, PLAIN_LAW + STOCK)
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app, ["lab", "run", str(path), "--runs", "5", "--format", "json", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    schema = json.loads((ROOT / "docs/reference/schemas/lab-results.json").read_text())
    printed = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema).validate(printed)
    assert printed["overall"]["delivered"]["mean"] == 20
    assert printed["overall"]["waiting"]["p50"] == 10
    assert printed["names"]["north"] == "North"
    assert (out / "summary.json").read_text() == done.stdout
    page = (out / "report.html").read_text()
    assert "A small scenario" in page
    assert "src=" not in page
    for plot in ("delivered", "firms", "welfare"):
        assert (out / f"{plot}.svg").is_file()
        assert (out / f"{plot}.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_says_what_each_firm_got_out_of_it_and_what_it_lacks(tmp_path) -> None:
    text = GOOD.replace("{name: North,", "{name: North, value: 3,")
    done = CliRunner().invoke(
        app, ["lab", "run", str(write(tmp_path, text, PLAIN_LAW + STOCK)), "--runs", "5"]
    )
    heads, north = (
        next(x for x in done.stdout.splitlines() if x.split()[:1] == [word]).split()
        for word in ("firm", "north")
    )
    assert heads[-2:] == ["shortfall", "welfare"]
    assert north[-2:] == ["10", "60"]  # 10 of 30 did not come, 20 did and are worth 3 each


def test_the_command_refuses_a_faulty_file(tmp_path) -> None:
    path = write(tmp_path, GOOD.replace("firm: north,", "firm: x,"), PLAIN_LAW + STOCK)
    done = CliRunner().invoke(app, ["lab", "run", str(path)])
    assert done.exit_code == 2
    assert "16:17: there is no firm 'x'" in done.output


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("0 - quantity", "'domestic_shipment' takes away from 'plain/stock?product=NVIDIA H200 "
         "SXM'; the lab has no negative adjustments"),
        ("quantity - 500", "'domestic_shipment' credits 'plain/stock?product=NVIDIA H200 SXM' 500 "
         "less than in proportion to its units"),
    ],
)  # fmt: skip
def test_an_event_that_the_lab_does_not_model_is_refused_at_its_place(
    tmp_path, amount, says
) -> None:
    law = PLAIN_LAW + STOCK.replace(
        "credit: {on: stock.received, amount: quantity}",
        "credit:\n      - {on: stock.received, amount: quantity}\n"
        f"      - {{on: domestic_shipment, amount: {amount}}}",
    )
    text = HEAD + (
        "sharing: {rule: proportional, assumption: true}\n"
        "demand: {north: {firm: north, product: chip, lines: 1, size: 70, assumption: true}}\n"
        "supply:\n"
        "  back: {event: domestic_shipment, product: chip, quantity: 30, assumption: true}\n"
    )
    path = write(tmp_path, text, law)
    with pytest.raises(BadInputError) as error:
        compile_scenario(load(path))
    (fault,) = error.value.faults
    line = text.splitlines().index(next(x for x in text.splitlines() if "back:" in x)) + 1
    assert (fault.place.file, fault.place.line, fault.wrong) == (str(path), line, says)


def test_a_quantity_below_zero_is_refused_at_its_place(tmp_path) -> None:
    text = HEAD + (
        "sharing: {rule: proportional, assumption: true}\n"
        "demand: {north: {firm: north, product: chip, lines: 1, size: 70, assumption: true}}\n"
        "supply: {back: {event: stock.received, product: chip, quantity: -30, assumption: true}}\n"
    )
    with pytest.raises(BadInputError, match="'quantity' is -30; write a number from 0"):
        load(write(tmp_path, text, PLAIN_LAW + STOCK))


def test_a_drafted_condition_promises_nothing_provisionally(tmp_path) -> None:
    """The book may reserve on an unknown, flagged and revocable (R1); the lab allocates nothing."""
    law = (
        PLAIN_LAW.replace("gate: export", "gate: import")
        + STOCK
        + """
conditions:
  sworn:
    says: The buyer swears.
    stage: allocation
    require: order.data_centre_use
    assumption: true
"""
    )
    text = HEAD + (
        "sharing: {rule: proportional, assumption: true}\n"
        "demand: {north: {firm: north, product: chip, lines: 1, size: 70, assumption: true}}\n"
        "supply: {all: {event: stock.received, product: chip, quantity: 90, assumption: true}}\n"
        "licences: {one: {gate: import, firms: [north], quantity: 90, conditions: {sworn: "
        "{status: STATUS}}, assumption: true}}\n"
    )
    text = text.replace("destination: CN}", "destination: CN, data_centre_use: true}")
    for status, wanted in (("drafted", 0), ("in_force", 70)):
        folder = tmp_path / status
        folder.mkdir()
        path = write(folder, text.replace("STATUS", status), law)
        results = simulate(path, runs=1)
        assert results.by_run["allocated"].to_list() == [wanted]


def test_the_report_lists_each_assumption_with_its_values_or_its_source(tmp_path) -> None:
    """Every part of the default scenario: no part of the program and no path of a machine in it."""
    scenario = load(ROOT / "scenarios/h200.yaml")
    basis = {part: (told, rests) for part, told, rests in scenario.basis}
    assert not [part for part, (told, _) in basis.items() if "Node(" in told or "Place(" in told]
    assert basis["domestic"][0].startswith("product (name Huawei Ascend 910C, domestic yes)")
    assert "conditions domestic-ratio (domestic_per_import 1)" in basis["rounds.batch"][0]
    assert "hardness (domestic-ratio (domestic_per_import 0.6))" in basis["behaviour"][0]
    assert basis["shocks.export-stop"][0].endswith("case (licence (export (suspended yes)))")
    results = simulate(scenario, runs=1, out=tmp_path)
    from interlock.lab.summary import write_outputs

    write_outputs(results, tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = text.partition("What it rests on")[2]
    for part, (_, rests) in basis.items():
        row = page.partition(f"<td>{part}</td>")[2].partition("</tr>")[0]
        assert ("<td>assumption</td>" in row) == rests.assumption
        for source in rests.sources:
            assert scenario.sources[source].title.split("(")[0] in row
