"""Orders, sharing runs, shipments with their papers, and stock."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from interlock.book.models.base import (
    ID_LENGTH,
    Thing,
    day_field,
    list_field,
    party_key,
    table_field,
    text_field,
)

ALL_GATES = ("export", "import", "customs")


class Order(Thing):
    """One order line. What was promised, sent and let in is counted in the ledger and here.

    Quantities are items of the product; an item may hold several chips (R18), and then draws so
    many. `facts` are further facts by their names in the vocabulary, each as it was declared.
    """

    kind = "order"
    own_paths: ClassVar[tuple[str, ...]] = ("buyer", "supplier")
    gates: ClassVar[tuple[str, ...]] = ALL_GATES

    # What lists and runs ask for is in the order of an index below; no other ones are needed.
    state = models.CharField(max_length=24)
    buyer = party_key(db_index=False)
    supplier = party_key(db_index=False)
    consignee = party_key(null=True, blank=True, db_index=False)
    end_user = party_key(null=True, blank=True, db_index=False)
    forwarder = party_key(null=True, blank=True, db_index=False)
    broker = party_key(null=True, blank=True, db_index=False)
    product = models.ForeignKey(
        "book.Product", on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    quantity = models.PositiveBigIntegerField()
    placed_on = models.DateField()
    destination = models.CharField(max_length=2)
    origin = text_field(2)
    transaction_kind = models.CharField(max_length=12, default="export")
    end_use = text_field(2000)
    data_centre_use = models.BooleanField(null=True, blank=True)
    unit_price_usd = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    weight = models.DecimalField(max_digits=12, decimal_places=3, default=1)
    tier = models.PositiveIntegerField(default=1)
    lot = models.PositiveIntegerField(default=1)
    facts = table_field()
    basis = table_field()
    allocated = models.PositiveBigIntegerField(default=0)
    shipped = models.PositiveBigIntegerField(default=0)
    entered = models.PositiveBigIntegerField(default=0)

    class Meta(Thing.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["buyer", "id"]),
            models.Index(fields=["buyer", "state", "id"]),
            models.Index(fields=["supplier", "id"]),
            models.Index(fields=["supplier", "state", "id"]),
            models.Index(fields=["product", "id"]),
            models.Index(fields=["product", "state", "id"]),
            models.Index(fields=["destination", "id"]),
            models.Index(fields=["state", "id"]),
        ]


class AllocationRun(Thing):
    """A sharing run: what went in, by which rule, what came out, and its proof (R2, R12).

    `inputs` and `result` are whole, so a run can be replayed byte for byte; `pins` is the ledger as
    the run read it: [account, seq, headroom]. They hold accounts of others, so firms, the supplier
    included, see a run by its lines (`selectors/runs.py`).
    """

    kind = "run"
    own_paths: ClassVar[tuple[str, ...]] = ("supplier",)
    gates: ClassVar[tuple[str, ...]] = ()
    kept_from_firms: ClassVar[tuple[str, ...]] = ("inputs", "result", "pins", "regimes")
    parts: ClassVar[tuple[str, ...]] = ("lines",)

    supplier = party_key()
    product = models.ForeignKey("book.Product", on_delete=models.PROTECT, related_name="+")
    at = models.DateField()
    rule = models.CharField(max_length=24)
    seed = models.BigIntegerField(default=0)
    whole = models.BooleanField(default=True)
    agreed = models.BooleanField(default=False)
    inputs = table_field()
    result = table_field()
    pins = list_field()
    digest = text_field(64)
    regimes = table_field()
    proposed_by = text_field(150)
    approved_by = text_field(150)
    reason = text_field(2000)


class RunLine(models.Model):
    """What one order asked and got in a run. `group` is the ledger's reservation, once posted."""

    run = models.ForeignKey(AllocationRun, on_delete=models.PROTECT, related_name="lines")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="run_lines")
    asked = models.PositiveBigIntegerField()
    awarded = models.PositiveBigIntegerField()
    level = text_field(80)
    bound_by = text_field(300)
    provisional = models.BooleanField(default=False)
    legs = list_field()
    group = text_field(200)
    refused = text_field(1000)

    class Meta:
        ordering: ClassVar[list[str]] = ["order_id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "order"], name="run_line_once")
        ]


class Allocation(Thing):
    """What an order was promised: one linked group of reservations in the ledger.

    `left` is what has neither been sent nor given up. `provisional`: rests on an unknown (R1).
    """

    kind = "allocation"
    own_paths: ClassVar[tuple[str, ...]] = ("order__buyer", "order__supplier")
    gates: ClassVar[tuple[str, ...]] = ALL_GATES

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="allocations")
    run = models.ForeignKey(
        AllocationRun, on_delete=models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    quantity = models.PositiveBigIntegerField()
    left = models.PositiveBigIntegerField()
    provisional = models.BooleanField(default=False)
    expires_on = day_field()


class Shipment(Thing):
    """Units of one allocation that leave together, with the laboratory's report on them.

    `posted` is the id of the ledger change that posted them.
    """

    kind = "shipment"
    own_paths: ClassVar[tuple[str, ...]] = ("order__buyer", "order__supplier")
    gates: ClassVar[tuple[str, ...]] = ALL_GATES
    kept_from_firms: ClassVar[tuple[str, ...]] = ("decision",)
    parts: ClassVar[tuple[str, ...]] = ("units",)

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="shipments")
    quantity = models.PositiveBigIntegerField()
    origin = models.CharField(max_length=2)
    transit = list_field()
    forwarder = party_key(null=True, blank=True)
    leaves_on = day_field()
    lab = text_field(300)
    lab_country = text_field(2)
    lab_independent = models.BooleanField(null=True, blank=True)
    tested_on = day_field()
    facts = table_field()
    decision = table_field()
    posted = text_field(200)
    returned = models.PositiveBigIntegerField(default=0)


class Certificate(Thing):
    """A paper on a shipment that may lapse: a test report, proof of title, a delivery receipt."""

    kind = "certificate"
    own_paths: ClassVar[tuple[str, ...]] = ("shipment__order__buyer", "shipment__order__supplier")
    gates: ClassVar[tuple[str, ...]] = ALL_GATES

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="certificates")
    certificate_kind = models.CharField(max_length=80)
    issuer = text_field(300)
    number = models.CharField(max_length=ID_LENGTH)
    issued_on = models.DateField()
    valid_until = day_field()
    document = table_field()


class Stock(Thing):
    """A lot that the supplier received; its units are credited to the stock account."""

    kind = "stock"
    own_paths: ClassVar[tuple[str, ...]] = ("supplier",)

    supplier = party_key()
    product = models.ForeignKey("book.Product", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveBigIntegerField()
    received_on = models.DateField()
    basis = table_field()


class DomesticShipment(Thing):
    """Units shipped to customers in the exporter's own country; they earn export headroom."""

    kind = "domestic_shipment"
    own_paths: ClassVar[tuple[str, ...]] = ("exporter",)
    gates: ClassVar[tuple[str, ...]] = ("export",)

    exporter = party_key()
    product = models.ForeignKey("book.Product", on_delete=models.PROTECT, related_name="+")
    customer = models.CharField(max_length=300)
    quantity = models.PositiveBigIntegerField()
    first_day = models.DateField()
    last_day = models.DateField()
    returned = models.PositiveBigIntegerField(default=0)
    basis = table_field()
