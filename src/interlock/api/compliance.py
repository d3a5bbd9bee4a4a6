"""What compliance asks beyond single things: belief, files of claims, dossiers, proofs."""

import json
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from interlock.api.once import once
from interlock.api.problems import problem
from interlock.api.schemas import WRONG, Sent, out_of
from interlock.api.things import MOST_A_PAGE, actor_of
from interlock.book.models import Determination, Party, Screening
from interlock.book.rights import find, require_some, visible
from interlock.book.selectors.claims import belief
from interlock.book.selectors.determinations import check, search
from interlock.book.selectors.dossier import dossier
from interlock.book.selectors.present import present
from interlock.book.services.claims import import_claims
from interlock.book.services.inputs import Day
from interlock.book.services.screenings import MOST_AT_ONCE, rescreen
from interlock.files import BadInputError, Fault, Node, Place, node_of, parse_yaml
from interlock.files.phrases import phrase
from interlock.files.yaml import MAX_BYTES

router = Router(tags=["compliance"])
YAML = ("application/yaml", "text/yaml", "application/x-yaml")
Id = Annotated[str, Field(max_length=80)]
Limit = Annotated[int, Field(ge=1, le=MOST_A_PAGE)]
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/yaml": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}


# -- claims --------------------------------------------------------------------------------------


class BeliefQuery(Schema):
    """As of when, and of what."""

    known: Annotated[Day | None, Field(description="What was public by then; today.")] = None
    recorded: Annotated[
        Day | None, Field(description="Of the book's claims, those recorded by then; `known`.")
    ] = None
    subject: Annotated[str, Field(max_length=300)] = ""


@router.get("/claims/belief", operation_id="belief", response={200: dict[str, Any], **WRONG})
def believed(request: HttpRequest, query: Query[BeliefQuery]) -> Any:
    """What was believed as of a day, by the book's claims and the law's, and what contradicts."""
    return belief(
        actor_of(request),
        known=query.known or timezone.now().date(),
        recorded=query.recorded,
        subject=query.subject,
    )


class Imported(Schema):
    """Ids of the claims that were recorded; those on file already are left out."""

    recorded: list[str]


@router.post(
    "/claims/import",
    operation_id="claim_import",
    response={200: Imported, **WRONG},
    openapi_extra=_FILE,
)
def imported(request: HttpRequest) -> HttpResponse:
    """Record every claim of a claims file (YAML, or the same as JSON), or tell every fault."""
    kind = (request.content_type or "").lower()
    if kind not in (*YAML, "application/json"):
        detail = f"the body is '{request.content_type}'; send application/yaml or application/json"
        return problem("request", detail, status=415)
    data = request.body

    def work(act: Any) -> Any:
        root = parse_yaml(data, "claims") if kind in YAML else _json(data)
        return {"recorded": [row.pk for row in import_claims(act, root)]}

    return once(request, work, reason="a claims file")


def _json(data: bytes) -> Node:
    """The body as a tree; what JSON does not allow is a fault of the file."""

    def refuse(word: str) -> Any:
        raise ValueError(word)

    if len(data) > MAX_BYTES:
        fault = Fault(
            Place("claims"),
            phrase("is {count:,} bytes long", count=len(data)),
            phrase("split it: 8 MB are read"),
        )
        raise BadInputError([fault])
    try:
        return node_of(json.loads(data, parse_constant=refuse))
    except (ValueError, RecursionError) as error:
        fault = Fault(
            Place("claims"),
            phrase("is no JSON ({error})", error=error),
            phrase("send a claims file as JSON"),
        )
        raise BadInputError([fault]) from error


# -- screenings ----------------------------------------------------------------------------------


class RescreenIn(Sent):
    """Where to go on, and how many parties to look at in this act."""

    after: Id = ""
    most: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE


class RescreenOut(Schema):
    """The screenings made, by state; `next`: send it as `after`; null: everybody was looked at."""

    made: list[dict[str, str]]
    next: str | None


@router.post("/screenings/rescreen", operation_id="rescreen", response={200: RescreenOut, **WRONG})
def screened_again(request: HttpRequest, values: RescreenIn) -> HttpResponse:
    """Screen firms again for whom the lists, their names or their owners have changed."""

    def work(act: Any) -> Any:
        done = rescreen(act, after=values.after, most=values.most)
        made = [{"id": x.pk, "party": x.party_id, "state": x.state} for x in done.made]
        return {"made": made, "next": done.next}

    return once(request, work, reason="the lists, names or owners have changed")


@router.get(
    "/parties/{id}/screenings",
    operation_id="party_screenings",
    response={200: list[out_of(Screening)], **WRONG},  # type: ignore[misc]
)
def of_party(request: HttpRequest, id: str, limit: Limit = 50) -> Any:
    """A party's screenings, the newest first; for officers."""
    actor = actor_of(request)
    party = find(actor, Party, id)
    require_some(actor, "screening.read", f"the screenings of {id}")
    rows = visible(actor, Screening).filter(party=party).order_by("-made_at", "-pk")
    return [present(actor, one) for one in rows[:limit]]


class DossierQuery(Schema):
    """The day whose owners and law are asked."""

    at: Day | None = None
    known: Day | None = None


@router.get(
    "/parties/{id}/dossier",
    operation_id="party_dossier",
    response={200: dict[str, Any], **WRONG},
)
def of_one(request: HttpRequest, id: str, query: Query[DossierQuery]) -> Any:
    """Screenings, owners with what the law makes of them, open papers and checks; for officers."""
    at = query.at or timezone.now().date()
    return dossier(actor_of(request), id, at=at, known=query.known or at)


# -- determinations ------------------------------------------------------------------------------


class DeterminationQuery(Schema):
    """Which determinations; `next` of the page before as `cursor`."""

    order: Id = ""
    party: Annotated[str, Field(max_length=80, description="In any role on the order.")] = ""
    signed_from: Day | None = None
    signed_until: Day | None = None
    at: Annotated[Day | None, Field(description="The day whose law was asked.")] = None
    cursor: Annotated[int, Field(ge=0, le=10**9)] = 0
    limit: Limit = 50


class DeterminationPage(Schema):
    """A page of determinations, the newest first."""

    items: list[out_of(Determination)]  # type: ignore[valid-type]
    next: int | None


@router.get(
    "/determinations/search",
    operation_id="determination_search",
    response={200: DeterminationPage, **WRONG},
)
def searched(request: HttpRequest, query: Query[DeterminationQuery]) -> Any:
    """Determinations by order, party and day."""
    actor = actor_of(request)
    rows = search(
        actor,
        order=query.order,
        party=query.party,
        signed_from=query.signed_from,
        signed_until=query.signed_until,
        at=query.at,
    )
    end = query.cursor + query.limit
    found = list(rows[query.cursor : end + 1])
    return {
        "items": [present(actor, one) for one in found[: query.limit]],
        "next": end if len(found) > query.limit else None,
    }


@router.get(
    "/determinations/{id}/check",
    operation_id="determination_check",
    response={200: dict[str, Any], **WRONG},
)
def checked(request: HttpRequest, id: str) -> Any:
    """Whether it is as it was signed, and whether the law gives it again byte for byte."""
    actor = actor_of(request)
    return check(find(actor, Determination, id), whole="auditor" in actor.roles)
