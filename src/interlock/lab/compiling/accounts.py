"""The accounts that a scenario's lines may draw on, numbered, with their terms as arrays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from interlock.files import Fault
from interlock.files.phrases import phrase
from interlock.lab.kernel import columns as c
from interlock.lab.kernel.accounts import OF_GRANT, OF_UNSHIPPED
from interlock.ledger.amounts import base_floor, is_keyed_by_period, period_key, whole

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from interlock.files import Place
    from interlock.lab.compiling.plan import Ints
    from interlock.lab.model import Scenario
    from interlock.law.compiling.compiled import AccountPlan
    from interlock.law.terms import AccountTerms

WAYS = ("returned_to_exporter", "re_exported", "destroyed", "cancelled")


@dataclass
class Registry:
    """Accounts as they are found, by key; periods of one account are accounts of their own."""

    scenario: Scenario
    place: Place
    faults: list[Fault] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    terms: list[AccountTerms] = field(default_factory=list)
    number: dict[str, int] = field(default_factory=dict)
    periods: list[list[int]] = field(default_factory=list)
    period_row: list[int] = field(default_factory=list)

    def account(self, key: str, plan: AccountPlan) -> int:
        """The number of a keyed account; it is added if it is new."""
        if key in self.number:
            return self.number[key]
        found = self._add(key, plan.terms)
        if is_keyed_by_period(plan.terms):
            self.period_row[found] = len(self.periods)
            self.periods.append(self._periods_of(found))
        return found

    def _add(self, key: str, terms: AccountTerms) -> int:
        found = self.number[key] = len(self.names)
        self.names.append(key)
        self.terms.append(terms)
        self.period_row.append(-1)
        for word, span in (("window", terms.window), ("may_owe.within", _within(terms))):
            if span is not None and span % dt.timedelta(days=self.scenario.step_days):
                wrong = phrase(
                    "the {word} of {name}, {days} days, is no multiple of the step",
                    word=word,
                    name=terms.name,
                    days=span.days,
                )
                self.faults.append(
                    Fault(self.place, wrong, phrase("write a step that divides it, e.g. P1D"))
                )
        return found

    def _periods_of(self, base: int) -> list[int]:
        """For each step the number of its period's account."""
        terms = self.terms[base]
        assert terms.period is not None  # noqa: S101 - asked by the caller
        found = []
        for step in range(self.scenario.steps):
            noon = dt.datetime.combine(self.scenario.day(step), dt.time(12), tzinfo=dt.UTC)
            key = f"{self.names[base]}@{period_key(terms.period.name, noon, terms.timezone)}"
            found.append(self.number[key] if key in self.number else self._add(key, terms))
        return found

    def amount(self, account: int, units: Fraction) -> int | None:
        """Account units in the ledger's integers; None where they are no whole number of them."""
        return whole(1, units, 10 ** self.terms[account].places)

    def arrays(self) -> tuple[Ints, NDArray[np.int32], NDArray[np.int32]]:
        """The terms, the table of periods, and the accounts that keep draws by step."""
        days = self.scenario.step_days
        kinds = {name: i for i, name in enumerate(dict.fromkeys(t.name for t in self.terms))}
        made = np.zeros((len(self.terms), c.TERMS_WIDTH), np.int64)
        made[:, c.WITHIN] = made[:, c.ROW] = made[:, c.CLOSES] = -1
        made[:, c.SHARE_DEN] = 1
        lapsing: list[int] = []
        for a, terms in enumerate(self.terms):
            made[a, c.FLOOR] = base_floor(terms) or 0
            made[a, c.KIND] = kinds[terms.name]
            made[a, c.PERIOD] = self.period_row[a]
            made[a, c.RESTORED] = sum(
                1 << WAYS.index(way) for way in {*terms.restored_by, "cancelled"}
            )
            if terms.window is not None:
                made[a, c.WINDOW] = terms.window.days // days
            if terms.may_owe is not None:
                made[a, c.WITHIN] = terms.may_owe.within.days // days
            if terms.window is not None or terms.may_owe is not None:
                made[a, c.ROW] = len(lapsing)
                lapsing.append(a)
            _tolerance(made[a], terms, kinds)
        table = np.array(self.periods, np.int32).reshape(len(self.periods), self.scenario.steps)
        return made, table, np.array(lapsing, np.int32)


def _tolerance(row: Ints, terms: AccountTerms, kinds: dict[str, int]) -> None:
    if terms.tolerance is None:
        return
    row[c.TOLERANCE] = OF_GRANT if terms.tolerance.of == "grant" else OF_UNSHIPPED
    row[c.SHARE_NUM] = terms.tolerance.share.numerator
    row[c.SHARE_DEN] = terms.tolerance.share.denominator
    closes = terms.tolerance.closes_when_posted
    found = [i for name, i in kinds.items() if closes in (name, name.rpartition("/")[2])]
    # A kind that nobody draws on can never be found on a way: then there is no tolerance.
    row[c.CLOSES] = -1 if not closes else (found[0] if found else len(kinds))


def _within(terms: AccountTerms) -> dt.timedelta | None:
    return terms.may_owe.within if terms.may_owe is not None else None
