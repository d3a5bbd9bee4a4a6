"""Orders that the law cannot tell apart are decided once; the others never share a decision."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import NOW
from hypothesis import given, settings
from hypothesis import strategies as st
from trade_kit import Trade

from interlock.book import law
from interlock.book.cases import Cases
from interlock.book.models import Order
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import Alike, LedgerStates, decide, decide_facts

if TYPE_CHECKING:
    from interlock.law.deciding.decision import Decision

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def counted() -> tuple[Alike, list[Decision]]:
    """The decisions that are made, as they are made."""
    return Alike(law.law_on(TODAY, TODAY)), []


def ask(alike: Alike, made: list[Decision], order: Order, states: LedgerStates) -> Decision:
    facts = Cases(TODAY).order(order, "allocation")

    def one() -> Decision:
        made.append(
            decide_facts(facts, "allocation", at=TODAY, known=TODAY, states=states, reasons=False)
        )
        return made[-1]

    return alike.decided(facts, one)


ORDERS = st.fixed_dictionaries(
    {
        "quantity": st.integers(1, 30_000),
        "unit_price_usd": st.sampled_from([None, Decimal(20_000), Decimal(30_000)]),
        "placed_on": st.sampled_from([dt.date(2026, 2, 1), dt.date(2026, 2, 9)]),
        "destination": st.sampled_from(["CN", "US", "KP"]),
        "data_centre_use": st.sampled_from([None, True, False]),
        "buyer_id": st.sampled_from(["bytedance", "tencent"]),
        "facts": st.sampled_from(
            [{}, {"order": {"prohibited_end_use": False}}, {"order": {"truly_needed": True}}]
        ),
    }
)


def test_an_order_decided_like_another_is_decided_as_by_itself() -> None:
    Trade().statement()

    @settings(max_examples=15, deadline=None)
    @given(rows=st.lists(ORDERS, min_size=2, max_size=8))
    def hold(rows: list[dict[str, Any]]) -> None:
        same_as_alone(rows)

    hold()


def same_as_alone(rows: list[dict[str, Any]]) -> None:
    alike, made = counted()
    states = LedgerStates(ledger(), NOW)
    for number, row in enumerate(rows):
        order = Order(
            id=f"o-{number}", supplier_id="nvidia", product_id="h200-sxm", origin="US",
            state="confirmed", made_at=NOW, changed_at=NOW, **row,
        )  # fmt: skip
        found = ask(alike, made, order, states)
        alone = decide(ledger(), order, "allocation", at=TODAY, known=TODAY, now=NOW, reasons=False)
        assert (found.verdict, found.if_agreed, found.legs) == (
            alone.verdict, alone.if_agreed, alone.legs,
        )  # fmt: skip
        assert [(x.item, x.outcome) for x in found.findings] == [
            (x.item, x.outcome) for x in alone.findings
        ]
    assert len(made) <= len(rows)


def test_what_the_law_does_not_read_makes_no_other_decision() -> None:
    world = Trade()
    alike, made = counted()
    states = LedgerStates(ledger(), NOW)
    for number, quantity in enumerate((10, 20, 30)):
        ask(alike, made, world.confirmed(f"o-{number}", quantity), states)
    assert len(made) == 1
    ask(alike, made, world.confirmed("o-other", 10, data_centre_use=False), states)
    assert len(made) == 2
    alike.forget()
    ask(alike, made, world.confirmed("o-again", 10), states)
    assert len(made) == 3
