"""Words, numbers and days as pages show them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from interlock.letters.content import PRINTED
from interlock.web import cells, plain, rule_names
from interlock.web.inwords import claimed as claim_in_words
from interlock.web.inwords import name_in_words
from interlock.web.lab_names import unit_of
from interlock.web.law_tongue import item_name, sentence, unit_name
from interlock.web.law_words import change_in_words, item_in_words
from interlock.web.law_words import derived as in_law_words
from interlock.web.names import ABOUT, party_name
from interlock.web.phrasing import between, recalled, translated
from interlock.web.terms import term as term_of
from interlock.web.values import lines_of
from interlock.web.words import KEYS
from interlock.web.words import word as word_of

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()
register.filter("number", plain.number)
register.filter("moment", plain.moment)
register.filter("plain", cells.plain)
register.filter("reason", cells.reason)
register.simple_tag(cells.badge, name="badge")
register.simple_tag(cells.told, name="told")


@register.filter
def word(name: Any, context: str) -> str:
    """A name in the reader's language: `{{ thing.state|word:"state" }}`."""
    return word_of(context, str(name)) if name else ""


@register.simple_tag(takes_context=True)
def who(context: dict[str, Any], key: str) -> str:
    """Who holds a key: an office of the vocabulary by its word, a party by its name.

    A firm is told the names of parties that it may name; of others it sees what the law calls them.
    """
    if key in KEYS:
        return word_of("key", key)
    request = context["request"]
    known: dict[str, str] = request.__dict__.setdefault("names_of_keys", {})  # one look a page
    if key not in known:
        known[key] = party_name(getattr(request, "actor", None), key)
    return format_html('<span translate="no">{}</span>', known[key])


@register.filter
def get(table: dict[str, Any], name: Any) -> Any:
    """One value of a table by a name that is known at run time."""
    return table.get(name) if hasattr(table, "get") else None


@register.simple_tag(takes_context=True)
def cell(context: dict[str, Any], column: Any, row: dict[str, Any]) -> SafeString:
    """One value of a row, by the shape of its column."""
    value = row.get(column.name)
    if column.name == ABOUT and value:
        return cells.ref(row[f"{ABOUT}_kind"], value, context["names"])
    return cells.cell(column, value, context["kind"], context["names"])


@register.simple_tag(takes_context=True)
def ref(context: dict[str, Any], kind: str, pk: str) -> SafeString:
    """A thing that this one names, as a link where the reader may read it."""
    return cells.ref(kind, pk, context["names"])


@register.simple_tag(takes_context=True)
def person(context: dict[str, Any], who: str) -> SafeString:
    """Who did something, by name and office where the page knows them."""
    return cells.person(who, context.get("names") or {})


@register.simple_tag(takes_context=True)
def account(context: dict[str, Any], key: str) -> SafeString:
    """An account by what it counts and whose it is."""
    return cells.account(key, context.get("names") or {})


@register.simple_tag(takes_context=True)
def rule(context: dict[str, Any], name: str) -> SafeString:
    """A rule that is called by `regime/id`, by its words where the reader may read it."""
    return rule_names.shown(name, context.get("rules") or {})


@register.filter
def moved(right: str) -> str:
    """What was decided, by its kind and move: `shipment.dispatch`."""
    kind, _dot, move = right.partition(".")
    told = _("still open") if move == "stands" else word_of(f"move {kind}", move)
    return _("%(what)s: %(told)s") % {"what": word_of("kind", kind), "told": told}


@register.filter
def signed(value: Any) -> str:
    """A difference with its sign, thousands apart."""
    text = plain.number(value)
    return f"+{text}" if value and value > 0 else text.replace("-", "\u2212")


@register.filter
def refused(text: str) -> str:
    """Why a line of a run got nothing."""
    return translated(recalled(text))


@register.filter
def told(text: str) -> str:
    """What is wrong, or its mend, in the reader's language."""
    return translated(text)


@register.filter
def law_change(words: str) -> SafeString:
    """What changes in the law, in the reader's language."""
    told = change_in_words(words)
    return format_html('<span lang="en">{}</span>' if told.english else "{}", told.words)


@register.filter
def law_item(item: str) -> SafeString:
    """An item of a regime by its kind and id, or its Chinese name: `rule licence-required`."""
    noun, name = item_in_words(item)
    if (told := law_name(name)) != name:
        return format_html('{} <span title="{}">“{}”</span>', noun, name, told)
    return format_html('{} <span class="id">{}</span>', noun, name)


@register.filter
def law_says(text: str) -> SafeString:
    """A sentence of a regime in the reader's language."""
    return sentence(text or "").shown


@register.filter
def law_text(text: str) -> str:
    """The same as a text without marks, for a page's title."""
    return sentence(text or "").words


@register.filter
def derived(value: Any) -> SafeString | str:
    """A value of a fact that follows from others: codes by their words."""
    return in_law_words(value) if isinstance(value, str) else cells.plain(value)


@register.filter
def claimed(value: str) -> SafeString:
    """What a claim gives; a text that somebody wrote is marked as English."""
    return claim_in_words(value).shown


@register.filter
def law_name(item: str) -> str:
    """A parameter or rule by its name in the reader's language."""
    return item_name(item).words


@register.filter
def keyed(name: str) -> str:
    """What an account is kept for each of: `buyer`, `licence`, or a fact, in words."""
    if "." in name:
        return name_in_words(name)
    return word_of("key" if name in KEYS else "kind", name).lower()


@register.filter
def unit(name: str | None) -> str:
    """A unit of the law in the reader's language."""
    return unit_name(name)


@register.simple_tag(name="between")
def between_tag(sign: str) -> str:
    """What stands between two parts: `, `, `; ` or `: `, as the reader's language writes it."""
    return between(sign)


@register.filter
def row(parts: Any, sign: str) -> str:
    """Texts one after another, with such a sign between them."""
    return between(sign).join(str(one) for one in parts)


@register.filter
def measured_in(measure: str, found: dict[str, Any]) -> str:
    """What a measure of a result of the lab is counted in."""
    return unit_of(measure, found)


@register.filter
def rounded(value: Any) -> str:
    """A measure of many runs: whole from a hundred on, else to three figures."""
    if value is None:
        return "\u2013"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text.replace("-", "\u2212")


@register.filter
def rounded_signed(value: Any) -> str:
    """The same with its sign."""
    return f"+{rounded(value)}" if value > 0 else rounded(value)


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


@register.simple_tag(takes_context=True)
def term(context: dict[str, Any], name: str) -> SafeString:
    """A button that explains a word where it stands; the browser itself opens and closes it."""
    found, says = term_of(name, get_language() or "en")
    kept: dict[Any, int] = context.render_context.dicts[0]  # type: ignore[attr-defined]
    kept["terms"] = number = kept.get("terms", 0) + 1
    # A part that htmx fetches has names of its own.
    request = context.get("request")
    part = "p" if request is not None and request.headers.get("HX-Request") else "t"
    label = _("What is “%(word)s”?") % {"word": found}
    return format_html(
        '<button type="button" class="term" popovertarget="{0}{1}-{2}" aria-label="{3}">?</button>'
        '<span popover id="{0}{1}-{2}" class="term-says" role="note">'
        "<strong>{4}</strong> {5}</span>",
        part, number, name, label, found, says,
    )  # fmt: skip


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
