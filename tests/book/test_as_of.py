"""The book as it was recorded at a moment, from the log; a past decision replayed exactly (R8)."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN

from interlock.book.acting import perform
from interlock.book.errors import NotFoundError
from interlock.book.models import Condition, Holder, Licence, Order, Party, Product, Statement
from interlock.book.row_facts import licence_facts, product_facts
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.as_of import Past, as_of
from interlock.book.selectors.decisions import decide
from interlock.book.selectors.replay import decide_as_recorded
from interlock.book.services.accounts import credit
from interlock.book.snapshots import plain, snapshot
from interlock.law.deciding.decision import to_json
from interlock.ledger import Adjust

if TYPE_CHECKING:
    from book_kit import World

    from interlock.book.acting import Act

HOUR = dt.timedelta(hours=1)


def issue(world: World) -> Licence:
    """An import licence of ByteDance's with a condition, its accounts credited."""

    def work(act: Act) -> Licence:
        today = act.today
        made = act.make(
            Licence(
                id="L-1", gate="import", licence_kind="individual", quantity=5000,
                announced_on=today, approved_on=today, issued_on=today, valid_from=today,
                valid_until=today + dt.timedelta(days=365),
            ),
            "draft",
            many={"products": [Product.objects.get(pk="h200-sxm")]},
            state="issued",
        )  # fmt: skip
        Holder.objects.create(licence=made, party_id="bytedance", cap=4000)
        act.make(
            Condition(
                id="C-1", licence=made, condition_kind="domestic-ratio",
                asked_by_id=act.actor.party, parameters={"domestic_per_import": 1},
            ),
            "draft",
            state="in_force",
        )  # fmt: skip
        facts = {
            "product": product_facts(Product.objects.get(pk="h200-sxm")),
            "buyer": {"id": "bytedance"},
            "licence": {"import": licence_facts(made, today)},
        }
        credit(act, "licence.issued", facts, cause="licence/L-1", quantity=made.quantity)
        return made

    return perform(world.cn_officer, work, now=world.now)


def file_statement(world: World) -> None:
    def work(act: Act) -> Statement:
        return act.make(
            Statement(
                id="S-1", statement_kind="necessity", by_id="bytedance", filed_on=act.today,
                valid_until=act.today + dt.timedelta(days=90),
            ),
            "file",
        )  # fmt: skip

    perform(world.buyer, work, now=world.now)


def decided(world: World, at: dt.date) -> dict[str, Any]:
    found = decide(
        ledger(), Order.objects.get(pk="o-1"), "entry", at=at, known=world.now.date(), now=world.now
    )
    return to_json(found)


def test_a_thing_is_as_its_newest_audit_row_until_the_moment_says(world: World) -> None:
    world.order("o-1")
    first = world.now
    world.now += HOUR
    world.do(world.buyer, "order.change", "o-1", quantity=7)
    then = as_of(Order, "o-1", first)
    assert (then["quantity"], then["version"]) == (1000, 1)
    now = as_of(Order, "o-1", world.now)
    assert now == plain(snapshot(Order.objects.get(pk="o-1")))
    with pytest.raises(NotFoundError):
        as_of(Order, "o-1", first - HOUR)


def test_a_rebuilt_thing_has_its_parties_and_its_own_rows(world: World) -> None:
    issue(world)
    first = world.now
    world.now += HOUR
    world.do(ADMIN, "party.change", "bytedance", name="Renamed")
    Holder.objects.filter(licence="L-1").update(cap=1)  # behind the book's back: the log has it
    past = Past(first)
    licence = past.thing(Licence, "L-1")
    assert licence is not None
    (holder,) = licence.holders.all()
    assert (holder.party.name, holder.cap) == ("ByteDance", 4000)
    assert [x.pk for x in licence.products.all()] == ["h200-sxm"]
    assert licence.owners() == {"bytedance"}


def test_a_past_decision_is_replayed_exactly_whatever_happened_since(world: World) -> None:
    world.do(ADMIN, "party.change", "bytedance", owners=[{"party": "tencent", "share": "0.2"}])
    world.order("o-1")
    issue(world)
    file_statement(world)
    at, then = world.now.date(), world.now
    before = decided(world, at)
    accounts = [x.id for x in ledger().accounts()]
    assert accounts
    assert any(x in json.dumps(before) for x in accounts)

    world.now += HOUR
    world.do(ADMIN, "party.change", "bytedance", country="SG", owners=[])
    world.do(world.buyer, "order.change", "o-1", quantity=99_000)

    def later(act: Act) -> None:
        act.move(act.find(Licence, "L-1"), "suspend")
        for name in accounts:
            act.ledger.apply(
                Adjust(id=act.next_id(), why=act.why("test/x", "recount"), account=name, amount=-7),
                now=act.now,
            )

    perform(world.cn_officer, later, now=world.now, reason="test")
    perform(
        world.buyer,
        lambda act: act.move(act.find(Statement, "S-1"), "withdraw"),
        now=world.now,
        reason="test",
    )
    assert decided(world, at) != before
    replayed = to_json(decide_as_recorded("o-1", "entry", at=at, recorded=then))
    assert json.dumps(replayed, sort_keys=True) == json.dumps(before, sort_keys=True)
    now = to_json(decide_as_recorded("o-1", "entry", at=at, recorded=world.now))
    assert json.dumps(now, sort_keys=True) == json.dumps(decided(world, at), sort_keys=True)


def test_an_order_that_came_in_bulk_is_found_in_its_batch(world: World) -> None:
    from interlock.book.loading.orders import load_orders

    line = {"id": "l-1", "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",
            "quantity": 5, "destination": "CN"}  # fmt: skip
    load_orders(world.buyer, json.dumps(line).encode(), "ndjson", "o.ndjson", now=world.now)
    first = world.now
    world.now += HOUR
    world.do(ADMIN, "product.change", "h200-sxm", unit_price_usd="1")
    world.do(world.buyer, "order.change", "l-1", quantity=6)
    then = Past(first).thing(Order, "l-1")
    assert then is not None
    assert (then.quantity, then.unit_price_usd, then.buyer.name) == (5, 27000, "ByteDance")
    with pytest.raises(NotFoundError):
        as_of(Order, "l-1", first - HOUR)


def test_what_was_not_in_the_book_yet_cannot_be_decided(world: World) -> None:
    world.order("o-1")
    with pytest.raises(NotFoundError):
        decide_as_recorded(
            "o-1", "entry", at=world.now.date(), recorded=world.now - dt.timedelta(days=1)
        )
    assert Party.objects.count() > 0
