"""Sharing scarce supply: a run is proposed, compared, approved by a second person, and reserved.

Which orders may draw, on what and how much of it is the law's to say; how much each gets is the
sharing kernel's, with its proof; whether it still fits is the ledger's (R2, R12).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.db.models import F
from pydantic import Field

from interlock.book import law
from interlock.book.acting import Act
from interlock.book.errors import InputError, input_error
from interlock.book.guards import guard
from interlock.book.ids import new_id
from interlock.book.models import (
    Allocation,
    AllocationRun,
    Licence,
    Order,
    Party,
    Product,
    RunLine,
)
from interlock.book.naming import check_there
from interlock.book.rows import hold_rows, update_rows
from interlock.book.selectors.decisions import group_of
from interlock.book.services.allocations import expire_due
from interlock.book.services.inputs import Id, NewId
from interlock.book.services.registry import service
from interlock.book.services.run_desk import Asking, Desk, with_parties
from interlock.files.phrases import Phrase, phrase, phrases
from interlock.law.deciding.legs import keys_of
from interlock.law.terms import Leg
from interlock.ledger import Approve, Pinned, Reserve
from interlock.sharing import Line, ProblemError, Run, make_problem, warm_up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.models.base import Thing
    from interlock.law.deciding.decision import LegState
    from interlock.ledger import Approved
    from interlock.sharing import Problem

Rule = Literal["proportional", "cea", "weighted", "cel", "talmud", "optimum"]
MOST_LINES = 200_000


@service("run.propose", ready=warm_up)
def run_propose(
    act: Act,
    *,
    id: NewId = "",
    supplier: Id,
    product: Id,
    at: Annotated[dt.date | None, Field(description="The day of the law; default today.")] = None,
    rule: Rule = "proportional",
    seed: Annotated[int, Field(ge=0, le=2**63 - 1, description="Of the lottery.")] = 0,
    whole: Annotated[
        bool, Field(description="Whole lots; only such a run can be approved.")
    ] = True,
    agreed: Annotated[
        bool, Field(description="As if pending conditions were agreed as drafted.")
    ] = False,
    orders: Annotated[
        list[Id], Field(max_length=MOST_LINES, description="Default all that want something.")
    ] = [],
) -> AllocationRun:
    """Share what there is among confirmed orders, by a stated rule; nothing is reserved yet."""
    check_there(act.actor, Party, supplier=supplier)
    check_there(act.actor, Product, product=product)
    run = AllocationRun(
        id=id, supplier_id=supplier, product_id=product, at=at or act.today, rule=rule, seed=seed,
        whole=whole, agreed=agreed, proposed_by=act.actor.name, reason=act.reason,
    )  # fmt: skip
    act.may(run, "propose")
    expire_due(act)
    asking = _asking(act, run, orders)
    sharing = [one for one in asking if not one.refused]
    if not sharing:
        left = [phrase("{order}: {why}", order=x.order.pk, why=x.refused) for x in asking[:5]]
        told = phrases(left, "; ") if left else phrase("none wants anything")
        raise input_error("orders", "no order can share: {why}", why=told)
    problem, pins = _problem(act, sharing)
    done = Run.of(problem, rule, whole=whole, seed=seed)
    text = done.to_json()
    run.inputs = {
        "lines": {one.order.pk: {"wanted": one.wanted, "verdict": one.verdict} for one in sharing},
        "left_out": {one.order.pk: one.refused for one in asking if one.refused},
        "problem": problem.digest,
    }
    run.result = {"run": text}
    run.pins = [list(pin) for pin in pins]
    run.digest = hashlib.sha256(text.encode()).hexdigest()
    run.regimes = {one.id: one.digest for one in law.law_on(run.at, act.now.date()).regimes}
    act.make(run, "propose")
    RunLine.objects.bulk_create(_lines(run, asking, done), batch_size=500)
    return run


# -- who asks, and for what -----------------------------------------------------------------------


def _asking(act: Act, run: AllocationRun, chosen: list[str]) -> list[Asking]:
    """The orders that want something, decided for allocation, their accounts opened."""
    rows = Order.objects.filter(supplier=run.supplier_id, product=run.product_id, state="confirmed")
    if chosen:
        rows = rows.filter(pk__in=chosen)
    found = with_parties(rows.filter(quantity__gt=F("allocated")).order_by("pk"))
    missing = sorted(set(chosen) - {one.pk for one in found})
    if missing:
        names = phrases(missing[:5])
        raise input_error("orders", "not confirmed, or nothing is wanted of: {names}", names=names)
    if len(found) > MOST_LINES:
        raise input_error(
            "orders",
            "{number} orders; share at most {most_lines} at once",
            number=len(found),
            most_lines=MOST_LINES,
        )
    desk = Desk(act, run.at, agreed=run.agreed)
    asking = []
    for order in found:
        lots = (order.quantity - order.allocated) // order.lot
        one = Asking(order, lots * order.lot)
        if not one.wanted:
            one.refused = phrase("what it wants is less than its lot of {lot}", lot=order.lot)
        else:
            desk.ask(one)
        asking.append(one)
    return asking


# -- sharing --------------------------------------------------------------------------------------


def _problem(act: Act, sharing: list[Asking]) -> tuple[Problem, tuple[Pinned, ...]]:
    """The orders and their accounts as the kernel takes them, with the ledger as it was read."""
    names = dict.fromkeys(leg.account for one in sharing for leg in one.legs)
    pins = act.ledger.pin(names, now=act.now)
    accounts = {name: act.ledger.account(name) for name in names}
    scales = {name: found.scale for name, found in accounts.items() if found is not None}
    priced = all(one.order.unit_price_usd for one in sharing)
    try:
        problem = make_problem(
            [
                Line(
                    one.order.pk,
                    one.wanted,
                    weight=Fraction(one.order.weight),
                    tier=one.order.tier,
                    lot=one.order.lot,
                    value=Fraction(one.order.unit_price_usd or 1) if priced else 1,
                )
                for one in sharing
            ],
            [
                (one.order.pk, leg.account, (leg.factor or Fraction(1)) * scales[leg.account])
                for one in sharing
                for leg in one.legs
            ],
            {pin.account: pin.headroom for pin in pins},
            ledger_version=str(max((pin.seq for pin in pins), default=0)),
        )
    except ProblemError as error:
        raise InputError({"orders": phrases(error.faults[:5], "; ")}) from error
    return problem, pins


def _lines(run: AllocationRun, asking: list[Asking], done: Run) -> Iterable[RunLine]:
    """A row for every order that asked, also for those that could not share."""
    result = done.result
    index = result.problem.line_index
    for one in asking:
        at = index.get(one.order.pk) if not one.refused else None
        line = RunLine(
            run=run,
            order=one.order,
            asked=one.wanted,
            awarded=0,
            refused=(one.refused or "")[:1000],
            legs=[_plain(leg) for leg in one.legs] if at is not None else [],
        )
        if at is not None:
            lo, hi = float(result.level_lo[at]), float(result.level_hi[at])
            line.awarded = int(result.awarded[at])
            line.level = "" if lo != lo else json.dumps([lo, None if hi == float("inf") else hi])  # noqa: PLR0124 - not a number
            line.bound_by = result.bound_by(at)[:300]
            line.provisional = one.verdict != "open"
        yield line


def _plain(leg: LegState) -> dict[str, Any]:
    return {
        "account": leg.account,
        "factor": str(leg.factor),
        "reserve": leg.reserve,
        "post": leg.post,
        "of": leg.of,
    }


# -- what becomes of a run ------------------------------------------------------------------------


@service("run.approve")
def run_approve(
    act: Act,
    thing: AllocationRun,
    *,
    expires_on: Annotated[
        dt.date | None, Field(description="From this day on what did not leave is given back.")
    ] = None,
) -> AllocationRun:
    """Reserve what each order got, each line on all its accounts or none (R2).

    Raises:
        StaleError: headroom has fallen since the run read it; nothing was reserved.
    """
    if expires_on is not None and expires_on <= act.now.date():
        raise input_error(
            "expires_on", "{expires_on} has come already; give a later day", expires_on=expires_on
        )
    act.move(thing, "approve", {"approved_by": act.actor.name})
    lines = list(thing.lines.filter(awarded__gt=0).order_by("order_id"))
    # Held before anything is decided: an amendment counts what is promised here, or comes first.
    hold_rows(Licence, _licences(lines))
    held = Order.objects.select_for_update().filter(pk__in=[line.order_id for line in lines])
    orders = {one.pk: one for one in with_parties(held.order_by("pk"))}
    # What is dated back must hold by now, too; its own day comes last: that day's is reserved.
    days = dict.fromkeys((act.last_day, act.today))
    desks = [Desk(act, day, agreed=thing.agreed) for day in days]
    promised: dict[str, tuple[RunLine, Allocation, Reserve]] = {}
    for line in lines:
        order = orders[line.order_id]
        again = Asking(order, line.awarded)
        line.refused = _moved_on(desks, line, again) or ""
        if not line.refused:
            one = Allocation(
                id=new_id("allocation"),
                order=order,
                run=thing,
                quantity=line.awarded,
                left=line.awarded,
                provisional=again.verdict != "open",
                expires_on=expires_on,
            )
            promised[group_of(one)] = line, one, _reservation(act, thing, one, again)
    change = Approve(
        act.next_id(),
        act.why(f"run/{thing.pk}"),
        tuple(Pinned(*pin) for pin in thing.pins),
        tuple(reserve for _, _, reserve in promised.values()),
    )
    _promise(act, promised, act.ledger.approve(change, now=act.now))
    update_rows(lines, ["group", "refused", "provisional"])
    return thing


def _licences(lines: list[RunLine]) -> set[str]:
    """The licences on whose accounts lines draw."""
    named = (keys_of(leg["account"]).get("licence") for line in lines for leg in line.legs)
    return {pk for pk in named if pk is not None}


def _moved_on(desks: list[Desk], line: RunLine, again: Asking) -> Phrase | None:
    """Why what a run awarded cannot be reserved any more, apart from headroom; None: it can."""
    order = again.order
    if order.state != "confirmed":
        return phrase("the order is {state}", state=order.state)
    if order.quantity - order.allocated < line.awarded:
        return phrase(
            "the order wants only {quantity} by now", quantity=order.quantity - order.allocated
        )
    seen = []
    for desk in desks:
        with desk.act.taking_effect_on(desk.at):
            desk.ask(again)
        seen.append(again.verdict)
        if again.refused:
            then = phrase("{why} on {day}", why=again.refused, day=desk.at)
            return then if len(desks) > 1 else again.refused
        if [_plain(leg) for leg in again.legs] != line.legs:
            return phrase("what it draws has changed since the run; share again")
    again.verdict = next((x for x in seen if x != "open"), "open")
    return None


def _reservation(act: Act, run: AllocationRun, one: Allocation, asked: Asking) -> Reserve:
    digests = ",".join(f"{x.id}@{x.digest[:12]}" for x in act.law().regimes)
    return Reserve(
        id=group_of(one),
        why=act.why(f"run/{run.pk}"),
        legs=tuple(
            Leg(leg.account, leg.factor or Fraction(1), leg.reserve, leg.post)  # type: ignore[arg-type]
            for leg in asked.legs
            if not leg.of
        ),
        quantity=one.quantity,
        regime=digests,
        holder=one.order.buyer_id,
        provisional=one.provisional,
    )


def _promise(
    act: Act, promised: dict[str, tuple[RunLine, Allocation, Reserve]], done: Approved
) -> None:
    """Write down which lines stand, as allocations, and why the others fell."""
    fell = {one.line: one.reason for one in done.refused}
    stand: list[Allocation] = []
    for group, (line, one, _) in promised.items():
        if group in fell:
            line.refused = fell[group][:1000]
            continue
        line.group, line.provisional = group, one.provisional
        stand.append(one)
    act.make_all(stand, "reserve", ["provisional" if x.provisional else "reserved" for x in stand])
    with act.by_itself():
        counted = {x.order: {"allocated": x.order.allocated + x.quantity} for x in stand}
        act.move_all(counted, "count")


@service("run.reject")
def run_reject(act: Act, thing: AllocationRun) -> AllocationRun:
    """Do not use a run."""
    return act.move(thing, "reject", {"reason": act.reason})


@service("run.outdate")
def run_outdate(act: Act, thing: AllocationRun) -> AllocationRun:
    """Headroom has fallen since the run; share again."""
    return act.move(thing, "outdate")


@guard
def whole_units(_act: Act, thing: Thing) -> Phrase | None:
    """Only whole units can be promised."""
    whole = thing.whole  # type: ignore[attr-defined]
    return (
        None if whole else phrase("it shares divisible units; share in whole ones to reserve them")
    )


@guard
def headroom_fell(act: Act, thing: Thing) -> Phrase | None:
    """Some account of a run has less now than the run read."""
    pins = [Pinned(*pin) for pin in thing.pins]  # type: ignore[attr-defined]
    now = act.ledger.headroom([pin.account for pin in pins], now=act.now)
    if any(now[pin.account] < pin.headroom for pin in pins):
        return None
    return phrase("no account of it has less headroom than it read; reject it instead")
