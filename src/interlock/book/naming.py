"""Whom somebody may name. Whether a party is in the book is told only to who may know it (R11).

Officers, auditors and administrators read all parties. A firm may name itself, authorities, parties
that offer their services to everybody, its owners and what it owns, whom it deals with in orders
and licences already, and those that were made known to it (`Party.known_to`). To it, all others are
as if they were not there: one and the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from interlock.book.errors import InputError
from interlock.book.models import Licence, Order, Ownership, Party
from interlock.book.selectors.present import is_firm
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Collection

    from interlock.book.models import Thing
    from interlock.book.rights import Actor
    from interlock.files.phrases import Phrase

OFFERS = frozenset(("exporter", "supplier", "broker", "forwarder", "laboratory"))
"""Roles of parties that offer something to everybody, and are named for it."""
MOST_AT_ONCE = 5000
ROLES = ("buyer", "supplier", "consignee", "end_user", "forwarder", "broker")


def check_there(actor: Actor, model: type[Thing], **ids: str | None) -> None:
    """Refuse references to things that are not in the book, or not for this actor.

    Raises:
        InputError: each field that names nothing.
    """
    _check(actor, model, ids, in_use=False)


def check_in_use(actor: Actor, model: type[Thing], **ids: str | None) -> None:
    """The same for what is begun now: what was closed or retired is refused, too."""
    _check(actor, model, ids, in_use=True)


def _check(actor: Actor, model: type[Thing], ids: dict[str, str | None], *, in_use: bool) -> None:
    given = {name: pk for name, pk in ids.items() if pk is not None}
    found = nameable(actor, model, set(given.values()), in_use=in_use)
    faults = {name: _absent(model.kind, pk, in_use=in_use) for name, pk in given.items()
              if pk not in found}  # fmt: skip
    if faults:
        raise InputError(faults)


def _absent(kind: str, pk: str, *, in_use: bool) -> Phrase:
    if in_use:
        return phrase(
            "there is no {thing} '{id}' in use that you may name; enter it first", thing=kind, id=pk
        )
    return phrase("there is no {thing} '{id}' that you may name; enter it first", thing=kind, id=pk)


def nameable(
    actor: Actor, model: type[Thing], ids: Collection[str], *, in_use: bool = False
) -> set[str]:
    """Those of some ids that are in the book, or in use there, and that an actor may name."""
    listed = sorted(ids)
    parts = (listed[n : n + MOST_AT_ONCE] for n in range(0, len(listed), MOST_AT_ONCE))
    return set().union(*(_nameable(actor, model, part, in_use=in_use) for part in parts))


def _nameable(actor: Actor, model: type[Thing], ids: Collection[str], *, in_use: bool) -> set[str]:
    states = {"state": "active"} if in_use else {}
    there = model._default_manager.filter(pk__in=ids, **states)
    if model is not Party or not is_firm(actor):
        return set(there.values_list("pk", flat=True))
    own = actor.party
    known: set[str] = set()
    others: set[str] = set()
    found = Party.objects.filter(pk__in=ids, **states)
    rows = found.values_list("pk", "authority", "roles", "known_to")
    for pk, authority, roles, known_to in rows:
        open_to_all = authority or not OFFERS.isdisjoint(roles)
        (known if open_to_all or pk == own or own in known_to else others).add(pk)
    return known | _dealt_with(own, others) if others else known


def _dealt_with(own: str, others: set[str]) -> set[str]:
    """Those of some parties with whom a firm has an order, a licence or a share in common."""
    found: set[str] = set()
    orders = Order.objects.filter(Q(buyer=own) | Q(supplier=own))
    for role in ROLES:
        them = orders.filter(**{f"{role}__in": others})
        found.update(them.values_list(role, flat=True).distinct())
    licences = Licence.objects.filter(holders__party=own)
    for path in ("holders__party", "consignees"):
        pks = Licence.objects.filter(pk__in=licences.values("pk"), **{f"{path}__in": others})
        found.update(pk for pk in pks.values_list(path, flat=True).distinct() if pk in others)
    for one, other in (("party", "owner"), ("owner", "party")):
        held = Ownership.objects.filter(**{one: own, f"{other}__in": others})
        found.update(held.values_list(other, flat=True))
    return found
