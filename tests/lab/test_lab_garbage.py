"""Whatever stands at any place of a scenario, it is read or refused with faults, and told once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from lab_kit import HEAD, PLAIN_LAW, QUOTA, STOCK, write

from interlock.files import BadInputError, Faults, Node, read_yaml
from interlock.lab.compiling.compile import compile_read
from interlock.lab.compiling.laws import Shelf
from interlock.lab.reading.scenario import read_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYTHING = """
law: {known: 2026-01-01}
sources: {a: {title: A}}
demand:
  north: {firm: north, product: chip, lines: 3, size: 10, from: 2026-02-01, until: 2026-03-01,
    patience: 5, least: 0.5, source: a}
  south: {firm: south, product: chip, per_year: 20, size: {lognormal: {median: 5, sigma: 1}},
    sources: [a], case: {order: {prohibited_end_use: false}}}
supply:
  stock: {event: stock.received, product: chip, quantity: 20, every: P7D, level: 1,
    assumption: true, case: {exporter: {country: US}}}
licences:
  one: {gate: export, firms: [south], products: [chip], quantity: 9, issued: 2026-01-02, after: 3,
    chance: 0.5, assumption: true, facts: {valid_until: 2027-01-01}}
rounds:
  r: {gate: export, first: 2026-02-01, every: P30D, last: 2026-05-01, quantity: 5, places: 1,
    chances: {north: 1}, quota: 3, assumption: true}
shocks:
  stop: {starts: 2026-02-01, after: 3, lasts: 5, again: 10, assumption: true,
    case: {licence: {export: {suspended: true}}}}
behaviour: {orders: 0.5, hardness: {x: {y: 1}}, lead_days: 2, way: destroyed, assumption: true}
domestic: {product: {domestic: true}, wants: {north: 3}, assumption: true,
  limits: {l: {stock: 3, ramp: [{from: 2026-03-01, times: 2}], assumption: true}}}
sharing: {rule: cea, every: P1D, expires: P30D, assumption: true}
variants: {v: {says: x, set: {demand.north.size: 3}}}
"""
GARBAGE = (([], ""), ("1e300", "1e300"), (None, ""))


def replaced(node: Node, value: object, raw: str, way: str = "") -> Iterator[tuple[str, Node]]:
    """The tree with a value in place of each of its nodes: where, and the tree."""
    inner = node.value.items() if isinstance(node.value, dict) else ()
    for key, child in inner:
        made = Node(child.place, value, raw=raw, body=child.place)  # type: ignore[arg-type]
        yield f"{way}.{key}", replace(node, value=node.value | {key: made})
        for where, changed in replaced(child, value, raw, f"{way}.{key}"):
            yield where, replace(node, value=node.value | {key: changed})


@pytest.mark.parametrize("garbage", GARBAGE, ids=("list", "far number", "nothing"))
def test_anything_at_any_place_is_read_or_is_one_fault(tmp_path, garbage) -> None:
    path, shelf, refused = write(tmp_path, HEAD + EVERYTHING, PLAIN_LAW + STOCK + QUOTA), Shelf(), 0
    for way, tree in replaced(read_yaml(path), *garbage):
        try:
            compile_read(lambda tree=tree: read_scenario(tree, path, Faults()), shelf)  # type: ignore[misc]
        except BadInputError as error:
            refused += 1
            told = error.faults
        else:
            told = ()
        assert len(told) <= 1, way
    assert refused > 70


def test_a_time_without_any_law_is_refused(tmp_path) -> None:
    text = (HEAD + EVERYTHING).replace("lasts: 5,", "lasts: 5, without: [plain],")
    path = write(tmp_path, text, PLAIN_LAW + STOCK + QUOTA)
    with pytest.raises(BadInputError, match="while stop lasts no regime binds; leave one in force"):
        compile_read(lambda: read_scenario(read_yaml(path), path, Faults()))
