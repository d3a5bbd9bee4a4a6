"""One value as a page shows it. A list has hundreds of them, so no template is read for each."""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.book.lifecycles import lifecycles
from interlock.web.form_words import codes
from interlock.web.inwords import account_parts, entry_named, name_in_words, value_in_words
from interlock.web.law_tongue import chinese, sentence
from interlock.web.names import PEOPLE, Unlinked
from interlock.web.phrasing import NAMER, between, recalled, translated
from interlock.web.plain import moment, number
from interlock.web.words import english, word

if TYPE_CHECKING:
    from collections.abc import Mapping

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
OF_LAW = ("condition_kind", "rule")
"""Fields that name an item of the law by its id."""
NAMES = ("name", "title")
"""What people called something: it is no text of the pages."""
OWN_REASONS = (
    "the lists, names or owners have changed", "its last day is over", "a claims file",
    "a customs system reports", "a replay", "people to try the episode out",
)  # fmt: skip
"""Why the book's jobs and its addresses without a field for it did something."""
MANY = 40
"""A table with more rows is folded."""
LONGEST = 5000
"""A text with more letters is a file, and folded."""
LONG = 600
"""A list with more letters is folded: it is kept as a record and read by few."""
NONE = SafeString("&ndash;")
MONEY = re.compile(r"^-?\d+(\.\d+)?$")
EVENT = re.compile(r"[a-z_]+(?:\.[a-z_]+)?: ")
"""What an account was credited for, before what the law says of it."""
DIGEST = re.compile(r"^[0-9a-f]{40,}$")
RECORDED = ("assumption", "claims", "sources", "counted", "filings", "messages", "status",
            "verdict", "stage", "quantity", "list", "entries", "entry", "score", "digest", "known",
            "at", "name", "sha256", "list_title", "by_name", "regimes", "changes",
            "returned", "by", "reason", "holder", "order", "allocation", "units",
            "stays_reserved", "beyond_asked", "holders", "consignees", "party", "valid_until",
            "transfer_to", "transfer_quantity", "sub_quota", "cap")  # fmt: skip
"""What the book's own records are called inside a field that is a table."""


def badge(name: str, context: str = "state", kind: str = "") -> SafeString:
    """A state (of a kind, where it is known) or verdict; its colour says what its word says."""
    colour = COLOURS.get(name, "blue")
    text = word(f"{context} {kind}", name) or _("none")
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
    name = names.get(f"{kind}/{pk}")
    if kind not in NAMED:
        return link(kind, pk) if name is None else format_html('<span class="id">{}</span>', name)
    if isinstance(name, Unlinked):
        return format_html('<span translate="no">{}</span>', name)
    return link(kind, pk, name) if name else conditional_escape(pk)


def account(key: str, names: Mapping[str, str] = MappingProxyType({})) -> SafeString:
    """An account by what it counts and whose it is; its whole key stands behind it.

    `us-advanced-computing/licence-quantity?licence=l-1` is shown as `Licence quantity l-1`; a
    party that the page has a name for by that.
    """
    item, whose = account_parts(key, names)
    return format_html(
        '<span class="account" title="{}">{} '
        '<span class="text-secondary" translate="no">{}</span></span>',
        key, item.shown, whose,
    )  # fmt: skip


def person(who: str, names: dict[str, str]) -> SafeString:
    """Who did something, by name and office; how the log writes them stands behind it."""
    return format_html(
        '<span title="{}" translate="no">{}</span>', who, names.get(f"person/{who}", who)
    )


def cell(column: Column, value: Any, kind: str, names: dict[str, str]) -> SafeString:
    """A value of a column, by the column's shape."""
    if value is None or value in ("", [], {}):
        return format_html(
            '<span class="text-secondary" title="{}">{}</span>', _("not given"), NONE
        )
    if column.shape == "id":
        return link(kind, value)
    if column.shape == "state":
        return badge(value, kind=kind)
    if column.shape == "gate":
        return conditional_escape(word("gate", value))
    if column.shape == "ref":
        return ref(column.refers, value, names)
    if column.shape == "refs":
        return format_html_join(
            between(", "), "{}", ((ref(column.refers, pk, names),) for pk in value)
        )
    if column.shape == "year":
        return conditional_escape(value)
    if column.shape == "number":
        return conditional_escape(number(value))
    if column.name in PEOPLE:
        return person(value, names)
    if column.name in NAMES:
        return format_html('<span translate="no">{}</span>', value)
    if column.name == "reason":
        return reason(value)
    if column.shape == "moment":
        return format_html("<time>{}</time>", moment(value))
    told = coded(column.name, value)
    return plain(value) if told is None else told


def reason(text: str) -> SafeString:
    """Why something was done: what the book says itself in the reader's language, else as said."""
    if text in said_by_moves():
        return conditional_escape(word("says", text))
    event = EVENT.match(text)
    told = sentence(text[event.end() :] if event is not None else text)
    if chinese() is not None and not told.english and text:  # an account counts as the law says
        return conditional_escape(told.words)
    return format_html('<span translate="no">{}</span>', text)


@cache
def said_by_moves() -> frozenset[str]:
    """The reasons where nobody gave one: what lifecycles say of each move, and the book's own."""
    says = (move.says for life in lifecycles().values() for move in life.moves.values())
    return frozenset((*says, *OWN_REASONS))


def coded(name: str, value: Any) -> SafeString | None:
    """A code, or a list of them, that a field chooses from, as its words; None: it is none."""
    told = chinese() if name in OF_LAW else None
    if told is not None and isinstance(value, str) and told.name(value):
        return conditional_escape(told.name(value))
    if name == "condition_kind" and isinstance(value, str):
        return conditional_escape(english(value))
    known = codes(name)
    if not known:
        return None
    if isinstance(value, list) and value and all(one in known for one in value):
        return conditional_escape(between(", ").join(word("choice", one) for one in value))
    if isinstance(value, str) and value in known:
        return conditional_escape(word("choice", value))
    return None


def told(name: str, value: Any) -> SafeString:
    """A field's value as a preview shows it: codes by their words, numbers with thousands apart."""
    found = coded(name, value)
    if found is None and isinstance(value, str) and MONEY.match(value):
        return conditional_escape(number(value))
    return plain(value) if found is None else found


def plain(value: Any) -> SafeString:
    """Any value of which nothing more is known: yes, no, a table, a list, a text."""
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return conditional_escape(_("yes") if value else _("no"))
    if isinstance(value, dict):
        return _table(value)
    if isinstance(value, list) and len(str(value)) > LONG:
        text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
        shown = format_html('<pre class="json" tabindex="0">{}</pre>', text)
        return _folded(_entries(len(value)), shown)
    if isinstance(value, str) and len(value) > LONGEST:
        shown = format_html('<pre class="json" tabindex="0">{}</pre>', value)
        return _folded(_("%(n)s characters") % {"n": number(len(value))}, shown)
    if isinstance(value, list):
        sign = "" if any(isinstance(one, dict) for one in value) else between(", ")
        return format_html_join(sign, "{}", ((plain(one),) for one in value))
    if isinstance(value, str) and DIGEST.match(value):  # the first letters tell two apart
        return format_html('<span class="id" title="{}">{}…</span>', value, value[:12])
    return conditional_escape(number(value) if isinstance(value, int | float) else value)


def _table(value: dict[str, Any]) -> SafeString:
    """Named values in a field: facts by what they mean, the book's own records by their words."""
    rows = [(_named(name), _told(name, one)) for name, one in _leaves(value) if one is not None]
    body = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows)
    table = format_html('<dl class="nested">{}</dl>', body)
    return table if len(rows) <= MANY else _folded(_entries(len(rows)), table)


def _folded(says: str, inside: SafeString) -> SafeString:
    return format_html("<details><summary>{}</summary>{}</details>", says, inside)


def _entries(many: int) -> str:
    return ngettext("%(n)s entry", "%(n)s entries", many) % {"n": number(many)}


def _leaves(table: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += _leaves(value, f"{before}{name}.")
        else:
            found.append((f"{before}{name}", value))
    return found


def _named(name: str) -> SafeString:
    name = name.removeprefix("terms.")  # of an amendment: the licence's own fields
    if entry_named(name) is not None:
        return conditional_escape(name_in_words(name))
    if name in RECORDED:
        return conditional_escape(word("field", name))
    told = chinese()
    if told is not None and told.name(name):  # a parameter of a condition
        return conditional_escape(told.name(name))
    if "_" in name and name.isidentifier() and told is None:
        return conditional_escape(english(name))
    return format_html('<span translate="no">{}</span>', name.removeprefix("regimes."))


def _told(name: str, value: Any) -> SafeString:
    if entry_named(name) is not None and not isinstance(value, list):
        return conditional_escape(value_in_words(value, name))
    if name.rpartition(".")[2] == "verdict":
        return conditional_escape(word("verdict", str(value)))
    if name.startswith("left_out."):  # why an order is in no run
        return conditional_escape(translated(recalled(str(value))))
    last, namer = name.rpartition(".")[2], NAMER.get()
    if namer is not None and isinstance(value, str) and last in ("by", "party"):
        kind = "person" if "@" in value else "party"
        return format_html('<span translate="no">{}</span>', namer(kind, value))
    told = coded(name, value)
    if told is None:
        told = format_html('<span translate="no">{}</span>', plain(value))
    return told
