"""Kinds of word in a regime file: how each is read, what is said when it is not one, its schema.

A `Kind` is the single description of a value: the reader reads with it and the JSON Schema for
editors is generated from it, so the two cannot differ.
"""

# ruff: noqa: D102, ARG002 - `read` and `schema` are documented once, on `Kind`

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from interlock.files import nearest
from interlock.files.phrases import phrase, term

if TYPE_CHECKING:
    from interlock.files import Faults, Node, Place
    from interlock.files.phrases import Phrase

_SHOWN = 40
_KIND_WORDS = {
    "mapping": phrase("a mapping"),
    "list": phrase("a list"),
    "text": phrase("a text"),
    "number": phrase("a number"),
    "date": phrase("a date"),
    "yes/no": phrase("true or false"),
    "empty": phrase("empty"),
}


@dataclass(frozen=True)
class Label:
    """How a value is called in messages, and the place at which a missing part is reported."""

    words: Phrase
    place: Place


class Kind(Protocol):
    """Reads one value, or notes its fault and gives None."""

    def read(self, node: Node, label: Label, faults: Faults) -> Any:
        """The value of `node`, or None after noting what is wrong with it."""
        ...

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        """JSON Schema (2020-12); shapes put themselves into `defs` and are referred to."""
        ...


def shown(node: Node) -> Phrase:
    """The value as written, on one line and cut short, for a message."""
    if isinstance(node.value, dict | list):
        return _KIND_WORDS[node.kind]
    if node.value is None:
        return _KIND_WORDS["empty"]
    text = " ".join(node.raw.split())
    return phrase("'{text}'", text=text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")


def quoted(node: Node) -> bool:
    """Whether a text was written in quotes (and not as a block)."""
    if not isinstance(node.value, str) or node.body is None:
        return False
    return node.body != node.place and node.body.line == node.place.line


def a(noun: Phrase) -> Phrase:
    """The noun with its article."""
    if noun[0] in "aeiou":
        return phrase("an {noun}", noun=noun)
    return phrase("a {noun}", noun=noun)


def mistyped(node: Node, label: Label, wanted: Phrase, mend: Phrase, faults: Faults) -> None:
    """Note that a value is not of the kind that its key asks for."""
    if node.bad:
        return
    what, given = label.words, shown(node)
    if node.value is None:
        wrong = phrase("{what} is {given}", what=what, given=given)
    elif quoted(node):
        wrong = phrase("{what} is the text {given}, not {wanted}",
                       what=what, given=given, wanted=wanted)  # fmt: skip
    else:
        wrong = phrase("{what} is {given}, not {wanted}", what=what, given=given, wanted=wanted)
    faults.add(node.place, wrong, mend)


@dataclass(frozen=True)
class Text:
    """A text that is not empty. Numbers, dates and yes/no must be quoted to be texts."""

    example: str = ""

    def read(self, node: Node, label: Label, faults: Faults) -> str | None:
        if isinstance(node.value, str) and node.value.strip():
            return " ".join(node.value.split())
        scalar = not isinstance(node.value, dict | list | str) and node.value is not None
        mend = (
            phrase('write "{value}" in quotes', value=node.raw)
            if scalar
            else phrase("write a text")
        )
        if isinstance(node.value, str):
            faults.add(node.place, phrase("{what} is an empty text", what=label.words), mend)
        else:
            mistyped(node, label, phrase("a text"), mend, faults)
        return None

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {"type": "string", "pattern": r"\S"}


@dataclass(frozen=True)
class Style:
    """How ids of one kind are written: a pattern, its words, and the joint between words."""

    words: Phrase
    pattern: str
    joint: str
    example: str

    def fits(self, text: str) -> bool:
        return re.fullmatch(self.pattern, text) is not None

    def nearest(self, text: str) -> str:
        """The nearest text in this style; empty where none is near."""
        parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", self.joint, text).lower()
        kept = "." if "." in self.example else ""
        tried = re.sub(rf"[^a-z0-9{kept}]+", self.joint, parted).strip(self.joint)
        return tried if self.fits(tried) else ""

    def mend(self, text: str) -> Phrase:
        """The nearest text in this style, or the rule of it."""
        near = self.nearest(text)
        if near:
            return phrase("write '{near}'", near=near)
        return phrase("write {words}", words=self.words)


HYPHENS = Style(
    phrase("lower-case words joined by hyphens, e.g. licence-quantity"),
    r"[a-z0-9]+(?:-[a-z0-9]+)*",
    "-",
    "licence-quantity",
)
UNDERSCORES = Style(
    phrase("lower-case words joined by underscores, e.g. tpp_below"),
    r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*",
    "_",
    "tpp_below",
)
DOTTED = Style(
    phrase("thing.name in lower case with underscores, e.g. product.gwp"),
    r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+",
    "_",
    "product.gwp",
)


UNITS = Style(
    phrase("one word without spaces, e.g. chip or USD/chip"),
    r"[A-Za-z%][A-Za-z0-9]*(?:[-/.][A-Za-z0-9]+)*",
    "-",
    "half-chip",
)


@dataclass(frozen=True)
class Id:
    """An id in a style; whether what it names exists is asked later."""

    style: Style = HYPHENS

    def read(self, node: Node, label: Label, faults: Faults) -> str | None:
        if isinstance(node.value, int) and not isinstance(node.value, bool):
            text: str | None = node.raw
        else:
            text = Text().read(node, label, faults)
        if text is None:
            return None
        if not self.style.fits(text):
            faults.add(
                node.place,
                phrase("{what} is {given}, no id", what=label.words, given=shown(node)),
                self.style.mend(text),
            )
            return None
        return text

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {"type": ["string", "integer"], "pattern": f"^{self.style.pattern}$"}


@dataclass(frozen=True)
class Unit:
    """A unit such as `chip`, `TPP/mm2`, `half-chip`."""

    def read(self, node: Node, label: Label, faults: Faults) -> str | None:
        text = Text().read(node, label, faults)
        if text is not None and not UNITS.fits(text):
            wrong = phrase("{what} is {given}, no unit", what=label.words, given=shown(node))
            faults.add(node.place, wrong, phrase("write {words}", words=UNITS.words))
            return None
        return text

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{UNITS.pattern}$"}


@dataclass(frozen=True)
class Choice:
    """One of a few words; `noun` names what they are in messages."""

    noun: str
    words: tuple[str, ...]
    prefix: str = ""

    def read(self, node: Node, label: Label, faults: Faults) -> str | None:
        if isinstance(node.value, str) and (node.value in self.words or self._prefixed(node.value)):
            return node.value
        if node.bad:
            return None
        if isinstance(node.value, str) and node.value.strip():
            known = (*self.words, f"{self.prefix}<gate>") if self.prefix else self.words
            mend = nearest(node.value, known)
            if self.prefix and node.value.startswith(self.prefix):
                mend = phrase("write e.g. '{near}'", near=f"{self.prefix}import")
                near = HYPHENS.nearest(node.value.removeprefix(self.prefix))
                if near:
                    mend = phrase("write '{near}'", near=f"{self.prefix}{near}")
            wrong = phrase("{what} is {given}, no {noun}",
                           what=label.words, given=shown(node), noun=term(self.noun))  # fmt: skip
            faults.add(node.place, wrong, mend)
        else:
            mistyped(node, label, a(term(self.noun)), nearest("", self.words), faults)
        return None

    def _prefixed(self, text: str) -> bool:
        after = text.removeprefix(self.prefix)
        return bool(self.prefix) and after != text and HYPHENS.fits(after)

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        if self.prefix:
            pattern = f"^{self.prefix}{HYPHENS.pattern}$"
            return {"anyOf": [{"enum": list(self.words)}, {"type": "string", "pattern": pattern}]}
        return {"enum": list(self.words)}


@dataclass(frozen=True)
class Date:
    """A day, 1900-01-01 to 2199-12-31, in the regime's timezone."""

    def read(self, node: Node, label: Label, faults: Faults) -> dt.date | None:
        if isinstance(node.value, dt.date):
            if 1900 <= node.value.year <= 2199:
                return node.value
            wrong = phrase("{what} lies in the year {year}", what=label.words, year=node.value.year)
            faults.add(node.place, wrong, phrase("write a year from 1900 to 2199"))
            return None
        if isinstance(node.value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", node.value):
            wrong = phrase("{what} is a date in quotes", what=label.words)
            faults.add(node.place, wrong, phrase("write {value} without quotes", value=node.value))
        elif isinstance(node.value, str) and re.match(r"\d{4}-\d\d-\d\d[T ]", node.value):
            wrong = phrase("{what} is {given}, a time of day", what=label.words, given=shown(node))
            mend = phrase("write the day alone: {value}", value=node.value[:10])
            faults.add(node.place, wrong, mend)
        else:
            mistyped(node, label, phrase("a date"), phrase("write the day as YYYY-MM-DD"), faults)
        return None

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": r"^(19|20|21)\d\d-\d\d-\d\d$"}


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def read(self, node: Node, label: Label, faults: Faults) -> bool | None:
        if isinstance(node.value, bool):
            return node.value
        mistyped(node, label, phrase("true or false"), phrase("write true or false"), faults)
        return None

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {"type": "boolean"}
