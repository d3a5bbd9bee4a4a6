"""Account movements of the past played again, in order, by the terms of another law.

Each step asks the same decider and the same ledger as the book. What was promised is promised as
far as it fits; what was not promised is not sent, what was not sent does not enter. So every unit
that is refused is refused once, where it is stopped first.
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.law.terms import Leg
from interlock.ledger import (
    Confirm,
    OpenDiscrepancy,
    RefusedError,
    Reserve,
    SettleDiscrepancy,
    Void,
)
from interlock.replay.opening import Happened
from interlock.replay.passing import Passing
from interlock.replay.promises import Judged, Promise, lacking, stops_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from interlock.law.deciding.decision import LegState
    from interlock.replay.desk import Step


class Playing(Passing):
    """One history's movements by one law."""

    def play(self, steps: Iterable[Step], told: Callable[[int], None] | None = None) -> None:
        """Play steps in order; `told` is called with the number of each that is done."""
        for number, step in enumerate(steps):
            self.begin(number, step)
            getattr(self, f"do_{step['do']}")(step)
            if told is not None:
                told(number + 1)

    def do_happen(self, step: Step) -> None:
        """An event that accounts count."""
        self.opening.happen(happened(step["what"]), self.now)

    def do_restate(self, step: Step) -> None:
        """What happened so far, as it reads now."""
        self.opening.restate(happened(one) for one in step["what"])
        self.opening.undisclosed = frozenset(step["undisclosed"])

    def do_reserve(self, step: Step) -> None:
        """Promise as much as fits on every account on the way."""
        asked, judged, group = step["units"], self.judged[step["thing"]], step["group"]
        given, lacks = 0, stops_of(judged)
        if judged.verdict != "shut" and judged.legs and not lacking(judged.legs):
            given, lacks = self._reserve(step, judged, asked)
        self.promised[group] = Promise(asked, given)
        self.tell(step, given, asked - given, 0, () if given == asked else lacks)

    def _reserve(self, step: Step, judged: Judged, asked: int) -> tuple[int, tuple[str, ...]]:
        legs = tuple(
            Leg(one.account, one.factor or Fraction(1), one.reserve, one.post)  # type: ignore[arg-type]
            for one in judged.legs
            if not one.of
        )
        wanted = asked
        lacks: tuple[str, ...] = ()
        for _ in range(2):
            change = Reserve(
                id=step["group"],
                why=self.opening.why(step["thing"], self.now),
                legs=legs,
                quantity=wanted,
                regime="",
                holder=step["holder"],
                provisional=judged.decision.verdict != "open",
            )
            try:
                self.ledger.apply(change, now=self.now.recorded)
            except RefusedError as error:
                lacks = lacks or tuple(dict.fromkeys(lack.account for lack in error.lacks))
                wanted = self._fits(judged.legs, wanted)
                if not wanted:
                    return 0, lacks
            else:
                return wanted, lacks
        return 0, lacks

    def _fits(self, legs: Iterable[LegState], asked: int) -> int:
        """How many units fit now on every account; fewer than were asked."""
        rooms = [asked - 1]
        for leg in legs:
            free = self.opening.headroom(leg.account, self.now)
            rooms.append(int(free / (leg.factor or Fraction(1))))
        return max(0, min(rooms))

    def do_confirm(self, step: Step) -> None:
        """Make a promise firm, if all gates are open for it."""
        promise, judged = self.promised.get(step["group"]), self.judged[step["thing"]]
        left = promise.left if promise is not None else 0
        opened = judged.verdict == "open"
        if left and opened:
            why = self.opening.why(step["thing"], self.now)
            change = Confirm(self.opening.next_id(), why, step["group"])
            self.ledger.apply(change, now=self.now.recorded)
        units = step["units"]
        done = min(units, left) if opened else 0
        refused = 0 if opened else min(units, left)
        self.tell(step, done, refused, units - done - refused, () if opened else stops_of(judged))

    def do_void(self, step: Step) -> None:
        """Give up units of a promise, no more than are left of it here."""
        promise = self.promised.get(step["group"])
        units = min(step["units"], promise.left) if promise is not None else 0
        if promise is None or not units:
            return
        promise.ended += units
        why = self.opening.why(step["thing"], self.now)
        change = Void(self.opening.next_id(), why, step["group"], units)
        self.ledger.apply(change, now=self.now.recorded)

    def do_shut(self, step: Step) -> None:
        """Shut an account by its name, if this law has opened it, until its mark is settled."""
        if self.ledger.account(step["account"]) is None:
            return
        why = self.opening.why(step["thing"], self.now)
        change = OpenDiscrepancy(step["mark"], why, step["account"], step["holder"])
        self.ledger.apply(change, now=self.now.recorded)

    def do_unshut(self, step: Step) -> None:
        """Settle what was shut by a mark; where the book's ledger had shut itself because a fact
        passed a floor, whatever this one shut so."""  # noqa: D205, D209 - one thought
        breach = "#" in step["mark"]
        for one in self.ledger.discrepancies(unsettled=True):
            if one.id == step["mark"] or (breach and "#" in one.id):
                why = self.opening.why(step["thing"], self.now)
                change = SettleDiscrepancy(self.opening.next_id(), why, one.id)
                self.ledger.apply(change, now=self.now.recorded)


def happened(kept: dict[str, Any]) -> Happened:
    """An event from its plain form."""
    return Happened(
        event=kept["event"],
        cause=kept["cause"],
        day=dt.date.fromisoformat(kept["day"]),
        cases=tuple((facts, quantity) for facts, quantity in kept["cases"]),
    )
