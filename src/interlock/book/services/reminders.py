"""Days that nobody should miss, written down ahead: changes of law that hit, and licences' ends.

A reminder is no thing with a life: writing one twice changes nothing, and nothing rests on it. The
book's jobs call these functions once a day.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

from interlock.book import law
from interlock.book.models import Licence, Order, Party, Reminder
from interlock.book.selectors.alerts import (
    Comparing,
    Hit,
    Turn,
    answers,
    law_changes,
    open_orders,
    told,
)
from interlock.law.deciding.audience import HOLDER, OFFICER

if TYPE_CHECKING:
    from collections.abc import Iterator

HORIZON = dt.timedelta(days=90)
MOST_ORDERS = 500
MOST_WORDS = 500
MOST_KEY = 200


def law_change_reminders(now: dt.datetime, *, horizon: dt.timedelta = HORIZON) -> int:
    """Remind of what is coming within the horizon; gives how many reminders are new.

    - Each change of law: the authority that guards the gate, with what changes.
    - Each open order that the change hits: its buyer and its supplier, as they may see it.
    - Each licence that ends: its holders and the authority.

    Args:
        now: the clock.
        horizon: how far to look ahead.
    """
    new, after = remind_of_law(now, "", horizon=horizon)
    while after:
        more, after = remind_of_law(now, after, horizon=horizon)
        new += more
    return new


def remind_of_law(
    now: dt.datetime, after: str, *, horizon: dt.timedelta = HORIZON
) -> tuple[int, str]:
    """The same for so many open orders; the job goes on page by page.

    Args:
        now: the clock.
        after: the order after which to go on; empty: begin.
        horizon: how far to look ahead.

    Returns:
        How many reminders are new, and where to go on; empty: that was all.
    """
    today = now.date()
    last = today + horizon
    found, further = _of_orders(today, last, now, after)
    if not after:
        authorities = list(Party.objects.filter(authority=True, state="active").exclude(gate=""))
        found += _of_law(today, last, authorities, now)
        found += _of_licences(today, last, authorities, now)
    known = set(
        Reminder.objects.filter(key__in=[one.key for one in found]).values_list("key", flat=True)
    )
    fresh = [one for one in found if one.key not in known]
    Reminder.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh), further


def _of_law(
    today: dt.date, last: dt.date, authorities: list[Party], now: dt.datetime
) -> Iterator[Reminder]:
    for party in authorities:
        viewer = f"{OFFICER}{party.gate}"
        first = today + dt.timedelta(days=1)
        for one in law_changes(first, last, known=today, viewer=viewer):
            if one["gate"] == party.gate:
                item = f"{one['regime']}/{one['item']}"
                key = f"law/{one['day']}/{item}/{one['field']}/{party.pk}"
                yield _reminder(
                    key, party.pk, one["day"], f"{item}: {one['words']}", now, "regime", item
                )


def _of_orders(
    today: dt.date, last: dt.date, now: dt.datetime, after: str
) -> tuple[list[Reminder], str]:
    """An order is told of the first day on which it is hit, and of each that changes it again."""
    days = [day for day in law.law_on(today, today).changes() if day <= last]
    turns = [Comparing(Turn(today, day), now) for day in days]
    if not turns:
        return [], ""
    orders = list(open_orders(Order.objects.filter(pk__gt=after))[: MOST_ORDERS + 1])
    found: list[Reminder] = []
    for order in orders[:MOST_ORDERS]:
        before = None
        for turn in turns:
            hit = turn.hit(order)
            becomes = None if hit is None else answers(hit.then)
            if hit is not None and becomes != before:
                found += _of_hit(hit, turn.turn.on, now)
            before = becomes
    return found, orders[MOST_ORDERS - 1].pk if len(orders) > MOST_ORDERS else ""


def _of_hit(hit: Hit, day: dt.date, now: dt.datetime) -> Iterator[Reminder]:
    view = told(hit, HOLDER)
    rules = [] if view is None else [x for x in view["rules"] if x["because"] == "law"]
    if view is None or not rules:
        return
    words = "; ".join(f"{x['regime']}/{x['rule']} {x['now']} -> {x['then']}" for x in rules)
    says = f"{view['now']['verdict']} becomes {view['then']['verdict']}: {words}"
    for party in (hit.order.buyer_id, hit.order.supplier_id):
        key = f"law/{day}/order/{hit.order.pk}/{party}"
        yield _reminder(key, party, str(day), says, now, "order", hit.order.pk)


def _of_licences(
    today: dt.date, last: dt.date, authorities: list[Party], now: dt.datetime
) -> Iterator[Reminder]:
    ending = Licence.objects.filter(
        state__in=("issued", "suspended"), valid_until__gt=today, valid_until__lte=last
    )
    for licence in ending.prefetch_related("holders").order_by("valid_until", "pk"):
        day = str(licence.valid_until)
        told_to = [holder.party_id for holder in licence.holders.all()]
        told_to += [party.pk for party in authorities if party.gate == licence.gate]
        for party in dict.fromkeys(told_to):
            says = f"licence {licence.pk} may be used for the last time the day before"
            key = f"licence/{licence.pk}/{day}/{party}"
            yield _reminder(key, party, day, says, now, "licence", licence.pk)


def _reminder(
    key: str, party: str, day: str, says: str, now: dt.datetime, kind: str, thing: str
) -> Reminder:
    # A key that is too long for its column is named by its digest: it must stay one of a kind.
    fits = key if len(key) <= MOST_KEY else hashlib.sha256(key.encode()).hexdigest()
    return Reminder(
        key=fits,
        party_id=party,
        thing_kind=kind,
        thing=thing[:80],
        due_on=dt.date.fromisoformat(day),
        says=says if len(says) <= MOST_WORDS else f"{says[: MOST_WORDS - 3]}...",
        made_at=now,
    )
