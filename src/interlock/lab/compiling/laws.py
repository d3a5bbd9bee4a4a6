"""The law of every step in every state: compiled once for each stretch of days without a change."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from interlock.files import BadInputError, Fault, Faults, Place
from interlock.files.phrases import phrase, phrases
from interlock.law.bulk import FrameLaw
from interlock.law.compiling.compile import compile_law
from interlock.law.expr.tree import Read, walk
from interlock.law.library import Library, UnknownAssumptionError, load_regimes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.lab.model import Scenario, Shock
    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import CompiledRegime
    from interlock.law.expr.tree import Tree
    from interlock.law.model import Stage

MAX_SHOCKS = 5
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class State:
    """One state of the law: the shocks that are on."""

    number: int
    shocks: tuple[Shock, ...]
    library: Library
    assumed: frozenset[str]


@dataclass(frozen=True)
class Laws:
    """The states, the first step of each epoch, and the law of each (state, epoch).

    `faults`: what the scenario calls by a name that nothing of the law bears.
    """

    states: tuple[State, ...]
    epochs: tuple[int, ...]
    laws: tuple[tuple[Law, ...], ...]
    faults: tuple[Fault, ...] = ()

    def epoch_of(self, step: int) -> int:
        """The epoch that a step lies in."""
        return max(i for i, first in enumerate(self.epochs) if first <= step)


class Shelf:
    """Laws that were read, for scenarios that differ in other things: a study asks one law often.

    Files are read when they are first asked for; what is written into them later is not seen.
    """

    def __init__(self) -> None:
        self._laws: dict[tuple[object, ...], Laws] = {}
        self._frames: dict[tuple[object, ...], FrameLaw] = {}
        self._last: dict[Stage, FrameLaw] = {}

    def frames(
        self, law: Law, stage: Stage, names: frozenset[str], sure: frozenset[str]
    ) -> FrameLaw:
        """A law of `laws`, compiled for frames of one shape."""
        key = (id(law), stage, names, sure)
        if key not in self._frames:
            like = self._last.get(stage)
            self._frames[key] = FrameLaw(law, stage, names, sure, like=like)
        self._last[stage] = self._frames[key]
        return self._frames[key]

    def laws(self, scenario: Scenario) -> Laws:
        """The law of a scenario; errors are those of `read_laws`."""
        shocks = tuple((s.id, s.regimes, s.without, s.assume) for s in scenario.shocks.values())
        dates = (scenario.start, scenario.end, scenario.step_days, scenario.known)
        key = (scenario.regimes, scenario.assume, shocks, dates)
        found = self._laws.get(key)
        if found is None:
            found = self._laws[key] = read_laws(scenario)
        # A shock says more than law, as the facts it changes: those are the scenario's own.
        mine = tuple(scenario.shocks.values())
        states = tuple(
            replace(one, shocks=tuple(s for bit, s in enumerate(mine) if one.number >> bit & 1))
            for one in found.states
        )
        return replace(found, states=states)


def read_laws(scenario: Scenario) -> Laws:
    """The law of a scenario in all its states.

    Raises:
        BadInputError: faults of regimes; ids that name nothing; too many shocks; rules that read
            what accounts have, which no mask can say.
    """
    shocks = tuple(scenario.shocks.values())
    place = scenario.place or Place(scenario.path)
    if len(shocks) > MAX_SHOCKS:
        wrong = phrase(
            "there are {count} shocks, so {law_states} states of the law",
            count=len(shocks),
            law_states=2 ** len(shocks),
        )
        raise BadInputError([Fault(place, wrong, phrase("write at most {most}", most=MAX_SHOCKS))])
    base, more = _libraries(scenario)
    faults = _misnamed(scenario, base, more)
    states = []
    for number in range(2 ** len(shocks)):
        on = tuple(shock for bit, shock in enumerate(shocks) if number >> bit & 1)
        out = {name for shock in on for name in shock.without}
        checked = [one for one in base.checked if one.regime.id not in out]
        claims = dict(base.claims)
        for shock in on:
            if shock.id in more:
                checked += more[shock.id].checked
                claims |= more[shock.id].claims
        assumed = frozenset((*scenario.assume, *(x for shock in on for x in shock.assume)))
        states.append(State(number, on, Library(tuple(checked), claims), assumed))
    lawless = [state.shocks for state in states if not state.library.checked]
    for on in lawless[:1]:  # others are lawless by the same shocks
        wrong = phrase("while {names} lasts no regime binds", names=phrases(one.id for one in on))
        mend = phrase("leave one in force, or give one that binds meanwhile")
        raise BadInputError([*faults, Fault(on[-1].place, wrong, mend)])
    epochs = _epochs(scenario, states[-1].library)
    laws = tuple(
        tuple(_law(scenario, state, scenario.day(step)) for step in epochs) for state in states
    )
    dynamic = {fault for law in laws[0] + laws[-1] for fault in _dynamic(law, place)}
    if dynamic:
        raise BadInputError([*faults, *dynamic])
    return Laws(tuple(states), epochs, laws, tuple(faults))


def _libraries(scenario: Scenario) -> tuple[Library, dict[str, Library]]:
    """The regimes that bind anyway, and those of each shock; the faults of all files together."""
    faults, found = Faults(), dict[str, Library]()
    for name, paths in (
        ("", scenario.regimes),
        *((one.id, one.regimes) for one in scenario.shocks.values() if one.regimes),
    ):
        try:
            found[name] = load_regimes(list(paths))
        except BadInputError as error:
            faults.found += error.faults
    faults.raise_if_any()
    return found.pop(""), found


def _law(scenario: Scenario, state: State, day: dt.date) -> Law:
    return compile_law(state.library.checked, day, scenario.known or day, state.assumed)


def _misnamed(scenario: Scenario, base: Library, more: dict[str, Library]) -> list[Fault]:
    """What shocks and the scenario call by a name that nothing of the law bears."""
    place = scenario.place or Place(scenario.path)
    faults: list[Fault] = []
    ids = {one.regime.id for one in base.checked}
    for shock in scenario.shocks.values():
        for name in shock.without:
            if name not in ids:
                faults.append(
                    Fault(
                        shock.place,
                        phrase("there is no regime '{name}'", name=name),
                        phrase("take it out"),
                    )
                )
        for one in more[shock.id].checked if shock.id in more else ():
            if one.regime.id in ids:
                wrong = phrase("the regime '{id}' binds already", id=one.regime.id)
                faults.append(Fault(shock.place, wrong, phrase("take it out")))
        for name in shock.assume:
            _check_assumed(name, [base, *more.values()], shock.place, faults)
    for name in scenario.assume:
        _check_assumed(name, [base, *more.values()], place, faults)
    return faults


def _check_assumed(name: str, libraries: list[Library], place: Place, faults: list[Fault]) -> None:
    mends = []
    for library in libraries:
        try:
            library.check_assumed([name])
        except UnknownAssumptionError as error:
            mends.append(error.mend)
        else:
            return
    faults.append(
        Fault(place, phrase("nothing of the law is called '{name}'", name=name), mends[0])
    )


def _epochs(scenario: Scenario, library: Library) -> tuple[int, ...]:
    """Steps on which any law that binds may be another than on the step before."""
    first, last = scenario.start, scenario.end
    days = set(compile_law(library.checked, first - dt.timedelta(days=2), last).changes())
    days |= set(_public_days(library))
    found = {0}
    for day in sorted(day for day in days if first - _DAY <= day <= last):
        # A day of change is looked at from one day before: zones may put it there.
        for near in (day - _DAY, day, day + _DAY):
            if first < near < last:
                found.add(-(-(near - first).days // scenario.step_days))
    return tuple(sorted(step for step in found if step < scenario.steps))


def _public_days(library: Library) -> Iterator[dt.date]:
    for one in library.checked:
        regime = one.regime
        timelines = [
            item.timeline
            for table in (regime.rules, regime.exceptions, regime.conditions, regime.accounts,
                          regime.party_facts, regime.rounds)
            for item in table.values()
        ]  # fmt: skip
        timelines += [c.timeline for f in regime.facts.values() for c in f.cases if c.timeline]
        for timeline in timelines:
            yield from (spell.public for spell in timeline.spells)
        for parameter in regime.parameters.values():
            yield from (value.public for value in parameter.values)
        for listing in regime.lists.values():
            yield from (entry.public for entry in listing.entries)


def _dynamic(law: Law, place: Place) -> Iterator[Fault]:
    """A rule that reads what an account has is dynamic: no mask holds for it (R17)."""
    for regime in law.regimes:
        for name, trees in _trees(regime):
            dynamic = sorted(_counters(trees))
            if dynamic:
                wrong = phrase(
                    "{id}/{name} reads the account of {names}: it is dynamic",
                    id=regime.id,
                    name=name,
                    names=phrases(dynamic),
                )
                mend = phrase(
                    "leave its regime out; the lab steps accounts, not rules that read them"
                )
                yield Fault(place, wrong, mend)


def _trees(regime: CompiledRegime) -> Iterator[tuple[str, list[Tree]]]:
    for clause in regime.clauses:
        yield clause.id, [clause.scope, clause.lifted, clause.require]
    for name, tree in regime.facts.items():
        yield name, [tree]
    for plan in regime.accounts:
        yield plan.id, [plan.scope, plan.factor]


def _counters(trees: Iterable[Tree]) -> set[str]:
    names = {n.name for tree in trees for n in walk(tree) if isinstance(n, Read)}
    return {
        n.partition("/")[2] for n in names if n.startswith(("@available/", "@overdue/", "@posted/"))
    }
