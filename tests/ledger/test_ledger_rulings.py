"""The rulings on accounts, each case worked by hand; run in memory and on SQLite."""

from datetime import timedelta
from fractions import Fraction

import pytest
from ledger_kit import day, leg, why

from interlock.law.terms import MayOwe, Period, Tolerance
from interlock.ledger import (
    Approve,
    Confirm,
    ConflictError,
    InvalidChangeError,
    Lack,
    OpenDiscrepancy,
    RefusedError,
    StaleError,
)

HALF = (leg("half", 2),)


def refused(book, *lacks):
    """The block must be refused for exactly these lacks, and nothing may change."""
    return _Refused(book, lacks)


class _Refused:
    def __init__(self, book, lacks):
        self.book, self.lacks = book, lacks

    def __enter__(self):
        self.before = self.book.everything()

    def __exit__(self, kind, error, trace):
        assert kind is RefusedError, f"not refused: {error!r}"
        assert error.lacks == tuple(sorted(Lack(*x) for x in self.lacks))
        assert self.book.everything() == self.before
        return True


def invalid(book, *words):
    return _Invalid(book, words)


class _Invalid:
    def __init__(self, book, words):
        self.book, self.words = book, words

    def __enter__(self):
        self.before = self.book.everything()

    def __exit__(self, kind, error, trace):
        assert kind is InvalidChangeError, f"not invalid: {error!r}"
        assert len(error.wrongs) == len(self.words), error.wrongs
        for wrong, word in zip(error.wrongs, self.words, strict=True):
            assert word in wrong
        assert self.book.everything() == self.before
        return True


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


# R1: provisional reservations.


def test_r1_a_provisional_reservation_holds_but_cannot_be_posted(book):
    book.open("licence")
    book.grant("g", "licence", 5, 0)
    book.reserve("line", "licence", 5, 1, provisional=True)
    assert book.headroom("licence", 1) == 0
    with refused(book, ("licence", "provisional", 0, 5)):
        book.post("p", "line", 2)
    book.do(Confirm("sure", why(day(2)), "line"), 2)
    book.post("p", "line", 2)
    with invalid(book, "nothing that is provisional"):
        book.do(Confirm("again", why(day(2)), "line"), 2)


def test_r1_a_provisional_reservation_can_be_revoked(book):
    book.open("licence")
    book.grant("g", "licence", 5, 0)
    book.reserve("line", "licence", 5, 1, provisional=True)
    book.void("revoked", "line", 2)
    assert book.headroom("licence", 2) == 5


# R9: periods, windows, returns, expiry.


def test_r9_expiry_holds_from_its_date_whether_or_not_anything_ran(book):
    book.open("licence")
    book.grant("g", "licence", 5, 0)
    book.reserve("line", "licence", 5, 1, expires=10)
    assert book.headroom("licence", 9.99) == 0
    before = book.ledger.transfers()
    assert book.headroom("licence", 10) == 5
    assert book.ledger.balance("licence", at=day(10), known=day(1)).debits_pending == 0
    assert book.ledger.balance("licence", at=day(9), known=day(1)).debits_pending == 5
    assert book.ledger.transfers() == before
    with invalid(book, "nothing is left"):
        book.post("p", "line", 10)
    with refused(book, ("licence", "reservation", 0, 1)):
        book.post("p", "line", 10, 1)
    book.reserve("next", "licence", 5, 11)
    expired = book.ledger.transfers(change="next")[0]
    assert (expired.kind, expired.effective, expired.recorded) == ("expire", day(10), day(11))
    assert book.ledger.verify() is None


def test_r9_a_posted_draw_leaves_its_window(book):
    book.open("cap", window=timedelta(days=30))
    book.grant("g", "cap", 10, 0)
    book.reserve("r1", "cap", 10, 1)
    book.post("p1", "r1", 5)
    assert book.headroom("cap", 34.99) == 0
    assert book.headroom("cap", 35) == 10
    assert book.ledger.balance("cap", at=day(35), known=day(5)).available == 10
    book.reserve("r2", "cap", 10, 35)
    assert [x.kind for x in book.ledger.transfers(change="r2")] == ["return", "reserve"]
    assert book.ledger.verify() is None


def test_r9_a_return_credits_a_window_only_while_the_draw_is_inside(book):
    book.open("cap", window=timedelta(days=30), restored_by=("returned_to_exporter",))
    book.grant("g", "cap", 10, 0)
    book.draw("p1", "cap", 6, 5)
    book.back("b1", "p1", 2, 20)
    assert book.headroom("cap", 20) == 6
    book.back("b2", "p1", 4, 35)
    assert book.headroom("cap", 35) == 10
    assert book.ledger.transfers(change="b2")[0].id == "p1#0!window"
    assert len(book.ledger.transfers(change="b2")) == 1
    assert book.ledger.counters("cap", now=day(35)).debits_posted == 0


def test_r9_a_post_in_another_period_voids_the_reserve_and_draws_anew(book):
    book.open("cap", period=Period("month"))
    book.grant("jan", "cap", 10, 1)
    book.reserve("line", "cap", 8, 20)
    with refused(book, ("cap@2026-02", "headroom", 0, 5)):
        book.post("p", "line", 35, 5)
    book.grant("feb", "cap", 5, 35)
    answer = book.post("p", "line", 36, 5)
    assert [(x.kind, x.account, x.amount) for x in answer.transfers] == [
        ("void", "cap@2026-01", 5),
        ("post", "cap@2026-02", 5),
    ]
    assert book.headroom("cap@2026-01", 36) == 7
    assert book.headroom("cap", 36) == 0
    assert book.ledger.reservations("line")[0].remaining == 3
    assert book.ledger.verify() is None


def test_r9_the_period_is_the_date_of_the_post_not_of_its_record(book):
    book.open("cap", period=Period("month"))
    book.grant("jan", "cap", 10, 1)
    book.reserve("line", "cap", 8, 20)
    answer = book.post("p", "line", 30, 8, recorded=40)
    assert [x.account for x in answer.transfers] == ["cap@2026-01"]


def test_r9_the_period_follows_the_calendar_of_the_regime(book):
    book.open("cap", period=Period("year"), timezone="Asia/Shanghai")
    book.grant("g", "cap", 10, 364.7)  # 2026-12-31T16:48Z is 2027-01-01 in Shanghai
    assert [x.id for x in book.ledger.accounts()] == ["cap", "cap@2027"]
    assert book.headroom("cap@2026", 364.7) == 0


def test_r9_carry_over_takes_rest_and_debt_along(book):
    book.open("cap", period=Period("month", carry_over=True), **owe(5, 90))
    book.grant("jan", "cap", 10, 1)
    book.draw("p1", "cap", 3, 2)
    assert book.headroom("cap", 40) == 12
    book.draw("p2", "cap", 12, 40)
    assert [x.amount for x in book.ledger.debts("cap", now=day(70))] == [5]


def test_r9_a_return_gives_back_only_where_its_way_restores(book):
    book.open("us", restored_by=("returned_to_exporter",))
    book.open("cn", restored_by=("returned_to_exporter", "re_exported"))
    for name in ("us", "cn"):
        book.grant(f"g-{name}", name, 10, 0)
    book.draw("p", ("us", "cn"), 10, 1)
    book.back("b1", "p", 4, 2, way="re_exported")
    assert book.ledger.headroom(now=day(2)) == {"cn": 4, "us": 0}
    book.back("b2", "p", 6, 2)
    assert book.ledger.headroom(now=day(2)) == {"cn": 10, "us": 6}
    with invalid(book, "can take back 0", "can take back 0"):
        book.back("b3", "p", 1, 2)


def test_r9_a_return_uses_the_factor_of_its_own_draw(book):
    book.open("dom", restored_by=("destroyed",))
    book.grant("g", "dom", 100, 0)
    book.draw("p1", leg("dom", 2), 10, 1)
    book.draw("p2", leg("dom", "2.5"), 10, 2)
    assert book.back("b1", "p1", 4, 3, way="destroyed").amounts == {"dom": 8}
    assert book.back("b2", "p2", 4, 3, way="destroyed").amounts == {"dom": 10}
    assert book.headroom("dom", 3) == 100 - 20 - 25 + 8 + 10


# R10: tolerance and value.


def tolerance(share, **more):
    return {"tolerance": Tolerance(Fraction(share), **more)}


def test_r10_tolerance_is_no_headroom_and_lets_the_last_post_exceed(book):
    book.open("licence", **tolerance("0.1"))
    book.grant("g", "licence", 100, 0)
    with refused(book, ("licence", "headroom", 100, 101)):
        book.reserve("line", "licence", 101, 1)
    book.reserve("line", "licence", 100, 1)
    with refused(book, ("licence", "reservation", 100, 111)):
        book.post("p", "line", 2, 111)
    book.post("p", "line", 2, 110)
    counters = book.ledger.counters("licence", now=day(2))
    assert (counters.available, counters.excess, counters.tolerated) == (-10, 0, 10)
    assert book.ledger.discrepancies() == []
    with refused(book, ("licence", "headroom", 0, 1)):
        book.draw("more", "licence", 1, 3)
    book.grant("g2", "licence", 12, 4)
    assert book.ledger.counters("licence", now=day(4))[4:6] == (0, 0)
    assert book.headroom("licence", 4) == 2
    assert book.ledger.verify() is None


def test_r10_no_tolerance_once_the_full_quantity_has_been_posted(book):
    book.open("licence", **tolerance("0.1"))
    book.grant("g", "licence", 100, 0)
    book.draw("p", "licence", 100, 1)
    with refused(book, ("licence", "headroom", 0, 1)):
        book.draw("more", "licence", 1, 2)


def test_r10_a_value_account_closes_with_its_quantity(book):
    """By number none, up to 25 % on the value, none once the full quantity has shipped."""
    book.open("quantity")
    book.open("value", **tolerance("0.25", closes_when_posted="quantity"))
    book.grant("g1", "quantity", 10, 0)
    book.grant("g2", "value", 300_000, 0)
    dear = ("quantity", leg("value", 35_000))
    book.draw("p1", dear, 9, 1)
    with refused(book, ("value", "headroom", 375_000 - 315_000, 70_000)):
        book.draw("p2", ("quantity", leg("value", 70_000)), 1, 1)
    book.draw("p2", ("quantity", leg("value", 60_000)), 1, 1)
    assert book.ledger.counters("value", now=day(1)).tolerated == 75_000
    book.grant("g3", "value", 76_000, 2)
    with refused(book, ("value", "headroom", 1_000, 1_001)):
        book.draw("repair", leg("value", 1_001), 1, 2)


def test_r10_unshipped_base_shrinks_as_the_licence_ships(book):
    book.open("oil", **tolerance("0.1", of="unshipped"))
    book.grant("g", "oil", 100, 0)
    book.draw("p1", "oil", 60, 1)
    with refused(book, ("oil", "headroom", 44, 45)):
        book.draw("p2", "oil", 45, 2)
    book.draw("p2", "oil", 44, 2)


# R11: who may see an account is data.


def test_r11_who_may_see_an_account_is_kept_with_it(book):
    book.open("secret", visible_to=("officer:import",))
    assert book.ledger.account("secret").terms.visible_to == ("officer:import",)


# R17: order within a moment.


def test_r17_expiries_come_before_window_returns_before_the_draw(book):
    book.open("cap", window=timedelta(days=5))
    book.grant("g", "cap", 10, 0)
    book.draw("p", "cap", 4, 5)
    book.reserve("r", "cap", 6, 5, expires=10)
    book.reserve("next", "cap", 10, 10)
    assert [(x.id, x.kind) for x in book.ledger.transfers(change="next")] == [
        ("r#0!expire", "expire"),
        ("p#0!window", "return"),
        ("next#0", "reserve"),
    ]
