"""Addresses for every kind of thing: lists, one thing, its history, and each of its moves.

    GET  /{kind}s                 a page, by id
    GET  /{kind}s/{id}            one thing, with its ETag
    GET  /{kind}s/{id}/history    how it came to stand so
    POST /{kind}s                 the move that makes it
    POST /{kind}s/{id}/{move}     any other move

What moves there are and what they take is read from the services.
"""

import datetime as dt
import json
from typing import Annotated, Any, Literal

from django.db.models import ForeignKey, IntegerField
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Query, Router, Schema
from pydantic import Field, create_model

from interlock.api.addresses import plural
from interlock.api.idempotency import Replayed, claim, keep
from interlock.api.schemas import (
    WRONG,
    Past,
    PathId,
    PlainText,
    WholeNumber,
    out_of,
    page_of,
)
from interlock.book.acting import perform
from interlock.book.errors import InputError, input_error
from interlock.book.lifecycles import lifecycles
from interlock.book.models import THINGS, Thing
from interlock.book.rights import Actor, find, first_visible
from interlock.book.selectors.as_of import as_of
from interlock.book.selectors.history import history
from interlock.book.selectors.present import ahead, present, seen
from interlock.book.services import SERVICES, Service
from interlock.book.services.inputs import Moment
from interlock.files import nearest
from interlock.files.phrases import phrase

MOST_A_PAGE = 200
FILTERS: dict[str, tuple[str, ...]] = {
    "application": ("gate", "applicant", "round"),
    "licence": ("gate", "group", "round"),
    "condition": ("licence", "condition_kind"),
    "statement": ("statement_kind", "by", "buyer"),
    "round": ("gate", "rule"),
    "order": ("buyer", "supplier", "product", "destination"),
    "run": ("supplier", "product"),
    "allocation": ("order", "run"),
    "shipment": ("order", "allocation"),
    "certificate": ("shipment",),
    "stock": ("supplier", "product"),
    "entry": ("shipment",),
    "hold": ("entry",),
    "purchase": ("buyer", "counts_for"),
    "discrepancy": ("about_kind", "about"),
    "screening": ("party", "outcome"),
    "check": ("party", "shipment"),
    "determination": ("order",),
}


def actor_of(request: HttpRequest) -> Actor:
    """Who calls; the authentication put it there."""
    found: Actor = request.auth  # type: ignore[attr-defined]
    return found


def add_all(api: NinjaAPI) -> None:
    """Add every kind of thing."""
    for kind, model in THINGS.items():
        router = Router(tags=[kind])
        _add_reads(router, model)
        for found in SERVICES.values():
            if found.model is model:
                _add_move(router, found)
        api.add_router(f"/{plural(kind)}", router)


def _filters(model: type[Thing]) -> type[Schema]:
    states: Any = Literal["", *lifecycles()[model.kind].states]
    fields: dict[str, Any] = {
        "cursor": (PlainText, Field("", description="From `next` of the page before.")),
        "limit": (int, Field(50, ge=1, le=MOST_A_PAGE)),
        "state": (states, ""),
    }
    for name in FILTERS.get(model.kind, ()):
        number = isinstance(model._meta.get_field(name), IntegerField)
        fields[name] = (WholeNumber | None, None) if number else (PlainText, "")
    return create_model(f"{model.__name__}Filters", __base__=Schema, **fields)


def _add_reads(router: Router, model: type[Thing]) -> None:
    kind, filters = model.kind, _filters(model)

    @router.get("", response={200: page_of(model), **WRONG}, operation_id=f"{kind}_list")
    def listed(request: HttpRequest, query: Query[filters]) -> Any:  # type: ignore[valid-type]
        only_known(request, filters)
        return page(actor_of(request), model, query)

    @router.get("/{id}", response={200: out_of(model), **WRONG}, operation_id=f"{kind}_read")
    def one(
        request: HttpRequest,
        id: PathId,
        recorded: Annotated[
            Moment | None, Field(description="As the book had recorded it then.")
        ] = None,
    ) -> Any:
        actor = actor_of(request)
        found = find(actor, model, id)
        return answer(actor, found) if recorded is None else past_of(actor, found, recorded)

    @router.get(
        "/{id}/history", response={200: list[Past], **WRONG}, operation_id=f"{kind}_history"
    )
    def past(request: HttpRequest, id: PathId) -> Any:
        actor = actor_of(request)
        return history(actor, find(actor, model, id))

    listed.__doc__ = f"A page of what you may see of kind {kind}, by id."
    one.__doc__ = f"One {kind}; its version is the ETag."
    past.__doc__ = f"Every change of one {kind}, oldest first."


def only_known(request: HttpRequest, filters: type[Schema]) -> None:
    """Refuse names in a query that the list does not know: a slip must not list everything.

    Raises:
        InputError: each of them, with the nearest that there is.
    """
    known = filters.model_fields
    unknown = [name for name in request.GET if name not in known]
    if unknown:
        raise InputError(
            {
                name: phrase("no such parameter; {mend}", mend=nearest(name, known))
                for name in unknown
            }
        )


def page(actor: Actor, model: type[Thing], query: Any) -> dict[str, Any]:
    """One page of things by id, as the actor may see them."""
    asked: dict[str, Any] = {"pk__gt": query.cursor} if query.cursor else {}
    for name, value in query.dict(exclude={"cursor", "limit"}).items():
        if value not in ("", None):
            field = model._meta.get_field(name)
            asked[field.attname if isinstance(field, ForeignKey) else name] = value
    rows = first_visible(actor, model, lambda found: found.filter(**asked), query.limit + 1)
    found = list(rows.prefetch_related(*ahead(model)))
    items = found[: query.limit]
    return {
        "items": [present(actor, one) for one in items],
        "next": items[-1].pk if len(found) > len(items) else None,
    }


def past_of(actor: Actor, thing: Thing, recorded: dt.datetime) -> dict[str, Any]:
    """A thing that the actor may read, as the book had recorded it at a moment."""
    return seen(actor, thing, as_of(type(thing), thing.pk, recorded)) | {"can": []}


def answer(actor: Actor, thing: Thing, status: int = 200) -> HttpResponse:
    """One thing as an answer with its ETag."""
    body = json.dumps(present(actor, thing), ensure_ascii=False)
    response = HttpResponse(body, status=status, content_type="application/json")
    response["ETag"] = f'"{thing.version}"'
    return response


def _add_move(router: Router, found: Service) -> None:
    kind, body = found.model.kind, found.body
    out = out_of(found.model)

    if found.makes:
        whole = [x for x in SERVICES.values() if x.model is found.model and x.makes]
        path = "" if whole[0] is found else f"/{found.move.name}"

        @router.post(path, response={201: out, **WRONG}, operation_id=f"{kind}_{found.move.name}")
        def make(request: HttpRequest, values: body) -> HttpResponse:  # type: ignore[valid-type]
            return act(request, found, "", values)

        make.__doc__ = found.move.says
        return

    @router.post(
        f"/{{id}}/{found.move.name}",
        response={200: out, **WRONG},
        operation_id=f"{kind}_{found.move.name}",
    )
    def move(
        request: HttpRequest,
        id: PathId,
        values: body,  # type: ignore[valid-type]
    ) -> HttpResponse:
        return act(request, found, id, values)

    move.__doc__ = found.move.says


def act(request: HttpRequest, found: Service, pk: str, values: Any) -> HttpResponse:
    """Make a move for the caller, once for one idempotency key."""
    actor = actor_of(request)
    status = 201 if found.makes else 200
    found.ready()

    def work(act: Any) -> HttpResponse:
        slot = claim(act, request)
        response = answer(actor, found(act, pk, values), status)
        keep(slot, status, response.content.decode(), {"ETag": response["ETag"]})
        return response

    try:
        return perform(
            actor,
            work,
            now=timezone.now(),
            reason=values.reason or found.move.says,
            effective=values.effective,
            expected=_expected(request, pk),
        )
    except Replayed as replayed:
        return replay(replayed)


def replay(replayed: Replayed) -> HttpResponse:
    """The answer that was given before."""
    kept = replayed.kept
    response = HttpResponse(kept.body, status=kept.status, content_type="application/json")
    for name, value in kept.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def _expected(request: HttpRequest, pk: str) -> dict[str, int] | None:
    given = request.headers.get("If-Match", "").strip()
    if not given or given == "*" or not pk:
        return None
    version = given.removeprefix("W/").strip('"')
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise input_error(
            "If-Match", "{given} is no version; send the ETag that you read", given=given
        )
    return {pk: int(version)}
