"""Demands that are served alike wait in one queue: it changes how often is asked, nothing else."""

from __future__ import annotations

import re

import numpy as np
import pytest
from lab_kit import HEAD, PLAIN_LAW, QUOTA, STOCK, traced, write

from interlock.lab.kernel import columns as c

WORLD = """
demand:
  first: {firm: north, product: chip, per_year: 300, size: {uniform: {from: 1, to: 9}},
    patience: {exponential: {mean: 60}}, assumption: true}
  second: {firm: south, product: chip, lines: 90, until: 2026-06-01, size: 4,
    assumption: true}
  third: {firm: east, product: chip, per_year: 200, size: {uniform: {from: 1, to: 5}},
    assumption: true}
supply:
  weekly: {event: stock.received, product: chip, every: P7D, quantity: 30, assumption: true}
behaviour:
  orders: 0.7
  lead_days: {uniform: {from: 1, to: 20}}
  transit_days: {uniform: {from: 1, to: 20}}
  returns: 0.05
  return_days: {uniform: {from: 1, to: 20}}
  assumption: true
sharing: {rule: RULE, every: P2D, expires: P12D, assumption: true}
"""


def _scenario(rule: str, weights: tuple[int, int, int]) -> str:
    firms = "\n".join(
        f"  {name}: {{name: {name}, weight: {weight}, assumption: true}}"
        for name, weight in zip(("north", "south", "east"), weights, strict=True)
    )
    head = re.sub(r"firms:\n(  .*\n)+", f"firms:\n{firms}\n", HEAD)
    return head + WORLD.replace("RULE", rule)


@pytest.mark.parametrize("rule", ["first-come", "proportional"])
def test_what_each_gets_does_not_depend_on_how_many_queues_there_are(rule, tmp_path) -> None:
    """Weights are of no account to these rules, so they only keep the demands apart."""
    played = []
    for weights in ((1, 1, 1), (1, 2, 3), (1, 2, 1)):
        folder = tmp_path / "-".join(map(str, weights))
        folder.mkdir()
        path = write(folder, _scenario(rule, weights), PLAIN_LAW + STOCK)
        compiled, out, kept, _ = traced(path, seed=7)
        assert len(compiled.plan.core.queue) == len(set(weights))
        played.append((out, kept))
    together, kept = played[0]
    assert together.steps.sum(axis=(0, 1)).min() > 0
    for apart, kept_apart in played[1:]:
        for name in ("steps", "totals", "worth", "waits", "accounts"):
            mine, other = getattr(together, name), getattr(apart, name)
            assert np.array_equal(mine, other), name
        assert np.array_equal(kept, kept_apart)


VISITS = """conditions:
  visits:
    says: The office visits {a_year} times a year.
    parameters: {a_year: {type: integer, min: 0, max: 9}}
    stage: [use]
    require: "true"
    in_force: {from: 2020-01-01}
    assumption: true
"""
EASY_HARD_EASY = """
demand:
  north: {firm: north, product: chip, lines: 150, until: 2026-06-01, size: 4, assumption: true}
supply: {all: {event: stock.received, product: chip, quantity: 100000, assumption: true}}
licences:
  easy: {gate: import, firms: [north], quantity: 100, assumption: true}
  hard: {gate: import, firms: [north], quantity: 100, after: 1, assumption: true,
    conditions: {visits: {status: in_force, parameters: {a_year: 1}}}}
  later: {gate: import, firms: [north], quantity: 100000, after: 2, assumption: true}
behaviour:
  orders: 0.8
  hardness: {visits: {a_year: 2}}
  assumption: true
sharing: {rule: first-come, assumption: true}
"""


def test_whoever_said_no_to_hard_terms_is_asked_again_once_they_are_easy(tmp_path) -> None:
    """Also where easy terms were on offer before: those who came under the hard ones had no say."""
    law = PLAIN_LAW.replace("gate: export", "gate: import") + STOCK + QUOTA + VISITS
    compiled, out, _, run = traced(write(tmp_path, HEAD + EASY_HARD_EASY, law), seed=3)
    easy, hard = compiled.plan.core.chance[[1, 2]]
    lines = run.lines["c"]
    luck = (lines[:, c.L_LUCK] + 0.5) / 2**32
    wanted = lines[:, c.L_ASK] > 0
    assert ((hard < luck) & (luck < easy) & wanted).sum() > 40
    assert np.array_equal(lines[:, c.L_LEFT] == 0, luck < easy)
    assert out.totals[0, 0, c.RELUCTANT] == lines[luck >= easy][:, c.L_ASK].sum()
