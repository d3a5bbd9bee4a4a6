"""Printing a regime as of a day for people; `interlock.law.show` says what there is to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.cli.layout import Page
from interlock.law.diff import SINGULAR
from interlock.law.show_parts import status_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Fields = dict[str, Any]
_TITLES = {name: name.replace("_", " ").capitalize() for name in SINGULAR}


def print_law(shown: Iterable[Fields], at: str, known: str, *, whole: bool) -> None:
    """Print regimes as `show_regime` gives them.

    Args:
        shown: one mapping a regime.
        at: the day, for the heading.
        known: the day by which things must have been public.
        whole: whether the regimes are whole, or one item was asked for: then its past is told too.
    """
    page = Page()
    for index, regime in enumerate(shown):
        if index:
            page.gap()
        _heading(page, regime, at, known)
        for section, title in _TITLES.items():
            if regime[section]:
                _section(page, section, title, regime[section], whole=whole)
        _withheld(page, regime["withheld"])
    page.print()


def _heading(page: Page, regime: Fields, at: str, known: str) -> None:
    page.say(f"{regime['title']} ({regime['regime']})", style="bold")
    page.say(f"{regime['authority']} guards the gate '{regime['gate']}'")
    heard = "" if known == at else f", as known by {known}"
    page.say(f"The law of {at}{heard}; days are days in {regime['timezone']}.")
    if regime["applies"]:
        page.say(f"Applies where {regime['applies']}", hang=2)


def _withheld(page: Page, items: list[Fields]) -> None:
    """What the viewer may know of, without its text."""
    if items:
        page.gap()
        page.say("Not disclosed", style="bold")
    for item in items:
        says = f": {item['says']}" if item["says"] else ""
        page.say(f"{item['section']} {item['id']}{says}", 2, 2)


def _section(page: Page, section: str, title: str, items: list[Fields], *, whole: bool) -> None:
    page.gap()
    page.say(title, style="bold")
    if section == "parameters" and whole:
        rows = [
            [one["id"], _value(one), one["since"] or "", _sources(one["sources"])] for one in items
        ]
        page.table(["parameter", "value", "since", "source"], rows, set())
        return
    for item in items:
        _item(page, section, item, whole=whole)


def _item(page: Page, section: str, item: Fields, *, whole: bool) -> None:
    standing = ""
    if "status" in item:
        standing = f": {status_words(item)}"
    elif section == "parameters":
        standing = f": {_value(item)}"
    page.say(f"{item['id']}{standing}", 2, 2, style="bold")
    lines = [item.get("says") or "", *_lines(section, item)]
    if item.get("sources"):
        lines.append(f"rests on {_sources(item['sources'])}")
    if not whole:
        lines += [f"stated: {_statement(one)}" for one in item.get("history", [])]
    for line in lines:
        if line:
            page.say(line, 4, 2)


def _lines(section: str, item: Fields) -> list[str]:
    if section == "facts":
        over = item["overridden_by"]
        lines = [f"{over} on file wins"] if over else []
        return [*lines, *(_case(one) for one in item["cases"])]
    if section == "lists":
        return [f"{one['party']}, from {one['from']}" for one in item["entries"]]
    lines = []
    if item.get("stages"):
        lines.append(f"at {', '.join(item['stages'])}")
    for key, words in (("when", "where"), ("require", "requires"), ("floor", "fewest points")):
        if item.get(key) not in (None, 0):
            lines.append(f"{words} {item[key]}")
    if item.get("undisclosed"):
        lines.append("what it asks is not disclosed")
    if item.get("lifts"):
        lines.append(f"lifts {', '.join(item['lifts'])}")
    if item.get("waiver"):
        lines.append(f"may be waived by {', '.join(item['waiver']['by'])}")
    if section == "party_facts":
        lines.append(f"{item['kind']}: {', '.join(item['of'])} on {', '.join(item['lists'])}")
    if section == "accounts":
        lines += _account(item)
    if item.get("account"):
        lines += _account(item["account"])
    lines += [f"{{{one['id']}}} is set by each licence" for one in item.get("parameters", [])]
    lines += [f"{one['id']}: {_points(one)}" for one in item.get("score", [])]
    return lines


def _account(item: Mapping[str, Any]) -> list[str]:
    draw = item["draw"]
    per = ", ".join(item["per"])
    lines = [f"counted in {item['unit']}{f', one for each {per}' if per else ', one for all'}"]
    for credit in item["credits"]:
        when = f" where {credit['when']}" if credit["when"] else ""
        lines.append(f"credited on {credit['on']} with {credit['amount']}{when}")
    lines.append(
        f"a unit draws {draw['factor']}: reserved at {draw['reserve']}, posted at {draw['post']}"
    )
    for key, words in (
        ("tolerance", "tolerance"),
        ("may_owe", "may owe"),
        ("window_days", "a draw comes back after days"),
        ("period", "period"),
        ("parent", "part of"),
    ):
        if item[key]:
            value = item[key]
            text = (
                ", ".join(f"{k.replace('_', ' ')} {_plain(v)}" for k, v in value.items() if v)
                if isinstance(value, dict)
                else str(value)
            )
            lines.append(f"{words}: {text}")
    return lines


def _points(criterion: Mapping[str, Any]) -> str:
    points = "not disclosed" if criterion["undisclosed"] else f"{criterion['points']} points"
    return f"{points}. {criterion['says']}" if criterion["says"] else points


def _case(one: Mapping[str, Any]) -> str:
    given = one["value"] if one["is"] is None else _plain(one["is"])
    return f"{given} where {one['when']}" if one["when"] else f"{given} otherwise"


def _value(item: Mapping[str, Any]) -> str:
    if item["value"] is None:
        return "no value"
    return f"{_plain(item['value'])}{' ' + item['unit'] if item['unit'] else ''}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _sources(links: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(f"{link['id']} ({link['grade']})" for link in links)


def _statement(one: Mapping[str, Any]) -> str:
    what = _plain(one["value"]) if "value" in one else str(one["is"]).replace("_", " ")
    since = f" from {one['from']}" if one["from"] else ""
    until = f" until {one['until']}" if one["until"] else ""
    public = f", public {one['public']}" if one["public"] else ""
    rests = _sources(one["sources"])
    return f"{what}{since}{until}{public}{f'; {rests}' if rests else ''}"
