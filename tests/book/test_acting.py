"""Acts: right, state, second person, version, clock; what is refused leaves nothing behind."""

from __future__ import annotations

import datetime as dt

import pytest
from book_kit import ADMIN, NOW, World

from interlock.book.errors import (
    DeniedError,
    InputError,
    MoveError,
    NotFoundError,
    VersionError,
)
from interlock.book.loading.orders import load_orders
from interlock.book.models import Application, Event, Order
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.history import history
from interlock.book.services import do
from interlock.files import BadInputError


def rows() -> tuple[int, int, int]:
    """Rows that any act would add to."""
    return Order.objects.count(), Event.objects.count(), len(ledger().entries())


def test_an_order_is_placed_with_its_audit_row_and_event(world: World) -> None:
    before = rows()
    order = world.order()
    assert (order.state, order.version, order.unit_price_usd) == ("placed", 1, 27000)
    assert rows() == (before[0] + 1, before[1] + 1, before[2] + 1)
    entry = ledger().entries()[-1]
    assert (entry.kind, entry.actor, entry.cause) == (
        "order.place", "ivy@bytedance", "order/o-1",
    )  # fmt: skip
    assert Event.objects.latest("id").parties == ["bytedance", "nvidia"]


def test_a_firm_does_not_learn_that_another_firms_order_exists(world: World) -> None:
    world.order()
    before = rows()
    with pytest.raises(NotFoundError):
        world.do(world.rival, "order.change", "o-1", quantity=1)
    assert rows() == before


def test_who_may_see_and_not_act_is_denied_with_who_may(world: World) -> None:
    world.order()
    before = rows()
    with pytest.raises(DeniedError, match="allocation_manager may"):
        world.do(world.buyer, "order.confirm", "o-1")
    assert rows() == before
    assert Order.objects.get(pk="o-1").state == "placed"


def test_a_move_from_the_wrong_state_names_the_moves_that_can_be_made(world: World) -> None:
    world.order()
    world.do(world.allocator, "order.confirm", "o-1")
    before = rows()
    with pytest.raises(MoveError, match="it is confirmed") as caught:
        world.do(world.allocator, "order.confirm", "o-1")
    assert rows() == before
    assert "confirm" not in caught.value.can


def test_a_stale_version_is_refused(world: World) -> None:
    world.order()
    with pytest.raises(VersionError, match="version 1, not 7"):
        do(world.buyer, "order.change", "o-1", {"quantity": 10}, now=NOW, expected=7)
    assert Order.objects.get(pk="o-1").quantity == 1000
    do(world.buyer, "order.change", "o-1", {"quantity": 10}, now=NOW, expected=1)
    assert Order.objects.get(pk="o-1").version == 2


def test_nothing_takes_effect_before_its_time(world: World) -> None:
    later = NOW + dt.timedelta(hours=1)
    with pytest.raises(InputError, match="has not come yet"):
        do(world.buyer, "order.place", "", {
            "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm", "quantity": 1,
            "destination": "CN", "effective": later,
        }, now=NOW)  # fmt: skip
    assert Order.objects.count() == 0


def test_history_tells_a_firm_who_acted_among_its_own_people_alone(world: World) -> None:
    order = world.order()
    world.do(world.allocator, "order.confirm", "o-1")
    order.refresh_from_db()
    told = history(world.buyer, order)
    assert [(x["move"], x["version"], x["actor"]) for x in told] == [
        ("place", 1, "ivy@bytedance"), ("confirm", 2, None),
    ]  # fmt: skip
    told = history(world.officer, order)
    assert [x["actor"] for x in told] == ["ivy@bytedance", "gil@nvidia"]


def test_a_fault_names_every_field(world: World) -> None:
    with pytest.raises(InputError) as caught:
        world.order(buyer="nobody", product="h300", supplier="nvidia")
    assert "buyer" in caught.value.faults
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"licence": {"export": {"issued": True}}}, "facts.licence.export.issued"),
        ({"statement": {"necessity": True}}, "facts.statement.necessity"),
        ({"product": {"tpp": 1}}, "facts.product.tpp"),
        ({"entry": {"held": False}}, "facts.entry.held"),
        ({"shipment": {"test": {"on_file": True}}}, "facts.shipment.test.on_file"),
        ({"order": {"quantity": 1}}, "facts.order.quantity"),
        ({"application": {"referred": False}}, "facts.application.referred"),
        ({"order": {"truly_neded": True}}, "facts.order.truly_neded"),
        ({"supply": {"confirmed": True}}, "facts.supply.confirmed"),
        ({"buyer": {"headquarters": "US"}}, "facts.buyer.headquarters"),
    ],
)
def test_a_firm_declares_only_what_is_its_own_to_say(
    world: World, facts: dict[str, object], field: str
) -> None:
    world.order()
    before = rows()
    for right, pk, values in (
        ("order.declare", "o-1", {"facts": facts}),
        ("order.change", "o-1", {"facts": facts}),
    ):
        with pytest.raises(InputError) as caught:
            world.do(world.buyer, right, pk, **values)
        assert field in caught.value.faults
    with pytest.raises(InputError):
        world.order("o-2", facts=facts)
    assert rows() == before


def test_declared_facts_are_laid_over_those_on_file(world: World) -> None:
    world.order()
    world.do(world.allocator, "order.confirm", "o-1")
    told = {"order": {"truly_needed": False}, "application": {"us_units_shipped": 5}}
    order = world.do(world.buyer, "order.declare", "o-1", facts=told)
    assert order.facts == {
        "order": {"prohibited_end_use": False, "truly_needed": False},
        "application": {"us_units_shipped": 5},
    }


def test_nothing_is_begun_with_what_was_closed_or_taken_out_of_use(world: World) -> None:
    """What goes on with it is brought to its end; only new orders and applications are refused."""
    asked = {"gate": "import", "applicant": "bytedance", "products": ["h200-sxm"],
             "quantity": 5, "destination": "CN"}  # fmt: skip
    line = b"id,buyer,supplier,product,quantity,destination\nl-1,bytedance,nvidia,h200-sxm,5,CN\n"
    world.order("o-1")
    for close, pk, back, fields in (
        ("party.close", "bytedance", "party.reopen", ({"buyer"}, {"applicant"})),
        ("product.retire", "h200-sxm", "", ({"product"}, {"products.0"})),
    ):
        world.do(ADMIN, close, pk, reason="no more")
        with pytest.raises(InputError) as order:
            world.order("o-2")
        with pytest.raises(InputError) as application:
            world.do(world.buyer, "application.draft", **asked)
        assert (set(order.value.faults), set(application.value.faults)) == fields
        with pytest.raises(BadInputError, match="that is in use"):
            load_orders(world.buyer, line, "csv", "o.csv", now=NOW)
        if back:
            world.do(ADMIN, back, pk)
    assert (Order.objects.count(), Application.objects.count()) == (1, 0)
    world.do(world.allocator, "order.confirm", "o-1")
