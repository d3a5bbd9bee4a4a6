"""A regime as of a day, in legal words: plain data for people, machines and `law diff`.

The form is documented in docs/reference/schemas/law-show.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from interlock.law.deciding.weights import Link, Weights
from interlock.law.model import Rests, Spell, Timeline
from interlock.law.show_parts import (
    Fields,
    iso,
    number,
    one_line,
    plain_constant,
    terms_of,
    waiver_of,
)
from interlock.law.times import binds, local_date, status_on, value_on

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping

    from interlock.evidence import Claims
    from interlock.law.model import (
        Account,
        ConditionKind,
        DatedValue,
        ExceptionRule,
        Fact,
        Parameter,
        PartyFact,
        PartyList,
        Regime,
        RoundRule,
        Rule,
        Version,
    )

SECTIONS: Final = (
    *("versions", "parameters", "facts", "party_facts", "rules", "exceptions", "conditions"),
    *("accounts", "rounds", "lists"),
)
"""In the order of the page; each is a list of items with an `id`."""


@dataclass(frozen=True)
class Day:
    """The day whose law is shown, the day by which it must have been public, and what is assumed.

    `assumed` holds ids of proposed versions and items that a what-if switches on.
    """

    at: dt.date
    known: dt.date
    assumed: frozenset[str] = frozenset()


def show_regime(
    regime: Regime, day: Day | None, claims: Claims | None = None, *, item: str = ""
) -> Fields:
    """One regime as plain data.

    Args:
        regime: as read.
        day: items that nobody had heard of by `known` are left out, and every item says how it
            stands `at`; None: every item with all its dated statements, and no standing.
        claims: what its items rest on.
        item: only the items of that id; empty: all.

    Returns:
        `regime`, `title`, `authority`, `gate`, `timezone`, `digest`, `applies`, a list of items for
        each of `SECTIONS`, and `withheld`, which `show_to.shown_to` fills.
    """
    shower = _Shower(regime, day, Weights(regime, claims))
    found: Fields = {
        "regime": regime.id,
        "title": regime.title,
        "authority": regime.authority,
        "gate": regime.gate,
        "timezone": regime.timezone,
        "digest": regime.digest,
        "applies": one_line(regime.applies),
        "withheld": [],
    }
    for section in SECTIONS:
        items = shower.section(section)
        found[section] = [one for one in items if not item or one["id"] == item]
    return found


def items_of(regime: Regime) -> tuple[str, ...]:
    """The ids of everything that can be shown by itself."""
    return tuple(
        dict.fromkeys(
            name
            for section in (
                *(regime.versions, regime.parameters, regime.facts, regime.party_facts),
                *(regime.rules, regime.exceptions, regime.conditions, regime.accounts),
                *(regime.rounds, regime.lists),
            )
            for name in section
        )
    )


def day_of(
    regime: Regime,
    at: dt.date | dt.datetime,
    known: dt.date | dt.datetime | None = None,
    assumed: frozenset[str] = frozenset(),
) -> Day:
    """The day in the regime's own timezone."""
    heard = at if known is None else known
    zone = regime.timezone
    return Day(local_date(at, zone), local_date(heard, zone), assumed)


class _Shower:
    def __init__(self, regime: Regime, day: Day | None, weights: Weights) -> None:
        self.regime, self.day, self.weights = regime, day, weights

    def section(self, name: str) -> list[Fields]:
        items: Mapping[str, Any] = getattr(self.regime, name)
        make: dict[str, Callable[[Any], Fields | None]] = {
            "versions": self.version,
            "parameters": self.parameter,
            "facts": self.fact,
            "party_facts": self.party_fact,
            "rules": self.rule,
            "exceptions": self.exception,
            "conditions": self.condition,
            "accounts": self.account,
            "rounds": self.round,
            "lists": self.list,
        }
        shown = (make[name](one) for one in items.values())
        return [fields for fields in shown if fields is not None]

    # -- time -----------------------------------------------------------------------------------

    def standing(self, timeline: Timeline, rests: Rests, item: str) -> Fields | None:
        """How an item stands on the day; None: nobody had heard of it."""
        if self.day is None:
            return {"history": [self.spell(spell, rests) for spell in timeline.spells]}
        heard = [s for s in timeline.spells if s.public <= self.day.known]
        if not heard:
            return None
        spell = status_on(timeline, self.day.at, self.day.known)
        history = [self.spell(one, rests) for one in heard]
        if spell is not None:
            status: str = spell.status
            if status == "proposed" and self.bind(timeline, item):
                status = "assumed"
            since: dt.date | None = spell.start
            until = spell.end
        else:
            until = min((s.start for s in heard if s.start > self.day.at), default=None)
            status = "ended" if until is None else "not_yet"
            since = max((s.end for s in heard if s.end and s.end <= self.day.at), default=None)
        own = self.sources(rests, spell.rests if spell else Rests())
        return {
            "status": status,
            "since": iso(since),
            "until": iso(until),
            "sources": own,
            "history": history,
        }

    def bind(self, timeline: Timeline, item: str = "") -> bool:
        """Whether it counts on the day, by law or by assumption."""
        day = self.day
        return day is None or binds(timeline, day.at, day.known, day.assumed, item=item)

    def spell(self, spell: Spell, rests: Rests) -> Fields:
        own = rests if spell.rests == Rests() else spell.rests
        return {
            "is": spell.status,
            "from": iso(spell.start),
            "until": iso(spell.end),
            "public": iso(spell.public),
            "sources": self.sources(own),
        }

    def sources(self, *rests: Rests) -> list[Fields]:
        found = frozenset[Link]().union(*(self.weights.of(one).links for one in rests))
        links = sorted(found, key=lambda link: (link.kind, link.id))
        return [
            {"kind": link.kind, "id": link.id, "grade": str(link.grade), "says": link.says}
            for link in links
        ]

    # -- items ----------------------------------------------------------------------------------

    def version(self, version: Version) -> Fields | None:
        standing = self.standing(version.timeline, Rests(), version.id)
        if standing is None:
            return None
        return {"id": version.id, "says": version.title, **standing}

    def parameter(self, parameter: Parameter) -> Fields | None:
        common: Fields = {
            "id": parameter.id,
            "says": parameter.says,
            "unit": parameter.unit,
            "visible_to": list(parameter.visible_to),
        }
        if self.day is None:
            return {**common, "history": [self.value(v) for v in parameter.values]}
        known = self.day.known
        heard = [value for value in parameter.values if value.public <= known]
        if not heard:
            return None
        now = value_on(parameter.values, self.day.at, known)
        return {
            **common,
            "value": None if now is None else plain_constant(now.value),
            "since": iso(now.start) if now else None,
            "until": iso(now.end) if now else None,
            "sources": self.sources(now.rests) if now else [],
            "history": [self.value(value) for value in heard],
        }

    def value(self, dated: DatedValue) -> Fields:
        return {
            "value": plain_constant(dated.value),
            "from": iso(dated.start),
            "until": iso(dated.end),
            "public": iso(dated.public),
            "sources": self.sources(dated.rests),
        }

    def fact(self, fact: Fact) -> Fields:
        cases = []
        for case in fact.cases:
            if case.timeline is not None and not self.bind(case.timeline):
                continue
            given = plain_constant(case.constant) if case.constant is not None else None
            line: Fields = {"when": one_line(case.when), "is": given, "value": one_line(case.value)}
            if self.day is None and case.timeline is not None:
                line["history"] = [self.spell(s, case.rests) for s in case.timeline.spells]
            cases.append({**line, "sources": self.sources(case.rests)})
        return {
            "id": fact.id,
            "says": fact.says,
            "unit": fact.unit,
            "overridden_by": fact.overridden_by or None,
            "visible_to": list(fact.visible_to),
            "cases": cases,
        }

    def party_fact(self, fact: PartyFact) -> Fields | None:
        standing = self.standing(fact.timeline, fact.rests, fact.id)
        if standing is None:
            return None
        return {
            "id": fact.id,
            "says": fact.says,
            **standing,
            "kind": fact.kind,
            "of": list(fact.of),
            "lists": list(fact.lists),
            "at_least": None if fact.at_least is None else plain_constant(fact.at_least),
            "visible_to": list(fact.visible_to),
        }

    def rule(self, rule: Rule) -> Fields | None:
        standing = self.standing(rule.timeline, rule.rests, rule.id)
        if standing is None:
            return None
        return {
            "id": rule.id,
            "says": rule.says,
            **standing,
            "stages": list(rule.stages),
            "when": one_line(rule.when),
            "require": one_line(rule.require),
            "undisclosed": rule.undisclosed,
            "opened_by": rule.opened_by or None,
            "waiver": waiver_of(rule.waiver),
            "visible_to": list(rule.visible_to),
        }

    def exception(self, lift: ExceptionRule) -> Fields | None:
        standing = self.standing(lift.timeline, lift.rests, lift.id)
        if standing is None:
            return None
        return {
            "id": lift.id,
            "says": lift.says,
            **standing,
            "lifts": list(lift.lifts),
            "when": one_line(lift.when),
            "visible_to": list(lift.visible_to),
        }

    def condition(self, kind: ConditionKind) -> Fields | None:
        standing = self.standing(kind.timeline, kind.rests, kind.id)
        if standing is None:
            return None
        parameters = [
            {
                "id": parameter.id,
                "type": parameter.type,
                "unit": parameter.unit,
                "places": parameter.places,
                "min": number(parameter.minimum),
                "max": number(parameter.maximum),
                "default": (
                    None if parameter.default is None else plain_constant(parameter.default)
                ),
            }
            for parameter in kind.parameters
        ]
        return {
            "id": kind.id,
            "says": kind.says,
            **standing,
            "stages": list(kind.stages),
            "when": one_line(kind.when),
            "require": one_line(kind.require),
            "parameters": parameters,
            "account": None if kind.account is None else terms_of(kind.account),
            "waiver": waiver_of(kind.waiver),
            "visible_to": list(kind.visible_to),
        }

    def account(self, account: Account) -> Fields | None:
        standing = self.standing(account.timeline, account.rests, account.id)
        if standing is None:
            return None
        return {
            "id": account.id,
            "says": account.says,
            **standing,
            **terms_of(account),
            "waiver": waiver_of(account.waiver),
            "visible_to": list(account.terms.visible_to),
        }

    def round(self, rule: RoundRule) -> Fields | None:
        standing = self.standing(rule.timeline, rule.rests, rule.id)
        if standing is None:
            return None
        return {
            "id": rule.id,
            "says": rule.says,
            **standing,
            "score": [
                {
                    "id": c.id,
                    "says": c.says,
                    "points": one_line(c.points),
                    "undisclosed": c.undisclosed,
                }
                for c in rule.criteria
            ],
            "floor": one_line(rule.floor),
            "places": one_line(rule.places),
            "quota": one_line(rule.quota),
            "visible_to": list(rule.visible_to),
        }

    def list(self, listing: PartyList) -> Fields:
        day = self.day
        entries = [
            {
                "party": one.party,
                "aliases": [*one.aliases],
                "from": iso(one.start),
                "until": iso(one.end),
                "sources": self.sources(one.rests),
            }
            for one in listing.entries
            if day is None
            or (
                one.public <= day.known
                and one.start <= day.at
                and (one.end is None or day.at < one.end)
            )
        ]
        return {"id": listing.id, "says": listing.title, "entries": entries}


def known_ids(regimes: Iterable[Regime]) -> tuple[str, ...]:
    """The ids of all items of several regimes."""
    return tuple(dict.fromkeys(name for regime in regimes for name in items_of(regime)))
