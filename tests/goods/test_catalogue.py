"""The catalogue: the sample table of the rule, the traps of the data, names."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.evidence import Grade
from interlock.goods import (
    AmbiguousProductError,
    Catalogue,
    ProductNameError,
    UnknownProductError,
    catalogue,
)
from interlock.goods.catalogue import DATA, name_key


@pytest.fixture(scope="module")
def bare() -> Catalogue:
    """The open data alone, without our additions."""
    return Catalogue.load(additions=False)


# (name, whole TPP, GB/s) of REFERENCE-rules section 1.
SAMPLES = [
    ("H200 SXM", 15_832, 4_800),
    ("H100 SXM", 15_832, 3_350),
    ("MI300X", 20_919, 5_300),
    ("MI325X", 20_919, 6_000),
    ("B30A", 28_000, 7_700),
    ("B200", 36_000, 8_000),
    ("B300", 56_000, 8_000),
    ("H20", 2_368, 4_000),
]


@pytest.mark.parametrize(("name", "tpp", "gbps"), SAMPLES)
def test_sample_table_comes_out_exactly(name: str, tpp: int, gbps: int) -> None:
    facts = catalogue().find(name).facts()
    value = facts["product.tpp"]
    assert isinstance(value, Decimal)
    assert int(value) == tpp
    assert facts["product.dram_bandwidth_gbps"] == Decimal(gbps)
    assert facts["product.datacentre"] is True


@pytest.mark.parametrize(
    ("name", "density"),
    [
        ("H200 SXM", "19.449631"),
        ("H100 SXM", "19.449631"),
        ("MI300X", "20.569518"),
        ("MI325X", "20.569518"),
        ("H20", "2.90909"),
    ],
)
def test_density_is_floored_to_six_places(name: str, density: str) -> None:
    assert catalogue().find(name).facts()["product.performance_density"] == Decimal(density)


def test_mi325x_is_not_on_the_open_bound() -> None:
    product = catalogue().find("MI325X")
    assert product.tpp.value == Fraction("2614.9") * 8 == Fraction("20919.2")
    source = product.provenance()["product.tpp"]
    assert source.computed_from == ("int8",)
    assert "MI325X data sheet" in source.title
    assert source.note == "20800 by Machine Learning Hardware"


def test_trap_the_rounded_mi325x_rate_gives_the_file_20918_4(bare: Catalogue) -> None:
    product = bare.find("AMD Instinct MI325X")
    assert product.tpp.value == Fraction("1307.4") * 16 == Fraction("20918.4")
    assert product.tpp.source is not None
    assert product.tpp.source.note == "20800 by Machine Learning Hardware"


@pytest.mark.parametrize("name", ["H200 SXM", "B200", "B300", "Ascend 910B", "Ascend 910C"])
def test_trap_empty_die_size_makes_density_unknown_not_zero(bare: Catalogue, name: str) -> None:
    product = bare.find(name)
    assert product.die_area_mm2.value is None
    assert product.performance_density.value is None
    assert product.performance_density.reason.startswith("die area is unknown")
    assert "product.performance_density" not in product.facts()
    assert "product.performance_density" in product.unknown()


def test_trap_tpp_of_b300_is_by_fp4_and_was_empty_in_the_file(bare: Catalogue) -> None:
    for product in (bare.find("B300"), catalogue().find("B300")):
        assert product.tpp.value == 56_000
        assert product.tpp.source is not None
        assert product.tpp.source.computed_from == ("fp4",)
    fp8 = next(rate for rate in bare.find("B300").rates if rate.name == "fp8")
    assert fp8.tpp == 36_000


def test_trap_int8_twice_fp16_is_dense() -> None:
    rates = {rate.name: rate.tops for rate in catalogue().find("MI300X").rates}
    assert abs(rates["int8"] - 2 * rates["fp16"]) <= Fraction("0.1")
    assert catalogue().find("MI300X").tpp.value == Fraction("20919.2")


def test_trap_8_bit_rate_of_b300_is_fp8_not_the_cut_down_int8() -> None:
    assert catalogue().find("B300").metric("rate_8bit").value == 4_500


def test_a_stated_tpp_counts_for_bit_lengths_that_the_file_lacks(bare: Catalogue) -> None:
    product = bare.find("NVIDIA TITAN Xp")  # its FP32 rate is not in the file
    assert product.tpp.value == Fraction("388.8")
    assert product.tpp.source is not None
    assert product.tpp.source.id == "epoch-ml-hardware"


def test_no_product_has_a_metric_of_zero_or_below() -> None:
    for product in catalogue():
        for name in ("tpp", "performance_density", "dram_bandwidth_gbps"):
            value = product.metric(name).value
            assert value is None or value > 0, (product.name, name)


def test_every_rate_of_the_file_is_exact_and_every_tpp_the_maximum(bare: Catalogue) -> None:
    with (DATA / "chips.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(bare) == 141
    bits = {"fp16_dense_flop_s": 16, "fp8_dense_flop_s": 8, "fp4_dense_flop_s": 4, "int8_op_s": 8}
    for row in rows:
        given_values = [Fraction(Decimal(row[key])) * bit for key, bit in bits.items() if row[key]]
        if row["tpp_bitop_s"]:
            given_values.append(Fraction(Decimal(row["tpp_bitop_s"])))
        expected = max(given_values) / 10**12 if given_values else None
        assert bare.find(row["name"]).tpp.value == expected, row["name"]


def test_unknown_stays_unknown_with_a_reason() -> None:
    product = catalogue().find("Intel Habana GAUDI HL-205")
    assert product.facts() == {
        "product.name": "Intel Habana GAUDI HL-205",
        "product.maker": "Intel",
        "product.datacentre": True,
        "product.chips": 1,
    }
    assert all(product.unknown().values())
    assert set(product.unknown()) == {
        "product.tpp",
        "product.performance_density",
        "product.dram_bandwidth_gbps",
        "product.interconnect_gbps",
        "product.us_available_since",
    }


def test_r18_facts_bear_the_names_of_the_vocabulary() -> None:
    assert catalogue().find("H200").facts() == {
        "product.name": "NVIDIA H200 SXM",
        "product.maker": "NVIDIA",
        "product.tpp": Decimal(15_832),
        "product.performance_density": Decimal("19.449631"),
        "product.dram_bandwidth_gbps": Decimal(4_800),
        "product.interconnect_gbps": Decimal(900),
        "product.datacentre": True,
        "product.us_available_since": dt.date(2024, 11, 18),
        "product.chips": 1,
    }


def test_every_fact_has_a_source_and_every_unknown_a_reason() -> None:
    for product in catalogue():
        facts, sources, unknown = product.facts(), product.provenance(), product.unknown()
        assert set(facts) - {"product.name"} == set(sources)
        assert not set(facts) & set(unknown)
        assert all(source.title for source in sources.values())


def test_r13_a_computed_metric_carries_the_weakest_grade_of_its_parts() -> None:
    sources = catalogue().find("H200").provenance()
    assert sources["product.tpp"].grade == Grade("B2")
    assert sources["product.performance_density"].grade == Grade("B2")
    assert sources["product.performance_density"].computed_from == ("tpp", "die_area_mm2")
    assert catalogue().find("B30A").provenance()["product.tpp"].grade == Grade("C3")


def test_rtx_4090_is_not_for_data_centres() -> None:
    product = catalogue().find("RTX 4090")
    assert product.datacentre.value is False
    assert product.tpp.value == Fraction("5284.8")


def test_interconnects_of_the_2022_vintage() -> None:
    found = {
        name: catalogue().find(name).interconnect_gbps.value
        for name in ("A100", "NVIDIA A800 SXM", "H100 SXM", "H800")
    }
    assert found == {"A100": 600, "NVIDIA A800 SXM": 400, "H100 SXM": 900, "H800": 400}


def test_r18_a_board_holds_eight_chips_with_the_metrics_of_one() -> None:
    board, chip = catalogue().find("HGX H200"), catalogue().find("H200")
    assert board.chips.value == 8
    assert board.tpp.value == chip.tpp.value
    assert board.dram_bandwidth_gbps.value == chip.dram_bandwidth_gbps.value


@pytest.mark.parametrize(
    "name",
    ["H200", "h200", "H200 SXM", "h200-sxm", " nvidia  H200_SXM ", "NVIDIA H200 SXM", "H200SXM"],
)
def test_a_name_is_found_whatever_its_case_and_hyphens(name: str) -> None:
    assert catalogue().find(name).name == "NVIDIA H200 SXM"


def test_a_name_is_found_whatever_its_blanks_and_stays_ambiguous_where_it_was() -> None:
    assert catalogue().find("A100 SXM4 80GB").name == "NVIDIA A100 SXM4 80 GB"
    assert catalogue().find("MI 300X").name == "AMD Instinct MI300X"
    for name in ("H 100", "H200 NVL"):  # no form named, and a form that is not on file
        with pytest.raises(ProductNameError):
            catalogue().find(name)


@given(st.sampled_from([product.name for product in catalogue()]))
def test_every_full_name_finds_its_product(name: str) -> None:
    assert catalogue().find(name).name == name
    assert catalogue().find(name.swapcase().replace(" ", "  ")).name == name


def test_every_alias_leads_to_its_product_or_is_ambiguous() -> None:
    for product in catalogue():
        for alias in product.aliases:
            try:
                meant: tuple[str, ...] = (catalogue().find(alias).name,)
            except AmbiguousProductError as error:
                meant = error.candidates
            assert product.name in meant


def test_an_ambiguous_name_is_refused_with_the_candidates() -> None:
    with pytest.raises(AmbiguousProductError) as caught:
        catalogue().find("H100")
    assert caught.value.name == "H100"
    assert set(caught.value.candidates) == {
        "NVIDIA H100 NVL",
        "NVIDIA H100 PCIe",
        "NVIDIA H100 SXM5 80GB",
    }


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownProductError) as caught:
        catalogue().find("H2000")
    assert "NVIDIA H200 SXM" in caught.value.candidates
    with pytest.raises(UnknownProductError) as caught:
        catalogue().find("")
    assert caught.value.candidates == ()


@given(st.text(max_size=12))
def test_any_text_finds_a_product_or_is_refused(name: str) -> None:
    asked: str | None = None
    names: set[str] = set()
    try:
        found = catalogue().find(name)
        names = {name_key(each) for each in (found.name, *found.aliases)}
    except (UnknownProductError, AmbiguousProductError) as error:
        asked = error.name
    assert asked == name or name_key(name) in names


CORPUS = Path(__file__).parents[1] / "bad" / "goods"
TABLES = sorted(CORPUS.glob("*.csv"))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_bad_table_gives_exactly_its_faults(path: Path, tmp_path: Path) -> None:
    from interlock.files import BadInputError

    for good in DATA.glob("*.csv"):
        shutil.copy(good, tmp_path)
    kind = path.name.partition("-")[0]
    shutil.copy(path, tmp_path / f"{kind}.csv")
    with pytest.raises(BadInputError) as caught:
        Catalogue.load(tmp_path, additions=kind != "chips")
    expected = path.with_suffix(".expect").read_text(encoding="utf-8").splitlines()
    assert [str(fault) for fault in caught.value.faults] == expected


def test_the_corpus_of_tables_is_complete() -> None:
    assert len(TABLES) >= 30
    assert all(path.with_suffix(".expect").exists() for path in TABLES)
