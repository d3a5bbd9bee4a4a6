"""Units of an allocation that leave: prepared, tested, sent, arrived, gone back.

Sending is a permission: every gate must be open for the shipment as it is, and the ledger posts
what is drawn at this stage, or refuses (R1, R3, R10). What is reported from outside is a fact: it
changes no count, and opens a discrepancy.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.db import IntegrityError, transaction
from pydantic import Field, StringConstraints

from interlock.book.acting import Act
from interlock.book.errors import input_error
from interlock.book.guards import guard
from interlock.book.models import Allocation, Party, Shipment, Unit
from interlock.book.naming import check_there
from interlock.book.selectors.decisions import group_of
from interlock.book.services.allocations import LIVE, has_expired, prepared_of
from interlock.book.services.carrying import give_back_carried
from interlock.book.services.discrepancies import open_discrepancy
from interlock.book.services.facts import check_declared
from interlock.book.services.inputs import Country, Id, Name, NewId, Units, given
from interlock.book.services.orders import count
from interlock.book.services.registry import service
from interlock.files.phrases import Phrase, phrase, phrases
from interlock.ledger import Post, Return, Void

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.models.base import Thing
    from interlock.ledger import Answer

Serial = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Serials = Annotated[
    list[Serial],
    Field(max_length=100_000, description="Serial numbers of the items, where they are known."),
]
WayBack = Literal["returned_to_exporter", "re_exported", "destroyed"]
GONE = ("cancelled", "returned")
"""States in which a shipment has none of its units any more."""


@service("shipment.prepare")
def shipment_prepare(
    act: Act,
    *,
    id: NewId = "",
    allocation: Id,
    quantity: Units,
    origin: Country,
    transit: list[Country] = [],
    forwarder: Id | None = None,
    leaves_on: Annotated[dt.date | None, Field(description="The day planned.")] = None,
    serials: Serials = [],
    facts: Annotated[
        dict[str, Any], Field(description="Further facts of the shipment, by their names.")
    ] = {},
) -> Shipment:
    """Prepare units of an allocation for shipment; nothing is posted yet."""
    check_there(act.actor, Party, forwarder=forwarder)
    check_declared(act, facts, "shipment")
    promised = act.find(Allocation, allocation)
    made = Shipment(
        id=id,
        order=promised.order,
        allocation=promised,
        quantity=quantity,
        origin=origin,
        transit=transit,
        forwarder_id=forwarder,
        leaves_on=leaves_on,
        facts=facts,
    )
    act.may(made, "prepare")
    _require_live(act, promised)
    _require_room(act, promised, quantity, promised.left - prepared_of(promised))
    _require_serials(quantity, serials)
    act.make(made, "prepare", note={"serials": serials} if serials else None)
    _take_units(made, serials)
    return made


@service("shipment.change")
def shipment_change(
    act: Act,
    thing: Shipment,
    *,
    quantity: Units | None = None,
    origin: Country | None = None,
    transit: list[Country] | None = None,
    forwarder: Id | None = None,
    leaves_on: dt.date | None = None,
    serials: Serials | None = None,
    facts: dict[str, Any] | None = None,
) -> Shipment:
    """Change what is prepared; serial numbers given replace those on file."""
    act.may(thing, "change")
    check_there(act.actor, Party, forwarder=forwarder)
    check_declared(act, facts or {}, "shipment")
    promised = act.find(Allocation, thing.allocation_id)
    asked = quantity or thing.quantity
    free = promised.left - prepared_of(promised) + thing.quantity
    if quantity is not None:
        _require_room(act, promised, quantity, free)
    kept = serials if serials is not None else list(thing.units.values_list("serial", flat=True))
    _require_serials(asked, kept)
    changes = given(
        quantity=quantity, origin=origin, transit=transit, forwarder_id=forwarder,
        leaves_on=leaves_on, facts=facts,
    )  # fmt: skip
    act.move(thing, "change", changes, note={"serials": serials} if serials is not None else None)
    if serials is not None:
        drop_units(thing)
        _take_units(thing, serials)
    return thing


@service("shipment.test")
def shipment_test(
    act: Act,
    thing: Shipment,
    *,
    lab: Name,
    lab_country: Country,
    independent: bool,
    tested_on: dt.date,
) -> Shipment:
    """Put the laboratory's report on this shipment on file."""
    act.day("tested_on", tested_on)
    changes = {
        "lab": lab,
        "lab_country": lab_country,
        "lab_independent": independent,
        "tested_on": tested_on,
    }
    return act.move(thing, "test", changes)


@service("shipment.dispatch")
def shipment_dispatch(act: Act, thing: Shipment) -> Shipment:
    """It leaves: the gates are open for it as it is, and its draws are posted, all or none."""
    promised = Allocation.objects.select_for_update().get(pk=thing.allocation_id)
    post = act.next_id()
    act.move(thing, "dispatch", {"leaves_on": act.today, "posted": post})
    _require_live(act, promised)
    _post(act, thing, promised, post)
    _use(act, promised, thing.quantity)
    return thing


def left_unasked(act: Act, thing: Shipment) -> Answer | None:
    """It left without a permission of the book's: a fact somebody accepted, posted as one (R3)."""
    promised = Allocation.objects.select_for_update().get(pk=thing.allocation_id)
    post = act.next_id()
    with act.by_itself():
        act.move(thing, "find", {"leaves_on": act.today, "posted": post})
    answer = _post(act, thing, promised, post, fact=True)
    _use(act, promised, thing.quantity)
    return answer


def _post(
    act: Act, thing: Shipment, promised: Allocation, post: str, *, fact: bool = False
) -> Answer | None:
    """Post what a shipment draws when it leaves; None: it draws nothing then."""
    group = group_of(promised)
    if not any(row.post == "shipment" for row in act.ledger.reservations(group)):
        return None
    why = act.why(f"shipment/{thing.pk}")
    change = Post(post, why, group, thing.quantity, "shipment", fact)
    return act.ledger.apply(change, now=act.now)


def _use(act: Act, promised: Allocation, quantity: int) -> None:
    """Count units of an allocation as sent; what passes it by tolerance was promised late (R10)."""
    left = max(0, promised.left - quantity)
    over = max(0, quantity - promised.left)
    with act.by_itself():
        act.move(promised, "use", {"left": left}, state="used" if not left else promised.state)
    count(act, promised.order_id, shipped=quantity, allocated=over)


@service("shipment.arrive")
def shipment_arrive(
    act: Act,
    thing: Shipment,
    *,
    counted: Annotated[
        int | None, Field(ge=0, le=10**12, description="Items found on arrival, if counted.")
    ] = None,
) -> Shipment:
    """It is at the border. Another count than ours opens a discrepancy and changes nothing (R3)."""
    act.move(thing, "arrive", note=None if counted is None else {"counted": counted})
    sent = thing.quantity - thing.returned
    if counted is not None and counted != sent:
        draws = act.ledger.draws(thing.posted)
        named = [x.account for x in draws if "licence=" in x.account] + [x.account for x in draws]
        open_discrepancy(
            act,
            thing,
            account=next(iter(named), ""),
            holder=thing.order.buyer_id,
            parties=thing.owners(),
            message="another count on arrival",
            ours={"quantity": sent},
            theirs={"quantity": counted},
        )
    return thing


@service("shipment.return")
def shipment_return(
    act: Act,
    thing: Shipment,
    *,
    quantity: Units,
    way: WayBack,
    let_in: Annotated[
        int, Field(ge=0, description="How many of them customs had let in before.")
    ] = 0,
    serials: Serials = [],
) -> Shipment:
    """Units went back to the exporter, were re-exported, or destroyed.

    Only the accounts that the law says are restored by that way get headroom back (R9). Units that
    were not let in will not draw at entry any more; what those let in drew, customs gives back.
    """
    act.may(thing, "return")
    left = thing.quantity - thing.returned
    if quantity > left:
        raise input_error("quantity", "only {left} of this shipment are still out", left=left)
    entered = sum(thing.entries.values_list("entered", flat=True))
    if let_in > min(quantity, entered):
        raise input_error("let_in", "customs let {entered} of this shipment in", entered=entered)
    if quantity - let_in > thing.quantity - entered:
        outside = thing.quantity - entered
        raise input_error(
            "let_in", "only {outside} were not let in; say how many were", outside=outside
        )
    _require_serials(quantity, serials)
    known = set(thing.units.values_list("serial", flat=True))
    strange = sorted(set(serials) - known)
    if strange:
        raise input_error(
            "serials", "not on this shipment: {serials}", serials=phrases(strange[:5])
        )
    note = {"quantity": quantity, "way": way, "let_in": let_in, "serials": serials}
    act.move(thing, "return", {"returned": thing.returned + quantity}, note=note)
    if act.ledger.draws(thing.posted):
        change = Return(act.next_id(), act.why(f"shipment/{thing.pk}"), thing.posted, quantity, way)
        act.ledger.apply(change, now=act.now)
    give_back_carried(act, thing.allocation, quantity, way, "shipment")
    _void_entry(act, thing, quantity - let_in)
    thing.units.filter(serial__in=serials).delete()
    if way == "returned_to_exporter":
        # The buyer does not have them: the order wants them still, and may be promised them anew.
        count(act, thing.order_id, shipped=-quantity, allocated=-quantity)
    return thing


def _void_entry(act: Act, thing: Shipment, quantity: int) -> None:
    """Give back what units that never entered hold on accounts that post at entry."""
    if quantity:
        give_back_carried(act, thing.allocation, quantity, "cancelled", "entry")
    group = group_of(thing.allocation)
    if quantity and any(row.post == "entry" for row in act.ledger.reservations(group)):
        void = Void(act.next_id(), act.why(f"shipment/{thing.pk}"), group, quantity, "entry")
        act.ledger.apply(void, now=act.now)


@service("shipment.close")
def shipment_close(act: Act, thing: Shipment) -> Shipment:
    """All of it went back."""
    return act.move(thing, "close")


@service("shipment.cancel")
def shipment_cancel(act: Act, thing: Shipment) -> Shipment:
    """It does not leave; its units stay promised, and its serial numbers are free."""
    act.move(thing, "cancel")
    drop_units(thing)
    return thing


@guard
def all_returned(_act: Act, thing: Thing) -> Phrase | None:
    """Every unit of a shipment went back."""
    out = thing.quantity - thing.returned  # type: ignore[attr-defined]
    return phrase("{out} are still out", out=out) if out else None


def _require_live(act: Act, promised: Allocation) -> None:
    """An allocation that ended, by a move or by its day, sends nothing."""
    if promised.state not in LIVE or has_expired(promised, act.last_day):
        state = promised.state if promised.state not in LIVE else "expired"
        raise input_error(
            "allocation",
            "{allocation} is {state}; ask for a new one",
            allocation=promised.pk,
            state=state,
        )


def _require_room(act: Act, promised: Allocation, quantity: int, free: int) -> None:
    """No more than was promised, unless the law tolerates more on an account of it (R10)."""
    if quantity <= free:
        return
    rows = act.ledger.reservations(group_of(promised))
    accounts = (act.ledger.account(row.account) for row in rows)
    if not any(one is not None and one.terms.tolerance is not None for one in accounts):
        raise input_error(
            "quantity", "{free} of this allocation are free; prepare no more than that", free=free
        )


# -- serial numbers ---------------------------------------------------------------------------


def _require_serials(quantity: int, serials: Iterable[str]) -> None:
    listed = list(serials)
    twice = sorted({one for one in listed if listed.count(one) > 1}) if len(listed) < 1000 else []
    if len(set(listed)) != len(listed):
        some = phrases(twice[:5]) if twice else phrase("some")
        raise input_error("serials", "given twice: {serials}", serials=some)
    if len(listed) > quantity:
        raise input_error(
            "serials",
            "{number} for {quantity} items; give one an item",
            number=len(listed),
            quantity=quantity,
        )


def _take_units(shipment: Shipment, serials: list[str]) -> None:
    """Put units on a shipment by their serial numbers; no unit is on two at once.

    Raises:
        InputError: some are on another shipment.
    """
    product = shipment.order.product_id
    known = list(
        Unit.objects.filter(product=product, serial__in=serials).select_related("shipment")
    )
    taken = sorted(one.serial for one in known if one.shipment.state not in GONE)
    if taken:
        raise input_error(
            "serials", "on another shipment already: {serials}", serials=phrases(taken[:5])
        )
    # Those were on a shipment that was cancelled or went back. By the rows that were looked at: one
    # that another act puts there meanwhile must stay and stop this act.
    Unit.objects.filter(pk__in=[one.pk for one in known], shipment__state__in=GONE).delete()
    try:
        with transaction.atomic():
            Unit.objects.bulk_create(
                Unit(serial=one, product_id=product, shipment=shipment) for one in serials
            )
    except IntegrityError as error:
        raise input_error("serials", "some went onto another shipment just now") from error


def drop_units(shipment: Shipment) -> None:
    """Take all units off a shipment."""
    shipment.units.all().delete()
