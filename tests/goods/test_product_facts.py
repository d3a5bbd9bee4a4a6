"""Products given with a case: by name, by metrics alone, by rates."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.files import BadInputError, Place
from interlock.goods import floored, product_from_facts

CORPUS = Path(__file__).parents[1] / "bad" / "goods"
FILES = sorted(CORPUS.glob("facts-*.json"))


def test_by_name_is_the_catalogues_product() -> None:
    product = product_from_facts({"name": "h200"})
    assert product.name == "NVIDIA H200 SXM"
    assert product.tpp.value == 15_832


def test_by_metrics_alone_nothing_else_is_known() -> None:
    product = product_from_facts({"tpp": 15832, "dram_bandwidth_gbps": Decimal("4800.5")})
    assert product.facts() == {
        "product.tpp": Decimal(15_832),
        "product.dram_bandwidth_gbps": Decimal("4800.5"),
        "product.chips": 1,
    }
    assert product.provenance()["product.tpp"].id == "given"
    assert product.unknown()["product.performance_density"].startswith("die area is unknown")


def test_by_rates_the_metrics_are_computed() -> None:
    product = product_from_facts(
        {"rates": {"fp16": 900.5, "fp8": 1979, "int4": Decimal("100")}, "die_area_mm2": 814}
    )
    assert product.tpp.value == 15_832
    assert product.performance_density.value == Fraction(15_832, 814)
    assert product.provenance()["product.tpp"].computed_from == ("fp8",)


def test_a_float_counts_as_the_decimal_it_is_written_as() -> None:
    assert product_from_facts({"tpp": 20919.2}).tpp.value == Fraction("20919.2")


def test_what_the_case_states_wins_figure_by_figure() -> None:
    product = product_from_facts({"name": "H200", "dram_bandwidth_gbps": 4000})
    assert product.dram_bandwidth_gbps.value == 4_000
    assert product.tpp.value == 15_832
    assert product.provenance()["product.dram_bandwidth_gbps"].id == "given"
    assert product.provenance()["product.tpp"].id == "computed"


def test_a_given_tpp_carries_the_density_with_it() -> None:
    product = product_from_facts({"name": "H20", "tpp": 4884})
    assert product.tpp.value == 4_884
    assert product.performance_density.value == 6


def test_given_rates_replace_the_catalogues() -> None:
    product = product_from_facts({"name": "H200", "rates": {"fp8": 100}})
    assert product.tpp.value == 800


def test_an_unknown_name_with_metrics_is_a_product_of_its_own() -> None:
    product = product_from_facts({"name": "X1", "maker": "Someone", "tpp": 5})
    assert product.facts() == {
        "product.name": "X1",
        "product.maker": "Someone",
        "product.tpp": Decimal(5),
        "product.chips": 1,
    }


def test_other_facts_and_none() -> None:
    product = product_from_facts(
        {
            "tpp": 1,
            "datacentre": False,
            "us_available_since": "2026-01-15",
            "chips": 8,
            "interconnect_gbps": 0,
            "performance_density": None,
            "eccn": "3A090.a",
        }
    )
    assert product.facts() == {
        "product.tpp": Decimal(1),
        "product.interconnect_gbps": Decimal(0),
        "product.datacentre": False,
        "product.us_available_since": dt.date(2026, 1, 15),
        "product.chips": 8,
    }


def test_a_printed_density_may_be_rounded_to_one_place() -> None:
    product = product_from_facts({"tpp": 2368, "die_area_mm2": 814, "performance_density": 2.9})
    assert product.facts()["product.performance_density"] == Decimal("2.9")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("1e999")])
def test_numbers_that_are_none_are_refused(value: object) -> None:
    with pytest.raises(BadInputError, match="not a number"):
        product_from_facts({"tpp": value})


def test_the_place_is_the_callers() -> None:
    with pytest.raises(BadInputError) as caught:
        product_from_facts({"name": "H100"}, place=Place("facts.jsonl", 7, 3))
    (fault,) = caught.value.faults
    assert fault.place == Place("facts.jsonl", 7, 3)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bad_facts_give_exactly_their_faults(path: Path) -> None:
    facts = json.loads(path.read_text(encoding="utf-8"))
    with pytest.raises(BadInputError) as caught:
        product_from_facts(facts, place=Place(path.name, 1, 1))
    expected = path.with_suffix(".expect").read_text(encoding="utf-8").splitlines()
    assert [str(fault) for fault in caught.value.faults] == expected


def test_the_corpus_is_complete() -> None:
    assert len(FILES) >= 29
    endings = {path.stem for path in CORPUS.glob("*.expect")}
    assert endings == {path.stem for path in CORPUS.iterdir() if path.suffix != ".expect"}


amounts = st.fractions(min_value=0, max_value=10**6)


@given(amounts, amounts)
def test_given_metrics_come_out_floored(tpp: Fraction, gbps: Fraction) -> None:
    facts = product_from_facts({"tpp": tpp, "dram_bandwidth_gbps": gbps}).facts()
    assert facts["product.tpp"] == floored(tpp)
    assert facts["product.dram_bandwidth_gbps"] == floored(gbps)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)
KEYS = st.sampled_from(
    ["name", "tpp", "rates", "die_area_mm2", "datacentre", "chips", "us_available_since", "maker"]
)


@given(st.dictionaries(KEYS | st.text(max_size=4), anything, max_size=5))
def test_any_facts_are_read_or_refused_and_nothing_else(facts: dict[str, object]) -> None:
    faults: tuple[object, ...] = ()
    known: dict[str, object] = {}
    try:
        known = dict(product_from_facts(facts).facts())
    except BadInputError as error:
        faults = error.faults
    assert bool(faults) != bool(known)
