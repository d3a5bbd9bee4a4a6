"""Why an order may or may not pass: its findings gate by gate, and what would open each gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from interlock.book.models import Determination, Order
from interlock.book.rights import find
from interlock.book.selectors.stuck import decision_of
from interlock.law.vocabulary import vocabulary
from interlock.web.days import first_day, today
from interlock.web.doors import page
from interlock.web.inwords import in_words, name_in_words, value_in_words
from interlock.web.overview import asked_of, query_of, refuse
from interlock.web.phrasing import between
from interlock.web.things import thing_context

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

STAGES = ("application", "order", "allocation", "shipment", "entry", "use")
BAD = ("fail", "unknown")
RANK = {"fail": 0, "unknown": 1, "pass": 2, "settled": 3, "not_due": 4, "not_applicable": 5}


@require_GET
@page
def order_page(request: HttpRequest, actor: Actor, pk: str) -> HttpResponse:
    """One order: the decision comes in by itself; fields, papers and history stand at once."""
    order = find(actor, Order, pk)
    context = thing_context(actor, order) | asked_context(request, order)
    return render(request, "web/order.html", context, status=422 if context["wrong"] else 200)


@require_GET
@page
def order_decision(request: HttpRequest, actor: Actor, pk: str) -> HttpResponse:
    """The decision alone, as a part of the order's page or as a page of its own."""
    asked = asked_context(request, find(actor, Order, pk) if settings.DEMO else None)
    refuse(asked["wrong"])
    found = decision_of(
        actor, pk, asked["stage"], now=timezone.now(), at=asked["asked"].at,
        known=asked["asked"].known,
    )  # fmt: skip
    context = asked | {"gates": by_gate(found), "decision": found, "order": pk}
    part = "web/decision.html" if request.headers.get("HX-Request") else "web/decision_page.html"
    return render(request, part, context)


@require_GET
@page
def determination_page(request: HttpRequest, actor: Actor, pk: str) -> HttpResponse:
    """A frozen decision: its findings gate by gate as they were signed."""
    thing = find(actor, Determination, pk)
    context = thing_context(actor, thing, apart="decision")
    found = context["row"].get("decision") or {}
    if found.get("gates"):
        context |= {"decision": found, "gates": by_gate(found)}
    return render(request, "web/determination.html", context)


def asked_context(request: HttpRequest, order: Order | None) -> dict[str, Any]:
    """For which stage and days a decision is asked; an order of later days begins with today."""
    stage = request.GET.get("stage", "")
    first = first_day()
    wrong: dict[str, str] = {}
    begins = today() if order and order.made_at.date() > first else first
    asked = asked_of(request, begins, wrong)
    return {
        "asked": asked,
        "stages": STAGES,
        "stage": stage if stage in STAGES else "allocation",
        "query": query_of(request, wrong),
        "wrong": wrong,
        "today": today(),
    }


def by_gate(decision: dict[str, Any]) -> list[dict[str, Any]]:
    """Each gate with what is in the way first, what is met after it, and the ways to open it."""
    found, every_way = [], kept_first(decision)
    for gate in decision["gates"]:
        own = [one for one in decision["findings"] if one["gate"] == gate["gate"]]
        own.sort(key=lambda one: RANK.get(one["outcome"], 9))
        ways = [one for one in every_way if one["gate"] == gate["gate"]]
        found.append(gate | {
            "bad": [plainly(one) for one in own if one["outcome"] in BAD],
            "rest": [plainly(one) for one in own if one["outcome"] not in BAD],
            "ways": ways_of([one["changes"] for one in ways]),
            "keys": sorted({x["key"] for one in ways for x in one["changes"] if x["key"]}),
        })  # fmt: skip
    return found


def kept_first(decision: dict[str, Any]) -> list[dict[str, Any]]:
    """The ways to open each gate, those first that keep the deal as it is."""
    keeps = vocabulary().keeps_deal
    return sorted(
        decision["open_with"], key=lambda way: not keeps(one["fact"] for one in way["changes"])
    )


def ways_of(ways: list[list[dict[str, Any]]]) -> dict[str, list[Any]]:
    """Ways to open a gate: what every one of them asks for, and what each asks besides."""
    ways = [[in_plain(one) for one in way] for way in ways]
    every = [one for one in ways[0] if all(one in way for way in ways)] if ways else []
    others = [[one for one in way if one not in every] for way in ways]
    return {"every": every, "one_of": [way for way in others if way]}


def in_plain(change: dict[str, Any]) -> dict[str, Any]:
    """A change with its words: `told` is what must hold, `stands` how it is now."""
    needs = change["needs"] or ""
    now = change["now"]
    return change | {
        "told": in_words(needs) or name_in_words(change["fact"]),
        "stands": "" if now is None else value_in_words(now, change["fact"]),
    }


def plainly(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding with what is told of its atoms: those that need something, with the facts."""
    atoms = [
        {
            "needs": in_words(one["needs"]),
            "raw": one["needs"],
            "facts": _now(one["facts"]),
            "key": one["key"],
        }
        for one in finding["atoms"]
        if one["needs"]
    ]
    lacks = [name_in_words(name) for name in finding["missing"] if finding["outcome"] in BAD]
    return finding | {"needs": atoms, "lacks": lacks, "weak": weak(finding["weakest"])}


def _now(facts: dict[str, Any]) -> str:
    """The facts that an atom looks at, in a line: the value alone where there is one."""
    if len(facts) == 1:
        return "".join(value_in_words(value, name) for name, value in facts.items())
    return between(", ").join(
        f"{name_in_words(name)}{between(': ')}{value_in_words(value, name)}"
        for name, value in facts.items()
    )


def weak(source: dict[str, Any] | None) -> str:
    """The weakest source of a finding: its grade and what it says."""
    return "" if not source else f"{source.get('grade') or ''} {source.get('says') or ''}".strip()
