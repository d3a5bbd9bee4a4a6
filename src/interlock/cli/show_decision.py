"""Decisions for people: the verdict of each gate, what stops the case, and what would open it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from interlock.cli.layout import Page
from interlock.law.deciding.redact import ANOTHER_LIMIT
from interlock.law.deciding.ways import kept_first
from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from interlock.law.deciding.decision import (
        AtomState,
        ChangeSet,
        Decision,
        Finding,
        GateState,
        LegState,
    )
    from interlock.law.deciding.weights import Link, Weight

SYMBOLS: Final = {
    "open": "✓",
    "shut": "✗",
    "unknown": "?",
    "pass": "✓",
    "fail": "✗",
}
MOST_IN_FULL: Final = 5
"""Up to so many cases are told in full; of more there is a table, and one line each."""
MOST_CHOICES: Final = 5
MOST_ATOMS: Final = 6
_REASONS: Final = {
    "missing": "a fact is missing",
    "undisclosed": "what it asks is not disclosed",
    "error": "a value cannot be computed",
    "not agreed": "drafted or proposed, not agreed",
    "overdue": "a debt is overdue",
    "no headroom": "nothing is left",
}
_GRADED: Final = {"source": "law", "claim": "claim", "assumption": "assumption"}


def print_decisions(
    decisions: Sequence[Decision], out: Path | None = None, *, width: int | None = None
) -> None:
    """Print decisions for people.

    Args:
        decisions: up to five are told in full, of more a summary and a line each.
        out: the file to write; None: standard output.
        width: columns; default: those of the screen.
    """
    page = Page(out, width)
    if len(decisions) > MOST_IN_FULL:
        _many(page, decisions)
    else:
        for index, decision in enumerate(decisions):
            if index:
                page.gap()
            _whole(page, decision)
    page.print()


# -- one case -----------------------------------------------------------------------------------


def _whole(page: Page, decision: Decision) -> None:
    known = "" if decision.known == decision.at else f", as known by {decision.known}"
    page.say(
        f"{decision.id}: {_verdict(decision.verdict)} at the stage '{decision.stage}'", style="bold"
    )
    page.say(f"by the law of {decision.at}{known}", indent=2)
    if decision.pending:
        pending = ", ".join(decision.pending)
        page.say(f"if agreed as drafted: {_verdict(decision.if_agreed)} ({pending})", 2, 2)
    _facts(page, decision)
    for gate in decision.gates:
        _gate(page, gate, [one for one in decision.findings if one.gate == gate.gate])
    _quantity(page, decision)


def _facts(page: Page, decision: Decision) -> None:
    known = {name: value for name, value in decision.facts.items() if value is not None}
    if known:
        told = ", ".join(f"{name} {_plain(value)}" for name, value in known.items())
        page.say(f"derived: {told}", 2, 2)


def _gate(page: Page, gate: GateState, findings: list[Finding]) -> None:
    page.gap()
    page.say(f"{gate.gate}: {_verdict(gate.verdict)}{_second(gate)}", style="bold")
    weakest = gate.weight.weakest if gate.weight else None
    if weakest is not None:
        page.say(f"weakest link: {_brief(weakest)}", 2, 2)
    for finding in findings:
        if finding.outcome in ("fail", "unknown"):
            _finding(page, finding)
    _others(page, findings)
    if gate.open_with:
        _choices(page, gate.open_with)
    elif gate.verdict != "open":
        page.say("more has to change than one short list can say: see each rule above", 2, 2)


def _second(gate: GateState) -> str:
    if gate.if_agreed == gate.verdict:
        return ""
    return f"; if agreed as drafted {_verdict(gate.if_agreed)}"


def _finding(page: Page, finding: Finding) -> None:
    word = {"fail": "fails", "unknown": "unknown"}[finding.outcome]
    reason = _REASONS.get(finding.reason, finding.reason)
    name = f"{finding.regime}/{finding.item}"
    page.say(f"{SYMBOLS[finding.outcome]} {name}: {word}{f' ({reason})' if reason else ''}", 2, 2)
    if finding.says:
        page.say(finding.says, 4)
    for part, lead in (("require", "needs"), ("scope", "unclear whether it applies:")):
        atoms = [atom for atom in finding.atoms if atom.part == part]
        for atom in atoms[:MOST_ATOMS]:
            page.say(_atom(atom, lead), 4, 2)
        if len(atoms) > MOST_ATOMS:
            page.say(f"and {len(atoms) - MOST_ATOMS} more of the kind", 4)
    for choice in finding.open_with if finding.kind == "account" else ():
        page.say(f"needs {'; and '.join(change.needs for change in choice)}", 4, 2)
    if finding.weight is not None and finding.weight.links:
        page.say(f"rests on {'; '.join(map(_brief, _links(finding.weight)))}", 4, 2)
    if finding.opens_on:
        page.say(f"opens on {finding.opens_on}, as the law is known", 4)


def _atom(atom: AtomState, lead: str) -> str:
    symbol = "?" if atom.holds is None else "✗"
    lone = len(atom.facts) == 1 and next(iter(atom.facts)) in atom.needs
    missing = "not on file" if atom.holds is False else "not known"
    now = ", ".join(
        f"{'' if lone else f'{name} '}{missing if value is None else _plain(value)}"
        for name, value in atom.facts.items()
    )
    key = "" if atom.key in ("nobody", "time") else f"; key: {atom.key}"
    return f"{symbol} {lead} {atom.needs}{f' (now {now}{key})' if now else ''}"


def _others(page: Page, findings: list[Finding]) -> None:
    """What does not stop the gate, in one paragraph a kind."""
    words = {
        "pass": "met",
        "settled": "settled by the licence",
        "not_due": "due later",
        "not_applicable": "not applicable",
    }
    for outcome, word in words.items():
        names = [
            f"{one.item} ({one.reason})"
            if one.reason and outcome in ("pass", "not_applicable")
            else one.item
            for one in findings
            if one.outcome == outcome
        ]
        if names:
            page.say(f"{word}: {', '.join(names)}", 2, 2)


def _choices(page: Page, sets: Sequence[ChangeSet]) -> None:
    page.say("would open with:" if len(sets) == 1 else "would open with one of:", 2)
    ways = kept_first(sets, vocabulary())
    for number, chosen in enumerate(ways[:MOST_CHOICES], start=1):
        told = "; and ".join(
            f"{change.key}: {change.needs}{_now(change.fact, change.now, change.needs)}"
            for change in chosen
        )
        page.say(f"{number}. {told}", 4, 3)
    if len(sets) > MOST_CHOICES:
        page.say(f"and {len(sets) - MOST_CHOICES} more ways", 4)


def _now(fact: str, now: Any, needs: str) -> str:
    if now is None:
        return ""
    named = "" if fact in needs else f"{fact} "
    return f" ({named}now {_plain(now)})"


def _quantity(page: Page, decision: Decision) -> None:
    page.gap()
    most, why = decision.max_quantity, decision.max_quantity_reason
    amount = "not known" if most is None else f"{most:,}"
    page.say(f"greatest quantity now: {amount}{f' ({why})' if why else ''}", 0, 2)
    for leg in decision.legs:
        page.say(_leg(leg), 2, 2)


def _leg(leg: LegState) -> str:
    if not leg.disclosed:
        return f"{leg.gate}: {ANOTHER_LIMIT}"
    draws = "not known" if leg.factor is None else f"{leg.factor}"
    headroom = "" if leg.headroom is None else f", headroom {_plain(leg.headroom)}"
    why = f" ({leg.why})" if leg.why else ""
    name = leg.account or f"{leg.item} ({leg.gate})"
    return (
        f"draws on {name}: {draws} {leg.unit} a unit{headroom}, reserved at {leg.reserve},"
        f" posted at {leg.post}{why}"
    )


# -- many cases ---------------------------------------------------------------------------------


def _many(page: Page, decisions: Sequence[Decision]) -> None:
    first = decisions[0]
    page.say(f"{len(decisions):,} cases at the law of {first.at}", style="bold")
    page.gap()
    gates = list(dict.fromkeys(gate.gate for one in decisions for gate in one.gates))
    counts = {gate: Counter[str]() for gate in ("all gates", *gates)}
    for one in decisions:
        counts["all gates"][one.verdict] += 1
        for gate in one.gates:
            counts[gate.gate][gate.verdict] += 1
    words = ("open", "shut", "unknown")
    heads = [f"{SYMBOLS[word]} {word}" for word in words]
    rows = [[name, *(f"{found[word]:,}" for word in words)] for name, found in counts.items()]
    page.table(["gate", *heads], rows, set(heads))
    _blocking(page, decisions)
    page.gap()
    for one in decisions:
        stops = ", ".join(dict.fromkeys(_stops(one)))
        agreed = f"; if agreed {one.if_agreed}" if one.pending else ""
        most = f", at most {one.max_quantity:,}" if one.max_quantity else ""
        tail = f" ({stops})" if stops else ""
        page.say(f"{one.id}: {_verdict(one.verdict)}{agreed}{most}{tail}", 0, 4)


def _stops(decision: Decision) -> list[str]:
    """The findings that give the verdict: those that fail, else those that are unknown."""
    for outcome in ("fail", "unknown"):
        found = [one.item for one in decision.findings if one.outcome == outcome]
        if found:
            return found
    return []


def _blocking(page: Page, decisions: Sequence[Decision]) -> None:
    stopped: dict[tuple[str, str], Counter[str]] = {}
    for decision in decisions:
        for one in decision.findings:
            if one.outcome in ("fail", "unknown"):
                key = one.gate, f"{one.regime}/{one.item}"
                stopped.setdefault(key, Counter())[one.outcome] += 1
    if not stopped:
        return
    page.gap()
    ranked = sorted(stopped.items(), key=lambda item: (-item[1].total(), item[0]))
    rows = [
        [item, gate, f"{found['fail']:,}", f"{found['unknown']:,}"]
        for (gate, item), found in ranked
    ]
    page.table(["stopped by", "gate", "✗ fails", "? unknown"], rows, {"✗ fails", "? unknown"})


# -- words --------------------------------------------------------------------------------------


def _verdict(verdict: str) -> str:
    return f"{SYMBOLS[verdict]} {verdict}"


def _link(link: Link) -> str:
    says = f": {link.says}" if link.says else ""
    since = f" ({link.since})" if link.since else ""
    return f"{_GRADED[link.kind]} {link.id}, grade {link.grade}{since}{says}"


def _brief(link: Link) -> str:
    """A law text by its citation, a claim in its own words."""
    if link.kind == "source":
        return f"{link.says.split(': ')[0]} ({link.grade})"
    return _link(link)


def _links(weight: Weight | None) -> list[Link]:
    return sorted(weight.links, key=lambda link: (link.kind, link.id)) if weight else []


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Fraction):
        exact = value.denominator == 1
        return f"{value.numerator:,}" if exact else f"{float(value):,.6g}"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "none"
    return str(value) if value != "" else "empty"
