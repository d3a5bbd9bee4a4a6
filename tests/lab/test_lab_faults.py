"""Every fault of a scenario in one pass, of form and of law; what is lawful and does nothing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from lab_kit import HEAD, PLAIN_LAW, QUOTA, ROOT, STOCK, write
from typer.testing import CliRunner

from interlock.cli.main import app
from interlock.files import BadInputError, Faults, read_yaml
from interlock.lab import load, simulate
from interlock.lab.compiling.compile import compile_read, compile_scenario
from interlock.lab.reading.scenario import read_scenario
from interlock.lab.reading.schema import scenario_schema
from interlock.lab.reading.sound import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from interlock.files import Node

LAW = PLAIN_LAW + STOCK + QUOTA
PARTS = """
demand:
  north: {firm: north, product: chip, lines: 3, size: 10, assumption: true}
  south: {firm: south, product: chip, lines: 3, size: 9, assumption: true, case: {order: {why: x}}}
supply:
  stock: {event: stock.received, product: chip, quantity: 20, assumption: true,
    case: {exporter: {contry: US}}}
licences:
  one: {gate: export, firms: [south], quantity: 9, assumption: true, facts: {valid_untl: x}}
shocks:
  stop: {case: {licence: {export: {suspendet: true}}}, without: [plian], assumption: true}
sharing: {rule: first-come, assumption: true}
"""
SMALL = HEAD + PARTS
OF_LAW = {
    "why": "order.why: unknown name; ",
    "contry": "exporter.contry: unknown name; ",
    "valid_untl": "licence.export.valid_untl: unknown name; ",
    "{case: {lic": "there is no regime 'plian'; take it out",
    "suspendet": "licence.export.suspendet: unknown name; ",
}
"""Where in the text, and how what is told begins; in the order of the text."""


def told(path: Path) -> list[str]:
    with pytest.raises(BadInputError) as refused:
        compile_read(lambda: load(path))
    return [str(fault).removeprefix(f"{path}:") for fault in refused.value.faults]


def place(text: str, word: str) -> str:
    """Line and column at which a word first stands."""
    before = text[: text.index(word)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def wanted(text: str, *words: str) -> list[str]:
    """How what the law says of those words begins."""
    return [f"{place(text, word)}: {OF_LAW[word]}" for word in words]


def begin_alike(found: list[str], begins: list[str]) -> None:
    in_order = sorted(begins, key=lambda x: [int(one) for one in x.split(":")[:2]])
    assert [one[: len(x)] for one, x in zip(found, in_order, strict=False)] == in_order
    assert len(found) == len(begins), found


def test_all_that_the_law_says_is_told_at_once(tmp_path) -> None:
    begin_alike(told(write(tmp_path, SMALL, LAW)), wanted(SMALL, *OF_LAW))


FORM = [
    ("size: 10", "size: ten", "ten", "'size' is 'ten', not a number"),
    ("firm: north,", "firm: nroth,", "nroth", "there is no firm 'nroth'"),
    ("North, assumption: true", "North", "north:", "firm 'north' says not what it rests on"),
    ("rule: first", "rule: frist", "frist", "'rule' is 'frist-come', no rule"),
    ("scenario: small", "scenaro: small", "scenaro", "unknown key 'scenaro'; did you mean"),
    ("sharing:", "variants: {vv: {set: {demand.north.size: -1}}}\nsharing:", "vv", "variant 'vv'"),
]


@pytest.mark.parametrize("change", FORM, ids=lambda change: change[1][:20])
def test_a_fault_of_form_hides_none_of_law_and_brings_none_with_it(tmp_path, change) -> None:
    before, after, at, says = change
    text = SMALL.replace(before, after, 1)
    begins = [f"{place(text, at)}: {says}", *wanted(text, *OF_LAW)]
    begin_alike(told(write(tmp_path, text, LAW)), begins)


def test_what_depends_on_a_faulty_part_is_left_out(tmp_path) -> None:
    """Lines and licences of a faulty firm, and every case where what all share is faulty."""
    text = SMALL.replace("name: South, assumption: true", "name: South, colour: blue")
    begins = [f"{place(text, 'south')}: firm 'south' says", f"{place(text, 'colour')}: unknown key"]
    begins += wanted(text, "contry", "{case: {lic")
    begin_alike(told(write(tmp_path, text, LAW)), begins)
    text = SMALL.replace("case: {order: {destination: CN}}", "case: nothing")
    begins = [f"{place(text, 'nothing')}: 'case' is 'nothing'", *wanted(text, "{case: {lic")]
    begin_alike(told(write(tmp_path, text, LAW)), begins)


def test_faulty_law_is_told_of_every_file_although_the_days_are_unknown(tmp_path) -> None:
    (tmp_path / "more.yaml").write_text(LAW.replace("gate: export", "gat: export"))
    text = SMALL.replace("without: [plian]", "regimes: [more.yaml]")
    path = write(tmp_path, text, LAW.replace("stage: [allocation]", "stage: [alocation]"))
    law = [one.removeprefix(f"{tmp_path}/") for one in told(path)]
    assert [one.partition(": ")[0] for one in law] == ["law.yaml:11:13", "more.yaml:5:1"]
    path.write_text(text.replace("start: 2026-01-01", "start: soon"), encoding="utf-8")
    both = told(path)
    assert len(both) == 2
    assert "law.yaml:11:13: " in both[0]
    assert both[1].startswith("4:8: 'start' is 'soon', not a date")


def test_the_command_tells_them_all(tmp_path) -> None:
    path = write(tmp_path, SMALL.replace("size: 10", "size: ten"), LAW)
    for command in (["run", str(path)], ["compare", str(path), str(path)]):
        done = CliRunner().invoke(app, ["lab", *command])
        assert done.exit_code == 2
        assert [x for x in done.stderr.splitlines() if x] == [f"{path}:{one}" for one in told(path)]


def test_an_override_and_the_file_are_told_together(tmp_path) -> None:
    path = write(tmp_path, SMALL.replace("firm: north,", "firm: nroth,"), LAW)
    with pytest.raises(BadInputError) as refused:
        simulate(path, overrides={"demand.nrth.size": 3, "demand.south.size": -3}, variant="odd")
    wrong = [fault.wrong for fault in refused.value.faults]
    assert {"there is no 'nrth'", "'size' is -3", "there is no variant 'odd'"} <= set(wrong)
    assert "there is no firm 'nroth'" in wrong
    assert "order.why: unknown name" not in wrong  # south has a faulty size
    assert any(one.startswith("exporter.contry") for one in wrong)


SHAPES = scenario_schema()["$defs"].values()
WORDS = {key for shape in SHAPES for key in shape.get("properties", ()) if len(key) > 3}
OF_IDS = {*((name,) for name in (*TABLES, "sources", "variants")), ("domestic", "limits")}


def slips_of(node: Node, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """The tree with one key misspelt, for each of its keys: where, and the tree."""
    for key, inner in node.value.items() if isinstance(node.value, dict) else ():
        slip = f"{key[:-2]}{key[-1]}"
        value = {slip if name == key else name: x for name, x in node.value.items()}
        keys = {slip if name == key else name: x for name, x in node.keys.items()}
        yield (*way, key), replace(node, value=value, keys=keys)
        for where, changed in slips_of(inner, (*way, key)):
            yield where, replace(node, value=node.value | {key: changed})


def test_nothing_follows_from_a_key_that_is_misspelt() -> None:
    path, seen = ROOT / "scenarios/h200.yaml", set()
    for way, tree in slips_of(read_yaml(path)):
        about = (way[0], way[-1])
        free = {"case", "facts", "set", "product"} & set(way[:-1]) or way[:-1] in OF_IDS
        if way[-1] in WORDS and about not in seen and not free:
            seen.add(about)
            faults = Faults()
            with suppress(BadInputError):
                read_scenario(tree, path, faults)
            assert len(faults.found) == 1, way
    assert len(seen) > 80


GOOD = (
    HEAD
    + """
demand: {north: {firm: north, product: chip, lines: 3, size: 10, assumption: true}}
supply: {all: {event: stock.received, product: chip, quantity: 20, assumption: true}}
licences: {one: {gate: export, quantity: 9, assumption: true}}
sharing: {rule: first-come, assumption: true}
"""
)
NO_EFFECT = [
    (("quantity: 9,", "quantity: 9, issued: 2030-01-01,"),
     "licence 'one' comes on 2030-01-01 at the earliest, and the last day played is 2026-07-01: it "
     "has no effect"),
    (("quantity: 9,", "quantity: 9, each: true, after: {uniform: {from: 300, to: 400}},"),
     "licence 'one-north', 'one-south' comes on 2026-10-28 at the earliest, and the last day "
     "played is 2026-07-01: it has no effect"),
    (("quantity: 9,", "quantity: 9, facts: {valid_until: 2025-12-31},"),
     "licence 'one' lapses on 2025-12-31, before 2026-01-01: it has no effect"),
    (("sharing:", "rounds: {r: {gate: export, first: 2027-01-01, every: P30D, quantity: 5, "
      "assumption: true}}\nsharing:"),
     "round 'r-1' comes on 2027-01-01 at the earliest, and the last day played is 2026-07-01: it "
     "has no effect"),
    (("sharing:", "shocks: {s: {starts: 2026-07-02, assumption: true}}\nsharing:"),
     "shock 's' comes on 2026-07-02 at the earliest, and the last day played is 2026-07-01: it has "
     "no effect"),
    (("sharing:", "shocks: {s: {starts: 2025-12-01, lasts: {uniform: {from: 1, to: 31}}, "
      "assumption: true}}\nsharing:"),
     "shock 's' is over on 2026-01-01 at the latest, and the first day played is 2026-01-01: it "
     "has no effect"),
    (("lines: 3,", "lines: 3, until: 2028-01-01,"),
     "demand 'north' ends on 2028-01-01, and only days before 2026-07-02 are played: it is as if "
     "it ended then"),
    (("sharing:", "behaviour: {orders: 0.5, hardness: {ratoi: {per_import: 1}}, assumption: true}"
      "\nsharing:"),
     "'hardness' names 'ratoi.per_import', which no licence carries in force: it has no effect"),
    (("sharing:", "domestic: {product: {domestic: true}, assumption: true, limits: {l: {stock: 1, "
      "ramp: [{from: 2027-01-01, times: 2}], assumption: true}}}\nsharing:"),
     "a step of the ramp of 'l' comes on 2027-01-01 at the earliest, and the last day played is "
     "2026-07-01: it has no effect"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "note"), NO_EFFECT, ids=lambda x: x[1][:20])
def test_what_is_lawful_and_has_no_effect_is_told(tmp_path, change, note) -> None:
    path = write(tmp_path, GOOD.replace(*change), LAW)
    assert load(path).notes == (note,)
    assert note in compile_scenario(load(path)).problems


@pytest.mark.parametrize(
    "change",
    [
        ("quantity: 9,", "quantity: 9, issued: 2025-06-01,"),  # it is there from the first day on
        ("quantity: 9,", "quantity: 9, after: {exponential: {mean: 900}},"),
        ("sharing:", "shocks: {s: {starts: 2025-12-01, assumption: true}}\nsharing:"),
        ("sharing:", "shocks: {s: {starts: 2025-12-01, lasts: 3, again: 9, assumption: true}}\n"
         "sharing:"),
    ],
)  # fmt: skip
def test_what_may_have_an_effect_is_not(tmp_path, change) -> None:
    assert load(write(tmp_path, GOOD.replace(*change), LAW)).notes == ()


def test_the_command_and_the_report_tell_it(tmp_path) -> None:
    change, note = NO_EFFECT[0]
    path = write(tmp_path, GOOD.replace(*change), LAW)
    out = tmp_path / "out"
    done = CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["lab", "run", str(path), "--runs", "2", "--out", str(out)]
    )
    assert done.exit_code == 0
    assert f"note {note}" in " ".join(done.stdout.split())
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<h2>Notes</h2><ul><li>licence &#x27;one&#x27; comes on 2030-01-01" in page


def test_a_round_that_ends_before_it_begins_is_a_fault(tmp_path) -> None:
    text = GOOD.replace("sharing:", "rounds: {r: {gate: export, first: 2026-03-01, every: P30D, "
                        "last: 2026-02-01, quantity: 5, assumption: true}}\nsharing:")  # fmt: skip
    (fault,) = told(write(tmp_path, text, LAW))
    assert fault == (
        "18:66: 'last' 2026-02-01 lies before 'first' 2026-03-01; write a later day, or leave "
        "'last' out"
    )
