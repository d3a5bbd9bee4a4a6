"""How a condition is fulfilled, by holder, and what it rests on: parts of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.book.errors import NotFoundError
from interlock.book.selectors import law_shown
from interlock.book.selectors.obligations import obligation
from interlock.book.selectors.present import is_firm
from interlock.web.days import today

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from django.db.models import Q

    from interlock.book.models import Condition
    from interlock.book.rights import Actor

A_PAGE = 12


def holders_from(condition: Condition, own: Q, after: str) -> tuple[list[str], dict[str, Any]]:
    """The holders of a condition's licence by id, a page of them.

    Args:
        condition: of a licence.
        own: those whom the actor may know.
        after: the last holder of the page before; empty: the first page.

    Returns:
        The ids of the page, and for its foot: `first` and `last` counted from 1, `of` how many,
        `next` the last id where more follow, else empty.
    """
    held = condition.licence.holders.filter(own)
    ids = list(held.filter(party__gt=after).order_by("party").values_list("party")[: A_PAGE + 1])
    page, more = [one for (one,) in ids[:A_PAGE]], len(ids) > A_PAGE
    before = held.filter(party__lte=after).count() if after else 0
    of = held.count() if more or before else len(page)
    return page, {
        "first": before + 1, "last": before + len(page), "of": of, "before": before > 0,
        "next": page[-1] if more else "",
    }  # fmt: skip


def fulfilment(
    actor: Actor, condition: Condition, holders: Iterable[str], now: dt.datetime
) -> list[dict[str, Any]]:
    """What each holder owes and has brought under a condition that is counted (R4, R11).

    Args:
        actor: who reads.
        condition: of a licence.
        holders: those whom the actor may know, by id.
        now: the clock.

    Returns:
        A row for each account of this kind of condition, as `obligation` gives it, with `buyer`.
    """
    rows = []
    for buyer in holders:
        try:
            found = obligation(actor, buyer, now, now=now)["accounts"]
        except NotFoundError:  # not this reader's
            continue
        own = f"/{condition.condition_kind}?"
        rows += [one | {"buyer": buyer} for one in found if own in one["account"]]
    return rows


def rests_on(actor: Actor, condition: Condition) -> dict[str, Any]:
    """The item of the law that has the kind of condition, and the claims it was written on.

    `item` is empty where the law of the day knows no such kind, or not for this reader.
    """
    gate, day = condition.licence.gate, today()
    for one in law_shown.regimes():
        if one.regime.gate != gate or condition.condition_kind not in one.regime.conditions:
            continue
        read = law_shown.shown(actor, one.regime.id, at=day)
        for section, item in law_shown.items_of(read):
            if section == "conditions" and item["id"] == condition.condition_kind:
                return {"regime": one.regime.id, "item": item, "claims": _claims(actor, condition)}
    return {"regime": "", "item": {}, "claims": _claims(actor, condition)}


def _claims(actor: Actor, condition: Condition) -> list[str]:
    """What the book says the condition is known from; firms read no claims."""
    found = condition.basis.get("claims", []) if not is_firm(actor) else []
    return [str(one) for one in found] if isinstance(found, list) else []
