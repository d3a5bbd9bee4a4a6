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
    application = find(actor, Application, pk)
    queued = application.state in IN_QUEUE
    why_not = "" if queued else f"it is {application.state}: it is in no queue"
    if queued and application.received_on is None:
        queued, why_not = False, "the day of its receipt is not known: it has no place by age"
    position = _position(application) if queued else None
    days = application.clock_days
    if application.clock_from is not None:
        days += working_days(application.clock_from, today, application.gate)
    return {
        "application": application.pk,
        "state": application.state,
        "position": position,
        "reason": why_not,
        "clock_days": days,
        "clock_runs": application.clock_from is not None,
        "deadline": application.deadline,
        "wait": _wait(application, today) if queued else None,
    }


def _position(application: Application) -> int:
    received = application.received_on
    before = Q(received_on__lt=received) | Q(received_on=received, pk__lt=application.pk)
    ahead = Application.objects.filter(before, gate=application.gate, state__in=IN_QUEUE)
    return ahead.count() + 1


def _wait(application: Application, today: dt.date) -> dict[str, Any]:
    """The days that it may still take, or none with the reason."""
    waited = max(0, (today - (application.received_on or today)).days)
    past = Application.objects.filter(
        gate=application.gate,
        state__in=("approved", "refused", "appealed"),
        received_on__isnull=False,
        decided_on__isnull=False,
        decided_on__lte=today,
    )
    rows = past.order_by("-decided_on", "pk").values_list("received_on", "decided_on")[:PAST]
    took = sorted((end - start).days for start, end in rows if start and end)
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
