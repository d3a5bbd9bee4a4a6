"""Evidence: what is claimed, by whom and since when, what contradicts, and what rests on it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from interlock.book.selectors.claims import decisions_on, timeline
from interlock.book.selectors.law_shown import resting_on
from interlock.web.days import day_in, first_day
from interlock.web.doors import page
from interlock.web.files import as_file, files_of, form_of
from interlock.web.regimes import status_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

COLUMNS = (
    "id", "text", "subject", "value", "grade", "who", "through", "known", "stands", "replaced_by",
    "against", "supports", "supersedes", "items", "decisions",
)  # fmt: skip
"""Of a file of claims; `items` and `decisions` are what rests on each."""


@require_GET
@page
def evidence_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Claims by day, narrowed to a source, a subject or what is contested."""
    errors: dict[str, str] = {}
    known = day_in(request.GET, "known", errors) or first_day()
    recorded = day_in(request.GET, "recorded", errors) or known
    found = timeline(actor, known=known, recorded=recorded)
    source = request.GET.get("source", "")[:200]
    subject = request.GET.get("subject", "")[:200]
    how = request.GET.get("how", "")
    by_id = {one["id"]: one for one in found["claims"]}
    items, signed = resting_on(actor), decisions_on(actor)
    chosen = [
        one | {"items": items.get(one["id"], []), "decisions": signed.get(one["id"], [])}
        for one in found["claims"]
        if (not source or one["who"] == source)
        and (not subject or one["subject"] == subject)
        and (how != "contested" or one["against"])
        and (how != "stands" or one["stands"])
    ]
    if (form := form_of(request)) and not errors:
        return as_file(chosen, COLUMNS, form, "evidence")
    context = {
        "errors": errors,
        "files": files_of(request),
        "known": request.GET.get("known") or known.isoformat(),
        "recorded": request.GET.get("recorded", ""),
        "source": source,
        "subject": subject,
        "how": how,
        "sources": sorted({one["who"] for one in found["claims"]}),
        "subjects": sorted({one["subject"] for one in found["claims"]}),
        "days": [(day, list(rows)) for day, rows in groupby(chosen, lambda one: one["known"])],
        "number": len(chosen),
        "standing": sum(one["stands"] for one in found["claims"]),
        "pairs": [(by_id[a], by_id[b], why) for a, b, why in found["unresolved"]],
    }
    return render(request, "web/evidence.html", context, status=status_of(errors))
