"""One act of sharing within a step: which lines may draw, what each gets, and what stops the rest.

Lines of a group look alike to the law and draw on the same accounts, so whether one lot can be
taken is asked once for each group; lines that cannot take a lot stay out and cost nothing. What the
others get is worked out by the compiled functions of `interlock.sharing`.
"""

from __future__ import annotations

import math

import numpy as np

from interlock.lab.kernel.accounts import headroom, overdue
from interlock.lab.kernel.columns import (
    CAUSE,
    COUNT_GIVEN,
    COUNT_SEQ,
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
    L_NEXT,
    L_NUMBER,
    L_SEQ,
    LEG_ACCOUNT,
    LEG_AMOUNT,
    NOT_LINKED,
    OPEN,
    OPTION,
    ROOM,
    RULE,
    SHY,
)
from interlock.lab.kernel.decorators import at, inlined, inlined_making, making
from interlock.lab.kernel.posts import append, on_step
from interlock.lab.kernel.random import philox
from interlock.sharing.compiled import paths_in, share_lots
from interlock.sharing.lots import grant_one

LAST_TIER = 2**31 - 1
NOBODY = 2**62
"""A place among the orders after all others."""


@inlined
def _stopped_by(core, run, legs, lot, step):  # type: ignore[no-untyped-def]
    """The first account that does not give one lot; -2 = all do."""
    stop = -2
    for q in range(at(core.first, legs), at(core.first, legs + 1)):
        leg = at(core.legs, q)
        a = on_step(core.terms, core.periods, leg[LEG_ACCOUNT], step)
        if headroom(run.counters, core.terms, a) < leg[LEG_AMOUNT] * lot or overdue(
            run.counters, core.terms, run.aged, a
        ):
            stop = a
            break
    return stop


@inlined
def choose(core, run, g, now):  # type: ignore[no-untyped-def]
    """Choose the licences of a group: of those issued the first that has room, else the first.

    Fills OPTION (-1: no choice is open), CAUSE and ROOM of the group.
    """
    step, mask, sets, _ = now
    group, queue = at(core.group, g), at(run.queue, g)
    best, best_rank, best_room, cause = -1, np.inf, False, -1
    for p in range(group[G_OPTION], group[G_OPTION_END]):
        legs = at(sets, p)
        if not at(mask, p) & 1 or legs < 0:
            continue
        rank = _rank(core, run, group, p, step)
        if rank < 0:
            continue
        stop = _stopped_by(core, run, legs, group[G_LOT], step)
        room = stop == -2
        if best < 0 or (room and not best_room) or (room == best_room and rank < best_rank):
            best, best_rank, best_room, cause = p, rank, room, stop
    queue[OPTION], queue[CAUSE], queue[ROOM] = best, cause, best_room


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


@inlined
def ask_lines(core, run, g):  # type: ignore[no-untyped-def]
    """Lines of a group become orders, or not, at what their licences ask of them.

    Those that did not are asked again where less is asked.
    """
    queue, lines = run.queue[g], run.lines
    chance, asked = core.chance[queue[OPTION]], run.shy[g]
    run.shy[g] = max(asked, chance)
    seq, units = run.count[COUNT_SEQ], 0
    for again in range(2):
        head = SHY if again else FRESH
        if again and chance <= asked:
            break
        i = queue[head]
        queue[head] = -1
        while i >= 0:
            line = at(lines, i)
            after, left = line[L_NEXT], line[L_LEFT]
            if left > 0:
                if at(run.luck, i) < chance or chance >= 1.0:
                    line[L_SEQ] = seq
                    seq += 1
                    units += left
                    append(queue, KEEN, lines, i, L_NEXT)
                else:
                    append(queue, SHY, lines, i, L_NEXT)
            i = after
    run.count[COUNT_SEQ] = seq
    queue[KEEN_UNITS] += units


@inlined
def _wanting(lines, i):  # type: ignore[no-untyped-def]
    """The first line from i on, along a list, that still wants something; -1 none."""
    while i >= 0 and at(lines, i)[L_LEFT] == 0:
        i = at(lines, i)[L_NEXT]
    return i


@inlined
def _head(queue, lines):  # type: ignore[no-untyped-def]
    """The first keen line of a group that still wants something; those before it are let go."""
    i = queue[KEEN]
    while i >= 0 and at(lines, i)[L_LEFT] == 0:
        at(lines, i)[L_SEQ] = NOT_LINKED
        i = at(lines, i)[L_NEXT]
    queue[KEEN] = i
    return i


@inlined
def choose_all(core, run, now, asks):  # type: ignore[no-untyped-def]
    """Choose the licences of all groups that wait; with `asks` their lines become orders or not."""
    for g in range(len(core.group)):
        queue = at(run.queue, g)
        if queue[OPEN] > 0:
            choose(core, run, g, now)
            if asks and queue[OPTION] >= 0 and (queue[FRESH] >= 0 or queue[SHY] >= 0):
                ask_lines(core, run, g)


@inlined
def share(core, run, key, now, together):  # type: ignore[no-untyped-def]
    """Share what the accounts have among the groups that may draw, tier by tier.

    Leaves lines and their units in `run.chosen` and `run.given`, COUNT_GIVEN of them. `together` is
    None where lines are served in turn, so that nothing else is compiled.
    """
    step, _, sets, _ = now
    group, groups = core.group, len(core.group)
    count, tier, n = 0, LAST_TIER, 0
    for g in range(groups):
        queue = at(run.queue, g)
        queue[FIRST] = count
        if queue[OPEN] <= 0 or queue[OPTION] < 0 or not queue[ROOM] or _head(queue, run.lines) < 0:
            queue[ROOM] = 0
        else:
            tier = min(tier, at(group, g)[G_TIER])
            legs = at(sets, queue[OPTION])
            for q in range(at(core.first, legs), at(core.first, legs + 1)):
                leg, place = at(core.legs, q), np.uintp(count)
                a = on_step(core.terms, core.periods, leg[LEG_ACCOUNT], step)
                run.leg_account[place], run.leg_amount[place] = a, leg[LEG_AMOUNT]
                run.left[np.uintp(a)] = headroom(run.counters, core.terms, a)
                count += 1
    run.queue[groups, FIRST] = count
    while tier < LAST_TIER:
        if together is None:
            n = _first_come(core, run, tier, n)
        else:
            tables = (group, core.group_real, run.lines, run.queue)
            legs_now = (run.leg_account, run.leg_amount, run.left)
            to = (run.chosen, run.given)
            n = _together(tables, legs_now, core.ways[RULE], key, step, tier, to, n)
        after = LAST_TIER
        for g in range(groups):
            if at(run.queue, g)[ROOM] and at(group, g)[G_TIER] > tier:
                after = min(after, at(group, g)[G_TIER])
        tier = after
    run.count[COUNT_GIVEN] = n


@inlined
def _first_come(core, run, tier, n):  # type: ignore[no-untyped-def]
    """Serve lines in the order in which they became orders, each with all it can get."""
    lines, heads, many = run.lines, run.head, 0
    for g in range(len(core.group)):
        queue = at(run.queue, g)
        if queue[ROOM] and at(core.group, g)[G_TIER] == tier:
            head, line = at(heads, many), queue[KEEN]
            head[0], head[1], head[2] = at(lines, line)[L_SEQ], line, g
            many += 1
    while many > 0:
        best, seq = 0, heads[0, 0]
        for k in range(1, many):
            if at(heads, k)[0] < seq:
                best, seq = k, at(heads, k)[0]
        head = at(heads, best)
        line, g = at(lines, head[1]), head[2]
        lot, part, want = at(core.group, g)[G_LOT], at(core.group_real, g)[GR_LEAST], line[L_LEFT]
        most, least = want, 0
        if lot != 1:
            most = want // lot
        if part != 0.0:
            least = min(int(math.ceil(part * line[L_ASK] / lot)), most)
        lots, first, end = (most, least, lot), at(run.queue, g)[FIRST], at(run.queue, g + 1)[FIRST]
        got, _, bound, _ = grant_one(
            want, lots, first, end, run.leg_account, run.leg_amount, run.left
        )
        if got > 0:
            run.chosen[np.uintp(n)], run.given[np.uintp(n)] = head[1], got * lot
            n += 1
        after = -1
        if bound < 0 or part != 0.0:  # else the others of the group draw on the same accounts
            after = _wanting(lines, line[L_NEXT])
        if after < 0:
            many -= 1
            last = at(heads, many)
            head[0], head[1], head[2] = last[0], last[1], last[2]
        else:
            head[0], head[1] = at(lines, after)[L_SEQ], after
    return n


@making
def _together(tables, legs, rule, key, step, tier, out, n):  # type: ignore[no-untyped-def]
    """Serve the lines of a tier together, by the paths of the rule, in whole lots.

    `tables` are (groups, their numbers, lines, queues), `legs` (accounts, amounts, what is left);
    appends to `out` from place n on, and gives where it ends.
    """
    group, real, lines, queue = tables
    leg_account, leg_amount, left = legs
    count, nnz = 0, 0
    for g in range(len(group)):
        if queue[g, ROOM] and group[g, G_TIER] == tier:
            i = _head(queue[g], lines)
            while i >= 0:
                if lines[i, L_LEFT] > 0:
                    count += 1
                    nnz += queue[g + 1, FIRST] - queue[g, FIRST]
                i = lines[i, L_NEXT]
    if count == 0:
        return n
    chosen, start = np.empty(count, np.int64), np.zeros(count + 1, np.int64)
    account, amount = np.empty(nnz, np.int64), np.empty(nnz, np.int64)
    ask, most, least = (
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
    )
    lot, weight = np.empty(count, np.int64), np.empty(count)
    k, nnz = 0, 0
    for g in range(len(group)):
        if not queue[g, ROOM] or group[g, G_TIER] != tier:
            continue
        i = queue[g, KEEN]
        while i >= 0:
            if lines[i, L_LEFT] > 0:
                chosen[k], ask[k], lot[k] = i, lines[i, L_LEFT], group[g, G_LOT]
                most[k], weight[k] = ask[k] // lot[k], real[g, GR_WEIGHT]
                part = math.ceil(real[g, GR_LEAST] * lines[i, L_ASK] / lot[k])
                least[k] = min(int(part), most[k])
                for q in range(queue[g, FIRST], queue[g + 1, FIRST]):
                    account[nnz], amount[nnz] = leg_account[q], leg_amount[q]
                    nnz += 1
                k += 1
                start[k] = nnz
            i = lines[i, L_NEXT]
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
        stream = group[lines[i, L_GROUP], G_STREAM]
        a, b, _, _ = philox(
            number, lines[i, L_NUMBER], step + 0x80000000, stream, seed & 0xFFFFFFFF, seed >> 32
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
