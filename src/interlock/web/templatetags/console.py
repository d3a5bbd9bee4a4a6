"""Words, numbers and days as pages show them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html

from interlock.letters.content import PRINTED
from interlock.web import cells, plain
from interlock.web.values import lines_of
from interlock.web.words import KEYS
from interlock.web.words import word as word_of

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()
register.filter("number", plain.number)
register.filter("moment", plain.moment)
register.filter("plain", cells.plain)
register.simple_tag(cells.badge, name="badge")


@register.filter
def word(name: Any, context: str) -> str:
    """A name in the reader's language: `{{ thing.state|word:"state" }}`."""
    return word_of(context, str(name)) if name else ""


@register.filter
def who(key: str) -> str:
    """Who holds a key: an office of the vocabulary by its word, a party by its id."""
    return word_of("key", key) if key in KEYS else key


@register.filter
def get(table: dict[str, Any], name: Any) -> Any:
    """One value of a table by a name that is known at run time."""
    return table.get(name) if hasattr(table, "get") else None


@register.simple_tag(takes_context=True)
def cell(context: dict[str, Any], column: Any, row: dict[str, Any]) -> SafeString:
    """One value of a row, by the shape of its column."""
    return cells.cell(column, row.get(column.name), context["kind"], context["names"])


@register.simple_tag(takes_context=True)
def ref(context: dict[str, Any], kind: str, pk: str) -> SafeString:
    """A thing that this one names, as a link where the reader may read it."""
    return cells.ref(kind, pk, context["names"])


@register.filter
def signed(value: Any) -> str:
    """A difference with its sign, thousands apart."""
    text = plain.number(value)
    return f"+{text}" if value and value > 0 else text.replace("-", "\u2212")


@register.filter
def at(values: list[Any], index: int) -> Any:
    """One value of a list by its position."""
    return values[index] if 0 <= index < len(values) else None


@register.filter
def has_letter(kind: str, state: str) -> bool:
    """Whether a thing of a kind is in a state in which it can be printed."""
    return state in PRINTED.get(kind, ())


@register.filter
def undo(message: Any) -> str:
    """The run whose reservations a message's reader can void (`moves.undo_of`), or empty."""
    first, _space, pk = (message.extra_tags or "").partition(" ")
    return pk if first == "undo" else ""


@register.filter
def percent(value: Any) -> str:
    """A share as per cent."""
    return f"{float(value) * 100:g} %" if value is not None else ""


@register.filter
def day_before(day: str) -> str:
    """The day before a day, both ISO."""
    return (dt.date.fromisoformat(day) - dt.timedelta(days=1)).isoformat()


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
