"""The rulings on accounts, each case worked by hand; run in memory and on SQLite."""

from datetime import timedelta
from fractions import Fraction

import pytest
from ledger_kit import day, invalid, leg, refused, why

from interlock.law.terms import MayOwe, Period
from interlock.ledger import (
    Approve,
    ConflictError,
    Lack,
    OpenDiscrepancy,
    StaleError,
)

HALF = (leg("half", 2),)


# R2: when accounts are drawn; the run's pin.


def test_r2_a_line_is_reserved_on_every_account_or_on_none(book):
    for name, amount in (("licence", 10), ("stock", 4), ("cap", 3)):
        book.open(name)
        book.grant(f"g-{name}", name, amount, 0)
    with refused(book, ("stock", "headroom", 4, 5), ("cap", "headroom", 3, 5)):
        book.reserve("line-1", ("licence", "stock", "cap"), 5, 1)
    answer = book.reserve("line-1", ("licence", "stock", "cap"), 3, 1)
    assert [x.account for x in answer.transfers] == ["cap", "licence", "stock"]
    assert answer.amounts == {"cap": 3, "licence": 3, "stock": 3}
    assert book.ledger.headroom(now=day(1)) == {"cap": 0, "licence": 7, "stock": 1}


def approving(book, name, pins, *lines):
    return Approve(name, why(day(2)), pins, tuple(lines))


def test_r2_approval_is_stale_if_headroom_has_fallen_since_the_run(book):
    book.open("licence")
    book.grant("g", "licence", 10, 0)
    pins = book.ledger.pin(["licence"], now=day(1))
    assert [(x.account, x.headroom) for x in pins] == [("licence", 10)]
    book.reserve("other", "licence", 1, 1)
    before = book.everything()
    line = book.reserving("line", "licence", 2, 2)
    with pytest.raises(StaleError) as caught:
        book.ledger.approve(approving(book, "run", pins, line), now=day(2))
    assert caught.value.lacks == (Lack("licence", "headroom", 9, 10),)
    assert book.everything() == before


def test_r2_approval_stands_if_headroom_has_only_risen(book):
    book.open("licence")
    book.grant("g", "licence", 10, 0)
    pins = book.ledger.pin(["licence"], now=day(1))
    book.grant("g2", "licence", 1, 1)
    lines = [book.reserving(f"line-{n}", "licence", n, 2) for n in (6, 7, 5)]
    done = book.ledger.approve(approving(book, "run", pins, *lines), now=day(2))
    assert [x.change for x in done.answers] == ["line-6", "line-5"]
    assert [x.line for x in done.refused] == ["line-7"]
    assert "headroom for 5, 7 is needed" in done.refused[0].reason
    assert book.headroom("licence", 2) == 0
    before = book.everything()
    again = book.ledger.approve(approving(book, "run", pins, *lines), now=day(3))
    assert again == done
    with pytest.raises(ConflictError):
        book.ledger.approve(approving(book, "run", pins, *lines[:1]), now=day(3))
    assert book.everything() == before


def test_r2_a_pin_sees_what_a_new_period_takes_away(book):
    book.open("cap", period=Period("month"))
    book.grant("g", "cap", 10, 1)
    pins = book.ledger.pin(["cap"], now=day(5))
    line = book.reserving("line", "cap", 1, 40)
    with pytest.raises(StaleError):
        book.ledger.approve(Approve("run", why(day(40)), pins, (line,)), now=day(40))


# R3: permissions and facts.


def test_r3_half_of_domestic_volume_after_a_return_of_domestic_goods(book):
    book.open("half", holder="nv")
    book.grant("sold", "half", 100_000, 1)
    book.reserve("line", HALF, 50_000, 2, holder="nv")
    book.post("shipped", "line", 3)
    book.adjust("back", "half", -2_000, 4, holder="nv")
    counters = book.ledger.counters("half", now=day(4))
    assert (counters.available, counters.excess, counters.headroom) == (-2_000, 2_000, 0)
    assert [x.kind for x in book.ledger.transfers(change="back")] == ["adjust", "breach"]
    (open_one,) = book.ledger.discrepancies(unsettled=True)
    assert (open_one.holder, open_one.amount) == ("nv", 2_000)

    book.grant("sold-2", "half", 5_000, 5)
    counters = book.ledger.counters("half", now=day(5))
    assert (counters.available, counters.excess, counters.headroom) == (3_000, 0, 3_000)
    with refused(book, ("half", "shut", 0, 2)):
        book.reserve("more", HALF, 1, 5, holder="nv")
    book.settle("looked-into", open_one.id, 6)
    with refused(book, ("half", "headroom", 3_000, 3_002)):
        book.reserve("more", HALF, 1_501, 6, holder="nv")
    book.reserve("more", HALF, 1_500, 6, holder="nv")
    assert book.headroom("half", 6) == 0
    assert book.ledger.verify() is None


def test_r3_each_credit_lowers_excess_before_it_gives_headroom(book):
    book.open("stock")
    book.draw("fact", "stock", 10, 1, fact=True, holder="a")
    steps = []
    for number, credit in enumerate((4, 5, 3)):
        book.grant(f"g{number}", "stock", credit, 2)
        counters = book.ledger.counters("stock", now=day(2))
        steps.append((counters.available, counters.excess, counters.headroom))
    assert steps == [(-6, 6, 0), (-1, 1, 0), (2, 0, 2)]


def test_r3_a_breach_shuts_the_same_holder_and_nobody_else(book):
    book.open("licence")
    book.grant("g", "licence", 10, 0)
    book.reserve("line-b", "licence", 1, 1, holder="b")
    book.draw("fact", "licence", 12, 1, fact=True, holder="a")
    book.grant("g2", "licence", 20, 2)
    with refused(book, ("licence", "shut", 0, 1)):
        book.reserve("line-a", "licence", 1, 2, holder="a")
    book.reserve("line-c", "licence", 1, 2, holder="c")
    book.post("ship-b", "line-b", 2)
    assert book.ledger.verify() is None


def test_r3_shuts_account_shuts_everybody(book):
    book.open("licence", shuts="account")
    book.grant("g", "licence", 10, 0)
    book.reserve("line-b", "licence", 1, 1, holder="b")
    book.draw("fact", "licence", 12, 1, fact=True, holder="a")
    book.grant("g2", "licence", 20, 2)
    with refused(book, ("licence", "shut", 0, 1)):
        book.reserve("line-c", "licence", 1, 2, holder="c")
    with refused(book, ("licence", "shut", 0, 1)):
        book.post("ship-b", "line-b", 2)


def test_r3_a_report_shuts_draws_and_changes_no_counter_until_accepted(book):
    book.open("licence")
    book.grant("g", "licence", 10, 0)
    before = book.ledger.transfers()
    book.do(OpenDiscrepancy("reported", why(day(1)), "licence", "a"), 1)
    assert book.ledger.transfers() == before
    assert book.headroom("licence", 1) == 10
    with refused(book, ("licence", "shut", 0, 1)):
        book.reserve("line", "licence", 1, 1, holder="a")
    book.draw("accepted", "licence", 4, 1, fact=True, holder="a")
    book.settle("done", "reported", 2)
    assert book.headroom("licence", 2) == 6
    book.reserve("line", "licence", 1, 2, holder="a")
    with invalid(book, "is settled already"):
        book.settle("twice", "reported", 3)
    with invalid(book, "is not known"):
        book.settle("none", "nothing", 3)


def test_r3_a_fact_posts_its_reservation_and_the_rest_as_a_breach(book):
    book.open("licence")
    book.grant("g", "licence", 10, 0)
    book.reserve("line", "licence", 10, 1, holder="a")
    with refused(book, ("licence", "reservation", 10, 13)):
        book.post("p", "line", 2, 13)
    answer = book.post("p", "line", 2, 13, fact=True)
    assert [(x.kind, x.amount, x.drawn) for x in answer.transfers] == [
        ("post", 13, 10),
        ("breach", 3, 0),
    ]
    counters = book.ledger.counters("licence", now=day(2))
    assert counters[:6] == (0, 10, 0, 13, 3, 0)
    assert book.ledger.verify() is None


# R4: debts.


def owe(amount, days, places=0):
    return {"may_owe": MayOwe(Fraction(amount), timedelta(days=days)), "places": places}


def test_r4_three_buyers_on_one_licence_may_owe_fifteen_thousand_in_all(book):
    book.open("licence")
    book.grant("g", "licence", 400_000, 0)
    passed = 0
    for buyer in ("a", "b", "c"):
        name = f"domestic-{buyer}"
        book.open(name, holder=buyer, **owe(5_000, 180))
        legs = ("licence", leg(name, 1, "entry"))
        with refused(book, (name, "headroom", 5_000, 5_001)):
            book.reserve(f"line-{buyer}", legs, 5_001, 1, holder=buyer)
        book.reserve(f"line-{buyer}", legs, 5_000, 1, holder=buyer)
        passed += 5_000
    assert passed == 15_000
    assert book.ledger.headroom(now=day(1)) == {
        "licence": 385_000, "domestic-a": 0, "domestic-b": 0, "domestic-c": 0,
    }  # fmt: skip


def test_r4_overdue_refuses_reserve_and_release_until_paid(book):
    book.open("dom", holder="a", **owe(100, 10))
    book.reserve("r1", "dom", 30, 1, holder="a")
    book.reserve("r2", "dom", 20, 1, holder="a")
    book.post("p1", "r1", 5)
    assert [x[1:] for x in book.ledger.debts("dom", now=day(5))] == [(30, day(5), day(15))]
    book.reserve("r3", "dom", 1, 14, holder="a")
    with refused(book, ("dom", "overdue", 0, 30)):
        book.reserve("r4", "dom", 1, 15, holder="a")
    with refused(book, ("dom", "overdue", 0, 30)):
        book.post("p2", "r2", 15)
    book.grant("bought", "dom", 29, 16)
    with refused(book, ("dom", "overdue", 0, 1)):
        book.post("p2", "r2", 16)
    book.grant("bought-2", "dom", 1, 16)
    book.post("p2", "r2", 16)
    assert book.ledger.balance("dom", at=day(15), known=day(99)).overdue == 30
    assert book.ledger.balance("dom", at=day(16), known=day(99)).overdue == 0


def test_r4_pending_counts_against_the_amount_and_does_not_age(book):
    book.open("dom", **owe(10, 5))
    book.reserve("r1", "dom", 10, 1)
    with refused(book, ("dom", "headroom", 0, 1)):
        book.reserve("r2", "dom", 1, 1)
    assert book.ledger.debts("dom", now=day(100)) == ()
    book.post("p1", "r1", 100)
    assert [x.amount for x in book.ledger.debts("dom", now=day(100))] == [10]


def test_r4_credits_pay_debts_first_in_first_out(book):
    book.open("dom", **owe(100, 30))
    for number, quantity in enumerate((10, 20, 30), start=1):
        book.draw(f"p{number}", "dom", quantity, number)
    book.grant("bought", "dom", 25, 4)
    assert [(x.draw, x.amount, x.due) for x in book.ledger.debts("dom", now=day(4))] == [
        ("p2#0", 5, day(32)),
        ("p3#0", 30, day(33)),
    ]


def test_r4_a_return_of_the_draw_ends_its_debt(book):
    book.open("dom", restored_by=("returned_to_exporter",), **owe(10, 5))
    book.draw("p1", "dom", 10, 1)
    with refused(book, ("dom", "headroom", 0, 1), ("dom", "overdue", 0, 10)):
        book.reserve("r", "dom", 1, 6)
    book.back("b", "p1", 10, 7)
    assert book.ledger.debts("dom", now=day(7)) == ()
    book.reserve("r", "dom", 1, 7)


def test_r4_places_fix_the_scale_and_a_fraction_below_it_is_refused(book):
    book.open("dom", **owe("2.5", 30, places=1))
    assert book.ledger.account("dom").base_floor == -25
    answer = book.reserve("r1", leg("dom", "0.5"), 3, 1)
    assert answer.amounts == {"dom": 15}
    with invalid(book, "no whole number at 1 places"):
        book.reserve("r2", leg("dom", "0.25"), 1, 1)
    with invalid(book, "what may be owed has more than 0 places"):
        book.open("other", **owe("2.5", 30))


def test_r4_factor_0_makes_no_leg(book):
    book.open("licence")
    book.open("dom")
    book.grant("g", "licence", 5, 0)
    answer = book.reserve("r1", ("licence", leg("dom", 0)), 5, 1)
    assert answer.amounts == {"licence": 5}
    with invalid(book, "no leg draws"):
        book.reserve("r2", (leg("dom", 0),), 5, 1)
