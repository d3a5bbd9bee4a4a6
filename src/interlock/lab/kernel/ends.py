"""How an allocation ends: it goes back, or nobody used it in time."""

from __future__ import annotations

import numpy as np

from interlock.lab.kernel.accounts import on_step, release, take_back
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
    COUNT_ENDED,
    EXPIRY,
    G_QUEUE,
    GIVE_BACK,
    KEEN_UNITS,
    L_GROUP,
    L_LEFT,
    L_SEQ,
    LEG_ACCOUNT,
    LEG_AMOUNT,
    LEG_POST,
    NOT_LINKED,
    OPEN,
    RESTORED,
    RETURNED,
    WAY,
)
from interlock.lab.kernel.decorators import inlined, row_of
from interlock.lab.kernel.late import return_late
from interlock.lab.kernel.posts import place_among, stand


@inlined
def give_back(core, run, step, totals):  # type: ignore[no-untyped-def]
    """Deliveries go back; accounts that are restored by it are credited (R9)."""
    terms, lists = core.terms, (run.posted, run.aged)
    t = row_of(run.due, step)[GIVE_BACK]
    while t >= 0:
        one = row_of(run.made, t)
        units, legs = one[A_UNITS] + one[A_EXTRA], one[A_LEGS]
        for q in range(core.first[legs], core.first[legs + 1]):
            leg, drawn = row_of(core.legs, q), one[A_MADE]
            if leg[LEG_POST] == 1:
                drawn = one[A_SHIPPED]
            elif leg[LEG_POST] == 2:
                drawn = one[A_ENTERED]
            a = on_step(terms, core.periods, leg[LEG_ACCOUNT], drawn)
            if row_of(terms, a)[RESTORED] & core.ways[WAY]:
                take_back(run.counters, terms, lists, a, leg[LEG_AMOUNT] * units, drawn, step)
        late = one[A_OPTION]
        if late >= 0 and late != legs:
            tables, then = (
                (terms, core.periods, core.legs),
                (core.first[legs], core.first[legs + 1]),
            )
            spans = (then, (core.first[late], core.first[late + 1]))
            return_late(run.counters, tables, lists, one, spans, core.ways[WAY], step)
        totals[one[A_SERIES], RETURNED] += units
        t = one[A_NEXT]


@inlined
def expire(core, run, step, flow):  # type: ignore[no-untyped-def]
    """Reservations of units that did not leave end; the units are asked for again.

    What has left still draws when it enters, as in the book.
    """
    terms, t = core.terms, row_of(run.due, step)[EXPIRY]
    while t >= 0:
        one = row_of(run.made, t)
        if one[A_STAGE] == 0:
            legs, units = one[A_LEGS], one[A_UNITS]
            for q in range(core.first[legs], core.first[legs + 1]):
                leg = row_of(core.legs, q)
                if leg[LEG_POST] > 0:
                    a = on_step(terms, core.periods, leg[LEG_ACCOUNT], one[A_MADE])
                    release(run.counters, terms, a, leg[LEG_AMOUNT] * units)
            one[A_STAGE] = 3
            line = row_of(run.lines, one[A_LINE])
            queue = row_of(run.queue, row_of(core.group, line[L_GROUP])[G_QUEUE])
            line[L_LEFT] += units
            flow[one[A_SERIES], ALLOCATED] -= units
            queue[OPEN] += units
            queue[KEEN_UNITS] += units
            if line[L_SEQ] == NOT_LINKED:
                line[L_SEQ] = place_among(step, np.int64(0), run.count[COUNT_ENDED])
                run.count[COUNT_ENDED] += 1
                stand(run.keen, queue, line[L_SEQ], one[A_LINE])
        t = one[A_NEXT_EXPIRY]
