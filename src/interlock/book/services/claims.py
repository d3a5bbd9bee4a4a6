"""Recording claims: who said what of which fact, when it was public, how far it is believed.

A claim has the form of the claims file and is judged by the same reader. It may link to claims of
the law's own files and to those that the book has.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import Field

from interlock.book import rights
from interlock.book.acting import Act
from interlock.book.errors import InputError
from interlock.book.ids import new_id
from interlock.book.models import Claim
from interlock.book.selectors.claims import all_drafts, of_law, of_rows, plain_claim
from interlock.book.services.inputs import Name, Text
from interlock.book.services.registry import service
from interlock.evidence import Draft, check_together, read_claim, read_claims
from interlock.files import BadInputError, Fault, Faults, Node, Place, node_of, plain_of
from interlock.files.phrases import Phrase, phrase, phrases

ClaimId = Annotated[str, Field(max_length=80)]
Links = Annotated[list[ClaimId], Field(max_length=100)]


@service("claim.record")
def claim_record(
    act: Act,
    *,
    id: Annotated[
        str, Field(max_length=80, description="Small letters, digits and hyphens; empty = made.")
    ] = "",
    text: Annotated[Text, Field(min_length=1, description="What is claimed, in a sentence.")],
    subject: Annotated[Name, Field(description="The fact, e.g. cn.import.quantity.")],
    value: Annotated[
        Any, Field(description="What is claimed of it: a value, or e.g. {at_least: 1, unit: chip}.")
    ],
    source: Annotated[
        str | dict[str, str], Field(description="Who says it: a name, or {who, through, url}.")
    ],
    reliability: Annotated[str, Field(max_length=10, description="Of the source, A to F.")],
    credibility: Annotated[int | str, Field(description="Of the information, 1 to 6.")],
    known: Annotated[dt.date, Field(description="The day it became public.")],
    about: Annotated[
        dt.date | dict[str, dt.date] | None, Field(description="The days that the fact bears.")
    ] = None,
    supports: Links = [],
    contradicts: Links = [],
    supersedes: Links = [],
) -> Claim:
    """Record a claim with its source and grade."""
    body = {
        "id": id or new_id("claim"),
        "text": text,
        "subject": subject,
        "value": value,
        "source": source,
        "reliability": reliability,
        "credibility": credibility,
        "known": known.isoformat(),
        "about": _days(about),
        "supports": supports,
        "contradicts": contradicts,
        "supersedes": supersedes,
    }
    body = {name: given for name, given in body.items() if given not in (None, [], {})}
    faults = Faults()
    draft = read_claim(node_of(body), faults)
    _raise_as_input(faults)
    _check_beside([draft], faults)
    if draft.claim.known > act.now.date():
        faults.add(
            Place("known"),
            phrase("{day} has not come yet", day=known),
            phrase("record it when it is public"),
        )
    _raise_as_input(faults)
    return _make(act, draft, body)


def _days(about: dt.date | dict[str, dt.date] | None) -> Any:
    if isinstance(about, dict):
        return {kind: day.isoformat() for kind, day in about.items()}
    return about.isoformat() if about else None


def _raise_as_input(faults: Faults) -> None:
    """Faults of one claim as faults of its fields."""
    if faults.found:
        told: dict[str, list[Phrase]] = {}
        for fault in faults.found:
            told.setdefault(fault.place.file or "claim", []).append(fault.says)
        raise InputError({name: phrases(says, "; ") for name, says in told.items()})


def _make(act: Act, draft: Draft, body: dict[str, Any]) -> Claim:
    row = Claim(id=draft.claim.id, body=body, known_on=draft.claim.known, recorded_at=act.now)
    return act.make(row, "record")


def _check_beside(drafts: list[Draft], faults: Faults) -> None:
    """New claims beside all that are known: ids, links, units. Older ones are not judged again."""
    new = {draft.claim.id for draft in drafts}
    law = of_law()
    for draft in drafts:
        same = law.get(draft.claim.id)
        if same is not None and plain_claim(same) != plain_claim(draft.claim):
            wrong = phrase(
                "'{claim}' is a claim of the law's files, and says something else",
                claim=draft.claim.id,
            )
            faults.add(
                draft.place("id"), wrong, phrase("choose another id, or supersede that claim")
            )
    older = [draft for draft in all_drafts() if draft.claim.id not in new]
    own = Faults()
    check_together([*older, *drafts], own)
    places = {place for draft in drafts for place in (draft.claim.place, *draft.places.values())}
    faults.found += [fault for fault in own.found if fault.place in places]


@service("claim.withdraw")
def claim_withdraw(act: Act, thing: Claim) -> Claim:
    """The source, or whoever recorded it, takes it back; from today it is not heard."""
    return act.move(thing, "withdraw")


def import_claims(act: Act, root: Node) -> list[Claim]:
    """Record every claim of a claims file; one that is on file already, word for word, is left.

    Args:
        act: who records them.
        root: the file as a tree, from YAML or JSON.

    Raises:
        DeniedError: the actor may not record claims.
        BadInputError: everything wrong with the file, with its places; nothing was recorded.
    """
    rights.require_some(act.actor, "claim.record", "claims")
    claims = read_claims(root)
    nodes = {one.id: node for one, node in zip(claims.claims, _items(root), strict=True)}
    rows = Claim.objects.filter(pk__in=nodes)
    on_file = {draft.claim.id: plain_claim(draft.claim) for draft in of_rows(rows)}
    withdrawn = {row.pk for row in rows if row.state == "withdrawn"}
    faults = Faults()
    fresh = []
    for one in claims.claims:
        known = on_file.get(one.id)
        if known is None:
            fresh.append(one)
        elif known != plain_claim(one):
            wrong = phrase("'{claim}' is on file and says something else", claim=one.id)
            faults.add(one.place, wrong, phrase("give it a new id, with `supersedes`"))
        elif one.id in withdrawn:
            faults.add(
                one.place,
                phrase("'{claim}' was withdrawn", claim=one.id),
                phrase("give it a new id"),
            )
        if one.known > act.now.date():
            faults.add(
                one.place,
                phrase("'{claim}' is of {known}", claim=one.id, known=one.known),
                phrase("import it when it is public"),
            )
    drafts = [read_claim(nodes[one.id], Faults()) for one in fresh]
    _check_beside(drafts, faults)
    faults.raise_if_any()
    return [_make(act, draft, plain_of(nodes[draft.claim.id])) for draft in drafts]


def _items(root: Node) -> list[Node]:
    top = root.value
    items = top["claims"].value if isinstance(top, dict) else None
    if not isinstance(items, list):
        raise BadInputError(
            [Fault(root.place, phrase("has no claims"), phrase("start with `claims:`"))]
        )
    return items
