"""What a law looks at to decide, and that nothing else makes a difference."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from law_kit import DAY, decide, load

LAW = load(
    """
facts:
  large:
    says: More than a hundred.
    cases:
      - {when: order.quantity > 100, is: true}
      - {is: false}
    source: act
  told:
    says: Nobody asks for it.
    cases:
      - {when: order.value_usd > 1000, is: true}
      - {is: false}
    source: act
rules:
  small-only: {says: No more than a hundred., stage: order, require: "!large", source: act}
accounts:
  quota:
    says: A quota in value.
    per: [buyer]
    unit: USD
    places: 2
    credit: {on: licence.issued, amount: licence.value_usd}
    draw: {reserve: allocation, post: shipment, factor: order.unit_price_usd}
    source: act
"""
)
READ = {"order.quantity", "order.unit_price_usd", "buyer.id", "licence.export.value_usd"}


def test_it_reads_through_what_it_derives_and_through_accounts() -> None:
    (regime,) = LAW.law(DAY).regimes
    assert set(regime.reads) == READ


@given(
    quantity=st.integers(1, 200), price=st.integers(1, 30),
    first=st.integers(0, 5000), second=st.integers(0, 5000),
)  # fmt: skip
def test_what_it_does_not_read_changes_no_verdict_and_no_leg(
    quantity: int, price: int, first: int, second: int
) -> None:
    def of(value: int) -> Any:
        order = {"quantity": quantity, "unit_price_usd": Decimal(price), "value_usd": value}
        case = {"order": order, "buyer": {"id": "b", "name": "B"}}
        return decide(LAW, case, accounts={"small/quota?buyer=b": 100})

    one, other = of(first), of(second)
    assert (one.verdict, one.legs, one.max_quantity) == (
        other.verdict, other.legs, other.max_quantity,
    )  # fmt: skip
    assert one.facts["told"] == str(first > 1000).lower() or one.facts["told"] is (first > 1000)
