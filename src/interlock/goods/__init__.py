"""Products and their control metrics, exact, each figure with its source.

catalogue, Catalogue      products by name and alias
Product                   metrics, `facts()` for the law, `provenance()`
product_from_facts        a product given by its metrics or rates alone
ratio, Ratio              how many times one exceeds another, by a named metric
"""

from interlock.goods.catalogue import (
    AmbiguousProductError,
    Catalogue,
    ProductNameError,
    UnknownProductError,
    catalogue,
)
from interlock.goods.facts import product_from_facts
from interlock.goods.metrics import (
    METRICS,
    MetricMismatchError,
    Rate,
    Ratio,
    UnknownMetricError,
    floored,
)
from interlock.goods.product import Product, ratio
from interlock.goods.source import Fact, Source

__all__ = [
    "METRICS",
    "AmbiguousProductError",
    "Catalogue",
    "Fact",
    "MetricMismatchError",
    "Product",
    "ProductNameError",
    "Rate",
    "Ratio",
    "Source",
    "UnknownMetricError",
    "UnknownProductError",
    "catalogue",
    "floored",
    "product_from_facts",
    "ratio",
]
