"""From the facts that a user gives to a case that the law can read.

A case arrives as nested plain values (`{"product": {"name": "H200 SXM"}, "order": {...}}`). It is
flattened to vocabulary names, typed, and scaled to exact integers. Every fault is collected; a
faulty case is refused whole.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from interlock.files import Place, nearest
from interlock.files.faults import BadInputError
from interlock.files.phrases import phrase
from interlock.goods import product_from_facts
from interlock.law.cases.licences import Licences
from interlock.law.cases.ownership import Party
from interlock.law.cases.values import Path, as_decimal, parse_day, shown
from interlock.law.model import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from interlock.law.compiling.checked import CheckedRegime
    from interlock.law.model import (
        Account,
        ConditionKind,
        Rule,
        Stage,
        Waiver,
    )
    from interlock.law.vocabulary import Vocabulary

_PARTY_KEYS = ("owners", "aliases", "share", "party")
_OWNER_KEYS = ("id", "name", "country", "headquarters", "ultimate_parent_country")
_TOP = ("id", "stage", "at", "known", "waivers", "condition")
PRODUCT_KEYS = ("rates", "die_area_mm2", "process_nm")


def _described(given: dict[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The facts of a product that is given, and what each rests on, in words.

    Most cases are about a few products, so what was worked out for one is kept.

    Raises:
        BadInputError: as `product_from_facts`.
    """
    key = tuple((name, type(value), value) for name, value in given.items())
    try:
        hash(key)
    except TypeError:  # rates by format: a mapping
        return _worked_out.__wrapped__(key)
    return _worked_out(key)


@lru_cache(maxsize=1024)
def _worked_out(
    given: tuple[tuple[str, type, Any], ...],
) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    product = product_from_facts({name: value for name, _, value in given})
    sources = {name: str(source) for name, source in product.provenance().items()}
    return MappingProxyType(product.facts()), MappingProxyType(sources)


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


class _Reading(Licences):
    """One pass over one case."""

    def __init__(self, reader: CaseReader, locate: Callable[..., Place]) -> None:
        super().__init__(reader.words, locate, reader.gates, reader.kinds, reader.waivable)
        self.reader = reader

    def run(self, given: Mapping[str, Any], number: int) -> Case:
        case = Case(id=str(given.get("id", number)), facts=self.facts)
        if isinstance(given.get("id", 0), dict | list | bool) or given.get("id") == "":
            self.fault(("id",), phrase("is no id"), phrase("write a text or a number"))
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
                mend = nearest(key, known)
                if self.words.entry(key) is not None:
                    thing, _, rest = key.partition(".")
                    mend = phrase('write {{"{first}": {{"{rest}": ...}}}}', first=thing, rest=rest)
                self.fault((key,), phrase("unknown key"), mend)
        case.stage = self.stage(given.get("stage"))
        case.at, case.known = (self.day(key, given.get(key)) for key in ("at", "known"))
        self.the_party(case)
        return case

    def stage(self, value: Any) -> Stage | None:
        if value is None or value in STAGES:
            return value  # type: ignore[no-any-return]
        self.fault(
            ("stage",),
            phrase("{value} is no stage", value=shown(value)),
            nearest(str(value), STAGES),
        )
        return None

    def day(self, key: str, value: Any) -> dt.date | dt.datetime | None:
        if value is None or isinstance(value, dt.date):
            return value
        try:
            return parse_day(str(value))
        except ValueError:
            mend = phrase("write YYYY-MM-DD, or an instant such as 2026-01-28T09:00+08:00")
            self.fault((key,), phrase("{value} is no date", value=shown(value)), mend)
            return None

    # -- plain things ---------------------------------------------------------------------------

    def thing(self, path: Path, value: Any, prefix: str = "") -> None:
        """Flatten a mapping of the vocabulary."""
        if not isinstance(value, dict):
            entry = self.words.entry(".".join(map(str, path)))
            if entry is None:
                wrong = phrase("{value} stands in place of its names", value=shown(value))
                self.fault(
                    path, wrong, phrase('write "{path}": {{"name": value, ...}}', path=path[-1])
                )
            else:
                self.put(path, value, entry, prefix or entry.name)
            return
        for key, inner in value.items():
            name = ".".join((*map(str, path), key))
            entry = self.words.entry(name)
            if inner is None:
                continue
            if entry is not None:
                self.put((*path, key), inner, entry, entry.name)
            elif name in self.words.stems:
                self.thing((*path, key), inner)
            else:
                self.fault((*path, key), phrase("unknown name"), self.words.near(name))

    # -- product, parties, licences, waivers ----------------------------------------------------

    def product(self, value: Any, case: Case) -> None:
        given = {"name": value} if isinstance(value, str) else value
        if not isinstance(given, dict):
            self.fault(
                ("product",),
                phrase("{value} is no product", value=shown(value)),
                phrase('write {{"name": "H200 SXM"}}'),
            )
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
            described = names | {"domestic"}  # which the product's reader looks at and leaves here
            told, sources = _described({k: v for k, v in given.items() if k in described})
        except BadInputError as error:
            for found in error.faults:
                key = next((k for k in given if f"product.{k} " in f"{found.wrong} "), "name")
                self.faults.add(self.locate(("product", key)), found.wrong, found.mend)
            self.thing(("product",), extra)
            return
        for name, fact in told.items():
            entry = self.words.entry(name)
            if entry is not None:
                self.put(tuple(name.split(".")), fact, entry, name)
        case.sources.update(sources)
        self.thing(("product",), extra)

    def party(self, role: str, value: Any, case: Case) -> None:
        given = {"id": value} if isinstance(value, str) else value
        if not isinstance(given, dict):
            self.fault(
                (role,),
                phrase("{value} is no party", value=shown(value)),
                phrase('write {{"id": ..., "name": ...}}'),
            )
            return
        plain = {key: inner for key, inner in given.items() if key not in _PARTY_KEYS}
        self.thing((role,), plain)
        case.parties[role] = self.as_party((role,), given)

    def as_party(self, path: Path, given: dict[str, Any]) -> Party | None:
        aliases = given.get("aliases") or []
        if not isinstance(aliases, list) or not all(isinstance(one, str) for one in aliases):
            wrong = phrase("{value} is no list of texts", value=shown(aliases))
            self.fault((*path, "aliases"), wrong, phrase('write ["...", "..."]'))
            aliases = []
        names = [given.get("party"), given.get("id"), given.get("name"), *aliases]
        texts = tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))
        if not texts:
            return None
        listed = given.get("owners")
        if listed is None:
            return Party(texts)
        if not isinstance(listed, list):
            self.fault(
                (*path, "owners"),
                phrase("is no list"),
                phrase('write [{{"name": ..., "share": 0.3}}]'),
            )
            return Party(texts)
        owners = [self.owner((*path, "owners", at), one) for at, one in enumerate(listed)]
        known = [owner for owner in owners if owner is not None]
        total = sum(share for _, share in known if share is not None)
        if total > 1:
            wrong = phrase("the shares add up to {total}", total=total)
            self.fault((*path, "owners"), wrong, phrase("write shares that add up to 1 at most"))
        return Party(texts, tuple(known))

    def owner(self, path: Path, one: Any) -> tuple[Party, Decimal | None] | None:
        if not isinstance(one, dict):
            self.fault(
                path,
                phrase("{value} is no owner", value=shown(one)),
                phrase('write {{"name": ..., "share": 0.3}}'),
            )
            return None
        known = (*_PARTY_KEYS, *_OWNER_KEYS)
        for key in one:
            if key not in known:
                self.fault((*path, key), phrase("unknown key of an owner"), nearest(key, known))
        party = self.as_party(path, one)
        if party is None:
            self.fault(
                path, phrase("an owner has no name"), phrase('write {{"name": ..., "share": 0.3}}')
            )
            return None
        if one.get("share") is None:
            return party, None
        share = as_decimal(one["share"])
        if share is None or not 0 <= share <= 1:
            wrong = phrase("{value} is no share", value=shown(one["share"]))
            self.fault((*path, "share"), wrong, phrase("write 0 to 1, e.g. 0.3"))
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
