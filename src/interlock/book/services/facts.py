"""Facts that people give by names of the vocabulary: checked by the law's own reader.

Every fault names its field as the caller gave it, and says what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from interlock.book import law
from interlock.book.acting import Act
from interlock.book.errors import InputError
from interlock.files import BadInputError, Place
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
        raise InputError(
            {name_of(x.place.file): f"{x.wrong}; {x.mend}" for x in error.faults}
        ) from error


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
    kept, faults = dict(leaves(own)), {}
    for name, _ in leaves(given):
        entry = words.entry(name)
        if name in kept and not over:
            faults[f"{field}.{name}"] = "the book says it itself; leave it out"
        elif entry is not None and keys is not None and entry.key not in keys:
            faults[f"{field}.{name}"] = f"it is for the {entry.key} to say; leave it out"
    if faults:
        raise InputError(faults)
    read(act, given, lambda path: f"{field}.{path}")


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
