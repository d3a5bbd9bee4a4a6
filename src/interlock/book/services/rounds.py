"""Rounds: applications let in, placed by the law of the day, and decided together."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.application_cases import case_of
from interlock.book.errors import InputError, input_error
from interlock.book.guards import guard
from interlock.book.models import Application, Round
from interlock.book.models.base import Thing
from interlock.book.round_law import OFFICERS_SCORE, law_of, rules_at, undisclosed
from interlock.book.services.accounts import credit
from interlock.book.services.application_desk import said_by_law
from interlock.book.services.desk_clock import stop
from interlock.book.services.inputs import Id, Name, NewId, Text
from interlock.book.services.registry import service
from interlock.files import BadInputError, nearest
from interlock.files.phrases import Phrase, phrase, phrases
from interlock.law.deciding.rounds import Placed, place_round

Expressions = Annotated[
    dict[str, Annotated[str, Field(min_length=1, max_length=2000)]],
    Field(description="Name -> expression of the law's language; for officers of the gate alone."),
]


@service("round.open")
def round_open_(
    act: Act,
    *,
    id: NewId = "",
    gate: Literal["export", "import"],
    title: Name,
    rule: Annotated[str, Field(max_length=120, description="<regime>/<round> of the law.")],
    closes_on: dt.date | None = None,
    criteria: Expressions = {},
    rules: Expressions = {},
) -> Round:
    """Open a round by a rule of the law; criteria that it does not disclose may be filled here."""
    known = rules_at(gate, act.today, act.now.date())
    if rule not in known:
        raise input_error(
            "rule",
            "no round '{rule}' is in force here; {mend}",
            rule=rule,
            mend=nearest(rule, known),
        )
    if closes_on is not None and closes_on < act.today:
        raise input_error("closes_on", "{day} is over; give a later day", day=closes_on)
    secret = undisclosed(known[rule])
    if not criteria and len(secret) == 1:
        criteria = {secret[0]: OFFICERS_SCORE}
    private = {"criteria": criteria, "rules": rules}
    try:
        law_of(rule, private, act.today, act.now.date())
    except BadInputError as error:
        raise InputError(
            {"rules" if "rule" in x.wrong else "criteria": x.says for x in error.faults}
        ) from error
    made = Round(id=id, gate=gate, title=title, rule=rule, closes_on=closes_on, private=private)
    return act.make(made, "open")


@service("round.close")
def round_close(act: Act, thing: Round) -> Round:
    """Let no more applications in."""
    return act.move(thing, "close")


@service("round.reopen")
def round_reopen(act: Act, thing: Round) -> Round:
    """Let applications in again."""
    return act.move(thing, "reopen")


@service("round.propose")
def round_propose(act: Act, thing: Round) -> Round:
    """Score and place the applications by the law of the day; the outcome is stored whole."""
    outcome = _outcome(act, thing, _inside(thing))
    return act.move(thing, "propose", {"outcome": outcome, "proposed_by": act.actor.name})


@service("round.withdraw")
def round_withdraw(act: Act, thing: Round) -> Round:
    """Take the proposal back; it stays in the audit log."""
    return act.move(thing, "withdraw", {"outcome": {}, "proposed_by": ""})


@service("round.decide")
def round_decide(
    act: Act,
    thing: Round,
    *,
    refuse: Annotated[
        list[Id], Field(max_length=10_000, description="Applications not placed to refuse now.")
    ] = [],
    refusal: Annotated[Text, Field(description="Why they are refused; required with them.")] = "",
) -> Round:
    """Decide a round as proposed.

    Those placed are approved, each for the quantity placed; those named are refused; the others
    wait again, outside of the round.
    """
    places = {one["application"]: one for one in thing.outcome.get("placed", [])}
    _check_refused(places, refuse, refusal)
    applications = _inside(thing)
    decided = act.move(thing, "decide", {"decided_on": act.today})
    for application in applications:
        place = {"round": thing.pk} | places[application.pk]
        changes = stop(act, application) | {"place": place, "decided_on": act.today}
        if place["outcome"] == "placed":
            changes["reason"] = act.reason
            act.move(application, "approve", changes, note=said_by_law(act, application))
        elif application.pk in refuse:
            changes["reason"] = refusal
            act.move(application, "refuse", changes, note=said_by_law(act, application))
        else:
            act.move(application, "leave", {"place": place, "round": None})
    units = sum(one["quantity"] for one in places.values())
    facts: dict[str, Any] = {"licence": {thing.gate: {"round": thing.pk}}}
    credit(act, "round.decided", facts, cause=f"round/{thing.pk}", quantity=units)
    return decided


@service("round.cancel")
def round_cancel(act: Act, thing: Round) -> Round:
    """Cancel a round; its applications wait again."""
    cancelled = act.move(thing, "cancel")
    for application in _inside(thing):
        act.move(application, "leave", {"round": None}, note={"round": thing.pk})
    return cancelled


def _inside(thing: Round) -> list[Application]:
    """The applications in a round, held until the act ends."""
    found = Application.objects.filter(round=thing, state="in_round").order_by("pk")
    inside = list(found.select_for_update(of=("self",)).prefetch_related("products", "consignees"))
    for one in inside:
        one.round = thing  # no question for each
    return inside


def _outcome(act: Act, thing: Round, applications: list[Application]) -> dict[str, Any]:
    known = act.now.date()
    law = law_of(thing.rule, thing.private, act.today, known)
    if thing.rule not in rules_at(thing.gate, act.today, known):
        raise input_error(
            "rule",
            "'{rule}' is not in force on {today}; cancel the round",
            rule=thing.rule,
            today=act.today,
        )
    cases = [case_of(one, act.today, known) for one in applications]
    placed = place_round(law, thing.rule, cases) if cases else ()
    return {
        "at": act.today.isoformat(),
        "known": known.isoformat(),
        "rule": thing.rule,
        "regimes": {one.id: one.digest for one in law.regimes},
        "placed": [
            _plain(one, application) for one, application in zip(placed, applications, strict=True)
        ],
    }


def _plain(placed: Placed, application: Application) -> dict[str, Any]:
    """One place in a form that is kept; points are exact, as text."""
    return {
        "application": application.pk,
        "version": application.version,
        "outcome": placed.outcome,
        "score": None if placed.score is None else str(placed.score),
        "points": {k: None if v is None else str(v) for k, v in placed.points.items()},
        "rank": placed.rank,
        "quantity": placed.quantity,
    }


def _check_refused(places: dict[str, Any], refuse: list[str], refusal: str) -> None:
    faults = {}
    for number, pk in enumerate(refuse):
        outcome = places.get(pk, {}).get("outcome")
        if outcome is None:
            faults[f"refuse.{number}"] = phrase(
                "'{application}' is not in this round", application=pk
            )
        elif outcome == "placed":
            faults[f"refuse.{number}"] = phrase(
                "'{application}' is placed; withdraw the proposal to change that", application=pk
            )
    if refuse and not refusal:
        faults["refusal"] = phrase("say why they are refused")
    if faults:
        raise InputError(faults)


@guard
def has_applications(_act: Act, thing: Thing) -> Phrase | None:
    """There is something to place."""
    inside = Application.objects.filter(round_id=thing.pk, state="in_round").exists()
    return None if inside else phrase("no application is in it")


@guard
def decided_with_its_round(_act: Act, thing: Thing) -> Phrase | None:
    """What is in a round is decided by its decision, which takes a second person."""
    if thing.state != "in_round":
        return None
    found: Round = thing.round  # type: ignore[attr-defined]
    if found.state == "decided":  # this very act decides it
        return None
    return phrase(
        "it is in round {round}; decide the round, or take it out of it first", round=found.pk
    )


@guard
def proposal_stands(act: Act, thing: Thing) -> Phrase | None:
    """Neither the applications nor the law changed since the proposal."""
    outcome: dict[str, Any] = thing.outcome  # type: ignore[attr-defined]
    inside = Application.objects.filter(round_id=thing.pk, state="in_round")
    now = dict(inside.values_list("pk", "version"))
    seen = {one["application"]: one["version"] for one in outcome.get("placed", [])}
    changed = sorted({*now, *seen} - {pk for pk in now if seen.get(pk) == now[pk]})
    if changed:
        return phrase(
            "{applications} changed since it was proposed; withdraw it and propose anew",
            applications=phrases(changed),
        )
    rule, private = thing.rule, thing.private  # type: ignore[attr-defined]
    law = law_of(rule, private, act.today, act.now.date())
    digests = {one.id: one.digest for one in law.regimes}
    if digests != outcome["regimes"]:
        return phrase("the law changed since it was proposed; withdraw it and propose anew")
    return None
