"""The demands of a scenario as tables: how their lines come, and in which queues they wait."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from interlock.lab.kernel import columns as c
from interlock.lab.kernel.random import stream_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from interlock.lab.compiling.cases import Option
    from interlock.lab.compiling.dists import Dists
    from interlock.lab.compiling.plan import Floats, Ints
    from interlock.lab.model import Demand, Scenario

DAYS_OF_A_YEAR = 365.25


def groups(
    scenario: Scenario, series: tuple[tuple[str, str], ...], dists: Dists
) -> tuple[Ints, Floats]:
    """The demands as `Core.group` and `Core.arrivals`; `put_in_queues` fills in their queues."""
    table = np.zeros((len(scenario.demand), c.G_WIDTH), np.int64)
    arrivals = np.zeros(len(scenario.demand))
    for g, d in enumerate(scenario.demand.values()):
        mode, arrivals[g], start, end, most = _arrivals(scenario, d)
        table[g, c.G_SERIES] = series.index((d.firm, d.product))
        table[g, c.G_LOT] = scenario.products[d.product].lot
        table[g, c.G_MODE], table[g, c.G_MOST] = mode, most
        table[g, c.G_START], table[g, c.G_END] = start, end
        table[g, c.G_SIZE], table[g, c.G_PATIENCE] = dists.row(d.size), dists.row(d.patience)
        table[g, c.G_STREAM] = stream_of(f"demand/{d.id}")
    table[1:, c.G_PLACE] = np.cumsum(table[:-1, c.G_MOST])
    return table, arrivals


def put_in_queues(
    scenario: Scenario,
    options: list[Option],
    group: Ints,
    law: tuple[NDArray[np.uint8], NDArray[np.int32], Ints, Floats],
) -> tuple[Ints, Ints, Floats]:
    """Put demands that are served alike into one queue: what is asked each step is asked once.

    Demands of one series (a firm and a product) that are not all served alike wait with their own
    alone, so that what waits is known by series. `law` is (mask, legs of each option, licences of
    each by gate, chances). Fills G_QUEUE of `group`.

    Returns:
        `Core.together`, `Core.queue`, `Core.queue_real`.
    """
    series = group[:, c.G_SERIES]
    rows, real, alike = zip(*_terms(scenario, options, group, law), strict=True)
    apart = {s for s in series if len({alike[g] for g in np.flatnonzero(series == s)}) > 1}
    found: dict[object, int] = {}
    for g, s in enumerate(series):
        key = (alike[g], s if s in apart else None)
        group[g, c.G_QUEUE] = found.setdefault(key, len(found))
    together = np.full(series.max() + 1, -1, np.int64)
    queue, queue_real = np.zeros((len(found), c.Q_WIDTH), np.int64), np.zeros((len(found), 2))
    for j in range(len(found)):
        mine = np.flatnonzero(group[:, c.G_QUEUE] == j)
        queue[j, : len(rows[0])], queue_real[j] = rows[mine[0]], real[mine[0]]
        queue[j, c.Q_MOST], queue[j, c.Q_SERIES] = group[mine, c.G_MOST].sum(), series[mine[0]]
        if len(set(series[mine])) > 1:
            queue[j, c.Q_SERIES], together[series[mine]] = -1, j
    return together, queue, queue_real


def _terms(
    scenario: Scenario,
    options: list[Option],
    group: Ints,
    law: tuple[NDArray[np.uint8], NDArray[np.int32], Ints, Floats],
) -> Iterator[tuple[list[int], tuple[float, float], object]]:
    """For each demand the first columns of its queue, and what must be the same to stand in one.

    On every step and in every state of the law the same choices are open, they draw on the same
    accounts, hold the same licences and are taken with the same chance, and sharing treats them
    alike.
    """
    mask, legs, holds, chance = law
    firms, at = list(scenario.firms), 0
    for g, d in enumerate(scenario.demand.values()):
        firm, end = scenario.firms[d.firm], at + sum(one.demand == d.id for one in options)
        number, mine = firms.index(d.firm), slice(at, end)
        row, shared = [number, int(group[g, c.G_LOT]), firm.tier, at, end], (firm.weight, d.least)
        alike = (
            number if scenario.domestic else None,  # purchases at home are counted by firm
            *row[1:3], shared, mask[:, :, mine].tobytes(), legs[:, :, mine].tobytes(),
            holds[mine].tobytes(), chance[mine].tobytes(),
        )  # fmt: skip
        yield row, shared, alike
        at = end


def options_by_gate(
    scenario: Scenario, options: list[Option], gates: tuple[str, ...]
) -> tuple[Ints, Floats]:
    """The licences of each option by gate, and the chance that a line becomes an order under it."""
    number = {name: i for i, name in enumerate(scenario.licences)}
    holds = np.full((len(options), len(gates)), -1, np.int64)
    for p, option in enumerate(options):
        for gate, name in option.licences:
            holds[p, gates.index(gate)] = number[name]
    return holds, np.array([_chance(scenario, option) for option in options], np.float64)


def _arrivals(scenario: Scenario, demand: Demand) -> tuple[int, float, int, int, int]:
    """Mode, lines or steps between two, first step, step that is out, room for so many lines."""
    start, end = _step(scenario, demand.start), max(_step(scenario, demand.end), 0)
    end = max(end, start + 1)
    if demand.lines is not None:
        return 0, float(demand.lines), start, end, demand.lines
    if demand.every_days is not None:
        every = demand.every_days // scenario.step_days
        return 2, float(every), start, end, -(-(end - start) // every)
    rate = (demand.per_year or 0.0) * scenario.step_days / DAYS_OF_A_YEAR
    mean = rate * (end - start)
    gap = 1.0 / rate if rate > 0 else math.inf
    return 1, gap, start, end, int(mean + 10 * math.sqrt(mean) + 20)


def _step(scenario: Scenario, day: dt.date) -> int:
    """The first step on or after a day."""
    return min(-(-(day - scenario.start).days // scenario.step_days), scenario.steps)


def _chance(scenario: Scenario, option: Option) -> float:
    """That an approved line becomes an order, under what the licences' conditions ask."""
    behaviour = scenario.behaviour
    if not behaviour.hardness or not 0 < behaviour.base < 1:
        return behaviour.base
    hard = 0.0
    for _, name in option.licences:
        for condition in scenario.licences[name].conditions:
            if condition["status"] not in ("agreed", "in_force"):
                continue
            for key, value in condition["parameters"].items():
                slope = behaviour.hardness.get(f"{condition['kind']}.{key}", 0.0)
                if slope:
                    hard += slope * float(value)
    odds = math.log(behaviour.base / (1 - behaviour.base)) - hard
    return 1 / (1 + math.exp(-odds))
