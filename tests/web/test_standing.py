"""The overview's sums: every open order counts, by the decision that it would get alone."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN, NOW, actor
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st
from trade_kit import Trade

from interlock.book import counts, jobs
from interlock.book.models import Counted, Order, OrderCount, Party
from interlock.book.rights import visible
from interlock.book.selectors.stuck import decision_of
from interlock.web.standing import GATES, Asked, Standing, _parts, standing, totals

if TYPE_CHECKING:
    from web_kit import Pages

    from interlock.book.rights import Actor

TODAY = NOW.date()


@pytest.fixture
def trade(db: None) -> Trade:
    """Orders that differ in quantity, state, facts and buyer, over accounts that bind some."""
    world = Trade(stock=3_000, us=5_000, cn=1_200)
    world.statement()
    for number, quantity in enumerate((10, 900, 1_100, 1_300, 2_900, 3_100, 40_000)):
        world.order(f"o-{number}", quantity)
        if number % 2:
            world.do(world.allocator, "order.confirm", f"o-{number}")
    world.order("o-kept", 5, facts={"order": {"prohibited_end_use": True}})
    world.order("o-bare", 7, facts={})
    world.do(world.rival, "order.place", id="o-rival", buyer="tencent", supplier="nvidia",
             product="h200-sxm", quantity=100, destination="CN", origin="US")  # fmt: skip
    world.order("o-gone", 50)
    world.do(world.buyer, "order.cancel", "o-gone", reason="not wanted")
    return world


def one_by_one(who: Actor, at: dt.date) -> dict[str, dict[str, int]]:
    """The same sums by deciding each order by itself."""
    found = {gate: {"open": 0, "unknown": 0, "shut": 0} for gate in GATES}
    for order in visible(who, Order).filter(state__in=counts.OPEN):
        told = decision_of(who, order.pk, "allocation", now=NOW, at=at, known=TODAY)
        for gate in told["gates"]:
            found[gate["gate"]][gate["verdict"]] += order.quantity
    return found


def summed(found: Standing) -> dict[str, dict[str, int]]:
    rows = {row["gate"]: row for row in totals(found.groups)}
    return {
        gate: {name: rows.get(gate, {}).get(name, 0) for name in ("open", "unknown", "shut")}
        for gate in GATES
    }


@pytest.mark.parametrize("at", [TODAY, dt.date(2026, 1, 14), dt.date(2026, 3, 1)])
def test_the_sums_are_those_of_every_order_decided_by_itself(trade: Trade, at: dt.date) -> None:
    for who in (trade.officer, trade.cn_officer, trade.supplier, trade.buyer, trade.rival):
        found = standing(who, Asked(at, TODAY), NOW)
        alone = one_by_one(who, at)
        assert summed(found) == alone, who.name
    whole = standing(trade.officer, Asked(at, TODAY), NOW)
    assert (whole.total("orders"), whole.total("asked")) == (10, 49_422)


class ByQuantity:
    """Decides by an order's quantity alone, in any way, and counts how often it is asked."""

    def __init__(self, levels: list[int], *, reads_quantity: bool) -> None:
        self.levels, self.reads_quantity, self.asked = levels, reads_quantity, 0

    def of(self, pk: str) -> tuple[Any, Any]:
        """The level of a quantity."""
        self.asked += 1
        level = self.levels[int(pk) % len(self.levels)]
        return level, level


SIZES = st.lists(
    st.tuples(st.integers(1, 500), st.integers(1, 9)),
    min_size=1, max_size=60, unique_by=lambda one: one[0],
)  # fmt: skip


def likes_of(sizes: list[tuple[int, int]]) -> counts.Likes:
    return counts.Likes(
        "b", "s", "p", "CN", 0, 0, 0, 0, 0, str(sizes[0][0]), TODAY,
        tuple((size, number, str(size)) for size, number in sizes),
    )  # fmt: skip


@given(SIZES, st.lists(st.integers(0, 2), min_size=1, max_size=9))
def test_where_the_law_reads_it_a_group_is_decided_at_each_of_its_quantities(
    sizes: list[tuple[int, int]], levels: list[int]
) -> None:
    sizes.sort()
    decider: Any = ByQuantity(levels, reads_quantity=True)
    found: dict[int, list[int]] = {}
    for part in _parts(decider, likes_of(sizes)):
        orders, asked = found.get(part.decision, (0, 0))  # type: ignore[call-overload]
        found[part.decision] = [orders + part.orders, asked + part.asked]  # type: ignore[index]
    alone: dict[int, list[int]] = {}
    for size, number in sizes:
        level = levels[size % len(levels)]
        orders, asked = alone.get(level, (0, 0))
        alone[level] = [orders + number, asked + size * number]
    assert found == alone
    assert decider.asked == len(sizes)


@given(SIZES)
def test_where_the_law_does_not_read_it_a_group_is_decided_once(
    sizes: list[tuple[int, int]],
) -> None:
    decider: Any = ByQuantity([0], reads_quantity=False)
    (part,) = _parts(decider, likes_of(sorted(sizes)))
    assert part.orders == sum(number for _, number in sizes)
    assert part.asked == sum(size * number for size, number in sizes)
    assert decider.asked == 1


def test_a_firm_counts_its_own_orders_alone(trade: Trade) -> None:
    assert standing(trade.rival, Asked(TODAY, TODAY), NOW).total("asked") == 100
    assert standing(trade.buyer, Asked(TODAY, TODAY), NOW).total("asked") == 49_322
    assert standing(trade.supplier, Asked(TODAY, TODAY), NOW).total("asked") == 49_422


def test_a_large_book_is_shown_as_a_job_counted_it_and_says_when(
    pages: Pages, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REQUIRE_MFA = False
    cache.clear()
    world = pages.world
    monkeypatch.setattr(counts, "SMALL", 3)
    for number in range(5):
        world.order(f"o-{number}", 100)
    job = next(one for one in jobs.periodic() if one.name == "count")
    assert job.needed is not None
    assert job.needed(NOW)
    assert jobs.run_one(job, NOW, "w-1")
    assert OrderCount.objects.count() == 1
    assert not job.needed(NOW)
    world.order("o-late", 1_000)
    text = pages.get("/gates/", world.officer).content.decode()
    assert "500 units in 5 open orders" in text
    assert "counted at 2026-02-10 12:00 UTC" in text
    later = NOW + dt.timedelta(minutes=1)
    assert job.needed(later)
    assert jobs.run_one(job, later, "w-1")
    assert "1,500 units in 6 open orders" in pages.get("/gates/", world.officer).content.decode()


def test_a_book_that_became_small_is_counted_when_it_is_asked(
    pages: Pages, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REQUIRE_MFA = False
    cache.clear()
    world = pages.world
    monkeypatch.setattr(counts, "SMALL", 1)
    for number in range(2):
        world.order(f"o-{number}", 100)
    assert counts.count_orders(NOW) == 1
    world.do(world.buyer, "order.cancel", "o-0", reason="not wanted")
    text = pages.get("/gates/", world.officer).content.decode()
    assert "100 units in 1 open orders" in text
    assert "counted at" not in text
    assert counts.count_orders(NOW) == 0
    assert not Counted.objects.exists()


def test_an_owner_that_was_screened_is_no_fault_of_the_case(world: Any) -> None:
    world.do(ADMIN, "party.enter", id="parent", name="Parent", country="CN")
    world.do(ADMIN, "party.change", "bytedance", owners=[{"party": "parent", "share": "0.6"}])
    world.order("o-1")
    Party.objects.filter(pk="parent").update(screened_on=dt.date(2026, 2, 1))
    told = decision_of(world.officer, "o-1", "allocation", now=NOW)
    assert {gate["gate"] for gate in told["gates"]} >= {"export", "import"}


def test_who_reads_no_order_is_shown_none(pages: Pages, settings: Any) -> None:
    settings.REQUIRE_MFA = False
    pages.world.order("o-1", 100)
    root = actor("root", "us-bis", "administrator")
    assert "100 units" not in pages.get("/gates/", root).content.decode()
