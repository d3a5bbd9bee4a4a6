"""Alerts: what changes of law do to open orders."""

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from interlock.api.schemas import WRONG
from interlock.api.things import actor_of
from interlock.book.selectors.alerts import Turn, alerts
from interlock.book.services.inputs import Day

router = Router(tags=["alerts"])


class LawQuery(Schema):
    """Which change of law, and which page of orders."""

    on: Annotated[Day, Field(description="The day whose law is held against today's.")]
    assume: Annotated[
        str, Field(max_length=1000, description="Proposed versions or items, parted by commas.")
    ] = ""
    stage: Literal["", "order", "allocation", "shipment", "entry", "use"] = ""
    cursor: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=200, description="Orders to look at.")] = 100


class LawAlerts(Schema):
    """Orders that are hit, of those looked at, and on the first page what changes in the law."""

    today: dt.date
    on: dt.date
    assumed: list[str]
    changes: list[dict[str, Any]]
    items: list[dict[str, Any]]
    looked_at: int
    next: str | None


@router.get("/alerts/law", operation_id="alerts_law", response={200: LawAlerts, **WRONG})
def of_law(request: HttpRequest, query: Query[LawQuery]) -> Any:
    """Open orders whose verdict or greatest quantity changes with the law, by gate and rule."""
    now = timezone.now()
    assumed = frozenset(word.strip() for word in query.assume.split(",") if word.strip())
    return alerts(
        actor_of(request),
        Turn(now.date(), query.on, assumed),
        now=now,
        stage=query.stage or None,
        after=query.cursor,
        most=query.limit,
    )
