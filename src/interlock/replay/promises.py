"""What a replay keeps of each promise, shipment and entry, in units of the good."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.law.deciding.decision import Decision, LegState


@dataclass
class Promise:
    """What an allocation holds in this replay, in units of the good."""

    asked: int
    given: int
    sent: int = 0
    ended: int = 0

    @property
    def left(self) -> int:
        """Units that can still be sent or given up."""
        return self.given - self.sent - self.ended

    @property
    def whole(self) -> bool:
        """Whether all was promised that had been; then the ledger alone says what may be sent."""
        return self.given == self.asked


@dataclass
class Sent:
    """A shipment or an entry: what passed of it, with the ledger changes that posted it."""

    group: str
    units: int
    posts: list[Posted] = field(default_factory=list)
    returned: int = 0
    entered: int = 0


@dataclass
class Posted:
    """One change that posted units; `kind` tells those of one posting apart."""

    change: str
    units: int
    kind: int = 0
    back: int = 0


@dataclass
class Judged:
    """A decision, and the legs that count in it; `agreed`: as if drafts were agreed."""

    decision: Decision
    legs: tuple[LegState, ...]
    agreed: bool

    @property
    def verdict(self) -> str:
        """The verdict that counts."""
        return self.decision.if_agreed if self.agreed else self.decision.verdict


def lacking(legs: Iterable[LegState]) -> tuple[str, ...]:
    """Accounts of which the balance or the factor is not known."""
    return tuple(
        leg.account or f"{leg.item} ({leg.gate})"
        for leg in legs
        if leg.headroom is None or leg.factor is None or leg.why
    )


def stops_of(judged: Judged) -> tuple[str, ...]:
    """What stops a decision: rules and accounts that fail, else those that are unknown."""
    for outcome in ("fail", "unknown"):
        found = [
            f"{one.regime}/{one.item}"
            for one in judged.decision.findings
            if (one.agreed if judged.agreed else one.outcome) == outcome
        ]
        if found:
            return tuple(dict.fromkeys(found))
    return lacking(judged.legs)
