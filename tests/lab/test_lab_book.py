"""One law: a run with certainty, stepped by the lab, is what the book's ledger holds, unit by unit.

The book's side is `lab_book`: `Decider`, `credits_of`, `share` and `Ledger`, nothing of the lab.
"""

from __future__ import annotations

import pytest
from lab_book import Book
from lab_kit import HEAD, PLAIN_LAW, ROOT, STOCK, of_firm, traced, write

from interlock.lab.reading.scenario import load

DEMAND = """
demand:
  north: {firm: north, product: chip, every: P3D, size: 70, assumption: true}
  south: {firm: south, product: chip, lines: 9, from: 2026-01-05, size: 110, assumption: true}
  late: {firm: north, product: chip, lines: 4, from: 2026-02-20, size: 333, assumption: true}
"""
SUPPLY = """
supply:
  first: {event: stock.received, product: chip, quantity: 400, assumption: true}
  more: {event: stock.received, product: chip, every: P5D, quantity: 60, assumption: true}
"""
DAYS = """
behaviour: {lead_days: 3, transit_days: 4, customs_days: 2, assumption: true}
"""


def account(name: str, terms: str, *, per: str = "[]", on: str = "stock.received") -> str:
    return f"""
  {name}:
    says: {name}.
    per: {per}
    unit: chip
    credit: {{on: {on}, amount: quantity}}
    in_force: {{from: 2020-01-01}}
    assumption: true
{terms}
"""


def post_at(stage: str, factor: str = "1") -> str:
    return f"    draw: {{reserve: allocation, post: {stage}, factor: {factor}}}\n"


WINDOW = STOCK + account("rolling", post_at("shipment") + "    window: P30D\n")
OWED = STOCK + account(
    "owed",
    post_at("entry", "2") + "    may_owe: {amount: 700, within: P40D}\n",
    per="[buyer]",
    on="import.accepted",
)
PERIOD = (
    STOCK
    + """
  monthly:
    says: So many in a month.
    per: []
    unit: chip
    credit: {on: period.opened, amount: "500"}
    draw: {reserve: allocation, post: shipment, factor: 1}
    period: {each: month, carry_over: false}
    in_force: {from: 2020-01-01}
    assumption: true
"""
)
TOLERANCE = STOCK + account(
    "loose", post_at("shipment", "3") + "    tolerance: {share: 0.10, of: grant}\n"
)
PARENT = STOCK + account(
    "part", post_at("entry") + "    parent: {account: whole, factor: 2}\n", per="[buyer]",
    on="import.accepted",
) + account("whole", post_at("entry"), on="domestic_shipment")  # fmt: skip
RETURNED = STOCK + account(
    "rolling-back",
    post_at("shipment") + "    window: P20D\n    restored_by: [returned_to_exporter]\n",
)
OWED_SUPPLY = SUPPLY + "".join(
    f"  {firm}-{n}: {{event: import.accepted, product: chip, every: P{n}D, quantity: {q}, "
    f"case: {{buyer: {{id: {firm}}}}}, assumption: true}}\n"
    for firm, n, q in (("north", 20, 150), ("south", 45, 300))
)
PARENT_SUPPLY = OWED_SUPPLY + (
    "  whole: {event: domestic_shipment, product: chip, quantity: 3000, assumption: true}\n"
)
LATE = STOCK + account(
    "late",
    post_at("entry", "2") + "    restored_by: [returned_to_exporter]\n",
    per="[buyer]",
    on="regime.in_force",
).replace("in_force: {from: 2020-01-01}", "in_force: {from: 2026-02-25}").replace(
    "in_force, amount: quantity", 'in_force, amount: "500"'
)
CASES = {
    "stock": (STOCK, SUPPLY, DAYS),
    "window": (WINDOW, SUPPLY, DAYS),
    "debts": (OWED, OWED_SUPPLY, DAYS),
    "period": (PERIOD, SUPPLY, DAYS),
    "tolerance": (TOLERANCE, SUPPLY, DAYS.replace("lead", "overrun: 0.05, lead")),
    "parent": (PARENT, PARENT_SUPPLY, DAYS),
    "late": (LATE, SUPPLY, DAYS.replace("lead", "returns: 1, return_days: 6, lead")),
    "returns": (RETURNED, SUPPLY, DAYS.replace("lead", "returns: 1, return_days: 6, lead")),
}


@pytest.mark.parametrize("rule", ["first-come", "weighted"])
@pytest.mark.parametrize("name", CASES)
def test_r17_the_lab_steps_accounts_as_the_ledger_holds_them(tmp_path, name, rule) -> None:
    law, supply, days = CASES[name]
    text = HEAD.replace("north: {name: North,", "north: {name: North, tier: 2,")
    text += DEMAND + supply + days + f"sharing: {{rule: {rule}, assumption: true}}\n"
    path = write(tmp_path, text, PLAIN_LAW + law)
    kept = _same(path, busy=name)
    if name == "late":  # five days after it began nothing could have come that reserved on it
        drawn = {"first-come": 228, "weighted": 140}[rule]
        assert kept[60]["plain/late?buyer=north"][2] == drawn


def _same(path, *, busy: str = "") -> list[dict[str, tuple[int, int, int]]]:
    compiled, out, kept, _ = traced(path)
    book = Book(load(path)).play()
    moved = 0
    for step, wanted in enumerate(book.kept):
        found = {
            name: tuple(kept[step, a, :3].tolist())
            for a, name in enumerate(compiled.accounts)
            if kept[step, a, :3].any()
        }
        assert found == wanted, f"step {step}"
        moved += sum(row[2] for row in wanted.values())
    assert moved > 0, busy
    for firm in compiled.scenario.firms:
        for measure in ("asked", "allocated"):
            ours = of_firm(compiled, out, measure, firm)
            theirs = [book.flows[s, firm, measure] for s in range(compiled.scenario.steps)]
            assert ours == theirs
    return book.kept


def test_the_real_regimes_step_as_the_ledger_holds_them(tmp_path) -> None:
    """The H200 law with its ratio, its group quota and its caps, on one certain run."""
    text = (ROOT / "tests/lab/h200_certain.yaml").read_text(encoding="utf-8")
    path = tmp_path / "scenario.yaml"
    path.write_text(text.replace("REGIMES", str(ROOT / "regimes")), encoding="utf-8")
    _same(path)
