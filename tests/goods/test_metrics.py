"""Exact arithmetic: flooring, ratios that keep their metric, what combines to what."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.goods import (
    Fact,
    MetricMismatchError,
    Rate,
    Source,
    UnknownMetricError,
    catalogue,
    floored,
    ratio,
)
from interlock.goods.metrics import computed_density, computed_tpp

SOURCE = Source("test", "A test")
positive = st.fractions(min_value=Fraction(1, 1000), max_value=10**6)


@given(st.fractions(min_value=-(10**9), max_value=10**9))
def test_floored_is_the_greatest_six_place_decimal_not_above(number: Fraction) -> None:
    down = Fraction(floored(number))
    assert down <= number < down + Fraction(1, 10**6)
    assert (down * 10**6).denominator == 1


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (Fraction(15_832), "15832"),
        (Fraction(32, 11), "2.90909"),
        (Fraction("20999.9999999"), "20999.999999"),
        (Fraction(0), "0"),
        (Fraction(1, 10**7), "0"),
    ],
)
def test_floored_is_written_without_trailing_zeros(number: Fraction, shown: str) -> None:
    assert f"{floored(number):f}" == shown


@given(st.lists(st.tuples(st.sampled_from([4, 8, 16, 32, 64]), positive), min_size=1, max_size=6))
def test_tpp_is_the_maximum_over_bit_lengths(pairs: list[tuple[int, Fraction]]) -> None:
    rates = [Rate(f"fp{bits}", bits, tops, SOURCE) for bits, tops in pairs]
    assert computed_tpp(rates, None).value == max(bits * tops for bits, tops in pairs)


@given(positive, positive)
def test_density_times_area_is_tpp(tpp: Fraction, area: Fraction) -> None:
    unknown: Fact[Fraction] = Fact(None, reason="not given")
    density = computed_density(Fact(tpp, SOURCE), Fact(area, SOURCE), unknown)
    assert density.value is not None
    assert density.value * area == tpp
    assert density.source is not None
    assert "counted as non-planar" in density.source.note


def test_planar_dies_have_no_applicable_area() -> None:
    density = computed_density(
        Fact(Fraction(100), SOURCE), Fact(Fraction(100), SOURCE), Fact(Fraction(28), SOURCE)
    )
    assert density.value is None
    assert density.reason == "no die is made on a non-planar process"


def test_nothing_given_is_unknown_not_zero() -> None:
    assert computed_tpp([], None).value is None
    with pytest.raises(ValueError, match="reason why it is unknown"):
        Fact(None)
    with pytest.raises(ValueError, match="value with a source"):
        Fact(1)


@pytest.mark.parametrize(
    ("product", "other", "metric", "rounded"),
    [
        ("H200", "H20", "tpp", "6.69"),
        ("H200", "H20", "rate_8bit", "6.69"),
        ("H200", "H20", "dram_bandwidth_gbps", "1.20"),
        ("H200", "910C", "tpp", "1.24"),
        ("H200", "910C", "dram_bandwidth_gbps", "1.50"),
        ("B300", "H200", "rate_8bit", "2.27"),
        ("B300", "H200", "tpp", "3.54"),
        ("H100 SXM", "H20", "tpp", "6.69"),
    ],
)
def test_a_ratio_carries_its_metric(product: str, other: str, metric: str, rounded: str) -> None:
    found = ratio(catalogue().find(product), catalogue().find(other), metric)
    assert found.metric == metric
    assert found.rounded() == Decimal(rounded)
    assert str(found) == f"{rounded} by {metric}"


def test_h200_to_h20_is_exact() -> None:
    h200, h20 = catalogue().find("H200"), catalogue().find("H20")
    assert ratio(h200, h20, "tpp").value == Fraction(15_832, 2_368)
    assert ratio(h200, h20, "dram_bandwidth_gbps").value == Fraction(6, 5)


def test_trap_ratios_of_different_metrics_do_not_compare() -> None:
    h200, h20 = catalogue().find("H200"), catalogue().find("H20")
    by_tpp = ratio(h200, h20, "tpp")
    by_bandwidth = ratio(h200, h20, "dram_bandwidth_gbps")
    for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
        with pytest.raises(MetricMismatchError) as caught:
            getattr(by_tpp, compare)(by_bandwidth)
        assert caught.value.metrics == ("tpp", "dram_bandwidth_gbps")
    assert by_tpp != by_bandwidth
    assert by_tpp > ratio(h20, h200, "tpp")
    again = ratio(h200, h20, "tpp")
    assert ratio(h20, h200, "tpp") < by_tpp <= again
    assert by_tpp >= again


def test_a_ratio_of_something_unknown_is_an_error_with_the_reason() -> None:
    h200, b200 = catalogue().find("H200"), catalogue().find("B200")
    with pytest.raises(UnknownMetricError) as caught:
        ratio(h200, b200, "performance_density")
    assert caught.value.product == "NVIDIA B200"
    assert caught.value.reason.startswith("die area is unknown")
    with pytest.raises(UnknownMetricError) as caught:
        ratio(h200, b200, "rate_4bit")
    assert caught.value.product == "NVIDIA H200 SXM"
    with pytest.raises(UnknownMetricError, match="no such metric"):
        ratio(h200, b200, "speed")
