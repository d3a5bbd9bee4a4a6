"""A licence at work: what a suspension, an end and an amendment do to orders on their way."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from customs_kit import QUOTA as HARBOUR_QUOTA
from customs_kit import everything as harbour_rows
from trade_kit import QUOTA, STOCK, US, Trade, agrees_with_the_ledger, everything, headroom

from interlock.book.errors import GateError, MoveError
from interlock.book.models import Allocation, Event, Licence, Order, Reminder, Shipment
from interlock.book.reminders import remind
from interlock.book.rights import JOBS
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.stuck import decision_of

if TYPE_CHECKING:
    from customs_kit import Harbour

    from interlock.book.errors import BookError


@pytest.fixture
def trade(db: None) -> Trade:
    """Goods, two licences, orders."""
    made = Trade()
    made.statement()
    return made


def refused(error: type[BookError], trade: Trade, who: Any, right: str, pk: str, **values: Any):
    before = everything()
    with pytest.raises(error) as caught:
        trade.do(who, right, pk, **values)
    assert everything() == before
    return caught.value


@pytest.mark.parametrize(("licence", "officer", "second"), [
    ("bis-1", "officer", "second"), ("cn-1", "cn_officer", "cn_second"),
])  # fmt: skip
def test_nothing_leaves_under_a_suspended_licence(
    trade: Trade, licence: str, officer: str, second: str
) -> None:
    promised = trade.promise("o-1", 1000)
    trade.prepared("s-1", promised, 400)
    trade.do(getattr(trade, officer), "licence.suspend", licence, reason="an inquiry")
    error = refused(GateError, trade, trade.supplier, "shipment.dispatch", "s-1")
    assert error.decision["verdict"] == "shut"
    assert Allocation.objects.get(pk=promised.pk).left == 1000  # what is reserved stays
    trade.do(getattr(trade, second), "licence.resume", licence, reason="nothing found")
    trade.do(trade.supplier, "shipment.dispatch", "s-1")
    assert headroom(US) == (9000,)
    agrees_with_the_ledger()


def test_a_revocation_gives_up_what_was_promised_and_stops_what_was_prepared(
    trade: Trade,
) -> None:
    first = trade.promise("o-1", 1000)
    trade.sent("s-1", first, 300)
    trade.prepared("s-2", first, 200)
    other = trade.promise("o-2", 500, buyer="tencent")
    assert headroom(STOCK, US, QUOTA) == (8500, 8500, 8500)
    trade.do(trade.officer, "licence.revoke", "bis-1", reason="diverted")
    assert Licence.objects.get(pk="bis-1").state == "revoked"
    states = dict(Allocation.objects.values_list("pk", "state"))
    assert states == {first.pk: "void", other.pk: "void"}
    assert dict(Shipment.objects.values_list("pk", "state")) == {
        "s-1": "dispatched", "s-2": "cancelled",
    }  # fmt: skip
    assert dict(Order.objects.values_list("pk", "allocated")) == {"o-1": 300, "o-2": 0}
    # The 300 that left draw on stock and on the export licence, and still will at the border.
    assert headroom(STOCK, US, QUOTA) == (9700, 9700, 9700)
    agrees_with_the_ledger()


def test_a_licence_of_another_gate_gives_up_the_whole_order_line(trade: Trade) -> None:
    trade.promise("o-1", 1000)
    trade.do(trade.cn_officer, "licence.revoke", "cn-1", reason="the quota is withdrawn")
    assert headroom(STOCK, US, QUOTA) == (10_000, 10_000, 10_000)
    agrees_with_the_ledger()


def test_an_amendment_goes_down_to_what_orders_hold_and_no_further(trade: Trade) -> None:
    promised = trade.promise("o-1", 1000)
    trade.sent("s-1", promised, 300)
    propose = {"quantity": 999, "reason": "less"}
    trade.do(trade.officer, "licence.propose_amendment", "bis-1", **propose)
    error = refused(MoveError, trade, trade.second, "licence.amend", "bis-1", reason="x")
    assert "gives back at most 9000, not 9001" in str(error)
    trade.do(trade.officer, "licence.drop_amendment", "bis-1", reason="a miscount")
    trade.do(trade.officer, "licence.propose_amendment", "bis-1", quantity=1000, reason="less")
    trade.do(trade.second, "licence.amend", "bis-1", reason="x")
    assert headroom(US) == (0,)
    trade.sent("s-2", promised, 700)
    agrees_with_the_ledger()


def test_nothing_leaves_from_the_day_a_licence_expires_and_then_its_units_are_free(
    trade: Trade,
) -> None:
    """R9: by the date, before any job has run."""
    trade.do(trade.officer, "licence.propose_amendment", "bis-1", valid_until="2026-02-20",
             reason="a shorter term")  # fmt: skip
    trade.do(trade.second, "licence.amend", "bis-1", reason="x")
    promised = trade.promise("o-1", 1000)
    trade.prepared("s-1", promised, 400)
    trade.now = dt.datetime(2026, 2, 20, 0, 1, tzinfo=dt.UTC)
    with pytest.raises((GateError, MoveError)):
        trade.do(trade.supplier, "shipment.dispatch", "s-1")
    assert Licence.objects.get(pk="bis-1").state == "issued"
    trade.do(JOBS, "licence.expire", "bis-1")
    assert Licence.objects.get(pk="bis-1").ended_on == dt.date(2026, 2, 20)
    assert headroom(STOCK, QUOTA, now=trade.now) == (10_000, 10_000)
    assert not Allocation.objects.filter(state="reserved").exists()


def test_customs_lets_nothing_in_under_a_suspended_licence(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    harbour.declare()
    harbour.do(harbour.cn_officer, "licence.suspend", "L-1", reason="an inquiry")
    before = harbour_rows()
    with pytest.raises(GateError) as caught:
        harbour.release()
    assert caught.value.decision["verdict"] == "shut"
    assert harbour_rows() == before
    harbour.do(harbour.cn_second, "licence.resume", "L-1", reason="nothing found")
    assert harbour.release().state == "released"
    assert harbour.counts(HARBOUR_QUOTA) == (100, 0, 60, 0)


def test_units_on_their_way_when_a_licence_is_revoked_stay_outside_and_may_go_back(
    harbour: Harbour,
) -> None:
    harbour.licence()
    harbour.sent()
    Allocation.objects.update(state="used", left=0)  # all of it has left
    harbour.declare()
    harbour.do(harbour.cn_officer, "licence.revoke", "L-1", reason="diverted")
    assert harbour.counts(HARBOUR_QUOTA) == (100, 60, 0, 0)
    with pytest.raises(GateError):
        harbour.release()
    assert harbour.do(
        harbour.customs, "entry.refuse", "e-1", reason="no licence"
    ).state == "refused"  # fmt: skip
    assert harbour.counts(HARBOUR_QUOTA) == (100, 60, 0, 0)


# -- a holder who leaves ------------------------------------------------------------------------


def left_out(trade: Trade, party: str = "bytedance") -> None:
    """An amendment takes one of the two holders of the import licence out."""
    stay = [{"party": x} for x in ("bytedance", "tencent") if x != party]
    trade.do(trade.cn_officer, "licence.propose_amendment", "cn-1", holders=stay, reason="asked")
    trade.do(trade.cn_second, "licence.amend", "cn-1", reason="decided")


def test_an_amendment_names_what_stays_reserved_for_who_leaves_and_whose_it_is(
    trade: Trade,
) -> None:
    promised = trade.promise("o-1", 1000)
    trade.sent("s-1", promised, 300)
    other = trade.promise("o-2", 500, buyer="tencent")
    events = Event.objects.count()
    stay = [{"party": "tencent"}]
    trade.do(trade.cn_officer, "licence.propose_amendment", "cn-1", holders=stay, reason="asked")
    told = [{"holder": "bytedance", "order": "o-1", "allocation": promised.pk, "units": 1000}]
    assert Licence.objects.get(pk="cn-1").amendment["stays_reserved"] == told
    before = headroom(STOCK, US, QUOTA)
    trade.do(trade.cn_second, "licence.amend", "cn-1", reason="decided")
    (row,) = [x for x in ledger().entries_of("licence/cn-1") if x.kind == "licence.amend"]
    assert json.loads(row.content)["note"]["stays_reserved"] == told
    # It stays reserved, the rest is free as before; both sides of the order hear of it.
    assert headroom(STOCK, US, QUOTA) == before
    new = list(Event.objects.order_by("pk")[events:].values_list("name", "thing", "parties"))
    assert ("allocation.strand", promised.pk, ["bytedance", "nvidia"]) in new
    assert other.pk not in {thing for _, thing, _ in new}
    agrees_with_the_ledger()


def test_why_it_is_stuck_and_who_can_act_is_told_to_each_as_far_as_it_may_know(
    trade: Trade,
) -> None:
    promised = trade.promise("o-1", 1000)
    left_out(trade)
    trade.prepared("s-1", promised, 400)
    error = refused(GateError, trade, trade.supplier, "shipment.dispatch", "s-1")
    assert "their holder is no longer on the licence" in error.decision["stuck"][0]["says"]

    def stuck(who: Any) -> list[Any]:
        return decision_of(who, "o-1", "shipment", now=trade.now)["stuck"]

    for who in (trade.buyer, trade.cn_officer):
        ((told),) = stuck(who)
        assert told["who"] == ["authority", "buyer", "supplier"]
        assert f"1000 of {promised.pk} stay reserved" in told["says"]
        assert "bytedance, their holder, is no longer on the licence cn-1" in told["says"]
    (told,) = stuck(trade.supplier)
    assert "cn-1" not in told["says"]  # whoever may not read the licence is not told its id
    for _ in range(2):
        remind(trade.now)
    heard = Reminder.objects.filter(thing=promised.pk).order_by("party_id")
    assert [x.party_id for x in heard] == ["bytedance", "cn-authorities", "nvidia"]
    assert [("cn-1" in x.says) for x in heard] == [True, True, False]
    # Each of the two ways out works: give it up, or take the holder in again.
    trade.do(trade.cn_officer, "licence.propose_amendment", "cn-1",
             holders=[{"party": "bytedance"}, {"party": "tencent"}], reason="back")  # fmt: skip
    trade.do(trade.cn_second, "licence.amend", "cn-1", reason="back")
    assert trade.do(trade.supplier, "shipment.dispatch", "s-1").state == "dispatched"
    left_out(trade)
    trade.do(trade.buyer, "allocation.void", promised.pk, reason="we left the licence")
    assert headroom(US, QUOTA) == (9600, 9600)  # what is on its way keeps what it draws at entry
    assert "400 of" in stuck(trade.buyer)[0]["says"]
    agrees_with_the_ledger()


def test_an_order_whose_holder_stays_is_told_nothing_of_those_who_left(trade: Trade) -> None:
    trade.promise("o-1", 1000)
    trade.promise("o-2", 500, buyer="tencent")
    left_out(trade)
    assert decision_of(trade.rival, "o-2", "shipment", now=trade.now).get("stuck", []) == []
