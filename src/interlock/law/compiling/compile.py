"""What binds on a day: the compiled law that decisions, columns, sharing and the ledger read.

A `CheckedRegime` holds all versions in time; `compile_law` picks what is in force on the day `at`
as far as it was public by the day `known`, puts dated values in place of parameters and joins
scope, exceptions and requirement into one three-valued outcome (R6):
`!scope || lifted || require`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from interlock.law.compiling.checked import condition_name, fact_name, parameter_const
from interlock.law.compiling.compiled import (
    GATES,
    AccountPlan,
    Clause,
    CompiledRegime,
    Dormant,
    all_of,
    any_of,
)
from interlock.law.expr.tree import (
    BOOL,
    FALSE,
    TEXT,
    TRUE,
    Const,
    If,
    In,
    Known,
    Read,
    Tree,
    Unknown,
    bind,
    children,
    with_children,
)
from interlock.law.model import STAGES, Stage
from interlock.law.times import binds, change_dates, listed_on, local_date, status_on, value_on

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from interlock.law.compiling.checked import (
        CheckedAccount,
        CheckedCondition,
        CheckedFact,
        CheckedRegime,
        CheckedRound,
        CheckedRule,
    )
    from interlock.law.model import (
        ConditionKind,
        DatedValue,
        ListEntry,
        Rule,
        Timeline,
        Waiver,
    )
    from interlock.law.vocabulary import Vocabulary

_STATUS = ("agreed", "in_force")
_PENDING = ("drafted", "proposed")


@dataclass(frozen=True)
class Law:
    """All regimes on one day."""

    regimes: tuple[CompiledRegime, ...]
    checked: tuple[CheckedRegime, ...]
    at: dt.date | dt.datetime
    known: dt.date | dt.datetime
    assumed: frozenset[str] = frozenset()
    _cache: dict[object, Law] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def gates(self) -> tuple[str, ...]:
        """The gates guarded, in the order in which a unit passes them."""
        found = {regime.gate for regime in self.regimes}
        known = [gate for gate in GATES if gate in found]
        return (*known, *sorted(found - set(GATES)))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The names of all regimes together."""
        words = self.checked[0].vocabulary
        for checked in self.checked[1:]:
            more = {n: x for n, x in checked.regime.names.items() if words.entry(n) is None}
            words = words.with_names(more)
        return words

    @cached_property
    def reads(self) -> frozenset[str]:
        """The facts that verdicts and legs depend on, in any regime."""
        return frozenset[str]().union(*(regime.reads for regime in self.regimes))

    def conditions_of(self, gate: str) -> dict[str, ConditionKind]:
        """The kinds of condition that there are at a gate, by name, whether or not in force."""
        return {
            name: kind
            for regime in self.regimes
            if regime.gate == gate
            for name, kind in regime.source.regime.conditions.items()
        }

    def on(self, at: dt.date | dt.datetime, known: dt.date | dt.datetime | None = None) -> Law:
        """The same regimes on another day; compiled once a day."""
        key = (at, known or self.known)
        if key not in self._cache:
            self._cache[key] = compile_law(self.checked, at, known or self.known, self.assumed)
        return self._cache[key]

    def changes(self) -> tuple[dt.date, ...]:
        """The days after `at` on which anything known by `known` starts, ends or changes."""
        found: set[dt.date] = set()
        for compiled in self.regimes:
            regime = compiled.source.regime
            dated: list[Timeline | Sequence[DatedValue] | ListEntry] = [
                *(p.values for p in regime.parameters.values()),
                *(rule.timeline for rule in regime.rules.values()),
                *(lift.timeline for lift in regime.exceptions.values()),
                *(kind.timeline for kind in regime.conditions.values()),
                *(account.timeline for account in regime.accounts.values()),
                *(party.timeline for party in regime.party_facts.values()),
                *(e for listing in regime.lists.values() for e in listing.entries),
                *(c.timeline for f in regime.facts.values() for c in f.cases if c.timeline),
            ]
            found |= set(change_dates(dated, compiled.at, compiled.known))
        return tuple(sorted(found))


def due(stages: tuple[Stage, ...], stage: Stage) -> tuple[Stage, ...]:
    """The stages of a rule that are reached at a stage (R1); none: it is not due yet."""
    reached = STAGES.index(stage)
    return tuple(s for s in stages if STAGES.index(s) <= reached)


def compile_law(
    checked: Sequence[CheckedRegime],
    at: dt.date | dt.datetime,
    known: dt.date | dt.datetime | None = None,
    assumed: frozenset[str] = frozenset(),
) -> Law:
    """Compile regimes for a day.

    Args:
        checked: regimes free of faults.
        at: the day (in each regime's timezone, if an instant is given) whose law counts.
        known: what was public by then is heard; default: the same day.
        assumed: ids of proposed versions and items to switch on for a what-if.
    """
    heard = at if known is None else known
    regimes = tuple(_Compiler(one, at, heard, assumed).run() for one in checked)
    return Law(regimes, tuple(checked), at, heard, assumed)


class _Compiler:
    def __init__(
        self,
        checked: CheckedRegime,
        at: dt.date | dt.datetime,
        known: dt.date | dt.datetime,
        assumed: frozenset[str],
    ) -> None:
        self.checked = checked
        self.regime = checked.regime
        self.at = local_date(at, self.regime.timezone)
        self.known = local_date(known, self.regime.timezone)
        self.assumed = assumed
        self.values: dict[str, Const | Unknown] = {}

    def bound(self, tree: Tree) -> Tree:
        return bind(tree, self.values)

    def in_force(self, item: object) -> bool:
        timeline = getattr(item, "timeline", None)
        if timeline is None:
            return True
        name = getattr(item, "id", "")
        return binds(timeline, self.at, self.known, self.assumed, item=name)

    def run(self) -> CompiledRegime:
        regime, checked = self.regime, self.checked
        for name, parameter in regime.parameters.items():
            dated = value_on(parameter.values, self.at, self.known)
            type_ = checked.params[name]
            self.values[name] = (
                replace(parameter_const(dated, type_), name=name)
                if dated is not None
                else Unknown(f"{name} has no value on {self.at}", type_)
            )
        applies = self.bound(checked.applies)
        facts = {name: self.fact(fact) for name, fact in checked.facts.items()}
        rules = [self.rule(r, applies) for r in checked.rules.values() if self.in_force(r.rule)]
        kinds = [c for c in checked.conditions.values() if self.in_force(c.kind)]
        accounts = [
            self.account(a, applies, FALSE, "")
            for a in checked.accounts.values()
            if self.in_force(a.account)
        ]
        accounts += [
            self.account(k.account, all_of([applies, carried]), pending, k.kind.id)
            for k in kinds
            if k.account is not None
            for carried, pending in [self.status(k.kind.id)]
        ]
        party_facts = [p for p in regime.party_facts.values() if self.in_force(p)]
        return CompiledRegime(
            id=regime.id,
            gate=regime.gate,
            title=regime.title,
            authority=regime.authority,
            digest=regime.digest,
            at=self.at,
            known=self.known,
            applies=applies,
            facts=facts,
            clauses=(*rules, *(self.condition(k, applies) for k in kinds)),
            dormant=tuple(self.dormant()),
            accounts=tuple(accounts),
            party_facts=tuple(party_facts),
            lists={
                name: listed_on(listing.entries, self.at, self.known)
                for name, listing in regime.lists.items()
            },
            rounds={n: self.round(r) for n, r in checked.rounds.items() if self.in_force(r.round)},
            source=checked,
        )

    def dormant(self) -> Iterable[Dormant]:
        """What is known by `known` and does not bind at `at`."""
        items: list[tuple[Literal["rule", "condition"], Rule | ConditionKind]] = [
            *(("rule", one.rule) for one in self.checked.rules.values()),
            *(("condition", one.kind) for one in self.checked.conditions.values()),
        ]
        for kind, item in items:
            heard = [s for s in item.timeline.spells if s.public <= self.known]
            if self.in_force(item) or not heard:
                continue
            spell = status_on(item.timeline, self.at, self.known)
            later = min((s.start for s in heard if s.start > self.at), default=None)
            status = spell.status if spell else ("not yet in force" if later else "ended")
            until = spell.end if spell else later
            yield Dormant(item.id, kind, item.says, item.stages, status, until, item.visible_to)

    def fact(self, fact: CheckedFact) -> Tree:
        """The first case that binds and holds: nested choices, from the last one up."""
        tree: Tree = Unknown("no case of the fact holds", fact.type)
        for case in reversed(fact.cases):
            timeline = case.case.timeline
            if timeline and not binds(timeline, self.at, self.known, self.assumed):
                continue
            when, value = self.bound(case.when), self.bound(case.value)
            if isinstance(value, Const):
                value = replace(value, rests=value.rests or case.case.rests)
            tree = value if when is TRUE else If(when, value, tree, fact.type, case.case.rests)
        if fact.override is not None:
            given = Known(fact.override.name, of=fact.override.type)
            tree = If(given, fact.override, tree, fact.type)
        return tree

    def rule(self, checked: CheckedRule, applies: Tree) -> Clause:
        rule = checked.rule
        lifts = [
            self.bound(when)
            for lift, when in self.checked.exceptions.values()
            if rule.id in lift.lifts and self.in_force(lift)
        ]
        undisclosed = checked.require is None
        require = (
            Unknown(f"{self.regime.id}/{rule.id} is not disclosed", BOOL, rule.rests)
            if checked.require is None
            else self.bound(checked.require)
        )
        return Clause(
            regime=self.regime.id,
            gate=self.regime.gate,
            id=rule.id,
            kind="rule",
            says=rule.says,
            stages=rule.stages,
            scope=all_of([applies, self.bound(checked.when)]),
            lifted=any_of([*lifts, *self.waived(rule.id, rule.waiver)]),
            require=require,
            undisclosed=undisclosed,
            opened_by=rule.opened_by,
            waiver=rule.waiver,
            visible_to=rule.visible_to,
            rests=rule.rests,
            place=rule.place,
        )

    def waived(self, item: str, waiver: Waiver | None) -> list[Tree]:
        name = waived_name(self.regime.id, item)
        return [] if waiver is None else [Read(name, BOOL, closed=True)]

    def status(self, kind: str) -> tuple[Tree, Tree]:
        """Where a condition of that kind is carried, and where it is pending."""
        status = Read(condition_name(self.regime.gate, kind, "status"), TEXT, closed=True)

        def one_of(words: tuple[str, ...]) -> Tree:
            return In(status, tuple(Const(word, TEXT) for word in words))

        return one_of(_STATUS), one_of(_PENDING)

    def condition(self, checked: CheckedCondition, applies: Tree) -> Clause:
        kind = checked.kind
        carried, pending = self.status(kind.id)
        require = TRUE if checked.require is None else self.bound(checked.require)
        return Clause(
            regime=self.regime.id,
            gate=self.regime.gate,
            id=kind.id,
            kind="condition",
            says=kind.says,
            stages=kind.stages or ("order",),
            scope=all_of([applies, self.bound(checked.when), carried]),
            lifted=any_of(self.waived(kind.id, kind.waiver)),
            require=require,
            undisclosed=False,
            opened_by="",
            waiver=kind.waiver,
            visible_to=kind.visible_to,
            rests=kind.rests,
            place=kind.place,
            pending=all_of([applies, self.bound(checked.when), pending]),
        )

    def account(
        self, checked: CheckedAccount, applies: Tree, pending: Tree, condition: str
    ) -> AccountPlan:
        account = checked.account
        when = self.bound(checked.when)
        return AccountPlan(
            regime=self.regime.id,
            gate=self.regime.gate,
            id=account.id,
            says=account.says,
            terms=account.terms,
            per=checked.per,
            scope=all_of([applies, when]),
            pending=all_of([pending, when]),
            factor=self.bound(checked.factor),
            reserve=account.draw.reserve,
            post=account.draw.post,
            credits=tuple(
                (credit.on, self.bound(amount), self.bound(test))
                for credit, (amount, test) in zip(account.credits, checked.credits, strict=True)
            ),
            condition=condition,
            waiver=account.waiver,
            visible_to=account.terms.visible_to,
            rests=account.rests,
        )

    def round(self, checked: CheckedRound) -> CheckedRound:
        def some(tree: Tree | None) -> Tree | None:
            return None if tree is None else self.bound(tree)

        return replace(
            checked,
            points=tuple(some(tree) for tree in checked.points),
            floor=some(checked.floor),
            places=some(checked.places),
            quota=some(checked.quota),
        )


def as_agreed(tree: Tree) -> Tree:
    """The tree in which drafted and proposed conditions count as agreed."""
    if isinstance(tree, In) and isinstance(tree.options, tuple):
        words = tuple(option.value for option in tree.options if isinstance(option, Const))
        if words == _STATUS:
            more = tuple(Const(word, TEXT) for word in _PENDING)
            return replace(tree, options=(*tree.options, *more))
    operands = children(tree)
    return with_children(tree, tuple(as_agreed(one) for one in operands)) if operands else tree


def waived_name(regime: str, item: str) -> str:
    """The case's key of a waiver that is on file."""
    return f"@waived/{regime}/{item}"


def issued_read(gate: str) -> Read:
    """Whether the licence at a gate is issued: it settles the rules of application (R1)."""
    return Read(fact_name("licence.issued", gate), BOOL, closed=True)
