"""A cap that is first set after its holder drew: it counts what was drawn, and nothing twice."""

from __future__ import annotations

from typing import Any

import pytest
from customs_kit import Harbour
from licensing_kit import QUOTA, desk_law

from interlock.book.errors import MoveError
from interlock.book.models import Allocation, Licence, Order
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import decide

CAP = "desk/holder-cap?licence=L-1&buyer=bytedance"


@pytest.fixture
def port(db: None, settings: Any) -> Harbour:
    """A licence of 1,000 for two holders; of 100 promised to one, 60 have left and 40 are in."""
    desk_law(settings)
    made = Harbour()
    made.licence(quantity=1000, holders=("bytedance", "tencent"))
    made.sent(quantity=100)
    made.let_in(quantity=40)
    return made


def amend(port: Harbour, *caps: int | None, **more: Any) -> Any:
    """Two officers give the holders these caps."""
    holders = [{"party": x, "cap": y} for x, y in zip(("bytedance", "tencent"), caps, strict=True)]
    port.do(
        port.cn_officer, "licence.propose_amendment", "L-1", holders=holders, reason="x", **more
    )
    return port.do(port.cn_second, "licence.amend", "L-1", reason="x")


def counts(port: Harbour, account: str) -> tuple[int, int, int, int]:
    """Granted, reserved, posted, headroom."""
    found = ledger().counters(account, now=port.now)
    return found.credits_posted, found.debits_pending, found.debits_posted, found.headroom


def most(port: Harbour, order: Any) -> int | None:
    """How much of an order passes now."""
    day = port.now.date()
    return decide(ledger(), order, "allocation", at=day, known=day, now=port.now).max_quantity


def test_a_first_cap_counts_what_was_drawn_and_is_not_set_below_it(port: Harbour) -> None:
    assert counts(port, f"{QUOTA}L-1") == (1000, 60, 40, 900)
    with pytest.raises(MoveError) as caught:
        amend(port, 99, None)
    assert "would have 99 for bytedance, and it has drawn and reserved 100" in str(caught.value)
    assert ledger().account(CAP) is None
    assert Licence.objects.get(pk="L-1").holders.get(party="bytedance").cap is None
    port.do(port.cn_officer, "licence.drop_amendment", "L-1", reason="too low")
    amend(port, 150, 150)
    assert counts(port, CAP) == (150, 0, 100, 50)
    assert counts(port, CAP.replace("bytedance", "tencent")) == (150, 0, 0, 150)
    assert counts(port, f"{QUOTA}L-1") == (1000, 60, 40, 900)
    assert most(port, port.order("o-2", 200)) == 50
    assert ledger().verify() is None


def test_what_the_cap_counts_goes_on_its_way_and_is_counted_once(port: Harbour) -> None:
    amend(port, 100, None)
    assert counts(port, CAP) == (100, 0, 100, 0)
    port.let_in("e-2", 20)  # no headroom is left, and what it counts is room for itself
    assert counts(port, CAP) == (100, 0, 100, 0)
    assert counts(port, f"{QUOTA}L-1") == (1000, 40, 60, 900)
    assert most(port, port.order("o-2", 200)) == 0
    assert ledger().verify() is None


def test_what_is_given_up_or_comes_back_is_taken_off_the_cap_as_the_law_restores_it(
    port: Harbour,
) -> None:
    amend(port, 150, None)
    Order.objects.update(allocated=100, shipped=60)  # the kit sends without counting
    promised = Allocation.objects.get()
    port.do(port.buyer, "allocation.void", promised.pk, quantity=40, reason="less is needed")
    assert counts(port, CAP) == (150, 0, 60, 90)
    # Units that come back restore the quota; the law does not say so of the cap.
    port.do(
        port.customs, "entry.return", "e-1", quantity=10, way="returned_to_exporter", reason="x"
    )
    assert counts(port, f"{QUOTA}L-1") == (1000, 20, 30, 950)
    assert counts(port, CAP) == (150, 0, 60, 90)
    assert ledger().verify() is None


def test_a_cap_set_again_counts_what_was_drawn_while_there_was_none(port: Harbour) -> None:
    amend(port, 150, None)
    amend(port, None, None)
    port.promise(port.order("o-2", 30), 30)
    with pytest.raises(MoveError, match="has drawn and reserved 30"):
        amend(port, 129, None)
    port.do(port.cn_officer, "licence.drop_amendment", "L-1", reason="too low")
    amend(port, 130, None)
    assert counts(port, CAP) == (130, 0, 130, 0)
    amend(port, 200, None)
    assert counts(port, CAP) == (200, 0, 130, 70)
    amend(port, None, None)
    port.promise(port.order("o-3", 5), 5)
    with pytest.raises(MoveError, match="has drawn and reserved 5 "):
        amend(port, 130, None)  # the account itself stands at 130 still
    assert ledger().verify() is None
