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
from numba import njit

if TYPE_CHECKING:
    from interlock.sharing.problem import Floats, Ints

FULL = -1
_SNAP = 1e-12
"""An award this close to the ask, relatively, is the ask: the account was just enough."""
_SETTLED = 1e-12
"""A level that moves by less than this, relatively, when summed anew is taken as found."""
_WORN = 1e-3
"""A rate that has fallen to this part of its greatest is summed anew."""
_DOUBT = 1e-12
"""Drift allowed for, relative to all that was ever asked of an account, before it is closed."""


@njit(cache=True)
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


@njit(cache=True)
def _sift(heap, key, size, hole):  # type: ignore[no-untyped-def]
    """Move the account at `hole` down until its key is in order; ties go by account number."""
    item = heap[hole]
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        right = child + 1
        if right < size:
            a, b = heap[child], heap[right]
            if key[b] < key[a] or (key[b] == key[a] and b < a):
                child = right
        c = heap[child]
        if key[item] < key[c] or (key[item] == key[c] and item < c):
            break
        heap[hole] = c
        hole = child
    heap[hole] = item


@njit(cache=True)
def _sum_anew(a, acc, legs, row):  # type: ignore[no-untyped-def]
    """Usage at the account's own level and rate just after it, summed anew (Neumaier)."""
    used, rate, level, peak = acc[0], acc[1], acc[2], acc[3]
    first, line, factor = legs
    total, lost, speed, gone = 0.0, 0.0, 0.0, 0.0
    for p in range(first[a], first[a + 1]):
        got, s = _at(line[p], level[a], row)
        add = factor[p] * got
        new = total + add
        lost += (total - new) + add if total >= add else (add - new) + total
        total = new
        if s > 0.0:
            add = factor[p] * s
            new = speed + add
            gone += (speed - new) + add if speed >= add else (add - new) + speed
            speed = new
    used[a] = total + lost
    rate[a] = speed + gone
    peak[a] = rate[a]


@njit(cache=True)
def _walk(a, acc, legs, events, frozen, row):  # type: ignore[no-untyped-def]
    """The level at which account a fills if no further line freezes; infinite if it does not."""
    used, rate, level, peak, room, _ = acc
    first, change, cursor = events
    end = first[a + 1]
    while True:
        if rate[a] < _WORN * peak[a]:
            _sum_anew(a, acc, legs, row)
        p = cursor[a]
        if p >= end:
            break
        t = change[p, 0]
        then = used[a] + rate[a] * (t - level[a])
        if rate[a] > 0.0 and then > room[a]:
            break
        used[a] = then
        level[a] = t
        while p < end and change[p, 0] == t:
            if not frozen[int(change[p, 2])]:
                rate[a] += change[p, 1]
            p += 1
        cursor[a] = p
        peak[a] = max(peak[a], rate[a])
    if rate[a] <= 0.0:
        return np.inf
    return level[a] + max(room[a] - used[a], 0.0) / rate[a]


@njit(cache=True)
def _release(i, a, got, net, acc, row, state):  # type: ignore[no-untyped-def]
    """Line i froze on account a with `got` units: stop it on its other accounts as well."""
    used, rate, level, _, room, hope = acc
    leg_start, leg_account, leg_factor = net
    dirty, closed, doubt = state
    ask = row[i, 2 * (row.shape[1] // 3)]
    for q in range(leg_start[i], leg_start[i + 1]):
        b = leg_account[q]
        if b == a or closed[b]:
            continue
        hope[b] -= leg_factor[q] * (ask - got)
        if hope[b] + doubt[b] <= room[b]:
            closed[b] = 1
            continue
        seen, s = _at(i, level[b], row)
        used[b] -= leg_factor[q] * (seen - got)
        rate[b] -= leg_factor[q] * s
        dirty[b] = 1


@njit(cache=True)
def _freeze(a, tau, net, acc, legs, row, frozen, state):  # type: ignore[no-untyped-def]
    """Account a is full at level tau: freeze every line on it that still rises.

    A frozen line needs its row no more: account and level are left there, one cache line away.
    """
    last = row.shape[1] // 3
    for p in range(legs[0][a], legs[0][a + 1]):
        i = legs[1][p]
        if frozen[i]:
            continue
        got, _ = _at(i, tau, row)
        if got >= row[i, 2 * last] * (1.0 - _SNAP):
            continue
        frozen[i] = 1
        _release(i, a, got, net, acc, row, state)
        row[i, 0], row[i, 2 * last + 1] = a, tau
        row[i, last], row[i, 2 * last] = -1.0, got


@njit(cache=True)
def _begin(net, row, m):  # type: ignore[no-untyped-def]
    """Usage and rate at level 0, and what the whole asks would use, per account."""
    leg_start, leg_account, leg_factor = net
    last = row.shape[1] // 3
    used, rate, hope = np.zeros(m), np.zeros(m), np.zeros(m)
    for i in range(len(leg_start) - 1):
        got, s = _at(i, 0.0, row)
        for q in range(leg_start[i], leg_start[i + 1]):
            a, f = leg_account[q], leg_factor[q]
            used[a] += f * got
            rate[a] += f * s
            hope[a] += f * row[i, 2 * last]
    return used, rate, hope


@njit(cache=True)
def _rise(net, room, row, begin, legs, events):  # type: ignore[no-untyped-def]
    """Fill account after account until none can; freezes lines in their rows."""
    m = len(room)
    used, rate, hope, closed = begin
    frozen = np.zeros(len(net[0]) - 1, np.uint8)
    doubt = _DOUBT * hope
    dirty, fresh = np.zeros(m, np.uint8), np.zeros(m, np.uint8)
    acc = (used, rate, np.zeros(m), rate.copy(), room, hope)
    state = (dirty, closed, doubt)
    key, heap, size = np.empty(m), np.empty(m, np.int64), 0
    for a in range(m):
        if not closed[a]:
            key[a] = _walk(a, acc, legs, events, frozen, row)
            heap[size] = a
            size += 1
    for hole in range(size // 2 - 1, -1, -1):
        _sift(heap, key, size, hole)
    while size:
        a = heap[0]
        tau, full = key[a], False
        if closed[a] or tau == np.inf:
            closed[a] = 1
        elif dirty[a]:
            dirty[a], fresh[a] = 0, 0
            key[a] = _walk(a, acc, legs, events, frozen, row)
        else:
            if not fresh[a]:
                fresh[a] = 1
                _sum_anew(a, acc, legs, row)
                key[a] = _walk(a, acc, legs, events, frozen, row)
            full = key[a] <= tau * (1.0 + _SETTLED)
        if full:
            closed[a] = 1
            _freeze(a, key[a], net, acc, legs, row, frozen, state)
        if closed[a]:
            size -= 1
            heap[0] = heap[size]
        if size:
            _sift(heap, key, size, 0)
    return frozen


@njit(cache=True)
def _count(net, turns, closed):  # type: ignore[no-untyped-def]
    """Where each account's legs and slope changes begin: two arrays int64[m + 1]."""
    leg_start, leg_account, _ = net
    m = len(closed)
    legs, changes = np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int64)
    for i in range(len(leg_start) - 1):
        for q in range(leg_start[i], leg_start[i + 1]):
            a = leg_account[q]
            if not closed[a]:
                legs[a + 1] += 1
                changes[a + 1] += turns[i]
    for a in range(m):
        legs[a + 1] += legs[a]
        changes[a + 1] += changes[a]
    return legs, changes


@njit(cache=True)
def _list_legs(net, closed, legs):  # type: ignore[no-untyped-def]
    """List the legs of the accounts that may fill by account."""
    leg_start, leg_account, leg_factor = net
    first, line, factor = legs
    free = first[:-1].copy()
    for i in range(len(leg_start) - 1):
        for q in range(leg_start[i], leg_start[i + 1]):
            a = leg_account[q]
            if not closed[a]:
                line[free[a]], factor[free[a]] = i, leg_factor[q]
                free[a] += 1


@njit(cache=True)
def _list_changes(order, net, row, closed, events):  # type: ignore[no-untyped-def]
    """List slope changes (level, change, line) by account, in order of level.

    `order` holds them as k * n + i for knot k of line i.
    """
    leg_start, leg_account, leg_factor = net
    first, change, _ = events
    n, last = len(leg_start) - 1, row.shape[1] // 3
    free = first[:-1].copy()
    for e in order:
        i, k = e % n, e // n
        before = row[i, 2 * last + k] if k > 0 else 0.0
        after = row[i, 2 * last + 1 + k] if k < last else 0.0
        for q in range(leg_start[i], leg_start[i + 1]):
            a = leg_account[q]
            if not closed[a]:
                p = free[a]
                free[a] = p + 1
                change[p, 0] = row[i, k]
                change[p, 1] = leg_factor[q] * (after - before)
                change[p, 2] = i


@njit(cache=True)
def _reorder(order, net, out):  # type: ignore[no-untyped-def]
    """The net with its lines in another order, so that all later work runs along memory."""
    leg_start, leg_account, leg_factor = net
    start, account, factor = out
    p = 0
    for r, i in enumerate(order):
        start[r] = p
        for q in range(leg_start[i], leg_start[i + 1]):
            account[p], factor[p] = leg_account[q], leg_factor[q]
            p += 1
    start[len(order)] = p


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
    knot_t, knot_x, slope = path
    row = np.concatenate([knot_t, knot_x[:, 1:], slope], axis=1)
    net = (leg_start, leg_account.astype(np.int32), leg_factor)
    turn = np.where(knot_t[:, 0] > 0, knot_t[:, 0], knot_t[:, 1])
    sort = None
    if (turn[1:] < turn[:-1]).any():
        sort = np.argsort(turn, kind="stable")
        nnz = len(leg_account)
        out = (np.empty(n + 1, np.int64), np.empty(nnz, np.int32), np.empty(nnz))
        _reorder(sort, net, out)
        net, row = out, row[sort]
    last = slope.shape[1]
    frozen = _rise(net, room, row, *_prepare(net, room, row)).astype(bool)
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
    level = row[:, : last + 1].T.ravel()
    flat = np.zeros((1, n))
    slope = np.concatenate([flat, row[:, 2 * last + 1 :].T, flat])
    turns = (np.diff(slope, axis=0).ravel() != 0) & (level > 0) & (level < level.max())
    order = np.flatnonzero(turns)
    # A stable sort: equal levels keep one order on every machine, and so do all sums after it.
    order = order[np.argsort(level[order], kind="stable")]
    used, rate, hope = _begin(net, row, len(room))
    closed = (hope <= room).astype(np.uint8)
    count = turns.reshape(last + 1, n).sum(axis=0, dtype=np.uint8)
    leg_first, change_first = _count(net, count, closed)
    legs = (leg_first, np.empty(leg_first[-1], np.int32), np.empty(leg_first[-1]))
    events = (change_first, np.empty((change_first[-1], 3)), change_first[:-1].copy())
    _list_legs(net, closed, legs)
    _list_changes(order, net, row, closed, events)
    return (used, rate, hope, closed), legs, events


@njit(cache=True)
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
