"""Many at once: decisions on facts of the caller's own, and loads of order tables."""

import json
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from interlock.api.facts import FACTS_BODY, NDJSON, PARQUET
from interlock.api.problems import problem
from interlock.api.schemas import WRONG, Sent
from interlock.api.things import actor_of
from interlock.book.loading.orders import load_orders
from interlock.book.selectors.bulk import decide_lines, decide_parquet
from interlock.book.selectors.law_proposed import Proposal, replay_proposed
from interlock.book.services.inputs import Day
from interlock.files import BadInputError, Fault, Place
from interlock.files.phrases import phrase

router = Router(tags=["bulk"])
KINDS = {NDJSON: "ndjson", "application/ndjson": "ndjson", PARQUET: "parquet", "text/csv": "csv"}


class AsOf(Schema):
    """The day of a decision and what was known by then."""

    stage: Literal["application", "order", "allocation", "shipment", "entry", "use"] = "order"
    at: Day | None = None
    known: Day | None = None


class LoadQuery(Schema):
    """What a load is called and why it is made."""

    name: Annotated[str, Field(max_length=200, description="Of the file, for messages.")] = "orders"
    reason: Annotated[str, Field(max_length=2000)] = ""


class LoadOut(Schema):
    """What a load did; the same table sent again writes nothing more."""

    load: str
    written: int
    already: int


class ReplayIn(Sent):
    """Law to try on the book's history."""

    regimes: Annotated[
        list[Annotated[str, Field(max_length=1_000_000)]],
        Field(
            max_length=20,
            description="Texts of regime files, in place of the book's of the same id. Of the "
            "claims that they rest on, the book's own are taken.",
        ),
    ] = []
    assume: Annotated[
        list[Annotated[str, Field(max_length=200)]],
        Field(max_length=50, description="Proposed versions that are taken to be in force."),
    ] = []
    on: Annotated[
        Day | None, Field(description="Take the law of this day as if it had always been.")
    ] = None
    since: Annotated[Day | None, Field(description="Only decisions since this day.")] = None
    until: Annotated[Day | None, Field(description="Only decisions until this day.")] = None
    accounts: Annotated[
        bool, Field(description="Also play what moved accounts, under the other terms.")
    ] = False


class ReplayOut(Schema):
    """What changes, as `interlock replay --format json` tells it: schemas/replay.json."""

    laws: dict[str, Any]
    decisions: int
    unread: list[str]
    verdicts: dict[str, Any]
    changed: dict[str, int]
    ways: list[dict[str, Any]]
    gates: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    buyers: list[dict[str, Any]]
    accounts: dict[str, Any] | None


def _kind(request: HttpRequest) -> str:
    return KINDS.get((request.content_type or "").lower(), "")


def _unknown_kind(request: HttpRequest, kinds: str) -> HttpResponse:
    detail = f"the body is '{request.content_type}'; send it as {kinds}"
    return problem("request", detail, status=415)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place("body", data.count(b"\n", 0, error.start) + 1, 1)
        mend = phrase("send the text as UTF-8, not compressed")
        raise BadInputError([Fault(place, phrase("a character is not UTF-8"), mend)]) from error


@router.post(
    "/decide",
    operation_id="decide",
    response={200: None, **WRONG},
    openapi_extra={"requestBody": FACTS_BODY},
)
def decide(request: HttpRequest, query: Query[AsOf]) -> HttpResponse:
    """Decide facts of your own: JSON lines in and out, or Parquet in and out for officers."""
    now = timezone.now()
    at = query.at or now.date()
    known = query.known or at
    kind = _kind(request)
    if kind == "parquet":
        found = decide_parquet(actor_of(request), request.body, query.stage, at=at, known=known)
        return HttpResponse(found, content_type=PARQUET)
    if kind != "ndjson":
        return _unknown_kind(request, f"{NDJSON} or {PARQUET}")
    lines = decide_lines(
        actor_of(request),
        _text(request.body),
        query.stage,
        at=at,
        known=known,
        now=now,
    )
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return HttpResponse(text, content_type=NDJSON)


@router.post("/orders/load", operation_id="order_load", response={200: LoadOut, **WRONG})
def load(request: HttpRequest, query: Query[LoadQuery]) -> LoadOut | HttpResponse:
    """Load a table of orders (Parquet, NDJSON or CSV): all of it, or every fault with its row."""
    kind = _kind(request)
    if not kind:
        return _unknown_kind(request, f"{PARQUET}, {NDJSON} or text/csv")
    done = load_orders(
        actor_of(request),
        request.body,
        kind,
        query.name,
        now=timezone.now(),
        reason=query.reason,
    )
    return LoadOut(load=done.load, written=done.written, already=done.already)


@router.post("/replay", operation_id="replay", response={200: ReplayOut, **WRONG})
def replay(request: HttpRequest, body: ReplayIn) -> ReplayOut:
    """Decide the book's history anew under proposed law; for officers, analysts and auditors.

    A history of more than 200,000 rows is played by a job: `POST /api/v1/replays`.
    """
    found = replay_proposed(actor_of(request), proposal_of(body), now=timezone.now())
    return ReplayOut(**found)


def proposal_of(body: ReplayIn) -> Proposal:
    """What a body proposes."""
    return Proposal(
        tuple(body.regimes),
        frozenset(body.assume),
        body.on,
        (body.since, body.until),
        body.accounts,
    )
