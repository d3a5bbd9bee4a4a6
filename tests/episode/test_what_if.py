"""A proposed version switched on: the cap of 75,000 for each customer."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from interlock.episode import load
from interlock.episode.book import Desk
from interlock.law.library import load_regimes
from interlock.ledger import Ledger

ROOT = Path(__file__).parents[2]
AT = dt.date(2026, 3, 31)  # the cap was reported as proposed in March


def shares(assumed: frozenset[str]) -> Counter[str]:
    episode = load(ROOT / "episodes/h200")
    desk = Desk(
        episode,
        load_regimes(ROOT / "regimes"),
        Ledger(),
        "group",
        AT,
        assumed=assumed,
    )
    desk.load()
    shared = desk.share(desk.decide(reasons=False))
    assert shared is not None
    buyers = {line.id: line.buyer for line in episode.orders}
    found: Counter[str] = Counter()
    pairs = zip(shared.result.problem.orders, shared.result.awarded.tolist(), strict=True)
    for order, awarded in pairs:
        found[buyers[order]] += awarded
    return found


@pytest.mark.parametrize(
    ("assumed", "wanted"),
    [
        (frozenset(), {"bytedance": 157_500, "alibaba": 142_500, "tencent": 100_000}),
        (frozenset({"cap-2026-03"}), dict.fromkeys(("bytedance", "alibaba", "tencent"), 75_000)),
    ],
)
def test_the_proposed_cap_binds_when_it_is_assumed(
    assumed: frozenset[str], wanted: dict[str, int]
) -> None:
    assert shares(assumed) == wanted
