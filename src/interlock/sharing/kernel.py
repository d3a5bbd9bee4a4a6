"""The compiled part: progressive filling over any network of accounts.

How the filling works. For every account keep the level at which it would fill if no further line
froze; freezing a line can only postpone that. So the account with the least such level really is
the next to fill: its lines freeze there, the other accounts they draw are told, and only when one
of those comes to the top of the heap is its level worked out anew, by walking on through its own
sorted list of slope changes. Nothing is ever walked twice: O(nnz) for the walks, one sort of the
slope changes before, and heap work for accounts, not for lines.

An account that could give every line on it the whole rest of its ask can never fill; it is closed
as soon as that is certain, and most of the network drops out early.

How it stays exact. Usage and rate of an account are kept up to date by adding and subtracting, and
that drifts; so no account fills on such a sum alone. Before its lines freeze, usage and rate are
summed anew over its lines, with compensation, and the level comes from those. The same happens
when a rate has fallen to a thousandth, where subtraction would have eaten the digits. So an error
is not carried from one account to the next, only the rounding of the final levels is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interlock.sharing.caching import njit
from interlock.sharing.listing import (
    count,
    count_turns,
    gather,
    list_changes,
    list_legs,
    list_turns,
    order_of,
    reorder,
)

if TYPE_CHECKING:
    from interlock.sharing.problem import Floats, Ints

FULL = -1
USED, RATE, LEVEL, PEAK, ROOM, EXCESS = range(6)
"""What is kept of an account, side by side so that a look costs one cache line.

Use and rate as of a level up to which its slope changes have been applied; the greatest rate since
they were last summed anew; what is available; by how much all that its lines can still have is
above that.
"""
_SNAP = 1e-12
"""An award this close to the ask, relatively, is the ask: the account was just enough."""
_NEVER = 1e300
"""The level of an account that cannot fill."""
_WORN = 1e-3
"""A rate that has fallen to this part of its greatest is summed anew."""
_DOUBT = 1e-12
"""Drift allowed for, relative to all that was ever asked of an account, before it is closed."""


@njit(cache=True, nogil=True)
def _at(i, t, row):  # type: ignore[no-untyped-def]
    """Units and slope of line i just after level t.

    A row holds one path, packed so that a look costs one cache line: the levels of its K + 1
    knots, the units at knots 1..K, the K slopes. Freezing a line sets its last knot to level -1.
    """
    last = row.shape[1] // 3
    if t >= row[i, last]:
        return row[i, 2 * last], 0.0
    for k in range(last - 1, -1, -1):
        if t >= row[i, k]:
            s = row[i, 2 * last + 1 + k]
            below = row[i, last + k] if k > 0 else 0.0
            return below + s * (t - row[i, k]), s
    return 0.0, 0.0


@njit(cache=True, nogil=True)
def _sooner(a, b, key):  # type: ignore[no-untyped-def]
    """Whether account a fills before b: by the exact difference of their levels, then by number."""
    gap = (key[a, 0] - key[b, 0]) + (key[a, 1] - key[b, 1])
    return gap < 0.0 or (gap == 0.0 and a < b)


@njit(cache=True, nogil=True)
def _sift(heap, key, size, hole):  # type: ignore[no-untyped-def]
    """Move the account at `hole` down until its key is in order; ties go by account number."""
    item = heap[hole]
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        right = child + 1
        if right < size and _sooner(heap[right], heap[child], key):
            child = right
        if _sooner(item, heap[child], key):
            break
        heap[hole] = heap[child]
        hole = child
    heap[hole] = item


@njit(cache=True, nogil=True)
def _sum_anew(a, acc, legs, row):  # type: ignore[no-untyped-def]
    """Usage at the account's own level and rate just after it, summed anew (Neumaier)."""
    first, line, factor = legs
    total, lost, speed, gone = 0.0, 0.0, 0.0, 0.0
    for p in range(first[a], first[a + 1]):
        got, s = _at(line[p], acc[a, LEVEL], row)
        add = factor[p] * got
        new = total + add
        lost += (total - new) + add if total >= add else (add - new) + total
        total = new
        if s > 0.0:
            add = factor[p] * s
            new = speed + add
            gone += (speed - new) + add if speed >= add else (add - new) + speed
            speed = new
    acc[a, USED] = total + lost
    acc[a, RATE] = speed + gone
    acc[a, PEAK] = speed + gone


@njit(cache=True, nogil=True)
def _walk(a, key, acc, legs, events, frozen, row):  # type: ignore[no-untyped-def]
    """Put down in `key` the level at which account a fills if no further line freezes.

    As a pair: the level of the last slope change before, and how far beyond it. Their sum alone
    would lose digits where levels are great and awards small, as under equal losses.
    """
    first, change, cursor = events
    end = first[a + 1]
    while True:
        if acc[a, RATE] < _WORN * acc[a, PEAK]:
            _sum_anew(a, acc, legs, row)
        p = cursor[a]
        if p >= end:
            break
        t = change[p, 0]
        then = acc[a, USED] + acc[a, RATE] * (t - acc[a, LEVEL])
        if acc[a, RATE] > 0.0 and then > acc[a, ROOM]:
            break
        acc[a, USED] = then
        acc[a, LEVEL] = t
        while p < end and change[p, 0] == t:
            if not frozen[int(change[p, 2])]:
                acc[a, RATE] += change[p, 1]
            p += 1
        cursor[a] = p
        acc[a, PEAK] = max(acc[a, PEAK], acc[a, RATE])
    if acc[a, RATE] <= 0.0:
        key[a, 0], key[a, 1] = _NEVER, 0.0
    else:
        key[a, 0] = acc[a, LEVEL]
        key[a, 1] = max(acc[a, ROOM] - acc[a, USED], 0.0) / acc[a, RATE]


@njit(cache=True, nogil=True)
def _release(i, a, got, net, acc, row, state):  # type: ignore[no-untyped-def]
    """Line i froze on account a with `got` units: stop it on its other accounts as well."""
    leg_start, leg_account, leg_factor = net
    dirty, closed = state
    ask = row[i, 2 * (row.shape[1] // 3)]
    for q in range(leg_start[i], leg_start[i + 1]):
        b = leg_account[q]
        if b == a or closed[b]:
            continue
        acc[b, EXCESS] -= leg_factor[q] * (ask - got)
        if acc[b, EXCESS] <= 0.0:
            closed[b] = 1
            continue
        seen, s = _at(i, acc[b, LEVEL], row)
        acc[b, USED] -= leg_factor[q] * (seen - got)
        acc[b, RATE] -= leg_factor[q] * s
        dirty[b] = 1


@njit(cache=True, nogil=True)
def _freeze(a, key, net, acc, legs, row, frozen, state):  # type: ignore[no-untyped-def]
    """Account a is full at its level: freeze every line on it that still rises.

    A frozen line needs its row no more: account and level are left there, one cache line away.
    """
    last = row.shape[1] // 3
    for p in range(legs[0][a], legs[0][a + 1]):
        i = legs[1][p]
        if frozen[i]:
            continue
        got, s = _at(i, key[a, 0], row)
        got += s * key[a, 1]
        if got >= row[i, 2 * last] * (1.0 - _SNAP):
            continue
        frozen[i] = 1
        _release(i, a, got, net, acc, row, state)
        row[i, 0], row[i, 2 * last + 1] = a, key[a, 0] + key[a, 1]
        row[i, last], row[i, 2 * last] = -1.0, got


@njit(cache=True, nogil=True)
def _begin(net, row, room):  # type: ignore[no-untyped-def]
    """The accounts before anything has risen (float64[m, 6]) and those that can never fill."""
    leg_start, leg_account, leg_factor = net
    last, m = row.shape[1] // 3, len(room)
    acc, closed = np.zeros((m, 6)), np.zeros(m, np.uint8)
    for i in range(len(leg_start) - 1):
        got, s = _at(i, 0.0, row)
        for q in range(leg_start[i], leg_start[i + 1]):
            a, f = leg_account[q], leg_factor[q]
            acc[a, USED] += f * got
            acc[a, RATE] += f * s
            acc[a, EXCESS] += f * row[i, 2 * last]
    for a in range(m):
        closed[a] = acc[a, EXCESS] <= room[a]
        acc[a, PEAK], acc[a, ROOM] = acc[a, RATE], room[a]
        acc[a, EXCESS] = acc[a, EXCESS] * (1.0 + _DOUBT) - room[a]
    return acc, closed


@njit(cache=True, nogil=True)
def _rise(net, row, begin, legs, events):  # type: ignore[no-untyped-def]
    """Fill account after account until none can; freezes lines in their rows."""
    acc, closed = begin
    m = len(acc)
    frozen = np.zeros(len(net[0]) - 1, np.uint8)
    dirty, fresh = np.zeros(m, np.uint8), np.zeros(m, np.uint8)
    state = (dirty, closed)
    key, heap, size = np.empty((m, 2)), np.empty(m, np.int64), 0
    for a in range(m):
        if not closed[a]:
            _walk(a, key, acc, legs, events, frozen, row)
            heap[size] = a
            size += 1
    for hole in range(size // 2 - 1, -1, -1):
        _sift(heap, key, size, hole)
    while size:
        a = heap[0]
        if closed[a] or key[a, 0] == _NEVER:
            closed[a] = 1
        elif dirty[a]:
            dirty[a], fresh[a] = 0, 0
            _walk(a, key, acc, legs, events, frozen, row)
        elif not fresh[a]:
            fresh[a] = 1
            _sum_anew(a, acc, legs, row)
            _walk(a, key, acc, legs, events, frozen, row)
        else:
            closed[a] = 1
            _freeze(a, key, net, acc, legs, row, frozen, state)
        if closed[a]:
            size -= 1
            heap[0] = heap[size]
        if size:
            _sift(heap, key, size, 0)
    return frozen


def fill(
    leg_start: Ints,
    leg_account: Ints,
    leg_factor: Floats,
    room: Floats,
    path: tuple[Floats, Floats, Floats],
) -> tuple[Floats, Floats, Ints]:
    """Let all lines rise along their paths until accounts fill and freeze them.

    Args:
        leg_start: int64[n + 1], where each line's legs start.
        leg_account: int64[nnz], in 0..m-1.
        leg_factor: float64[nnz], above 0.
        room: float64[m], not negative.
        path: knot_t float64[n, K + 1], knot_x float64[n, K + 1], slope float64[n, K].

    Returns:
        awards x float64[n]; the level float64[n] at which each line froze, infinite for a full
        one; the account int64[n] on which it froze, `FULL` for a full one.
    """
    n = len(leg_start) - 1
    if n == 0:
        return np.zeros(0), np.zeros(0), np.zeros(0, np.int64)
    knot_t, _, slope = path
    net = (leg_start, leg_account.astype(np.int32), leg_factor)
    turn = np.where(knot_t[:, 0] > 0, knot_t[:, 0], knot_t[:, 1])
    row = np.empty((n, 3 * slope.shape[1] + 1))
    sort = order_of(turn) if (turn[1:] < turn[:-1]).any() else None
    gather(np.arange(n) if sort is None else sort, path, row)
    if sort is not None:
        nnz = len(leg_account)
        out = (np.empty(n + 1, np.int64), np.empty(nnz, np.int32), np.empty(nnz))
        reorder(sort, net, out)
        net = out
    last = slope.shape[1]
    frozen = _rise(net, row, *_prepare(net, room, row)).astype(bool)
    x, level = row[:, 2 * last].copy(), np.where(frozen, row[:, 2 * last + 1], np.inf)
    bound = np.where(frozen, row[:, 0], FULL).astype(np.int64)
    if sort is not None:
        for array in (x, level, bound):
            array[sort] = array.copy()
    return x, level, bound


def _prepare(net: Any, room: Floats, row: Floats) -> tuple[Any, Any, Any]:
    """What `_rise` starts from: sums per account, legs and slope changes listed by account.

    The big arrays are allocated here and not in compiled code: NumPy asks for huge pages.
    """
    last, n = row.shape[1] // 3, len(row)
    top = row[:, last].max()  # levels do not fall along a row
    per_line, per_knot = np.empty(n, np.uint8), np.zeros(last + 1, np.int64)
    count_turns(row, top, per_line, per_knot)
    level, order = np.empty(per_knot.sum()), np.empty(per_knot.sum(), np.int64)
    list_turns(row, top, per_knot, level, order)
    if (level[1:] < level[:-1]).any():
        order = order[order_of(level)]
    acc, closed = _begin(net, row, room)
    leg_first, change_first = count(net, per_line, closed)
    legs = (leg_first, np.empty(leg_first[-1], np.int32), np.empty(leg_first[-1]))
    events = (change_first, np.empty((change_first[-1], 3)), change_first[:-1].copy())
    list_legs(net, closed, legs)
    list_changes(order, net, row, closed, events)
    return (acc, closed), legs, events


@njit(cache=True, nogil=True)
def intervals(level, bound, knot_t, knot_x, slope):  # type: ignore[no-untyped-def]
    """The interval of levels around the one at which each line froze, over which nothing rose.

    A full line's begins where it has its ask, and has no end. Taken from the level and not from
    the award, so that rounding does not blur where a path is flat.
    """
    n, last = slope.shape
    lo, hi = level.copy(), level.copy()
    for i in range(n):
        if bound[i] == FULL:
            hi[i] = np.inf
            k = last
            while k > 0 and knot_x[i, k - 1] == knot_x[i, last]:
                k -= 1
            lo[i] = knot_t[i, k] if k > 0 else 0.0
            continue
        if level[i] <= knot_t[i, 0]:
            lo[i], hi[i] = 0.0, knot_t[i, 0]
        for k in range(last):
            if slope[i, k] == 0.0 and knot_t[i, k] <= level[i] <= knot_t[i, k + 1]:
                lo[i], hi[i] = min(lo[i], knot_t[i, k]), knot_t[i, k + 1]
    return lo, hi


@njit(cache=True, nogil=True)
def in_turn(lines, ask, net, left):  # type: ignore[no-untyped-def]
    """Serve lines one after another, each with all it can get: tiers of one line each.

    Returns awards and binding accounts like `fill`, for `lines` in their order; lowers `left`.
    """
    leg_start, leg_account, leg_factor = net
    x, bound = np.empty(len(lines)), np.full(len(lines), FULL, np.int64)
    for k, i in enumerate(lines):
        got = ask[i]
        for q in range(leg_start[i], leg_start[i + 1]):
            most = left[leg_account[q]] / leg_factor[q]
            if most < got * (1.0 - _SNAP):
                got, bound[k] = most, leg_account[q]
        for q in range(leg_start[i], leg_start[i + 1]):
            b = leg_account[q]
            left[b] = max(left[b] - leg_factor[q] * got, 0.0)
        if bound[k] != FULL:
            left[bound[k]] = 0.0
        x[k] = got
    return x, bound
