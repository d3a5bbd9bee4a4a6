"""Replay: a million past decisions under another law, against deciding them by it and no more."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from benchmarks.decide import categories, frame
from benchmarks.row import Row, best_of
from interlock.law.bulk import FrameLaw
from interlock.law.library import load_regimes
from interlock.replay.history import META, History
from interlock.replay.laws import Laws, proposed
from interlock.replay.rules import compare

if TYPE_CHECKING:
    from interlock.law.library import Library

ROOT = Path(__file__).parents[1]
REGIME = "us-advanced-computing.yaml"
ASKED = 'shipment.test.lab_country == "US"'
FIRST = dt.date(2024, 8, 1)
DAYS = 730


def past(rows: int) -> History:
    """Decisions of two years, in the book's order, with every fact that the regime asks for."""
    facts = frame(rows)
    dice = np.random.default_rng(2)
    days = np.sort(dice.integers(0, DAYS, rows))
    at = pl.Series(np.datetime64(FIRST) + days).cast(pl.Date)
    numbers = pl.Series(np.arange(rows)).cast(pl.String)
    about = {
        "decision": "d-" + numbers, "change": "c-" + numbers,
        "move": pl.Series(["shipment.dispatch"]),
        "thing": "shipment/" + numbers, "order": "o-" + numbers,
        "buyer": "b-" + pl.Series(dice.integers(0, 200, rows)).cast(pl.String),
        "supplier": pl.Series(["s"]), "product": pl.Series(["p"]),
        "units": pl.Series(dice.integers(1, 5000, rows)),
        "stage": pl.Series(["shipment"]), "at": at, "known": at,
        "recorded": pl.Series([None], dtype=pl.String),
    }  # fmt: skip
    full = {
        name: (one.new_from_index(0, rows) if len(one) == 1 else one).cast(META[name])
        for name, one in about.items()
    }
    date = at.cast(pl.Int32).cast(pl.Int64).alias("transaction.date")
    table = pl.DataFrame(full).hstack(facts).with_columns(date)
    places = {name: _places(name) for name in facts.columns}
    return History(table, places)


def _places(name: str) -> int:
    measured = ("tpp", "performance_density", "dram_bandwidth_gbps")
    return 6 if name.endswith(measured) else 0


def other(own: Library, folder: Path) -> Library:
    """The same law but for the laboratory's country: one rule turns."""
    text = (ROOT / "regimes" / REGIME).read_text(encoding="utf-8")
    assert ASKED in text
    (folder / REGIME).write_text(text.replace(ASKED, ASKED.replace("US", "CN")), encoding="utf-8")
    return proposed(own, load_regimes(folder / REGIME))


def bare(history: History, laws: tuple[Laws, ...]) -> None:
    """Decide the same rows by the same laws and no more: verdict and the outcome of each rule."""
    facts = history.decisions.select(history.facts())
    kept = categories(facts)
    for law in laws:
        for group in law.groups(history.decisions):
            ours = FrameLaw(group.law, group.stage, facts.columns, facts.columns, categories=kept)
            ours.decided(group.of(facts).lazy()).collect()


def run(quick: bool) -> list[Row]:
    """All lines of this part."""
    rows = 200_000 if quick else 1_000_000
    own = load_regimes(ROOT / "regimes").only(["us-advanced-computing"])
    with tempfile.TemporaryDirectory() as folder:
        new = other(own, Path(folder))
    history = past(rows)
    found = []
    for name, laws in (
        ("one law each", (Laws(own, on=dt.date(2026, 1, 28)), Laws(new, on=dt.date(2026, 1, 28)))),
        ("the law of each day", (Laws(own), Laws(new))),
    ):
        changed = compare((history, history), laws)
        pairs = [
            (
                best_of(1, lambda laws=laws: compare((history, history), laws)),
                best_of(1, lambda laws=laws: bare(history, laws)),
            )
            for _ in range(5)
        ]
        mine, theirs = min(a for a, _ in pairs), min(b for _, b in pairs)
        ratio = theirs / mine
        share = changed.changed.height / rows
        found.append(
            Row(
                "replay",
                f"{rows:,} past decisions of two years, two laws, {name}: verdicts, what changes "
                f"({share:.1%}) and by which rule",
                f"{mine:.2f} s",
                f"{theirs:.2f} s, columnar decide by both laws alone",
                f"{ratio:.2f}",
                ">= 0.8",
                ratio >= 0.8,
            )
        )
    return found
