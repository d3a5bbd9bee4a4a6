"""The compiled part: progressive filling over any network of accounts, and handing out whole lots.

How the filling works. For every account keep the level at which it would fill if no further line
froze; freezing a line can only postpone that. So the account with the least such level really is
the next to fill: its lines freeze there, the other accounts they draw are told, and only when one
of those comes to the top of the heap is its level worked out anew, by walking on through its own
sorted list of slope changes. Nothing is ever walked twice: O(nnz) for the walks, one sort of the
slope changes before, and heap work for accounts, not for lines.

How it stays exact. Usage and rate of an account are kept up to date by adding and subtracting, and
that drifts; so no account fills on such a sum alone. Before its lines freeze, usage and rate are
summed anew over its lines, with compensation, and the level comes from those. The same happens
when a rate has fallen to a thousandth, where subtraction would have eaten the digits. So an error
is not carried from one account to the next, only the rounding of the final levels is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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


@njit(cache=True)
def _at(i, t, knot_t, knot_x, slope):  # type: ignore[no-untyped-def]
    """Units and slope of line i just after level t."""
    last = slope.shape[1]
    if t >= knot_t[i, last]:
        return knot_x[i, last], 0.0
    for k in range(last - 1, -1, -1):
        if t >= knot_t[i, k]:
            return knot_x[i, k] + slope[i, k] * (t - knot_t[i, k]), slope[i, k]
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
def _sum_anew(a, acc, legs, lines, path):  # type: ignore[no-untyped-def]
    """Usage at the account's own level and rate just after it, summed anew (Neumaier)."""
    used, rate, level = acc[0], acc[1], acc[2]
    first, line, factor = legs
    x, frozen = lines
    knot_t, knot_x, slope = path
    total, lost, speed, gone = 0.0, 0.0, 0.0, 0.0
    for p in range(first[a], first[a + 1]):
        i = line[p]
        if frozen[i]:
            got, s = x[i], 0.0
        else:
            got, s = _at(i, level[a], knot_t, knot_x, slope)
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
    acc[3][a] = rate[a]


@njit(cache=True)
def _walk(a, acc, legs, events, lines, path):  # type: ignore[no-untyped-def]
    """The level at which account a fills if no further line freezes; infinite if it does not."""
    used, rate, level, peak, room = acc
    first, at, line, change, cursor = events
    end = first[a + 1]
    while True:
        if rate[a] < _WORN * peak[a]:
            _sum_anew(a, acc, legs, lines, path)
        p = cursor[a]
        if p >= end:
            break
        t = at[p]
        then = used[a] + rate[a] * (t - level[a])
        if rate[a] > 0.0 and then > room[a]:
            break
        used[a] = then
        level[a] = t
        while p < end and at[p] == t:
            if not lines[1][line[p]]:
                rate[a] += change[p]
            p += 1
        cursor[a] = p
        peak[a] = max(peak[a], rate[a])
    if rate[a] <= 0.0:
        return np.inf
    return level[a] + max(room[a] - used[a], 0.0) / rate[a]


@njit(cache=True)
def _release(i, a, tau, net, acc, lines, path, dirty, closed):  # type: ignore[no-untyped-def]
    """Line i froze at level tau on account a: stop it on its other accounts as well."""
    used, rate, level, _, _ = acc
    leg_start, leg_account, leg_factor = net
    for q in range(leg_start[i], leg_start[i + 1]):
        b = leg_account[q]
        if b == a or closed[b]:
            continue
        seen, s = _at(i, level[b], path[0], path[1], path[2])
        used[b] -= leg_factor[q] * (seen - lines[0][i])
        rate[b] -= leg_factor[q] * s
        dirty[b] = 1


@njit(cache=True)
def _fill(net, room, path, legs, events):  # type: ignore[no-untyped-def]
    """Progressive filling of one tier; see the module's text."""
    n, m = len(net[0]) - 1, len(room)
    knot_t, knot_x, slope = path
    x, froze_at = np.zeros(n), np.full(n, np.inf)
    bound = np.full(n, FULL, np.int64)
    lines = (x, np.zeros(n, np.uint8))
    acc = (np.zeros(m), np.zeros(m), np.zeros(m), np.zeros(m), room)
    dirty, fresh = np.zeros(m, np.uint8), np.zeros(m, np.uint8)
    closed = np.zeros(m, np.uint8)
    key, heap, size = np.empty(m), np.empty(m, np.int64), 0
    for a in range(m):
        _sum_anew(a, acc, legs, lines, path)
        key[a] = _walk(a, acc, legs, events, lines, path)
        if key[a] < np.inf:
            heap[size] = a
            size += 1
    for hole in range(size // 2 - 1, -1, -1):
        _sift(heap, key, size, hole)
    while size:
        a = heap[0]
        tau = key[a]
        if dirty[a]:
            dirty[a], fresh[a] = 0, 0
            key[a] = _walk(a, acc, legs, events, lines, path)
        elif not fresh[a]:
            _sum_anew(a, acc, legs, lines, path)
            key[a] = _walk(a, acc, legs, events, lines, path)
            fresh[a] = 1
        if key[a] > tau * (1.0 + _SETTLED) or not fresh[a]:
            if key[a] == np.inf:
                size -= 1
                heap[0] = heap[size]
            if size:
                _sift(heap, key, size, 0)
            continue
        tau = key[a]
        closed[a] = 1
        size -= 1
        heap[0] = heap[size]
        if size:
            _sift(heap, key, size, 0)
        for p in range(legs[0][a], legs[0][a + 1]):
            i = legs[1][p]
            if lines[1][i]:
                continue
            ask = knot_x[i, slope.shape[1]]
            got, _ = _at(i, tau, knot_t, knot_x, slope)
            if got >= ask * (1.0 - _SNAP):
                continue
            x[i], bound[i], froze_at[i] = got, a, tau
            lines[1][i] = 1
            _release(i, a, tau, net, acc, lines, path, dirty, closed)
    for i in range(n):
        if not lines[1][i]:
            x[i] = knot_x[i, slope.shape[1]]
    return x, froze_at, bound


@njit(cache=True)
def _by_account(leg_start, leg_account, leg_factor, m):  # type: ignore[no-untyped-def]
    """Legs listed by account: first[m + 1], line[nnz], factor[nnz]."""
    nnz = len(leg_account)
    first = np.zeros(m + 1, np.int64)
    for q in range(nnz):
        first[leg_account[q] + 1] += 1
    for a in range(m):
        first[a + 1] += first[a]
    free = first[:-1].copy()
    line, factor = np.empty(nnz, np.int32), np.empty(nnz)
    for i in range(len(leg_start) - 1):
        for q in range(leg_start[i], leg_start[i + 1]):
            p = free[leg_account[q]]
            free[leg_account[q]] = p + 1
            line[p], factor[p] = i, leg_factor[q]
    return first, line, factor


@njit(cache=True)
def _changes(order, net, path, m):  # type: ignore[no-untyped-def]
    """Slope changes listed by account, in the order of their levels."""
    leg_start, leg_account, leg_factor = net
    knot_t, _, slope = path
    n, last = slope.shape
    first = np.zeros(m + 1, np.int64)
    for e in order:
        i = e % n
        for q in range(leg_start[i], leg_start[i + 1]):
            first[leg_account[q] + 1] += 1
    for a in range(m):
        first[a + 1] += first[a]
    free = first[:-1].copy()
    size = first[m]
    at, line, change = np.empty(size), np.empty(size, np.int32), np.empty(size)
    for e in order:
        i, k = e % n, e // n
        before = slope[i, k - 1] if k > 0 else 0.0
        after = slope[i, k] if k < last else 0.0
        for q in range(leg_start[i], leg_start[i + 1]):
            p = free[leg_account[q]]
            free[leg_account[q]] = p + 1
            at[p], line[p] = knot_t[i, k], i
            change[p] = leg_factor[q] * (after - before)
    return first, at, line, change, first[:-1].copy()


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
    n, m = len(leg_start) - 1, len(room)
    if n == 0:
        return np.zeros(0), np.zeros(0), np.zeros(0, np.int64)
    knot_t, _, slope = path
    level = knot_t.T.ravel()
    flat = np.zeros((1, n))
    turns = np.diff(np.concatenate([flat, slope.T, flat]), axis=0).ravel() != 0
    events = np.flatnonzero(turns & (level > 0) & (level < level.max()))
    # A stable sort: equal levels keep one order on every machine, and so do all sums after it.
    order = events[np.argsort(level[events], kind="stable")]
    net = (leg_start, leg_account, leg_factor)
    legs = _by_account(leg_start, leg_account, leg_factor, m)
    x, froze_at, bound = _fill(net, room, path, legs, _changes(order, net, path, m))
    return x, froze_at, bound


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


@njit(cache=True)
def grant(order, want, given, lots, net, left):  # type: ignore[no-untyped-def]
    """Hand out whole lots in the given order, never past an account: exact integers.

    Args:
        order: int64[k], lines in the order of service.
        want: int64[n], lots each line is to get now, if there is room.
        given: int64[n], lots each line has; raised here.
        lots: (most, least, lot) int64[n] each: lots in the whole ask, lots in the minimum, units.
        net: (leg_start, leg_account, scaled factor), int64.
        left: int64[m], in the accounts' finest units; lowered here.

    Returns:
        The number of lots handed out.
    """
    most, least, lot = lots
    leg_start, leg_account, coefficient = net
    total = 0
    for i in order:
        take = min(want[i], most[i] - given[i])
        for q in range(leg_start[i], leg_start[i + 1]):
            take = min(take, left[leg_account[q]] // (coefficient[q] * lot[i]))
        if take <= 0 or given[i] + take < least[i]:
            continue
        given[i] += take
        total += take
        for q in range(leg_start[i], leg_start[i + 1]):
            left[leg_account[q]] -= coefficient[q] * lot[i] * take
    return total


@njit(cache=True)
def blocked_by(given, lots, net, left, hint):  # type: ignore[no-untyped-def]
    """Which account keeps each line from its next lot (or its minimum).

    Returns:
        int64[n]: an account, `FULL` for a full line, -2 where another lot would fit. Among several
        such accounts `hint` is taken if it is one, else the first of the line.
    """
    most, least, lot = lots
    leg_start, leg_account, coefficient = net
    n = len(given)
    out = np.full(n, -2, np.int64)
    for i in range(n):
        if given[i] >= most[i]:
            out[i] = FULL
            continue
        step = max(least[i] - given[i], 1)
        for q in range(leg_start[i], leg_start[i + 1]):
            a = leg_account[q]
            if left[a] // (coefficient[q] * lot[i]) < step and (out[i] == -2 or a == hint[i]):
                out[i] = a
    return out
