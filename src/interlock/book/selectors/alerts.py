"""What a change of law does to open orders: which verdicts and quantities change, by which rule.

Every open order is decided twice, by the law of today and by the law of the day asked, over the
same papers and accounts; what a viewer is told is the difference of the two decisions as they may
see them (R11). Scalar, page by page: building an order's facts from the book costs more than
deciding it, so columns would save nothing here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from interlock.book import law, rights
from interlock.book.cases import Cases
from interlock.book.errors import InputError
from interlock.book.models import Order
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.as_if import AsIfOpened
from interlock.book.selectors.decisions import LedgerStates, viewer_of
from interlock.files import nearest
from interlock.files.phrases import phrase
from interlock.law.deciding.audience import sees
from interlock.law.deciding.decide import Decider
from interlock.law.deciding.redact import redacted
from interlock.law.diff import differences
from interlock.law.show import Day, known_ids, show_regime

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from interlock.book.rights import Actor
    from interlock.law.deciding.decision import Decision, Finding
    from interlock.law.model import Regime, Stage

FIRST_YEAR, LAST_YEAR = 1950, 2150
OPEN = ("placed", "confirmed")
PARTIES = ("buyer", "supplier", "consignee", "end_user", "broker", "forwarder", "product")


@dataclass(frozen=True)
class Turn:
    """A change of law that orders are held against.

    Attributes:
        today: the day whose law holds now; all is taken as it is known on this day.
        on: the day whose law is asked.
        assumed: ids of proposed versions and items that are taken to be in force `on` that day.
    """

    today: dt.date
    on: dt.date
    assumed: frozenset[str] = frozenset()

    def check(self) -> None:
        """Refuse ids that no regime has, and days that no law speaks of.

        Raises:
            InputError: with the nearest id.
        """
        if not FIRST_YEAR <= self.on.year <= LAST_YEAR:
            says = phrase(
                "{on} is out of reach; give a day from {first_year} to {last_year}",
                on=self.on,
                first_year=FIRST_YEAR,
                last_year=LAST_YEAR,
            )
            raise InputError({"on": says})
        known = known_ids(one.regime for one in law.library().checked)
        for name in sorted(self.assumed - set(known)):
            says = phrase(
                "no regime has a version or item '{name}'; {mend}",
                name=name,
                mend=nearest(name, known),
            )
            raise InputError({"assume": says})


@lru_cache(maxsize=32)
def _decider(_stamp: law.Stamp, turn: Turn) -> Decider:
    library = law.library()
    return Decider(library.law(turn.on, turn.today, turn.assumed), library.claims)


# -- the law -------------------------------------------------------------------------------------


def law_changes(
    from_day: dt.date, to_day: dt.date, *, known: dt.date, viewer: str
) -> list[dict[str, Any]]:
    """What starts, ends or changes in the law from one day to another, both included.

    Args:
        from_day: the first day.
        to_day: the last.
        known: what was public by this day is heard.
        viewer: `holder`, `officer:<gate>` or `public`; items that they may not see are left out.

    Returns:
        {day, regime, gate, item, kind, field, words}, by day.
    """
    before = law.law_on(from_day - dt.timedelta(days=1), known)
    days = [day for day in before.changes() if from_day <= day <= to_day]
    return [
        found
        for day in days
        for regime in before.checked
        for found in _changed(regime.regime, day, known)
        if sees(viewer, _readers(regime.regime, found["item"]), regime.regime.gate)
    ]


def _changed(regime: Regime, day: dt.date, known: dt.date) -> Iterable[dict[str, Any]]:
    eve = Day(day - dt.timedelta(days=1), known)
    for one in differences(show_regime(regime, eve), show_regime(regime, Day(day, known))):
        yield {
            "day": day.isoformat(),
            "regime": regime.id,
            "gate": regime.gate,
            "item": one.item,
            "kind": one.kind,
            "field": one.field,
            "words": one.words,
        }


def _readers(regime: Regime, item: str) -> tuple[str, ...]:
    """Who may see an item of a regime, by its name in a difference, such as `rule x`."""
    noun, _, name = item.rpartition(" ")
    sections: dict[str, dict[str, Any]] = {
        "parameter": regime.parameters,
        "fact": regime.facts,
        "party fact": regime.party_facts,
        "rule": regime.rules,
        "exception": regime.exceptions,
        "condition": regime.conditions,
        "round": regime.rounds,
    }
    found = sections.get(noun, {}).get(name)
    if noun == "account" and name in regime.accounts:
        return regime.accounts[name].terms.visible_to
    readers: tuple[str, ...] = () if found is None else found.visible_to
    return readers or regime.visible_to


# -- the orders ----------------------------------------------------------------------------------


def stage_of(order: Order) -> Stage:
    """The stage that an order comes to next."""
    if order.shipped:
        return "entry"
    if order.allocated:
        return "shipment"
    return "allocation" if order.state == "confirmed" else "order"


@dataclass(frozen=True)
class Hit:
    """One order decided by both laws.

    Attributes:
        now: by the law of today.
        then: by the law of the day asked, on that day.
        law_alone: by that law, were the day still today: what differs from `now` here differs by
            the law, and what does not by the lapse of time.
    """

    order: Order
    stage: Stage
    now: Decision
    then: Decision
    law_alone: Decision


class Comparing:
    """Decides orders by two laws."""

    def __init__(self, turn: Turn, now: dt.datetime) -> None:
        self.turn = turn
        self.cases = Cases(turn.today)
        self.reader = law.reader_on(turn.today, turn.today)
        self.before = law.decider_on(turn.today, turn.today)
        self.after = _decider(law.stamp(), turn)
        live = LedgerStates(ledger(), now)
        self.accounts = {
            one: AsIfOpened(live, one.law, self.reader, turn.today)
            for one in (self.before, self.after)
        }

    def hit(self, order: Order, stage: Stage | None = None) -> Hit | None:
        """An order whose decisions differ in any verdict or greatest quantity; else None."""
        asked = stage or stage_of(order)
        facts = self.cases.order(order, asked)
        later = facts | {"transaction": facts["transaction"] | {"date": self.turn.on}}
        now = self._decide(self.before, facts, asked)
        then = self._decide(self.after, later, asked)
        if answers(now) == answers(then):
            return None
        return Hit(order, asked, now, then, self._decide(self.after, facts, asked))

    def _decide(self, decider: Decider, facts: dict[str, Any], stage: Stage) -> Decision:
        case = self.reader.read(facts, 1)
        accounts = self.accounts[decider].of(case)
        return decider.decide(case, stage=stage, accounts=accounts, reasons=False)


def answers(decision: Decision) -> tuple[Any, ...]:
    """What a change must change to be told: verdicts and the greatest quantity."""
    return (
        decision.verdict,
        decision.max_quantity,
        *((gate.gate, gate.verdict) for gate in decision.gates),
    )


def told(hit: Hit, viewer: str) -> dict[str, Any] | None:
    """A hit as one viewer may see it; None: to them nothing changes."""
    now, then = redacted(hit.now, viewer), redacted(hit.then, viewer)
    if answers(now) == answers(then):
        return None
    alone = _outcomes(redacted(hit.law_alone, viewer))
    was, becomes = _outcomes(now), _outcomes(then)
    names = [name for name in {**was, **becomes} if _outcome(was, name) != _outcome(becomes, name)]
    gates_now = {gate.gate: gate.verdict for gate in now.gates}
    return {
        "order": hit.order.pk,
        "buyer": hit.order.buyer_id,
        "supplier": hit.order.supplier_id,
        "stage": hit.stage,
        "now": {"verdict": now.verdict, "max_quantity": now.max_quantity},
        "then": {"verdict": then.verdict, "max_quantity": then.max_quantity},
        "gates": [
            {"gate": gate.gate, "now": gates_now.get(gate.gate), "then": gate.verdict}
            for gate in then.gates
            if gates_now.get(gate.gate) != gate.verdict
        ],
        "rules": [
            {
                "gate": (becomes.get(name) or was[name]).gate,
                "regime": name[0],
                "rule": name[1],
                "says": (becomes.get(name) or was[name]).says,
                "now": _outcome(was, name),
                "then": _outcome(becomes, name),
                "because": "law" if _outcome(alone, name) != _outcome(was, name) else "time",
            }
            for name in names
        ],
    }


def _outcomes(decision: Decision) -> dict[tuple[str, str], Finding]:
    return {(one.regime, one.item): one for one in decision.findings}


def _outcome(found: dict[tuple[str, str], Finding], name: tuple[str, str]) -> str | None:
    return found[name].outcome if name in found else None


def open_orders(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Orders that are not closed, with all that a decision reads of them."""
    return orders.filter(state__in=OPEN).select_related(*PARTIES).order_by("pk")


def alerts(
    actor: Actor, turn: Turn, *, now: dt.datetime, stage: Stage | None, after: str, most: int
) -> dict[str, Any]:
    """One page of open orders whose verdict or greatest quantity a change of law changes.

    Args:
        actor: who asks; they are told of the orders and rules that they may see.
        turn: the change.
        now: the clock; accounts are read as they stand.
        stage: for which stage to decide; None: the stage that each order comes to next.
        after: the id to go on after.
        most: how many orders to look at; of them those that are hit are given.

    Raises:
        DeniedError: the actor may read no order.
        InputError: no regime has an assumed id.
    """
    rights.require_some(actor, "order.read", "orders")
    turn.check()
    viewer = viewer_of(actor)
    rows = open_orders(rights.visible(actor, Order)).filter(pk__gt=after)[: most + 1]
    orders = list(rows)
    comparing = Comparing(turn, now)
    hits = (comparing.hit(order, stage) for order in orders[:most])
    found = (told(hit, viewer) for hit in hits if hit is not None)
    first, last = sorted((turn.today, turn.on))
    changes = law_changes(first, last, known=turn.today, viewer=viewer) if not after else []
    return {
        "today": turn.today.isoformat(),
        "on": turn.on.isoformat(),
        "assumed": sorted(turn.assumed),
        "changes": [one for one in changes if one["day"] != first.isoformat()],
        "items": [one for one in found if one is not None],
        "looked_at": len(orders[:most]),
        "next": orders[most - 1].pk if len(orders) > most else None,
    }
