"""What a decision says: plain data, and its stable JSON form.

The form is documented in docs/reference/schemas/decision.json.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from interlock.law.deciding.verdicts import NO_BOOK

if TYPE_CHECKING:
    from interlock.law.deciding.weights import Link, Weight
    from interlock.law.model import Stage

Verdict = Literal["open", "shut", "unknown"]
Outcome = Literal["pass", "fail", "unknown", "not_applicable", "settled", "not_due"]
OUTCOMES: tuple[Outcome, ...] = (
    "pass",
    "fail",
    "unknown",
    "not_applicable",
    "settled",
    "not_due",
)
"""In the order of their codes in columns."""


class AtomState(NamedTuple):
    """One thing asked of the case.

    Attributes:
        says: in words.
        holds: None: unknown.
        facts: the facts that it looks at, as they are.
        key: who can change it.
        part: `require` and `scope` mark what keeps the requirement from being met, and what keeps
            it from being known whether the rule applies; everything else is `other`.
        needs: what the part needs, in words; empty for `other`.
    """

    says: str
    holds: bool | None
    facts: dict[str, Any]
    key: str
    part: Literal["require", "scope", "other"] = "other"
    needs: str = ""


@dataclass(frozen=True)
class Change:
    """One thing to change, and who can.

    Attributes:
        fact: the name to change, or what is to be decided.
        now: its value, None if not known.
        needs: what must hold, in words.
        key: who holds the key: buyer, supplier, officer, authority, time, nobody, or an id.
        item: `<regime>/<rule>` that asks for it.
    """

    fact: str
    now: Any
    needs: str
    key: str
    item: str


ChangeSet = tuple[Change, ...]


@dataclass(frozen=True)
class Finding:
    """One rule's outcome for one case.

    `reason` says why it is unknown or passes without being met: `missing`, `undisclosed`, `error`,
    `not agreed`, `lifted`, `settled`, `overdue`, `no headroom`. `agreed` is the outcome if pending
    conditions are agreed as drafted, None for what does not bind on the day. `visible_to` are its
    readers, and `audience` the readers of all that its details rest on (R11); these three are no
    part of the JSON form.
    """

    regime: str
    gate: str
    item: str
    kind: Literal["rule", "condition", "account"]
    says: str
    stages: tuple[Stage, ...]
    outcome: Outcome
    reason: str
    atoms: tuple[AtomState, ...]
    missing: tuple[str, ...]
    weight: Weight | None
    open_with: tuple[ChangeSet, ...]
    opens_on: str
    visible_to: tuple[str, ...]
    agreed: Outcome | None = None
    audience: frozenset[tuple[str, ...]] = frozenset()


@dataclass(frozen=True)
class LegState:
    """One account on the way, its factor, and its headroom where the book is at hand.

    Attributes:
        account: key of the account; empty if a part of the key is not known.
        factor: account units for each unit of the good.
        headroom: account units; None: not known.
        condition: the kind of condition that brings it, or empty.
        pending: that condition is not agreed yet: the leg counts only if it is.
        of: where this account is the parent of another leg's account: that account. The ledger
            draws a parent by itself, so such a leg is a row for sharing and no leg to reserve.
        why: why account or factor is not known.
        audience: the readers of all that its factor rests on (R11).
        disclosed: False where it only says that there is another limit.
    """

    account: str
    factor: Fraction | None
    unit: str
    reserve: Stage
    post: Stage
    headroom: Fraction | None
    condition: str
    item: str
    gate: str
    visible_to: tuple[str, ...]
    why: str = ""
    pending: bool = False
    of: str = ""
    audience: frozenset[tuple[str, ...]] = frozenset()
    disclosed: bool = True


@dataclass(frozen=True)
class GateState:
    """One gate's verdict, and the verdict if pending conditions are agreed as drafted."""

    gate: str
    verdict: Verdict
    if_agreed: Verdict
    weight: Weight | None
    open_with: tuple[ChangeSet, ...]


@dataclass(frozen=True)
class Guarded:
    """Something of the law at a gate, and the readers of it and of all that it rests on (R11)."""

    gate: str
    readers: frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class DecisionReaders:
    """Who may see what (R11), beside the findings and legs, which say so themselves.

    Attributes:
        facts: by name of the derived fact.
        regimes: by id; the readers of everything in it.
        beside: ids of regimes of which everybody can tell that they do not apply to the case.
        limits: every account of the other regimes, whether the case draws on it or not.
    """

    facts: dict[str, Guarded] = field(default_factory=dict)
    regimes: dict[str, Guarded] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()
    limits: tuple[Guarded, ...] = ()


@dataclass(frozen=True)
class Decision:
    """All findings of all gates for one case at one stage.

    `regimes` holds the digests of the regimes used, None where it is not disclosed. `readers` says
    who may see what (R11) and is no part of the JSON form.
    """

    id: str
    at: str
    known: str
    stage: Stage
    verdict: Verdict
    if_agreed: Verdict
    pending: tuple[str, ...]
    gates: tuple[GateState, ...]
    findings: tuple[Finding, ...]
    facts: dict[str, Any]
    legs: tuple[LegState, ...]
    max_quantity: int | None
    max_quantity_reason: str
    max_if_agreed: int | None = None
    max_if_agreed_reason: str = ""
    regimes: dict[str, str | None] = field(default_factory=dict)
    readers: DecisionReaders = field(default_factory=DecisionReaders)


def to_json(decision: Decision) -> dict[str, Any]:
    """The stable JSON form: only str, int, float, bool, None, lists and dicts.

    `draws` is what the law says the case draws on; `legs` adds what the book holds of each account,
    so without a book it is null, like the greatest quantity, and the reason stands beside (R14).
    """
    no_book = decision.max_quantity_reason == NO_BOOK
    return {
        "id": decision.id,
        "at": decision.at,
        "known": decision.known,
        "stage": decision.stage,
        "verdict": decision.verdict,
        "if_agreed": {
            "verdict": decision.if_agreed,
            "pending": list(decision.pending),
            "gates": {gate.gate: gate.if_agreed for gate in decision.gates},
            "max_quantity": decision.max_if_agreed,
            "max_quantity_reason": decision.max_if_agreed_reason or None,
        },
        "gates": [_gate(gate) for gate in decision.gates],
        "findings": [_finding(finding) for finding in decision.findings],
        "facts": {name: _plain(value) for name, value in decision.facts.items()},
        "open_with": [
            {"gate": gate.gate, "changes": _changes(chosen)}
            for gate in decision.gates
            for chosen in gate.open_with
        ],
        "max_quantity": decision.max_quantity,
        "max_quantity_reason": decision.max_quantity_reason or None,
        "draws": [_draw(leg) for leg in decision.legs],
        "legs": None if no_book else [_leg(leg) for leg in decision.legs],
        "legs_reason": NO_BOOK if no_book else None,
        "regimes": decision.regimes,
    }


def _gate(gate: GateState) -> dict[str, Any]:
    return {
        "gate": gate.gate,
        "verdict": gate.verdict,
        "if_agreed": gate.if_agreed,
        "weakest": _weakest(gate.weight),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "gate": finding.gate,
        "regime": finding.regime,
        "rule": finding.item,
        "kind": finding.kind,
        "outcome": finding.outcome,
        "reason": finding.reason or None,
        "says": finding.says,
        "stages": list(finding.stages),
        "atoms": [
            {
                "says": atom.says,
                "holds": atom.holds,
                "facts": {name: _plain(value) for name, value in atom.facts.items()},
                "key": atom.key,
                "part": atom.part,
                "needs": atom.needs or None,
            }
            for atom in finding.atoms
        ],
        "missing": list(finding.missing),
        "sources": [_link(link) for link in _links(finding.weight)],
        "weakest": _weakest(finding.weight),
        "open_with": [_changes(chosen) for chosen in finding.open_with],
        "opens_on": finding.opens_on or None,
    }


def _changes(chosen: ChangeSet) -> list[dict[str, Any]]:
    return [
        {
            "fact": change.fact,
            "now": _plain(change.now),
            "needs": change.needs,
            "key": change.key,
            "rule": change.item,
        }
        for change in chosen
    ]


def _leg(leg: LegState) -> dict[str, Any]:
    headroom = None if leg.headroom is None else _plain(leg.headroom)
    return {**_draw(leg), "headroom": headroom}


def _draw(leg: LegState) -> dict[str, Any]:
    return {
        "account": leg.account or None,
        "factor": None if leg.factor is None else str(leg.factor),
        "unit": leg.unit or None,
        "reserve": leg.reserve if leg.disclosed else None,
        "post": leg.post if leg.disclosed else None,
        "condition": leg.condition or None,
        "pending": leg.pending,
        "of": leg.of or None,
        "rule": leg.item or None,
        "gate": leg.gate,
        "why": leg.why or None,
    }


def _links(weight: Weight | None) -> list[Link]:
    return sorted(weight.links, key=lambda link: (link.kind, link.id)) if weight else []


def _link(link: Link) -> dict[str, Any]:
    return {
        "kind": link.kind,
        "id": link.id,
        "grade": str(link.grade),
        "says": link.says,
        "since": link.since or None,
    }


def _weakest(weight: Weight | None) -> dict[str, Any] | None:
    return None if weight is None or weight.weakest is None else _link(weight.weakest)


def _plain(value: Any) -> Any:
    """Exact numbers as JSON numbers: integers where whole, else the nearest double."""
    if isinstance(value, Decimal | Fraction):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
