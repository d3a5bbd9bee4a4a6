"""The step, and the runs of a block: the order of R17, the same as the book's.

Arrivals; expiries, window returns, credits, returns, sharing, posts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from interlock.lab.kernel.accounts import available, begin_step, credit, on_step
from interlock.lab.kernel.begin import begin_run
from interlock.lab.kernel.columns import (
    A_SERIES,
    A_STAGE,
    A_UNITS,
    ALLOCATED,
    ARRIVALS,
    ASKED,
    BLOCKED,
    CANCELLED,
    CAUSE,
    COUNT_FULL,
    COUNT_GIVEN,
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
    G_QUEUE,
    G_SERIES,
    HELD,
    HOME,
    KEEN_UNITS,
    L_ASK,
    L_GROUP,
    L_LEFT,
    L_SEQ,
    LEFT,
    NOT_LINKED,
    OPEN,
    PLACE,
    Q_SERIES,
    RELUCTANT,
    RULE,
    SHUT,
    SHY,
    STEPS,
    USED,
    WAITING,
)
from interlock.lab.kernel.decorators import at, bare, inlined, row_of
from interlock.lab.kernel.ends import expire, give_back
from interlock.lab.kernel.home import buy_at_home
from interlock.lab.kernel.posts import allocate, enter, ship
from interlock.lab.kernel.random import FIXED, draws, value_of
from interlock.lab.kernel.share import choose_again, choose_all, share
from interlock.lab.kernel.state import rows

if TYPE_CHECKING:
    from typing import Any

    from interlock.lab.compiling.plan import Core, World
    from interlock.lab.kernel.state import Out, Run, Side


@inlined
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
        row, luck = core.dist[flow[FLOW_QUANTITY]], 0.0
        if row[0] != FIXED:
            luck, _, _, _ = draws(seed, flow[FLOW_STREAM], number, step, 0)
        drawn = value_of(row, luck, core.choices)
        units = int(math.floor(drawn * level[k] + 1e-9))
        if units > 0:
            for q in range(world.flow_first[k], world.flow_first[k + 1]):
                row = world.flow_credit[q]
                _put(core, run, seen, row[0], row[1] * units, step)


@inlined
def _arrive(core, run, step, flow, totals):  # type: ignore[no-untyped-def]
    """Lines come, and lines whose patience ends go."""
    lines = run.lines
    for i in range(row_of(run.due, step)[ARRIVALS], row_of(run.due, step + 1)[ARRIVALS]):
        line = row_of(lines, i)
        group = row_of(core.group, line[L_GROUP])
        queue = row_of(run.queue, group[G_QUEUE])
        run.fresh[np.uintp(queue[PLACE] + queue[FRESH])] = i
        queue[FRESH] += 1
        queue[OPEN] += line[L_ASK]
        at(flow, group[G_SERIES])[ASKED] += line[L_ASK]
    i = row_of(run.due, step)[CUTS]
    while i >= 0:
        line = row_of(lines, i)
        if line[L_LEFT] > 0:
            group = row_of(core.group, line[L_GROUP])
            queue = row_of(run.queue, group[G_QUEUE])
            queue[OPEN] -= line[L_LEFT]
            run.waiting[np.uintp(group[G_SERIES])] -= line[L_LEFT]
            if line[L_SEQ] != NOT_LINKED:
                queue[KEEN_UNITS] -= line[L_LEFT]
            totals[group[G_SERIES], CANCELLED] += line[L_LEFT]
            line[L_LEFT] = 0
        i = run.next_cut[i]


@inlined
def _look(core, run, flow, seen, totals):  # type: ignore[no-untyped-def]
    """What waits at the end of the step, and what was the first to stop it."""
    for s in range(len(core.together)):
        mine, j = at(flow, s), at(core.together, s)
        units = at(run.waiting, s) + mine[ASKED] - mine[ALLOCATED]
        run.waiting[np.uintp(s)], mine[WAITING] = units, units
        if j >= 0 and row_of(run.queue, j)[CAUSE] == -1:
            totals[s, SHUT] += units
    for j in range(len(core.queue)):
        queue, series = row_of(run.queue, j), row_of(core.queue, j)[Q_SERIES]
        if queue[OPEN] > 0:
            if queue[CAUSE] >= 0:
                at(seen, queue[CAUSE])[BLOCKED] += queue[KEEN_UNITS]
            elif queue[CAUSE] == -1 and series >= 0:
                totals[series, SHUT] += queue[OPEN]


@inlined
def _share_out(core, run, key, now, more):  # type: ignore[no-untyped-def]
    """Share, send off what was allocated, and see what stops the queues after it.

    Where licences were used up in it, their lines go on to the next ones that have room.
    """
    choose_all(core, run, now)
    goes_on = True
    while goes_on:
        goes_on = False
        share(core, run, key, now, more)
        if run.count[COUNT_GIVEN]:
            allocate(core, run, key, now)
            goes_on = choose_again(core, run, now)


@inlined
def _step(core, world, run, side, key, step, out, r, more):  # type: ignore[no-untyped-def]
    flows, totals, seen, state = out.steps[r], out.totals[r], out.accounts[r], run.path[step]
    flow = flows[step]
    now = (step, core.mask[state, step], core.legs_of[state, step], flow)
    flow[:] = 0
    _arrive(core, run, step, flow, totals)
    if core.ways[EXPIRES] > 0:
        expire(core, run, step, flow)
    if len(core.lapsing):
        begin_step(run.counters, core.terms, (run.posted, run.aged), core.lapsing, step)
    _credits(core, world, run, side.level, key[0], key[1], step, seen)
    if more is not None and core.ways[HOME]:
        choose_all(core, run, now)
        buy_at_home(core, world, run, side, key[0], key[1], step, seen, out.home[r])
    give_back(core, run, step, totals)
    if step % core.ways[EVERY] == 0:
        _share_out(core, run, key, now, more)
    ship(core, run, now)
    enter(core, run, now, totals, out.worth[r], out.waits)
    _look(core, run, flow, seen, totals)


@inlined
def _end(core, run, totals, seen, granted):  # type: ignore[no-untyped-def]
    """What is left at the end of a run."""
    for a in range(len(run.counters)):
        seen[a, USED] = row_of(run.counters, a)[2]
        seen[a, LEFT] = available(run.counters, a)
    for j in range(len(core.queue)):
        queue = row_of(run.queue, j)
        for k in range(queue[PLACE], queue[PLACE] + queue[SHY]):
            line = row_of(run.lines, run.shy[k])
            totals[row_of(core.group, line[L_GROUP])[G_SERIES], RELUCTANT] += line[L_LEFT]
    for t in range(run.count[COUNT_MADE]):
        if row_of(run.made, t)[A_STAGE] < 2:
            totals[row_of(run.made, t)[A_SERIES], HELD] += row_of(run.made, t)[A_UNITS]
    for k in range(len(run.licence)):
        granted[k] = run.licence[k, 1] if run.licence[k, 0] < core.ways[STEPS] else 0


@bare
def _play(core, world, run, side, out, seed, first, kept, more):  # type: ignore[no-untyped-def]
    out.waits[:] = 0
    for r in range(len(out.path)):
        key = (seed, first + r)
        # Here and not for the whole block at once: what was just emptied is near when it is filled.
        out.home[r] = 0
        out.totals[r] = 0
        out.worth[r] = 0
        out.accounts[r] = 0
        begin_run(core, world, run, side, seed, first + r)
        for step in range(core.ways[STEPS]):
            _step(core, world, run, side, key, step, out, r, more)
            for a in range(len(kept) and len(run.counters)):
                for k in range(4):
                    kept[step, a, k] = row_of(run.counters, a)[k]
        if run.count[COUNT_FULL]:
            return run.count[COUNT_FULL]
        _end(core, run, out.totals[r], out.accounts[r], out.licences[r])
        for step in range(core.ways[STEPS]):
            out.path[r, step] = run.path[step]
    return 0


def play(
    core: Core, world: World, run: Run, side: Side, out: Out, seed: int, first: int, kept: Any
) -> int:
    """Play the runs first, first + 1, ... of a block into `out`.

    A plan without domestic production in which lines are served in turn gives None for `more`, and
    neither is compiled: that halves the time of a first run. All other plans share one compilation.

    Args:
        core: the plan's tables.
        world: what happens besides.
        run: room for one run.
        side: the same, for what is seldom looked at.
        out: results, one for each run to be played; what is in it goes.
        seed: of all draws.
        first: number of the first run.
        kept: int64[steps, accounts, 4] takes every account's counters after each step; without
            steps in it nothing is kept.

    Returns:
        0 when done; 1: an allocation did not fit, give more room; 2: a line did not fit.
    """
    core = core._replace(
        group=rows(core.group),
        queue=rows(core.queue),
        legs=rows(core.legs),
        terms=rows(core.terms),
    )
    more = 0 if core.ways[HOME] or core.ways[RULE] else None
    state: int = _play(core, world, run, side, out, seed, first, kept, more)
    return state
