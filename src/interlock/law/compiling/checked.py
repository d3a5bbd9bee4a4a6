"""A regime whose every expression has its type: all faults of meaning are found here.

`check_regime` needs no date. `compile` then picks what binds on a day.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from interlock.law.expr.check import Scope, check, infer
from interlock.law.expr.numbers import constant, rescale
from interlock.law.expr.tree import (
    BOOL,
    DATE,
    FALSE,
    TEXT,
    TEXTS,
    TRUE,
    Const,
    FactRef,
    Param,
    Read,
    Tree,
    Type,
    days,
)
from interlock.law.units import BARE, NONE, Unit, unit
from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    from interlock.files import Faults, Place
    from interlock.law.model import (
        Account,
        ConditionKind,
        ConditionParameter,
        DatedValue,
        ExceptionRule,
        Expression,
        Fact,
        FactCase,
        Parameter,
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


def check_regime(regime: Regime, faults: Faults) -> CheckedRegime:
    """Give every expression of a regime its type.

    Args:
        regime: as read, free of faults of form.
        faults: collects unknown names, wrong types and units; the result is usable only if none
            was added.
    """
    return RegimeChecker(regime, faults).run()


class RegimeChecker:
    """One pass over a regime; afterwards its names are at hand for a private file."""

    def __init__(self, regime: Regime, faults: Faults) -> None:
        self.regime = regime
        self.faults = faults
        self.words = vocabulary().with_names(regime.names)
        self.names: dict[str, Read | Param | FactRef] = {
            name: read_of(entry, regime.gate) for name, entry in self.words.entries.items()
        }
        self.counters: dict[str, Type] = {
            name: Type("number", unit(account.terms.unit), account.terms.places)
            for name, account in regime.accounts.items()
        }

    def run(self) -> CheckedRegime:
        """The regime with typed expressions; faults go to the collector."""
        regime = self.regime
        params = {name: self._parameter(p) for name, p in regime.parameters.items()}
        for name, type_ in params.items():
            self.names[name] = Param(name, type_)
        for name, party in regime.party_facts.items():
            values = () if party.kind == "listed" else ("no", "owned", "unknown_share")
            kind = BOOL if party.kind == "listed" else replace(TEXT, values=values)
            self.names[name] = Read(party_name(regime.id, name), kind)
        facts: dict[str, CheckedFact] = {}
        for name, fact in regime.facts.items():
            facts[name] = self._fact(fact)
            self.names[name] = FactRef(name, facts[name].type)
        return CheckedRegime(
            regime=regime,
            vocabulary=self.words,
            applies=self.yes_no(regime.applies),
            params=params,
            facts=facts,
            rules={
                name: CheckedRule(rule, self.yes_no(rule.when), self._require(rule.require))
                for name, rule in regime.rules.items()
            },
            exceptions={
                name: (lift, self.yes_no(lift.when)) for name, lift in regime.exceptions.items()
            },
            conditions={n: self._condition(kind) for n, kind in regime.conditions.items()},
            accounts={n: self._account(a, self.scope()) for n, a in regime.accounts.items()},
            rounds={name: self._round(rule) for name, rule in regime.rounds.items()},
        )

    def scope(self, more: dict[str, Read] | None = None) -> Scope:
        """The names that an expression of the regime may use."""
        later = frozenset(self.regime.facts) - self.names.keys()
        return Scope({**self.names, **(more or {})}, self.counters, self.regime.id, later)

    def yes_no(self, expression: Expression | None, scope: Scope | None = None) -> Tree:
        """A yes/no expression; none is true, a faulty one false."""
        if expression is None:
            return TRUE
        return check(expression, scope or self.scope(), self.faults, BOOL) or FALSE

    def _require(self, expression: Expression | None, scope: Scope | None = None) -> Tree | None:
        return None if expression is None else self.yes_no(expression, scope)

    def number(self, expression: Expression, unit_: Unit, scope: Scope) -> Tree:
        """An expression of a number; a faulty one is zero."""
        want = Type("number", unit_)
        return check(expression, scope, self.faults, want) or Const(0, want)

    def _unit(self, text: str, place: Place) -> Unit:
        try:
            return unit(text)
        except ValueError as error:
            self.faults.add(place, str(error), "write e.g. TPP, GB/s or chip")
            return NONE

    def _parameter(self, parameter: Parameter) -> Type:
        stated = self._unit(parameter.unit, parameter.place)
        types = [_value_type(value, stated) for value in parameter.values]
        first = types[0]
        for value, type_ in zip(parameter.values, types, strict=True):
            if type_.kind != first.kind:
                wrong = f"this value is {type_}, the first one {first}"
                self.faults.add(value.place, wrong, "give all values of a parameter one kind")
        places = max([parameter.places, *(type_.places for type_ in types)])
        return replace(first, places=places) if first.kind == "number" else first

    def _fact(self, fact: Fact) -> CheckedFact:
        scope = self.scope()
        stated = self._unit(fact.unit, fact.place)
        override = self.names.get(fact.overridden_by) if fact.overridden_by else None
        if fact.overridden_by and not isinstance(override, Read):
            wrong = f"unknown name '{fact.overridden_by}'"
            self.faults.add(fact.place, wrong, self.words.near(fact.overridden_by))
            override = None
        cases = [self._fact_case(case, stated, scope) for case in fact.cases]
        found = [c.value.type for c in cases]
        type_ = self._joined(fact, found, stated)
        if isinstance(override, Read):
            if override.type.kind != type_.kind:
                wrong = f"'{fact.overridden_by}' is {override.type}, the fact {type_}"
                self.faults.add(fact.place, wrong, "let a value of one kind override it")
            type_ = replace(type_, values=())
        if type_.kind == "number":
            same = [c.value.type.kind == "number" for c in cases]
            cases = [
                replace(case, value=rescale(case.value, type_.places)) if is_number else case
                for case, is_number in zip(cases, same, strict=True)
            ]
        return CheckedFact(
            fact, type_, tuple(cases), override if isinstance(override, Read) else None
        )

    def _fact_case(self, case: FactCase, stated: Unit, scope: Scope) -> CheckedCase:
        when = self.yes_no(case.when, scope)
        if case.constant is not None:
            return CheckedCase(
                case, when, constant(case.constant, stated if stated.powers else BARE)
            )
        assert case.value is not None  # noqa: S101 - the reader demands one of the two
        value = infer(case.value, scope, self.faults)
        return CheckedCase(case, when, value or Const(0, Type("number", BARE)))

    def _joined(self, fact: Fact, found: list[Type], stated: Unit) -> Type:
        first = found[0]
        for case, type_ in zip(fact.cases, found, strict=True):
            if type_.kind != first.kind:
                wrong = f"this case gives {type_}, the first one {first}"
                self.faults.add(case.place, wrong, "give all cases one kind of value")
            elif type_.kind == "number" and not type_.unit.fits(
                stated if stated.powers else first.unit
            ):
                wrong = (
                    f"this case gives {type_.unit}, not {stated if stated.powers else first.unit}"
                )
                self.faults.add(case.place, wrong, "give all cases one unit")
        if first.kind == "number":
            units = [t.unit for t in found if not t.unit.bare]
            measure = stated if stated.powers else (units[0] if units else NONE)
            return Type("number", measure, max([fact.places, *(t.places for t in found)]))
        if first.kind == "text" and all(t.values for t in found):
            values = dict.fromkeys(value for t in found for value in t.values)
            return replace(first, values=tuple(values))
        return replace(first, values=())

    def _condition(self, kind: ConditionKind) -> CheckedCondition:
        gate = self.regime.gate
        names = {
            parameter.id: Read(condition_name(gate, kind.id, parameter.id), self._kind(parameter))
            for parameter in kind.parameters
        }
        scope = self.scope(names)
        account = None if kind.account is None else self._account(kind.account, scope)
        when = self.yes_no(kind.when, scope)
        return CheckedCondition(kind, when, self._require(kind.require, scope), account)

    def _kind(self, parameter: ConditionParameter) -> Type:
        plain = {"text": TEXT, "date": DATE, "bool": BOOL}
        if parameter.type in plain:
            return plain[parameter.type]
        return Type("number", self._unit(parameter.unit, parameter.place), parameter.places)

    def _account(self, account: Account, scope: Scope) -> CheckedAccount:
        gate = self.regime.gate
        per = []
        for name in account.per:
            entry = self.words.entry(KEYS.get(name, name))
            if entry is None or entry.type != "text":
                wrong = f"'{name}' cannot key an account"
                mend = f"write {', '.join(KEYS)} or a text name of the vocabulary"
                self.faults.add(account.place, wrong, mend)
            else:
                per.append(read_of(entry, gate))
        count = Read("@quantity", Type("number", unit("chip")))
        events = Scope(
            {**scope.names, "quantity": count, "date": Read("@date", DATE)}, scope.accounts
        )
        fills = tuple(
            (
                self._amount(credit.amount, account, events),
                self.yes_no(credit.when, events),
            )
            for credit in account.credits
        )
        factor = self._amount(account.draw.factor, account, scope)
        when = self.yes_no(account.when, scope)
        return CheckedAccount(account, when, factor, fills, tuple(per))

    def _amount(self, expression: Expression, account: Account, scope: Scope) -> Tree:
        tree = self.number(expression, BARE, scope)
        own = self._unit(account.terms.unit, account.place)
        found = tree.type.unit
        per_unit = own / unit("chip")
        if not (found.bare or not found.powers or found in (own, per_unit, unit("chip"))):
            wrong = f"the amount is in {found}, the account in {own}"
            self.faults.add(expression.place, wrong, f"write an amount in {own} or a plain number")
        return tree

    def _round(self, rule: RoundRule) -> CheckedRound:
        scope = self.scope()
        points = tuple(
            None if c.points is None else self.number(c.points, BARE, scope) for c in rule.criteria
        )

        def limit(expression: Expression | None) -> Tree | None:
            return None if expression is None else self.number(expression, BARE, scope)

        return CheckedRound(rule, points, limit(rule.floor), limit(rule.places), limit(rule.quota))


def _value_type(dated: DatedValue, stated: Unit) -> Type:
    if isinstance(dated.value, tuple):
        return TEXTS
    return replace(constant(dated.value, stated).type, values=())


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
