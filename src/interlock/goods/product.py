"""A product: one model of a good, with its metrics and where each comes from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from interlock.goods.metrics import (
    METRICS,
    Rate,
    Ratio,
    UnknownMetricError,
    computed_density,
    computed_tpp,
    floored,
)
from interlock.goods.source import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from interlock.goods.source import Source

FactValue = Decimal | str | bool | int | dt.date
RATE_METRICS = {"rate_16bit": 16, "rate_8bit": 8, "rate_4bit": 4}


@dataclass(frozen=True)
class Product:
    """One model of a good.

    Attributes:
        name: as the catalogue writes it; empty if it was given by its figures alone.
        maker: who makes it.
        aliases: other names it is found by.
        rates: dense rates by number format.
        stated: figures that a source states rather than rates give: any of the four metrics.
        die_area_mm2: total area of its logic dies.
        process_nm: process node of the dies.
        datacentre: whether it is designed or marketed for data centres.
        us_available_since: first day of commercial availability in the United States.
        chips: how many chips one unit of it holds (an eight-GPU board: 8).
    """

    name: str
    maker: Fact[str]
    aliases: tuple[str, ...]
    rates: tuple[Rate, ...]
    stated: Mapping[str, Fact[Fraction]]
    die_area_mm2: Fact[Fraction]
    process_nm: Fact[Fraction]
    datacentre: Fact[bool]
    us_available_since: Fact[dt.date]
    chips: Fact[int]

    @cached_property
    def tpp(self) -> Fact[Fraction]:
        """Total processing performance."""
        return computed_tpp(self.rates, self.stated.get("tpp"))

    @cached_property
    def performance_density(self) -> Fact[Fraction]:
        """TPP per mm2; what a source states wins over what we compute."""
        stated = self.stated.get("performance_density")
        if stated is not None and stated.value is not None:
            return stated
        return computed_density(self.tpp, self.die_area_mm2, self.process_nm)

    @property
    def dram_bandwidth_gbps(self) -> Fact[Fraction]:
        """Total DRAM bandwidth in GB/s."""
        return self.stated.get("dram_bandwidth_gbps", Fact(None, reason="not given"))

    @property
    def interconnect_gbps(self) -> Fact[Fraction]:
        """Aggregate bidirectional transfer rate to other chips in GB/s, without memory."""
        return self.stated.get("interconnect_gbps", Fact(None, reason="not given"))

    def metric(self, name: str) -> Fact[Fraction]:
        """One of the four control metrics, or `rate_16bit`, `rate_8bit`, `rate_4bit` (TOPS).

        Raises:
            UnknownMetricError: there is no metric of that name.
        """
        if name in METRICS:
            fact: Fact[Fraction] = getattr(self, name)
            return fact
        bits = RATE_METRICS.get(name)
        if bits is None:
            known = ", ".join((*METRICS, *RATE_METRICS))
            raise UnknownMetricError(self.name, name, f"no such metric; write one of: {known}")
        rates = [rate for rate in self.rates if rate.bits == bits]
        if not rates:
            return Fact(None, reason=f"no {bits}-bit rate is given")
        top = max(rates, key=lambda rate: rate.tops)
        return Fact(top.tops, top.source)

    def _known(self) -> dict[str, Fact[FactValue]]:
        numbers = {name: self.metric(name) for name in METRICS}
        return {
            "product.maker": _widened(self.maker),
            **{
                f"product.{name}": Fact(floored(fact.value), fact.source)
                for name, fact in numbers.items()
                if fact.value is not None
            },
            "product.datacentre": _widened(self.datacentre),
            "product.us_available_since": _widened(self.us_available_since),
            "product.chips": _widened(self.chips),
        }

    def facts(self) -> dict[str, FactValue]:
        """What the law may ask of the product, by vocabulary name; unknown facts are left out.

        Metrics are `Decimal`s, rounded down to six places.
        """
        known = {name: fact.value for name, fact in self._known().items()}
        named: dict[str, FactValue] = {"product.name": self.name} if self.name else {}
        return named | {name: value for name, value in known.items() if value is not None}

    def provenance(self) -> dict[str, Source]:
        """The source of each of `facts()` but the name."""
        known = self._known().items()
        return {name: fact.source for name, fact in known if fact.source is not None}

    def unknown(self) -> dict[str, str]:
        """Why each fact that is left out of `facts()` is unknown."""
        facts: dict[str, Fact[FactValue] | Fact[Fraction]] = dict(self._known())
        facts |= {f"product.{name}": self.metric(name) for name in METRICS}
        return {name: fact.reason for name, fact in facts.items() if fact.value is None}


def _widened(fact: Fact[str] | Fact[bool] | Fact[dt.date] | Fact[int]) -> Fact[FactValue]:
    return Fact(fact.value, fact.source, fact.reason)


def ratio(product: Product, other: Product, metric: str) -> Ratio:
    """How many times `product` exceeds `other` by one metric.

    Raises:
        UnknownMetricError: the metric is unknown for one of them, zero for the second, or no
            metric at all.
    """
    values = []
    for each in (product, other):
        fact = each.metric(metric)
        if fact.value is None:
            raise UnknownMetricError(each.name, metric, fact.reason)
        values.append(fact.value)
    if values[1] == 0:
        raise UnknownMetricError(other.name, metric, "it is zero, nothing is a multiple of it")
    return Ratio(values[0] / values[1], metric, product.name, other.name)
