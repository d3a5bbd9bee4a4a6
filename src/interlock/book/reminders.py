"""Days that somebody should not miss: papers that lapse, debts and decisions that fall due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

from interlock.book.models import (
    Allocation,
    Application,
    Certificate,
    Condition,
    Holder,
    Licence,
    Party,
    Reminder,
    Statement,
)
from interlock.book.row_facts import awaits
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.stranded import LIVING, promises_on, words_of
from interlock.law.deciding.legs import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from django.db.models import QuerySet

    from interlock.book.rights import Actor

DAYS_BEFORE = (30, 7, 1, 0)
ON_THE_DESK = ("submitted", "in_review", "in_round", "referred")


class Due(NamedTuple):
    """A day that concerns a party; `what` tells days of one thing apart."""

    party: str
    kind: str
    thing: str
    what: str
    on: date
    says: str


def remind(now: datetime) -> int:
    """Write the reminders that are due and not written yet; how many were looked at.

    Each day is told of a month, a week and a day before it and on it, once each; who looks late
    is told the nearest only.
    """
    today, count = now.date(), 0
    rows = []
    for due in _all(today + timedelta(days=DAYS_BEFORE[0]), now):
        left = (due.on - today).days
        step = min((x for x in DAYS_BEFORE if left <= x), default=None)
        if step is None:
            continue
        count += 1
        rows.append(
            Reminder(
                key=f"{due.kind}/{due.thing}/{due.what}/{due.on}/{due.party}/{step}"[:200],
                party_id=due.party,
                thing_kind=due.kind,
                thing=due.thing,
                due_on=due.on,
                says=due.says,
                made_at=now,
            )
        )
    Reminder.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return count


def _all(until: date, now: datetime) -> Iterator[Due]:
    today = now.date()
    yield from _licences(today, until)
    yield from _allocations(today, until)
    yield from _certificates(today, until)
    yield from _statements(today, until)
    yield from _applications(today, until)
    yield from _consents(today)
    yield from _stranded()
    yield from _debts(until, now)


def _licences(today: date, until: date) -> Iterator[Due]:
    query = Holder.objects.filter(
        licence__state__in=("issued", "suspended"),
        licence__valid_until__gte=today,
        licence__valid_until__lte=until,
    ).select_related("licence")
    for one in query:
        day = one.licence.valid_until
        if day is not None:
            says = f"licence {one.licence_id} is valid until {day}"
            yield Due(one.party_id, Licence.kind, one.licence_id, "valid_until", day, says)


def _allocations(today: date, until: date) -> Iterator[Due]:
    query = Allocation.objects.filter(
        state__in=("provisional", "reserved"), expires_on__gte=today, expires_on__lte=until
    ).select_related("order")
    for one in query:
        if one.expires_on is not None:
            says = f"allocation {one.pk} lapses on {one.expires_on}; {one.left} are left of it"
            for party in (one.order.buyer_id, one.order.supplier_id):
                yield Due(party, Allocation.kind, one.pk, "expires_on", one.expires_on, says)


def _certificates(today: date, until: date) -> Iterator[Due]:
    query = Certificate.objects.filter(
        state="on_file", valid_until__gte=today, valid_until__lte=until
    ).select_related("shipment__order")
    for one in query:
        if one.valid_until is not None:
            says = f"the {one.certificate_kind} {one.number} is valid until {one.valid_until}"
            order = one.shipment.order
            for party in (order.buyer_id, order.supplier_id):
                yield Due(party, Certificate.kind, one.pk, "valid_until", one.valid_until, says)


def _statements(today: date, until: date) -> Iterator[Due]:
    query = Statement.objects.filter(
        state__in=("filed", "accepted"), valid_until__gte=today, valid_until__lte=until
    )
    for one in query:
        if one.valid_until is not None:
            says = f"the statement {one.statement_kind} is valid until {one.valid_until}"
            yield Due(one.by_id, Statement.kind, one.pk, "valid_until", one.valid_until, says)


def _applications(today: date, until: date) -> Iterator[Due]:
    """For the authority whose desk it lies on; a deadline that has passed is told of too."""
    desks = _desks()
    late = today - timedelta(days=30)
    query: QuerySet[Application] = Application.objects.filter(
        state__in=ON_THE_DESK, deadline__gte=late, deadline__lte=until
    )
    for one in query:
        if one.deadline is not None:
            says = f"application {one.pk} should be decided by {one.deadline}"
            for party in desks.get(one.gate, ()):
                yield Due(party, Application.kind, one.pk, "deadline", one.deadline, says)


def _consents(today: date) -> Iterator[Due]:
    """Holders who came when the others had agreed to a condition are asked for their word."""
    query = Condition.objects.filter(
        state__in=("agreed", "waiver_proposed"), licence__state__in=("issued", "suspended")
    ).prefetch_related("consents", "licence__holders")
    for one in query:
        for holder in one.licence.holders.all():
            if holder.until is None and awaits(one, holder.party_id):
                says = (
                    f"condition {one.pk} ({one.condition_kind}) of licence {one.licence_id} was "
                    f"agreed before you held it: agree to version {one.text_version} or object; "
                    "until you agree, nothing passes under it for you"
                )
                day = holder.since or today
                yield Due(holder.party_id, Condition.kind, one.pk, "consent", day, says)


def _stranded() -> Iterator[Due]:
    """What is promised to who left the licence: both sides of the order, and the authority."""
    gone = Holder.objects.filter(until__isnull=False, licence__state__in=LIVING)
    store, desks = ledger(), _desks()
    for one in gone.select_related("licence").order_by("pk"):
        assert one.until is not None  # noqa: S101 - asked for
        licence = one.licence
        for promise in promises_on(store, licence, [one.party_id]):
            order, pk = promise.allocation.order, promise.allocation.pk
            told = [*desks.get(licence.gate, ()), order.buyer_id, order.supplier_id]
            for party in dict.fromkeys(told):
                named = party == one.party_id or party in desks.get(licence.gate, ())
                says = f"order {order.pk}: {words_of(promise, named=named)}"
                yield Due(party, Allocation.kind, pk, "stranded", one.until, says[:500])


def _desks() -> dict[str, list[str]]:
    """The authorities at each gate."""
    desks: dict[str, list[str]] = {}
    for pk, gate in Party.objects.filter(authority=True, state="active").values_list("pk", "gate"):
        desks.setdefault(gate, []).append(pk)
    return desks


def _debts(until: date, now: datetime) -> Iterator[Due]:
    """What a buyer owes on accounts that may go below nothing for a while (R4)."""
    store = ledger()
    for account in store.accounts():
        if account.terms.may_owe is None or account.base:
            continue
        party = keys_of(account.id).get("buyer", "")
        if not Party.objects.filter(pk=party).exists():
            continue
        for debt in store.debts(account.id, now=now):
            day = debt.due.date()
            if now.date() <= day <= until:
                amount = debt.amount / account.scale
                says = f"{amount:g} {account.terms.unit} are owed on {account.id} by {day}"
                yield Due(party, "account", account.id[:80], debt.draw, day, says[:500])


def reminders_of(actor: Actor, *, seen: bool = False) -> QuerySet[Reminder]:
    """The reminders of the actor's own party, the nearest day first.

    Args:
        actor: who asks.
        seen: those that somebody there has seen, too.
    """
    own = Reminder.objects.filter(party=actor.party) if actor.party else Reminder.objects.none()
    unseen = own if seen else own.filter(Q(seen_at__isnull=True))
    return unseen.order_by("due_on", "pk")
