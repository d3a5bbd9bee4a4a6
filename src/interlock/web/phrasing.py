"""Phrases in the reader's language: what is refused, wherever below the pages it was said."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from django.utils.translation import get_language, pgettext

from interlock.files.phrases import Phrase, phrases
from interlock.web.words import word

CONTEXT: Final = "phrase"
NAMED: Final = {
    "state": "state", "states": "state", "starts": "state", "gate": "gate", "gates": "gate",
    "role": "role", "stage": "stage", "whose": "key", "move": "move", "thing": "kind",
    "field": "field", "to": "choice", "certificate_kind": "choice", "condition_kind": "choice",
    "type": "type",
}  # fmt: skip
"""What a value is by its name in a sentence, where it is a name of the program's: `words.word`."""
BETWEEN: Final = (", ", "; ", " or ", " and ", " nor ")
TYPES: Final = ("text", "bool", "date", "integer", "decimal")


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


def _recalled(name: str, value: str) -> str:
    return phrases(value.split(", ")) if name == "gates" else recalled(value)


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    told = (
        f"(?P<{one}>{FORMS.get(one, '.+?')})" if at % 2 else re.escape(one)
        for at, one in enumerate(parts)
    )
    return re.compile("".join(told), re.DOTALL)


def translated(text: str) -> str:
    """A text as the reader reads it; one that is no phrase, or in English, as it stands."""
    if not isinstance(text, Phrase) or (get_language() or "en").startswith("en"):
        return str(text)
    if text.parts:
        return _joined(text, [translated(one) for one in text.parts])
    if not text.sentence:
        return str(text)
    values = {name: _value(name, value) for name, value in text.values.items()}
    return pgettext(CONTEXT, text.sentence).format(**values)


def _value(name: str, value: Any) -> Any:
    context = NAMED.get(name)
    if isinstance(value, Phrase):
        if context and value.parts:
            return _joined(value, [word(context, one) for one in value.parts])
        return translated(value)
    return word(context, value) if context and isinstance(value, str) else value


def _joined(text: Phrase, parts: list[str]) -> str:
    return pgettext("between", text.between).join(parts)
