"""Customs: messages of systems outside in bulk, the desk of one entry, what a buyer owes."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Query, Router, Schema
from pydantic import Field
from pydantic import ValidationError as ValuesError

from interlock.api.problems import of_book, of_ledger, of_values, problem
from interlock.api.schemas import WRONG, Problem
from interlock.api.things import actor_of
from interlock.book.acting import Act, perform
from interlock.book.errors import BookError, NotFoundError
from interlock.book.models import Entry
from interlock.book.rights import Actor
from interlock.book.selectors.desk import desk
from interlock.book.selectors.obligations import obligation
from interlock.book.services.inputs import Moment
from interlock.book.services.messages import Message, receive
from interlock.ledger import LedgerError

MOST_LINES = 10_000
MOST_BYTES = 10 * 2**20
MOST_IN_A_LINE = 10_000

router = Router()


class Usage(Schema):
    """How one licence account stands if the report counts; null: another limit, not disclosed."""

    account: str | None
    unit: str | None
    remaining: str | None
    messages: list[dict[str, Any]]


class Answered(Schema):
    """The answer to one message; the same message again gets the same."""

    message: str
    entry: str
    agrees: bool
    ours: int
    theirs: int | None
    status: str | None
    discrepancy: str | None
    licences: list[Usage]


class MessageLine(Schema):
    """What became of one line: an answer, or a problem."""

    line: int
    status: int
    answer: Answered | None = None
    problem: dict[str, Any] | None = None


class Lines(Schema):
    """What became of each line, in order."""

    results: list[MessageLine]


@router.post(
    "/customs/messages",
    response={207: Lines, 401: Problem, 403: Problem, 422: Problem},
    operation_id="customs_messages",
    tags=["entry"],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-ndjson": {
                    "schema": {
                        "type": "string",
                        "description": "One message a line: message, entry, shipment, quantity, "
                        "counts, filing, type, status.",
                    }
                }
            },
        }
    },
)
def messages(request: HttpRequest) -> HttpResponse:
    """Messages of a customs system, one JSON object a line; each line stands or falls alone."""
    if len(request.body) > MOST_BYTES:
        return problem("bad-input", f"{len(request.body)} bytes; send at most {MOST_BYTES}")
    lines = [
        (number, line) for number, line in enumerate(request.body.split(b"\n"), 1) if line.strip()
    ]
    if not lines or len(lines) > MOST_LINES:
        return problem("bad-input", f"{len(lines)} messages; send 1 to {MOST_LINES}, one a line")
    results = [_one(request, number, line) for number, line in lines]
    body = json.dumps({"results": results}, ensure_ascii=False)
    return HttpResponse(body, status=207, content_type="application/json")


def _one(request: HttpRequest, number: int, line: bytes) -> dict[str, Any]:
    """One line in a transaction of its own."""
    refused: HttpResponse
    try:
        if len(line) > MOST_IN_A_LINE:
            refused = problem("bad-input", f"more than {MOST_IN_A_LINE} bytes in a line")
        else:
            told = Message.model_validate_json(line.decode())
            answer = take(actor_of(request), told)
            return {"line": number, "status": 200, "answer": answer}
    except UnicodeDecodeError as error:
        refused = problem("bad-input", f"no UTF-8 at byte {error.start + 1} of the line")
    except ValuesError as error:
        refused = of_values(request, error)
    except BookError as error:
        refused = of_book(request, error)
    except LedgerError as error:
        refused = of_ledger(request, error)
    return {
        "line": number,
        "status": refused.status_code,
        "problem": json.loads(refused.content),
    }


def take(actor: Actor, told: Message) -> dict[str, Any]:
    """Take one message in, by an actor, now."""

    def work(act: Act) -> dict[str, Any]:
        try:
            entry = act.find(Entry, told.entry)
        except NotFoundError:
            return receive(act, told, None)
        return receive(act, told, entry)

    return perform(actor, work, now=timezone.now(), reason="a customs system reports")


@router.get(
    "/entries/{id}/desk",
    response={200: dict[str, Any], **WRONG},
    operation_id="entry_desk",
    tags=["entry"],
)
def at_the_desk(request: HttpRequest, id: str) -> Any:
    """All that an officer needs about one entry: parties, licences, decision, holds, moves."""
    return desk(actor_of(request), id, now=timezone.now())


class Asked(Schema):
    """Whose obligation, and as of when."""

    buyer: str = Field(max_length=80, description="The buyer's id.")
    at: Moment | None = Field(None, description="With its zone; default now.")


@router.get(
    "/purchases/obligation",
    response={200: dict[str, Any], **WRONG},
    operation_id="purchase_obligation",
    tags=["purchase"],
)
def owed(request: HttpRequest, query: Query[Asked]) -> Any:
    """What a buyer owes in domestic purchases, what is accepted, overdue and until when."""
    now = timezone.now()
    return obligation(actor_of(request), query.buyer, query.at or now, now=now)


def add(api: NinjaAPI) -> None:
    """Add the addresses; before those of things, whose ids would take them."""
    api.add_router("", router)
