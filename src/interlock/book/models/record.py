"""What goes out: events, webhooks and their deliveries; answers kept for repeated requests; jobs.

And long work that somebody asked for. It is no thing of the book: it changes nothing that anybody
may do, and no audit row tells of it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from interlock.book.models.base import (
    LongWork,
    Thing,
    day_field,
    list_field,
    moment_field,
    party_key,
    table_field,
    text_field,
)


class Event(models.Model):
    """The outbox: written in the transaction of the change it tells of, delivered afterwards.

    It names a thing and says no more of it: whoever may see it fetches it (R11). `parties` and
    `gates` are who may be told that it changed.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80)
    thing_kind = models.CharField(max_length=24)
    thing = models.CharField(max_length=80)
    thing_version = models.PositiveIntegerField()
    change = models.CharField(max_length=220)
    parties = list_field()
    gates = list_field()
    at = models.DateTimeField()
    handed_on = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["id"], condition=models.Q(handed_on=False), name="event_to_hand_on"
            ),
        ]


class Webhook(Thing):
    """An address that a party wants told. `secret` is the signing key of Standard Webhooks."""

    kind = "webhook"
    own_paths: ClassVar[tuple[str, ...]] = ("party",)
    kept_from_firms: ClassVar[tuple[str, ...]] = ("secret",)
    unrecorded: ClassVar[tuple[str, ...]] = ("secret",)

    party = party_key()
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=120)
    names = list_field()


class Delivery(models.Model):
    """One event on its way to one address; tried again with growing pauses."""

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    state = models.CharField(max_length=16, default="waiting")
    attempts = models.PositiveIntegerField(default=0)
    next_at = moment_field(db_index=True)
    last_status = models.PositiveIntegerField(null=True, blank=True)
    last_error = text_field(500)
    delivered_at = moment_field()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["webhook", "event"],
                condition=models.Q(state="waiting"),
                name="delivery_waiting",
            ),
        ]


class IdempotencyKey(models.Model):
    """The answer to a request that carried a key, kept with the change that it made."""

    user = models.ForeignKey("book.User", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=120)
    request = models.CharField(max_length=64)
    status = models.PositiveIntegerField(default=0)
    body = models.TextField(default="")
    headers = table_field()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")
        ]


class Reminder(models.Model):
    """A day that somebody should not miss: a lapse, a debt, a deadline, a change of law."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=200, unique=True)
    party = party_key()
    thing_kind = text_field(24)
    thing = text_field(80)
    due_on = models.DateField()
    says = models.CharField(max_length=500)
    made_at = models.DateTimeField()
    seen_at = moment_field()


class LawText(models.Model):
    """One file of the law by its SHA-256, kept as long as a decision rests on it; never changed."""

    digest = models.CharField(primary_key=True, max_length=64)
    text = models.TextField()


class Job(models.Model):
    """A job that runs by itself: when next, and who runs it now.

    A worker takes it by moving `held_until` on, so each run has one worker; one that dies lets go
    when that time comes. `cursor` is where a job that goes page by page goes on.
    """

    name = models.CharField(primary_key=True, max_length=40)
    next_at = models.DateTimeField()
    held_until = models.DateTimeField()
    held_by = text_field(80)
    started_at = moment_field()
    ended_at = moment_field()
    done = models.PositiveBigIntegerField(default=0)
    last_error = text_field(500)
    cursor = text_field(80)


class OrderCount(models.Model):
    """Open orders that the law sees alike, as `counts` summed them; no record: made anew each time.

    `sizes` are [quantity, orders of that quantity, the first of them].
    """

    number = models.PositiveIntegerField(primary_key=True)
    buyer = models.CharField(max_length=80)
    supplier = models.CharField(max_length=80)
    product = models.CharField(max_length=80)
    destination = models.CharField(max_length=2)
    orders = models.PositiveBigIntegerField()
    asked = models.PositiveBigIntegerField()
    allocated = models.PositiveBigIntegerField()
    shipped = models.PositiveBigIntegerField()
    entered = models.PositiveBigIntegerField()
    oldest = models.CharField(max_length=80)
    since = models.DateField()
    sizes = list_field()


class Counted(models.Model):
    """As of which change of the book something was summed, and when."""

    ORDERS = "orders"

    what = models.CharField(primary_key=True, max_length=40)
    event = models.BigIntegerField()
    at = models.DateTimeField()


class LabRun(LongWork):
    """A run of the lab that was asked for on a page; its results lie in a folder of its name.

    `done` counts runs played, of `runs`.
    """

    name = models.CharField(max_length=60, unique=True)
    text = models.TextField()
    variant = text_field(80)
    runs = models.PositiveIntegerField()
    seed = models.PositiveBigIntegerField()


class Replay(LongWork):
    """The book's history under proposed law, as it was recorded when somebody asked, by their eyes.

    Attributes:
        name: its id in addresses; sorts by time.
        user: who asked, `by` their name; `party`, `gate` and `roles`: the offices they asked in.
        whole: it was asked by whom nothing is hidden from, so only such may read it (R11).
        texts: the proposed regime files; `ids`: the regimes that they are of.
        assumed: proposed versions taken to be in force; `on`, `since`, `until`: days (see `Laws`).
        of: rows of the log and orders in all, as `done` counts them; 0 before it has begun.
        changed: decisions that change at some gate; their rows are the `parts`.
        result: the stable form of `schemas/replay.json`; empty before it is done.
    """

    name = models.CharField(max_length=60, unique=True)
    user = models.ForeignKey("book.User", on_delete=models.PROTECT, null=True, related_name="+")
    party = party_key()
    gate = text_field(24)
    roles = list_field()
    whole = models.BooleanField(default=False)
    texts = list_field()
    ids = list_field()
    assumed = list_field()
    on = day_field()
    since = day_field()
    until = day_field()
    accounts = models.BooleanField(default=False)
    of = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    result = models.TextField(default="")


class ReplayPart(models.Model):
    """Some changed decisions of a replay as a Parquet file: those from number `first` on."""

    replay = models.ForeignKey("book.Replay", on_delete=models.CASCADE, related_name="parts")
    first = models.PositiveBigIntegerField()
    table = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["replay", "first"], name="replay_part_once")
        ]
