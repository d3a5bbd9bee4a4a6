"""What all parts of a scenario file share: names that must exist, days, what it rests on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from interlock.files import nearest
from interlock.files.phrases import phrase, term
from interlock.lab.model import Rests

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.files import Faults, Node, Place
    from interlock.files.phrases import Phrase
    from interlock.law.reading.shapes import Record

REQUIRED = ("products", "firms")
"""Sections that other parts name, and that must be there."""


@dataclass
class Parts:
    """A scenario file half read: its record, and what its parts are checked against."""

    record: Record
    root: Node
    faults: Faults
    path: Path
    start: dt.date = dt.date.min
    end: dt.date = dt.date.max
    basis: list[tuple[str, str, Rests]] = field(default_factory=list)
    notes: list[Phrase] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Days of a step."""
        found = self.record.get("step", dt.timedelta)
        return found.days if found else 1

    def unnamed(self, name: str, section: str) -> Phrase | None:
        """The nearest id, where nothing of a section bears a name; None: it does, or who knows.

        A part with a fault bears its id all the same, and of a section that cannot be read, or that
        is missing and must not be, nothing is known.
        """
        given = self.root.value.get(section) if isinstance(self.root.value, dict) else None
        if given is None:
            return None if section in REQUIRED else nearest(name, ())
        if not isinstance(given.value, dict) or not given.value or name in given.value:
            return None
        return nearest(name, given.value)

    def rests(self, one: Record, path: str, shown: str) -> Rests:
        """What a part rests on; without a source it must say that it is an assumption."""
        ids = (*one.texts("source"), *one.texts("sources"))
        for key in ("source", "sources"):
            for item in one.items(key):
                mend = self.unnamed(item.value, "sources")
                if mend is not None:
                    wrong = phrase(
                        "{what} rests on '{value}', no source of this file",
                        what=one.label.words,
                        value=item.value,
                    )
                    self.faults.add(item.place, wrong, mend)
        found = Rests(ids, one.flag("assumption"), one.text("note"))
        given = one.given("source") or one.given("sources")
        faulty = one.given("assumption") and "assumption" not in one.values
        if not (given or found.assumption or faulty):
            wrong = phrase("{what} says not what it rests on", what=one.label.words)
            mend = phrase("add 'source: <id>', or 'assumption: true' where it has none")
            self.faults.add(one.label.place, wrong, mend)
        self.basis.append((path, shown, found))
        return found

    def named(self, one: Record, key: str, section: str) -> str:
        """The id that a key names; a fault where nothing of the section bears it."""
        name = one.text(key)
        if name:
            self.name(name, one.at(key), section)
        return name

    def all_named(self, one: Record, key: str) -> tuple[str, ...]:
        """The ids of a list, all of the section of the same name where none is given."""
        items = one.items(key)
        for item in items:
            self.name(item.value, item.place, key)
        return tuple(item.value for item in items) or tuple(self.record.table(key))

    def name(self, name: str, place: Place, section: str) -> None:
        """Note that nothing of a section bears a name, if so."""
        mend = self.unnamed(name, section)
        if mend is not None:
            noun = term(section.removesuffix("s"))
            wrong = phrase("there is no {noun} '{name}'", noun=noun, name=name)
            self.faults.add(place, wrong, mend)

    def days(self, one: Record, *, at_once: bool) -> tuple[dt.date, dt.date]:
        """The first day, and the first that is out; `at_once` where no end means one day."""
        start = one.date("from") or self.start
        until = one.date("until")
        if not self.start <= start < self.end and one.given("from"):
            wrong = phrase(
                "'from' {start} lies outside the scenario, {first} to {end}",
                start=start,
                first=self.start,
                end=self.end,
            )
            self.faults.add(one.at("from"), wrong, phrase("write a day in it"))
        elif until is not None and until <= start:
            wrong = phrase(
                "'until' {until} does not lie after the first day {start}", until=until, start=start
            )
            self.faults.add(one.at("until"), wrong, phrase("write a later day"))
        elif until is not None and until > self.end:
            self.notes.append(phrase(
                "{what} ends on {until}, and only days before {end} are played: it is as if it "
                "ended then", what=one.label.words, until=until, end=self.end,
            ))  # fmt: skip
        if until is None:
            until = start + dt.timedelta(days=self.step) if at_once else self.end
        return start, min(until, self.end)

    def step_days(self, one: Record, key: str) -> int:
        """A duration in days; a fault where it is no whole number of steps (R17)."""
        found = one.get(key, dt.timedelta)
        if found is None:
            return 0
        if found.days % self.step:
            wrong = phrase(
                "'{key}' of {days} days is no whole number of steps of {step} days",
                key=key,
                days=found.days,
                step=self.step,
            )
            self.faults.add(one.at(key), wrong, phrase("write a multiple, or a shorter step"))
        return found.days


class Placed(dict[str, Any]):
    """Facts by name that know where each was written."""

    def __init__(self, node: Node | None) -> None:
        found = _plain(node) if node is not None else {}
        super().__init__(found if isinstance(found, dict) else {})
        self.places: dict[tuple[str, ...], Place] = {}
        if node is not None:
            self._note(node, ())

    def _note(self, node: Node, path: tuple[str, ...]) -> None:
        for key, inner in node.value.items() if isinstance(node.value, dict) else ():
            self.places[*path, key] = (node.keys or {}).get(key, inner.place)
            self._note(inner, (*path, key))


def plain_facts(node: Node | None) -> Placed:
    """Facts as plain values: numbers exact, dates as dates."""
    return Placed(node)


def _plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: _plain(one) for key, one in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(one) for one in node.value]
    return node.value
