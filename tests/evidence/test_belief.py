"""The state of belief as of a day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.evidence import (
    Claim,
    Claims,
    Contradiction,
    Grade,
    Origin,
    UnknownClaimError,
    Value,
    exactly,
    load_claims,
)
from interlock.files import Place

if TYPE_CHECKING:
    from pathlib import Path


def day(number: int) -> dt.date:
    return dt.date(2026, 1, 1) + dt.timedelta(days=number - 1)


def claim(name: str, known: int = 1, **more: object) -> Claim:
    fields: dict[str, object] = {
        "text": "A fact.",
        "subject": "a.fact",
        "value": exactly(True),
        "grade": Grade("B2"),
        "origin": Origin("somebody"),
        "about": (),
        "supports": (),
        "contradicts": (),
        "supersedes": (),
        "place": Place("test"),
    }
    return Claim(id=name, known=day(known), **(fields | more))  # type: ignore[arg-type]


def claims(*given_claims: Claim) -> Claims:
    return Claims("Test", given_claims)


def test_a_claim_does_not_exist_before_it_is_known() -> None:
    both = claims(claim("early", 1), claim("late", 5))
    assert [each.id for each in both.standing(known=day(4))] == ["early"]
    assert [each.id for each in both.standing(known=day(5))] == ["early", "late"]
    assert both.state(known=day(0)).beliefs == {}


def test_supersession_counts_from_the_day_of_the_later_claim() -> None:
    both = claims(claim("old", 1), claim("new", 5, value=exactly(False), supersedes=("old",)))
    before, after = both.state(known=day(4)), both.state(known=day(5))
    assert [each.id for each in before.beliefs["a.fact"].standing] == ["old"]
    assert [each.id for each in after.beliefs["a.fact"].standing] == ["new"]
    assert [each.id for each in after.beliefs["a.fact"].superseded] == ["old"]
    assert after.unresolved == ()


def test_superseding_the_successor_does_not_bring_the_oldest_back() -> None:
    chain = claims(
        claim("first"),
        claim("second", supersedes=("first",)),
        claim("third", supersedes=("second",)),
    )
    assert [each.id for each in chain.standing(known=day(1))] == ["third"]


def test_a_subject_whose_claims_were_superseded_elsewhere_has_no_best() -> None:
    both = claims(claim("old"), claim("new", subject="another.fact", supersedes=("old",)))
    belief = both.state(known=day(1)).beliefs["a.fact"]
    assert belief.best is None
    assert belief.standing == ()
    assert not belief.contested


def test_weight_is_grade_then_support_then_recency_then_order() -> None:
    state = claims(
        claim("weak", 9, grade=Grade("C1")),
        claim("plain", 1),
        claim("recent", 3),
        claim("backed", 1),
        claim("backer", 1, subject="other.fact", supports=("backed",)),
        claim("also-recent", 3),
    ).state(known=day(9))
    order = [each.id for each in state.beliefs["a.fact"].standing]
    assert order == ["backed", "recent", "also-recent", "plain", "weak"]


def test_a_superseded_supporter_no_longer_adds_weight() -> None:
    state = claims(
        claim("first"),
        claim("backed"),
        claim("backer", subject="other.fact", supports=("backed",)),
        claim("denial", subject="other.fact", supersedes=("backer",)),
    ).state(known=day(1))
    assert [each.id for each in state.beliefs["a.fact"].standing] == ["first", "backed"]


def test_values_for_the_same_days_that_exclude_each_other_contradict() -> None:
    state = claims(claim("yes"), claim("no", value=exactly(False))).state(known=day(1))
    assert state.unresolved == (Contradiction("yes", "no", "values"),)
    assert state.beliefs["a.fact"].contested


@pytest.mark.parametrize(("end", "unresolved"), [(5, 0), (6, 1)])
def test_values_contradict_only_where_their_days_overlap(end: int, unresolved: int) -> None:
    both = claims(
        claim("yes", about=(("to", day(end)),)),
        claim("no", value=exactly(False), about=(("from", day(5)),)),
    )
    assert len(both.state(known=day(1)).unresolved) == unresolved


def test_one_fact_may_bear_two_dates() -> None:
    both = (("announced", dt.date(2026, 1, 13)), ("in_force", dt.date(2026, 1, 15)))
    assert claim("rule", about=both).holds == (dt.date(2026, 1, 15), None)
    assert claim("visit", about=(("on", day(3)),)).holds == (day(3), day(4))
    assert claim("told", about=(("announced", day(3)),)).holds == (None, None)


def test_a_declared_contradiction_stands_until_one_side_is_superseded() -> None:
    three = claims(
        claim("ban", 1, subject="customs"),
        claim("approval", 2, subject="import", contradicts=("ban",)),
        claim("lifted", 3, subject="customs", supersedes=("ban",), value=exactly(False)),
    )
    assert three.state(known=day(1)).unresolved == ()
    assert three.state(known=day(2)).unresolved == (Contradiction("ban", "approval", "declared"),)
    assert three.state(known=day(3)).unresolved == ()


def test_mutual_contradiction_is_listed_once() -> None:
    both = claims(claim("one", contradicts=("two",)), claim("two", contradicts=("one",)))
    assert both.state(known=day(1)).unresolved == (Contradiction("one", "two", "declared"),)


def test_r5_bounds_meet_so_they_do_not_contradict() -> None:
    bound = Value("at_least", lower=Decimal(400_000), unit="chip")
    both = claims(claim("bound", value=bound), claim("exact", value=exactly(450_000)))
    assert both.state(known=day(1)).unresolved == ()


def test_r13_weakest_of_named_claims() -> None:
    three = claims(
        claim("a", grade=Grade("A1")), claim("b", grade=Grade("E3")), claim("c", grade=Grade("B2"))
    )
    assert three.weakest(["a", "b"]) == Grade("E3")
    assert three.weakest(["a", "c"]) == Grade("B2")
    assert three.weakest([]) is None
    with pytest.raises(UnknownClaimError) as caught:
        three.weakest(["a", "d"])
    assert caught.value.claim == "d"
    assert caught.value.known == ("a", "b", "c")


@st.composite
def histories(draw: st.DrawFn) -> Claims:
    made: list[Claim] = []
    for index in range(draw(st.integers(1, 7))):
        earlier = [each.id for each in made]
        links = st.lists(st.sampled_from(earlier), unique=True) if earlier else st.just([])
        made.append(
            claim(
                f"c{index}",
                index // 2 + 1,
                subject=draw(st.sampled_from(["x", "y"])),
                value=exactly(draw(st.integers(0, 2))),
                grade=Grade(draw(st.sampled_from(["A1", "B2", "F6"]))),
                supersedes=tuple(draw(links)),
                contradicts=tuple(draw(links)),
                supports=tuple(draw(links)),
            )
        )
    return claims(*made)


@settings(max_examples=200, deadline=None)
@given(histories(), st.integers(0, 5))
def test_state_agrees_with_a_slow_plain_model(history: Claims, known: int) -> None:
    state = history.state(known=day(known))
    heard = [each for each in history.claims if each.known <= day(known)]
    standing = [each for each in heard if not any(each.id in other.supersedes for other in heard)]
    pairs = {
        (one.id, two.id)
        for one, two in combinations(standing, 2)
        if one.id in two.contradicts
        or two.id in one.contradicts
        or (one.subject == two.subject and one.value != two.value)
    }
    assert {(pair.first, pair.second) for pair in state.unresolved} == pairs
    assert len(state.unresolved) == len(pairs)
    assert set(state.beliefs) == {each.subject for each in heard}
    for subject, belief in state.beliefs.items():
        mine = [each for each in standing if each.subject == subject]
        assert sorted(each.id for each in belief.standing) == sorted(each.id for each in mine)
        assert belief.contested == any(each.id in pair for each in mine for pair in pairs)
        if mine:
            assert belief.best is not None
            assert belief.best.grade == max(each.grade for each in mine)


@settings(deadline=None)
@given(histories(), st.integers(0, 4))
def test_nothing_known_later_changes_an_earlier_state(history: Claims, known: int) -> None:
    by_then = claims(*(each for each in history.claims if each.known <= day(known)))
    assert history.state(known=day(known)) == by_then.state(known=day(known))


FILE = """\
title: A test
claims:
  - id: rule
    text: The rule.
    source: {who: the authority, through: gazette, url: "https://example.org"}
    reliability: A
    credibility: 1
    known: 2026-01-13
    about: {announced: 2026-01-13, in_force: 2026-01-15}
    subject: rule.quantity
    value: {at_least: 400_000, unit: chip}
  - id: report
    text: A report.
    source: a paper
    reliability: C
    credibility: 3
    known: 2026-01-14
    about: 2026-01-14
    subject: rule.quantity
    value: {about: 700000, give_or_take: 1_000.5, unit: chip}
    supports: rule
    contradicts: []
"""


def test_a_file_is_read_exactly(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(FILE, encoding="utf-8")
    read = load_claims(path, name="claims.yaml")
    assert read.title == "A test"
    assert len(read) == 2
    assert "rule" in read
    assert "other" not in read
    assert read["rule"] == Claim(
        id="rule",
        text="The rule.",
        subject="rule.quantity",
        value=Value("at_least", lower=Decimal(400_000), unit="chip"),
        grade=Grade("A1"),
        origin=Origin("the authority", "gazette", "https://example.org"),
        known=dt.date(2026, 1, 13),
        about=(("announced", dt.date(2026, 1, 13)), ("in_force", dt.date(2026, 1, 15))),
        supports=(),
        contradicts=(),
        supersedes=(),
        place=Place("claims.yaml", 3, 5),
    )
    assert read["report"].value == Value(
        "about",
        lower=Decimal("698999.5"),
        upper=Decimal("701000.5"),
        middle=Decimal(700_000),
        unit="chip",
    )
    assert read["report"].origin == Origin("a paper")
    assert read["report"].supports == ("rule",)
