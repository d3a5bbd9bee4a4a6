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

    `clock_days` counts working days on the authority's desk up to `clock_from`, since when the
    clock runs (empty: it stands still, as while a question to the applicant is open, since
    `waiting_since`). `deadline` is the day by which the authority means to have decided, after
    `allowed_days` working days of that clock. `facts` are what the firm declares and
    `officer_facts` what an officer puts on file, both by names of the vocabulary. `referrals` keep
    every question to another authority with its answer; `referred_to` was asked last.
    """

    kind = "application"
    own_paths: ClassVar[tuple[str, ...]] = ("applicant",)
    asked_paths: ClassVar[tuple[str, ...]] = ("referred_to",)
    gate_path = "gate"
    kept_from_firms: ClassVar[tuple[str, ...]] = (
        "place",
        "officer_facts",
        "officer",
        "referrals",
        "referred_to",
    )
    moves_kept_from_firms: ClassVar[tuple[str, ...]] = ("score",)

    gate = models.CharField(max_length=24)
    applicant = party_key()
    consignees = models.ManyToManyField("book.Party", related_name="+", blank=True)
    products = models.ManyToManyField("book.Product", related_name="+")
    quantity = models.PositiveBigIntegerField()
    destination = models.CharField(max_length=2)
    end_use = text_field(2000)
    facts = table_field()
    officer_facts = table_field()
    received_on = day_field()
    decided_on = day_field()
    deadline = day_field()
    allowed_days = models.PositiveIntegerField(null=True, blank=True)
    clock_days = models.PositiveIntegerField(default=0)
    clock_from = day_field()
    waiting_since = day_field()
    question = text_field(2000)
    answer = text_field(2000)
    referred_to = party_key(null=True, blank=True)
    referrals = list_field()
    round = models.ForeignKey(
        Round, on_delete=models.PROTECT, null=True, blank=True, related_name="applications"
    )
    place = table_field()
    reason = text_field(2000)
    officer = text_field(150)


class Licence(Thing):
    """What an authority lets through. The days announced, approved, issued and in force differ.

    `quantity` empty = not disclosed (R5). `basis` holds the claims and sources that it rests on.
    `amendment` is what was proposed last and not yet decided. An amendment changes the same
    licence, so what was drawn on it stays drawn. `stops` are the ledger's marks that shut its
    accounts while it is suspended or at its end.
    """

    kind = "licence"
    own_paths: ClassVar[tuple[str, ...]] = ("holders__party",)
    gate_path = "gate"
    kept_from_firms: ClassVar[tuple[str, ...]] = (
        "proposed_by",
        "suspended_by",
        "amendment",
        "basis",
        "stops",
    )
    moves_kept_from_firms: ClassVar[tuple[str, ...]] = ("propose_amendment", "drop_amendment")
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
    ended_on = day_field()
    basis = table_field()
    amendment = table_field()
    stops = list_field()
    proposed_by = text_field(150)
    suspended_by = text_field(150)
    reason = text_field(2000)

    def proposer_of(self, move: str) -> str:
        """An amendment, a suspension and the licence itself may each have another proposer."""
        if move in ("amend", "transfer"):
            return str(self.amendment.get("by", ""))
        return str(self.suspended_by if move == "resume" else self.proposed_by)


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

    Each change of text or parameters is a new `text_version`; consent is given to one of them, and
    consent to a waiver to the one that was proposed last, at `waiver_proposed_at`.
    """

    kind = "condition"
    own_paths: ClassVar[tuple[str, ...]] = ("licence__holders__party",)
    gate_path = "licence__gate"
    asked_paths: ClassVar[tuple[str, ...]] = ("asked_by",)
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
    waiver_proposed_at = moment_field()


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
    """What a party said to one version: agrees or objects.

    `to`: agree, enforce, change, waive, withdraw. Of one party the newest word counts.
    """

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
