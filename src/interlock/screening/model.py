"""Lists, their entries, the parties that are screened, and the matches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from decimal import Decimal

    from interlock.files import Place

PartyType = Literal["", "person", "company", "organisation", "vessel"]
By = Literal["name", "alias", "identifier", "ownership"]


@dataclass(frozen=True)
class ListedParty:
    """One entry of a list.

    Attributes:
        type: what it is; empty if the list does not say.
        countries: ISO 3166 codes of two letters.
        identifiers: kind (`lei`, `registration`, ...) -> value.
        listed_on: the first day on the list.
        public: from when everybody could know of the listing; the day of listing if not stated.
        delisted_on: the first day off the list again.
        source: what put it there, as the list cites it.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    type: PartyType
    countries: tuple[str, ...]
    identifiers: Mapping[str, str] = field(hash=False)
    listed_on: dt.date
    public: dt.date
    delisted_on: dt.date | None
    source: str
    place: Place

    def holds(self, at: dt.date, known: dt.date) -> bool:
        """Whether it is on the list `at` a day, by what was public on the day `known`.

        A delisting is public on its own day: whoever asks by an earlier `known` does not see it.
        """
        if known < self.public or at < self.listed_on:
            return False
        off = self.delisted_on
        return off is None or at < off or known < off


@dataclass(frozen=True)
class ScreeningList:
    """A list of parties; `owned_at_least` is the share at which it reaches what its parties own.

    None: the list does not reach owned parties.
    """

    id: str
    title: str
    entries: tuple[ListedParty, ...]
    owned_at_least: Decimal | None = None


@dataclass(frozen=True)
class Holding:
    """A share of a party; `share` None: not known."""

    owner: Party
    share: Decimal | None


@dataclass(frozen=True)
class Party:
    """Who is screened. `owners` None: nobody looked them up."""

    name: str
    aliases: tuple[str, ...] = ()
    type: PartyType = ""
    countries: tuple[str, ...] = ()
    identifiers: Mapping[str, str] = field(default_factory=dict, hash=False)
    owners: tuple[Holding, ...] | None = None


@dataclass(frozen=True)
class Evidence:
    """One feature of a score: two parts of names side by side, or another fact.

    Attributes:
        feature: `same`, `similar`, `symbol` (a word in another language, script or spelling),
            `extra_given`, `extra_listed` (a part that the other lacks), `country`, `identifier`,
            `share`.
        score: of this feature, from 0 to 1.
        weight: in the mean of all parts; 0 for a fact that is shown and does not count.
    """

    feature: str
    given: str
    listed: str
    score: float
    weight: float


@dataclass(frozen=True)
class Match:
    """A listed party that the screened one may be, or be owned by. A person decides.

    Attributes:
        list: id of the list; `entry` its entry.
        by: what matched; `ownership` where a holder did.
        score: from 0 to 1; of a match by ownership that of the holder.
        given: the name or identifier of the screened party, or of the holder, that matched.
        matched: the name or identifier of the entry that it matched.
        why: the features that make the score.
        through: for ownership, the names from the screened party's holder to the listed one.
        owned: for ownership, `owned`, or `unknown_share` where a share that is not known decides.
    """

    list: str
    entry: ListedParty
    by: By
    score: float
    given: str
    matched: str
    why: tuple[Evidence, ...]
    through: tuple[str, ...] = ()
    owned: str = ""

    @property
    def source(self) -> str:
        """What put the entry on its list."""
        return self.entry.source
