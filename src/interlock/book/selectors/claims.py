"""The book's claims and those that the law rests on, and what is believed as of a day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from interlock.book import law, rights
from interlock.book.errors import InputError
from interlock.book.models import Claim as Row
from interlock.book.models import Determination
from interlock.evidence import Claim, Claims, Draft, State, read_claim, state_json
from interlock.files import Faults, Place, nearest, node_of
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from interlock.book.rights import Actor

TITLE = "The book's claims, and those that the law rests on"
NOWHERE = Place("")


def plain_claim(claim: Claim) -> Claim:
    """A claim without the place where it was read, so that two can be compared."""
    return replace(claim, place=NOWHERE)


def of_law() -> dict[str, Claim]:
    """The claims of the regimes' claims files, by id."""
    files = law.library().claims.values()
    return {claim.id: claim for file in files for claim in file.claims}


def of_rows(rows: Iterable[Row]) -> list[Draft]:
    """The claims of rows; they were checked when they were recorded."""
    faults = Faults()
    found = [read_claim(node_of(row.body, f"claim {row.pk}"), faults) for row in rows]
    faults.raise_if_any()
    return found


def all_drafts() -> list[Draft]:
    """Every claim that a new one may link to: those of the law, and the book's own."""
    book = of_rows(Row.objects.order_by("known_on", "pk"))
    own = {draft.claim.id for draft in book}
    return [*(Draft(one, {}) for name, one in of_law().items() if name not in own), *book]


def claims_on(recorded: dt.date) -> Claims:
    """The claims of the law, and those that the book had recorded and not withdrawn by a day."""
    rows = Row.objects.filter(recorded_at__date__lte=recorded).exclude(
        state="withdrawn", changed_at__date__lte=recorded
    )
    book = [draft.claim for draft in of_rows(rows.order_by("known_on", "pk"))]
    own = {claim.id for claim in book}
    return Claims(TITLE, (*(one for name, one in of_law().items() if name not in own), *book))


def belief(
    actor: Actor, *, known: dt.date, recorded: dt.date | None = None, subject: str = ""
) -> dict[str, Any]:
    """What was believed as of a day, and the contradictions that nobody resolved.

    Args:
        actor: who asks.
        known: what was public by this day is heard.
        recorded: and, of the book's claims, what it had recorded by this day; default `known`: what
            an officer had before them on that day (R8).
        subject: one fact alone; empty: all.

    Raises:
        DeniedError: the actor may not read claims.
        InputError: nothing is claimed of that subject on any day.
    """
    rights.require_some(actor, "claim.read", "claims")
    claims = claims_on(recorded or known)
    state = claims.state(known=known)
    if subject:
        state = _only(state, subject)
    return state_json(claims.title, state, subject or None)


MOST_READ = 500


def timeline(actor: Actor, *, known: dt.date, recorded: dt.date) -> dict[str, Any]:
    """Every claim that was heard by a day, the newest first, and how each stands.

    Args:
        actor: who asks.
        known: what was public by this day is heard.
        recorded: and, of the book's claims, what it had recorded by this day (R8).

    Returns:
        `claims`: {id, text, subject, value, grade, who, through, known, about, supports,
        supersedes, stands, replaced_by, against, own}; `against` are the ids of the claims that it
        cannot be true with, `own` whether the book recorded it. `unresolved`: pairs of two ids.

    Raises:
        DeniedError: the actor may not read claims.
    """
    rights.require_some(actor, "claim.read", "claims")
    claims = claims_on(recorded)
    state = claims.state(known=known)
    heard = [one for one in claims.claims if one.known <= known]
    replaced = {old: one.id for one in heard for old in one.supersedes}
    against: dict[str, list[str]] = {}
    for pair in state.unresolved:
        against.setdefault(pair.first, []).append(pair.second)
        against.setdefault(pair.second, []).append(pair.first)
    of_the_law = of_law()
    found = [
        {
            "id": one.id,
            "text": one.text,
            "subject": one.subject,
            "value": str(one.value),
            "grade": str(one.grade),
            "who": one.origin.who,
            "through": one.origin.through,
            "known": one.known.isoformat(),
            "about": {kind: day.isoformat() for kind, day in one.about},
            "supports": list(one.supports),
            "supersedes": list(one.supersedes),
            "stands": one.id not in replaced,
            "replaced_by": replaced.get(one.id),
            "against": against.get(one.id, []),
            "own": one.id not in of_the_law,
        }
        for one in sorted(heard, key=lambda one: (one.known, one.id), reverse=True)
    ]
    return {"claims": found, "unresolved": [(x.first, x.second, x.why) for x in state.unresolved]}


def decisions_on(actor: Actor) -> dict[str, list[dict[str, str]]]:
    """Claim -> the newest signed decisions that rest on it: {determination, order, rule}.

    At most the newest `MOST_READ` that the actor may read are looked through.
    """
    rows = rights.visible(actor, Determination).order_by("-signed_at", "-pk")
    found: dict[str, list[dict[str, str]]] = {}
    for pk, order, decision in rows.values_list("pk", "order_id", "decision")[:MOST_READ]:
        for finding in decision.get("findings", []):
            for link in finding["sources"]:
                if link["kind"] == "claim":
                    told = {"determination": pk, "order": order, "rule": finding["rule"]}
                    into = found.setdefault(link["id"], [])
                    if told not in into:
                        into.append(told)
    return found


def _only(state: State, subject: str) -> State:
    subjects = {draft.claim.subject for draft in all_drafts()}
    if subject not in subjects:
        says = phrase(
            "nothing is claimed of '{subject}'; {mend}",
            subject=subject,
            mend=nearest(subject, subjects),
        )
        raise InputError({"subject": says})
    beliefs = {subject: state.beliefs[subject]} if subject in state.beliefs else {}
    mine = {claim.id for one in beliefs.values() for claim in one.standing}
    unresolved = tuple(pair for pair in state.unresolved if {pair.first, pair.second} & mine)
    return State(state.known, beliefs, unresolved)
