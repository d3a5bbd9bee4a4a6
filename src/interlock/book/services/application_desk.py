"""Applications as the authority works on them: ask, refer, score, approve, refuse, send back."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.application_cases import case_of
from interlock.book.errors import input_error
from interlock.book.models import Application, Party, Round
from interlock.book.naming import check_there
from interlock.book.selectors.decisions import decide_case, failing
from interlock.book.services.applications import Facts, check_facts
from interlock.book.services.desk_clock import go, stop
from interlock.book.services.inputs import Id
from interlock.book.services.registry import service
from interlock.book.workdays import after_working_days


@service("application.take")
def application_take(
    act: Act,
    thing: Application,
    *,
    allowed_days: Annotated[
        int | None,
        Field(ge=1, le=1000, description="Working days in which it should be decided."),
    ] = None,
) -> Application:
    """An officer takes an application on, and may set the days for it."""
    due = None
    if allowed_days is not None:
        start = thing.clock_from or act.today
        due = after_working_days(start, allowed_days - thing.clock_days, thing.gate)
    changes = {"officer": act.actor.name, "allowed_days": allowed_days, "deadline": due}
    return act.move(thing, "take", changes)


@service("application.ask")
def application_ask(act: Act, thing: Application) -> Application:
    """Ask the applicant; the clock stands until the answer. The reason is the question."""
    changes = stop(act, thing) | {
        "waiting_since": act.today,
        "question": act.reason,
        "answer": "",
    }
    return act.move(thing, "ask", changes)


@service("application.refer")
def application_refer(
    act: Act,
    thing: Application,
    *,
    to: Annotated[Id, Field(description="The authority that is asked.")],
) -> Application:
    """Ask another authority, whose officers may then read it and report; the reason is what."""
    check_there(act.actor, Party, to=to)
    party = Party.objects.get(pk=to)
    if not party.authority:
        raise input_error("to", "{party} is no authority; name one", party=to)
    if party.gate == thing.gate:
        raise input_error("to", "{party} guards this gate itself; name another authority", party=to)
    asked = {"party": to, "asked_on": act.today.isoformat(), "question": act.reason}
    changes = {"referred_to": party, "referrals": [*thing.referrals, asked]}
    return act.move(thing, "refer", changes)


@service("application.report")
def application_report(
    act: Act,
    thing: Application,
    *,
    answer: Annotated[str, Field(min_length=1, max_length=2000, description="In words.")],
) -> Application:
    """The authority that was asked answers."""
    return act.move(thing, "report", {"referrals": _answered(act, thing, answer=answer)})


@service("application.recall")
def application_recall(act: Act, thing: Application) -> Application:
    """Go on without the other authority's answer; the question and the reason stay on record."""
    return act.move(thing, "recall", {"referrals": _answered(act, thing, recalled=act.reason)})


def _answered(act: Act, thing: Application, **what: str) -> list[dict[str, str]]:
    *before, last = thing.referrals or [{}]  # one never referred is refused by its state
    return [*before, last | {"closed_on": act.today.isoformat(), "by": act.actor.name} | what]


@service("application.enter")
def application_enter(act: Act, thing: Application, *, round: Id) -> Application:
    """Put an application into an open round of the same gate."""
    thing.round = act.find(Round, round)
    return act.move(thing, "enter", {"officer": thing.officer or act.actor.name})


@service("application.leave")
def application_leave(act: Act, thing: Application) -> Application:
    """Take an application out of its round."""
    return act.move(thing, "leave", {"round": None}, note={"round": thing.round_id})


@service("application.score")
def application_score(
    act: Act,
    thing: Application,
    *,
    facts: Annotated[Facts, Field(description="All of the officer's facts from now on.")],
) -> Application:
    """Put an officer's facts for the criteria on file, e.g. {application: {score: 60}}.

    They count before what the firm declared. The firm sees neither them nor that they are there.
    """
    products = [x.pk for x in thing.products.order_by("pk")]
    consignees = [x.pk for x in thing.consignees.order_by("pk")]
    check_facts(act, thing, products, consignees, officer=facts)
    return act.move(thing, "score", {"officer_facts": facts})


@service("application.approve")
def application_approve(act: Act, thing: Application) -> Application:
    """Approve an application; what the law of the day says of it is kept with the approval."""
    return act.move(thing, "approve", _decided(act, thing), note=said_by_law(act, thing))


@service("application.refuse")
def application_refuse(act: Act, thing: Application) -> Application:
    """Refuse an application, with reasons."""
    return act.move(thing, "refuse", _decided(act, thing), note=said_by_law(act, thing))


@service("application.return")
def application_return(act: Act, thing: Application) -> Application:
    """Send an application back without action, with the reason."""
    return act.move(thing, "return", _decided(act, thing))


@service("application.reopen")
def application_reopen(act: Act, thing: Application) -> Application:
    """Look at an application again after an appeal; the clock goes on."""
    changes = go(act, thing) | {"decided_on": None, "round": None}
    return act.move(thing, "reopen", changes)


def _decided(act: Act, thing: Application) -> dict[str, Any]:
    return stop(act, thing) | {"decided_on": act.today, "reason": act.reason}


def said_by_law(act: Act, thing: Application) -> dict[str, Any]:
    """What the law of the day says of an application at its own gate, for the audit log."""
    known = act.now.date()
    decision = decide_case(
        case_of(thing, act.today, known), "application", at=act.today, known=known
    )
    return {"law": failing(decision, thing.gate)}
