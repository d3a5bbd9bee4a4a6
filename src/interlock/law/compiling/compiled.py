"""What binds on a day, as data: clauses, accounts and what lies dormant, regime by regime."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from interlock.law.expr.tree import FALSE, TRUE, FactRef, Junction, Known, Not, Read, Tree, walk

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from interlock.files import Place
    from interlock.law.compiling.checked import (
        CheckedRegime,
        CheckedRound,
    )
    from interlock.law.model import (
        ListEntry,
        PartyFact,
        Rests,
        Stage,
        Waiver,
    )
    from interlock.law.terms import AccountTerms

GATES = ("export", "import", "supply", "customs")
"""The order in which a unit passes the gates that we know; others follow by name."""


@dataclass(frozen=True)
class Clause:
    """One thing that must hold: a rule in force, or a kind of condition.

    Attributes:
        scope: where it applies; elsewhere it is not applicable.
        lifted: where an exception or a waiver lifts it.
        require: what must hold.
        pending: for a condition, where it is drafted or proposed but not agreed.
    """

    regime: str
    gate: str
    id: str
    kind: Literal["rule", "condition"]
    says: str
    stages: tuple[Stage, ...]
    scope: Tree
    lifted: Tree
    require: Tree
    undisclosed: bool
    opened_by: str
    waiver: Waiver | None
    visible_to: tuple[str, ...]
    rests: Rests
    place: Place
    pending: Tree = FALSE

    @property
    def name(self) -> str:
        """`<regime>/<id>`: unique in the law."""
        return f"{self.regime}/{self.id}"

    @property
    def outcome(self) -> Tree:
        """The three-valued outcome."""
        return any_of([negated(self.scope), self.lifted, self.require])

    @property
    def trees(self) -> tuple[Tree, ...]:
        """All that its outcome rests on."""
        return (self.scope, self.lifted, self.require, self.pending)


@dataclass(frozen=True)
class AccountPlan:
    """How order lines draw on one kind of account.

    `condition` names the kind of condition that brings it, or is empty.
    """

    regime: str
    gate: str
    id: str
    says: str
    terms: AccountTerms
    per: tuple[Read, ...]
    scope: Tree
    pending: Tree
    factor: Tree
    reserve: Stage
    post: Stage
    credits: tuple[tuple[str, Tree, Tree], ...]
    condition: str
    waiver: Waiver | None
    visible_to: tuple[str, ...]
    rests: Rests


@dataclass(frozen=True)
class Dormant:
    """A rule or condition that is known and does not bind on the day, with its status."""

    id: str
    kind: Literal["rule", "condition"]
    says: str
    stages: tuple[Stage, ...]
    status: str
    until: dt.date | None
    visible_to: tuple[str, ...]


@dataclass(frozen=True)
class CompiledRegime:
    """One regime on one day."""

    id: str
    gate: str
    title: str
    authority: str
    digest: str
    at: dt.date
    known: dt.date
    applies: Tree
    facts: dict[str, Tree]
    clauses: tuple[Clause, ...]
    dormant: tuple[Dormant, ...]
    accounts: tuple[AccountPlan, ...]
    party_facts: tuple[PartyFact, ...]
    lists: dict[str, tuple[ListEntry, ...]]
    rounds: dict[str, CheckedRound]
    source: CheckedRegime

    @cached_property
    def reads(self) -> frozenset[str]:
        """The facts that its verdict and legs depend on, also through what it derives.

        Cases that differ in others alone are decided alike; what is only derived to be told is not
        among them.
        """
        trees = [self.applies, *(tree for clause in self.clauses for tree in clause.trees)]
        for plan in self.accounts:
            trees += [*plan.per, plan.scope, plan.pending, plan.factor]
            trees += [tree for _, *both in plan.credits for tree in both]
        return frozenset(n.name for n in self.nodes(trees) if isinstance(n, Read | Known))

    def nodes(self, trees: Iterable[Tree]) -> Iterator[Tree]:
        """Every node of trees, and of the derived facts that they look at, each fact once."""
        waiting, derived = list(trees), dict(self.facts)
        while waiting:
            for node in walk(waiting.pop()):
                yield node
                if isinstance(node, FactRef) and node.name in derived:
                    waiting.append(derived.pop(node.name))


def all_of(parts: Iterable[Tree]) -> Tree:
    """Kleene and, without the parts that are plainly true."""
    found = [part for part in parts if part is not TRUE]
    if any(part is FALSE for part in found):
        return FALSE
    return Junction("and", tuple(found)) if len(found) > 1 else (found[0] if found else TRUE)


def any_of(parts: Iterable[Tree]) -> Tree:
    """Kleene or, without the parts that are plainly false."""
    found = [part for part in parts if part is not FALSE]
    if any(part is TRUE for part in found):
        return TRUE
    return Junction("or", tuple(found)) if len(found) > 1 else (found[0] if found else FALSE)


def negated(tree: Tree) -> Tree:
    """Kleene not."""
    if tree is TRUE:
        return FALSE
    return TRUE if tree is FALSE else Not(tree)
