"""The shapes of answers, made from the tables: one for each kind of thing."""

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from django.db import models
from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from interlock.book.models import Thing

_TYPES: list[tuple[type, Any]] = [
    (models.DateTimeField, dt.datetime),
    (models.DateField, dt.date),
    (models.BooleanField, bool),
    (models.DecimalField, Decimal),
    (models.FloatField, float),
    (models.IntegerField, int),
    (models.CharField, str),
    (models.TextField, str),
]


PathId = Annotated[str, StringConstraints(max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
"""An id in an address."""
PlainText = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A text on one line, as a list is narrowed by it."""
WholeNumber = Annotated[int, Field(ge=0, lt=2**31)]


class Sent(BaseModel):
    """A body that is sent: a JSON object without unknown names.

    No `Schema`: that one would read the attributes of whatever else comes, e.g. of a list.
    """

    model_config = ConfigDict(extra="forbid")


class Fault(Schema):
    """One fault of what was sent: where (a JSON pointer), and what to give instead."""

    pointer: str
    detail: str


class Problem(Schema):
    """Problem details (RFC 9457). `type` leads to what it means; further members by type."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = Field([], description="bad-input: every fault.")
    can: list[str] = Field([], description="wrong-state: the moves that you could make.")
    who: list[str] = Field([], description="denied: the roles that may.")
    version: int | None = Field(None, description="changed-since: the version now.")
    decision: dict[str, Any] | None = Field(
        None, description="gates-not-open: the decision as you may see it."
    )
    lacks: list[dict[str, Any]] = Field([], description="no-headroom: the accounts that lack.")


REFUSED = (400, 401, 403, 404, 409, 412, 413, 415, 422, 429)
WRONG: dict[Any, Any] = {REFUSED[0]: Problem}
"""What any address may answer besides: this one stands for all that are `REFUSED`.

The description (`api.openapi`) tells each; a model for each at each address would cost a server's
start, and every command's on the book at hand, two seconds.
"""


class Past(Schema):
    """One change of a thing."""

    change: str
    move: str
    version: int
    effective: dt.datetime
    recorded: dt.datetime
    actor: str | None
    reason: str | None


def _type_of(field: Any) -> Any:
    if isinstance(field, models.JSONField):
        return list[Any] if field.default is list else dict[str, Any]
    if isinstance(field, models.ForeignKey):
        return str
    for kind, found in _TYPES:
        if isinstance(field, kind):
            return found
    return Any


@cache
def out_of(model: type[Thing]) -> type[Schema]:
    """The answer that shows a thing of a kind; what a firm does not see may be left out."""
    fields: dict[str, Any] = {"kind": (str, ...)}
    for field in model._meta.concrete_fields:
        found = _type_of(field)
        if field.name in (*model.kept_from_firms, *model.kept_from_officers):
            fields[field.name] = (found | None, None)
        elif field.null:
            fields[field.name] = (found | None, ...)
        else:
            fields[field.name] = (found, ...)
    for many in model._meta.many_to_many:
        fields[many.name] = (list[str], ...)
    fields["can"] = (list[str], Field(description="The moves that you could make on it now."))
    return create_model(model.__name__, __base__=Schema, __doc__=model.__doc__, **fields)


@cache
def page_of(model: type[Thing]) -> type[Schema]:
    """A page of things and where the next one begins."""
    items: Any = (list[out_of(model)], ...)  # type: ignore[misc]
    return create_model(
        f"{model.__name__}Page",
        __base__=Schema,
        items=items,
        next=(str | None, Field(description="Give it as `cursor` for the next page; null: none.")),
    )
