"""Timelines out of a file: `in_force`, `version`, `status`, and the dates of versions (R8)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

from interlock.files.phrases import phrase
from interlock.law.model import Rests, Spell, Status, Timeline, Version
from interlock.law.times import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.files import Place
    from interlock.files.phrases import Phrase
    from interlock.law.reading.context import Reading
    from interlock.law.reading.shapes import Record

UNREAD = dt.date.min
"""Stands for a day that could not be read; its fault is noted, so no such day leaves the reader."""


class Dates(NamedTuple):
    """The dates of one dated thing."""

    start: dt.date
    end: dt.date | None
    public: dt.date


def dates_of(record: Record, reading: Reading, rests: Rests) -> Dates:
    """`from`, `until` and `public`; `public` defaults to the first source's day, else `from`."""
    reading.order(record, "from", "until")
    start = record.date("from") or UNREAD
    public = record.date("public") or reading.published(rests) or start
    return Dates(start, record.date("until"), public)


def timeline_of(record: Record, reading: Reading, rests: Rests) -> Timeline | None:
    """The timeline that an item states or refers to; None where it states none."""
    if record.given("version"):
        versions = reading.ids("versions")
        (name,) = reading.refer(record, "version", versions, phrase("version")) or ("",)
        version = reading.versions.get(name)
        return version.timeline if version else ALWAYS
    within = record.record("in_force")
    if within is not None:
        return Timeline((Spell("in_force", *dates_of(within, reading, rests), rests),))
    if not record.given("status"):
        return None
    spells: list[Spell] = []
    places: list[Place] = []
    for statement in record.records("status"):
        own = reading.rests(statement, inherited=rests)
        status = cast("Status", statement.text("is"))
        spells.append(Spell(status, *dates_of(statement, reading, own), own))
        places.append(statement.place)
    note_overridden(spells, places, reading, phrase("statement"))
    return Timeline(tuple(spells))


def version_rests(record: Record, reading: Reading) -> Rests | None:
    """What the version that an item refers to rests on."""
    version = reading.versions.get(record.text("version"))
    return version.timeline.spells[0].rests if version and version.timeline.spells else None


def note_overridden(
    dated: Sequence[object], places: Sequence[Place], reading: Reading, noun: Phrase
) -> None:
    """Note each dated thing that never holds: a later one has its days and its publication."""
    for count, (first, place) in enumerate(zip(dated, places, strict=True)):
        a = _dates(first)
        for second, other in list(zip(dated, places, strict=True))[count + 1 :]:
            b = _dates(second)
            same = (a.start, a.public) == (b.start, b.public) and a.start != UNREAD
            if same and (b.end is None or (a.end is not None and a.end <= b.end)):
                wrong = phrase(
                    "this {noun} never holds: line {line} has the same days",
                    noun=noun,
                    line=other.line,
                )
                mend = phrase("give the later one its own 'from' or 'public', or take one out")
                reading.faults.add(place, wrong, mend)
                break


def _dates(dated: object) -> Dates:
    return Dates(dated.start, dated.end, dated.public)  # type: ignore[attr-defined]


def read_versions(reading: Reading) -> dict[str, Version]:
    """The versions of the file, each with its timeline."""
    found: dict[str, Version] = {}
    for name, record in reading.regime.table("versions").items():
        rests = reading.rests(record)
        _check_version(record, reading)
        timeline = Timeline(_spells_of_version(record, reading, rests), version=name)
        found[name] = Version(name, record.text("title"), timeline, record.label.place)
    return found


def _check_version(record: Record, reading: Reading) -> None:
    if not record.given("effective") and not record.given("proposed"):
        wrong = phrase("{what} has neither 'effective' nor 'proposed'", what=record.label.words)
        mend = phrase("add 'effective': the day on which it came into the code")
        reading.faults.add(record.label.place, wrong, mend)
    elif not record.given("effective"):
        for key in ("compliance_from", "not_enforced_from"):
            if record.given(key):
                wrong = phrase(
                    "{what} has '{key}' but no 'effective'", what=record.label.words, key=key
                )
                mend = phrase("add 'effective': the day on which it came into the code")
                reading.faults.add(record.keys[key], wrong, mend)
    reading.order(record, "effective", "compliance_from", same=True)
    reading.order(record, "effective", "until")
    proposed, withdrawn = (_day_of(record, key) for key in ("proposed", "withdrawn"))
    effective = record.date("effective")
    if proposed and withdrawn and withdrawn < proposed:
        wrong = phrase("'{then}' {end} lies before '{first}' {start}",
                       then="withdrawn", first="proposed", end=withdrawn,
                       start=proposed)  # fmt: skip
        reading.faults.add(record.at("withdrawn"), wrong, phrase("write a later day"))
    if proposed and effective and effective < proposed:
        wrong = phrase("'{then}' {end} lies before '{first}' {start}",
                       then="effective", first="proposed", end=effective,
                       start=proposed)  # fmt: skip
        reading.faults.add(record.at("effective"), wrong, phrase("write a later day"))
    if not record.given("effective") and proposed and record.date("until"):
        _until_of_proposal(record, reading, proposed)


def _until_of_proposal(record: Record, reading: Reading, proposed: dt.date) -> None:
    until = record.date("until")
    if until is not None and until <= proposed:
        wrong = phrase("'{then}' {end} does not lie after '{first}' {start}",
                       then="until", end=until, first="proposed", start=proposed)  # fmt: skip
        mend = phrase("write a later day, or leave '{then}' out", then="until")
        reading.faults.add(record.at("until"), wrong, mend)


def _day_of(record: Record, key: str) -> dt.date | None:
    note = record.record(key)
    return note.date("date") if note is not None else record.date(key)


class _Note(NamedTuple):
    day: dt.date
    public: dt.date | None
    rests: Rests


def _note(record: Record, key: str, reading: Reading, rests: Rests) -> _Note | None:
    """A date, or {date, public, source}; `public` is None where neither it nor a source stands."""
    note = record.record(key)
    day = _day_of(record, key)
    if day is None:
        return None
    if note is None:
        return _Note(day, None, rests)
    own = reading.rests(note)
    public = note.date("public") or reading.published(own)
    return _Note(day, public, rests if own == Rests() else own)


def _spells_of_version(record: Record, reading: Reading, rests: Rests) -> tuple[Spell, ...]:
    effective, until = record.date("effective"), record.date("until")
    published = record.date("public") or reading.published(rests)
    spells: list[Spell] = []
    proposed = _note(record, "proposed", reading, rests)
    if proposed:
        # The version's own publication is that of the rule, unless it was never more than proposed.
        public = proposed.public or (None if effective else published) or proposed.day
        end = None if effective else until
        spells.append(Spell("proposed", proposed.day, end, public, proposed.rests))
    if effective:
        public = published or effective
        starts = record.date("compliance_from") or effective
        if effective < starts:
            # It stands in the code, but nobody need obey it yet.
            spells.append(Spell("not_enforced", effective, _least(starts, until), public, rests))
        if until is None or starts < until:
            spells.append(Spell("in_force", starts, until, public, rests))
        if until and proposed:
            # Without this the proposal would come to the surface again when the version lapses.
            spells.append(Spell("withdrawn", until, None, public, rests))
    for key, status, end in (
        ("not_enforced_from", "not_enforced", until),
        ("withdrawn", "withdrawn", None),
    ):
        note = _note(record, key, reading, rests)
        if note:
            spell = Spell(
                cast("Status", status), note.day, end, note.public or note.day, note.rests
            )
            spells = [cut for earlier in spells if (cut := _cut(earlier, spell))]
            spells.append(spell)
    return tuple(spells)


def _least(day: dt.date, other: dt.date | None) -> dt.date:
    return day if other is None else min(day, other)


def _cut(spell: Spell, by: Spell) -> Spell | None:
    """`spell` as far as `by` does not end it.

    Where `by` was published later, both stay: who knew only the first must still see it whole.
    """
    apart = (spell.end is not None and spell.end <= by.start) or (
        by.end is not None and by.end <= spell.start
    )
    if by.public > spell.public or apart:
        return spell
    return replace(spell, end=by.start) if spell.start < by.start else None
