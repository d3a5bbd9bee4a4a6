"""The law's own words in the reader's language: what regime files say in Chinese, else English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from django.utils.html import format_html
from django.utils.translation import get_language

from interlock.book import law
from interlock.web.words import english

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from interlock.law.chinese import Told

BRACED = re.compile(r"\{(\w+)\}")


class Said(NamedTuple):
    """Words of the law; `english`: the reader reads another language, and there are no others."""

    words: str
    english: bool = False

    @property
    def shown(self) -> SafeString:
        """As a page shows it: English on a Chinese page is marked as English."""
        return format_html('<span lang="en">{}</span>' if self.english else "{}", self.words)


def chinese() -> Told | None:
    """What the law of the book says in Chinese; None: the reader reads English."""
    return law.library().chinese if (get_language() or "en").startswith("zh") else None


def sentence(text: str) -> Said:
    """A sentence of a regime, its values named where they are not filled in: `[cap]`."""
    told = chinese()
    found = told.sentence(text) if told is not None else ""
    return Said(BRACED.sub(_named, found or text), told is not None and bool(text) and not found)


def _named(braced: re.Match[str]) -> str:
    told = chinese()
    found = told.name(braced[1]) if told is not None else ""
    return f"[{found or braced[1].replace('_', ' ')}]"


def item_name(item: str, regime: str = "") -> Said:
    """What an item, a fact or a parameter is called: its Chinese name, else its id as words."""
    told = chinese()
    found = told.name(item, regime) if told is not None else ""
    if found:
        return Said(found)
    return Said(english(item), english=told is not None)


def meaning_of(name: str) -> str:
    """What a word of a regime's own vocabulary means; empty: no regime has it."""
    found = (one.regime.names.get(name) for one in law.library().checked)
    entry = next((one for one in found if one is not None), None)
    return sentence(entry.meaning).words if entry is not None else ""


def unit_name(unit: str | None) -> str:
    """A unit as the reader calls it; one that has no Chinese is a sign, such as TPP."""
    told = chinese()
    return (told.unit(unit or "") if told is not None else "") or (unit or "")
