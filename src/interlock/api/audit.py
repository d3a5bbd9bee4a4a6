"""The audit log, its seals and their proofs, for auditors (`audit.read`)."""

import json
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from interlock.api.schemas import WRONG
from interlock.api.things import actor_of
from interlock.book import sealing
from interlock.book.selectors.audit import (
    AuditFilter,
    audit_lines,
    audit_page,
    require_reader,
)
from interlock.book.services.inputs import Moment

router = Router(tags=["audit"])


class AuditQuery(Schema):
    """Which rows of the log."""

    kind: str = Field("", max_length=220, description="E.g. order.place, or order.* for all.")
    actor: str = Field("", max_length=220)
    cause: str = Field("", max_length=220, description="E.g. order/o-1.")
    since: Moment | None = Field(None, description="Recorded at or after, with its zone.")
    until: Moment | None = Field(None, description="Recorded before, with its zone.")

    def asked(self) -> AuditFilter:
        """The same for the selector."""
        return AuditFilter(self.kind, self.actor, self.cause, self.since, self.until)


class AuditPageQuery(AuditQuery):
    """Which rows, and which page of them."""

    cursor: int = Field(0, ge=0, lt=2**63, description="From `next` of the page before.")
    limit: int = Field(50, ge=1, le=1000)


class AuditRow(Schema):
    """One row of the log. `leaf` is its number in the sealed tree; null: not sealed yet."""

    seq: int
    change: str
    kind: str
    content: Any
    actor: str
    reason: str
    cause: str
    effective: datetime
    recorded: datetime
    outcome: str
    leaf: int | None


class AuditPage(Schema):
    """A page of the log and where the next one begins."""

    items: list[AuditRow]
    next: int | None = Field(description="Give it as `cursor` for the next page; null: none.")


class HeadOut(Schema):
    """A signed head; `signature` is Ed25519 over the canonical JSON of the other fields."""

    tree_size: int
    root: str
    sealed_at: str
    previous_root: str
    key_id: str
    signature: str


class HeadsOut(Schema):
    """How far the log is sealed, every head, and the public key."""

    sealed: int
    unsealed: int
    public_key: str
    items: list[HeadOut]


class ProofOut(Schema):
    """That a row is in the record; `entry` is the text that was sealed."""

    entry: str
    leaf: int
    tree_size: int
    path: list[str]
    head: HeadOut
    public_key: str


class ConsistencyOut(Schema):
    """That the record under `new` begins with that under `old`."""

    old: HeadOut
    new: HeadOut
    path: list[str]


@router.get("", response={200: AuditPage, **WRONG}, operation_id="audit_list")
def listed(request: HttpRequest, query: Query[AuditPageQuery]) -> Any:
    """A page of the audit log by seq; content holds the whole thing after each change."""
    found = audit_page(actor_of(request), query.asked(), after=query.cursor, limit=query.limit + 1)
    items = found[: query.limit]
    return {"items": items, "next": items[-1]["seq"] if len(found) > len(items) else None}


# `None` names no type; the description names the one that is sent.
LINES = {
    "responses": {
        200: {
            "description": "OK",
            "content": {
                "application/x-ndjson": {
                    "schema": {"type": "string", "description": "One AuditRow a line."}
                }
            },
        }
    }
}


@router.get(
    "/export", response={200: None, **WRONG}, operation_id="audit_export", openapi_extra=LINES
)
def export(request: HttpRequest, query: Query[AuditQuery]) -> StreamingHttpResponse:
    """The log as NDJSON, one row a line, streamed."""
    lines = audit_lines(actor_of(request), query.asked())
    return StreamingHttpResponse(lines, content_type="application/x-ndjson")


@router.get("/heads", response={200: HeadsOut, **WRONG}, operation_id="audit_heads")
def heads(request: HttpRequest) -> Any:
    """Every signed head. Keep them where the book's owner cannot write."""
    require_reader(actor_of(request))
    found = sealing.status()
    return {
        "sealed": found.sealed,
        "unsealed": found.unsealed,
        "public_key": sealing.public_key(),
        "items": [json.loads(one.text()) for one in sealing.heads()],
    }


@router.get("/consistency", response={200: ConsistencyOut, **WRONG}, operation_id="audit_consist")
def consistency(
    request: HttpRequest,
    old: Annotated[int, Field(ge=0, lt=2**53)],
    new: Annotated[int, Field(ge=0, lt=2**53)] = 0,
) -> Any:
    """The proof that nothing under an older head was changed; new = 0: the newest head."""
    require_reader(actor_of(request))
    return sealing.consistency(old, new)


@router.get("/{path:change}/proof", response={200: ProofOut, **WRONG}, operation_id="audit_proof")
def proof(request: HttpRequest, change: str) -> Any:
    """The proof that one change is in the record; `interlock book check FILE` checks it offline."""
    require_reader(actor_of(request))
    return sealing.proof_of(change)
