"""A party of the book held against the lists: what is given to the matcher, and what is kept of it.

Reads only. `services/screenings.py` puts the result on file.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from interlock.book import lists
from interlock.book.models import Ownership
from interlock.book.models import Party as BookParty
from interlock.screening import Holding, Party, ScreeningIndex, screen

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable

    from interlock.screening import Match

MOST_OWNERS_UP = 12


@dataclass(frozen=True)
class Look:
    """What one look on the lists found, as it is kept.

    Attributes:
        lists: {list, digest, entries} of each list looked at.
        matches: the highest score first.
        owned: by list that reaches owned parties.
    """

    lists: list[dict[str, Any]]
    matches: list[dict[str, Any]]
    owned: dict[str, str | None]


class Owners:
    """Who owns whom on a day, for the given parties and all above them.

    One query a layer, however many parties; a circle of owners ends where it closes.
    """

    def __init__(self, parties: Iterable[BookParty], at: dt.date) -> None:
        self.at = at
        self.known: dict[str, BookParty] = {party.pk: party for party in parties}
        self.held: dict[str, list[Ownership]] = defaultdict(list)
        layer: Collection[str] = set(self.known)
        while layer:
            layer = self._above(layer)

    def _above(self, layer: Collection[str]) -> set[str]:
        since = Q(since__isnull=True) | Q(since__lte=self.at)
        until = Q(until__isnull=True) | Q(until__gt=self.at)
        held = Ownership.objects.filter(since & until, party__in=layer).select_related("owner")
        fresh = set()
        for one in held.order_by("party_id", "owner_id"):
            self.held[one.party_id].append(one)
            if one.owner_id not in self.known:
                self.known[one.owner_id] = one.owner
                fresh.add(one.owner_id)
        return fresh

    def party(self, pk: str, above: tuple[str, ...] = ()) -> Party:
        """A party as the matcher takes it, with its owners."""
        one = self.known[pk]
        way = (*above, pk)
        holdings = () if len(way) > MOST_OWNERS_UP else self.held[pk]
        countries = (one.country, one.headquarters, one.ultimate_parent_country)
        return Party(
            name=one.name,
            aliases=tuple(one.other_names),
            countries=tuple(dict.fromkeys(x for x in countries if x)),
            identifiers={x["scheme"]: x["value"] for x in one.identifiers},
            owners=tuple(
                Holding(self.party(held.owner_id, way), held.share)
                for held in holdings
                if held.owner_id not in way
            ),
        )

    def digest(self, pk: str) -> str:
        """The SHA-256 of all that is given to the matcher: another one asks for a new look."""
        return hashlib.sha256(repr(self.party(pk)).encode()).hexdigest()


def look(
    party: Party,
    *,
    as_of: dt.date,
    known: dt.date,
    threshold: float,
    only: Collection[str] | None = None,
) -> Look:
    """Look for a party on the lists.

    Args:
        party: with its owners.
        as_of: the day on which an entry must stand on its list.
        known: the day by which it must have been public.
        threshold: the least score of a match by name.
        only: ids of lists; None: all.
    """
    taken = [one for one in lists.loaded() if only is None or one.list.id in only]
    index = lists.index() if only is None else ScreeningIndex(one.list for one in taken)
    shares = lists.shares_on(as_of, known)
    found = screen(
        party,
        index,
        at=as_of,
        known=known,
        threshold=threshold,
        owned_at_least={n: share for n, share in shares.items() if only is None or n in only},
    )
    return Look(
        lists=[
            {"list": one.list.id, "digest": one.digest, "entries": len(one.list.entries)}
            for one in taken
        ],
        matches=[_match(one) for one in found.matches],
        owned=dict(found.owned),
    )


def _match(match: Match) -> dict[str, Any]:
    """A match in the form that is kept; `key` tells whether a later one is the same question."""
    entry = match.entry
    asked: dict[str, Any] = {
        "list": match.list,
        "entry": {
            "id": entry.id,
            "name": entry.name,
            "aliases": list(entry.aliases),
            "type": entry.type,
            "countries": list(entry.countries),
            "identifiers": dict(sorted(entry.identifiers.items())),
            "listed_on": entry.listed_on.isoformat(),
            "public": entry.public.isoformat(),
            "delisted_on": entry.delisted_on.isoformat() if entry.delisted_on else None,
            "source": entry.source,
        },
        "by": match.by,
        "given": match.given,
        "matched": match.matched,
        "through": list(match.through),
        "owned": match.owned,
    }
    key = json.dumps(asked, ensure_ascii=False, sort_keys=True)
    return asked | {
        "key": hashlib.sha256(key.encode()).hexdigest(),
        "score": match.score,
        "why": [
            {
                "feature": part.feature,
                "given": part.given,
                "listed": part.listed,
                "score": part.score,
                "weight": part.weight,
            }
            for part in match.why
        ],
        "is_party": None,
        "review": None,
    }
