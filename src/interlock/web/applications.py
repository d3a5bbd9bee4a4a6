"""Applications: the queue and the decision sheet for officers; one's own place for an applicant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from interlock.book.models import Application
from interlock.book.rights import find, require_some, visible
from interlock.book.selectors.licensing import application_decision
from interlock.book.selectors.present import is_firm
from interlock.book.selectors.queue import IN_QUEUE, positions, queue_position
from interlock.book.workdays import working_days
from interlock.web.decisions import BAD, by_gate
from interlock.web.doors import page
from interlock.web.files import MOST_EXPORTED, as_file, files_of, form_of
from interlock.web.inwords import name_in_words
from interlock.web.licences import licensable
from interlock.web.moves import moves_of
from interlock.web.names import names_of
from interlock.web.things import thing_context

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

IN_SIGHT = 100
OF_BOTH = ("received_on", "id", "applicant", "state", "gate", "quantity", "deadline")
QUEUE, QUEUE_OF_FIRM = (*OF_BOTH, "days"), (*OF_BOTH, "place", "wait")
"""The columns of the queue's file."""


@require_GET
@page
def queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What waits for a decision, by day of receipt; an applicant sees its own with their places."""
    require_some(actor, "application.read", "applications")
    today = timezone.now().date()
    rows = visible(actor, Application).filter(state__in=IN_QUEUE)
    rows = rows.order_by("received_on", "pk").prefetch_related("products")
    firm = is_firm(actor)
    if form := form_of(request):
        found = list(rows[: MOST_EXPORTED + 1])
        places = positions(found, today) if firm else {}
        told = [_told(one, _row(actor, one, places.get(one.pk))) for one in found]
        return as_file(told, QUEUE_OF_FIRM if firm else QUEUE, form, "queue")
    found = list(rows[: IN_SIGHT + 1])
    places = positions(found[:IN_SIGHT], today) if firm else {}
    context = {
        "rows": [_row(actor, one, places.get(one.pk)) for one in found[:IN_SIGHT]],
        "more": len(found) > IN_SIGHT,
        "names": names_of(actor, {one.applicant_id for one in found}),
        "firm": firm,
        "today": today,
        "files": files_of(request),
    }
    return render(request, "web/queue.html", context)


def _told(one: Application, row: dict[str, Any]) -> dict[str, Any]:
    """A row of the queue as a file has it."""
    place = row.get("place") or {}
    return {
        "received_on": one.received_on, "id": one.pk, "applicant": one.applicant_id,
        "state": one.state, "gate": one.gate, "quantity": one.quantity, "days": row.get("days"),
        "deadline": one.deadline, "place": place.get("position"), "wait": place.get("wait"),
    }  # fmt: skip


def _row(actor: Actor, one: Application, place: dict[str, Any] | None) -> dict[str, Any]:
    today = timezone.now().date()
    found: dict[str, Any] = {
        "thing": one,
        "moves": moves_of(actor, one)[:2],
        "late": one.deadline is not None and one.deadline < today,
    }
    if place is not None:
        return found | {"place": place}
    days = one.clock_days
    if one.clock_from is not None:
        days += working_days(one.clock_from, today, one.gate)
    return found | {"days": days}


@require_GET
@page
def application_page(request: HttpRequest, actor: Actor, pk: str) -> HttpResponse:
    """One application: the sheet on which it is decided, or one's own place and what is missing."""
    application = find(actor, Application, pk)
    context = thing_context(actor, application) | {
        "place": queue_position(actor, pk, timezone.now().date()),
        "firm": is_firm(actor),
        "licensable": licensable(actor, application),
    }
    return render(request, "web/application.html", context)


@require_GET
@page
def sheet(request: HttpRequest, actor: Actor, pk: str) -> HttpResponse:
    """What the law of the day says of an application, as a part of its page or by itself."""
    found = application_decision(actor, pk, timezone.now())
    gates = by_gate(found)
    context = {
        "decision": found,
        "gates": gates,
        "application": pk,
        "missing": lacking(found),
        "sheet": True,
    }
    part = "web/sheet.html" if request.headers.get("HX-Request") else "web/sheet_page.html"
    return render(request, part, context)


def lacking(decision: dict[str, Any]) -> list[str]:
    """The facts that a decision lacked, as what they mean."""
    names = {
        name for one in decision["findings"] if one["outcome"] in BAD for name in one["missing"]
    }
    return sorted(name_in_words(name) for name in names)
