"""The command palette: places, things by the beginning of their id, and what one could make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.book.models import THINGS
from interlock.book.rights import has_right, visible
from interlock.files.texts import LAST
from interlock.web.doors import page
from interlock.web.moves import makers_of
from interlock.web.shell import places_of
from interlock.web.words import word

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

OF_A_KIND = 4
MOST = 14


@require_GET
@page
def palette(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What is meant by a few letters, the likeliest first."""
    asked = request.GET.get("q", "").strip()[:80]
    found = _things(actor, asked) if len(asked) > 1 else []
    found += _places(request, actor, asked) + _makers(actor, asked)
    return render(request, "web/palette.html", {"found": found[:MOST], "asked": asked})


def _places(request: HttpRequest, actor: Actor, asked: str) -> list[dict[str, Any]]:
    links = (one for group in places_of(request, actor) for one in group["links"])
    return [
        {"where": one["where"], "text": one["text"], "is": _("Place"), "icon": one["icon"]}
        for one in links
        if asked.lower() in one["text"].lower()
    ]


def _makers(actor: Actor, asked: str) -> list[dict[str, Any]]:
    return [
        {"where": reverse("make", args=[kind, one.name]), "text": one.says, "is": _("Do"),
         "icon": "plus"}
        for kind in THINGS
        for one in makers_of(actor, kind)
        if asked and asked.lower() in f"{one.says} {one.label} {word('kind', kind)}".lower()
    ]  # fmt: skip


def _things(actor: Actor, asked: str) -> list[dict[str, Any]]:
    """Things whose id begins so; parties and products also by their name."""
    found = []
    for kind, model in THINGS.items():
        if not has_right(actor, f"{kind}.read"):
            continue
        rows = visible(actor, model).filter(pk__gte=asked, pk__lt=asked + LAST).order_by("pk")
        pairs = [(pk, pk) for pk in rows.values_list("pk", flat=True)[:OF_A_KIND]]
        if kind in ("party", "product"):
            named: Any = visible(actor, model)
            named = named.filter(name__gte=asked, name__lt=asked + LAST).order_by("name")
            pairs += list(named.values_list("pk", "name")[:OF_A_KIND])
        found += [
            {"where": reverse("thing", args=[kind, pk]), "text": text, "is": word("kind", kind),
             "icon": "search"}
            for pk, text in dict(pairs).items()
        ]  # fmt: skip
    return found
