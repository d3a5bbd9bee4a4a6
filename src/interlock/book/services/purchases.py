"""Domestic purchases: proved by a third party, accepted by an officer, counted by the law.

What an accepted purchase credits, where and by how much is asked of the law for the buyer's own
case; a part that is passed on counts once, for whoever has it; one that does not hold after all is
taken back as a fact (R3).
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import InputError, MoveError
from interlock.book.happenings import purchase_accepted
from interlock.book.models import DomesticPurchase, Party, Product
from interlock.book.services.accounts import credit
from interlock.book.services.inputs import Document, Id, Name, NewId, Units
from interlock.book.services.orders import check_there
from interlock.book.services.registry import service
from interlock.book.snapshots import plain

if TYPE_CHECKING:
    from interlock.law.deciding.credits import CreditDue


@service("purchase.file")
def purchase_file(
    act: Act,
    *,
    id: NewId = "",
    buyer: Id,
    seller: Name,
    product: Id,
    quantity: Units,
    bought_on: dt.date,
    counts_for: Annotated[
        int | None,
        Field(ge=2000, le=2200, description="The year it counts for; default that of purchase."),
    ] = None,
    evidence: Annotated[
        list[Document], Field(min_length=1, max_length=50, description="The papers that prove it.")
    ],
    evidence_by: Annotated[Name, Field(description="The third party that issued the evidence.")],
) -> DomesticPurchase:
    """File a purchase of domestic chips with the evidence of a third party."""
    check_there(Party, buyer=buyer)
    check_there(Product, product=product)
    faults = {}
    if not Product.objects.get(pk=product).domestic:
        faults["product"] = f"'{product}' is no domestic product; only those count"
    if bought_on > act.now.date():
        faults["bought_on"] = f"{bought_on} has not come yet"
    year = bought_on.year if counts_for is None else counts_for
    if not bought_on.year <= year <= bought_on.year + 1:
        faults["counts_for"] = f"a purchase of {bought_on.year} counts for that year or the next"
    name = Party.objects.get(pk=buyer).name
    if evidence_by.casefold() in (seller.casefold(), buyer.casefold(), name.casefold()):
        faults["evidence_by"] = "is a side of the purchase; a third party proves it"
    if faults:
        raise InputError(faults)
    return act.make(
        DomesticPurchase(
            id=id,
            buyer_id=buyer,
            seller=seller,
            product_id=product,
            quantity=quantity,
            counts_for=year,
            bought_on=bought_on,
            evidence=evidence,
            evidence_by=evidence_by,
        ),
        "file",
    )


@service("purchase.accept")
def purchase_accept(act: Act, thing: DomesticPurchase) -> DomesticPurchase:
    """The evidence holds: it is credited as the law of the day counts it."""
    act.may(thing, "accept")
    due = _credit(act, thing, thing.quantity)
    values = {
        "left": thing.quantity,
        "credited": _told(due),
        "reviewed_by": act.actor.name,
        "reason": act.reason,
    }
    return act.move(thing, "accept", values)


@service("purchase.reject")
def purchase_reject(act: Act, thing: DomesticPurchase) -> DomesticPurchase:
    """The evidence does not hold; nothing is credited."""
    return act.move(thing, "reject", {"reviewed_by": act.actor.name, "reason": act.reason})


@service("purchase.transfer")
def purchase_transfer(
    act: Act, thing: DomesticPurchase, *, id: NewId = "", to: Id, quantity: Units
) -> DomesticPurchase:
    """Pass a part on to another buyer, for whom it counts from now on; `id` is the new part's.

    A part that the giver's own imports have used already cannot be passed on.
    """
    act.may(thing, "transfer")
    check_there(Party, to=to)
    if to == thing.buyer_id:
        raise InputError({"to": "has it already; name another buyer"})
    if quantity > thing.left:
        raise InputError({"quantity": f"{thing.left} of this purchase are left"})
    taken = _credit(act, thing, quantity, times=Fraction(-1))
    for due in taken:
        _require_unused(act, thing, due)
    values = {"left": thing.left - quantity}
    act.move(thing, "transfer", values, note={"to": to, "quantity": quantity})
    part = DomesticPurchase(
        id=id,
        buyer_id=to,
        seller=thing.seller,
        product=thing.product,
        quantity=quantity,
        left=quantity,
        counts_for=thing.counts_for,
        bought_on=thing.bought_on,
        evidence=thing.evidence,
        evidence_by=thing.evidence_by,
        transferred_from=thing,
        reviewed_by=thing.reviewed_by,
    )
    # The accounts are found by what happened so far; the part is counted here, once.
    part.pk = part.pk or f"{thing.pk}.{thing.version}"
    part.credited = _told(_credit(act, part, quantity))
    with act.by_itself():
        act.make(part, "receive")
    return thing


@service("purchase.void")
def purchase_void(act: Act, thing: DomesticPurchase) -> DomesticPurchase:
    """It does not count after all: a fact, never refused. Parts that were passed on fall with it.

    Where imports have used it already, the ledger records by how much, and a discrepancy shuts the
    buyer's draws until an officer has settled it (R3).
    """
    _void(act, thing)
    return thing


def _void(act: Act, thing: DomesticPurchase) -> None:
    left = thing.left
    values = {"left": 0, "reviewed_by": act.actor.name, "reason": act.reason}
    accepted = thing.state == "accepted"
    act.move(thing, "void", values)
    if accepted and left:
        _credit(act, thing, left, times=Fraction(-1))
    parts = thing.transfers.filter(state="accepted").select_for_update().order_by("pk")
    with act.by_itself():
        for part in parts:
            _void(act, part)


def _credit(
    act: Act, purchase: DomesticPurchase, quantity: int, *, times: Fraction = Fraction(1)
) -> list[CreditDue]:
    """Credit or take back units of a purchase by the law; gives what was due."""
    what = purchase_accepted(purchase, quantity)
    return credit(
        act, what.event, what.facts, cause=what.cause, quantity=what.quantity, times=times,
        about=purchase,
    )  # fmt: skip


def _told(due: list[CreditDue]) -> list[list[str]]:
    return [[one.account, str(plain(one.amount))] for one in due if one.amount is not None]


def _require_unused(act: Act, thing: DomesticPurchase, due: CreditDue) -> None:
    """What was taken back must not leave the giver with a debt: they would owe it anew."""
    if due.amount is None:
        return
    account = act.ledger.account(due.account)
    if account is None:
        return
    counters = act.ledger.counters(due.account, now=act.now)
    short = account.terms.floor * account.scale - counters.available
    if short > 0:
        used = Fraction(short, account.scale)
        why = f"{used} {account.terms.unit} of it are used by imports already; pass on less"
        raise MoveError(thing.kind, str(thing.pk), "transfer", why, act.can(thing))
