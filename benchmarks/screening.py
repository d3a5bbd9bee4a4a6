"""Screening: how well names are told apart, and what one name costs against lists of two sizes.

The pairs are nomenklatura's open set (tests/screening/data/NOTICE.md); the peer figure is what its
own matcher "logic-v2" (4.17.4) reached on them at the same threshold, taken over as a number. The
lists are made of parts of those names, so that names crowd under the same keys as on real lists.
"""

from __future__ import annotations

import csv
import random
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

from benchmarks.row import Row
from interlock.files import Place
from interlock.screening import (
    THRESHOLD,
    ListedParty,
    Party,
    ScreeningIndex,
    ScreeningList,
    screen,
    warm_up,
)

PAIRS = Path(__file__).parents[1] / "tests/screening/data/name_pairs.csv"
TYPES = {
    "Person": "person",
    "Company": "company",
    "Organization": "organisation",
    "LegalEntity": "",
    "Vessel": "vessel",
}
PEER_F1 = 0.796
DAY = date(2026, 1, 28)


class Counted(NamedTuple):
    """Pairs at a threshold: found rightly, found wrongly, missed, left out rightly."""

    hits: int
    false_hits: int
    misses: int
    rest: int

    @property
    def f1(self) -> float:
        return 2 * self.hits / (2 * self.hits + self.false_hits + self.misses)


def pairs() -> list[dict[str, str]]:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def listed(name: str, kind: str, number: int) -> ListedParty:
    return ListedParty(
        f"e{number}", name, (), TYPES[kind], (), {}, DAY, DAY, None, "bench", Place("bench")
    )


def measure(rows: list[dict[str, str]], threshold: float = THRESHOLD) -> Counted:
    """Each pair by the whole screening: the second name alone on a list, the first one screened."""
    counts = {(match, hit): 0 for match in (True, False) for hit in (True, False)}
    for row in rows:
        entry = listed(row["name2"], row["schema"], 0)
        index = ScreeningIndex([ScreeningList("bench", "", (entry,))])
        party = Party(row["name1"], type=TYPES[row["schema"]])
        found = screen(party, index, at=DAY, known=DAY, threshold=threshold)
        counts[row["is_match"] == "true", bool(found.matches)] += 1
    return Counted(
        counts[True, True], counts[False, True], counts[True, False], counts[False, False]
    )


def crowd(rows: list[dict[str, str]], size: int) -> list[ListedParty]:
    """Made-up parties whose names are parts of the pairs' names, mixed (seed 7)."""
    chance = random.Random(7)
    parts: dict[str, list[str]] = {}
    for row in rows:
        parts.setdefault(row["schema"], []).extend(row["name2"].split())
    found = []
    for number in range(size):
        kind = chance.choice(["Person", "Company"])
        name = " ".join(chance.choices(parts[kind], k=chance.randint(2, 4)))
        found.append(listed(name, kind, number))
    return found


def cost(rows: list[dict[str, str]], size: int, asked: int) -> tuple[float, float]:
    """Seconds to make a list of `size` names ready, and for each of `asked` names to screen."""
    names = [Party(row["name1"], type=TYPES[row["schema"]]) for row in rows[:asked]]
    entries = tuple(crowd(rows, size))
    start = time.perf_counter()
    index = ScreeningIndex([ScreeningList("bench", "", entries)])
    ready = time.perf_counter() - start
    start = time.perf_counter()
    for party in names:
        screen(party, index, at=DAY, known=DAY)
    return ready, (time.perf_counter() - start) / len(names)


def run(quick: bool) -> list[Row]:
    """F1 of the 826 pairs, and the cost of one name on a list and on one ten times as long."""
    warm_up()
    rows = pairs()
    counted = measure(rows)
    small, large = (500, 5_000) if quick else (3_000, 30_000)
    asked = 100 if quick else 400
    _, short = cost(rows, small, asked)
    ready, long = cost(rows, large, asked)
    return [
        Row(
            part="screening",
            what=f"F1 on {len(rows)} open name pairs at threshold {THRESHOLD}",
            ours=f"{counted.f1:.3f}",
            peer=f"logic-v2 as published: {PEER_F1}",
            ratio=f"{counted.f1 / PEER_F1:.2f}",
            bar="0.79",
            ok=counted.f1 >= 0.79,
        ),
        Row(
            part="screening",
            what=f"one name against {large:,} listed names ({ready / large * 1e3:.2f} ms each to "
            "make ready)",
            ours=f"{long * 1e3:.1f} ms",
            peer=f"against {small:,}: {short * 1e3:.1f} ms",
            ratio=f"{long / short:.1f} times for 10 times the list",
            bar="",
            ok=None,
        ),
    ]


if __name__ == "__main__":
    for line in run(quick=True):
        print(line)
