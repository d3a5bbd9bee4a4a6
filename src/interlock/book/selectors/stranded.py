"""Promises whose holder left the licence they draw on: they stay reserved and go no further.

An amendment that takes a holder out gives back nothing that was promised: that would be a decision
of its own. Whoever can act is told: both sides of the order may give the promise up, the authority
may take the holder in again.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Exists, OuterRef, Q

from interlock.book.models import Allocation, Licence, Shipment
from interlock.book.rights import visible
from interlock.book.row_facts import HOLDING, holds
from interlock.book.selectors.decisions import group_of
from interlock.files.phrases import phrase
from interlock.law.deciding.legs import keys_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator

    from django.db.models import QuerySet

    from interlock.book.models import Order
    from interlock.book.rights import Actor
    from interlock.files.phrases import Phrase
    from interlock.ledger import LedgerStore

LIVING = ("issued", "suspended")
ON_THEIR_WAY = ("dispatched", "arrived")


class Promise(NamedTuple):
    """Units of an order that are reserved on a licence, and whose they are.

    `units` are of the good: what has not left, and what has left and not come in.
    """

    holder: str
    licence: str
    allocation: Allocation
    units: Fraction

    def told(self) -> dict[str, Any]:
        """As it is kept and shown."""
        whole = self.units.denominator == 1
        return {
            "holder": self.holder,
            "order": self.allocation.order_id,
            "allocation": self.allocation.pk,
            "units": int(self.units) if whole else float(self.units),
        }


def promises_on(
    ledger: LedgerStore, licence: Licence, parties: Collection[str], *, lock: bool = False
) -> list[Promise]:
    """What is reserved on a licence for orders of some of its holders, by order.

    Args:
        ledger: the book's.
        licence: on whose accounts.
        parties: ids of holders.
        lock: hold the allocations until the act ends.
    """
    ours = {f"order__{HOLDING[licence.gate]}__in": list(parties)}
    found = _at_work(Allocation.objects.filter(**ours))
    if lock:
        found = found.select_for_update(of=("self",))
    promises = []
    for one in found.select_related("order").order_by("order_id", "pk"):
        units = reserved_by_licence(ledger, one).get(licence.pk)
        if units:
            holder: str = getattr(one.order, f"{HOLDING[licence.gate]}_id")
            promises.append(Promise(holder, licence.pk, one, units))
    return promises


def _at_work(rows: QuerySet[Allocation]) -> QuerySet[Allocation]:
    """Allocations of which units have not left, or have left and may not have come in."""
    away = Shipment.objects.filter(allocation=OuterRef("pk"), state__in=ON_THEIR_WAY)
    return rows.filter(Q(left__gt=0) | Exists(away))


def reserved_by_licence(ledger: LedgerStore, allocation: Allocation) -> dict[str, Fraction]:
    """Units of an allocation that are still reserved, by the licence on whose accounts."""
    found: dict[str, Fraction] = {}
    for row in ledger.reservations(group_of(allocation)):
        account = ledger.account(row.account) if row.remaining else None
        licence = keys_of(account.base or account.id).get("licence") if account else None
        if account is not None and licence:
            units = Fraction(row.remaining, account.scale) / row.factor
            found[licence] = max(units, found.get(licence, Fraction(0)))
    return found


def stranded_of(ledger: LedgerStore, order: Order, on: dt.date) -> Iterator[Promise]:
    """What an order was promised on licences that its holder holds no more on a day."""
    for one in _at_work(Allocation.objects.filter(order=order)).order_by("pk"):
        reserved = reserved_by_licence(ledger, one)
        licences = Licence.objects.filter(pk__in=reserved, state__in=LIVING)
        for licence in licences.prefetch_related("holders").order_by("pk"):
            party = getattr(order, f"{HOLDING[licence.gate]}_id")
            held = {x.party_id for x in licence.holders.all() if holds(x, on)}
            if party not in held:
                yield Promise(party, licence.pk, one, reserved[licence.pk])


def why_stuck(actor: Actor, ledger: LedgerStore, order: Order, on: dt.date) -> list[dict[str, Any]]:
    """Why what an order was promised goes no further, in words, and who can act.

    A licence is named to whoever may read it alone; the other side of a trade is told the rest.

    Returns:
        For each promise `says`, and `who`: keys as in a decision, `buyer`, `supplier`, `authority`.
    """
    found = list(stranded_of(ledger, order, on))
    if not found:
        return []
    readable = visible(actor, Licence).filter(pk__in={one.licence for one in found})
    named = set(readable.values_list("pk", flat=True))
    return [
        {
            "says": words_of(one, named=one.licence in named),
            "who": ["authority", "buyer", "supplier"],
        }
        for one in found
    ]


def words_of(one: Promise, *, named: bool) -> Phrase:
    """Why a promise goes no further, and what to do about it."""
    units = one.told()["units"]
    if not named:
        return phrase(
            "{units} of {allocation} stay reserved and go no further: their holder is no longer on "
            "the licence; give them up, or ask the authority to take it in again",
            units=units,
            allocation=one.allocation.pk,
        )
    return phrase(
        "{units} of {allocation} stay reserved and go no further: {party}, their holder, is no "
        "longer on the licence {licence}; give them up, or ask the authority to take it in again",
        units=units,
        allocation=one.allocation.pk,
        party=one.holder,
        licence=one.licence,
    )
