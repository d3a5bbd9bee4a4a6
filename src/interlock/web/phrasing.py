"""Phrases in the reader's language: what is refused, wherever below the pages it was said."""

from __future__ import annotations

import re
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import get_language, pgettext

from interlock.files.phrases import Phrase, phrases
from interlock.web.plain import number
from interlock.web.words import word

if TYPE_CHECKING:
    from collections.abc import Callable

CONTEXT: Final = "phrase"
NAMED: Final = {
    "state": "state", "states": "state", "starts": "state", "gate": "gate", "gates": "gate",
    "role": "role", "stage": "stage", "whose": "key", "move": "move", "thing": "kind",
    "field": "field", "to": "choice", "certificate_kind": "choice", "condition_kind": "choice",
    "type": "type",
}  # fmt: skip
"""What a value is by its name in a sentence, where it is a name of the program's: `words.word`."""
BETWEEN: Final = (", ", "; ", ": ", " or ", " and ", " nor ", "(", ")")
"""What stands between the parts of a row, and around an aside; in Chinese without a space."""
PARTIES: Final = ("party", "parties", "asked_by", "by")
OF_LAW: Final = ("condition_kind", "rule")
ACCOUNTS: Final = ("account", "parent")
PEOPLE: Final = ("proposer", "made_by")
"""What of a sentence is who or what: the page that is being made tells names in place of ids."""
NAMER: ContextVar[Callable[[str, str], str] | None] = ContextVar("namer", default=None)
"""Calls a `party`, `person`, `account`, `unit` or `item` of the law as the reader may know it."""
AMOUNTS: Final = ("headroom", "needed")
"""What of a sentence may be a text that is a number."""
YEARS: Final = ("year", "first_year", "last_year")
TYPES: Final = ("text", "bool", "date", "integer", "decimal")


class Written(str):
    """A number as pages write it, whatever form the sentence asks for: `{days:,}`."""

    __slots__ = ()

    def __format__(self, _form: str) -> str:
        return str(self)


KEPT: Final = (
    "{why} on {day}",
    "a gate is shut: {gates}",
    "a fact on file cannot be read: {why}; mend it",
    "{account}: {why}",
    "{limit} at the gate {gate}",
    "{limit} does not give it",
    "another limit (not disclosed)",
    "it draws on no account",
    "its balance is not known",
    "its factor is not known",
    "whether it applies is not known",
    "{name} is not on file",
    "what it wants is less than its lot of {lot}",
    "the order is {state}",
    "the order wants only {quantity} by now",
    "what it draws has changed since the run; share again",
    "{account} has headroom for {headroom}, {needed} is needed",
    "{account} owes {needed} past its time; settle the debt first",
    "{account} is shut by an unsettled discrepancy; settle it first",
)
"""Sentences of runs that the book keeps as plain texts, those that hold others first."""
FORMS: Final = {"day": r"\d{4}-\d\d-\d\d", "gate": r"\w+"}


def recalled(text: str) -> str:
    """A text that the book kept, as the phrase that it was."""
    if isinstance(text, Phrase):
        return text
    for sentence in KEPT:
        found = _pattern(sentence).fullmatch(text)
        if found is not None:
            values = {name: _recalled(name, value) for name, value in found.groupdict().items()}
            return Phrase(text, sentence, values)
    return text


def _recalled(name: str, value: str) -> int | str:
    if value.isdecimal():
        return int(value)
    return phrases(value.split(", ")) if name == "gates" else recalled(value)


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    told = (
        f"(?P<{one}>{FORMS.get(one, '.+?')})" if at % 2 else re.escape(one)
        for at, one in enumerate(parts)
    )
    return re.compile("".join(told), re.DOTALL)


def translated(text: str, kind: str = "") -> str:
    """A text as the reader reads it: in their language, and parties by the names they may know.

    `kind` is of the thing that it speaks of, where that is known: states have other words there.
    """
    if not isinstance(text, Phrase):
        return str(text)
    if (get_language() or "en").startswith("en"):
        return str(_in_english(text))
    if text.parts:
        return _joined(text, [translated(one, kind) for one in text.parts])
    if not text.sentence:
        return str(text)
    values = {name: _value(name, value, kind) for name, value in text.values.items()}
    return pgettext(CONTEXT, text.sentence).format(**values)


def _in_english(text: Any) -> Any:
    """A phrase as it stands, but for whom it names; what is none, as it is."""
    if not isinstance(text, Phrase):
        return text
    if text.parts:
        return text.between.join(_in_english(one) for one in text.parts)
    if not text.values:
        return str(text)
    values = {name: _in_english(called(name, value)) for name, value in text.values.items()}
    return text.sentence.format(**values)


def called(name: str, value: Any) -> Any:
    """What a sentence names, as the page's reader calls it (R11); numbers as pages write them."""
    namer = NAMER.get()
    if name in AMOUNTS or (type(value) is int and name not in YEARS):
        return Written(number(value))
    if isinstance(value, Phrase) and value.parts and name in PARTIES:
        return phrases((called(name, str(one)) for one in value.parts), value.between)
    if namer is None or not isinstance(value, str) or isinstance(value, Phrase):
        return value
    if name in PARTIES:
        return namer("party", value)
    if name in OF_LAW:
        return namer("item", value)
    if name in ACCOUNTS:
        return namer("account", value)
    if name == "unit":
        return namer("unit", value)
    return namer("person", value) if name in PEOPLE else value


def _value(name: str, value: Any, kind: str) -> Any:
    context = f"{NAMED[name]} {kind}".strip() if name in NAMED else ""
    value = called(name, value)
    if isinstance(value, Phrase):
        if context and value.parts:
            return _joined(value, [word(context, one) for one in value.parts])
        return translated(value, kind)
    return word(context, value) if context and isinstance(value, str) else value


def _joined(text: Phrase, parts: list[str]) -> str:
    return between(text.between).join(parts)


def between(sign: str) -> str:
    """One of `BETWEEN` as the reader's language writes it."""
    return pgettext("between", sign)
