"""Parties, who owns them, and the people who act for them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from interlock.book.models.base import (
    Thing,
    day_field,
    list_field,
    moment_field,
    party_key,
    table_field,
    text_field,
)


class Party(Thing):
    """A firm or an authority. `gate` is filled for an authority: the gate it guards.

    `roles` are those of the vocabulary (exporter, buyer, consignee, end_user, broker, forwarder,
    supplier, laboratory). Countries are ISO 3166 alpha-2. `identifiers`: list of {scheme, value}.
    `known_to`: ids of firms that deal with it and may name it (`book/naming.py`).
    `listed_as`: listed names that a person confirmed to be this party: {list, entry, name}.
    """

    kind = "party"
    own_paths: ClassVar[tuple[str, ...]] = ("id",)
    gates: ClassVar[tuple[str, ...]] = ("export", "import", "customs")
    kept_from_firms: ClassVar[tuple[str, ...]] = (
        "screened_on",
        "screening",
        "listed_as",
        "known_to",
        "basis",
    )
    parts: ClassVar[tuple[str, ...]] = ("owned_by",)
    derived: ClassVar[tuple[str, ...]] = ("screened_on", "screening", "listed_as")

    name = models.CharField(max_length=300, db_index=True)
    other_names = list_field()
    authority = models.BooleanField(default=False)
    gate = text_field(24)
    roles = list_field()
    country = text_field(2)
    headquarters = text_field(2)
    ultimate_parent_country = text_field(2)
    identifiers = list_field()
    known_to = list_field()
    screened_on = day_field()
    screening = text_field(24)
    listed_as = list_field()
    basis = table_field()


class Ownership(models.Model):
    """A share in a party; `share` empty = not known (R18, 50 % rule). From and until are days."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="owned_by")
    owner = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="owns")
    share = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    since = day_field()
    until = day_field()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["party", "owner", "since"], name="ownership_once"),
            models.CheckConstraint(
                condition=models.Q(share__isnull=True) | models.Q(share__gte=0, share__lte=1),
                name="ownership_share_of_one",
            ),
        ]


class User(AbstractUser):
    """A person or a service account who acts. What they may do comes from their offices."""

    service = models.BooleanField(default=False)


class Office(models.Model):
    """A role that a user holds at a party; an office that ended is kept with its last moment."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="offices")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="offices")
    role = models.CharField(max_length=40)
    since = models.DateTimeField()
    until = moment_field()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "party", "role"],
                condition=models.Q(until__isnull=True),
                name="office_once",
            )
        ]


class ApiToken(models.Model):
    """A bearer token; only its SHA-256 is kept. `scopes` empty = everything its user may.

    `prefix` is the part that is shown, so that a leaked token can be found and ended.
    """

    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    name = text_field(100)
    scopes = list_field()
    made_at = models.DateTimeField()
    expires_at = moment_field()
    ended_at = moment_field()
    used_at = moment_field()


class Screening(Thing):
    """One screening of a party against list files, and what a person made of each match.

    `lists`: {list, digest, entries} as they were; `matches`: each with its score, the features that
    make it, the list's entry and its source; `owned`: for each list that reaches owned parties
    `owned`, `unknown_share` or `no`; None: not looked up far enough.
    """

    kind = "screening"
    own_paths: ClassVar[tuple[str, ...]] = ()
    gates: ClassVar[tuple[str, ...]] = ("export", "import", "customs")

    party = party_key()
    as_of = models.DateField()
    known = models.DateField()
    lists = list_field()
    matches = list_field()
    owned = table_field()
    threshold = models.FloatField()
    reviewed_by = text_field(150)
    outcome = text_field(24)
    reason = text_field(2000)


class ScreenedWith(models.Model):
    """By which lists and names a party was last screened whole; another digest now: again."""

    party = models.OneToOneField(Party, on_delete=models.PROTECT, related_name="screened_with")
    digest = text_field(64, db_index=True)
