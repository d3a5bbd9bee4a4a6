"""Sharing runs: who gets how much, why no more, and two runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.book.errors import NotFoundError
from interlock.book.models import AllocationRun
from interlock.book.rights import find, visible
from interlock.book.selectors import runs
from interlock.sharing import HIDDEN, SAYS, ReplayError, RunError
from interlock.web.doors import page
from interlock.web.names import names_of
from interlock.web.phrasing import translated
from interlock.web.things import thing_context
from interlock.web.words import word

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

A_PAGE = 25
MOST_CHANGES = 50
MOST_BARS = 15
OTHERS = 50


@require_GET
@page
def run_page(request: HttpRequest, actor: Actor, pk: str) -> HttpResponse:
    """One run; with `beside`, it and another one of the same product side by side."""
    run = find(actor, AllocationRun, pk)
    beside = request.GET.get("beside", "")[:80]
    if beside:
        return _beside(request, actor, run, beside)
    after = request.GET.get("after", "")[:80]
    lines, following = runs.lines_page(actor, run, after=after, most=A_PAGE)
    spread = runs.spread(run)
    accounts = runs.accounts_of(actor, run)
    names = names_of(actor, [one["buyer"] for one in spread["buyers"]], [run.product_id])
    context = thing_context(actor, run) | {
        "run": run,
        "says": word("says", SAYS[run.rule]),
        "spread": spread,
        "lines": lines,
        "next": following,
        "after": after,
        "accounts": accounts,
        "priced": any(one.get("shadow_price") is not None for one in accounts),
        "others": others(actor, run),
        "again": _again(run) if request.GET.get("again") else "",
        "hidden": HIDDEN,
        "chart_buyers": _buyers_chart(spread["buyers"], names),
        "chart_spread": _spread_chart([(_("lines"), spread["tenths"])]),
    }
    context["names"] |= names
    return render(request, "web/run.html", context)


def others(actor: Actor, run: AllocationRun) -> list[AllocationRun]:
    """The newest runs of the same supplier's same product."""
    rows = visible(actor, AllocationRun).filter(supplier=run.supplier_id, product=run.product_id)
    return list(rows.exclude(pk=run.pk).order_by("-made_at", "-pk")[:OTHERS])


def _again(run: AllocationRun) -> str:
    """Play a stored run again: `same`, or what differs."""
    try:
        runs.replay_run(run)
    except (ReplayError, RunError) as error:
        return translated(error.says)
    except KeyError:
        return _("its inputs were not stored")
    return "same"


def _beside(request: HttpRequest, actor: Actor, run: AllocationRun, beside: str) -> HttpResponse:
    other = find(actor, AllocationRun, beside)
    if other.product_id != run.product_id or other.supplier_id != run.supplier_id:
        raise NotFoundError("run", beside)
    found = runs.compare(actor, run.pk, other.pk)
    changed = [one for one in found["lines"] if one["difference"]]
    changed.sort(key=lambda one: (-abs(one["difference"]), one["order"]))
    buyers = _by_buyer(found["lines"])
    parties = [run.supplier_id, *(one["buyer"] for one in buyers)]
    names = names_of(actor, parties, [run.product_id])
    spreads = runs.spread(run), runs.spread(other)
    context = {
        "runs": list(zip(found["runs"], (run, other), spreads, strict=True)),
        "run": run,
        "other": other,
        "others": others(actor, run),
        "buyers": buyers,
        "names": names,
        "changed": changed[:MOST_CHANGES],
        "more": len(changed) - MOST_CHANGES,
        "gains": len(found["gains"]),
        "loses": len(found["loses"]),
        "same": len(found["lines"]) - len(changed),
        "accounts": found["accounts"],
        "hidden": HIDDEN,
        "priced": any(
            side and side["shadow_price"] is not None
            for one in found["accounts"]
            for side in (one["a"], one["b"])
        ),
        "chart_change": _change_chart(buyers, names),
        "chart_spread": _spread_chart(
            [(one.pk, spread["tenths"]) for one, spread in zip((run, other), spreads, strict=True)]
        ),
    }
    return render(request, "web/runs_beside.html", context)


def _by_buyer(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each buyer got in both, and how many of its orders gain and lose."""
    found: dict[str, dict[str, Any]] = {}
    for one in lines:
        buyer = (one["a"] or one["b"])["buyer"]
        row = found.setdefault(
            buyer, {"buyer": buyer, "a": 0, "b": 0, "difference": 0, "gain": 0, "lose": 0}
        )
        for side in ("a", "b"):
            row[side] += one[side]["awarded"] if one[side] else 0
        row["difference"] += one["difference"]
        row["gain"] += one["difference"] > 0
        row["lose"] += one["difference"] < 0
    return sorted(found.values(), key=lambda one: (-abs(one["difference"]), one["buyer"]))


# -- charts: each shows what a table beside it tells in figures ------------------------------------


def _named(buyer: str, names: dict[str, str]) -> str:
    return names.get(f"party/{buyer}", buyer)


def _buyers_chart(buyers: list[dict[str, Any]], names: dict[str, str]) -> dict[str, Any]:
    shown = [one for one in buyers if one["asked"]][:MOST_BARS]
    return {
        "kind": "bars",
        "categories": [_named(one["buyer"], names) for one in shown],
        "series": [
            {"name": _("Asked"), "tone": "quiet", "values": [one["asked"] for one in shown]},
            {"name": _("Awarded"), "tone": "main", "values": [one["awarded"] for one in shown]},
        ],
    }


def _change_chart(buyers: list[dict[str, Any]], names: dict[str, str]) -> dict[str, Any]:
    shown = [one for one in buyers if one["difference"]][:MOST_BARS]
    return {
        "kind": "bars",
        "signed": True,
        "categories": [_named(one["buyer"], names) for one in shown],
        "series": [
            {"name": _("Difference"), "tone": "main",
             "values": [one["difference"] for one in shown]},
        ],
    }  # fmt: skip


def _spread_chart(series: list[tuple[str, list[int]]]) -> dict[str, Any]:
    tones = ("main", "other")
    return {
        "kind": "columns",
        "categories": [*(f"{x * 10} - {x * 10 + 10} %" for x in range(runs.TENTHS)), _("all")],
        "series": [
            {"name": name, "tone": tone, "values": values}
            for (name, values), tone in zip(series, tones, strict=False)
        ],
    }
