"""Applications decided together: scores, and who is placed.

A round's criteria, floor, places and quota are law (`rounds:` in the regime file). Where a
criterion is not disclosed the score is not known, and neither is who is placed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from interlock.files import InterlockError, nearest
from interlock.law.deciding.decide import Decider
from interlock.law.deciding.formula import Unfolder
from interlock.law.expr.scalar import evaluator, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interlock.law.cases.reader import Case
    from interlock.law.compiling.checked import CheckedRound
    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import CompiledRegime
    from interlock.law.expr.tree import Tree

Place = Literal["placed", "not_placed", "below_floor", "shut", "unknown"]


class UnknownRoundError(InterlockError):
    """The law of the day has no such round."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"no round '{name}' is in force; {nearest(name, known)}")


@dataclass(frozen=True)
class Placed:
    """One application's outcome in a round.

    Attributes:
        case: id of the application.
        score: points; None: not known.
        points: by criterion; None: not disclosed or not known.
        rank: 1 for the best; None where the score is not known.
        outcome: `placed`; `not_placed` (places or quota are used up); `below_floor`; `shut` (a rule
            of application fails); `unknown`.
        quantity: units placed.
    """

    case: str
    score: Fraction | None
    points: dict[str, Fraction | None]
    rank: int | None
    outcome: Place
    quantity: int


def place_round(law: Law, name: str, cases: Sequence[Case]) -> tuple[Placed, ...]:
    """Score the applications of a round and place the best.

    Higher scores come first; equal ones in the order in which they were received, then by id. An
    application is placed whole or not at all; a smaller one further down may still fit the quota.

    Args:
        law: compiled for the day of the decision.
        name: `<regime>/<round>`.
        cases: the applications, with `application.quantity` and `application.received_on`.

    Returns:
        One entry for each case, in their order.

    Raises:
        UnknownRoundError: no such round is in force.
    """
    regime, rule = _find(law, name)
    run = Unfolder(regime.facts).run
    limits = {key: _limit(getattr(rule, key), run) for key in ("floor", "places", "quota")}
    decider = Decider(law)
    scored = [_score(case, rule, run, decider, regime) for case in cases]
    return _placed(scored, limits, cases)


def _find(law: Law, name: str) -> tuple[CompiledRegime, CheckedRound]:
    known = {
        f"{regime.id}/{item}": (regime, rule)
        for regime in law.regimes
        for item, rule in regime.rounds.items()
    }
    if name not in known:
        raise UnknownRoundError(name, tuple(known))
    return known[name]


Run = dict[str, "Callable[[dict[str, Any]], Any]"]


def _number(tree: Tree, run: Run, facts: dict[str, Any]) -> Fraction | None:
    value = evaluator(tree, run)(facts)
    return None if unknown(value) else Fraction(value, 10**tree.type.places)


def _limit(tree: Tree | None, run: Run) -> Fraction | None:
    return None if tree is None else _number(tree, run, {})


def _score(
    case: Case, rule: CheckedRound, run: Run, decider: Decider, regime: CompiledRegime
) -> Placed:
    facts = decider.facts_of(case, regime.id)
    points = {
        criterion.id: None if tree is None else _number(tree, run, facts)
        for criterion, tree in zip(rule.round.criteria, rule.points, strict=True)
    }
    known = [value for value in points.values() if value is not None]
    score = sum(known, Fraction(0)) if len(known) == len(points) else None
    decision = decider.decide(case, stage="application", reasons=False)
    own = [f.outcome for f in decision.findings if f.regime == regime.id]
    outcome: Place = "shut" if "fail" in own else "unknown"
    return Placed(case.id, score, points, None, outcome, 0)


def _placed(
    scored: list[Placed], limits: dict[str, Fraction | None], cases: Sequence[Case]
) -> tuple[Placed, ...]:
    floor, places, quota = limits["floor"], limits["places"], limits["quota"]
    asked = {case.id: case.facts.get("application.quantity", 0) for case in cases}
    received = {case.id: case.facts.get("application.received_on", 0) for case in cases}
    undecided = any(one.score is None and one.outcome != "shut" for one in scored)
    order = sorted(
        (one for one in scored if one.score is not None),
        key=lambda one: (-(one.score or 0), received[one.case], one.case),
    )
    ranks = {one.case: rank for rank, one in enumerate(order, start=1)}
    outcomes: dict[str, tuple[Place, int]] = {}
    taken, units = 0, 0
    for one in order:
        quantity = asked[one.case]
        if one.outcome == "shut":
            outcomes[one.case] = "shut", 0
        elif floor is not None and (one.score or 0) < floor:
            outcomes[one.case] = "below_floor", 0
        elif undecided:
            # One secret score may pass any of these by.
            outcomes[one.case] = "unknown", 0
        elif (places is not None and taken >= places) or (
            quota is not None and units + quantity > quota
        ):
            outcomes[one.case] = "not_placed", 0
        else:
            taken, units = taken + 1, units + quantity
            outcomes[one.case] = "placed", quantity
    return tuple(
        Placed(
            one.case,
            one.score,
            one.points,
            ranks.get(one.case),
            *outcomes.get(one.case, (one.outcome, 0)),
        )
        for one in scored
    )
