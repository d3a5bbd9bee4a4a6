"""The law by which a round is placed: that of the day, with what its officers filled in.

A criterion that the regime does not disclose has no points in public. The officers of the gate may
give an expression for it when they open the round; without one, and if it is the only one, it takes
the score that they put on file for each application (`application.score`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.files.yaml import parse_yaml
from interlock.law.private import filled

if TYPE_CHECKING:
    import datetime as dt

    from interlock.law.compiling.checked import CheckedRound
    from interlock.law.compiling.compile import Law

OFFICERS_SCORE = "application.score"


def rules_at(gate: str, at: dt.date, known: dt.date) -> dict[str, CheckedRound]:
    """The rounds that the law of a day has at a gate, by `<regime>/<round>`."""
    return {
        f"{regime.id}/{name}": rule
        for regime in law.law_on(at, known).regimes
        if regime.gate == gate
        for name, rule in regime.rounds.items()
    }


def undisclosed(rule: CheckedRound) -> list[str]:
    """The criteria whose points the public law does not give."""
    pairs = zip(rule.round.criteria, rule.points, strict=True)
    return [criterion.id for criterion, points in pairs if points is None]


def law_of(rule: str, private: dict[str, Any], at: dt.date, known: dt.date) -> Law:
    """The law of a day with a round's undisclosed criteria and rules filled.

    Args:
        rule: `<regime>/<round>`.
        private: `criteria` and `rules`: name -> expression.
        at: the day.
        known: what was public by then.

    Raises:
        BadInputError: every fault of what was filled in.
    """
    if not private.get("criteria") and not private.get("rules"):
        return law.law_on(at, known)
    regime, _, name = rule.partition("/")
    body = {
        "private": regime,
        "rules": {key: {"require": text} for key, text in private.get("rules", {}).items()},
        "rounds": {name: private.get("criteria", {})},
    }
    root = parse_yaml(json.dumps(body).encode(), "private")
    return filled(law.library(), root).law(at, known)
