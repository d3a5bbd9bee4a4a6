"""One line of the results table."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Row:
    """What was measured, the figure, what it was measured against, and the bar.

    `ok` is None where the line states a figure without a bar.
    """

    part: str
    what: str
    ours: str
    peer: str
    ratio: str
    bar: str
    ok: bool | None


def best_of(times: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs: the least noisy figure on a shared machine."""
    fastest = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest
