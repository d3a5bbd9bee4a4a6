"""A licence: what is left of it over time, who holds it, what was drawn, and its conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.book.models import Condition, Licence
from interlock.book.rights import find, has_right, visible
from interlock.book.selectors.accounts import ledger, transfers_shown
from interlock.book.selectors.conditions import says_of
from interlock.book.selectors.decisions import viewer_of
from interlock.book.selectors.licensing import condition_record, licence_balance
from interlock.book.selectors.present import is_firm
from interlock.ledger.recount import balance
from interlock.web.days import today
from interlock.web.doors import page
from interlock.web.fulfilment import fulfilment, holders_from, rests_on
from interlock.web.inwords import account_parts
from interlock.web.law_tongue import unit_name
from interlock.web.moves import moves_of
from interlock.web.names import names_of, people_of
from interlock.web.things import thing_context

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpRequest, HttpResponse

    from interlock.book.models import Application, Round
    from interlock.book.rights import Actor

POINTS = 24
MOST_DRAWN = 5_000
"""An account with more transfers has no picture: each point counts them anew."""
DRAWS = 15
MOST_CONDITIONS = 30


@require_GET
@page
def licence_page(request: HttpRequest, actor: Actor, pk: str) -> HttpResponse:
    """One licence."""
    licence = find(actor, Licence, pk)
    now = timezone.now()
    balances = licence_balance(actor, pk, at=now, known=now)
    for one in balances:
        one["share"] = round(100 * one["left"] / one["granted"]) if one["granted"] else 0
    rows = visible(actor, Condition).filter(licence=licence).select_related("licence")
    conditions = [condition_of(actor, one) for one in rows.order_by("pk")[:MOST_CONDITIONS]]
    holders = list(licence.holders.filter(_own(actor)).order_by("pk"))
    parties = {one.party_id for one in holders} | {one["asked_by"] for one in conditions}
    parties |= {word["by"] for one in conditions for word in one["thread"]}
    parties |= {party for one in conditions for party in one["awaited"]}
    draws = _draws(actor, balances)
    parties |= {one["holder"] for one in draws if one["holder"]}
    context = thing_context(actor, licence) | {
        "balances": balances,
        "chart": _chart(balances, now),
        "draws": draws,
        "holders": holders,
        "conditions": conditions,
    }
    context["related"] = [one for one in context["related"] if one["kind"] != "condition"]
    context["names"] |= names_of(actor, parties) | people_of(actor, spoke(*conditions))
    return render(request, "web/licence.html", context)


def _own(actor: Actor) -> Q:
    """The holders that an actor is told of: a firm itself alone (R11)."""
    return Q(party=actor.party) if is_firm(actor) else Q()


@require_GET
@page
def condition_page(request: HttpRequest, actor: Actor, pk: str) -> HttpResponse:
    """One condition with its versions side by side, and who said what to each."""
    condition = find(actor, Condition, pk)
    one = condition_of(actor, condition)
    after = request.GET.get("after", "")[:80]
    holders, part = holders_from(condition, _own(actor), after)
    context = thing_context(actor, condition) | {
        "one": one,
        "owed": fulfilment(actor, condition, holders, timezone.now()),
        "part": part,
        "rests": rests_on(actor, condition),
    }
    parties = {one["asked_by"], *holders, *one["awaited"], *(word["by"] for word in one["thread"])}
    context["names"] |= names_of(actor, parties) | people_of(actor, spoke(one))
    return render(request, "web/condition.html", context)


DECIDED = {"application": "approved", "round": "decided"}
"""When a licence may be drafted from a thing."""


def licensable(actor: Actor, thing: Application | Round) -> bool:
    """Whether the actor is to draft the licence next: it is decided so, and there is none yet."""
    return (
        thing.state == DECIDED[thing.kind]
        and has_right(actor, "licence.draft")
        and actor.gate == thing.gate
        and not Licence.objects.filter(**{thing.kind: thing}).exists()
    )


def spoke(*conditions: dict[str, Any]) -> set[str | None]:
    """The people who wrote or spoke in the threads of conditions, as the log calls them."""
    return {word["person"] for one in conditions for word in one["thread"]}


def condition_of(actor: Actor, condition: Condition) -> dict[str, Any]:
    """A condition as a page shows it: the last two versions, and one thread of all that was said.

    `thread` holds texts and consents by time, each with `by`, `at` and what it is.
    """
    record = condition_record(actor, condition.pk)
    texts, words = record["texts"], record["consents"]
    thread = [one | {"is": "text"} for one in texts] + [one | {"is": "word"} for one in words]
    thread.sort(key=lambda one: one["at"])
    return {
        "thing": condition,
        "pk": condition.pk,
        "asked_by": condition.asked_by_id,
        "versions": [
            one | {"says": law_says(actor, condition, one["parameters"])} for one in texts[-2:]
        ],
        "older": len(texts) - 2,
        "changed": changed(*texts[-2:]) if len(texts) > 1 else set(),
        "thread": thread,
        "awaited": record["awaited"],
        "moves": moves_of(actor, condition),
    }


def law_says(actor: Actor, condition: Condition, parameters: dict[str, Any]) -> str:
    """What the law of the day says of a kind of condition, with the values of one version (R11)."""
    kind, gate = condition.condition_kind, condition.licence.gate
    return says_of(viewer_of(actor), kind, gate, parameters, today())


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The names of parameters that differ between two versions; `text` too."""
    a, b = before["parameters"], after["parameters"]
    found = {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}
    return found | ({"text"} if before["text"] != after["text"] else set())


def _chart(balances: list[dict[str, Any]], now: dt.datetime) -> dict[str, Any] | None:
    """What was left on each account at the moments when it changed, as recorded by now."""
    store = ledger()
    series = []
    for one in balances:
        account = store.account(one["account"])
        transfers = store.transfers(account=one["account"])
        moments = sorted({x.effective for x in transfers})
        if account is None or not moments or len(transfers) > MOST_DRAWN:
            continue
        moments = [*moments[:: max(1, len(moments) // POINTS)], now]
        points = [
            (moment.isoformat(), balance(account, transfers, moment, now).headroom
             / account.scale)
            for moment in moments
        ]  # fmt: skip
        name = _("%(what)s (%(whose)s)") % {
            "what": account_parts(one["account"])[0].words, "whose": unit_name(one["unit"]),
        }  # fmt: skip
        series.append({"name": name, "points": points})
    units = {unit_name(one["unit"]) for one in balances}
    return (
        {"unit": units.pop() if len(units) == 1 else _("units"), "series": series}
        if series
        else None
    )


def _draws(actor: Actor, balances: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest transfers on a licence's accounts, as the actor may see them."""
    found = [
        row | {"account": one["account"], "unit": one["unit"]}
        for one in balances
        for row in transfers_shown(actor, one["account"])
    ]
    found.sort(key=lambda row: row["effective"], reverse=True)
    return found[:DRAWS]
