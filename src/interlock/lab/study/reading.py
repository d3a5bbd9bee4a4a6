"""Study files: which scenario is asked, over which values of which parameters.

```yaml
study: ratio-and-size
title: How hard should the condition be?
scenario: h200.yaml
runs: 400
parameters:
  ratio:
    paths: [licences.group.conditions.domestic-ratio.parameters.domestic_per_import]
    values: [0, 0.5, 1, 1.5, 2]      # the grid of a frontier
    from: 0                          # the range of a sensitivity
    to: 2
    assumption: true
```

A scenario says what is, a study what is asked of it; the values are put into the scenario's own
tree before it is read, so a value that cannot be is refused by the scenario's reader.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.files import BadInputError, Fault, Faults, nearest, read_yaml
from interlock.files.phrases import phrase
from interlock.lab.compiling.compile import compile_read
from interlock.lab.reading.override import with_values
from interlock.lab.reading.scenario import load, read_scenario
from interlock.law.reading.kinds import UNDERSCORES, Flag, Id, Label, Text
from interlock.law.reading.numbers import Number
from interlock.law.reading.shapes import Item, Key, Listed, Shape, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.files import Node, Place
    from interlock.law.reading.shapes import Record

MEASURES = (
    "compute", "home_share", "domestic_compute", "delivered", "shortfall", "welfare", "wait_days",
    "unused", "reluctant", "hhi",
)  # fmt: skip
"""Measures of one run (see the results of the lab); more is not better for all of them."""

PARAMETER = Shape(
    "parameter",
    (
        Key("paths", Listed(Text(), "path", single=True, unique=True),
            "where its value stands in the scenario, keys joined by dots", required=True),
        Key("says", Text(), "what it is"),
        Key("unit", Text(), "its unit"),
        Key("values", Listed(Number(), "number", unique=True), "the values of a grid"),
        Key("from", Number(), "the least value of its range"),
        Key("to", Number(), "the greatest value of its range"),
        Key(
            "places",
            Number(low=0, high=9, places=0),
            "decimal places that are tried; 2; 0 where only whole numbers have sense",
        ),
        Key("source", Text(), "what its range rests on"),
        Key("assumption", Flag(), "true where it rests on our own assumption"),
    ),
)  # fmt: skip
STUDY = Shape(
    "study",
    (
        Key("study", Id(), "the study's id", required=True),
        Key("title", Text(), "what it asks", required=True),
        Key("says", Text(), "more of it"),
        Key("scenario", Text(), "the scenario's file, from this file's folder", required=True),
        Key("runs", Number(low=2, high=10_000_000, places=0), "runs at each point; 400"),
        Key("seed", Number(low=0, places=0), "seed of every point: common chances; 1"),
        Key("measures", Listed(Text(), "measure", unique=True), "what is looked at; all"),
        Key("parameters", Table(PARAMETER, "parameter", UNDERSCORES), "what is varied", True),
    ),
)


@dataclass(frozen=True)
class Parameter:
    """What is varied: a value at one or several places of a scenario.

    Attributes:
        values: of a grid; `low` and `high` of a range, None where none is given.
        places: decimal places to which tried values are rounded.
        rests: its source, or that it is an assumption.
    """

    name: str
    paths: tuple[str, ...]
    says: str
    unit: str
    values: tuple[float, ...]
    low: float | None
    high: float | None
    places: int
    rests: str


@dataclass(frozen=True)
class Study:
    """A question asked of a scenario."""

    id: str
    title: str
    says: str
    scenario: Path
    runs: int
    seed: int
    measures: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    place: Place

    def overrides(self, chosen: Mapping[str, float]) -> dict[str, float | int]:
        """Values of parameters as values of the scenario's file."""
        found: dict[str, float | int] = {}
        for one in self.parameters:
            if one.name in chosen:
                value = round(chosen[one.name], one.places)
                kept = int(value) if float(value).is_integer() else value
                found |= dict.fromkeys(one.paths, kept)
        return found


def load_study(path: str | Path) -> Study:
    """Read a study file.

    Raises:
        BadInputError: every fault, each with its line and column.
    """
    faults = Faults()
    root = read_yaml(path, faults=faults)
    if isinstance(root.value, dict) and "scenario" in root.value and "study" not in root.value:
        wrong = phrase("the file is a scenario, no study")
        mend = phrase("write a study that names it: docs/how-to/ask-the-lab.md")
        raise BadInputError([Fault(root.place, wrong, mend)])
    record = STUDY.read(root, Label(phrase("the file"), root.place), faults)
    if record is None:
        raise BadInputError(faults.found)
    scenario = Path(path).parent / record.text("scenario")
    if record.text("scenario") and not scenario.is_file():
        wrong = phrase("there is no file '{value}'", value=record.text("scenario"))
        faults.add(record.at("scenario"), wrong, phrase("give its path from this file's folder"))
    for item in record.items("measures"):
        if item.value not in MEASURES:
            faults.add(
                item.place,
                phrase("no measure '{value}'", value=item.value),
                nearest(item.value, MEASURES),
            )
    parameters = tuple(
        _parameter(name, one, faults) for name, one in record.table("parameters").items()
    )
    study = Study(
        id=record.text("study"),
        title=record.text("title"),
        says=record.text("says"),
        scenario=scenario,
        runs=int(record.number("runs") or 400),
        seed=int(record.number("seed") if record.number("seed") is not None else 1),  # type: ignore[arg-type]
        measures=record.texts("measures") or MEASURES,
        parameters=parameters,
        place=record.at("parameters"),
    )
    if scenario.is_file():
        _try(study, record, faults)
    faults.raise_if_any()
    return study


def _try(study: Study, record: Record, faults: Faults) -> None:
    """Put each value into the scenario, so that none is refused after others were played.

    Where anything is wrong nothing will be played: then all that is wrong with either is told.
    """
    of_file = Faults()
    try:
        root = read_yaml(study.scenario, faults=of_file)
        with suppress(BadInputError):
            read_scenario(root, study.scenario, of_file)
        for one in study.parameters:
            _try_one(study, one, record.table("parameters")[one.name], root, faults, of_file)
    except BadInputError as error:  # there is no tree of it
        of_file.take(error)
    if faults.found or of_file.found:
        try:
            compile_read(partial(load, study.scenario))
        except BadInputError as error:
            faults.found += error.faults


def _try_one(
    study: Study, one: Parameter, record: Record, root: Node, faults: Faults, of_file: Faults
) -> None:
    """Every value of one parameter at each of its places; faults are told in the study."""
    ends = [Item(record.number(key), record.at(key)) for key in ("from", "to")]
    tried = [item for item in (*record.items("values"), *ends) if item.value is not None]
    for way in record.items("paths"):
        found: list[tuple[Place, set[Fault]]] = []
        for item in tried:
            value, new = study.overrides({one.name: float(item.value)})[way.value], Faults()
            try:
                tree = with_values(root, {way.value: value})
            except BadInputError as error:  # it leads nowhere, whatever the value
                found = [] if of_file.found else [(way.place, set(error.faults))]
                break
            with suppress(BadInputError):
                read_scenario(tree, study.scenario, new)
            found.append((item.place, set(new.found) - set(of_file.found)))
        always = set.intersection(*(x for _, x in found)) if len(found) > 1 else set()
        for place, told in ((way.place, always), *((at, x - always) for at, x in found)):
            for fault in told:
                wrong = phrase("{path}: {wrong}", path=way.value, wrong=fault.wrong)
                faults.add(place, wrong, fault.mend)


def _parameter(name: str, one: Record, faults: Faults) -> Parameter:
    low, high = one.number("from"), one.number("to")
    if (low is None) != (high is None):
        here, there = ("from", "to") if high is None else ("to", "from")
        faults.add(
            one.at(here),
            phrase("'{name}' has a '{here}' and no '{there}'", name=name, here=here, there=there),
            phrase("add '{there}'", there=there),
        )
    if low is not None and high is not None and low >= high:
        faults.add(
            one.at("to"),
            phrase("the range of '{name}' ends at {high}", name=name, high=high),
            phrase("write more than {low}", low=low),
        )
    if low is None and high is None and not one.given("values"):
        mend = phrase("add 'values' for a grid, or 'from' and 'to' for a range")
        faults.add(
            one.label.place, phrase("'{name}' has neither values nor a range", name=name), mend
        )
    if not one.text("source") and not one.flag("assumption"):
        mend = phrase("add 'source: ...', or 'assumption: true' where it has none")
        faults.add(one.label.place, phrase("'{name}' says not what it rests on", name=name), mend)
    return Parameter(
        name=name,
        paths=one.texts("paths"),
        says=one.text("says"),
        unit=one.text("unit"),
        values=tuple(float(item.value) for item in one.items("values")),
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        places=int(2 if one.number("places") is None else one.number("places")),  # type: ignore[arg-type]
        rests=one.text("source") or "assumption",
    )
