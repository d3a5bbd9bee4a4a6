"""Several things at once: tried for each with its reasons, then made for each by its own move."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import NOW
from django.core.cache import cache
from everything_kit import everything
from trade_kit import STOCK, Trade
from web_kit import Pages

from interlock.book.models import Allocation, Order
from interlock.book.selectors.accounts import ledger

if TYPE_CHECKING:
    from django.http import HttpResponse

    from interlock.book.rights import Actor


@pytest.fixture
def trade(db: None, settings: Any) -> Trade:
    """Three orders of one buyer, one of a rival's."""
    settings.REQUIRE_MFA = False
    cache.clear()
    world = Trade()
    world.statement()
    for number in range(3):
        world.order(f"o-{number}", 100)
    world.do(world.rival, "order.place", id="o-rival", buyer="tencent", supplier="nvidia",
             product="h200-sxm", quantity=100, destination="CN")  # fmt: skip
    return world


def post(world: Trade, who: Actor, rows: list[str], **sent: Any) -> HttpResponse:
    return Pages(world).client(who).post("/orders/bulk/", {"row": rows, **sent})


def text_of(answer: HttpResponse) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.content.decode())))


def test_only_moves_that_all_of_them_can_make_are_offered(trade: Trade) -> None:
    answer = post(trade, trade.buyer, ["o-0", "o-1"])
    assert re.findall(r'name="move" value="(\w+)"', answer.content.decode()) == ["close", "cancel"]
    trade.do(trade.buyer, "order.cancel", "o-2", reason="x")
    answer = post(trade, trade.buyer, ["o-0", "o-2"])
    assert re.findall(r'name="move" value="(\w+)"', answer.content.decode()) == []
    assert "There is no move that all of them can make" in text_of(answer)


def test_a_preview_tells_what_would_happen_to_each_and_keeps_nothing(trade: Trade) -> None:
    before = everything()
    answer = post(trade, trade.buyer, ["o-0", "o-1"], move="cancel", do="preview", reason="late")
    text = text_of(answer)
    assert "It would be done for 2 and refused for 0. Nothing has been kept yet." in text
    assert text.count("would be done State: Placed → Cancelled") == 2
    assert "Do it for 2" in text
    assert everything() == before


def test_values_that_cannot_be_meant_stand_at_their_fields_and_nothing_is_done(
    trade: Trade,
) -> None:
    before = everything()
    answer = post(trade, trade.buyer, ["o-0", "o-1"], move="cancel", do="make", reason="")
    assert answer.status_code == 422
    assert 'id="e-reason"' in answer.content.decode()
    assert everything() == before


def test_each_row_is_done_or_refused_by_itself_and_a_form_counts_once(trade: Trade) -> None:
    sent = {"move": "cancel", "do": "make", "reason": "late", "once": "abc"}
    answer = post(trade, trade.buyer, ["o-0", "o-1"], **{"version-o-1": "99"}, **sent)
    text = text_of(answer)
    assert "Done for 1, refused for 1." in text
    assert "It changed since you read it" in text
    states = dict(Order.objects.order_by("pk").values_list("pk", "state"))
    assert states == {"o-0": "cancelled", "o-1": "placed", "o-2": "placed", "o-rival": "placed"}
    after = everything()
    again = text_of(post(trade, trade.buyer, ["o-0"], **sent))
    assert "There is no move that all of them can make" in again
    assert everything() == after


def test_r11_a_row_of_another_firm_is_one_that_is_not_there(trade: Trade) -> None:
    before = everything()
    theirs = post(trade, trade.buyer, ["o-rival"], move="cancel", do="make", reason="x")
    nobodys = post(trade, trade.buyer, ["o-rivax"], move="cancel", do="make", reason="x")
    plain = [re.sub(r"o-riva[lx]|value=\"\w{20,}\"", "", x.content.decode())
             for x in (theirs, nobodys)]  # fmt: skip
    assert plain[0] == plain[1]
    assert "There is no such thing" in text_of(theirs)
    assert everything() == before


def test_more_than_two_hundred_are_not_taken_at_once(trade: Trade) -> None:
    answer = post(trade, trade.buyer, [f"x-{number}" for number in range(203)])
    assert "3 more were chosen than go at once" in text_of(answer)
    assert answer.content.decode().count('name="row"') == 200


def test_a_list_offers_rows_to_choose_only_to_who_can_move_them(trade: Trade) -> None:
    pages = Pages(trade)
    assert 'name="row" value="o-0"' in pages.get("/orders/", trade.buyer).content.decode()
    assert 'name="row"' not in pages.get("/orders/", trade.auditor).content.decode()


def test_what_a_run_reserved_is_undone_by_the_void_of_its_transfers(trade: Trade) -> None:
    for number in range(3):
        trade.do(trade.allocator, "order.confirm", f"o-{number}")
    trade.do(trade.allocator, "run.propose", id="run-1", supplier="nvidia", product="h200-sxm")
    client = Pages(trade).client(trade.allocator_2)
    answer = client.post("/runs/run-1/approve/", {"do": "make"}, follow=True)
    reserved = Allocation.objects.filter(state__in=("provisional", "reserved"))
    assert reserved.count() == 3
    assert sum(Order.objects.values_list("allocated", flat=True)) == 300
    form = re.search(r'action="/allocations/bulk/">.*?</form>', answer.content.decode(), re.DOTALL)
    assert form is not None
    sent = dict(re.findall(r'name="(run|move|do|reason)" value="([^"]*)"', form[0]))
    text = text_of(client.post("/allocations/bulk/", sent))
    assert "It would be done for 3 and refused for 0." in text
    assert reserved.count() == 3
    text = text_of(client.post("/allocations/bulk/", sent | {"do": "make"}))
    assert "Done for 3, refused for 0." in text
    assert reserved.count() == 0
    assert sum(Order.objects.values_list("allocated", flat=True)) == 0
    assert ledger().counters(STOCK, now=NOW).debits_pending == 0


def test_what_the_ledger_cannot_take_back_is_offered_no_undo(trade: Trade) -> None:
    client = Pages(trade).client(trade.buyer)
    answer = client.post("/orders/o-1/cancel/", {"do": "make", "reason": "x"}, follow=True)
    assert "It is now Cancelled" in answer.content.decode()
    assert "/allocations/bulk/" not in answer.content.decode()


def test_a_preview_of_several_tells_who_would_hold_them_by_name(trade: Trade) -> None:
    for pk, holder in (("cn-1", "tencent"), ("bis-1", "nvidia")):
        who = trade.cn_officer if pk == "cn-1" else trade.officer
        trade.do(who, "licence.propose_amendment", pk, reason="asked", holders=[{"party": holder}],
                 **({"consignees": ["tencent"]} if pk == "bis-1" else {}))  # fmt: skip
    before = everything()
    form = {"row": ["cn-1"], "move": "amend", "do": "preview", "reason": "x"}
    told = Pages(trade).post("/licences/bulk/", trade.cn_second, **form)
    proposed = re.search(r"Amendment: (.*?) →", text_of(told))
    assert proposed is not None
    assert proposed[1] == "By chen (Chinese authorities) Reason asked Holders Party Tencent"
    leaves = r"Holders: ByteDance, Tencent → ByteDance \(until [\d-]{10}\), Tencent"
    assert re.search(leaves, text_of(told))
    form["row"] = ["bis-1"]
    told = Pages(trade).post("/licences/bulk/", trade.second, **form)
    assert re.search(r"Consignees: [^→]*→ Tencent", text_of(told))
    assert everything() == before
