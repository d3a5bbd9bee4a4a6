"""The slow, obvious lab: a scenario with certainty played by the book's own pieces, day by day.

Cases are decided by `Decider`, credits asked of `credits_of`, scarce units shared by
`interlock.sharing`, and every movement is a change that the `Ledger` carries out or refuses. It
knows nothing of masks, tables or the compiled step, so that the two can be held against each other.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

from interlock.lab.compiling.cases import Option, licence_facts, merged, profile_facts
from interlock.law.cases.reader import CaseReader
from interlock.law.compiling.compile import compile_law
from interlock.law.deciding.credits import STANDING, credits_of
from interlock.law.deciding.decide import Decider
from interlock.law.library import load_regimes
from interlock.law.terms import Leg
from interlock.ledger import Draw, Grant, Ledger, OpenAccount, Post, Reserve, Return, Why
from interlock.ledger.amounts import is_keyed_by_period
from interlock.ledger.errors import RefusedError
from interlock.sharing import Line, make_problem, share


@dataclass
class Wanted:
    name: str
    demand: str
    step: int
    left: int
    seq: int = 0
    keen: bool = False


@dataclass
class Sent:
    name: str
    line: Wanted
    option: Option
    units: int
    ship: int
    entry: int = 0
    delivered: int = -1
    shipped: int = -1
    changes: list[str] = field(default_factory=list)


class Book:
    """One scenario with certainty in an in-memory ledger."""

    def __init__(self, scenario) -> None:
        self.s = scenario
        self.ledger = Ledger()
        self.library = load_regimes(list(scenario.regimes))
        self.lines: list[Wanted] = []
        self.sent: list[Sent] = []
        self.flows = defaultdict(int)
        self.kept: list[dict[str, tuple[int, int, int]]] = []
        self.serial = 0
        self.orders = 0
        self.credited: set[tuple[str, str]] = set()

    # -- time and law -------------------------------------------------------------------------

    def moment(self, step: int) -> dt.datetime:
        return dt.datetime.combine(self.s.day(step), dt.time(12), tzinfo=dt.UTC)

    def law_of(self, step: int):
        day = self.s.day(step)
        return compile_law(self.library.checked, day, self.s.known or day, frozenset(self.s.assume))

    def why(self) -> Why:
        return Why("lab", "played", "scenario", self.now)

    def id(self, word: str) -> str:
        self.serial += 1
        return f"{word}/{self.serial}"

    # -- accounts -----------------------------------------------------------------------------

    def open(self, key: str, plan, parent: str = "") -> None:
        if self.ledger.account(key) is None:
            if parent:
                self.open(parent, self.plan(parent))
            change = OpenAccount(self.id("open"), self.why(), key, plan.terms, parent=parent)
            self.ledger.apply(change, now=self.now)

    def plan(self, key: str):
        name = key.partition("?")[0]
        return next(p for r in self.law.regimes for p in r.accounts if p.terms.name == name)

    def grant(self, key: str, amount: Fraction) -> None:
        self.ledger.apply(Grant(self.id("grant"), self.why(), key, amount), now=self.now)

    def credit(self, event: str, facts: dict, quantity: int | None) -> None:
        case = self.reader.read(facts)
        for due in credits_of(self.law, event, case, quantity):
            self.open(due.account, due.plan, due.parent)
            if due.amount:
                self.grant(due.account, due.amount)

    def standing(self, case) -> None:
        """Credits without an event: an account when it first binds, a period when it begins."""
        for event in STANDING:
            for due in credits_of(self.law, event, case):
                self.open(due.account, due.plan, due.parent)
                period = self.ledger.balance(due.account, at=self.now, known=self.now).account
                if (period, "") not in self.credited and due.amount:
                    self.credited.add((period, ""))
                    self.grant(due.account, due.amount)

    # -- the step -----------------------------------------------------------------------------

    def play(self) -> Book:
        for step in range(self.s.steps):
            self.now, self.law = self.moment(step), self.law_of(step)
            self.reader = CaseReader(self.library.checked, self.law.vocabulary)
            self.decider = Decider(self.law, self.library.claims)
            self.arrive(step)
            self.credits(step)
            self.returns(step)
            if step % (self.s.sharing.every_days // self.s.step_days) == 0:
                while self.share(step):
                    pass  # a licence that was used up lets its lines go on to the next
            self.ship(step)
            self.enter(step)
            self.kept.append(self.counters())
        return self

    def arrive(self, step: int) -> None:
        for demand in self.s.demand.values():
            start = -(-(demand.start - self.s.start).days // self.s.step_days)
            end = -(-(demand.end - self.s.start).days // self.s.step_days)
            if demand.every_days:
                every = demand.every_days // self.s.step_days
                count = int(start <= step < end and (step - start) % every == 0)
            else:
                count = demand.lines if step == start else 0
            for _ in range(count):
                lot = self.s.products[demand.product].lot
                units = round(demand.size.fixed / lot) * lot
                self.lines.append(Wanted(f"line-{len(self.lines)}", demand.id, step, units))
                self.flows[step, demand.firm, "asked"] += units

    def credits(self, step: int) -> None:
        for demand in self.s.demand.values():
            for option in self.held(demand.id, step, every=True):
                self.standing(self.case(option))
        for licence in self.s.licences.values():
            if self.issued(licence) == step and licence.chance >= 1:
                units = int(licence.quantity.fixed)
                facts = {
                    "licence": {licence.gate: licence_facts(self.s, licence, units)},
                    "transaction": {"kind": licence.gate, "date": licence.issued},
                }
                self.credit("licence.issued", facts, None)
        for flow in self.s.supply.values():
            start = -(-(flow.start - self.s.start).days // self.s.step_days)
            end = -(-(flow.end - self.s.start).days // self.s.step_days)
            every = (flow.every_days or 0) // self.s.step_days
            if start <= step < end and (step == start or (every and (step - start) % every == 0)):
                base = {
                    "product": {"name": self.s.products[flow.product].name},
                    "exporter": dict(self.s.exporter),
                }
                self.credit(flow.event, merged(base, flow.case), int(flow.quantity.fixed))

    def issued(self, licence) -> int:
        days = (licence.issued - self.s.start).days
        days += licence.after.fixed if licence.after else 0
        return max(0, math.ceil(days / self.s.step_days))

    def held(self, demand: str, step: int, *, every: bool = False) -> list[Option]:
        """Choices of licences among those issued by now, earliest issued first."""
        d = self.s.demand[demand]
        gates: dict[str, list[tuple[int, int, str]]] = {}
        for place, licence in enumerate(self.s.licences.values()):
            mine = d.firm in licence.firms and d.product in licence.products
            if mine and (every or self.issued(licence) <= step):
                gates.setdefault(licence.gate, []).append((self.issued(licence), place, licence.id))
        options = [()]
        for gate, found in gates.items():
            options = [(*o, (gate, name)) for o in options for _, _, name in sorted(found)]
        return [Option(demand, one) for one in options]

    def case(self, option: Option):
        return self.reader.read(profile_facts(self.s, option, ()))

    def open_for(self, option: Option, stage: str) -> bool:
        return self.decider.decide(self.case(option), stage=stage, reasons=False).verdict == "open"

    def legs(self, option: Option) -> tuple[Leg, ...]:
        found = self.decider.decide(self.case(option), stage="allocation", reasons=False).legs
        made = []
        for leg in found:
            if leg.pending or not leg.factor:
                continue
            parent = next((one.account for one in found if one.of == leg.account), "")
            self.open(leg.account, self.plan(leg.account), parent)
            if not leg.of:
                made.append(Leg(leg.account, leg.factor, leg.reserve, leg.post))
        return tuple(made)

    def all_legs(self, option: Option):
        return [
            leg
            for leg in self.decider.decide(
                self.case(option), stage="allocation", reasons=False
            ).legs
            if not leg.pending and leg.factor
        ]

    def room(self, option: Option, lot: int) -> bool:
        self.legs(option)
        for leg in self.all_legs(option):
            account = self.ledger.account(leg.account)
            if self.ledger.headroom([leg.account], now=self.now)[leg.account] < (
                leg.factor * account.scale * lot
            ):
                return False
            if self.ledger.balance(leg.account, at=self.now, known=self.now).overdue:
                return False
        return True

    def share(self, step: int) -> bool:
        """Share once; whether anything was allocated."""
        chosen: dict[str, Option] = {}
        for demand in self.s.demand.values():
            lot = self.s.products[demand.product].lot
            open_now = [o for o in self.held(demand.id, step) if self.open_for(o, "allocation")]
            fits = [o for o in open_now if self.room(o, lot)]
            if open_now:
                for line in self.lines:
                    if line.demand == demand.id and line.left and not line.keen:
                        line.keen, line.seq = True, self.orders
                        self.orders += 1
            if fits:
                chosen[demand.id] = fits[0]
        lines = [x for x in self.lines if x.left and x.keen and x.demand in chosen]
        if not lines:
            return False
        lines.sort(key=lambda x: x.seq)
        rule = self.s.sharing.rule
        order = {x.name: at for at, x in enumerate(lines, start=1)}
        firms = {x.name: self.s.firms[self.s.demand[x.demand].firm] for x in lines}
        many = [
            Line(
                x.name, x.left, tier=order[x.name] if rule == "first-come" else firms[x.name].tier,
                lot=self.s.products[self.s.demand[x.demand].product].lot,
                weight=Fraction(firms[x.name].weight),
            )
            for x in lines
        ]  # fmt: skip
        draws, room = [], {}
        for x in lines:
            for leg in self.all_legs(chosen[x.demand]):
                scale = self.ledger.account(leg.account).scale
                draws.append((x.name, leg.account, leg.factor * scale))
                room[leg.account] = self.ledger.headroom([leg.account], now=self.now)[leg.account]
        result = share(
            make_problem(many, draws, room), "cea" if rule == "first-come" else rule, whole=True
        )
        for x, got in zip(lines, result.awarded.tolist(), strict=True):
            if got:
                self.allocate(x, chosen[x.demand], int(got), step)
        return bool(result.awarded.any())

    def allocate(self, line: Wanted, option: Option, units: int, step: int) -> None:
        name = self.id("reserve")
        self.ledger.apply(Reserve(name, self.why(), self.legs(option), units, "law"), now=self.now)
        line.left -= units
        b = self.s.behaviour
        lead = math.ceil(b.lead_days.fixed / self.s.step_days)
        self.sent.append(Sent(name, line, option, units, step + lead))
        self.flows[step, self.s.demand[line.demand].firm, "allocated"] += units

    def post(self, sent: Sent, stage: str) -> bool:
        """Post a stage's legs, with what runs over where a tolerance allows it."""
        extra = int(self.s.behaviour.overrun.fixed * sent.units)
        stages = {row.post for row in self.ledger.reservations(sent.name)}
        if stage not in stages:
            return True
        for units in dict.fromkeys((sent.units + extra, sent.units)):
            name = self.id("post")
            try:
                self.ledger.apply(Post(name, self.why(), sent.name, units, stage), now=self.now)
            except RefusedError:
                continue
            sent.changes.append(name)
            return True
        return False

    def ship(self, step: int) -> None:
        for x in self.sent:
            if x.shipped < 0 and x.ship == step:
                if self.open_for(x.option, "shipment") and self.post(x, "shipment"):
                    b = self.s.behaviour
                    x.shipped = step
                    x.entry = step + sum(
                        math.ceil(d.fixed / self.s.step_days)
                        for d in (b.transit_days, b.customs_days)
                    )
                    self.flows[step, self.s.demand[x.line.demand].firm, "shipped"] += x.units
                else:
                    x.ship += 1

    def enter(self, step: int) -> None:
        for x in sorted(self.sent, key=lambda x: x.shipped):
            if x.shipped >= 0 and x.delivered < 0 and x.entry == step:
                if self.open_for(x.option, "entry") and self.enters(x):
                    x.delivered = step
                    self.flows[step, self.s.demand[x.line.demand].firm, "delivered"] += x.units
                else:
                    x.entry += 1

    def enters(self, x: Sent) -> bool:
        """Post the entry, and draw on what only began to bind since it was reserved."""
        held = {row.account.partition("@")[0] for row in self.ledger.reservations(x.name)}
        late = [leg for leg in self.legs(x.option) if leg.post == "entry"]
        late = tuple(leg for leg in late if leg.account not in held)
        for leg in late:
            scale = self.ledger.account(leg.account).scale
            if self.ledger.headroom([leg.account], now=self.now)[leg.account] < (
                leg.factor * scale * x.units
            ):
                return False
            if self.ledger.balance(leg.account, at=self.now, known=self.now).overdue:
                return False
        if not self.post(x, "entry"):
            return False
        if late:
            draw = Draw(self.id("late"), self.why(), late, x.units, "law")
            self.ledger.apply(draw, now=self.now)
            x.changes.append(draw.id)
        return True

    def returns(self, step: int) -> None:
        b = self.s.behaviour
        if not b.returns:
            return
        after = max(1, math.ceil(b.return_days.fixed / self.s.step_days))
        for x in self.sent:
            if x.delivered >= 0 and x.delivered + after == step:
                for post in x.changes:
                    self.ledger.apply(
                        Return(self.id("return"), self.why(), post, x.units, b.way), now=self.now
                    )

    def counters(self) -> dict[str, tuple[int, int, int]]:
        found = {}
        for account in self.ledger.accounts():
            if is_keyed_by_period(account.terms) and not account.base:
                continue  # its periods are accounts of their own
            c = self.ledger.counters(account.id, now=self.now)
            if any((c.credits_posted, c.debits_pending, c.debits_posted)):
                found[account.id] = (c.credits_posted, c.debits_pending, c.debits_posted)
        return found
