"""Domestic purchases: proved by a third party, accepted by an officer, counted by the law.

What an accepted purchase credits, where and by how much is asked of the law for the buyer's own
case; a part that is passed on counts once, for whoever has it; one that does not hold after all is
taken back as a fact (R3).
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from django.db.models import TextField
from django.db.models.functions import Cast
from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import InputError, MoveError, input_error
from interlock.book.happenings import purchase_accepted
from interlock.book.models import DomesticPurchase, Party, Product
from interlock.book.naming import check_there
from interlock.book.services.accounts import credit
from interlock.book.services.inputs import Document, Id, Name, NewId, Units
from interlock.book.services.registry import service
from interlock.book.snapshots import plain
from interlock.files.phrases import phrase, phrases

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
    check_there(act.actor, Party, buyer=buyer)
    check_there(act.actor, Product, product=product)
    faults = {}
    if not Product.objects.get(pk=product).domestic:
        faults["product"] = phrase(
            "'{product}' is no domestic product; only those count", product=product
        )
    if bought_on > act.now.date():
        faults["bought_on"] = phrase("{day} has not come yet", day=bought_on)
    year = bought_on.year if counts_for is None else counts_for
    if not bought_on.year <= year <= bought_on.year + 1:
        faults["counts_for"] = phrase(
            "a purchase of {year} counts for that year or the next", year=bought_on.year
        )
    name = Party.objects.get(pk=buyer).name
    if evidence_by.casefold() in (seller.casefold(), buyer.casefold(), name.casefold()):
        faults["evidence_by"] = phrase("is a side of the purchase; a third party proves it")
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
def purchase_accept(
    act: Act,
    thing: DomesticPurchase,
    *,
    shared_evidence: Annotated[
        bool, Field(description="true: a paper of it proves another purchase, too, and both hold.")
    ] = False,
) -> DomesticPurchase:
    """The evidence holds: it is credited as the law of the day counts it."""
    act.may(thing, "accept")
    if not shared_evidence:
        _require_own_evidence(thing)
    due = _credit(act, thing, thing.quantity)
    values = {
        "left": thing.quantity,
        "credited": _told(due),
        "reviewed_by": act.actor.name,
        "reason": act.reason,
    }
    return act.move(thing, "accept", values)


def _require_own_evidence(thing: DomesticPurchase) -> None:
    """Tell the officer where a paper has been seen before, by its digest.

    Raises:
        InputError: on other purchases that were filed or accepted.
    """
    others = DomesticPurchase.objects.filter(
        state__in=("filed", "accepted"), transferred_from__isnull=True
    ).exclude(pk=thing.pk)
    others = others.annotate(papers=Cast("evidence", TextField()))
    found = {
        pk
        for digest in {paper["sha256"] for paper in thing.evidence if paper.get("sha256")}
        for pk in others.filter(papers__contains=digest).values_list("pk", flat=True)
    }
    if found:
        told = phrases(sorted(found)[:5])
        wrong = phrase(
            "a paper of it stands under {purchases}, too; set this if both hold, or reject one",
            purchases=told,
        )
        raise InputError({"shared_evidence": wrong})


@service("purchase.reject")
def purchase_reject(act: Act, thing: DomesticPurchase) -> DomesticPurchase:
    """The evidence does not hold; nothing is credited."""
    return act.move(thing, "reject", {"reviewed_by": act.actor.name, "reason": act.reason})


@service("purchase.transfer")
def purchase_transfer(
    act: Act, thing: DomesticPurchase, *, id: NewId = "", to: Id, quantity: Units
) -> DomesticPurchase:
    """Offer a part to another buyer; it passes on when they consent. `id` is the part's."""
    act.may(thing, "transfer")
    check_there(act.actor, Party, to=to)
    if to == thing.buyer_id:
        raise input_error("to", "has it already; name another buyer")
    if quantity > thing.left:
        raise input_error("quantity", "{left} of this purchase are left", left=thing.left)
    act.move(thing, "transfer", note={"to": to, "quantity": quantity})
    part = DomesticPurchase(
        id=id or f"{thing.pk}.{thing.version}",
        buyer_id=to,
        seller=thing.seller,
        product=thing.product,
        quantity=quantity,
        counts_for=thing.counts_for,
        bought_on=thing.bought_on,
        evidence=thing.evidence,
        evidence_by=thing.evidence_by,
        transferred_from=thing,
        reviewed_by=thing.reviewed_by,
    )
    with act.by_itself():
        act.make(part, "offer")
    return thing


@service("purchase.recall")
def purchase_recall(act: Act, thing: DomesticPurchase, *, part: Id) -> DomesticPurchase:
    """Take an offer back that was not answered yet."""
    act.may(thing, "recall")
    offers = thing.transfers.select_for_update(of=("self",)).filter(state="offered")
    offered = offers.filter(pk=part).first()
    if offered is None:
        raise input_error(
            "part", "no part '{part}' of this purchase waits for an answer", part=part
        )
    act.move(thing, "recall", note={"part": part})
    with act.by_itself():
        act.move(offered, "decline", {"reason": act.reason})
    return thing


@service("purchase.consent")
def purchase_consent(act: Act, thing: DomesticPurchase) -> DomesticPurchase:
    """Take what another buyer offers: from now on it counts for you, and no more for them.

    What the giver's own imports have used since cannot be passed on.
    """
    act.may(thing, "consent")
    giver = DomesticPurchase.objects.select_for_update(of=("self",)).get(
        pk=thing.transferred_from_id
    )
    if giver.state != "accepted" or giver.left < thing.quantity:
        raise _withdrawn(act, thing)
    for due in _credit(act, giver, thing.quantity, times=Fraction(-1)):
        if _is_used(act, due):
            raise _withdrawn(act, thing)
    with act.by_itself():
        act.move(giver, "give", {"left": giver.left - thing.quantity}, note={"part": thing.pk})
    # The accounts are found by what happened so far; the part is counted here, once.
    values = {"left": thing.quantity, "credited": _told(_credit(act, thing, thing.quantity))}
    return act.move(thing, "consent", values)


@service("purchase.decline")
def purchase_decline(act: Act, thing: DomesticPurchase) -> DomesticPurchase:
    """Do not take what another buyer offers."""
    return act.move(thing, "decline", {"reason": act.reason})


def _withdrawn(act: Act, thing: DomesticPurchase) -> MoveError:
    """The receiver is told that it cannot be had, and nothing of the giver's affairs (R11)."""
    why = phrase("the giver cannot pass so much on any more; ask for a smaller part")
    return MoveError(thing.kind, str(thing.pk), "consent", why, act.can(thing))


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
    parts = (
        thing.transfers.filter(state__in=("accepted", "offered")).select_for_update().order_by("pk")
    )
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


def _is_used(act: Act, due: CreditDue) -> bool:
    """Whether taking it back left a debt: the giver's imports have used it, and would owe it."""
    account = act.ledger.account(due.account) if due.amount is not None else None
    if account is None:
        return False
    counters = act.ledger.counters(due.account, now=act.now)
    return counters.available < account.terms.floor * account.scale
