"""A regime whose every expression has its type, and the names under which a case keeps things."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from interlock.law.expr.numbers import constant, rescale
from interlock.law.expr.tree import Const, Read, Tree, Type, days
from interlock.law.units import unit

if TYPE_CHECKING:
    from interlock.law.model import (
        Account,
        ConditionKind,
        DatedValue,
        ExceptionRule,
        Fact,
        FactCase,
        Regime,
        RoundRule,
        Rule,
    )
    from interlock.law.vocabulary import Entry, Vocabulary

KEYS = {
    "licence": "licence.id",
    "holder": "buyer.id",
    "buyer": "buyer.id",
    "exporter": "exporter.id",
    "product": "product.name",
    "group": "licence.group",
    "round": "licence.round",
}
"""What the short words of an account's `per` stand for."""


@dataclass(frozen=True)
class CheckedCase:
    """One line of a derived fact."""

    case: FactCase
    when: Tree
    value: Tree


@dataclass(frozen=True)
class CheckedFact:
    """A derived fact; `override` is the name whose value on file wins."""

    fact: Fact
    type: Type
    cases: tuple[CheckedCase, ...]
    override: Read | None


@dataclass(frozen=True)
class CheckedRule:
    """A rule; `require` None: undisclosed."""

    rule: Rule
    when: Tree
    require: Tree | None


@dataclass(frozen=True)
class CheckedAccount:
    """An account; `per` are the names of the case that make its key."""

    account: Account
    when: Tree
    factor: Tree
    credits: tuple[tuple[Tree, Tree], ...]
    per: tuple[Read, ...]


@dataclass(frozen=True)
class CheckedCondition:
    """A kind of condition; its parameters are names of the case."""

    kind: ConditionKind
    when: Tree
    require: Tree | None
    account: CheckedAccount | None


@dataclass(frozen=True)
class CheckedRound:
    """A round: points of each criterion (None: undisclosed), floor, places, quota."""

    round: RoundRule
    points: tuple[Tree | None, ...]
    floor: Tree | None
    places: Tree | None
    quota: Tree | None


@dataclass(frozen=True)
class CheckedRegime:
    """A regime with typed expressions."""

    regime: Regime
    vocabulary: Vocabulary
    applies: Tree
    params: dict[str, Type] = field(default_factory=dict)
    facts: dict[str, CheckedFact] = field(default_factory=dict)
    rules: dict[str, CheckedRule] = field(default_factory=dict)
    exceptions: dict[str, tuple[ExceptionRule, Tree]] = field(default_factory=dict)
    conditions: dict[str, CheckedCondition] = field(default_factory=dict)
    accounts: dict[str, CheckedAccount] = field(default_factory=dict)
    rounds: dict[str, CheckedRound] = field(default_factory=dict)


def fact_name(name: str, gate: str) -> str:
    """A vocabulary name as the case keys it: licence names belong to one gate."""
    return f"licence.{gate}.{name[8:]}" if name.startswith("licence.") else name


def condition_name(gate: str, kind: str, attribute: str) -> str:
    """The case's key of a condition's status or parameter."""
    return f"licence.{gate}.condition.{kind}.{attribute}"


def party_name(regime: str, fact: str) -> str:
    """The case's key of a fact about its parties."""
    return f"@party/{regime}/{fact}"


def read_of(entry: Entry, gate: str) -> Read:
    """The node that reads a vocabulary name."""
    type_ = Type(entry.type, values=tuple(entry.values))
    closed = entry.world == "closed"
    if entry.type != "number":
        return Read(fact_name(entry.name, gate), type_, closed=closed)
    type_ = Type("number", unit(entry.unit), entry.places)
    low = int((entry.low or 0) * 10**entry.places)
    high = int((entry.high or 0) * 10**entry.places)
    return Read(fact_name(entry.name, gate), type_, low, high, closed)


def parameter_const(dated: DatedValue, type_: Type) -> Const:
    """A dated value of a parameter as a constant of the parameter's type."""
    if isinstance(dated.value, tuple):
        texts = tuple(str(item) for item in dated.value)
        return Const(texts, type_, dated.rests)
    if type_.kind == "date":
        return Const(days(dated.value), type_, dated.rests)  # type: ignore[arg-type]
    written = constant(dated.value, type_.unit)
    node = rescale(written, type_.places) if type_.kind == "number" else written
    assert isinstance(node, Const)  # noqa: S101 - constants rescale to constants
    return replace(node, type=type_, rests=dated.rests)
