"""What is drawn before a run is stepped: order lines, licences, and the path of the law."""

from __future__ import annotations

import math

import numpy as np

from interlock.lab.kernel.columns import (
    ARRIVALS,
    COUNT_FULL,
    CUTS,
    FLOW_LEVEL,
    FLOW_STREAM,
    G_END,
    G_LOT,
    G_MODE,
    G_MOST,
    G_PATIENCE,
    G_SIZE,
    G_START,
    G_STREAM,
    GR_MANY,
    L_ASK,
    L_CUT,
    L_GROUP,
    L_LEFT,
    L_LINKED,
    L_NEXT_CUT,
    L_NUMBER,
    L_STEP,
    L_TURN,
    LICENCE_AFTER,
    LICENCE_DAY,
    LICENCE_QUANTITY,
    LICENCE_ROUND,
    LICENCE_STREAM,
    LIMIT_RATE,
    LIMIT_STOCK,
    LIMIT_STREAM,
    OPEN,
    OPTION,
    SHOCK_AFTER,
    SHOCK_AGAIN,
    SHOCK_DAY,
    SHOCK_LASTS,
    SHOCK_STREAM,
    STEP_DAYS,
    STEPS,
)
from interlock.lab.kernel.decorators import bare, making
from interlock.lab.kernel.random import draws, value_of


@bare
def begin_run(core, world, run, side, seed, number):  # type: ignore[no-untyped-def]
    """Empty the state and draw what is known at the start; `number` is the run's."""
    run.counters[:] = 0
    run.posted[:] = 0
    run.aged[:] = 0
    run.count[:] = 0
    run.queue[:, :OPEN] = -1
    run.queue[:, OPEN:] = 0
    run.queue[:, OPTION] = -1
    run.shy[:] = -1.0
    run.due[:] = -1
    steps, days = core.ways[STEPS], core.ways[STEP_DAYS]
    total = 0
    for g in range(len(core.group)):
        total = _draw_group(core, run, side, seed, number, g, total)
    _sort_lines(run.lines, run.luck, run.due, side.draft, side.luck, total, steps)
    licences = (world.licence, world.licence_chance, world.rounds)
    _draw_licences(licences, run.licence, side.order, (core.dist, core.choices), (steps, days),
                   seed, number)  # fmt: skip
    _draw_path(world.shock, world.shock_chance, run.path, (core.dist, core.choices),
               (steps, days), seed, number)  # fmt: skip
    _draw_levels(world, side, core.dist, core.choices, seed, number)


@bare
def _draw_group(core, run, side, seed, number, g, total):  # type: ignore[no-untyped-def]
    """The lines of one group, as drafts; gives the number of drafts so far."""
    group, days, steps = core.group[g], core.ways[STEP_DAYS], core.ways[STEPS]
    mode, many = group[G_MODE], core.group_real[g, GR_MANY]
    start, end, lot, stream = group[G_START], group[G_END], group[G_LOT], group[G_STREAM]
    size, patience, draft = core.dist[group[G_SIZE]], group[G_PATIENCE], side.draft
    when = float(start)
    for k in range(group[G_MOST]):
        a, b, c, d = draws(seed, stream, number, k, 0)
        if mode == 0:
            step = start + int(a * (end - start))
        elif mode == 1:
            when -= many * math.log1p(-a)
            step = int(when) if when < end else end
        else:
            step = start + k * int(many)
        if step >= end:
            return total
        units = max(1, int(np.rint(value_of(size, b, core.choices) / lot))) * lot
        draft[total, 0], draft[total, 1], draft[total, 2] = g, step, units
        draft[total, 3], draft[total, 4] = k, steps
        if patience >= 0:
            wait = value_of(core.dist[patience], d, core.choices)
            draft[total, 4] = min(step + max(1, int(math.ceil(wait / days))), steps)
        side.luck[total] = c
        total += 1
    if mode == 1:
        run.count[COUNT_FULL] = 2
    return total


@making
def _sort_lines(lines, luck, due, draft, drawn, total, steps):  # type: ignore[no-untyped-def]
    """Put the drafts down as lines, in the order of their arrival."""
    free = np.zeros(steps + 1, np.int64)
    for k in range(total):
        free[draft[k, 1]] += 1
    place = 0
    for t in range(steps + 1):
        due[t, ARRIVALS] = place
        free[t], place = place, place + free[t]
    due[steps + 1, ARRIVALS] = place
    for k in range(total):
        i = free[draft[k, 1]]
        free[draft[k, 1]] += 1
        lines[i, L_GROUP], lines[i, L_STEP] = draft[k, 0], draft[k, 1]
        lines[i, L_ASK], lines[i, L_LEFT] = draft[k, 2], draft[k, 2]
        lines[i, L_NUMBER], lines[i, L_CUT] = draft[k, 3], draft[k, 4]
        lines[i, L_TURN], lines[i, L_LINKED] = 0, 0
        luck[i] = drawn[k]
    for i in range(total - 1, -1, -1):
        cut = lines[i, L_CUT]
        if cut < steps:
            lines[i, L_NEXT_CUT] = due[cut, CUTS]
            due[cut, CUTS] = i


@bare
def _draw_licences(licences, issued, orders, numbers, size, seed, number):  # type: ignore[no-untyped-def]
    """When each licence is issued, if at all, and for how much."""
    licence, chance, rounds = licences
    dist, choices = numbers
    never, days = size
    for k in range(len(licence)):
        a, b, c, d = draws(seed, licence[k, LICENCE_STREAM], number, 0, 0)
        day = float(licence[k, LICENCE_DAY])
        if licence[k, LICENCE_AFTER] >= 0:
            day += value_of(dist[licence[k, LICENCE_AFTER]], b, choices)
        step = max(0, int(math.ceil(day / days)))
        units = int(np.rint(value_of(dist[licence[k, LICENCE_QUANTITY]], c, choices)))
        issued[k, 0] = min(step, never) if a < chance[k] and units > 0 else never
        issued[k, 1] = units
        orders[k] = d
    for r in range(len(rounds)):
        if rounds[r, 0] >= 0 or rounds[r, 1] >= 0:
            _close_round(licence, issued, orders, r, rounds[r], never)


@bare
def _close_round(licence, issued, orders, r, bounds, never):  # type: ignore[no-untyped-def]
    """Keep as many of a round's licences as it has places and units for, in a drawn order."""
    places, quota = bounds
    last, taken, units = -1.0, 0, 0
    while True:
        best = -1
        for k in range(len(licence)):
            if licence[k, LICENCE_ROUND] != r or issued[k, 0] >= never:
                continue
            if orders[k] > last and (best < 0 or orders[k] < orders[best]):
                best = k
        if best < 0:
            return
        last = orders[best]
        granted = issued[best, 1]
        if (places >= 0 and taken >= places) or (quota >= 0 and units + granted > quota):
            issued[best, 0] = never
            continue
        taken, units = taken + 1, units + granted


@bare
def _draw_path(shock, chance, path, numbers, size, seed, number):  # type: ignore[no-untyped-def]
    """The state of the law on each step: one bit for each shock that is on."""
    dist, choices = numbers
    steps, days = size
    path[:] = 0
    for k in range(len(shock)):
        day, turn = float(shock[k, SHOCK_DAY]), 0
        while True:
            a, b, c, _ = draws(seed, shock[k, SHOCK_STREAM], number, turn, 0)
            if turn == 0 and a >= chance[k]:
                break
            wait = shock[k, SHOCK_AFTER] if turn == 0 else shock[k, SHOCK_AGAIN]
            if wait >= 0:
                day += value_of(dist[wait], b, choices)
            first = max(0, int(math.ceil(day / days)))
            if first >= steps:
                break
            end = float(steps * days)
            if shock[k, SHOCK_LASTS] >= 0:
                end = day + value_of(dist[shock[k, SHOCK_LASTS]], c, choices)
            for t in range(first, min(steps, int(math.ceil(end / days)))):
                path[t] |= np.uint8(1 << k)
            day, turn = max(end, day + days), turn + 1
            if shock[k, SHOCK_AGAIN] < 0:
                break


@bare
def _draw_levels(world, side, dist, choices, seed, number):  # type: ignore[no-untyped-def]
    """What holds for the whole run: levels of flows, stocks and rates of domestic production."""
    for k in range(len(world.flow)):
        side.level[k] = 1.0
        if world.flow[k, FLOW_LEVEL] >= 0:
            a, _, _, _ = draws(seed, world.flow[k, FLOW_STREAM], number, 0, 1)
            side.level[k] = value_of(dist[world.flow[k, FLOW_LEVEL]], a, choices)
    for k in range(len(world.limit)):
        a, b, _, _ = draws(seed, world.limit[k, LIMIT_STREAM], number, 0, 0)
        side.inputs[k, 0] = value_of(dist[world.limit[k, LIMIT_STOCK]], a, choices)
        side.inputs[k, 1] = value_of(dist[world.limit[k, LIMIT_RATE]], b, choices)
    side.bought[:] = 0
    side.flying[:] = 0
    for f in range(len(world.want)):
        side.wanted[f, 0] = 0.0
        side.wanted[f, 1] = 0.0
        if world.want[f, 0] >= 0:
            a, _, _, _ = draws(seed, world.want[f, 1], number, 0, 0)
            side.wanted[f, 1] = value_of(dist[world.want[f, 0]], a, choices)
