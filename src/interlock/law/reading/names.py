"""Ids that must differ: names of expressions, and items that findings are called by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.files.phrases import phrase
from interlock.law.reading.context import section_keys
from interlock.law.reading.kinds import a
from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    from interlock.files import Place
    from interlock.files.phrases import Phrase
    from interlock.law.reading.context import Reading

FUNCTIONS = frozenset(
    ("available", "date", "duration", "has", "known", "max", "min", "overdue", "posted", "size")
)
CEL_WORDS = frozenset(
    (
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import"),
        *("in", "let", "loop", "namespace", "null", "package", "return", "true", "var", "void"),
        "while",
    )
)
RESERVED = FUNCTIONS | CEL_WORDS | {"quantity"}
"""Words that mean something in every expression, CEL's own reserved words included."""

NAMED = (
    ("parameters", phrase("parameter")),
    ("party_facts", phrase("party fact")),
    ("facts", phrase("fact")),
)
ITEMS = (
    ("rules", phrase("rule")),
    ("exceptions", phrase("exception")),
    ("conditions", phrase("condition")),
    ("accounts", phrase("account")),
    ("rounds", phrase("round")),
)


def check_names(reading: Reading) -> None:
    """Note every id that would mean two things in an expression or in a list of findings."""
    names = _unique(reading, NAMED, phrase("names in expressions"))
    things = vocabulary().things | {
        name.partition(".")[0] for name in section_keys(reading.root, "vocabulary")
    }
    for name, (noun, place) in names.items():
        _check_word(reading, name, noun, place, things)
    for condition, record in reading.regime.table("conditions").items():
        for name, parameter in record.table("parameters").items():
            place = parameter.label.place
            if name in names:
                noun, other = names[name]
                wrong = phrase(
                    "parameter '{name}' of condition '{condition}' is also {noun}",
                    name=name,
                    condition=condition,
                    noun=a(noun),
                )
                mend = phrase(
                    "give one of them another id (the {noun} is on line {line})",
                    noun=noun,
                    line=other.line,
                )
                reading.faults.add(place, wrong, mend)
            else:
                _check_word(reading, name, phrase("parameter"), place, things)
    _unique(reading, ITEMS, phrase("findings"))
    _check_vocabulary(reading)


def _unique(
    reading: Reading, sections: tuple[tuple[str, Phrase], ...], what: Phrase
) -> dict[str, tuple[Phrase, Place]]:
    seen: dict[str, tuple[Phrase, Place]] = {}
    for section, noun in sections:
        for name, place in section_keys(reading.root, section).items():
            if name not in seen:
                seen[name] = (noun, place)
                continue
            other, first = seen[name]
            late, early = max(place, first), min(place, first)
            wrong = phrase(
                "'{name}' is the id of {noun} and of {other}",
                name=name,
                noun=a(other),
                other=a(noun),
            )
            line = early.line
            mend = phrase(
                "give one of them another id (the other is on line {line}): {what} must differ",
                line=line,
                what=what,
            )
            reading.faults.add(late, wrong, mend)
    return seen


def _check_word(
    reading: Reading, name: str, noun: Phrase, place: Place, things: frozenset[str]
) -> None:
    if name in RESERVED:
        wrong = phrase("'{name}' has its own meaning in expressions", name=name)
        reading.faults.add(
            place,
            wrong,
            phrase("give the {noun} another id, e.g. {name}_of_regime", noun=noun, name=name),
        )
    elif name in things:
        wrong = phrase("'{name}' is a thing of the vocabulary ({name}....)", name=name)
        reading.faults.add(
            place,
            wrong,
            phrase("give the {noun} another id, e.g. {name}_of_regime", noun=noun, name=name),
        )


def _check_vocabulary(reading: Reading) -> None:
    words = vocabulary()
    known = set(words.entries)
    for name, place in section_keys(reading.root, "vocabulary").items():
        if name in known:
            wrong = phrase("'{name}' is in the vocabulary already", name=name)
            reading.faults.add(place, wrong, phrase("take it out, or give the name another word"))
            continue
        part = next((k for k in sorted(known) if _part(name, k) or _part(k, name)), "")
        if part:
            wrong = phrase(
                "'{name}' and '{part}' cannot both be names: one would be a part of the other",
                name=name,
                part=part,
            )
            reading.faults.add(place, wrong, phrase("give the name another word"))
        known.add(name)


def _part(inner: str, outer: str) -> bool:
    return inner.startswith(outer + ".")
