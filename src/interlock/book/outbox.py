"""The outbox: events, written with the change they tell of, go to whoever may know of them.

First each event is handed on to the webhooks of parties that may read its thing; then deliveries
are sent, for one webhook in the order of events, until the receiver takes them. A failed one holds
up those behind it, so order stays; after the last try it is dead and the next one goes. What was
sent and not yet noted when a process dies is sent again: at least once, with the same id.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import transaction

from interlock.book.models import Delivery, Event, Webhook
from interlock.book.rights import grants_of
from interlock.book.sending import Message, Outcome, send

if TYPE_CHECKING:
    from datetime import datetime

log = structlog.get_logger("interlock.outbox")
BATCH = 500
A_TURN = 20
"""Deliveries for one webhook before its results are noted; as many may be sent twice."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=12)
MOST_TRIES = 15
"""About two and a half days."""
SENDERS = 8
GONE = 410

Send = Callable[..., Outcome]


def may_be_told(hook: Webhook, event: Event) -> bool:
    """Whether a webhook's party may read the event's thing: its own, or at its own gate."""
    kind = event.name.partition(".")[0]  # a load of orders is about no single thing
    relations = {relation for _, relation in grants_of(f"{kind}.read")}
    if hook.party.gate:
        return hook.party.gate in event.gates and not relations.isdisjoint({"gate", "any"})
    own = {"own", *(x for x in relations if x.startswith("own"))}
    return hook.party_id in event.parties and not relations.isdisjoint(own)


def wants(hook: Webhook, name: str) -> bool:
    """Whether a webhook asked for events of a name; no names = all, `order.*` = all of a kind."""
    kind = name.partition(".")[0]
    return not hook.names or name in hook.names or f"{kind}.*" in hook.names


def hand_on(now: datetime) -> int:
    """Make deliveries of the events that were not handed on; how many events that were."""
    count = 0
    while True:
        with transaction.atomic():
            found = list(
                Event.objects.select_for_update(skip_locked=True)
                .filter(handed_on=False)
                .order_by("pk")[:BATCH]
            )
            if not found:
                return count
            hooks = list(
                Webhook.objects.filter(state__in=("active", "paused")).select_related("party")
            )
            Delivery.objects.bulk_create(
                (
                    Delivery(webhook=hook, event=event, next_at=now)
                    for event in found
                    for hook in hooks
                    if event.at >= hook.made_at
                    and wants(hook, event.name)
                    and may_be_told(hook, event)
                ),
                ignore_conflicts=True,
            )
            Event.objects.filter(pk__in=[x.pk for x in found]).update(handed_on=True)
        count += len(found)


def is_waiting(now: datetime) -> bool:
    """Whether there is anything to hand on or to send."""
    return (
        Event.objects.filter(handed_on=False).exists()
        or Delivery.objects.filter(
            state="waiting", next_at__lte=now, webhook__state="active"
        ).exists()
    )


def message_of(event: Event) -> Message:
    """An event as it goes out: which thing changed, and no more of it (R11)."""
    body = {
        "type": event.name,
        "timestamp": event.at.isoformat(),
        "data": {
            "event": event.pk,
            "kind": event.thing_kind,
            "id": event.thing,
            "version": event.thing_version,
        },
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Message(f"evt_{event.pk}", event.at, text)


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time, half of it by chance."""
    longest: timedelta = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
    return longest * (0.5 + secrets.randbelow(1001) / 2000)


def deliver(now: datetime, send: Send = send) -> int:
    """Send what is due, each webhook's in order; how many the receivers took.

    Args:
        now: the clock.
        send: sends one message; tests may pass another.
    """
    due = [
        (hook, found)
        for hook in Webhook.objects.filter(state="active").order_by("pk")
        if (found := _due(hook, now))
    ]
    if not due:
        return 0
    turn = partial(_turn, now=now, send=send, local=settings.WEBHOOKS_LOCAL)
    taken = 0
    with ThreadPoolExecutor(SENDERS, "webhook") as pool:  # threads send; only this one writes
        for (hook, found), outcomes in zip(due, pool.map(turn, due), strict=True):
            for delivery, outcome in zip(found, outcomes, strict=False):
                _note(hook, delivery, outcome, now)
                taken += outcome.ok
    return taken


def _due(hook: Webhook, now: datetime) -> list[Delivery]:
    """The oldest deliveries that wait; none if the first of them must wait longer."""
    found = list(
        Delivery.objects.filter(webhook=hook, state="waiting")
        .select_related("event")
        .order_by("event_id")[:A_TURN]
    )
    return found if found and (found[0].next_at is None or found[0].next_at <= now) else []


def _turn(
    due: tuple[Webhook, list[Delivery]], *, now: datetime, send: Send, local: bool
) -> list[Outcome]:
    """Send for one webhook until the first that is not taken."""
    hook, found = due
    outcomes = []
    for delivery in found:
        outcome = send(hook.url, message_of(delivery.event), hook.secret, now=now, local=local)
        outcomes.append(outcome)
        if not outcome.ok:
            break
    return outcomes


def _note(hook: Webhook, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    tries = delivery.attempts + 1
    changes: dict[str, Any] = {
        "attempts": tries,
        "last_status": outcome.status,
        "last_error": outcome.wrong,
    }
    if outcome.ok:
        changes |= {"state": "taken", "delivered_at": now, "next_at": None}
    elif tries >= MOST_TRIES or outcome.status == GONE:
        changes |= {"state": "dead", "next_at": None}
    else:
        changes |= {"next_at": now + pause_after(tries)}
    # A replay or an end that came meanwhile stands.
    Delivery.objects.filter(pk=delivery.pk, state="waiting", attempts=delivery.attempts).update(
        **changes
    )
    if not outcome.ok:
        log.warning(
            "webhook not taken", webhook=hook.pk, number=delivery.event_id, tries=tries,
            wrong=outcome.wrong, dead=changes.get("state") == "dead",
        )  # fmt: skip
