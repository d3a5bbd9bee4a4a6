"""Reading list files: YAML for small lists kept by hand, CSV for those an authority gives out."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from interlock.evidence.fields import Fields
from interlock.files import Faults, Place, nearest, read_yaml
from interlock.files.phrases import phrase
from interlock.goods.table import read_table
from interlock.screening.model import ListedParty, PartyType, ScreeningList

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.files import Node
    from interlock.goods.table import Row
    from interlock.law.model import PartyList

_ID = re.compile(r"[A-Za-z0-9][\w.:-]{0,80}\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_TYPES = frozenset(get_args(PartyType)) - {""}
_NEEDED = ("id", "name", "listed_on", "source")
_OPTIONAL = ("aliases", "type", "countries", "identifiers", "public", "delisted_on")
_LIST_KEYS = frozenset({"list", "title", "owned_at_least", "entries"})
_ENTRY_KEYS = frozenset({*_NEEDED, *_OPTIONAL})
_ID_MEND = phrase("write letters, digits and hyphens, such as us-entity-list")
_COUNTRY_MEND = phrase("write two capital letters (ISO 3166), e.g. CN")


def read_list(path: str | Path) -> ScreeningList:
    """Read one list file, by its ending `.yaml`, `.yml` or `.csv`.

    A CSV file's list is called as the file is. In its cells `aliases` and `countries` are parted by
    `;`, and `identifiers` too, each as `kind=value`.

    Raises:
        BadInputError: with every fault of the file.
    """
    path = Path(path)
    faults = Faults()
    found = None
    if path.suffix == ".csv":
        found = _read_csv(path, faults)
    elif path.suffix in (".yaml", ".yml"):
        found = _read_yaml(path, faults)
    else:
        faults.add(
            Place(str(path)),
            phrase("is no list file"),
            phrase("give a file ending in .yaml or .csv"),
        )
    faults.raise_if_any()
    assert found is not None  # noqa: S101 - only a faulty file gives no list
    return found


def list_of_regime(listed: PartyList, owned_at_least: Decimal | None = None) -> ScreeningList:
    """A list that stands in a regime file, for screening by likeness of names.

    Args:
        listed: as the regime has it; its sources are cited by their ids.
        owned_at_least: the share that the regime's fact about ownership states.
    """
    entries = tuple(
        ListedParty(
            id=f"{listed.id}/{number}", name=entry.party, aliases=entry.aliases, type="",
            countries=(), identifiers={}, listed_on=entry.start, public=entry.public,
            delisted_on=entry.end, place=entry.place,
            source=", ".join((*entry.rests.sources, *entry.rests.claims)),
        )
        for number, entry in enumerate(listed.entries, start=1)
    )  # fmt: skip
    return ScreeningList(listed.id, listed.title, entries, owned_at_least)


def _read_yaml(path: Path, faults: Faults) -> ScreeningList:
    fields = Fields(read_yaml(path, faults=faults), phrase("a list"), _LIST_KEYS, faults)
    entries = [_entry(node, faults) for node in fields.items("entries")]
    _each_once(entries, faults)
    return ScreeningList(
        fields.name("list", _ID, _ID_MEND),
        fields.text("title", needed=False),
        tuple(entries),
        _share(fields),
    )


def _share(fields: Fields) -> Decimal | None:
    node = fields.get("owned_at_least")
    if node is None or node.value is None:
        return None
    share = node.value
    number = isinstance(share, (Decimal, int)) and not isinstance(share, bool)
    if number and 0 < Decimal(cast("Decimal", share)) <= 1:
        return Decimal(cast("Decimal", share))
    fields.faults.add(
        node.place,
        phrase("{what} is {given}", what="'owned_at_least'", given=node.raw or node.kind),
        phrase("write a share such as 0.50"),
    )
    return None


def _entry(node: Node, faults: Faults) -> ListedParty:
    fields = Fields(node, phrase("an entry"), _ENTRY_KEYS, faults)
    countries = fields.placed_names("countries")
    for code, place in countries:
        if not _COUNTRY.match(code):
            faults.add(place, phrase("'{text}' is no country", text=code), _COUNTRY_MEND)
    listed_on = fields.date("listed_on")
    public = fields.date_or_none("public")
    delisted_on = fields.date_or_none("delisted_on")
    _in_order(listed_on, delisted_on, fields.place("delisted_on"), faults)
    return ListedParty(
        id=fields.name("id", _ID, _ID_MEND),
        name=fields.text("name"),
        aliases=fields.names("aliases"),
        type=cast("PartyType", fields.choice("type", _TYPES, needed=False)),
        countries=tuple(code for code, _ in countries),
        identifiers=_identifiers(fields),
        listed_on=listed_on,
        public=public or listed_on,
        delisted_on=delisted_on,
        source=fields.text("source"),
        place=node.place,
    )


def _identifiers(fields: Fields) -> dict[str, str]:
    node = fields.get("identifiers")
    if node is None or node.value is None:
        return {}
    if not isinstance(node.value, dict):
        mend = phrase("write kinds with their values, as {{lei: 5493...}}")
        fields.faults.add(node.place, phrase("'identifiers' is a {kind}", kind=node.kind), mend)
        return {}
    found = {kind.lower(): value.raw.strip() for kind, value in node.value.items()}
    for kind, value in node.value.items():
        if not value.raw.strip():
            fields.faults.add(
                value.place,
                phrase("the identifier '{kind}' is empty", kind=kind),
                phrase("write its value"),
            )
    return found


def _read_csv(path: Path, faults: Faults) -> ScreeningList:
    entries = [_row(row, faults) for row in read_table(path, _NEEDED, _OPTIONAL, faults)]
    if not entries and not faults.found:
        faults.add(Place(str(path), 1, 1), phrase("has no entry"), phrase("write at least one row"))
    _each_once(entries, faults)
    return ScreeningList(path.stem, "", tuple(entries))


def _row(row: Row, faults: Faults) -> ListedParty:
    name = row.needed("id", faults)
    if name and not _ID.match(name):
        faults.add(
            row.place("id"),
            phrase("'{value}' is no name for '{key}'", value=name, key="id"),
            _ID_MEND,
        )
    kind = row.text("type")
    if kind and kind not in _TYPES:
        faults.add(
            row.place("type"),
            phrase("'{value}' is no '{key}'", value=kind, key="type"),
            nearest(kind, _TYPES),
        )
    countries = _parts(row.text("countries"))
    for code in countries:
        if not _COUNTRY.match(code):
            faults.add(
                row.place("countries"), phrase("'{text}' is no country", text=code), _COUNTRY_MEND
            )
    identifiers = {}
    for one in _parts(row.text("identifiers")):
        key, _, value = one.partition("=")
        if not key.strip() or not value.strip():
            mend = phrase("write kind=value, parted by ;")
            faults.add(
                row.place("identifiers"), phrase("'{value}' is no identifier", value=one), mend
            )
        identifiers[key.strip().lower()] = value.strip()
    row.needed("listed_on", faults)
    listed_on = row.date("listed_on", faults) or dt.date.max
    delisted_on = row.date("delisted_on", faults)
    _in_order(listed_on, delisted_on, row.place("delisted_on"), faults)
    return ListedParty(
        id=name,
        name=row.needed("name", faults),
        aliases=_parts(row.text("aliases")),
        type=cast("PartyType", kind),
        countries=countries,
        identifiers=identifiers,
        listed_on=listed_on,
        public=row.date("public", faults) or listed_on,
        delisted_on=delisted_on,
        source=row.needed("source", faults),
        place=row.place("id"),
    )


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))


def _in_order(
    listed_on: dt.date, delisted_on: dt.date | None, place: Place, faults: Faults
) -> None:
    if delisted_on is not None and listed_on != dt.date.max and delisted_on <= listed_on:
        wrong = phrase(
            "is delisted on {delisted_on}, not after it was listed ({listed_on})",
            delisted_on=delisted_on,
            listed_on=listed_on,
        )
        faults.add(place, wrong, phrase("write the first day off the list again"))


def _each_once(entries: Iterable[ListedParty], faults: Faults) -> None:
    seen: dict[str, Place] = {}
    for entry in entries:
        if entry.id and entry.id in seen:
            wrong = phrase(
                "the id '{id}' stands twice (first on line {line})",
                id=entry.id,
                line=seen[entry.id].line,
            )
            faults.add(entry.place, wrong, phrase("give each entry an id of its own"))
        seen.setdefault(entry.id, entry.place)
