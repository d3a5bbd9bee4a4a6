"""What is drawn before a run is stepped: order lines, licences, and the path of the law."""

from __future__ import annotations

import math

import numpy as np

from interlock.lab.kernel.columns import (
    ARRIVALS,
    COUNT_FULL,
    CUSTOMS,
    CUTS,
    DUE_WIDTH,
    FLOW_LEVEL,
    FLOW_STREAM,
    G_END,
    G_LOT,
    G_MODE,
    G_MOST,
    G_PATIENCE,
    G_PLACE,
    G_SIZE,
    G_START,
    G_STREAM,
    L_ASK,
    L_GROUP,
    L_LEFT,
    L_LUCK,
    L_PLACE,
    L_SEQ,
    L_STEP,
    L_TURN,
    LEAD,
    LICENCE_AFTER,
    LICENCE_DAY,
    LICENCE_QUANTITY,
    LICENCE_ROUND,
    LICENCE_STREAM,
    LIMIT_RATE,
    LIMIT_STOCK,
    LIMIT_STREAM,
    NOT_LINKED,
    OPTION,
    PLACE,
    SHOCK_AFTER,
    SHOCK_AGAIN,
    SHOCK_DAY,
    SHOCK_LASTS,
    SHOCK_STREAM,
    STEP_DAYS,
    STEPS,
    TRANSIT,
)
from interlock.lab.kernel.decorators import at, bare, row_of
from interlock.lab.kernel.random import add_steps, draws, fill_bits, unit, value_of, values_of

CHUNK = 128
"""Lines that are drawn at once; a demand whose number of lines is chance stops within one."""


@bare
def begin_run(core, world, run, side, seed, number):  # type: ignore[no-untyped-def]
    """Empty the state and draw what is known at the start; `number` is the run's."""
    for a in range(len(run.counters)):
        for k in range(4):
            row_of(run.counters, a)[k] = 0
    run.posted[:] = 0
    run.aged[:] = 0
    run.count[:] = 0
    for g in range(len(run.queue)):
        queue = row_of(run.queue, g)
        for k in range(PLACE):
            queue[k] = -1 if k == OPTION else 0
    run.shy_at[:] = -1.0
    run.waiting[:] = 0
    for t in range(len(run.due)):
        for k in range(DUE_WIDTH):
            row_of(run.due, t)[k] = -1
    steps, days = core.ways[STEPS], core.ways[STEP_DAYS]
    numbers, key = (core.dist, core.choices), (seed, number)
    for g in range(len(core.group)):
        drawn = (run.bits, side.bits, side.step, side.units, side.value)
        group, many = row_of(core.group, g), core.arrivals[g]
        first = group[G_PLACE]
        came = _draw_group(group, many, numbers, drawn, key)
        if came == group[G_MOST] and group[G_MODE] == 1:
            run.count[COUNT_FULL] = 2
        _draw_ways(core.ways, numbers, run, side.value, first, came)
        if group[G_PATIENCE] >= 0:
            patience = core.dist[group[G_PATIENCE]]
            _draw_patience(patience, core.choices, side, first, came, (steps, days))
        side.came[g] = came
    _sort_lines(core.group, run, side, steps)
    licences = (world.licence, world.licence_chance, world.rounds)
    _draw_licences(licences, run.licence, side.order, numbers, (steps, days), seed, number)
    _draw_path(world.shock, world.shock_chance, run.path, numbers, (steps, days), seed, number)
    _draw_levels(world, side, core.dist, core.choices, seed, number)


@bare
def _draw_group(group, many, numbers, drawn, key):  # type: ignore[no-untyped-def]
    """Draw the lines of one group, from its place on in the tables of lines; gives how many came.

    `drawn` is (bits of the lines' first allocations, bits of the lines, the step of each, its
    units, room for a value of each).
    """
    later, bits, step, units, value = drawn
    mode, start, end, most = group[G_MODE], group[G_START], group[G_END], group[G_MOST]
    size, lot, stream, when = numbers[0][group[G_SIZE]], group[G_LOT], group[G_STREAM], float(start)
    came, first = 0, group[G_PLACE]
    while came < most:
        place, count = first + came, min(CHUNK, most - came)
        fill_bits(bits, place, count, key, stream, came, np.int64(0))
        steps_now, luck = step[place : place + count], bits[0, place : place + count]
        wide, now = end - start, 0
        if mode == 0:
            for k in range(count):
                steps_now[k] = start + int(unit(luck[k]) * wide)
            now = count
        else:
            while now < count:
                if mode == 1:
                    when -= many * math.log1p(-unit(luck[now]))
                else:
                    when = float(start + (came + now) * int(many))
                if when >= end:
                    break
                steps_now[now] = int(when)
                now += 1
        sizes, lots = value[place : place + now], units[place : place + now]
        values_of(size, bits[1, place : place + now], numbers[1], sizes)
        for k in range(now):
            lots[k] = max(1, int(np.rint(sizes[k] / lot))) * lot
        fill_bits(later, place, now, key, stream, came, np.int64(1))
        came += now
        if now < count:
            break
    return came


@bare
def _draw_ways(ways, numbers, run, value, first, came):  # type: ignore[no-untyped-def]
    """How long the first allocation of each line takes to ship, and is on its way then."""
    dist, choices = numbers
    end, days = first + came, ways[STEP_DAYS]
    lead, way, room = run.lead[first:end], run.way[first:end], value[first:end]
    lead[:] = 0
    way[:] = 0
    add_steps(dist[ways[LEAD]], run.bits[0, first:end], choices, days, room, lead)
    add_steps(dist[ways[TRANSIT]], run.bits[1, first:end], choices, days, room, way)
    add_steps(dist[ways[CUSTOMS]], run.bits[2, first:end], choices, days, room, way)


@bare
def _draw_patience(row, choices, side, first, came, size):  # type: ignore[no-untyped-def]
    """The steps on which the patience of lines ends; the last step and later: never."""
    steps, days = size
    for k in range(first, first + came):
        wait = value_of(row, unit(side.bits[3, k]), choices)
        side.cut[k] = min(side.step[k] + max(1, int(math.ceil(wait / days))), steps)


@bare
def _sort_lines(group, run, side, steps):  # type: ignore[no-untyped-def]
    """Put the lines down in the order of their arrival."""
    due, free = run.due, side.free
    free[:] = 0
    for g in range(len(group)):
        first = row_of(group, g)[G_PLACE]
        for k in range(first, first + side.came[g]):
            free[np.uintp(at(side.step, k))] += 1
    place = 0
    for t in range(steps + 1):
        row_of(due, t)[ARRIVALS] = place
        free[t], place = place, place + free[t]
    row_of(due, steps + 1)[ARRIVALS] = place
    for g in range(len(group)):
        patient, first = row_of(group, g)[G_PATIENCE] < 0, row_of(group, g)[G_PLACE]
        for k in range(first, first + side.came[g]):
            step, units = at(side.step, k), at(side.units, k)
            i = at(free, step)
            free[np.uintp(step)] = i + 1
            line = row_of(run.lines, i)
            line[L_GROUP], line[L_STEP], line[L_ASK], line[L_LEFT] = g, step, units, units
            line[L_PLACE], line[L_TURN], line[L_SEQ] = k, 0, NOT_LINKED
            line[L_LUCK] = side.bits[2, np.uintp(k)]
            if not patient and side.cut[k] < steps:
                run.next_cut[i] = row_of(due, side.cut[k])[CUTS]
                row_of(due, side.cut[k])[CUTS] = i


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
