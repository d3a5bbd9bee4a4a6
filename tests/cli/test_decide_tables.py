"""R14, R11: tables decided against a book, and for one viewer, as the same cases are one by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from interlock.cli.main import app

ROOT = Path(__file__).parents[2]
ACCOUNTS = """account,headroom,overdue
us-advanced-computing/licence-quantity?licence=L-1,1000,
us-advanced-computing/half-of-domestic-volume?exporter=nvidia&product=NVIDIA H200 SXM,1501,
us-advanced-computing/licence-quantity?licence=L-2,0,
cn-chip-imports/group-quota?licence=G-1,40,
"""
CASES: list[dict[str, Any]] = [
    {
        "id": f"c{number}",
        "product": {"name": "H200"},
        "order": {"destination": destination, "quantity": 8, "prohibited_end_use": False},
        "transaction": {"kind": "export"},
        "shipment": {"origin": "US"},
        "exporter": {"id": "nvidia"},
        "buyer": {"id": "b-1", "name": "Byte"},
        "licence": {
            "export": {"id": licence, "issued": True, "issued_on": "2026-01-20", "quantity": 1000},
            "import": {"id": "G-1", "issued": True},
        },
    }
    for number, (destination, licence) in enumerate(
        (d, one) for d in ("CN", "US") for one in ("L-1", "L-2", "L-3")
    )
]


def flat(case: dict[str, Any], before: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in case.items():
        name = f"{before}{key}"
        out |= flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return out


def run(*args: str, env: dict[str, str] | None = None) -> Any:
    options = ("--at", "2026-01-28", "--regimes", str(ROOT / "regimes"), "--format", "json")
    return CliRunner().invoke(app, ["decide", *args, *options], env=env or {"DATABASE_URL": ""})


@pytest.fixture
def given(tmp_path: Path) -> tuple[Path, Path, Path]:
    lines, table, accounts = (tmp_path / name for name in ("c.jsonl", "c.csv", "a.csv"))
    lines.write_text("\n".join(json.dumps(case) for case in CASES))
    pl.DataFrame([flat(case) for case in CASES]).write_csv(table)
    accounts.write_text(ACCOUNTS)
    return lines, table, accounts


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_r14_a_table_gets_the_greatest_quantities_of_the_same_cases(
    given: tuple[Path, Path, Path], tmp_path: Path, suffix: str
) -> None:
    lines, table, accounts = given
    out = tmp_path / f"out.{suffix}"
    told = run(str(lines), "--accounts", str(accounts))
    made = run(str(table), "--accounts", str(accounts), "--out", str(out))
    assert (told.exit_code, made.exit_code) == (1, 1), made.output
    rows = (pl.read_csv(out) if suffix == "csv" else pl.read_parquet(out)).rows(named=True)
    decisions = [json.loads(line) for line in told.stdout.splitlines()]
    for row, one in zip(rows, decisions, strict=True):
        for key in ("id", "verdict", "max_quantity", "max_quantity_reason"):
            assert row[key] == one[key]
        assert row["if_agreed"] == one["if_agreed"]["verdict"]
        assert all(row[f"gate.{gate['gate']}"] == gate["verdict"] for gate in one["gates"])
        found = {f"{f['regime']}/{f['rule']}": f["outcome"] for f in one["findings"]}
        assert all(found[name] == row[name] for name in row if name in found)
    outcomes = [row["us-advanced-computing/licence-quantity"] for row in rows[:3]]
    assert outcomes == ["pass", "fail", "unknown"]  # room, none, and an account not in the book
    assert [row["max_quantity"] for row in rows[:2]] == [None, 0]


def test_r14_the_greatest_quantity_of_a_table_by_one_regime(
    given: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    _, table, accounts = given
    out = tmp_path / "out.parquet"
    regime = str(ROOT / "regimes" / "us-advanced-computing.yaml")
    options = ("--regimes", regime, "--accounts", str(accounts), "--out", str(out))
    arguments = ["decide", str(table), "--at", "2026-01-28", *options]
    assert CliRunner().invoke(app, arguments).exit_code == 1
    assert pl.read_parquet(out)["max_quantity"].to_list() == [750, 0, None, None, None, None]


def test_r11_a_table_as_a_viewer_tells_what_json_lines_tell(
    given: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    lines, table, accounts = given
    for viewer in ("public", "holder", "officer:import"):
        out = tmp_path / f"{viewer.partition(':')[0]}.parquet"
        with_book = ("--accounts", str(accounts), "--as", viewer)
        told = run(str(lines), *with_book)
        assert run(str(table), *with_book, "--out", str(out)).exit_code == 1
        frame = pl.read_parquet(out)
        for row, line in zip(frame.rows(named=True), told.stdout.splitlines(), strict=True):
            one = json.loads(line)
            for key in ("verdict", "max_quantity", "max_quantity_reason"):
                assert row[key] == one[key]
        assert ("cn-chip-imports/group-quota" in frame.columns) is (viewer != "public")


def test_r14_a_table_is_refused_with_a_faulty_book_and_nothing_is_written(
    given: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    _, table, accounts = given
    accounts.write_text("account,headroom\nx,many\n")
    out = tmp_path / "out.csv"
    result = run(str(table), "--accounts", str(accounts), "--out", str(out))
    assert result.exit_code == 2
    assert "a.csv:2:3: 'many' is no number" in result.stderr
    missing = run(str(table), "--out", str(out), env={"DATABASE_URL": "sqlite:///nowhere.db"})
    assert missing.exit_code == 2
    assert "there is no such file" in missing.stderr
    assert not out.exists()


def test_a_table_with_faults_tells_them_all_in_one_pass(tmp_path: Path) -> None:
    """`cn` and `China` once named no country of the law and came out as open."""
    table = tmp_path / "t.csv"
    table.write_text(
        "id,product.tpp,order.destination,party.ultimate_parent_country,order.quanttiy\n"
        "a,x,CN,CN,1\n"
        "b,-5,cn,China,1\n"
        "c,1e40,CN,,1\n"
    )
    out = tmp_path / "out.csv"
    result = run(str(table), "--out", str(out))
    assert result.exit_code == 2
    assert not out.exists()
    country = "is no country code; write its two letters (ISO 3166), e.g. CN"
    assert result.stderr.splitlines() == [
        f"{table}:1:5: unknown column 'order.quanttiy'; did you mean 'order.quantity'?",
        f"{table}:2:2: product.tpp: x is no number; write digits and a point",
        f"{table}:3:2: product.tpp: -5 is negative; write 0 or more",
        f"{table}:3:3: order.destination: cn {country}",
        f"{table}:3:4: party.ultimate_parent_country: China {country}",
        f"{table}:4:2: product.tpp: 1e40 is out of range; write at most 1,000,000,000",
    ]


def test_an_unknown_product_of_a_table_is_named_at_its_row(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("id,order.destination,product.name\na,CN,H200 SXM\nb,CN,H2000\n")
    result = run(str(table), "--out", str(tmp_path / "out.csv"))
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{table}:3:3: unknown product 'H2000'; write NVIDIA H200 SXM, ")


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("id,product.tpp,order.destination,product.tpp\na,1,CN,2\n")
    result = run(str(table), "--out", str(tmp_path / "out.csv"))
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"{table}:1:4: the column 'product.tpp' stands twice (first in column 2); keep one of them"
    ]


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("licence.export.issued_on", "2026-2-1", "is no date; write YYYY-MM-DD"),
        ("id", "a\x00b", "holds a control character; take the character out"),
        ("buyer.name", "a\x07b", "holds a control character; take the character out"),
    ],
)
def test_days_and_texts_of_a_table_are_as_written_or_refused_with_row_and_column(
    tmp_path: Path, column: str, value: str, fault: str
) -> None:
    rows = [flat(case) for case in CASES[:3]]
    rows[1][column] = value
    table = tmp_path / "c.parquet"
    pl.DataFrame(rows).write_parquet(table)
    done = run(str(table))
    place = f"c.parquet:2:{list(rows[0]).index(column) + 1}: {column}: {value} {fault}"
    assert (done.exit_code, place in done.stderr) == (2, True), done.stderr
