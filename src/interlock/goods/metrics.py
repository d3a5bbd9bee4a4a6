"""The control metrics of a product, exact, each with its source.

TPP (total processing performance) = 2 x MacTOPS x bit length, the greatest over all bit lengths,
dense; a multiply-add counts as two operations, so equivalently TOPS x bit length. PD (performance
density) = TPP / applicable die area in mm2 (dies on a process with non-planar transistors). DRAM
and interconnect bandwidth in GB/s. Source: technical notes to ECCN 3A090, 15 CFR 774 Supplement 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from interlock.evidence import weakest
from interlock.files.faults import InterlockError
from interlock.goods.source import Fact, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

METRICS: Final = ("tpp", "performance_density", "dram_bandwidth_gbps", "interconnect_gbps")
PLACES: Final = 6
LEAST_PLANAR_NM: Final = 20  # the last planar logic nodes; 16 and 14 nm are FinFET


class UnknownMetricError(InterlockError):
    """A ratio was asked of a metric that is not known; carries product, metric and reason."""

    def __init__(self, product: str, metric: str, reason: str) -> None:
        self.product = product
        self.metric = metric
        self.reason = reason
        super().__init__(f"{metric} of {product} is unknown: {reason}")


class MetricMismatchError(InterlockError):
    """Two ratios by different metrics were compared; they do not measure the same thing."""

    def __init__(self, metric: str, other: str) -> None:
        self.metrics = (metric, other)
        super().__init__(f"a ratio by {metric} cannot be compared with one by {other}")


@dataclass(frozen=True)
class Rate:
    """The greatest dense rate at one number format.

    Attributes:
        name: e.g. `fp8`, `int8`.
        bits: bit length of the operands.
        tops: dense rate in 10^12 operations a second.
    """

    name: str
    bits: int
    tops: Fraction
    source: Source

    @property
    def tpp(self) -> Fraction:
        """Rate times bit length."""
        return self.tops * self.bits


def floored(number: Fraction, places: int = PLACES) -> Decimal:
    """The number rounded down to so many decimal places, without trailing zeros.

    Down, never to nearest: a chip just below a threshold must not be rounded up to it.
    """
    scaled = number.numerator * 10**places // number.denominator
    digits, zeros = scaled, places
    while zeros and digits % 10 == 0:
        digits //= 10
        zeros -= 1
    return Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), -zeros))


def computed_tpp(rates: Sequence[Rate], stated: Fact[Fraction] | None) -> Fact[Fraction]:
    """The greatest of rate times bit length, and of a stated TPP if there is one.

    A stated TPP may cover a bit length whose rate is not given (32 or 64 bit), so it takes part in
    the maximum; where it is the smaller, it missed a bit length or was rounded, and the note says
    so.
    """
    top = max(rates, key=lambda rate: rate.tpp, default=None)
    if stated is None or stated.value is None or stated.source is None:
        if top is None:
            return Fact(None, reason="neither a dense rate nor a TPP is given")
        return Fact(top.tpp, _from_rates([top.name], top.source))
    if top is None or top.tpp < stated.value:
        return stated
    if top.tpp == stated.value:
        return Fact(top.tpp, _from_rates([top.name], top.source))
    note = f"{floored(stated.value):f} by {stated.source.title or stated.source.id}"
    return Fact(top.tpp, _from_rates([top.name], top.source, note=note))


def _from_rates(names: list[str], source: Source, note: str = "") -> Source:
    return Source(
        "computed",
        title=f"rate x bit length; {source.title or source.id}",
        url=source.url,
        grade=source.grade,
        note=note or source.note,
        assumption=source.assumption,
        computed_from=tuple(names),
    )


def computed_density(
    tpp: Fact[Fraction], die_area_mm2: Fact[Fraction], process_nm: Fact[Fraction]
) -> Fact[Fraction]:
    """TPP over applicable die area; unknown if either is."""
    if tpp.value is None or tpp.source is None:
        return Fact(None, reason=f"TPP is unknown: {tpp.reason}")
    if die_area_mm2.value is None or die_area_mm2.source is None:
        return Fact(None, reason=f"die area is unknown: {die_area_mm2.reason}")
    if process_nm.value is not None and process_nm.value >= LEAST_PLANAR_NM:
        return Fact(None, reason="no die is made on a non-planar process")
    grades = [fact.source.grade for fact in (tpp, die_area_mm2) if fact.source]
    note = die_area_mm2.source.note
    if process_nm.value is None:
        note = f"{note}; " if note else ""
        note += "process not given, the die is counted as non-planar"
    source = Source(
        "computed",
        title="TPP / die area",
        grade=weakest(grade for grade in grades if grade),
        note=note,
        assumption=tpp.source.assumption or die_area_mm2.source.assumption,
        computed_from=("tpp", "die_area_mm2"),
    )
    return Fact(tpp.value / die_area_mm2.value, source)


@dataclass(frozen=True)
class Ratio:
    """How many times one product exceeds another, by one metric. Orders only with its own kind.

    Attributes:
        value: exact.
        metric: what was compared; `6.69` means nothing without it.
        product, other: numerator and denominator.
    """

    value: Fraction
    metric: str
    product: str
    other: str

    def rounded(self, places: int = 2) -> Decimal:
        """To the nearest, half up, for people; never for a rule."""
        return floored(self.value + Fraction(1, 2 * 10**places), places)

    def _same(self, other: Ratio) -> None:
        if self.metric != other.metric:
            raise MetricMismatchError(self.metric, other.metric)

    def __lt__(self, other: Ratio) -> bool:
        self._same(other)
        return self.value < other.value

    def __le__(self, other: Ratio) -> bool:
        self._same(other)
        return self.value <= other.value

    def __gt__(self, other: Ratio) -> bool:
        self._same(other)
        return self.value > other.value

    def __ge__(self, other: Ratio) -> bool:
        self._same(other)
        return self.value >= other.value

    def __str__(self) -> str:
        return f"{self.rounded():.2f} by {self.metric}"
