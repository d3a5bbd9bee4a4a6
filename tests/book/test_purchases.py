"""Domestic purchases: evidence, acceptance, parts passed on, voids; and what is owed (R4)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from customs_kit import RATIO, everything

from interlock.book.errors import DeniedError, InputError, MoveError, NotFoundError
from interlock.book.models import Discrepancy, DomesticPurchase
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.obligations import obligation
from interlock.ledger import RefusedError

if TYPE_CHECKING:
    from customs_kit import Harbour

RIVALS = "harbour-import/domestic-ratio?buyer=tencent"


def owes(
    harbour: Harbour, who: Any = None, buyer: str = "bytedance", **more: Any
) -> dict[str, Any]:
    """What the first account of a buyer's duty says."""
    at = more.get("at", harbour.now)
    told = obligation(who or harbour.buyer, buyer, at, now=harbour.now)
    return dict(told["accounts"][0])


def test_a_filed_purchase_counts_for_nothing_until_an_officer_accepts_it(harbour: Harbour) -> None:
    harbour.licence(ratio=1)
    transfers = len(ledger().transfers())
    filed = harbour.bought(quantity=100)
    assert (filed.state, filed.left, filed.counts_for) == ("filed", 0, 2026)
    assert len(ledger().transfers()) == transfers
    done = harbour.do(harbour.cn_officer, "purchase.accept", "p-1")
    assert (done.state, done.left, done.reviewed_by) == ("accepted", 100, "chen@cn-authorities")
    assert done.credited == [[RATIO, "100"]]
    assert harbour.counts(RATIO) == (100_000, 0, 0, 0)


def test_a_purchase_counts_by_its_equivalence_as_the_law_says(harbour: Harbour) -> None:
    harbour.licence(ratio=1)
    harbour.accepted("p-1", 101, product="half")
    assert harbour.counts(RATIO) == (50_500, 0, 0, 0)


def test_a_purchase_accepted_before_the_duty_is_counted_once_when_it_begins(
    harbour: Harbour,
) -> None:
    harbour.accepted("p-1", 30)
    assert ledger().account(RATIO) is None
    harbour.licence(ratio=1)
    harbour.sent(quantity=20)
    assert harbour.counts(RATIO) == (30_000, 20_000, 0, 0)
    harbour.accepted("p-2", 5)
    assert harbour.counts(RATIO) == (35_000, 20_000, 0, 0)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"product": "h200-sxm"}, "product"),
        ({"product": "nothing"}, "product"),
        ({"evidence_by": "home chips ltd"}, "evidence_by"),
        ({"evidence_by": "ByteDance"}, "evidence_by"),
        ({"bought_on": dt.date(2026, 2, 11)}, "bought_on"),
        ({"counts_for": 2028}, "counts_for"),
        ({"counts_for": 2025}, "counts_for"),
    ],
)
def test_evidence_that_cannot_be_meant_is_refused_by_field(
    harbour: Harbour, values: dict[str, Any], field: str
) -> None:
    before = everything()
    with pytest.raises(InputError) as caught:
        harbour.bought(**values)
    assert set(caught.value.faults) == {field}
    assert everything() == before


def test_a_purchase_may_count_for_the_year_after(harbour: Harbour) -> None:
    harbour.licence(ratio=1)
    harbour.accepted("p-1", 10, counts_for=2027)
    harbour.accepted("p-2", 5)
    assert owes(harbour)["accepted_by_year"] == {"2026": "5", "2027": "10"}


def test_a_paper_seen_before_is_told_and_counts_twice_only_if_the_officer_says_so(
    harbour: Harbour,
) -> None:
    harbour.licence(ratio=1)
    harbour.accepted("p-1", 100)
    paper = DomesticPurchase.objects.get().evidence
    harbour.bought("p-2", 50, evidence=[{"name": "other.pdf", "sha256": "f" * 64}, *paper])
    before = everything()
    with pytest.raises(InputError, match="under p-1, too"):
        harbour.do(harbour.cn_officer, "purchase.accept", "p-2")
    assert everything() == before
    harbour.do(harbour.cn_officer, "purchase.accept", "p-2", shared_evidence=True)
    assert harbour.counts(RATIO) == (150_000, 0, 0, 0)


def test_a_paper_of_what_was_rejected_may_prove_another_purchase(harbour: Harbour) -> None:
    harbour.licence(ratio=1)
    harbour.bought("p-1", 100)
    harbour.do(harbour.cn_officer, "purchase.reject", "p-1", reason="the wrong buyer")
    harbour.accepted("p-2", 100, evidence=DomesticPurchase.objects.get().evidence)
    assert harbour.counts(RATIO) == (100_000, 0, 0, 0)


def test_rejected_evidence_is_not_credited(harbour: Harbour) -> None:
    harbour.licence(ratio=1)
    harbour.bought()
    done = harbour.do(harbour.cn_officer, "purchase.reject", "p-1", reason="no seal on it")
    assert (done.state, done.reason) == ("rejected", "no seal on it")
    assert ledger().account(RATIO) is None
    with pytest.raises(MoveError, match="it is rejected"):
        harbour.do(harbour.cn_officer, "purchase.accept", "p-1")


def test_a_part_that_is_passed_on_counts_once(harbour: Harbour) -> None:
    harbour.licence("L-1", ratio=1)
    harbour.licence("L-2", ratio=1, holders=("tencent",))
    harbour.accepted("p-1", 100)
    harbour.passed("p-2", 30)
    assert harbour.counts(RATIO)[0] == 70_000
    assert harbour.counts(RIVALS)[0] == 30_000
    giver, part = DomesticPurchase.objects.get(pk="p-1"), DomesticPurchase.objects.get(pk="p-2")
    assert (giver.left, giver.quantity, giver.state) == (70, 100, "accepted")
    assert (part.buyer_id, part.left, part.state) == ("tencent", 30, "accepted")
    assert (part.transferred_from_id, part.counts_for) == ("p-1", 2026)
    with pytest.raises(InputError, match="70 of this purchase are left"):
        harbour.do(harbour.buyer, "purchase.transfer", "p-1", to="tencent", quantity=71,
                   reason="more")  # fmt: skip
    # Whoever has a part passes it on as well; it still counts once.
    harbour.do(harbour.rival, "purchase.transfer", "p-2", id="p-3", to="bytedance", quantity=30,
               reason="back")  # fmt: skip
    harbour.do(harbour.buyer, "purchase.consent", "p-3")
    assert (harbour.counts(RATIO)[0], harbour.counts(RIVALS)[0]) == (100_000, 0)
    assert ledger().verify() is None


def test_a_part_passed_on_before_the_receiver_has_the_duty_counts_when_it_begins(
    harbour: Harbour,
) -> None:
    harbour.licence("L-1", ratio=1)
    harbour.accepted("p-1", 100)
    harbour.passed("p-2", 30)
    assert harbour.counts(RATIO)[0] == 70_000
    assert ledger().account(RIVALS) is None
    harbour.licence("L-2", ratio=1, holders=("tencent",))
    harbour.promise(harbour.rivals("o-2", 10), 10)
    assert harbour.counts(RIVALS) == (30_000, 10_000, 0, 0)


def test_what_imports_have_used_is_not_passed_on(harbour: Harbour) -> None:
    harbour.licence("L-1", ratio=1)
    harbour.accepted("p-1", 100)
    harbour.sent()
    harbour.let_in("e-1", 60)
    harbour.do(harbour.buyer, "purchase.transfer", "p-1", id="p-2", to="tencent", quantity=41,
               reason="sold on")  # fmt: skip
    before = everything()
    with pytest.raises(MoveError, match="cannot pass so much on") as caught:
        harbour.do(harbour.rival, "purchase.consent", "p-2")
    assert "60" not in str(caught.value), "what the giver has used is not the receiver's to know"
    assert everything() == before
    harbour.passed("p-3", 40)
    assert harbour.counts(RATIO) == (60_000, 0, 60_000, 0)


def test_a_void_is_a_fact_and_takes_back_with_all_that_was_passed_on(harbour: Harbour) -> None:
    harbour.licence("L-1", ratio=1)
    harbour.licence("L-2", ratio=1, holders=("tencent",))
    harbour.accepted("p-1", 100)
    harbour.passed("p-2", 30)
    harbour.do(harbour.cn_officer, "purchase.void", "p-1", reason="the note was forged")
    assert (harbour.counts(RATIO)[0], harbour.counts(RIVALS)[0]) == (0, 0)
    states = dict(DomesticPurchase.objects.values_list("pk", "state"))
    assert states == {"p-1": "void", "p-2": "void"}
    assert Discrepancy.objects.count() == 0


def test_a_void_of_what_was_not_accepted_posts_nothing(harbour: Harbour) -> None:
    harbour.licence(ratio=1)
    harbour.bought()
    transfers = len(ledger().transfers())
    harbour.do(harbour.cn_officer, "purchase.void", "p-1", reason="filed twice")
    assert len(ledger().transfers()) == transfers


def test_r3_a_void_of_what_imports_have_used_is_a_breach_and_opens_a_discrepancy(
    harbour: Harbour,
) -> None:
    harbour.licence(quantity=10_000, ratio=1)
    harbour.accepted("p-1", 3_000)
    harbour.sent(quantity=8_000)
    harbour.let_in("e-1", 8_000)
    assert harbour.counts(RATIO) == (3_000_000, 0, 8_000_000, 0)
    harbour.do(harbour.cn_officer, "purchase.void", "p-1", reason="the note was forged")
    # 8,000 are owed, 5,000 may be: 3,000 pass the floor.
    assert harbour.counts(RATIO) == (0, 0, 8_000_000, 3_000_000)
    found = Discrepancy.objects.get()
    assert (found.about_kind, found.about, found.state) == ("purchase", "p-1", "open")
    assert list(found.parties.values_list("pk", flat=True)) == ["bytedance"]
    placed = harbour.order("o-2", 1)
    with pytest.raises(RefusedError) as caught:
        harbour.promise(placed, 1)
    assert "shut" in {x.cause for x in caught.value.lacks}
    harbour.do(harbour.cn_officer, "discrepancy.accept", found.pk, reason="it will buy anew")
    assert ledger().discrepancies(unsettled=True) == []
    harbour.accepted("p-2", 3_000)
    assert harbour.counts(RATIO) == (3_000_000, 0, 8_000_000, 0)
    assert ledger().verify() is None


# -- what is owed -------------------------------------------------------------------------------


def test_an_obligation_says_what_is_owed_accepted_awaited_overdue_and_until_when(
    harbour: Harbour,
) -> None:
    harbour.licence(quantity=1_000, ratio=2)
    harbour.sent(quantity=100)
    harbour.let_in("e-1", 60)
    harbour.accepted("p-1", 50)
    harbour.bought("p-2", 11, product="half")
    told = owes(harbour)
    assert told == {
        "account": RATIO,
        "unit": "domestic-chip",
        "owed": "120",
        "reserved": "80",
        "accepted": "50",
        "accepted_by_year": {"2026": "50"},
        "awaiting": "5.5",
        "outstanding": "70",
        "overdue": "0",
        "may_owe": "5000",
        "within_days": 180,
        "next_due": harbour.now + dt.timedelta(days=180),
        "debts": [
            {
                "amount": "70",
                "since": harbour.now,
                "due": harbour.now + dt.timedelta(days=180),
            }
        ],
    }
    later = harbour.now + dt.timedelta(days=180)
    assert owes(harbour, at=later)["overdue"] == "70"
    assert owes(harbour, at=later - dt.timedelta(seconds=1))["overdue"] == "0"


def test_an_obligation_of_the_past_is_what_stood_then(harbour: Harbour) -> None:
    harbour.licence(quantity=1_000, ratio=1)
    harbour.sent(quantity=100)
    harbour.let_in("e-1", 60)
    then = harbour.now
    harbour.later(3)
    harbour.accepted("p-1", 50)
    told = owes(harbour, at=then)
    assert (told["owed"], told["accepted"], told["outstanding"], told["debts"]) == (
        "60", "0", "60", None,
    )  # fmt: skip
    assert owes(harbour)["outstanding"] == "10"


def test_r4_three_buyers_of_a_group_licence_may_owe_five_thousand_each(harbour: Harbour) -> None:
    """400,000 in a group, ratio 1, nothing bought: 15,000 in all."""
    from book_kit import ADMIN, actor

    harbour.do(ADMIN, "party.enter", id="alibaba", name="Alibaba", country="CN",
               headquarters="CN", ultimate_parent_country="CN", roles=["buyer"])  # fmt: skip
    people = {
        "bytedance": harbour.buyer,
        "tencent": harbour.rival,
        "alibaba": actor("ned", "alibaba", "compliance_officer"),
    }
    harbour.licence(quantity=400_000, ratio=1, holders=tuple(people))
    let_in = 0
    for buyer, who in people.items():
        placed = harbour.do(
            who, "order.place", buyer=buyer, supplier="nvidia", product="h200-sxm",
            quantity=6_000, destination="CN",
        )  # fmt: skip
        with pytest.raises(RefusedError) as caught:
            harbour.promise(placed, 5_001)
        assert {x.cause for x in caught.value.lacks} == {"headroom"}
        promised = harbour.promise(placed, 5_000)
        harbour.ship(f"s-{buyer}", promised, 5_000)
        harbour.do(who, "entry.declare", id=f"e-{buyer}", shipment=f"s-{buyer}", quantity=5_000)
        let_in += harbour.release(f"e-{buyer}").entered
        told = owes(harbour, who, buyer)
        assert (told["owed"], told["outstanding"], told["overdue"]) == ("5000", "5000", "0")
    assert let_in == 15_000
    assert harbour.counts("harbour-import/quota?licence=L-1") == (400_000, 0, 15_000, 0)
    # One chip bought lets in one chip more.
    harbour.accepted("p-1", 1)
    placed = harbour.order("o-9", 2)
    with pytest.raises(RefusedError):
        harbour.promise(placed, 2)
    assert harbour.promise(placed, 1).quantity == 1
    assert ledger().verify() is None


def test_r11_who_may_not_read_a_buyers_purchases_does_not_learn_what_it_owes(
    harbour: Harbour,
) -> None:
    harbour.licence(ratio=1)
    harbour.accepted("p-1", 10)
    for who in (harbour.rival, harbour.supplier, harbour.officer, harbour.customs):
        with pytest.raises(NotFoundError):
            owes(harbour, who)
    for who in (harbour.buyer, harbour.cn_officer, harbour.auditor):
        assert owes(harbour, who)["accepted"] == "10"


def test_a_part_is_the_receivers_only_by_their_own_consent(harbour: Harbour) -> None:
    harbour.licence("L-1", ratio=1)
    harbour.licence("L-2", ratio=1, holders=("tencent",))
    harbour.accepted("p-1", 100)
    offer = {"to": "tencent", "quantity": 30, "reason": "sold on"}
    harbour.do(harbour.buyer, "purchase.transfer", "p-1", id="p-2", **offer)
    assert harbour.counts(RATIO)[0] == 100_000
    assert ledger().account(RIVALS) is None
    before = everything()
    for who in (harbour.buyer, harbour.supplier, harbour.customs):
        for move, values in (("consent", {}), ("decline", {"reason": "no"})):
            with pytest.raises((DeniedError, NotFoundError)):
                harbour.do(who, f"purchase.{move}", "p-2", **values)
    with pytest.raises(DeniedError):
        harbour.do(harbour.cn_officer, "purchase.consent", "p-2")
    with pytest.raises(NotFoundError):
        harbour.do(harbour.rival, "purchase.recall", "p-1", part="p-2", reason="no")
    assert everything() == before
    harbour.do(harbour.rival, "purchase.consent", "p-2")
    assert (harbour.counts(RATIO)[0], harbour.counts(RIVALS)[0]) == (70_000, 30_000)
    parts = dict(DomesticPurchase.objects.values_list("pk", "left"))
    assert parts == {"p-1": 70, "p-2": 30}
    with pytest.raises(MoveError):
        harbour.do(harbour.rival, "purchase.consent", "p-2")


def test_an_offer_is_declined_or_taken_back_and_counts_for_nobody_else(harbour: Harbour) -> None:
    harbour.licence("L-1", ratio=1)
    harbour.accepted("p-1", 100)
    offer = {"to": "tencent", "quantity": 60, "reason": "sold on"}
    for pk in ("p-2", "p-3", "p-4"):
        harbour.do(harbour.buyer, "purchase.transfer", "p-1", id=pk, **offer)
    harbour.do(harbour.rival, "purchase.decline", "p-2", reason="too dear")
    harbour.do(harbour.buyer, "purchase.recall", "p-1", part="p-3", reason="needed here")
    transfers = len(ledger().transfers())
    for pk in ("p-2", "p-3"):
        with pytest.raises(MoveError):
            harbour.do(harbour.rival, "purchase.consent", pk)
        with pytest.raises(InputError, match="waits for an answer"):
            harbour.do(harbour.buyer, "purchase.recall", "p-1", part=pk, reason="again")
    assert len(ledger().transfers()) == transfers
    harbour.do(harbour.buyer, "purchase.transfer", "p-1", id="p-5", **offer)
    harbour.do(harbour.rival, "purchase.consent", "p-4")
    with pytest.raises(MoveError) as caught:  # 40 are left; the receiver is not told how many
        harbour.do(harbour.rival, "purchase.consent", "p-5")
    assert "40" not in str(caught.value)
    assert dict(DomesticPurchase.objects.values_list("pk", "state")) == {
        "p-1": "accepted", "p-2": "declined", "p-3": "declined", "p-4": "accepted",
        "p-5": "offered",
    }  # fmt: skip


MOVES: dict[str, dict[str, Any]] = {
    "accept": {},
    "reject": {"reason": "no"},
    "void": {"reason": "no"},
    "transfer": {"to": "nvidia", "quantity": 1, "reason": "no"},
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("who", ["buyer", "rival", "supplier", "cn_officer", "customs", "officer"])
def test_who_may_not_changes_nothing(harbour: Harbour, move: str, who: str) -> None:
    may = "buyer" if move == "transfer" else "cn_officer"
    if who == may:
        return
    harbour.licence(ratio=1)
    harbour.bought()
    if move == "transfer":
        harbour.do(harbour.cn_officer, "purchase.accept", "p-1")
    before, as_it_was = everything(), DomesticPurchase.objects.values().get(pk="p-1")
    with pytest.raises((DeniedError, NotFoundError)):
        harbour.do(getattr(harbour, who), f"purchase.{move}", "p-1", **MOVES[move])
    assert everything() == before
    assert DomesticPurchase.objects.values().get(pk="p-1") == as_it_was


def test_nobody_files_for_another_firm(harbour: Harbour) -> None:
    before = everything()
    for who in (harbour.rival, harbour.supplier, harbour.cn_officer, harbour.customs):
        with pytest.raises((DeniedError, NotFoundError, InputError)):
            harbour.do(
                who, "purchase.file", buyer="bytedance", seller="Home Chips Ltd", product="home",
                quantity=1, bought_on=harbour.now.date(), evidence_by="Assay Office",
                evidence=[{"name": "note.pdf"}],
            )  # fmt: skip
    assert everything() == before
