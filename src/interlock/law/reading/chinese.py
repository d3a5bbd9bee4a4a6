"""The section `chinese` of a regime file: names and sentences for pages, and no law.

Whatever it speaks of must stand in the file, and a sentence must hold the placeholders of its
English: so a name that was changed, or a value that was added, does not leave its Chinese behind.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from interlock.files import nearest
from interlock.files.phrases import phrase, phrases, term
from interlock.law.chinese import PLACEHOLDER, Chinese, Words
from interlock.law.reading.shapes import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from interlock.files.phrases import Phrase
    from interlock.law.reading.context import Reading

SECTIONS = {
    "versions": "version",
    "vocabulary": "name",
    "parameters": "parameter",
    "lists": "list",
    "party_facts": "party fact",
    "facts": "fact",
    "rules": "rule",
    "exceptions": "exception",
    "conditions": "condition",
    "accounts": "account",
    "rounds": "round",
}
WITHIN = {"conditions": "parameters", "rounds": "score"}
"""What the items of a section hold that has words of its own."""
_ENGLISH = {"versions": "title", "lists": "title", "vocabulary": "meaning"}


def read_chinese(reading: Reading) -> Chinese:
    """What the file says in Chinese; nothing without the section."""
    record = reading.regime.record("chinese")
    if record is None:
        return Chinese()
    units = _table(record, "units")
    known = set(_units(reading.root.value))
    for unit in units:
        if unit not in known:
            wrong = phrase("'{value}' is no {noun} of this file", value=unit, noun=term("unit"))
            reading.faults.add(record.at("units"), wrong, _mend(unit, known))
    items: dict[str, Mapping[str, Words]] = {}
    for section, noun in SECTIONS.items():
        items |= _section(record, section, noun, reading)
    return Chinese(record.text("title"), units, items)


def _section(
    record: Record, section: str, noun: str, reading: Reading
) -> dict[str, Mapping[str, Words]]:
    """The words of a section's items, and those of what stands within them."""
    of_file: Mapping[str, Any] = _table(reading.regime, section)
    found: dict[str, Mapping[str, Words]] = {}
    words: dict[str, Words] = {}
    for name, told in record.table(section).items():
        if name not in reading.ids(section):
            wrong = phrase("'{value}' is no {noun} of this file", value=name, noun=term(noun))
            reading.faults.add(told.label.place, wrong, _mend(name, reading.ids(section)))
            continue
        english = of_file.get(name)
        words[name] = _words(told, english, _ENGLISH.get(section, "says"), reading)
        within = WITHIN.get(section, "")
        inner = english.table(within) if within and isinstance(english, Record) else {}
        for one, more in told.table(within).items():
            if one not in inner:
                wrong = phrase(
                    "'{value}' does not stand in '{key}' of {noun} '{name}'",
                    value=one, key=within, noun=term(noun), name=name,
                )  # fmt: skip
                reading.faults.add(more.label.place, wrong, _mend(one, inner))
        if told.table(within):
            found[f"{within} of {name}"] = {
                one: _words(more, inner.get(one), "says", reading)
                for one, more in told.table(within).items()
            }
    return found | ({section: words} if words else {})


def _words(told: Record, english: Any, key: str, reading: Reading) -> Words:
    says = told.text("says")
    if says and english is not None:
        text = english.text(key) if isinstance(english, Record) else ""
        mine, of_law = set(PLACEHOLDER.findall(says)), set(PLACEHOLDER.findall(text))
        if not text:
            wrong = phrase("there is no '{key}' of which this is the Chinese", key=key)
            mend = phrase("add '{key}', or give a 'name' alone", key=key)
            reading.faults.add(told.at("says"), wrong, mend)
        elif mine != of_law:
            wrong = phrase("its placeholders are not those of the English '{key}'", key=key)
            mend = phrase("write it without braces")
            if of_law:
                shown = phrases(f"{{{one}}}" for one in sorted(of_law))
                mend = phrase("write the same: {placeholders}", placeholders=shown)
            reading.faults.add(told.at("says"), wrong, mend)
    return Words(told.text("name"), says)


def _mend(name: str, known: Iterable[str]) -> Phrase:
    """A slip of the pen, or the Chinese of what was taken out of the file."""
    close = nearest(name, known)
    return close if close.startswith("did") else phrase("take it out of 'chinese', too")


def _table(record: Record, key: str) -> dict[str, Any]:
    found = record.values.get(key)
    return found if isinstance(found, dict) else {}


def _units(value: Any) -> Iterator[str]:
    """Every text that stands under a key `unit`, or a slip of it, in a tree."""
    if isinstance(value, dict):
        for key, child in value.items():
            if isinstance(child.value, str) and get_close_matches(key, ["unit"]):
                yield child.value
            yield from _units(child.value)
    elif isinstance(value, list):
        for child in value:
            yield from _units(child.value)
