"""Replays of the book's history that are played by a job: ask, look how far it is, take what came.

POST /replays                 ask for one; the answer's `Location` is its address
GET  /replays                 a page of those that you may read, the newest first
GET  /replays/{id}            how far it is, and what came of it
GET  /replays/{id}/changes    a page of the decisions that change
GET  /replays/{id}/file       all of them as a CSV or Parquet file
"""

import datetime as dt
import json
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from interlock.api.bulk import ReplayIn, ReplayOut, proposal_of
from interlock.api.facts import PARQUET
from interlock.api.once import once
from interlock.api.schemas import WRONG, PathId, PlainText
from interlock.api.things import MOST_A_PAGE, actor_of, only_known
from interlock.book import replays
from interlock.book.models import Replay
from interlock.book.rights import require_some
from interlock.book.snapshots import plain

router = Router(tags=["replay"])
LOCATION = {"description": "Its address, to ask how far it is.", "schema": {"type": "string"}}
FILES: Any = {
    "responses": {
        200: {
            "description": "A file.",
            "content": {
                PARQUET: {"schema": {"type": "string", "format": "binary"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        }
    }
}


class ReplayAsked(Schema):
    """A replay that was asked for."""

    id: str
    by: str
    state: Literal["waiting", "running", "done", "failed"]
    done: int = Field(description="How much is done, of `of`: rows of the log and orders.")
    of: int = Field(description="0 until it has begun.")
    wrong: str = Field(description="Why it failed.")
    asked_at: dt.datetime = Field(description="The history is that recorded by then.")
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    regimes: list[str] = Field(description="The regimes whose texts were proposed.")
    assume: list[str]
    on: dt.date | None
    since: dt.date | None
    until: dt.date | None
    accounts: bool
    changed: int = Field(description="Decisions that change at some gate; see `changes`.")


class ReplayTold(ReplayAsked):
    """A replay with what came of it."""

    result: ReplayOut | None = Field(description="Null until it is done.")


class ReplayPage(Schema):
    """A page of replays, the newest first."""

    items: list[ReplayAsked]
    next: str | None = Field(description="Give it as `cursor` for the next page; null: none.")


class ChangePage(Schema):
    """A page of decisions that change, each by both laws; empty until the replay is done."""

    items: list[dict[str, Any]]
    next: int | None = Field(description="Give it as `cursor` for the next page; null: none.")


class ReplayQuery(Schema):
    """Which page of replays."""

    cursor: PlainText = Field("", description="From `next` of the page before.")
    limit: int = Field(50, ge=1, le=MOST_A_PAGE)


class ChangeQuery(Schema):
    """Which page of changes."""

    cursor: int = Field(0, ge=0, lt=2**53, description="From `next` of the page before.")
    limit: int = Field(50, ge=1, le=MOST_A_PAGE)


class FileQuery(Schema):
    """Which form of file."""

    form: Literal["csv", "parquet"] = "parquet"


def asked(row: Replay) -> dict[str, Any]:
    """A replay as the API tells it, without what came of it."""
    same = ("by", "state", "done", "of", "wrong", "asked_at", "started_at", "ended_at", "on",
            "since", "until", "accounts", "changed")  # fmt: skip
    found = {name: getattr(row, name) for name in same}
    return {"id": row.name, "regimes": row.ids, "assume": row.assumed, **found}


@router.post(
    "",
    operation_id="replay_ask",
    response={202: ReplayAsked, **WRONG},
    openapi_extra={"responses": {202: {"headers": {"Location": LOCATION}}}},
)
def ask(request: HttpRequest, body: ReplayIn) -> HttpResponse:
    """Ask for a replay of the history, of any length; for officers, analysts and auditors.

    It is played by a job, as you may see the book. Faults of the texts are told at once.
    """

    def work(act: Any) -> dict[str, Any]:
        row = replays.ask(act.actor, proposal_of(body), now=act.now)
        return {name: plain(value) for name, value in asked(row).items()}

    def headers(found: dict[str, Any]) -> dict[str, str]:
        return {"Location": f"{request.path.rstrip('/')}/{found['id']}"}

    return once(request, work, reason="a replay", status=202, headers=headers)


@router.get("", operation_id="replay_list", response={200: ReplayPage, **WRONG})
def listed(request: HttpRequest, query: Query[ReplayQuery]) -> Any:
    """The replays of your office, the newest first."""
    only_known(request, ReplayQuery)
    actor = actor_of(request)
    require_some(actor, "law.replay", "replays")
    rows = replays.visible(actor).defer("result", "texts").order_by("-name")
    if query.cursor:
        rows = rows.filter(name__lt=query.cursor)
    found = list(rows[: query.limit + 1])
    items = found[: query.limit]
    return {
        "items": [asked(one) for one in items],
        "next": items[-1].name if len(found) > len(items) else None,
    }


@router.get("/{id}", operation_id="replay_read", response={200: ReplayTold, **WRONG})
def one(request: HttpRequest, id: PathId) -> Any:
    """How far a replay is, and what came of it: `result` is that of `POST /replay`."""
    row = replays.find(actor_of(request), id)
    return asked(row) | {"result": json.loads(row.result) if row.result else None}


@router.get("/{id}/changes", operation_id="replay_changes", response={200: ChangePage, **WRONG})
def changes(request: HttpRequest, id: PathId, query: Query[ChangeQuery]) -> Any:
    """The decisions that change: whose, over how many units, which way at each gate, by what."""
    only_known(request, ChangeQuery)
    row = replays.find(actor_of(request), id)
    items = replays.changes(row, query.cursor, query.limit)
    last = query.cursor + len(items)
    return {"items": items, "next": last if items and last < row.changed else None}


@router.get(
    "/{id}/file",
    operation_id="replay_file",
    response={200: None, **WRONG},
    openapi_extra=FILES,
)
def file(
    request: HttpRequest, id: PathId, query: Query[FileQuery]
) -> HttpResponse | StreamingHttpResponse:
    """The decisions that change as a file; 409 until the replay is done."""
    only_known(request, FileQuery)
    return sent(replays.find(actor_of(request), id), query.form)


def sent(row: Replay, form: str) -> HttpResponse | StreamingHttpResponse:
    """The changed decisions of a replay as a file to take away.

    Raises:
        MoveError: it is not done.
    """
    replays.require_done(row)
    answer: HttpResponse | StreamingHttpResponse
    if form == "csv":
        answer = StreamingHttpResponse(replays.as_csv(row), content_type="text/csv; charset=utf-8")
    else:
        answer = HttpResponse(replays.as_parquet(row), content_type=PARQUET)
    answer["Content-Disposition"] = f'attachment; filename="{row.name}.{form}"'
    return answer
