"""The figures that are typed into the scenarios are those of the data that they name."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from lab_kit import ROOT

from interlock.evidence import load_claims
from interlock.lab import load

if TYPE_CHECKING:
    from pathlib import Path

SCENARIOS, EPISODE = ROOT / "scenarios", ROOT / "episodes/h200"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_was_sold_at_home_is_the_sum_of_the_owners_medians() -> None:
    shipped = table(EPISODE / "domestic_shipments.csv")  # from the owners' data, by another test
    total = sum(int(row["quantity"]) for row in shipped)
    scenario = load(SCENARIOS / "h200.yaml")
    assert scenario.supply["sold-at-home-before"].quantity.fixed == total
    assert scenario.case["application"]["us_units_shipped"] == total


def test_the_end_of_production_is_the_last_quarter_of_the_data() -> None:
    rows = table(SCENARIOS / "data/nvidia_units_by_quarter.csv")
    last = next(x for x in rows if x["chip"] == "H100" and x["start"] == "2025-10-01")
    note = load(SCENARIOS / "h200.yaml").supply["production"].rests.note
    assert f"fell to {int(last['units_median']):,} in the last quarter of 2025" in note


def test_the_price_of_an_h200_is_that_of_its_claim() -> None:
    """The data on prices have no H200; it is as dear as the dearest H100 of 2025 in them."""
    (claim,) = (x for x in load_claims(EPISODE / "claims.yaml").claims if x.id == "price-27k")
    price = load(SCENARIOS / "h200.yaml").products["h200"].price_usd
    assert "27,000 dollars" in claim.text
    assert price == 27_000
    prices = table(SCENARIOS / "data/nvidia_prices.csv")
    assert "H200" not in {row["chip"] for row in prices}
    (h100,) = (x for x in prices if (x["chip"], x["year"]) == ("H100", "2025"))
    assert price == float(h100["usd_high"])


def test_the_price_of_an_h20_is_the_middle_of_its_band() -> None:
    h20 = load(SCENARIOS / "validation/h20.yaml").products["h20"]
    prices = table(SCENARIOS / "data/nvidia_prices.csv")
    (band,) = (x for x in prices if (x["chip"], x["year"]) == ("H20", "2025"))
    assert h20.price_usd == (int(band["usd_low"]) + int(band["usd_high"])) / 2
