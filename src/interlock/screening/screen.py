"""Screening: a party against lists as of a day, by name, alias, identifier and ownership."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from interlock.law.cases.ownership import Party as Owned
from interlock.law.cases.ownership import owned_by
from interlock.screening.blocks import Blocks
from interlock.screening.model import Evidence, Match
from interlock.screening.names import analysed, compare

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from decimal import Decimal

    from rigour.names import Name

    from interlock.screening.model import By, Holding, ListedParty, Party, PartyType, ScreeningList

THRESHOLD = 0.7  # the figures of docs/reference/screening.md are measured at this
_NOISE = re.compile(r"[\W_]+")


class _Bearing(NamedTuple):
    """One name of one entry of one list."""

    list: int
    entry: int
    name: int  # 0 the name, then the aliases


@dataclass(frozen=True)
class Screened:
    """What a screening found. No match clears nobody: lists are incomplete, names are not unique.

    Attributes:
        matches: the best one for each entry, the highest score first.
        owned: for each list that reaches owned parties: `owned`, `unknown_share`, `no`, or None
            where nobody looked up holders that could tip the balance.
    """

    matches: tuple[Match, ...]
    owned: dict[str, str | None]


class ScreeningIndex:
    """Lists made ready: names taken apart and filed, identifiers by value.

    Built once for many screenings, of whatever day.
    """

    def __init__(self, lists: Iterable[ScreeningList]) -> None:
        self.lists = tuple(lists)
        self._names: dict[_Bearing, dict[str, list[Name]]] = {}
        self._identifiers: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for number, one in enumerate(self.lists):
            for place, entry in enumerate(one.entries):
                for index, name in enumerate((entry.name, *entry.aliases)):
                    forms = _forms(name, entry.type, given=False)
                    self._names[_Bearing(number, place, index)] = forms
                for kind, value in entry.identifiers.items():
                    key = (kind, _plain(value))
                    self._identifiers.setdefault(key, []).append((number, place))
        self._blocks = Blocks((bearing, _all(forms)) for bearing, forms in self._names.items())

    def matches(self, party: Party, at: dt.date, known: dt.date, threshold: float) -> list[Match]:
        """The party itself on the lists, without its owners."""
        best: dict[tuple[int, int], Match] = {}
        for key, match in (*self._by_identifier(party), *self._by_name(party, threshold)):
            if match.entry.holds(at, known) and (key not in best or match.score > best[key].score):
                best[key] = match
        return sorted(best.values(), key=_order)

    def _by_identifier(self, party: Party) -> Iterator[tuple[tuple[int, int], Match]]:
        for kind, value in party.identifiers.items():
            for key in self._identifiers.get((kind.lower(), _plain(value)), ()):
                entry = self.lists[key[0]].entries[key[1]]
                listed = entry.identifiers[kind.lower()]
                same = Evidence("identifier", f"{kind} {value}", listed, 1.0, 1.0)
                why = (same, *_country(party, entry))
                name = self.lists[key[0]].id
                yield key, Match(name, entry, "identifier", 1.0, value, listed, why)

    def _by_name(self, party: Party, threshold: float) -> Iterator[tuple[tuple[int, int], Match]]:
        for name in dict.fromkeys((party.name, *party.aliases)):
            given = _forms(name, party.type, given=True)
            for bearing in self._blocks.near(_all(given)):
                score, why = _likeness(given, self._names[bearing])
                if score < threshold:
                    continue
                found = self.lists[bearing.list]
                entry = found.entries[bearing.entry]
                by: By = "alias" if bearing.name else "name"
                matched = (entry.name, *entry.aliases)[bearing.name]
                why += _country(party, entry)
                match = Match(found.id, entry, by, round(score, 4), name, matched, why)
                yield bearing[:2], match


def screen(
    party: Party,
    index: ScreeningIndex,
    *,
    at: dt.date,
    known: dt.date,
    threshold: float = THRESHOLD,
    owned_at_least: Mapping[str, Decimal] | None = None,
) -> Screened:
    """Screen a party and, where a list reaches owned parties, its owners.

    Args:
        party: who; with its owners as far as they are known.
        index: the lists.
        at: the day on which an entry must hold.
        known: the day by which it must have been public.
        threshold: the least score of a match by name, above 0 and at most 1.
        owned_at_least: list id -> the share at which listed holders, taken together, make a party
            count as listed, as the regime in force states it. None: what the lists state
            themselves; an empty mapping: ownership does not count.

    Raises:
        ValueError: the threshold is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        msg = f"the threshold is {threshold}; give one above 0 and at most 1, such as {THRESHOLD}"
        raise ValueError(msg)
    if owned_at_least is None:
        stated = ((one.id, one.owned_at_least) for one in index.lists)
        owned_at_least = {name: share for name, share in stated if share is not None}
    found = index.matches(party, at, known, threshold)
    if not owned_at_least:
        return Screened(tuple(found), {})

    seen: dict[tuple[str, ...], list[Match]] = {}

    def matches(one: Party) -> list[Match]:
        name = _identity(one)
        if name not in seen:
            seen[name] = index.matches(one, at, known, threshold)
        return seen[name]

    owned = {}
    for name, share in owned_at_least.items():
        holders = _Holders(name, share, matches)
        owned[name] = holders.state(party)
        found += holders.reached(party)
    return Screened(tuple(sorted(found, key=_order)), owned)


class _Holders:
    """Who is listed on one list, and who is owned by such."""

    def __init__(self, name: str, share: Decimal, matches: Callable[[Party], list[Match]]) -> None:
        self.name = name
        self.share = share
        self.matches = matches
        self.listed: dict[tuple[str, ...], list[Match]] = {}

    def names(self, party: Owned) -> bool:
        """Whether the party itself is on the list."""
        return bool(self.listed.get(party.names))

    def state(self, party: Party) -> str | None:
        """Whether parties on the list own this one."""
        return owned_by(self.taken(party), self, self.share)

    def taken(self, party: Party) -> Owned:
        """The party as the law has it, and each of its holders held against the list."""
        name = _identity(party)
        if name not in self.listed:
            self.listed[name] = [one for one in self.matches(party) if one.list == self.name]
        if party.owners is None:
            return Owned(name)
        return Owned(name, tuple((self.taken(one.owner), one.share) for one in party.owners))

    def reached(self, party: Party) -> list[Match]:
        """Matches by ownership: the listed holders through whom the list reaches the party."""
        state = self.state(party)
        if state not in ("owned", "unknown_share"):
            return []
        found = []
        for holding in party.owners or ():
            direct = self.listed[_identity(holding.owner)]
            for match in direct or self.reached(holding.owner):
                why = (*match.why, _share(holding))
                through = (holding.owner.name, *match.through)
                found.append(replace(match, by="ownership", why=why, through=through, owned=state))
        return found


def _forms(name: str, kind: PartyType, *, given: bool) -> dict[str, list[Name]]:
    """A name taken apart as a person's, as a firm's, or as both where the type is not known."""
    if kind == "person":
        return {"person": analysed([name], kind, given=given)}
    firm = {"firm": analysed([name], kind, given=given)}
    return firm if kind else {"person": analysed([name], "person", given=given), **firm}


def _all(forms: Mapping[str, list[Name]]) -> list[Name]:
    return [form for found in forms.values() for form in found]


def _likeness(
    given: Mapping[str, list[Name]], listed: Mapping[str, list[Name]]
) -> tuple[float, tuple[Evidence, ...]]:
    """The best comparison of two names read alike: persons with persons, firms with firms."""
    pairs = (
        compare(one, other)
        for way in given
        if way in listed
        for one in given[way]
        for other in listed[way]
    )
    return max(pairs, key=lambda found: found[0], default=(0.0, ()))


def _country(party: Party, entry: ListedParty) -> tuple[Evidence, ...]:
    """Countries, for the person who reviews: they do not change the score."""
    if not party.countries or not entry.countries:
        return ()
    same = float(bool({*party.countries} & {*entry.countries}))
    return (Evidence("country", " ".join(party.countries), " ".join(entry.countries), same, 0.0),)


def _share(holding: Holding) -> Evidence:
    share = holding.share
    shown = "not known" if share is None else str(share)
    return Evidence("share", holding.owner.name, shown, float(share or 0), 0.0)


def _identity(party: Party) -> tuple[str, ...]:
    """What tells a party from others in one screening."""
    numbers = (f"{kind}={value}" for kind, value in sorted(party.identifiers.items()))
    return (party.name, *party.aliases, *numbers)


def _plain(value: str) -> str:
    return _NOISE.sub("", value).upper()


def _order(match: Match) -> tuple[float, str, str, tuple[str, ...]]:
    return (-match.score, match.list, match.entry.id, match.through)
