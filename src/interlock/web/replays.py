"""The history under proposed law: a replay is tried, asked for, followed, and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.api.replays import sent
from interlock.book import law, replays
from interlock.book.errors import DeniedError, InputError
from interlock.book.rights import require_some
from interlock.book.selectors import law_shown
from interlock.book.selectors.law_proposed import Proposal, read_proposal
from interlock.book.selectors.law_replay import hidden_from
from interlock.law.library import Library
from interlock.web.days import day_in
from interlock.web.doors import page
from interlock.web.names import names_of, people_of
from interlock.web.phrasing import translated
from interlock.web.progress import replay_rows
from interlock.web.regimes import status_of
from interlock.web.rule_names import rules_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from interlock.book.rights import Actor

A_PAGE = 50
NEWEST = 50
LONGEST = 400_000
MOST_ROWS = 50
DAYS = ("on", "since", "until")
FORMS = ("csv", "parquet")


def _require(actor: Actor) -> None:
    require_some(actor, "law.replay", "the book's history")


@require_GET
@page
def replays_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The replays of the reader's office, the newest first, kept up to date by the stream."""
    _require(actor)
    cursor = request.GET.get("cursor", "")[:80]
    rows, following = replay_rows(actor, NEWEST, cursor)
    context = {
        "rows": rows,
        "names": people_of(actor, {one["by"] for one in rows}),
        "next": f"?cursor={following}" if following else "",
    }
    return render(request, "web/replays.html", context)


@page
def new_replay(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form of a replay: its law is tried (`do=check`) or the replay asked for (`do=start`)."""
    _require(actor)
    asked = request.POST if request.method == "POST" else request.GET
    errors: dict[str, str] = {}
    given = {name: asked.get(name, "").strip()[:40] for name in DAYS}
    days = {name: day_in(asked, name, errors) for name in DAYS}
    regime = asked.get("regime", "")[:80]
    text = asked.get("text", "").replace("\r\n", "\n")
    if request.method == "GET" and regime:
        text = own_text(actor, regime)
    offered = law_shown.proposed(actor, at=timezone.now().date())
    assumed = frozenset(one for one in asked.getlist("assume")[:50] if one)
    context: dict[str, Any] = {
        "regime": regime, "text": text, "given": given, "errors": errors, "faults": [],
        "offered": offered, "assumed": assumed, "accounts": bool(asked.get("accounts")),
        "good": False,
    }  # fmt: skip
    if request.method == "POST":
        proposal = Proposal(
            (text,) if text.strip() else (), assumed, days["on"], (days["since"], days["until"]),
            accounts=context["accounts"],
        )  # fmt: skip
        made = _asked(actor, proposal, context, start=asked.get("do") == "start")
        if made:
            return redirect("replay", made)
    return render(
        request, "web/replay_new.html", context, status=status_of(errors or context["faults"])
    )


def own_text(actor: Actor, regime: str) -> str:
    """The file of a regime to begin from; empty: not all of it is for the actor, or there is none.

    An officer of another gate could not try it in any case.
    """
    for one in law.library().checked:
        if one.regime.id == regime:
            own = "auditor" in actor.roles or one.regime.gate == actor.gate
            if own and not hidden_from(actor, Library((one,), {})):
                return Path(one.regime.place.file).read_text(encoding="utf-8")
    return ""


def _asked(actor: Actor, proposal: Proposal, context: dict[str, Any], *, start: bool) -> str:
    """Try a proposal, or ask for its replay; the replay's name, or empty: the form comes again."""
    errors = context["errors"]
    if any(len(one) > LONGEST for one in proposal.texts):
        errors["text"] = _("The text is too long.")
    if errors:
        return ""
    try:
        if start:
            return replays.ask(actor, proposal, now=timezone.now()).name
        read_proposal(actor, proposal)
    except DeniedError:
        errors["text"] = _("You may try law of your own gate alone.")
    except InputError as error:
        _note(error, context)
    context["good"] = not errors and not context["faults"]
    return ""


def _note(error: InputError, context: dict[str, Any]) -> None:
    """Faults of the text by line and column; any other beside its field."""
    for field, says in error.faults.items():
        parts = field.split(".")
        if len(parts) == 4:
            wrong, mend = says.parts
            context["faults"].append(
                {"line": int(parts[2]), "column": int(parts[3]), "wrong": wrong, "mend": mend}
            )
        else:
            beside = field if field in ("assume", *DAYS) else "text"
            context["errors"][beside] = translated(says)


@require_GET
@page
def replay_page(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """How far one replay is; then which decisions change, which way, for whom, by what."""
    row = replays.find(actor, name)
    rows, _next = replay_rows(actor, 1, only=name)
    told = json.loads(row.result) if row.result else None
    first = _number(request.GET.get("cursor", ""))
    items = replays.changes(row, first, A_PAGE) if told else []
    parties = {one["buyer"] for one in items}
    parties |= {one["buyer"] for one in told["buyers"][:MOST_ROWS]} if told else set()
    following = first + len(items)
    names = names_of(actor, parties) | people_of(actor, [row.by])
    turned = [x["rule"] for one in items for x in one["rules"]]
    turned += [one["rule"] for one in told["rules"][:MOST_ROWS]] if told else []
    context = {
        "row": row, "rows": rows, "past": told, "items": [_gates(one) for one in items],
        "names": names, "asked_by": names.get(f"person/{row.by}", row.by),
        "rules": rules_of(actor, turned, timezone.now().date()),
        "first": first + 1, "last": following,
        "next": f"?cursor={following}#h-changes" if items and following < row.changed else "",
        "most": MOST_ROWS,
    }  # fmt: skip
    return render(request, "web/replay.html", context)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else 0


def _gates(one: dict[str, Any]) -> dict[str, Any]:
    """A changed decision with the gates that change, each with its verdict by both laws."""
    names = [x.removesuffix(".before") for x in one if x.startswith("gate.") and "before" in x]
    both = ((x, one[f"{x}.before"], one[f"{x}.after"]) for x in names)
    turned = [
        {"gate": x.removeprefix("gate."), "before": was, "after": becomes}
        for x, was, becomes in both
        if was != becomes
    ]
    return one | {"gates": turned}


@require_GET
@page
def replay_file(request: HttpRequest, actor: Actor, name: str) -> HttpResponseBase:
    """All decisions that change, to take away."""
    form = request.GET.get("form", "")
    row = replays.find(actor, name)
    if form not in FORMS:
        raise Http404
    return sent(row, form)
