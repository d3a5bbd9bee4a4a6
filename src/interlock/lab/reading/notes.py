"""What of a scenario is lawful and does nothing: told beside its results, so that nobody wonders.

A date may lie outside the days that are played for a good reason (a scenario is cut short, or a
variant moves it), so it is no fault; but whoever typed a wrong year should hear of it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from interlock.files.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.files import Place
    from interlock.files.phrases import Phrase
    from interlock.lab.model import Behaviour, Dist, Licence, Scenario, Shock

DAY = dt.timedelta(days=1)
BINDING = ("agreed", "in_force")


def notes_of(scenario: Scenario) -> Iterator[Phrase]:
    """What has no effect, part by part."""
    alike: dict[tuple[Place, dt.date], list[Licence]] = {}
    for licence in scenario.licences.values():
        alike.setdefault((licence.place, licence.issued), []).append(licence)
    for licences in alike.values():
        yield from _of_licences(scenario, licences)
    for shock in scenario.shocks.values():
        yield from _of_shock(scenario, shock)
    for limit in scenario.domestic.limits if scenario.domestic else ():
        for day, _ in limit.ramp:
            if day >= scenario.end:
                what = phrase("a step of the ramp of '{name}'", name=limit.id)
                yield _too_late(what, day, scenario)
    yield from _of_hardness(scenario, scenario.behaviour)


def _of_licences(scenario: Scenario, licences: list[Licence]) -> Iterator[Phrase]:
    """Licences that one part of the file makes, of one day."""
    one = licences[0]
    what = phrase("licence {names}", names=", ".join(f"'{x.id}'" for x in licences))
    if one.round:
        what = phrase("round '{name}'", name=one.round)
    earliest = one.issued + dt.timedelta(days=_ends(one.after)[0])
    if earliest >= scenario.end:
        yield _too_late(what, earliest, scenario)
    lapses, begins = one.facts.get("valid_until"), max(earliest, scenario.start)
    if isinstance(lapses, dt.date) and lapses < begins:
        yield phrase("{what} lapses on {lapses}, before {begins}: it has no effect",
                     what=what, lapses=lapses, begins=begins)  # fmt: skip


def _of_shock(scenario: Scenario, shock: Shock) -> Iterator[Phrase]:
    what = phrase("shock '{name}'", name=shock.id)
    first, last = (shock.start + dt.timedelta(days=days) for days in _ends(shock.after))
    if first >= scenario.end:
        yield _too_late(what, first, scenario)
    elif shock.lasts is not None and shock.again is None:
        over = last.toordinal() + _ends(shock.lasts)[1]
        if over <= scenario.start.toordinal():
            yield phrase("{what} is over on {day} at the latest, and the first day played is "
                         "{start}: it has no effect", what=what,
                         day=dt.date.fromordinal(over), start=scenario.start)  # fmt: skip


def _of_hardness(scenario: Scenario, behaviour: Behaviour) -> Iterator[Phrase]:
    """Conditions that no licence carries make nothing harder; nor does any where all order."""
    if behaviour.hardness and not 0 < behaviour.base < 1:
        yield phrase("'orders' is {chance:g}, so 'hardness' has no effect", chance=behaviour.base)
        return
    carried = {
        f"{condition['kind']}.{name}"
        for licence in scenario.licences.values()
        for condition in licence.conditions
        if condition["status"] in BINDING
        for name in condition["parameters"]
    }
    for name in behaviour.hardness:
        if name not in carried:
            yield phrase("'hardness' names '{name}', which no licence carries in force: it has no "
                         "effect", name=name)  # fmt: skip


def _too_late(what: Phrase, day: dt.date, scenario: Scenario) -> Phrase:
    return phrase("{what} comes on {day} at the earliest, and the last day played is {last}: it "
                  "has no effect", what=what, day=day, last=scenario.end - DAY)  # fmt: skip


def _ends(dist: Dist | None) -> tuple[int, int]:
    """The least and the most whole days that may be drawn; no draw is none."""
    if dist is None:
        return 0, 0
    low, high = dist.low, dist.high
    if dist.kind in ("fixed", "uniform", "triangular"):
        low, high = max(low, dist.parameters[0]), min(high, dist.parameters[-1])
    elif dist.kind == "choice":
        values = [value for value, _ in dist.choices]
        low, high = max(low, min(values)), min(high, max(values))
    return int(low), -int(-high // 1)
