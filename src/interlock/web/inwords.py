"""What the law needs, in plain words: an atom of an expression as a sentence in either language.

`order.destination != "CN"` becomes "country of destination is not CN". The names are those of the
vocabulary; what has another form stays as the regime file writes it.
"""

from __future__ import annotations

import datetime as dt
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from interlock.law.compiling.compiled import GATES
from interlock.law.vocabulary import vocabulary
from interlock.web.law_tongue import Said, chinese, item_name, meaning_of, unit_name
from interlock.web.phrasing import NAMER, between
from interlock.web.plain import number
from interlock.web.words import english, word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interlock.law.vocabulary import Entry, Vocabulary

EPOCH = dt.date(1970, 1, 1)
HOLDERS = ("buyer", "exporter", "supplier", "consignee", "end_user", "holder", "applicant", "party")
"""Whose an account may be, in its key: parties."""
NAME = r"[A-Za-z_][\w-]*(?:\.[\w-]+)+"
COMPARED = re.compile(rf"^({NAME}|\w+) (==|!=|<=|>=|<|>|not in|in) (.+)$")
ON_FILE = re.compile(rf"^({NAME}) is (not )?on file$")
AGREED = re.compile(r"^the condition '([\w-]+)' is agreed$")
WAIVED = re.compile(r"^'([\w-]+)' is waived(?: with the consent of (.+))?$")
MOVED = re.compile(rf"^\(({NAME}) ([+-]) ([\d,]+) day\)$")
NAMED = re.compile(r"^([\w-]+) \((.+)\)$")
ALONE = re.compile(rf"^(not )?({NAME})$")
HOLDS = re.compile(rf'^(not )?({NAME})\.contains\("(.+)"\)$')
FACT = re.compile(r"^(not )?([a-z][a-z0-9]*(?:_[a-z0-9]+)+|(?<=not )[a-z][a-z0-9]*)$")
LEFT = re.compile(r"^at least (\S+) (\S+) on (.+)$")
DECIDED = re.compile(r"^a decision on '([\w-]+)'$")
STATUS = re.compile(r"^licence\.(\w+)\.condition\.([\w-]+)\.status$")
NUMBER = r"(-?[\d,]+(?:\.\d+)?)"
UNIT = r"(?: ([\w./-]+))?$"
CLAIMED = (
    (re.compile(f"^at least {NUMBER}{UNIT}"), gettext_noop("at least %(n0)s")),
    (re.compile(f"^at most {NUMBER}{UNIT}"), gettext_noop("at most %(n0)s")),
    (re.compile(f"^between {NUMBER} and {NUMBER}{UNIT}"),
     gettext_noop("between %(n0)s and %(n1)s")),
    (re.compile(rf"^about {NUMBER} \({NUMBER} to {NUMBER}\){UNIT}"),
     gettext_noop("about %(n0)s (%(n1)s to %(n2)s)")),
    (re.compile(f"^about {NUMBER}{UNIT}"), gettext_noop("about %(n0)s")),
    (re.compile(f"^{NUMBER}{UNIT}"), "%(n0)s"),
)  # fmt: skip
"""The forms of what a claim gives, and their sentences."""


def in_words(text: str) -> str:
    """What must hold, as a sentence; a text of another form as it is."""
    for form, told in _FORMS:
        found = form.match(text)
        if found is not None:
            return told(found)
    if text == "what is not disclosed is met":
        return _("a requirement that is not disclosed is met")
    return text


def entry_named(name: str, words: Vocabulary | None = None) -> Entry | None:
    """The entry of a fact's name; that of a licence's is told with its gate in between.

    `words` are a day's vocabulary; default the one that all regimes have.
    """
    words = words or vocabulary()
    thing, _dot, rest = name.partition(".")
    gate, _dot, last = rest.partition(".")
    if thing == "licence" and gate in GATES:
        return words.entry(f"licence.{last}")
    return None if thing == "licence" else words.entry(name)


def meaning(entry: Entry) -> str:
    """What a name of the vocabulary means, in the reader's language."""
    template, role = _parts(entry)
    return pgettext("fact", template).replace("{role}", pgettext("fact", role) if role else "")


def meanings() -> set[str]:
    """Every text that `meaning` asks the catalogue for."""
    return {one for entry in vocabulary().entries.values() for one in _parts(entry) if one}


def _parts(entry: Entry) -> tuple[str, str]:
    """A meaning as one text for all parties, and the party's title; empty: it is of no party."""
    role = vocabulary().roles.get(entry.name.partition(".")[0], "").partition(":")[0]
    return (entry.meaning.replace(role, "{role}"), role) if role else (entry.meaning, "")


def name_in_words(name: str) -> str:
    """A fact's name as what it means; that of a licence says at which gate."""
    status = STATUS.match(name)
    if status is not None:
        return _("the state of the condition “%(condition)s”") % {"condition": _of_law(status[2])}
    entry = entry_named(name)
    if entry is None:
        return meaning_of(name) or _of_law(name)
    if name.startswith("licence."):
        return _("%(gate)s licence: %(what)s") % {
            "gate": word("gate", name.split(".")[1]), "what": meaning(entry),
        }  # fmt: skip
    return meaning(entry)


def value_in_words(value: Any, name: str = "") -> str:
    """A fact's value as a person writes it: yes or no, a day, a number with its thousands."""
    if value is None:
        return _("not known")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in ("yes", "no"):  # of a fact that says other things, too
        return _("yes") if value == "yes" else _("no")
    entry = entry_named(name) if name else None
    if entry is not None and entry.type == "date" and isinstance(value, int):
        return (EPOCH + dt.timedelta(days=value)).isoformat()
    if isinstance(value, list):
        return between(", ").join(value_in_words(one) for one in value)
    if STATUS.match(name):
        return word("state", str(value))
    if entry is not None and entry.values:
        return word("choice", str(value))
    return number(value) if isinstance(value, int | float) else _as_word(str(value))


def _as_word(text: str) -> str:
    """A text that is a word of the program's, in Chinese; any other, and in English, as it is."""
    if chinese() is None or not text.islower():
        return text
    return text if word("choice", text) == english(text) else word("choice", text)


def _compared(found: re.Match[str]) -> str:
    name, sign, right = found[1], found[2], found[3]
    entry = entry_named(name)
    told = {"what": name_in_words(name), "value": _right(right, name)}
    if right in ("yes", "no") and sign in ("==", "!="):
        holds = (right == "yes") is (sign == "==")
        return _yes(told["what"], holds=holds)
    if entry is not None and entry.type == "date":
        says = {"<": _("“%(what)s” is before %(value)s"),
                "<=": _("“%(what)s” is not after %(value)s"),
                ">": _("“%(what)s” is after %(value)s"),
                ">=": _("“%(what)s” is not before %(value)s")}  # fmt: skip
        if sign in says:
            return says[sign] % told
    says = {"==": _("“%(what)s” is %(value)s"), "!=": _("“%(what)s” is not %(value)s"),
            "<": _("“%(what)s” is below %(value)s"), "<=": _("“%(what)s” is at most %(value)s"),
            ">": _("“%(what)s” is above %(value)s"), ">=": _("“%(what)s” is at least %(value)s"),
            "in": _("“%(what)s” is one of: %(value)s"),
            "not in": _("“%(what)s” is none of: %(value)s")}  # fmt: skip
    return says[sign] % told


def _right(text: str, name: str) -> str:
    """The right side of a comparison: a text, a list, a name, a number with its parameter."""
    if text.startswith("[") and text.endswith("]"):
        return between(", ").join(_right(one, name) for one in text[1:-1].split(", "))
    moved = MOVED.match(text)
    if moved is not None:
        later, earlier = _("%(n)s days after “%(what)s”"), _("%(n)s days before “%(what)s”")
        says = later if moved[2] == "+" else earlier
        return says % {"n": moved[3], "what": name_in_words(moved[1])}
    named = NAMED.match(text)
    if named is not None:
        return _("%(what)s (%(whose)s)") % {
            "what": _right(named[2], name), "whose": _of_law(named[1]),
        }  # fmt: skip
    if text.startswith('"') and text.endswith('"'):
        return value_in_words(text[1:-1], name)
    if entry_named(text):
        return f"“{name_in_words(text)}”"
    told = chinese()
    called = told.name(text) if told is not None and "_" in text else ""
    if called:
        return f"“{called}”"
    return _as_word(text)


def _on_file(found: re.Match[str]) -> str:
    told = {"what": name_in_words(found[1])}
    return _("“%(what)s” is not on file") % told if found[2] else _("“%(what)s” is on file") % told


def _agreed(found: re.Match[str]) -> str:
    return _("the condition “%(condition)s” is agreed") % {"condition": _of_law(found[1])}


def _waived(found: re.Match[str]) -> str:
    who = between(", ").join(_party(one) for one in (found[2] or "").split(", "))
    told = {"rule": _of_law(found[1]), "who": who}
    if found[2]:
        return _("“%(rule)s” is waived with the consent of %(who)s") % told
    return _("“%(rule)s” is waived") % told


def _alone(found: re.Match[str]) -> str:
    return _yes(name_in_words(found[2]), holds=not found[1])


def _contains(found: re.Match[str]) -> str:
    told = {"what": name_in_words(found[2]), "value": found[3]}
    if found[1]:
        return _("“%(what)s” does not contain %(value)s") % told
    return _("“%(what)s” contains %(value)s") % told


def _fact(found: re.Match[str]) -> str:
    return _yes(_of_law(found[2]), holds=not found[1])


def _left(found: re.Match[str]) -> str:
    return _("at least %(n)s %(unit)s left on “%(account)s”") % {
        "n": found[1], "unit": unit_name(found[2]), "account": account_in_words(found[3]),
    }  # fmt: skip


def claimed(value: str) -> Said:
    """What a claim gives, `at least 400,000 chip`; a text that somebody wrote is English."""
    if value in ("yes", "no"):
        return Said(value_in_words(value == "yes"))
    for form, says in CLAIMED:
        found = form.match(value)
        if found is not None:
            *numbers, unit = (one or "" for one in found.groups())
            parts = {f"n{at}": one for at, one in enumerate(numbers)}
            return Said(f"{_(says) % parts} {unit_name(unit)}".strip())
    return Said(value, english=chinese() is not None)


def account_in_words(key: str) -> str:
    """`cn-chip-imports/domestic-ratio?buyer=b-1` -> `Domestic ratio b-1`; a party by its name."""
    pairs = (part.partition("=")[::2] for part in key.partition("?")[2].split("&"))
    parties = {value for name, value in pairs if name.partition(".")[0] in HOLDERS}
    what, whose = account_parts(key, {f"party/{one}": _party(one) for one in parties})
    return f"{what.words} {whose}".strip()


def _party(pk: str) -> str:
    """A party as the reader of the page may call it (R11)."""
    namer = NAMER.get()
    return namer("party", pk) if namer is not None else pk


def account_parts(key: str, names: Mapping[str, str] = MappingProxyType({})) -> tuple[Said, str]:
    """What an account counts, and whose it is, from its key; `names`: `party/id` -> name."""
    what, _mark, whose = key.partition("?")
    regime, _slash, item = what.partition("/")
    values = [part.partition("=")[2] for part in whose.split("&") if part]
    values = [str(names.get(f"party/{one}", one)) for one in values]
    return item_name(item or regime, regime), ", ".join(values)


def _of_law(item: str) -> str:
    """An item of the law by its Chinese name for who reads Chinese, else by its id as words."""
    told = chinese()
    words = item if "." in item else item.replace("-", " ").replace("_", " ")
    return (told.name(item) if told is not None else "") or words


def _decided(found: re.Match[str]) -> str:
    return _("a decision on “%(rule)s”") % {"rule": _of_law(found[1])}


def _yes(what: str, *, holds: bool) -> str:
    told = {"what": what}
    return _("“%(what)s”: yes") % told if holds else _("“%(what)s”: no") % told


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (ON_FILE, _on_file), (AGREED, _agreed), (WAIVED, _waived), (DECIDED, _decided),
    (HOLDS, _contains), (LEFT, _left), (ALONE, _alone), (FACT, _fact), (COMPARED, _compared),
)  # fmt: skip
