"""Sharing whole lots among the lines of one tier, compiled: one call without Python in it.

The parts of the filling are those of `kernel` and `listing`, the handing out is that of `lots`;
this module only joins them, so that `whole` can share a tier in one call and the lab can share
within its step. What is done and in which order is described in `whole`.
"""

from __future__ import annotations

import numpy as np

from interlock.sharing.caching import njit
from interlock.sharing.kernel import FULL, _begin, _rise
from interlock.sharing.listing import (
    _radix,
    count,
    count_turns,
    gather,
    list_changes,
    list_legs,
    list_turns,
    reorder,
)
from interlock.sharing.lots import OPEN, blocked_by, grant

PATHS = ("proportional", "cea", "weighted", "cel", "talmud")
"""The rules that are paths, by their numbers in `paths_in`."""
EDGE = 1e-9
"""Lots are counted to this part of one, so that 2.9999999999 is three."""


@njit(cache=True, nogil=True)
def paths_in(rule, ask, weight, top):  # type: ignore[no-untyped-def]
    """The paths of lines under a rule: (knot_t, knot_x, slope), see `paths.Paths`.

    Args:
        rule: its place in `PATHS`.
        ask: float64[n], units.
        weight: float64[n].
        top: float64[n], the greatest ask of the line's tier.
    """
    n = len(ask)
    pieces = 3 if rule == 4 else 1
    t, x, s = np.zeros((n, pieces + 1)), np.zeros((n, pieces + 1)), np.ones((n, pieces))
    for i in range(n):
        x[i, pieces] = ask[i]
        if rule == 0:
            t[i, 1], s[i, 0] = 1.0, ask[i]
        elif rule == 1:
            t[i, 1] = ask[i]
        elif rule == 2:
            t[i, 1], s[i, 0] = ask[i] / weight[i], weight[i]
        elif rule == 3:
            t[i, 0], t[i, 1] = top[i] - ask[i], top[i]
        else:
            half = ask[i] / 2
            t[i, 1], t[i, 2], t[i, 3] = half, top[i] - half, top[i]
            x[i, 1], x[i, 2], s[i, 1] = half, half, 0.0
    return t, x, s


@njit(cache=True, nogil=True)
def order_in(level):  # type: ignore[no-untyped-def]
    """The stable order of levels, as `listing.order_of`."""
    return _radix((level + 0.0).view(np.uint64))


@njit(cache=True, nogil=True)
def fill_in(net, room, path):  # type: ignore[no-untyped-def]
    """As `kernel.fill`, from compiled code: awards, levels, binding accounts.

    `net` is (leg_start int64[n + 1], leg_account int32[nnz], leg_factor float64[nnz]).
    """
    leg_start, leg_account = net[0], net[1]
    n = len(leg_start) - 1
    x, level, bound = np.zeros(n), np.zeros(n), np.zeros(n, np.int64)
    if n == 0:
        return x, level, bound
    knot_t, slope = path[0], path[2]
    turn = np.where(knot_t[:, 0] > 0, knot_t[:, 0], knot_t[:, 1])
    sort, mixed = np.arange(n), False
    for i in range(1, n):
        if turn[i] < turn[i - 1]:
            mixed = True
            break
    if mixed:
        sort = order_in(turn)
        nnz = len(leg_account)
        out = (np.empty(n + 1, np.int64), np.empty(nnz, np.int32), np.empty(nnz))
        reorder(sort, net, out)
        net = out
    last = slope.shape[1]
    row = np.empty((n, 3 * last + 1))
    gather(sort, path, row)
    begin, legs, events = _prepare_in(net, room, row)
    frozen = _rise(net, row, begin, legs, events)
    for r in range(n):
        i = sort[r]
        x[i] = row[r, 2 * last]
        level[i] = row[r, 2 * last + 1] if frozen[r] else np.inf
        bound[i] = int(row[r, 0]) if frozen[r] else FULL
    return x, level, bound


@njit(cache=True, nogil=True)
def _prepare_in(net, room, row):  # type: ignore[no-untyped-def]
    """As `kernel._prepare`."""
    n, last = row.shape[0], row.shape[1] // 3
    top = row[:, last].max()
    per_line, per_knot = np.empty(n, np.uint8), np.zeros(last + 1, np.int64)
    count_turns(row, top, per_line, per_knot)
    turns = per_knot.sum()
    level, order = np.empty(turns), np.empty(turns, np.int64)
    list_turns(row, top, per_knot, level, order)
    for k in range(1, turns):
        if level[k] < level[k - 1]:
            order = order[order_in(level)]
            break
    acc, closed = _begin(net, row, room)
    leg_first, change_first = count(net, per_line, closed)
    legs = (leg_first, np.empty(leg_first[-1], np.int32), np.empty(leg_first[-1]))
    events = (change_first, np.empty((change_first[-1], 3)), change_first[:-1].copy())
    list_legs(net, closed, legs)
    list_changes(order, net, row, closed, events)
    return (acc, closed), legs, events


@njit(cache=True, nogil=True)
def _some(net, lines):  # type: ignore[no-untyped-def]
    """The net of some lines; accounts keep their numbers."""
    leg_start, leg_account, leg_factor = net
    k = len(lines)
    start = np.zeros(k + 1, np.int64)
    for r in range(k):
        start[r + 1] = start[r] + leg_start[lines[r] + 1] - leg_start[lines[r]]
    account, factor = np.empty(start[k], np.int32), np.empty(start[k])
    for r in range(k):
        p = start[r]
        for q in range(leg_start[lines[r]], leg_start[lines[r] + 1]):
            account[p], factor[p] = leg_account[q], leg_factor[q]
            p += 1
    return start, account, factor


@njit(cache=True, nogil=True)
def _served(lines, remainder, ticket):  # type: ignore[no-untyped-def]
    """Greatest remainder first; equal ones by ticket, and without a remainder as they stand."""
    k = len(lines)
    by_ticket = np.argsort(ticket[lines], kind="mergesort")
    ranked = by_ticket[np.argsort(-remainder[lines[by_ticket]], kind="mergesort")]
    first = 0
    while first < k and remainder[lines[ranked[first]]] > 0:
        first += 1
    stop = first
    while stop < k and remainder[lines[ranked[stop]]] == 0:
        stop += 1
    ranked[first:stop] = np.sort(ranked[first:stop])
    return lines[ranked]


@njit(cache=True, nogil=True)
def _hand_out(units, least, state, who, lots, net):  # type: ignore[no-untyped-def]
    """Hand out `units` more to some lines: whole lots, then one lot by remainder.

    The last lot may be more than one where it takes a line to `least`.
    """
    given, rest = state
    lines, ticket = who
    n = len(given)
    want, remainder = np.empty(n, np.int64), np.empty(n, np.int64)
    goal = np.empty(n, np.int64)
    for i in range(n):
        portion = units[i] / lots[2][i]
        want[i] = int(np.floor(portion + EDGE))
        remainder[i] = int(np.rint((portion - want[i]) / EDGE))
        goal[i] = max(given[i] + want[i] + 1, least[i])
    order = _served(lines, remainder, ticket)
    total = grant(order, want, given, lots, net, rest)
    one = np.empty(n, np.int64)
    for i in range(n):
        one[i] = goal[i] - given[i] if remainder[i] > 0 else 0
    return total + grant(order, one, given, lots, net, rest)


@njit(cache=True, nogil=True)
def _furthest(exact, minimum, short, ticket):  # type: ignore[no-untyped-def]
    """The half of the short lines whose exact award is the smallest part of their minimum."""
    k = len(short)
    reach, late = np.empty(k), np.empty(k)
    for r in range(k):
        reach[r] = np.rint(exact[short[r]] / minimum[short[r]] / EDGE)
        late[r] = -float(ticket[short[r]])
    by_ticket = np.argsort(late, kind="mergesort")
    order = by_ticket[np.argsort(reach[by_ticket], kind="mergesort")]
    return short[order[: (k + 1) // 2]]


@njit(cache=True, nogil=True)
def _after(path, lines, done):  # type: ignore[no-untyped-def]
    """The rest of some paths once `done` units have been given, as `Paths.after`."""
    knot_t, knot_x, slope = path
    k, last = len(lines), slope.shape[1]
    t, x, s = np.empty((k, last + 1)), np.empty((k, last + 1)), np.empty((k, last))
    for r in range(k):
        i, got, lo = lines[r], done[r], 0.0
        for p in range(last):
            below, above = knot_x[i, p], knot_x[i, p + 1]
            if above > below and below < got <= above:
                rise = slope[i, p] if slope[i, p] > 0 else 1.0
                lo = min(knot_t[i, p] + (got - below) / rise, knot_t[i, p + 1])
        for p in range(last + 1):
            t[r, p], x[r, p] = max(knot_t[i, p], lo), max(knot_x[i, p] - got, 0.0)
        s[r] = slope[i]
    return t, x, s


@njit(cache=True, nogil=True)
def _take(path, lines):  # type: ignore[no-untyped-def]
    return path[0][lines], path[1][lines], path[2][lines]


@njit(cache=True, nogil=True)
def _go_on(net, real, lots, path, state, scale, ticket):  # type: ignore[no-untyped-def]
    """Give what is left to the lines that can still take a lot, along their paths."""
    given, rest = state
    n = len(given)
    none, nothing = np.full(n, FULL), np.zeros(n, np.int64)
    while True:
        able = np.flatnonzero(blocked_by(given, lots, net, rest, none) == OPEN)
        if not len(able):
            return
        done = np.empty(len(able))
        for r in range(len(able)):
            done[r] = float(given[able[r]] * lots[2][able[r]])
        got, _, _ = fill_in(_some(real, able), rest / scale, _after(path, able, done))
        more = np.zeros(n)
        more[able] = got
        if not _hand_out(more, lots[1], state, (able, ticket), lots, net):
            order = _served(able, nothing + 1, ticket)
            step = np.maximum(lots[1] - given, 1)
            grant(order[:1], step, given, lots, net, rest)


@njit(cache=True, nogil=True)
def share_lots(net, real, lots, minimum, path, left, scale, ticket):  # type: ignore[no-untyped-def]
    """Share whole lots among lines that rise together.

    Args:
        net: (leg_start int64[n + 1], leg_account int64[nnz], factor int64[nnz] in finest units).
        real: the same with int32 accounts and the factors as numbers, float64[nnz].
        lots: (most, least, lot) int64[n], as in `lots.grant`.
        minimum: int64[n], units.
        path: (knot_t, knot_x, slope) of the lines.
        left: int64[m], in the accounts' finest units; lowered here.
        scale: int64[m], finest units in an account unit.
        ticket: uint64[n], the lottery's.

    Returns:
        given int64[n] lots, exact float64[n] units, bound int64[n], dropped bool[n].
    """
    n = len(net[0]) - 1
    dropped, least = np.zeros(n, np.bool_), np.zeros(n, np.int64)
    while True:
        rest, given = left.copy(), np.zeros(n, np.int64)
        kept = np.flatnonzero(~dropped)
        exact, hint = np.zeros(n), np.full(n, FULL)
        if len(kept) == n:
            exact, _, hint = fill_in(real, left / scale, path)
        else:
            got, _, bound = fill_in(_some(real, kept), left / scale, _take(path, kept))
            exact[kept], hint[kept] = got, bound
        _hand_out(exact, least, (given, rest), (kept, ticket), lots, net)
        short = np.flatnonzero(~dropped & (given < lots[1]))
        if not len(short):
            break
        dropped[_furthest(exact, minimum, short, ticket)] = True
    _go_on(net, real, lots, path, (given, rest), scale, ticket)
    left[:] = rest
    return given, exact, blocked_by(given, lots, net, rest, hint), dropped
