"""The first page: what flows, what is stuck, and who holds the key."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.book import law
from interlock.book.errors import InputError
from interlock.book.models import Party, Product
from interlock.book.reminders import reminders_of
from interlock.book.rights import has_right, visible
from interlock.book.selectors.alerts import law_changes
from interlock.book.selectors.decisions import viewer_of
from interlock.files.phrases import verbatim
from interlock.web.days import day_in, first_day
from interlock.web.doors import page
from interlock.web.names import names_of
from interlock.web.standing import Asked, Standing, blocked, flow, standing, totals
from interlock.web.words import word

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor
    from interlock.web.standing import Group

AHEAD = dt.timedelta(days=400)
FEW = 8
FIGURES = ("orders", "asked", "allocated", "shipped", "entered")
NOTHING = Standing((), (), None)
OFFERED = 200


@require_GET
@page
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Where everybody begins. What has to be decided first comes in by itself (`gates`)."""
    errors: dict[str, str] = {}
    asked = asked_of(request, errors=errors)
    today = timezone.now().date()
    context = {
        "asked": asked,
        "today": today,
        "sees_orders": has_right(actor, "order.read"),
        "query": query_of(request, errors),
        "parties": visible(actor, Party)
        .filter(authority=False)
        .order_by("name")
        .values_list("pk", "name")[:OFFERED],
        "products": visible(actor, Product).order_by("name").values_list("pk", "name")[:OFFERED],
        "first": first_day(),
        "episode": settings.DEMO,
        "days": [
            {
                "name": "at",
                "error": errors.get("at"),
                "day": asked.at,
                "offset": (asked.at - first_day()).days,
                "last": 400,
            },
            {
                "name": "known",
                "error": errors.get("known"),
                "day": asked.known,
                "offset": (asked.known - first_day()).days,
                "last": min((today - first_day()).days, 400),
            },
        ],
    }
    return render(request, "web/overview.html", context, status=422 if errors else 200)


@require_GET
@page
def gates(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The gates with what flows and what is stuck, as a part of the overview."""
    errors: dict[str, str] = {}
    asked, now = asked_of(request, errors=errors), timezone.now()
    refuse(errors)
    found = standing(actor, asked, now) if has_right(actor, "order.read") else NOTHING
    groups = found.groups
    rows = totals(groups)
    names = names_of(actor, {one.buyer for one in groups}, {one.product for one in groups})
    waits = sorted(groups, key=lambda one: (one.since, one.oldest))
    context = {
        "rows": rows,
        "sums": {name: found.total(name) for name in FIGURES},
        "counted_at": found.at,
        "blocked": blocked(groups)[:FEW],
        "waits": [_named(one, names) for one in waits if one.verdict != "open"][:FEW],
        "undecided": sum(one.orders for one in groups if not one.verdicts),
        "chart": _chart(groups, [row["gate"] for row in rows]),
        "coming": _coming(actor, asked),
        "reminders": reminders_of(actor, seen=False)[:FEW],
        "asked": asked,
        "today": now.date(),
    }
    return render(request, "web/overview_gates.html", context)


def asked_of(
    request: HttpRequest, first: dt.date | None = None, errors: dict[str, str] | None = None
) -> Asked:
    """The days and filters of the address; what is no day counts as the first day of pages.

    `errors` is told what is wrong with the days that are written.
    """
    today, first = timezone.now().date(), first or first_day()
    wrong = {} if errors is None else errors

    def day(name: str) -> dt.date:
        found = day_in(request.GET, name, wrong) or first
        return min(max(found, today - 4 * AHEAD), today + AHEAD)

    return Asked(day("at"), min(day("known"), today), request.GET.get("buyer", "")[:80],
                 request.GET.get("product", "")[:80])  # fmt: skip


def refuse(errors: dict[str, str]) -> None:
    """Answer a part whose days are wrong by what is wrong with them.

    Raises:
        InputError: some are.
    """
    if errors:
        raise InputError({name: verbatim(says) for name, says in errors.items()})


def query_of(request: HttpRequest, errors: dict[str, str]) -> str:
    """The address's own questions for the part that comes in by itself, without what is wrong."""
    kept = request.GET.copy()
    for name in errors:
        kept.pop(name, None)
    return str(kept.urlencode())


def _named(one: Group, names: dict[str, str]) -> dict[str, Any]:
    keys = sorted({key for blocker in one.blockers for key in blocker.keys})
    return {
        "group": one,
        "buyer": names.get(f"party/{one.buyer}", one.buyer),
        "product": names.get(f"product/{one.product}", one.product),
        "keys": keys,
        "first": one.blockers[0] if one.blockers else None,
    }


def _coming(actor: Actor, asked: Asked) -> list[dict[str, Any]]:
    """The next days on which the law changes something, as the actor may see it."""
    viewer = viewer_of(actor)
    known = {f"officer:{one.regime.gate}" for one in law.library().checked} | {"holder"}
    found = law_changes(asked.at + dt.timedelta(days=1), asked.at + AHEAD, known=asked.known,
                        viewer=viewer if viewer in known else "public")  # fmt: skip
    return found[:FEW]


def _chart(groups: tuple[Group, ...], gates: list[str]) -> dict[str, Any]:
    """The flow picture for ECharts: nodes and links with their words."""
    links = flow(groups, gates)
    names = {name for a, b, _items in links for name in (a, b)}

    def label(name: str) -> str:
        gate, _colon, verdict = name.partition(":")
        fixed = {"asked": _("Asked for"), "passes": _("Passes"), "waits": _("Waits")}
        if name in fixed:
            return fixed[name]
        return f"{word('gate', gate)} · {word('verdict', verdict)}"

    return {
        "nodes": [{"name": name, "label": label(name), "verdict": name.partition(":")[2] or name}
                  for name in sorted(names)],
        "links": [{"source": a, "target": b, "value": items} for a, b, items in links],
    }  # fmt: skip
