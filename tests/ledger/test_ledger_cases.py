"""The ledger's own promises: ids, scales, sub-quotas, corrections, times, and what is refused."""

import json
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from ledger_kit import day, invalid, leg, refused, terms, why

from interlock.law.terms import Period
from interlock.ledger import ConflictError, Grant, InvalidChangeError, OpenAccount, Reserve


def test_the_same_id_again_gives_the_same_answer_and_changes_nothing(book):
    book.open("licence")
    first = book.grant("g", "licence", 10, 0)
    line = book.reserve("line", ("licence",), 4, 1)
    post = book.post("p", "line", 2, 3)
    before = book.everything()
    assert book.grant("g", "licence", 10, 0, recorded=9) == first
    assert book.reserve("line", ("licence",), 4, 1) == line
    assert book.post("p", "line", 2, 3) == post
    assert book.everything() == before


def test_the_order_of_legs_and_the_zone_of_a_time_are_no_other_content(book):
    from datetime import timedelta, timezone

    for name in ("a", "b"):
        book.open(name)
        book.grant(f"g-{name}", name, 10, 0)
    first = book.reserve("line", ("a", "b"), 4, 1)
    shanghai = day(1).astimezone(timezone(timedelta(hours=8)))
    again = Reserve("line", why(shanghai), (leg("b"), leg("a")), 4, "sha256:0f1e")
    assert book.do(again, 5) == first


def test_the_content_of_a_line_is_json_that_says_all_of_it(book):
    book.open('a"b')
    book.grant("g", 'a"b', 10, 0)
    book.reserve("line", leg('a"b', "1/2"), 4, 1, holder="甲", expires=9, provisional=True)
    kind, body, *rest = json.loads(book.ledger.entries()[-1].content)
    assert kind == "reserve"
    assert body == [
        [['a"b', "1/2", "allocation", "shipment"]], "4", "sha256:0f1e", "甲",
        "2026-01-10T00:00:00.000000Z", True,
    ]  # fmt: skip
    assert rest == ["officer:li", "as decided", "licence/1", "2026-01-02T00:00:00.000000Z"]


@pytest.mark.parametrize(
    "other", [{"amount": 11}, {"account": "b"}, {"regime": "x"}, {"pending": True}]
)
def test_the_same_id_with_other_content_is_refused(book, other):
    book.open("a")
    book.open("b")
    book.grant("g", "a", 10, 0)
    before = book.everything()
    with pytest.raises(ConflictError) as caught:
        book.do(Grant(**{"id": "g", "why": why(day(0)), "account": "a", "amount": 10, **other}), 1)
    assert caught.value.change == "g"
    assert book.everything() == before


def test_a_refused_id_stays_free(book):
    book.open("a")
    with refused(book, ("a", "headroom", 0, 1)):
        book.reserve("line", "a", 1, 1)
    book.grant("g", "a", 1, 1)
    book.reserve("line", "a", 1, 1)


def test_post_in_parts_void_and_what_is_left(book):
    book.open("a")
    book.grant("g", "a", 10, 0)
    book.reserve("line", leg("a", 2), 5, 1)
    book.post("p1", "line", 2, 2)
    assert book.ledger.counters("a", now=day(2))[:4] == (0, 10, 6, 4)
    book.void("v", "line", 3, 1)
    assert book.ledger.counters("a", now=day(3))[:4] == (0, 10, 4, 4)
    with invalid(book, "has 4 left, 6 should be void"):
        book.void("v2", "line", 3, 3)
    book.post("p2", "line", 4)
    assert book.ledger.counters("a", now=day(4))[:4] == (0, 10, 0, 8)
    for again in (book.void, book.post):
        with invalid(book, "nothing is left"):
            again("x", "line", 5)
    assert book.ledger.verify() is None


def test_legs_post_at_their_own_stage(book):
    book.open("stock")
    book.open("ratio")
    for name in ("stock", "ratio"):
        book.grant(f"g-{name}", name, 10, 0)
    book.reserve("line", (leg("stock", 1, "shipment"), leg("ratio", 1, "entry")), 10, 1)
    assert book.post("ship", "line", 2, 6, stage="shipment").amounts == {"stock": 6}
    assert book.post("enter", "line", 3, 5, stage="entry").amounts == {"ratio": 5}
    with invalid(book, "reserved nothing that posts here"):
        book.post("use", "line", 4, stage="use")


def test_a_foreseen_credit_is_no_headroom_until_it_is_posted(book):
    book.open("dom")
    book.grant("bought", "dom", 10, 1, pending=True)
    assert book.headroom("dom", 1) == 0
    assert book.ledger.counters("dom", now=day(1)).credits_pending == 10
    book.post("accepted", "bought", 2, 6)
    assert book.ledger.counters("dom", now=day(2))[:2] == (4, 6)
    with invalid(book, "only 4 is foreseen, 5 came"):
        book.post("too-much", "bought", 3, 5)
    book.void("cancelled", "bought", 3)
    assert book.ledger.counters("dom", now=day(3))[:2] == (0, 6)
    assert book.ledger.verify() is None


def test_a_part_draws_on_its_whole_by_its_factor(book):
    whole = terms("whole", places=1)
    book.do(OpenAccount("o1", why(day(0)), "whole", whole), 0)
    part = terms("part", parent="test/whole", parent_factor=Fraction(3, 2))
    for name in ("part-a", "part-b"):
        book.do(OpenAccount(f"o-{name}", why(day(0)), name, part, parent="whole"), 0)
        book.grant(f"g-{name}", name, 10, 0)
    book.grant("g", "whole", 20, 0)
    answer = book.reserve("line", ("part-a",), 5, 1)
    assert answer.amounts == {"part-a": 5, "whole": 75}
    answer = book.reserve("both", ("part-a", "part-b"), 3, 1)
    assert answer.amounts == {"part-a": 3, "part-b": 3, "whole": 90}
    with refused(book, ("whole", "headroom", 35, 45)):
        book.reserve("more", ("part-b",), 3, 1)
    with invalid(book, "is drawn through its part already"):
        book.reserve("more", ("part-b", "whole"), 1, 1)
    assert book.ledger.verify() is None


def test_a_part_of_the_wrong_whole_is_refused_with_every_fault(book):
    book.open("other")
    part = terms("part", parent="test/whole", places=12)
    with invalid(book, "not a 'test/whole'", "12 places"):
        book.do(OpenAccount("o", why(day(0)), "part", part, parent="other"), 0)
    with invalid(book, "terms name the parent 'test/whole', the account ''"):
        book.do(OpenAccount("o", why(day(0)), "part", terms("p", parent="test/whole")), 0)


def test_every_fault_of_the_legs_is_named_at_once(book):
    book.open("a")
    book.open("cap", period=Period("month"))
    legs = (leg("a"), leg("a"), leg("b"), leg("cap@2026-13"), leg("a@1"), leg("c", -1))
    with invalid(
        book, "'a' stands twice", "unknown account 'b'", "'cap@2026-13'", "'a@1'", "negative"
    ):
        book.reserve("line", legs, 1, 1)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (Grant("a#1", why(day(0)), "a", 1), "the id must have"),
        (Grant("x" * 201, why(day(0)), "a", 1), "the id must have"),
        (Grant("g", why(day(2)), "a", 1), "after it is recorded"),
        (Grant("g", why(datetime(2026, 1, 1)), "a", 1), "has no zone"),  # noqa: DTZ001
        (Grant("g", why(day(0)), "a", 0), "a grant is positive"),
        (Grant("g", why(day(0)), "a", Decimal("0.5")), "no whole number at 0 places"),
        (Grant("g", why(day(0)), "a", 0.5), "binary fraction"),  # type: ignore[arg-type]
        (Grant("g", why(day(0)), "a", 2**61), "more than an account can count"),
        (Grant("g", why(day(0)), "z", 1), "unknown account 'z'"),
        (Reserve("r", why(day(0)), (leg("a"),), 0, ""), "quantity 0 is not positive"),
        (Reserve("r", why(day(0)), (leg("a"),), 1, "", expires=day(1)), "expired already"),
        (Reserve("r", why(day(0)), (leg("a"),), Fraction(1, 2), ""), "counted whole"),
        (OpenAccount("o", why(day(0)), "a", terms("a")), "is open already"),
        (OpenAccount("o", why(day(0)), "b@c", terms("a")), "nor hold '@'"),
    ],
)
def test_a_change_that_cannot_be_meant_is_refused(book, change, word):
    book.open("a")
    with invalid(book, word):
        book.do(change, 1)


def test_the_clock_must_have_a_zone(book):
    with pytest.raises(InvalidChangeError, match="no zone"):
        book.ledger.apply(Grant("g", why(day(0)), "a", 1), now=datetime(2026, 1, 1))  # noqa: DTZ001


def test_many_grants_cannot_run_over_what_is_counted(book):
    book.open("a")
    book.grant("g1", "a", 2**60, 0)
    with invalid(book, "would count more than"):
        book.grant("g2", "a", 1, 0)


def test_what_is_recorded_never_runs_backwards(book):
    book.open("a")
    book.grant("g1", "a", 1, 5)
    (transfer,) = book.grant("g2", "a", 1, 3, recorded=4).transfers
    assert (transfer.effective, transfer.recorded) == (day(3), day(5))


def test_r8_balances_have_both_times(book):
    book.open("a")
    book.grant("g1", "a", 10, 1)
    book.draw("p", "a", 4, 2, recorded=8)
    book.adjust("found", "a", 3, 5)

    def available(at, known):
        return book.ledger.balance("a", at=day(at), known=day(known)).available

    # 'found' was asked for on day 5 by a clock behind the record of day 8: recorded on day 8.
    assert [available(at, 7) for at in (0, 1, 2, 5)] == [0, 10, 10, 10]
    assert [available(at, 8) for at in (0, 1, 2, 5)] == [0, 10, 6, 9]


def test_every_change_has_actor_reason_cause_and_both_times(book):
    book.open("a")
    book.grant("g", "a", 1, 1, recorded=2)
    entry = book.ledger.entries()[-1]
    assert entry[1:3] == ("g", "grant")
    assert entry[4:9] == ("officer:li", "as decided", "licence/1", day(1), day(2))
    with invalid(book, "nobody is named as actor"):
        book.do(Grant("g2", type(why(day(0)))("", "", "", day(0)), "a", 1), 1)


def test_a_leg_keeps_its_quantity_factor_and_regime_version(book):
    book.open("a", places=2)
    book.grant("g", "a", 100, 0)
    book.reserve("line", leg("a", "0.25"), 3, 1, holder="h")
    (transfer,) = book.post("p", "line", 2).transfers
    assert (transfer.quantity, transfer.factor) == (3, Fraction(1, 4))
    assert (transfer.amount, transfer.regime, transfer.holder) == (75, "sha256:0f1e", "h")


def test_a_batch_lets_each_group_stand_or_fall_alone(book):
    book.open("a")
    book.grant("g", "a", 10, 0)
    lines = [book.reserving(f"line-{n}", ("a",), n, 1) for n in (6, 5, 4, 1)]
    results = book.ledger.apply_many(lines, now=day(1))
    assert [getattr(x, "amounts", None) for x in results] == [{"a": 6}, None, {"a": 4}, None]
    assert [str(x) for x in results[1::2]] == [
        "line-5: a has headroom for 4, 5 is needed",
        "line-1: a has headroom for 0, 1 is needed",
    ]
    assert [x.change for x in book.ledger.entries()] == ["open-a", "g", "line-6", "line-4"]
    assert book.ledger.verify() is None


def test_a_batch_repeats_ids_within_itself(book):
    book.open("a")
    grant = Grant("g", why(day(0)), "a", 5)
    other = Grant("g", why(day(0)), "a", 6)
    first, again, conflict = book.ledger.apply_many([grant, grant, other], now=day(1))
    assert first == again
    assert isinstance(conflict, ConflictError)
    assert book.headroom("a", 1) == 5


def test_a_positive_floor_is_filled_by_the_first_credits(book):
    book.open("a", floor=3)
    assert book.headroom("a", 0) == 0
    book.grant("g", "a", 5, 1)
    assert book.headroom("a", 1) == 2
    with refused(book, ("a", "headroom", 2, 3)):
        book.reserve("line", "a", 3, 1)
    assert book.ledger.discrepancies() == []
    assert book.ledger.verify() is None


def test_a_post_before_its_reservation_is_refused(book):
    book.open("a")
    book.grant("g", "a", 5, 0)
    book.reserve("line", "a", 5, 3)
    with invalid(book, "before 'line#0' was reserved"):
        book.post("p", "line", 2, recorded=4)


def test_reading_an_unknown_account_is_refused(book):
    for read in (
        lambda: book.headroom("z", 1),
        lambda: book.ledger.counters("z", now=day(1)),
        lambda: book.ledger.balance("z", at=day(1), known=day(1)),
        lambda: book.ledger.debts("z", now=day(1)),
    ):
        with pytest.raises(InvalidChangeError, match="unknown account 'z'"):
            read()
