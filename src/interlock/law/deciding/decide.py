"""One case against the law of a day: findings, verdicts, what would open it, and the legs.

`Decider` prepares a law once and decides many cases; `columns` does the same over frames.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from interlock.law.compiling.checked import party_name
from interlock.law.deciding.audience import PUBLIC
from interlock.law.deciding.decision import (
    AtomState,
    ChangeSet,
    Decision,
    DecisionReaders,
    Finding,
    GateState,
    Guarded,
    LegState,
    Verdict,
)
from interlock.law.deciding.formula import Reading, values_of
from interlock.law.deciding.legs import account_finding, account_key, counters, leg_of, with_parents
from interlock.law.deciding.prepared import Judged, PreparedLaws, PreparedRegime
from interlock.law.deciding.reasons import atoms, missing, says
from interlock.law.deciding.verdicts import NO_BOOK, gate_verdict, greatest, together
from interlock.law.deciding.ways import Ways
from interlock.law.deciding.weights import NOTHING, Weight
from interlock.law.deciding.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.evidence import Claims
    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import CompiledRegime
    from interlock.law.deciding.legs import AccountState
    from interlock.law.model import Stage

AGREED = "agreed"


class Decider:
    """Decides cases against one law.

    Args:
        law: compiled for a day.
        claims: regime id -> the claims its items rest on, for weights.
    """

    def __init__(self, law: Law, claims: Mapping[str, Claims] | None = None) -> None:
        self.law = law
        self.prepared = PreparedLaws(claims or {})

    def facts_of(self, case: Case, regime: str) -> dict[str, Any]:
        """A case's facts as one regime reads them, with what it derives about the parties."""
        found = self.prepared.regimes(self.law, "application")
        return next(one for one in found if one.compiled.id == regime).facts_of(case)

    def decide(
        self,
        case: Case,
        *,
        stage: Stage = "order",
        accounts: Mapping[str, AccountState] | None = None,
        reasons: bool = True,
    ) -> Decision:
        """Decide one case.

        Args:
            case: as read; its own stage, `at` and `known` win over the arguments.
            stage: for which stage the decision is made (R1).
            accounts: account key -> its state in the book; None: no book is at hand, so the
                greatest quantity is not known (R14).
            reasons: False leaves atoms, weights and changes out.
        """
        stage = case.stage or stage
        law = self.law
        if case.at is not None or case.known is not None:
            law = law.on(case.at or law.at, case.known or case.at or law.known)
        return _Deciding(self, law, case, stage, accounts, reasons=reasons).run()


class _Deciding:
    def __init__(
        self,
        decider: Decider,
        law: Law,
        case: Case,
        stage: Stage,
        accounts: Mapping[str, AccountState] | None,
        *,
        reasons: bool,
    ) -> None:
        self.prepared, self.law, self.case = decider.prepared, law, case
        self.stage, self.accounts, self.reasons = stage, accounts, reasons
        self.pending: list[str] = []
        self.derived: dict[str, Any] = {}
        self.fact_readers: dict[str, Guarded] = {}
        self.ways = Ways(decider.prepared, law, case, stage)
        self._facts: dict[str, dict[str, Any]] = {}

    def run(self) -> Decision:
        judged = [
            j for regime in self.prepared.regimes(self.law, self.stage) for j in self.judge(regime)
        ]
        legs = [
            leg
            for regime in self.prepared.regimes(self.law, self.stage)
            for leg in self.legs(regime)
        ]
        findings = [self.finding(j) for j in judged]
        findings += [f for regime in self.law.regimes for f in _dormant(regime)]
        told = (account_finding(leg, self.law, self.accounts) for leg in legs)
        account_findings = [finding for finding in told if finding is not None]
        gates = tuple(
            self.gate(
                gate,
                [j for j in judged if j.prepared.clause.gate == gate],
                [f for f in account_findings if f.gate == gate],
            )
            for gate in self.law.gates
        )
        verdict = together([gate.verdict for gate in gates])
        agreed = together([gate.if_agreed for gate in gates])
        most: int | None = None
        then: int | None = None
        why = then_why = NO_BOOK
        if self.accounts is not None:
            most, why = greatest([leg for leg in legs if not leg.pending], verdict)
            then, then_why = greatest(legs, agreed) if self.pending else (most, why)
        return Decision(
            id=self.case.id,
            at=str(self.law.at),
            known=str(self.law.known),
            stage=self.stage,
            verdict=verdict,
            if_agreed=agreed,
            pending=tuple(self.pending),
            gates=gates,
            findings=(*findings, *account_findings),
            facts=self.derived,
            legs=tuple(legs),
            max_quantity=most,
            max_quantity_reason=why,
            max_if_agreed=then,
            max_if_agreed_reason=then_why,
            regimes={one.id: one.digest for one in self.law.regimes},
            readers=self.readers(),
        )

    def facts(self, regime: PreparedRegime) -> dict[str, Any]:
        """The case's facts, what the regime derives about parties, and its accounts' counters."""
        name = regime.compiled.id
        if name not in self._facts:
            facts = self._facts[name] = regime.facts_of(self.case)
            for plan, *_ in regime.accounts:
                key, _why = account_key(plan, facts)
                state = (self.accounts or {}).get(key)
                if state is not None:
                    facts.update(counters(plan, state))
        return self._facts[name]

    def judge(self, regime: PreparedRegime) -> list[Judged]:
        facts = self.facts(regime)
        agreed = facts
        judged = []
        for prepared in regime.clauses:
            outcome, reason = prepared.outcome(facts)
            if reason == "not agreed":
                self.pending.append(prepared.clause.name)
                agreed = _as_agreed(facts) if agreed is facts else agreed
                then, _ = prepared.outcome(agreed)
            else:
                then = outcome
            judged.append(Judged(prepared, regime, facts, outcome, reason, then))
        for one in judged:
            one.agreed_facts = agreed
        self.derive(regime, facts)
        return judged

    def derive(self, regime: PreparedRegime, facts: dict[str, Any]) -> None:
        """The derived facts by name; of two of one name the later bears its regime's id."""
        gate, readers = regime.compiled.gate, regime.audiences.facts
        for party in regime.compiled.party_facts:
            self.derived[party.id] = facts[party_name(regime.compiled.id, party.id)]
            self.fact_readers[party.id] = Guarded(gate, readers[party.id])
        for name, run in regime.unfolder.run.items():
            type_ = regime.compiled.source.facts[name].type
            key = name if name not in self.derived else f"{regime.compiled.id}.{name}"
            self.derived[key] = plain(run(facts), type_)
            self.fact_readers[key] = Guarded(gate, readers[name])

    def readers(self) -> DecisionReaders:
        """Who may see what, as far as findings and legs do not say so themselves (R11)."""
        regimes: dict[str, Guarded] = {}
        beside: set[str] = set()
        limits: list[Guarded] = []
        for one in self.prepared.regimes(self.law, self.stage):
            compiled, audiences = one.compiled, one.audiences
            regimes[compiled.id] = Guarded(compiled.gate, audiences.everything)
            told = all(PUBLIC in readers for readers in audiences.applies)
            if told and one.applies(self.facts(one)) is False:
                beside.add(compiled.id)
                continue
            for plan in compiled.accounts:
                behind = audiences.account(plan.id, plan.condition)
                limits.append(Guarded(plan.gate, behind | {plan.visible_to}))
        return DecisionReaders(self.fact_readers, regimes, frozenset(beside), tuple(limits))

    # -- findings -------------------------------------------------------------------------------

    def finding(self, judged: Judged) -> Finding:
        clause = judged.prepared.clause
        deciding: tuple[AtomState, ...] = ()
        lacking: tuple[str, ...] = ()
        weight: Weight | None = None
        choices: tuple[ChangeSet, ...] = ()
        opens_on = ""
        counts = judged.outcome in ("pass", "fail", "unknown")
        if self.reasons and counts:
            values = values_of([judged.prepared.formula], judged.facts)
            deciding = atoms(judged, values, self.law.vocabulary)
            lacking = missing(values, self.case.facts)
            own = judged.regime.weights.of(clause.rests)
            weight = own | judged.regime.weights.weigh(judged.prepared.formula, Reading(values))
            judged.weight = weight
            if judged.outcome != "pass":
                choices = self.ways.choices(judged, values)
                opens_on = self.ways.opens_on(judged)
        return Finding(
            regime=clause.regime,
            gate=clause.gate,
            item=clause.id,
            kind=clause.kind,
            says=says(judged),
            stages=clause.stages,
            outcome=judged.outcome,
            reason=judged.reason,
            atoms=deciding,
            missing=lacking,
            weight=weight,
            open_with=choices,
            opens_on=opens_on,
            visible_to=clause.visible_to,
            agreed=judged.agreed,
            audience=judged.regime.audiences.clause(clause.id),
        )

    def gate(self, gate: str, judged: list[Judged], accounts: list[Finding]) -> GateState:
        outcomes = [j.outcome for j in judged] + [f.outcome for f in accounts]
        verdict = gate_verdict(outcomes)
        agreed = gate_verdict([j.agreed for j in judged] + [f.outcome for f in accounts])
        weight: Weight | None = None
        sets: tuple[ChangeSet, ...] = ()
        if self.reasons:
            weight = self.gate_weight(verdict, judged)
            if verdict != "open":
                sets = self.ways.gate_choices(judged, accounts)
        return GateState(gate, verdict, agreed, weight, sets)

    def gate_weight(self, verdict: Verdict, judged: list[Judged]) -> Weight:
        deciding = {"shut": "fail", "unknown": "unknown", "open": "pass"}[verdict]
        weights = [j.weight for j in judged if j.outcome == deciding and j.weight is not None]
        if verdict == "shut" and weights:
            return min(weights, key=_weakness)
        total = NOTHING
        for weight in weights:
            total = total | weight
        return total

    # -- accounts -------------------------------------------------------------------------------

    def legs(self, regime: PreparedRegime) -> list[LegState]:
        facts = self.facts(regime)
        found = []
        for plan, scope, pending, factor in regime.accounts:
            applies, waits = scope(facts), pending(facts) is not False
            if applies is False and not waits:
                continue
            amount = factor(facts)
            leg = leg_of(plan, True if waits else applies, amount, facts, self.accounts)
            audience = regime.audiences.account(plan.id, plan.condition)
            found.append(replace(leg, pending=waits, audience=audience))
        drawn = [leg for leg in found if leg.factor is None or leg.factor > 0]
        return with_parents(drawn, regime.compiled.accounts, facts, self.accounts)


def _as_agreed(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts as if every pending condition were agreed as drafted."""
    return {
        name: AGREED if name.endswith(".status") and value in ("drafted", "proposed") else value
        for name, value in facts.items()
    }


def _dormant(regime: CompiledRegime) -> Iterable[Finding]:
    """Rules that are known and do not bind on the day: not applicable, and why."""
    for item in regime.dormant:
        until = f" until {item.until}" if item.until else ""
        yield Finding(
            regime=regime.id,
            gate=regime.gate,
            item=item.id,
            kind=item.kind,
            says=item.says,
            stages=item.stages,
            outcome="not_applicable",
            reason=f"{item.status.replace('_', ' ')}{until}",
            atoms=(),
            missing=(),
            weight=None,
            open_with=(),
            opens_on="",
            visible_to=item.visible_to,
        )


def _weakness(weight: Weight) -> tuple[str, str]:
    weakest = weight.weakest
    return (weakest.grade.reliability, weakest.grade.credibility) if weakest else ("", "")
