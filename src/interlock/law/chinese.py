"""What regimes say in Chinese beside their English: names and sentences, for pages. It is no law.

A regime file gives its Chinese in one section of its own, `chinese`, which binds nothing, is in no
decision and in no digest. A page that has an English sentence of the law asks here for the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.law.model import Regime

PLACEHOLDER = re.compile(r"\{(\w+)\}")
UNKNOWN_NUMBER = "a number not stated of"
"""What stands for a parameter that a licence does not state."""
ITEMS = ("rules", "exceptions", "conditions", "accounts", "rounds")
"""Sections whose items are called by their ids in findings; within a file no two share one."""


@dataclass(frozen=True)
class Words:
    """One item in Chinese: what it is called, and its sentence; empty where the file gives none."""

    name: str = ""
    says: str = ""


@dataclass(frozen=True)
class Chinese:
    """The Chinese of one regime.

    Attributes:
        title: of the regime.
        units: unit -> its Chinese.
        items: section -> id -> words; those of a condition's parameters and of a round's criteria
            stand under `parameters of <condition>` and `score of <round>`.
    """

    title: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)

    def of(self, section: str, name: str) -> Words:
        """The words of an item; empty ones where there are none."""
        return self.items.get(section, {}).get(name) or Words()


class Told:
    """The Chinese of several regimes, by their English.

    Where two regimes have the same English, or name two items alike, the first that has Chinese
    gives it.
    """

    def __init__(self, regimes: Iterable[Regime]) -> None:
        self._sentences: dict[str, str] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        self._names: dict[str, str] = {}
        self._units: dict[str, str] = {}
        for regime in regimes:
            self._take(regime)

    def _take(self, regime: Regime) -> None:
        told = regime.chinese
        for unit, words in told.units.items():
            self._units.setdefault(unit, words)
        for english, words in (*sentences(regime), (regime.title, told.title)):
            if english and words:
                self._sentence(english, words)
        for section, items in told.items.items():
            for name, one in items.items():
                if section == "vocabulary":  # such a name is told by what it means
                    self._names.setdefault(name, one.says or one.name)
                elif one.name:
                    if section in ITEMS:  # a fact may be called as a rule of its file is
                        self._names.setdefault(f"{regime.id}/{name}", one.name)
                    self._names.setdefault(name, one.name)

    def _sentence(self, english: str, words: str) -> None:
        if self._sentences.setdefault(english, words) is words and PLACEHOLDER.search(english):
            parts = PLACEHOLDER.split(english)  # text and name in turn
            seen: set[str] = set()
            made = ""
            for at, part in enumerate(parts):
                if at % 2 == 0:
                    made += re.escape(part)
                else:
                    made += f"(?P={part})" if part in seen else f"(?P<{part}>.+?)"
                    seen.add(part)
            self._patterns.append((re.compile(made, re.DOTALL), words))

    def sentence(self, english: str) -> str:
        """A sentence of the law in Chinese, its values in their places; empty: there is none."""
        found = self._sentences.get(english)
        if found is not None:
            return found
        for pattern, words in self._patterns:
            match = pattern.fullmatch(english)
            if match is not None:
                return _filled(words, match.groupdict())
        return ""

    def name(self, item: str, regime: str = "") -> str:
        """What an item, a fact or a parameter is called in Chinese; empty: it has no such name."""
        return self._names.get(f"{regime}/{item}") or self._names.get(item, "")

    def unit(self, unit: str) -> str:
        """A unit in Chinese; empty: it has none."""
        return self._units.get(unit, "")


def _filled(words: str, values: Mapping[str, str]) -> str:
    """The sentence with its values; a number stands apart from the words around it, a word not."""

    def put(braced: re.Match[str]) -> str:
        value = values[braced[1].strip(" {}")]
        return "若干" if value == UNKNOWN_NUMBER else braced[0].replace(braced[1].strip(), value)

    return re.sub(r"( ?\{\w+\} ?)", put, words)


def sentences(regime: Regime) -> Iterable[tuple[str, str]]:
    """Every sentence of a regime with its Chinese, empty where the file gives none."""
    told = regime.chinese
    titled = {
        "versions": {name: one.title for name, one in regime.versions.items()},
        "lists": {name: one.title for name, one in regime.lists.items()},
        "vocabulary": {name: one.meaning for name, one in regime.names.items()},
    }
    said: dict[str, Mapping[str, str]] = {
        **titled,
        **{
            section: {name: one.says for name, one in items.items()}
            for section, items in (
                ("parameters", regime.parameters),
                ("party_facts", regime.party_facts),
                ("facts", regime.facts),
                ("rules", regime.rules),
                ("exceptions", regime.exceptions),
                ("conditions", regime.conditions),
                ("accounts", regime.accounts),
                ("rounds", regime.rounds),
            )
        },
        **{
            f"score of {name}": {one.id: one.says for one in rule.criteria}
            for name, rule in regime.rounds.items()
        },
    }
    for section, items in said.items():
        for name, english in items.items():
            yield english, told.of(section, name).says
