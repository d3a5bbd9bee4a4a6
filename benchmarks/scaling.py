"""What a run costs, fitted on small scenarios, and held against larger ones that were not seen.

The model is a sum of parts that the step is made of: something for each run, for each week, for
each queue and week, for each order line, for each leg of an order line, for each account and week.
Coefficients are fitted to the relative error, none below zero; `docs/scaling.md` says what follows.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from benchmarks.row import Row
from interlock.lab import load
from interlock.lab.blocks import Block, play_block, write_block
from interlock.lab.compiling.compile import compile_scenario

BAR_ERROR = 0.35
"""A prediction for a scenario ten times as large is off by no more than this part of it."""

HEAD = """
scenario: scaling
title: As many demands, lines and legs as asked
start: 2026-01-05
end: {end}
step: P7D
regimes: [law.yaml]
exporter: {{id: maker}}
case: {{order: {{destination: CN}}}}
products: {{chip: {{name: H200 SXM, assumption: true}}}}
behaviour: {{orders: 0.7, transit_days: {{uniform: {{from: 0, to: 28}}}}, assumption: true}}
sharing: {{rule: first-come, assumption: true}}
supply:
  weekly: {{event: stock.received, product: chip, every: P7D, quantity: {stock}, assumption: true}}
"""
LAW = """
regime: scaling
title: One stock, and counts that bind nobody
authority: supplier
gate: supply
timezone: UTC
visible_to: [public]
accounts:
"""
ACCOUNT = """
  {name}:
    says: A count.
    per: [{per}]
    unit: chip
    credit: {{on: stock.received, amount: {amount}}}
    draw: {{reserve: allocation, post: shipment, factor: 1}}
    in_force: {{from: 2020-01-01}}
    assumption: true
"""
ENDS = {104: "2028-01-03", 52: "2027-01-04"}


@dataclass(frozen=True)
class Size:
    """A scenario's size; every line draws on `legs` accounts."""

    demands: int
    lines: int
    legs: int = 1
    weeks: int = 104

    def parts(self) -> list[float]:
        """What the cost is a sum of."""
        return [
            1.0, self.weeks, self.weeks * self.demands, self.lines, self.lines * self.legs,
            self.weeks * self.legs,
        ]  # fmt: skip

    def words(self) -> str:
        """For people."""
        return f"{self.lines:,} lines, {self.demands} demands, {self.legs} legs, {self.weeks} weeks"


PARTS = (
    "run", "week", "queue and week", "line", "leg of a line", "account and week",
)  # fmt: skip
SMALL = (
    Size(1, 50), Size(5, 100), Size(5, 400), Size(10, 200), Size(2, 800), Size(5, 400, 3),
    Size(10, 800, 2), Size(5, 200, 5), Size(5, 400, 1, 52), Size(10, 400, 3, 52), Size(20, 400),
    Size(5, 800, 4), Size(40, 800), Size(20, 800, 2),
)  # fmt: skip
LARGE = (Size(5, 8_000), Size(40, 8_000, 4), Size(100, 4_000, 2))


def made(size: Size, folder: Path):
    """A scenario of a size, compiled; stock comes in for nine tenths of what is ordered.

    Weights are of no account to `first-come`: they keep each demand in a queue of its own.
    """
    accounts = [ACCOUNT.format(name="stock", per="product", amount="quantity")]
    for k in range(1, size.legs):
        amount = "1000 * quantity"
        accounts.append(ACCOUNT.format(name=f"count-{k}", per="product", amount=amount))
    each = size.lines // size.demands
    stock = max(1, round(0.9 * 0.7 * 5 * size.lines / size.weeks))
    text = HEAD.format(end=ENDS[size.weeks], stock=stock)
    text += "firms:\n" + "".join(
        f"  f{k}: {{weight: {k + 1}, assumption: true}}\n" for k in range(size.demands)
    )
    text += "demand:\n" + "".join(
        f"  f{k}: {{firm: f{k}, product: chip, lines: {each}, until: {ENDS[size.weeks]}, "
        "size: {uniform: {from: 0.5, to: 9.5}}, assumption: true}\n"
        for k in range(size.demands)
    )
    (folder / "law.yaml").write_text(LAW + "".join(accounts), encoding="utf-8")
    (folder / "scenario.yaml").write_text(text, encoding="utf-8")
    return compile_scenario(load(folder / "scenario.yaml"))


def measured(size: Size, turns: int) -> tuple[float, float, float]:
    """Seconds of one core for each run, of the tables of it, and bytes of those on disk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compiled = made(size, folder)
        runs = max(8, 40_000 // size.lines)
        block = Block(0, 0, runs)
        (folder / "blocks").mkdir()
        best, whole = np.inf, np.inf
        play_block(compiled.plan, 1, block)
        for _ in range(turns):
            begin = time.thread_time()
            play_block(compiled.plan, 1, block)
            best = min(best, (time.thread_time() - begin) / runs)
            begin = time.process_time()
            write_block(compiled.plan, folder, 1, block)
            whole = min(whole, (time.process_time() - begin) / runs)
        size_on_disk = sum(one.stat().st_size for one in (folder / "blocks").glob("*.parquet"))
        return best, max(whole - best, 0.0), size_on_disk / runs


def fitted(sizes: tuple[Size, ...], seconds: list[float]) -> np.ndarray:
    """Coefficients of the parts, seconds each, by least squares of the relative error."""
    table = np.array([size.parts() for size in sizes])
    scaled = table / np.array(seconds)[:, None]
    return nnls(scaled, np.ones(len(sizes)))[0]


def run(quick: bool) -> list[Row]:
    """Fit on the small sizes, predict the large ones, say by how much it was off."""
    turns = 2 if quick else 5
    points = [measured(size, turns) for size in SMALL]
    costs = fitted(SMALL, [one[0] for one in points])
    terms = ", ".join(
        f"{cost * 1e9:,.0f} ns a {part}"
        for part, cost in zip(PARTS, costs, strict=True)
        if cost > 0
    )
    seen = max(
        abs(float(np.dot(size.parts(), costs)) / one[0] - 1)
        for size, one in zip(SMALL, points, strict=True)
    )
    rows = [
        Row("scaling", f"the step on one core, fitted on {len(SMALL)} small sizes", terms,
            "", f"{seen:.0%} off at most, on these", "", None)
    ]  # fmt: skip
    cells = np.array([size.weeks * size.demands for size in SMALL])
    per_cell = float(np.median([one[2] for one in points] / cells))
    table_cell = float(np.median([one[1] for one in points] / cells))
    rows.append(
        Row("scaling", "tables of a run, for each week and series", f"{per_cell:.1f} bytes",
            f"{table_cell * 1e9:,.0f} ns", "", "", None)
    )  # fmt: skip
    for size in LARGE:
        real = measured(size, turns)[0]
        guess = float(np.dot(size.parts(), costs))
        off = guess / real - 1
        rows.append(
            Row(
                "scaling", f"predicted, not seen by the fit: {size.words()}",
                f"{guess * 1e6:,.0f} us a run", f"measured, {real * 1e6:,.0f} us", f"{off:+.0%}",
                f"within {BAR_ERROR:.0%}", abs(off) <= BAR_ERROR,
            )
        )  # fmt: skip
    return rows
