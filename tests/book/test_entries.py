"""Entries: declared, held, let in, refused, withdrawn, sent back; counts and ledger exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from customs_kit import CAP, DAY, QUOTA, RATIO, VALUE, everything

from interlock.book.errors import DeniedError, GateError, InputError, MoveError, NotFoundError
from interlock.book.models import Entry, Hold, Licence, Order
from interlock.book.selectors.accounts import ledger
from interlock.files import BadInputError
from interlock.ledger import RefusedError

if TYPE_CHECKING:
    from customs_kit import Harbour


def test_declaring_posts_nothing(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    before = everything()
    entry = harbour.declare()
    assert (entry.state, entry.quantity, entry.entered, entry.posted) == ("declared", 60, 0, [])
    assert harbour.counts(QUOTA) == (100, 60, 0, 0)
    assert everything() == (before[0] + 1, before[1] + 1, before[2])


def test_a_shipment_is_declared_in_parts_and_never_beyond_what_is_left(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    harbour.declare("e-1", 40)
    before = everything()
    with pytest.raises(InputError, match="20 of the shipment are left"):
        harbour.declare("e-2", 21)
    assert everything() == before
    harbour.declare("e-2", 20)
    with pytest.raises(InputError, match="0 of the shipment are left"):
        harbour.declare("e-3", 1)


def test_what_was_withdrawn_or_refused_may_be_declared_anew(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    harbour.declare("e-1", 60)
    harbour.do(harbour.buyer, "entry.withdraw", "e-1", reason="a wrong figure")
    harbour.declare("e-2", 60)
    harbour.do(harbour.customs, "entry.refuse", "e-2", reason="the papers do not fit")
    assert harbour.declare("e-3", 60).state == "declared"
    assert harbour.counts(QUOTA) == (100, 60, 0, 0)


def test_a_shipment_that_has_not_left_is_not_declared(harbour: Harbour) -> None:
    harbour.licence()
    sent = harbour.sent()
    sent.state = "prepared"
    sent.save()
    with pytest.raises(InputError, match="is prepared; declare it once it has left"):
        harbour.declare()
    assert Entry.objects.count() == 0


def test_facts_of_an_entry_are_names_of_the_law_and_not_the_books_own(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    values = {"id": "e-1", "shipment": "s-1", "quantity": 60}
    before = everything()
    with pytest.raises(BadInputError, match=r"entry\.colour"):
        harbour.do(harbour.buyer, "entry.declare", **values, facts={"colour": "red"})
    with pytest.raises(InputError, match=r"facts\.held: the book says this itself"):
        harbour.do(harbour.buyer, "entry.declare", **values, facts={"held": False})
    assert everything() == before
    made = harbour.do(
        harbour.buyer, "entry.declare", **values, facts={"for_domestic_supply_chain": True}
    )
    assert made.facts == {"for_domestic_supply_chain": True}


def test_release_posts_what_was_reserved_for_entry_and_counts_the_order(harbour: Harbour) -> None:
    harbour.licence(quantity=60)  # the whole quota: its own reservation is room for it
    harbour.sent()
    entry = harbour.let_in("e-1", 40)
    assert (entry.state, entry.entered, entry.decision["verdict"]) == ("released", 40, "open")
    assert harbour.counts(QUOTA) == (60, 20, 40, 0)
    assert Order.objects.get(pk="o-1").entered == 40
    harbour.let_in("e-2", 20)
    assert harbour.counts(QUOTA) == (60, 0, 60, 0)
    assert Order.objects.get(pk="o-1").entered == 60
    assert ledger().verify() is None


def test_release_is_refused_with_the_decision_where_a_gate_is_shut(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    harbour.declare()
    Licence.objects.filter(pk="L-1").update(state="suspended")
    before = everything()
    with pytest.raises(GateError) as caught:
        harbour.release()
    told = caught.value.decision
    assert told["verdict"] == "shut"
    assert {x["gate"]: x["verdict"] for x in told["gates"]}["import"] == "shut"
    assert everything() == before
    assert Entry.objects.get(pk="e-1").state == "declared"


def test_an_expired_licence_lets_nothing_in_whether_or_not_a_job_has_run(harbour: Harbour) -> None:
    harbour.licence(valid_until=harbour.now.date() + 2 * DAY)
    harbour.sent()
    harbour.declare()
    harbour.later(2)
    assert Licence.objects.get(pk="L-1").state == "issued"
    with pytest.raises(GateError):
        harbour.release()
    assert harbour.counts(QUOTA) == (100, 60, 0, 0)


def test_r1_a_provisional_reservation_is_not_posted(harbour: Harbour) -> None:
    harbour.licence()
    promised = harbour.promise(harbour.order("o-1", 60), 60, provisional=True)
    harbour.ship("s-1", promised, 60)
    harbour.declare()
    before = everything()
    with pytest.raises(RefusedError) as caught:
        harbour.release()
    assert {lack.cause for lack in caught.value.lacks} == {"provisional"}
    assert everything() == before


def test_r4_an_overdue_debt_refuses_release(harbour: Harbour) -> None:
    harbour.licence(ratio=1)
    harbour.sent()
    harbour.let_in("e-1", 10)
    assert harbour.counts(RATIO) == (0, 50_000, 10_000, 0)
    harbour.declare("e-2", 50)
    harbour.later(180)
    before = everything()
    with pytest.raises(GateError) as caught:
        harbour.release("e-2")
    overdue = [x for x in caught.value.decision["findings"] if x["reason"] == "overdue"]
    # Customs may not read the duty of the import gate, and learns that its gate is shut.
    assert overdue == []
    assert {x["gate"]: x["verdict"] for x in caught.value.decision["gates"]}["import"] == "shut"
    assert everything() == before
    harbour.accepted("p-1", 10)
    assert harbour.release("e-2").state == "released"


def test_what_began_to_bind_after_the_reservation_is_drawn_at_release(harbour: Harbour) -> None:
    harbour.licence(quantity=400)
    harbour.sent(quantity=200)
    harbour.later(30)  # the cap of 150 binds now
    harbour.let_in("e-1", 100)
    assert harbour.counts(CAP) == (150, 0, 100, 0)
    harbour.declare("e-2", 60)
    before = everything()
    with pytest.raises(RefusedError) as caught:
        harbour.release("e-2")
    assert [(x.account, x.cause, x.headroom) for x in caught.value.lacks] == [(CAP, "headroom", 50)]
    assert everything() == before
    assert harbour.counts(QUOTA) == (400, 100, 100, 0)


def test_release_is_refused_where_the_units_went_back_meanwhile(harbour: Harbour) -> None:
    harbour.licence()
    sent = harbour.sent()
    harbour.declare("e-1", 60)
    sent.returned = 1
    sent.save()
    with pytest.raises(MoveError, match="only 59 of the shipment are left"):
        harbour.release()
    assert harbour.counts(QUOTA) == (100, 60, 0, 0)


def test_r9_only_a_way_back_that_the_law_names_restores_headroom(harbour: Harbour) -> None:
    harbour.licence(ratio=2)
    harbour.sent()
    harbour.let_in()
    assert harbour.counts(RATIO) == (0, 0, 120_000, 0)
    back = {"reason": "they were broken"}
    harbour.do(harbour.customs, "entry.return", "e-1", quantity=10, way="re_exported", **back)
    assert harbour.counts(QUOTA) == (100, 0, 60, 0)
    harbour.do(
        harbour.customs, "entry.return", "e-1", quantity=5, way="returned_to_exporter", **back
    )
    assert harbour.counts(QUOTA) == (100, 0, 55, 0)
    assert harbour.counts(RATIO) == (0, 0, 120_000, 0)
    assert Entry.objects.get(pk="e-1").returned == 15
    assert Order.objects.get(pk="o-1").entered == 55
    before = everything()
    with pytest.raises(InputError, match="only 45 of this entry are still in"):
        harbour.do(harbour.customs, "entry.return", "e-1", quantity=46, way="destroyed", **back)
    assert everything() == before


def test_a_hold_stops_an_entry_until_the_last_one_is_lifted(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    harbour.declare()
    for pk in ("h-1", "h-2"):
        harbour.do(harbour.customs, "hold.place", id=pk, entry="e-1", reason="a closer look")
    assert Entry.objects.get(pk="e-1").state == "held"
    with pytest.raises(MoveError, match="it is held"):
        harbour.release()
    with pytest.raises(MoveError, match="lift each by itself"):
        harbour.do(harbour.customs, "entry.unhold", "e-1", reason="all is well")
    harbour.do(harbour.customs, "hold.lift", "h-1", reason="looked")
    assert Entry.objects.get(pk="e-1").state == "held"
    harbour.do(harbour.customs, "hold.lift", "h-2", reason="looked twice")
    assert Entry.objects.get(pk="e-1").state == "declared"
    lifted = Hold.objects.get(pk="h-2")
    assert (lifted.state, lifted.lifted_by, lifted.lifted_because) == (
        "lifted", "fang@cn-customs", "looked twice",
    )  # fmt: skip
    assert harbour.release().state == "released"


def test_an_entry_is_held_and_let_go_by_itself_as_by_its_hold(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    harbour.declare()
    harbour.do(harbour.customs, "entry.hold", "e-1", id="h-1", reason="a closer look")
    assert Hold.objects.get(pk="h-1").reason == "a closer look"
    harbour.do(harbour.customs, "entry.unhold", "e-1", reason="looked")
    assert (Hold.objects.get(pk="h-1").state, Entry.objects.get(pk="e-1").state) == (
        "lifted", "declared",
    )  # fmt: skip


def test_an_entry_that_is_let_in_is_not_held(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    harbour.let_in()
    with pytest.raises(MoveError, match="it is released"):
        harbour.do(harbour.customs, "hold.place", entry="e-1", reason="too late")
    assert Hold.objects.count() == 0


def test_refusing_a_held_entry_ends_its_holds(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    harbour.declare()
    harbour.do(harbour.customs, "hold.place", id="h-1", entry="e-1", reason="a closer look")
    harbour.do(harbour.customs, "entry.refuse", "e-1", reason="not what was declared")
    assert Entry.objects.get(pk="e-1").state == "refused"
    assert Hold.objects.get(pk="h-1").state == "lifted"


MOVES = {
    "entry.release": {},
    "entry.refuse": {"reason": "no"},
    "entry.return": {"reason": "no", "quantity": 1, "way": "destroyed"},
    "entry.report": {"message": "m-1", "quantity": 60},
    "entry.hold": {"reason": "no"},
    "entry.unhold": {"reason": "no"},
    "entry.withdraw": {"reason": "no"},
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("who", ["buyer", "supplier", "cn_officer", "customs", "rival", "reader"])
def test_who_may_not_changes_nothing(harbour: Harbour, move: str, who: str) -> None:
    may = "buyer" if move == "entry.withdraw" else "customs"
    if who == may:
        return
    harbour.licence()
    harbour.sent()
    harbour.declare()
    if move == "entry.unhold":
        harbour.do(harbour.customs, "entry.hold", "e-1", reason="a closer look")
    if move == "entry.return":
        harbour.release()
    before, as_it_was = everything(), Entry.objects.values().get(pk="e-1")
    refused = NotFoundError if who == "rival" else DeniedError
    with pytest.raises(refused):
        harbour.do(getattr(harbour, who), move, "e-1", **MOVES[move])
    assert everything() == before
    assert Entry.objects.values().get(pk="e-1") == as_it_was


@pytest.mark.parametrize("who", ["supplier", "cn_officer", "customs", "rival", "reader"])
def test_the_buyer_alone_declares(harbour: Harbour, who: str) -> None:
    harbour.licence()
    harbour.sent()
    before = everything()
    with pytest.raises((DeniedError, NotFoundError)):
        harbour.do(getattr(harbour, who), "entry.declare", id="e-1", shipment="s-1", quantity=1)
    assert everything() == before


@pytest.mark.parametrize("who", ["buyer", "supplier", "cn_officer", "rival", "reader"])
def test_customs_alone_holds_and_lifts(harbour: Harbour, who: str) -> None:
    harbour.licence()
    harbour.sent()
    harbour.declare()
    before = everything()
    with pytest.raises((DeniedError, NotFoundError)):
        harbour.do(getattr(harbour, who), "hold.place", entry="e-1", reason="no")
    assert everything() == before
    harbour.do(harbour.customs, "hold.place", id="h-1", entry="e-1", reason="a closer look")
    before = everything()
    with pytest.raises((DeniedError, NotFoundError)):
        harbour.do(getattr(harbour, who), "hold.lift", "h-1", reason="no")
    assert everything() == before


def test_the_value_of_a_licence_may_be_passed_by_its_tolerance_at_entry(harbour: Harbour) -> None:
    harbour.licence(quantity=100, value_usd=60 * 27_000)
    harbour.sent(quantity=60)
    harbour.let_in("e-1", 60)
    assert harbour.counts(VALUE) == (162_000_000, 0, 162_000_000, 0)
