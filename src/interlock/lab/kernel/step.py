"""The step, and the runs of a block: the order of R17, the same as the book's.

Arrivals; expiries, window returns, credits, returns, sharing, posts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from interlock.lab.kernel.accounts import available, begin_step, credit, on_step
from interlock.lab.kernel.begin import begin_run
from interlock.lab.kernel.columns import (
    A_LINE,
    A_STAGE,
    A_UNITS,
    ALLOCATED,
    ARRIVALS,
    ASKED,
    BLOCKED,
    CANCELLED,
    CAUSE,
    COUNT_FULL,
    COUNT_MADE,
    CREDITED,
    CUTS,
    EVERY,
    EXPIRES,
    FLOW_END,
    FLOW_EVERY,
    FLOW_QUANTITY,
    FLOW_START,
    FLOW_STREAM,
    FRESH,
    G_SERIES,
    HELD,
    HOME,
    KEEN_UNITS,
    L_ASK,
    L_GROUP,
    L_LEFT,
    L_LINKED,
    L_NEXT,
    L_NEXT_CUT,
    LEFT,
    OPEN,
    RELUCTANT,
    SHUT,
    SHY,
    STEPS,
    USED,
    WAITING,
)
from interlock.lab.kernel.decorators import bare, inlined
from interlock.lab.kernel.home import buy_at_home
from interlock.lab.kernel.posts import append, enter, expire, give_back, ship
from interlock.lab.kernel.random import draws, value_of
from interlock.lab.kernel.share import choose_all, share

if TYPE_CHECKING:
    from interlock.lab.kernel.state import Out


@bare
def _put(core, run, seen, account, amount, step):  # type: ignore[no-untyped-def]
    a = on_step(core.terms, core.periods, account, step)
    credit(run.counters, core.terms, a, amount)
    seen[a, CREDITED] += amount


@inlined
def _credits(core, world, run, level, seed, number, step, seen):  # type: ignore[no-untyped-def]
    """What the law and the world credit on this step: standing credits, licences, flows."""
    for q in range(world.due_first[step], world.due_first[step + 1]):
        a, amount = world.due_credit[q, 0], world.due_credit[q, 1]
        credit(run.counters, core.terms, a, amount)  # of one period already
        seen[a, CREDITED] += amount
    for k in range(len(world.licence)):
        if run.licence[k, 0] == step:
            for q in range(world.licence_first[k], world.licence_first[k + 1]):
                row = world.licence_credit[q]
                _put(core, run, seen, row[0], row[1] * run.licence[k, 1] + row[2], step)
    for k in range(len(world.flow)):
        flow = world.flow[k]
        if step < flow[FLOW_START] or step >= flow[FLOW_END]:
            continue
        since, every = step - flow[FLOW_START], flow[FLOW_EVERY]
        if (every and since % every) or (not every and since):
            continue
        a, _, _, _ = draws(seed, flow[FLOW_STREAM], number, step, 0)
        drawn = value_of(core.dist[flow[FLOW_QUANTITY]], a, core.choices)
        units = int(math.floor(drawn * level[k] + 1e-9))
        if units > 0:
            for q in range(world.flow_first[k], world.flow_first[k + 1]):
                row = world.flow_credit[q]
                _put(core, run, seen, row[0], row[1] * units, step)


@inlined
def _arrive(core, run, step, flows, totals):  # type: ignore[no-untyped-def]
    """Lines come, and lines whose patience ends go."""
    lines, queue = run.lines, run.queue
    for i in range(run.due[step, ARRIVALS], run.due[step + 1, ARRIVALS]):
        g = lines[i, L_GROUP]
        queue[g, OPEN] += lines[i, L_ASK]
        flows[step, core.group[g, G_SERIES], ASKED] += lines[i, L_ASK]
        append(queue, g, FRESH, lines, i, L_NEXT)
    i = run.due[step, CUTS]
    while i >= 0:
        left = lines[i, L_LEFT]
        if left > 0:
            g = lines[i, L_GROUP]
            queue[g, OPEN] -= left
            if lines[i, L_LINKED]:
                queue[g, KEEN_UNITS] -= left
            totals[core.group[g, G_SERIES], CANCELLED] += left
            lines[i, L_LEFT] = 0
        i = lines[i, L_NEXT_CUT]


@inlined
def _look(core, run, step, seen, totals, flows):  # type: ignore[no-untyped-def]
    """What waits at the end of the step, and what was the first to stop it."""
    queue = run.queue
    for g in range(len(core.group)):
        if queue[g, OPEN] > 0:
            series, cause = core.group[g, G_SERIES], queue[g, CAUSE]
            flows[step, series, WAITING] += queue[g, OPEN]
            if cause == -1:
                totals[series, SHUT] += queue[g, OPEN]
            elif cause >= 0:
                seen[cause, BLOCKED] += queue[g, KEEN_UNITS]


@inlined
def _share_out(core, run, seed, number, step, flows):  # type: ignore[no-untyped-def]
    """Share, count what was allocated, and see what stops the groups after it."""
    choose_all(core, run, step, True)
    before = run.count[COUNT_MADE]
    share(core, run, seed, number, step)
    if run.count[COUNT_MADE] > before:
        for t in range(before, run.count[COUNT_MADE]):
            series = core.group[run.lines[run.made[t, A_LINE], L_GROUP], G_SERIES]
            flows[step, series, ALLOCATED] += run.made[t, A_UNITS]
        choose_all(core, run, step, False)


@inlined
def _step(core, world, run, side, seed, number, step, out, r):  # type: ignore[no-untyped-def]
    flows, totals, seen = out.steps[r], out.totals[r], out.accounts[r]
    _arrive(core, run, step, flows, totals)
    if core.ways[EXPIRES] > 0:
        expire(core, run, step, flows)
    begin_step(run.counters, core.terms, (run.posted, run.aged), core.lapsing, step)
    _credits(core, world, run, side.level, seed, number, step, seen)
    if core.ways[HOME]:
        choose_all(core, run, step, True)
        buy_at_home(core, world, run, side, seed, number, step, seen, out.home[r])
    give_back(core, run, step, totals)
    if step % core.ways[EVERY] == 0:
        _share_out(core, run, seed, number, step, flows)
    ship(core, run, step, flows)
    enter(core, run, step, flows, totals, out.worth[r], out.waits)
    _look(core, run, step, seen, totals, flows)


@bare
def _end(core, run, totals, seen, granted):  # type: ignore[no-untyped-def]
    """What is left at the end of a run."""
    for a in range(len(run.counters)):
        seen[a, USED] = run.counters[a, 2]
        seen[a, LEFT] = available(run.counters, a)
    for g in range(len(core.group)):
        i = run.queue[g, SHY]
        while i >= 0:
            totals[core.group[g, G_SERIES], RELUCTANT] += run.lines[i, L_LEFT]
            i = run.lines[i, L_NEXT]
    for t in range(run.count[COUNT_MADE]):
        if run.made[t, A_STAGE] < 2:
            g = run.lines[run.made[t, A_LINE], L_GROUP]
            totals[core.group[g, G_SERIES], HELD] += run.made[t, A_UNITS]
    for k in range(len(run.licence)):
        granted[k] = run.licence[k, 1] if run.licence[k, 0] < core.ways[STEPS] else 0


@bare
def play(core, world, run, side, out, seed, first, kept):  # type: ignore[no-untyped-def]
    """Play the runs first, first + 1, ... of a block into `out`.

    `kept` int64[steps, accounts, 4] takes every account's counters after each step; without steps
    in it nothing is kept.

    Returns:
        0 when done; 1: an allocation did not fit, give more room; 2: a line did not fit.
    """
    for r in range(len(out.path)):
        begin_run(core, world, run, side, seed, first + r)
        for step in range(core.ways[STEPS]):
            _step(core, world, run, side, seed, first + r, step, out, r)
            for a in range(len(kept) and len(run.counters)):
                for k in range(4):
                    kept[step, a, k] = run.counters[a, k]
        if run.count[COUNT_FULL]:
            return run.count[COUNT_FULL]
        _end(core, run, out.totals[r], out.accounts[r], out.licences[r])
        for step in range(core.ways[STEPS]):
            out.path[r, step] = run.path[step]
    return 0


def clear(out: Out) -> None:
    """Set the results of a block to nothing, so that its arrays can be used again."""
    for array in out:
        array.fill(0)
