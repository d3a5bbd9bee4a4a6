"""The book's own history as a law can be tried on: its past decisions, and what moved accounts.

What was decided is told with what was known then: each row is built from the audit log alone, as it
stood at that row. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.db import connection

from interlock.book import law
from interlock.book.models import (
    Allocation,
    AllocationRun,
    Entry,
    Order,
    Shipment,
)
from interlock.book.selectors.alerts import OPEN, stage_of
from interlock.book.selectors.alike import Alike
from interlock.book.selectors.decisions import group_of
from interlock.book.selectors.determinations import frozen
from interlock.book.selectors.history_steps import Steps
from interlock.book.selectors.loads import LOAD, orders_of
from interlock.files import BadInputError
from interlock.replay.history import History, Past, from_rows

if TYPE_CHECKING:
    import datetime as dt

    from interlock.law.cases.reader import Case
    from interlock.law.model import Stage
    from interlock.ledger import Entry as Row

TURNED_AWAY = "a gate is shut"
BLOCK = 100_000
"""Decisions of one block."""
OFTEN = 1_000
"""Rows between two reports of how far it is."""
Told = Callable[[int], None]


@dataclass(frozen=True)
class Recorded:
    """A history, and the decisions of it that today's law can no longer read."""

    history: History
    unread: tuple[str, ...]


def history_of(
    *,
    now: dt.datetime,
    orders: Callable[[str], bool] | None = None,
    steps: bool = True,
    told: Told | None = None,
) -> Recorded:
    """Read the book's history from its audit log.

    Args:
        now: the clock: what was recorded by then; orders still open are decided as of it.
        orders: which orders count, by id; None: all. Accounts move by all of them.
        steps: also what moved accounts.
        told: called with the number of decisions found so far.
    """
    recorder = Recorder(now, orders, with_steps=steps)
    vocabulary = law.law_on(now.date(), now.date())
    found = _counted(recorder.decisions(), told)
    history = from_rows(found, vocabulary)
    history.steps = recorder.steps
    return Recorded(history, tuple(recorder.unread))


def blocks_of(recorder: Recorder) -> Iterator[History]:
    """The book's decisions in blocks, so that a long history is never held whole; at least one.

    The book itself is held as it stood at the row that was read last, and so are the steps.
    """
    vocabulary = law.law_on(recorder.now.date(), recorder.now.date())
    found = recorder.decisions()
    while True:
        block = from_rows(islice(found, BLOCK), vocabulary)
        yield block
        if block.decisions.height < BLOCK:
            return


def rows_to_walk() -> int:
    """How far a `Recorder` will have walked at the end, or nearly."""
    placed = "SELECT count(*), count(CASE WHEN kind = 'order.place' THEN 1 END) FROM audit"
    with connection.cursor() as cursor:
        cursor.execute(placed)
        rows, placed_alone = cursor.fetchone()
    loaded = max(0, Order.objects.count() - placed_alone)
    found: int = rows + loaded + Order.objects.filter(state__in=OPEN).count()
    return found


def _counted(found: Iterator[Past], told: Told | None) -> Iterator[Past]:
    for number, one in enumerate(found, start=1):
        if told is not None and number % OFTEN == 0:
            told(number)
        yield one


@dataclass
class _Seen:
    """A decision about to be told: what it is about, and the row that it was made by."""

    row: Row
    order: Order
    stage: str
    units: int
    thing: str
    at: dt.date
    recorded: str | None = None
    shipment: Shipment | None = None
    entry: Entry | None = None
    more: dict[str, Any] = field(default_factory=dict)


class Recorder(Steps):
    """Walks through the log and tells decisions; gathers steps on the way.

    Args:
        now: the clock; what was recorded later is left out.
        orders: which orders count; None: all.
        with_steps: gather steps.
        told: called every so often with how far it is: rows of the log, and besides them orders of
            a load and orders that are still open.
    """

    def __init__(
        self,
        now: dt.datetime,
        orders: Callable[[str], bool] | None,
        *,
        with_steps: bool,
        told: Told | None = None,
    ) -> None:
        super().__init__(with_steps=with_steps)
        self.now, self.orders = now, orders
        self.unread: list[str] = []
        self.walked, self._told = 0, told
        self._alike = Alike(self.sweep)

    def decisions(self) -> Iterator[Past]:
        """Every past decision in the book's order, then the open orders as they stand."""
        for act in self.sweep.acts(self.now):
            self._walk(len(act))
            yield from self._promised(act)
            for row in act:
                yield from self._row(row)
        yield from self._standing()

    def _walk(self, rows: int) -> None:
        before, self.walked = self.walked, self.walked + rows
        self.sweep.forget_met()
        if self._told is not None and before // OFTEN != self.walked // OFTEN:
            self._told(self.walked)

    def _row(self, row: Row) -> Iterator[Past]:
        handler: Any = getattr(self, f"_{row.kind.replace('.', '_')}", None)
        if row.kind in ALREADY:
            yield from handler(row)  # as things stood before the move: so its guard saw them
            self.sweep.apply(row)
        elif row.kind in TOLD:
            self.sweep.apply(row)
            yield from handler(row)
        else:
            before = self._before(row)
            self.sweep.apply(row)
            if self.with_steps and row.kind in MOVES:
                MOVES[row.kind](self, row, before)

    def _before(self, row: Row) -> dict[str, Any]:
        kind, _, pk = row.cause.partition("/")
        found: dict[str, Any] = self.sweep._things.get(kind, {}).get(pk, {})
        return found

    # -- decisions --------------------------------------------------------------------------------

    def _order(self, row: Row) -> Iterator[Past]:
        line = self.sweep.of_kind(Order)[row.cause.partition("/")[2]]
        yield from self._tell_line(row, line, "order", line["quantity"])

    _order_place = _order_change = _order_confirm = _order

    def _order_load(self, row: Row) -> Iterator[Past]:
        for found in orders_of(row, self.sweep.prices()):
            self._walk(1)
            yield from self._tell_line(row, found, "order", found["quantity"])

    def _run_propose(self, row: Row) -> Iterator[Past]:
        """Every order that asked in a run: those that shared, and those that were left out."""
        run = self.thing(AllocationRun, row)
        self.restate(row)
        lines, out = run.inputs["lines"], run.inputs["left_out"]
        for pk in sorted({*lines, *out}):
            order = self.sweep.thing(Order, pk)
            if order is None:
                continue
            turned = "shut" if out.get(pk, "").startswith(TURNED_AWAY) else None
            wanted = lines[pk]["wanted"] if pk in lines else order.quantity - order.allocated
            verdict = lines[pk]["verdict"] if pk in lines else turned
            yield from self._tell(
                _Seen(
                    row, order, "allocation", wanted, f"run/{run.pk}/{pk}", run.at, verdict,
                    more={"agreed": run.agreed},
                )
            )  # fmt: skip

    def _promised(self, act: list[Row]) -> Iterator[Past]:
        """The lines of a run that were reserved, all decided before the first was."""
        rows = [row for row in act if row.kind == "allocation.reserve"]
        for row in rows:
            self.sweep.apply(row)
        if rows:
            self.restate(rows[0])
        for row in rows:
            one = self.thing(Allocation, row)
            agreed = one.run is not None and one.run.agreed
            yield from self._tell(
                _Seen(
                    row, one.order, "allocation", one.quantity, row.cause, row.effective.date(),
                    "unknown" if one.provisional else "open", more={"agreed": agreed},
                )
            )  # fmt: skip
        for row in rows:
            one = self.thing(Allocation, row)
            self.step(
                row, "reserve", one.order, one.quantity,
                group=group_of(one), holder=one.order.buyer_id,
            )  # fmt: skip

    def _allocation_confirm(self, row: Row) -> Iterator[Past]:
        one = self.thing(Allocation, row)
        group = group_of(one)
        yield from self._tell(
            _Seen(
                row, one.order, "allocation", one.left, row.cause, row.effective.date(), "open",
                more={"group": group},
            )
        )  # fmt: skip
        self.step(row, "confirm", one.order, one.left, group=group)

    def _shipment_dispatch(self, row: Row) -> Iterator[Past]:
        one = self.thing(Shipment, row)
        group = group_of(one.allocation)
        yield from self._tell(
            _Seen(
                row, one.order, "shipment", one.quantity, row.cause, row.effective.date(), "open",
                shipment=one, more={"group": group},
            )
        )  # fmt: skip
        self.step(row, "send", one.order, one.quantity, group=group)

    def _entry_release(self, row: Row) -> Iterator[Past]:
        one = self.thing(Entry, row)
        yield from self._entering(row, one, one.quantity, "open")

    def _entering(
        self, row: Row, one: Entry, units: int, verdict: str | None, *, fact: bool = False
    ) -> Iterator[Past]:
        sent = one.shipment
        group, shipment = group_of(sent.allocation), f"shipment/{sent.pk}"
        self.restate(row)
        yield from self._tell(
            _Seen(
                row, sent.order, "entry", units, row.cause, row.effective.date(), verdict,
                shipment=sent, entry=one,
                more={"group": group, "shipment": shipment, "quiet": fact},
            )
        )  # fmt: skip
        facts = self.steps[-1]["facts"] if self.with_steps and self.steps else {}
        self.step(
            row, "enter", sent.order, units, group=group, shipment=shipment, facts=facts,
            holder=sent.order.buyer_id, fact=fact,
        )  # fmt: skip

    def _standing(self) -> Iterator[Past]:
        """Orders that are still open, for the stage that each comes to next."""
        for pk, found in sorted(self.sweep.of_kind(Order).items()):
            if found["state"] not in OPEN:
                continue
            self._walk(1)
            row = _Clock(f"stands/{pk}", "order.stands", f"order/{pk}", self.now, self.now)
            left = found["quantity"] - found["shipped"]
            yield from self._tell_line(row, found, stage_of(SimpleNamespace(**found)), left)  # type: ignore[arg-type]

    def _tell_line(
        self, row: Row, line: dict[str, Any], stage: Stage, units: int
    ) -> Iterator[Past]:
        """The decision of an order that moves nothing, from its row in the log."""
        if self.orders is not None and not self.orders(line["id"]):
            return
        at, known = row.effective.date(), row.recorded.date()
        pk = f"{row.change}#{line['id']}" if row.kind == LOAD else row.change
        about = {
            "decision": pk, "change": row.change, "move": row.kind,
            "thing": f"order/{line['id']}", "order": line["id"], "buyer": line["buyer"],
            "supplier": line["supplier"], "product": line["product"], "units": units,
            "stage": stage, "at": at, "known": known, "recorded": None,
        }  # fmt: skip
        yield from self._past(about, lambda: self._alike.case(line, stage, at, known))

    def _tell(self, seen: _Seen) -> Iterator[Past]:
        """One decision as the law reads it."""
        order, row = seen.order, seen.row
        wanted = self.orders is None or self.orders(order.pk)
        if not wanted and not self.with_steps:
            return
        known = row.recorded.date()
        facts = self._alike.cases(seen.at).order(
            order, seen.stage, shipment=seen.shipment, entry=seen.entry
        )
        if self.with_steps:
            facts = frozen(facts)
        pk = row.change if row.kind != "run.propose" else f"{row.change}#{order.pk}"
        about = {
            "decision": pk, "change": row.change, "move": row.kind, "thing": seen.thing,
            "order": order.pk, "buyer": order.buyer_id, "supplier": order.supplier_id,
            "product": order.product_id, "units": seen.units, "stage": seen.stage, "at": seen.at,
            "known": known, "recorded": seen.recorded,
        }  # fmt: skip
        if self.with_steps:
            step = self.step(
                row, "decide", order, seen.units, at=seen.at, facts=facts, stage=seen.stage,
                **seen.more,
            )  # fmt: skip
            step |= {"decision": pk, "thing": seen.thing}
        if not wanted:
            return
        yield from self._past(about, lambda: law.reader_on(seen.at, known).read(facts, 1))

    def _past(self, about: dict[str, Any], read: Callable[[], Case]) -> Iterator[Past]:
        try:
            yield Past(about, read())
        except BadInputError as error:
            self.unread.append(f"{about['decision']}: {error.faults[0].wrong}")

    def counted_in(self, row: Row, before: dict[str, Any]) -> None:
        """An accepted fact: so many units came in."""
        one = self.thing(Entry, row)
        more = one.entered - before.get("entered", 0)
        if more > 0:
            for _ in self._entering(row, one, more, None, fact=True):
                pass  # nobody decided it
        elif more < 0:
            order, shipment = one.shipment.order, f"shipment/{one.shipment.pk}"
            self.step(row, "enter_back", order, -more, way="cancelled", shipment=shipment)


@dataclass(frozen=True)
class _Clock:
    """Stands for a row of the log where the book is looked at as it stands."""

    change: str
    kind: str
    cause: str
    effective: dt.datetime
    recorded: dt.datetime


ALREADY = ("allocation.confirm", "shipment.dispatch", "entry.release")
TOLD = ("order.place", "order.change", "order.confirm", LOAD, "run.propose")
MOVES: dict[str, Callable[[Recorder, Row, dict[str, Any]], None]] = {
    "stock.receive": Recorder.lot,
    "stock.recount": Recorder.lot,
    "domestic_shipment.report": Recorder.at_home,
    "domestic_shipment.return": Recorder.at_home,
    "purchase.accept": Recorder.purchase,
    "purchase.transfer": Recorder.purchase,
    "purchase.receive": Recorder.purchase,
    "purchase.void": Recorder.purchase,
    "licence.grant": Recorder.licence,
    "licence.amend": Recorder.licence,
    "licence.transfer": Recorder.licence,
    "licence.receive": Recorder.licence,
    "round.decide": Recorder.round,
    "allocation.void": Recorder.give_up,
    "allocation.expire": Recorder.give_up,
    "shipment.return": Recorder.send_back,
    "entry.return": Recorder.enter_back,
    "entry.count": Recorder.counted_in,
    "entry.find": Recorder.counted_in,
    "shipment.count": Recorder.counted_out,
    "open_discrepancy": Recorder.shut,
    "settle_discrepancy": Recorder.unshut,
}
"""What each row of the log means for accounts; decisions are told by the rows above."""
