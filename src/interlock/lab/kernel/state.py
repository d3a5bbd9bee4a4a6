"""What a run keeps while it is stepped, and what a block of runs gives back. Allocated once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from interlock.lab.kernel import columns as c

if TYPE_CHECKING:
    from interlock.lab.compiling.plan import Plan

MEASURES = ("asked", "allocated", "shipped", "delivered", "waiting")
"""Columns of `Out.steps`, in units; `waiting` stands at the end of the step, the others flow."""


class Run(NamedTuple):
    """One run's state; columns are in kernel/columns, two-dimensional tables are `rows`.

    Attributes:
        counters: int64[accounts, 4], see kernel/accounts.
        posted: int64[kept, steps + 1], draws by step; aged: int64[kept], of them what is due;
            allowed: int64[legs of a set], how far each account may pass its floor.
        left: int64[accounts], what an act of sharing has left.
        lines: int64[lines, L_WIDTH]; next_cut: int64[lines], the next line whose patience ends on
            the same step.
        bits: uint32[4, lines], draws of the lines' first allocations, by group and number; lead,
            way: int64[lines], steps until they ship, and on their way then.
        fresh, shy: int64[lines], lines that were not asked yet, or did not become orders, by queue;
            keen: int64[lines, 2], a queue's orders, (place among all, line), in a ring.
        queue: int64[queues + 1, KEPT_WIDTH]; shy_at: float64[queues], the chance at which the shy
            were asked; head: int64[queues + 1, H_WIDTH], who is served next.
        waiting: int64[series], units that wait.
        chosen, given: int64[lines], lines that were just given units.
        leg_account, leg_amount: int64[..], legs of the options taken.
        made: int64[room, A_WIDTH]; due: int64[steps + 2, DUE_WIDTH].
        licence: int64[licences, 2], step of issue and units; path: uint8[steps].
        count: int64[4]; worth: float64[steps + 1], of a unit after so many steps of waiting.
    """

    counters: Any
    posted: Any
    aged: Any
    allowed: Any
    left: Any
    lines: Any
    next_cut: Any
    bits: Any
    lead: Any
    way: Any
    fresh: Any
    shy: Any
    keen: Any
    queue: Any
    shy_at: Any
    head: Any
    waiting: Any
    chosen: Any
    given: Any
    leg_account: Any
    leg_amount: Any
    made: Any
    due: Any
    licence: Any
    path: Any
    count: Any
    worth: Any


class Side(NamedTuple):
    """What only the beginning, the credits and domestic production look at.

    Attributes:
        bits: uint32[4, lines], draws of lines before they are sorted by step; step, units, cut:
            int64[lines]; value: float64[lines], a place to work; came: int64[groups], lines;
            free: int64[steps + 1], where the next line of a step goes.
        order: float64[licences], the drawn order within a round.
        level: float64[flows]; inputs: float64[limits, 3], stock, rate, at hand in a step; wanted:
            float64[firms, 2], chips wanted and rate; bought: int64[firms, steps + 1] accepted by
            step; flying: int64[firms], bought and not accepted yet.
    """

    bits: Any
    step: Any
    units: Any
    cut: Any
    value: Any
    came: Any
    free: Any
    order: Any
    level: Any
    inputs: Any
    wanted: Any
    bought: Any
    flying: Any


class Out(NamedTuple):
    """Results of a block; see the columns of kernel/columns.

    Attributes:
        steps: int64[runs, steps, series, 5]; home: int64[runs, steps, firms], chips accepted.
        totals: int64[runs, series, 6]; worth: float64[runs, series], units delivered, discounted.
        waits: int64[series, steps + 1], units by steps waited, of the block.
        accounts: int64[runs, accounts, 4]; licences: int64[runs, licences], units granted.
        path: uint8[runs, steps], the state of the law.
    """

    steps: Any
    home: Any
    totals: Any
    worth: Any
    waits: Any
    accounts: Any
    licences: Any
    path: Any


def rows(table: Any) -> Any:
    """A table [n, width] as one of n rows whose width is part of the type.

    Compiled code then finds a row by a shift instead of a product with a width read from memory.
    """
    row = np.dtype([("c", table.dtype, (table.shape[1],))])
    return np.ascontiguousarray(table).view(row).reshape(len(table))


def new_run(plan: Plan, room: int) -> tuple[Run, Side]:
    """A run's arrays; `room` is how many allocations it can hold."""
    core, world = plan
    lines = int(core.group[:, c.G_MOST].sum())
    steps, queues = int(core.ways[c.STEPS]), len(core.queue)
    accounts, firms = len(core.terms), len(world.want)

    def ints(*shape: int) -> Any:
        return np.zeros(shape, np.int64)

    widest = int(np.diff(core.first).max()) if len(core.first) > 1 else 0
    years = np.arange(steps + 1) * int(core.ways[c.STEP_DAYS]) / 365.25
    queue = ints(queues + 1, c.KEPT_WIDTH)
    queue[:-1, c.MOST] = core.queue[:, c.Q_MOST]
    queue[1:, c.PLACE] = np.cumsum(core.queue[:, c.Q_MOST])
    run = Run(
        counters=rows(ints(accounts, 4)),
        posted=ints(len(core.lapsing), steps + 1),
        aged=ints(len(core.lapsing)),
        allowed=ints(widest + 1),
        left=ints(accounts),
        lines=rows(ints(lines, c.L_WIDTH)),
        next_cut=ints(lines),
        bits=np.zeros((4, lines), np.uint32),
        lead=ints(lines),
        way=ints(lines),
        fresh=ints(lines),
        shy=ints(lines),
        keen=rows(ints(lines, 2)),
        queue=rows(queue),
        shy_at=np.zeros(queues),
        head=rows(ints(queues + 1, c.H_WIDTH)),
        waiting=ints(len(core.together)),
        chosen=ints(lines),
        given=ints(lines),
        leg_account=ints(queues * widest + 1),
        leg_amount=ints(queues * widest + 1),
        made=rows(ints(room, c.A_WIDTH)),
        due=rows(ints(steps + 2, c.DUE_WIDTH)),
        licence=ints(len(world.licence), 2),
        path=np.zeros(steps, np.uint8),
        count=ints(4),
        worth=(1.0 - world.discount) ** years,
    )
    side = Side(
        bits=np.zeros((4, lines), np.uint32),
        step=ints(lines),
        units=ints(lines),
        cut=ints(lines),
        value=np.zeros(lines),
        came=ints(len(core.group)),
        free=ints(steps + 1),
        order=np.zeros(len(world.licence)),
        level=np.zeros(len(world.flow)),
        inputs=np.zeros((len(world.limit), 3)),
        wanted=np.zeros((firms, 2)),
        bought=ints(firms, steps + 1),
        flying=ints(firms),
    )
    return run, side


def new_out(plan: Plan, runs: int) -> Out:
    """Arrays for the results of a block of runs."""
    core, world = plan
    steps, firms = int(core.ways[c.STEPS]), len(world.want)
    series = int(core.group[:, c.G_SERIES].max()) + 1
    return Out(
        steps=np.zeros((runs, steps, series, 5), np.int64),
        home=np.zeros((runs, steps, firms), np.int64),
        totals=np.zeros((runs, series, 6), np.int64),
        worth=np.zeros((runs, series)),
        waits=np.zeros((series, steps + 1), np.int64),
        accounts=np.zeros((runs, len(core.terms), 4), np.int64),
        licences=np.zeros((runs, len(world.licence)), np.int64),
        path=np.zeros((runs, steps), np.uint8),
    )
