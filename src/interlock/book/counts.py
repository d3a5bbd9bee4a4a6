"""The open orders summed in groups that the law sees alike, kept for pages that show all of them.

Two orders of one group differ in nothing that a decision reads but their quantity; how a group is
decided is told in `web/standing.py`. A million rows are summed by the database in
seconds and not in a page's time, so a job keeps the sums of a large book; a page says as of when
they are. A small book is summed when it is asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Min, Sum

from interlock.book import law
from interlock.book.models import Counted, Event, Order, OrderCount
from interlock.law.show import show_regime

if TYPE_CHECKING:
    import datetime as dt

OPEN = ("placed", "confirmed")
SMALL = 5_000
"""Open orders that are summed while somebody waits."""
LIKE = ("buyer", "supplier", "product", "destination", "state", "consignee", "end_user",
        "forwarder", "broker", "origin", "transaction_kind", "data_centre_use", "unit_price_usd",
        "facts")  # fmt: skip
"""What a decision reads of an order, but for its quantity."""
DAY = "placed_on"
"""Read by few laws, and different in nearly every order: told apart only where a law reads it."""


@dataclass(frozen=True)
class Likes:
    """Open orders that the law sees alike; quantities in items of the product.

    Attributes:
        sizes: (quantity of an order, orders of that quantity, the first of them), the least first.
        oldest: the first order by id.
        since: the first day on which one of them was placed.
    """

    buyer: str
    supplier: str
    product: str
    destination: str
    orders: int
    asked: int
    allocated: int
    shipped: int
    entered: int
    oldest: str
    since: dt.date
    sizes: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Counts:
    """All groups as of a change of the book.

    Attributes:
        event: the newest change that was counted.
        at: when, for sums that a job keeps; None: just now.
    """

    event: int
    groups: tuple[Likes, ...]
    at: dt.datetime | None = None


def newest_event() -> int:
    """The newest change of the book: what is kept from before it is old."""
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def counts() -> Counts:
    """The groups: of a small book as it stands, of a large one as a job counted them last."""
    kept = Counted.objects.filter(pk=Counted.ORDERS).first()
    if kept is not None and _is_large():
        return _kept(kept.event, kept.at)
    return _live(newest_event())


def count_orders(now: dt.datetime) -> int:
    """Sum the open orders of a large book and keep the sums; the number of groups."""
    if not _is_large():
        Counted.objects.filter(pk=Counted.ORDERS).delete()
        return 0
    event = newest_event()  # first: what happens meanwhile is counted the next time
    found = summed()
    with transaction.atomic():
        OrderCount.objects.all().delete()
        OrderCount.objects.bulk_create(
            OrderCount(number=number, **{name: getattr(one, name) for name in COLUMNS})
            for number, one in enumerate(found)
        )
        Counted.objects.update_or_create(pk=Counted.ORDERS, defaults={"event": event, "at": now})
    return len(found)


def are_old(_now: dt.datetime) -> bool:
    """Whether a large book has changed since it was summed."""
    kept = Counted.objects.filter(pk=Counted.ORDERS).values_list("event", flat=True).first()
    return kept != newest_event() and (kept is not None or _is_large())


COLUMNS = ("buyer", "supplier", "product", "destination", "orders", "asked", "allocated",
           "shipped", "entered", "oldest", "since", "sizes")  # fmt: skip


@lru_cache(maxsize=4)
def _kept(event: int, at: dt.datetime) -> Counts:
    rows = OrderCount.objects.order_by("number").values(*COLUMNS)
    groups = (Likes(**row | {"sizes": tuple(map(tuple, row["sizes"]))}) for row in rows)
    return Counts(event, tuple(groups), at)


@lru_cache(maxsize=4)
def _live(event: int) -> Counts:
    return Counts(event, summed())


def _is_large() -> bool:
    return bool(Order.objects.filter(state__in=OPEN).order_by()[SMALL : SMALL + 1].exists())


def summed() -> tuple[Likes, ...]:
    """The groups as the database sums them now, the largest first."""
    columns = (*LIKE, DAY) if reads_the_day(law.stamp()) else LIKE
    rows = (
        Order.objects.filter(state__in=OPEN)
        .order_by()
        .values(*columns, "quantity")
        .annotate(
            orders=Count("pk"), allocated=Sum("allocated"), shipped=Sum("shipped"),
            entered=Sum("entered"), oldest=Min("pk"), since=Min("placed_on"),
        )
    )  # fmt: skip
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iterator(chunk_size=5_000):
        likeness = json.dumps([row[name] for name in columns], default=str, sort_keys=True)
        groups.setdefault(sha256(likeness.encode()).hexdigest(), []).append(row)
    found = [_likes(group) for group in groups.values()]
    return tuple(sorted(found, key=lambda one: (-one.asked, one.oldest)))


def _likes(rows: list[dict[str, Any]]) -> Likes:
    rows.sort(key=lambda row: row["quantity"])
    first = rows[0]
    return Likes(
        buyer=first["buyer"],
        supplier=first["supplier"],
        product=first["product"],
        destination=first["destination"],
        orders=sum(row["orders"] for row in rows),
        asked=sum(row["orders"] * row["quantity"] for row in rows),
        allocated=sum(row["allocated"] for row in rows),
        shipped=sum(row["shipped"] for row in rows),
        entered=sum(row["entered"] for row in rows),
        oldest=min(row["oldest"] for row in rows),
        since=min(row["since"] for row in rows),
        sizes=tuple((row["quantity"], row["orders"], row["oldest"]) for row in rows),
    )


@lru_cache(maxsize=4)
def reads_the_day(_stamp: law.Stamp) -> bool:
    """Whether any law at hand reads on which day an order was placed."""
    return any(
        f"order.{DAY}" in json.dumps(show_regime(one.regime, None), default=str)
        for one in law.library().checked
    )
