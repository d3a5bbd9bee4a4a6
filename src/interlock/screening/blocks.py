"""Which listed names are worth comparing with a given one.

Every listed name is filed under keys: how each of its parts sounds, its first and its last letters,
and the words that rigour knows across languages. A given name asks for its own keys, the rarest
first, until a fixed number of filed names has been seen; those that share most (rare keys count
most) are compared. So one name costs O(keys + BUDGET + LIMIT comparisons), however long the lists
are: a million names cost a million times that, and not a million times the list.
"""

from __future__ import annotations

from collections import defaultdict
from heapq import nlargest
from math import log
from typing import TYPE_CHECKING, Generic, TypeVar

from rigour.names import SymbolCategory

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from rigour.names import Name

BUDGET = 10_000  # filed names looked at for one given name, past the rarest keys
LIMIT = 120  # of them, how many are compared
_RAREST = 2  # keys that are always looked up whole
# Words that a great many names bear; a number and an initial say too little.
_COMMON = {SymbolCategory.ORG_CLASS, SymbolCategory.NUMERIC, SymbolCategory.INITIAL}

Filed = TypeVar("Filed", bound="Hashable")


class Blocks(Generic[Filed]):
    """Names filed under their keys."""

    def __init__(self, names: Iterable[tuple[Filed, Iterable[Name]]]) -> None:
        self._filed: dict[str, list[Filed]] = defaultdict(list)
        self._count = 0
        for item, forms in names:
            self._count += 1
            for key in sorted({key for form in forms for key in keys(form)}):
                self._filed[key].append(item)
        self._filed.default_factory = None

    def near(self, forms: Iterable[Name]) -> list[Filed]:
        """What was filed under keys of a name, the likeliest first, at most `LIMIT`."""
        asked = {key for form in forms for key in keys(form)}
        found = sorted((len(self._filed[key]), key) for key in asked if key in self._filed)
        shared: dict[Filed, float] = {}
        seen = 0
        for number, (length, key) in enumerate(found):
            if number >= _RAREST and seen + length > BUDGET:
                break
            seen += length
            worth = log(1 + self._count / length)
            for item in self._filed[key]:
                shared[item] = shared.get(item, 0.0) + worth
        return nlargest(LIMIT, shared, key=lambda item: shared[item])


def keys(name: Name) -> set[str]:
    """What a name is filed under."""
    found = set()
    for part in name.parts:
        text = part.comparable
        if part.metaphone and len(part.metaphone) > 2:
            found.add(f"sounds {part.metaphone}")
        if len(text) > 3:
            found |= {f"begins {text[:3]}", f"begins {text[:5]}", f"ends {text[-4:]}"}
        found.add(f"is {text}")
    # Across the spaces: 'hua wei' and 'huawei', 'Siemens AG' and 'SiemensAG'.
    whole = "".join(part.comparable for part in name.parts)
    found |= {f"begins {whole[:5]}", f"is {whole}"}
    found |= {f"word {one}" for one in name.symbols if one.category not in _COMMON}
    return found
