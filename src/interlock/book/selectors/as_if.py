"""Accounts that nobody has drawn on yet, as a law would open them: the one that binds, one that
has not come yet, or one that is only proposed."""  # noqa: D205, D209 - one thought

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from interlock.book.happenings import LIVE, Rows, is_undisclosed, so_far
from interlock.law.deciding.credits import STANDING, credits_of
from interlock.law.deciding.legs import AccountState

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from interlock.book.selectors.decisions import LedgerStates
    from interlock.law.cases.reader import Case, CaseReader
    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import AccountPlan

    Counted = dict[tuple[dt.date, Rows, frozenset[str]], list[tuple[Law, Mapping[str, Fraction]]]]


class AsIfOpened(Mapping[str, AccountState]):
    """The book's accounts, and those that nobody has drawn on yet as they would be opened.

    The same amounts as `services.accounts.prepare_legs` posts when somebody first draws: what
    stands from the start, and what happened in the book so far. What is not disclosed is not there.

    Args:
        live: the accounts of the book.
        law: which accounts there are, and what they count.
        reader: reads what happened.
        today: up to which day.
        rows: where happenings are read; default the book as it stands.
    """

    def __init__(
        self,
        live: LedgerStates,
        law: Law,
        reader: CaseReader,
        today: dt.date,
        rows: Rows = LIVE,
    ) -> None:
        self.live, self.law, self.reader, self.today = live, law, reader, today
        self.rows = rows
        self.case: Case | None = None
        self._plans = {plan.terms.name: plan for one in law.regimes for plan in one.accounts}
        self._standing: dict[str, Fraction | None] = {}

    def of(self, case: Case) -> AsIfOpened:
        """The same, asked by one case."""
        self.case = case
        return self

    def __getitem__(self, name: str) -> AccountState:
        found = self.live.get(name)
        if found is not None:
            return found
        plan = self._plans.get(name.partition("?")[0])
        if plan is None or self._is_undisclosed(plan, name):
            raise KeyError(name)
        if name not in self._standing:
            self._standing[name] = self._stands(name)
        standing = self._standing[name]
        if standing is None:
            raise KeyError(name)
        terms = plan.terms
        owed = terms.may_owe.amount if terms.may_owe is not None else Fraction(0)
        counted = self.past(frozenset(on for on, _, _ in plan.credits))
        above = standing + counted.get(name, Fraction(0)) - (terms.floor - owed)
        return AccountState(max(above, Fraction(0)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.live)

    def __len__(self) -> int:
        return len(self.live)

    def __bool__(self) -> bool:
        return True

    def _stands(self, name: str) -> Fraction | None:
        """What stands on an account from the start; None: that is not disclosed."""
        assert self.case is not None  # noqa: S101 - `of` comes first
        due = [
            one.amount
            for event in STANDING
            for one in credits_of(self.law, event, self.case)
            if one.account == name
        ]
        amounts = [amount for amount in due if amount is not None]
        return sum(amounts, Fraction(0)) if len(amounts) == len(due) else None

    def _is_undisclosed(self, plan: AccountPlan, name: str) -> bool:
        kept, key = self.live.undisclosed, (self.rows, name)
        if key not in kept:
            kept[key] = is_undisclosed(plan, name, self.rows)
        return kept[key]

    def past(self, events: frozenset[str]) -> Mapping[str, Fraction]:
        """By account: what these events in the book so far credit it by this law.

        Counted once for all cases that ask the same accounts: it takes every thing of those events.
        """
        counted = self.live.counted.setdefault((self.today, self.rows, events), [])
        for law, totals in counted:
            if law is self.law:
                return totals
        totals = self._count(events)
        counted.append((self.law, totals))
        return totals

    def _count(self, events: frozenset[str]) -> Mapping[str, Fraction]:
        totals: dict[str, Fraction] = defaultdict(Fraction)
        by: dict[tuple[str, str], int] = {}
        for number, happened in enumerate(so_far(events, self.today, self.rows)):
            case = self.reader.read(happened.facts, 1)
            for due in credits_of(self.law, happened.event, case, happened.quantity):
                # A licence is told once for all its holders and once for each: it counts once.
                if by.setdefault((happened.cause, due.account), number) == number:
                    totals[due.account] += due.amount or 0
        return dict(totals)
