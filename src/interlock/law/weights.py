"""What an outcome rests on, and its weakest link (R13).

Worst reliability, then worst credibility; over an *or* the best branch that carries the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interlock.evidence import Grade
from interlock.law.expr.scalar import unknown
from interlock.law.formula import Formula, Leaf, holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.evidence import Claims
    from interlock.law.formula import Atom
    from interlock.law.model import Regime, Rests

ASSUMED = Grade("F6")


@dataclass(frozen=True)
class Link:
    """One thing that an outcome rests on.

    Attributes:
        kind: `source` (a law text), `claim` or `assumption`.
        id: in the regime's sources or its claims file.
        grade: Admiralty code.
        says: citation, or the claim's words.
        since: the day it was published or known, ISO; empty for an assumption.
    """

    kind: str
    id: str
    grade: Grade
    says: str = ""
    since: str = ""


@dataclass(frozen=True)
class Weight:
    """Links an outcome rests on; `weakest` None: on nothing but the facts of the case."""

    links: frozenset[Link] = frozenset()

    @property
    def weakest(self) -> Link | None:
        """The link of least weight; of equals the first by id."""
        if not self.links:
            return None
        return max(self.links, key=lambda link: (_badness(link.grade), link.id))

    def __or__(self, other: Weight) -> Weight:
        return Weight(self.links | other.links)


def _badness(grade: Grade) -> tuple[str, str]:
    return grade.reliability, grade.credibility


NOTHING = Weight()


class Weights:
    """Looks up what the items of one regime rest on."""

    def __init__(self, regime: Regime, claims: Claims | None) -> None:
        self.regime = regime
        self.claims = claims
        self._cache: dict[Rests, Weight] = {}

    def of(self, rests: Rests | None) -> Weight:
        """The links of one item."""
        if rests is None:
            return NOTHING
        found = self._cache.get(rests)
        if found is None:
            found = self._cache[rests] = Weight(frozenset(self._links(rests)))
        return found

    def _links(self, rests: Rests) -> Iterable[Link]:
        for name in rests.sources:
            source = self.regime.sources[name]
            day = source.published.isoformat()
            yield Link("source", name, Grade(source.grade), f"{source.cite}: {source.title}", day)
        for name in rests.claims:
            if self.claims is not None and name in self.claims:
                claim = self.claims[name]
                yield Link("claim", name, claim.grade, claim.text, claim.known.isoformat())
        if rests.assumption:
            yield Link("assumption", f"{self.regime.id} assumes", ASSUMED, "an assumption")

    def weigh(self, formula: Formula, values: Mapping[Atom, Any]) -> Weight:
        """What the formula's value on a case rests on."""
        return self._weigh(formula, holds(formula, values), values)

    def _weigh(self, formula: Formula, value: Any, values: Mapping[Atom, Any]) -> Weight:
        if isinstance(formula, Leaf):
            return self._all(formula.atom.rests)
        own = self._all(formula.rests)
        parts = [(part, holds(part, values)) for part in formula.parts]
        deciding = formula.op == "or"
        if value is deciding:
            weights = [self._weigh(p, v, values) for p, v in parts if v is deciding]
            return own | min(weights, key=_order, default=NOTHING)
        wanted = [(p, v) for p, v in parts if not unknown(value) or unknown(v)]
        for part, found in wanted:
            own = own | self._weigh(part, found, values)
        return own

    def _all(self, many: tuple[Rests, ...]) -> Weight:
        total = NOTHING
        for rests in many:
            total = total | self.of(rests)
        return total


def _order(weight: Weight) -> tuple[str, str]:
    weakest = weight.weakest
    return _badness(weakest.grade) if weakest else ("", "")
