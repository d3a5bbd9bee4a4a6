"""Rounds: what is in one, and the sheet on which it is decided; of officers alone.

An applicant reads no round: its place, its wait and what is missing stand at its application.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.views.decorators.http import require_GET

from interlock.book.models import Application, Round
from interlock.book.rights import find, visible
from interlock.book.selectors.present import present
from interlock.web.doors import page
from interlock.web.licences import licensable
from interlock.web.moves import moves_of
from interlock.web.names import names_of
from interlock.web.things import thing_context

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

IN_SIGHT = 200


@require_GET
@page
def round_page(request: HttpRequest, actor: Actor, pk: str) -> HttpResponse:
    """One round."""
    found = find(actor, Round, pk)
    rows = visible(actor, Application).filter(round=found)
    context = thing_context(actor, found, apart="outcome")
    context["related"] = [one for one in context["related"] if one["kind"] != "application"]
    context |= _sheet(actor, present(actor, found), list(rows.order_by("pk")[: IN_SIGHT + 1]))
    context["names"] |= names_of(actor, {one["thing"].applicant_id for one in context["rows"]})
    context["licensable"] = licensable(actor, found)
    return render(request, "web/round.html", context)


def _sheet(actor: Actor, stands: dict[str, Any], inside: list[Application]) -> dict[str, Any]:
    """The applications with what was proposed for each, the best placed first."""
    placed = {one["application"]: one for one in (stands.get("outcome") or {}).get("placed", [])}
    there = {one.pk: one for one in inside[:IN_SIGHT]}
    gone = visible(actor, Application).filter(pk__in=[pk for pk in placed if pk not in there])
    there |= {one.pk: one for one in gone[:IN_SIGHT]}
    rows = [_row(actor, one, placed.get(one.pk)) for one in there.values()]
    rows.sort(key=lambda row: (row["rank"] is None, row["rank"] or 0, row["thing"].received_on,
                               row["thing"].pk))  # fmt: skip
    criteria = dict.fromkeys(name for one in placed.values() for name in one["points"])
    return {
        "rows": rows,
        "more": len(inside) > IN_SIGHT,
        "criteria": list(criteria),
        "placed": bool(placed),
        "outcome": stands.get("outcome") or {},
        "asked": sum(row["thing"].quantity for row in rows),
        "granted": sum(row["quantity"] or 0 for row in rows),
        "places_given": sum(row["outcome"] == "placed" for row in rows),
        "unscored": sum(row["outcome"] == "unknown" for row in rows),
    }


def _row(actor: Actor, one: Application, placed: dict[str, Any] | None) -> dict[str, Any]:
    stands = present(actor, one)
    filed = (stands.get("officer_facts") or {}).get("application", {}).get("score")
    told = placed or {"outcome": "", "rank": None, "score": None, "points": {}, "quantity": None}
    return {
        "thing": one,
        "filed": filed,
        "outcome": told["outcome"],
        "rank": told["rank"],
        "score": _points(told["score"]),
        "points": {name: _points(value) for name, value in told["points"].items()},
        "quantity": told["quantity"],
        "moves": moves_of(actor, one)[:3],
    }


def _points(text: str | None) -> Decimal | None:
    """Exact points as they are kept, such as `7/2`, to three places."""
    if text is None:
        return None
    over, _slash, under = text.partition("/")
    return (Decimal(over) / Decimal(under or 1)).quantize(Decimal("0.001")).normalize()
