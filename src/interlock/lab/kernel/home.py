"""Domestic chips within a step: made as far as inputs reach, shared, bought, accepted."""

from __future__ import annotations

import math

import numpy as np

from interlock.lab.kernel.accounts import available, credit, on_step
from interlock.lab.kernel.columns import (
    ACCEPTED,
    COMPLIANCE,
    CREDITED,
    HOME_STREAM,
    KEEN_UNITS,
    LEG_ACCOUNT,
    LEG_AMOUNT,
    LIMIT_STORED,
    OPTION,
    Q_FIRM,
    STEP_DAYS,
    STEPS,
)
from interlock.lab.kernel.decorators import making, row_of
from interlock.lab.kernel.posts import steps_of
from interlock.lab.kernel.random import draws
from interlock.sharing.compiled import paths_in, share_lots


@making
def _made(world, inputs, years, step):  # type: ignore[no-untyped-def]
    """Chips made in this step: as many as the scarcest input allows; -1 = nothing bounds it."""
    most = -1
    for k in range(len(world.limit)):
        inputs[k, 2] = inputs[k, 0] + inputs[k, 1] * years * world.ramp[k, step]
        could = int(math.floor(inputs[k, 2] / world.per_chip[k] + 1e-9))
        most = could if most < 0 else min(most, could)
    return most


@making
def _needs(core, world, run, side, step):  # type: ignore[no-untyped-def]
    """Chips that each firm must have bought for what it owes and what it still wants to import."""
    queues = len(core.queue)
    needs = np.zeros(len(world.want), np.int64)
    for f in range(len(needs)):
        for c in range(world.home_first[f], world.home_first[f + 1]):
            account, each = world.home_credit[c, 0], world.home_credit[c, 1]
            drawn = 0
            for j in range(queues):
                queue = row_of(run.queue, j)
                option, keen = queue[OPTION], queue[KEEN_UNITS]
                if row_of(core.queue, j)[Q_FIRM] != f or keen <= 0 or option < 0:
                    continue
                legs = core.legs_of[run.path[step], step, option]
                for q in range(core.first[legs], core.first[legs + 1]):
                    if row_of(core.legs, q)[LEG_ACCOUNT] == account:
                        drawn += row_of(core.legs, q)[LEG_AMOUNT] * keen
            a = on_step(core.terms, core.periods, account, step)
            short = drawn - available(run.counters, a)
            if short > 0 and each > 0:
                needs[f] = max(needs[f], -(-short // each))
        wanted = int(math.ceil(core.ways_real[COMPLIANCE] * needs[f] - 1e-9))
        needs[f] = max(0, wanted - side.flying[f])
    return needs


@making
def _shared(wanted, stock, seed, number, stream, step):  # type: ignore[no-untyped-def]
    """Chips for each firm, in proportion to what it wants: the rule of `interlock.sharing`."""
    if wanted.sum() <= stock:
        return wanted.copy()
    n = len(wanted)
    start, account = np.arange(n + 1), np.zeros(n, np.int64)
    one, ask = np.ones(n, np.int64), wanted.astype(np.float64)
    ticket = np.empty(n, np.uint64)
    for f in range(n):
        u, _, _, _ = draws(seed, stream, number, step, f + 1)
        ticket[f] = np.uint64(u * 4294967296.0)
    path = paths_in(0, ask, np.ones(n), ask)
    real = (start, account.astype(np.int32), np.ones(n))
    left = np.full(1, stock)
    given, _, _, _ = share_lots(
        (start, account, one), real, (wanted, 0 * one, one), 0 * one, path, left, one[:1], ticket
    )
    return given


@making
def buy_at_home(core, world, run, side, seed, number, step, seen, bought):  # type: ignore[no-untyped-def]
    """Make chips, share them, and credit the accounts of those whose evidence is accepted now."""
    days, steps = core.ways[STEP_DAYS], core.ways[STEPS]
    years = days / 365.25
    made = _made(world, side.inputs, years, step)
    wanted = _needs(core, world, run, side, step)
    for f in range(len(wanted)):
        side.wanted[f, 0] += side.wanted[f, 1] * years
        more = int(math.floor(side.wanted[f, 0] + 1e-9))
        side.wanted[f, 0] -= more
        wanted[f] += more
    given = wanted
    if made >= 0:
        given = _shared(wanted, made, seed, number, core.ways[HOME_STREAM], step)
        used = given.sum()
        for k in range(len(world.limit)):
            left = side.inputs[k, 2] - used * world.per_chip[k]
            if not world.limit[k, LIMIT_STORED]:  # what came goes, what there was stays
                left = min(left, side.inputs[k, 0])
            side.inputs[k, 0] = left
    for f in range(len(wanted)):
        if given[f] > 0:
            a, _, _, _ = draws(seed, world.want[f, 1], number, step, 1)
            due = step + steps_of(core.dist[core.ways[ACCEPTED]], a, core.choices, days)
            side.flying[f] += given[f]
            if due < steps:
                side.bought[f, due] += given[f]
        chips = side.bought[f, step]
        if chips > 0:
            side.flying[f] -= chips
            bought[step, f] += chips
            for c in range(world.home_first[f], world.home_first[f + 1]):
                account = on_step(core.terms, core.periods, world.home_credit[c, 0], step)
                amount = world.home_credit[c, 1] * chips
                credit(run.counters, core.terms, account, amount)
                seen[account, CREDITED] += amount
