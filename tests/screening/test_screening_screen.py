"""Screening as of a day, by name, alias, identifier and ownership."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from screening_kit import (
    DAY,
    ENTITY_LIST,
    HUAWEI,
    INDEX,
    LISTED,
    SMIC,
    entry,
    found,
    owned,
    screened,
)

from interlock.law.reading.regime import read_regime
from interlock.screening import (
    Evidence,
    Holding,
    Party,
    ScreeningIndex,
    ScreeningList,
    list_of_regime,
    screen,
)

BEFORE = LISTED - dt.timedelta(days=1)


def test_a_match_says_what_matched_where_and_why() -> None:
    (match,) = screened("SMIC").matches
    assert (match.list, match.entry, match.by, match.score) == ("entity-list", SMIC, "alias", 1.0)
    assert (match.given, match.matched, match.source) == ("SMIC", "SMIC", "84 FR 22961")
    assert match.why == (Evidence("same", "smic", "smic", 1.0, 1.0),)
    (match,) = screened("Semiconductor Manufacturing International Corp.").matches
    assert (match.by, match.matched) == ("name", SMIC.name)


def test_r8_an_entry_holds_from_its_day_and_is_known_from_the_day_it_was_public() -> None:
    assert found("Huawei", at=LISTED, known=LISTED) == [HUAWEI.name]
    assert found("Huawei", at=BEFORE, known=DAY) == []
    assert found("Huawei", at=DAY, known=BEFORE) == []
    late = ScreeningIndex([ScreeningList("l", "", (entry("Sugon", public=DAY),))])
    assert found("Sugon", late, at=LISTED, known=DAY) == ["Sugon"]
    assert found("Sugon", late, at=LISTED, known=DAY - dt.timedelta(1)) == []


def test_r8_a_delisting_holds_from_its_day_once_it_is_known() -> None:
    off = dt.date(2024, 7, 1)
    index = ScreeningIndex([ScreeningList("l", "", (entry("Sugon", delisted_on=off),))])
    assert found("Sugon", index, at=off - dt.timedelta(1), known=DAY) == ["Sugon"]
    assert found("Sugon", index, at=off, known=off) == []
    assert found("Sugon", index, at=off, known=off - dt.timedelta(1)) == ["Sugon"]


def test_an_identifier_matches_whatever_the_name() -> None:
    party = Party("Some Other Name", identifiers={"LEI": "300300f56q-6g5ens0k86"})
    (match,) = screened(party).matches
    assert (match.entry, match.by, match.score) == (HUAWEI, "identifier", 1.0)
    assert match.matched == "300300F56Q6G5ENS0K86"
    assert found(Party("Some Other Name", identifiers={"duns": "300300F56Q6G5ENS0K86"})) == []


def test_each_entry_matches_once_by_its_best() -> None:
    party = Party("Huawei Technologies", ("Huawei", "华为"), "company")
    (match,) = screened(party).matches
    assert (match.by, match.score, match.given) == ("alias", 1.0, "Huawei")


def test_persons_are_compared_with_persons_and_the_untyped_with_all() -> None:
    assert found(Party("Xiaoming Wang", type="person")) == ["Wang Xiaoming"]
    assert found(Party("Xiaoming Wang")) == ["Wang Xiaoming"]
    assert found(Party("王小明", type="person")) == ["Wang Xiaoming"]
    assert found(Party("Wang Xiaoming", type="company")) == []
    untyped = ScreeningIndex([ScreeningList("l", "", (entry("Wang Xiaoming", type=""),))])
    for kind in ("", "person", "company"):
        assert found(Party("Wang Xiaoming", type=kind), untyped) == ["Wang Xiaoming"]


def test_a_higher_threshold_finds_less_and_no_score_is_below_it() -> None:
    name = "Huawai Technologies"
    scores = [match.score for match in screened(name, threshold=0.3).matches]
    assert scores == sorted(scores, reverse=True)
    for threshold in (0.3, 0.5, 0.7, 0.9, 1.0):
        kept = [match.score for match in screened(name, threshold=threshold).matches]
        assert kept == [score for score in scores if score >= threshold]
    for threshold in (0.0, -1.0, 1.01):
        with pytest.raises(ValueError, match=r"give one above 0 and at most 1, such as 0\.7"):
            screened(name, threshold=threshold)


@pytest.mark.parametrize(
    ("owners", "state"),
    [
        ([("Huawei", "0.30"), ("SMIC", "0.20")], "owned"),
        ([("华为", "0.50")], "owned"),
        ([("Huawei", "0.30"), ("SMIC", "0.1999")], "no"),
        ([("Huawei", None), ("Example Fund", "0.60")], "unknown_share"),
        ([("Example Fund", "1.00")], "no"),
        ([], "no"),
    ],
)
def test_shares_of_listed_holders_add_up(owners: list, state: str) -> None:
    result = screened(owned(*owners))
    assert result.owned == {"entity-list": state}
    reached = [match for match in result.matches if match.by == "ownership"]
    assert bool(reached) == (state != "no")
    assert {match.owned for match in reached} <= {state}


def test_a_match_by_ownership_names_the_way_to_the_listed_holder() -> None:
    middle = owned(("Huawei", "0.50"), ("Example Fund", "0.50"), name="Middle Holding")
    result = screened(owned((middle, "0.50"), ("SMIC", "0.10")))
    by_entry = {match.entry.name: match for match in result.matches}
    assert by_entry.keys() == {HUAWEI.name, SMIC.name}
    match = by_entry[HUAWEI.name]
    assert (match.by, match.through, match.owned) == (
        "ownership", ("Middle Holding", "Huawei"), "owned",
    )  # fmt: skip
    assert [part for part in match.why if part.feature == "share"] == [
        Evidence("share", "Huawei", "0.50", 0.5, 0.0),
        Evidence("share", "Middle Holding", "0.50", 0.5, 0.0),
    ]


def test_holders_whom_nobody_looked_up_leave_ownership_unknown() -> None:
    assert screened(Party("Example Cloud Ltd")).owned == {"entity-list": None}
    unseen = Party("Example Fund", type="company")
    assert screened(owned((unseen, "0.50"))).owned == {"entity-list": None}
    assert screened(owned((unseen, "0.49"))).owned == {"entity-list": "no"}
    assert screened(owned((unseen, "0.49"))).matches == ()


def test_the_share_is_the_lists_or_the_regimes_and_never_ours() -> None:
    party = owned(("Huawei", "0.30"))
    assert screened(party).owned == {"entity-list": "no"}
    assert screened(party, owned_at_least={"entity-list": Decimal("0.30")}).owned == {
        "entity-list": "owned"
    }
    nothing = screened(owned(("Huawei", "1.00")), owned_at_least={})
    assert (nothing.owned, nothing.matches) == ({}, ())
    silent = ScreeningIndex([ScreeningList("l", "", ENTITY_LIST.entries)])
    assert screened(owned(("Huawei", "1.00")), silent).owned == {}


def test_holders_on_two_lists_do_not_add_up() -> None:
    half = Decimal("0.50")
    index = ScreeningIndex(
        [ScreeningList("a", "", (HUAWEI,), half), ScreeningList("b", "", (SMIC,), half)]
    )
    result = screened(owned(("Huawei", "0.30"), ("SMIC", "0.30")), index)
    assert result.owned == {"a": "no", "b": "no"}
    assert result.matches == ()


def test_r8_a_holder_counts_only_while_it_is_listed() -> None:
    party = owned(("Huawei", "0.60"))
    assert screened(party, at=BEFORE).owned == {"entity-list": "no"}
    assert screened(party, at=LISTED).owned == {"entity-list": "owned"}


def test_a_party_on_the_list_itself_is_matched_beside_its_owners() -> None:
    party = Party("SMIC", type="company", owners=(Holding(Party("Huawei", owners=()), Decimal(1)),))
    assert {(m.entry.name, m.by) for m in screened(party).matches} == {
        (SMIC.name, "alias"), (HUAWEI.name, "ownership"),
    }  # fmt: skip


def test_the_lists_of_a_regime_can_be_screened_by_likeness() -> None:
    regime = read_regime(Path(__file__).parents[2] / "regimes/us-party-lists.yaml")
    lists = [list_of_regime(one) for one in regime.lists.values()]
    index = ScreeningIndex(lists)
    (match,) = screen(Party("华为技术有限公司"), index, at=DAY, known=DAY).matches
    assert (match.list, match.entry.name) == ("entity-list", "Huawei Technologies Co., Ltd.")
    assert match.source == "fr-huawei"


def test_no_list_matches_nobody() -> None:
    assert screen(Party("Huawei"), ScreeningIndex([]), at=DAY, known=DAY).matches == ()
    assert INDEX.lists == (ENTITY_LIST,)
