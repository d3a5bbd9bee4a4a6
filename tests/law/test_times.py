"""The two time axes against a slow obvious model, and the episodes that they are there for (R8)."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.files import Place
from interlock.law.model import (
    DatedValue,
    ListEntry,
    Rests,
    Spell,
    Status,
    Timeline,
    Version,
)
from interlock.law.reading.regime import read_regime
from interlock.law.times import (
    ALWAYS,
    NaiveInstantError,
    binds,
    change_dates,
    listed_on,
    local_date,
    status_on,
    value_on,
)

if TYPE_CHECKING:
    from pathlib import Path

D = dt.date
PLACE = Place("r.yaml", 1, 1)
BASE = D(2026, 1, 1)
STATUSES: tuple[Status, ...] = ("proposed", "in_force", "suspended", "withdrawn", "not_enforced")
days = st.integers(0, 12).map(lambda n: BASE + dt.timedelta(days=n))
ends = st.one_of(st.none(), days)
HEAD = "regime: r\ntitle: T\nauthority: a\ngate: export\ntimezone: UTC\n"


@st.composite
def spells(draw: st.DrawFn) -> tuple[Spell, ...]:
    return tuple(
        Spell(draw(st.sampled_from(STATUSES)), draw(days), draw(ends), draw(days), Rests((str(n),)))
        for n in range(draw(st.integers(0, 5)))
    )


def slow_winner(dated: tuple[Spell, ...], at: D, known: D) -> Spell | None:
    """Sort all that covers the day by (published, start, position) and take the last."""
    covering = [
        (item.public, item.start, position, item)
        for position, item in enumerate(dated)
        if item.public <= known and item.start <= at and (item.end is None or at < item.end)
    ]
    return sorted(covering, key=lambda row: row[:3])[-1][3] if covering else None


@given(spells(), days, days)
def test_r8_the_last_published_holds(dated: tuple[Spell, ...], at: D, known: D) -> None:
    assert status_on(Timeline(dated), at, known) == slow_winner(dated, at, known)


@given(spells(), days, days, st.sampled_from([frozenset(), frozenset({"v"}), frozenset({"i"})]))
def test_only_in_force_binds_and_proposed_where_switched_on(
    dated: tuple[Spell, ...], at: D, known: D, assumed: frozenset[str]
) -> None:
    winner = slow_winner(dated, at, known)
    expected = winner is not None and (
        winner.status == "in_force" or (winner.status == "proposed" and bool(assumed))
    )
    assert binds(Timeline(dated, "v"), at, known, assumed, item="i") == expected
    other = binds(Timeline(dated, "v"), at, known, frozenset({"x"}), item="i")
    assert other == (winner is not None and winner.status == "in_force")


@given(spells(), days, days)
def test_change_dates_are_the_days_that_differ_from_the_day_before(
    dated: tuple[Spell, ...], at: D, known: D
) -> None:
    def status(day: D) -> str | None:
        winner = slow_winner(dated, day, known)
        return winner.status if winner else None

    later = [at + dt.timedelta(days=n) for n in range(1, 30)]
    expected = [day for day in later if status(day) != status(day - dt.timedelta(days=1))]
    assert list(change_dates([Timeline(dated)], at, known)) == expected


@given(spells(), days, days)
def test_knowing_more_never_changes_what_was_said_before(
    dated: tuple[Spell, ...], at: D, known: D
) -> None:
    public = tuple(spell for spell in dated if spell.public <= known)
    assert status_on(Timeline(dated), at, known) == status_on(Timeline(public), at, known)


def value(start: D, end: D | None, public: D, number: int | bool) -> DatedValue:
    return DatedValue(number, start, end, public, Rests(), PLACE)


def test_value_on_both_axes() -> None:
    first = value(D(2023, 11, 17), None, D(2023, 10, 25), 4800)
    second = value(D(2026, 1, 15), D(2027, 1, 1), D(2026, 1, 13), 21000)
    values = (first, second)
    assert value_on(values, D(2026, 1, 15), D(2026, 1, 13)) is second
    assert value_on(values, D(2026, 1, 15), D(2026, 1, 12)) is first  # not public yet
    assert value_on(values, D(2026, 1, 14), D(2026, 1, 13)) is first  # not begun yet
    assert value_on(values, D(2027, 1, 1), D(2027, 1, 1)) is first  # half-open: it has lapsed
    assert value_on(values, D(2026, 12, 31), D(2027, 1, 1)) is second
    assert value_on(values, D(2023, 11, 16), D(2027, 1, 1)) is None
    days_ = change_dates([values], D(2023, 1, 1), D(2026, 2, 1))
    assert days_ == (D(2023, 11, 17), D(2026, 1, 15), D(2027, 1, 1))
    assert change_dates([values], D(2026, 1, 15), D(2026, 1, 1)) == ()


def test_the_same_value_again_changes_nothing() -> None:
    day = D(2026, 1, 1)
    values = (value(day, None, day, 5), value(D(2026, 6, 1), None, D(2026, 5, 1), 5))
    assert change_dates([values], day, D(2026, 12, 1)) == ()
    flag = (value(day, None, day, True), value(D(2026, 6, 1), None, D(2026, 5, 1), 1))
    assert change_dates([flag], day, D(2026, 12, 1)) == (D(2026, 6, 1),)


def test_listed_on_and_its_changes() -> None:
    entry = ListEntry(
        "Example Co", (), D(2020, 12, 18), D(2024, 1, 1), D(2020, 12, 22), Rests(), PLACE
    )
    assert listed_on([entry], D(2020, 12, 18), D(2020, 12, 22)) == (entry,)
    assert listed_on([entry], D(2020, 12, 18), D(2020, 12, 21)) == ()
    assert listed_on([entry], D(2024, 1, 1), D(2024, 1, 1)) == ()
    assert change_dates([entry], D(2020, 1, 1), D(2024, 1, 1)) == (D(2020, 12, 18), D(2024, 1, 1))


def test_changes_of_several_things_come_in_order_and_once() -> None:
    day = D(2026, 3, 1)
    one = Timeline((Spell("in_force", day, D(2026, 5, 1), day, Rests()),))
    two = (value(day, None, day, 1), value(D(2026, 4, 1), None, day, 2))
    expected = (D(2026, 3, 1), D(2026, 4, 1), D(2026, 5, 1))
    assert change_dates([one, two, ALWAYS], D(2026, 1, 1), day) == expected


def test_an_item_without_dates_binds_on_every_day() -> None:
    for at, known in itertools.product((D.min, D(2026, 1, 1), D.max), repeat=2):
        assert binds(ALWAYS, at, known)
    assert change_dates([ALWAYS], D.min, D.max) == ()


def version(tmp_path: Path, text: str) -> Version:
    path = tmp_path / "r.yaml"
    path.write_text(f"{HEAD}versions:\n  v: {text}\n")
    return read_regime(path).versions["v"]


def status(timeline: Timeline, at: D, known: D) -> str | None:
    spell = status_on(timeline, at, known)
    return spell.status if spell else None


def test_r8_the_framework_that_never_bound(tmp_path: Path) -> None:
    """90 FR 4544: effective 2025-01-13, compliance 2025-05-15, not enforced from 2025-05-13."""
    timeline = version(
        tmp_path,
        "{effective: 2025-01-13, compliance_from: 2025-05-15, not_enforced_from: 2025-05-13}",
    ).timeline
    day, before, after = D(2025, 5, 20), D(2025, 3, 1), D(2025, 5, 14)
    assert binds(timeline, day, before)
    assert not binds(timeline, day, after)
    # It stood in the code all the same.
    assert status(timeline, day, after) == "not_enforced"
    assert status(timeline, D(2025, 2, 1), before) == "not_enforced"
    assert status(timeline, D(2025, 1, 12), before) is None
    # What an officer had to say on each day about that day: never that it binds.
    for n in range(500):
        today = D(2025, 1, 1) + dt.timedelta(days=n)
        assert not binds(timeline, today, today)
    assert change_dates([timeline], before, before) == (D(2025, 5, 15),)
    assert change_dates([timeline], after, after) == ()


def test_a_version_announced_before_it_binds(tmp_path: Path) -> None:
    timeline = version(tmp_path, "{effective: 2026-01-15, public: 2026-01-13}").timeline
    assert not binds(timeline, D(2026, 1, 20), D(2026, 1, 12))
    assert binds(timeline, D(2026, 1, 20), D(2026, 1, 13))
    assert not binds(timeline, D(2026, 1, 14), D(2026, 1, 20))
    # What is announced to come is a change that one may wait for.
    assert change_dates([timeline], D(2026, 1, 13), D(2026, 1, 13)) == (D(2026, 1, 15),)


def test_a_proposal_counts_only_when_it_is_switched_on(tmp_path: Path) -> None:
    timeline = version(tmp_path, "{proposed: 2026-03-01}").timeline
    day = D(2026, 3, 2)
    assert status(timeline, day, day) == "proposed"
    assert not binds(timeline, day, day)
    assert not binds(timeline, day, day, frozenset({"other"}))
    assert binds(timeline, day, day, frozenset({"v"}))
    assert not binds(timeline, D(2026, 2, 1), D(2026, 2, 1), frozenset({"v"}))


def test_a_proposal_does_not_come_back_when_its_rule_lapses(tmp_path: Path) -> None:
    text = "{proposed: 2026-01-01, effective: 2026-03-01, until: 2026-06-01, public: 2026-02-15}"
    timeline = version(tmp_path, text).timeline
    late = D(2026, 12, 1)
    assert status(timeline, D(2026, 2, 1), D(2026, 2, 1)) == "proposed"
    assert status(timeline, D(2026, 4, 1), late) == "in_force"
    assert status(timeline, D(2026, 7, 1), late) == "withdrawn"
    # Who knew of the proposal alone still sees the proposal.
    assert status(timeline, D(2026, 7, 1), D(2026, 2, 1)) == "proposed"


def test_suspended_until_a_date_and_due_back(tmp_path: Path) -> None:
    """The affiliates rule: suspended from 2025-11-10 through 2026-11-09."""
    path = tmp_path / "r.yaml"
    path.write_text(
        HEAD
        + """\
rules:
  affiliates:
    stage: order
    require: true
    assumption: true
    status:
      - {is: in_force, from: 2025-09-29}
      - {is: suspended, from: 2025-11-10, until: 2026-11-10, public: 2025-11-10}
"""
    )
    timeline = read_regime(path).rules["affiliates"].timeline
    later = D(2025, 12, 1)
    assert [binds(timeline, day, later) for day in (D(2025, 11, 9), D(2025, 11, 10))] == [
        True,
        False,
    ]
    assert [binds(timeline, day, later) for day in (D(2026, 11, 9), D(2026, 11, 10))] == [
        False,
        True,
    ]
    assert binds(timeline, D(2026, 1, 1), D(2025, 11, 9))  # nobody knew of it yet
    assert change_dates([timeline], D(2026, 1, 1), later) == (D(2026, 11, 10),)


maybe = st.one_of(st.none(), days)


class Drawn(NamedTuple):
    """The dates of a version as drawn; a note is a day and its publication."""

    effective: D
    wait: D | None
    until: D | None
    public: D
    stop: tuple[D, D] | None
    away: tuple[D, D] | None

    def text(self) -> str:
        parts = [f"effective: {self.effective}", f"public: {self.public}"]
        parts += [f"compliance_from: {self.wait}"] if self.wait else []
        parts += [f"until: {self.until}"] if self.until else []
        for key, note in (("not_enforced_from", self.stop), ("withdrawn", self.away)):
            parts += [f"{key}: {{date: {note[0]}, public: {note[1]}}}"] if note else []
        return f"{{{', '.join(parts)}}}"

    def binds(self, at: D, known: D) -> bool:
        ended = any(
            note is not None and note[1] <= known and note[0] <= at
            for note in (self.stop, self.away)
        )
        within = at >= (self.wait or self.effective) and (self.until is None or at < self.until)
        return self.public <= known and within and not ended


@st.composite
def versions(draw: st.DrawFn) -> Drawn:
    effective, wait, until = draw(days), draw(maybe), draw(maybe)
    notes = st.one_of(st.none(), st.tuples(days, days))
    return Drawn(
        effective,
        wait if wait and wait >= effective else None,
        until if until and until > effective else None,
        draw(days),
        draw(notes),
        draw(notes),
    )


@given(versions(), days, days)
def test_versions_bind_as_the_format_says(
    tmp_path_factory: pytest.TempPathFactory, drawn: Drawn, at: D, known: D
) -> None:
    timeline = version(tmp_path_factory.getbasetemp(), drawn.text()).timeline
    assert binds(timeline, at, known) == drawn.binds(at, known)


def test_local_date() -> None:
    utc = dt.UTC
    moment = dt.datetime(2026, 1, 15, 3, 0, tzinfo=utc)
    assert local_date(moment, "America/New_York") == D(2026, 1, 14)
    assert local_date(moment, "Asia/Shanghai") == D(2026, 1, 15)
    assert local_date(dt.datetime(2026, 1, 15, 16, 0, tzinfo=utc), "Asia/Shanghai") == D(
        2026, 1, 16
    )
    assert local_date(D(2026, 1, 15), "America/New_York") == D(2026, 1, 15)


def test_local_date_knows_summer_time() -> None:
    winter = dt.datetime(2026, 1, 15, 4, 30, tzinfo=dt.UTC)
    summer = dt.datetime(2026, 7, 15, 4, 30, tzinfo=dt.UTC)
    assert local_date(winter, "America/New_York") == D(2026, 1, 14)
    assert local_date(summer, "America/New_York") == D(2026, 7, 15)


def test_an_instant_without_an_offset_has_no_day() -> None:
    moment = dt.datetime(2026, 1, 15, 3, 0)  # noqa: DTZ001 - the fault under test
    with pytest.raises(NaiveInstantError, match="has no offset") as caught:
        local_date(moment, "UTC")
    assert caught.value.instant == moment
