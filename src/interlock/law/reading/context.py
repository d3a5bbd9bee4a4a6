"""What the readers of all sections share: the file's ids, its sources and claims, references."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from interlock.files import nearest
from interlock.files.phrases import phrase
from interlock.law.model import Rests, Source, Version

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping

    from interlock.files import Faults, Node, Place
    from interlock.files.phrases import Phrase
    from interlock.law.reading.shapes import Record


@dataclass
class Reading:
    """One pass over one file.

    Attributes:
        root: the file's tree; ids are taken from it, so that a faulty source is not also unknown.
        regime: the file as its shape read it.
        faults: the collector.
        grades: grade of each claim by id; None where there is no claims file that can be read.
        visible_to: the regime's default.
    """

    root: Node
    regime: Record
    faults: Faults
    grades: Mapping[str, str] | None
    visible_to: tuple[str, ...]
    sources: dict[str, Source] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The regime's id."""
        return self.regime.text("regime")

    def ids(self, section: str) -> tuple[str, ...]:
        """The ids that a section of the file bears, faulty items included."""
        return tuple(section_keys(self.root, section))

    def account_ids(self) -> tuple[str, ...]:
        """The ids of all accounts: those of `accounts`, and the conditions that open one."""
        conditions = self.regime.table("conditions").items()
        return (
            *self.ids("accounts"),
            *(name for name, record in conditions if record.given("account")),
        )

    def refer(
        self, record: Record, key: str, known: Iterable[str], noun: Phrase
    ) -> tuple[str, ...]:
        """The ids under a key; each that names nothing is noted with the nearest known one."""
        names = tuple(known)
        for item in record.items(key):
            if item.value not in names:
                mend = phrase("add it, or take '{key}' out", key=key)
                if names:
                    mend = nearest(item.value, names)
                wrong = phrase("'{value}' is no {noun} of this file", value=item.value, noun=noun)
                self.faults.add(item.place, wrong, mend)
        return record.texts(key)

    def rests(
        self, record: Record, *, needed: bool = False, inherited: Rests | None = None
    ) -> Rests:
        """What an item rests on; `inherited` where it names nothing itself."""
        noun = phrase("source")
        sources = self.refer(record, "source", self.ids("sources"), noun)
        sources += self.refer(record, "sources", self.ids("sources"), noun)
        found = Rests(sources, self._claims(record), record.flag("assumption"))
        given = any(record.given(key) for key in ("source", "sources", "claims"))
        if given or found.assumption:
            return found
        if inherited is not None and inherited != Rests():
            return inherited
        if needed:
            mend = phrase("add 'source', 'sources' or 'claims', or 'assumption: true'")
            wrong = phrase("{what} rests on nothing", what=record.label.words)
            self.faults.add(record.label.place, wrong, mend)
        return found

    def _claims(self, record: Record) -> tuple[str, ...]:
        found = record.items("claims")
        if not self.regime.given("claims") and found:
            mend = phrase("add 'claims: <path of a claims file>' at the top of the file")
            wrong = phrase(
                "{what} names claims, but the file has no claims file", what=record.label.words
            )
            self.faults.add(record.keys["claims"], wrong, mend)
        elif self.grades is not None:
            for item in found:
                if item.value not in self.grades:
                    wrong = phrase("'{value}' is no claim of {path}",
                                   value=item.value, path=self.regime.text("claims"))  # fmt: skip
                    self.faults.add(item.place, wrong, nearest(item.value, self.grades))
        return record.texts("claims")

    def published(self, rests: Rests) -> dt.date | None:
        """The day on which the first law source of an item was published."""
        first = self.sources.get(rests.sources[0]) if rests.sources else None
        return first.published if first else None

    def visible(self, record: Record) -> tuple[str, ...]:
        """Who may read an item: its own readers, else the regime's (R11)."""
        return record.texts("visible_to") or self.visible_to

    def says(self, record: Record, parameters: Collection[str] = ()) -> str:
        """The legal words; each {placeholder} must be a parameter."""
        text = record.text("says")
        known = (*parameters, *self.ids("parameters"))
        for name in re.findall(r"\{([^{}]*)\}", text):
            if name.strip() not in known:
                wrong = phrase("'says' has the placeholder {{{name}}}, no parameter", name=name)
                mend = phrase("write the words out, without braces")
                if known:
                    mend = nearest(name, known)
                self.faults.add(record.at("says"), wrong, mend)
        rest = re.sub(r"\{[^{}]*\}", "", text)
        if "{" in rest or "}" in rest:
            mend = phrase("write a placeholder as {{parameter}}")
            wrong = phrase("'says' has a brace without its partner")
            self.faults.add(record.at("says"), wrong, mend)
        return text

    def order(self, record: Record, first: str, then: str, *, same: bool = False) -> None:
        """Note that the day under `then` does not lie after the one under `first`."""
        start, end = record.date(first), record.date(then)
        if start is None or end is None or end > start or (same and end == start):
            return
        days = {"then": then, "end": end, "first": first, "start": start}
        wrong = phrase("'{then}' {end} does not lie after '{first}' {start}", **days)
        if same:
            wrong = phrase("'{then}' {end} lies before '{first}' {start}", **days)
        mend = phrase("write a later day, or leave '{then}' out", then=then)
        self.faults.add(record.at(then), wrong, mend)


def section_keys(root: Node, section: str) -> dict[str, Place]:
    """The keys of a top-level mapping with their places; empty where it is no mapping."""
    node = root.value.get(section) if isinstance(root.value, dict) else None
    return dict(node.keys or {}) if node is not None and isinstance(node.value, dict) else {}
