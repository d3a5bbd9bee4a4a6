"""Stock and volume at home: credited by the law's events, taken back as facts (R3)."""

from __future__ import annotations

import pytest
from trade_kit import HALF, STOCK, US, Trade, everything, headroom

from interlock.book.errors import DeniedError, GateError, InputError, NotFoundError
from interlock.book.models import Discrepancy, DomesticShipment, Stock
from interlock.book.selectors.accounts import ledger
from interlock.ledger import RefusedError


def home(world: Trade, pk: str, quantity: int) -> None:
    """Units shipped at home."""
    world.do(
        world.supplier, "domestic_shipment.report", id=pk, exporter="nvidia", product="h200-sxm",
        customer="Meta", quantity=quantity, first_day="2026-02-02",
    )  # fmt: skip


def test_r3_returned_at_home_and_sold_again_gives_no_more_than_is_above_the_floor(db: None) -> None:
    world = Trade(stock=60_000, home=100_000, us=60_000, cn=60_000)
    world.statement()
    promised = world.promise("o-1", 50_000)
    world.sent("s-1", promised, 50_000)
    assert headroom(HALF) == (0,)
    world.do(world.supplier, "domestic_shipment.return", "home-1", quantity=2_000, reason="faulty")
    counters = ledger().counters(HALF, now=world.now)
    assert (counters.available, counters.excess) == (-2_000, 2_000)
    home(world, "home-2", 5_000)
    counters = ledger().counters(HALF, now=world.now)
    assert (counters.available, counters.excess, counters.headroom) == (3_000, 0, 3_000)
    assert ledger().verify() is None


def test_r3_a_return_past_the_floor_opens_a_discrepancy_that_shuts_draws(db: None) -> None:
    world = Trade(stock=60_000, home=100_000, us=60_000, cn=60_000)
    world.statement()
    world.sent("s-1", world.promise("o-1", 50_000), 50_000)
    world.do(world.supplier, "domestic_shipment.return", "home-1", quantity=2_000, reason="faulty")
    found = Discrepancy.objects.get()
    assert (found.state, found.about_kind, found.about) == ("open", "domestic_shipment", "home-1")
    assert [x.pk for x in found.parties.all()] == ["nvidia"]
    (opened,) = ledger().discrepancies(unsettled=True)
    assert (opened.id, opened.amount) == (found.ledger_id, 2_000)
    home(world, "home-2", 5_000)
    world.confirmed("o-2", 1_000)
    world.propose("run-2")
    before = everything()
    world.do(world.allocator_2, "run.approve", "run-2")
    line = world_line("run-2", "o-2")
    assert "shut by an unsettled discrepancy" in line.refused
    assert everything()[0] == before[0]  # no order was promised anything


def world_line(run: str, order: str):  # type: ignore[no-untyped-def]
    """A line of a run."""
    from interlock.book.models import RunLine

    return RunLine.objects.get(run=run, order=order)


def test_stock_is_credited_when_it_is_received_and_corrected_by_a_recount(db: None) -> None:
    world = Trade(stock=1_000)
    assert headroom(STOCK) == (1_000,)
    world.do(world.allocator, "stock.recount", "lot-1", quantity=1_200, reason="counted")
    assert headroom(STOCK) == (1_200,)
    world.do(world.allocator, "stock.recount", "lot-1", quantity=900, reason="counted again")
    assert headroom(STOCK) == (900,)
    assert Stock.objects.get().quantity == 900
    assert Discrepancy.objects.count() == 0
    with pytest.raises(InputError, match="nothing to correct"):
        world.do(world.allocator, "stock.recount", "lot-1", quantity=900, reason="again")


def test_a_recount_below_what_is_promised_is_never_refused_and_shuts_the_stock(db: None) -> None:
    world = Trade(stock=1_000)
    world.promise("o-1", 1_000)
    world.do(world.allocator, "stock.recount", "lot-1", quantity=400, reason="lost")
    counters = ledger().counters(STOCK, now=world.now)
    assert (counters.available, counters.excess, counters.headroom) == (-600, 600, 0)
    assert Discrepancy.objects.get().about == "lot-1"
    assert ledger().verify() is None


def test_only_the_suppliers_allocators_count_stock(db: None) -> None:
    world = Trade()
    before = everything()
    with pytest.raises(NotFoundError):
        world.do(world.buyer, "stock.recount", "lot-1", quantity=1, reason="x")
    with pytest.raises(DeniedError):
        world.do(world.supplier, "stock.recount", "lot-1", quantity=1, reason="x")
    with pytest.raises(DeniedError):
        world.do(world.buyer, "stock.receive", supplier="nvidia", product="h200-sxm", quantity=1)
    assert everything() == before
    assert Stock.objects.get().quantity == 10_000


def test_a_domestic_return_is_at_most_what_was_shipped(db: None) -> None:
    world = Trade(home=100)
    with pytest.raises(InputError, match="only 100"):
        world.do(world.supplier, "domestic_shipment.return", "home-1", quantity=101, reason="x")
    assert (DomesticShipment.objects.get().returned, headroom(HALF)) == (0, (100,))
    world.do(world.supplier, "domestic_shipment.return", "home-1", quantity=40, reason="x")
    assert (DomesticShipment.objects.get().returned, headroom(HALF)) == (40, (60,))


def test_nothing_is_received_before_its_day(db: None) -> None:
    world = Trade()
    before = everything()
    with pytest.raises(InputError, match="has not come yet"):
        world.do(world.allocator, "stock.receive", supplier="nvidia", product="h200-sxm",
                 quantity=5, received_on="2026-02-11")  # fmt: skip
    assert everything() == before


def test_a_shut_stock_gives_no_permission_to_send(db: None) -> None:
    world = Trade(stock=1_000)
    world.statement()
    promised = world.promise("o-1", 1_000)
    world.prepared("s-1", promised, 500)
    world.do(world.allocator, "stock.recount", "lot-1", quantity=400, reason="lost")
    before = everything()
    with pytest.raises((RefusedError, GateError)):
        world.do(world.supplier, "shipment.dispatch", "s-1")
    assert everything() == before
    assert headroom(US) == (9_000,)


def test_a_shipment_at_home_before_the_rule_bound_counts_once_and_as_it_stands(db: None) -> None:
    import datetime as dt

    from book_kit import NOW, World

    world = World()
    world.now = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)  # the rule binds from 2026-01-15
    world.do(
        world.supplier, "domestic_shipment.report", id="home-1", exporter="nvidia",
        product="h200-sxm", customer="Meta", quantity=100, first_day="2026-01-02",
    )  # fmt: skip
    assert HALF not in ledger().headroom(now=world.now)
    world.now = NOW
    world.do(world.supplier, "domestic_shipment.return", "home-1", quantity=30, reason="faulty")
    assert headroom(HALF) == (70,)
    world.do(world.supplier, "domestic_shipment.return", "home-1", quantity=20, reason="faulty")
    assert headroom(HALF) == (50,)
