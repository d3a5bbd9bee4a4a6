"""The small model as a loop in Numba, written by hand for this one model and nothing else."""

from __future__ import annotations

import numpy as np
from numba import njit

from benchmarks.peers import CHANCE, FIRMS, LINES, WEEKLY, WEEKS


@njit(cache=True)
def play(seed, runs, delivered, waited):  # type: ignore[no-untyped-def]
    """Play runs into delivered int64[runs, WEEKS, FIRMS] and waited int64[runs]."""
    np.random.seed(seed)
    week, order = np.empty(LINES, np.int64), np.empty(LINES, np.int64)
    units, wanted = np.empty(LINES, np.int64), np.empty(LINES, np.bool_)
    first = np.empty(WEEKS + 1, np.int64)
    for r in range(runs):
        first[:] = 0
        for i in range(LINES):
            week[i] = int(np.random.random() * WEEKS)
            units[i] = np.random.randint(1, 10)
            wanted[i] = np.random.random() < CHANCE
            first[week[i] + 1] += 1
        for t in range(WEEKS):
            first[t + 1] += first[t]
        free = first.copy()
        for i in range(LINES):
            order[free[week[i]]] = i
            free[week[i]] += 1
        stock, head = 0, 0
        for t in range(WEEKS):
            stock += WEEKLY
            while head < first[t + 1] and stock > 0:
                i = order[head]
                if not wanted[i]:
                    head += 1
                    continue
                give = min(units[i], stock)
                stock -= give
                units[i] -= give
                due = t + np.random.randint(1, 5)
                if due < WEEKS:
                    delivered[r, due, i % FIRMS] += give
                    waited[r] += give * (due - week[i])
                if units[i] == 0:
                    head += 1
