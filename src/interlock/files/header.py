"""The first line of a CSV, before anything reads the rest."""

from __future__ import annotations

import csv
from contextlib import suppress
from typing import TYPE_CHECKING

from interlock.files.faults import Fault, Place
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable


def columns_twice(lines: Iterable[str], file: str) -> list[Fault]:
    """Each column that is called as one before it; a reader would give it another name.

    Args:
        lines: of the CSV, with their ends as they are; no more than the header is read.
        file: its name, for the place.
    """
    names: list[str] = []
    with suppress(csv.Error):  # told when it is read
        names = next(csv.reader(lines), [])
    first: dict[str, int] = {}
    found = []
    for at, name in enumerate(names, start=1):
        if first.setdefault(name, at) < at:
            wrong = phrase(
                "the column '{name}' stands twice (first in column {first})",
                name=name, first=first[name],
            )  # fmt: skip
            found.append(Fault(Place(file, 1, at), wrong, phrase("keep one of them")))
    return found
