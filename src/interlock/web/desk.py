"""The customs desk: an entry by its number, let in or held at once; what disagrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET

from interlock.book.errors import DeniedError
from interlock.book.models import Discrepancy, Entry
from interlock.book.rights import has_right, visible
from interlock.book.selectors.desk import DESK, desk
from interlock.book.selectors.present import ahead, is_firm, present
from interlock.files.texts import LAST
from interlock.web.doors import page
from interlock.web.names import names_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

SHOWN = 25
REASONS = (
    gettext_noop("A paper is missing"),
    gettext_noop("The quantity differs from the declaration"),
    gettext_noop("The goods differ from the declaration"),
    gettext_noop("To be inspected"),
    gettext_noop("A question to the licensing authority"),
)
"""Why an entry is mostly held; the keys 1 to 5 choose. Any other reason is written."""


@require_GET
@page
def desk_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Look an entry up; what waits to be let in, and what disagrees."""
    if is_firm(actor):
        raise DeniedError(actor.name, "entry.desk", "the customs desk", DESK)
    number = request.GET.get("number", "").strip()[:80]
    entries = visible(actor, Entry)
    near: list[Entry] = []
    if number:
        if entries.filter(pk=number).exists():
            return redirect("desk_entry", pk=number)
        begins = entries.filter(pk__gte=number, pk__lt=number + LAST).order_by("pk")
        near = list(begins[:SHOWN])
        if len(near) == 1:
            return redirect("desk_entry", pk=near[0].pk)
    waiting = entries.filter(state__in=("declared", "held")).order_by("declared_on", "pk")
    disagree = visible(actor, Discrepancy).filter(state="open").order_by("made_at", "pk")
    disagree = disagree.prefetch_related(*ahead(Discrepancy))
    found = [_both_counts(present(actor, one)) for one in disagree[: SHOWN + 1]]
    waits = list(waiting[: SHOWN + 1])
    context = {
        "number": number,
        "near": near,
        "waiting": waits[:SHOWN],
        "more_waiting": len(waits) > SHOWN,
        "disagree": found[:SHOWN],
        "more_disagree": len(found) > SHOWN,
    }
    return render(request, "web/desk.html", context)


def _both_counts(row: dict[str, Any]) -> dict[str, Any]:
    """A discrepancy with both counts under the same names."""
    ours, theirs = row["ours"], row["theirs"]
    row["counts"] = [
        {"name": name, "ours": ours.get(name), "theirs": theirs.get(name)}
        for name in dict.fromkeys((*ours, *theirs))
    ]
    for one in row["counts"]:
        numbers = isinstance(one["ours"], int) and isinstance(one["theirs"], int)
        one["difference"] = one["theirs"] - one["ours"] if numbers else None
    return row


@require_GET
@page
def desk_entry(request: HttpRequest, actor: Actor, pk: str, kind: str) -> HttpResponse:  # noqa: ARG001 - the kind of `pk`
    """One entry with all that decides over it, and the keys to let it in or hold it."""
    found = desk(actor, pk, now=timezone.now())
    can = set(found["entry"]["can"])
    stopped = [
        one for one in found["decision"]["findings"] if one["outcome"] in ("fail", "unknown")
    ]
    people = found.pop("parties")  # the name is the shell's
    context = found | {
        "number": "",
        "people": people,
        "may_release": "release" in can,
        "may_hold": found["entry"]["state"] == "declared" and has_right(actor, "hold.place"),
        "stopped": stopped,
        "reasons": REASONS,
        "once": get_random_string(20),
        "disagree": [_both_counts(one) for one in found["discrepancies"]],
        "names": names_of(actor, [one["id"] for one in people.values()],
                          [found["order"]["product"]]),
    }  # fmt: skip
    return render(request, "web/desk_entry.html", context)
