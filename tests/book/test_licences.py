"""Licences: granted by a second person, amended, transferred, suspended, ended; exact balances."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN, actor
from licensing_kit import QUOTA, everything, stand_of

from interlock.book.errors import (
    DeniedError,
    InputError,
    MoveError,
    NotFoundError,
    SecondPersonError,
)
from interlock.book.models import Holder, Licence, Order
from interlock.book.rights import JOBS
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import decide
from interlock.book.selectors.licensing import licence_balance
from interlock.ledger import RefusedError
from interlock.store import rows as store_rows

if TYPE_CHECKING:
    from licensing_kit import Desk

L1, L2 = f"{QUOTA}l-1", f"{QUOTA}l-2"


def refused(error: Any, desk: Desk, who: Any, right: str, pk: str = "", **values: Any):
    before = everything()
    with pytest.raises(error) as caught:
        desk.do(who, right, pk, **values)
    assert everything() == before
    return caught.value


def verdict(desk: Desk, at: dt.date | None = None, stage: Any = "order") -> str:
    """What the law says of an order of 100 under the licence."""
    order = Order.objects.filter(pk="o-1").first() or desk.order(quantity=100)
    day = at or desk.now.date()
    return decide(
        ledger(), order, stage, at=day, known=day, now=desk.now, reasons=False
    ).verdict  # fmt: skip


# -- grant --------------------------------------------------------------------------------------


def test_a_licence_is_granted_by_a_second_person_and_credits_its_account(desk: Desk) -> None:
    desk.licence(grant=False, announced_on="2026-01-28", approved_on="2026-02-01",
                 valid_from="2026-03-01")  # fmt: skip
    desk.do(desk.cn_officer, "licence.propose", "l-1")
    refused(SecondPersonError, desk, desk.cn_officer, "licence.grant", "l-1")
    assert ledger().account(L1) is None
    found = desk.do(desk.cn_second, "licence.grant", "l-1")
    assert (found.announced_on, found.approved_on, found.issued_on, found.valid_from) == tuple(
        dt.date.fromisoformat(x) for x in ("2026-01-28", "2026-02-01", "2026-02-10", "2026-03-01")
    )
    assert desk.counters(L1) == (1000, 0, 0, 1000)


def test_an_office_at_another_authority_does_not_make_a_second_person(desk: Desk) -> None:
    desk.do(ADMIN, "party.enter", id="cn-other", name="Another", country="CN", authority=True,
            gate="import")  # fmt: skip
    same = replace(actor("chen", "cn-other", "licensing_officer"), gate="import")
    other = replace(actor("zoe", "cn-other", "licensing_officer"), gate="import")
    desk.licence(grant=False)
    desk.do(desk.cn_officer, "licence.propose", "l-1")
    error = refused(SecondPersonError, desk, same, "licence.grant", "l-1")
    assert error.proposer == "chen@cn-authorities"
    assert desk.do(other, "licence.grant", "l-1").state == "issued"


@pytest.mark.parametrize(
    "move", ["propose", "change", "drop", "grant", "suspend", "revoke", "amend", "resume"]
)
def test_a_holder_makes_no_move_of_the_authority(desk: Desk, move: str) -> None:
    desk.licence(grant=False)
    refused(DeniedError, desk, desk.buyer, f"licence.{move}", "l-1", reason="x")


def test_others_do_not_know_of_a_licence(desk: Desk) -> None:
    desk.licence()
    for who in (desk.rival, desk.officer, desk.minister):
        refused(NotFoundError, desk, who, "licence.suspend", "l-1", reason="x")
    refused(DeniedError, desk, desk.auditor, "licence.suspend", "l-1", reason="x")


def test_the_printed_quantity_is_the_one_granted_not_the_one_asked(desk: Desk) -> None:
    desk.submitted(quantity=1000, consignees=["alibaba"])
    desk.do(desk.cn_officer, "application.take", "a-1")
    error = refused(InputError, desk, desk.cn_officer, "licence.draft", gate="import",
                    application="a-1")  # fmt: skip
    assert "approve it there first" in error.faults["application"]
    desk.do(desk.cn_officer, "application.approve", "a-1")
    error = refused(InputError, desk, desk.cn_officer, "licence.draft", gate="import",
                    application="a-1", quantity=1001)  # fmt: skip
    assert "grant 1000 at most" in error.faults["quantity"]
    made = desk.do(desk.cn_officer, "licence.draft", id="l-1", gate="import", application="a-1",
                   quantity=600)  # fmt: skip
    assert [x.pk for x in made.consignees.all()] == ["alibaba"]
    assert (made.destination, made.approved_on) == ("CN", desk.now.date())
    desk.do(desk.cn_officer, "licence.propose", "l-1")
    granted = desk.do(desk.cn_second, "licence.grant", "l-1")
    assert (granted.quantity, desk.counters(L1)) == (600, (600, 0, 0, 600))
    error = refused(InputError, desk, desk.cn_officer, "licence.draft", gate="import",
                    application="a-1")  # fmt: skip
    assert "grant 400 at most" in error.faults["quantity"]


def test_no_more_is_granted_than_was_asked_by_a_change_of_the_draft_either(desk: Desk) -> None:
    desk.submitted(quantity=1000)
    desk.do(desk.cn_officer, "application.take", "a-1")
    desk.do(desk.cn_officer, "application.approve", "a-1")
    for pk in ("l-1", "l-2"):
        desk.do(desk.cn_officer, "licence.draft", id=pk, gate="import", application="a-1",
                quantity=400)  # fmt: skip
    error = refused(InputError, desk, desk.cn_officer, "licence.change", "l-1", quantity=601)
    assert "grant 600 at most" in error.faults["quantity"]
    assert desk.do(desk.cn_officer, "licence.change", "l-1", quantity=600).quantity == 600


def test_a_round_is_not_licensed_twice(desk: Desk) -> None:
    from test_round_decisions import proposed

    proposed(desk)
    desk.do(desk.cn_second, "round.decide", "r-1")
    made = desk.do(desk.cn_officer, "licence.draft", id="l-1", gate="import", round="r-1")
    error = refused(InputError, desk, desk.cn_officer, "licence.draft", gate="import", round="r-1")
    assert f"r-1 placed {made.quantity}" in error.faults["quantity"]
    desk.do(desk.cn_officer, "licence.drop", "l-1", reason="written anew")
    again = desk.do(desk.cn_officer, "licence.draft", id="l-2", gate="import", round="r-1")
    assert again.quantity == made.quantity


def test_an_application_of_a_round_is_not_licensed_beside_the_rounds_own_licence(
    desk: Desk,
) -> None:
    from test_round_decisions import proposed

    proposed(desk)
    desk.do(desk.cn_second, "round.decide", "r-1")
    desk.do(desk.cn_officer, "licence.draft", id="l-1", gate="import", round="r-1")
    error = refused(
        InputError, desk, desk.cn_officer, "licence.draft", gate="import", application="a-1"
    )
    assert "r-1 placed 12000, and 12000 of them" in error.faults["quantity"]
    desk.do(desk.cn_officer, "licence.change", "l-1", quantity=3000)
    made = desk.do(desk.cn_officer, "licence.draft", id="l-2", gate="import", application="a-1")
    assert made.quantity == 9000


def test_one_licence_for_all_who_were_placed_in_a_round(desk: Desk) -> None:
    from test_round_decisions import proposed

    proposed(desk)
    error = refused(InputError, desk, desk.cn_officer, "licence.draft", gate="import", round="r-1")
    assert "decide it there first" in error.faults["round"]
    desk.do(desk.cn_second, "round.decide", "r-1")
    made = desk.do(desk.cn_officer, "licence.draft", id="l-1", gate="import", round="r-1",
                   licence_kind="group")  # fmt: skip
    assert (made.quantity, sorted(x.party_id for x in made.holders.all())) == (
        12000, ["alibaba", "bytedance"],
    )  # fmt: skip


def test_a_quantity_that_is_not_disclosed_opens_no_account(desk: Desk) -> None:
    """R5."""
    found = desk.licence(quantity=None, disclosed=False)
    assert (found.state, found.quantity, ledger().account(L1)) == ("issued", None, None)


def test_three_holders_draw_on_one_quantity_of_400_000(world: Any, db: None) -> None:
    """R5, reading (a), under the real law."""
    from book_kit import ADMIN

    from interlock.book.models import Order

    world.do(
        ADMIN,
        "party.enter",
        id="alibaba",
        name="Alibaba",
        country="CN",
        roles=["buyer"],
        known_to=["bytedance", "nvidia"],
    )
    firms = ("bytedance", "alibaba", "tencent")
    world.do(world.cn_officer, "licence.draft", id="group", gate="import", licence_kind="group",
             holders=[{"party": x} for x in firms], products=["h200-sxm"], destination="CN",
             quantity=400_000)  # fmt: skip
    world.do(world.cn_officer, "licence.propose", "group")
    world.do(world.cn_second, "licence.grant", "group")
    account = "cn-chip-imports/group-quota?licence=group"
    found = [one.id for one in ledger().accounts() if "licence=group" in one.id]
    assert found == [account]
    assert ledger().headroom([account], now=world.now) == {account: 400_000}
    world.order("o-1")
    day = world.now.date()
    seen = decide(ledger(), Order.objects.get(pk="o-1"), "order", at=day, known=day, now=world.now)
    leg = next(x for x in seen.legs if x.item == "group-quota")
    assert (leg.account, leg.factor, leg.headroom) == (account, 1, 400_000)
    assert {x.item: x.outcome for x in seen.findings}["one-of-the-holders"] == "pass"


def test_a_holders_part_and_cap_are_accounts_that_the_law_declares(desk: Desk) -> None:
    desk.licence(quantity=1000, holders=[
        {"party": "bytedance", "sub_quota": 300, "cap": 800}, {"party": "tencent", "cap": 500},
    ])  # fmt: skip
    found = sorted(one.id for one in ledger().accounts())
    assert found == [
        "desk/holder-cap?licence=l-1&buyer=bytedance",
        "desk/holder-cap?licence=l-1&buyer=tencent",
        "desk/holder-part?licence=l-1&buyer=bytedance",
        L1,
    ]
    assert [desk.counters(x)[0] for x in found] == [800, 500, 300, 1000]
    order = desk.order(quantity=100)
    day = desk.now.date()
    seen = decide(ledger(), order, "order", at=day, known=day, now=desk.now)
    assert {x.item: (x.factor, x.headroom) for x in seen.legs if x.account} == {
        "quota": (1, 1000), "holder-part": (1, 300), "holder-cap": (1, 800),
    }  # fmt: skip
    assert seen.max_quantity == 300
    desk.do(desk.rival, "order.place", id="o-2", buyer="tencent", supplier="nvidia",
            product="h200-sxm", quantity=10, destination="CN")  # fmt: skip
    other = decide(ledger(), Order.objects.get(pk="o-2"), "order", at=day, known=day, now=desk.now)
    assert {x.item: x.headroom for x in other.legs if x.account} == {
        "quota": 1000, "holder-cap": 500,
    }  # fmt: skip


def test_a_holder_sees_the_balance_without_the_part_of_another(desk: Desk) -> None:
    desk.licence(holders=[
        {"party": "bytedance", "sub_quota": 300}, {"party": "tencent", "sub_quota": 500},
    ])  # fmt: skip
    desk.reserve("g-1", 100, L1)
    desk.post("p-1", "g-1", 40)
    own = licence_balance(desk.buyer, "l-1", at=desk.now, known=desk.now)
    assert [(x["granted"], x["reserved"], x["posted"], x["left"]) for x in own] == [
        (300, 0, 0, 300), (1000, 60, 40, 900),
    ]  # fmt: skip
    assert own[1]["first_used_on"] == desk.now.date()
    assert len(licence_balance(desk.cn_officer, "l-1", at=desk.now, known=desk.now)) == 3
    with pytest.raises(NotFoundError):
        licence_balance(desk.third, "l-1", at=desk.now, known=desk.now)


def test_faults_of_a_draft_name_their_fields(desk: Desk) -> None:
    holders = [{"party": "bytedance", "sub_quota": 700, "cap": 600}, {"party": "bytedance"}]
    error = refused(InputError, desk, desk.cn_officer, "licence.draft", gate="import",
                    holders=holders, products=["h200-sxm"], quantity=600)  # fmt: skip
    assert set(error.faults) == {"holders.0.sub_quota", "holders.1.party", "holders"}
    error = refused(InputError, desk, desk.cn_officer, "licence.draft", gate="import",
                    holders=[{"party": "tencent"}], products=["h200-sxm"], quantity=6,
                    approved_on="2026-03-01", valid_from="2026-05-01",
                    valid_until="2026-05-01")  # fmt: skip
    assert set(error.faults) == {"approved_on", "valid_until"}
    error = refused(InputError, desk, desk.cn_officer, "licence.draft", gate="import", quantity=6)
    assert error.faults == {"holders": "a licence has a holder; give one"}


def test_a_draft_is_changed_proposed_taken_back_and_given_up(desk: Desk) -> None:
    desk.licence(grant=False)
    desk.do(desk.cn_officer, "licence.change", "l-1", quantity=70,
            holders=[{"party": "tencent", "cap": 50}])  # fmt: skip
    one = Licence.objects.get(pk="l-1")
    assert (one.quantity, [(x.party_id, x.cap) for x in one.holders.all()]) == (
        70, [("tencent", 50)],
    )  # fmt: skip
    desk.do(desk.cn_officer, "licence.propose", "l-1")
    refused(MoveError, desk, desk.cn_officer, "licence.change", "l-1", quantity=1)
    desk.do(desk.cn_officer, "licence.withdraw", "l-1")
    desk.do(desk.cn_officer, "licence.drop", "l-1", reason="no need")
    assert stand_of("l-1") == "dropped"
    refused(MoveError, desk, desk.cn_officer, "licence.propose", "l-1")


# -- amendment: the balance is carried over -----------------------------------------------------


def propose(desk: Desk, pk: str = "l-1", **terms: Any) -> None:
    desk.do(desk.cn_officer, "licence.propose_amendment", pk, reason="asked for", **terms)


def test_an_amendment_carries_the_drawn_balance_over(desk: Desk) -> None:
    desk.licence()
    desk.reserve("g-1", 300, L1)
    desk.post("p-1", "g-1", 200)
    assert desk.counters(L1) == (1000, 100, 200, 700)
    propose(desk, quantity=1500)
    assert Licence.objects.get(pk="l-1").quantity == 1000  # nothing changes yet
    assert desk.counters(L1) == (1000, 100, 200, 700)
    refused(SecondPersonError, desk, desk.cn_officer, "licence.amend", "l-1", reason="x")
    up = desk.do(desk.cn_second, "licence.amend", "l-1", reason="more")
    assert (up.pk, up.quantity, up.amendment) == ("l-1", 1500, {})
    assert desk.counters(L1) == (1500, 100, 200, 1200)
    propose(desk, quantity=300)
    desk.do(desk.cn_second, "licence.amend", "l-1", reason="less, down to what is drawn")
    assert desk.counters(L1) == (300, 100, 200, 0)
    desk.post("p-2", "g-1")
    assert desk.counters(L1) == (300, 0, 300, 0)


def test_nothing_is_taken_back_that_is_drawn_or_reserved(desk: Desk) -> None:
    desk.licence()
    desk.reserve("g-1", 300, L1)
    desk.post("p-1", "g-1", 200)
    propose(desk, quantity=299)
    error = refused(MoveError, desk, desk.cn_second, "licence.amend", "l-1", reason="x")
    assert "gives back at most 700, not 701" in str(error)
    assert Licence.objects.get(pk="l-1").amendment["terms"] == {"quantity": 299}


def test_one_amendment_at_a_time_and_none_is_dropped_silently(desk: Desk) -> None:
    desk.licence()
    refused(MoveError, desk, desk.cn_second, "licence.amend", "l-1", reason="x")
    refused(MoveError, desk, desk.cn_officer, "licence.drop_amendment", "l-1", reason="x")
    error = refused(InputError, desk, desk.cn_officer, "licence.propose_amendment", "l-1",
                    reason="x")  # fmt: skip
    assert "nothing is to change" in error.faults["quantity"]
    propose(desk, quantity=5000)
    error = refused(MoveError, desk, desk.cn_officer, "licence.propose_amendment", "l-1",
                    quantity=2, reason="x")  # fmt: skip
    assert "drop it first" in str(error)
    refused(MoveError, desk, desk.cn_second, "licence.transfer", "l-1", reason="x")
    desk.do(desk.cn_officer, "licence.drop_amendment", "l-1", reason="an error")
    assert Licence.objects.get(pk="l-1").amendment == {}


def test_whoever_granted_the_licence_may_propose_and_the_other_amend(desk: Desk) -> None:
    desk.licence()  # proposed by chen, granted by deng
    desk.do(desk.cn_second, "licence.propose_amendment", "l-1", quantity=1200, reason="x")
    refused(SecondPersonError, desk, desk.cn_second, "licence.amend", "l-1", reason="x")
    assert desk.do(desk.cn_officer, "licence.amend", "l-1", reason="x").quantity == 1200


def test_holders_and_days_are_amended_and_a_holder_who_left_stays_on_record(desk: Desk) -> None:
    desk.licence(holders=[
        {"party": "bytedance", "sub_quota": 300}, {"party": "tencent", "sub_quota": 400},
    ])  # fmt: skip
    part = next(x.id for x in ledger().accounts() if "part" in x.id and "tencent" in x.id)
    desk.reserve("g-1", 150, part)  # and so on the whole
    desk.later(days=10)
    propose(desk, holders=[{"party": "bytedance", "sub_quota": 500}, {"party": "alibaba"}],
            valid_until="2026-12-31")  # fmt: skip
    done = desk.do(desk.cn_second, "licence.amend", "l-1", reason="x")
    assert done.valid_until == dt.date(2026, 12, 31)
    rows = Holder.objects.filter(licence="l-1").order_by("pk")
    assert [(x.party_id, x.sub_quota, x.until) for x in rows] == [
        ("bytedance", 500, None), ("tencent", 400, dt.date(2026, 2, 20)), ("alibaba", None, None),
    ]  # fmt: skip
    # What Tencent had reserved stays; the rest of its part is given back.
    assert desk.counters(part) == (150, 150, 0, 0)
    assert desk.counters(part.replace("tencent", "bytedance")) == (500, 0, 0, 500)
    assert desk.counters(L1) == (1000, 150, 0, 850)


def test_a_quantity_that_becomes_known_fills_its_account(desk: Desk) -> None:
    desk.licence(quantity=None, disclosed=False)
    propose(desk, quantity=400)
    desk.do(desk.cn_second, "licence.amend", "l-1", reason="it was published")
    assert desk.counters(L1) == (400, 0, 0, 400)


# -- transfer of a balance ----------------------------------------------------------------------


def test_a_balance_moves_to_another_licence_both_accounts_at_once(desk: Desk) -> None:
    desk.licence()
    desk.licence("l-2", holders=[{"party": "tencent"}], quantity=500)
    desk.reserve("g-1", 300, L1)
    propose(desk, transfer_to="l-2", transfer_quantity=700)
    refused(SecondPersonError, desk, desk.cn_officer, "licence.transfer", "l-1", reason="x")
    refused(MoveError, desk, desk.cn_second, "licence.amend", "l-1", reason="x")
    desk.do(desk.cn_second, "licence.transfer", "l-1", reason="sold")
    assert desk.counters(L1) == (300, 300, 0, 0)
    assert desk.counters(L2) == (1200, 0, 0, 1200)
    both = dict(Licence.objects.values_list("pk", "quantity"))
    assert both == {"l-1": 300, "l-2": 1200}
    made = [x for x in ledger().transfers() if x.kind in ("grant", "adjust")][-2:]
    assert len({x.change.rpartition("/")[0] for x in made}) == 1  # one act


def test_no_more_moves_than_nobody_has_drawn_or_reserved(desk: Desk) -> None:
    desk.licence()
    desk.licence("l-2", quantity=500)
    desk.reserve("g-1", 300, L1)
    propose(desk, transfer_to="l-2", transfer_quantity=701)
    error = refused(MoveError, desk, desk.cn_second, "licence.transfer", "l-1", reason="x")
    assert "gives back at most 700, not 701" in str(error)
    desk.do(desk.cn_officer, "licence.drop_amendment", "l-1", reason="x")
    propose(desk, transfer_to="l-2", transfer_quantity=9000)
    error = refused(MoveError, desk, desk.cn_second, "licence.transfer", "l-1", reason="x")
    assert "it grants less than 9000" in str(error)


def test_a_transfer_that_cannot_be_meant_names_its_fields(desk: Desk) -> None:
    desk.licence()
    desk.licence("l-2", grant=False)
    for values, field in (
        ({"transfer_to": "l-2", "transfer_quantity": 1}, "transfer_to"),
        ({"transfer_to": "l-1", "transfer_quantity": 1}, "transfer_to"),
        ({"transfer_quantity": 1}, "transfer_to"),
        ({"transfer_to": "l-2", "transfer_quantity": 1, "quantity": 5}, "quantity"),
    ):
        error = refused(InputError, desk, desk.cn_officer, "licence.propose_amendment", "l-1",
                        reason="x", **values)  # fmt: skip
        assert field in error.faults


# -- suspension, and the end --------------------------------------------------------------------


def test_a_suspension_is_felt_at_once_by_decisions_and_by_what_is_reserved(desk: Desk) -> None:
    desk.licence()
    desk.reserve("g-1", 300, L1)
    assert verdict(desk) == "open"
    desk.do(desk.cn_officer, "licence.suspend", "l-1", reason="an inquiry")
    for stage in ("order", "allocation", "shipment", "entry"):
        assert verdict(desk, stage=stage) == "shut"
    before = desk.counters(L1)
    with pytest.raises(RefusedError) as caught:
        desk.post("p-1", "g-1", 100)
    assert [(x.account, x.cause) for x in caught.value.lacks] == [(L1, "shut")]
    with pytest.raises(RefusedError):
        desk.reserve("g-2", 1, L1)
    assert desk.counters(L1) == before
    refused(SecondPersonError, desk, desk.cn_officer, "licence.resume", "l-1", reason="x")
    desk.do(desk.cn_second, "licence.resume", "l-1", reason="nothing found")
    assert verdict(desk) == "open"
    desk.post("p-1", "g-1", 100)
    assert desk.counters(L1) == (1000, 200, 100, 700)


def test_an_amendment_under_way_does_not_keep_a_licence_from_being_suspended(desk: Desk) -> None:
    desk.licence()
    propose(desk, quantity=2000)
    desk.do(desk.cn_second, "licence.suspend", "l-1", reason="x")
    refused(SecondPersonError, desk, desk.cn_second, "licence.resume", "l-1", reason="x")
    refused(SecondPersonError, desk, desk.cn_officer, "licence.amend", "l-1", reason="x")
    desk.do(desk.cn_second, "licence.amend", "l-1", reason="x")
    assert desk.counters(L1) == (2000, 0, 0, 2000)
    assert verdict(desk) == "shut"


def test_a_revocation_voids_what_is_reserved_and_shuts_the_account(desk: Desk) -> None:
    desk.licence()
    desk.licence("l-2", quantity=500)
    desk.reserve("g-1", 300, L1, L2)
    desk.post("p-1", "g-1", 200)
    desk.reserve("g-2", 50, L2)
    found = desk.do(desk.cn_officer, "licence.revoke", "l-1", reason="diverted")
    assert (found.state, found.ended_on) == ("revoked", desk.now.date())
    assert desk.counters(L1) == (1000, 0, 200, 800)
    # The order line gives up all of its accounts; other lines of theirs stay.
    assert desk.counters(L2) == (500, 50, 200, 250)
    with pytest.raises(RefusedError):
        desk.reserve("g-3", 1, L1)
    refused(MoveError, desk, desk.cn_second, "licence.resume", "l-1", reason="x")
    assert ledger().verify() is None


def test_a_holder_surrenders_its_licence(desk: Desk) -> None:
    desk.licence()
    desk.reserve("g-1", 300, L1)
    refused(DeniedError, desk, desk.cn_officer, "licence.surrender", "l-1", reason="x")
    refused(DeniedError, desk, desk.reader, "licence.surrender", "l-1", reason="x")
    found = desk.do(desk.buyer, "licence.surrender", "l-1", reason="not needed")
    assert (found.state, desk.counters(L1)) == ("surrendered", (1000, 0, 0, 1000))
    assert verdict(desk) == "shut"


def test_no_holder_gives_up_what_others_hold_too_or_what_it_holds_no_more(desk: Desk) -> None:
    """One firm of a group would end the quota of all, and void what the others were promised."""
    two = [{"party": "bytedance"}, {"party": "alibaba"}]
    desk.licence(holders=two)
    desk.reserve("g-1", 300, L1)
    error = refused(MoveError, desk, desk.buyer, "licence.surrender", "l-1", reason="x")
    assert "others hold it too" in str(error)
    assert "alibaba" not in str(error)
    desk.do(desk.cn_officer, "licence.propose_amendment", "l-1", holders=two[1:], reason="x")
    desk.do(desk.cn_second, "licence.amend", "l-1", reason="x")
    error = refused(MoveError, desk, desk.buyer, "licence.surrender", "l-1", reason="x")
    assert "bytedance does not hold it any more" in str(error)
    assert (stand_of("l-1"), desk.counters(L1)) == ("issued", (1000, 300, 0, 700))
    found = desk.do(desk.third, "licence.surrender", "l-1", reason="not needed")
    assert (found.state, desk.counters(L1)) == ("surrendered", (1000, 0, 0, 1000))


def test_expiry_holds_by_date_whether_or_not_a_job_has_run(desk: Desk) -> None:
    """R9."""
    desk.licence(valid_until="2026-03-01")
    assert verdict(desk, dt.date(2026, 2, 28)) == "open"
    assert verdict(desk, dt.date(2026, 3, 1)) == "shut"
    assert stand_of("l-1") == "issued"  # nobody has recorded it
    refused(DeniedError, desk, desk.cn_officer, "licence.expire", "l-1")
    refused(MoveError, desk, JOBS, "licence.expire", "l-1")
    desk.reserve("g-1", 300, L1)
    desk.now = dt.datetime(2026, 3, 5, 8, tzinfo=dt.UTC)
    found = desk.do(JOBS, "licence.expire", "l-1")
    assert (found.state, found.ended_on) == ("expired", dt.date(2026, 3, 1))
    assert desk.counters(L1) == (1000, 0, 0, 1000)


def test_a_licence_without_a_last_day_does_not_expire(desk: Desk) -> None:
    desk.licence()
    error = refused(MoveError, desk, JOBS, "licence.expire", "l-1")
    assert "it has no last day" in str(error)


def test_a_licence_is_not_granted_past_its_last_day(desk: Desk) -> None:
    desk.licence(grant=False, valid_until="2026-02-12")
    desk.do(desk.cn_officer, "licence.propose", "l-1")
    desk.later(days=2)
    error = refused(InputError, desk, desk.cn_second, "licence.grant", "l-1")
    assert "is over" in error.faults["valid_until"]


def test_a_balance_is_told_as_of_a_time_and_as_known_at_a_time(desk: Desk) -> None:
    """R8."""
    desk.licence()
    granted = desk.now
    desk.later(days=5)
    desk.reserve("g-1", 300, L1)
    desk.post("p-1", "g-1", 200)
    drawn = desk.now
    desk.later(days=5)
    propose(desk, quantity=1500)
    desk.do(desk.cn_second, "licence.amend", "l-1", reason="x")

    def told(at: dt.datetime, known: dt.datetime) -> tuple[int, ...]:
        (one,) = licence_balance(desk.cn_officer, "l-1", at=at, known=known)
        return one["granted"], one["reserved"], one["posted"], one["left"]

    assert told(granted, desk.now) == (1000, 0, 0, 1000)
    assert told(drawn, desk.now) == (1000, 100, 200, 700)
    assert told(desk.now, desk.now) == (1500, 100, 200, 1200)
    assert told(desk.now, drawn) == (1000, 100, 200, 700)


@pytest.mark.parametrize("others", [3, 40])
def test_a_suspension_reads_the_accounts_of_its_own_licence_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    """As many rows of accounts, however many licences there are in the book."""
    for number in range(others):
        desk.licence(f"l-1{number}")
    desk.licence("l-1", holders=[{"party": "bytedance", "sub_quota": 400},
                                 {"party": "tencent", "sub_quota": 100}])  # fmt: skip
    own = [x.id for x in ledger().accounts() if "licence=l-1&" in f"{x.id}&"]
    assert len(own) == 3
    assert len(ledger().accounts()) == 3 + others
    read = []
    kept = store_rows.to_account
    monkeypatch.setattr(store_rows, "to_account", lambda row: (read.append(row[0]), kept(row))[1])
    desk.do(desk.cn_officer, "licence.suspend", "l-1", reason="looked at anew")
    assert set(read) == set(own)
    assert len(read) <= 4 * len(own)
    monkeypatch.undo()
    shut = {x.account for x in ledger().discrepancies(unsettled=True)}
    assert shut == set(own)
