"""Messages of customs systems: matched to our count, never in its place; nothing counts twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from customs_kit import QUOTA, VALUE, everything

from interlock.book.acting import perform
from interlock.book.errors import DeniedError, InputError, MoveError, NotFoundError
from interlock.book.models import Discrepancy, Entry, Licence, Order, Shipment
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.present import present
from interlock.book.selectors.usage import usage, usage_shown
from interlock.book.services.messages import Message, receive
from interlock.ledger import ConflictError, RefusedError

if TYPE_CHECKING:
    from customs_kit import Harbour

    from interlock.book.acting import Act


@pytest.fixture
def let_in(harbour: Harbour) -> Harbour:
    """100 granted, 60 promised and sent, 40 of them let in under e-1."""
    harbour.licence()
    harbour.sent()
    harbour.let_in("e-1", 40)
    return harbour


def answer(harbour: Harbour, message: str, entry: str = "e-1", **values: Any) -> dict[str, Any]:
    """What a customs system is answered."""

    def work(act: Act) -> dict[str, Any]:
        found = Entry.objects.select_for_update().filter(pk=entry).first()
        return receive(act, Message(message=message, entry=entry, **values), found)

    return perform(harbour.customs, work, now=harbour.now)


def codes(told: dict[str, Any], account: str = QUOTA) -> list[str]:
    """The messages on one licence account, and what remains."""
    one = next(x for x in told["licences"] if x["account"] == account)
    return [*(x["code"] for x in one["messages"]), one["remaining"]]


def test_a_message_that_agrees_is_noted_and_changes_nothing_else(let_in: Harbour) -> None:
    before = everything()
    entry = let_in.report("m-1", quantity=40)
    assert entry.reported == {
        "counted": 40, "filings": {}, "status": None, "messages": ["m-1"],
    }  # fmt: skip
    # One event and audit row of the entry, one audit row of the message, no transfer.
    assert everything() == (before[0] + 1, before[1] + 2, before[2])
    assert (entry.state, entry.entered, Discrepancy.objects.count()) == ("released", 40, 0)


def test_a_message_that_disagrees_opens_a_discrepancy_and_changes_no_count(
    let_in: Harbour,
) -> None:
    counts, transfers = let_in.counts(QUOTA), len(ledger().transfers())
    let_in.report("m-1", quantity=55)
    found = Discrepancy.objects.get()
    assert (found.state, found.about, found.message) == ("open", "e-1", "m-1")
    assert (found.ours, found.theirs) == ({"quantity": 40}, {"quantity": 55})
    assert set(found.parties.values_list("pk", flat=True)) == {"bytedance", "nvidia"}
    assert (let_in.counts(QUOTA), len(ledger().transfers())) == (counts, transfers)
    entry = Entry.objects.get(pk="e-1")
    assert (entry.quantity, entry.entered) == (40, 40)
    assert Order.objects.get(pk="o-1").entered == 40


def test_r3_an_open_discrepancy_refuses_further_draws_of_the_same_holder(let_in: Harbour) -> None:
    let_in.licence("L-2", holders=("tencent",))
    let_in.report("m-1", quantity=55)
    let_in.declare("e-2", 20)
    before = everything()
    with pytest.raises(RefusedError) as caught:
        let_in.release("e-2")
    assert {x.cause for x in caught.value.lacks} == {"shut"}
    assert everything() == before
    # Another holder's draws, on an account of its own, go on.
    promised = let_in.promise(let_in.rivals("o-2", 10), 10)
    assert promised.state == "reserved"


def test_the_same_message_again_gives_the_same_answer_and_changes_nothing(let_in: Harbour) -> None:
    first = answer(let_in, "m-1", quantity=55)
    answer(let_in, "m-2", quantity=57)
    before, entry = everything(), Entry.objects.values().get(pk="e-1")
    assert answer(let_in, "m-1", quantity=55) == first
    let_in.report("m-1", quantity=55)
    assert everything() == before
    assert Entry.objects.values().get(pk="e-1") == entry
    assert Discrepancy.objects.count() == 2


def test_an_id_that_came_with_another_message_is_refused(let_in: Harbour) -> None:
    answer(let_in, "m-1", quantity=40)
    before = everything()
    with pytest.raises(ConflictError, match="another change"):
        answer(let_in, "m-1", quantity=41)
    assert everything() == before


def test_running_totals_are_never_added_up(let_in: Harbour) -> None:
    """A licensing system added the running total of customs each time, for three years."""
    let_in.declare("e-2", 20)
    for number, total in enumerate((10, 25, 40)):
        told = answer(let_in, f"m-{number}", quantity=total)
        assert told["theirs"] == total
    assert told["agrees"]
    assert Entry.objects.get(pk="e-1").reported["counted"] == 40
    assert let_in.counts(QUOTA) == (100, 20, 40, 0)


def test_a_running_total_never_overwrites_our_count(let_in: Harbour) -> None:
    """It replaced the usage figure without comparison, refusal or history."""
    answer(let_in, "m-1", quantity=1)
    entry = Entry.objects.get(pk="e-1")
    assert (entry.entered, entry.reported["counted"]) == (40, 1)
    assert let_in.counts(QUOTA) == (100, 20, 40, 0)


def test_the_message_that_says_a_licence_is_used_up_does_not_count_its_filing_twice(
    harbour: Harbour,
) -> None:
    """The fix for this double counting was to drop every message whose status is not open."""
    harbour.licence(quantity=40)
    harbour.sent(quantity=40)
    harbour.let_in("e-1", 40)
    of_one = {"counts": "filing", "filing": "part-1", "quantity": 40}
    assert answer(harbour, "m-1", **of_one)["agrees"]
    told = answer(harbour, "m-2", **of_one, status="exhausted")
    assert (told["agrees"], told["theirs"], told["status"]) == (True, 40, "exhausted")
    assert Entry.objects.get(pk="e-1").reported["status"] == "exhausted"
    assert Discrepancy.objects.count() == 0


def test_filings_add_up_and_each_has_one_figure(let_in: Harbour) -> None:
    by = {"counts": "filing"}
    assert answer(let_in, "m-1", **by, filing="a", quantity=30)["theirs"] == 30
    assert answer(let_in, "m-2", **by, filing="b", quantity=15)["theirs"] == 45
    assert answer(let_in, "m-3", **by, filing="b", quantity=10, type="adjusted")["theirs"] == 40
    assert answer(let_in, "m-4", **by, filing="a", type="contra")["theirs"] == 10
    assert answer(let_in, "m-5", **by, filing="c", quantity=30, type="late")["agrees"]
    assert Entry.objects.get(pk="e-1").reported["filings"] == {"a": 0, "b": 10, "c": 30}
    with pytest.raises(InputError, match="name the filing"):
        answer(let_in, "m-6", **by, quantity=1)


@pytest.mark.parametrize(
    ("state", "status", "agrees"),
    [
        ("issued", "open", True),
        ("issued", "exhausted", False),
        ("revoked", "cancelled", True),
        ("revoked", "open", False),
        ("surrendered", "surrendered", True),
        ("suspended", "open", False),
    ],
)
def test_how_a_licence_stands_there_arrives_and_is_compared(
    let_in: Harbour, state: str, status: str, agrees: bool
) -> None:
    """Exhaustion, expiry and surrender reported by customs never arrived; suspension never went."""
    Licence.objects.filter(pk="L-1").update(state=state)
    told = answer(let_in, "m-1", status=status)
    assert (told["agrees"], told["status"]) == (agrees, status)
    assert Entry.objects.get(pk="e-1").reported["status"] == status
    assert Discrepancy.objects.count() == (not agrees)


def test_expiry_is_compared_by_the_date_not_by_a_job(harbour: Harbour) -> None:
    last = harbour.now.date().replace(day=28)
    harbour.licence(valid_until=last)
    harbour.sent()
    harbour.let_in("e-1", 40)
    assert not answer(harbour, "m-1", status="expired")["agrees"]
    harbour.later(18)
    assert Licence.objects.get(pk="L-1").state == "issued"
    assert answer(harbour, "m-2", status="expired")["agrees"]


def test_the_four_messages_of_us_customs_are_computed_from_the_ledger(harbour: Harbour) -> None:
    harbour.licence(quantity=100)
    harbour.sent(quantity=100)
    harbour.let_in("e-1", 70)
    harbour.declare("e-2", 30)
    assert codes(answer(harbour, "m-1", "e-2", quantity=30)) == ["remaining", "0"]
    assert codes(answer(harbour, "m-2", "e-2", quantity=35)) == [
        "exceeded_by_this_filing", "remaining", "-5",
    ]  # fmt: skip
    harbour.do(harbour.customs, "discrepancy.reject", _open(0), reason="our count stands")
    harbour.do(harbour.customs, "discrepancy.reject", _open(0), reason="our count stands")
    harbour.release("e-2")
    # Everything is drawn by e-1 and e-2; e-1 as reported beyond what e-2 left for it.
    assert codes(answer(harbour, "m-3", "e-1", quantity=70)) == ["remaining", "0"]
    assert codes(answer(harbour, "m-4", "e-1", quantity=71)) == [
        "exceeded_by_this_filing", "remaining", "-1",
    ]  # fmt: skip
    told = answer(harbour, "m-5", "e-9", quantity=5, shipment="s-1")
    assert codes(told) == ["used_up_by_earlier_filing", "remaining", "-5"]


def _open(number: int) -> str:
    return str(Discrepancy.objects.filter(state="open").order_by("pk")[number].pk)


def test_r10_the_shipping_tolerance_is_a_message_of_its_own(harbour: Harbour) -> None:
    price = 27_000
    harbour.licence(quantity=100, value_usd=60 * price)
    harbour.sent(quantity=60)
    harbour.let_in("e-1", 50)
    harbour.declare("e-2", 10)
    # A tenth of the grant of 60 units' value: 6 units.
    assert codes(answer(harbour, "m-1", "e-2", quantity=16), VALUE) == [
        "exceeded_by_this_filing", "remaining", str(-6 * price),
    ]  # fmt: skip
    assert codes(answer(harbour, "m-2", "e-2", quantity=17), VALUE) == [
        "exceeded_by_this_filing", "tolerance_exceeded", "remaining", str(-7 * price),
    ]  # fmt: skip


def test_where_they_inform_we_refuse(harbour: Harbour) -> None:
    """The filing beyond the licence is answered; letting its units in is refused."""
    harbour.licence(quantity=60)
    harbour.sent(quantity=60)
    harbour.let_in("e-1", 60)
    told = answer(harbour, "m-1", "e-9", quantity=5, shipment="s-1")
    assert "used_up_by_earlier_filing" in codes(told)
    with pytest.raises(InputError, match="0 of the shipment are left"):
        harbour.declare("e-9", 5)


def test_r11_an_answer_has_no_number_of_an_account_that_its_reader_may_not_see(
    harbour: Harbour,
) -> None:
    """The import gate's quota is not its neighbour's: the answer says that there is a limit."""
    harbour.licence(value_usd=10**9)
    harbour.sent()
    harbour.let_in("e-1", 40)
    found = usage(ledger(), Shipment.objects.get(), Entry.objects.get(), 41, now=harbour.now)
    assert [x["account"] for x in found] == [QUOTA, VALUE]
    assert usage_shown(ledger(), harbour.customs, found) == found
    hidden = [
        {
            "account": None,
            "unit": None,
            "remaining": None,
            "messages": [{"code": None, "says": "another limit (not disclosed)"}],
        }
    ]
    assert usage_shown(ledger(), harbour.officer, found) == hidden
    assert usage_shown(ledger(), harbour.rival, found) == hidden
    assert usage_shown(ledger(), harbour.buyer, found) == found


def test_r11_what_firms_see_of_a_reported_entry_has_no_number_of_a_licence(
    let_in: Harbour,
) -> None:
    answer(let_in, "m-1", quantity=55)
    told = present(let_in.supplier, Entry.objects.get())
    assert told["reported"] == {
        "counted": 55, "filings": {}, "status": None, "messages": ["m-1"],
    }  # fmt: skip
    assert not {"decision", "posted"} & set(told)
    told = present(let_in.supplier, Discrepancy.objects.get())
    assert (told["ours"], told["theirs"]) == ({"quantity": 40}, {"quantity": 55})
    assert not {"ledger_id", "reported_by", "settled_by"} & set(told)


def test_a_message_on_an_entry_that_nobody_declared_is_not_dropped(let_in: Harbour) -> None:
    counts = let_in.counts(QUOTA)
    told = answer(let_in, "m-1", "e-77", quantity=12)
    assert (told["agrees"], told["ours"], told["theirs"], told["licences"]) == (False, 0, 12, [])
    found = Discrepancy.objects.get()
    assert (found.about_kind, found.about, found.theirs["quantity"]) == ("entry", "e-77", 12)
    assert answer(let_in, "m-1", "e-77", quantity=12) == told
    assert Discrepancy.objects.count() == 1
    assert let_in.counts(QUOTA) == counts
    assert not Entry.objects.filter(pk="e-77").exists()


def test_what_more_came_in_than_is_left_is_taken_as_a_report(let_in: Harbour) -> None:
    """Declaring beyond what is left is refused; a report of it opens a discrepancy."""
    with pytest.raises(InputError):
        let_in.declare("e-2", 21)
    told = answer(let_in, "m-1", "e-2", quantity=21, shipment="s-1")
    found = Discrepancy.objects.get(pk=told["discrepancy"])
    assert (found.about_kind, found.about) == ("shipment", "s-1")
    let_in.do(let_in.customs, "discrepancy.accept", found.pk, reason="we counted them")
    entry = Entry.objects.get(pk="e-2")
    assert (entry.state, entry.quantity, entry.entered) == ("released", 21, 21)
    # 20 came out of the reservation, one out of the quota's room: 61 of 100.
    assert let_in.counts(QUOTA) == (100, 0, 61, 0)
    assert Order.objects.get(pk="o-1").entered == 61


def test_a_withdrawn_entry_may_still_be_reported(let_in: Harbour) -> None:
    let_in.declare("e-2", 20)
    let_in.do(let_in.buyer, "entry.withdraw", "e-2", reason="a wrong figure")
    assert not answer(let_in, "m-1", "e-2", quantity=20)["agrees"]


@pytest.mark.parametrize("who", ["buyer", "supplier", "rival", "cn_officer", "reader", "officer"])
def test_only_customs_reports_and_nobody_learns_which_entries_there_are(
    let_in: Harbour, who: str
) -> None:
    actor = getattr(let_in, who)
    before = everything()

    def work(entry: Entry | None) -> Any:
        told = Message(message="m-1", entry="e-1" if entry else "e-99", quantity=1)
        return lambda act: receive(act, told, entry)

    for entry in (Entry.objects.get(pk="e-1"), None):
        with pytest.raises((DeniedError, NotFoundError)):
            perform(actor, work(entry), now=let_in.now)
    assert everything() == before


# -- settling -----------------------------------------------------------------------------------


def test_r3_accepting_more_posts_the_fact_and_opens_what_was_shut(let_in: Harbour) -> None:
    told = answer(let_in, "m-1", quantity=55)
    done = let_in.do(
        let_in.customs, "discrepancy.accept", told["discrepancy"], reason="counted anew"
    )
    assert (done.state, done.settled_by) == ("accepted", "fang@cn-customs")
    assert let_in.counts(QUOTA) == (100, 5, 55, 0)
    entry = Entry.objects.get(pk="e-1")
    assert (entry.state, entry.entered, entry.quantity) == ("released", 55, 40)
    assert Order.objects.get(pk="o-1").entered == 55
    assert ledger().discrepancies(unsettled=True) == []
    assert answer(let_in, "m-2", quantity=55)["agrees"]
    let_in.let_in("e-2", 5)
    assert let_in.counts(QUOTA) == (100, 0, 60, 0)
    assert ledger().verify() is None


def test_r3_a_fact_past_the_floor_is_recorded_as_excess_and_shuts_the_holder(
    harbour: Harbour,
) -> None:
    harbour.licence(quantity=60)
    harbour.sent(quantity=60)
    harbour.let_in("e-1", 60)
    told = answer(harbour, "m-1", quantity=75)
    harbour.do(harbour.customs, "discrepancy.accept", told["discrepancy"], reason="so it is")
    assert harbour.counts(QUOTA) == (60, 0, 75, 15)
    breach = Discrepancy.objects.get(state="open")
    assert breach.about == "e-1"
    assert [x.account for x in ledger().discrepancies(unsettled=True)] == [QUOTA]
    with pytest.raises(MoveError, match="the fact is in the record already"):
        harbour.do(harbour.customs, "discrepancy.reject", breach.pk, reason="no")
    harbour.do(harbour.cn_officer, "discrepancy.accept", breach.pk, reason="the firm was heard")
    assert ledger().discrepancies(unsettled=True) == []
    assert harbour.counts(QUOTA) == (60, 0, 75, 15)
    assert ledger().verify() is None


def test_accepting_fewer_gives_back_what_did_not_come(harbour: Harbour) -> None:
    harbour.licence(ratio=2)
    harbour.sent()
    harbour.let_in("e-1", 60)
    told = answer(harbour, "m-1", quantity=45)
    harbour.do(harbour.customs, "discrepancy.accept", told["discrepancy"], reason="counted anew")
    granted, pending, drawn, excess = harbour.counts(QUOTA)
    assert (granted - drawn, pending, excess) == (55, 0, 0)
    ratio = "harbour-import/domestic-ratio?buyer=bytedance"
    assert sum(x.amount for x in ledger().debts(ratio, now=harbour.now)) == 90_000
    entry = Entry.objects.get(pk="e-1")
    assert (entry.entered, Order.objects.get(pk="o-1").entered) == (45, 45)
    back = {"way": "destroyed", "reason": "broken"}
    with pytest.raises(InputError, match="only 45"):
        harbour.do(harbour.customs, "entry.return", "e-1", quantity=46, **back)
    assert ledger().verify() is None


def test_rejecting_leaves_our_count_and_opens_what_was_shut(let_in: Harbour) -> None:
    told = answer(let_in, "m-1", quantity=55)
    let_in.do(let_in.customs, "discrepancy.reject", told["discrepancy"], reason="they erred")
    assert let_in.counts(QUOTA) == (100, 20, 40, 0)
    let_in.let_in("e-2", 20)
    assert let_in.counts(QUOTA) == (100, 0, 60, 0)


def test_units_let_in_elsewhere_without_us_are_a_fact_once_accepted(harbour: Harbour) -> None:
    harbour.licence()
    harbour.sent()
    harbour.declare("e-1", 60)
    harbour.do(harbour.customs, "hold.place", entry="e-1", reason="a closer look")
    told = answer(harbour, "m-1", quantity=60)
    assert (told["ours"], told["theirs"], told["agrees"]) == (0, 60, False)
    assert harbour.counts(QUOTA) == (100, 60, 0, 0)
    harbour.do(harbour.customs, "discrepancy.accept", told["discrepancy"], reason="they are in")
    assert harbour.counts(QUOTA) == (100, 0, 60, 0)
    assert Entry.objects.get(pk="e-1").state == "released"


def test_a_stray_report_is_accepted_once_its_shipment_is_named(let_in: Harbour) -> None:
    told = answer(let_in, "m-1", "e-77", quantity=20)
    with pytest.raises(InputError, match="name the shipment"):
        let_in.do(let_in.customs, "discrepancy.accept", told["discrepancy"], reason="found")
    let_in.do(
        let_in.customs, "discrepancy.accept", told["discrepancy"], shipment="s-1", reason="found"
    )
    assert let_in.counts(QUOTA) == (100, 0, 60, 0)


def test_an_officer_opens_a_discrepancy_by_hand(let_in: Harbour) -> None:
    with pytest.raises(InputError, match="our count too"):
        let_in.do(let_in.customs, "discrepancy.open", entry="e-1", theirs=40)
    made = let_in.do(let_in.cn_officer, "discrepancy.open", entry="e-1", theirs=39)
    assert (made.state, made.reported_by) == ("open", "chen@cn-authorities")
    assert len(ledger().discrepancies(unsettled=True)) == 1


@pytest.mark.parametrize("who", ["buyer", "supplier", "rival", "reader", "auditor"])
@pytest.mark.parametrize("move", ["accept", "reject"])
def test_who_may_not_settle_changes_nothing(let_in: Harbour, who: str, move: str) -> None:
    found = answer(let_in, "m-1", quantity=55)["discrepancy"]
    before = everything()
    with pytest.raises((DeniedError, NotFoundError)):
        let_in.do(getattr(let_in, who), f"discrepancy.{move}", found, reason="no")
    with pytest.raises((DeniedError, NotFoundError)):
        let_in.do(getattr(let_in, who), "discrepancy.open", entry="e-1", theirs=1)
    assert everything() == before
    assert Discrepancy.objects.get().state == "open"
