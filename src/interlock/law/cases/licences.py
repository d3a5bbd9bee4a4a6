"""The licences of a case by gate, their conditions, and waivers on file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.files import Place, nearest
from interlock.files.phrases import phrase, phrases
from interlock.goods import AmbiguousProductError, UnknownProductError, catalogue
from interlock.law.cases.values import Path, Values, as_date, shown
from interlock.law.compiling.checked import condition_name, fact_name
from interlock.law.compiling.compile import waived_name
from interlock.law.compiling.compiled import GATES
from interlock.law.expr.tree import days

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interlock.law.model import ConditionKind, ConditionParameter, Waiver
    from interlock.law.vocabulary import Vocabulary

CONDITION_STATUS = ("drafted", "proposed", "agreed", "in_force", "waived", "withdrawn")
_LICENCE_KEYS = ("conditions",)
_CONDITION_KEYS = ("kind", "status", "parameters", "asked_by", "claims")
"""Who asked for a condition and on what claims are the book's to keep; a decision needs neither."""


class Licences(Values):
    """Reads licences and waivers into the facts of a case.

    Args:
        words: the vocabulary.
        locate: path of keys -> place, for messages.
        gates: that there are regimes for.
        kinds: (gate, id) -> kind of condition.
        waivable: `<regime>/<item>` -> who may waive it.
    """

    def __init__(
        self,
        words: Vocabulary,
        locate: Callable[..., Place],
        gates: tuple[str, ...],
        kinds: Mapping[tuple[str, str], ConditionKind],
        waivable: Mapping[str, Waiver],
    ) -> None:
        super().__init__(words, locate)
        self.gates, self.kinds, self.waivable = gates, kinds, waivable

    def licences(self, value: Any) -> None:
        """Read `licence`: a mapping from gate to licence."""
        if not isinstance(value, dict):
            mend = phrase('write {{"{name}": {{...}}}}', name=self.gates[0])
            self.fault(
                ("licence",), phrase("{value} is no mapping by gate", value=shown(value)), mend
            )
            return
        for gate, licence in value.items():
            path = ("licence", gate)
            if gate in GATES and gate not in self.gates and isinstance(licence, dict):
                # A gate that no regime at hand guards: its licence is read, its conditions are not.
                plain = {key: one for key, one in licence.items() if key not in _LICENCE_KEYS}
                self.licence(path, gate, plain)
            elif gate not in self.gates:
                if self.words.entry(f"licence.{gate}") is None:
                    self.fault(path, phrase("unknown gate"), nearest(gate, {*self.gates, *GATES}))
                else:
                    wrong = phrase("stands outside a gate")
                    self.fault(
                        path,
                        wrong,
                        phrase('write "licence": {{"export": {{"{name}": ...}}}}', name=gate),
                    )
            elif isinstance(licence, dict):
                self.licence(path, gate, licence)
            elif licence is not None:
                self.fault(
                    path,
                    phrase("{value} is no licence", value=shown(licence)),
                    phrase('write {{"id": ..., ...}}'),
                )

    def licence(self, path: Path, gate: str, given: dict[str, Any]) -> None:
        """Read one gate's licence."""
        for key, value in given.items():
            if key in _LICENCE_KEYS or value is None:
                continue
            entry = self.words.entry(f"licence.{key}")
            if entry is None:
                self.fault((*path, key), phrase("unknown name"), self.words.near(f"licence.{key}"))
            else:
                self.put((*path, key), value, entry, fact_name(entry.name, gate))
        self.products((*path, "products"), fact_name("licence.products", gate))
        conditions = given.get("conditions") or []
        if not isinstance(conditions, list):
            self.fault(
                (*path, "conditions"),
                phrase("is no list"),
                phrase('write [{{"kind": ..., "status": ...}}]'),
            )
            return
        for at, condition in enumerate(conditions):
            self.condition((*path, "conditions", at), gate, condition)

    def products(self, path: Path, name: str) -> None:
        """The products of a licence by their names in the catalogue, as `product.name` has them.

        A name that the catalogue does not know stays: other goods have licences too.
        """
        found = []
        for one in self.facts.get(name, ()):
            try:
                found.append(catalogue().find(one).name)
            except UnknownProductError:
                found.append(one)
            except AmbiguousProductError as error:
                self.fault(path, error.wrong, error.mend)
        if found:
            self.facts[name] = tuple(found)

    def condition(self, path: Path, gate: str, given: Any) -> None:
        """Read one condition of a licence: its kind, status and parameters."""
        if not isinstance(given, dict):
            self.fault(
                path,
                phrase("{value} is no condition", value=shown(given)),
                phrase('write {{"kind": ..., ...}}'),
            )
            return
        for key in given:
            if key not in _CONDITION_KEYS:
                self.fault(
                    (*path, key),
                    phrase("unknown key of a condition"),
                    nearest(key, _CONDITION_KEYS),
                )
        kind = self.kind_of((*path, "kind"), gate, given.get("kind"))
        if kind is None:
            return
        name, status = kind.id, given.get("status")
        if status not in CONDITION_STATUS:
            wrong = phrase("it has no status")
            mend = phrase("write one of: {names}", names=phrases(CONDITION_STATUS))
            if status is not None:
                wrong = phrase("{value} is no status of a condition", value=shown(status))
                mend = nearest(str(status), CONDITION_STATUS)
            self.fault((*path, "status"), wrong, mend)
        own = condition_name(gate, name, "status")
        if own in self.facts:
            self.fault(
                path,
                phrase("'{name}' stands twice on one licence", name=name),
                phrase("keep one of them"),
            )
            return
        self.facts[own] = status
        self.parameters(path, gate, kind, given.get("parameters") or {})

    def kind_of(self, path: Path, gate: str, name: Any) -> ConditionKind | None:
        """The kind of condition of that name at a gate; None with its fault noted."""
        found = self.kinds.get((gate, name)) if isinstance(name, str) else None
        if found is None:
            here = [kind for at, kind in self.kinds if at == gate]
            elsewhere = [at for at, kind in self.kinds if kind == name]
            mend = (
                nearest(str(name), here)
                if here
                else phrase("the gate '{gate}' has no conditions", gate=gate)
            )
            if elsewhere:
                mend = phrase("it belongs to the gate '{gate}': write it there", gate=elsewhere[0])
            wrong = (
                phrase("it has no kind")
                if name is None
                else phrase("unknown kind of condition {value}", value=shown(name))
            )
            self.fault(path, wrong, mend)
        return found

    def parameters(self, path: Path, gate: str, kind: ConditionKind, given: Any) -> None:
        """Read the parameters of a condition; those left out take their defaults."""
        known = {parameter.id: parameter for parameter in kind.parameters}
        if not isinstance(given, dict):
            wrong = phrase("{value} is no mapping of parameters", value=shown(given))
            self.fault((*path, "parameters"), wrong, phrase('write {{"name": value, ...}}'))
            return
        for key in given:
            if key not in known:
                wrong = phrase("'{kind}' has no such parameter", kind=kind.id)
                self.fault((*path, "parameters", key), wrong, nearest(key, known))
        for parameter in kind.parameters:
            value = given.get(parameter.id, parameter.default)
            if value is None:
                continue
            converted = self.parameter((*path, "parameters", parameter.id), value, parameter)
            if converted is not None:
                self.facts[condition_name(gate, kind.id, parameter.id)] = converted

    def parameter(self, path: Path, value: Any, parameter: ConditionParameter) -> Any:
        """A parameter's value as the law keeps it; None with its fault noted."""
        if parameter.type in ("decimal", "integer"):
            return self.number(path, value, parameter.places, parameter.minimum, parameter.maximum)
        if parameter.type == "bool" and isinstance(value, bool):
            return value
        if parameter.type == "text" and isinstance(value, str):
            return value
        if parameter.type == "date" and as_date(value) is not None:
            return days(as_date(value))  # type: ignore[arg-type]
        self.fault(
            path,
            phrase("{value} is no {type}", value=shown(value), type=parameter.type),
            phrase("write a {type}", type=parameter.type),
        )
        return None

    def waivers(self, value: Any) -> None:
        """Read `waivers`: one, or a list of them."""
        example = phrase('write [{{"rule": "regime/rule", "by": ..., "consent": [...]}}]')
        for at, waiver in enumerate(value if isinstance(value, list) else [value]):
            path: Path = ("waivers", at) if isinstance(value, list) else ("waivers",)
            if isinstance(waiver, dict):
                self.waiver(path, waiver)
            else:
                self.fault(path, phrase("{value} is no waiver", value=shown(waiver)), example)

    def waiver(self, path: Path, waiver: dict[str, Any]) -> None:
        """Read one waiver: it counts if its giver may give it, with every consent that it needs."""
        item, by, consent = str(waiver.get("rule")), waiver.get("by"), waiver.get("consent") or []
        allowed = self.waivable.get(item)
        if not isinstance(consent, list) or not all(isinstance(one, str) for one in consent):
            wrong = phrase("{value} is no list of texts", value=shown(consent))
            self.fault((*path, "consent"), wrong, phrase('write ["...", "..."]'))
        elif allowed is None:
            mend = nearest(item, self.waivable)
            self.fault(
                (*path, "rule"),
                phrase("{value} cannot be waived", value=shown(waiver.get("rule"))),
                mend,
            )
        elif by not in allowed.by:
            wrong = (
                phrase("nobody waives it")
                if by is None
                else phrase("{value} may not waive {item}", value=shown(by), item=item)
            )
            self.fault(
                (*path, "by"), wrong, phrase("ask {parties}", parties=phrases(allowed.by, " or "))
            )
        elif missing := sorted(set(allowed.consent_of) - set(consent)):
            wrong = phrase("the consent of {missing} is not on record", missing=phrases(missing))
            self.fault((*path, "consent"), wrong, phrase("record it with the waiver"))
        else:
            regime, _, name = item.partition("/")
            self.facts[waived_name(regime, name)] = True
