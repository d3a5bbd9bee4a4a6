"""Claims, and what is believed as of a date."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Final, Literal

from interlock.evidence.grade import Grade, weakest
from interlock.evidence.value import Value, clash
from interlock.files.faults import InterlockError, Place, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

AboutKind = Literal[
    "on", "from", "to", "announced", "published", "approved", "issued", "in_force", "used"
]
ABOUT_KINDS: Final[tuple[AboutKind, ...]] = (
    "on",
    "from",
    "to",
    "announced",
    "published",
    "approved",
    "issued",
    "in_force",
    "used",
)


class UnknownClaimError(InterlockError):
    """No claim has this id; `claim` is the id asked for, `known` the ids there are."""

    def __init__(self, claim: str, known: Iterable[str]) -> None:
        self.claim = claim
        self.known = tuple(known)
        super().__init__(f"no claim '{claim}'; {nearest(claim, self.known)}")


@dataclass(frozen=True)
class Origin:
    """Who says it, and through whom it reached the public (empty = they said it themselves)."""

    who: str
    through: str = ""
    url: str = ""

    def __str__(self) -> str:
        return f"{self.who}, through {self.through}" if self.through else self.who


@dataclass(frozen=True)
class Claim:
    """One statement by a source about one subject.

    Attributes:
        id: its name in the file.
        text: what is claimed, in a sentence.
        subject: dotted name of the fact, e.g. `cn.import.group-quantity`.
        value: what is claimed of it.
        grade: Admiralty grade of this claim.
        origin: who said it, through whom.
        known: the day it became public; the claim does not exist for whoever asks about a day
            before.
        about: the days that the fact bears, by kind; one fact may bear several (announced,
            published, in force).
        supports, contradicts, supersedes: ids of other claims.
        place: where it stands in its file.
    """

    id: str
    text: str
    subject: str
    value: Value
    grade: Grade
    origin: Origin
    known: dt.date
    about: tuple[tuple[AboutKind, dt.date], ...]
    supports: tuple[str, ...]
    contradicts: tuple[str, ...]
    supersedes: tuple[str, ...]
    place: Place

    @property
    def holds(self) -> tuple[dt.date | None, dt.date | None]:
        """The half-open interval of days for which the fact is claimed; None = open end.

        `on` is that one day; `from` (or, if it is absent, `in_force`) to `to` an interval. The
        other dates are events in the life of a fact and bound nothing.
        """
        about = dict(self.about)
        if "on" in about:
            return about["on"], about["on"] + dt.timedelta(days=1)
        return about.get("from", about.get("in_force")), about.get("to")


@dataclass(frozen=True)
class Contradiction:
    """Two claims that both stand and cannot both be true.

    `why` is `declared` if a claim says so, `values` if their values for the same days exclude
    each other.
    """

    first: str
    second: str
    why: Literal["declared", "values"]


@dataclass(frozen=True)
class Belief:
    """What stands about one subject on a day.

    Attributes:
        subject: the fact.
        standing: the claims that stand, the best-weighted first.
        superseded: claims on the subject known by then, but replaced by then.
        contested: whether an unresolved contradiction touches a standing claim.
    """

    subject: str
    standing: tuple[Claim, ...]
    superseded: tuple[Claim, ...]
    contested: bool

    @property
    def best(self) -> Claim | None:
        """The best-weighted standing claim; None if every claim was superseded elsewhere."""
        return self.standing[0] if self.standing else None


@dataclass(frozen=True)
class State:
    """The state of belief as of `known`: beliefs by subject, contradictions left unresolved."""

    known: dt.date
    beliefs: Mapping[str, Belief]
    unresolved: tuple[Contradiction, ...]


@dataclass(frozen=True)
class Claims:
    """All claims of a file, in its order.

    `digest` is the SHA-256 of its content; empty if they come from no file.
    """

    title: str
    claims: tuple[Claim, ...]
    digest: str = ""

    @cached_property
    def _by_id(self) -> dict[str, Claim]:
        return {claim.id: claim for claim in self.claims}

    def __getitem__(self, claim: str) -> Claim:
        found = self._by_id.get(claim)
        if found is None:
            raise UnknownClaimError(claim, self._by_id)
        return found

    def __contains__(self, claim: object) -> bool:
        return claim in self._by_id

    def __len__(self) -> int:
        return len(self.claims)

    def weakest(self, claims: Iterable[str]) -> Grade | None:
        """The weakest link of what rests on all of these claims (R13); None if on none.

        Raises:
            UnknownClaimError: an id is not in the file.
        """
        return weakest(self[claim].grade for claim in claims)

    def standing(self, *, known: dt.date) -> tuple[Claim, ...]:
        """The claims known by the end of that day and not superseded by then, in file order.

        A superseded claim stays so when its successor is itself superseded: the newer word
        replaces, it does not bring the oldest one back.
        """
        heard = [claim for claim in self.claims if claim.known <= known]
        gone = {old for claim in heard for old in claim.supersedes}
        return tuple(claim for claim in heard if claim.id not in gone)

    def state(self, *, known: dt.date) -> State:
        """What was believed as of a day.

        Weight: the better grade first; at the same grade the claim that more standing claims
        support; then the one known last; then the order of the file.
        """
        standing = self.standing(known=known)
        ids = {claim.id for claim in standing}
        unresolved = tuple(_contradictions(standing))
        touched = {name for pair in unresolved for name in (pair.first, pair.second)}
        support: dict[str, int] = defaultdict(int)
        for claim in standing:
            for backed in claim.supports:
                support[backed] += 1
        heard: dict[str, list[Claim]] = defaultdict(list)
        for claim in self.claims:
            if claim.known <= known:
                heard[claim.subject].append(claim)
        beliefs = {}
        for subject, mine in sorted(heard.items()):
            up = [claim for claim in mine if claim.id in ids]
            up.sort(key=lambda claim: (claim.grade, support[claim.id], claim.known), reverse=True)
            down = tuple(claim for claim in mine if claim.id not in ids)
            contested = any(claim.id in touched for claim in up)
            beliefs[subject] = Belief(subject, tuple(up), down, contested)
        return State(known, beliefs, unresolved)


def _contradictions(standing: tuple[Claim, ...]) -> Iterable[Contradiction]:
    """Pairs that clash, in file order. Only claims on one subject, or linked, are compared."""
    at = {claim.id: index for index, claim in enumerate(standing)}
    why: dict[tuple[int, int], Literal["declared", "values"]] = {}
    subjects: dict[str, list[Claim]] = defaultdict(list)
    for claim in standing:
        subjects[claim.subject].append(claim)
    for claims in subjects.values():
        for first, second in combinations(claims, 2):
            if _overlap(first, second) and clash(first.value, second.value):
                why[at[first.id], at[second.id]] = "values"
    for claim in standing:
        for other in claim.contradicts:
            if other in at:
                one, two = sorted((at[claim.id], at[other]))
                why[one, two] = "declared"
    for one, two in sorted(why):
        yield Contradiction(standing[one].id, standing[two].id, why[one, two])


def _overlap(first: Claim, second: Claim) -> bool:
    (start, end), (other_start, other_end) = first.holds, second.holds
    starts_late = end is not None and other_start is not None and other_start >= end
    ends_early = other_end is not None and start is not None and start >= other_end
    return not (starts_late or ends_early)
