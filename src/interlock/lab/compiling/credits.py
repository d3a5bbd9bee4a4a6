"""What credits accounts in a scenario, asked of the law: flows, licences, standing credits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from interlock.files import BadInputError, Fault
from interlock.files.phrases import Phrase, phrase
from interlock.lab.compiling.cases import licence_facts, licence_layers, locator, merged
from interlock.lab.kernel.random import stream_of
from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.credits import PERIOD, STANDING, credits_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from fractions import Fraction

    from interlock.files import Place
    from interlock.lab.compiling.accounts import Registry
    from interlock.lab.compiling.dists import Dists
    from interlock.lab.compiling.laws import Laws
    from interlock.lab.model import Flow, Licence, Scenario
    from interlock.law.cases.reader import Case
    from interlock.law.cases.values import Path
    from interlock.law.compiling.compile import Law

_PROBES = (1_000_000, 3_000_000)
"""Two quantities, from which it is seen what one unit credits, and what comes besides."""


class Asking:
    """The law asked what events credit, over all epochs and states: the first answer counts.

    An account that binds later counts the events that came before it, as its file says; so an
    event of any day credits every account that binds at some time in some state.
    """

    def __init__(self, scenario: Scenario, laws: Laws, registry: Registry) -> None:
        self.scenario, self.laws, self.registry = scenario, laws, registry
        readers: dict[tuple[int, ...], CaseReader] = {}
        self.readers = []
        for state in laws.states:  # most shocks leave the files of the law as they are
            checked = state.library.checked
            reader = CaseReader(checked, laws.laws[state.number][0].vocabulary)
            self.readers.append(readers.setdefault(tuple(map(id, checked)), reader))
        self.lawful = tuple(self._lawful())

    def _lawful(self) -> Iterator[tuple[Law, CaseReader]]:
        """Each law that may credit otherwise than those before it."""
        seen: list[tuple[int, list[Any]]] = []
        for state in self.laws.states:
            reader = self.readers[state.number]
            for law in self.laws.laws[state.number]:
                terms = [(x.digest, x.accounts, x.facts) for x in law.regimes if x.accounts]
                if (id(reader), terms) not in seen:
                    seen.append((id(reader), terms))
                    yield law, reader

    def linear(
        self,
        event: str,
        facts: Callable[[int], dict[str, Any]],
        *,
        fact: bool,
        place: Place,
        locate: Callable[[Path], Place],
    ) -> dict[int, tuple[int, int]]:
        """Account -> (integers for one unit, integers besides) that an event credits.

        `facts` gives the case for a quantity; with `fact` the quantity is one of its facts, else
        it is the event's. What the law does not know of it is noted, and nothing given.
        """
        found: dict[int, tuple[int, int]] = {}
        cases: dict[int, list[Case]] = {}
        for law, reader in self.lawful:
            if id(reader) not in cases:
                try:
                    cases[id(reader)] = [reader.read(facts(q), 1, locate) for q in _PROBES]
                except BadInputError as error:
                    noted = {fault.place for fault in self.registry.faults}
                    self.registry.faults += [x for x in error.faults if x.place not in noted]
                    return {}
            answers = [
                {
                    due.account: (due.plan, due.amount)
                    for due in credits_of(law, event, case, None if fact else q)
                }
                for case, q in zip(cases[id(reader)], _PROBES, strict=True)
            ]
            for key, (plan, low) in answers[0].items():
                high = answers[1].get(key, (plan, None))[1]
                number = self.registry.account(key, plan)
                if number in found or low is None or high is None:
                    continue
                each = (high - low) / (_PROBES[1] - _PROBES[0])
                besides = low - each * _PROBES[0]
                amounts = self.registry.amount(number, each), self.registry.amount(number, besides)
                if amounts[0] is None or amounts[1] is None:
                    wrong = phrase("one unit of '{event}' credits {each} on '{account}'",
                                   event=event, each=each, account=key)  # fmt: skip
                    mend = phrase("it is no whole number at the account's places")
                    self.registry.faults.append(Fault(place, wrong, mend))
                    continue
                unplayed = _not_played(event, key, each, besides, fact=fact)
                if unplayed:
                    mend = phrase("leave it out of the scenario, or try it in the book by a replay")
                    self.registry.faults.append(Fault(place, unplayed, mend))
                found[number] = (amounts[0], amounts[1])
        return found


def _not_played(
    event: str, key: str, each: Fraction, besides: Fraction, *, fact: bool
) -> Phrase | None:
    """Why the lab cannot play a credit, if so: it takes nothing away, and adds by the unit."""
    if each < 0 or (fact and besides < 0):
        return phrase("'{event}' takes away from '{account}'; the lab has no negative adjustments",
                      event=event, account=key)  # fmt: skip
    if besides and not fact:
        credit = {"event": event, "account": key, "amount": abs(besides)}
        if besides > 0:
            return phrase(
                "'{event}' credits '{account}' {amount} more than in proportion to its units",
                **credit,
            )
        return phrase(
            "'{event}' credits '{account}' {amount} less than in proportion to its units", **credit
        )
    return None


def compile_events(asking: Asking, cases: Sequence[list[Case]], dists: Dists) -> dict[str, Any]:
    """Flows, licences, rounds, shocks and standing credits, as the fields of `World`.

    `cases` are those of all options, by state of the law.
    """
    scenario = asking.scenario
    flows = list(scenario.supply.values())
    licences = list(scenario.licences.values())
    rounds = list(scenario.rounds)
    shocks = list(scenario.shocks.values())
    of_flows = [_of_flow(asking, one) for one in flows]
    of_licences = [_of_licence(asking, one) for one in licences]
    due = _standing(asking, cases)
    by_step = [[d for d in due if d[0] == step] for step in range(scenario.steps)]
    flow_first, flow_credit = _listed(of_flows)
    licence_first, licence_credit = _listed(of_licences)
    days = scenario.step_days

    def step_of(day: dt.date) -> int:
        return min(max(-(-(day - scenario.start).days // days), 0), scenario.steps)

    return {
        "due_first": np.cumsum([0, *(len(row) for row in by_step)], dtype=np.int64),
        "due_credit": _table([one[1:] for row in by_step for one in row], 2),
        "flow": _table(
            [
                (step_of(x.start), step_of(x.end), (x.every_days or 0) // days,
                 dists.row(x.quantity), dists.row(x.level), stream_of(f"supply/{x.id}"))
                for x in flows
            ],
            6,
        ),
        "flow_first": flow_first,
        "flow_credit": np.ascontiguousarray(flow_credit[:, :2]),
        "licence": _table(
            [
                ((x.issued - scenario.start).days, dists.row(x.after), dists.row(x.quantity),
                 rounds.index(x.round) if x.round else -1, stream_of(f"licence/{x.id}"))
                for x in licences
            ],
            5,
        ),
        "licence_chance": np.array([one.chance for one in licences], np.float64),
        "licence_first": licence_first,
        "licence_credit": licence_credit,
        "rounds": _table(
            [(_bound(x.places), _bound(x.quota)) for x in scenario.rounds.values()], 2
        ),
        "shock": _table(
            [
                ((x.start - scenario.start).days, dists.row(x.after), dists.row(x.lasts),
                 dists.row(x.again), stream_of(f"shock/{x.id}"))
                for x in shocks
            ],
            5,
        ),
        "shock_chance": np.array([one.chance for one in shocks], np.float64),
    }  # fmt: skip


def _of_flow(asking: Asking, flow: Flow) -> dict[int, tuple[int, int]]:
    """What one unit of a flow credits."""
    homes = [(("product",), asking.scenario.products[flow.product].place)]
    return asking.linear(
        flow.event,
        partial(_flow_facts, asking.scenario, flow),
        fact=False,
        place=flow.place,
        locate=locator([((), flow.case)], homes, flow.place),
    )


def _of_licence(asking: Asking, licence: Licence) -> dict[int, tuple[int, int]]:
    """What one unit that a licence grants credits."""
    return asking.linear(
        "licence.issued",
        partial(_issued_facts, asking.scenario, licence),
        fact=True,
        place=licence.place,
        locate=_issue_places(asking.scenario, licence),
    )


def _bound(number: int | None) -> int:
    return -1 if number is None else number


def _table(rows: list[Any], width: int) -> Any:
    """Rows of whole numbers as a table that has its width without rows too."""
    return np.ascontiguousarray(np.array(rows, np.int64).reshape(len(rows), width))


def _listed(rows: list[dict[int, tuple[int, int]]]) -> tuple[Any, Any]:
    """Where the credits of each row start, and (account, for one unit, besides)."""
    flat = [(account, *amounts) for row in rows for account, amounts in sorted(row.items())]
    return np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64), _table(flat, 3)


def _flow_facts(scenario: Scenario, flow: Flow, _: int) -> dict[str, Any]:
    base: dict[str, Any] = {"product": {"name": scenario.products[flow.product].name}}
    if scenario.exporter:
        base["exporter"] = dict(scenario.exporter)
    return merged(base, flow.case)


def _issued_facts(scenario: Scenario, licence: Licence, quantity: int) -> dict[str, Any]:
    """The facts of an issue, as the book gives them to the law."""
    facts: dict[str, Any] = {
        "licence": {licence.gate: licence_facts(scenario, licence, quantity)},
        "transaction": {"kind": licence.gate, "date": licence.issued},
    }
    destination = licence.facts.get("destination") or _destination(scenario)
    if destination:
        facts["order"] = {"destination": destination}
    if len(licence.products) == 1:  # what several have in common cannot be said in one fact
        facts["product"] = {"name": scenario.products[licence.products[0]].name}
    return facts


def _destination(scenario: Scenario) -> Any:
    """Where all orders go, if the scenario says so."""
    order = scenario.case.get("order")
    return order.get("destination") if isinstance(order, Mapping) else None


def _issue_places(scenario: Scenario, licence: Licence) -> Callable[[Path], Place]:
    """Where the facts of an issue are written."""
    homes = [(("product",), scenario.products[one].place) for one in licence.products[:1]]
    layers = (*licence_layers(licence.gate, licence), ((), scenario.case))
    return locator(layers, homes, licence.place)


def _standing(asking: Asking, cases: Sequence[list[Case]]) -> list[tuple[int, int, int]]:
    """Credits without an event of their own, (step, account, amount): each account once.

    They fill an account when it begins to bind, and each period of one when the period begins.
    """
    laws, registry = asking.laws, asking.registry
    found: dict[int, tuple[int, int]] = {}
    for epoch, step in enumerate(laws.epochs):
        for state in laws.states:
            law = laws.laws[state.number][epoch]
            credited = {on for x in law.regimes for plan in x.accounts for on, *_ in plan.credits}
            events = [event for event in STANDING if event in credited]
            for case in cases[state.number] if events else ():
                for event in events:
                    for due in credits_of(law, event, case):
                        if due.amount is None or due.amount <= 0:
                            continue
                        base = registry.account(due.account, due.plan)
                        _credit_once(registry, found, base, event, step, due.amount)
    return sorted((step, account, amount) for account, (step, amount) in found.items())


def _credit_once(
    registry: Registry,
    found: dict[int, tuple[int, int]],
    base: int,
    event: str,
    step: int,
    amount: Fraction,
) -> None:
    whole = registry.amount(base, amount)
    if whole is None:
        return
    row = registry.period_row[base]
    if row < 0:
        found.setdefault(base, (step, whole))
        return
    periods = registry.periods[row]
    for at in range(step, len(periods)):
        if event == PERIOD or at == step:
            found.setdefault(periods[at], (at, whole))


def compile_home(asking: Asking, dists: Dists) -> dict[str, Any]:
    """Domestic production and purchases, as the fields of `World`."""
    scenario = asking.scenario
    home = scenario.domestic
    firms = list(scenario.firms)
    limits = home.limits if home else ()
    credited: list[dict[int, tuple[int, int]]] = []
    for firm in firms:
        mine: dict[int, tuple[int, int]] = {}
        for licence in scenario.licences.values() if home else ():
            if firm in licence.firms and licence.conditions:
                facts = partial(_bought_facts, scenario, firm, licence)
                event, place = "domestic_purchase.accepted", licence.place
                locate = _purchase_places(scenario, licence)
                given = asking.linear(event, facts, fact=False, place=place, locate=locate)
                for account, amounts in given.items():
                    mine.setdefault(account, amounts)
        credited.append(mine)
    first, credit = _listed(credited)
    ramp = np.ones((len(limits), scenario.steps))
    for k, limit in enumerate(limits):
        for day, times in limit.ramp:
            for step in range(scenario.steps):
                if scenario.day(step) >= day:
                    ramp[k, step] = times
    return {
        "limit": _table(
            [
                (
                    dists.row(x.stock),
                    dists.row(x.per_year),
                    int(x.stored),
                    stream_of(f"limit/{x.id}"),
                )
                for x in limits
            ],
            4,
        ),
        "per_chip": np.array([limit.per_chip for limit in limits], np.float64),
        "ramp": ramp,
        "want": _table(
            [(dists.row(home.wants.get(x)) if home else -1, stream_of(f"want/{x}")) for x in firms],
            2,
        ),
        "home_first": first,
        "home_credit": np.ascontiguousarray(credit[:, :2]),
    }


def _purchase_places(scenario: Scenario, licence: Licence) -> Callable[[Path], Place]:
    """Where the facts of a purchase are written."""
    assert scenario.domestic is not None  # noqa: S101 - asked by the caller
    layers = (*licence_layers(licence.gate, licence), (("product",), scenario.domestic.product))
    return locator((*layers, ((), scenario.case)), (), licence.place)


def _bought_facts(scenario: Scenario, firm: str, licence: Licence, _: int) -> dict[str, Any]:
    """The facts of a purchase, as the book gives them to the law."""
    assert scenario.domestic is not None  # noqa: S101 - asked by the caller
    fixed = licence.quantity.fixed
    held = licence_facts(scenario, licence, None if fixed is None else int(fixed))
    destination = _destination(scenario)
    facts: dict[str, Any] = {
        "product": dict(scenario.domestic.product),
        "buyer": {"id": firm},
        "licence": {licence.gate: held},
    }
    if destination is not None:
        facts["order"] = {"destination": destination}
    return facts
