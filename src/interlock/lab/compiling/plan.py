"""A scenario as the kernel steps it: flat tables, and the names behind their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from interlock.lab.compiling.laws import Laws
    from interlock.lab.model import Scenario

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Core(NamedTuple):
    """What the step looks at; columns are in kernel/columns.

    Attributes:
        mask: uint8[states, steps, options], bits of the stages that are open (`masks.STAGES`).
        legs_of: int32[states, steps, options], number of the set of legs; -1 = cannot draw.
        first: int64[sets + 1], where each set starts; legs: int64[legs, 3]; posts: uint8[sets],
            which stages it posts at (bits 1, 2, 4), and PLAIN where nothing can refuse a post.
        group: int64[groups, G_WIDTH]; arrivals: float64[groups], lines or steps between two.
        together: int64[series], the queue in which all lines of a series wait with those of others
            (-1: they wait with their own alone).
        queue: int64[queues, Q_WIDTH]; queue_real: float64[queues, 2], weight and the least part of
            a line that is taken.
        option: int64[options, gates], the licence at each gate (-1 none); chance: float64[options],
            that an approved line becomes an order under it.
        terms: int64[accounts, TERMS_WIDTH]; periods: int32[kinds, steps]; lapsing: int32[kept].
        ways: int64[WAYS_WIDTH]; ways_real: float64[2].
        dist: float64[rows, 8]; choices: float64[.., 2]; see kernel/random.
    """

    mask: NDArray[np.uint8]
    legs_of: NDArray[np.int32]
    first: Ints
    legs: Ints
    posts: NDArray[np.uint8]
    group: Ints
    arrivals: Floats
    together: Ints
    queue: Ints
    queue_real: Floats
    option: Ints
    chance: Floats
    terms: Ints
    periods: NDArray[np.int32]
    lapsing: NDArray[np.int32]
    ways: Ints
    ways_real: Floats
    dist: Floats
    choices: Floats


class World(NamedTuple):
    """What happens besides: credits, licences, shocks, domestic production.

    Attributes:
        due_first, due_credit: by step, (account, amount) that no chance moves.
        flow, flow_first, flow_credit: (account, amount for one unit).
        licence, licence_chance, licence_first, licence_credit: (account, for one unit, besides).
        rounds: int64[rounds, 2], places and units at most (-1 no bound).
        shock, shock_chance.
        limit, per_chip, ramp: float64[limits, steps], domestic production.
        want: int64[firms, 2], row of a distribution for each year (-1 none) and stream.
        home_first, home_credit: (account, amount) of one accepted chip, by firm.
        discount: what a year of waiting takes off the worth of a unit.
    """

    due_first: Ints
    due_credit: Ints
    flow: Ints
    flow_first: Ints
    flow_credit: Ints
    licence: Ints
    licence_chance: Floats
    licence_first: Ints
    licence_credit: Ints
    rounds: Ints
    shock: Ints
    shock_chance: Floats
    limit: Ints
    per_chip: Floats
    ramp: Floats
    want: Ints
    home_first: Ints
    home_credit: Ints
    discount: float


class Plan(NamedTuple):
    """All that a run needs."""

    core: Core
    world: World


@dataclass(frozen=True)
class Compiled:
    """A plan and what its numbers mean.

    Attributes:
        series: (firm, product) of each series of results.
        accounts, units, scales: key, unit and integers in a unit of each account.
        licences: ids; `gates` the columns of `Core.option`.
        options: the demand and the licences of each.
        problems: why lines cannot draw although no rule stops them, in words.
        digest: of everything that the plan holds: equal digests play the same.
    """

    scenario: Scenario
    plan: Plan
    laws: Laws
    series: tuple[tuple[str, str], ...]
    accounts: tuple[str, ...]
    units: tuple[str, ...]
    scales: tuple[int, ...]
    licences: tuple[str, ...]
    gates: tuple[str, ...]
    options: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    problems: tuple[str, ...]
    digest: str
