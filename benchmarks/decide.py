"""Deciding: the compiled law over columns against the same predicates by hand, and case by case
against cel-python."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from benchmarks.row import Row, best_of
from interlock.law.bulk import FrameLaw
from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.decide import Decider
from interlock.law.expr.tree import days
from interlock.law.library import load_regimes

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.law.compiling.compile import Law

ROOT = Path(__file__).parents[1]
DAY = dt.date(2026, 1, 28)
REGIME = "us-advanced-computing"
COUNTRIES = ["CN", "MO", "SG", "DE", "US", "VN"]
STAGE = "shipment"


def the_law() -> Law:
    """The US regime, whole, on the day of the episode."""
    return load_regimes(ROOT / "regimes").only([REGIME]).law(DAY)


def frame(rows: int, seed: int = 1) -> pl.DataFrame:
    """Order lines with every fact that the regime asks for, as the law keeps them."""
    dice = np.random.default_rng(seed)
    today = days(DAY)

    def one_of(options: list[str]) -> pl.Series:
        picked = pl.Series(dice.integers(0, len(options), rows, dtype=np.uint8))
        return picked.cat.to(pl.Enum(options))

    def yes(share: float) -> pl.Series:
        return pl.Series(dice.random(rows, dtype=np.float32) < share)

    def near(low: int, high: int) -> pl.Series:
        return pl.Series(today + dice.integers(low, high, rows))

    return pl.DataFrame(
        {
            "product.tpp": pl.Series(dice.integers(1_000, 60_000, rows) * 10**6),
            "product.performance_density": pl.Series(dice.integers(0, 40, rows) * 10**6),
            "product.dram_bandwidth_gbps": pl.Series(dice.integers(500, 9_000, rows) * 10**6),
            "product.datacentre": yes(0.9),
            "product.us_available_since": near(-1000, 1),
            "product.maker": one_of(["NVIDIA", "AMD"]),
            "product.chips": pl.Series(dice.integers(1, 3, rows)),
            "transaction.kind": one_of(["export", "reexport"]),
            "order.destination": one_of(COUNTRIES),
            "order.prohibited_end_use": yes(0.01),
            "party.headquarters": one_of(COUNTRIES),
            "party.ultimate_parent_country": one_of(COUNTRIES),
            "shipment.origin": one_of(["US", "TW"]),
            "shipment.test.on_file": yes(0.9),
            "shipment.test.lab_country": one_of(["US", "CN"]),
            "shipment.test.independent": yes(0.9),
            "application.us_units_shipped": pl.Series(dice.integers(0, 9, rows)),
            "application.us_supply_sufficient": yes(0.9),
            "authority.review_policy": one_of(["presumption_of_denial"]),
            "statement.us_supply": yes(0.9),
            "statement.thresholds": yes(0.9),
            "statement.end_use": yes(0.9),
            "statement.know_your_customer": yes(0.9),
            "licence.export.issued": yes(0.8),
            "licence.export.suspended": yes(0.01),
            "licence.export.revoked": yes(0.01),
            "licence.export.issued_on": near(-2000, 0),
            "licence.export.valid_from": near(-1000, 30),
            "licence.export.valid_until": near(-30, 1000),
        }
    )


def categories(table: pl.DataFrame) -> dict[str, frozenset[str]]:
    """The texts of each Enum column."""
    return {
        name: frozenset(dtype.categories)
        for name, dtype in table.schema.items()
        if isinstance(dtype, pl.Enum)
    }


def compiled(table: pl.DataFrame, law: Law) -> FrameLaw:
    """The law for frames like this one."""
    return FrameLaw(law, STAGE, table.columns, table.columns, categories=categories(table))


def by_hand(table: pl.LazyFrame) -> pl.LazyFrame:
    """The same ten rules as a good engineer writes them for Polars, from the text of the law.

    It knows what our compiler finds out by itself: no nulls, Enum columns, shared conditions once.
    """
    c = pl.col
    million = 10**6
    d5 = [x for x in COUNTRIES if x in ("CN",)]
    macau_china = ["CN", "MO"]
    today = days(DAY)
    code = pl.UInt8

    def u8(value: int) -> pl.Expr:
        return pl.lit(value, dtype=code)

    def outcome(applies: pl.Expr, require: pl.Expr) -> pl.Expr:
        rest = pl.when(~applies).then(u8(3)).otherwise(u8(0))
        return pl.when(applies & ~require).then(u8(1)).otherwise(rest)

    first = table.with_columns(
        dense=(c("product.tpp") >= 1600 * million)
        & (c("product.performance_density") >= 5_920_000),
        middle=(
            (c("product.tpp") >= 2400 * million) & (c("product.performance_density") >= 1_600_000)
        )
        | ((c("product.tpp") >= 1600 * million) & (c("product.performance_density") >= 3_200_000)),
        high=c("product.tpp") >= 4800 * million,
        embargoed=c("order.destination").is_in(macau_china)
        | c("order.destination").is_in(d5)
        | c("party.headquarters").is_in(macau_china)
        | c("party.ultimate_parent_country").is_in(macau_china),
        below=(c("product.tpp") < 21000 * million)
        & (c("product.dram_bandwidth_gbps") < 6500 * million),
        usable=c("licence.export.issued")
        & ~c("licence.export.suspended")
        & ~c("licence.export.revoked")
        & (c("licence.export.valid_from") <= today)
        & (c("licence.export.valid_until") > today),
    )
    second = first.with_columns(
        a=c("high") | (c("product.datacentre") & c("dense")),
        b=~c("high") & c("product.datacentre") & ~c("dense") & c("middle"),
        scope=(c("order.destination") != "US")
        & (c("embargoed") | c("order.destination").is_in(["VN", "MO", "CN"])),
    )
    third = second.with_columns(
        needed=c("scope") & (c("a") | c("b")),
        nac=c("b") | ~c("product.datacentre"),
        asked=c("below")
        & (c("product.us_available_since") <= days(dt.date(2026, 1, 15)))
        & (c("transaction.kind") == "export")
        & c("order.destination").is_in(macau_china),
    )
    case = c("needed") & ~c("nac") & c("asked")
    settled = c("licence.export.issued")

    def at_application(require: pl.Expr) -> pl.Expr:
        return pl.when(settled & case).then(u8(4)).otherwise(outcome(case, require))

    test = (
        c("shipment.test.on_file")
        & (c("shipment.test.lab_country") == "US")
        & c("shipment.test.independent")
    )
    informed = (
        c("scope")
        & c("embargoed")
        & ~c("a")
        & ~c("b")
        & (c("product.maker") == "NVIDIA")
        & (c("product.dram_bandwidth_gbps") >= 4000 * million)
    )
    rules = third.select(
        r1=outcome(c("needed"), c("usable") | (c("nac") & ~c("embargoed"))),
        r2=outcome(informed, c("usable")),
        r3=outcome(c("needed"), ~c("order.prohibited_end_use")),
        r4=at_application(c("statement.thresholds") & c("below")),
        r5=outcome(case, c("shipment.origin") == "US"),
        r6=at_application(c("statement.us_supply") & c("application.us_supply_sufficient")),
        r7=outcome(case, c("statement.end_use") & ~c("order.prohibited_end_use")),
        r8=at_application(c("statement.know_your_customer")),
        r9=outcome(case, test),
        r10=at_application(c("application.us_units_shipped") >= 0),
    )
    shut = pl.any_horizontal([c(f"r{n}") == 1 for n in range(1, 11)])
    return rules.with_columns(verdict=pl.when(shut).then(u8(1)).otherwise(u8(0)))


def run(quick: bool) -> list[Row]:
    """All lines of this part."""
    rows = 1_000_000 if quick else 10_000_000
    law = the_law()
    table = frame(rows)
    return [
        *_in_memory(table, law, rows),
        _parquet(law, 1_000_000 if quick else 20_000_000),
        _streaming(law, 2_000_000 if quick else 50_000_000),
        *_scalar(law),
    ]


def _in_memory(table: pl.DataFrame, law: Law, rows: int) -> list[Row]:
    ours = compiled(table, law)
    lazy = table.lazy()
    mine_codes, hand_codes = ours.decided(lazy, gates=False).collect(), by_hand(lazy).collect()
    wanted = hand_codes.select("verdict", *(f"r{n}" for n in range(1, 11)))
    assert mine_codes.rename(dict(zip(mine_codes.columns, wanted.columns, strict=True))).equals(
        wanted
    )
    pairs = [
        (
            best_of(1, lambda: ours.decided(lazy, gates=False).collect()),
            best_of(1, lambda: by_hand(lazy).collect()),
        )
        for _ in range(5)
    ]
    mine, theirs = min(a for a, _ in pairs), min(b for _, b in pairs)
    rate = rows / mine / 1e6
    ratio = theirs / mine
    what = f"{REGIME}, {len(ours.rules)} rules, {rows:,} lines in memory"
    return [
        Row(
            "decide",
            what,
            f"{rate:,.0f}M lines/s",
            f"{rows / theirs / 1e6:,.0f}M lines/s, the same rules by hand in Polars",
            f"{ratio:.2f}",
            ">= 0.8",
            ratio >= 0.8,
        ),
        Row(
            "decide",
            "verdict and an outcome for each rule, in memory",
            f"{rate:,.0f}M lines/s",
            "",
            "",
            ">= 50M lines/s",
            rate >= 50,
        ),
    ]


def _parquet(law: Law, rows: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        table = frame(rows)
        table.write_parquet(source, compression="lz4", row_group_size=1_000_000)
        ours = compiled(table, law)
        del table

        def work() -> None:
            named = ours.named(ours.decided(pl.scan_parquet(source)))
            named.sink_parquet(target, compression="lz4", statistics=False)

        seconds = best_of(3, work)
    rate = rows / seconds / 1e6
    return Row(
        "decide",
        f"Parquet to Parquet with reasons, {rows:,} lines",
        f"{rate:,.1f}M lines/s",
        "",
        "",
        ">= 10M lines/s",
        rate >= 10,
    )


_CHILD = """
import sys, polars as pl
from benchmarks.decide import compiled, frame, the_law
ours = compiled(frame(1_000), the_law())
named = ours.named(ours.decided(pl.scan_parquet(sys.argv[1])))
named.sink_parquet(sys.argv[2], compression="lz4", statistics=False)
# Not getrusage: its figure starts from the memory of the process that forked this one.
status = open("/proc/self/status").read()
print(status.partition("VmHWM:")[2].split()[0])
"""


def _streaming(law: Law, rows: int) -> Row:  # noqa: ARG001 - the child compiles its own
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "in"
        files.mkdir()
        part = min(rows, 10_000_000)
        for number in range(rows // part):
            frame(part, number).write_parquet(
                files / f"{number}.parquet", compression="lz4", row_group_size=500_000
            )
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, str(files / "*.parquet"), str(Path(folder) / "out")],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        seconds = time.perf_counter() - start
    gigabytes = int(done.stdout) / 2**20
    return Row(
        "decide",
        f"most memory for {rows:,} lines, Parquet to Parquet in streaming",
        f"{gigabytes:.2f} GiB ({rows / seconds / 1e6:,.1f}M lines/s)",
        "",
        "",
        "< 1.5 GiB",
        gigabytes < 1.5,
    )


EXPRESSION = (
    "product.tpp < 21000.0 && product.dram_bandwidth_gbps < 6500.0 "
    '&& order.destination in ["CN", "MO"] && shipment.origin == "US" '
    "&& shipment.test.on_file && shipment.test.independent"
)


def _scalar(law: Law) -> list[Row]:
    regime = f"""
regime: bench
title: one expression
authority: bench
gate: export
timezone: UTC
rules:
  the-rule:
    says: The expression.
    stage: order
    require: {json.dumps(EXPRESSION)}
    assumption: true
"""
    facts: dict[str, Any] = {
        "product": {"tpp": 15832, "dram_bandwidth_gbps": 4800},
        "order": {"destination": "CN"},
        "shipment": {"origin": "US", "test": {"on_file": True, "independent": True}},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        path.write_text(regime)
        library = load_regimes(path)
    one = library.law(DAY)
    reader = CaseReader(library.checked, one.vocabulary)
    case = reader.read(facts)
    decider = Decider(one, library.claims)
    mine = _each(lambda: decider.decide(case))
    theirs = _each(_cel(facts), times=300)
    whole = Decider(law)
    big = CaseReader(law.checked, law.vocabulary).read({**facts, "product": {"name": "H200 SXM"}})
    full = _each(lambda: whole.decide(big), times=300)
    plain = _each(lambda: whole.decide(big, reasons=False), times=1000)
    return [
        Row(
            "decide",
            "one expression, one case, a whole decision with reasons",
            f"{mine * 1e6:,.0f} us",
            f"{theirs * 1e6:,.0f} us, cel-python, the value alone",
            f"{theirs / mine:.1f}",
            ">= 10",
            theirs / mine >= 10,
        ),
        Row(
            "decide",
            f"{REGIME} whole, one case, with reasons and changes",
            f"{full * 1e6:,.0f} us",
            f"{plain * 1e6:,.0f} us without them",
            "",
            "",
            None,
        ),
    ]


def _cel(facts: dict[str, Any]) -> Callable[[], object]:
    import celpy

    environment = celpy.Environment()
    program = environment.program(environment.compile(EXPRESSION))
    given = {name: celpy.json_to_cel(value) for name, value in facts.items()}
    given["product"] = celpy.json_to_cel({"tpp": 15832.0, "dram_bandwidth_gbps": 4800.0})
    assert program.evaluate(given)
    return lambda: program.evaluate(given)


def _each(work: Callable[[], object], times: int = 2000) -> float:
    def many() -> None:
        for _ in range(times):
            work()

    many()
    return best_of(3, many) / times
