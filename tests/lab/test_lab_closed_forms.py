"""The lab against what can be worked out: numbers, conversion, a ratio, a queue, conservation."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_kit import HEAD, PLAIN_LAW, QUOTA, ROOT, STOCK, write

from interlock.lab import simulate
from interlock.lab.kernel.random import normal_of, philox


def test_philox_gives_the_published_numbers() -> None:
    """The known answers of Random123 for philox4x32-10."""
    zero = [int(x) for x in philox(0, 0, 0, 0, 0, 0)]
    assert zero == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    ones = [int(x) for x in philox(*[0xFFFFFFFF] * 6)]
    assert ones == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    pi = [
        int(x)
        for x in philox(0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)
    ]
    assert pi == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


@pytest.mark.parametrize("p", [1e-9, 0.001, 0.05, 0.3, 0.5, 0.6, 0.95, 0.9999])
def test_the_normal_quantile_inverts_the_normal_distribution(p) -> None:
    assert 0.5 * math.erfc(-normal_of(p) / math.sqrt(2)) == pytest.approx(p, rel=1e-12)


def played(tmp_path, text: str, law: str = PLAIN_LAW + STOCK, **options):
    return simulate(write(tmp_path, HEAD + text, law), **options)


PLENTY = (
    "supply: {all: {event: stock.received, product: chip, quantity: 1000000, assumption: true}}\n"
)
FIRST = "sharing: {rule: first-come, assumption: true}\n"


def test_conversion_is_binomial(tmp_path) -> None:
    text = (
        "demand: {north: {firm: north, product: chip, lines: 50, size: 1, assumption: true}}\n"
        "behaviour: {orders: 0.3, assumption: true}\n"
    )
    got = played(tmp_path, text + PLENTY + FIRST, runs=4000).by_run["delivered"].to_numpy()
    assert got.mean() == pytest.approx(15, abs=4 * math.sqrt(50 * 0.21 / 4000))
    assert got.var() == pytest.approx(50 * 0.21, rel=0.1)


def test_a_ratio_lets_in_what_was_bought_at_home_and_what_may_be_owed(tmp_path) -> None:
    """Two domestic chips for each import, 300 bought, 100 may be owed: (300 + 100) / 2 come in."""
    law = (
        PLAIN_LAW
        + STOCK
        + """
  ratio:
    says: Two for one.
    per: [buyer]
    unit: domestic-chip
    credit: {on: import.accepted, amount: quantity}
    draw: {reserve: allocation, post: entry, factor: 2}
    may_owe: {amount: 100, within: P900D}
    in_force: {from: 2020-01-01}
    assumption: true
"""
    )
    text = (
        "demand: {north: {firm: north, product: chip, lines: 5, size: 90, assumption: true}}\n"
        "supply:\n"
        "  all: {event: stock.received, product: chip, quantity: 1000, assumption: true}\n"
        "  home: {event: import.accepted, product: chip, quantity: 300,"
        " case: {buyer: {id: north}}, assumption: true}\n"
    )
    assert played(tmp_path, text + FIRST, law, runs=2).by_run["delivered"].to_list() == [200, 200]


def test_a_queue_at_one_gate_waits_as_long_as_queueing_theory_says(tmp_path) -> None:
    """One unit a line, Poisson arrivals, one unit served a day: M/D/1, with its mean wait.

    A line that comes during a day is served at its step or later, so whole days are waited: the
    mean queue of M/D/1 in discrete time is rho^2 / (2 (1 - rho)), and by Little's law the mean
    wait is that over rho.
    """
    rho = 0.8
    law = (
        PLAIN_LAW
        + STOCK.replace("    restored_by: [returned_to_exporter]\n", "")
        + """
  day:
    says: One a day.
    per: []
    unit: chip
    credit: {on: period.opened, amount: "1"}
    draw: {reserve: allocation, post: allocation, factor: 1}
    period: {each: day, carry_over: false}
    in_force: {from: 2020-01-01}
    assumption: true
"""
    )
    demand = (
        "demand: {north: {firm: north, product: chip, per_year: "
        f"{rho * 365.25}, size: 1, assumption: true}}}}\n"
    )
    head = HEAD.replace("2026-07-02", "2031-01-01")
    results = simulate(write(tmp_path, head + demand + PLENTY + FIRST, law), runs=150)
    steady = results.paths.filter(pl.col("step") > 400).collect()
    waiting = steady.group_by("run").agg(pl.col("waiting").mean())["waiting"].to_numpy()
    wanted = rho**2 / (2 * (1 - rho))
    error = waiting.std() / math.sqrt(len(waiting))
    assert error < 0.05 * wanted
    assert abs(waiting.mean() - wanted) < 4 * error


@settings(max_examples=15, deadline=None)
@given(
    rule=st.sampled_from(["first-come", "proportional", "cea", "weighted", "cel", "talmud"]),
    stock=st.integers(0, 900),
    lot=st.integers(1, 9),
    seed=st.integers(0, 10_000),
    returns=st.sampled_from([0, 0.4]),
)
def test_units_are_neither_made_nor_lost(tmp_path_factory, rule, stock, lot, seed, returns) -> None:
    text = (
        HEAD.replace("H200 SXM,", f"H200 SXM, lot: {lot},") + "demand:\n"
        "  a: {firm: north, product: chip, lines: 20, until: 2026-03-01,"
        " size: {uniform: {from: 1, to: 60}}, patience: 70, assumption: true}\n"
        "  b: {firm: south, product: chip, per_year: 60, size: 31, assumption: true}\n"
        "supply:\n"
        f"  first: {{event: stock.received, product: chip, quantity: {stock}, assumption: true}}\n"
        "  more: {event: stock.received, product: chip, every: P9D, quantity: 40,"
        " assumption: true}\n"
        f"behaviour: {{lead_days: 12, transit_days: 5, returns: {returns}, return_days: 9,"
        " assumption: true}\n"
        f"sharing: {{rule: {rule}, expires: P10D, assumption: true}}\n"
    )
    path = write(tmp_path_factory.mktemp("kept"), text, PLAIN_LAW + STOCK)
    results = simulate(path, runs=3, seed=seed)
    for row in results.by_run.iter_rows(named=True):
        assert row["asked"] == row["allocated"] + row["waiting"] + row["cancelled"]
        assert row["allocated"] == row["delivered"] + row["held"]
        assert row["delivered"] % lot == 0
    stock_left = results.scan("accounts").collect()
    pending = stock_left["credited"] - stock_left["used"] - stock_left["left"]
    assert (stock_left["left"] >= 0).all()
    assert (pending >= 0).all()
    assert (pending <= results.by_run["held"]).all()


@pytest.mark.parametrize(
    ("limit", "comes"),
    [
        ("stock: 300", 300),  # what there was is used until it is gone
        ("stock: 300, stored: true", 300),
        ("per_year: 365.25", 7 * 52),  # one a day, seven a week of the ten that are asked
        ("per_year: 365.25, stock: 100", 7 * 52 + 100),
        ("per_year: 1461", 10 * 52),  # more than is asked, and what is left over goes
    ],
)
def test_inputs_of_domestic_chips_last_as_long_as_they_do(tmp_path, limit, comes) -> None:
    """Ten imported chips are asked a week, each of which wants one chip bought at home."""
    text = (ROOT / "scenarios/validation/ratio.yaml").read_text(encoding="utf-8")
    changes = {
        "../laws/ratio.yaml": str(ROOT / "scenarios/laws/ratio.yaml"),
        "per_import: 0": "per_import: 1", "lines: 1, size: 2000": "every: P7D, size: 10",
        "stock: 600": limit,
    }  # fmt: skip
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "inputs.yaml"
    path.write_text(text, encoding="utf-8")
    assert simulate(path, runs=1).by_run["domestic"].to_list() == [comes]


def test_a_firm_with_two_licences_uses_both_in_one_sharing(tmp_path) -> None:
    """What is left on the first, and the rest on the next: 103 and 200 on one day, not in two."""
    law = PLAIN_LAW.replace("gate: export", "gate: import") + STOCK + QUOTA
    text = (
        "demand: {north: {firm: north, product: chip, lines: 2, size: 250, assumption: true}}\n"
        "licences:\n"
        "  one: {gate: import, firms: [north], quantity: 103, assumption: true}\n"
        "  two: {gate: import, firms: [north], quantity: 200, after: 1, assumption: true}\n"
        "sharing: {rule: proportional, every: P7D, assumption: true}\n"
    )
    path = write(tmp_path, HEAD + text + PLENTY, law)
    results = simulate(path, runs=1)
    assert results.compiled.problems == ()  # without a licence nothing draws, as it should be
    allocated = results.paths.collect()["allocated"].to_list()
    assert allocated[0] == 103
    assert allocated[7] == 200
    path = write(tmp_path, HEAD + text.replace("after: 1, ", "") + PLENTY, law)
    results = simulate(path, runs=1)
    allocated = results.paths.collect()["allocated"].to_list()
    assert allocated[0] == 303
