"""One act of sharing within a step: which lines may draw, what each gets, and what stops the rest.

Lines of a queue look alike to the law and draw on the same accounts, so whether one lot can be
taken is asked once for each queue; lines that cannot take a lot stay out and cost nothing. What the
others get is worked out by the compiled functions of `interlock.sharing`: in turn here, together in
kernel/together.
"""

from __future__ import annotations

import math

import numpy as np

from interlock.lab.kernel.accounts import headroom, on_step, overdue
from interlock.lab.kernel.columns import (
    CAUSE,
    COUNT_GIVEN,
    FIRST,
    FRESH,
    H_AT,
    H_LINE,
    H_MANY,
    H_QUEUE,
    H_SEQ,
    H_WIDTH,
    KEEN,
    KEEN_MANY,
    KEEN_UNITS,
    L_ASK,
    L_LEFT,
    L_LUCK,
    L_SEQ,
    LEG_ACCOUNT,
    LEG_AMOUNT,
    MOST,
    NOT_LINKED,
    OPEN,
    OPTION,
    PLACE,
    Q_LOT,
    Q_OPTION,
    Q_OPTION_END,
    Q_TIER,
    QR_LEAST,
    ROOM,
    RULE,
    SHY,
)
from interlock.lab.kernel.decorators import at, inlined, row_of
from interlock.lab.kernel.posts import place_among
from interlock.lab.kernel.random import unit
from interlock.lab.kernel.together import serve_together
from interlock.sharing.lots import grant_one

LAST_TIER = 2**31 - 1
NOT_ASKED = (-1, -1, -2)
"""No legs, no lot, nothing stops."""


@inlined
def _stopped_by(core, run, legs, lot, step):  # type: ignore[no-untyped-def]
    """The first account that does not give one lot; -2 = all do."""
    stop = -2
    for q in range(at(core.first, legs), at(core.first, legs + 1)):
        leg = row_of(core.legs, q)
        a = on_step(core.terms, core.periods, leg[LEG_ACCOUNT], step)
        if headroom(run.counters, core.terms, a) < leg[LEG_AMOUNT] * lot or overdue(
            run.counters, core.terms, run.aged, a
        ):
            stop = a
            break
    return stop


@inlined
def _choose(core, run, j, now, known):  # type: ignore[no-untyped-def]
    """Choose the licences of a queue: of those issued the first that has room, else the first.

    Fills OPTION (-1: no choice is open), CAUSE and ROOM of the queue. `known` is what was asked
    last, (legs, lot, what stops them): queues that draw on the same accounts are asked once.
    """
    step, mask, sets, _ = now
    terms, queue = row_of(core.queue, j), row_of(run.queue, j)
    best, best_rank, best_room, cause = -1, np.inf, False, -1
    for p in range(terms[Q_OPTION], terms[Q_OPTION_END]):
        legs, lot = np.int64(at(sets, p)), terms[Q_LOT]
        if not at(mask, p) & 1 or legs < 0:
            continue
        rank = _rank(core, run, terms, p, step)
        if rank < 0:
            continue
        if legs != known[0] or lot != known[1]:
            known = (legs, lot, np.int64(_stopped_by(core, run, legs, lot, step)))
        stop = known[2]
        room = stop == -2
        if best < 0 or (room and not best_room) or (room == best_room and rank < best_rank):
            best, best_rank, best_room, cause = p, rank, room, stop
    queue[OPTION], queue[CAUSE], queue[ROOM] = best, cause, best_room
    return known


@inlined
def _rank(core, run, terms, p, step):  # type: ignore[no-untyped-def]
    """The place of an option by when its licences were issued; -1 = they are not those held."""
    rank = 0.0
    for gate in range(core.option.shape[1]):
        k = core.option[p, gate]
        if k >= 0:
            if run.licence[k, 0] > step:
                return -1.0
            rank = rank * 1e7 + run.licence[k, 0] * 1e3 + k / 1e3
        else:
            for other in range(terms[Q_OPTION], terms[Q_OPTION_END]):
                held = core.option[other, gate]
                if held >= 0 and run.licence[held, 0] <= step:
                    return -1.0
    return rank


@inlined
def _ask(run, queue, waits, many, chance, shy, step):  # type: ignore[no-untyped-def]
    """Lines become orders or, from place `shy` of the queue's on, shy; gives where that ends.

    Each line is put down in both places, and the end of one of them moves on: what is chance cannot
    be foreseen by the processor, and a branch on it would cost more than the rest.
    """
    first, lines, units = queue[PLACE], run.lines, 0
    end = queue[KEEN] + queue[KEEN_MANY]
    for k in range(many):
        i = at(waits, first + k)
        line = row_of(lines, i)
        if line[L_LEFT] > 0:
            orders = np.int64(unit(line[L_LUCK]) < chance)
            place = end - queue[MOST] * np.int64(end >= queue[MOST])
            seq = place_among(step, np.int64(1), i)
            new = row_of(run.keen, first + place)
            new[0], new[1] = seq, i  # the line stands nowhere yet, so there is room for it
            run.shy[np.uintp(first + shy)] = i
            line[L_SEQ] = seq * orders + NOT_LINKED * (1 - orders)
            units += line[L_LEFT] * orders
            end, shy = end + orders, shy + 1 - orders
    queue[KEEN_MANY] = end - queue[KEEN]
    queue[KEEN_UNITS] += units
    return shy


@inlined
def _ask_lines(core, run, j, step):  # type: ignore[no-untyped-def]
    """Lines of a queue become orders, or not, at what their licences ask of them.

    Those that did not are asked again where less is asked. They came first, so they go first.
    """
    queue, asked = row_of(run.queue, j), at(run.shy_at, j)
    chance = at(core.chance, queue[OPTION])
    if chance > asked:
        queue[SHY] = _ask(run, queue, run.shy, queue[SHY], chance, np.int64(0), step)
    before = queue[SHY]
    if queue[FRESH] > 0:
        queue[SHY] = _ask(run, queue, run.fresh, queue[FRESH], chance, before, step)
        queue[FRESH] = 0
    if chance > asked or queue[SHY] > before:
        run.shy_at[np.uintp(j)] = chance


@inlined
def _let_go(run, queue):  # type: ignore[no-untyped-def]
    """Let keen lines of a queue go that want nothing, up to the first that does."""
    while queue[KEEN_MANY] > 0:
        line = row_of(run.lines, row_of(run.keen, queue[PLACE] + queue[KEEN])[1])
        if line[L_LEFT] > 0:
            break
        line[L_SEQ] = NOT_LINKED
        queue[KEEN] += 1
        if queue[KEEN] == queue[MOST]:
            queue[KEEN] = 0
        queue[KEEN_MANY] -= 1


@inlined
def choose_all(core, run, now):  # type: ignore[no-untyped-def]
    """Choose the licences of all queues that wait; their lines become orders or not."""
    known = NOT_ASKED
    for j in range(len(core.queue)):
        queue = row_of(run.queue, j)
        if queue[OPEN] > 0:
            known = _choose(core, run, j, now, known)
            if queue[OPTION] >= 0 and (queue[FRESH] > 0 or queue[SHY] > 0):
                _ask_lines(core, run, j, now[0])


@inlined
def choose_again(core, run, now):  # type: ignore[no-untyped-def]
    """Choose after units were given; whether a queue goes on to other licences that have room."""
    known, more = NOT_ASKED, False
    for j in range(len(core.queue)):
        queue = row_of(run.queue, j)
        if queue[OPEN] > 0:
            before = queue[OPTION]
            known = _choose(core, run, j, now, known)
            if queue[ROOM] and queue[OPTION] != before:
                more = True
    return more


@inlined
def share(core, run, key, now, more):  # type: ignore[no-untyped-def]
    """Share what the accounts have among the queues that may draw, tier by tier.

    Leaves lines and their units in `run.chosen` and `run.given`, COUNT_GIVEN of them. `more` is
    None where lines are served in turn, so that nothing else is compiled.
    """
    step, _, sets, _ = now
    terms, queues = core.queue, len(core.queue)
    count, tier, last, n = 0, LAST_TIER, -1, 0
    for j in range(queues):
        queue = row_of(run.queue, j)
        queue[FIRST] = count
        if queue[OPEN] <= 0 or queue[OPTION] < 0:
            queue[ROOM] = 0
        if queue[ROOM]:
            _let_go(run, queue)
            queue[ROOM] = queue[KEEN_MANY] > 0
        if queue[ROOM]:
            mine = row_of(terms, j)[Q_TIER]
            tier, last = min(tier, mine), max(last, mine)
            legs = at(sets, queue[OPTION])
            for q in range(at(core.first, legs), at(core.first, legs + 1)):
                leg, place = row_of(core.legs, q), np.uintp(count)
                a = on_step(core.terms, core.periods, leg[LEG_ACCOUNT], step)
                run.leg_account[place], run.leg_amount[place] = a, leg[LEG_AMOUNT]
                run.left[np.uintp(a)] = headroom(run.counters, core.terms, a)
                count += 1
    row_of(run.queue, queues)[FIRST] = count
    while tier < LAST_TIER:
        if more is None or core.ways[RULE] == 0:
            n = _first_come(core, run, tier, n)
        else:
            tables = (core.group, terms, core.queue_real, run.lines, run.queue, run.keen)
            legs_now = (run.leg_account, run.leg_amount, run.left)
            to = (run.chosen, run.given)
            n = serve_together(tables, legs_now, core.ways[RULE], key, step, tier, to, n)
        after = LAST_TIER
        for j in range(queues if tier < last else 0):
            if row_of(run.queue, j)[ROOM] and row_of(terms, j)[Q_TIER] > tier:
                after = min(after, row_of(terms, j)[Q_TIER])
        tier = after
    run.count[COUNT_GIVEN] = n


@inlined
def _first_come(core, run, tier, n):  # type: ignore[no-untyped-def]
    """Serve lines in the order in which they became orders, each with all it can get."""
    heads, many = run.head, 0
    for j in range(len(core.queue)):
        queue = row_of(run.queue, j)
        if queue[ROOM] and row_of(core.queue, j)[Q_TIER] == tier:
            head, keen = row_of(heads, many), row_of(run.keen, queue[PLACE] + queue[KEEN])
            head[H_SEQ], head[H_LINE], head[H_QUEUE] = keen[0], keen[1], j
            head[H_AT], head[H_MANY] = queue[KEEN], queue[KEEN_MANY]
            many += 1
    while many > 0:
        best, seq = 0, row_of(heads, 0)[H_SEQ]
        for k in range(1, many):
            other = row_of(heads, k)[H_SEQ]
            if other < seq:
                best, seq = k, other
        head = row_of(heads, best)
        line, j = row_of(run.lines, head[H_LINE]), head[H_QUEUE]
        queue, lot = row_of(run.queue, j), row_of(core.queue, j)[Q_LOT]
        part, want = at(core.queue_real, j)[QR_LEAST], line[L_LEFT]
        most, least = want, 0
        if lot != 1:
            most = want // lot
        if part != 0.0:
            least = min(int(math.ceil(part * line[L_ASK] / lot)), most)
        lots, end = (most, least, lot), row_of(run.queue, j + 1)[FIRST]
        got, _, bound, _ = grant_one(
            want, lots, queue[FIRST], end, run.leg_account, run.leg_amount, run.left
        )
        if got > 0:
            run.chosen[np.uintp(n)], run.given[np.uintp(n)] = head[H_LINE], got * lot
            n += 1
        head[H_MANY] -= 1
        if head[H_MANY] == 0 or (bound >= 0 and part == 0.0):
            many -= 1  # the others of the queue draw on the same accounts
            last = row_of(heads, many)
            for k in range(H_WIDTH):
                head[k] = last[k]
        else:
            head[H_AT] += 1
            if head[H_AT] == queue[MOST]:
                head[H_AT] = 0
            keen = row_of(run.keen, queue[PLACE] + head[H_AT])
            head[H_SEQ], head[H_LINE] = keen[0], keen[1]
        if bound >= 0:
            many = _those_left(core, run, many)
    return n


@inlined
def _those_left(core, run, many):  # type: ignore[no-untyped-def]
    """Take out of those that are served next the queues that no account gives a lot any more."""
    k = 0
    while k < many:
        head, stuck = row_of(run.head, k), False
        j = head[H_QUEUE]
        lot = row_of(core.queue, j)[Q_LOT]
        for q in range(row_of(run.queue, j)[FIRST], row_of(run.queue, j + 1)[FIRST]):
            if at(run.left, at(run.leg_account, q)) < at(run.leg_amount, q) * lot:
                stuck = True
        if stuck:
            many -= 1
            last = row_of(run.head, many)
            for w in range(H_WIDTH):
                head[w] = last[w]
        else:
            k += 1
    return many
