"""Typed access to the keys of a mapping, noting each fault where it stands.

Shared by the readers of claims and episode files. Every accessor returns a stand-in of the right
type after noting a fault, so that reading goes on and the whole file is judged in one pass.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from interlock.files import Node, Place, nearest
from interlock.files.phrases import Phrase, phrase, phrases

if TYPE_CHECKING:
    import re

    from interlock.files import Faults

NO_DATE: Final = dt.date.max  # stands in for a faulty date; such a file is refused


class Fields:
    """The keys of one mapping.

    Args:
        node: the mapping; anything else is a fault.
        what: how messages call it, e.g. `a claim`.
        known: the keys that may stand in it.
        faults: where faults are noted.
    """

    def __init__(self, node: Node, what: Phrase, known: frozenset[str], faults: Faults) -> None:
        self.node = node
        self.what = what
        self.faults = faults
        self.values: dict[str, Node] = {}
        if isinstance(node.value, dict):
            self.values = node.value
        else:
            faults.add(
                node.place,
                phrase("{what} is {kind}", what=what, kind=article(node)),
                phrase("write keys: {names}", names=_some(known)),
            )
        for key in self.values:
            if key not in known:
                faults.add(
                    self.place(key), phrase("unknown key '{key}'", key=key), nearest(key, known)
                )

    def place(self, key: str) -> Place:
        """Where the key stands; the mapping itself if it is absent."""
        return (self.node.keys or {}).get(key, self.node.place)

    def get(self, key: str) -> Node | None:
        """The value of a key that may be absent."""
        return self.values.get(key)

    def need(self, key: str) -> Node | None:
        """The value of a key that must be there and not be empty; a fault and None otherwise."""
        node = self.values.get(key)
        if node is not None and (node.value is not None or node.bad):
            return None if node.value is None else node  # a bad value has its fault already
        if isinstance(self.node.value, dict) and not self.node.bad:
            wrong = (
                phrase("{what} lacks '{key}'", what=self.what, key=key)
                if node is None
                else phrase("'{key}' is empty", key=key)
            )
            self.faults.add(
                self.place(key), wrong, phrase("write `{key}:` with its value", key=key)
            )
        return None

    def _fault(self, node: Node, wanted: Phrase, mend: Phrase, key: str) -> None:
        self.faults.add(
            node.place,
            phrase("'{key}' is {kind}, not {wanted}", key=key, kind=article(node), wanted=wanted),
            mend,
        )

    def text(self, key: str, *, needed: bool = True) -> str:
        """A text. Absent and not needed: the empty text."""
        node = self.need(key) if needed else self.get(key)
        if node is None or (not needed and node.value is None):
            return ""
        if isinstance(node.value, str) and node.value.strip():
            return node.value.strip()
        self._fault(
            node, phrase("a text"), phrase("write words, in quotes if they look like a number"), key
        )
        return ""

    def name(self, key: str, form: re.Pattern[str], mend: Phrase, *, needed: bool = True) -> str:
        """A name of a given form."""
        node = self.need(key) if needed else self.get(key)
        if node is None:
            return ""
        if isinstance(node.value, str) and form.match(node.value):
            return node.value
        self.faults.add(
            node.place,
            phrase("'{value}' is no name for '{key}'", value=node.raw or node.kind, key=key),
            mend,
        )
        return ""

    def date(self, key: str) -> dt.date:
        """A date that must be there."""
        node = self.need(key)
        if node is None:
            return NO_DATE
        return self._date(node, key) or NO_DATE

    def date_or_none(self, key: str) -> dt.date | None:
        """A date that may be absent."""
        node = self.get(key)
        return None if node is None else self._date(node, key)

    def _date(self, node: Node, key: str) -> dt.date | None:
        if isinstance(node.value, dt.date):
            return node.value
        self._fault(node, phrase("a date"), phrase("write YYYY-MM-DD, without quotes"), key)
        return None

    def flag(self, key: str, *, default: bool = False) -> bool:
        """A yes/no; `default` if absent."""
        node = self.get(key)
        if node is None:
            return default
        if isinstance(node.value, bool):
            return node.value
        self._fault(node, phrase("a yes/no"), phrase("write true or false"), key)
        return default

    def choice(self, key: str, known: frozenset[str], *, needed: bool = True) -> str:
        """One of a few words."""
        node = self.need(key) if needed else self.get(key)
        if node is None:
            return ""
        if isinstance(node.value, str) and node.value in known:
            return node.value
        wrong = phrase("'{value}' is no '{key}'", value=node.raw or node.kind, key=key)
        self.faults.add(node.place, wrong, nearest(node.raw or node.kind, known))
        return ""

    def items(self, key: str) -> list[Node]:
        """A list that must be there and have an item."""
        node = self.need(key)
        if node is None:
            return []
        if isinstance(node.value, list) and node.value:
            return node.value
        if isinstance(node.value, list):
            self.faults.add(
                node.place, phrase("'{key}' has no item", key=key), phrase("write at least one")
            )
        else:
            self._fault(node, phrase("a list"), phrase("start each item with `- `"), key)
        return []

    def items_or_none(self, key: str) -> list[Node]:
        """A list that may be absent or empty."""
        node = self.get(key)
        if node is None or node.value is None or node.value == []:
            return []
        return self.items(key)

    def names(self, key: str) -> tuple[str, ...]:
        """A list of names, each once; absent means none. One name may stand without a list."""
        return tuple(name for name, _ in self.placed_names(key))

    def placed_names(self, key: str) -> list[tuple[str, Place]]:
        """The same with the place of each."""
        node = self.get(key)
        if node is None or node.value is None:
            return []
        items = node.value if isinstance(node.value, list) else [node]
        seen: dict[str, Place] = {}
        for item in items:
            if not isinstance(item.value, str) or not item.value:
                mend = phrase("write names, as [first-name, second-name]")
                self.faults.add(
                    item.place, phrase("'{key}' holds {kind}", key=key, kind=article(item)), mend
                )
            elif item.value in seen:
                self.faults.add(
                    item.place,
                    phrase("'{value}' stands twice", value=item.value),
                    phrase("keep one of them"),
                )
            else:
                seen[item.value] = item.place
        return list(seen.items())


_KINDS = {
    "mapping": phrase("a mapping"),
    "list": phrase("a list"),
    "text": phrase("a text"),
    "yes/no": phrase("a yes/no"),
    "number": phrase("a number"),
    "date": phrase("a date"),
    "empty": phrase("empty"),
}


def article(node: Node) -> Phrase:
    """The kind of a value with its article, for messages."""
    return _KINDS[node.kind]


def _some(known: frozenset[str]) -> Phrase:
    return phrases(sorted(known))
