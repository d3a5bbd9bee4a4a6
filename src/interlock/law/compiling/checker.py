"""Giving every expression of a regime its names, types and units: all faults of meaning.

`check_regime` needs no date. `compile` then picks what binds on a day.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from interlock.files.phrases import Phrase, phrase, phrases
from interlock.law.compiling.checked import (
    KEYS,
    CheckedAccount,
    CheckedCase,
    CheckedCondition,
    CheckedFact,
    CheckedRegime,
    CheckedRound,
    CheckedRule,
    condition_name,
    party_name,
    read_of,
)
from interlock.law.expr.check import Scope, check, infer
from interlock.law.expr.numbers import constant, fineness, rescale
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
        Expression,
        Fact,
        FactCase,
        Parameter,
        Regime,
        RoundRule,
    )


def check_regime(regime: Regime, faults: Faults) -> CheckedRegime:
    """Give every expression of a regime its type.

    Args:
        regime: as read. What its `doubtful` names is not examined, and nothing that hangs on it.
        faults: collects unknown names, wrong types and units; the result is usable only if none
            was added and the regime is free of faults of form.
    """
    return RegimeChecker(regime, faults).run()


class RegimeChecker:
    """One pass over a regime; afterwards its names are at hand for a private file."""

    def __init__(self, regime: Regime, faults: Faults) -> None:
        self.regime = regime
        self.faults = faults
        self.doubtful = set(regime.doubtful)
        self.fine: dict[str, int] = {}
        own = {name: one for name, one in regime.names.items() if name not in self.doubtful}
        self.words = vocabulary().with_names(own)
        self.names: dict[str, Read | Param | FactRef] = {
            name: read_of(entry, regime.gate) for name, entry in self.words.entries.items()
        }
        self.counters: dict[str, Type] = {
            name: Type("number", unit(account.terms.unit), account.terms.places)
            for name, account in regime.accounts.items()
            if name not in self.doubtful
        }

    def run(self) -> CheckedRegime:
        """The regime with typed expressions; faults go to the collector."""
        regime = self.regime
        params = {
            name: self._parameter(parameter)
            for name, parameter in regime.parameters.items()
            if name not in self.doubtful
        }
        for name, type_ in params.items():
            self.names[name] = Param(name, type_)
        for name, party in regime.party_facts.items():
            if name in self.doubtful:
                continue
            values = () if party.kind == "listed" else ("no", "owned", "unknown_share")
            kind = BOOL if party.kind == "listed" else replace(TEXT, values=values)
            self.names[name] = Read(party_name(regime.id, name), kind)
        facts: dict[str, CheckedFact] = {}
        for name, fact in regime.facts.items():
            checked = self._fact(fact)
            if checked is None:  # of what kind it is stays open, so nothing is said of its uses
                self.doubtful.add(name)
            else:
                facts[name] = checked
                self.names[name] = FactRef(name, checked.type)
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
        doubtful = frozenset(self.doubtful)
        later = frozenset(self.regime.facts) - self.names.keys() - doubtful
        names = {**self.names, **(more or {})}
        return Scope(names, self.counters, self.regime.id, later, doubtful)

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
            self.faults.add(place, error.args[0], phrase("write e.g. TPP, GB/s or chip"))
            return NONE

    def _parameter(self, parameter: Parameter) -> Type:
        stated = self._unit(parameter.unit, parameter.place)
        types = [_value_type(value, stated) for value in parameter.values]
        first = types[0]
        for value, type_ in zip(parameter.values, types, strict=True):
            if type_.kind != first.kind:
                wrong = phrase("this value is {kind}, the first one {first}",
                               kind=type_.says, first=first.says)  # fmt: skip
                self.faults.add(
                    value.place, wrong, phrase("give all values of a parameter one kind")
                )
        places = max([parameter.places, *(type_.places for type_ in types)])
        return replace(first, places=places) if first.kind == "number" else first

    def _fact(self, fact: Fact) -> CheckedFact | None:
        """The typed fact; None, with its faults noted, where it has no kind that is sure."""
        scope = self.scope()
        stated = self._unit(fact.unit, fact.place)
        given = [self._fact_case(case, stated, scope) for case in fact.cases]
        cases = [case for case in given if case is not None]
        if fact.id in self.doubtful or len(cases) < len(given):
            return None
        override = self.names.get(fact.overridden_by) if fact.overridden_by else None
        if fact.overridden_by and not isinstance(override, Read):
            wrong = phrase("unknown name '{name}'", name=fact.overridden_by)
            self.faults.add(fact.place, wrong, self.words.near(fact.overridden_by))
            override = None
        found = [c.value.type for c in cases]
        type_ = self._joined(fact, found, stated)
        if isinstance(override, Read):
            if override.type.kind != type_.kind:
                wrong = phrase("'{name}' is {kind}, the fact {other}", name=fact.overridden_by,
                               kind=override.type.says, other=type_.says)  # fmt: skip
                self.faults.add(fact.place, wrong, phrase("let a value of one kind override it"))
            type_ = replace(type_, values=())
        if type_.kind == "number":
            self.fine[fact.id] = max(fineness(case.value, self.fine) for case in cases)
            same = [c.value.type.kind == "number" for c in cases]
            cases = [
                replace(case, value=rescale(case.value, type_.places)) if is_number else case
                for case, is_number in zip(cases, same, strict=True)
            ]
        return CheckedFact(
            fact, type_, tuple(cases), override if isinstance(override, Read) else None
        )

    def _fact_case(self, case: FactCase, stated: Unit, scope: Scope) -> CheckedCase | None:
        when = self.yes_no(case.when, scope)
        value: Tree | None = None
        if case.constant is not None:
            value = constant(case.constant, stated if stated.powers else BARE)
        elif case.value is not None:
            value = infer(case.value, scope, self.faults)
        return None if value is None else CheckedCase(case, when, value)

    def _joined(self, fact: Fact, found: list[Type], stated: Unit) -> Type:
        first = found[0]
        for case, type_ in zip(fact.cases, found, strict=True):
            if type_.kind != first.kind:
                wrong = phrase("this case gives {kind}, the first one {first}",
                               kind=type_.says, first=first.says)  # fmt: skip
                self.faults.add(case.place, wrong, phrase("give all cases one kind of value"))
            elif type_.kind == "number" and not type_.unit.fits(
                stated if stated.powers else first.unit
            ):
                want = stated if stated.powers else first.unit
                wrong = phrase("this case gives {unit}, not {want}",
                               unit=type_.unit.says, want=want.says)  # fmt: skip
                self.faults.add(case.place, wrong, phrase("give all cases one unit"))
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
            if parameter.id not in self.doubtful
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
            short = f"{name}.id" if name in self.words.roles else name
            entry = self.words.entry(KEYS.get(name, short))
            if entry is not None and entry.type == "text":
                per.append(read_of(entry, gate))
            elif account.id not in self.doubtful:
                wrong = phrase("'{name}' cannot key an account", name=name)
                mend = phrase("write {names} or a text name of the vocabulary", names=phrases(KEYS))
                self.faults.add(account.place, wrong, mend)
        count = Read("@quantity", Type("number", unit("chip")))
        of_event = {"quantity": count, "date": Read("@date", DATE)}
        events = replace(scope, names={**scope.names, **of_event})
        fills = tuple(
            (
                self._amount(credit.amount, account, events, phrase("the amount of a credit")),
                self.yes_no(credit.when, events),
            )
            for credit in account.credits
        )
        factor = self._amount(account.draw.factor, account, scope, phrase("the factor"))
        when = self.yes_no(account.when, scope)
        return CheckedAccount(account, when, factor, fills, tuple(per))

    def _amount(self, expression: Expression, account: Account, scope: Scope, what: Phrase) -> Tree:
        tree = self.number(expression, BARE, scope)
        if account.id in self.doubtful:
            return tree
        own, found = self._unit(account.terms.unit, account.place), tree.type.unit
        if not (found.bare or not found.powers or found in (own, own / unit("chip"), unit("chip"))):
            wrong = phrase("the amount is in {found}, the account in {own}",
                           found=found.says, own=own.says)  # fmt: skip
            self.faults.add(
                expression.place,
                wrong,
                phrase("write an amount in {own} or a plain number", own=own.says),
            )
        elif isinstance(tree, Const) and isinstance(tree.value, int) and tree.value < 0:
            wrong = phrase("{what} is below 0", what=what)
            mend = phrase("write 0 or more: a draw takes from the account, a credit adds to it")
            self.faults.add(expression.place, wrong, mend)
        elif (needed := fineness(tree, self.fine)) > account.terms.places:
            # Else the ledger, which counts whole numbers, would refuse the leg when it is posted.
            wrong = phrase("{what} may have {needed} decimal places, the account keeps {places}",
                           what=what, needed=needed, places=account.terms.places)  # fmt: skip
            mend = phrase(
                "write 'places: {needed}' on the account, or a number with fewer", needed=needed
            )
            self.faults.add(expression.place, wrong, mend)
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
