"""Applications, rounds, licences, their conditions, and the statements they ask for."""

from __future__ import annotations

from typing import ClassVar

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


class Round(Thing):
    """Applications decided together at one gate, by the law's round `rule` (`<regime>/<round>`).

    `outcome` keeps the whole placing as it was decided: what the law saw, and the digests.
    """

    kind = "round"
    gate_path = "gate"
    kept_from_firms: ClassVar[tuple[str, ...]] = ("private", "outcome", "proposed_by")

    gate = models.CharField(max_length=24)
    title = models.CharField(max_length=300)
    rule = text_field(120)
    closes_on = day_field()
    decided_on = day_field()
    private = table_field()
    outcome = table_field()
    proposed_by = text_field(150)


class Application(Thing):
    """A firm asks one authority for a licence.

    `clock_days` counts working days on the authority's desk; it stands still while a question to
    the applicant is open (`waiting_since`). `deadline` is the day by which the authority should
    have decided. `end_user_text` and `us_units_shipped` are what the law of the gate asks for.
    """

    kind = "application"
    own_paths: ClassVar[tuple[str, ...]] = ("applicant",)
    gate_path = "gate"
    kept_from_firms: ClassVar[tuple[str, ...]] = (
        "place",
        "facts",
        "officer",
        "referral_answer",
        "referred_to",
    )

    gate = models.CharField(max_length=24)
    applicant = party_key()
    consignees = models.ManyToManyField("book.Party", related_name="+", blank=True)
    products = models.ManyToManyField("book.Product", related_name="+")
    quantity = models.PositiveBigIntegerField()
    destination = models.CharField(max_length=2)
    end_use = text_field(2000)
    facts = table_field()
    received_on = day_field()
    deadline = day_field()
    clock_days = models.PositiveIntegerField(default=0)
    clock_from = day_field()
    waiting_since = day_field()
    question = text_field(2000)
    referred_to = party_key(null=True, blank=True)
    referral_answer = text_field(2000)
    round = models.ForeignKey(
        Round, on_delete=models.PROTECT, null=True, blank=True, related_name="applications"
    )
    place = table_field()
    reason = text_field(2000)
    officer = text_field(150)


class Licence(Thing):
    """What an authority lets through. The days announced, approved, issued and in force differ.

    `quantity` empty = not disclosed (R5). `basis` holds the claims and sources that it rests on.
    An amendment changes the same licence, so what was drawn on it stays drawn.
    """

    kind = "licence"
    own_paths: ClassVar[tuple[str, ...]] = ("holders__party",)
    gate_path = "gate"
    kept_from_firms: ClassVar[tuple[str, ...]] = ("proposed_by", "basis")
    parts: ClassVar[tuple[str, ...]] = ("holders",)

    gate = models.CharField(max_length=24)
    licence_kind = models.CharField(max_length=24, default="individual")
    group = text_field(80)
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, null=True, blank=True, related_name="licences"
    )
    round = models.ForeignKey(
        Round, on_delete=models.PROTECT, null=True, blank=True, related_name="licences"
    )
    consignees = models.ManyToManyField("book.Party", related_name="+", blank=True)
    products = models.ManyToManyField("book.Product", related_name="+")
    destination = text_field(2)
    quantity = models.PositiveBigIntegerField(null=True, blank=True)
    value_usd = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    announced_on = day_field()
    approved_on = day_field()
    issued_on = day_field()
    valid_from = day_field()
    valid_until = day_field()
    basis = table_field()
    proposed_by = text_field(150)
    reason = text_field(2000)


class Holder(models.Model):
    """A firm under a licence's quota, with its own part of it (`sub_quota`) or cap, if any."""

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="holders")
    party = party_key()
    sub_quota = models.PositiveBigIntegerField(null=True, blank=True)
    cap = models.PositiveBigIntegerField(null=True, blank=True)
    since = day_field()
    until = day_field()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["licence", "party"], name="holder_once")
        ]


class Condition(Thing):
    """A condition of a kind that the law knows, attached to one licence, with its parameters.

    Each change of text or parameters is a new `text_version`; consent is given to one of them.
    """

    kind = "condition"
    own_paths: ClassVar[tuple[str, ...]] = ("licence__holders__party",)
    gate_path = "licence__gate"
    kept_from_firms: ClassVar[tuple[str, ...]] = ("proposed_by",)
    parts: ClassVar[tuple[str, ...]] = ("texts", "consents")

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="conditions")
    condition_kind = models.CharField(max_length=80)
    text = text_field(4000)
    text_version = models.PositiveIntegerField(default=1)
    parameters = table_field()
    asked_by = party_key()
    basis = table_field()
    proposed_by = text_field(150)


class ConditionText(models.Model):
    """One version of a condition's text and parameters; never changed."""

    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="texts")
    number = models.PositiveIntegerField()
    text = text_field(4000)
    parameters = table_field()
    by_party = party_key()
    by_user = text_field(150)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["condition", "number"], name="condition_text_once")
        ]


class Consent(models.Model):
    """What a party said to one version: agrees or objects, to what (agree, waive, withdraw)."""

    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="consents")
    number = models.PositiveIntegerField()
    to = models.CharField(max_length=24)
    agrees = models.BooleanField()
    party = party_key()
    user = text_field(150)
    says = text_field(2000)
    at = models.DateTimeField()


class Statement(Thing):
    """A paper on file: `statement_kind` is the name behind `statement.` in the vocabulary.

    `evidence` lists documents by name and SHA-256; an officer accepts or rejects what was filed.
    """

    kind = "statement"
    own_paths: ClassVar[tuple[str, ...]] = ("by", "buyer")
    gates: ClassVar[tuple[str, ...]] = ("export", "import")
    kept_from_firms: ClassVar[tuple[str, ...]] = ("reviewed_by",)

    statement_kind = models.CharField(max_length=80)
    by = party_key()
    buyer = party_key(null=True, blank=True)
    text = text_field(8000)
    evidence = list_field()
    filed_on = models.DateField()
    valid_until = day_field()
    basis = table_field()
    reviewed_by = text_field(150)
    reason = text_field(2000)
    reviewed_at = moment_field()
