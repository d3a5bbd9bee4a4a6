"""A law made ready for one stage: each clause as functions of a case's facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from interlock.law.cases.ownership import party_value
from interlock.law.compiling.checked import party_name
from interlock.law.compiling.compile import due, issued_read
from interlock.law.deciding.audience import Audiences
from interlock.law.deciding.formula import Formula, Group, Unfolder
from interlock.law.deciding.weights import Weights
from interlock.law.expr.scalar import ERROR, evaluator
from interlock.law.expr.tree import FALSE, Junction, Unknown, days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.evidence import Claims
    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import Clause, CompiledRegime
    from interlock.law.deciding.decision import Outcome
    from interlock.law.deciding.formula import Atom
    from interlock.law.deciding.weights import Weight
    from interlock.law.model import Stage
    from interlock.law.vocabulary import Vocabulary

KEY_ORDER = ("buyer", "supplier", "officer", "authority", "time", "nobody")
"""Who is asked first where several hold a key."""


class PreparedClause:
    """A clause made ready for one stage."""

    def __init__(self, clause: Clause, stage: Stage, unfolder: Unfolder) -> None:
        self.clause = clause
        reached = due(clause.stages, stage)
        self.is_due = bool(reached)
        self.settles = reached == ("application",) and stage != "application"
        self.scope = evaluator(clause.scope, unfolder.run)
        self.lifted = None if clause.lifted is FALSE else evaluator(clause.lifted, unfolder.run)
        self.require = evaluator(clause.require, unfolder.run)
        self.pending = None if clause.pending is FALSE else evaluator(clause.pending, unfolder.run)
        self.issued = evaluator(issued_read(clause.gate), unfolder.run)
        self._unfolder = unfolder
        self._keys: dict[Atom, str] = {}

    @cached_property
    def formula(self) -> Formula:
        """The outcome unfolded into atoms; made when first needed."""
        return self._unfolder.unfold(self.clause.outcome)

    @cached_property
    def settling(self) -> Formula:
        """The same for the whole gate: an issued licence settles what its application asked (R1).

        By itself the finding says what it asks; the gate opens for whoever is given the licence.
        """
        if not self.settles:
            return self.formula
        tree = Junction("or", (issued_read(self.clause.gate), self.clause.outcome))
        return self._unfolder.unfold(tree)

    @cached_property
    def requirement(self) -> Formula:
        """What must hold, by itself."""
        return self._unfolder.unfold(self.clause.require)

    @cached_property
    def reach(self) -> Formula:
        """Where the clause applies."""
        return self._unfolder.unfold(self.clause.scope)

    def key(self, atom: Atom, words: Vocabulary) -> str:
        """Who can change an atom; found once."""
        if atom not in self._keys:
            self._keys[atom] = _key_of(atom, self.clause, words)
        return self._keys[atom]

    def outcome(self, facts: dict[str, Any]) -> tuple[Outcome, str]:
        """The outcome on one case and the reason for it."""
        if self.pending is not None and self.pending(facts) is not False:
            return "unknown", "not agreed"
        if not self.is_due:
            return "not_due", ""
        scope = self.scope(facts)
        if scope is False:
            return "not_applicable", ""
        if self.settles and self.issued(facts):
            return "settled", "settled"
        lifted = False if self.lifted is None else self.lifted(facts)
        if lifted is True:
            return "pass", "lifted"
        required = self.require(facts)
        if required is True:
            return "pass", ""
        if required is False and lifted is False and scope is True:
            return "fail", ""
        if ERROR in (required, lifted, scope):
            return "unknown", "error"
        return "unknown", "undisclosed" if self.clause.undisclosed else "missing"


def _key_of(atom: Atom, clause: Clause, words: Vocabulary) -> str:
    """Who can change an atom: whoever holds the key to one of its facts."""
    holders = []
    for name in atom.names:
        if name.startswith("@waived/"):
            return " and ".join(clause.waiver.by) if clause.waiver else "authority"
        entry = words.entry(_vocabulary_name(name))
        if entry is not None:
            holders.append(entry.key)
        elif ".condition." in name:
            holders.append("authority")
    if clause.opened_by and (not holders or set(holders) <= {"nobody"}):
        return clause.opened_by
    for holder in sorted(holders, key=KEY_ORDER.index):
        return holder
    if isinstance(atom.tree, Unknown):
        return clause.opened_by or "authority"
    return "nobody"


class PreparedRegime:
    """One compiled regime made ready for one stage."""

    def __init__(self, compiled: CompiledRegime, stage: Stage, claims: Claims | None) -> None:
        self.compiled = compiled
        self.unfolder = Unfolder(compiled.facts)
        self.clauses = [PreparedClause(clause, stage, self.unfolder) for clause in compiled.clauses]
        self.accounts = [
            (
                plan,
                evaluator(plan.scope, self.unfolder.run),
                evaluator(plan.pending, self.unfolder.run),
                evaluator(plan.factor, self.unfolder.run),
            )
            for plan in compiled.accounts
        ]
        self.weights = Weights(compiled.source.regime, claims)
        self.applies = evaluator(compiled.applies, self.unfolder.run)

    @cached_property
    def audiences(self) -> Audiences:
        """Who may see what its items rest on; made when first needed."""
        return Audiences(self.compiled.source)

    def facts_of(self, case: Case) -> dict[str, Any]:
        """The case's facts with what this regime derives about the parties."""
        facts = dict(case.facts)
        facts.setdefault("transaction.date", days(self.compiled.at))
        for party in self.compiled.party_facts:
            name = party_name(self.compiled.id, party.id)
            facts[name] = party_value(party, case.parties, self.compiled.lists)
        return facts


class PreparedLaws:
    """Laws made ready, each for the stages asked; kept.

    Args:
        claims: regime id -> the claims its items rest on.
    """

    def __init__(self, claims: Mapping[str, Claims]) -> None:
        self.claims = dict(claims)
        self._prepared: dict[tuple[int, Stage], list[PreparedRegime]] = {}
        self._groups: dict[tuple[int, ...], Group] = {}

    def regimes(self, law: Law, stage: Stage) -> list[PreparedRegime]:
        """The regimes of a law made ready for a stage; kept."""
        key = (id(law), stage)
        if key not in self._prepared:
            self._prepared[key] = [
                PreparedRegime(one, stage, self.claims.get(one.id)) for one in law.regimes
            ]
        return self._prepared[key]

    def together(self, formulas: tuple[Formula, ...]) -> Group:
        """All of the formulas; the same group for the same formulas."""
        key = tuple(id(formula) for formula in formulas)
        if key not in self._groups:
            self._groups[key] = Group("and", formulas)
        return self._groups[key]


@dataclass
class Judged:
    """One clause's outcome on one case."""

    prepared: PreparedClause
    regime: PreparedRegime
    facts: dict[str, Any]
    outcome: Outcome
    reason: str
    agreed: Outcome
    agreed_facts: dict[str, Any] = field(default_factory=dict)
    weight: Weight | None = None


def _vocabulary_name(name: str) -> str:
    parts = name.split(".")
    return f"licence.{'.'.join(parts[2:])}" if parts[0] == "licence" and len(parts) > 2 else name
