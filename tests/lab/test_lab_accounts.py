"""Random changes to accounts, stepped by the lab's arithmetic, are what the ledger holds."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.files import Place
from interlock.lab.compiling.accounts import WAYS, Registry
from interlock.lab.kernel import accounts as kernel
from interlock.lab.kernel import columns as c
from interlock.lab.kernel.accounts import on_step
from interlock.lab.kernel.posts import post
from interlock.lab.kernel.state import rows
from interlock.law.terms import AccountTerms, Leg, MayOwe, Period, Tolerance
from interlock.ledger import Grant, Ledger, OpenAccount, Post, Reserve, Return, Void, Why
from interlock.ledger.amounts import is_keyed_by_period
from interlock.ledger.errors import RefusedError

START, STEPS = dt.date(2026, 1, 20), 60
STAGES = ("allocation", "shipment", "entry")

TERMS = st.one_of(
    st.just({}),
    st.integers(0, 30).map(lambda n: {"floor": -n}),
    st.integers(1, 9).map(lambda n: {"window": dt.timedelta(days=n)}),
    st.tuples(st.integers(20, 90), st.integers(1, 5), st.none() | st.integers(1, 12)).map(
        lambda x: {
            "may_owe": MayOwe(Fraction(x[0]), dt.timedelta(days=x[1])),
            "window": None if x[2] is None else dt.timedelta(days=x[2]),
        }
    ),
    st.tuples(st.integers(1, 5), st.sampled_from(["grant", "unshipped"]), st.booleans()).map(
        lambda x: {"tolerance": Tolerance(Fraction(x[0], 10), x[1], "" if x[2] else "test/a")}
    ),
    st.just({"period": Period("month")}),
    st.just({"period": Period("month"), "tolerance": Tolerance(Fraction(1, 5))}),
)
RETURNED = st.sampled_from([(), ("re_exported",), ("re_exported", "destroyed")])
LEG = st.tuples(st.integers(1, 3), st.sampled_from(["shipment", "entry"]))
KINDS = ["grant", "reserve", "reserve", *["post"] * 5, "void", "return", "return", "days", "days"]
MOVES = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 11), st.integers(0, 11)),
    min_size=25,
    max_size=70,
)


class Both:
    """The same changes asked of the ledger and of the lab's arithmetic."""

    def __init__(self, terms: list[AccountTerms], legs: list[tuple[int, str]]) -> None:
        self.ledger, self.step, self.serial = Ledger(), 0, 0
        self.keyed, self.legs = [one.name for one in terms], legs
        days = SimpleNamespace(
            step_days=1, steps=STEPS, day=lambda step: START + dt.timedelta(days=step)
        )
        registry = Registry(days, Place("test"))
        for one in terms:
            self.ledger.apply(OpenAccount(self.id(), self.why(), one.name, one), now=self.now)
        self.numbers = [registry.account(o.name, SimpleNamespace(terms=o)) for o in terms]
        made, self.periods, self.lapsing = registry.arrays()
        self.names, self.based = registry.names, [is_keyed_by_period(t) for t in registry.terms]
        self.terms, self.counters = rows(made), rows(np.zeros((len(made), 4), np.int64))
        kept = len(self.lapsing)
        self.kept = np.zeros((kept, STEPS + 1), np.int64), np.zeros(kept, np.int64)
        self.allowed = np.zeros(len(legs), np.int64)
        table = [
            (n, factor, STAGES.index(stage))
            for n, (factor, stage) in zip(self.numbers, legs, strict=True)
        ]
        self.tables = (self.terms, self.periods, rows(np.array(table, np.int64)))
        self.groups: list[dict] = []

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.combine(START, dt.time(12), tzinfo=dt.UTC) + dt.timedelta(days=self.step)

    def why(self) -> Why:
        return Why("lab", "asked", "test", self.now)

    def id(self) -> str:
        self.serial += 1
        return f"change/{self.serial}"

    def ask(self, change) -> bool:
        try:
            self.ledger.apply(change, now=self.now)
        except RefusedError:
            return False
        return True

    def at(self, number: int, step: int | None = None) -> int:
        return int(on_step(self.terms, self.periods, number, self.step if step is None else step))

    # -- the moves ----------------------------------------------------------------------------

    def grant(self, which: int, amount: int) -> bool:
        which, amount = which % 2, 2 * amount + 1
        self.ask(Grant(self.id(), self.why(), self.keyed[which], Fraction(amount)))
        kernel.credit(self.counters, self.terms, self.at(self.numbers[which]), amount)
        return True

    def reserve(self, units: int, _: int) -> bool:
        units += 1
        name, drawn = self.id(), []
        legs = tuple(
            Leg(account, Fraction(factor), "allocation", stage)
            for account, (factor, stage) in zip(self.keyed, self.legs, strict=True)
        )
        done = self.ask(Reserve(name, self.why(), legs, units, "law"))
        for number, (factor, _stage) in zip(self.numbers, self.legs, strict=True):
            drawn.append((self.at(number), factor * units))
        may = all(
            kernel.headroom(self.counters, self.terms, a) >= amount
            and not kernel.overdue(self.counters, self.terms, self.kept[1], a)
            for a, amount in drawn
        )
        assert may == done
        if done:
            for a, amount in drawn:
                kernel.reserve(self.counters, a, amount)
            row = np.zeros(c.A_WIDTH, np.int64)
            row[c.A_UNITS], row[c.A_MADE] = units, self.step
            self.groups.append({"id": name, "made": row, "posted": {}, "void": False})
        return done

    def left(self, group: dict) -> list[str]:
        """The stages at which a group still has something reserved."""
        return [] if group["void"] else [s for _, s in self.legs if s not in group["posted"]]

    def one(self, which: int, groups: list[dict]) -> dict | None:
        return groups[which % len(groups)] if groups else None

    def post(self, which: int, extra: int) -> bool:
        group = self.one(which, [one for one in self.groups if self.left(one)])
        if group is None:
            return False
        extra, stages = max(0, extra - 7), self.left(group)
        stage, name, units = stages[0], self.id(), int(group["made"][c.A_UNITS])
        done = self.ask(Post(name, self.why(), group["id"], Fraction(units + extra), stage=stage))
        span = (0, len(self.legs))
        given = (self.counters, self.tables, (*self.kept, self.allowed), group["made"], span)
        assert post(*given, STAGES.index(stage), extra, self.step) == done
        if done:
            group["posted"][stage] = (name, units + extra, self.step)
        return done

    def void(self, which: int, _: int) -> bool:
        group = self.one(which, [one for one in self.groups if self.left(one)])
        if group is None:
            return False
        left = self.left(group)
        self.ask(Void(self.id(), self.why(), group["id"]))
        group["void"] = True
        for number, (factor, stage) in zip(self.numbers, self.legs, strict=True):
            if stage in left:
                a = self.at(number, int(group["made"][c.A_MADE]))
                amount = factor * int(group["made"][c.A_UNITS])
                kernel.release(self.counters, self.terms, a, amount)
        return True

    def give_back(self, which: int, kind: int) -> bool:
        back = [g for g in self.groups if any(units for _, units, _ in g["posted"].values())]
        group = self.one(which, back)
        if group is None:
            return False
        stage = next(s for s, (_, units, _) in group["posted"].items() if units)
        name, units, step = group["posted"][stage]
        way = WAYS[kind % len(WAYS)]
        self.ask(Return(self.id(), self.why(), name, units, way))
        group["posted"][stage] = (name, 0, step)
        for number, (factor, when) in zip(self.numbers, self.legs, strict=True):
            a = self.at(number, step)
            bits = int(self.terms[a]["c"][c.RESTORED])
            if when == stage and bits >> WAYS.index(way) & 1:
                kernel.take_back(
                    self.counters, self.terms, self.kept, a, factor * units, step, self.step
                )
        return True

    def days(self, many: int, _: int) -> bool:
        for _day in range(many // 2 + 1):
            if self.step + 1 < STEPS:
                self.step += 1
                kernel.begin_step(self.counters, self.terms, self.kept, self.lapsing, self.step)
        return True

    def compare(self) -> int:
        """Every account, in every counter; gives how much was posted in all."""
        posted = 0
        for a, name in enumerate(self.names):
            mine = self.counters[a]["c"]
            if self.ledger.account(name) is None or (self.based[a] and "@" not in name):
                assert not mine.any()
                continue
            its = self.ledger.counters(name, now=self.now)
            assert tuple(mine.tolist()) == (
                its.credits_posted, its.debits_pending, its.debits_posted, its.tolerated
            )  # fmt: skip
            assert its.excess == 0
            assert kernel.headroom(self.counters, self.terms, a) == its.headroom
            balance = self.ledger.balance(name, at=self.now, known=self.now)
            late = kernel.overdue(self.counters, self.terms, self.kept[1], a)
            assert late == balance.overdue
            posted += its.debits_posted
        return posted


@settings(max_examples=300, deadline=None)
@given(TERMS, TERMS, RETURNED, LEG, LEG, MOVES)
def test_r9_r10_random_changes_leave_the_lab_and_the_ledger_with_the_same_counters(
    first, second, back, leg_a, leg_b, moves
) -> None:
    terms = [
        AccountTerms("test/a", "chip", restored_by=back, **first),
        AccountTerms("test/b", "chip", **second),
    ]
    both = Both(terms, [leg_a, leg_b])
    both.grant(0, 12)
    both.grant(1, 10)
    steps = {
        "grant": both.grant, "reserve": both.reserve, "post": both.post, "void": both.void,
        "return": both.give_back, "days": both.days,
    }  # fmt: skip
    for name, *given_ in moves:
        steps[name](*given_)
        both.compare()


def test_r10_a_post_that_ends_a_tolerance_still_has_it() -> None:
    """All allowances are asked before any account moves: the first leg fills the closing one."""
    closing = Tolerance(Fraction(1, 5), closes_when_posted="test/a")
    both = Both(
        [AccountTerms("test/a", "chip"), AccountTerms("test/b", "chip", tolerance=closing)],
        [(1, "shipment"), (1, "shipment")],
    )
    both.grant(0, 5)
    both.grant(1, 4)
    both.grant(1, 0)
    assert both.reserve(9, 0)
    assert both.post(0, 8)
    assert both.compare() == 22
    assert [both.counters[k]["c"].tolist() for k in both.numbers] == [
        [11, 0, 11, 0],
        [10, 0, 11, 1],
    ]


def test_the_comparison_sees_a_counter_that_is_off_by_one() -> None:
    """The property can fail: one unit posted on one side alone is found."""
    both = Both([AccountTerms("test/a", "chip"), AccountTerms("test/b", "chip")],
                [(1, "shipment"), (2, "entry")])  # fmt: skip
    both.grant(0, 5)
    both.grant(1, 10)
    assert both.reserve(4, 0)
    assert not both.reserve(6, 0)
    assert both.post(0, 0)
    assert both.compare() == 5
    both.counters[0]["c"][2] += 1
    try:
        both.compare()
    except AssertionError:
        return
    raise AssertionError
