"""All that an officer needs before them about one party: what the lists, owners and papers say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from interlock.book import law, rights
from interlock.book.cases import Cases
from interlock.book.models import Application, EndUseCheck, Licence, Order, Party, Screening
from interlock.book.selectors.decisions import viewer_of
from interlock.book.selectors.present import ahead, present
from interlock.book.snapshots import plain
from interlock.law.cases.ownership import Lists, owned_by
from interlock.law.cases.ownership import Party as Owned
from interlock.law.deciding.audience import sees

if TYPE_CHECKING:
    import datetime as dt

    from interlock.book.models import Thing
    from interlock.book.rights import Actor
    from interlock.book.row_facts import Facts
    from interlock.law.compiling.compiled import CompiledRegime
    from interlock.law.model import PartyFact

ENDED = ("refused", "returned", "withdrawn", "approved")
LIVE = ("drafted", "proposed", "issued", "suspended")
ROLES = ("buyer", "supplier", "consignee", "end_user", "broker", "forwarder")
MOST = 50


def dossier(actor: Actor, pk: str, *, at: dt.date, known: dt.date) -> dict[str, Any]:
    """One party as an officer may see it.

    Args:
        actor: who asks.
        pk: the party.
        at: the day whose owners and law are asked.
        known: by when the law must have been public.

    Returns:
        `party`; `ownership`: the tree of owners, each with its share and, by the law's facts about
        parties that the actor may see, whether it is listed and whether listed parties own it;
        `law`: those facts with the rules beside them and how those stand; `screenings`,
        `applications`, `licences`, `checks`: the newest that the actor may read (applications and
        licences at their own gate, not ended); `open_orders`: how many name the party.

    Raises:
        NotFoundError: there is no such party for the actor.
        DeniedError: a firm does not read what others keep about it.
    """
    party = rights.find(actor, Party, pk)
    rights.require_some(actor, "screening.read", f"the dossier of {pk}")
    viewer = viewer_of(actor)
    facts = [
        (regime, fact)
        for regime in law.law_on(at, known).regimes
        for fact in regime.party_facts
        if sees(viewer, fact.visible_to, regime.gate)
    ]
    applications = rights.visible(actor, Application).filter(applicant=pk).exclude(state__in=ENDED)
    licences = rights.visible(actor, Licence).filter(holders__party=pk, state__in=LIVE).distinct()
    named = Q()
    for role in ROLES:
        named |= Q(**{role: pk})
    orders = rights.visible(actor, Order).filter(named, state__in=("placed", "confirmed"))
    return {
        "at": at.isoformat(),
        "known": known.isoformat(),
        "party": present(actor, party),
        "ownership": _node(Cases(at).party(party), facts),
        "law": [_fact(regime, fact, viewer) for regime, fact in facts],
        "screenings": _newest(actor, rights.visible(actor, Screening).filter(party=pk)),
        "applications": _newest(actor, applications),
        "licences": _newest(actor, licences),
        "checks": _newest(actor, rights.visible(actor, EndUseCheck).filter(party=pk)),
        "open_orders": orders.count(),
    }


def _newest(actor: Actor, rows: Any) -> list[dict[str, Any]]:
    newest = rows.order_by("-made_at", "-pk").prefetch_related(*ahead(rows.model))
    found: list[Thing] = list(newest[:MOST])
    return [present(actor, one) for one in found]


def _node(facts: Facts, asked: list[tuple[CompiledRegime, PartyFact]]) -> dict[str, Any]:
    """A party of the tree, and its owners below it."""
    party = _as_law(facts)
    found: dict[str, Any] = {
        "party": facts["id"],
        "name": facts["name"],
        "share": plain(facts.get("share")),
        "facts": {f"{regime.id}/{fact.id}": _value(regime, fact, party) for regime, fact in asked},
    }
    owners = facts.get("owners")
    found["owners"] = None if owners is None else [_node(owner, asked) for owner in owners]
    return found


def _as_law(facts: Facts) -> Owned:
    names = (facts["id"], facts["name"], *facts.get("aliases", ()))
    owners = facts.get("owners")
    if owners is None:
        return Owned(names)
    return Owned(names, tuple((_as_law(owner), owner.get("share")) for owner in owners))


def _value(regime: CompiledRegime, fact: PartyFact, party: Owned) -> bool | str | None:
    """A fact of the law on one party by itself, whatever its role."""
    listed = Lists(entry for name in fact.lists for entry in regime.lists[name])
    if fact.at_least is None:
        return listed.names(party)
    return owned_by(party, listed, fact.at_least)


def _fact(regime: CompiledRegime, fact: PartyFact, viewer: str) -> dict[str, Any]:
    rules = [
        {"rule": one.id, "says": one.says, "status": "in force", "until": None}
        for one in regime.clauses
        if sees(viewer, one.visible_to, regime.gate)
    ]
    rules += [
        {"rule": one.id, "says": one.says, "status": one.status, "until": plain(one.until)}
        for one in regime.dormant
        if sees(viewer, one.visible_to, regime.gate)
    ]
    return {
        "fact": f"{regime.id}/{fact.id}",
        "says": fact.says,
        "lists": list(fact.lists),
        "at_least": plain(fact.at_least),
        "sources": [*fact.rests.sources, *fact.rests.claims],
        "rules": rules,
    }
