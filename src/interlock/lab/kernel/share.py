"""One act of sharing within a step: which lines may draw, what each gets, and what stops the rest.

Lines of a group look alike to the law and draw on the same accounts, so whether one lot can be
taken is asked once for each group; lines that cannot take a lot stay out and cost nothing. What the
others get is worked out by the compiled functions of `interlock.sharing`.
"""

from __future__ import annotations

import math

import numpy as np

from interlock.lab.kernel.accounts import headroom, on_step, overdue
from interlock.lab.kernel.columns import (
    CAUSE,
    COUNT_SEQ,
    CURSOR,
    FIRST,
    FRESH,
    G_LOT,
    G_OPTION,
    G_OPTION_END,
    G_STREAM,
    G_TIER,
    GR_LEAST,
    GR_WEIGHT,
    KEEN,
    KEEN_UNITS,
    L_ASK,
    L_GROUP,
    L_LEFT,
    L_LINKED,
    L_NEXT,
    L_NUMBER,
    L_SEQ,
    LEG_ACCOUNT,
    LEG_AMOUNT,
    OPEN,
    OPTION,
    ROOM,
    RULE,
    SHY,
)
from interlock.lab.kernel.decorators import bare, inlined, making
from interlock.lab.kernel.posts import allocate, append
from interlock.lab.kernel.random import philox
from interlock.sharing.compiled import paths_in, share_lots
from interlock.sharing.lots import grant_one

LAST_TIER = 2**31 - 1


@inlined
def _stopped_by(core, run, legs, lot, step):  # type: ignore[no-untyped-def]
    """The first account that does not give one lot; -2 = all do."""
    for q in range(core.first[legs], core.first[legs + 1]):
        a = on_step(core.terms, core.periods, core.legs[q, LEG_ACCOUNT], step)
        if headroom(run.counters, core.terms, a) < core.legs[q, LEG_AMOUNT] * lot:
            return a
        if overdue(run.counters, core.terms, run.aged, a):
            return a
    return -2


@inlined
def _choose(core, run, g, step):  # type: ignore[no-untyped-def]
    """Choose the licences of a group: of those issued the first that has room, else the first.

    Fills OPTION (-1: no choice is open), CAUSE and ROOM of the group.
    """
    group, queue, state = core.group[g], run.queue, run.path[step]
    best, best_rank, best_room, cause = -1, np.inf, False, -1
    for p in range(group[G_OPTION], group[G_OPTION_END]):
        if not core.mask[state, step, p] & 1:
            continue
        rank = _rank(core, run, group, p, step)
        legs = core.legs_of[state, step, p]
        if rank < 0 or legs < 0:
            continue
        stop = _stopped_by(core, run, legs, group[G_LOT], step)
        room = stop == -2
        if best < 0 or (room and not best_room) or (room == best_room and rank < best_rank):
            best, best_rank, best_room, cause = p, rank, room, stop
    queue[g, OPTION], queue[g, CAUSE], queue[g, ROOM] = best, cause, best_room


@inlined
def _rank(core, run, group, p, step):  # type: ignore[no-untyped-def]
    """The place of an option by when its licences were issued; -1 = they are not those held."""
    rank = 0.0
    for gate in range(core.option.shape[1]):
        k = core.option[p, gate]
        if k >= 0:
            if run.licence[k, 0] > step:
                return -1.0
            rank = rank * 1e7 + run.licence[k, 0] * 1e3 + k / 1e3
        else:
            for other in range(group[G_OPTION], group[G_OPTION_END]):
                held = core.option[other, gate]
                if held >= 0 and run.licence[held, 0] <= step:
                    return -1.0
    return rank


@bare
def ask_lines(core, run, g):  # type: ignore[no-untyped-def]
    """Lines of a group become orders, or not, at what their licences ask of them.

    Those that did not are asked again where less is asked.
    """
    queue, lines = run.queue, run.lines
    chance = core.chance[queue[g, OPTION]]
    for again in range(2):
        head = SHY if again else FRESH
        if again and chance <= run.shy[g]:
            break
        i = queue[g, head]
        queue[g, head] = -1
        while i >= 0:
            after = lines[i, L_NEXT]
            if lines[i, L_LEFT] > 0:
                if chance >= 1.0 or run.luck[i] < chance:
                    lines[i, L_LINKED], lines[i, L_SEQ] = 1, run.count[COUNT_SEQ]
                    run.count[COUNT_SEQ] += 1
                    append(queue, g, KEEN, lines, i, L_NEXT)
                    queue[g, KEEN_UNITS] += lines[i, L_LEFT]
                else:
                    append(queue, g, SHY, lines, i, L_NEXT)
            i = after
    run.shy[g] = max(run.shy[g], chance)


@inlined
def _head(queue, lines, g):  # type: ignore[no-untyped-def]
    """The first keen line of a group that still wants something; those before it are let go."""
    i = queue[g, KEEN]
    while i >= 0 and lines[i, L_LEFT] == 0:
        lines[i, L_LINKED] = 0
        i = lines[i, L_NEXT]
    queue[g, KEEN] = i
    return i


@bare
def choose_all(core, run, step, asks):  # type: ignore[no-untyped-def]
    """Choose the licences of all groups that wait; with `asks` their lines become orders or not."""
    queue = run.queue
    for g in range(len(core.group)):
        if queue[g, OPEN] > 0:
            _choose(core, run, g, step)
            if asks and queue[g, OPTION] >= 0 and (queue[g, FRESH] >= 0 or queue[g, SHY] >= 0):
                ask_lines(core, run, g)


@inlined
def share(core, run, seed, number, step):  # type: ignore[no-untyped-def]
    """Share what the accounts have among the groups that may draw, tier by tier."""
    queue, group, groups = run.queue, core.group, len(core.group)
    count, tier = 0, LAST_TIER
    for g in range(groups):
        queue[g, FIRST] = count
        if (
            queue[g, OPEN] <= 0
            or queue[g, OPTION] < 0
            or not queue[g, ROOM]
            or _head(queue, run.lines, g) < 0
        ):
            queue[g, ROOM] = 0
        else:
            tier = min(tier, group[g, G_TIER])
            legs = core.legs_of[run.path[step], step, queue[g, OPTION]]
            for q in range(core.first[legs], core.first[legs + 1]):
                account = core.legs[q, LEG_ACCOUNT]
                run.legs[count, 0] = on_step(core.terms, core.periods, account, step)
                run.legs[count, 1] = core.legs[q, LEG_AMOUNT]
                count += 1
    queue[groups, FIRST] = count
    if tier == LAST_TIER:
        return
    for a in range(len(run.left)):
        run.left[a] = headroom(run.counters, core.terms, a)
    while tier < LAST_TIER:
        if core.ways[RULE] == 0:
            _first_come(core, run, seed, number, step, tier)
        else:
            _together(core, run, seed, number, step, tier)
        after = LAST_TIER
        for g in range(groups):
            if queue[g, ROOM] and group[g, G_TIER] > tier:
                after = min(after, group[g, G_TIER])
        tier = after


@inlined
def _first_come(core, run, seed, number, step, tier):  # type: ignore[no-untyped-def]
    """Serve lines in the order in which they became orders, each with all it can get."""
    queue, group, lines = run.queue, core.group, run.lines
    groups = len(group)
    for g in range(groups):
        queue[g, CURSOR] = -1
        if queue[g, ROOM] and group[g, G_TIER] == tier:
            queue[g, CURSOR] = _head(queue, lines, g)
    while True:
        best, line = -1, -1
        for g in range(groups):
            i = queue[g, CURSOR]
            if i >= 0 and (best < 0 or lines[i, L_SEQ] < lines[line, L_SEQ]):
                best, line = g, i
        if best < 0:
            return
        lot, part = group[best, G_LOT], core.group_real[best, GR_LEAST]
        want = lines[line, L_LEFT]
        least = min(int(math.ceil(part * lines[line, L_ASK] / lot)), want // lot)
        given, _, bound, _ = grant_one(
            want, (want // lot, least, lot), queue[best, FIRST], queue[best + 1, FIRST],
            run.legs[:, 0], run.legs[:, 1], run.left,
        )  # fmt: skip
        if given > 0:
            allocate(core, run, seed, number, line, given * lot, step)
        if bound >= 0 and part == 0.0:
            queue[best, CURSOR] = -1  # the others of the group draw on the same accounts
            continue
        i = lines[line, L_NEXT]
        while i >= 0 and lines[i, L_LEFT] == 0:
            i = lines[i, L_NEXT]
        queue[best, CURSOR] = i


@making
def _together(core, run, seed, number, step, tier):  # type: ignore[no-untyped-def]
    """Serve the lines of a tier together, by the paths of the rule, in whole lots."""
    queue, group, lines = run.queue, core.group, run.lines
    n, nnz = 0, 0
    for g in range(len(group)):
        if queue[g, ROOM] and group[g, G_TIER] == tier:
            i = _head(queue, lines, g)
            while i >= 0:
                if lines[i, L_LEFT] > 0:
                    n += 1
                    nnz += queue[g + 1, FIRST] - queue[g, FIRST]
                i = lines[i, L_NEXT]
    if n == 0:
        return
    chosen, start = np.empty(n, np.int64), np.zeros(n + 1, np.int64)
    account, amount = np.empty(nnz, np.int64), np.empty(nnz, np.int64)
    ask, most, least = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    lot, weight = np.empty(n, np.int64), np.empty(n)
    n, nnz = 0, 0
    for g in range(len(group)):
        if not queue[g, ROOM] or group[g, G_TIER] != tier:
            continue
        i = queue[g, KEEN]
        while i >= 0:
            if lines[i, L_LEFT] > 0:
                chosen[n], ask[n], lot[n] = i, lines[i, L_LEFT], group[g, G_LOT]
                most[n], weight[n] = ask[n] // lot[n], core.group_real[g, GR_WEIGHT]
                part = math.ceil(core.group_real[g, GR_LEAST] * lines[i, L_ASK] / lot[n])
                least[n] = min(int(part), most[n])
                for q in range(queue[g, FIRST], queue[g + 1, FIRST]):
                    account[nnz], amount[nnz] = run.legs[q, 0], run.legs[q, 1]
                    nnz += 1
                n += 1
                start[n] = nnz
            i = lines[i, L_NEXT]
    net, lots = (start, account, amount), (most, least, lot)
    given = _all_or(net, lots, ask, run.left)
    if not len(given):
        ticket = _tickets(core.group, lines, chosen, seed, number, step)
        given = _served(core.ways[RULE], net, lots, (ask, weight), run.left, ticket)
    for k in range(n):
        if given[k] > 0:
            allocate(core, run, seed, number, chosen[k], given[k] * lot[k], step)


@making
def _tickets(group, lines, chosen, seed, number, step):  # type: ignore[no-untyped-def]
    """Lottery tickets of lines on a step, uint64[n]: the lower one goes first."""
    ticket = np.empty(len(chosen), np.uint64)
    for k in range(len(chosen)):
        i = chosen[k]
        stream = group[lines[i, L_GROUP], G_STREAM]
        a, b, _, _ = philox(
            number, lines[i, L_NUMBER], step + 0x80000000, stream, seed & 0xFFFFFFFF, seed >> 32
        )
        ticket[k] = (a << np.uint64(32)) | b
    return ticket


@making
def _all_or(net, lots, ask, left):  # type: ignore[no-untyped-def]
    """Everything, where all of it fits: what every rule gives then; else nothing."""
    start, account, amount = net
    wanted = np.zeros(len(left), np.int64)
    for k in range(len(ask)):
        for q in range(start[k], start[k + 1]):
            wanted[account[q]] += amount[q] * ask[k]
    for a in range(len(wanted)):
        if wanted[a] > left[a]:
            return np.empty(0, np.int64)
    for a in range(len(wanted)):
        left[a] -= wanted[a]
    return lots[0].copy()


@making
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
