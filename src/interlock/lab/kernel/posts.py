"""Allocations on their way: reserved, shipped, entered, and sometimes returned or expired.

Each test is that of `ledger.draws`: a group of legs is tried on every account before any is moved.
"""

from __future__ import annotations

import math

import numpy as np

from interlock.lab.kernel.accounts import (
    NOT_FOUND,
    allowance,
    available,
    on_step,
    overdue,
    put_post,
    release,
    reserve,
)
from interlock.lab.kernel.columns import (
    A_ENTERED,
    A_EXTRA,
    A_LEGS,
    A_LINE,
    A_MADE,
    A_NEXT,
    A_NEXT_EXPIRY,
    A_OPTION,
    A_SERIES,
    A_SHIPPED,
    A_STAGE,
    A_UNITS,
    ALLOCATED,
    CLOSES,
    COUNT_FULL,
    COUNT_GIVEN,
    COUNT_MADE,
    CUSTOMS,
    DELIVERED,
    ENTRY,
    EXPIRES,
    EXPIRY,
    FIRST,
    FLOOR,
    G_PLACE,
    G_QUEUE,
    G_SERIES,
    G_STREAM,
    GIVE_BACK,
    KEEN,
    KEEN_MANY,
    KEEN_UNITS,
    KIND,
    L_GROUP,
    L_LEFT,
    L_PLACE,
    L_STEP,
    L_TURN,
    LEAD,
    LEG_ACCOUNT,
    LEG_AMOUNT,
    LEG_POST,
    MOST,
    OPEN,
    OPTION,
    OVERRUN,
    PLACE,
    PLAIN,
    RETURN_DAYS,
    RETURNED,
    RETURNS,
    SHIP,
    SHIPPED,
    STEP_DAYS,
    STEPS,
    TOLERANCE,
    TRANSIT,
    WAIT_DAYS,
)
from interlock.lab.kernel.decorators import at, bare, inlined, row_of
from interlock.lab.kernel.late import draw_late, late_fits
from interlock.lab.kernel.random import FIXED, draws, unit, value_of


@inlined
def append(ends, head, items, item, after):  # type: ignore[no-untyped-def]
    """Put an item at the end of a list: head and tail in a row `ends`, links in column `after`."""
    row_of(items, item)[after] = -1
    if ends[head] < 0:
        ends[head] = item
    else:
        row_of(items, ends[head + 1])[after] = item
    ends[head + 1] = item


@inlined
def place_among(step, asked, number):  # type: ignore[no-untyped-def]
    """A place among all orders: by step, then by number.

    Of one step those whose reservations ended (asked 0) come before those that were just asked (1),
    which come in the order of their arrival: how demands are put into queues changes nothing.
    """
    return ((2 * step + asked) << 32) + number


@inlined
def stand(keen, queue, seq, line):  # type: ignore[no-untyped-def]
    """Put a line at the end of its queue; a line stands in it once, so it has room."""
    place = queue[KEEN] + queue[KEEN_MANY]
    if place >= queue[MOST]:
        place -= queue[MOST]
    new = row_of(keen, queue[PLACE] + place)
    new[0], new[1] = seq, line
    queue[KEEN_MANY] += 1


@bare
def steps_of(row, luck, choices, days):  # type: ignore[no-untyped-def]
    """Days drawn from a distribution, a row of the table, as whole steps, rounded up."""
    return int(math.ceil(value_of(row, luck, choices) / days))


@bare
def _again(core, number, turn, key, stream):  # type: ignore[no-untyped-def]
    """Steps until it ships and on its way, and the luck of its return, for a later allocation."""
    ways, dist, choices, days = core
    a, b, c, d = draws(key[0], stream, key[1], number, turn)
    way = steps_of(dist[ways[TRANSIT]], b, choices, days)
    way += steps_of(dist[ways[CUSTOMS]], c, choices, days)
    return steps_of(dist[ways[LEAD]], a, choices, days), way, d


@inlined
def allocate(core, run, key, now):  # type: ignore[no-untyped-def]
    """Reserve what was shared on every account on the way, and send it off in time.

    Reads `run.chosen` and `run.given`, lines and units, in their order.
    """
    step, _, sets, flow = now
    made, ways, dist, choices = run.made, core.ways, core.dist, core.choices
    days, steps, expires = ways[STEP_DAYS], ways[STEPS], ways[EXPIRES]
    runs_over, returns = at(dist, ways[OVERRUN]), core.ways_real[RETURNS]
    exact = runs_over[0] == FIXED and runs_over[1] == 0.0
    t = run.count[COUNT_MADE]
    if t + run.count[COUNT_GIVEN] > len(made):
        run.count[COUNT_FULL] = 1
        run.count[COUNT_GIVEN] = 0
    for k in range(run.count[COUNT_GIVEN]):
        units, line = run.given[k], row_of(run.lines, run.chosen[k])
        group, turn, place = row_of(core.group, line[L_GROUP]), line[L_TURN] + 1, line[L_PLACE]
        new, number = row_of(made, t), place - group[G_PLACE]
        queue, series = row_of(run.queue, group[G_QUEUE]), group[G_SERIES]
        legs, end = at(sets, queue[OPTION]), row_of(run.queue, group[G_QUEUE] + 1)[FIRST]
        new[A_LINE], new[A_SERIES], new[A_OPTION] = run.chosen[k], series, queue[OPTION]
        new[A_LEGS], new[A_UNITS], new[A_EXTRA] = legs, units, 0
        new[A_MADE], new[A_STAGE], new[A_ENTERED] = step, 0, -1
        for q in range(queue[FIRST], end):
            reserve(run.counters, at(run.leg_account, q), at(run.leg_amount, q) * units)
        line[L_LEFT] -= units
        line[L_TURN] = turn
        queue[OPEN] -= units
        queue[KEEN_UNITS] -= units
        at(flow, series)[ALLOCATED] += units
        if turn == 1:  # most lines are served at once: their draws were made with all others
            lead, new[A_SHIPPED] = at(run.lead, place), at(run.way, place)
            luck = unit(run.bits[3, np.uintp(place)]) if returns > 0.0 else 1.0
        else:
            drawn = _again((ways, dist, choices, days), number, turn, key, group[G_STREAM])
            lead, new[A_SHIPPED], luck = drawn
        if not exact:
            e, _, _, _ = draws(key[0], group[G_STREAM], key[1], number, turn + 0x40000000)
            new[A_EXTRA] = int(value_of(runs_over, e, choices) * units)
        if luck < returns:
            back = steps_of(at(dist, ways[RETURN_DAYS]), luck / returns, choices, days)
            new[A_ENTERED] = max(1, back)
        if step + lead < steps:
            append(row_of(run.due, step + lead), SHIP, made, t, A_NEXT)
        if expires > 0 and step + expires < steps:
            append(row_of(run.due, step + expires), EXPIRY, made, t, A_NEXT_EXPIRY)
        if at(core.posts, legs) & 1:
            span, kept = (
                (core.first[legs], core.first[legs + 1]),
                (run.posted, run.aged, run.allowed),
            )
            tables, none = (core.terms, core.periods, core.legs), np.int64(0)
            post(run.counters, tables, kept, new, span, none, none, step)
        t += 1
    run.count[COUNT_MADE] = t


@bare
def _closing(tables, span, made_on, a):  # type: ignore[no-untyped-def]
    """The account whose posting in full ends the tolerance of account a."""
    terms, periods, legs = tables
    kind = row_of(terms, a)[CLOSES]
    if kind < 0:
        return a
    for q in range(span[0], span[1]):
        other = on_step(terms, periods, row_of(legs, q)[LEG_ACCOUNT], made_on)
        if row_of(terms, other)[KIND] == kind:
            return other
    return NOT_FOUND


@bare
def _may_post(counters, tables, kept, made, span, stage, extra, step):  # type: ignore[no-untyped-def]
    """Whether every account on which an allocation posts at a stage lets it.

    Leaves in `kept[2]` how far each may pass its floor: a post on one account may end the tolerance
    of another, so all are asked before any is moved.
    """
    terms, periods, legs = tables
    exceeds = False
    if extra:
        for q in range(span[0], span[1]):
            leg = row_of(legs, q)
            if leg[LEG_POST] == stage and row_of(terms, leg[LEG_ACCOUNT])[TOLERANCE]:
                exceeds = True
    for q in range(span[0], span[1]):
        leg = row_of(legs, q)
        if leg[LEG_POST] != stage:
            continue
        target = on_step(terms, periods, leg[LEG_ACCOUNT], step)
        if overdue(counters, terms, kept[1], target):
            return False
        allowed, tolerates = 0, row_of(terms, target)[TOLERANCE]
        if tolerates:
            closing = _closing(tables, span, made[A_MADE], target)
            allowed = allowance(counters, terms, target, closing)
        kept[2][q - span[0]] = allowed
        moved = target != on_step(terms, periods, leg[LEG_ACCOUNT], made[A_MADE])
        drawn, over = leg[LEG_AMOUNT] * made[A_UNITS], leg[LEG_AMOUNT] * extra
        if over and (over > allowed if tolerates else not exceeds):
            return False
        more = drawn + over if moved else over
        if more and available(counters, target) - more < row_of(terms, target)[FLOOR] - allowed:
            return False
    return True


@bare
def post(counters, tables, kept, made, span, stage, extra, step):  # type: ignore[no-untyped-def]
    """Post what an allocation reserved for a stage, and `extra` units beyond it; False = refused.

    In another period than it was reserved in, the reservation is void and the new one is drawn.
    `kept` is (draws by step, of them what is due, room for a number of each leg).
    """
    terms, periods, legs = tables
    if not _may_post(counters, tables, kept, made, span, stage, extra, step):
        return False
    units = made[A_UNITS]
    for q in range(span[0], span[1]):
        leg = row_of(legs, q)
        if leg[LEG_POST] != stage:
            continue
        each, target = leg[LEG_AMOUNT], on_step(terms, periods, leg[LEG_ACCOUNT], step)
        reserved = on_step(terms, periods, leg[LEG_ACCOUNT], made[A_MADE])
        pending = each * units
        if target != reserved:
            release(counters, terms, reserved, pending)
            pending = 0
        move = (each * (units + extra), pending, kept[2][q - span[0]])
        put_post(counters, terms, (kept[0], kept[1]), target, move, step)
    return True


@bare
def _post_most(counters, tables, kept, made, span, stage, step):  # type: ignore[no-untyped-def]
    """Post with what it runs over if a tolerance allows it, else what was reserved."""
    extra = made[A_EXTRA]
    if extra and post(counters, tables, kept, made, span, stage, extra, step):
        return True
    if post(counters, tables, kept, made, span, stage, 0, step):
        made[A_EXTRA] = 0
        return True
    return False


@inlined
def _posted(core, run, one, stage, step):  # type: ignore[no-untyped-def]
    """Post a stage of an allocation, by the short way where nothing can refuse it."""
    legs, done = one[A_LEGS], True
    posts, span = at(core.posts, legs), (at(core.first, legs), at(core.first, legs + 1))
    if one[A_EXTRA] or (posts & (1 << stage) and not posts & PLAIN):
        tables = (core.terms, core.periods, core.legs)
        kept = (run.posted, run.aged, run.allowed)
        done = _post_most(run.counters, tables, kept, one, span, stage, step)
    elif posts & (1 << stage):
        for q in range(span[0], span[1]):
            leg = row_of(core.legs, q)
            if leg[LEG_POST] == stage:
                account, amount = (
                    row_of(run.counters, leg[LEG_ACCOUNT]),
                    leg[LEG_AMOUNT] * one[A_UNITS],
                )
                account[1] -= amount
                account[2] += amount
    return done


@inlined
def ship(core, run, now):  # type: ignore[no-untyped-def]
    """Send off what is due, where the law and the accounts let it; the rest tries again."""
    step, mask, _, flow = now
    made, steps, t = run.made, core.ways[STEPS], row_of(run.due, step)[SHIP]
    while t >= 0:
        one = row_of(made, t)
        after = one[A_NEXT]
        if one[A_STAGE] == 0:
            if at(mask, one[A_OPTION]) & 2 and _posted(core, run, one, np.int64(1), step):
                one[A_STAGE] = 1
                at(flow, one[A_SERIES])[SHIPPED] += one[A_UNITS] + one[A_EXTRA]
                due, one[A_SHIPPED] = step + one[A_SHIPPED], step
                if due < steps:
                    append(row_of(run.due, due), ENTRY, made, t, A_NEXT)
            elif step + 1 < steps:
                append(row_of(run.due, step + 1), SHIP, made, t, A_NEXT)
        t = after


@bare
def _enters_late(core, run, one, sets, step):  # type: ignore[no-untyped-def]
    """Post what an entry posts, and draw on what only began to bind since it was reserved."""
    tables, kept = (core.terms, core.periods, core.legs), (run.posted, run.aged)
    then, now = one[A_LEGS], sets[one[A_OPTION]]
    spans = ((core.first[then], core.first[then + 1]), (core.first[now], core.first[now + 1]))
    if not late_fits(run.counters, tables, run.aged, one, spans, step):
        return False
    if not _posted(core, run, one, np.int64(2), step):
        return False
    draw_late(run.counters, tables, kept, one, spans, step)
    return True


@inlined
def _enters(core, run, one, sets, step):  # type: ignore[no-untyped-def]
    """Post what an entry posts; `sets` has the legs of each option by the law of the day."""
    now = at(sets, one[A_OPTION])
    if now < 0 or now == one[A_LEGS]:
        done = _posted(core, run, one, np.int64(2), step)
    else:
        done = _enters_late(core, run, one, sets, step)
    return done


@inlined
def enter(core, run, now, totals, worth, waits):  # type: ignore[no-untyped-def]
    """Let in what has come to the border, where the law and the accounts let it."""
    step, mask, sets, flow = now
    made, steps, days = run.made, core.ways[STEPS], core.ways[STEP_DAYS]
    t = row_of(run.due, step)[ENTRY]
    while t >= 0:
        one = row_of(made, t)
        after, extra = one[A_NEXT], one[A_EXTRA]
        if one[A_STAGE] == 1:
            if at(mask, one[A_OPTION]) & 4 and _enters(core, run, one, sets, step):
                one[A_OPTION] = at(sets, one[A_OPTION])
                back, one[A_STAGE], one[A_ENTERED] = one[A_ENTERED], 2, step
                series, wait = one[A_SERIES], step - row_of(run.lines, one[A_LINE])[L_STEP]
                units, total = one[A_UNITS] + one[A_EXTRA], at(totals, series)
                at(flow, series)[DELIVERED] += units
                total[RETURNED] += extra - one[A_EXTRA]  # turned back at the border
                total[WAIT_DAYS] += units * wait * days
                worth[np.uintp(series)] += units * at(run.worth, wait)
                at(waits, series)[np.uintp(wait)] += units
                if back >= 0 and step + back < steps:
                    append(row_of(run.due, step + back), GIVE_BACK, made, t, A_NEXT)
            elif step + 1 < steps:
                append(row_of(run.due, step + 1), ENTRY, made, t, A_NEXT)
        t = after
