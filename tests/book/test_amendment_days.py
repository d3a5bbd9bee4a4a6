"""What an amendment, a transfer and an end may not do: revive, reach back, lose or count twice."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from licensing_kit import QUOTA
from test_licences import L1, L2, propose, refused, stand_of

from interlock.book.errors import InputError, MoveError
from interlock.book.rights import JOBS

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
