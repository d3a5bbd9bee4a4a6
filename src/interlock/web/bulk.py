"""One move for several things at once: tried for each, then made for each, one service call a row.

Every row stands or falls by itself: what one is refused for keeps no other from being made, and a
thing that somebody may not read is to them one that is not there (R11).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from pydantic import ValidationError

from interlock.book.errors import BookError, NotFoundError
from interlock.book.models import THINGS, Allocation, AllocationRun
from interlock.book.rights import find, visible
from interlock.book.services import SERVICES
from interlock.ledger import LedgerError
from interlock.web.doors import page
from interlock.web.moves import (
    CHANGES,
    Open,
    carried_out,
    moves_of,
    named,
    news,
    put_at_fields,
    told_of,
)
from interlock.web.offers import offers
from interlock.web.trouble import Refusal, of_values, refusal
from interlock.web.values import fields_of, read, with_rows

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.models import Thing
    from interlock.book.rights import Actor
    from interlock.book.services import Service

MOST = 200
PENDING = ("provisional", "reserved")


@dataclass
class Row:
    """One thing that was chosen.

    Attributes:
        thing: None: there is none for this actor.
        moves: names of the moves open to it.
        refusal: why the move is not made, or would not be.
        changes: what the move changes or would change.
        done: whether it was made.
    """

    pk: str
    thing: Thing | None
    version: int | None
    moves: list[Open]
    refusal: Refusal | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    done: bool = False


@page
def bulk_page(request: HttpRequest, actor: Actor, kind: str) -> HttpResponse:
    """Choose a move for the rows that were chosen; then try it (`do=preview`) or make it."""
    chosen = list(dict.fromkeys(request.POST.getlist("row")))
    if request.method == "POST" and kind == Allocation.kind and request.POST.get("run"):
        run_found = find(actor, AllocationRun, request.POST["run"][:80])
        chosen += promised_by(actor, run_found)
    if not chosen:
        return redirect("list", kind=kind)
    rows = _rows(request, actor, kind, chosen[:MOST])
    moves = _common(rows)
    wanted = next((one for one in moves if one.name == request.POST.get("move")), None)
    done = request.POST.get("do", "")
    fields: list[Any] = []
    refused: Refusal | None = None
    if wanted is not None:
        service = SERVICES[f"{kind}.{wanted.name}"]
        fields = fields_of(service)
        if done in ("preview", "make"):
            refused = _each(request, actor, service, fields, rows, keep=done == "make")
    tried = done == "preview" and wanted is not None and refused is None
    made = done == "make" and wanted is not None and refused is None
    context = {
        "kind": kind, "rows": rows, "moves": moves, "move": wanted, "fields": with_rows(fields),
        "refusal": refused, "tried": tried, "made": made,
        "good": sum(row.done for row in rows), "bad": sum(row.refusal is not None for row in rows),
        "too_many": len(chosen) - MOST, "once": request.POST.get("once") or get_random_string(20),
        "offers": offers(actor, fields),
    }  # fmt: skip
    return render(request, "web/bulk.html", context, status=refused.status if refused else 200)


def promised_by(actor: Actor, run: AllocationRun) -> list[str]:
    """The allocations of a run whose transfers are still pending, one more than go at once."""
    rows = visible(actor, Allocation).filter(run=run, state__in=PENDING).order_by("pk")
    return list(rows.values_list("pk", flat=True)[: MOST + 1])


def _rows(request: HttpRequest, actor: Actor, kind: str, chosen: list[str]) -> list[Row]:
    """The things chosen; the version of each is that of when it was first chosen."""
    found = []
    for pk in chosen:
        try:
            thing = find(actor, THINGS[kind], pk[:80])
        except NotFoundError as error:
            found.append(Row(pk[:80], None, None, [], refusal(actor, error)))
            continue
        sent = request.POST.get(f"version-{pk}", "")
        version = int(sent) if sent.isdecimal() else thing.version
        moves = [one for one in moves_of(actor, thing) if one.name not in CHANGES]
        found.append(Row(thing.pk, thing, version, moves))
    return found


def _common(rows: list[Row]) -> list[Open]:
    """The moves that every one of the things could make, in the order of their lifecycle."""
    there = [row for row in rows if row.thing is not None]
    if not there:
        return []
    return [one for one in there[0].moves if all(one in row.moves for row in there)]


def _each(
    request: HttpRequest, actor: Actor, service: Service, fields: list[Any], rows: list[Row],
    *, keep: bool,
) -> Refusal | None:  # fmt: skip
    """Try or make the move for each; a refusal of the values, which are the same for all."""
    try:
        body = service.body.model_validate(read(fields, request.POST))
    except ValidationError as error:
        found = of_values(error)
        found.says += [one for says in put_at_fields(found, fields).values() for one in says]
        return found
    once = request.POST.get("once", "")
    for number, row in enumerate(rows):
        if row.thing is None:
            continue
        before = told_of(actor, row.thing)
        after: dict[str, Any] = {}
        look = partial(_told, actor, after)
        try:
            carried_out(actor, service, row.pk, body, once=once, part=f"x{number}",
                        expected=row.version, keep=keep, look=look)  # fmt: skip
        except (BookError, LedgerError) as error:
            row.refusal = refusal(actor, error)
            continue
        row.changes, row.done = news(before, after), True
    named(actor, THINGS[service.move.kind], [one for row in rows for one in row.changes])
    return None


def _told(actor: Actor, after: dict[str, Any], thing: Thing) -> None:
    after.update(told_of(actor, thing))
