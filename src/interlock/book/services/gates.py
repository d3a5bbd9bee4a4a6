"""The gates on the way of a thing: what it is decided for, and that they are open."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from interlock.book.errors import GateError
from interlock.book.guards import guard
from interlock.book.models import Allocation, Entry, Shipment
from interlock.book.selectors.decisions import decide, shown
from interlock.law.deciding.decision import to_json

if TYPE_CHECKING:
    from interlock.book.acting import Act
    from interlock.book.models.base import Thing
    from interlock.law.deciding.decision import Decision


def decide_thing(act: Act, thing: Thing, *, reasons: bool = True) -> Decision:
    """Decide an allocation, a shipment or an entry for its own stage, on the day of the act.

    What the thing itself has reserved is room for it.
    """
    at, known = act.today, act.now.date()
    if isinstance(thing, Allocation):
        return decide(
            act.ledger, thing.order, "allocation", at=at, known=known, now=act.now,
            allocation=thing, reasons=reasons,
        )  # fmt: skip
    if isinstance(thing, Shipment):
        return decide(
            act.ledger, thing.order, "shipment", at=at, known=known, now=act.now,
            shipment=thing, reasons=reasons,
        )  # fmt: skip
    if isinstance(thing, Entry):
        shipment = thing.shipment
        return decide(
            act.ledger, shipment.order, "entry", at=at, known=known, now=act.now,
            shipment=shipment, entry=thing, reasons=reasons,
        )  # fmt: skip
    raise TypeError(thing.kind)


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
def gates_open(act: Act, thing: Thing) -> str:
    """All gates are open for it (R1); the decision's digest is kept on it, if it has a place.

    Raises:
        GateError: with the decision as the actor may see it.
    """
    decision = decide_thing(act, thing)
    if decision.verdict != "open":
        raise GateError(f"{thing.kind} {thing.pk}", shown(decision, act.actor))
    if hasattr(thing, "decision"):
        thing.decision = digest_of(decision)
    return ""
