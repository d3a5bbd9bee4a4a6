"""Entering products."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import InputError, input_error
from interlock.book.models import Party, Product
from interlock.book.services.inputs import Id, Name, NewId, Usd, given
from interlock.book.services.registry import service
from interlock.goods import ProductNameError, catalogue


@service("product.enter")
def product_enter(
    act: Act,
    *,
    id: NewId = "",
    name: Name = "",
    catalogue_name: Annotated[
        str, Field(description="Its name or alias in the catalogue, e.g. H200 SXM.")
    ],
    supplier: Id | None = None,
    chips: Annotated[int, Field(gt=0, le=1000, description="Chips in one item.")] = 1,
    domestic: bool = False,
    domestic_equivalence: Annotated[
        Decimal | None, Field(gt=0, max_digits=9, decimal_places=3)
    ] = None,
    unit_price_usd: Usd | None = None,
) -> Product:
    """Enter a product of the catalogue, or a domestic one under a name of its own."""
    found = catalogue_name
    if not domestic:
        try:
            found = catalogue().find(catalogue_name).name
        except ProductNameError as error:
            raise InputError({"catalogue_name": error.says}) from error
    if supplier is not None and not Party.objects.filter(pk=supplier).exists():
        raise input_error("supplier", "there is no party '{party}'; enter it first", party=supplier)
    return act.make(
        Product(
            id=id,
            name=name or found,
            catalogue=found,
            supplier_id=supplier,
            chips=chips,
            domestic=domestic,
            domestic_equivalence=domestic_equivalence,
            unit_price_usd=unit_price_usd,
        ),
        "enter",
    )


@service("product.change")
def product_change(
    act: Act,
    thing: Product,
    *,
    name: Name | None = None,
    unit_price_usd: Usd | None = None,
    domestic_equivalence: Annotated[
        Decimal | None, Field(gt=0, max_digits=9, decimal_places=3)
    ] = None,
) -> Product:
    """Change a product's name, price or equivalence; orders keep the price they were placed at."""
    changes = given(
        name=name, unit_price_usd=unit_price_usd, domestic_equivalence=domestic_equivalence
    )
    return act.move(thing, "change", changes)


@service("product.classify")
def product_classify(
    act: Act,
    thing: Product,
    *,
    eccn: Annotated[str, Field(max_length=24, description="Empty takes it back.")],
    source: Name,
) -> Product:
    """Put an official classification on file; it overrides what the metrics give."""
    return act.move(thing, "classify", {"eccn": eccn, "eccn_source": source})


@service("product.retire")
def product_retire(act: Act, thing: Product) -> Product:
    """Take a product out of use; what was ordered of it goes on."""
    return act.move(thing, "retire")
