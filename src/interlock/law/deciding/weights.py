"""What an outcome rests on, and its weakest link (R13).

Worst reliability, then worst credibility; over an *or* the best branch that carries the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from interlock.evidence import Grade
from interlock.law.deciding.formula import MAX_KEPT, Formula, Leaf, Reading
from interlock.law.expr.scalar import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.evidence import Claims
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
        if not other.links or other.links == self.links:
            return self
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

    def weigh(self, formula: Formula, reading: Reading) -> Weight:
        """What the formula's value on a case rests on."""
        key = formula.signature(reading.values)
        found = formula.weighed.get(key)
        if not isinstance(found, Weight):
            found = self._weigh(formula, reading)
            if len(formula.weighed) < MAX_KEPT:
                formula.weighed[key] = found
        return found

    def _weigh(self, formula: Formula, reading: Reading) -> Weight:
        if isinstance(formula, Leaf):
            return self._all(formula.atom.rests)
        value, own = reading(formula), self._all(formula.rests)
        if value is (formula.op == "or"):
            deciding = [part for part in formula.parts if reading(part) is value]
            return own | min((self.weigh(p, reading) for p in deciding), key=_order)
        for part in formula.parts:
            # An unknown rests on what is unknown; a plain outcome of all parts on all of them.
            if not unknown(value) or unknown(reading(part)):
                own = own | self.weigh(part, reading)
        return own

    def _all(self, many: tuple[Rests, ...]) -> Weight:
        total = NOTHING
        for rests in many:
            total = total | self.of(rests)
        return total


def _order(weight: Weight) -> tuple[str, str]:
    weakest = weight.weakest
    return _badness(weakest.grade) if weakest else ("", "")
