"""Screening parties against the lists, and what a person makes of each match.

A match is a question to a person and shuts nothing by itself. What a person confirmed goes with the
party into every decision as one more name (`Party.listed_as`); what they cleared is not asked again
as long as neither the party's names nor the entry change.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from interlock.book import lists, rights
from interlock.book.acting import Act
from interlock.book.errors import InputError, input_error
from interlock.book.guards import guard
from interlock.book.looking import Look, Owners, look
from interlock.book.models import Party, ScreenedWith, Screening
from interlock.book.models.base import Thing
from interlock.book.services.inputs import Id, NewId
from interlock.book.services.registry import service
from interlock.files import nearest
from interlock.files.phrases import Phrase, phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

THRESHOLD = 0.7  # docs/reference/screening.md measures it; interlock.screening has the same
MOST_AT_ONCE = 50
REVIEWED = ("cleared", "confirmed")
GRAVE = ("to_review", "confirmed", "cleared", "clear")
"""The gravest state first: what stands of a party's newest screenings."""


@service("screening.screen")
def screening_screen(
    act: Act,
    *,
    id: NewId = "",
    party: Id,
    as_of: Annotated[
        dt.date | None, Field(description="The day on which an entry must be listed; default today")
    ] = None,
    known: Annotated[
        dt.date | None, Field(description="By when it must have been public; default as_of.")
    ] = None,
    only_lists: Annotated[
        list[Annotated[str, Field(max_length=120)]] | None,
        Field(max_length=50, description="Ids of lists; default all of them."),
    ] = None,
    threshold: Annotated[
        float, Field(gt=0, le=1, description="The least score of a match by name.")
    ] = THRESHOLD,
) -> Screening:
    """Screen a party by name, identifier and ownership."""
    found = Party.objects.filter(pk=party).first()
    if found is None:
        raise input_error("party", "there is no party '{party}'; enter it first", party=party)
    day = as_of or act.today
    heard = known or day
    faults = {
        name: phrase("{day} has not come yet", day=value)
        for name, value in (("as_of", day), ("known", heard))
        if value > act.now.date()
    }
    ids = [one.list.id for one in lists.loaded()]
    for name in only_lists or ():
        if name not in ids:
            faults["only_lists"] = phrase(
                "there is no list '{name}'; {mend}", name=name, mend=nearest(name, ids)
            )
    if only_lists is not None and not only_lists:
        faults["only_lists"] = phrase("names no list; leave it out for all of them")
    if faults:
        raise InputError(faults)
    owners = Owners([found], day)
    only = None if only_lists is None or set(only_lists) == set(ids) else frozenset(only_lists)
    seen = look(owners.party(party), as_of=day, known=heard, threshold=threshold, only=only)
    made = _file(act, found, seen, as_of=day, known=heard, threshold=threshold, pk=id)
    if only is None and threshold <= THRESHOLD and day == heard == act.today:
        _mark(found, owners, day)
    return made


def _file(
    act: Act,
    party: Party,
    seen: Look,
    *,
    as_of: dt.date,
    known: dt.date,
    threshold: float,
    pk: str = "",
) -> Screening:
    """Put a look on file, with what a person said before of the same matches."""
    said = _said_before(party)
    for match in seen.matches:
        if match["key"] in said:
            match["is_party"], match["review"] = said[match["key"]]
    answers = {match["is_party"] for match in seen.matches}
    state = "clear" if not answers else "to_review" if None in answers else ""
    screening = act.make(
        Screening(
            id=pk,
            party=party,
            as_of=as_of,
            known=known,
            lists=seen.lists,
            matches=seen.matches,
            owned=seen.owned,
            threshold=threshold,
            outcome="" if None in answers else state or _outcome(seen.matches),
        ),
        "screen",
        state=state or _outcome(seen.matches),
    )
    _tell_party(act, party)
    return screening


def _outcome(matches: Iterable[dict[str, Any]]) -> str:
    return "confirmed" if any(match["is_party"] for match in matches) else "cleared"


def _said_before(party: Party) -> dict[str, tuple[bool, dict[str, Any]]]:
    """By the key of a match: what a person said of it last."""
    reviewed = Screening.objects.filter(party=party, state__in=REVIEWED).order_by("changed_at")
    return {
        match["key"]: (match["is_party"], match["review"])
        for screening in reviewed
        for match in screening.matches
        if match["review"]
    }


@service("screening.clear")
def screening_clear(act: Act, thing: Screening) -> Screening:
    """None of the matches is this party."""
    return _review(act, thing, "clear", frozenset())


@service("screening.confirm")
def screening_confirm(
    act: Act,
    thing: Screening,
    *,
    matches: Annotated[
        list[Annotated[int, Field(ge=1)]],
        Field(min_length=1, max_length=1000, description="Numbers of the matches that are it."),
    ],
) -> Screening:
    """These matches, counted from 1, are this party or its owners; the others are not."""
    wrong = sorted(number for number in set(matches) if number > len(thing.matches))
    if wrong:
        says = phrase(
            "there are {number} matches, counted from 1, and no number {wrong}",
            number=len(thing.matches),
            wrong=wrong[0],
        )
        raise InputError({"matches": says})
    return _review(act, thing, "confirm", frozenset(matches))


def _review(act: Act, thing: Screening, move: str, confirmed: frozenset[int]) -> Screening:
    review = {
        "screening": thing.pk,
        "by": act.actor.name,
        "on": act.today.isoformat(),
        "reason": act.reason,
    }
    matches = [
        match | {"is_party": number in confirmed, "review": review}
        for number, match in enumerate(thing.matches, start=1)
    ]
    done = act.move(
        thing,
        move,
        {
            "matches": matches,
            "reviewed_by": act.actor.name,
            "outcome": "confirmed" if confirmed else "cleared",
            "reason": act.reason,
        },
    )
    party = Party.objects.select_for_update(of=("self",)).get(pk=thing.party_id)
    _tell_party(act, party)
    return done


@guard
def newest_screening(act: Act, thing: Thing) -> Phrase | None:  # noqa: ARG001 - the shape of a guard
    """A newer look on the same lists asks the newer question."""
    assert isinstance(thing, Screening)  # noqa: S101 - lifecycles.toml names it for no other
    standing = standing_screenings(thing.party_id)
    if any(one.pk == thing.pk for one in standing):
        return None
    return phrase("a newer screening is there: review {screening}", screening=standing[0].pk)


def standing_screenings(party: str) -> list[Screening]:
    """The screenings of a party that no later one covers, the newest first.

    One covers another that is not newer, saw no list more, and asked for no lower a score.
    """
    found: list[Screening] = []
    rows = Screening.objects.filter(party=party).order_by("-as_of", "-made_at", "-pk")
    for one in rows:
        names = {x["list"] for x in one.lists}
        if not any(
            names <= {x["list"] for x in newer.lists} and newer.threshold <= one.threshold
            for newer in found
        ):
            found.append(one)
    return found


def _tell_party(act: Act, party: Party) -> None:
    """What stands of the party's screenings, on the party itself, for decisions and officers.

    No move of the party: a new version, a line of its history or an event would tell the firm that
    somebody looked (R11). The audit log keeps it all the same.
    """
    standing = standing_screenings(party.pk)
    whole = {one.list.id for one in lists.loaded()}
    days = [one.as_of for one in standing if {x["list"] for x in one.lists} >= whole]
    states = {one.state for one in standing}
    Party.objects.filter(pk=party.pk).update(
        screened_on=max(days, default=party.screened_on),
        screening=next(state for state in GRAVE if state in states),
        listed_as=_listed_as(party, standing),
    )
    act.touch(party)


def _listed_as(party: Party, standing: list[Screening]) -> list[dict[str, str]]:
    """Listed names confirmed to be the party; one that is asked anew stays until it is answered."""
    before = {(one["list"], one["entry"]) for one in party.listed_as}
    found: dict[tuple[str, str], dict[str, str]] = {}
    for screening in standing:
        for match in screening.matches:
            key = (match["list"], match["entry"]["id"])
            again = match["is_party"] is None and key in before
            if match["by"] != "ownership" and (match["is_party"] or again):
                found[key] = {"list": key[0], "entry": key[1], "name": match["entry"]["name"]}
    return [found[key] for key in sorted(found)]


# -- screening everybody again -----------------------------------------------------------------


@dataclass(frozen=True)
class Rescreened:
    """The screenings made, and the id to go on after; None: everybody was looked at."""

    made: list[Screening]
    next: str | None


def rescreen(act: Act, *, after: str = "", most: int = MOST_AT_ONCE) -> Rescreened:
    """Screen active firms for whom the lists, their names or their owners have changed since.

    Call it with `after` = `next` until that is None: each call is one transaction that looks at
    `most` parties.

    Raises:
        DeniedError: the actor may not screen.
    """
    rights.require_some(act.actor, "screening.screen", "all parties")
    day = act.now.date()
    rows = Party.objects.select_for_update(of=("self",)).order_by("pk")
    parties = list(rows.filter(state="active", authority=False, pk__gt=after)[:most])
    owners, digest = Owners(parties, day), lists.digest_on(day)
    marks = dict(
        ScreenedWith.objects.filter(party__in=[one.pk for one in parties]).values_list(
            "party_id", "digest"
        )
    )
    made = []
    for party in parties:
        if marks.get(party.pk) != _mark_of(digest, owners.digest(party.pk)):
            seen = look(owners.party(party.pk), as_of=day, known=day, threshold=THRESHOLD)
            made.append(_file(act, party, seen, as_of=day, known=day, threshold=THRESHOLD))
            _mark(party, owners, day)
    return Rescreened(made, parties[-1].pk if len(parties) == most else None)


def _mark(party: Party, owners: Owners, day: dt.date) -> None:
    digest = _mark_of(lists.digest_on(day), owners.digest(party.pk))
    ScreenedWith.objects.update_or_create(party=party, defaults={"digest": digest})


def _mark_of(lists_digest: str, party_digest: str) -> str:
    return f"{lists_digest[:32]}{party_digest[:32]}"


__all__ = [
    "Rescreened",
    "rescreen",
    "screening_clear",
    "screening_confirm",
    "screening_screen",
    "standing_screenings",
]
