"""Words, numbers and days as pages show them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString  # noqa: TC002 - Django asks for the types of tags
from django.utils.translation import gettext as _

from interlock.letters.content import PRINTED
from interlock.web.values import lines_of
from interlock.web.words import word as word_of

register = template.Library()
COLOURS = {
    "open": "green", "issued": "green", "active": "green", "released": "green", "approved": "green",
    "in_force": "green", "confirmed": "green", "accepted": "green", "agreed": "green",
    "on_file": "green", "reserved": "green", "posted": "green", "signed": "green",
    "shut": "red", "refused": "red", "rejected": "red", "revoked": "red", "held": "red",
    "cancelled": "secondary", "void": "secondary", "withdrawn": "secondary", "closed": "secondary",
    "expired": "secondary", "unknown": "yellow", "provisional": "yellow", "suspended": "orange",
    "draft": "secondary", "drafted": "secondary", "waiting": "yellow", "to_review": "yellow",
    "fail": "red", "pass": "green", "stale": "secondary", "declared": "blue",
    "not_enforced": "orange", "not_yet": "secondary",
    "ended": "secondary", "nothing_binds": "secondary", "assumed": "purple", "proposed": "blue",
    "contradicted": "orange", "replaced": "secondary", "sealed": "green",
    "undisclosed": "yellow", "assumption": "orange", "claim": "yellow", "source": "secondary",
}  # fmt: skip


@register.filter
def word(name: Any, context: str) -> str:
    """A name in the reader's language: `{{ thing.state|word:"state" }}`."""
    return word_of(context, str(name)) if name else ""


@register.filter
def get(table: dict[str, Any], name: Any) -> Any:
    """One value of a table by a name that is known at run time."""
    return table.get(name) if hasattr(table, "get") else None


@register.filter
def number(value: Any) -> str:
    """A number with thousands apart, and no more places than it has."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except ArithmeticError:
            return str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:,}" if isinstance(value, int | Decimal) else f"{value:,.2f}"


@register.filter
def signed(value: Any) -> str:
    """A difference with its sign, thousands apart."""
    return f"+{number(value)}" if value and value > 0 else number(value).replace("-", "\u2212")


@register.filter
def at(values: list[Any], index: int) -> Any:
    """One value of a list by its position."""
    return values[index] if 0 <= index < len(values) else None


@register.filter
def has_letter(kind: str, state: str) -> bool:
    """Whether a thing of a kind is in a state in which it can be printed."""
    return state in PRINTED.get(kind, ())


@register.filter
def percent(value: Any) -> str:
    """A share as per cent."""
    return f"{float(value) * 100:g} %" if value is not None else ""


@register.filter
def day_before(day: str) -> str:
    """The day before a day, both ISO."""
    return (dt.date.fromisoformat(day) - dt.timedelta(days=1)).isoformat()


_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)")


@register.filter
def moment(value: Any) -> str:
    """A time to the minute, in UTC."""
    if isinstance(value, dt.datetime):
        value = value.astimezone(dt.UTC).isoformat()
    found = _MOMENT.match(str(value or ""))
    return f"{found[1]} {found[2]} UTC" if found else str(value or "")


@register.filter
def lines(table: Any) -> list[tuple[str, str]]:
    """A table in a table as pairs: dotted name and value."""
    if not isinstance(table, dict):
        return [("", str(table))]
    return [(name, value) for name, _c, value in (x.partition(": ") for x in lines_of(table))]


@register.filter
def nested(value: Any) -> bool:
    """Whether a value is a table."""
    return isinstance(value, dict)


@register.filter
def listed(value: Any) -> bool:
    """Whether a value is a list."""
    return isinstance(value, list)


@register.simple_tag
def badge(name: str, context: str = "state") -> SafeString:
    """A state or verdict as a badge; its colour says nothing that its word does not."""
    colour = COLOURS.get(name, "blue")
    return format_html(
        '<span class="badge bg-{}-lt">{}</span>', colour, word_of(context, name) or _("none")
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon that only adorns a word."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("web/icons.svg"), name,
    )  # fmt: skip


@register.simple_tag
def language_names() -> list[tuple[str, str]]:
    """The languages by their own names."""
    return list(settings.LANGUAGES)
