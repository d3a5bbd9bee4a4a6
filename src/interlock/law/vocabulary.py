"""The vocabulary: every name that an expression may use, in one table (`vocabulary.toml`).

It gives the type and unit checks, the JSON Schema for editors and the reference page.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from interlock.files import nearest
from interlock.files.phrases import Phrase, phrase
from interlock.law.model import STAGES, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.law.model import Name

NameType = Literal["bool", "text", "texts", "number", "date"]
World = Literal["open", "closed"]
KeyHolder = Literal["buyer", "supplier", "officer", "authority", "time", "nobody"]
TYPES: tuple[NameType, ...] = get_args(NameType)
WORLDS: tuple[World, ...] = get_args(World)
KEY_HOLDERS: tuple[KeyHolder, ...] = get_args(KeyHolder)
GREATEST_SCALED = 10**15
"""Numbers are kept as integers of 10^-places; below this bound a sum of 9,000 fits in int64."""


@dataclass(frozen=True)
class Entry:
    """One name.

    Attributes:
        name: as written in expressions, e.g. `product.tpp`.
        type: of its value.
        unit: numbers only; empty for the others.
        places: decimal places kept; numbers only.
        world: `open` = unknown when not given; `closed` = false (or 0) when not on file (R7).
        key: who can change it.
        stage: from which stage on it is known.
        meaning: in a few words.
        values: the only texts that it may hold; empty = any.
        low: least number that can be held, in `unit`.
        high: greatest number that can be held, in `unit`.
        kept: it stands in a record that officers keep for themselves: its value in a case is shown
            to the officers of the regime's gate alone (R11).
        deal: what is sold, from where, to whom: with another value it would be another deal.
    """

    name: str
    type: NameType
    unit: str
    places: int
    world: World
    key: KeyHolder
    stage: Stage
    meaning: str
    values: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    kept: bool = False
    deal: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """The names by name, the roles of parties with their titles, and the events of accounts.

    Attributes:
        things: first words of names; stems: all that a name begins with, up to any of its points.
    """

    entries: Mapping[str, Entry]
    roles: Mapping[str, str]
    events: Mapping[str, str]
    things: frozenset[str] = field(init=False)
    stems: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        split = [name.split(".") for name in self.entries]
        things = frozenset(parts[0] for parts in split)
        object.__setattr__(self, "things", things)
        stems = {".".join(parts[:n]) for parts in split for n in range(1, len(parts))}
        object.__setattr__(self, "stems", frozenset(stems))

    def entry(self, name: str) -> Entry | None:
        """The entry of that exact name, or None."""
        return self.entries.get(name)

    def keeps_deal(self, names: Iterable[str]) -> bool:
        """Whether the deal stays the same if these facts change."""
        return not any(name in self.entries and self.entries[name].deal for name in names)

    def near(self, name: str) -> Phrase:
        """The mend for an unknown name: the nearest known one."""
        return near_name(name, self.entries)

    def with_names(self, names: Mapping[str, Name]) -> Vocabulary:
        """This vocabulary with the names that a regime adds for its own goods.

        Raises:
            ValueError: a name is here already (the reader refuses such a file before).
        """
        known = sorted(set(names) & set(self.entries))
        if known:
            msg = f"names that the vocabulary has already: {', '.join(known)}"
            raise ValueError(msg)
        added = {name: _of_regime(given) for name, given in names.items()}
        return Vocabulary({**self.entries, **added}, self.roles, self.events)


def near_name(name: str, known: Iterable[str]) -> Phrase:
    """The mend for an unknown dotted name.

    A name with a known thing is wrong behind the point: the names of the thing come first, then the
    same word behind another point.
    """
    names = sorted(known)
    thing, _, rest = name.partition(".")
    within = {one.partition(".")[2]: one for one in names if one.startswith(f"{thing}.")}
    if within and rest:
        close = nearest(rest, within)
        if close.startswith("did"):
            return phrase("did you mean '{name}'?", name=within[close.values["name"]])
    if not within and rest and (close := nearest(name, names)).startswith("did"):
        return close
    last = name.rpartition(".")[2]
    alike = [one for one in names if one.endswith(f".{last}")]
    if alike:
        return phrase("did you mean '{name}'?", name=min(alike, key=_likely))
    return nearest("", within.values()) if within else nearest(name, names)


def _likely(name: str) -> tuple[bool, str]:
    """Names of things before names of parties, of which there are many alike."""
    return name.partition(".")[0] not in ("product", "order", "shipment", "licence"), name


def bounds(places: int) -> tuple[Decimal, Decimal]:
    """Least and greatest number that is kept at so many decimal places."""
    high = Decimal(GREATEST_SCALED).scaleb(-places)
    return -high, high


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of Interlock, read once."""
    text = files("interlock.law").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    return read_vocabulary(text)


def read_vocabulary(text: str) -> Vocabulary:
    """A vocabulary from the text of its table.

    Raises:
        ValueError: an entry with an unknown type, stage, world, key or field, or without a
            meaning; the table is part of the program, so this is a mistake of its author.
    """
    tables: dict[str, Any] = tomllib.loads(text)
    events: dict[str, str] = tables.pop("events")
    roles = {role: str(table["title"]) for role, table in tables.pop("roles").items()}
    attributes: dict[str, Any] = tables.pop("role")
    entries = {entry.name: entry for entry in _flattened("", tables)}
    for role, title in roles.items():
        for entry in _flattened(f"{role}.", attributes, title):
            entries[entry.name] = entry
    return Vocabulary(entries, roles, events)


_FIELDS = frozenset(one.name for one in fields(Entry)) - {"name"}


def _flattened(prefix: str, table: Mapping[str, Any], role: str = "") -> Iterable[Entry]:
    for name, inner in table.items():
        if isinstance(inner.get("type"), str):
            yield _entry(prefix + name, inner, role)
        else:
            yield from _flattened(f"{prefix}{name}.", inner, role)


def _entry(name: str, given: Mapping[str, Any], role: str) -> Entry:
    world = given.get("world", "open")
    for value, known in (
        (given["type"], TYPES),
        (world, WORLDS),
        (given["key"], KEY_HOLDERS),
        (given["stage"], STAGES),
    ):
        if value not in known:
            msg = f"{name}: '{value}': {nearest(str(value), known)}"
            raise ValueError(msg)
    strange = sorted(set(given) - _FIELDS)
    number = given["type"] == "number"
    if strange or not given["meaning"] or number != ("unit" in given):
        what = f"unknown fields {strange}" if strange else "a meaning, and a unit for numbers only"
        msg = f"{name}: {what}"
        raise ValueError(msg)
    places = int(given.get("places", 0))
    low, high = bounds(places) if number else (None, None)
    return Entry(
        name=name,
        type=given["type"],
        unit=given.get("unit", ""),
        places=places,
        world=world,
        key=given["key"],
        stage=given["stage"],
        meaning=given["meaning"].replace("{role}", role.partition(":")[0]),
        values=tuple(given.get("values", ())),
        low=Decimal(str(given["low"])) if "low" in given else low,
        high=Decimal(str(given["high"])) if "high" in given else high,
        kept=bool(given.get("kept", False)),
        deal=bool(given.get("deal", False)),
    )


def _of_regime(name: Name) -> Entry:
    low, high = bounds(name.places) if name.type == "number" else (None, None)
    return Entry(
        name=name.id,
        type=name.type,
        unit=name.unit,
        places=name.places,
        world=name.world,
        key=cast("KeyHolder", name.key),  # the reader admits only these
        stage=name.stage,
        meaning=name.meaning,
        values=name.values,
        low=low,
        high=high,
    )


_PAGE_HEAD = """\
# The vocabulary

Generated from `src/interlock/law/vocabulary.toml` by `make schemas`; do not edit.

Every name that an expression may use. A regime adds names for its own goods under `vocabulary:`.

- **world**: `open` is unknown when not given; `closed` is a paper or record that the book keeps:
  false (0) when it is not on file.
- **key**: who can change it. **stage**: from which stage on it is known.
- Numbers are exact, kept to so many decimal **places** of their **unit**, at most 10^15 of the
  last place.
- **part of the deal**: what is sold, from where, to whom. Where a gate is shut, ways to open it
  that leave this as it is are shown first.
"""


def vocabulary_page() -> str:
    """The reference page `docs/reference/vocabulary.md`, in Markdown."""
    words = vocabulary()
    parts = [_PAGE_HEAD]
    by_thing: dict[str, list[Entry]] = {}
    for entry in words.entries.values():
        by_thing.setdefault(entry.name.rsplit(".", 1)[0], []).append(entry)
    for thing, entries in by_thing.items():
        title = words.roles.get(thing)
        if title is not None and thing != "party":
            continue
        parts.append(f"## {'Roles' if title else thing}\n")
        if title:
            parts.append("The same names stand for each party to a transaction:\n")
            parts.extend(f"- `{role}`: {meaning}" for role, meaning in words.roles.items())
            parts.append("")
        parts.append("| name | type | unit | places | world | key | stage | meaning |")
        parts.append("|---|---|---|---|---|---|---|---|")
        parts.extend(_row(entry, words.roles if title else {}) for entry in entries)
        parts.append("")
    parts.append("## Events\n\nWhat an account may be credited on.\n\n| event | |\n|---|---|")
    parts.extend(f"| `{event}` | {meaning} |" for event, meaning in words.events.items())
    return "\n".join(parts) + "\n"


def _row(entry: Entry, roles: Mapping[str, str]) -> str:
    name, meaning = entry.name, entry.meaning
    for role, title in roles.items():
        if name.startswith(role + "."):
            name = "*role*" + name.removeprefix(role)
            meaning = meaning.replace(title.partition(":")[0], "that party")
    if entry.kept:
        meaning += "; kept by officers, shown to no firm"
    if entry.deal:
        meaning += " (part of the deal)"
    if entry.values:
        meaning += f"; one of {', '.join(f'`{value}`' for value in entry.values)}"
    places = str(entry.places) if entry.type == "number" else ""
    shown = name if name.startswith("*") else f"`{name}`"
    cells = (shown, entry.type, entry.unit, places, entry.world, entry.key, entry.stage, meaning)
    return f"| {' | '.join(cells)} |"
