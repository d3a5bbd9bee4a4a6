"""The H200 episode: totals, both readings, every number with what it rests on."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import runpy
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from interlock.episode import (
    Basis,
    Episode,
    Figure,
    UnknownStageError,
    UnknownVariantError,
    cases,
    load,
)
from interlock.evidence import Grade

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / "episodes" / "h200"
AS_OF = dt.date(2026, 1, 28)


@pytest.fixture(scope="module")
def episode() -> Episode:
    return load(FOLDER)


def by_id(episode: Episode, variant: str, **more: Any) -> dict[str, dict[str, Any]]:
    return {case["id"]: case for case in cases(episode, variant=variant, **more)}


def test_totals_meet_what_is_reported(episode: Episode) -> None:
    assert episode.as_of == AS_OF
    assert sum(line.quantity for line in episode.orders) == 2_080_000
    assert len({line.buyer for line in episode.orders}) == 15
    assert sum(lot.quantity for lot in episode.stock) == 700_000
    assert sum(each.quantity for each in episode.domestic_shipments) == 986_803
    orders = episode.claims["orders-2m"]
    assert orders.value.lower == 2_000_000
    assert max(line.placed_on for line in episode.orders) <= orders.known
    asked = Counter[str]()
    for line in episode.orders:
        asked[line.buyer] += line.quantity
    for firm in ("alibaba", "bytedance"):
        lower = episode.claims[f"{firm}-asked-200k"].value.lower
        assert lower is not None
        assert asked[firm] >= lower


def bases(thing: object, way: str = "episode") -> Iterator[tuple[str, Basis | None, object]]:
    """Every (place, basis, number) of a tree of frozen data; a Figure carries its own basis."""
    if isinstance(thing, Figure):
        yield way, thing.basis, thing.value
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from bases(value, f"{way}.{key}")
    elif isinstance(thing, tuple):
        for index, value in enumerate(thing):
            yield from bases(value, f"{way}[{index}]")
    elif type(thing).__module__ == "interlock.episode.model":
        own = getattr(thing, "basis", None)
        for key, value in vars(thing).items():
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                yield f"{way}.{key}", own, value
            elif key not in ("basis", "product", "claims", "place"):
                yield from bases(value, f"{way}.{key}")


def test_every_number_has_a_source_or_is_an_assumption(episode: Episode) -> None:
    found = list(bases(episode))
    assert len(found) > 300
    for way, basis, _ in found:
        assert basis is not None, way
        assert basis.given, way
        assert all(source in episode.sources for source in basis.sources), way
        assert all(claim in episode.claims for claim in basis.claims), way


def test_r5_reading_a_is_one_quota_with_three_holders(episode: Episode) -> None:
    (licence,) = (each for each in episode.licences_in("group") if each.gate == "import")
    assert licence.holders == ("bytedance", "alibaba", "tencent")
    assert licence.quantity is not None
    assert licence.quantity.value.kind == "at_least"
    assert licence.quantity.amount == 400_000
    assert licence.quantity.basis.assumption
    assert licence.quantity.basis.claims == ("approval-400k",)
    served = [case for case in cases(episode, variant="group") if "import" in case["licence"]]
    assert {case["licence"]["import"]["id"] for case in served} == {"cn-import-group"}
    assert {case["licence"]["import"]["quantity"] for case in served} == {400_000}
    assert {case["buyer"]["id"] for case in served} == set(licence.holders)
    assert episode.sums_in("group") == ()


def test_r5_reading_b_knows_only_the_sum(episode: Episode) -> None:
    licences = [each for each in episode.licences_in("split") if each.gate == "import"]
    assert [each.holders for each in licences] == [("bytedance",), ("alibaba",), ("tencent",)]
    assert all(each.quantity is None for each in licences)
    (total,) = episode.sums_in("split")
    assert total.licences == tuple(each.id for each in licences)
    assert str(total.quantity.value) == "at least 400,000 chip"
    assert total.quantity.basis.assumption
    for case in cases(episode, variant="split"):
        assert "quantity" not in case["licence"].get("import", {})


def test_r1_conditions_are_drafts_that_rest_on_claims(episode: Episode) -> None:
    for licence in episode.licences:
        if licence.gate != "import":
            continue
        assert [(each.kind, each.status) for each in licence.conditions] == [
            ("domestic-ratio", "proposed"),
            ("necessity", "drafted"),
            ("data-centre-use", "drafted"),
        ]
        for condition in licence.conditions:
            assert episode.claims.weakest(condition.basis.claims) in (Grade("B2"), Grade("B3"))
        ratio = licence.conditions[0].parameters["domestic_per_import"]
        assert ratio.value.number == 1
        assert ratio.basis.assumption


def test_a_case_has_the_shape_that_the_law_reads(episode: Episode) -> None:
    case = by_id(episode, "split", stage="shipment")["order-001"]
    assert case["stage"] == "shipment"
    assert case["product"] == {"name": "NVIDIA H200 SXM"}
    assert case["transaction"] == {"kind": "export", "date": AS_OF}
    assert case["order"] == {
        "id": "order-001",
        "destination": "CN",
        "quantity": 8_000,
        "placed_on": dt.date(2025, 12, 9),
        "data_centre_use": True,
        "prohibited_end_use": False,
        "truly_needed": True,
        "unit_price_usd": Decimal(27_000),
        "value_usd": Decimal(216_000_000),
    }
    assert case["exporter"]["headquarters"] == "US"
    assert case["buyer"] == case["end_user"] == case["consignee"]
    assert case["buyer"] == {
        "id": "bytedance",
        "name": "ByteDance",
        "country": "CN",
        "headquarters": "CN",
        "ultimate_parent_country": "CN",
        "owners": [],
    }
    assert case["shipment"] == {
        "origin": "US",
        "test": {
            "on_file": True,
            "lab_country": "US",
            "independent": True,
            "date": dt.date(2026, 1, 27),
        },
    }
    assert case["statement"]["necessity"] is True
    assert case["application"] == {"us_units_shipped": 986_803}
    assert case["supply"] == {"confirmed": True}
    assert case["licence"]["export"]["id"] == "us-export-bytedance"
    assert case["licence"]["export"]["quantity"] == 200_000
    assert case["licence"]["import"]["conditions"][0] == {
        "kind": "domestic-ratio",
        "status": "proposed",
        "asked_by": "cn-authorities",
        "parameters": {"domestic_per_import": 1},
        "claims": ["ratio-proposed", "conditions-attached"],
    }


def test_stated_us_units_are_the_sum_of_the_domestic_shipments(episode: Episode) -> None:
    (stated,) = (fact for fact in episode.facts if fact.name == "application.us_units_shipped")
    assert stated.value.amount == sum(each.quantity for each in episode.domestic_shipments)


def test_r18_a_chinese_firms_site_abroad_and_owners_are_told_apart(episode: Episode) -> None:
    found = {case["buyer"]["id"]: case for case in cases(episode, variant="group")}
    abroad = found["buyer-12"]
    assert abroad["order"]["destination"] == "SG"
    assert abroad["buyer"]["headquarters"] == "SG"
    assert abroad["buyer"]["ultimate_parent_country"] == "CN"
    assert abroad["licence"]["export"]["issued"] is False
    assert "quantity" not in abroad["licence"]["export"]
    shares = [(owner["id"], owner.get("share")) for owner in found["buyer-14"]["buyer"]["owners"]]
    assert shares == [("huawei", Decimal("0.30")), ("ymtc", Decimal("0.25"))]
    (owner,) = found["buyer-15"]["buyer"]["owners"]
    assert owner["id"] == "huawei"
    assert "share" not in owner
    assert found["buyer-07"]["consignee"]["id"] == "integrator-cn"
    assert found["buyer-07"]["forwarder"]["id"] == "carrier-hk"


def test_r8_what_was_known_later_is_not_in_an_earlier_case(episode: Episode) -> None:
    before = by_id(episode, "group", at=dt.date(2026, 1, 27))
    assert all("import" not in case["licence"] for case in before.values())
    assert before["order-001"]["licence"]["export"]["issued"] is True
    earlier = by_id(episode, "group", at=dt.date(2026, 1, 19))
    assert earlier["order-001"]["statement"] == {}
    assert "application" not in earlier["order-001"]
    assert "test" not in earlier["order-001"]["shipment"]
    assert earlier["order-001"]["licence"]["export"]["issued"] is False
    backwards = by_id(episode, "group", at=AS_OF, known=dt.date(2026, 1, 27))
    assert all("import" not in case["licence"] for case in backwards.values())
    assert by_id(episode, "group", at=AS_OF, known=dt.date(2025, 12, 30)) == {}


def test_the_two_readings_differ_in_nothing_but_the_import_licence(episode: Episode) -> None:
    group, split = by_id(episode, "group"), by_id(episode, "split")
    assert list(group) == list(split) == [line.id for line in episode.orders]
    for name, case in group.items():
        other = split[name]
        assert {**case, "licence": None} == {**other, "licence": None}
        assert case["licence"].get("export") == other["licence"].get("export")


def test_an_unknown_variant_or_stage_is_a_typed_error(episode: Episode) -> None:
    with pytest.raises(UnknownVariantError) as caught:
        list(cases(episode, variant="groups"))
    assert caught.value.known == ("group", "split")
    with pytest.raises(UnknownStageError):
        list(cases(episode, variant="group", stage="shipping"))


def test_the_tables_are_what_their_script_writes(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "h200")
    names = ("orders.csv", "stock.csv", "test_reports.csv", "domestic_shipments.csv")
    for name in names:
        (tmp_path / "h200" / name).unlink()
    runpy.run_path(str(tmp_path / "h200" / "make_tables.py"), run_name="__main__")
    for name in names:
        written = hashlib.sha256((tmp_path / "h200" / name).read_bytes()).hexdigest()
        assert written == hashlib.sha256((FOLDER / name).read_bytes()).hexdigest(), name


def test_domestic_shipments_are_derived_from_the_open_data(episode: Episode) -> None:
    with (FOLDER / "data" / "nvidia_units_by_owner.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["chip"] == "H100/H200"]
    ours = {
        (row["owner"], row["start"]): int(row["units_median"])
        for row in rows
        if row["owner"] != "China" and row["start"] >= "2024-10-01"
    }
    found = {
        (each.customer, each.first_day.isoformat()): each.quantity
        for each in episode.domestic_shipments
    }
    assert found == ours
    assert all(each.basis.assumption for each in episode.domestic_shipments)


def test_both_facts_with_two_dates_are_on_file(episode: Episode) -> None:
    rule = dict(episode.claims["us-rule-2026"].about)
    assert rule["announced"] == dt.date(2026, 1, 13)
    assert rule["in_force"] == dt.date(2026, 1, 15)
    state = episode.claims.state(known=AS_OF)
    pairs = [(pair.first, pair.second) for pair in state.unresolved]
    assert pairs == [
        ("us-rule-2026", "us-cleared-early-january"),
        ("customs-not-allowed", "approval-400k"),
    ]
    assert "cap.per-customer" not in state.beliefs
    later = episode.claims.state(known=dt.date(2026, 3, 3))
    best = later.beliefs["cap.per-customer"].best
    assert best is not None
    assert best.value.upper == 75_000
