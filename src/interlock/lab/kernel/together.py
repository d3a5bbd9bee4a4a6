"""Lines of a tier served together by the rule of the regime's sharing, in whole lots.

The rule's paths, the lots and the tickets are those of `interlock.sharing`, compiled.
"""

from __future__ import annotations

import math

import numpy as np

from interlock.lab.kernel.columns import (
    FIRST,
    G_PLACE,
    G_STREAM,
    KEEN,
    KEEN_MANY,
    L_ASK,
    L_GROUP,
    L_LEFT,
    L_PLACE,
    MOST,
    PLACE,
    Q_LOT,
    Q_TIER,
    QR_LEAST,
    QR_WEIGHT,
    ROOM,
)
from interlock.lab.kernel.decorators import inlined_making, making, row_of
from interlock.lab.kernel.random import philox
from interlock.sharing.compiled import paths_in, share_lots
from interlock.sharing.lots import grant_one


@making
def serve_together(tables, legs, rule, key, step, tier, out, n):  # type: ignore[no-untyped-def]
    """Serve the lines of a tier together, by the paths of the rule, in whole lots.

    `tables` are (groups, terms of queues, their weights, lines, queues, keen lines), `legs`
    (accounts, amounts, what is left); appends to `out` from place n on, and gives where it ends.
    """
    group, terms, real, lines, queues, keen = tables
    leg_account, leg_amount, left = legs
    count, nnz = 0, 0
    for j in range(len(terms)):
        queue = row_of(queues, j)
        if queue[ROOM] and row_of(terms, j)[Q_TIER] == tier:
            count += queue[KEEN_MANY]
            nnz += queue[KEEN_MANY] * (row_of(queues, j + 1)[FIRST] - queue[FIRST])
    chosen, start = np.empty(count, np.int64), np.zeros(count + 1, np.int64)
    account, amount = np.empty(nnz, np.int64), np.empty(nnz, np.int64)
    ask, most = np.empty(count, np.int64), np.empty(count, np.int64)
    least = np.empty(count, np.int64)
    lot, weight = np.empty(count, np.int64), np.empty(count)
    k, nnz = 0, 0
    for j in range(len(terms)):
        queue, first = row_of(queues, j), row_of(queues, j)[FIRST]
        if not queue[ROOM] or row_of(terms, j)[Q_TIER] != tier:
            continue
        for p in range(queue[KEEN], queue[KEEN] + queue[KEEN_MANY]):
            place = p if p < queue[MOST] else p - queue[MOST]
            i = row_of(keen, queue[PLACE] + place)[1]
            line = row_of(lines, i)
            if line[L_LEFT] > 0:
                chosen[k], ask[k], lot[k] = i, line[L_LEFT], row_of(terms, j)[Q_LOT]
                most[k], weight[k] = ask[k] // lot[k], real[j, QR_WEIGHT]
                part = math.ceil(real[j, QR_LEAST] * line[L_ASK] / lot[k])
                least[k] = min(int(part), most[k])
                for q in range(first, row_of(queues, j + 1)[FIRST]):
                    account[nnz], amount[nnz] = leg_account[q], leg_amount[q]
                    nnz += 1
                k += 1
                start[k] = nnz
    if k == 0:
        return n
    chosen, start, account, amount = chosen[:k], start[: k + 1], account[:nnz], amount[:nnz]
    ask, most, least, lot, weight = ask[:k], most[:k], least[:k], lot[:k], weight[:k]
    count = k
    net, lots = (start, account, amount), (most, least, lot)
    given = _all_or(net, lots, ask, left)
    if not len(given):
        ticket = _tickets(group, lines, chosen, key, step)
        given = _served(rule, net, lots, (ask, weight), left, ticket)
    for k in range(count):
        if given[k] > 0:
            out[0][n], out[1][n] = chosen[k], given[k] * lot[k]
            n += 1
    return n


@inlined_making
def _tickets(group, lines, chosen, key, step):  # type: ignore[no-untyped-def]
    """Lottery tickets of lines on a step, uint64[n]: the lower one goes first."""
    seed, number = key
    ticket = np.empty(len(chosen), np.uint64)
    for k in range(len(chosen)):
        i = chosen[k]
        mine = row_of(group, row_of(lines, i)[L_GROUP])
        a, b, _, _ = philox(
            number,
            row_of(lines, i)[L_PLACE] - mine[G_PLACE],
            step + 0x80000000,
            mine[G_STREAM],
            seed & 0xFFFFFFFF,
            seed >> 32,
        )
        ticket[k] = (a << np.uint64(32)) | b
    return ticket


@inlined_making
def _all_or(net, lots, ask, left):  # type: ignore[no-untyped-def]
    """Everything, where all of it fits: what every rule gives then; else nothing."""
    start, account, amount = net
    wanted = np.zeros(len(left), np.int64)
    for k in range(len(ask)):
        for q in range(start[k], start[k + 1]):
            wanted[account[q]] += amount[q] * ask[k]
    fits = True
    for q in range(len(account)):
        if wanted[account[q]] > left[account[q]]:
            fits = False
    if fits:
        for q in range(len(account)):
            left[account[q]] -= wanted[account[q]]
            wanted[account[q]] = 0
    return lots[0].copy() if fits else np.empty(0, np.int64)


@inlined_making
def _served(rule, net, lots, wants, left, ticket):  # type: ignore[no-untyped-def]
    """Lots for each line, as `interlock.sharing` shares them."""
    start, account, amount = net
    ask, weight = wants
    n = len(ask)
    if n == 1:
        mine = (lots[0][0], lots[1][0], lots[2][0])
        got, _, _, _ = grant_one(ask[0], mine, 0, start[1], account, amount, left)
        return np.full(1, got)
    real = ask.astype(np.float64)
    path = paths_in(rule - 1, real, weight, np.full(n, real.max()))
    floats = (start, account.astype(np.int32), amount.astype(np.float64))
    scale = np.ones(len(left), np.int64)
    given, _, _, _ = share_lots(net, floats, lots, lots[1] * lots[2], path, left, scale, ticket)
    return given
