"""From a scenario to a plan: the law asked about every profile, and every process as numbers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from interlock.files import BadInputError, Fault, Place
from interlock.files.phrases import phrase
from interlock.lab.compiling.accounts import WAYS, Registry
from interlock.lab.compiling.cases import MAX_PROFILES, options_of, read_cases
from interlock.lab.compiling.credits import Asking, compile_events, compile_home
from interlock.lab.compiling.demand import groups, options_by_gate, put_in_queues
from interlock.lab.compiling.dists import Dists
from interlock.lab.compiling.laws import Shelf
from interlock.lab.compiling.masks import masks
from interlock.lab.compiling.plan import Compiled, Core, Plan, World
from interlock.lab.kernel import columns as c
from interlock.lab.kernel.random import stream_of
from interlock.lab.model import LAB_RULES
from interlock.lab.reading.sound import FaultyScenarioError
from interlock.law.deciding.decide import Decider
from interlock.law.library import load_regimes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from interlock.lab.compiling.cases import Option
    from interlock.lab.compiling.laws import Laws
    from interlock.lab.compiling.plan import Floats, Ints
    from interlock.lab.model import Scenario
    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compile import Law as DayLaw
    from interlock.law.compiling.compiled import AccountPlan

MOST_LINES = 1_000_000
"""A run has room for each of them, some 600 bytes."""
POST = {"allocation": 0, "shipment": 1, "entry": 2, "use": 2}


class Asked(NamedTuple):
    """What the law says of a scenario, and what its plan is made of."""

    laws: Laws
    registry: Registry
    dists: Dists
    options: list[Option]
    mask: NDArray[np.uint8]
    legs: tuple[Any, Any, Any]
    problems: tuple[str, ...]
    events: dict[str, Any]
    home: dict[str, Any]
    series: tuple[tuple[str, str], ...]
    group: Ints
    arrivals: Floats


def compile_read(read: Callable[[], Scenario], shelf: Shelf | None = None) -> Compiled:
    """Compile what is read; of a scenario with faults of form the law is asked as far as it can be.

    Args:
        read: gives the scenario.
        shelf: as for `compile_scenario`.

    Raises:
        BadInputError: every fault of its form, and of what is sound every one that the law finds.
    """
    try:
        scenario = read()
    except FaultyScenarioError as error:
        found = list(error.faults)
        try:
            if error.sound is None:
                load_regimes(error.regimes)
            else:
                _ask(error.sound, Shelf() if shelf is None else shelf)
        except BadInputError as more:
            found += more.faults
        raise BadInputError(found) from error
    return compile_scenario(scenario, shelf)


def compile_scenario(scenario: Scenario, shelf: Shelf | None = None) -> Compiled:
    """Compile a scenario.

    Args:
        scenario: what is compiled.
        shelf: laws that were read before, for one who compiles many scenarios of one law.

    Raises:
        BadInputError: faults of its regimes; else facts that the law does not know, draws that are
            no whole numbers, windows that the step does not divide: every such fault at once.
    """
    asked = _ask(scenario, Shelf() if shelf is None else shelf)
    registry, dists, options, mask, legs = asked[1:6]
    gates = tuple(dict.fromkeys(one.gate for one in scenario.licences.values()))
    choices = options_by_gate(scenario, options, gates)
    queues = put_in_queues(scenario, options, asked.group, (mask, legs[0], *choices))
    ways = _ways(scenario, dists)
    terms, periods, lapsing = registry.arrays()
    core = Core(
        mask, *legs, _posts(legs, terms), asked.group, asked.arrivals, *queues, *choices, terms,
        periods, lapsing, *ways, *dists.arrays(),
    )  # fmt: skip
    world = World(**asked.events, **asked.home, discount=scenario.discount_per_year)
    plan = Plan(core, world)
    return Compiled(
        scenario=scenario,
        plan=plan,
        laws=asked.laws,
        series=asked.series,
        accounts=tuple(registry.names),
        units=tuple(one.unit for one in registry.terms),
        scales=tuple(10**one.places for one in registry.terms),
        licences=tuple(scenario.licences),
        gates=gates,
        options=tuple((one.demand, one.licences) for one in options),
        problems=(*scenario.notes, *asked.problems),
        digest=_digest(plan, registry.names),
    )


def _ask(scenario: Scenario, shelf: Shelf) -> Asked:
    """Ask the law everything about a scenario; errors as `compile_scenario`."""
    laws = shelf.laws(scenario)
    place = scenario.place or Place(scenario.path)
    registry, dists = Registry(scenario, place, list(laws.faults)), Dists()
    options = [one for demand in scenario.demand.values() for one in options_of(scenario, demand)]
    if len(options) > MAX_PROFILES:
        wrong = phrase(
            "there are {count:,} ways to combine demands and licences", count=len(options)
        )
        mend = phrase("write fewer rounds or licences: at most {most:,}", most=MAX_PROFILES)
        raise BadInputError([*registry.faults, Fault(place, wrong, mend)])
    asking = Asking(scenario, laws, registry)
    options, cases = _cases(asking, options)
    mask, legs, problems = _law(scenario, laws, shelf, cases, registry)
    events = compile_events(asking, cases, dists)
    home = compile_home(asking, dists)
    series = tuple(dict.fromkeys((d.firm, d.product) for d in scenario.demand.values()))
    group, arrivals = groups(scenario, series, dists)
    if (lines := int(group[:, c.G_MOST].sum())) > MOST_LINES:
        wrong = phrase("a run would hold {lines:,} order lines", lines=lines)
        mend = phrase("write fewer, larger ones: at most {most:,}", most=MOST_LINES)
        registry.faults.append(Fault(place, wrong, mend))
    if registry.faults:
        raise BadInputError(registry.faults)
    return Asked(
        laws, registry, dists, options, mask, legs, problems, events, home, series, group, arrivals
    )


def _cases(asking: Asking, options: list[Option]) -> tuple[list[Option], list[list[Case]]]:
    """The options that the law can read in each of its states, and the case of each, by state."""
    scenario, states = asking.scenario, asking.laws.states
    by_state = [
        read_cases(reader, scenario, options, state.shocks, asking.registry.faults)
        for reader, state in zip(asking.readers, states, strict=True)
    ]
    whole = [k for k in range(len(options)) if all(cases[k] is not None for cases in by_state)]
    read = [[one for k in whole if (one := cases[k]) is not None] for cases in by_state]
    return [options[k] for k in whole], read


def _digest(plan: Plan, names: Sequence[str]) -> str:
    state = hashlib.sha256("\n".join(names).encode())
    for part in plan:
        for value in part if isinstance(part, tuple) else (part,):
            array = np.ascontiguousarray(value)
            state.update(str(array.dtype).encode() + str(array.shape).encode() + array.tobytes())
    return state.hexdigest()


# -- the law ------------------------------------------------------------------------------------


def _law(
    scenario: Scenario,
    laws: Laws,
    shelf: Shelf,
    by_state: list[list[Case]],
    registry: Registry,
) -> tuple[NDArray[np.uint8], tuple[Any, Any, Any], tuple[str, ...]]:
    """The masks, the sets of legs (which, where each starts, all), and what cannot draw."""
    steps, count = scenario.steps, len(by_state[0])
    mask = np.zeros((len(laws.states), steps, count), np.uint8)
    legs = np.full((len(laws.states), steps, count), -1, np.int32)
    if not count:
        return mask, (legs, np.zeros(1, np.int64), np.zeros((0, 3), np.int64)), ()
    sets: dict[tuple[tuple[int, int, int], ...], int] = {}
    problems: dict[str, int] = {}
    asked = []
    for state in laws.states:
        cases = by_state[state.number]
        for epoch, start in enumerate(laws.epochs):
            end = laws.epochs[epoch + 1] if epoch + 1 < len(laws.epochs) else steps
            law = laws.laws[state.number][epoch]
            dates = [scenario.day(step) for step in range(start, end)]
            mask[state.number, start:end] = masks(law, cases, dates, shelf).T
            asked.append((state, law, cases, slice(start, end)))
    able = (mask & 1).any(axis=(0, 1))
    for state, law, cases, when in asked:
        decider = Decider(law, state.library.claims)
        shares = (mask[state.number, when] & 1).any(axis=0)
        enters = able & (mask[state.number, when] & 4).any(axis=0)  # what was allocated before
        sharing = set(np.flatnonzero(shares).tolist())
        for p in np.flatnonzero(shares | enters).tolist():
            place = scenario.demand[cases[p].id].place
            drawn = _legs(decider, law, cases[p], registry, place)
            if not isinstance(drawn, str):
                legs[state.number, when, p] = sets.setdefault(drawn, len(sets))
            elif p in sharing:
                problems.setdefault(phrase("{name}: {wrong}", name=cases[p].id, wrong=drawn), p)
    ways = [cases[p].id for p in np.flatnonzero((legs >= 0).any(axis=(0, 1)))]
    stuck = [x for x, p in problems.items() if _holds(cases[p]) or cases[p].id not in ways]
    flat = [leg for drawn in sets for leg in drawn]
    starts = np.cumsum([0, *(len(drawn) for drawn in sets)], dtype=np.int64)
    table = np.array(flat, np.int64).reshape(len(flat), 3)
    return mask, (legs, starts, table), tuple(stuck)


def _holds(case: Case) -> bool:
    """Whether a choice of licences has any; that lines cannot draw without one is no problem."""
    return any(name.startswith("licence.") and name.endswith(".id") for name in case.facts)


def _posts(legs: tuple[Any, Any, Any], terms: Ints) -> NDArray[np.uint8]:
    """The stages at which each set of legs posts, and whether nothing can refuse that."""
    _, first, table = legs
    found = np.zeros(len(first) - 1, np.uint8)
    for k in range(len(found)):
        mine = table[first[k] : first[k + 1]]
        for leg in mine:
            found[k] |= 1 << leg[c.LEG_POST]
        of = terms[mine[:, c.LEG_ACCOUNT]]
        plain = (of[:, c.PERIOD] < 0) & (of[:, c.ROW] < 0) & (of[:, c.TOLERANCE] == 0)
        found[k] |= c.PLAIN if plain.all() else 0
    return found


def _legs(
    decider: Decider, law: DayLaw, case: Case, registry: Registry, place: Place
) -> tuple[tuple[int, int, int], ...] | str:
    """What one unit draws, (account, integers, stage of posting), in order of account; or why not.

    Sorted by the account's key, as the ledger takes them.
    """
    plans = _plans(law)
    found: list[tuple[str, int, int, int]] = []
    for leg in decider.decide(case, stage="allocation", accounts=None, reasons=False).legs:
        if leg.pending:
            continue
        if not leg.account or leg.factor is None:
            return f"what it draws on '{leg.item}' is not known: {leg.why}"
        if not leg.factor:
            continue
        number = registry.account(leg.account, plans[leg.account.partition("?")[0]])
        amount = registry.amount(number, leg.factor)
        if amount is None or amount < 0:
            terms = registry.terms[number]
            wrong = phrase(
                "one unit draws {factor} on '{account}', kept to {places} places",
                factor=leg.factor,
                account=leg.account,
                places=terms.places,
            )
            registry.faults.append(
                Fault(place, wrong, phrase("write a factor that is whole at its scale"))
            )
            return wrong
        found.append((leg.account, number, amount, POST[leg.post]))
    return tuple((number, amount, post) for _, number, amount, post in sorted(found))


def _plans(law: DayLaw) -> dict[str, AccountPlan]:
    return {plan.terms.name: plan for regime in law.regimes for plan in regime.accounts}


# -- how things go -------------------------------------------------------------------------------


def _ways(scenario: Scenario, dists: Dists) -> tuple[Ints, Floats]:
    behaviour, sharing, home = scenario.behaviour, scenario.sharing, scenario.domestic
    ways = np.zeros(c.WAYS_WIDTH, np.int64)
    ways[c.LEAD], ways[c.TRANSIT] = (
        dists.row(behaviour.lead_days),
        dists.row(behaviour.transit_days),
    )
    ways[c.CUSTOMS], ways[c.OVERRUN] = (
        dists.row(behaviour.customs_days),
        dists.row(behaviour.overrun),
    )
    ways[c.RETURN_DAYS] = dists.row(behaviour.return_days)
    ways[c.WAY] = 1 << WAYS.index(behaviour.way)
    ways[c.RULE] = LAB_RULES.index(sharing.rule)
    ways[c.EVERY] = sharing.every_days // scenario.step_days
    ways[c.EXPIRES] = (sharing.expires_days or 0) // scenario.step_days
    ways[c.STEP_DAYS], ways[c.STEPS] = scenario.step_days, scenario.steps
    ways[c.HOME] = int(home is not None)
    ways[c.ACCEPTED] = dists.row(home.accepted_days) if home else -1
    ways[c.HOME_STREAM] = stream_of("domestic")
    return ways, np.array([behaviour.returns, home.compliance if home else 0.0])
