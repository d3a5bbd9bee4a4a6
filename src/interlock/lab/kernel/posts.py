"""Allocations on their way: reserved, shipped, entered, and sometimes returned or expired.

Each test is that of `ledger.draws`: a group of legs is tried on every account before any is moved.
"""

from __future__ import annotations

import math

from interlock.lab.kernel.accounts import (
    NOT_FOUND,
    allowance,
    available,
    on_step,
    overdue,
    put_post,
    release,
    reserve,
    take_back,
)
from interlock.lab.kernel.columns import (
    A_BACK,
    A_ENTERED,
    A_EXTRA,
    A_LATE,
    A_LEGS,
    A_LINE,
    A_MADE,
    A_NEXT_ENTRY,
    A_NEXT_EXPIRY,
    A_NEXT_RETURN,
    A_NEXT_SHIP,
    A_OPTION,
    A_SHIPPED,
    A_STAGE,
    A_UNITS,
    ALLOCATED,
    CLOSES,
    COUNT_FULL,
    COUNT_MADE,
    COUNT_SEQ,
    CUSTOMS,
    DELIVERED,
    ENTRY,
    EXPIRES,
    EXPIRY,
    FIRST,
    FLOOR,
    G_SERIES,
    G_STREAM,
    GIVE_BACK,
    KEEN,
    KEEN_UNITS,
    KIND,
    L_GROUP,
    L_LEFT,
    L_LINKED,
    L_NEXT,
    L_NUMBER,
    L_SEQ,
    L_STEP,
    L_TURN,
    LEAD,
    LEG_ACCOUNT,
    LEG_AMOUNT,
    LEG_POST,
    OPEN,
    OPTION,
    OVERRUN,
    PLAIN,
    RESTORED,
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
    WAY,
)
from interlock.lab.kernel.decorators import bare, inlined
from interlock.lab.kernel.late import draw_late, late_fits, return_late
from interlock.lab.kernel.random import draws, value_of


@bare
def append(table, at, head, items, item, after):  # type: ignore[no-untyped-def]
    """Put an item at the end of a list: head and tail in `table[at]`, links in column `after`."""
    items[item, after] = -1
    if table[at, head] < 0:
        table[at, head] = item
    else:
        items[table[at, head + 1], after] = item
    table[at, head + 1] = item


@bare
def steps_of(dist, choices, row, luck, days):  # type: ignore[no-untyped-def]
    """Days drawn from a distribution as whole steps, rounded up."""
    if dist[row, 0] == 0.0:
        return int(math.ceil(dist[row, 1] / days))
    return int(math.ceil(value_of(dist[row], luck, choices) / days))


@inlined
def allocate(core, run, seed, number, line, units, step):  # type: ignore[no-untyped-def]
    """Reserve units of a line on every account on its way, and send them off in time."""
    made, lines, queue, ways, dist = run.made, run.lines, run.queue, core.ways, core.dist
    t = run.count[COUNT_MADE]
    if t >= len(made):
        run.count[COUNT_FULL] = 1
        return
    run.count[COUNT_MADE] = t + 1
    g = lines[line, L_GROUP]
    option = queue[g, OPTION]
    made[t, A_LINE], made[t, A_OPTION] = line, option
    made[t, A_LEGS] = core.legs_of[run.path[step], step, option]
    made[t, A_UNITS], made[t, A_EXTRA] = units, 0
    made[t, A_MADE], made[t, A_STAGE], made[t, A_BACK] = step, 0, -1
    made[t, A_LATE] = -1
    for q in range(queue[g, FIRST], queue[g + 1, FIRST]):
        reserve(run.counters, run.legs[q, 0], run.legs[q, 1] * units)
    lines[line, L_LEFT] -= units
    lines[line, L_TURN] += 1
    queue[g, OPEN] -= units
    queue[g, KEEN_UNITS] -= units
    stream, turn, days = core.group[g, G_STREAM], lines[line, L_TURN], ways[STEP_DAYS]
    a, b, c, d = draws(seed, stream, number, lines[line, L_NUMBER], turn)
    if dist[ways[OVERRUN], 0] != 0.0 or dist[ways[OVERRUN], 1] != 0.0:
        e, _, _, _ = draws(seed, stream, number, lines[line, L_NUMBER], turn + 0x40000000)
        made[t, A_EXTRA] = int(value_of(dist[ways[OVERRUN]], e, core.choices) * units)
    ship_on = step + steps_of(dist, core.choices, ways[LEAD], a, days)
    made[t, A_SHIPPED] = steps_of(dist, core.choices, ways[TRANSIT], b, days)
    made[t, A_SHIPPED] += steps_of(dist, core.choices, ways[CUSTOMS], c, days)
    if d < core.ways_real[RETURNS]:
        luck = d / core.ways_real[RETURNS]
        made[t, A_BACK] = max(1, steps_of(dist, core.choices, ways[RETURN_DAYS], luck, days))
    if ship_on < ways[STEPS]:
        append(run.due, ship_on, SHIP, made, t, A_NEXT_SHIP)
    if ways[EXPIRES] > 0 and step + ways[EXPIRES] < ways[STEPS]:
        append(run.due, step + ways[EXPIRES], EXPIRY, made, t, A_NEXT_EXPIRY)
    if core.posts[made[t, A_LEGS]] & 1:
        post(core, run, t, 0, 0, step)


@bare
def _closing(core, legs, made_on, a):  # type: ignore[no-untyped-def]
    """The account whose posting in full ends the tolerance of account a."""
    kind = core.terms[a, CLOSES]
    if kind < 0:
        return a
    for q in range(core.first[legs], core.first[legs + 1]):
        other = on_step(core.terms, core.periods, core.legs[q, LEG_ACCOUNT], made_on)
        if core.terms[other, KIND] == kind:
            return other
    return NOT_FOUND


@bare
def _may_post(core, run, t, stage, extra, step):  # type: ignore[no-untyped-def]
    """Whether every account on which an allocation posts at a stage lets it."""
    terms, counters, made = core.terms, run.counters, run.made[t]
    legs, units, exceeds = made[A_LEGS], made[A_UNITS], False
    if extra:
        for q in range(core.first[legs], core.first[legs + 1]):
            if core.legs[q, LEG_POST] == stage and terms[core.legs[q, LEG_ACCOUNT], TOLERANCE]:
                exceeds = True
    for q in range(core.first[legs], core.first[legs + 1]):
        if core.legs[q, LEG_POST] != stage:
            continue
        account = core.legs[q, LEG_ACCOUNT]
        target = on_step(terms, core.periods, account, step)
        if overdue(counters, terms, run.aged, target):
            return False
        moved = target != on_step(terms, core.periods, account, made[A_MADE])
        drawn, over = core.legs[q, LEG_AMOUNT] * units, core.legs[q, LEG_AMOUNT] * extra
        if not over and not moved:
            continue
        allowed = 0
        if terms[target, TOLERANCE]:
            closing = _closing(core, legs, made[A_MADE], target)
            allowed = allowance(counters, terms, target, closing)
        if over and (over > allowed if terms[target, TOLERANCE] else not exceeds):
            return False
        more = drawn + over if moved else over
        if more and available(counters, target) - more < terms[target, FLOOR] - allowed:
            return False
    return True


@bare
def post(core, run, t, stage, extra, step):  # type: ignore[no-untyped-def]
    """Post what an allocation reserved for a stage, and `extra` units beyond it; False = refused.

    In another period than it was reserved in, the reservation is void and the new one is drawn.
    """
    if not _may_post(core, run, t, stage, extra, step):
        return False
    terms, counters, made = core.terms, run.counters, run.made[t]
    legs, units, lists = made[A_LEGS], made[A_UNITS], (run.posted, run.aged)
    for q in range(core.first[legs], core.first[legs + 1]):
        if core.legs[q, LEG_POST] != stage:
            continue
        account = core.legs[q, LEG_ACCOUNT]
        target = on_step(terms, core.periods, account, step)
        reserved = on_step(terms, core.periods, account, made[A_MADE])
        each = core.legs[q, LEG_AMOUNT]
        pending, allowed = each * units, 0
        if extra and terms[target, TOLERANCE]:
            closing = _closing(core, legs, made[A_MADE], target)
            allowed = allowance(counters, terms, target, closing)
        if target != reserved:
            release(counters, terms, reserved, pending)
            pending = 0
        put_post(counters, terms, lists, target, (each * (units + extra), pending, allowed), step)
    return True


@bare
def _post_plain(counters, legs, first, end, stage, units):  # type: ignore[no-untyped-def]
    """Post what was reserved on accounts that can neither refuse it nor let it come back."""
    for q in range(first, end):
        if legs[q, LEG_POST] == stage:
            amount = legs[q, LEG_AMOUNT] * units
            counters[legs[q, LEG_ACCOUNT], 1] -= amount
            counters[legs[q, LEG_ACCOUNT], 2] += amount


@bare
def _post_most(core, run, t, stage, step):  # type: ignore[no-untyped-def]
    """Post with what it runs over if a tolerance allows it, else what was reserved."""
    extra = run.made[t, A_EXTRA]
    if extra and post(core, run, t, stage, extra, step):
        return True
    if post(core, run, t, stage, 0, step):
        run.made[t, A_EXTRA] = 0
        return True
    return False


@inlined
def _posted(core, run, t, stage, step):  # type: ignore[no-untyped-def]
    """Post a stage of an allocation, by the short way where nothing can refuse it."""
    legs = run.made[t, A_LEGS]
    posts = core.posts[legs]
    if run.made[t, A_EXTRA] == 0:
        if not posts & (1 << stage):
            return True
        if posts & PLAIN:
            first, end = core.first[legs], core.first[legs + 1]
            _post_plain(run.counters, core.legs, first, end, stage, run.made[t, A_UNITS])
            return True
    return _post_most(core, run, t, stage, step)


@inlined
def ship(core, run, step, flows):  # type: ignore[no-untyped-def]
    """Send off what is due, where the law and the accounts let it; the rest tries again."""
    made, mask, steps = run.made, core.mask[run.path[step], step], core.ways[STEPS]
    t = run.due[step, SHIP]
    while t >= 0:
        after = made[t, A_NEXT_SHIP]
        if made[t, A_STAGE] == 0:
            if mask[made[t, A_OPTION]] & 2 and _posted(core, run, t, 1, step):
                made[t, A_STAGE] = 1
                series = core.group[run.lines[made[t, A_LINE], L_GROUP], G_SERIES]
                flows[step, series, SHIPPED] += made[t, A_UNITS] + made[t, A_EXTRA]
                due, made[t, A_SHIPPED] = step + made[t, A_SHIPPED], step
                if due < steps:
                    append(run.due, due, ENTRY, made, t, A_NEXT_ENTRY)
            elif step + 1 < steps:
                append(run.due, step + 1, SHIP, made, t, A_NEXT_SHIP)
        t = after


@bare
def _enters(core, run, t, now, step):  # type: ignore[no-untyped-def]
    """Post what an entry posts; `now` is the set of legs by the law of the day (-1 none)."""
    if now < 0 or now == run.made[t, A_LEGS]:
        return _posted(core, run, t, 2, step)
    if not late_fits(core, run, t, now, step) or not _posted(core, run, t, 2, step):
        return False
    draw_late(core, run, t, now, step)
    return True


@inlined
def enter(core, run, step, flows, totals, worth, waits):  # type: ignore[no-untyped-def]
    """Let in what has come to the border, where the law and the accounts let it."""
    made, lines, steps = run.made, run.lines, core.ways[STEPS]
    mask, legs = core.mask[run.path[step], step], core.legs_of[run.path[step], step]
    t = run.due[step, ENTRY]
    while t >= 0:
        after = made[t, A_NEXT_ENTRY]
        if made[t, A_STAGE] == 1:
            extra = made[t, A_EXTRA]
            option = made[t, A_OPTION]
            if mask[option] & 4 and _enters(core, run, t, legs[option], step):
                made[t, A_STAGE], made[t, A_ENTERED] = 2, step
                line = made[t, A_LINE]
                series = core.group[lines[line, L_GROUP], G_SERIES]
                units, wait = made[t, A_UNITS] + made[t, A_EXTRA], step - lines[line, L_STEP]
                flows[step, series, DELIVERED] += units
                totals[series, RETURNED] += extra - made[t, A_EXTRA]  # turned back at the border
                totals[series, WAIT_DAYS] += units * wait * core.ways[STEP_DAYS]
                worth[series] += units * run.worth[wait]
                waits[series, wait] += units
                if made[t, A_BACK] >= 0 and step + made[t, A_BACK] < steps:
                    append(run.due, step + made[t, A_BACK], GIVE_BACK, made, t, A_NEXT_RETURN)
            elif step + 1 < steps:
                append(run.due, step + 1, ENTRY, made, t, A_NEXT_ENTRY)
        t = after


@bare
def give_back(core, run, step, totals):  # type: ignore[no-untyped-def]
    """Deliveries go back; accounts that are restored by it are credited (R9)."""
    made, terms, lists = run.made, core.terms, (run.posted, run.aged)
    t = run.due[step, GIVE_BACK]
    while t >= 0:
        units, legs = made[t, A_UNITS] + made[t, A_EXTRA], made[t, A_LEGS]
        for q in range(core.first[legs], core.first[legs + 1]):
            drawn = made[t, A_MADE]
            if core.legs[q, LEG_POST] == 1:
                drawn = made[t, A_SHIPPED]
            elif core.legs[q, LEG_POST] == 2:
                drawn = made[t, A_ENTERED]
            a = on_step(terms, core.periods, core.legs[q, LEG_ACCOUNT], drawn)
            if terms[a, RESTORED] & core.ways[WAY]:
                amount = core.legs[q, LEG_AMOUNT] * units
                take_back(run.counters, terms, lists, a, amount, drawn, step)
        if made[t, A_LATE] >= 0:
            return_late(core, run, t, units, step)
        totals[core.group[run.lines[made[t, A_LINE], L_GROUP], G_SERIES], RETURNED] += units
        t = made[t, A_NEXT_RETURN]


@bare
def expire(core, run, step, flows):  # type: ignore[no-untyped-def]
    """Reservations of units that did not leave end; the units are asked for again.

    What has left still draws when it enters, as in the book.
    """
    made, lines, queue, terms = run.made, run.lines, run.queue, core.terms
    t = run.due[step, EXPIRY]
    while t >= 0:
        if made[t, A_STAGE] == 0:
            legs, units = made[t, A_LEGS], made[t, A_UNITS]
            for q in range(core.first[legs], core.first[legs + 1]):
                if core.legs[q, LEG_POST] > 0:
                    account = core.legs[q, LEG_ACCOUNT]
                    a = on_step(terms, core.periods, account, made[t, A_MADE])
                    release(run.counters, terms, a, core.legs[q, LEG_AMOUNT] * units)
            made[t, A_STAGE] = 3
            line = made[t, A_LINE]
            g = lines[line, L_GROUP]
            lines[line, L_LEFT] += units
            flows[step, core.group[g, G_SERIES], ALLOCATED] -= units
            queue[g, OPEN] += units
            queue[g, KEEN_UNITS] += units
            if not lines[line, L_LINKED]:
                lines[line, L_LINKED], lines[line, L_SEQ] = 1, run.count[COUNT_SEQ]
                run.count[COUNT_SEQ] += 1
                append(queue, g, KEEN, lines, line, L_NEXT)
        t = made[t, A_NEXT_EXPIRY]
