"""Claims: read as the claims file is, linked, withdrawn, and what is believed as of a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import NOW, World, actor

from interlock.book.acting import perform
from interlock.book.errors import DeniedError, InputError, MoveError, NotFoundError
from interlock.book.models import Claim, Event
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.claims import belief
from interlock.book.services import do
from interlock.book.services.claims import import_claims
from interlock.files import BadInputError, node_of, parse_yaml

if TYPE_CHECKING:
    from interlock.files import Node

CLAIM: dict[str, Any] = {
    "id": "customs-shut", "text": "Customs told agents to return the goods.",
    "subject": "cn.customs.agents", "value": False, "source": "three people",
    "reliability": "B", "credibility": 2, "known": "2026-02-01",
}  # fmt: skip


def record(world: World, **values: Any) -> Claim:
    found: Claim = world.do(world.officer, "claim.record", **CLAIM | values)
    return found


def rows() -> tuple[int, int, int]:
    return Claim.objects.count(), Event.objects.count(), len(ledger().entries())


def believed(world: World, known: str, recorded: str | None = None) -> dict[str, Any]:
    found = belief(
        world.officer,
        known=dt.date.fromisoformat(known),
        recorded=dt.date.fromisoformat(recorded) if recorded else None,
        subject="cn.customs.agents",
    )
    (one,) = found["beliefs"] or [{"standing": [], "contested": None, "superseded": []}]
    return {
        "standing": [x["id"] for x in one["standing"]], "superseded": one["superseded"],
        "contested": one["contested"], "unresolved": found["unresolved"],
    }  # fmt: skip


def test_a_claim_is_recorded_with_its_source_and_grade(world: World) -> None:
    made = record(world, about={"from": "2026-01-13"}, value={"at_least": 0.5, "unit": "share"})
    assert (made.state, made.known_on, made.recorded_at) == ("stands", dt.date(2026, 2, 1), NOW)
    assert made.body["about"] == {"from": "2026-01-13"}
    assert record(world, id="").pk.startswith("claim-")


def test_faults_of_a_claim_name_its_fields_and_nothing_changes(world: World) -> None:
    before = rows()
    wrong = {"reliability": "Z", "value": {"at_least": "many"}, "supersedes": ["nothing"],
             "about": {"since": "2026-01-01"}}  # fmt: skip
    with pytest.raises(InputError) as caught:
        record(world, **wrong)
    assert set(caught.value.faults) == {"reliability", "value.at_least", "about.since"}
    with pytest.raises(InputError, match="no claim 'nothing'") as caught:
        record(world, supersedes=["nothing"])
    assert set(caught.value.faults) == {"supersedes.0"}
    with pytest.raises(InputError, match="has not come yet"):
        record(world, known="2026-03-01")
    with pytest.raises(ValueError, match="nan is no number"):
        record(world, value=float("nan"))
    with pytest.raises(InputError, match="small letters"):
        record(world, id="Not An Id")
    assert rows() == before


def test_belief_as_of_a_day_lists_what_contradicts(world: World) -> None:
    record(world)
    record(world, id="customs-open", value=True, known="2026-02-05", credibility=3)
    assert believed(world, "2026-02-10") == {
        "standing": ["customs-shut", "customs-open"], "superseded": [], "contested": True,
        "unresolved": [{"first": "customs-shut", "second": "customs-open", "why": "values"}],
    }  # fmt: skip
    later = NOW + dt.timedelta(days=5)
    newer = CLAIM | {"id": "customs-clear", "value": True, "known": "2026-02-12",
                     "supersedes": ["customs-shut"]}  # fmt: skip
    do(world.officer, "claim.record", "", newer, now=later)
    after = believed(world, "2026-02-15")
    assert (after["superseded"], after["unresolved"]) == (["customs-shut"], [])
    assert believed(world, "2026-02-10")["contested"] is True


def test_the_book_is_heard_from_when_it_recorded_a_claim(world: World) -> None:
    record(world)  # public on 2026-02-01, recorded on 2026-02-10
    assert believed(world, "2026-02-05")["standing"] == []
    assert believed(world, "2026-02-05", recorded="2026-02-10")["standing"] == ["customs-shut"]
    assert believed(world, "2026-01-31", recorded="2026-02-10")["standing"] == []


def test_a_withdrawn_claim_is_not_heard_from_that_day_and_was_before(world: World) -> None:
    record(world)
    later = NOW + dt.timedelta(days=3)
    do(world.officer, "claim.withdraw", "customs-shut", {"reason": "it was a rumour"}, now=later)
    assert believed(world, "2026-02-12")["standing"] == ["customs-shut"]
    assert believed(world, "2026-02-13")["standing"] == []
    before = rows()
    with pytest.raises(MoveError, match="it is withdrawn"):
        do(world.officer, "claim.withdraw", "customs-shut", {"reason": "again"}, now=later)
    assert rows() == before


def test_claims_stand_beside_those_that_the_law_rests_on(world: World) -> None:
    found = belief(world.officer, known=NOW.date(), subject="")
    assert len(found["beliefs"]) > 20
    record(world, id="against", contradicts=["approval-400k"])
    found = belief(world.officer, known=NOW.date())
    assert {"first": "approval-400k", "second": "against", "why": "declared"} in found["unresolved"]
    before = rows()
    with pytest.raises(InputError, match="says something else"):
        record(world, id="approval-400k")
    assert rows() == before


def test_firms_neither_read_nor_record_claims(world: World) -> None:
    record(world)
    before = rows()
    for who in (world.buyer, world.allocator):
        with pytest.raises(DeniedError):
            world.do(who, "claim.record", **CLAIM | {"id": "other"})
        with pytest.raises(NotFoundError):
            world.do(who, "claim.withdraw", "customs-shut", reason="no")
        with pytest.raises(DeniedError):
            belief(who, known=NOW.date())
        with pytest.raises(DeniedError):
            imported(who, parse_yaml(b"title: t\nclaims: []", "f"))
    reader = actor("lee", "us-bis", "authority_reader")
    with pytest.raises(DeniedError):
        world.do(reader, "claim.withdraw", "customs-shut", reason="no")
    assert rows() == before


def imported(who: Any, root: Node, now: dt.datetime = NOW) -> list[Claim]:
    return perform(who, lambda act: import_claims(act, root), now=now, reason="a file")


def test_a_whole_file_is_imported_once_in_one_act(world: World) -> None:
    path = Path(__file__).parents[2] / "episodes/h200/claims.yaml"
    root = parse_yaml(path.read_bytes(), "claims.yaml")
    now = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    made = imported(world.officer, root, now)
    assert len(made) == Claim.objects.count() > 20
    assert len({x.change.rpartition("/")[0] for x in ledger().entries() if x.kind == "claim.record"}
               ) == 1  # fmt: skip
    assert imported(world.officer, root, now) == []
    plain = {"title": "t", "claims": [made[0].body, CLAIM]}
    assert [x.pk for x in imported(world.officer, node_of(plain), now)] == ["customs-shut"]


def test_a_faulty_file_is_refused_whole_with_its_places(world: World) -> None:
    record(world)
    before = rows()
    rest = "subject: x.y, source: s, reliability: A, credibility: 1, known: 2026-01-01"
    text = f"""title: t
claims:
  - {{id: fresh, text: a, value: 1, {rest}}}
  - {{id: customs-shut, text: b, value: 2, {rest}}}
"""
    with pytest.raises(BadInputError) as caught:
        imported(world.officer, parse_yaml(text.encode(), "f.yaml"))
    (fault,) = caught.value.faults
    assert (fault.place.line, "says something else" in fault.wrong) == (4, True)
    assert rows() == before
