"""One value as a page shows it. A list has hundreds of them, so no template is read for each."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.book.lifecycles import lifecycles
from interlock.web.plain import moment, number
from interlock.web.values import lines_of
from interlock.web.words import word

if TYPE_CHECKING:
    from interlock.web.listing import Column

COLOURS = {
    "open": "green", "issued": "green", "active": "green", "released": "green", "approved": "green",
    "in_force": "green", "confirmed": "green", "accepted": "green", "agreed": "green",
    "on_file": "green", "reserved": "green", "posted": "green", "signed": "green", "pass": "green",
    "shut": "red", "refused": "red", "rejected": "red", "revoked": "red", "held": "red",
    "fail": "red", "cancelled": "secondary", "void": "secondary", "withdrawn": "secondary",
    "closed": "secondary", "expired": "secondary", "draft": "secondary", "drafted": "secondary",
    "unknown": "yellow", "provisional": "yellow", "waiting": "yellow", "to_review": "yellow",
    "suspended": "orange", "stale": "secondary", "declared": "blue", "not_enforced": "orange",
    "not_yet": "secondary", "ended": "secondary", "nothing_binds": "secondary",
    "assumed": "purple", "proposed": "blue", "contradicted": "orange", "replaced": "secondary",
    "sealed": "green", "undisclosed": "yellow", "assumption": "orange", "claim": "yellow",
    "source": "secondary", "placed": "green", "not_placed": "orange", "below_floor": "red",
}  # fmt: skip
NAMED = ("party", "product")
NAMES = ("name", "title")
"""What people called something: it is no text of the pages."""
LONG = 600
"""A list with more letters is folded: it is kept as a record and read by few."""
NONE = SafeString("&ndash;")


def badge(name: str, context: str = "state") -> SafeString:
    """A state or verdict; its colour says nothing that its word does not."""
    colour = COLOURS.get(name, "blue")
    text = word(context, name) or _("none")
    return format_html('<span class="badge bg-{}-lt">{}</span>', colour, text)


@lru_cache(maxsize=64)
def _way(kind: str) -> tuple[str, str]:
    """The address of a kind's things before and after the id."""
    before, _mark, after = reverse("thing", args=[kind, "ID"]).partition("ID")
    return before, after


def link(kind: str, pk: str, text: str = "") -> SafeString:
    """A thing by its id, or by a name that it has."""
    before, after = _way(kind)
    if text:
        return format_html('<a href="{}{}{}" translate="no">{}</a>', before, pk, after, text)
    return format_html('<a class="id" href="{}{}{}">{}</a>', before, pk, after, pk)


def ref(kind: str, pk: str, names: dict[str, str]) -> SafeString:
    """A thing that another names: parties and products by name, if the reader may read them."""
    if kind not in NAMED:
        return link(kind, pk)
    name = names.get(f"{kind}/{pk}")
    return link(kind, pk, name) if name else conditional_escape(pk)


def cell(column: Column, value: Any, kind: str, names: dict[str, str]) -> SafeString:
    """A value of a column, by the column's shape."""
    if value is None or value in ("", [], {}):
        return format_html(
            '<span class="text-secondary" title="{}">{}</span>', _("not given"), NONE
        )
    if column.shape == "id":
        return link(kind, value)
    if column.shape == "state":
        return badge(value)
    if column.shape == "gate":
        return conditional_escape(word("gate", value))
    if column.shape == "ref":
        return ref(column.refers, value, names)
    if column.shape == "refs":
        return format_html_join(", ", "{}", ((ref(column.refers, pk, names),) for pk in value))
    if column.shape == "number":
        return conditional_escape(number(value))
    if column.name in NAMES:
        return format_html('<span translate="no">{}</span>', value)
    if column.name == "reason":
        return reason(value)
    if column.shape == "moment":
        return format_html("<time>{}</time>", moment(value))
    return plain(value)


def reason(text: str) -> SafeString:
    """Why something was done: what a move says of itself in the reader's language, else as said."""
    if text in said_by_moves():
        return conditional_escape(word("says", text))
    return format_html('<span translate="no">{}</span>', text)


@cache
def said_by_moves() -> frozenset[str]:
    """What the table of lifecycles says of each move: the reason where nobody gave one."""
    return frozenset(move.says for life in lifecycles().values() for move in life.moves.values())


def plain(value: Any) -> SafeString:
    """Any value of which nothing more is known: yes, no, a table, a list, a text."""
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return conditional_escape(_("yes") if value else _("no"))
    if isinstance(value, dict):
        pairs = (x.partition(": ")[::2] for x in lines_of(value))
        body = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", pairs)
        return format_html('<dl class="nested" translate="no">{}</dl>', body)
    if isinstance(value, list) and len(str(value)) > LONG:
        text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
        return format_html(
            '<details><summary>{}</summary><pre class="json" tabindex="0">{}</pre></details>',
            ngettext("%(n)s entry", "%(n)s entries", len(value)) % {"n": len(value)}, text,
        )  # fmt: skip
    if isinstance(value, list):
        between = "" if any(isinstance(one, dict) for one in value) else ", "
        return format_html_join(between, "{}", ((plain(one),) for one in value))
    return conditional_escape(number(value) if isinstance(value, int | float) else value)
