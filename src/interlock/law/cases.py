"""From the facts that a user gives to a case that the law can read.

A case arrives as nested plain values (`{"product": {"name": "H200 SXM"}, "order": {...}}`). It is
flattened to vocabulary names, typed, and scaled to exact integers. Every fault is collected; a
faulty case is refused whole.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from interlock.files import Faults, Place, nearest
from interlock.files.faults import BadInputError
from interlock.goods import product_from_facts
from interlock.law.checked import condition_name, fact_name
from interlock.law.compile import waived_name
from interlock.law.expr.tree import days
from interlock.law.model import STAGES
from interlock.law.ownership import Party

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from interlock.law.checked import CheckedRegime
    from interlock.law.model import (
        Account,
        ConditionKind,
        ConditionParameter,
        Rule,
        Stage,
        Waiver,
    )
    from interlock.law.vocabulary import Entry, Vocabulary

_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_COUNTRY_NAMES = ("country", "destination", "headquarters", "origin")
_CONDITION_STATUS = ("drafted", "proposed", "agreed", "in_force", "waived", "withdrawn")
_LICENCE_KEYS = ("conditions",)
_PARTY_KEYS = ("owners", "aliases", "share", "party")
_TOP = ("id", "stage", "at", "known", "waivers", "condition")
PRODUCT_KEYS = ("rates", "die_area_mm2", "process_nm")


@dataclass
class Case:
    """One case, flat and typed.

    Attributes:
        id: as given, or its position.
        facts: vocabulary name -> value (numbers scaled, dates as days); absent is unknown.
        parties: role -> party with owners.
        stage, at, known: where the case states them itself.
        sources: vocabulary name -> what the figure rests on, in words.
    """

    id: str
    facts: dict[str, Any] = field(default_factory=dict)
    parties: dict[str, Party | None] = field(default_factory=dict)
    stage: Stage | None = None
    at: dt.date | dt.datetime | None = None
    known: dt.date | dt.datetime | None = None
    sources: dict[str, str] = field(default_factory=dict)


class CaseReader:
    """Reads cases for a set of regimes. Make one, read many.

    Args:
        checked: the regimes; their own vocabularies, condition kinds and waivers are known here.
    """

    def __init__(self, checked: Sequence[CheckedRegime], words: Vocabulary) -> None:
        self.words = words
        self.gates = tuple(dict.fromkeys(one.regime.gate for one in checked))
        self.kinds: dict[tuple[str, str], ConditionKind] = {
            (one.regime.gate, kind.id): kind
            for one in checked
            for kind in one.regime.conditions.values()
        }
        self.waivable: dict[str, Waiver] = {}
        for one in checked:
            items: list[Rule | ConditionKind | Account] = [
                *one.regime.rules.values(),
                *one.regime.conditions.values(),
                *one.regime.accounts.values(),
            ]
            for item in items:
                if item.waiver is not None:
                    self.waivable[f"{one.regime.id}/{item.id}"] = item.waiver
        self.roles = tuple(words.roles)

    def read(
        self, given: Mapping[str, Any], number: int = 1, locate: Callable[..., Place] | None = None
    ) -> Case:
        """One case.

        Args:
            given: nested plain values; numbers as int, Decimal or float (taken as written).
            number: its position, which names a case without an id.
            locate: path of keys -> place, for messages.

        Raises:
            BadInputError: with every fault of the case.
        """
        reading = _Reading(self, locate or (lambda _: Place("case", number)))
        case = reading.run(given, number)
        reading.faults.raise_if_any()
        return case


class _Reading:
    """One pass over one case."""

    def __init__(self, reader: CaseReader, locate: Callable[..., Place]) -> None:
        self.reader = reader
        self.words = reader.words
        self.locate = locate
        self.faults = Faults()
        self.facts: dict[str, Any] = {}

    def fault(self, path: tuple[str, ...], wrong: str, mend: str) -> None:
        self.faults.add(self.locate(path), f"{'.'.join(path)}: {wrong}", mend)

    def run(self, given: Mapping[str, Any], number: int) -> Case:
        case = Case(id=str(given.get("id", number)), facts=self.facts)
        if isinstance(given.get("id", 0), dict | list | bool):
            self.fault(("id",), "is no id", "write a text or a number")
        for key, value in given.items():
            if value is None and key not in ("id",):
                continue
            if key == "product":
                self.product(value, case)
            elif key == "licence":
                self.licences(value)
            elif key in self.reader.roles:
                self.party(key, value, case)
            elif key in self.words.things:
                self.thing((key,), value)
            elif key == "waivers":
                self.waivers(value)
            elif key not in _TOP:
                known = {*self.words.things, *self.reader.roles, *_TOP, "product", "licence"}
                self.fault((key,), "unknown key", nearest(key, known))
        case.stage = self.stage(given.get("stage"))
        case.at, case.known = (self.day(key, given.get(key)) for key in ("at", "known"))
        self.the_party(case)
        return case

    def stage(self, value: Any) -> Stage | None:
        if value is None or value in STAGES:
            return value  # type: ignore[no-any-return]
        self.fault(("stage",), f"'{value}' is no stage", nearest(str(value), STAGES))
        return None

    def day(self, key: str, value: Any) -> dt.date | dt.datetime | None:
        if value is None or isinstance(value, dt.date):
            return value
        try:
            return parse_day(str(value))
        except ValueError:
            self.fault((key,), f"'{value}' is no date", "write YYYY-MM-DD")
            return None

    # -- plain things ---------------------------------------------------------------------------

    def thing(self, path: tuple[str, ...], value: Any, prefix: str = "") -> None:
        """Flatten a mapping of the vocabulary."""
        if not isinstance(value, dict):
            entry = self.words.entry(".".join(path))
            if entry is None:
                self.fault(path, "holds names of its own", f'write {{"{path[-1]}": {{...}}}}')
            else:
                self.put(path, value, entry, prefix or entry.name)
            return
        for key, inner in value.items():
            name = ".".join((*path, key))
            entry = self.words.entry(name)
            if inner is None:
                continue
            if entry is not None:
                self.put((*path, key), inner, entry, entry.name)
            elif any(known.startswith(f"{name}.") for known in self.words.entries):
                self.thing((*path, key), inner)
            else:
                self.fault((*path, key), "unknown name", self.words.near(name))

    def put(self, path: tuple[str, ...], value: Any, entry: Entry, name: str) -> None:
        converted = self.convert(path, value, entry)
        if converted is not None:
            self.facts[name] = converted

    def convert(self, path: tuple[str, ...], value: Any, entry: Entry) -> Any:
        """A plain value as the law keeps it, or None with its fault noted."""
        if entry.type == "bool":
            if isinstance(value, bool):
                return value
            self.fault(path, f"{_shown(value)} is not yes/no", "write true or false")
        elif entry.type == "text":
            return self.text(path, value, entry)
        elif entry.type == "texts":
            if isinstance(value, list) and all(isinstance(item, str) for item in value):
                return tuple(value)
            self.fault(path, f"{_shown(value)} is no list of texts", 'write ["...", "..."]')
        elif entry.type == "date":
            found = as_date(value)
            if found is not None:
                return days(found)
            self.fault(path, f"{_shown(value)} is no date", "write YYYY-MM-DD")
        else:
            return self.number(path, value, entry.places, entry.low, entry.high)
        return None

    def text(self, path: tuple[str, ...], value: Any, entry: Entry) -> str | None:
        if not isinstance(value, str) or not value:
            self.fault(path, f"{_shown(value)} is no text", "write a text in quotes")
        elif entry.values and value not in entry.values:
            self.fault(path, f"'{value}' is not allowed", nearest(value, entry.values))
        elif path[-1] in _COUNTRY_NAMES and not _COUNTRY.match(value):
            mend = "write its two letters (ISO 3166), e.g. CN"
            self.fault(path, f"'{value}' is no country code", mend)
        else:
            return value
        return None

    def number(
        self,
        path: tuple[str, ...],
        value: Any,
        places: int,
        low: Decimal | None,
        high: Decimal | None,
    ) -> int | None:
        exact = as_decimal(value)
        if exact is None:
            self.fault(path, f"{_shown(value)} is no number", "write a number without quotes")
            return None
        scaled = exact.scaleb(places)
        if scaled != scaled.to_integral_value():
            kept = (
                f"{places} decimal place{'s' if places != 1 else ''}" if places else "no fraction"
            )
            self.fault(path, f"{value} has more places than are kept", f"write {kept}")
        elif exact < 0 and path[-1] not in ("score",):
            self.fault(path, f"{value} is negative", "write 0 or more")
        elif (low is not None and exact < low) or (high is not None and exact > high):
            self.fault(path, f"{value} is out of range", f"write at most {high:,}")
        else:
            return int(scaled)
        return None

    # -- product, parties, licences, waivers ----------------------------------------------------

    def product(self, value: Any, case: Case) -> None:
        given = {"name": value} if isinstance(value, str) else value
        if not isinstance(given, dict):
            self.fault(("product",), f"{_shown(value)} is no product", 'write {"name": "H200 SXM"}')
            return
        given = {key: inner for key, inner in given.items() if inner is not None}
        names = {
            "name",
            "maker",
            "tpp",
            "performance_density",
            "dram_bandwidth_gbps",
            "interconnect_gbps",
            "datacentre",
            "us_available_since",
            "chips",
            *PRODUCT_KEYS,
        }
        extra = {key: inner for key, inner in given.items() if key not in names}
        try:
            product = product_from_facts({k: v for k, v in given.items() if k in names})
        except BadInputError as error:
            for found in error.faults:
                self.faults.add(self.locate(("product",)), found.wrong, found.mend)
            return
        for name, fact in product.facts().items():
            entry = self.words.entry(name)
            if entry is not None:
                self.put(tuple(name.split(".")), fact, entry, name)
        case.sources.update({n: str(source) for n, source in product.provenance().items()})
        self.thing(("product",), extra)

    def party(self, role: str, value: Any, case: Case) -> None:
        given = {"id": value} if isinstance(value, str) else value
        if not isinstance(given, dict):
            self.fault((role,), f"{_shown(value)} is no party", 'write {"id": ..., "name": ...}')
            return
        plain = {key: inner for key, inner in given.items() if key not in _PARTY_KEYS}
        self.thing((role,), plain)
        case.parties[role] = self.as_party((role,), given)

    def as_party(self, path: tuple[str, ...], given: dict[str, Any]) -> Party | None:
        names = [given.get("party"), given.get("id"), given.get("name"), *given.get("aliases", ())]
        texts = tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))
        if not texts:
            return None
        listed = given.get("owners")
        if listed is None:
            return Party(texts)
        if not isinstance(listed, list):
            self.fault((*path, "owners"), "is no list", 'write [{"name": ..., "share": 0.3}]')
            return Party(texts)
        owners = [self.owner((*path, "owners"), one) for one in listed]
        return Party(texts, tuple(owner for owner in owners if owner is not None))

    def owner(self, path: tuple[str, ...], one: Any) -> tuple[Party, Decimal | None] | None:
        if not isinstance(one, dict):
            self.fault(path, f"{_shown(one)} is no owner", 'write {"name": ..., "share": 0.3}')
            return None
        party = self.as_party(path, one)
        if party is None:
            self.fault(path, "an owner has no name", 'write {"name": ..., "share": 0.3}')
            return None
        if one.get("share") is None:
            return party, None
        share = as_decimal(one["share"])
        if share is None or not 0 <= share <= 1:
            self.fault(path, f"{_shown(one['share'])} is no share", "write 0 to 1, e.g. 0.3")
            return None
        return party, share

    def the_party(self, case: Case) -> None:
        """`party`, whom the law asks about: the end user, else the consignee, else the buyer."""
        if "party" in case.parties:
            return
        for role in ("end_user", "consignee", "buyer"):
            if case.parties.get(role) is None:
                continue
            case.parties["party"] = case.parties[role]
            for name in list(self.facts):
                if name.startswith(f"{role}."):
                    self.facts.setdefault(f"party.{name[len(role) + 1 :]}", self.facts[name])
            return

    def licences(self, value: Any) -> None:
        if not isinstance(value, dict):
            mend = f'write {{"{self.reader.gates[0]}": {{...}}}}'
            self.fault(("licence",), "is no mapping by gate", mend)
            return
        for gate, licence in value.items():
            path = ("licence", gate)
            if gate not in self.reader.gates:
                if self.words.entry(f"licence.{gate}") is None:
                    self.fault(path, "unknown gate", nearest(gate, self.reader.gates))
                else:
                    wrong = "stands outside a gate"
                    self.fault(path, wrong, f'write "licence": {{"export": {{"{gate}": ...}}}}')
            elif isinstance(licence, dict):
                self.licence(path, gate, licence)
            elif licence is not None:
                self.fault(path, f"{_shown(licence)} is no licence", 'write {"id": ..., ...}')

    def licence(self, path: tuple[str, ...], gate: str, given: dict[str, Any]) -> None:
        for key, value in given.items():
            if key in _LICENCE_KEYS or value is None:
                continue
            entry = self.words.entry(f"licence.{key}")
            if entry is None:
                self.fault((*path, key), "unknown name", self.words.near(f"licence.{key}"))
            else:
                self.put((*path, key), value, entry, fact_name(entry.name, gate))
        conditions = given.get("conditions") or []
        if not isinstance(conditions, list):
            self.fault((*path, "conditions"), "is no list", 'write [{"kind": ..., "status": ...}]')
            return
        for condition in conditions:
            self.condition((*path, "conditions"), gate, condition)

    def condition(self, path: tuple[str, ...], gate: str, given: Any) -> None:
        if not isinstance(given, dict):
            self.fault(path, f"{_shown(given)} is no condition", 'write {"kind": ..., ...}')
            return
        name = str(given.get("kind"))
        kind = self.reader.kinds.get((gate, name))
        if kind is None:
            known = [k for g, k in self.reader.kinds if g == gate]
            self.fault((*path, "kind"), f"unknown kind of condition '{name}'", nearest(name, known))
            return
        status = str(given.get("status"))
        if status not in _CONDITION_STATUS:
            mend = nearest(status, _CONDITION_STATUS)
            self.fault((*path, "status"), f"'{status}' is no status of a condition", mend)
            return
        own = condition_name(gate, name, "status")
        if own in self.facts:
            self.fault(path, f"'{name}' stands twice on one licence", "keep one of them")
            return
        self.facts[own] = status
        self.parameters(path, gate, kind, given.get("parameters") or {})

    def parameters(
        self, path: tuple[str, ...], gate: str, kind: ConditionKind, given: dict[str, Any]
    ) -> None:
        known = {parameter.id: parameter for parameter in kind.parameters}
        for key in given:
            if key not in known:
                wrong = f"'{kind.id}' has no such parameter"
                self.fault((*path, "parameters", key), wrong, nearest(key, known))
        for parameter in kind.parameters:
            value = given.get(parameter.id, parameter.default)
            if value is None:
                continue
            converted = self.parameter((*path, "parameters", parameter.id), value, parameter)
            if converted is not None:
                self.facts[condition_name(gate, kind.id, parameter.id)] = converted

    def parameter(self, path: tuple[str, ...], value: Any, parameter: ConditionParameter) -> Any:
        if parameter.type in ("decimal", "integer"):
            return self.number(path, value, parameter.places, parameter.minimum, parameter.maximum)
        if parameter.type == "bool" and isinstance(value, bool):
            return value
        if parameter.type == "text" and isinstance(value, str):
            return value
        if parameter.type == "date" and as_date(value) is not None:
            return days(as_date(value))  # type: ignore[arg-type]
        self.fault(path, f"{_shown(value)} is no {parameter.type}", f"write a {parameter.type}")
        return None

    def waivers(self, value: Any) -> None:
        example = 'write [{"rule": "regime/rule", "by": ..., "consent": [...]}]'
        for waiver in value if isinstance(value, list) else [value]:
            if not isinstance(waiver, dict):
                self.fault(("waivers",), f"{_shown(waiver)} is no waiver", example)
                continue
            item, by = str(waiver.get("rule")), waiver.get("by")
            allowed = self.reader.waivable.get(item)
            if allowed is None:
                mend = nearest(item, self.reader.waivable)
                self.fault(("waivers", "rule"), f"'{item}' cannot be waived", mend)
            elif by not in allowed.by:
                mend = f"ask {' or '.join(allowed.by)}"
                self.fault(("waivers", "by"), f"'{by}' may not waive {item}", mend)
            elif missing := sorted(set(allowed.consent_of) - set(waiver.get("consent") or ())):
                wrong = f"the consent of {', '.join(missing)} is not on record"
                self.fault(("waivers", "consent"), wrong, "record it with the waiver")
            else:
                regime, _, name = item.partition("/")
                self.facts[waived_name(regime, name)] = True


def as_decimal(value: Any) -> Decimal | None:
    """A plain number exactly as written; None if it is none (NaN and infinities are none)."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def as_date(value: Any) -> dt.date | None:
    """A date, or ISO text of one."""
    if isinstance(value, dt.datetime):
        return None
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return None


def parse_day(text: str) -> dt.date | dt.datetime:
    """A day `YYYY-MM-DD`, or an instant with an offset from UTC.

    Raises:
        ValueError: neither.
    """
    if len(text) == 10:
        return dt.date.fromisoformat(text)
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        msg = f"'{text}' has no offset from UTC"
        raise ValueError(msg)
    return moment


def _shown(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
