"""The cases that the order lines of a scenario are: what the law is asked about.

All lines of one demand look alike to the law but for their licences and the day. So the law is
asked once for each demand and choice of licences, on each day, in each state of the law: a profile.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interlock.files import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from interlock.files import Fault, Place
    from interlock.lab.model import Demand, Licence, Scenario, Shock
    from interlock.law.cases.reader import Case, CaseReader
    from interlock.law.cases.values import Path

MAX_PROFILES = 20_000
_ROLES = ("consignee", "end_user")


@dataclass(frozen=True)
class Option:
    """One choice of licences for the lines of a demand; a gate that is not named has none."""

    demand: str
    licences: tuple[tuple[str, str], ...]


def options_of(scenario: Scenario, demand: Demand) -> list[Option]:
    """Every choice of licences that the lines of a demand may have, by gate."""
    gates: dict[str, list[str]] = {}
    for licence in scenario.licences.values():
        if demand.firm in licence.firms and demand.product in licence.products:
            gates.setdefault(licence.gate, [""]).append(licence.id)
    found = []
    for chosen in itertools.product(*gates.values()):
        pairs = tuple((g, one) for g, one in zip(gates, chosen, strict=True) if one)
        found.append(Option(demand.id, pairs))
    return found


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Nested facts laid over each other; later ones win, `null` takes a fact out."""
    found: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            before = found.get(key)
            if isinstance(value, Mapping) and isinstance(before, Mapping):
                found[key] = merged(before, value)
            elif isinstance(value, Mapping):
                found[key] = merged(value)
            else:
                found[key] = value
    return found


def licence_facts(scenario: Scenario, licence: Licence, quantity: int | None) -> dict[str, Any]:
    """An issued licence as a case gives it; its quantity only where it is the same in all runs."""
    holders = [scenario.exporter.get("id", "")] if licence.gate == "export" else [*licence.firms]
    facts: dict[str, Any] = {
        "id": licence.id,
        "issued": True,
        "issued_on": licence.issued,
        "products": [scenario.products[name].name for name in licence.products],
        "holders": holders,
    }
    if licence.round:
        facts["round"] = licence.round
    if quantity is not None:
        facts["quantity"] = quantity
    return merged(facts, licence.facts) | {"conditions": [dict(c) for c in licence.conditions]}


def profile_facts(scenario: Scenario, option: Option, shocks: tuple[Shock, ...]) -> dict[str, Any]:
    """The case of a demand under a choice of licences, in a state of the law."""
    demand = scenario.demand[option.demand]
    firm, product = scenario.firms[demand.firm], scenario.products[demand.product]
    base: dict[str, Any] = {
        "product": {"name": product.name},
        "transaction": {"kind": "export"},
        "buyer": dict(firm.facts),
    }
    if scenario.exporter:
        base["exporter"] = dict(scenario.exporter)
    if product.price_usd is not None:
        base["order"] = {"unit_price_usd": product.price_usd}
    held = {}
    for gate, name in option.licences:
        licence = scenario.licences[name]
        fixed = licence.quantity.fixed
        held[gate] = licence_facts(scenario, licence, None if fixed is None else int(fixed))
    facts = merged(base, scenario.case, firm.case, demand.case, {"licence": held})
    for role in _ROLES:
        facts.setdefault(role, facts["buyer"])
    for shock in shocks:
        facts = merged(facts, _of_issued(shock.case, held))
    facts["id"] = demand.id
    return facts


def _of_issued(case: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """What a shock says of licences holds of those that there are."""
    found = dict(case)
    if isinstance(found.get("licence"), Mapping):
        found["licence"] = {g: one for g, one in found["licence"].items() if g in held}
    return found


def locator(
    layers: Iterable[tuple[Path, Any]], homes: Iterable[tuple[Path, Place]], default: Place
) -> Callable[[Path], Place]:
    """Where a fact of a case is written.

    Args:
        layers: the way to facts that were read, and the facts; the last word first.
        homes: the way to what a part gives without facts of its own, and the part's place.
        default: the place of what the case is about.
    """
    known = [(way, getattr(facts, "places", {})) for way, facts in layers]
    others = tuple(homes)

    def locate(path: Path) -> Place:
        home = [(len(way), place) for way, place in others if path[: len(way)] == way]
        least, found = home[0] if home else (0, default)
        if len(path) == least:  # the whole of it: whoever wrote over it wrote it
            least -= 1
        for end in range(len(path), least, -1):
            for way, places in known:
                if path[: len(way)] == way and path[len(way) : end] in places:
                    return places[path[len(way) : end]]  # type: ignore[no-any-return]
        return found

    return locate


def licence_layers(gate: str, licence: Licence) -> Iterator[tuple[Path, Any]]:
    """The ways to the facts and conditions that a licence gives, for `locator`."""
    yield ("licence", gate), licence.facts
    for at, condition in enumerate(licence.conditions):
        yield ("licence", gate, "conditions", at), condition


def _places(
    scenario: Scenario, option: Option, shocks: tuple[Shock, ...]
) -> Callable[[Path], Place]:
    """Where a fact of a profile is written: the last layer that gives it, else what it is about."""
    demand = scenario.demand[option.demand]
    held = {gate: scenario.licences[name] for gate, name in option.licences}
    layers = (
        *(one.case for one in reversed(shocks)),
        demand.case, scenario.firms[demand.firm].case, scenario.case,
    )  # fmt: skip
    of_licences = [way for gate, one in held.items() for way in licence_layers(gate, one)]
    homes = [(("licence", gate), one.place) for gate, one in held.items()]
    of_product = (("product",), scenario.products[demand.product].place)
    ways = [*(((), one) for one in layers), *of_licences]
    return locator(ways, [*homes, of_product], demand.place)


def read_cases(
    reader: CaseReader,
    scenario: Scenario,
    options: list[Option],
    shocks: tuple[Shock, ...],
    faults: list[Fault],
) -> list[Case | None]:
    """The cases as the law reads them; None for one with facts that the law does not know.

    Those are noted in `faults`, where they are written.
    """
    cases: list[Case | None] = []
    seen = set(faults)
    for number, option in enumerate(options, start=1):
        facts, locate = profile_facts(scenario, option, shocks), _places(scenario, option, shocks)
        try:
            cases.append(reader.read(facts, number, locate))
        except BadInputError as error:
            cases.append(None)
            found = _once(reader, facts, locate) or error.faults
            faults += [fault for fault in found if fault not in seen]
            seen |= set(found)
    return cases


def _once(
    reader: CaseReader, facts: dict[str, Any], locate: Callable[[Path], Place]
) -> tuple[Fault, ...]:
    """The faults of a case without those of roles that the buyer has, too, as nobody else does."""
    own = {k: x for k, x in facts.items() if k not in _ROLES or x != facts["buyer"]}
    try:
        reader.read(own, 1, locate)
    except BadInputError as error:
        return error.faults
    return ()
