"""Small scenarios for tests: one text with what all share, and what a test changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from interlock.lab.compiling.compile import compile_scenario
from interlock.lab.kernel.state import MEASURES, new_out, new_run
from interlock.lab.kernel.step import play
from interlock.lab.reading.scenario import load

ROOT = Path(__file__).parents[2]

PLAIN_LAW = """
regime: plain
title: A plain regime
authority: office
gate: export
timezone: UTC
visible_to: [public]
rules:
  not-to-nowhere:
    says: Nothing goes to XX.
    stage: [allocation]
    require: order.destination != "XX"
    in_force: {from: 2020-01-01}
    assumption: true
"""

HEAD = """
scenario: small
title: A small scenario
start: 2026-01-01
end: 2026-07-02
step: P1D
regimes: [law.yaml]
exporter: {id: maker}
case: {order: {destination: CN}}
products: {chip: {name: H200 SXM, assumption: true}}
firms:
  north: {name: North, assumption: true}
  south: {name: South, assumption: true}
"""

STOCK = """
accounts:
  stock:
    says: No more than there is.
    per: [product]
    unit: chip
    credit: {on: stock.received, amount: quantity}
    draw: {reserve: allocation, post: shipment, factor: 1}
    restored_by: [returned_to_exporter]
    in_force: {from: 2020-01-01}
    assumption: true
"""

QUOTA = """
  quota:
    says: What a licence grants.
    per: [licence]
    unit: chip
    credit: {on: licence.issued, amount: licence.quantity}
    draw: {reserve: allocation, post: entry, factor: 1}
    in_force: {from: 2020-01-01}
    assumption: true
"""
"""Comes after `STOCK`."""


def write(folder: Path, scenario: str, law: str = PLAIN_LAW) -> Path:
    """A scenario file and its law in a folder."""
    (folder / "law.yaml").write_text(law, encoding="utf-8")
    path = folder / "scenario.yaml"
    path.write_text(scenario, encoding="utf-8")
    return path


def traced(path: Path, *, seed: int = 1, number: int = 0):
    """One run: what was compiled, its results, every account's counters by step, its state."""
    compiled = compile_scenario(load(path))
    core, world = compiled.plan
    run, side = new_run(compiled.plan, 20_000)
    out = new_out(compiled.plan, 1)
    kept = np.zeros((compiled.scenario.steps, len(compiled.accounts), 4), np.int64)
    assert play(core, world, run, side, out, seed, number, kept) == 0
    return compiled, out, kept, run


def of_firm(compiled, out, measure: str, firm: str) -> list[int]:
    """A measure of one firm on each step."""
    mine = [k for k, (one, _) in enumerate(compiled.series) if one == firm]
    return out.steps[0][:, mine, MEASURES.index(measure)].sum(axis=1).tolist()
