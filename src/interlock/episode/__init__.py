"""An episode: parties, products, licences, orders and claims of one real scarcity.

load      a folder -> Episode, or every fault of its files
cases     the facts of each order line, as the law reads them
"""

from interlock.episode.cases import UnknownStageError, UnknownVariantError, cases
from interlock.episode.loader import load
from interlock.episode.model import (
    Basis,
    CaseFact,
    Condition,
    DomesticShipments,
    Episode,
    EpisodeProduct,
    Figure,
    Licence,
    OrderLine,
    Owner,
    Party,
    Source,
    Statement,
    Stock,
    SumOfLicences,
    TestReport,
    Variant,
)

__all__ = [
    "Basis",
    "CaseFact",
    "Condition",
    "DomesticShipments",
    "Episode",
    "EpisodeProduct",
    "Figure",
    "Licence",
    "OrderLine",
    "Owner",
    "Party",
    "Source",
    "Statement",
    "Stock",
    "SumOfLicences",
    "TestReport",
    "UnknownStageError",
    "UnknownVariantError",
    "Variant",
    "cases",
    "load",
]
