"""Addresses of sharing and deciding, besides those that every kind of thing has.

GET /runs/{id}/lines              what each order got, and what keeps it from more
GET /runs/{id}/compare/{other}    who gains and who loses
GET /orders/{id}/proof            one order's own line
GET /orders/{id}/decision         why it may or may not pass, and what would open it
"""

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import NinjaAPI, Query, Router, Schema
from pydantic import Field

from interlock.api.schemas import WRONG
from interlock.api.things import actor_of
from interlock.book.models import AllocationRun, Order
from interlock.book.rights import find
from interlock.book.selectors import runs
from interlock.book.selectors.stuck import decision_of
from interlock.book.services.inputs import Day, Moment

router = Router()


class Line(Schema):
    """One line of a run. `level` is [lo, hi], hi null where the line is full."""

    order: str
    buyer: str
    tier: int
    asked: int
    awarded: int
    level: list[float | None] | None
    bound_by: str | None
    provisional: bool
    legs: list[dict[str, Any]]
    reserved: bool
    refused: str | None


class RunSummary(Schema):
    """A run in short."""

    id: str
    state: str
    rule: str
    says: str
    whole: bool
    seed: int
    agreed: bool
    at: dt.date
    asked: int
    awarded: int
    full: int
    left_out: int
    objective: float | None
    dual_gap: float | None
    digest: str
    proof: str


class Compared(Schema):
    """One order in two runs; `difference` is what the second gives more."""

    order: str
    difference: int
    a: Line | None
    b: Line | None


class AccountShared(Schema):
    """What a run found on an account and took of it, in the account's unit."""

    unit: str
    available: float | None
    used: float | None
    left: float | None
    shadow_price: float | None


class AccountCompared(Schema):
    """One account in two runs."""

    account: str
    a: AccountShared | None
    b: AccountShared | None


class Comparison(Schema):
    """Two runs side by side."""

    runs: list[RunSummary]
    gains: list[str]
    loses: list[str]
    lines: list[Compared]
    accounts: list[AccountCompared]


class Proof(Schema):
    """What one order got, by which rule, and what keeps it from more; nothing of another's."""

    order: str
    run: str
    state: str
    at: dt.date
    rule: str
    says: str
    whole: bool
    seed: int
    asked: int
    awarded: int
    level: list[float | None] | None
    bound_by: str | None
    provisional: bool
    reserved: bool
    refused: str | None


class Asked(Schema):
    """For which stage and by the law of which day an order is decided."""

    stage: Literal["application", "order", "allocation", "shipment", "entry", "use"] = "order"
    at: Day | None = Field(None, description="The day of the law; default today.")
    known: Day | None = Field(None, description="What was public by then; default today.")
    recorded: Moment | None = Field(
        None, description="What the book had recorded by then; default the end of `known`."
    )
    shipment: str = Field("", max_length=80, description="Decide this shipment of it.")
    entry: str = Field("", max_length=80, description="Decide this customs entry of it.")


@router.get(
    "/runs/{id}/lines", response={200: list[Line], **WRONG}, operation_id="run_lines", tags=["run"]
)
def run_lines(request: HttpRequest, id: str) -> Any:
    """What each order of a run got, and which account keeps it from more."""
    actor = actor_of(request)
    return runs.lines(actor, find(actor, AllocationRun, id))


@router.get(
    "/runs/{id}/compare/{other}",
    response={200: Comparison, **WRONG},
    operation_id="run_compare",
    tags=["run"],
)
def run_compare(request: HttpRequest, id: str, other: str) -> Any:
    """Two runs side by side: who gains, who loses, totals, and what one more unit would bring."""
    return runs.compare(actor_of(request), id, other)


@router.get(
    "/orders/{id}/proof",
    response={200: Proof, **WRONG},
    operation_id="order_proof",
    tags=["order"],
)
def order_proof(request: HttpRequest, id: str) -> Any:
    """What an order got in its last sharing run, by which rule, and what keeps it from more."""
    actor = actor_of(request)
    return runs.proof(actor, find(actor, Order, id))


@router.get(
    "/orders/{id}/decision",
    response={200: dict[str, Any], **WRONG},
    operation_id="order_decision",
    tags=["order"],
)
def order_decision(request: HttpRequest, id: str, query: Query[Asked]) -> Any:
    """Why an order may or may not pass, who holds each key, and what would open it."""
    return decision_of(
        actor_of(request),
        id,
        query.stage,
        now=timezone.now(),
        at=query.at,
        known=query.known,
        recorded=query.recorded,
        shipment=query.shipment,
        entry=query.entry,
    )


def add_trade(api: NinjaAPI) -> None:
    """Add these addresses."""
    api.add_router("", router)
