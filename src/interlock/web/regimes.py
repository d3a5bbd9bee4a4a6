"""The law: which regimes bind, one of them as of two dates, what changed, what would change."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from interlock.book import sealing
from interlock.book.rights import has_right
from interlock.book.selectors import law_shown
from interlock.book.selectors.alerts import Turn, alerts, law_changes
from interlock.book.selectors.decisions import viewer_of
from interlock.book.selectors.law_replay import replayed
from interlock.law.model import STAGES
from interlock.law.show import SECTIONS
from interlock.web.days import day_in, first_day
from interlock.web.doors import page
from interlock.web.law_words import told_by_item
from interlock.web.names import names_of
from interlock.web.rule_names import rules_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

AHEAD_DAYS = 400
A_PAGE = 50
STOPS = {"fail", "unknown"}
MOST_PAST = 20_000
"""Rows of the audit log that are played again while somebody waits for the page."""


@dataclass
class Days:
    """The days a page is asked for, as written and as meant.

    Attributes:
        at: whose law; known: what was public by then.
        errors: field -> what is wrong with what was written.
    """

    at: dt.date
    known: dt.date
    text: dict[str, str]
    errors: dict[str, str]


def days_of(request: HttpRequest) -> Days:
    """`at` and `known` of an address; the first day of pages where no day is written."""
    errors: dict[str, str] = {}
    at = day_in(request.GET, "at", errors) or first_day()
    known = day_in(request.GET, "known", errors) or at
    text = {"at": at.isoformat(), "known": known.isoformat()}
    return Days(at, known, text | {name: request.GET[name] for name in errors}, errors)


def status_of(errors: Any) -> int:
    """Of the answer: what was asked cannot be meant, or all is well."""
    return 422 if errors else 200


@require_GET
@page
def law_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Which law binds at each gate, and what changes next."""
    days = days_of(request)
    rows = []
    for one in law_shown.regimes():
        read = law_shown.shown(actor, one.regime.id, at=days.at, known=days.known)
        binding = [
            item for _section, item in law_shown.items_of(read) if item.get("status") == "in_force"
        ]
        counts = {
            section: sum(item["status"] in ("in_force", "assumed") for item in read[section])
            for section in ("rules", "conditions", "accounts")
        }
        rows.append({"read": read, "counts": counts, "binds": bool(binding)})
    until = days.at + dt.timedelta(days=AHEAD_DAYS)
    first = days.at + dt.timedelta(days=1)
    coming = law_changes(first, until, known=days.known, viewer=viewer_of(actor))
    context = {
        "days": days,
        "rows": rows,
        "coming": [(day, list(found)) for day, found in groupby(coming, lambda one: one["day"])],
        "until": until,
        "may_alert": has_right(actor, "order.read"),
        "may_replay": has_right(actor, "law.replay"),
    }
    return render(request, "web/law.html", context, status=status_of(days.errors))


@require_GET
@page
def regime_page(request: HttpRequest, actor: Actor, regime: str) -> HttpResponse:
    """One regime as of two dates, with its sources; beside each account what a run tells of it."""
    days = days_of(request)
    read = law_shown.shown(actor, regime, at=days.at, known=days.known)
    prices = law_shown.shadow_prices(actor)
    for item in read["accounts"]:
        item["price"] = prices.get(f"{regime}/{item['id']}")
    context = {
        "days": days,
        "read": read,
        "sections": [(name, read[name]) for name in SECTIONS if read[name]],
        "turns": turns_of(read),
        "may_alert": has_right(actor, "order.read"),
        "may_replay": has_right(actor, "law.replay"),
    }
    return render(request, "web/regime.html", context, status=status_of(days.errors))


def turns_of(read: dict[str, Any]) -> list[str]:
    """The days on which anything that is shown of a regime starts or ends, the newest first."""
    found: set[str] = set()
    for _section, item in law_shown.items_of(read):
        for spell in item.get("history") or []:
            found |= {day for day in (spell["from"], spell["until"]) if day}
    return sorted(found, reverse=True)


@require_GET
@page
def changes_page(request: HttpRequest, actor: Actor, regime: str) -> HttpResponse:
    """What differs between two days of a regime, in legal words."""
    days = days_of(request)
    errors = dict(days.errors)
    other = day_in(request.GET, "and", errors) or first_day()
    also = day_in(request.GET, "and_known", errors)
    read = law_shown.shown(actor, regime, at=other, known=also)
    known = days.known if request.GET.get("known", "").strip() else None
    before = law_shown.shown(actor, regime, at=days.at, known=known)
    found = law_shown.changed(actor, regime, (days.at, known), (other, also))
    context = {
        "days": days,
        "errors": errors,
        "other": other.isoformat(),
        "also": also.isoformat() if also else "",
        "known": request.GET.get("known", "").strip(),
        "read": read,
        "turns": turns_of(read),
        "items": told_by_item(groupby(found, lambda one: one.item), before, read),
    }
    return render(request, "web/regime_changes.html", context, status=status_of(errors))


@require_GET
@page
def law_orders(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Which open orders would change under the law of another day, or under what is proposed."""
    now = timezone.now()
    errors: dict[str, str] = {}
    on = day_in(request.GET, "on", errors) or now.date()
    assumed = frozenset(one for one in request.GET.getlist("assume") if one)
    stage: Any = request.GET.get("stage", "")
    offered = law_shown.proposed(actor, at=now.date())
    asked = bool(request.GET.get("on") or assumed) and not errors
    context: dict[str, Any] = {
        "on": on.isoformat(),
        "errors": errors,
        "assumed": assumed,
        "stage": stage,
        "stages": [one for one in STAGES if one != "application"],
        "offered": offered,
        "asked": asked,
        "may_replay": has_right(actor, "law.replay"),
    }
    if asked and request.GET.get("past"):
        always = on if request.GET.get("on") else None
        context |= _past(actor, always, assumed & {one["id"] for one in offered})
    if asked:
        found = alerts(
            actor,
            Turn(now.date(), on, assumed & {one["id"] for one in offered}),
            now=now,
            stage=stage if stage in STAGES else None,
            after=request.GET.get("cursor", "")[:80],
            most=A_PAGE,
        )
        for one in found["items"]:
            for x in one["rules"]:
                x["name"] = f"{x['regime']}/{x['rule']}"
            one["stops"] = [x for x in one["rules"] if STOPS & {x["now"], x["then"]}]
            one["quiet"] = [x for x in one["rules"] if x not in one["stops"]]
        query = request.GET.copy()
        query["cursor"] = found["next"] or ""
        turned = [x["name"] for one in found["items"] for x in one["rules"]]
        turned += [x["rule"] for x in context.get("past", {}).get("rules", [])[:A_PAGE]]
        context |= {
            "found": found,
            "rules": rules_of(actor, turned, on),
            "names": names_of(
                actor, {one["buyer"] for one in (*found["items"], *_told_of(context))}
            ),
            "next": f"?{query.urlencode()}" if found["next"] else "",
        }
    return render(request, "web/law_orders.html", context, status=status_of(errors))


def _told_of(context: dict[str, Any]) -> list[dict[str, Any]]:
    """The buyers that the past is told of."""
    told: list[dict[str, Any]] = context.get("past", {}).get("buyers", [])
    return told


def _past(actor: Actor, on: dt.date | None, assumed: frozenset[str]) -> dict[str, Any]:
    """What the decisions of the past would have been; a long history is a job's."""
    number = sum(sealing.status()[:2])
    if number > MOST_PAST:
        return {"past_too_long": number}
    return {"past": replayed(actor, on=on, assumed=assumed, now=timezone.now())}
