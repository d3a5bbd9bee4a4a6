"""Facts that people give by names of the vocabulary: checked by the law's own reader.

Every fault names its field as the caller gave it, and says what to write instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from typing import Any

from interlock.book import law
from interlock.book.acting import Act
from interlock.book.errors import InputError
from interlock.files import BadInputError, Place
from interlock.files.phrases import Phrase, phrase
from interlock.law.cases.reader import Case

FIRM_KEYS = ("buyer", "supplier")
"""Whose facts a firm declares; those of an authority, an officer or a day it does not."""


def read(act: Act, facts: dict[str, Any], name_of: Callable[[str], str] = str) -> Case:
    """The facts as the law of the day reads them.

    Args:
        act: for the day.
        facts: nested by names of the vocabulary.
        name_of: path of a value in `facts` -> the field that the caller gave it in.

    Raises:
        InputError: every fault, by the caller's field.
    """
    reader = law.reader_on(act.today, act.now.date())
    try:
        return reader.read(facts, 1, lambda path: Place(".".join(map(str, path))))
    except BadInputError as error:
        raise InputError({name_of(x.place.file): x.says for x in error.faults}) from error


def check(
    act: Act,
    own: dict[str, Any],
    given: dict[str, Any],
    *,
    keys: Collection[str] | None = FIRM_KEYS,
    over: bool = False,
    field: str = "facts",
) -> None:
    """Refuse further facts that cannot be meant.

    Args:
        act: for the day.
        own: what the book itself says of the case; not to be said twice.
        given: the further facts.
        keys: who can change what is said here; None = anybody.
        over: whether a fact may be said that `own` says already, otherwise.
        field: the caller's field.

    Raises:
        InputError: every fault, as `<field>.<name>`.
    """
    words = law.reader_on(act.today, act.now.date()).words
    kept = dict(leaves(own))
    faults: dict[str, Phrase] = {}
    for name, _ in leaves(given):
        entry = words.entry(name)
        if name in kept and not over:
            faults[f"{field}.{name}"] = phrase("the book says it itself; leave it out")
        elif entry is not None and keys is not None and entry.key not in keys:
            faults[f"{field}.{name}"] = phrase(
                "it is for the {whose} to say; leave it out", whose=entry.key
            )
    if faults:
        raise InputError(faults)
    read(act, given, lambda path: f"{field}.{path}")


BOOK_SAYS = {
    "order": {"id", "destination", "quantity", "placed_on", "unit_price_usd", "value_usd",
              "data_centre_use"},
    "shipment": {"id", "origin", "quantity", "date", "transit", "test"},
}  # fmt: skip
"""What the book says itself of an order and a shipment: nobody declares it over again."""
PAPERS = (
    "product", "licence", "statement", "entry", "transaction", "supply", "use", "waivers",
    "party", "exporter", "buyer", "consignee", "end_user", "broker", "forwarder",
)  # fmt: skip
"""Things that the book has as things of their own, with rights of their own: no order or shipment
says anything of them."""


def check_declared(act: Act, facts: dict[str, Any], thing: str = "", field: str = "facts") -> None:
    """Refuse facts of an order or a shipment that are not for its firm to declare.

    Args:
        act: for the day.
        facts: nested by names of the vocabulary.
        thing: they stand under this name, e.g. `shipment`; empty: the names are whole.
        field: the caller's field.

    Raises:
        InputError: every fault, as `<field>.<name>`.
    """
    whole = {thing: facts} if thing else facts
    faults = {}
    for name, _ in leaves(whole):
        wrong = not_declared(act.today, act.now.date(), name)
        if wrong:
            faults[f"{field}.{name.removeprefix(f'{thing}.') if thing else name}"] = wrong
    if faults:
        raise InputError(faults)
    read(act, whole, lambda path: f"{field}.{path}")


def not_declared(at: dt.date, known: dt.date, name: str) -> Phrase | None:
    """Why a firm may not declare a fact of that name with an order; None if it may."""
    head, _, rest = name.partition(".")
    if head in PAPERS:
        return phrase("the book keeps it as a thing of its own; file or enter it there")
    if rest.partition(".")[0] in BOOK_SAYS.get(head, ()):
        return phrase("the book says it itself; leave it out")
    entry = law.reader_on(at, known).words.entry(name)
    if entry is not None and entry.key not in FIRM_KEYS:
        return phrase("it is for the {whose} to say; leave it out", whose=entry.key)
    return None


def leaves(facts: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its dotted name."""
    for key, value in facts.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            yield from leaves(value, f"{name}.")
        else:
            yield name, value


def laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Both by name; where both say something, `above` counts."""
    found = dict(below)
    for key, value in above.items():
        old = found.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        found[key] = laid_over(old, value) if both else value  # type: ignore[arg-type]
    return found
