"""One fact put in place of another in a whole history: how a proposed condition is examined.

The parameters of a condition stand on licences, not in the law, so another ratio is another fact.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import polars as pl

from interlock.files import Faults, Place, nearest
from interlock.files.phrases import verbatim
from interlock.law.cases.intake import entries_of
from interlock.law.cases.values import Values
from interlock.replay.history import History, by_category

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.law.compiling.compile import Law


def with_facts(history: History, given: Mapping[str, Any], law: Law) -> History:
    """The history in which facts are otherwise, wherever they were known.

    Args:
        history: as recorded.
        given: fact -> plain value; of a condition's parameter, e.g.
            `licence.import.condition.domestic-ratio.domestic_per_import` -> 0.5.
        law: whose vocabulary says what a fact can be.

    Raises:
        BadInputError: every fact that no decision has, and every value that a fact cannot have.
    """
    if not given:
        return history
    known, faults = entries_of(law), Faults()
    values = Values(law.vocabulary, lambda _: Place("--set"))
    frame = history.decisions
    for name, value in given.items():
        entry = known.get(name)
        if entry is None or name not in history.facts():
            has = sorted(x for x in history.facts() if x in known)
            wrong = verbatim(f"no past decision has a fact '{name}'")
            faults.add(Place("--set"), wrong, nearest(name, has))
            continue
        kept = values.convert((name,), value, entry)
        if kept is None:
            continue
        if entry.type == "number":
            kept = kept * 10 ** max(0, history.places[name] - entry.places)
        literal = pl.lit(pl.Series([list(kept)])) if isinstance(kept, tuple) else pl.lit(kept)
        dtype = frame.schema[name]
        known_there = pl.col(name).is_not_null()
        put = literal if isinstance(dtype, pl.Enum) else literal.cast(dtype)
        frame = frame.with_columns(pl.when(known_there).then(put).alias(name))
    frame = by_category(frame)
    faults.found += values.faults.found
    faults.raise_if_any()
    steps = deepcopy(history.steps)
    for step in steps:
        _in_step(step, given)
    return History(frame, history.places, steps)


def _in_step(step: dict[str, Any], given: Mapping[str, Any]) -> None:
    what = step.get("what", [])
    for one in what if isinstance(what, list) else [what]:
        for facts, _ in one["cases"]:
            _put(facts, given)
    if "facts" in step:
        _put(step["facts"], given)


def _put(facts: dict[str, Any], given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        path = name.split(".")
        if path[0] == "licence" and len(path) == 5 and path[2] == "condition":
            _put_condition(facts, path, value)
            continue
        inner: Any = facts
        for part in path[:-1]:
            inner = inner.get(part) if isinstance(inner, dict) else None
        if isinstance(inner, dict) and path[-1] in inner:
            inner[path[-1]] = value


def _put_condition(facts: dict[str, Any], path: list[str], value: Any) -> None:
    _, gate, _, kind, name = path
    licence = facts.get("licence", {}).get(gate, {})
    for one in licence.get("conditions", ()):
        if one["kind"] != kind:
            continue
        if name == "status":
            one["status"] = value
        elif name in one.get("parameters", {}):
            one["parameters"][name] = value
