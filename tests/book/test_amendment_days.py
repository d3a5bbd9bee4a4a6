"""What an amendment, a transfer and an end may not do: revive, reach back, lose or count twice."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from licensing_kit import QUOTA
from test_licences import L1, L2, propose, refused, stand_of

from interlock.book.errors import InputError, MoveError
from interlock.book.models import Licence
from interlock.book.rights import JOBS
from interlock.book.selectors.accounts import ledger

if TYPE_CHECKING:
    from licensing_kit import Desk

OVER = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
BEFORE = dt.datetime(2026, 2, 9, 8, tzinfo=dt.UTC)


def test_r9_no_amendment_revives_a_licence_whose_last_day_is_over(desk: Desk) -> None:
    """By the date alone: whether the job has noted it or not, the answer is the same."""
    desk.licence(valid_until="2026-03-01")
    desk.licence("l-2", valid_until="2026-03-01")
    desk.licence("l-3")
    propose(desk, valid_until="2026-12-01")
    propose(desk, "l-3", transfer_to="l-2", transfer_quantity=10)
    desk.do(desk.cn_officer, "licence.suspend", "l-2", reason="x")
    desk.now = OVER
    for who, move, pk, values in (
        (desk.cn_second, "amend", "l-1", {}),
        (desk.cn_officer, "propose_amendment", "l-2", {"valid_until": "2027-01-01"}),
        (desk.cn_second, "resume", "l-2", {}),
    ):
        error = refused(MoveError, desk, who, f"licence.{move}", pk, reason="x", **values)
        assert "it held until 2026-03-01" in str(error)
    late = {"effective": "2026-02-28T08:00:00Z", "reason": "dated back"}
    refused(MoveError, desk, desk.cn_second, "licence.amend", "l-1", **late)
    refused(MoveError, desk, desk.cn_second, "licence.transfer", "l-3", reason="x")
    assert desk.do(JOBS, "licence.expire", "l-1").state == "expired"


def test_a_balance_does_not_go_to_a_licence_that_is_over(desk: Desk) -> None:
    desk.licence()
    desk.licence("l-2", valid_until="2026-03-01")
    propose(desk, transfer_to="l-2", transfer_quantity=10)
    desk.now = OVER
    error = refused(MoveError, desk, desk.cn_second, "licence.transfer", "l-1", reason="x")
    assert "it held until 2026-03-01" in str(error)
    assert (desk.counters(L1)[0], desk.counters(L2)[0]) == (1000, 1000)


def test_an_amendment_does_not_end_a_licence_in_the_past(desk: Desk) -> None:
    desk.licence()
    error = refused(InputError, desk, desk.cn_officer, "licence.propose_amendment", "l-1",
                    valid_until="2026-02-10", reason="x")  # fmt: skip
    assert "is over" in error.faults["valid_until"]
    propose(desk, valid_until="2026-02-20")
    desk.later(days=10)
    refused(MoveError, desk, desk.cn_second, "licence.amend", "l-1", reason="x")


@pytest.mark.parametrize("move", ["propose_amendment", "amend", "suspend", "revoke", "surrender"])
def test_nothing_takes_effect_on_a_licence_before_it_was_issued(desk: Desk, move: str) -> None:
    desk.licence()
    if move == "amend":
        propose(desk, quantity=2000)
    who = {"surrender": desk.buyer, "amend": desk.cn_second}.get(move, desk.cn_officer)
    values: dict[str, Any] = {"quantity": 2000} if move == "propose_amendment" else {}
    error = refused(MoveError, desk, who, f"licence.{move}", "l-1", reason="x", effective=BEFORE,
                    **values)  # fmt: skip
    assert "it was issued on 2026-02-10" in str(error)
    assert stand_of("l-1") == "issued"


def test_what_is_transferred_is_not_lost_to_an_amendment_proposed_before(desk: Desk) -> None:
    """The other licence's proposal of 700 was written when it had 500: it would swallow the 200."""
    desk.licence()
    desk.licence("l-2", quantity=500)
    propose(desk, "l-2", quantity=700)
    propose(desk, transfer_to="l-2", transfer_quantity=200)
    error = refused(MoveError, desk, desk.cn_second, "licence.transfer", "l-1", reason="x")
    assert "licence l-2 cannot 'receive': an amendment waits" in str(error)
    desk.do(desk.cn_second, "licence.amend", "l-2", reason="x")
    desk.do(desk.cn_second, "licence.transfer", "l-1", reason="x")
    assert (desk.counters(L1)[0], desk.counters(L2)[0]) == (800, 900)


def test_a_transfer_leaves_what_is_set_aside_for_holders(desk: Desk) -> None:
    desk.licence(holders=[{"party": "bytedance", "sub_quota": 600}, {"party": "tencent"}])
    desk.licence("l-2", quantity=500)
    error = refused(InputError, desk, desk.cn_officer, "licence.propose_amendment", "l-1",
                    transfer_to="l-2", transfer_quantity=401, reason="x")  # fmt: skip
    assert "add up to 600, more than the 599" in error.faults["transfer_quantity"]
    propose(desk, transfer_to="l-2", transfer_quantity=400)


def test_a_cap_taken_away_and_set_again_counts_what_was_drawn_under_it(desk: Desk) -> None:
    cap = "desk/holder-cap?licence=l-1&buyer=bytedance"
    desk.licence(holders=[{"party": "bytedance", "cap": 500}, {"party": "tencent"}])
    desk.reserve("g-1", 150, f"{QUOTA}l-1", cap)
    for again, counters in ((None, (150, 150, 0, 0)), (500, (500, 150, 0, 350))):
        propose(desk, holders=[{"party": "bytedance", "cap": again}, {"party": "tencent"}])
        desk.do(desk.cn_second, "licence.amend", "l-1", reason="x")
        assert desk.counters(cap) == counters
    propose(desk, holders=[{"party": "bytedance"}, {"party": "tencent"}])
    desk.do(desk.cn_second, "licence.amend", "l-1", reason="x")
    propose(desk, holders=[{"party": "bytedance", "cap": 149}, {"party": "tencent"}])
    error = refused(MoveError, desk, desk.cn_second, "licence.amend", "l-1", reason="x")
    assert "gives back at most 0, not 1" in str(error)


# -- more than was asked ------------------------------------------------------------------------


def approved(desk: Desk, **licences: int) -> None:
    """An application for 1,000, approved, and licences from it."""
    desk.submitted(quantity=1000)
    desk.do(desk.cn_officer, "application.take", "a-1")
    desk.do(desk.cn_officer, "application.approve", "a-1")
    for pk, quantity in licences.items():
        desk.licence(pk, application="a-1", quantity=quantity)


def test_more_than_was_asked_is_granted_by_an_amendment_only_where_it_is_said_why(
    desk: Desk,
) -> None:
    """As a draft is refused it; an amendment may have its reason, which the second officer sees."""
    approved(desk, l1=600)
    propose(desk, "l1", quantity=1000)  # what was asked for
    desk.do(desk.cn_second, "licence.amend", "l1", reason="x")
    error = refused(InputError, desk, desk.cn_officer, "licence.propose_amendment", "l1",
                    quantity=1001, reason="x")  # fmt: skip
    assert "a-1 asks for 1000" in error.faults["quantity"]
    assert "grant 1000 at most; or say in `beyond_asked` why" in error.faults["quantity"]
    propose(desk, "l1", quantity=1500, beyond_asked="the firm asked for 500 more by letter")
    assert "by letter" in Licence.objects.get(pk="l1").amendment["beyond_asked"]
    done = desk.do(desk.cn_second, "licence.amend", "l1", reason="x")
    assert (done.quantity, desk.counters(f"{QUOTA}l1")[0]) == (1500, 1500)
    rows = [x for x in ledger().entries_of("licence/l1") if x.kind == "licence.amend"]
    assert json.loads(rows[-1].content)["note"]["beyond_asked"].endswith("by letter")
    propose(desk, "l1", quantity=1400)  # less needs no reason, though it is more than was asked
    desk.do(desk.cn_second, "licence.amend", "l1", reason="x")


def test_what_another_licence_took_since_is_not_granted_twice_by_an_amendment(desk: Desk) -> None:
    approved(desk, l1=600)
    propose(desk, "l1", quantity=1000)
    desk.licence("l2", application="a-1", quantity=400)
    error = refused(MoveError, desk, desk.cn_second, "licence.amend", "l1", reason="x")
    assert "grant 600 at most; or propose it anew" in str(error)


def test_a_transfer_grants_no_more_than_the_receivers_application_asked(desk: Desk) -> None:
    approved(desk, l1=600, l2=400)
    desk.licence("l3")  # of no application
    propose(desk, "l1", transfer_to="l2", transfer_quantity=100)  # within one application
    desk.do(desk.cn_second, "licence.transfer", "l1", reason="x")
    error = refused(InputError, desk, desk.cn_officer, "licence.propose_amendment", "l3",
                    transfer_to="l2", transfer_quantity=1, reason="x")  # fmt: skip
    assert "a-1 asks for 1000" in error.faults["transfer_quantity"]
    propose(desk, "l3", transfer_to="l2", transfer_quantity=1, beyond_asked="a spare one")
    assert desk.do(desk.cn_second, "licence.transfer", "l3", reason="x").quantity == 999
