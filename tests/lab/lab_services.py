"""A scenario with certainty posted in the book of record, by the people who would, day by day.

Everything goes through the book's services under the rights of their actors; what each firm gets is
the book's own run of sharing, approved by a second person. Nothing of the lab plays here: of the
scenario only what happens outside is read (who orders what, when stock comes, how long ways take).
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from book_kit import ADMIN, World

from interlock.book.errors import GateError, InputError
from interlock.book.jobs import expire
from interlock.book.models import Allocation, Licence
from interlock.book.selectors.accounts import ledger
from interlock.ledger.amounts import is_keyed_by_period

if TYPE_CHECKING:
    from interlock.book.rights import Actor
    from interlock.lab.model import Demand, Flow, Scenario
    from interlock.lab.model import Licence as Planned

PRODUCT = "h200-sxm"
STATED = {"nvidia": ("thresholds", "us_supply", "end_use"),
          "bytedance": ("know_your_customer", "necessity"),
          "tencent": ("know_your_customer", "necessity")}  # fmt: skip
TEST = {"lab": "Lab One", "lab_country": "US", "independent": True}


@dataclass
class Way:
    """One allocation on its way; days are steps."""

    allocation: str
    demand: str
    units: int
    ship: int
    shipped: int = -1
    entry: int = -1
    entered: int = -1


class Played:
    """A scenario with certainty through the services.

    Attributes:
        counters: of every account, after each step; awards: (step, demand) -> units of each line.
        flows: (firm, measure) -> step -> units.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.s = scenario
        self.world = World()
        self.ways: list[Way] = []
        self.counters: list[dict[str, tuple[int, int, int]]] = []
        self.awards: dict[tuple[int, str], list[int]] = {}
        self.flows: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self.refused = 0
        self.serial = 0
        world = self.world
        self.firms = {"nvidia": world.supplier, "bytedance": world.buyer, "tencent": world.rival}
        world.do(ADMIN, "product.enter", id="ascend", catalogue_name="Ascend 910C", domestic=True)
        for firm, kinds in STATED.items():
            for kind in kinds:
                self.do(self.firms[firm], "statement.file", id=self.id("st"), statement_kind=kind,
                        by=firm)  # fmt: skip

    def id(self, word: str) -> str:
        self.serial += 1
        return f"{word}-{self.serial}"

    def do(self, who: Actor, right: str, pk: str = "", **values: Any) -> Any:
        return self.world.do(who, right, pk, **values)

    def steps(self, days: float) -> int:
        return math.ceil(days / self.s.step_days)

    def play(self) -> Played:
        for step in range(self.s.steps):
            self.world.now = dt.datetime.combine(self.s.day(step), dt.time(12), tzinfo=dt.UTC)
            self.stop_and_go(step)
            self.order(step)
            expire(self.world.now)
            self.credit(step)
            self.give_back(step)
            if step % self.steps(self.s.sharing.every_days) == 0:
                self.share(step)
            self.ship(step)
            self.enter(step)
            self.counters.append(self.counted())
        return self

    # -- what happens outside -----------------------------------------------------------------

    def due(self, one: Demand | Flow, step: int) -> int:
        """How often it happens on a step."""
        start = self.steps((one.start - self.s.start).days)
        end = self.steps((one.end - self.s.start).days)
        if one.every_days:
            here = (step - start) % self.steps(one.every_days) == 0
            return int(start <= step < end and here)
        return (getattr(one, "lines", None) or 1) if step == start else 0

    def order(self, step: int) -> None:
        for demand in self.s.demand.values():
            firm = self.s.firms[demand.firm]
            for _ in range(self.due(demand, step)):
                made = self.do(
                    self.firms[demand.firm], "order.place", id=self.id(demand.id),
                    buyer=demand.firm, supplier="nvidia", product=PRODUCT,
                    quantity=round(demand.size.fixed / 8) * 8, destination="CN", origin="US",
                    data_centre_use=True, lot=8,
                    facts={"order": {"prohibited_end_use": False, "truly_needed": True}},
                )  # fmt: skip
                self.do(
                    self.world.allocator, "order.confirm", made.pk,
                    weight=firm.weight, tier=firm.tier,
                )  # fmt: skip
                self.flows[demand.firm, "asked"][step] += made.quantity

    def credit(self, step: int) -> None:
        for licence in self.s.licences.values():
            wait = licence.after.fixed if licence.after else 0
            if self.steps((licence.issued - self.s.start).days + wait) == step:
                self.issue(licence)
        for flow in self.s.supply.values():
            for _ in range(self.due(flow, step)):
                self.receive(flow, int(flow.quantity.fixed))

    def issue(self, licence: Planned) -> None:
        export = licence.gate == "export"
        world = self.world
        one, two = (world.officer, world.second) if export else (world.cn_officer, world.cn_second)
        holders = ["nvidia"] if export else licence.firms
        self.do(one, "licence.draft", id=licence.id, gate=licence.gate,
                holders=[{"party": x} for x in holders], products=[PRODUCT], destination="CN",
                consignees=list(licence.firms) if export else [],
                quantity=int(licence.quantity.fixed), **licence.facts)  # fmt: skip
        for condition in licence.conditions:
            parameters = {name: float(x) for name, x in condition["parameters"].items()}
            made = self.do(one, "condition.draft", id=self.id("co"), licence=licence.id,
                           condition_kind=condition["kind"], parameters=parameters)  # fmt: skip
            self.do(one, "condition.enforce", made.pk)
        self.do(one, "licence.propose", licence.id)
        self.do(two, "licence.grant", licence.id)

    def receive(self, flow: Flow, quantity: int) -> None:
        pk, today = self.id("in"), self.world.now.date()
        if flow.event == "stock.received":
            self.do(self.world.allocator, "stock.receive", id=pk, supplier="nvidia",
                    product=PRODUCT, quantity=quantity)  # fmt: skip
        elif flow.event == "domestic_shipment":
            self.do(self.world.supplier, "domestic_shipment.report", id=pk, exporter="nvidia",
                    product=PRODUCT, customer="Meta", quantity=quantity,
                    first_day=today)  # fmt: skip
        else:
            assert flow.event == "domestic_purchase.accepted"
            buyer = flow.case["buyer"]["id"]
            paper = {"name": "note.pdf", "sha256": sha256(pk.encode()).hexdigest()}
            self.do(self.firms[buyer], "purchase.file", id=pk, buyer=buyer, seller="Home Chips",
                    product="ascend", quantity=quantity, bought_on=today,
                    evidence_by="Assay Office", evidence=[paper])  # fmt: skip
            self.do(self.world.cn_officer, "purchase.accept", pk)

    def stop_and_go(self, step: int) -> None:
        """Shocks: every export licence is suspended, and used again later."""
        for shock in self.s.shocks.values():
            start = self.steps((shock.start - self.s.start).days)
            ends = start + self.steps(shock.lasts.fixed)
            for licence in Licence.objects.filter(gate="export", issued_on__isnull=False):
                if step == start:
                    self.do(self.world.officer, "licence.suspend", licence.pk, reason="a stop")
                if step == ends:
                    self.do(self.world.second, "licence.resume", licence.pk, reason="over")

    # -- sharing and the way ------------------------------------------------------------------

    def share(self, step: int) -> None:
        pk = self.id("run")
        try:
            run = self.do(self.world.allocator, "run.propose", id=pk, supplier="nvidia",
                          product=PRODUCT, rule=self.s.sharing.rule)  # fmt: skip
        except InputError as error:
            if "no order can share" not in str(error):
                raise
            return
        if not run.lines.filter(awarded__gt=0).exists():
            return
        expires = None
        if self.s.sharing.expires_days:
            expires = self.s.day(step + self.steps(self.s.sharing.expires_days))
        self.do(self.world.allocator_2, "run.approve", pk, expires_on=expires)
        lead = self.steps(self.s.behaviour.lead_days.fixed)
        for line in run.lines.filter(awarded__gt=0):
            assert not line.refused
            made = Allocation.objects.get(run=run, order=line.order_id)
            demand = line.order_id.rpartition("-")[0]
            self.awards.setdefault((step, demand), []).append(line.awarded)
            self.ways.append(Way(made.pk, demand, line.awarded, step + lead))

    def ship(self, step: int) -> None:
        for way in self.ways:
            if way.shipped >= 0 or step < way.ship:
                continue
            if Allocation.objects.get(pk=way.allocation).state == "expired":
                continue
            if self.dispatched(way):
                way.shipped = step
                self.flows[self.s.demand[way.demand].firm, "shipped"][step] += way.units
                ways = self.s.behaviour.transit_days, self.s.behaviour.customs_days
                way.entry = step + sum(self.steps(days.fixed) for days in ways)

    def dispatched(self, way: Way) -> bool:
        """Whether it left; what may not leave stays prepared and is tried again."""
        pk, who = f"s-{way.allocation}", self.world.supplier
        if way.entry < 0:  # not prepared yet
            self.do(who, "shipment.prepare", id=pk, allocation=way.allocation, quantity=way.units,
                    origin="US")  # fmt: skip
            self.do(who, "shipment.test", pk, tested_on=self.world.now.date(), **TEST)
            way.entry = 0
        return self.passes(who, "shipment.dispatch", pk)

    def enter(self, step: int) -> None:
        for way in self.ways:
            if way.shipped < 0 or way.entered >= 0 or step < way.entry:
                continue
            pk, firm = f"e-{way.allocation}", self.s.demand[way.demand].firm
            if step == way.entry:
                self.do(self.firms[firm], "entry.declare", id=pk, shipment=f"s-{way.allocation}",
                        quantity=way.units)  # fmt: skip
            if self.passes(self.world.customs, "entry.release", pk):
                way.entered = step
                self.flows[firm, "delivered"][step] += way.units

    def passes(self, who: Actor, right: str, pk: str) -> bool:
        """Whether the gates and the ledger let it pass."""
        try:
            self.do(who, right, pk)
        except GateError:
            self.refused += 1
            return False
        return True

    def give_back(self, step: int) -> None:
        b = self.s.behaviour
        if not b.returns:
            return
        after = max(1, self.steps(b.return_days.fixed))
        for way in self.ways:
            if way.entered >= 0 and way.entered + after == step:
                gone = {"quantity": way.units, "way": b.way, "reason": "went back"}
                self.do(self.world.customs, "entry.return", f"e-{way.allocation}", **gone)
                self.do(self.world.supplier, "shipment.return", f"s-{way.allocation}",
                        let_in=way.units, **gone)  # fmt: skip

    def counted(self) -> dict[str, tuple[int, int, int]]:
        """Credits posted, debits pending and posted of every account that has any."""
        book, found = ledger(), {}
        for account in book.accounts():
            if is_keyed_by_period(account.terms) and not account.base:
                continue  # its periods are accounts of their own
            c = book.counters(account.id, now=self.world.now)
            row = c.credits_posted, c.debits_pending, c.debits_posted
            if any(row):
                found[account.id] = row
            assert c.excess == 0
        return found

    @property
    def met(self) -> dict[str, bool]:
        """Whether there was something to disagree about."""
        expired = Allocation.objects.filter(state="expired").exists()
        return {"refused": self.refused > 0, "expired": expired, "awards": len(self.awards) > 5}
