"""What every step of a replay needs: the law of its day, the ledger, decisions, a list of ends."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from interlock.law.deciding.decide import Decider
from interlock.replay.opening import Moment, Opening, States
from interlock.replay.promises import Judged, Promise, Sent, stops_of
from interlock.replay.reading import Reading

if TYPE_CHECKING:
    from interlock.law.compiling.compile import Law
    from interlock.law.model import Stage
    from interlock.ledger import Ledger
    from interlock.replay.laws import Laws

Step = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What became of one step.

    Attributes:
        step: its number; `move`, `decision`, `thing`, `order`, `buyer`, `at`: as recorded.
        asked: units that it was about.
        done: units that passed; None where the step only decides.
        refused: units that are stopped here; `missed`: units that were stopped before.
        verdict, most: of the decision with its accounts; `most` is the greatest quantity.
        because: rules that fail or are unknown, and accounts that lack.
    """

    step: int
    move: str
    decision: str
    thing: str
    order: str
    buyer: str
    at: str
    asked: int
    done: int | None
    refused: int
    missed: int
    verdict: str
    most: int | None
    because: tuple[str, ...]


class Desk:
    """The ledger of a replay, and what was judged and promised so far.

    Args:
        laws: the law, in all its versions.
    """

    def __init__(self, laws: Laws) -> None:
        self.laws = laws
        self.opening = Opening(Reading())
        self.told: list[Told] = []
        self.judged: dict[str, Judged] = {}
        self.promised: dict[str, Promise] = {}
        self.sent: dict[str, Sent] = {}
        self.entries: dict[str, Sent] = {}
        self.number = 0
        self._deciders: dict[int, Decider] = {}
        self._moment: Moment | None = None

    @property
    def ledger(self) -> Ledger:
        """The ledger as it stands."""
        return self.opening.ledger

    def begin(self, number: int, step: Step) -> None:
        """Turn to a step: its day, its law, its clock."""
        day, known = (dt.date.fromisoformat(step[name]) for name in ("at", "known"))
        effective, recorded = (
            dt.datetime.fromisoformat(step[name]) for name in ("effective", "now")
        )
        self.number = number
        self._moment = Moment(self.laws.law(day, known), day, effective, recorded)

    @property
    def now(self) -> Moment:
        """The moment of the step at hand."""
        assert self._moment is not None  # noqa: S101 - `begin` comes first
        return self._moment

    def do_decide(self, step: Step) -> None:
        """Decide a thing with its accounts, what it holds already being room for itself."""
        moment, stage = self.now, cast("Stage", step["stage"])
        case = self.opening.reading.case(step["facts"], moment.law)
        held = self._held(step.get("group", ""), step.get("shipment", ""))
        decider = self._decider(moment.law)
        states = States(self.opening, moment, case, held)
        decision = decider.decide(case, stage=stage, accounts=states, reasons=False)
        # The book opens what a run draws on, and begins a period before anything is decided in it.
        opens = step["move"] in ("run.propose", "allocation.reserve") or states.periodic
        if (
            opens
            and step["move"] != "order.stands"
            and self.opening.prepare(decision.legs, case, moment, cause=step["thing"])
        ):
            states = States(self.opening, moment, case, held)
            decision = decider.decide(case, stage=stage, accounts=states, reasons=False)
        agreed = bool(step.get("agreed"))
        legs = tuple(leg for leg in decision.legs if agreed or not leg.pending)
        self.judged[step["thing"]] = Judged(decision, legs, agreed)
        if not step.get("quiet"):
            self.tell(step, None, 0, 0)

    def _decider(self, law: Law) -> Decider:
        if id(law) not in self._deciders:
            self._deciders[id(law)] = Decider(law)
        return self._deciders[id(law)]

    def _held(self, group: str, shipment: str) -> dict[str, int]:
        held: dict[str, int] = {}
        if group:
            for row in self.ledger.reservations(group):
                held[row.account] = held.get(row.account, 0) + row.remaining
        sent = self.sent.get(shipment)
        for post in sent.posts if sent is not None else ():
            for drawn in self.ledger.draws(post.change):
                held[drawn.account] = held.get(drawn.account, 0) + drawn.amount - drawn.reversed
        for name in list(held):  # an account of one period is asked for by its plain name
            base, mark, _ = name.rpartition("@")
            if mark:
                held[base] = held.get(base, 0) + held[name]
        return held

    def tell(
        self,
        step: Step,
        done: int | None,
        refused: int,
        missed: int,
        because: tuple[str, ...] | None = None,
    ) -> None:
        """Say what became of the step at hand; `because` defaults to what stops its decision."""
        judged = self.judged.get(step["thing"])
        if because is None:
            because = stops_of(judged) if judged is not None else ()
        self.told.append(
            Told(
                step=self.number,
                move=step["move"],
                decision=step["decision"],
                thing=step["thing"],
                order=step["order"],
                buyer=step["buyer"],
                at=step["at"],
                asked=step["units"],
                done=done,
                refused=refused,
                missed=missed,
                verdict=judged.verdict if judged is not None else "open",
                most=judged.decision.max_quantity if judged is not None else None,
                because=because,
            )
        )
