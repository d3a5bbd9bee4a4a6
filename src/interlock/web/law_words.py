"""What changed in the law, in the reader's language: the sentences of `law.diff`, told anew.

`was suspended since 2025-11-10 until 2026-11-10, is in force since 2025-09-29 (fr-affiliates, A1)`
has a form of its own for each kind of change; a sentence of another form stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from interlock.law.show import SECTIONS
from interlock.law.show_parts import STATUS_WORDS
from interlock.web.inwords import in_words, value_in_words
from interlock.web.law_tongue import chinese
from interlock.web.phrasing import between
from interlock.web.words import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.law.diff import Difference

DAY = r"\d{4}-\d\d-\d\d"
RESTS = r"(?P<rests> \([^()]+\))?"
TURNED = re.compile(rf"^was (?P<was>.+?), is (?P<is>.+?){RESTS}$")
VALUED = re.compile(rf"^from (?P<old>.+?) to (?P<new>.+?)(?:, since (?P<since>{DAY}))?{RESTS}$")
CASE = re.compile(r"^case (?P<how>added|removed): (?P<value>.+?) (?:when (?P<when>.+)|otherwise)$")
STANDING = re.compile(
    rf"^(?P<word>[a-z ,]+?)(?:, from (?P<from>{DAY})| on (?P<on>{DAY}))?"
    rf"(?: since (?P<since>{DAY}))?(?: until (?P<until>{DAY}))?$"
)
CODE = re.compile(r"none|export|[a-z]+(?:_[a-z]+)+")
"""A value that is a word, such as `case_by_case`; classes and texts stay as they are."""
NAME = re.compile(r"[a-z][\w.]*")
STATUS_OF = {says: name for name, says in STATUS_WORDS.items()}


@dataclass(frozen=True)
class Told:
    """A change in words; `english`: it is told as the law's own tools say it."""

    words: str
    english: bool = False


def change_in_words(words: str) -> Told:
    """A sentence of `law.diff` in the reader's language."""
    found = TURNED.match(words)
    if found is not None:
        was, now = standing(found["was"]), standing(found["is"])
        if was and now:
            text = _("was %(was)s, is %(now)s") % {"was": was, "now": now}
            return Told(_resting(text, found["rests"]))
    found = VALUED.match(words)
    if found is not None:
        told = {"old": _none(found["old"]), "new": _none(found["new"])}
        text = _("from %(old)s to %(new)s") % told
        if found["since"]:
            text = _("%(change)s, since %(day)s") % {"change": text, "day": found["since"]}
        return Told(_resting(text, found["rests"]))
    cases = [CASE.match(one) for one in words.split("; ")]
    if all(cases):
        return Told(between("; ").join(_case(one) for one in cases if one))
    for how, says in (("added: ", _("added: ")), ("removed: ", _("removed: "))):
        if words.startswith(how):
            return Told(says + words.removeprefix(how))
    return Told(words, english=True)


def standing(text: str) -> str:
    """How something stands, with its days; empty: it has another form."""
    found = STANDING.match(text)
    status = STATUS_OF.get(found["word"].strip()) if found is not None else None
    if found is None or status is None:
        return ""
    told = pgettext("standing", STATUS_WORDS[status])
    for name, says in (("from", _("%(what)s, from %(day)s")), ("on", _("%(what)s on %(day)s")),
                       ("since", _("%(what)s since %(day)s")),
                       ("until", _("%(what)s until %(day)s"))):  # fmt: skip
        if found[name]:
            told = says % {"what": told, "day": found[name]}
    return told


def expression_in_words(text: str) -> str:
    """What an expression asks for, part by part; a part of another form as the file writes it."""
    either = _parts_of(text, "||")
    if len(either) > 1:
        return between(" or ").join(_grouped(one) for one in either)
    return _(" and ").join(_grouped(one) for one in _parts_of(text, "&&"))


def _grouped(text: str) -> str:
    """A part of an expression; one that stands in its own parentheses keeps them."""
    inner = text[1:-1]
    if text.startswith("!") and NAME.fullmatch(text[1:]):
        return in_words(f"not {text[1:]}")
    if not (text.startswith("(") and text.endswith(")") and _closed(inner)):
        return in_words(text)
    return between("(") + expression_in_words(inner) + between(")")


def _closed(text: str) -> bool:
    """Whether no parenthesis of a text is closed before it is opened."""
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return True


def _parts_of(text: str, joint: str) -> list[str]:
    """The parts of an expression between its outermost `&&` or `||`."""
    parts, depth, begin = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if depth == 0 and text.startswith(joint, at):
            parts.append(text[begin:at].strip())
            begin = at + len(joint)
    return [*parts, text[begin:].strip()]


def _resting(text: str, rests: str | None) -> str:
    """A change with what it rests on, ` (fr-2026-00789, A1)`, by the signs of the language."""
    if not rests:
        return text
    whose = between(", ").join(rests.strip(" ()").split(", "))
    return _("%(what)s (%(whose)s)") % {"what": text, "whose": whose}


def _none(text: str) -> str:
    return _("none") if text == "none" else text


def derived(value: str) -> str:
    """A value of a derived fact as people say it: yes, case by case, or a parameter by its name."""
    if value in ("yes", "no"):
        return value_in_words(value == "yes")
    told = chinese()
    if told is None or not CODE.fullmatch(value):
        return value.replace("_", " ") if CODE.fullmatch(value) else value
    return told.name(value) or word("choice", value)


def _case(found: re.Match[str]) -> str:
    value = derived(found["value"])
    if found["when"]:
        told = _("%(value)s where %(when)s") % {
            "value": value, "when": expression_in_words(found["when"]),
        }  # fmt: skip
    else:
        told = _("%(value)s otherwise") % {"value": value}
    says = _("case added: %(case)s") if found["how"] == "added" else _("case removed: %(case)s")
    return says % {"case": told}


def item_in_words(item: str) -> tuple[str, str]:
    """`rule licence-required` as its kind in the reader's language and its id."""
    noun, _space, name = item.rpartition(" ")
    return (pgettext("part", noun), name) if noun else (pgettext("part", item), "")


def told_by_item(
    found: Iterable[tuple[str, Iterable[Difference]]], *sides: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What changed of each item: its kind, its id, what it says, and each change in words."""
    says = {one["id"]: one.get("says") for side in sides for name in SECTIONS for one in side[name]}
    rows = []
    for item, changes in found:
        noun, name = item_in_words(item)
        told = [change_in_words(one.words) for one in changes]
        rows.append({"noun": noun, "id": name, "says": says.get(name) or "", "told": told})
    return rows
