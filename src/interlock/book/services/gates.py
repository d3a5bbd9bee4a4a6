"""What a thing must pass: its gates, decided for its own stage, and the days it holds for."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.cases import Cases
from interlock.book.errors import GateError
from interlock.book.guards import guard
from interlock.book.models import Allocation, Entry, Shipment
from interlock.book.selectors.decisions import decide, shown
from interlock.book.selectors.stranded import why_stuck
from interlock.book.services.accounts import prepare_legs
from interlock.files.phrases import Phrase, phrase
from interlock.law.deciding.decision import to_json

if TYPE_CHECKING:
    import datetime as dt

    from interlock.book.acting import Act
    from interlock.book.models import Order
    from interlock.book.models.base import Thing
    from interlock.law.deciding.decision import Decision
    from interlock.law.model import Stage


def decide_thing(act: Act, thing: Thing, *, reasons: bool = True) -> Decision:
    """Decide an allocation, a shipment or an entry for its own stage, on the day of the act.

    What the thing itself has reserved is room for it. Periods that began since are filled first.
    """
    at, known = act.today, act.recorded_on
    order, stage, papers = _asked(thing)
    decision = decide(
        act.ledger, order, stage, at=at, known=known, now=act.now, reasons=reasons, **papers
    )
    accounts = {leg.account for leg in decision.legs if leg.account}
    if any(_counts_by_period(act, name) for name in accounts):
        facts = Cases(at).order(
            order, stage, shipment=papers.get("shipment"), entry=papers.get("entry")
        )
        case = law.reader_on(at, known).read(facts, 1)
        if prepare_legs(act, decision.legs, case, cause=f"{thing.kind}/{thing.pk}"):
            decision = decide(
                act.ledger, order, stage, at=at, known=known, now=act.now, reasons=reasons,
                **papers,
            )  # fmt: skip
    return decision


def _asked(thing: Thing) -> tuple[Order, Stage, dict[str, Any]]:
    """The order that a thing is of, the stage it is decided for, and its papers."""
    if isinstance(thing, Allocation):
        return thing.order, "allocation", {"allocation": thing}
    if isinstance(thing, Shipment):
        return thing.order, "shipment", {"shipment": thing}
    if isinstance(thing, Entry):
        return thing.shipment.order, "entry", {"shipment": thing.shipment, "entry": thing}
    raise TypeError(thing.kind)


def _counts_by_period(act: Act, name: str) -> bool:
    account = act.ledger.account(name)
    return account is not None and account.terms.period is not None


def digest_of(decision: Decision) -> dict[str, Any]:
    """What is kept of a decision on the thing it was made for: enough to prove it again (R8)."""
    text = json.dumps(to_json(decision), sort_keys=True, ensure_ascii=False, default=str)
    return {
        "stage": decision.stage,
        "at": decision.at,
        "known": decision.known,
        "verdict": decision.verdict,
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        "regimes": dict(decision.regimes),
    }


@guard
def gates_open(act: Act, thing: Thing) -> Phrase | None:
    """All gates are open for it (R1); the decision's digest is kept on it, if it has a place.

    One that is dated back must pass on the day of recording, too: else what has lapsed since could
    still be used by giving an earlier date. What happened without the book is a fact (R3).

    Raises:
        GateError: with the decision as the actor may see it.
    """
    decision = _passing(act, thing)
    if act.last_day != act.today:
        with act.taking_effect_on(act.last_day):
            _passing(act, thing)
    if hasattr(thing, "decision"):
        thing.decision = digest_of(decision)
    return None


def _passing(act: Act, thing: Thing) -> Decision:
    decision = decide_thing(act, thing)
    if decision.verdict != "open":
        told = shown(decision, act.actor)
        told["stuck"] = why_stuck(act.actor, act.ledger, _asked(thing)[0], act.today)
        raise GateError(f"{thing.kind} {thing.pk} on {act.today}", told)
    return decision


@guard
def past_its_days(act: Act, thing: Thing) -> Phrase | None:
    """The first day on which it holds no more has come."""
    for name in ("valid_until", "expires_on"):
        day: dt.date | None = getattr(thing, name, None)
        if day is not None:
            return None if day <= act.today else phrase("it holds until {day}", day=day)
    return phrase("it has no last day")


@guard
def holds_still(act: Act, thing: Thing) -> Phrase | None:
    """It is not past its last day, whether or not a job has noted that (R9)."""
    day: dt.date | None = thing.valid_until  # type: ignore[attr-defined]
    over = day is not None and day <= act.last_day
    return phrase("its last day is over: it held until {day}", day=day) if over else None


@guard
def issued_by_then(act: Act, thing: Thing) -> Phrase | None:
    """The act takes effect on the day of issue or later: before it there is nothing to act on."""
    day: dt.date | None = thing.issued_on  # type: ignore[attr-defined]
    early = day is not None and act.today < day
    return phrase("it was issued on {day}; take effect then or later", day=day) if early else None
