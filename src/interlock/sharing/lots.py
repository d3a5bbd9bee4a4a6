"""The compiled part of whole units: handing out lots in a given order, in exact integers."""

from __future__ import annotations

import numpy as np

from interlock.sharing.caching import njit

FULL = -1
OPEN = -2
"""Another lot would still fit."""


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def blocked_by(given, lots, net, left, hint):  # type: ignore[no-untyped-def]
    """Which account keeps each line from its next lot (or its minimum).

    Returns:
        int64[n]: an account, `FULL` for a full line, `OPEN` where another lot would fit.
        Among several such accounts `hint` is taken if it is one, else the first of the line.
    """
    most, least, lot = lots
    leg_start, leg_account, coefficient = net
    n = len(given)
    out = np.full(n, OPEN, np.int64)
    for i in range(n):
        if given[i] >= most[i]:
            out[i] = FULL
            continue
        step = max(least[i] - given[i], 1)
        for q in range(leg_start[i], leg_start[i + 1]):
            a = leg_account[q]
            if left[a] // (coefficient[q] * lot[i]) < step and (out[i] == OPEN or a == hint[i]):
                out[i] = a
    return out


@njit(cache=True, nogil=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def grant_one(ask, lots, begin, end, leg_account, coefficient, left):  # type: ignore[no-untyped-def]
    """Serve one line alone with all the lots it can get; lowers `left`.

    Args:
        ask: units.
        lots: (most, least, lot) of the line.
        begin: its first leg in `leg_account` and `coefficient`.
        end: one past its last.
        leg_account: as in `grant`.
        coefficient: factors in finest units, int64[nnz].
        left: int64[m], lowered here.

    Returns:
        lots given; units that a divisible line would have got; the binding account; whether its
        minimum did not fit.
    """
    most, least, lot = lots
    take, could, bound = most, float(ask), FULL
    legs = range(np.uintp(begin), np.uintp(end))  # no code for counting from an end is made
    for q in legs:
        a, each = leg_account[q], coefficient[q] * lot
        there = left[np.uintp(a)]
        could = min(could, there / coefficient[q])
        if each * take > there:  # a division costs more, and most accounts have enough
            take, bound = there // each, a
    if take < least:
        return 0, 0.0, bound, True
    for q in legs:
        left[np.uintp(leg_account[q])] -= coefficient[q] * lot * take
    return take, could, bound, False


@njit(cache=True, nogil=True)
def grant_in_turn(lines, ask, lots, net, left):  # type: ignore[no-untyped-def]
    """Serve lines one after another, each with all the lots it can get: tiers of one line each.

    Args:
        lines: int64[k], in the order of their tiers.
        ask: int64[n], units.
        lots: as in `grant`.
        net: as in `grant`.
        left: as in `grant`.

    Returns:
        given int64[k] lots; exact float64[k] units, what a divisible line would have got; the
        binding account int64[k]; dropped bool[k], where the minimum did not fit.
    """
    most, least, lot = lots
    leg_start, leg_account, coefficient = net
    k = len(lines)
    given, exact = np.zeros(k, np.int64), np.zeros(k)
    bound, dropped = np.full(k, FULL, np.int64), np.zeros(k, np.bool_)
    for r, i in enumerate(lines):
        begin, end = leg_start[i], leg_start[i + 1]
        mine = (most[i], least[i], lot[i])
        got = grant_one(ask[i], mine, begin, end, leg_account, coefficient, left)
        given[r], exact[r], bound[r], dropped[r] = got
    return given, exact, bound, dropped
