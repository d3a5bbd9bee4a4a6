"""Kinds that hold other values: lists, tables by id, and shapes (mappings with known keys).

A shape read gives a `Record`: the values by key with their places, typed on the way out. Records
exist only while a file is read; what leaves the reader is the model.
"""

# ruff: noqa: D102 - `read` and `schema` are documented once, on `Kind`

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from interlock.files import Faults
from interlock.files.phrases import phrase, phrases, term
from interlock.files.yaml import unknown_key
from interlock.law.model import Expression
from interlock.law.reading.kinds import HYPHENS, Kind, Label, Style, a, mistyped

if TYPE_CHECKING:
    from decimal import Decimal

    from interlock.files import Node, Place

T = TypeVar("T")


class Item(NamedTuple):
    """One value of a list with its place."""

    value: Any
    place: Place


@dataclass
class Record:
    """A mapping that was read by a shape. A key with a faulty value is given but has no value.

    So is one that an unknown key was a slip of the pen for: the slip is the fault, not that the key
    is missing.
    """

    label: Label
    place: Place
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)

    def given(self, key: str) -> bool:
        """Whether the file bears the key, even misspelt or with a faulty value."""
        return key in self.keys

    def get(self, key: str, kind: type[T]) -> T | None:
        """The value if it was read and is of that type."""
        value = self.values.get(key)
        return value if isinstance(value, kind) else None

    def text(self, key: str) -> str:
        """The text, or the empty text."""
        return self.get(key, str) or ""

    def date(self, key: str) -> dt.date | None:
        """The date, if any."""
        return self.get(key, dt.date)

    def number(self, key: str) -> Decimal | None:
        """The exact number, if any (`Number` gives a Decimal, whole or not)."""
        return self.values.get(key)

    def expression(self, key: str) -> Expression | None:
        """The expression, if any."""
        return self.get(key, Expression)

    def flag(self, key: str) -> bool:
        """True where the file says so; false where it says false or nothing."""
        return self.values.get(key) is True

    def record(self, key: str) -> Record | None:
        """The nested record, if any."""
        return self.get(key, Record)

    def table(self, key: str) -> dict[str, Record]:
        """The nested records by id."""
        return self.get(key, dict) or {}

    def items(self, key: str) -> list[Item]:
        """The values of a list (or the one value that stands for a list), with their places."""
        value = self.values.get(key)
        if value is None:
            return []
        return value if isinstance(value, list) else [Item(value, self.places[key])]

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of a list."""
        return tuple(item.value for item in self.items(key))

    def records(self, key: str) -> list[Record]:
        """The records of a list."""
        return [item.value for item in self.items(key)]

    def at(self, key: str) -> Place:
        """The place of a key's value, else of the key, else of the whole."""
        return self.places.get(key) or self.keys.get(key) or self.label.place


@dataclass(frozen=True)
class Key:
    """One key of a shape: how its value is read, and in a few words what it says."""

    name: str
    kind: Kind
    help: str
    required: bool = False


@dataclass(frozen=True)
class OneOf:
    """Keys of which at most one, or with `needed` exactly one, may stand."""

    keys: tuple[str, ...]
    needed: bool = False
    why: str = "keep one of them"


@dataclass(frozen=True)
class Listed:
    """A list of values of one kind; `single` allows one value without the list's brackets."""

    kind: Kind
    noun: str
    single: bool = False
    empty: bool = False
    unique: bool = False

    def read(self, node: Node, label: Label, faults: Faults) -> Any:
        noun = term(self.noun)
        if not isinstance(node.value, list):
            if self.single:
                return self.kind.read(node, label, faults)
            written = not isinstance(node.value, dict) and node.value is not None
            mend = phrase("write a list of {noun}s", noun=noun)
            if written and not isinstance(self.kind, Shape):
                mend = phrase("write [{value}]", value=node.raw)
            mistyped(node, label, phrase("a list of {noun}s", noun=noun), mend, faults)
            return None
        if not node.value and not self.empty:
            faults.add(
                node.place,
                phrase("{what} is an empty list", what=label.words),
                phrase("write one {noun} in it", noun=noun),
            )
            return None
        items: list[Item] = []
        for count, child in enumerate(node.value, start=1):
            words = phrase("{noun} {count} of {what}", noun=noun, count=count, what=label.words)
            value = self.kind.read(child, Label(words, child.place), faults)
            if self.unique and any(item.value == value for item in items):
                faults.add(
                    child.place,
                    phrase("'{value}' stands twice in {what}", value=value, what=label.words),
                    phrase("take one out"),
                )
            elif value is not None:
                items.append(Item(value, child.place))
        return items

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        inner = self.kind.schema(defs)
        found: dict[str, Any] = {"type": "array", "items": inner}
        if not self.empty:
            found["minItems"] = 1
        if self.unique:
            found["uniqueItems"] = True
        return {"anyOf": [inner, found]} if self.single else found


@dataclass(frozen=True)
class Table:
    """A mapping from id to a value of one kind."""

    kind: Kind
    noun: str
    style: Style = HYPHENS

    def read(self, node: Node, label: Label, faults: Faults) -> dict[str, Any] | None:
        noun = term(self.noun)
        if not isinstance(node.value, dict):
            mend = phrase("write at least one {noun}, or leave the key out", noun=noun)
            if node.value is not None:
                mend = phrase(
                    "write a mapping from the id of each {noun} to what it says", noun=noun
                )
            mistyped(node, label, phrase("a mapping"), mend, faults)
            return None
        if not node.value:
            mend = phrase("write at least one {noun}, or leave the key out", noun=noun)
            faults.add(node.place, phrase("{what} is an empty mapping", what=label.words), mend)
            return None
        found: dict[str, Any] = {}
        for key, child in node.value.items():
            place = (node.keys or {})[key]
            if not self.style.fits(key):
                shown = " ".join(key.split())
                wrong = phrase("'{key}' is no id of {noun}", key=shown, noun=a(noun))
                faults.add(place, wrong, self.style.mend(key))
            value = self.kind.read(
                child, Label(phrase("{noun} '{key}'", noun=noun, key=key), place), faults
            )
            if value is not None:
                found[key] = value
        return found

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": f"^{self.style.pattern}$"},
            "additionalProperties": self.kind.schema(defs),
        }


@dataclass(frozen=True)
class Either:
    """One kind for a mapping, another for everything else (a short form)."""

    mapping: Kind
    short: Kind

    def read(self, node: Node, label: Label, faults: Faults) -> Any:
        kind = self.mapping if isinstance(node.value, dict) else self.short
        return kind.read(node, label, faults)

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {"anyOf": [self.mapping.schema(defs), self.short.schema(defs)]}


@dataclass(frozen=True)
class Shape:
    """A mapping whose keys are all known."""

    name: str
    keys: tuple[Key, ...]
    one_of: tuple[OneOf, ...] = ()

    def read(self, node: Node, label: Label, faults: Faults) -> Record | None:
        if not isinstance(node.value, dict):
            named = [phrase("'{key}'", key=key.name) for key in self.keys if key.required]
            mend = phrase("write a mapping")
            if named:
                mend = phrase("write a mapping with at least {names}", names=phrases(named))
            mistyped(node, label, phrase("a mapping"), mend, faults)
            return None
        record = Record(label, node.place)
        known = {key.name: key for key in self.keys}
        meant = self.slips(node)
        for written, child in node.value.items():
            name = meant.get(written, written)
            if name not in known or written in meant:
                unknown_key(node, written, set(known), faults)
            if name in known:
                place = (node.keys or {})[written]
                record.keys[name] = place
                record.places[name] = child.place if child.value is not None else place
                inner = Faults() if written in meant else faults
                value = known[name].kind.read(
                    child, Label(phrase("'{key}'", key=name), place), inner
                )
                if value is not None:
                    record.values[name] = value
                    faults.found += inner.found if written in meant else []
        if not node.bad:
            self._complete(record, faults)
        return record

    def slips(self, node: Node) -> dict[str, str]:
        """Keys of a mapping that are slips of the pen: as written -> as meant.

        Each is a fault; what stands under it is read as meant, so that nothing follows from it.
        """
        known, found = [key.name for key in self.keys], dict[str, str]()
        given: set[str] = set(node.value) if isinstance(node.value, dict) else set()
        for name in node.value if isinstance(node.value, dict) else ():
            close = [] if name in known else get_close_matches(name.lower(), known, n=1)
            if close and close[0] not in given:
                found[name] = close[0]
                given.add(close[0])
        return found

    def mended(self, node: Node) -> Node:
        """The mapping with its slips as they were meant."""
        meant = self.slips(node)
        if not meant or not isinstance(node.value, dict):
            return node
        value = {meant.get(name, name): child for name, child in node.value.items()}
        keys = {meant.get(name, name): place for name, place in (node.keys or {}).items()}
        return replace(node, value=value, keys=keys)

    def _complete(self, record: Record, faults: Faults) -> None:
        """Note missing keys, and those that do not go together."""
        for key in self.keys:
            if key.required and not record.given(key.name):
                wrong = phrase("{what} has no '{key}'", what=record.label.words, key=key.name)
                mend = phrase("add '{key}': {help}", key=key.name, help=term(key.help))
                faults.add(record.label.place, wrong, mend)
        for group in self.one_of:
            given = [key for key in record.keys if key in group.keys]
            if len(given) > 1:
                names = phrases((phrase("'{key}'", key=key) for key in given), " and ")
                wrong = phrase("{what} has {names}", what=record.label.words, names=names)
                faults.add(record.keys[given[1]], wrong, term(group.why))
            elif not given and group.needed:
                names = phrases((phrase("'{key}'", key=key) for key in group.keys), " nor ")
                wrong = phrase("{what} has neither {names}", what=record.label.words, names=names)
                helps = {key.name: key.help for key in self.keys}
                first = group.keys[0]
                mend = phrase("add one of them, e.g. '{first}': {help}",
                              first=first, help=term(helps[first]))  # fmt: skip
                faults.add(record.label.place, wrong, mend)

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        reference = {"$ref": f"#/$defs/{self.name}"}
        if self.name in defs:
            return reference
        found: dict[str, Any] = {"type": "object", "additionalProperties": False}
        defs[self.name] = found
        found["properties"] = {
            key.name: {"description": key.help} | key.kind.schema(defs) for key in self.keys
        }
        required = [key.name for key in self.keys if key.required]
        if required:
            found["required"] = required
        rules = [_one_of_schema(group) for group in self.one_of]
        if rules:
            found["allOf"] = rules
        return reference


def _one_of_schema(group: OneOf) -> dict[str, Any]:
    each: list[dict[str, Any]] = [{"required": [key]} for key in group.keys]
    if group.needed:
        return {"oneOf": each}
    return {"oneOf": [{"not": {"anyOf": each}}, *each]}
