"""Webhooks: addresses that a party wants told of changes to what it may read."""

from __future__ import annotations

import base64
import secrets
from typing import Annotated, Any

from django.conf import settings
from pydantic import Field, StringConstraints

from interlock.book.acting import Act
from interlock.book.errors import InputError, input_error
from interlock.book.lifecycles import lifecycles
from interlock.book.models import Delivery, Event, Party, Webhook
from interlock.book.outbox import may_be_told, wants
from interlock.book.sending import AddressError, check_url
from interlock.book.services.inputs import NewId, given
from interlock.book.services.registry import service
from interlock.files.phrases import Phrase, phrase

MOST_REPLAYED = 10_000
Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500),
    Field(description="An https address outside; it gets a signed POST for each event."),
]
Names = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=80)]],
    Field(max_length=100, description="Events, e.g. order.confirm or order.*; none = all."),
]


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _check(url: str | None, names: list[str] | None) -> None:
    faults: dict[str, Phrase] = {}
    if url is not None:
        try:
            check_url(url, local=settings.WEBHOOKS_LOCAL)
        except AddressError as error:
            faults["url"] = error.says
    known = {f"{life.kind}.*" for life in lifecycles().values()}
    known |= {move.right for life in lifecycles().values() for move in life.moves.values()}
    for number, name in enumerate(names or []):
        if name not in known:
            kind = name.partition(".")[0]
            mend = (
                phrase("{kind}.* or a move of {kind}", kind=kind)
                if kind in lifecycles()
                else phrase("e.g. order.*")
            )
            faults[f"names.{number}"] = phrase(
                "there is no event '{name}'; give {mend}", name=name, mend=mend
            )
    if faults:
        raise InputError(faults)


@service("webhook.register")
def webhook_register(act: Act, *, id: NewId = "", url: Url, names: Names = []) -> Webhook:
    """Register an address; the answer holds the signing secret, this once."""
    party = Party.objects.filter(pk=act.actor.party).first()
    if party is None:
        raise input_error("", "a webhook belongs to a party; act for one")
    _check(url, names)
    hook = Webhook(id=id, party=party, url=url, names=sorted(set(names)), secret=_secret())
    made = act.make(hook, "register")
    made.shown_once = {"secret": made.secret}
    return made


@service("webhook.change")
def webhook_change(
    act: Act,
    thing: Webhook,
    *,
    url: Url | None = None,
    names: Names | None = None,
    new_secret: Annotated[
        bool, Field(description="Make a new signing secret; the answer holds it, this once.")
    ] = False,
) -> Webhook:
    """Change the address or the events; or make a new secret."""
    _check(url, names)
    changes: dict[str, Any] = given(url=url, names=None if names is None else sorted(set(names)))
    if new_secret:
        changes["secret"] = _secret()
    changed = act.move(thing, "change", changes, note={"new_secret": True} if new_secret else None)
    if new_secret:
        changed.shown_once = {"secret": changed.secret}
    return changed


@service("webhook.pause")
def webhook_pause(act: Act, thing: Webhook) -> Webhook:
    """Hold deliveries back; they wait."""
    return act.move(thing, "pause")


@service("webhook.resume")
def webhook_resume(act: Act, thing: Webhook) -> Webhook:
    """Deliver again, what waited first."""
    return act.move(thing, "resume")


@service("webhook.end")
def webhook_end(act: Act, thing: Webhook) -> Webhook:
    """End it; what waits is not sent any more."""
    thing.deliveries.filter(state="waiting").update(state="dead", last_error="the webhook ended")
    return act.move(thing, "end")


@service("webhook.replay")
def webhook_replay(
    act: Act,
    thing: Webhook,
    *,
    from_event: Annotated[int, Field(ge=1, lt=2**63, description="Number of the first event.")],
) -> Webhook:
    """Send all events from one on again, in order, also those from before it was registered."""
    later = Event.objects.filter(pk__gte=from_event, handed_on=True).order_by("pk")
    found = [
        event
        for event in later.iterator(chunk_size=2_000)
        if wants(thing, event.name) and may_be_told(thing, event)
    ]
    if not found:
        says = phrase("no event from {from_event} on is for it; give an earlier one",
                      from_event=from_event)  # fmt: skip
        raise InputError({"from_event": says})
    if len(found) > MOST_REPLAYED:
        says = phrase(
            "{number} events would be sent; give a later one, {most_replayed} at most",
            number=len(found),
            most_replayed=MOST_REPLAYED,
        )
        raise InputError({"from_event": says})
    thing.deliveries.filter(event__gte=from_event).exclude(state="waiting").update(
        state="waiting", attempts=0, next_at=act.now, last_status=None, last_error="",
        delivered_at=None,
    )  # fmt: skip
    Delivery.objects.bulk_create(
        (Delivery(webhook=thing, event=event, next_at=act.now) for event in found),
        ignore_conflicts=True,
    )
    return act.move(thing, "replay", note={"from_event": from_event, "events": len(found)})
