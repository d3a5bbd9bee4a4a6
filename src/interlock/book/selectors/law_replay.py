"""The book's history under another law, as an actor may see it (R11). Writes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from interlock.book import law, lists, rights
from interlock.book.models import Order
from interlock.book.selectors.decisions import viewer_of
from interlock.book.selectors.law_history import Recorded, history_of
from interlock.book.selectors.present import is_firm
from interlock.law.deciding.audience import sees
from interlock.law.library import Library
from interlock.replay.laws import Laws, proposed
from interlock.replay.report import replay

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from interlock.book.rights import Actor
    from interlock.law.model import Regime


def read_history(
    actor: Actor | None,
    *,
    now: dt.datetime,
    accounts: bool,
    told: Callable[[int], None] | None = None,
) -> Recorded:
    """The history that an actor may try a law on: a firm its own orders, an officer all.

    Args:
        actor: who asks; None: whoever has the database itself.
        now: the clock.
        accounts: also what moved accounts, which tells of everybody's.
        told: called with the number of decisions read so far.

    Raises:
        DeniedError: they may read no order; or a firm asks for accounts.
    """
    if actor is None:
        return history_of(now=now, steps=accounts, told=told)
    require_history(actor, accounts=accounts)
    own: Callable[[str], bool] | None = None
    if is_firm(actor):
        own = frozenset(rights.visible(actor, Order).values_list("pk", flat=True)).__contains__
    return history_of(now=now, orders=own, steps=accounts, told=told)


def require_history(actor: Actor, *, accounts: bool) -> None:
    """Refuse whoever may read no order; and of accounts, which are everybody's, a firm.

    Raises:
        DeniedError: with the roles that may.
    """
    rights.require_some(actor, "order.read", "orders")
    if accounts:
        rights.require_some(actor, "account.replay", "everybody's accounts")


def other_law(files: Library | None) -> Library:
    """The book's law with proposed files in place of those of the same id."""
    own = law.library()
    if files is None:
        return own
    found = Library(lists.in_law(files.checked, lists.of_files()), files.claims)
    return proposed(own, found)


def replayed(
    actor: Actor,
    *,
    on: dt.date | None,
    assumed: frozenset[str],
    now: dt.datetime,
) -> dict[str, Any]:
    """What the book's past decisions would have been by another law; rules alone.

    Args:
        actor: who asks; a firm is told of its own orders.
        on: the day whose law is taken as if it had always been; None: each decision keeps its own.
        assumed: proposed versions and items that are taken to be in force.
        now: the clock.

    Returns:
        The stable form of `docs/reference/schemas/replay.json`.

    Raises:
        DeniedError: they may read no order.
    """
    own = law.library()
    read = read_history(actor, now=now, accounts=False)
    laws = Laws(own), Laws(own, assumed, on)
    found = replay((read.history, read.history), laws, accounts=False, now=now)
    return replace(found, unread=read.unread, hidden=hidden_from(actor, own)).to_json()


def hidden_from(actor: Actor | None, *libraries: Library) -> frozenset[str]:
    """Rules, conditions and accounts of which an actor is not told the names."""
    if actor is None or actor.itself or "auditor" in actor.roles:
        return frozenset()
    viewer = viewer_of(actor)
    return frozenset(
        f"{one.regime.id}/{name}"
        for library in libraries
        for one in library.checked
        for name, readers in _readers(one.regime)
        if not sees(viewer, readers or one.regime.visible_to, one.regime.gate)
    )


def _readers(regime: Regime) -> Iterator[tuple[str, Any]]:
    for name, rule in regime.rules.items():
        yield name, rule.visible_to
    for name, account in regime.accounts.items():
        yield name, account.terms.visible_to
    for name, kind in regime.conditions.items():
        yield name, kind.visible_to
