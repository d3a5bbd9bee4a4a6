"""What changed between two regimes, or between two days of one, in legal words.

Both sides are what `show` says of them, so nothing that is shown can differ unseen. The form is
documented in docs/reference/schemas/law-diff.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from interlock.law.show import SECTIONS
from interlock.law.show_parts import status_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Kind = Literal["added", "removed", "changed"]
SINGULAR: Final = {
    "versions": "version",
    "parameters": "parameter",
    "facts": "fact",
    "party_facts": "party fact",
    "rules": "rule",
    "exceptions": "exception",
    "conditions": "condition",
    "accounts": "account",
    "rounds": "round",
    "lists": "list",
}
_HEAD: Final = ("title", "authority", "gate", "timezone", "applies")
# The end of a standing is no difference of its own between two days, nor is its whole past.
_BESIDE: Final = frozenset({"id", "since", "until"})
_SILENT: Final = frozenset({"history"})


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    Attributes:
        item: `rule licence-required`, or `regime` for what stands at the head of the file.
        kind: whether the item was added or removed as a whole, or what of it changed.
        field: what of it, e.g. `value`, `status`, `says`, `require`; empty for a whole item.
        old, new: plain values; None where there was none.
        words: the difference as a person says it.
    """

    item: str
    kind: Kind
    field: str
    old: Any
    new: Any
    words: str


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Everything that differs between two regimes as `show_regime` gives them.

    Args:
        old: one side.
        new: the other, of the same kind: as of a day, or with all dated statements.
    """
    found = [
        Difference("regime", "changed", key, old[key], new[key], _changed(key, old[key], new[key]))
        for key in _HEAD
        if old[key] != new[key]
    ]
    for section in SECTIONS:
        found += _section(SINGULAR[section], old[section], new[section])
    return tuple(found)


def _section(
    noun: str, old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]
) -> Iterator[Difference]:
    before = {one["id"]: one for one in old}
    after = {one["id"]: one for one in new}
    for name in dict.fromkeys((*before, *after)):
        item = f"{noun} {name}"
        if name not in after:
            words = f"removed: {_headline(before[name])}"
            yield Difference(item, "removed", "", dict(before[name]), None, words)
        elif name not in before:
            words = f"added: {_headline(after[name])}"
            yield Difference(item, "added", "", None, dict(after[name]), words)
        else:
            yield from _fields(item, before[name], after[name])


def _fields(item: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    dated = "status" in before or "value" in before
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field), after.get(field)
        if old == new or field in _BESIDE or (dated and field in _SILENT):
            continue
        if field == "sources" and any(before.get(k) != after.get(k) for k in ("status", "value")):
            continue  # said with the status or the value
        words = _field_words(field, before, after)
        yield Difference(item, "changed", field, old, new, words)


def _field_words(field: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    old, new = before.get(field), after.get(field)
    unit = f" {after['unit']}" if field == "value" and after.get("unit") else ""
    if field == "status":
        text = f"was {status_words(before)}, is {status_words(after)}"
        return f"{text}{_resting(after)}"
    if field == "value":
        since = f", since {after['since']}" if after.get("since") else ""
        text = f"from {_shown(old)}{unit if old is not None else ''} to {_shown(new)}"
        return f"{text}{unit if new is not None else ''}{since}{_resting(after)}"
    if field == "history":
        return _history(old or [], new or [])
    if field == "cases":
        return _lines("case", map(_case, old or []), map(_case, new or []))
    if field == "entries":
        return _lines("entry", map(_entry, old or []), map(_entry, new or []))
    if field == "sources":
        return _changed("rests on", _sources(old), _sources(new))
    return _changed(field.replace("_", " "), old, new)


def _changed(what: str, old: Any, new: Any) -> str:
    return f"{what} changed from {_shown(old)} to {_shown(new)}"


def _shown(value: Any) -> str:
    if value is None or value in ([], ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, list):
        return f"[{', '.join(_shown(one) for one in value)}]"
    if isinstance(value, dict):
        inner = (f"{key}: {_shown(one)}" for key, one in value.items() if one is not None)
        return f"{{{', '.join(inner)}}}"
    return f'"{value}"' if " " in str(value) else str(value)


def _headline(item: Mapping[str, Any]) -> str:
    parts = [str(item.get("says") or "")]
    if "status" in item:
        parts.append(f"({status_words(item)})")
    elif "value" in item:
        unit = f" {item['unit']}" if item.get("unit") else ""
        parts.append(f"({_shown(item['value'])}{unit})")
    return " ".join(part for part in parts if part) or str(item["id"])


def _resting(item: Mapping[str, Any]) -> str:
    named = _sources(item.get("sources"))
    return f" ({named})" if named else ""


def _sources(links: Any) -> str:
    return "; ".join(f"{link['id']}, {link['grade']}" for link in links or [])


def _history(old: list[Any], new: list[Any]) -> str:
    return _lines("statement", map(_statement, old), map(_statement, new))


def _statement(one: Mapping[str, Any]) -> str:
    what = _shown(one["value"]) if "value" in one else str(one["is"]).replace("_", " ")
    since = f" from {one['from']}" if one.get("from") else ""
    until = f" until {one['until']}" if one.get("until") else ""
    public = f", public {one['public']}" if one.get("public") else ""
    return f"{what}{since}{until}{public}{_resting(one)}"


def _case(one: Mapping[str, Any]) -> str:
    given = one["value"] if one["is"] is None else _shown(one["is"])
    dates = "; ".join(map(_statement, one.get("history") or []))
    when = f"{given} when {one['when']}" if one["when"] else f"{given} otherwise"
    return f"{when} [{dates}]" if dates else when


def _entry(one: Mapping[str, Any]) -> str:
    until = f" until {one['until']}" if one["until"] else ""
    aliases = f" ({', '.join(one['aliases'])})" if one["aliases"] else ""
    return f"{one['party']}{aliases}, from {one['from']}{until}"


def _lines(noun: str, old: Iterable[str], new: Iterable[str]) -> str:
    before, after = list(old), list(new)
    out = [f"{noun} removed: {one}" for one in before if one not in after]
    out += [f"{noun} added: {one}" for one in after if one not in before]
    return "; ".join(out) or f"the order or sources of its {noun}s changed"
