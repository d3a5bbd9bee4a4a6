"""What a letter says: the thing as the book had recorded it at a moment, in words of one language.

A letter is for the holder and whoever they show it to, so it holds nothing that is kept from firms,
whoever prints it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.errors import MoveError, NotFoundError
from interlock.book.models import Application, Condition, Licence, Party
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.as_of import Past
from interlock.book.selectors.conditions import says_of
from interlock.files.phrases import phrase, phrases
from interlock.law.deciding.audience import HOLDER
from interlock.letters.codes import Code
from interlock.letters.words import words

if TYPE_CHECKING:
    import datetime as dt

    from interlock.book.models import Thing

PRINTED = {
    "licence": ("issued", "suspended", "revoked", "surrendered", "expired"),
    "application": ("approved", "refused", "returned", "appealed"),
}
"""The states in which there is a letter."""
BINDING = ("agreed", "in_force", "waiver_proposed", "waived")
MODELS: dict[str, type[Thing]] = {"licence": Licence, "application": Application}


@dataclass(frozen=True)
class Stood:
    """A condition as it stood at a letter's moment.

    Attributes:
        name: what the law calls its kind, in the letter's language.
        says: what the law asks by it, with the licence's own values; empty if that is not public
            to its holder.
        text: what was written of it besides.
        stand: how it stood.
    """

    name: str
    says: str
    text: str
    stand: str


@dataclass(frozen=True)
class Letter:
    """A letter as it is laid out.

    Attributes:
        title: its heading.
        language: "en" or "zh-hans".
        authority: whose letter it is.
        rows: (label, value) pairs.
        conditions: those that bind.
        says: paragraphs.
        code: what it is checked by.
    """

    title: str
    language: str
    authority: str
    rows: list[tuple[str, str]]
    conditions: list[Stood]
    says: list[str]
    code: Code


def newest_code(thing: Thing) -> Code:
    """The code of the letter that would be printed now: dated by the last change it rests on."""
    causes = [f"{thing.kind}/{thing.pk}"]
    if isinstance(thing, Licence):
        causes += [f"condition/{one}" for one in thing.conditions.values_list("pk", flat=True)]
    recorded = max(entry.recorded for cause in causes for entry in ledger().entries_of(cause))
    return Code(thing.kind, str(thing.pk), recorded)


def letter(code: Code, language: str) -> Letter:
    """The letter of a code.

    Raises:
        NotFoundError: no such thing was recorded by then.
        MoveError: it was in a state that has no letter.
    """
    past = Past(code.recorded)
    thing: Any = past.thing(MODELS[code.kind], code.pk)
    if thing is None:
        raise NotFoundError(code.kind, code.pk)
    if thing.state not in PRINTED[code.kind]:
        why = phrase(
            "it is {state}; there is a letter once it is one of: {states}",
            state=thing.state,
            states=phrases(PRINTED[code.kind]),
        )
        raise MoveError(code.kind, code.pk, "print", why)
    made = _licence if code.kind == "licence" else _application
    return made(thing, past, code, language)


def _licence(thing: Licence, past: Past, code: Code, language: str) -> Letter:
    say = words(language)
    known = Condition.objects.filter(licence=thing.pk).order_by("pk").values_list("pk", flat=True)
    found = [one for pk in known if (one := past.thing(Condition, pk)) is not None]
    conditions = [
        Stood(
            name=_kind(one.condition_kind, language),
            says=_law_says(one, thing.gate, code.recorded.date(), language),
            text=one.text,
            stand=say[f"condition_{one.state}"],
        )
        for one in found
        if one.state in BINDING
    ]
    holders = say["semicolon"].join(_holder(one, say) for one in thing.holders.all())
    rows = [
        (say["number"], thing.pk),
        (say["state"], say[f"licence_{thing.state}"]),
        (say["holders"], holders),
        (say["consignees"], _names(thing.consignees.all(), say)),
        (say["products"], _names(thing.products.all(), say)),
        (say["quantity"], _quantity(thing.quantity, say)),
        (say["value"], "" if thing.value_usd is None else f"USD {thing.value_usd:,.2f}"),
        (say["destination"], thing.destination),
        (say["issued_on"], _day(thing.issued_on)),
        (say["valid_from"], _day(thing.valid_from)),
        (say["valid_until"], _day(thing.valid_until)),
        (say["ended_on"], _day(thing.ended_on)),
    ]
    return Letter(
        title=say["licence"],
        language=language,
        authority=_authority(thing.gate, past),
        rows=[row for row in rows if row[1]],
        conditions=conditions,
        says=[say["licence_says"]],
        code=code,
    )


def _application(thing: Application, past: Past, code: Code, language: str) -> Letter:
    say = words(language)
    rows = [
        (say["number"], thing.pk),
        (say["decision"], say[f"application_{thing.state}"]),
        (say["applicant"], thing.applicant.name),
        (say["products"], _names(thing.products.all(), say)),
        (say["quantity"], _quantity(thing.quantity, say)),
        (say["destination"], thing.destination),
        (say["received_on"], _day(thing.received_on)),
        (say["decided_on"], _day(thing.decided_on)),
        (say["reason"], thing.reason),
    ]
    return Letter(
        title=say["letter"],
        language=language,
        authority=_authority(thing.gate, past),
        rows=[row for row in rows if row[1]],
        conditions=[],
        says=[say[f"application_{thing.state}_says"]],
        code=code,
    )


def _authority(gate: str, past: Past) -> str:
    found = Party.objects.filter(authority=True, gate=gate).order_by("pk").first()
    then = past.thing(Party, found.pk) if found else None
    return then.name if then else gate


def _holder(holder: Any, say: dict[str, str]) -> str:
    limit = holder.sub_quota if holder.sub_quota is not None else holder.cap
    if limit is None:
        return str(holder.party.name)
    return f"{holder.party.name} ({say['at_most']} {limit:,})"


def _kind(kind: str, language: str) -> str:
    """A kind of condition by its name in the language, where the law gives one."""
    told = law.library().chinese.name(kind) if language.startswith("zh") else ""
    name = kind.replace("-", " ")
    return told or name[:1].upper() + name[1:]


def _law_says(one: Condition, gate: str, day: dt.date, language: str) -> str:
    says = says_of(HOLDER, one.condition_kind, gate, one.parameters, day)
    told = law.library().chinese.sentence(says) if language.startswith("zh") else ""
    return told or says


def _names(things: Any, say: dict[str, str]) -> str:
    return say["semicolon"].join(sorted(one.name for one in things))


def _quantity(quantity: int | None, say: dict[str, str]) -> str:
    return say["not_disclosed"] if quantity is None else f"{quantity:,}"


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else ""
