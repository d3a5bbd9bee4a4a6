"""Allocations leave in parts: gates, posts, tolerance, returns, serial numbers, certificates."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from trade_kit import (
    HALF,
    QUOTA,
    STOCK,
    US,
    Trade,
    agrees_with_the_ledger,
    everything,
    headroom,
)

from interlock.book.acting import perform
from interlock.book.errors import DeniedError, GateError, InputError, MoveError, NotFoundError
from interlock.book.models import (
    Allocation,
    Certificate,
    Condition,
    Discrepancy,
    Licence,
    Order,
    Shipment,
    Unit,
)
from interlock.book.rights import JOBS
from interlock.book.selectors.accounts import ledger
from interlock.book.services.messages import Message, receive
from interlock.ledger import RefusedError

VALUE = "us-advanced-computing/licence-value?licence=bis-1"


def posted(account: str, world: Trade) -> int:
    """What is posted on an account."""
    return ledger().counters(account, now=world.now).debits_posted


def pending(account: str, world: Trade) -> int:
    """What is reserved on an account and not posted."""
    return ledger().counters(account, now=world.now).debits_pending


@pytest.fixture
def ready(db: None) -> Trade:
    """An order for 1,000 that was promised all."""
    world = Trade()
    world.statement()
    world.promise("o-1", 1_000)
    return world


def promised() -> Allocation:
    """The one allocation."""
    return Allocation.objects.get()


# -- allocations ------------------------------------------------------------------------------


def test_a_part_is_given_up_and_the_rest_stays(ready: Trade) -> None:
    ready.do(ready.allocator, "allocation.void", promised().pk, quantity=400, reason="less")
    assert (promised().state, promised().left) == ("reserved", 600)
    assert headroom(STOCK, US, QUOTA) == (9_400, 9_400, 9_400)
    assert Order.objects.get().allocated == 600
    ready.do(ready.buyer, "allocation.void", promised().pk, reason="no need")
    assert (promised().state, promised().left) == ("void", 0)
    assert headroom(STOCK, US, QUOTA) == (10_000, 10_000, 10_000)
    agrees_with_the_ledger()


def test_no_more_is_given_up_than_is_left_and_not_prepared(ready: Trade) -> None:
    ready.prepared("s-1", promised(), 700)
    before = everything()
    for quantity, told in ((1_001, "1000 are left"), (301, "700 of what is left")):
        with pytest.raises(InputError, match=told):
            ready.do(ready.allocator, "allocation.void", promised().pk, quantity=quantity,
                     reason="x")  # fmt: skip
    with pytest.raises(NotFoundError):
        ready.do(ready.rival, "allocation.void", promised().pk, reason="x")
    with pytest.raises(DeniedError):
        ready.do(ready.officer, "allocation.void", promised().pk, reason="x")
    assert everything() == before


def test_r1_a_provisional_allocation_is_confirmed_once_its_gates_are_open(db: None) -> None:
    world = Trade()
    world.statement()
    world.condition("cn-1", "data-centre-use", "proposed")
    world.confirmed("o-1", 100)
    world.propose(agreed=True)
    world.do(world.allocator_2, "run.approve", "run-1")
    world.prepared("s-1", promised(), 100)
    before = everything()
    with pytest.raises(GateError) as caught:
        world.do(world.allocator, "allocation.confirm", promised().pk)
    assert caught.value.decision["verdict"] == "unknown"
    with pytest.raises(GateError):
        world.do(world.supplier, "shipment.dispatch", "s-1")
    assert everything() == before
    Condition.objects.update(state="in_force")
    before = everything()
    with pytest.raises(RefusedError, match="provisional"):
        world.do(world.supplier, "shipment.dispatch", "s-1")
    assert everything() == before
    world.do(world.allocator, "allocation.confirm", promised().pk)
    assert (promised().state, promised().provisional) == ("reserved", False)
    world.do(world.supplier, "shipment.dispatch", "s-1")
    assert promised().state == "used"
    agrees_with_the_ledger()


def test_the_last_units_of_a_quota_are_room_for_whoever_reserved_them(db: None) -> None:
    world = Trade(stock=100, us=100, cn=100, home=200)
    world.statement()
    world.sent("s-1", world.promise("o-1", 100), 100)
    assert headroom(STOCK, US, QUOTA, HALF) == (0, 0, 0, 0)
    assert posted(US, world) == 100


def test_an_allocation_expires_by_the_books_own_job_on_its_day_and_not_before(db: None) -> None:
    world = Trade()
    world.confirmed("o-1", 100)
    world.propose()
    world.do(world.allocator_2, "run.approve", "run-1", expires_on="2026-02-12")
    world.prepared("s-1", promised(), 60)
    before = everything()
    with pytest.raises(DeniedError):
        world.do(world.allocator, "allocation.expire", promised().pk)
    with pytest.raises(MoveError, match="holds until 2026-02-12"):
        world.do(JOBS, "allocation.expire", promised().pk)
    assert everything() == before
    world.now += dt.timedelta(days=2)
    with pytest.raises(InputError, match="is expired"):
        world.do(world.supplier, "shipment.prepare", allocation=promised().pk, quantity=1,
                 origin="US")  # fmt: skip
    world.do(JOBS, "allocation.expire", promised().pk)
    assert (promised().state, promised().left) == ("expired", 0)
    assert Shipment.objects.get().state == "cancelled"
    assert headroom(STOCK, US, QUOTA, now=world.now) == (10_000, 10_000, 10_000)
    agrees_with_the_ledger(world.now)


def test_what_left_still_draws_at_entry_when_the_rest_of_its_allocation_is_given_up(
    ready: Trade,
) -> None:
    ready.sent("s-1", promised(), 400)
    ready.do(ready.allocator, "allocation.void", promised().pk, reason="less")
    assert (pending(QUOTA, ready), pending(STOCK, ready)) == (400, 0)
    assert Order.objects.get().allocated == 400
    agrees_with_the_ledger()


# -- sending ----------------------------------------------------------------------------------


def test_part_shipments_post_what_is_drawn_at_shipment_and_no_more(ready: Trade) -> None:
    ready.sent("s-1", promised(), 300)
    assert (promised().state, promised().left) == ("reserved", 700)
    assert (posted(US, ready), pending(US, ready)) == (300, 700)
    assert (posted(HALF, ready), pending(HALF, ready)) == (600, 1_400)
    assert (posted(QUOTA, ready), pending(QUOTA, ready)) == (0, 1_000)  # posts at entry
    ready.sent("s-2", promised(), 700)
    assert (promised().state, promised().left) == ("used", 0)
    order = Order.objects.get()
    assert (order.allocated, order.shipped) == (1_000, 1_000)
    agrees_with_the_ledger()


def test_a_shipment_leaves_only_when_every_gate_is_open_for_it_as_it_is(ready: Trade) -> None:
    ready.do(ready.supplier, "shipment.prepare", id="s-1", allocation=promised().pk,
             quantity=100, origin="US")  # fmt: skip
    before = everything()
    with pytest.raises(GateError) as caught:
        ready.do(ready.supplier, "shipment.dispatch", "s-1")
    decision = caught.value.decision
    failing = [x["rule"] for x in decision["findings"] if x["outcome"] == "fail"]
    assert (decision["verdict"], decision["stage"]) == ("shut", "shipment")
    assert failing == ["third-party-test"]
    assert decision["open_with"]
    assert everything() == before
    assert Shipment.objects.get().decision == {}


def test_r8_a_shipment_keeps_the_digest_of_the_decision_that_let_it_leave(ready: Trade) -> None:
    kept = ready.sent("s-1", promised(), 100).decision
    assert (kept["stage"], kept["at"], kept["verdict"]) == ("shipment", "2026-02-10", "open")
    assert len(kept["digest"]) == 64
    assert set(kept["regimes"]) >= {"us-advanced-computing", "cn-chip-imports"}


def test_a_suspended_licence_stops_a_shipment_that_was_reserved(ready: Trade) -> None:
    ready.prepared("s-1", promised(), 100)
    Licence.objects.filter(pk="bis-1").update(state="suspended")
    before = everything()
    with pytest.raises(GateError):
        ready.do(ready.supplier, "shipment.dispatch", "s-1")
    assert everything() == before


def test_only_the_suppliers_compliance_sends(ready: Trade) -> None:
    ready.prepared("s-1", promised(), 100)
    before = everything()
    for who in (ready.buyer, ready.allocator, ready.officer):
        with pytest.raises(DeniedError):
            ready.do(who, "shipment.dispatch", "s-1")
    with pytest.raises(NotFoundError):
        ready.do(ready.rival, "shipment.dispatch", "s-1")
    assert everything() == before


def test_r3_more_than_was_promised_is_refused_as_a_permission(ready: Trade) -> None:
    ready.prepared("s-1", promised(), 700)
    before = everything()
    with pytest.raises(InputError, match="300 of this allocation are free"):
        ready.do(ready.supplier, "shipment.prepare", allocation=promised().pk, quantity=301,
                 origin="US")  # fmt: skip
    with pytest.raises(InputError, match="1000 of this allocation are free"):
        ready.do(ready.supplier, "shipment.change", "s-1", quantity=1_001)
    assert everything() == before


def test_r3_another_count_on_arrival_is_a_discrepancy_and_changes_no_count(ready: Trade) -> None:
    ready.sent("s-1", promised(), 300)
    counters = ledger().counters(US, now=ready.now)
    ready.do(ready.supplier, "shipment.arrive", "s-1", counted=320)
    found = Discrepancy.objects.get()
    assert (found.ours, found.theirs, found.about) == ({"quantity": 300}, {"quantity": 320}, "s-1")
    assert {x.pk for x in found.parties.all()} == {"nvidia", "bytedance"}
    assert ledger().counters(US, now=ready.now) == counters
    (opened,) = ledger().discrepancies(unsettled=True)
    assert (opened.account, opened.holder) == (US, "bytedance")
    ready.prepared("s-2", promised(), 100)
    with pytest.raises(RefusedError, match="unsettled discrepancy"):
        ready.do(ready.supplier, "shipment.dispatch", "s-2")
    agrees_with_the_ledger()


def test_the_same_count_on_arrival_opens_nothing(ready: Trade) -> None:
    ready.sent("s-1", promised(), 300)
    assert ready.do(ready.supplier, "shipment.arrive", "s-1", counted=300).state == "arrived"
    assert Discrepancy.objects.count() == 0


def test_r10_a_post_passes_its_reservation_by_the_tolerance_of_the_value_alone(db: None) -> None:
    # 100 units at 27,000 granted by value; number 200: the last shipment may pass by a tenth.
    world = Trade(us=None)
    world.licence("bis-2", "export", ["nvidia"], 200, value_usd=2_700_000)
    Licence.objects.filter(pk="bis-1").update(state="dropped")
    world.statement()
    value = "us-advanced-computing/licence-value?licence=bis-2"
    allocation = world.promise("o-1", 100)
    assert headroom(value) == (0,)
    world.prepared("s-1", allocation, 111)
    before = everything()
    with pytest.raises(RefusedError):
        world.do(world.supplier, "shipment.dispatch", "s-1")
    assert everything() == before
    world.do(world.supplier, "shipment.change", "s-1", quantity=110)
    world.do(world.supplier, "shipment.dispatch", "s-1")
    counters = ledger().counters(value, now=world.now)
    assert (counters.debits_posted, counters.tolerated) == (297_000_000, 27_000_000)
    order = Order.objects.get()
    assert (order.allocated, order.shipped, promised().left) == (110, 110, 0)


def test_a_cancelled_shipment_leaves_its_units_promised(ready: Trade) -> None:
    ready.prepared("s-1", promised(), 300, serials=["a", "b"])
    ready.do(ready.supplier, "shipment.cancel", "s-1", reason="carrier failed")
    assert (promised().left, Unit.objects.count()) == (1_000, 0)
    assert headroom(STOCK) == (9_000,)
    ready.sent("s-2", promised(), 1_000)
    agrees_with_the_ledger()


# -- going back -------------------------------------------------------------------------------


def test_r9_units_back_at_the_exporter_give_headroom_back_where_the_law_says(ready: Trade) -> None:
    ready.sent("s-1", promised(), 1_000)
    ready.do(ready.supplier, "shipment.return", "s-1", quantity=200, way="returned_to_exporter",
             reason="faulty")  # fmt: skip
    assert (posted(US, ready), posted(HALF, ready), posted(STOCK, ready)) == (800, 1_600, 800)
    assert pending(QUOTA, ready) == 800  # units that never entered draw at entry no more
    order = Order.objects.get()
    assert (order.allocated, order.shipped) == (800, 800)
    agrees_with_the_ledger()
    ready.propose("run-2")
    ready.do(ready.allocator_2, "run.approve", "run-2")
    assert Order.objects.get().allocated == 1_000  # it still wants them
    agrees_with_the_ledger()


@pytest.mark.parametrize("way", ["re_exported", "destroyed"])
def test_r9_units_re_exported_or_destroyed_give_no_headroom_of_the_exporter_back(
    ready: Trade, way: str
) -> None:
    ready.sent("s-1", promised(), 1_000)
    ready.do(ready.supplier, "shipment.return", "s-1", quantity=200, way=way, reason="x")
    assert (posted(US, ready), posted(HALF, ready), posted(STOCK, ready)) == (1_000, 2_000, 1_000)
    assert Shipment.objects.get().returned == 200
    assert Order.objects.get().shipped == 1_000
    agrees_with_the_ledger()


def test_a_return_names_how_many_were_let_in(ready: Trade) -> None:
    from interlock.book.models import Entry

    ready.sent("s-1", promised(), 1_000)
    Entry.objects.create(
        id="e-1", state="released", version=1, made_at=ready.now, changed_at=ready.now,
        shipment_id="s-1", quantity=700, entered=700, declared_on=ready.now.date(),
    )  # fmt: skip
    before = everything()
    for values, told in (
        ({"quantity": 500}, "only 300 were not let in"),
        ({"quantity": 800, "let_in": 701}, "customs let 700"),
        ({"quantity": 1_001, "let_in": 700}, "only 1000"),
    ):
        with pytest.raises(InputError, match=told):
            ready.do(ready.supplier, "shipment.return", "s-1", way="destroyed", reason="x",
                     **values)  # fmt: skip
    assert everything() == before
    ready.do(ready.supplier, "shipment.return", "s-1", quantity=500, let_in=400, way="destroyed",
             reason="x")  # fmt: skip
    assert pending(QUOTA, ready) == 900


def test_a_shipment_of_which_all_went_back_is_closed(ready: Trade) -> None:
    ready.sent("s-1", promised(), 1_000)
    with pytest.raises(MoveError, match="1000 are still out"):
        ready.do(ready.supplier, "shipment.close", "s-1")
    ready.do(ready.supplier, "shipment.return", "s-1", quantity=1_000,
             way="returned_to_exporter", reason="x")  # fmt: skip
    assert ready.do(ready.supplier, "shipment.close", "s-1").state == "returned"
    assert headroom(STOCK, US, QUOTA, HALF) == (10_000, 10_000, 10_000, 20_000)


# -- serial numbers ---------------------------------------------------------------------------


def test_a_serial_number_is_on_one_shipment_at_a_time(ready: Trade) -> None:
    ready.prepared("s-1", promised(), 2, serials=["x1", "x2"])
    before = everything(), Unit.objects.count()
    for serials, told in (
        (["x2"], "on another shipment already: x2"),
        (["y", "y"], "given twice: y"),
        (["y", "z"], "2 for 1 items"),
    ):
        with pytest.raises(InputError, match=told):
            ready.do(ready.supplier, "shipment.prepare", allocation=promised().pk, quantity=1,
                     origin="US", serials=serials)  # fmt: skip
    assert (everything(), Unit.objects.count()) == before
    ready.do(ready.supplier, "shipment.change", "s-1", serials=["x1"])
    ready.prepared("s-2", promised(), 1, serials=["x2"])
    assert dict(Unit.objects.values_list("serial", "shipment")) == {"x1": "s-1", "x2": "s-2"}


def test_serial_numbers_that_went_back_may_leave_again(ready: Trade) -> None:
    ready.prepared("s-1", promised(), 2, serials=["x1", "x2"])
    ready.do(ready.supplier, "shipment.dispatch", "s-1")
    with pytest.raises(InputError, match="not on this shipment: y"):
        ready.do(ready.supplier, "shipment.return", "s-1", quantity=1, way="destroyed",
                 serials=["y"], reason="x")  # fmt: skip
    ready.do(ready.supplier, "shipment.return", "s-1", quantity=1, way="returned_to_exporter",
             serials=["x1"], reason="x")  # fmt: skip
    ready.prepared("s-2", promised(), 1, serials=["x1"])
    assert Unit.objects.get(serial="x1").shipment_id == "s-2"


# -- certificates -----------------------------------------------------------------------------


def certificate(world: Trade, **values: object) -> Certificate:
    """A certificate on the shipment s-1."""
    found: Certificate = world.do(world.supplier, "certificate.file", **{
        "id": "c-1", "shipment": "s-1", "certificate_kind": "test_report", "number": "T-7",
        "issuer": "Lab One", "issued_on": "2026-02-09", "valid_until": "2026-02-12",
    } | values)  # fmt: skip
    return found


def test_r9_a_certificate_whose_day_has_come_is_not_on_file_whether_or_not_a_job_ran(
    ready: Trade,
) -> None:
    ready.prepared("s-1", promised(), 10)
    certificate(ready)
    ready.now += dt.timedelta(days=2)
    before = everything()
    with pytest.raises(GateError) as caught:
        ready.do(ready.supplier, "shipment.dispatch", "s-1")
    failing = [x["rule"] for x in caught.value.decision["findings"] if x["outcome"] == "fail"]
    assert failing == ["third-party-test"]
    assert everything() == before
    assert Certificate.objects.get().state == "on_file"
    certificate(ready, id="c-2", number="T-8", issued_on="2026-02-11", valid_until=None)
    assert ready.do(ready.supplier, "shipment.dispatch", "s-1").state == "dispatched"


YESTERDAY = "2026-02-10T12:00:00+00:00"


def lapsed(world: Trade) -> None:
    """A day goes by, and with it the licence."""
    world.prepared("s-1", promised(), 10)
    Licence.objects.filter(pk="bis-1").update(valid_until=dt.date(2026, 2, 11))
    world.now += dt.timedelta(days=1)


def test_r3_a_permission_dated_back_must_hold_on_the_day_it_is_recorded_too(ready: Trade) -> None:
    lapsed(ready)
    before = everything()
    with pytest.raises(GateError, match="s-1 on 2026-02-11") as caught:
        ready.do(ready.supplier, "shipment.dispatch", "s-1", effective=YESTERDAY)
    assert caught.value.decision["at"] == "2026-02-11"
    assert everything() == before
    Licence.objects.filter(pk="bis-1").update(valid_until=dt.date(2026, 2, 12))
    sent = ready.do(ready.supplier, "shipment.dispatch", "s-1", effective=YESTERDAY)
    assert (sent.state, sent.decision["at"]) == ("dispatched", "2026-02-10")


def test_a_book_may_allow_so_many_days_of_delay(ready: Trade, settings: Any) -> None:
    lapsed(ready)
    settings.LATE_DAYS = 1
    assert ready.do(ready.supplier, "shipment.dispatch", "s-1", effective=YESTERDAY)
    assert posted(US, ready) == 10


def test_an_allocation_that_ended_sends_nothing_by_an_earlier_date(db: None) -> None:
    world = Trade()
    world.statement()
    world.confirmed("o-1", 100)
    world.propose()
    world.do(world.allocator_2, "run.approve", "run-1", expires_on="2026-02-12")
    world.prepared("s-1", promised(), 10)
    world.now += dt.timedelta(days=2)
    before = everything()
    with pytest.raises(InputError, match="is expired"):
        world.do(world.supplier, "shipment.dispatch", "s-1", effective=YESTERDAY)
    assert everything() == before
    world.confirmed("o-2", 50)
    world.propose("run-2", orders=["o-2"], effective=YESTERDAY)
    assert promised().state == "expired"
    agrees_with_the_ledger(world.now)


def test_a_run_dated_back_reserves_nothing_under_a_licence_that_lapsed_since(db: None) -> None:
    world = Trade()
    world.confirmed("o-1", 100)
    world.propose()
    Licence.objects.filter(pk="bis-1").update(valid_until=dt.date(2026, 2, 11))
    world.now += dt.timedelta(days=1)
    run = world.do(world.allocator_2, "run.approve", "run-1", effective=YESTERDAY)
    line = run.lines.get()
    assert "a gate is shut: export on 2026-02-11" in line.refused
    assert not Allocation.objects.exists()
    assert pending(STOCK, world) == pending(US, world) == 0


def test_r3_what_left_unasked_is_a_fact_once_customs_report_of_it_is_accepted(ready: Trade) -> None:
    lapsed(ready)
    told = Message(message="m-1", entry="E-9", quantity=10)
    perform(ready.customs, lambda act: receive(act, told, None), now=ready.now)
    found = Discrepancy.objects.get()
    assert posted(US, ready) == 0
    ready.do(
        ready.customs, "discrepancy.accept", found.pk, shipment="s-1", effective=YESTERDAY,
        reason="the carrier's papers show it",
    )  # fmt: skip
    sent = Shipment.objects.get()
    assert (sent.state, sent.leaves_on) == ("dispatched", dt.date(2026, 2, 10))
    assert (posted(US, ready), posted(STOCK, ready)) == (10, 10)
    assert (sent.order.shipped, sent.order.entered) == (10, 10)
    agrees_with_the_ledger(ready.now)


def test_a_certificate_is_lapsed_by_the_books_own_job_on_its_day_and_not_before(
    ready: Trade,
) -> None:
    ready.prepared("s-1", promised(), 10)
    certificate(ready)
    with pytest.raises(MoveError, match="holds until"):
        ready.do(JOBS, "certificate.lapse", "c-1")
    ready.now += dt.timedelta(days=2)
    with pytest.raises(DeniedError):
        ready.do(ready.supplier, "certificate.lapse", "c-1")
    assert ready.do(JOBS, "certificate.lapse", "c-1").state == "lapsed"


def test_a_withdrawn_certificate_does_not_count(ready: Trade) -> None:
    ready.prepared("s-1", promised(), 10)
    certificate(ready, valid_until=None)
    ready.do(ready.supplier, "certificate.withdraw", "c-1", reason="wrong lot")
    from interlock.book.cases import Cases

    case = Cases(ready.now.date()).order(
        Order.objects.get(), "shipment", shipment=Shipment.objects.get()
    )
    assert case["shipment"]["test"]["on_file"] is True  # the laboratory's own report stands


def test_a_certificate_of_a_statements_kind_is_that_statement_on_its_shipment(
    ready: Trade,
) -> None:
    from interlock.book.cases import Cases

    ready.prepared("s-1", promised(), 10)
    certificate(ready, certificate_kind="title", valid_until=None)
    certificate(ready, id="c-2", certificate_kind="delivery_receipt", valid_until=None)
    order, shipment = Order.objects.get(), Shipment.objects.get()
    cases = Cases(ready.now.date())
    assert cases.order(order, "shipment", shipment=shipment)["statement"]["title"] is True
    assert "delivery_receipt" not in cases.order(order, "shipment", shipment=shipment)["statement"]
    assert "title" not in cases.order(order, "shipment")["statement"]


def test_a_certificate_names_its_faults(ready: Trade) -> None:
    ready.prepared("s-1", promised(), 10)
    certificate(ready)
    before = everything(), Certificate.objects.count()
    with pytest.raises(InputError) as caught:
        certificate(ready, id="c-2", issued_on="2026-02-11", valid_until="2026-02-11")
    assert set(caught.value.faults) == {"issued_on", "valid_until", "number"}
    with pytest.raises(NotFoundError):
        ready.do(ready.rival, "certificate.file", shipment="s-1", certificate_kind="title",
                 number="1", issuer="x", issued_on="2026-02-01")  # fmt: skip
    assert (everything(), Certificate.objects.count()) == before


# -- orders -----------------------------------------------------------------------------------


def test_cancelling_an_order_voids_what_is_reserved_and_keeps_what_left(ready: Trade) -> None:
    ready.sent("s-1", promised(), 300)
    ready.prepared("s-2", promised(), 200)
    ready.do(ready.buyer, "order.cancel", "o-1", reason="no need")
    order = Order.objects.get()
    assert (order.state, order.allocated, order.shipped) == ("cancelled", 300, 300)
    assert (promised().state, promised().left) == ("void", 0)
    assert Shipment.objects.get(pk="s-2").state == "cancelled"
    assert headroom(STOCK, US) == (9_700, 9_700)
    agrees_with_the_ledger()


def test_an_order_is_closed_only_when_nothing_is_left_reserved(ready: Trade) -> None:
    before = everything()
    with pytest.raises(MoveError, match="1000 are still reserved"):
        ready.do(ready.buyer, "order.close", "o-1")
    assert everything() == before
    ready.sent("s-1", promised(), 1_000)
    assert ready.do(ready.buyer, "order.close", "o-1").state == "closed"


def test_nobody_but_the_book_itself_counts_an_order(ready: Trade) -> None:
    from interlock.book import rights

    assert rights.grants_of("order.count") == frozenset()
    order = Order.objects.get()
    assert not rights.allows(ready.buyer, "order.count", order)
    assert not rights.allows(ready.supplier, "order.count", order)
    assert rights.allows(JOBS, "order.count", order)


def test_a_lapse_of_the_row_is_not_needed_for_an_order_to_close(db: None) -> None:
    world = Trade()
    world.confirmed("o-1", 100)
    world.propose()
    world.do(world.allocator_2, "run.approve", "run-1", expires_on="2026-02-12")
    world.now += dt.timedelta(days=2)
    assert world.do(world.buyer, "order.close", "o-1").state == "closed"
    world.do(JOBS, "allocation.expire", promised().pk)
    agrees_with_the_ledger(world.now)
