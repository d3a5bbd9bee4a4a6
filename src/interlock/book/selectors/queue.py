"""Where an application stands in the queue of its gate, and how long that may still take.

The wait is read from this book alone: how long past applications at the same gate took from the day
they were received to the day they were decided. Of those that took longer than this one has waited
already, sorted, the interval runs from the j-th to the k-th shortest with j = floor((n + 1) / 10)
and k = n + 1 - j: if this application is like them, its wait falls within with probability
(k - j) / (n + 1), whatever the distribution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from interlock.book.models import Application
from interlock.book.rights import find
from interlock.book.workdays import working_days

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from interlock.book.rights import Actor

IN_QUEUE = ("submitted", "in_review", "waiting", "referred", "in_round")
LEAST_HISTORY = 9
"""Fewer past decisions give no interval in which an application falls in eight of ten cases."""
PAST = 2000
METHOD = (
    "interval between order statistics of the days that past applications at this gate took from "
    "receipt to decision, of those that took longer than this one has waited"
)


def queue_position(actor: Actor, pk: str, today: dt.date) -> dict[str, Any]:
    """The place of an application among those at its gate, oldest first, and its wait.

    Nothing else of the queue is told: not how long it is, nor who is in it.

    Raises:
        NotFoundError: there is none for this actor.
    """
    return positions([find(actor, Application, pk)], today)[pk]


def positions(applications: Iterable[Application], today: dt.date) -> dict[str, dict[str, Any]]:
    """The same for several that the actor may read, by id; each gate is asked once."""
    found = list(applications)
    took = {gate: _took(gate, today) for gate in {x.gate for x in found if x.state in IN_QUEUE}}
    places = _places(found)
    return {one.pk: _stands(one, today, places.get(one.pk), took) for one in found}


def _stands(
    application: Application, today: dt.date, place: int | None, took: dict[str, list[int]]
) -> dict[str, Any]:
    queued = application.state in IN_QUEUE
    why_not = "" if queued else f"it is {application.state}: it is in no queue"
    if queued and application.received_on is None:
        queued, why_not = False, "the day of its receipt is not known: it has no place by age"
    days = application.clock_days
    if application.clock_from is not None:
        days += working_days(application.clock_from, today, application.gate)
    return {
        "application": application.pk,
        "state": application.state,
        "position": place if queued else None,
        "reason": why_not,
        "clock_days": days,
        "clock_runs": application.clock_from is not None,
        "deadline": application.deadline,
        "wait": _wait(application, today, took[application.gate]) if queued else None,
    }


def _places(applications: list[Application]) -> dict[str, int]:
    """The place of each among those at its gate, oldest first; of one alone it is counted there."""
    queued = [x for x in applications if x.state in IN_QUEUE and x.received_on is not None]
    waiting = Application.objects.filter(state__in=IN_QUEUE, received_on__isnull=False)
    if len(queued) == 1:
        one = queued[0]
        before = Q(received_on__lt=one.received_on) | Q(received_on=one.received_on, pk__lt=one.pk)
        return {one.pk: waiting.filter(before, gate=one.gate).count() + 1}
    found: dict[str, int] = {}
    for gate in sorted({one.gate for one in queued}):
        rows = waiting.filter(gate=gate).order_by("received_on", "pk").values_list("pk", flat=True)
        places = {pk: number for number, pk in enumerate(rows, start=1)}
        found |= {one.pk: places[one.pk] for one in queued if one.gate == gate}
    return found


def _took(gate: str, today: dt.date) -> list[int]:
    """The days from receipt to decision of the newest past applications at a gate, sorted."""
    past = Application.objects.filter(
        gate=gate,
        state__in=("approved", "refused", "appealed"),
        received_on__isnull=False,
        decided_on__isnull=False,
        decided_on__lte=today,
    )
    rows = past.order_by("-decided_on", "pk").values_list("received_on", "decided_on")[:PAST]
    return sorted((end - start).days for start, end in rows if start and end)


def _wait(application: Application, today: dt.date, took: list[int]) -> dict[str, Any]:
    """The days that it may still take, or none with the reason."""
    waited = max(0, (today - (application.received_on or today)).days)
    longer = [days - waited for days in took if days > waited]
    found: dict[str, Any] = {
        "days": None,
        "median_days": None,
        "chance": None,
        "method": METHOD,
        "reason": "",
    }
    number = len(longer)
    if number < LEAST_HISTORY:
        more = "so few past decisions" if len(took) < LEAST_HISTORY else "so few that took longer"
        found["reason"] = f"{more} ({number} of at least {LEAST_HISTORY}) give no estimate"
        return found
    low = (number + 1) // 10
    high = number + 1 - low
    middle = (longer[(number - 1) // 2] + longer[number // 2]) / 2
    chance = round((high - low) / (number + 1), 3)
    return found | {
        "days": [longer[low - 1], longer[high - 1]],
        "median_days": middle,
        "chance": chance,
    }
