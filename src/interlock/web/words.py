"""Names of kinds, fields, states and moves as people read them, in both languages.

English is made from the name itself; the Chinese stands in the catalogue under a context, so that
`hold` the thing and `hold` the move may differ.
"""

from __future__ import annotations

from functools import cache

from django.utils.translation import pgettext

KEYS = ("buyer", "supplier", "officer", "authority", "time", "nobody", "applicant", "exporter",
        "customs", "anybody", "consignee", "end_user", "forwarder", "broker")  # fmt: skip
"""Who can change a fact, as the vocabulary says; a regime may name a party instead."""
KEPT = {
    "usd": "USD", "us": "US", "sha256": "SHA-256", "id": "id", "eccn": "ECCN",
    "tpp": "TPP", "url": "URL",
    "cea": "Equal awards", "cel": "Equal losses", "talmud": "Talmud",
}  # fmt: skip
SAID = {
    "run": "sharing run", "check": "end-use check", "entry": "customs entry",
    "purchase": "domestic purchase", "stock": "stock lot", "round": "round",
    "made_at": "recorded at", "changed_at": "changed at",
    "pk": "id", "reexport": "re-export", "re_exported": "re-exported",
    "counts_for": "counts for the year", "hhi": "concentration (HHI)", "list_title": "list",
    "as_of": "as of", "at": "day of the law",
}  # fmt: skip
MANY = {
    "party": "Parties", "entry": "Customs entries", "discrepancy": "Discrepancies",
    "stock": "Stock", "run": "Sharing runs", "check": "End-use checks",
    "purchase": "Domestic purchases",
}  # fmt: skip


APART = frozenset((
    ("hold", "move", "place"), ("hold", "state", "placed"), ("discrepancy", "move", "open"),
    ("discrepancy", "state", "open"), ("round", "move", "close"), ("round", "state", "closed"),
    ("order", "move", "close"), ("order", "state", "closed"), ("application", "move", "enter"),
    ("statement", "move", "file"), ("purchase", "move", "file"),
))  # fmt: skip
"""States and moves that English calls as it calls another kind's, and Chinese does not."""


@cache
def english(name: str) -> str:
    """`placed_on` -> `Placed on`; abbreviations keep their letters."""
    plain = SAID[name] if name in SAID else name.replace("-", " ").replace("_", " ")
    parts = [KEPT.get(part, part) for part in plain.split()]
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def plural_english(kind: str) -> str:
    """`order` -> `Orders`."""
    return MANY.get(kind, f"{english(kind)}s")


def word(context: str, name: str) -> str:
    """A name in the reader's language.

    Args:
        context: kind, kinds, field, state, move, role, gate, stage, verdict, outcome, key, choice
            or says (a whole sentence of a table); `state hold` and `move hold` for those of a kind
            where that is known: one word of English may be two of another language.
        name: as the program calls it; a `says` is the sentence itself.
    """
    if not name:
        return ""
    plain, _space, kind = context.partition(" ")
    if (kind, plain, name) not in APART:
        context = plain
    if context == "kinds":
        return pgettext("kinds", plural_english(name))
    text = name[:1].upper() + name[1:] if context == "says" else english(name)
    return pgettext(context, text)
