"""Customs entries and holds, domestic purchases, discrepancies, claims."""

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


class Entry(Thing):
    """A declaration at customs. Declaring posts nothing; releasing is a permission and posts (R3).

    `quantity` was declared, `entered` is what came in by our count, `returned` what of that went
    back. `posted` lists what the ledger posted for it: changes, their units, how many went back.
    `reported` is what a customs system outside says; where that differs from our count a
    discrepancy is opened and nothing else changes.
    """

    kind = "entry"
    own_paths: ClassVar[tuple[str, ...]] = ("shipment__order__buyer", "shipment__order__supplier")
    gates: ClassVar[tuple[str, ...]] = ("customs", "import")
    kept_from_firms: ClassVar[tuple[str, ...]] = ("decision", "posted")

    shipment = models.ForeignKey("book.Shipment", on_delete=models.PROTECT, related_name="entries")
    quantity = models.PositiveBigIntegerField()
    declared_on = models.DateField()
    released_on = day_field()
    facts = table_field()
    reported = table_field()
    decision = table_field()
    entered = models.PositiveBigIntegerField(default=0)
    posted = list_field()
    returned = models.PositiveBigIntegerField(default=0)


class Hold(Thing):
    """An officer's stop on one entry, with its reason; lifted with another."""

    kind = "hold"
    own_paths: ClassVar[tuple[str, ...]] = (
        "entry__shipment__order__buyer",
        "entry__shipment__order__supplier",
    )
    gates: ClassVar[tuple[str, ...]] = ("customs",)
    kept_from_firms: ClassVar[tuple[str, ...]] = ("placed_by", "lifted_by")

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=2000)
    placed_by = text_field(150)
    lifted_by = text_field(150)
    lifted_because = text_field(2000)


class DomesticPurchase(Thing):
    """Domestic chips that a buyer bought, proved by a third party's evidence; counts for a year.

    `left` is what of an accepted purchase was not passed on to another buyer.
    """

    kind = "purchase"
    own_paths: ClassVar[tuple[str, ...]] = ("buyer",)
    gates: ClassVar[tuple[str, ...]] = ("import",)
    kept_from_firms: ClassVar[tuple[str, ...]] = ("reviewed_by",)

    buyer = party_key()
    seller = text_field(300)
    product = models.ForeignKey("book.Product", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveBigIntegerField()
    left = models.PositiveBigIntegerField(default=0)
    counts_for = models.PositiveIntegerField()
    bought_on = models.DateField()
    evidence = list_field()
    evidence_by = text_field(300)
    transferred_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="transfers"
    )
    reviewed_by = text_field(150)
    reason = text_field(2000)
    credited = list_field()


class Discrepancy(Thing):
    """Our record and the world disagree. It changes nothing until somebody settles it (R3).

    `ours` and `theirs` are what each side counts, by the same names. `ledger_id` names the ledger's
    discrepancies, one for each account that is shut, parted by spaces. `answers` is what the firms
    that it concerns said to it, the newest last; no firm learns what another said, or that it did.
    """

    kind = "discrepancy"
    own_paths: ClassVar[tuple[str, ...]] = ("parties",)
    gates: ClassVar[tuple[str, ...]] = ("customs", "import", "export")
    kept_from_firms: ClassVar[tuple[str, ...]] = ("ledger_id", "settled_by", "reported_by")
    words_of_parties: ClassVar[tuple[str, ...]] = ("answers",)
    moves_kept_from_firms: ClassVar[tuple[str, ...]] = ("answer",)

    about_kind = models.CharField(max_length=24)
    about = models.CharField(max_length=80)
    parties = models.ManyToManyField("book.Party", related_name="+", blank=True)
    message = text_field(200)
    reported_by = text_field(150)
    ours = table_field()
    theirs = table_field()
    ledger_id = text_field(2000)
    answers = list_field()
    settled_by = text_field(150)
    reason = text_field(2000)
    posted = text_field(200)


class EndUseCheck(Thing):
    """A check of how units are used: planned, made, rated, signed off by a second officer.

    Who chose the target and why, the steps, the evidence, every rating with its reason and what
    became of each recommended action stand here, so that none of it is kept elsewhere or lost.
    `ratings` holds every rating given, the newest last; `proposed_by` is who gave the newest.
    """

    kind = "check"
    gate_path = "gate"

    gate = models.CharField(max_length=24)
    party = party_key()
    shipment = models.ForeignKey(
        "book.Shipment", on_delete=models.PROTECT, null=True, blank=True, related_name="checks"
    )
    method = text_field(300)
    steps = list_field()
    chosen_because = text_field(2000)
    planned_on = day_field()
    planned_by = text_field(150)
    made_on = day_field()
    country = text_field(2)
    data_centre = models.BooleanField(null=True, blank=True)
    found = text_field(4000)
    rating = text_field(24)
    ratings = list_field()
    recommended = list_field()
    evidence = list_field()
    made_by = text_field(150)
    proposed_by = text_field(150)
    signed_on = day_field()
    signed_by = text_field(150)
    reason = text_field(2000)


class Claim(Thing):
    """A statement by a source at a day about a fact, in the form of the claims file."""

    kind = "claim"
    gates: ClassVar[tuple[str, ...]] = ("export", "import", "customs")

    body = table_field()
    known_on = models.DateField()
    recorded_at = moment_field()


class Determination(Thing):
    """A decision frozen with the law it used, signed, so that it can be shown years later (R18).

    `decision` is as the signer may see it. `facts`, `accounts`, `regimes` (digests) and `law_files`
    (name -> digest of a `LawText`) are all that it was made of, so that it can be made again; as
    they hold more than any firm or gate may see, they are shown to auditors alone. `salt` keeps the
    digest from confirming a guess at them. `recorded` is by when the book had recorded them.
    """

    kind = "determination"
    own_paths: ClassVar[tuple[str, ...]] = ("party",)
    gate_path = "gate"
    kept_from_firms: ClassVar[tuple[str, ...]] = (
        "facts",
        "accounts",
        "regimes",
        "law_files",
        "salt",
    )
    kept_from_officers: ClassVar[tuple[str, ...]] = kept_from_firms

    order = models.ForeignKey("book.Order", on_delete=models.PROTECT, related_name="determinations")
    shipment = models.ForeignKey(
        "book.Shipment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    viewer = models.CharField(max_length=40)
    party = party_key()
    gate = text_field(24)
    at = models.DateField()
    known = models.DateField()
    recorded = models.DateTimeField()
    stage = models.CharField(max_length=16)
    facts = table_field()
    accounts = table_field()
    decision = table_field()
    regimes = table_field()
    law_files = table_field()
    salt = text_field(64)
    digest = text_field(64)
    signature = text_field(200)
    key_id = text_field(64)
    signed_by = text_field(150)
    signed_at = models.DateTimeField()
    keep_until = models.DateField(db_index=True)
