"""Parties on lists, and parties owned by them.

A party is owned where the shares held by listed or owned parties add up to the threshold; owned
parties count as listed ones, layer by layer to a fixed point, and shares are never multiplied: 30 %
and 25 % by two listed firms make 55 %, and half of a half-owned firm is half.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from interlock.law.model import ListEntry, PartyFact

_NOISE = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Party:
    """One party of a case.

    Attributes:
        names: its id, name and aliases.
        owners: who holds shares of it, with the share (None: not known); None: nobody looked.
    """

    names: tuple[str, ...]
    owners: tuple[tuple[Party, Decimal | None], ...] | None = None


def name_key(name: str) -> str:
    """Names are matched letter by letter, without case, spaces and punctuation."""
    return _NOISE.sub("", name).casefold()


class Listed(Protocol):
    """Whatever can say of a party that it is listed."""

    def names(self, party: Party) -> bool:
        """Whether the party itself is listed."""


class Lists:
    """The listed names on one day."""

    def __init__(self, entries: Iterable[ListEntry]) -> None:
        self.keys = {name_key(n) for entry in entries for n in (entry.party, *entry.aliases)}

    def names(self, party: Party) -> bool:
        """Whether the party is listed under its id, its name or an alias."""
        return any(name_key(name) in self.keys for name in party.names if name)


def party_value(
    fact: PartyFact,
    parties: Mapping[str, Party | None],
    lists: Mapping[str, Sequence[ListEntry]],
) -> bool | str | None:
    """The value of a fact about the parties of a case; None is unknown.

    Args:
        fact: which roles it looks at, on which lists.
        parties: role -> its party; a role that is not given is unknown.
        lists: list id -> entries that hold on the day.
    """
    listed = Lists(entry for name in fact.lists for entry in lists[name])
    asked = [parties.get(role) for role in fact.of]
    if fact.kind == "listed":
        answers = [None if party is None else listed.names(party) for party in asked]
        if True in answers:
            return True
        return None if None in answers else False
    assert fact.at_least is not None  # noqa: S101 - the reader demands it of `owned`
    states = [None if party is None else owned_by(party, listed, fact.at_least) for party in asked]
    for state in ("owned", None, "unknown_share"):
        if state in states:
            return state
    return "no"


def owned_by(party: Party, listed: Listed, at_least: Decimal) -> str | None:
    """Whether listed parties own a party, in the aggregate.

    Returns:
        `owned`: their shares add up to `at_least` or more; `unknown_share`: a listed or owned
        holder whose share is not known, where the known ones do not suffice; `no`; None: nobody
        looked up holders that could tip the balance.
    """
    found: dict[tuple[str, ...], Party] = {}
    _collect(party, found)
    states = dict.fromkeys(found, "no")
    changed = True
    while changed:
        changed = False
        for key, one in found.items():
            state = _state(one, states, listed, at_least)
            if state != states[key] and _RANK[state] > _RANK[states[key]]:
                states[key] = state
                changed = True
    own = states[party.names]
    if own == "no" and any(one.owners is None for one in found.values()):
        return None if party.owners is None or _open_end(party, listed, at_least) else own
    return own


_RANK = {"no": 0, "unknown_share": 1, "owned": 2}


def _collect(party: Party, found: dict[tuple[str, ...], Party]) -> None:
    known = found.get(party.names)
    if known is not None and (known.owners or not party.owners):
        return
    found[party.names] = party
    for owner, _ in party.owners or ():
        _collect(owner, found)


def _state(
    party: Party, states: Mapping[tuple[str, ...], str], listed: Listed, at_least: Decimal
) -> str:
    sure = maybe = 0 * at_least
    unstated = False
    for owner, share in party.owners or ():
        is_listed = listed.names(owner) or states[owner.names] == "owned"
        if not is_listed and states[owner.names] == "no":
            continue
        if share is None:
            unstated = True
        elif is_listed:
            sure += share
        else:
            maybe += share
    if sure >= at_least:
        return "owned"
    return "unknown_share" if unstated or sure + maybe >= at_least else "no"


def _open_end(party: Party, listed: Listed, at_least: Decimal) -> bool:
    """Whether holders of whom nobody looked up the owners could still tip the balance."""
    open_share = 0 * at_least
    for owner, share in party.owners or ():
        if listed.names(owner):
            open_share += share or 0
        elif owner.owners is None:
            if share is None:
                return True
            open_share += share
    return open_share >= at_least
