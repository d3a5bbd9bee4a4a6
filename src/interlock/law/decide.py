"""One case against the law of a day: findings, verdicts, what would open it, and the legs.

`Decider` prepares a law once and decides many cases; `columns` does the same over frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from interlock.law.audience import PUBLIC, Audiences
from interlock.law.checked import party_name
from interlock.law.compile import Law, due, issued_read
from interlock.law.decision import (
    AtomState,
    Change,
    ChangeSet,
    Decision,
    DecisionReaders,
    Finding,
    GateState,
    Guarded,
    LegState,
    Outcome,
    Verdict,
)
from interlock.law.expr.scalar import ERROR, evaluator, unknown
from interlock.law.expr.tree import BOOL, FALSE, Unknown, days
from interlock.law.formula import (
    Formula,
    Group,
    Leaf,
    Reading,
    Search,
    Unfolder,
    change_sets,
    unmet,
    values_of,
)
from interlock.law.ownership import party_value
from interlock.law.weights import NOTHING, Weight, Weights
from interlock.law.words import name_in_words, plain, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from interlock.evidence import Claims
    from interlock.law.cases import Case
    from interlock.law.compile import AccountPlan, Clause, CompiledRegime
    from interlock.law.formula import Atom, Values
    from interlock.law.model import Stage
    from interlock.law.terms import AccountTerms
    from interlock.law.vocabulary import Vocabulary

MOST_ATOMS = 16
MOST_CHOICES = 8
MOST_DATES = 6
"""How many coming changes of the law are tried for `opens_on`."""
AGREED = "agreed"

Run = "Callable[[dict[str, Any]], Any]"


@dataclass(frozen=True)
class AccountState:
    """An account in the book, in account units.

    Headroom is above its floor; posted is what has been drawn and posted.
    """

    headroom: Fraction
    overdue: Fraction = Fraction(0)
    posted: Fraction = Fraction(0)


class _Prepared:
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
        self._formula: Formula | None = None
        self._keys: dict[Atom, str] = {}

    @property
    def formula(self) -> Formula:
        """The outcome unfolded into atoms; made when first needed."""
        if self._formula is None:
            tree = self.clause.outcome
            self._formula = self._unfolder.unfold(tree)
        return self._formula

    @property
    def requirement(self) -> Formula:
        """What must hold, by itself."""
        return self._unfolder.unfold(self.clause.require)

    @property
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
    for holder in sorted(holders, key=_KEY_ORDER.index):
        return holder
    if isinstance(atom.tree, Unknown):
        return clause.opened_by or "authority"
    return "nobody"


class _Regime:
    """One compiled regime made ready for one stage."""

    def __init__(self, compiled: CompiledRegime, stage: Stage, claims: Claims | None) -> None:
        self.compiled = compiled
        self.unfolder = Unfolder(compiled.facts)
        self.clauses = [_Prepared(clause, stage, self.unfolder) for clause in compiled.clauses]
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
        self._audiences: Audiences | None = None

    @property
    def audiences(self) -> Audiences:
        """Who may see what its items rest on; made when first needed."""
        if self._audiences is None:
            self._audiences = Audiences(self.compiled.source)
        return self._audiences

    def facts_of(self, case: Case) -> dict[str, Any]:
        """The case's facts with what this regime derives about the parties."""
        facts = dict(case.facts)
        facts.setdefault("transaction.date", days(self.compiled.at))
        for party in self.compiled.party_facts:
            name = party_name(self.compiled.id, party.id)
            facts[name] = party_value(party, case.parties, self.compiled.lists)
        return facts


class Decider:
    """Decides cases against one law.

    Args:
        law: compiled for a day.
        claims: regime id -> the claims its items rest on, for weights.
    """

    def __init__(self, law: Law, claims: Mapping[str, Claims] | None = None) -> None:
        self.law = law
        self.claims = dict(claims or {})
        self._prepared: dict[tuple[int, Stage], list[_Regime]] = {}
        self._groups: dict[tuple[int, ...], Group] = {}

    def regimes(self, law: Law, stage: Stage) -> list[_Regime]:
        """The regimes of a law made ready for a stage; kept."""
        key = (id(law), stage)
        if key not in self._prepared:
            self._prepared[key] = [
                _Regime(one, stage, self.claims.get(one.id)) for one in law.regimes
            ]
        return self._prepared[key]

    def facts_of(self, case: Case, regime: str) -> dict[str, Any]:
        """A case's facts as one regime reads them, with what it derives about the parties."""
        found = self.regimes(self.law, "application")
        return next(one for one in found if one.compiled.id == regime).facts_of(case)

    def together(self, formulas: tuple[Formula, ...]) -> Group:
        """All of the formulas; the same group for the same formulas."""
        key = tuple(id(formula) for formula in formulas)
        if key not in self._groups:
            self._groups[key] = Group("and", formulas)
        return self._groups[key]

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


@dataclass
class _Judged:
    """One clause's outcome on one case."""

    prepared: _Prepared
    regime: _Regime
    facts: dict[str, Any]
    outcome: Outcome
    reason: str
    agreed: Outcome
    agreed_facts: dict[str, Any] = field(default_factory=dict)
    weight: Weight | None = None


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
        self.decider, self.law, self.case = decider, law, case
        self.stage, self.accounts, self.reasons = stage, accounts, reasons
        self.pending: list[str] = []
        self.derived: dict[str, Any] = {}
        self.fact_readers: dict[str, Guarded] = {}
        self.values: Values = {}
        self.search = Search(self.values)
        self._facts: dict[str, dict[str, Any]] = {}

    def run(self) -> Decision:
        judged = [
            j for regime in self.decider.regimes(self.law, self.stage) for j in self.judge(regime)
        ]
        legs = [
            leg
            for regime in self.decider.regimes(self.law, self.stage)
            for leg in self.legs(regime)
        ]
        findings = [self.finding(j) for j in judged]
        findings += [f for regime in self.law.regimes for f in _dormant(regime)]
        account_findings = [f for leg in legs if (f := self.account_finding(leg)) is not None]
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

    def facts(self, regime: _Regime) -> dict[str, Any]:
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

    def judge(self, regime: _Regime) -> list[_Judged]:
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
            judged.append(_Judged(prepared, regime, facts, outcome, reason, then))
        for one in judged:
            one.agreed_facts = agreed
        self.derive(regime, facts)
        return judged

    def derive(self, regime: _Regime, facts: dict[str, Any]) -> None:
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
        for one in self.decider.regimes(self.law, self.stage):
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

    def finding(self, judged: _Judged) -> Finding:
        clause = judged.prepared.clause
        atoms: tuple[AtomState, ...] = ()
        missing: tuple[str, ...] = ()
        weight: Weight | None = None
        choices: tuple[ChangeSet, ...] = ()
        opens_on = ""
        counts = judged.outcome in ("pass", "fail", "unknown")
        if self.reasons and counts:
            values = values_of([judged.prepared.formula], judged.facts)
            atoms = self.atoms(judged, values)
            missing = self.missing(values)
            own = judged.regime.weights.of(clause.rests)
            weight = own | judged.regime.weights.weigh(judged.prepared.formula, Reading(values))
            judged.weight = weight
            if judged.outcome != "pass":
                choices = self.choices(judged, values)
                opens_on = self.opens_on(judged)
        return Finding(
            regime=clause.regime,
            gate=clause.gate,
            item=clause.id,
            kind=clause.kind,
            says=self.says(judged),
            stages=clause.stages,
            outcome=judged.outcome,
            reason=judged.reason,
            atoms=atoms,
            missing=missing,
            weight=weight,
            open_with=choices,
            opens_on=opens_on,
            visible_to=clause.visible_to,
            agreed=judged.agreed,
            audience=judged.regime.audiences.clause(clause.id),
        )

    def says(self, judged: _Judged) -> str:
        """The rule's words with the licence's or the law's values in their places."""
        text = judged.prepared.clause.says
        if "{" not in text:
            return text
        clause = judged.prepared.clause
        prefix = f"licence.{clause.gate}.condition.{clause.id}."
        kind = judged.regime.compiled.source.conditions.get(clause.id)
        for parameter in kind.kind.parameters if kind else ():
            value = judged.facts.get(prefix + parameter.id)
            if parameter.type in ("decimal", "integer") and value is not None:
                value = Fraction(value, 10**parameter.places)
                value = int(value) if value.denominator == 1 else float(value)
            shown = "a number not stated of" if value is None else str(value)
            text = text.replace(f"{{{parameter.id}}}", shown)
        return text

    def atoms(self, judged: _Judged, values: Values) -> tuple[AtomState, ...]:
        """What decides comes first: unmet requirements, doubts about the scope, then the rest."""
        prepared = judged.prepared
        found: dict[str, AtomState] = {}

        def note(atom: Atom, part: Literal["require", "scope", "other"], needs: str) -> None:
            if atom.text in found or len(found) >= MOST_ATOMS:
                return
            value = values[atom] if atom in values else atom.run(judged.facts)
            found[atom.text] = AtomState(
                says=atom.text,
                holds=None if unknown(value) else bool(value),
                facts=self.read_facts(atom, judged.facts),
                key=prepared.key(atom, self.law.vocabulary),
                part=part,
                needs=needs,
            )

        if judged.outcome != "pass":
            both = prepared.requirement, prepared.reach
            reading = Reading(values | values_of(both, judged.facts))
            for leaf in unmet(prepared.requirement, reading):
                note(leaf.atom, "require", self.needs(leaf, prepared.clause))
            doubts = () if judged.reason == "not agreed" else unmet(prepared.reach, reading)
            for leaf in doubts:
                note(leaf.atom, "scope", self.needs(leaf, prepared.clause))
        for atom in sorted(prepared.formula.atoms, key=lambda atom: values[atom] is True):
            note(atom, "other", "")
        return tuple(found.values())

    def read_facts(self, atom: Atom, facts: dict[str, Any]) -> dict[str, Any]:
        return {
            shown: facts.get(name) if type_ is None else plain(facts.get(name), type_)
            for name, shown, type_ in atom.shown
        }

    def missing(self, values: Values) -> tuple[str, ...]:
        names = {
            name: None
            for atom, value in values.items()
            if value is None
            for name in atom.names
            if self.case.facts.get(name) is None and not name.startswith("@")
        }
        return tuple(names)

    # -- what would open it ---------------------------------------------------------------------

    def choices(self, judged: _Judged, values: Values) -> tuple[ChangeSet, ...]:
        clause = judged.prepared.clause
        if judged.reason == "not agreed":
            return ((self.agreement(clause, judged),),)
        self.values.update(values)
        sets = change_sets(judged.prepared.formula, values, self.search)
        changed = [self.change_set(chosen, [judged]) for chosen in sets]
        return tuple(sorted(changed, key=_ease)[:MOST_CHOICES])

    def agreement(self, clause: Clause, judged: _Judged) -> Change:
        status = f"licence.{clause.gate}.condition.{clause.id}.status"
        return Change(
            fact=status,
            now=judged.facts.get(status),
            needs=f"the condition '{clause.id}' is agreed",
            key="authority",
            item=clause.name,
        )

    def change_set(self, chosen: tuple[Leaf, ...], judged: Sequence[_Judged]) -> ChangeSet:
        changes: dict[str, Change] = {}
        for leaf in chosen:
            home = next(
                (j for j in judged if leaf.atom in j.prepared.formula.atoms),
                judged[0],
            )
            text = self.needs(leaf, home.prepared.clause)
            first = leaf.atom.names[0] if leaf.atom.names else ""
            name = name_in_words(first) if first else words(leaf.atom.tree)
            facts = self.read_facts(leaf.atom, home.facts)
            change = Change(
                fact=name,
                now=facts.get(name),
                needs=text,
                key=home.prepared.key(leaf.atom, self.law.vocabulary),
                item=home.prepared.clause.name,
            )
            changes.setdefault(text, change)
        return tuple(changes.values())

    def needs(self, leaf: Leaf, clause: Clause) -> str:
        if any(name.startswith("@waived/") for name in leaf.atom.names):
            consent = clause.waiver.consent_of if clause.waiver else ()
            behind = f" with the consent of {', '.join(consent)}" if consent else ""
            return f"'{clause.id}' is waived{behind}"
        if isinstance(leaf.atom.tree, Unknown):
            return f"a decision on '{clause.id}'" if clause.undisclosed else words(leaf.atom.tree)
        return words(leaf.atom.tree, want=leaf.want)

    def opens_on(self, judged: _Judged) -> str:
        """The first coming change of the law, as known, after which the finding passes."""
        clause = judged.prepared.clause
        for day in self.law.changes()[:MOST_DATES]:
            later = self.law.on(day)
            for regime in self.decider.regimes(later, self.stage):
                if regime.compiled.id != clause.regime:
                    continue
                then = [p for p in regime.clauses if p.clause.id == clause.id]
                facts = regime.facts_of(self.case)
                facts["transaction.date"] = days(regime.compiled.at)
                if all(p.outcome(facts)[0] not in ("fail", "unknown") for p in then):
                    return day.isoformat()
        return ""

    def gate(self, gate: str, judged: list[_Judged], accounts: list[Finding]) -> GateState:
        outcomes = [j.outcome for j in judged] + [f.outcome for f in accounts]
        verdict = gate_verdict(outcomes)
        agreed = gate_verdict([j.agreed for j in judged] + [f.outcome for f in accounts])
        weight: Weight | None = None
        sets: tuple[ChangeSet, ...] = ()
        if self.reasons:
            weight = self.gate_weight(verdict, judged)
            if verdict != "open":
                sets = self.gate_choices(judged, accounts)
        return GateState(gate, verdict, agreed, weight, sets)

    def gate_weight(self, verdict: Verdict, judged: list[_Judged]) -> Weight:
        deciding = {"shut": "fail", "unknown": "unknown", "open": "pass"}[verdict]
        weights = [j.weight for j in judged if j.outcome == deciding and j.weight is not None]
        if verdict == "shut" and weights:
            return min(weights, key=_weakness)
        total = NOTHING
        for weight in weights:
            total = total | weight
        return total

    def gate_choices(self, judged: list[_Judged], accounts: list[Finding]) -> tuple[ChangeSet, ...]:
        """Smallest sets of changes that open the whole gate and break none of its rules."""
        agreements = tuple(
            self.agreement(j.prepared.clause, j) for j in judged if j.reason == "not agreed"
        )
        room = tuple(c for f in accounts if f.outcome != "pass" for c in f.open_with[0])
        counted = [j for j in judged if j.agreed in ("pass", "fail", "unknown")]
        values: Values = {}
        for one in counted:
            values.update(values_of([one.prepared.formula], one.agreed_facts))
        formula = self.decider.together(tuple(one.prepared.formula for one in counted))
        if all(one.agreed == "pass" for one in counted):
            return ((*agreements, *room),) if agreements or room else ()
        # Agreed facts are other facts: what was found for the case as it is does not hold there.
        search = Search(values) if agreements else self.search
        search.values.update(values)
        sets = change_sets(formula, values, search)
        changed = [(*agreements, *self.change_set(chosen, counted), *room) for chosen in sets]
        return tuple(sorted(changed, key=_ease)[:MOST_CHOICES])

    # -- accounts -------------------------------------------------------------------------------

    def legs(self, regime: _Regime) -> list[LegState]:
        facts = self.facts(regime)
        found = []
        for plan, scope, pending, factor in regime.accounts:
            applies, waits = scope(facts), pending(facts) is not False
            if applies is False and not waits:
                continue
            leg = self.leg(plan, True if waits else applies, factor(facts), facts)
            audience = regime.audiences.account(plan.id, plan.condition)
            found.append(replace(leg, pending=waits, audience=audience))
        return [leg for leg in found if leg.factor is None or leg.factor > 0]

    def leg(self, plan: AccountPlan, applies: Any, factor: Any, facts: dict[str, Any]) -> LegState:
        key, why = account_key(plan, facts)
        exact = None
        if unknown(factor):
            why = why or "its factor is not known"
        else:
            exact = Fraction(factor, 10**plan.factor.type.places)
        if unknown(applies):
            why = why or "whether it applies is not known"
        state = self.accounts.get(key) if self.accounts is not None and key else None
        return LegState(
            account=key,
            factor=exact,
            unit=plan.terms.unit,
            reserve=plan.reserve,
            post=plan.post,
            headroom=None if state is None else state.headroom,
            condition=plan.condition,
            item=plan.id,
            gate=plan.gate,
            visible_to=plan.visible_to,
            why=why,
        )

    def account_finding(self, leg: LegState) -> Finding | None:
        """An account stops what has no room for one unit, and whoever has an overdue debt."""
        if self.accounts is None or not leg.account or leg.factor is None or leg.pending:
            return None
        state = self.accounts.get(leg.account)
        outcome: Outcome = "pass"
        reason = ""
        if state is None:
            outcome, reason = "unknown", "missing"
        elif state.overdue > 0:
            outcome, reason = "fail", "overdue"
        elif state.headroom < leg.factor:
            outcome, reason = "fail", "no headroom"
        plan = next(
            p
            for one in self.law.regimes
            for p in one.accounts
            if p.id == leg.item and p.gate == leg.gate and p.terms.unit == leg.unit
        )
        item = f"{plan.regime}/{plan.id}"
        now = None if state is None else state.headroom
        needs = {
            "overdue": f"the overdue debt on {leg.account} is met",
            "no headroom": f"at least {leg.factor} {leg.unit} on {leg.account}",
        }.get(reason, f"the balance of {leg.account} is in the book")
        key = "buyer" if reason == "overdue" else "authority"
        choices = () if outcome == "pass" else ((Change(leg.account, now, needs, key, item),),)
        return Finding(
            regime=plan.regime,
            gate=leg.gate,
            item=leg.item,
            kind="account",
            says=plan.says,
            stages=(plan.reserve,),
            outcome=outcome,
            reason=reason,
            atoms=(),
            missing=(),
            weight=None,
            open_with=choices,
            opens_on="",
            visible_to=leg.visible_to,
            agreed=outcome,
            audience=leg.audience,
        )


NO_BOOK = "no book is at hand; give --accounts or --book"
SHUT = "a gate is shut"


def greatest(legs: Sequence[LegState], verdict: Verdict) -> tuple[int | None, str]:
    """The greatest quantity that passes now, given a book, and its reason."""
    if verdict == "shut":
        return 0, SHUT
    lacking = [leg for leg in legs if leg.headroom is None or leg.factor is None or leg.why]
    if lacking:
        leg = lacking[0]
        named = leg.account or f"{leg.item} ({leg.gate})"
        return None, f"{named}: {leg.why or 'its balance is not known'}"
    if not legs:
        return None, "no account limits it"
    least = min(legs, key=lambda leg: (leg.headroom or 0) / (leg.factor or 1))
    assert least.headroom is not None  # noqa: S101 - lacking ones returned above
    assert least.factor is not None  # noqa: S101
    return max(0, int(least.headroom / least.factor)), f"bound by {least.account}"


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


def counters(plan: AccountPlan, state: AccountState) -> dict[str, int]:
    """What a rule reads as `available("...")`, `overdue("...")` and `posted("...")`."""
    scale = 10**plan.terms.places
    return {
        f"@{name}/{plan.regime}/{plan.id}": int(amount * scale)
        for name, amount in (
            ("available", state.headroom),
            ("overdue", state.overdue),
            ("posted", state.posted),
        )
    }


def account_key(plan: AccountPlan, facts: Mapping[str, Any]) -> tuple[str, str]:
    """The key of the account that a case draws on, and why it is not known where it is not."""
    parts = []
    for read in plan.per:
        value = facts.get(read.name)
        if value is None or value == "":
            return "", f"{read.name} is not on file"
        parts.append(f"{_short(read.name)}={value}")
    return keyed(plan.terms, parts), ""


def keyed(terms: AccountTerms, parts: Sequence[str]) -> str:
    """`<regime>/<account>?<key>=<value>&...`; without keys the plain name."""
    return f"{terms.name}?{'&'.join(parts)}" if parts else terms.name


def _short(name: str) -> str:
    """`licence.export.id` as `licence`, `buyer.id` as `buyer`, other names as they stand."""
    thing, *rest = name.split(".")
    if rest[-1] in ("id", "name"):
        return thing
    return rest[-1] if thing == "licence" else name


def _vocabulary_name(name: str) -> str:
    parts = name.split(".")
    return f"licence.{'.'.join(parts[2:])}" if parts[0] == "licence" and len(parts) > 2 else name


_KEY_ORDER = ("buyer", "supplier", "officer", "authority", "time", "nobody")


def _ease(chosen: ChangeSet) -> tuple[bool, int, list[int]]:
    """Sets that somebody can bring about come first, then the smaller."""
    order = [_KEY_ORDER.index(c.key) if c.key in _KEY_ORDER else 3 for c in chosen]
    return any(c.key == "nobody" for c in chosen), len(chosen), order


def _weakness(weight: Weight) -> tuple[str, str]:
    weakest = weight.weakest
    return (weakest.grade.reliability, weakest.grade.credibility) if weakest else ("", "")


def gate_verdict(outcomes: Sequence[Outcome]) -> Verdict:
    """Shut if any rule fails, unknown if none fails and some is unknown, else open."""
    if "fail" in outcomes:
        return "shut"
    return "unknown" if "unknown" in outcomes else "open"


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """All gates on the way must be open."""
    if "shut" in verdicts:
        return "shut"
    return "unknown" if "unknown" in verdicts else "open"


__all__ = ["BOOL", "AccountState", "Decider", "account_key", "gate_verdict", "keyed", "together"]
