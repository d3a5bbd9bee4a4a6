"""What one viewer may see of a decision (R11).

An item is seen by its readers (`visible_to`); one without readers by the officers of its own gate.
What is left out, and what is kept:

- A hidden finding vanishes. A finding that is seen but rests on something hidden (a parameter, a
  derived fact, an exception, an account) keeps its words and its outcome; its atoms, its missing
  facts, its sources, its changes and its day of opening go.
- Hidden accounts show as one leg a gate, "another limit (not disclosed)", without a number or an
  account, whether or not this case draws on them. The greatest quantity is the one over the
  accounts that are seen, and says so. A derived fact is shown to whoever may see all that gives it.
- The holder and every officer learn the verdict of each gate and the outcome of each rule that they
  may read, for these answer their own case, but not why: where only hidden things stop it, the gate
  is shut and no finding says so. What would open such a gate ends with one and the same change,
  "what is not disclosed", whether or not something hidden stops it now.
- The public owns no case and may try any number of them, so no outcome that it gets may rest on
  what is hidden: for it such an outcome is unknown, and so is a gate on which something is hidden,
  unless a finding that it sees shuts it.
- A regime of which a part is hidden shows no digest: a digest confirms a guess.

So the bytes that a viewer gets are a function of the law's structure, of what it may see and, but
for the public, of the verdicts.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice, product
from typing import TYPE_CHECKING, Final

from interlock.files.phrases import phrase
from interlock.law.compiling.compile import due
from interlock.law.deciding.audience import PUBLIC, check_viewer, sees
from interlock.law.deciding.decision import (
    Change,
    ChangeSet,
    Decision,
    DecisionReaders,
    Finding,
    GateState,
    Guarded,
    LegState,
)
from interlock.law.deciding.verdicts import NO_BOOK, SHUT, gate_verdict, greatest, together
from interlock.law.deciding.ways import first_with, kept_first
from interlock.law.deciding.weights import NOTHING, Weight
from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.law.deciding.decision import Outcome, Verdict

ANOTHER_LIMIT: Final = phrase("another limit (not disclosed)")
UNDISCLOSED: Final = "what is not disclosed"
OVER_VISIBLE: Final = "over the accounts shown; another limit is not disclosed"
MOST_OF_A_FINDING: Final = 4
MOST_TRIED: Final = 64


def redacted(decision: Decision, viewer: str) -> Decision:
    """The decision as one viewer may see it.

    Args:
        decision: with everything in it, as `Decider.decide` makes it.
        viewer: `public`, `holder` or `officer:<gate>`.

    Raises:
        UnknownViewerError: there is no such viewer.
    """
    check_viewer(viewer, [gate.gate for gate in decision.gates])
    readers = decision.readers
    findings = tuple(
        _finding(one, viewer, beside=one.regime in readers.beside)
        for one in decision.findings
        if sees(viewer, one.visible_to, one.gate)
    )
    limited = [
        gate.gate
        for gate in decision.gates
        if any(one.gate == gate.gate and not _sees_all(viewer, one) for one in readers.limits)
    ]
    seen_legs = [leg for leg in decision.legs if _sees_leg(viewer, leg)]
    gates = tuple(
        _gate(gate, decision, findings, viewer, limited=gate.gate in limited)
        for gate in decision.gates
    )
    verdict = together([gate.verdict for gate in gates])
    agreed = together([gate.if_agreed for gate in gates])
    binding = [leg for leg in seen_legs if not leg.pending]
    most, why = _greatest(
        binding,
        verdict,
        (decision.verdict, decision.max_quantity, decision.max_quantity_reason),
        limited=bool(limited),
    )
    then, then_why = _greatest(
        seen_legs,
        agreed,
        (decision.if_agreed, decision.max_if_agreed, decision.max_if_agreed_reason),
        limited=bool(limited),
    )
    shown = {f"{one.regime}/{one.item}" for one in findings}
    facts = {n: v for n, v in decision.facts.items() if _sees_all(viewer, readers.facts[n])}
    regimes = {
        name: digest if _sees_all(viewer, readers.regimes[name]) else None
        for name, digest in decision.regimes.items()
    }
    return replace(
        decision,
        verdict=verdict,
        if_agreed=agreed,
        pending=tuple(name for name in decision.pending if name in shown),
        gates=gates,
        findings=findings,
        facts=facts,
        legs=(*seen_legs, *map(_another, limited)),
        max_quantity=most,
        max_quantity_reason=why,
        max_if_agreed=then,
        max_if_agreed_reason=then_why,
        regimes=regimes,
        readers=DecisionReaders(),
    )


def _sees_all(viewer: str, guarded: Guarded) -> bool:
    return all(sees(viewer, readers, guarded.gate) for readers in guarded.readers)


def _sees_leg(viewer: str, leg: LegState) -> bool:
    return _sees_all(viewer, Guarded(leg.gate, leg.audience | {leg.visible_to}))


def _sees_details(viewer: str, finding: Finding) -> bool:
    return _sees_all(viewer, Guarded(finding.gate, finding.audience))


def _finding(finding: Finding, viewer: str, *, beside: bool) -> Finding:
    if _sees_details(viewer, finding):
        return finding
    bare = replace(finding, reason="", atoms=(), missing=(), weight=None, open_with=(), opens_on="")
    told = beside or finding.agreed is None or finding.outcome == "not_due"
    if viewer != PUBLIC or told:
        # That a condition is not agreed is a fact of the licence, not of what it rests on.
        return replace(bare, reason="not agreed") if finding.reason == "not agreed" else bare
    return replace(bare, outcome="unknown", agreed="unknown", reason="undisclosed")


def _another(gate: str) -> LegState:
    """Stands for all accounts of a gate that are not shown."""
    return LegState(
        account="",
        factor=None,
        unit="",
        reserve="allocation",
        post="shipment",
        headroom=None,
        condition="",
        item="",
        gate=gate,
        visible_to=(),
        why=ANOTHER_LIMIT,
        disclosed=False,
    )


def _gate(
    gate: GateState, decision: Decision, seen: Sequence[Finding], viewer: str, *, limited: bool
) -> GateState:
    here = [one for one in seen if one.gate == gate.gate]
    hidden = limited or any(
        not sees(viewer, one.visible_to, one.gate)
        for one in decision.findings
        if one.gate == gate.gate and _may_count(one, decision)
    )
    details = (one for one in decision.findings if one.gate == gate.gate)
    if not hidden and all(_sees_details(viewer, one) for one in details):
        return gate
    verdict, agreed = gate.verdict, gate.if_agreed
    if viewer == PUBLIC:
        verdict = _public([one.outcome for one in here], hidden=hidden)
        agreed = _public([one.agreed or one.outcome for one in here], hidden=hidden)
    return GateState(
        gate=gate.gate,
        verdict=verdict,
        if_agreed=agreed,
        weight=_weight(verdict, here),
        open_with=() if verdict == "open" else _choices(here),
    )


def _may_count(finding: Finding, decision: Decision) -> bool:
    """Whether a finding could stop the case, for all that everybody can tell."""
    if finding.agreed is None or finding.regime in decision.readers.beside:
        return False
    reached = due(finding.stages, decision.stage)
    return bool(reached) or finding.kind == "condition"


def _public(outcomes: Sequence[Outcome], *, hidden: bool) -> Verdict:
    return gate_verdict([*outcomes, "unknown"] if hidden else outcomes)


def _weight(verdict: Verdict, here: Sequence[Finding]) -> Weight | None:
    """What the verdict rests on, of what is seen; None: on something that is not."""
    deciding = {"shut": "fail", "unknown": "unknown", "open": "pass"}[verdict]
    weights = [one.weight for one in here if one.outcome == deciding and one.weight is not None]
    if not weights:
        return None
    if verdict == "shut":
        return min(weights, key=_badness)
    total = NOTHING
    for weight in weights:
        total = total | weight
    return total


def _badness(weight: Weight) -> tuple[str, str]:
    weakest = weight.weakest
    return (weakest.grade.reliability, weakest.grade.credibility) if weakest else ("", "")


def _choices(here: Sequence[Finding]) -> tuple[ChangeSet, ...]:
    """Sets that mend every finding that is seen, each ending with what is not disclosed."""
    rest = Change(
        fact=UNDISCLOSED, now=None, needs=f"{UNDISCLOSED} is met", key="authority", item=""
    )
    seen = [one.open_with for one in here if one.outcome in ("fail", "unknown") and one.open_with]
    small = [one[:MOST_OF_A_FINDING] for one in seen]
    keep = [kept_first(one, vocabulary())[:MOST_OF_A_FINDING] for one in seen]
    sets: dict[frozenset[str], ChangeSet] = {}
    for chosen in chain(islice(product(*small), MOST_TRIED), islice(product(*keep), MOST_TRIED)):
        changes: dict[str, Change] = {}
        for change in chain(*chosen):  # two rules that ask one thing ask it once
            changes.setdefault(change.needs, change)
        sets.setdefault(frozenset(changes), (*changes.values(), rest))
    least = [one for needs, one in sets.items() if not any(other < needs for other in sets)]
    ranked = sorted(least, key=len)
    return first_with(ranked, kept_first(ranked, vocabulary())[:1])


def _greatest(
    legs: Sequence[LegState],
    verdict: Verdict,
    whole: tuple[Verdict, int | None, str],
    *,
    limited: bool,
) -> tuple[int | None, str]:
    """The greatest quantity over what is seen; `whole` is the verdict and the answer over all."""
    decided, most, why = whole
    if not limited and verdict == decided:
        return most, why
    if why == NO_BOOK:
        return None, NO_BOOK
    most, why = greatest(legs, verdict)
    return most, f"{why} ({OVER_VISIBLE})" if limited and why != SHUT else why


__all__ = ["ANOTHER_LIMIT", "OVER_VISIBLE", "UNDISCLOSED", "redacted"]
