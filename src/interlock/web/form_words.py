"""What fields of forms refer to, the codes they choose from, and their help in plain words."""

from __future__ import annotations

from functools import cache

from interlock.law.vocabulary import vocabulary

STATEMENT = "statement."
CERTIFICATES = ("test_report", "title", "delivery_receipt")
KINDS = {
    "certificate_kind": CERTIFICATES,
    "licence_kind": ("individual", "group", "general"),
    "about_kind": ("entry", "licence", "shipment"),
    "outcome": ("clear", "cleared", "confirmed", "true_match", "false_match"),
    "end_use": ("training", "inference", "research"),
}
"""Codes of fields that nobody chooses from a list, which the book or its users write."""
REFERS = {
    "buyer": "party", "supplier": "party", "consignee": "party", "end_user": "party",
    "forwarder": "party", "broker": "party", "party": "party", "applicant": "party",
    "owner": "party", "exporter": "party", "asked_by": "party", "to": "", "by": "party",
    "transfer_to": "party", "referred_to": "party", "product": "product", "order": "order",
    "allocation": "allocation", "shipment": "shipment", "entry": "entry", "licence": "licence",
    "application": "application", "round": "round", "run": "run",
    "statement_kind": "statement_kind", "certificate_kind": "certificate_kind",
    "condition_kind": "condition_kind", "rule": "round_rule", "reliability": "reliability",
}  # fmt: skip
"""What a text of a name refers to: a kind of thing, or words of the law (`offers.OF_LAW`)."""
LISTED = {
    "consignees": "party", "known_to": "party", "products": "product", "orders": "order",
    "refuse": "application", "supports": "claim", "contradicts": "claim", "supersedes": "claim",
    "facts": "fact", "parameters": "parameter", "credibility": "credibility",
}  # fmt: skip
"""The same for fields of more than one line, and for a text that may be a number."""


PAGES_SAY = {
    "ISO 3166 alpha-2.": "Two letters, such as CN.",
    "ISO 3166 alpha-2, or empty: not known.": "Two letters, such as CN; empty: not known.",
    "Further facts by their names in the vocabulary.": "Further facts that the law asks for.",
    "Further facts by their names in the vocabulary, each nested by its thing.":
        "Further facts that the law asks for.",
    "Facts by their names in the vocabulary; null ends one.":
        "Facts that the law asks for; null as its value ends one.",
    "test_report, title, delivery_receipt, ...; a statement's name where one.":
        "What kind of paper it is; choose one of those offered.",
    "The name behind `statement.` in the vocabulary.":
        "What kind of statement it is; choose one of those offered.",
    "A kind that the law knows.": "One of the kinds that the law knows; they are offered.",
    "<regime>/<round> of the law.": "The round of the law that it is held by; they are offered.",
    "Name -> expression of the law's language; for officers of the gate alone.":
        "What is not published: the name of each and its text in the law's language. Officers of "
        "this gate alone can read it.",
    "A document: its name and SHA-256, e.g. {name, sha256}.": "The paper's name and SHA-256.",
    "By when it must have been public; default `at`.":
        "By when it must have been public; default the day of the law.",
    "By when it must have been public; default as_of.":
        "By when it must have been public; default the same day.",
    "By when the book must have recorded it; default the end of `known`.":
        "By when the book must have recorded it; default the end of that day.",
    "What is claimed of it: a value, or e.g. {at_least: 1, unit: chip}.":
        "What is claimed of it: a number, a day, yes or no, or a text.",
    "Who says it: a name, or {who, through, url}.": "Who says it.",
    "Whether they run in a data centre; null: not known.": "Whether they run in a data centre.",
    "Units granted, which need not be those asked; null: not disclosed.":
        "Units granted, which need not be those asked; empty: not disclosed.",
    "False: the quantity is not disclosed, also not from the application.":
        "Take the mark away to keep the quantity undisclosed, also that of the application.",
    "Whether `quantity` is the entry's running total, or that of one filing.":
        "Whether the quantity is the entry's running total, or that of one filing.",
    "Ids of lists; default all of them.": "The lists to look in; default all of them.",
    "Small letters, digits and hyphens; empty = made.":
        "Small letters, digits and hyphens; empty: made for you.",
    "An id of your choice: letters, digits and . _ : - ; empty = made for you.":
        "Your own number for it: letters, digits and . _ : - ; empty: made for you.",
}  # fmt: skip
"""What the API says of a value, as it is told on pages; what is not here is told as it is."""


def codes(name: str) -> frozenset[str]:
    """The codes that a field of a name holds, as services and the vocabulary choose them."""
    return _codes().get(name, frozenset())


@cache
def _codes() -> dict[str, frozenset[str]]:
    from interlock.book.services import SERVICES  # noqa: PLC0415 - services are read by now
    from interlock.web.values import fields_of  # noqa: PLC0415 - it reads this module

    found: dict[str, set[str]] = {name: set(values) for name, values in KINDS.items()}
    for service in SERVICES.values():
        for one in fields_of(service):
            if one.options:
                found.setdefault(one.name, set()).update(value for value, _label in one.options)
    for entry in vocabulary().entries.values():
        if entry.values:
            found.setdefault(entry.name.replace(".", "_"), set()).update(entry.values)
        if entry.name.startswith(STATEMENT) and entry.type == "bool":
            for kind in ("statement_kind", "certificate_kind"):
                found.setdefault(kind, set()).add(entry.name.removeprefix(STATEMENT))
    return {name: frozenset(values) for name, values in found.items()}
