"""Products that are ordered and licensed, and single units with their serial numbers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from interlock.book.models.base import ID_LENGTH, Thing, party_key, text_field


class Product(Thing):
    """A product of the catalogue as it is traded here. `catalogue` is its name there.

    `chips` is how many controlled chips one item holds (R18); `eccn` an official classification on
    file, with its source, which overrides what the metrics give. `unit_price_usd` is US dollars.
    """

    kind = "product"
    gates: ClassVar[tuple[str, ...]] = ("export", "import", "customs")

    name = models.CharField(max_length=200)
    catalogue = models.CharField(max_length=200)
    supplier = party_key(null=True, blank=True)
    chips = models.PositiveIntegerField(default=1)
    domestic = models.BooleanField(default=False)
    domestic_equivalence = models.DecimalField(
        max_digits=9, decimal_places=3, null=True, blank=True
    )
    eccn = text_field(24)
    eccn_source = text_field(300)
    unit_price_usd = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)


class Unit(models.Model):
    """One item by its serial number, on the shipment that carries it."""

    serial = models.CharField(max_length=ID_LENGTH)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="units")
    shipment = models.ForeignKey("book.Shipment", on_delete=models.PROTECT, related_name="units")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["serial", "product"], name="serial_once")
        ]
