"""Addresses beside the things of licensing: position, decision, balance, who said what."""

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from interlock.api.schemas import WRONG
from interlock.api.things import actor_of
from interlock.book.selectors.licensing import (
    application_decision,
    condition_record,
    licence_balance,
)
from interlock.book.selectors.queue import queue_position
from interlock.book.services.inputs import Moment

router = Router()


class Wait(Schema):
    """An interval of days and the chance that the wait falls within; null with the reason."""

    days: Annotated[list[int] | None, Field(description="From and to, in days from today.")]
    median_days: float | None
    chance: float | None
    method: str
    reason: str


class Position(Schema):
    """Where an application stands, and how long it may still take."""

    application: str
    state: str
    position: Annotated[int | None, Field(description="1 is next; null with the reason.")]
    reason: str
    clock_days: Annotated[int, Field(description="Working days on the authority's desk.")]
    clock_runs: bool
    deadline: dt.date | None
    wait: Wait | None


class Balance(Schema):
    """One account of a licence, in its own units."""

    account: str
    unit: str
    granted: float
    reserved: float
    posted: float
    left: float
    first_used_on: dt.date | None
    shut_now: bool


class Version(Schema):
    """One version of a condition."""

    text_version: int
    text: str
    parameters: dict[str, Any]
    by: str | None
    person: str | None
    at: dt.datetime


class Word(Schema):
    """What a party said to one version; `by` is null and `says` empty of another holder (R11)."""

    text_version: int
    to: str
    agrees: bool
    by: str | None
    person: str | None
    says: str
    at: dt.datetime


class Record(Schema):
    """A condition's versions, what was said to them, and which holders have not agreed yet.

    A firm is told of itself alone in `awaited`. A holder who came after the others had agreed is
    asked too: until it agrees, what it draws is unknown.
    """

    condition: str
    texts: list[Version]
    consents: list[Word]
    awaited: list[str]


class Times(Schema):
    """The two times of a question; default now."""

    at: Annotated[Moment | None, Field(description="As it stood then.")] = None
    known: Annotated[Moment | None, Field(description="As recorded by then.")] = None


@router.get(
    "/applications/{id}/position",
    response={200: Position, **WRONG},
    tags=["application"],
    operation_id="application_position",
)
def position(request: HttpRequest, id: str) -> Any:
    """Where an application stands among those at its gate, and a wait estimate; no more of them."""
    return queue_position(actor_of(request), id, timezone.now().date())


@router.get(
    "/applications/{id}/decision",
    response={200: dict[str, Any], **WRONG},
    tags=["application"],
    operation_id="application_decision",
)
def decision(request: HttpRequest, id: str) -> Any:
    """What the law of the day says of an application, with what would open it."""
    return application_decision(actor_of(request), id, timezone.now())


@router.get(
    "/licences/{id}/balance",
    response={200: list[Balance], **WRONG},
    tags=["licence"],
    operation_id="licence_balance",
)
def balance(request: HttpRequest, id: str, times: Query[Times]) -> Any:
    """What a licence granted, and what of it is reserved, posted and left, on each account."""
    now = timezone.now()
    at, known = times.at or now, times.known or now
    return licence_balance(actor_of(request), id, at=at, known=known)


@router.get(
    "/conditions/{id}/record",
    response={200: Record, **WRONG},
    tags=["condition"],
    operation_id="condition_record",
)
def record(request: HttpRequest, id: str) -> Any:
    """Every version of a condition, and what each party said to it."""
    return condition_record(actor_of(request), id)
