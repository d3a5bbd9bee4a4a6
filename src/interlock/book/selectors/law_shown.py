"""The book's law as an actor may read it (R11): as of two dates, and what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.errors import NotFoundError
from interlock.book.models import AllocationRun
from interlock.book.rights import has_right, visible
from interlock.book.selectors.present import is_firm
from interlock.book.selectors.runs import accounts_of
from interlock.law.diff import differences
from interlock.law.show import SECTIONS, day_of, show_regime
from interlock.law.show_to import shown_to

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from interlock.book.rights import Actor
    from interlock.law.compiling.checked import CheckedRegime
    from interlock.law.diff import Difference
    from interlock.law.show_parts import Fields


def viewer_at(actor: Actor, gate: str) -> str:
    """Whose eyes an actor reads the law of a gate with; empty: everything is seen."""
    if actor.itself or "auditor" in actor.roles:
        return ""
    if actor.gate == gate:
        return f"officer:{gate}"
    return "holder" if is_firm(actor) else "public"


def regimes() -> tuple[CheckedRegime, ...]:
    """All regimes of the book, in the order of their files."""
    return law.library().checked


def _checked(regime: str) -> CheckedRegime:
    found = next((one for one in regimes() if one.regime.id == regime), None)
    if found is None:
        raise NotFoundError("regime", regime)
    return found


def shown(
    actor: Actor,
    regime: str,
    *,
    at: dt.date | None,
    known: dt.date | None = None,
    assumed: frozenset[str] = frozenset(),
) -> Fields:
    """A regime as an actor may read it.

    Args:
        actor: who asks.
        regime: its id.
        at: the day whose law is shown; None: all dated statements, and no standing.
        known: what was public by this day; default `at`.
        assumed: proposed versions and items that are taken to be in force.

    Raises:
        NotFoundError: there is no such regime.
    """
    checked = _checked(regime)
    claims = law.library().claims.get(regime)
    day = None if at is None else day_of(checked.regime, at, known, assumed)
    found = show_regime(checked.regime, day, claims)
    viewer = viewer_at(actor, checked.regime.gate)
    return shown_to(found, checked, viewer) if viewer else found


def changed(
    actor: Actor,
    regime: str,
    old: tuple[dt.date, dt.date | None],
    new: tuple[dt.date, dt.date | None],
    *,
    assumed: frozenset[str] = frozenset(),
) -> tuple[Difference, ...]:
    """What differs between two days of a regime, in legal words; `assumed` on the second.

    Args:
        actor: who asks.
        regime: its id.
        old: the day whose law counts, and by which day it was public.
        new: the same of the other side.
        assumed: proposed versions and items that are taken to be in force on the second.
    """
    before = shown(actor, regime, at=old[0], known=old[1])
    after = shown(actor, regime, at=new[0], known=new[1], assumed=assumed)
    return differences(before, after)


def proposed(actor: Actor, *, at: dt.date) -> list[dict[str, Any]]:
    """What is proposed on a day: {regime, id, says, section}, as far as the actor may read it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in regimes():
        read = shown(actor, one.regime.id, at=at)
        for section, item in items_of(read):
            if item.get("status") == "proposed":
                told = {"regime": one.regime.id, "id": item["id"], "says": item.get("says") or "",
                        "section": section}  # fmt: skip
                found.setdefault((one.regime.id, item["id"]), told)
    return list(found.values())


def items_of(read: Fields) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every item of a regime that was shown, with its section."""
    for section in SECTIONS:
        for item in read[section]:
            yield section, item


def resting_on(actor: Actor) -> dict[str, list[dict[str, str]]]:
    """Claim -> the items of the law that rest on it, as far as the actor may read them."""
    found: dict[str, list[dict[str, str]]] = {}
    for one in regimes():
        read = shown(actor, one.regime.id, at=None)
        for section, item in items_of(read):
            told = {"regime": one.regime.id, "section": section, "id": str(item["id"])}
            for claim in sorted(_claims_in(item)):
                found.setdefault(claim, []).append(told)
    return found


def _claims_in(value: Any) -> set[str]:
    """Ids of the claims named as sources anywhere in an item."""
    if isinstance(value, list):
        return {name for one in value for name in _claims_in(one)}
    if not isinstance(value, dict):
        return set()
    if value.get("kind") == "claim" and "grade" in value:
        return {str(value["id"])}
    return {name for one in value.values() for name in _claims_in(one)}


def shadow_prices(actor: Actor) -> dict[str, dict[str, Any]]:
    """`<regime>/<account>` -> what one more unit would have brought, by the newest run that tells.

    {run, at, prices: [{account, price}]}, the dearest first; empty for whoever may read no run.
    """
    if not has_right(actor, "run.read"):
        return {}
    rows = visible(actor, AllocationRun).filter(rule="optimum").order_by("-made_at", "-pk")
    run = rows.first()
    if run is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for one in accounts_of(actor, run):
        if one.get("shadow_price") is not None:
            base = one["account"].partition("?")[0].partition("@")[0]
            into = found.setdefault(base, {"run": run.pk, "at": run.at, "prices": []})
            into["prices"].append({"account": one["account"], "price": one["shadow_price"]})
    for into in found.values():
        into["prices"].sort(key=lambda one: (-one["price"], one["account"]))
    return found
