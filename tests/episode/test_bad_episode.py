"""A broken episode is refused whole, with the fault of each broken line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from interlock.episode import load
from interlock.files import BadInputError

FOLDER = Path(__file__).parents[2] / "episodes" / "h200"

# file, text, replaced by, and the fault that must come of it (line:column at the end of the place)
BROKEN = [
    ("episode.yaml", "as_of: 2026-01-28", "as_of: soon", "3:8: 'as_of' is a text, not a date"),
    ("episode.yaml", "claims: claims.yaml", "claims: none.yaml", "none.yaml:0:0: cannot be read"),
    ("episode.yaml", "title: NVIDIA", "titel: NVIDIA", "2:1: unknown key 'titel'; did you mean"),
    ("products.yaml", "name: H200 SXM ", "name: H100 ", "3:11: 'H100' may mean 3 products"),
    ("products.yaml", "claims: [price-27k]", "note: free", "a unit price rests on nothing"),
    (
        "parties.yaml",
        "headquarters: US",
        "headquarters: USA",
        "'USA' is no name for 'headquarters'",
    ),
    ("parties.yaml", "id: alibaba", "id: bytedance", "the id 'bytedance' is taken (line 5)"),
    ("parties.yaml", "party: ymtc", "party: ymct", "no party 'ymct'; did you mean 'ymtc'?"),
    ("parties.yaml", "share: 0.30", "share: 30", "the share '30'; write a part of 1"),
    ("parties.yaml", "share: 0.30", "share: 0.80", "the owners hold 1.05 of 1; let the shares"),
    ("parties.yaml", ", source: public-record}", "}", "a party rests on nothing; name `source:`"),
    ("parties.yaml", "source: public-record", "source: public", "no source 'public'; did you mean"),
    ("licences.yaml", "holders: [nvidia]", "holders: [nvidea]", "no party 'nvidea'; did you mean"),
    (
        "licences.yaml",
        "gate: export",
        "gate: exprot",
        "'exprot' is no 'gate'; did you mean 'export'?",
    ),
    (
        "licences.yaml",
        "    issued_on: 2026-01-26\n",
        "",
        "issued without a date; write `issued_on:`",
    ),
    (
        "licences.yaml",
        "valid_until: 2030-01-26",
        "valid_until: 2026-01-26",
        "ends before it starts",
    ),
    (
        "licences.yaml",
        "exactly: 200000",
        "exactly: 0.5",
        "a quantity of 0.5 chip; write whole units",
    ),
    ("licences.yaml", "status: proposed", "status: maybe", "'maybe' is no 'status'; write one of"),
    ("licences.yaml", "claims: [ratio-proposed,", "claims: [ratio,", "no claim 'ratio'"),
    ("licences.yaml", "{exactly: 1, assumption: true,", "{exactly: 1,", "rests on nothing; name"),
    ("licences.yaml", "variants: [group]", "variants: [groop]", "no variant 'groop'; did you mean"),
    (
        "licences.yaml",
        "licences: [cn-import-bytedance,",
        "licences: [cn-import-byte,",
        "no licence 'cn",
    ),
    ("statements.yaml", "for: [bytedance]", "for: [bytedanse]", "no party 'bytedanse'; did you"),
    ("statements.yaml", "valid_until: 2026-07-27", "valid_until: 2026-01-27", "ends before it was"),
    (
        "orders.csv",
        "order-001,bytedance",
        "order-001,bytedence",
        "orders.csv:2:11: no party 'bytedence'",
    ),
    ("facts.yaml", "order.truly_needed", "order.quantity", "'order.quantity' is stated elsewhere"),
    ("facts.yaml", "order.truly_needed", "needed", "'needed' is no name for 'name'; write a voc"),
    ("facts.yaml", "{exactly: false, assumption: true}", "{exactly: false}", "rests on nothing"),
    ("orders.csv", "order-023", "order-001", "orders.csv:3:1: 'order-001' stands twice; keep one"),
    (
        "orders.csv",
        ",8000,2025-12-09",
        ",0,2025-12-09",
        "orders.csv:2:61: 'quantity' is 0",
    ),
    (
        "orders.csv",
        ",8000,2025-12-09",
        ",8000.5,2025-12-09",
        "not a whole number; write whole units",
    ),
    ("orders.csv", "2025-12-09", "2025-13-09", "orders.csv:2:66: '2025-13-09' is no date"),
    ("orders.csv", ",CN,US,training", ",China,US,training", "'China' is no country; write two"),
    (
        "orders.csv",
        "claim:orders-2m",
        "claim:orders",
        "no claim 'orders'; did you mean 'orders-2m'?",
    ),
    ("orders.csv", "assumption claim:orders-2m", "", "the row rests on nothing; write assumption"),
    ("orders.csv", "h200-sxm", "h20", "orders.csv:2:52: no product 'h20'"),
    ("orders.csv", ",quantity,", ",amount,", "orders.csv:1:1: the column 'quantity' is missing"),
    ("test_reports.csv", "order-001", "order-999", "test_reports.csv:2:1: no order 'order-999'"),
    ("stock.csv", "700000", "-700000", "stock.csv:2:18: 'quantity' is -700000; write 0 or more"),
    ("domestic_shipments.csv", "2024-12-31", "2024-09-30", "is before the first; write the period"),
    ("claims.yaml", "reliability: A", "reliability: X", "'X' is no reliability; write a letter A"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "h200"))


def break_one(folder: Path, name: str, text: str, instead: str) -> None:
    path = folder / name
    whole = path.read_text(encoding="utf-8")
    assert text in whole
    path.write_text(whole.replace(text, instead, 1), encoding="utf-8")


@pytest.mark.parametrize(("name", "text", "instead", "fault"), BROKEN)
def test_one_broken_line_is_named(
    folder: Path, name: str, text: str, instead: str, fault: str
) -> None:
    break_one(folder, name, text, instead)
    with pytest.raises(BadInputError) as caught:
        load(folder)
    assert fault in str(caught.value)
    assert all(each.mend for each in caught.value.faults)


def test_faults_of_all_files_come_in_one_pass(folder: Path) -> None:
    for name, text, instead in (
        ("claims.yaml", "reliability: A", "reliability: X"),
        ("parties.yaml", "share: 0.30", "share: 30"),
        ("statements.yaml", "kind: thresholds", "kind: Thresholds"),
        ("stock.csv", "700000", "many"),
    ):
        break_one(folder, name, text, instead)
    (folder / "test_reports.csv").unlink()
    with pytest.raises(BadInputError) as caught:
        load(folder / "episode.yaml")
    files = [Path(fault.place.file).name for fault in caught.value.faults]
    assert files == [
        "claims.yaml",
        "parties.yaml",
        "statements.yaml",
        "stock.csv",
        "test_reports.csv",
    ]


def test_no_folder_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as caught:
        load(tmp_path)
    (fault,) = caught.value.faults
    assert fault.wrong.startswith("cannot be read")
