"""The rulings on provisional reservations, periods, windows, returns and tolerance."""

from datetime import timedelta
from fractions import Fraction

from ledger_kit import day, invalid, leg, refused, why

from interlock.law.terms import MayOwe, Period, Tolerance
from interlock.ledger import (
    Confirm,
)

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


def test_r9_units_that_never_passed_come_back_whatever_restores_the_account(book):
    book.open("quota", restored_by=("returned_to_exporter",))
    book.open("cap", window=timedelta(days=30))
    book.grant("g1", "quota", 10, 0)
    book.grant("g2", "cap", 10, 0)
    book.draw("p1", ("quota", "cap"), 6, 5)
    assert book.back("b1", "p1", 2, 20, way="destroyed").amounts == {}
    assert book.back("b2", "p1", 1, 20, way="cancelled").amounts == {"quota": 1, "cap": 1}
    assert (book.headroom("quota", 20), book.headroom("cap", 20)) == (5, 5)
    assert (book.headroom("quota", 35), book.headroom("cap", 35)) == (5, 10)
    assert book.back("b3", "p1", 1, 35, way="cancelled").amounts == {"quota": 1}
    assert (book.headroom("quota", 40), book.headroom("cap", 40)) == (6, 10)
    assert book.ledger.verify() is None


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
    book.open(
        "cap",
        period=Period("month", carry_over=True),
        may_owe=MayOwe(Fraction(5), timedelta(days=90)),
    )
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
