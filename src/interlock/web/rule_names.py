"""Rules that a page calls by `regime/id`, by what they say and with the way to them (R11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.urls import reverse
from django.utils.html import format_html

from interlock.book.selectors import law_shown
from interlock.web.law_tongue import item_name, sentence

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from django.utils.safestring import SafeString

    from interlock.book.rights import Actor


class Rule(NamedTuple):
    """An item of the law that the reader may read: what it says in English, and its address."""

    says: str
    where: str


def rules_of(actor: Actor, names: Iterable[str], on: dt.date) -> dict[str, Rule]:
    """`regime/id` -> the rule, account or condition, for those that the actor may read on a day.

    What a proposed text alone has, and what is hidden from the reader, is not among them.
    """
    wanted = {name for name in names if "/" in name}
    found = {}
    for one in law_shown.regimes():
        regime = one.regime.id
        if not any(name.startswith(f"{regime}/") for name in wanted):
            continue
        at = f"{reverse('regime', args=[regime])}?at={on.isoformat()}"
        read = law_shown.shown(actor, regime, at=on)
        for section, item in law_shown.items_of(read):
            name = f"{regime}/{item['id']}"
            if name in wanted:
                found[name] = Rule(item.get("says") or "", f"{at}#{section}-{item['id']}")
    return found


def shown(name: str, rules: dict[str, Any]) -> SafeString:
    """A rule by its words, which lead to it; else by its id as words. The id stands behind."""
    rule = rules.get(name)
    regime, _slash, item = name.rpartition("/")
    said = sentence(rule.says) if rule is not None and rule.says else item_name(item, regime)
    if rule is None:
        return format_html('{} <span class="id text-secondary">{}</span>', said.shown, name)
    return format_html(
        '<a class="text-decoration-underline" href="{}">{}</a> '
        '<span class="id text-secondary">{}</span>',
        rule.where, said.shown, name,
    )  # fmt: skip
