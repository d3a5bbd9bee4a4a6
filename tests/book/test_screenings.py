"""Screening: golden cases, what a person makes of it, lists that change, what decisions see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN, NOW, World

from interlock.book import law
from interlock.book.acting import perform
from interlock.book.cases import Cases
from interlock.book.errors import DeniedError, InputError, MoveError, NotFoundError
from interlock.book.models import Event, Party, Screening
from interlock.book.rights import JOBS
from interlock.book.selectors.accounts import ledger
from interlock.book.services.screenings import Rescreened, rescreen

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from pytest_django.fixtures import SettingsWrapper

AFFILIATES = "2025-10-15"
"""A day on which the affiliates rule is in force."""


@pytest.fixture
def owned(world: World) -> World:
    """A world with listed holders and firms that they hold."""

    def firm(pk: str, name: str, *owners: dict[str, str]) -> None:
        world.do(ADMIN, "party.enter", id=pk, name=name, country="CN", owners=list(owners))

    firm("huawei", "Huawei Technologies Co., Ltd.")
    firm("smic", "Semiconductor Manufacturing International Corporation")
    firm("quiet", "Quiet Harbour Capital")
    firm("venture", "Blue Lantern Cloud", {"party": "huawei", "share": "0.30"},
         {"party": "smic", "share": "0.25"})  # fmt: skip
    firm("nearly", "Green Lantern Cloud", {"party": "huawei", "share": "0.30"},
         {"party": "smic", "share": "0.1999"})  # fmt: skip
    firm("middle", "Middle Holding", {"party": "huawei", "share": "0.50"},
         {"party": "quiet", "share": "0.50"})  # fmt: skip
    firm("below", "Lower Works", {"party": "middle", "share": "0.50"})
    firm("unstated", "Amber Systems", {"party": "huawei"}, {"party": "quiet", "share": "0.4"})
    return world


def rows() -> tuple[int, int, int, list[Any]]:
    """Everything that an act would change."""
    parties = list(Party.objects.order_by("pk").values_list("pk", "screening", "listed_as"))
    return (
        Screening.objects.count(), Event.objects.count(), len(ledger().entries()), parties,
    )  # fmt: skip


def screened(world: World, party: str, **values: Any) -> Screening:
    found: Screening = world.do(world.officer, "screening.screen", party=party, **values)
    return found


def through(found: Screening) -> set[tuple[str, str]]:
    """Of matches by ownership: the holder first on the way, and how it is owned."""
    return {(x["through"][0], x["owned"]) for x in found.matches if x["by"] == "ownership"}


def test_a_party_without_a_match_is_clear_and_says_since_when(world: World) -> None:
    found = screened(world, "bytedance")
    assert (found.state, found.matches, found.as_of) == ("clear", [], NOW.date())
    assert [x["list"] for x in found.lists] == ["entity-list", "meu-list"]
    party = world.party("bytedance")
    assert (party.screening, party.screened_on) == ("clear", NOW.date())


def test_30_and_25_percent_of_two_listed_holders_add_up(owned: World) -> None:
    found = screened(owned, "venture", as_of=AFFILIATES)
    assert found.state == "to_review"
    assert found.owned == {"entity-list": "owned", "meu-list": "no"}
    assert through(found) == {
        ("Huawei Technologies Co., Ltd.", "owned"),
        ("Semiconductor Manufacturing International Corporation", "owned"),
    }
    assert screened(owned, "nearly", as_of=AFFILIATES).state == "clear"


def test_half_of_a_half_owned_firm_is_owned(owned: World) -> None:
    found = screened(owned, "below", as_of=AFFILIATES)
    assert found.owned["entity-list"] == "owned"
    (match,) = found.matches
    assert match["through"] == ["Middle Holding", "Huawei Technologies Co., Ltd."]


def test_an_unknown_share_of_a_listed_holder_is_told_as_such(owned: World) -> None:
    found = screened(owned, "unstated", as_of=AFFILIATES)
    assert (found.state, found.owned["entity-list"]) == ("to_review", "unknown_share")


def test_a_party_counts_from_the_day_of_its_listing(world: World) -> None:
    world.do(ADMIN, "party.enter", id="ymtc", name="YMTC")
    assert screened(world, "ymtc", as_of="2022-12-15").state == "clear"
    found = screened(world, "ymtc", as_of="2022-12-16")
    assert found.state == "to_review"
    (match,) = found.matches
    assert (match["entry"]["name"], match["by"], match["score"]) == (
        "Yangtze Memory Technologies Co., Ltd.", "alias", 1.0,
    )  # fmt: skip
    assert (match["entry"]["source"], match["entry"]["listed_on"]) == ("fr-ymtc", "2022-12-16")
    assert found.threshold == 0.7


def test_an_officer_confirms_one_match_and_decisions_know_it(world: World) -> None:
    world.do(ADMIN, "party.enter", id="hw", name="Huawei Technology Company")
    found = screened(world, "hw")
    assert found.state == "to_review"
    case = law.reader_on(NOW.date(), NOW.date()).read({"buyer": Cases(NOW.date()).party(
        world.party("hw"))})  # fmt: skip
    facts = law.decider_on(NOW.date(), NOW.date()).facts_of(case, "us-party-lists")
    assert True not in [v for k, v in facts.items() if k.endswith("listed_party")]
    done = world.do(
        world.officer, "screening.confirm", found.pk, matches=[1], reason="same address"
    )
    assert (done.state, done.reviewed_by, done.reason) == (
        "confirmed", "ann@us-bis", "same address",
    )  # fmt: skip
    assert done.matches[0]["is_party"] is True
    party = world.party("hw")
    assert party.screening == "confirmed"
    assert [x["name"] for x in party.listed_as] == ["Huawei Technologies Co., Ltd."]
    case = law.reader_on(NOW.date(), NOW.date()).read({"buyer": Cases(NOW.date()).party(party)})
    facts = law.decider_on(NOW.date(), NOW.date()).facts_of(case, "us-party-lists")
    assert True in [v for k, v in facts.items() if k.endswith("listed_party")]


def test_what_was_cleared_is_not_asked_again_until_something_changes(world: World) -> None:
    world.do(ADMIN, "party.enter", id="namesake", name="Huawei Technology Company")
    first = screened(world, "namesake")
    world.do(world.customs, "screening.clear", first.pk, reason="another firm, see register")
    again = screened(world, "namesake")
    assert (again.state, again.outcome) == ("cleared", "cleared")
    assert again.matches[0]["review"]["reason"] == "another firm, see register"
    assert world.party("namesake").screening == "cleared"
    world.do(ADMIN, "party.change", "namesake", name="Huawei Technologies Company")
    assert screened(world, "namesake").state == "to_review"
    assert world.party("namesake").screening == "to_review"


def test_only_the_newest_screening_is_reviewed(world: World) -> None:
    world.do(ADMIN, "party.enter", id="smic", name="SMIC")
    old, new = screened(world, "smic"), screened(world, "smic")
    before = rows()
    with pytest.raises(MoveError, match=f"review {new.pk}"):
        world.do(world.officer, "screening.clear", old.pk, reason="old")
    assert rows() == before
    world.do(world.officer, "screening.confirm", new.pk, matches=[1], reason="it is")
    with pytest.raises(MoveError, match="it is confirmed"):
        world.do(world.officer, "screening.clear", new.pk, reason="again")


def test_a_look_on_one_list_does_not_hide_what_another_found(world: World) -> None:
    world.do(ADMIN, "party.enter", id="smic", name="SMIC")
    screened(world, "smic")
    part = screened(world, "smic", only_lists=["meu-list"])
    assert part.state == "clear"
    assert world.party("smic").screening == "to_review"


def test_firms_and_readers_do_not_screen_and_nothing_changes(world: World) -> None:
    world.do(ADMIN, "party.enter", id="smic", name="SMIC")
    found = screened(world, "smic")
    before = rows()
    for who in (world.buyer, world.supplier, world.auditor):
        with pytest.raises((DeniedError, NotFoundError)):
            world.do(who, "screening.screen", party="bytedance")
        with pytest.raises((DeniedError, NotFoundError)):
            world.do(who, "screening.clear", found.pk, reason="no")
        with pytest.raises((DeniedError, NotFoundError)):
            world.do(who, "screening.confirm", found.pk, reason="no", matches=[1])
        with pytest.raises(DeniedError):
            perform(who, rescreen, now=NOW)
    assert rows() == before


def test_wrong_values_are_told_by_field(world: World) -> None:
    before = rows()
    with pytest.raises(InputError) as caught:
        screened(world, "bytedance", as_of="2030-01-01", only_lists=["entity-lst"])
    assert caught.value.faults["only_lists"].endswith("did you mean 'entity-list'?")
    assert "has not come yet" in caught.value.faults["as_of"]
    with pytest.raises(InputError, match="there is no party"):
        screened(world, "nobody")
    world.do(ADMIN, "party.enter", id="smic", name="SMIC")
    found = screened(world, "smic")
    with pytest.raises(InputError, match="no number 9"):
        world.do(world.officer, "screening.confirm", found.pk, matches=[9], reason="x")
    assert rows()[0] == before[0] + 1


LIST = """list: entity-list
title: Entity List of the day
entries:
  - {id: huawei, name: "Huawei Technologies Co., Ltd.", listed_on: 2019-05-16, source: 84 FR 22961}
"""
MORE = """  - {id: dance, name: ByteDance, listed_on: 2026-02-01, source: 91 FR 1}
"""


def again(now: dt.datetime = NOW) -> Rescreened:
    return perform(JOBS, rescreen, now=now, reason="the lists have changed")


def test_a_changed_list_file_screens_everybody_again_and_binds_in_law(
    world: World, settings: SettingsWrapper, tmp_path: Path
) -> None:
    path = tmp_path / "entity.yaml"
    path.write_text(LIST, encoding="utf-8")
    settings.LISTS = tmp_path
    first = again()
    assert {(x.party_id, x.state) for x in first.made} == {
        ("bytedance", "clear"), ("nvidia", "clear"), ("tencent", "clear"),
    }  # fmt: skip
    assert (again().made, first.next) == ([], None)

    def listed() -> list[Any]:
        case = law.reader_on(NOW.date(), NOW.date()).read(
            {"buyer": Cases(NOW.date()).party(world.party("bytedance"))}
        )
        facts = law.decider_on(NOW.date(), NOW.date()).facts_of(case, "us-party-lists")
        return [v for k, v in facts.items() if k.endswith("listed_party")]

    assert listed() != [True]
    digest = law.law_on(NOW.date(), NOW.date())
    path.write_text(LIST + MORE, encoding="utf-8")
    second = again()
    assert {(x.party_id, x.state) for x in second.made} == {
        ("bytedance", "to_review"), ("nvidia", "clear"), ("tencent", "clear"),
    }  # fmt: skip
    assert world.party("bytedance").screening == "to_review"
    assert listed() == [True]
    changed = law.law_on(NOW.date(), NOW.date())
    of = {one.id: one.digest for one in digest.regimes}
    now = {one.id: one.digest for one in changed.regimes}
    assert {name for name in of if of[name] != now[name]} == {"us-party-lists"}


def test_a_new_owner_or_name_screens_the_firms_below_again(owned: World) -> None:
    again()
    assert again().made == []
    owned.do(ADMIN, "party.change", "quiet", name="Quiet Harbour Group")
    assert {x.party_id for x in again().made} == {"quiet", "middle", "below", "unstated"}


def test_an_identifier_finds_a_party_under_any_name(
    world: World, settings: SettingsWrapper, tmp_path: Path
) -> None:
    (tmp_path / "day.csv").write_text(
        "id,name,listed_on,source,identifiers\nh,Hidden Works,2020-01-01,x,LEI=549300ABC\n",
        encoding="utf-8",
    )
    settings.LISTS = tmp_path
    world.do(ADMIN, "party.enter", id="plain", name="Plain Trading",
             identifiers=[{"scheme": "lei", "value": "5493 00abc"}])  # fmt: skip
    (match,) = screened(world, "plain").matches
    assert (match["list"], match["by"], match["score"]) == ("day", "identifier", 1.0)
