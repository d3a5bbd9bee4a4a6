"""A history decided column by column is what it is case by case, by every law that is tried."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replay_kit import DAY, changed_file, history, library, one_by_one

from interlock.files import BadInputError
from interlock.law.bulk import VERDICTS
from interlock.replay.history import History, to_party
from interlock.replay.laws import Laws
from interlock.replay.rules import Deciding, alike, compare, outcomes_of, rules_of, verdicts_of

if TYPE_CHECKING:
    from pathlib import Path

CAP = "cn-chip-imports.yaml"


@pytest.mark.parametrize(
    ("assumed", "on"),
    [
        (frozenset(), None),
        (frozenset({"cap-2026-03"}), None),
        (frozenset(), dt.date(2026, 9, 1)),
        (frozenset(), dt.date(2023, 1, 1)),
    ],
)
def test_each_past_decision_is_decided_as_it_is_by_itself(
    assumed: frozenset[str], on: dt.date | None
) -> None:
    made = history(120, seed=7)
    laws = Laws(library(), assumed, on)
    alone = one_by_one(made, laws)
    deciding = Deciding(made, laws)
    (verdicts,) = verdicts_of(deciding)
    for name in verdicts.columns:
        told = [VERDICTS[code] for code in verdicts[name]]
        assert told == [one.get(name, "open") for one in alone], name
    (outcomes,) = outcomes_of([deciding], np.arange(made.decisions.height))
    for row, one in zip(outcomes.iter_rows(named=True), alone, strict=True):
        held = {name: outcome for name, outcome in row.items() if outcome is not None}
        assert held == {name: x for name, x in one.items() if "/" in name}


def test_days_between_two_changes_share_one_law() -> None:
    made = history(400, seed=3)
    laws = Laws(library())
    groups = list(laws.groups(made.decisions))
    rows = sorted(
        row
        for one in groups
        for row in (
            range(one.rows.start, one.rows.stop) if isinstance(one.rows, slice) else one.rows
        )
    )
    assert rows == list(range(400))
    days = {(row["at"], row["known"]) for row in made.decisions.iter_rows(named=True)}
    assert len({id(laws.law(at, known)) for at, known in days}) < len(days)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), on=st.sampled_from([None, DAY, dt.date(2024, 6, 1)]))
def test_the_same_law_changes_nothing(seed: int, on: dt.date | None) -> None:
    made = history(40, seed)
    found = compare((made, made), (Laws(library(), on=on), Laws(library(), on=on)))
    assert found.decisions == 40
    assert found.before == found.after
    assert found.changed.height == 0


def test_what_changes_is_told_with_the_rules_that_turn_it(tmp_path: Path) -> None:
    made = history(150, seed=11)
    day = dt.date(2026, 3, 1)  # the law of that day for all, so that many are hit
    own = Laws(library(), on=day)
    asked = "stage: order\n    {}require: |-\n      licence.issued"
    wider = (asked.format("when: is_h200\n    "), asked.format(""))  # every chip needs a licence
    other = Laws(changed_file(tmp_path, CAP, wider), on=day)
    found = compare((made, made), (own, other))
    was, becomes = one_by_one(made, own), one_by_one(made, other)
    gates = ("verdict", "gate.export", "gate.import", "gate.supply", "gate.customs")
    wanted = {
        row["decision"]: (old["verdict"], new["verdict"])
        for row, old, new in zip(made.decisions.iter_rows(named=True), was, becomes, strict=True)
        if any(old.get(gate) != new.get(gate) for gate in gates)
    }
    told = {
        row["decision"]: (row["before"], row["after"])
        for row in found.changed.iter_rows(named=True)
    }
    assert told == wanted
    assert len(told) > 5
    rules = {one["rule"] for row in found.changed["rules"] for one in row}
    assert rules == {"cn-chip-imports/licence-required"}


@pytest.mark.parametrize("on", [None, dt.date(2026, 3, 1)])
def test_rules_that_turn_are_the_same_found_alone_or_among_all(
    tmp_path: Path, on: dt.date | None
) -> None:
    """What both laws have alike is not asked again; asking it changes no answer."""
    made = history(200, seed=13)
    asked = "stage: order\n    {}require: |-\n      licence.issued"
    wider = (asked.format("when: is_h200\n    "), asked.format(""))
    laws = Laws(library(), on=on), Laws(changed_file(tmp_path, CAP, wider), on=on)
    found = compare((made, made), laws).changed
    again = History(made.decisions.clone(), made.places)
    wanted = compare((made, again), laws).changed
    assert found.equals(wanted)
    rows = np.arange(made.decisions.height)
    alone = [Deciding(made, law) for law in laws]
    was, becomes = outcomes_of(alone, rows)
    every = rules_of(was, becomes, len(rows)).gather(
        [made.decisions["decision"].to_list().index(x) for x in found["decision"]]
    )
    assert found["rules"].to_list() == every.to_list()
    first = Deciding(made, laws[0])
    pair = first, Deciding(made, laws[1], like=first)
    verdicts_of(*pair)
    same = alike(*pair)
    assert same
    assert "cn-chip-imports/licence-required" not in same
    assert not alike(*alone)


def test_rules_are_told_where_one_of_the_two_stops_it() -> None:
    words = pl.Enum(("pass", "fail", "unknown", "not_applicable", "settled", "not_due"))
    was = pl.DataFrame(
        {"a": ["pass", "fail"], "b": ["not_due", "pass"]}, schema=dict.fromkeys("ab", words)
    )
    becomes = pl.DataFrame(
        {"a": ["fail", "fail"], "c": [None, "unknown"]}, schema=dict.fromkeys("ac", words)
    )
    assert rules_of(was, becomes, 2).to_list() == [
        [{"rule": "a", "before": "pass", "after": "fail"}],
        [{"rule": "c", "before": None, "after": "unknown"}],
    ]


def test_a_kept_history_is_the_same_history(tmp_path: Path) -> None:
    made = history(60, seed=5)
    made.steps = [{"do": "restate", "what": [], "undisclosed": ["é"]}]
    made.write(tmp_path / "kept")
    again = History.read(tmp_path / "kept")
    assert again.decisions.equals(made.decisions)
    assert (again.places, again.steps) == (made.places, made.steps)
    with pytest.raises(BadInputError, match="holds no history"):
        History.read(tmp_path)


def test_days_narrow_a_history() -> None:
    made = history(60, seed=5)
    first, last = dt.date(2023, 1, 1), dt.date(2024, 12, 31)
    found = made.between(first, last).decisions["at"].to_list()
    assert sorted(found) == sorted(x for x in made.decisions["at"] if first <= x <= last)
    assert 0 < len(found) < 60


def test_a_party_comes_back_from_its_text_with_its_owners() -> None:
    made = history(40, seed=9)
    texts = [x for role in made.roles() for x in made.decisions[f"@who/{role}"] if x]
    owned = [to_party(text) for text in texts]
    assert any(one is not None and one.owners for one in owned)
    from interlock.replay.history import party_text

    assert [party_text(one) for one in owned] == texts


def test_a_law_that_keeps_fewer_places_is_refused(tmp_path: Path) -> None:
    made = history(80, seed=2)
    name = "licence.import.condition.domestic-ratio.domestic_per_import"
    made.decisions = made.decisions.with_columns(pl.lit(55, dtype=pl.Int64).alias(name))  # 0.55
    other = changed_file(
        tmp_path, CAP, ("type: decimal, places: 2", "type: decimal, places: 1"),
    )  # fmt: skip
    with pytest.raises(BadInputError) as refused:
        compare((made, made), (Laws(library()), Laws(other)))
    assert [str(x.wrong) for x in refused.value.faults] == [
        f"'{name}' is kept with 2 decimal places"
    ]


def test_a_law_that_keeps_more_places_reads_the_same_number(tmp_path: Path) -> None:
    made = history(80, seed=2)
    other = changed_file(
        tmp_path, CAP,
        ("type: decimal, places: 2", "type: decimal, places: 3"),
        ("unit: domestic-chip\n      places: 2", "unit: domestic-chip\n      places: 3"),
    )  # fmt: skip
    found = compare((made, made), (Laws(library()), Laws(other)))
    assert found.changed.height == 0
