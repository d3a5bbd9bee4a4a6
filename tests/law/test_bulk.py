"""The columnar law gives, row for row, what the law gives case by case."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from typer.testing import CliRunner

from interlock.law.bulk import FrameLaw
from interlock.law.cases.intake import entries_of
from interlock.law.cases.reader import Case
from interlock.law.deciding.decide import Decider
from interlock.law.expr.columns import dtype_of
from interlock.law.expr.tree import Type, days
from interlock.law.library import Library, load_regimes
from interlock.law.model import STAGES, Stage

if TYPE_CHECKING:
    from interlock.law.compiling.compile import Law
    from interlock.law.vocabulary import Entry

ROOT = Path(__file__).parents[2]
DAY = dt.date(2026, 1, 28)
NUMBERS = {
    "product.tpp": [
        0,
        1599,
        1600,
        2399,
        2400,
        4799,
        4800,
        14001,
        15832,
        20919,
        20999,
        21000,
        56000,
    ],
    "product.performance_density": [0, 1, 2, 3, 4, 6],
    "product.dram_bandwidth_gbps": [100, 4000, 4800, 5300, 6000, 6499, 6500, 8000],
    "product.interconnect_gbps": [400, 600, 900],
}
TEXTS = {
    "product.name": ["NVIDIA H200 SXM", "AMD Instinct MI325X", "other"],
    "product.maker": ["NVIDIA", "AMD"],
    "product.eccn": ["3A090.a", "3A090.b", "none"],
}
COUNTRIES = ["CN", "MO", "US", "SG", "DE", "VN"]


@cache
def library() -> Library:
    return load_regimes(ROOT / "regimes")


def value(name: str, entry: Entry, dice: random.Random) -> Any:
    if dice.random() < 0.15:
        return None
    if entry.type == "bool":
        return dice.random() < 0.6
    if entry.type == "number":
        return dice.choice(NUMBERS.get(name, [0, 1, 2, 100])) * 10**entry.places
    if entry.type == "date":
        return days(DAY) + dice.choice([-1500, -30, -1, 0, 1, 30, 1500])
    if entry.type == "texts":
        return dice.sample(["a", "b", "NVIDIA H200 SXM"], dice.randint(0, 2))
    if entry.values:
        return dice.choice(entry.values)
    if name.endswith(("country", "headquarters", "destination", "origin")):
        return dice.choice(COUNTRIES)
    return dice.choice(TEXTS.get(name, ["a", "b"]))


def rows(law: Law, count: int, seed: int) -> tuple[dict[str, Entry], list[dict[str, Any]]]:
    entries = entries_of(law)
    dice = random.Random(seed)
    made = [{n: value(n, e, dice) for n, e in entries.items()} for _ in range(count)]
    return entries, made


def in_frame(entries: dict[str, Entry], made: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            name: pl.Series([row[name] for row in made], dtype=dtype_of(Type(entry.type)))
            for name, entry in entries.items()
        }
    )


def one_by_one(law: Law, made: list[dict[str, Any]], stage: Stage) -> list[tuple[object, ...]]:
    decider = Decider(law)
    answers = []
    for number, row in enumerate(made):
        facts = {n: tuple(v) if isinstance(v, list) else v for n, v in row.items() if v is not None}
        decision = decider.decide(Case(str(number), facts), stage=stage, reasons=False)
        dormant = {(regime.id, i.id) for regime in law.regimes for i in regime.dormant}
        outcomes = [f.outcome for f in decision.findings if (f.regime, f.item) not in dormant]
        answers.append((decision.verdict, *(g.verdict for g in decision.gates), *outcomes))
    return answers


def in_columns(law: Law, frame: pl.DataFrame, stage: Stage) -> pl.DataFrame:
    sure = [name for name in frame.columns if frame[name].null_count() == 0]
    compiled = FrameLaw(law, stage, frame.columns, sure)
    named = compiled.named(compiled.decided(frame.lazy()))
    return named.drop("because").collect()


@pytest.mark.parametrize("stage", STAGES)
def test_r6_each_row_is_decided_as_the_case_is(stage: Stage) -> None:
    law = library().law(DAY)
    entries, made = rows(law, 300, seed=STAGES.index(stage))
    found = in_columns(law, in_frame(entries, made), stage)
    assert found.rows() == one_by_one(law, made, stage)


def test_r6_a_million_rows_get_the_verdicts_of_the_scalar_path() -> None:
    law = library().only(["us-advanced-computing", "cn-chip-imports", "cn-customs"]).law(DAY)
    entries, made = rows(law, 3_000, seed=7)
    dice = random.Random(8)
    picks = [dice.randrange(len(made)) for _ in range(1_000_000)]
    many = in_frame(entries, made)[picks]
    found = in_columns(law, many, "allocation")
    assert found.height == 1_000_000
    wanted = pl.DataFrame(one_by_one(law, made, "allocation"), schema=found.columns, orient="row")
    assert found.select(pl.all().cast(pl.String)).equals(wanted[picks])


def test_the_second_verdict_counts_pending_conditions_as_agreed() -> None:
    law = library().only(["cn-chip-imports"]).law(DAY)
    entries, made = rows(law, 400, seed=11)
    frame = in_frame(entries, made)
    compiled = FrameLaw(law, "order", frame.columns, [], agreed=True)
    found = compiled.staged(frame.lazy()).select(compiled.verdict()).collect().to_series()
    decider = Decider(law)
    wanted = []
    for number, row in enumerate(made):
        facts = {n: tuple(v) if isinstance(v, list) else v for n, v in row.items() if v is not None}
        decision = decider.decide(Case(str(number), facts), stage="order", reasons=False)
        wanted.append(("open", "shut", "unknown").index(decision.if_agreed))
    assert found.to_list() == wanted


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("stage", ["application", "order", "shipment"])
def test_laws_after_each_other_take_what_is_alike_and_decide_as_alone(
    stage: Stage, dated: bool
) -> None:
    steps = [dt.date(2022, 10, 7) + dt.timedelta(days=60 * n) for n in range(24)]
    laws = [library().law(day) for day in steps]
    _, made = rows(laws[-1], 80, seed=5)
    for row in made:
        row["transaction.date"] = days(DAY) if dated else None
    frame = in_frame(entries_of(laws[-1]), made)
    sure = ["transaction.date"] if dated else []
    last, taken = None, 0
    for law in laws:
        alone = FrameLaw(law, stage, frame.columns, sure)
        chained = FrameLaw(law, stage, frame.columns, sure, like=last)
        found = [one.decided(frame.lazy()).collect() for one in (alone, chained)]
        assert found[0].equals(found[1]), law.regimes[0].at
        taken += 0 if last is None else len(set(map(id, chained.rules)) & set(map(id, last.rules)))
        last = chained
    assert (taken > 100) == dated  # a law that may ask for its own day is no other day's


def test_a_rule_that_asks_for_listed_parties_is_another_where_the_list_is() -> None:
    listed: list[dict[str, int]] = []
    like = None
    for day in (dt.date(2024, 1, 1), dt.date(2024, 6, 1), dt.date(2025, 2, 1)):
        law = library().law(day)
        like = FrameLaw(law, "order", entries_of(law), ["transaction.date"], like=like)
        listed.append({x.name: id(x) for x in like.rules if x.name.startswith("us-party-lists/")})
    assert listed[0] == listed[1]
    assert listed[0].keys() == listed[2].keys() != set()
    assert not set(listed[0].values()) & set(listed[2].values())  # firms were added in between


def test_another_shape_of_frames_takes_nothing() -> None:
    law = library().law(DAY)
    names = [*entries_of(law)]
    old = FrameLaw(law, "order", names)
    for stage, held, agreed in (
        ("shipment", names, False), ("order", names[1:], False), ("order", names, True),
    ):  # fmt: skip
        new = FrameLaw(law, stage, held, agreed=agreed, like=old)
        assert not set(map(id, new.rules)) & set(map(id, old.rules))
    same = FrameLaw(law, "order", names, like=old)
    assert [id(rule) for rule in same.rules] == [id(rule) for rule in old.rules]


def test_a_file_says_row_and_column_of_each_first_fault(tmp_path: Path) -> None:
    from interlock.files import BadInputError
    from interlock.law.cases.intake import intake
    from interlock.law.cases.tables import read_table

    path = tmp_path / "facts.csv"
    path.write_text(
        "id,product.tpp,order.destination,transaction.kind,product.tp\na,15832,CN,export,1\n"
    )
    frame, header = read_table(str(path))
    with pytest.raises(BadInputError) as caught:
        intake(frame, library().law(DAY), file="facts.csv", header=header)
    assert [str(fault) for fault in caught.value.faults] == [
        "facts.csv:1:5: unknown column 'product.tp'; did you mean 'product.tpp'?"
    ]
    path.write_text(
        "id,product.tpp,order.destination,transaction.kind\n"
        "a,15832,CN,export\n"
        "b,x,CN,exprt\n"
        "c,-1,CN,export\n"
    )
    frame, header = read_table(str(path))
    with pytest.raises(BadInputError) as caught:
        intake(frame, library().law(DAY), file="facts.csv", header=header)
    assert [str(fault) for fault in caught.value.faults] == [
        "facts.csv:3:2: product.tpp: x is no number; write digits and a point",
        "facts.csv:3:4: transaction.kind: exprt is not allowed; "
        "write one of: export, reexport, transfer, import",
        "facts.csv:4:2: product.tpp: -1 is negative; write 0 or more",
    ]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_gets_the_verdicts_of_the_same_cases_as_json_lines(
    tmp_path: Path, suffix: str
) -> None:
    from interlock.cli.main import app

    cases = [
        {
            "id": f"c{number}",
            "product": {"name": name},
            "order": {"destination": destination, "quantity": 8, "data_centre_use": True},
            "transaction": {"kind": "export"},
            "shipment": {"origin": "US"},
            "party": {"headquarters": "CN", "ultimate_parent_country": "CN"},
            "licence": {
                "import": {
                    "issued": issued,
                    "conditions": [{"kind": "data-centre-use", "status": status}],
                },
            },
        }
        for number, (name, destination, issued, status) in enumerate(
            itertools.product(
                ["H200 SXM", "H20", "MI325X"],
                ["CN", "SG"],
                [True, False],
                ["drafted", "agreed", "withdrawn"],
            )
        )
    ]
    lines = tmp_path / "cases.jsonl"
    lines.write_text("\n".join(json.dumps(case) for case in cases))
    table = pl.DataFrame([_flat(case) for case in cases])
    source = tmp_path / f"cases{suffix}"
    table.write_csv(source) if suffix == ".csv" else table.write_parquet(source)
    regime = ROOT / "regimes" / "cn-chip-imports.yaml"
    options = ["--regimes", str(regime), "--at", "2026-01-28", "--format", "json"]
    told = CliRunner().invoke(app, ["decide", str(lines), *options])
    out = tmp_path / f"out{suffix}"
    made = CliRunner().invoke(app, ["decide", str(source), "--out", str(out), *options])
    assert (told.exit_code, made.exit_code) == (1, 1), made.output
    decided = pl.read_csv(out) if suffix == ".csv" else pl.read_parquet(out)
    wanted = [
        (d["id"], d["verdict"], d["if_agreed"]["verdict"], *(g["verdict"] for g in d["gates"]))
        for d in map(json.loads, told.stdout.splitlines())
    ]
    gates = [name for name in decided.columns if name.startswith("gate.")]
    found = decided.select("id", "verdict", "if_agreed", *gates).cast(pl.String)
    assert found.rows() == wanted
    assert {row[1] != row[2] for row in wanted} == {True, False}  # the second verdict tells more
    assert not list(tmp_path.glob(".*"))


def _flat(case: dict[str, Any]) -> dict[str, Any]:
    conditions = case["licence"]["import"]["conditions"]
    flat = {"id": case["id"]}
    for thing in ("product", "order", "transaction", "shipment", "party"):
        flat |= {f"{thing}.{key}": value for key, value in case[thing].items()}
    for gate, licence in case["licence"].items():
        flat |= {f"licence.{gate}.{k}": v for k, v in licence.items() if k != "conditions"}
    kind = conditions[0]["kind"]
    return flat | {f"licence.import.condition.{kind}.status": conditions[0]["status"]}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("r.csv", b"id,product.tpp\na,1\nb,1,2\n", ":3:1: the row has 3 values, the header 2"),
        ("e.csv", b"", ":0:0: cannot be read"),
        ("p.parquet", b"PAR1 no more", ":0:0: cannot be read"),
        ("u.csv", b"id,product.tpp\na,\xff\n", "r"),
    ],
)
def test_a_broken_table_is_refused_and_leaves_nothing(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    from interlock.cli.main import app

    source = tmp_path / name
    source.write_bytes(content)
    options = ["--regimes", str(ROOT / "regimes"), "--at", "2026-01-28"]
    result = CliRunner().invoke(app, ["decide", str(source), *options])
    assert result.exit_code == 2, result.output
    assert told in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]
