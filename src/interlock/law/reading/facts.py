"""Sources, names, parameters, lists, party facts and facts of a regime file."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from interlock.files.phrases import phrase
from interlock.law.model import (
    Constant,
    DatedValue,
    Fact,
    FactCase,
    ListEntry,
    Name,
    Parameter,
    PartyFact,
    PartyList,
    Rests,
    Source,
)
from interlock.law.reading.context import section_keys
from interlock.law.reading.dates import (
    UNREAD,
    dates_of,
    note_overridden,
    timeline_of,
    version_rests,
)
from interlock.law.reading.kinds import Label
from interlock.law.reading.numbers import MAX_PLACES, MAX_SCALED, places_of
from interlock.law.reading.shapes import Item, Record
from interlock.law.times import ALWAYS
from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    from interlock.files import Place
    from interlock.files.phrases import Phrase
    from interlock.law.reading.context import Reading

QUOTIENT_PLACES = 6
"""Places of a fact that is computed and states none: those to which `/` is rounded."""


def read_sources(reading: Reading) -> dict[str, Source]:
    """The law texts of the file. Law is graded A1 unless the file says otherwise."""
    return {
        name: Source(
            id=name,
            cite=record.text("cite"),
            title=record.text("title"),
            published=record.date("published") or UNREAD,
            grade=record.text("grade") or "A1",
            url=record.text("url"),
            place=record.label.place,
        )
        for name, record in reading.regime.table("sources").items()
    }


def read_names(reading: Reading) -> dict[str, Name]:
    """The names that the regime adds to the vocabulary."""
    found: dict[str, Name] = {}
    for name, record in reading.regime.table("vocabulary").items():
        number = record.text("type") == "number"
        if number and not record.given("unit"):
            wrong = phrase("{what} is a number without 'unit'", what=record.label.words)
            reading.faults.add(record.label.place, wrong, phrase("add 'unit', e.g. chip"))
        if record.text("type") and not number:
            _only_numbers(record, reading, ("unit", "places"))
        if record.given("values") and record.text("type") not in ("text", ""):
            wrong = phrase("{what} is no text, but has 'values'", what=record.label.words)
            mend = phrase("write 'type: text', or take 'values' out")
            reading.faults.add(record.keys["values"], wrong, mend)
        found[name] = Name(
            id=name,
            type=cast("Any", record.text("type")),
            unit=record.text("unit"),
            places=int(record.number("places") or 0),
            world=cast("Any", record.text("world") or "open"),
            key=record.text("key") or "nobody",
            stage=cast("Any", record.text("stage") or "application"),
            meaning=record.text("meaning"),
            values=record.texts("values"),
            place=record.label.place,
        )
    return found


def _only_numbers(record: Record, reading: Reading, keys: tuple[str, ...]) -> None:
    for key in keys:
        if record.given(key):
            wrong = phrase("{what} is no number, but has '{key}'", what=record.label.words, key=key)
            reading.faults.add(record.keys[key], wrong, phrase("take '{key}' out", key=key))


def kind_of(value: object) -> Phrase:
    """The words for a constant's type in messages: a number, true or false, a list of texts ..."""
    if isinstance(value, bool):
        return phrase("true or false")
    if isinstance(value, int | Decimal):
        return phrase("a number")
    if isinstance(value, dt.date):
        return phrase("a date")
    return phrase("a list of texts") if isinstance(value, tuple | list) else phrase("a text")


def scaled_places(
    record: Record, found: list[tuple[object, Place]], reading: Reading, *, computed: bool = False
) -> int:
    """Decimal places of an item, checked against its constants.

    Args:
        record: of the item; its `unit` and `places` belong to numbers only.
        found: its constants with their places in the file.
        reading: the pass.
        computed: values are computed as well.
    """
    _same_kind(found, reading)
    numbers = [(v, place) for v, place in found if kind_of(v) == "a number"]
    if found and not numbers and not computed:
        _only_numbers(record, reading, ("unit", "places"))
    needed = [places_of(cast("Decimal", value)) for value, _ in numbers]
    stated = record.number("places")
    if stated is None:
        places = max([*needed, QUOTIENT_PLACES] if computed else needed, default=0)
    else:
        places = int(stated)
    for (value, place), needs in zip(numbers, needed, strict=True):
        number = cast("Decimal", value)
        if needs > places:
            wrong = phrase(
                "{number} has {needs} decimal places, but {what} keeps {places}",
                number=number,
                needs=needs,
                what=record.label.words,
                places=places,
            )
            reading.faults.add(
                place, wrong, phrase("write 'places: {needs}', or round the value", needs=needs)
            )
        elif abs(number) * 10**places > MAX_SCALED:
            wrong = phrase(
                "{number} is out of range at {places} decimal places", number=number, places=places
            )
            mend = phrase("write at most {most}, or fewer 'places'", most=MAX_SCALED // 10**places)
            reading.faults.add(place, wrong, mend)
    return min(places, MAX_PLACES)


def _same_kind(found: list[tuple[object, Place]], reading: Reading) -> None:
    if not found:
        return
    first = kind_of(found[0][0])
    for value, place in found[1:]:
        if kind_of(value) != first:
            wrong = phrase(
                "this value is {kind}, the first one is {first}", kind=kind_of(value), first=first
            )
            reading.faults.add(place, wrong, phrase("write {wanted}", wanted=first))


def read_parameters(reading: Reading) -> dict[str, Parameter]:
    """The dated values that the law sets."""
    found: dict[str, Parameter] = {}
    for name, record in reading.regime.table("parameters").items():
        values = [_dated_value(item.value, reading) for item in record.items("values")]
        # A value that was not read is noted; what follows looks at the others.
        read = [value for value in values if value is not None]
        constants: list[tuple[object, Place]] = [(v.value, v.place) for v in read]
        note_overridden(read, [value.place for value in read], reading, phrase("value"))
        found[name] = Parameter(
            id=name,
            unit=record.text("unit"),
            places=scaled_places(record, constants, reading),
            says=reading.says(record),
            values=tuple(read),
            place=record.label.place,
            visible_to=reading.visible(record),
        )
    return found


def _dated_value(record: Record, reading: Reading) -> DatedValue | None:
    rests = reading.rests(record, needed=True)
    dates = dates_of(record, reading, rests)
    value = record.values.get("value")
    if value is None:
        return None
    if isinstance(value, list):
        for item in cast("list[Item]", value):
            if kind_of(item.value) != "a text":
                mend = phrase('write "{value}" in quotes', value=item.value)
                wrong = phrase(
                    "'{value}' is {kind}, but lists hold texts",
                    value=item.value,
                    kind=kind_of(item.value),
                )
                reading.faults.add(item.place, wrong, mend)
        value = tuple(item.value for item in value)
    constant = cast("Constant | tuple[Constant, ...]", value)
    return DatedValue(constant, *dates, rests, record.at("value"))


def read_lists(reading: Reading) -> dict[str, PartyList]:
    """The dated party lists."""
    found: dict[str, PartyList] = {}
    for name, record in reading.regime.table("lists").items():
        entries: list[ListEntry] = []
        seen: dict[tuple[str, dt.date, dt.date], int] = {}
        for item in record.records("entries"):
            rests = reading.rests(item)
            dates = dates_of(item, reading, rests)
            party = item.text("party")
            entry = ListEntry(party, item.texts("aliases"), *dates, rests, item.place)
            key = (party.casefold(), dates.start, dates.public)
            if party and key in seen:
                wrong = phrase(
                    "'{party}' stands twice (first on line {line}) with the same days",
                    party=party,
                    line=seen[key],
                )
                reading.faults.add(item.at("party"), wrong, phrase("keep one of them"))
            seen.setdefault(key, item.place.line)
            entries.append(entry)
        found[name] = PartyList(name, record.text("title"), tuple(entries), record.label.place)
    return found


def read_party_facts(reading: Reading) -> dict[str, PartyFact]:
    """The facts from lists and ownership."""
    found: dict[str, PartyFact] = {}
    for name, record in reading.regime.table("party_facts").items():
        kind = record.text("kind")
        if kind == "owned" and not record.given("at_least"):
            wrong = phrase("{what} is owned, but has no 'at_least'", what=record.label.words)
            mend = phrase("add 'at_least': the share from which a party is owned, e.g. 0.50")
            reading.faults.add(record.label.place, wrong, mend)
        if kind == "listed" and record.given("at_least"):
            wrong = phrase("{what} is listed, but has 'at_least'", what=record.label.words)
            mend = phrase("write 'kind: owned', or take 'at_least' out")
            reading.faults.add(record.keys["at_least"], wrong, mend)
        rests = reading.rests(record, needed=True, inherited=version_rests(record, reading))
        found[name] = PartyFact(
            id=name,
            says=reading.says(record),
            kind=cast("Any", kind),
            of=record.texts("of"),
            lists=reading.refer(record, "lists", reading.ids("lists"), phrase("list")),
            at_least=record.number("at_least"),
            timeline=timeline_of(record, reading, rests) or ALWAYS,
            rests=rests,
            place=record.label.place,
            visible_to=reading.visible(record),
        )
    return found


def read_facts(reading: Reading) -> dict[str, Fact]:
    """The derived facts, in the short form (a list of cases) or the long one."""
    found: dict[str, Fact] = {}
    for name, given in reading.regime.values.get("facts", {}).items():
        record = given
        if not isinstance(given, Record):
            place = section_keys(reading.root, "facts")[name]
            words = phrase("{noun} '{key}'", noun=phrase("fact"), key=name)
            record = Record(Label(words, place), place, {"cases": given})
        found[name] = _fact(name, record, reading)
    return found


def _fact(name: str, record: Record, reading: Reading) -> Fact:
    rests = reading.rests(record, inherited=version_rests(record, reading))
    within = timeline_of(record, reading, rests)
    constants: list[tuple[object, Place]] = []
    cases: list[FactCase] = []
    computed = False
    last: Place | None = None
    for case in record.records("cases"):
        if last is not None:
            wrong = phrase(
                "this case is never reached: the one on line {line} always holds", line=last.line
            )
            mend = phrase("give that one a 'when', or put it last")
            reading.faults.add(case.place, wrong, mend)
        own = reading.rests(case, inherited=version_rests(case, reading) or rests)
        timeline = timeline_of(case, reading, own)
        if "is" in case.values:
            constants.append((case.values["is"], case.at("is")))
        computed = computed or case.given("value")
        if not case.given("when") and timeline is None:
            last = last or case.place
        cases.append(
            FactCase(
                when=case.expression("when"),
                constant=cast("Constant | None", case.values.get("is")),
                value=case.expression("value"),
                timeline=timeline or within,
                rests=own if own != Rests() else rests,
                place=case.place,
            )
        )
    _overridden_by(record, reading)
    return Fact(
        id=name,
        says=reading.says(record),
        unit=record.text("unit"),
        places=scaled_places(record, constants, reading, computed=computed),
        overridden_by=record.text("overridden_by"),
        cases=tuple(cases),
        place=record.label.place,
        visible_to=reading.visible(record),
    )


def _overridden_by(record: Record, reading: Reading) -> None:
    name = record.text("overridden_by")
    words = vocabulary()
    if name and words.entry(name) is None and name not in reading.ids("vocabulary"):
        wrong = phrase("'{name}' is no name of the vocabulary", name=name)
        reading.faults.add(record.at("overridden_by"), wrong, words.near(name))
