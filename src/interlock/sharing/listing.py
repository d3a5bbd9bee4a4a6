"""Sorting lines and listing legs by account, for the kernel: compiled, and along memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interlock.sharing.caching import njit

if TYPE_CHECKING:
    from interlock.sharing.problem import Floats, Ints

_BITS = 11
_DIGITS = 6


def order_of(level: Floats) -> Ints:
    """The stable order of levels, int64[k]; levels are finite and not below 0.

    Stable, so that equal levels keep one order on every machine, and so do all sums after it. A
    radix sort on the bits of the numbers, which for numbers from 0 on rise with them.
    """
    # Adding 0.0 turns a negative zero, whose bits are great, into a plain one.
    order: Ints = _radix((level + 0.0).view(np.uint64))
    return order


@njit(cache=True, nogil=True)
def _radix(bits):  # type: ignore[no-untyped-def]
    n, size = len(bits), 1 << _BITS
    mask = np.uint64(size - 1)
    counts = np.zeros((_DIGITS, size), np.int64)
    for b in bits:
        for d in range(_DIGITS):
            counts[d, (b >> np.uint64(d * _BITS)) & mask] += 1
    order, other = np.arange(n), np.empty(n, np.int64)
    for d in range(_DIGITS):
        if counts[d].max() == n:
            continue
        place = 0
        for k in range(size):
            counts[d, k], place = place, place + counts[d, k]
        for i in order:
            k = (bits[i] >> np.uint64(d * _BITS)) & mask
            other[counts[d, k]] = i
            counts[d, k] += 1
        order, other = other, order
    return order


@njit(cache=True, nogil=True)
def count_turns(row, top, per_line, per_knot):  # type: ignore[no-untyped-def]
    """Count, by line and by knot, where a path's slope changes above level 0 and below `top`.

    At level 0 every path starts anyway, and at the greatest level nothing is left to rise.
    """
    n, last = row.shape[0], row.shape[1] // 3
    for i in range(n):
        found = 0
        before = 0.0
        for k in range(last + 1):
            after = row[i, 2 * last + 1 + k] if k < last else 0.0
            if after != before and 0.0 < row[i, k] < top:
                per_knot[k] += 1
                found += 1
            before = after
        per_line[i] = found


@njit(cache=True, nogil=True)
def list_turns(row, top, per_knot, level, order):  # type: ignore[no-untyped-def]
    """List the same turns knot by knot: their levels, and k * n + i for knot k of line i."""
    n, last = row.shape[0], row.shape[1] // 3
    free = np.zeros(last + 1, np.int64)
    for k in range(last):
        free[k + 1] = free[k] + per_knot[k]
    for i in range(n):
        before = 0.0
        for k in range(last + 1):
            after = row[i, 2 * last + 1 + k] if k < last else 0.0
            if after != before and 0.0 < row[i, k] < top:
                level[free[k]], order[free[k]] = row[i, k], k * n + i
                free[k] += 1
            before = after


@njit(cache=True, nogil=True)
def count(net, turns, closed):  # type: ignore[no-untyped-def]
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


@njit(cache=True, nogil=True)
def list_legs(net, closed, legs):  # type: ignore[no-untyped-def]
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


@njit(cache=True, nogil=True)
def list_changes(order, net, row, closed, events):  # type: ignore[no-untyped-def]
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


@njit(cache=True, nogil=True)
def gather(order, path, row):  # type: ignore[no-untyped-def]
    """Pack the paths into rows, in another order: one pass instead of a copy and a sort of it."""
    knot_t, knot_x, slope = path
    last = slope.shape[1]
    for r, i in enumerate(order):
        for k in range(last + 1):
            row[r, k] = knot_t[i, k]
        for k in range(last):
            row[r, last + 1 + k] = knot_x[i, k + 1]
            row[r, 2 * last + 1 + k] = slope[i, k]


@njit(cache=True, nogil=True)
def reorder(order, net, out):  # type: ignore[no-untyped-def]
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
