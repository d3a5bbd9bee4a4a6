"""What of a faulty scenario is sound, so that the law can be asked about it in the same pass.

A part with a fault of form is left out, and so is whatever names it: what the law says of the rest
is true whatever the part was meant to be.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from interlock.files import BadInputError
from interlock.lab.reading.tables import SCENARIO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from interlock.files import Fault, Node, Place
    from interlock.lab.model import Licence, Scenario
    from interlock.law.reading.shapes import Record

LAW = {"start", "end", "step", "regimes", "law"}
"""Without these there is no law that could be asked."""
EVERY_CASE = {"exporter", "case", "products", "firms"}
"""What stands in every case."""
TABLES = ("products", "firms", "demand", "supply", "licences", "rounds", "shocks")


class FaultyScenarioError(BadInputError):
    """A scenario is refused.

    Attributes:
        sound: the rest of it; None where the law cannot be asked about any.
        regimes: the files that there are of its law.
    """

    def __init__(
        self, faults: Iterable[Fault], sound: Scenario | None, regimes: tuple[Path, ...]
    ) -> None:
        super().__init__(faults)
        self.sound, self.regimes = sound, regimes


def sound_part(
    scenario: Scenario, record: Record, root: Node, faults: Iterable[Fault]
) -> Scenario | None:
    """The scenario without its faulty parts.

    Args:
        scenario: as far as it was read, with something in place of what is faulty.
        record: the file as its shape read it.
        root: its tree.
        faults: of form.
    """
    lame = set(_owners(root, faults))
    whole = {section for section, name in lame if not name}
    whole |= {key.name for key in SCENARIO.keys if key.required and key.name not in record.values}
    if whole & LAW:
        return None
    places = {
        record.table(section)[name].place for section, name in lame if name in record.table(section)
    }
    shocks = {name: one for name, one in scenario.shocks.items() if one.place not in places}
    scenario = replace(scenario, shocks=shocks)
    if whole & EVERY_CASE:
        return replace(scenario, demand={}, supply={}, licences={}, domestic=None)
    firms = {name: one for name, one in scenario.firms.items() if one.place not in places}
    products = {name: one for name, one in scenario.products.items() if one.place not in places}
    licences = (_of(one, firms, products) for one in scenario.licences.values())
    return replace(
        scenario,
        firms=firms,
        products=products,
        demand={
            name: one
            for name, one in scenario.demand.items()
            if one.place not in places and one.firm in firms and one.product in products
        },
        supply={
            name: one
            for name, one in scenario.supply.items()
            if one.place not in places and one.product in products
        },
        licences={
            one.id: one
            for one in licences
            if one.place not in places and one.firms and one.products
        },
        domestic=None if "domestic" in whole else scenario.domestic,
    )


def _of(licence: Licence, firms: Iterable[str], products: Iterable[str]) -> Licence:
    """A licence for those of its firms and products that are sound."""
    return replace(
        licence,
        firms=tuple(one for one in licence.firms if one in firms),
        products=tuple(one for one in licence.products if one in products),
    )


def _owners(root: Node, faults: Iterable[Fault]) -> Iterable[tuple[str, str]]:
    """The section in which each fault lies, and the part of it where it is a table of parts."""
    sections = root.value if isinstance(root.value, dict) else {}
    starts: list[tuple[Place, str, str]] = []
    for section, at in (root.keys or {}).items():
        starts.append((at, section, ""))
        inner = sections[section].keys if section in TABLES else None
        starts += [(place, section, name) for name, place in (inner or {}).items()]
    starts.sort()
    places = [place for place, _, _ in starts]
    for fault in faults:
        if fault.place.file != root.place.file:  # a value that was put in: its place is its path
            section, _, rest = fault.place.file.partition(".")
            yield section, rest.partition(".")[0] if section in TABLES else ""
        elif fault.place > root.place and (before := bisect_right(places, fault.place)):
            yield starts[before - 1][1:]
