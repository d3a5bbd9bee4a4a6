"""The state of belief in its stable JSON form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interlock.evidence.claims import Belief, Claim, State


def state_json(title: str, state: State, subject: str | None = None) -> dict[str, Any]:
    """The state of belief as docs/reference/schemas/claims.json describes it."""
    return {
        "title": title,
        "known": state.known.isoformat(),
        "subject": subject,
        "beliefs": [_belief_json(belief) for belief in state.beliefs.values()],
        "unresolved": [
            {"first": pair.first, "second": pair.second, "why": pair.why}
            for pair in state.unresolved
        ],
    }


def _belief_json(belief: Belief) -> dict[str, Any]:
    return {
        "subject": belief.subject,
        "contested": belief.contested,
        "best": belief.best.id if belief.best else None,
        "standing": [_claim_json(claim) for claim in belief.standing],
        "superseded": [claim.id for claim in belief.superseded],
    }


def _claim_json(claim: Claim) -> dict[str, Any]:
    return {
        "id": claim.id,
        "text": claim.text,
        "value": str(claim.value),
        "bounds": {
            "kind": claim.value.kind,
            "lower": _number(claim.value.lower),
            "upper": _number(claim.value.upper),
            "unit": claim.value.unit,
        },
        "grade": str(claim.grade),
        "source": {"who": claim.origin.who, "through": claim.origin.through},
        "known": claim.known.isoformat(),
        "about": {kind: date.isoformat() for kind, date in claim.about},
        "supports": list(claim.supports),
        "contradicts": list(claim.contradicts),
        "supersedes": list(claim.supersedes),
    }


def _number(number: object) -> str | None:
    """Bounds go out as text: JSON readers would turn an exact decimal into a float."""
    return None if number is None else f"{number:f}"
