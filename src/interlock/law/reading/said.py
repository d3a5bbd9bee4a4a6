"""Texts of a file's tables that stand in its faults: `make messages` collects them from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.law.reading.kinds import Choice, Kind
from interlock.law.reading.numbers import Number
from interlock.law.reading.shapes import Either, Listed, Shape, Table

if TYPE_CHECKING:
    from collections.abc import Iterator


def said(kind: Kind) -> Iterator[str]:
    """Nouns, what missing keys say and why of several one may stand: of a kind and those in it.

    Args:
        kind: of a whole file, as a rule; a text may come several times.
    """
    if isinstance(kind, Choice | Number):
        yield kind.noun
    elif isinstance(kind, Listed | Table):
        yield kind.noun
        yield from said(kind.kind)
    elif isinstance(kind, Either):
        yield from (*said(kind.mapping), *said(kind.short))
    elif isinstance(kind, Shape):
        first = {group.keys[0] for group in kind.one_of if group.needed}
        yield from (group.why for group in kind.one_of)
        for key in kind.keys:
            if key.required or key.name in first:
                yield key.help
            yield from said(key.kind)
