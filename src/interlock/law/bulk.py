"""Millions of cases at a time: the compiled law as Polars expressions over a frame.

The same trees that `Decider` evaluates case by case. A column is a vocabulary name
(`product.tpp`, `licence.export.issued`); numbers are scaled integers and dates are days, which
`intake` makes from plain columns. Null is unknown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from interlock.law.compiling.compile import as_agreed, due, issued_read
from interlock.law.deciding.decision import OUTCOMES
from interlock.law.expr.columns import Columns, truth
from interlock.law.expr.kleene import Tri, Val, either, negate
from interlock.law.expr.tree import FALSE, Compare, FactRef, In, Tree, days, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from interlock.law.cases.intake import Intake
    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import Clause, CompiledRegime
    from interlock.law.model import Stage

VERDICTS = ("open", "shut", "unknown")
OUTCOME_TYPE = pl.Enum(OUTCOMES)
VERDICT_TYPE = pl.Enum(VERDICTS)
PASS, FAIL, UNKNOWN, NOT_APPLICABLE, SETTLED, NOT_DUE = range(6)


@dataclass(frozen=True)
class RuleColumns:
    """One clause over a frame: rows that fail, that are unknown (None: none), and the code.

    Attributes:
        name: `<regime>/<rule>`.
        code: outcome as UInt8, in the order of `OUTCOMES`.
    """

    name: str
    gate: str
    fail: pl.Expr | None
    unknown: pl.Expr | None
    code: pl.Expr

    @property
    def told(self) -> pl.Expr:
        """The code under its name."""
        return self.code.alias(self.name)


@dataclass(frozen=True)
class _Compiled:
    """One regime over frames: what it derives, and its clauses by name."""

    regime: CompiledRegime
    facts: dict[str, Tri | Val]
    rules: dict[str, RuleColumns]


class FrameLaw:
    """A law compiled for frames of one shape.

    Attributes:
        rules: its clauses. One that this law and the one it is `like` have alike, with all that it
            rests on, is one object in both: on the same rows it has the same outcomes.

    Args:
        law: compiled for a day.
        stage: for which stage decisions are made.
        names: columns of the frame.
        sure: those of them that hold no null; the more, the less there is to compute.
        agreed: decide as if pending conditions were agreed as drafted.
        categories: texts of the columns that are kept as Enum; comparing those costs least.
        like: another law, compiled before. What both have alike is taken from it, if frames of one
            shape are meant: laws that follow each other differ in little.
    """

    def __init__(
        self,
        law: Law,
        stage: Stage,
        names: Iterable[str],
        sure: Iterable[str] = (),
        *,
        agreed: bool = False,
        categories: Mapping[str, frozenset[str]] | None = None,
        like: FrameLaw | None = None,
    ) -> None:
        self.law = law
        self.categories = dict(categories or {})
        self.stage = stage
        self.names = frozenset(names)
        self.sure = frozenset(sure)
        self.agreed = agreed
        if like is not None and like._shape != self._shape:
            like = None
        self.stages: list[pl.Expr] = [] if like is None else list(like.stages)
        before: dict[str, _Compiled] = {} if like is None else like._regimes
        found = [self._regime(regime, before.get(regime.id)) for regime in law.regimes]
        self._regimes: dict[str, _Compiled] = {one.regime.id: one for one in found}
        self.rules = tuple(rule for one in found for rule in one.rules.values())

    @property
    def _shape(self) -> tuple[object, ...]:
        """What its expressions rest on beside the law."""
        return self.stage, self.agreed, self.names, self.sure, self.categories

    def _regime(self, regime: CompiledRegime, before: _Compiled | None) -> _Compiled:
        used = _facts_used(regime)
        facts: dict[str, Tri | Val] = {}
        rules: dict[str, RuleColumns] = {}
        if before is not None and self._same_ground(regime, before.regime):
            facts, rules = _alike(regime, before)
        given = {"transaction.date": days(regime.at)}
        prefix = "@agreed" if self.agreed else "@"
        columns = Columns(self.names, self.sure, facts, given, self.categories, prefix)
        # Stage columns of all regimes share one frame, so they share one numbering.
        columns.stages = self.stages
        derived = {x: tree for x, tree in regime.facts.items() if x in used and x not in facts}
        clauses = [one for one in regime.clauses if one.name not in rules]
        columns.repeated = _repeated(derived.values(), clauses)
        for name, tree in derived.items():
            facts[name] = columns.keep(columns.compile(tree))
        rules |= {clause.name: self._rule(clause, columns) for clause in clauses}
        return _Compiled(regime, facts, {one.name: rules[one.name] for one in regime.clauses})

    def _same_ground(self, one: CompiledRegime, other: CompiledRegime) -> bool:
        """Whether trees that are equal mean the same in both: the day, and who is listed."""
        dated = one.at == other.at or "transaction.date" in self.sure
        return dated and (one.party_facts, one.lists) == (other.party_facts, other.lists)

    def _rule(self, clause: Clause, columns: Columns) -> RuleColumns:
        reached = due(clause.stages, self.stage)
        pending = truth(clause.pending, columns) if clause.pending is not FALSE else None
        if self.agreed:
            pending = None
        if not reached and pending is None:
            return RuleColumns(clause.name, clause.gate, None, None, _literal(NOT_DUE))
        if not reached:
            fail, unknown, other = None, None, _literal(NOT_DUE)
        else:
            fail, unknown, other = self._outcome(clause, columns, reached)
        if pending is not None:
            wait = pending.ct  # if it may apply, nothing is agreed
            fail = None if fail is None else fail & ~wait
            unknown = wait if unknown is None else unknown | wait
        return RuleColumns(clause.name, clause.gate, fail, unknown, _code(fail, unknown, other))

    def _outcome(
        self, clause: Clause, columns: Columns, reached: Sequence[Stage]
    ) -> tuple[pl.Expr | None, pl.Expr | None, pl.Expr]:
        """Rows that fail, rows that are unknown, and the code of the others."""
        scope = truth(self._carried(clause.scope), columns)
        lifted = truth(clause.lifted, columns)
        outcome = either([negate(scope), lifted, truth(clause.require, columns)])
        fail, unknown = _some(outcome.false, outcome), _unknown(outcome)
        other = _literal(PASS)
        if scope.fixed is None:
            other = pl.when(scope.false).then(_literal(NOT_APPLICABLE)).otherwise(other)
        elif not scope.fixed:
            other = _literal(NOT_APPLICABLE)
        if tuple(reached) == ("application",) and self.stage != "application":
            settled = truth(issued_read(clause.gate), columns)
            if settled.fixed is not False:
                applied = settled.true if scope.fixed else settled.true & ~scope.false
                fail = None if fail is None else fail & ~applied
                unknown = None if unknown is None else unknown & ~applied
                other = pl.when(applied).then(_literal(SETTLED)).otherwise(other)
        return fail, unknown, other

    def _carried(self, scope: Tree) -> Tree:
        """The scope; as if agreed, pending conditions are carried too."""
        return as_agreed(scope) if self.agreed else scope

    def outcomes(self) -> list[pl.Expr]:
        """One UInt8 column for each rule, in the order of `OUTCOMES`."""
        return [rule.told for rule in self.rules]

    def behind(self, exprs: Iterable[pl.Expr]) -> tuple[frozenset[str], list[pl.Expr]]:
        """What expressions of this law look at: columns of the frame, and helper columns."""
        stages = {one.meta.output_name(): one for one in self.stages}
        waiting, found = list(exprs), set[str]()
        while waiting:
            names = set(waiting.pop().meta.root_names()) - found
            found |= names
            waiting += [stages[name] for name in names if name in stages]
        return frozenset(found & self.names), [x for n, x in stages.items() if n in found]

    def verdict(self, gate: str | None = None) -> pl.Expr:
        """The verdict of one gate or of all as UInt8, in the order of `VERDICTS`."""
        rules = [rule for rule in self.rules if gate is None or rule.gate == gate]
        return verdict_code([r.fail for r in rules], [r.unknown for r in rules])

    def staged(self, frame: pl.LazyFrame, stages: Sequence[pl.Expr] | None = None) -> pl.LazyFrame:
        """The frame with the helper columns that the expressions read, or with some of those."""
        for level in levels(self.stages if stages is None else stages):
            frame = frame.with_columns(level)
        return frame

    def decided(
        self, frame: pl.LazyFrame, *, keep: Sequence[str] = (), gates: bool = True
    ) -> pl.LazyFrame:
        """Columns kept, then `verdict`, the verdict of each gate, and the outcome of each rule."""
        return self.selected(self.staged(frame), keep=keep, gates=gates)

    def selected(
        self, frame: pl.LazyFrame, *, keep: Sequence[str] = (), gates: bool = True
    ) -> pl.LazyFrame:
        """The same of a frame that has the helper columns already."""
        by_gate = (
            [self.verdict(gate).alias(f"gate.{gate}") for gate in self.law.gates] if gates else []
        )
        verdict = self.verdict().alias("verdict")
        selected = [*(pl.col(name) for name in keep), verdict, *by_gate, *self.outcomes()]
        return frame.select(selected)

    def named(self, decided: pl.LazyFrame) -> pl.LazyFrame:
        """Codes as words (categories): verdicts, outcomes, and `because`, the rule that decides."""
        verdicts = [
            pl.col(name).cat.to(VERDICT_TYPE)
            for name in ("verdict", *(f"gate.{gate}" for gate in self.law.gates))
        ]
        outcomes = [pl.col(rule.name).cat.to(OUTCOME_TYPE) for rule in self.rules]
        return decided.with_columns(self.because().alias("because"), *verdicts, *outcomes)

    def because(self) -> pl.Expr:
        """The first rule that fails, else the first that is unknown; null where all is open."""
        names = [rule.name for rule in self.rules]
        found = pl.lit(None, dtype=pl.UInt16)
        for code in (UNKNOWN, FAIL):
            for index in range(len(names) - 1, -1, -1):
                rule = self.rules[index]
                if (rule.fail if code == FAIL else rule.unknown) is None:
                    continue
                hit = pl.col(rule.name) == code
                found = pl.when(hit).then(pl.lit(index, dtype=pl.UInt16)).otherwise(found)
        return found.cat.to(pl.Enum(names))


def decide_table(law: Law, stage: Stage, ready: Intake) -> pl.LazyFrame:
    """A table with its decisions.

    Columns: `id` where given, `verdict`, `if_agreed`, each gate, each rule, `because`.

    Args:
        law: compiled for a day.
        stage: for which stage the decisions are made.
        ready: the table as `intake` made it ready.
    """
    shape = (law, stage, ready.names, ready.sure)
    now = FrameLaw(*shape, categories=ready.categories)
    frame, verdict = ready.frame, now.verdict()
    if any(".condition." in name for name in ready.names):
        agreed = FrameLaw(*shape, categories=ready.categories, agreed=True)
        frame, verdict = agreed.staged(frame), agreed.verdict()
    kept = [name for name in ("id",) if name in frame.collect_schema()]
    staged = now.staged(frame).with_columns(verdict.cat.to(VERDICT_TYPE).alias("if_agreed"))
    decided = now.named(now.selected(staged, keep=[*kept, "if_agreed"]))
    return decided.select(*kept, "verdict", "if_agreed", pl.exclude(*kept, "verdict", "if_agreed"))


def levels(stages: Sequence[pl.Expr]) -> list[list[pl.Expr]]:
    """Helper columns in as few steps as their order allows: each step costs a pass of its own."""
    depth: dict[str, int] = {}
    found: list[list[pl.Expr]] = []
    for stage in stages:
        level = max((depth.get(name, -1) + 1 for name in stage.meta.root_names()), default=0)
        depth[stage.meta.output_name()] = level
        if level == len(found):
            found.append([])
        found[level].append(stage)
    return found


def verdict_code(fails: list[pl.Expr | None], unknowns: list[pl.Expr | None]) -> pl.Expr:
    """0 open, 1 shut, 2 unknown: shut if any fails, unknown if none fails and some is unknown."""
    failing = [expr for expr in fails if expr is not None]
    waiting = [expr for expr in unknowns if expr is not None]
    fail = reduce(pl.Expr.or_, failing) if failing else None
    unknown = reduce(pl.Expr.or_, waiting) if waiting else None
    if fail is not None and unknown is not None:
        unknown = unknown & ~fail
    return _code(fail, unknown, _literal(0))


def _code(fail: pl.Expr | None, unknown: pl.Expr | None, other: pl.Expr) -> pl.Expr:
    """1 where it fails, 2 where it is unknown, else the other code; the rows are disjoint."""
    code = other
    if fail is not None:
        code = pl.when(fail).then(_literal(FAIL)).otherwise(code)
    if unknown is not None:
        code = pl.when(unknown).then(_literal(UNKNOWN)).otherwise(code)
    return code


def _literal(code: int) -> pl.Expr:
    return pl.lit(code, dtype=pl.UInt8)


def _some(rows: pl.Expr, outcome: Tri) -> pl.Expr | None:
    return None if outcome.fixed is True else rows


def _unknown(outcome: Tri) -> pl.Expr | None:
    return None if outcome.cf is None else outcome.unknown


def _facts_used(regime: CompiledRegime) -> set[str]:
    """The derived facts that any rule looks at, through other facts too."""
    trees = [tree for clause in regime.clauses for tree in clause.trees]
    return {node.name for node in regime.nodes(trees) if isinstance(node, FactRef)}


def _repeated(facts: Iterable[Tree], clauses: Iterable[Clause]) -> frozenset[Tree]:
    """Comparisons that occur more than once: computed once, they cost one bit a row to keep."""
    trees = [*facts, *(tree for clause in clauses for tree in clause.trees)]
    found = Counter(n for tree in trees for n in walk(tree) if isinstance(n, Compare | In))
    return frozenset(node for node, count in found.items() if count > 1)


def _alike(
    regime: CompiledRegime, before: _Compiled
) -> tuple[dict[str, Tri | Val], dict[str, RuleColumns]]:
    """Facts and clauses of a regime that are what they were, with every fact they look at."""
    old = before.regime
    facts: dict[str, Tri | Val] = {}

    def stands(trees: Sequence[Tree]) -> bool:
        refs = (n.name for tree in trees for n in walk(tree) if isinstance(n, FactRef))
        return all(name in facts for name in refs)

    for name, tree in regime.facts.items():  # a fact comes after those that it looks at
        if name in before.facts and old.facts[name] == tree and stands([tree]):
            facts[name] = before.facts[name]
    were = {clause.name: clause for clause in old.clauses}
    rules = {
        one.name: before.rules[one.name]
        for one in regime.clauses
        if (was := were.get(one.name)) is not None
        and (one.gate, one.stages, one.trees) == (was.gate, was.stages, was.trees)
        and stands(one.trees)
    }
    return facts, rules
