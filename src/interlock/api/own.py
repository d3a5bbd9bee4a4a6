"""What a party has besides its things: reminders, and the deliveries of its webhooks."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from interlock.api.schemas import WRONG
from interlock.api.things import actor_of
from interlock.book.errors import NotFoundError
from interlock.book.models import Webhook
from interlock.book.reminders import reminders_of
from interlock.book.rights import find

router = Router()


class ReminderOut(Schema):
    """A day that should not be missed."""

    id: int
    thing_kind: str
    thing: str
    due_on: dt.date
    says: str
    made_at: dt.datetime
    seen_at: dt.datetime | None


class ReminderPage(Schema):
    """Reminders, the nearest day first."""

    items: list[ReminderOut]


class DeliveryOut(Schema):
    """One event on its way. `state`: waiting, taken or dead (tried to the last)."""

    event: int
    name: str
    thing_kind: str
    thing: str
    at: dt.datetime
    state: str
    attempts: int
    next_at: dt.datetime | None
    last_status: int | None
    last_error: str
    delivered_at: dt.datetime | None


class DeliveryPage(Schema):
    """Deliveries by event, the newest first."""

    items: list[DeliveryOut]
    next: int | None = Field(description="Give it as `cursor` for the next page; null: none.")


class ReminderQuery(Schema):
    """Which reminders."""

    seen: bool = Field(False, description="Those that somebody has seen, too.")
    limit: int = Field(100, ge=1, le=1000)


class DeliveryQuery(Schema):
    """Which deliveries."""

    state: str = Field("", max_length=16, description="waiting, taken or dead; empty = all.")
    cursor: int = Field(0, ge=0, lt=2**63, description="From `next` of the page before.")
    limit: int = Field(50, ge=1, le=200)


@router.get(
    "/reminders",
    response={200: ReminderPage, **WRONG},
    operation_id="reminder_list",
    tags=["reminder"],
)
def reminders(request: HttpRequest, query: Query[ReminderQuery]) -> Any:
    """The reminders of your party, the nearest day first."""
    found = reminders_of(actor_of(request), seen=query.seen)[: query.limit]
    return {"items": list(found)}


@router.post(
    "/reminders/{int:id}/see",
    response={200: ReminderOut, **WRONG},
    operation_id="reminder_see",
    tags=["reminder"],
)
def see(request: HttpRequest, id: int) -> Any:
    """Say that somebody at your party has seen it."""
    found = reminders_of(actor_of(request), seen=True).filter(pk=id).first()
    if found is None:
        raise NotFoundError("reminder", str(id))
    if found.seen_at is None:
        found.seen_at = timezone.now()
        found.save(update_fields=["seen_at"])
    return found


@router.get(
    "/webhooks/{id}/deliveries",
    response={200: DeliveryPage, **WRONG},
    operation_id="webhook_deliveries",
    tags=["webhook"],
)
def deliveries(request: HttpRequest, id: str, query: Query[DeliveryQuery]) -> Any:
    """How the events of one of your webhooks fared."""
    rows = find(actor_of(request), Webhook, id).deliveries.select_related("event")
    rows = rows.order_by("-event_id")
    if query.state:
        rows = rows.filter(state=query.state)
    if query.cursor:
        rows = rows.filter(event_id__lt=query.cursor)
    found = list(rows[: query.limit + 1])
    items = found[: query.limit]
    return {
        "items": [
            {
                "event": one.event_id,
                "name": one.event.name,
                "thing_kind": one.event.thing_kind,
                "thing": one.event.thing,
                "at": one.event.at,
                "state": one.state,
                "attempts": one.attempts,
                "next_at": one.next_at,
                "last_status": one.last_status,
                "last_error": one.last_error,
                "delivered_at": one.delivered_at,
            }
            for one in items
        ],
        "next": items[-1].event_id if len(found) > len(items) else None,
    }
