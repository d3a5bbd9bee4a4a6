"""The vocabulary: one table, roles written out, names of a regime added, one generated page."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from interlock.files import Place
from interlock.law.model import STAGES, Name
from interlock.law.vocabulary import (
    KEY_HOLDERS,
    TYPES,
    Entry,
    bounds,
    read_vocabulary,
    vocabulary,
    vocabulary_page,
)

ROOT = Path(__file__).parents[2]
PLACE = Place("r.yaml", 1, 1)
GWP = Name("product.gwp", "number", "kg", 3, "closed", "supplier", "order", "warming", (), PLACE)


def test_an_entry_says_all_that_the_table_says() -> None:
    assert vocabulary().entry("order.value_usd") == Entry(
        name="order.value_usd",
        type="number",
        unit="USD",
        places=2,
        world="open",
        key="buyer",
        stage="order",
        meaning="price of the whole line",
        values=(),
        low=Decimal("-10000000000000.00"),
        high=Decimal("10000000000000.00"),
    )
    kind = vocabulary().entry("transaction.kind")
    assert kind is not None
    assert kind.values == ("export", "reexport", "transfer", "import")
    assert (kind.low, kind.high) == (None, None)
    assert vocabulary().entry("order.value") is None


def test_r7_papers_that_the_book_keeps_are_of_the_closed_world() -> None:
    closed = {name for name, entry in vocabulary().entries.items() if entry.world == "closed"}
    assert {"statement.necessity", "licence.issued", "shipment.test.on_file"} <= closed
    assert closed.isdisjoint({"product.tpp", "buyer.headquarters", "order.prohibited_end_use"})


def test_r18_words_are_there_from_day_one() -> None:
    words = [
        *("product.datacentre", "product.us_available_since", "product.dram_bandwidth_gbps"),
        *("product.tpp", "product.performance_density", "product.interconnect_gbps"),
        *("transaction.kind", "order.destination", "order.quantity", "shipment.origin"),
        *("party.headquarters", "party.ultimate_parent_country", "broker.id", "forwarder.id"),
        *("product.chips", "product.domestic_equivalence", "use.last_check_on"),
        *("application.referred", "licence.issued_on", "licence.valid_from"),
    ]
    assert [word for word in words if vocabulary().entry(word) is None] == []


def test_roles_have_all_attributes_of_a_party() -> None:
    words = vocabulary()
    assert set(words.roles) == {
        "party",
        "exporter",
        "buyer",
        "consignee",
        "end_user",
        "broker",
        "forwarder",
    }
    attributes = {
        name.removeprefix("buyer.") for name in words.entries if name.startswith("buyer.")
    }
    assert attributes == {
        "id",
        "name",
        "country",
        "headquarters",
        "ultimate_parent_country",
        "screened_on",
    }
    for role in words.roles:
        found = {n.removeprefix(f"{role}.") for n in words.entries if n.startswith(f"{role}.")}
        assert found == attributes
    name = words.entry("forwarder.name")
    assert name is not None
    assert name.meaning == "name of who carries"


def test_nested_things_are_written_with_points() -> None:
    entry = vocabulary().entry("shipment.test.lab_country")
    assert entry is not None
    assert entry.type == "text"
    assert "shipment" in vocabulary().things
    assert "test" not in vocabulary().things


def test_every_entry_is_complete() -> None:
    for name, entry in vocabulary().entries.items():
        assert entry.name == name
        assert entry.type in TYPES
        assert entry.key in KEY_HOLDERS
        assert entry.stage in STAGES
        assert entry.meaning
        assert (entry.unit != "") == (entry.type == "number")
        assert "{" not in entry.meaning


def test_sums_of_bounded_numbers_fit_in_64_bits() -> None:
    for entry in vocabulary().entries.values():
        if entry.high is not None and entry.low is not None:
            scaled = max(entry.high, -entry.low).scaleb(entry.places)
            assert scaled * 9000 < 2**63
    assert bounds(6) == (Decimal(-1000000000), Decimal(1000000000))


def test_events() -> None:
    assert set(vocabulary().events) >= {"licence.issued", "domestic_shipment", "period.opened"}


@pytest.mark.parametrize(
    ("wrong", "mend"),
    [
        ("product.tp", "did you mean 'product.tpp'?"),
        ("product.TPP", "did you mean 'product.tpp'?"),
        ("prodct.tpp", "did you mean 'product.tpp'?"),
        ("buyer.headquarter", "did you mean 'buyer.headquarters'?"),
        ("shipment.test.onfile", "did you mean 'shipment.test.on_file'?"),
    ],
)
def test_near(wrong: str, mend: str) -> None:
    assert vocabulary().near(wrong) == mend


def test_names_of_a_regime_are_added_to_a_copy() -> None:
    words = vocabulary().with_names({"product.gwp": GWP})
    entry = words.entry("product.gwp")
    assert entry is not None
    assert (entry.unit, entry.places, entry.world, entry.key) == ("kg", 3, "closed", "supplier")
    assert entry.high == Decimal(10**12)
    assert vocabulary().entry("product.gwp") is None
    assert words.events == vocabulary().events


def test_a_name_that_is_there_already_is_refused() -> None:
    before = dict(vocabulary().entries)
    with pytest.raises(ValueError, match=r"product\.tpp"):
        vocabulary().with_names({"product.tpp": GWP})
    assert dict(vocabulary().entries) == before


GOOD = """
[thing]
name = {{ {fields} }}
[roles.buyer]
title = "who buys"
[role]
id = {{ type = "text", key = "nobody", stage = "order", meaning = "id of {{role}}" }}
[events]
"licence.issued" = "x"
"""


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ('type = "txt", key = "buyer", stage = "order", meaning = "m"', "did you mean 'text'"),
        ('type = "text", key = "buyr", stage = "order", meaning = "m"', "did you mean 'buyer'"),
        ('type = "text", key = "buyer", stage = "ordr", meaning = "m"', "did you mean 'order'"),
        ('type = "text", key = "buyer", stage = "order", meaning = ""', "a meaning"),
        ('type = "number", key = "buyer", stage = "order", meaning = "m"', "a unit for numbers"),
        ('type = "text", key = "buyer", stage = "order", meaning = "m", zone = 1', "zone"),
    ],
)
def test_a_faulty_table_is_refused(fields: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_vocabulary(GOOD.format(fields=fields))


def test_the_committed_page_is_the_generated_one() -> None:
    page = ROOT / "docs" / "reference" / "vocabulary.md"
    assert page.read_text(encoding="utf-8") == vocabulary_page()


def test_the_page_names_every_entry_and_event() -> None:
    page = vocabulary_page()
    for name in vocabulary().entries:
        role, _, attribute = name.partition(".")
        shown = f"*role*.{attribute}" if role in vocabulary().roles else f"`{name}`"
        assert f"| {shown} |" in page
    for event in vocabulary().events:
        assert f"| `{event}` |" in page
