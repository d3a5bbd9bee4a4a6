"""A finding's reasons: the rule in words, the atoms that decide it, the facts that are missing."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from interlock.law.chinese import UNKNOWN_NUMBER
from interlock.law.deciding.decision import AtomState
from interlock.law.deciding.formula import Reading, unmet, values_of
from interlock.law.deciding.words import plain, words
from interlock.law.expr.scalar import unknown
from interlock.law.expr.tree import Unknown

if TYPE_CHECKING:
    from interlock.law.compiling.compiled import Clause
    from interlock.law.deciding.formula import Atom, Leaf, Values
    from interlock.law.deciding.prepared import Judged
    from interlock.law.vocabulary import Vocabulary

MOST_ATOMS = 16


def says(judged: Judged) -> str:
    """The rule's words with the licence's or the law's values in their places."""
    text = judged.prepared.clause.says
    if "{" not in text:
        return text
    clause = judged.prepared.clause
    prefix = f"licence.{clause.gate}.condition.{clause.id}."
    kind = judged.regime.compiled.source.conditions.get(clause.id)
    for parameter in kind.kind.parameters if kind else ():
        value = judged.facts.get(prefix + parameter.id)
        if parameter.type in ("decimal", "integer") and value is not None:
            value = Fraction(value, 10**parameter.places)
            value = int(value) if value.denominator == 1 else float(value)
        shown = UNKNOWN_NUMBER if value is None else str(value)
        text = text.replace(f"{{{parameter.id}}}", shown)
    return text


def atoms(judged: Judged, values: Values, vocabulary: Vocabulary) -> tuple[AtomState, ...]:
    """What decides comes first: unmet requirements, doubts about the scope, then the rest."""
    prepared = judged.prepared
    found: dict[str, AtomState] = {}

    def note(atom: Atom, part: Literal["require", "scope", "other"], needed: str) -> None:
        if atom.text in found or len(found) >= MOST_ATOMS:
            return
        value = values[atom] if atom in values else atom.run(judged.facts)
        found[atom.text] = AtomState(
            says=atom.text,
            holds=None if unknown(value) else bool(value),
            facts=read_facts(atom, judged.facts),
            key=prepared.key(atom, vocabulary),
            part=part,
            needs=needed,
        )

    if judged.outcome != "pass":
        both = prepared.requirement, prepared.reach
        reading = Reading(values | values_of(both, judged.facts))
        for leaf in unmet(prepared.requirement, reading):
            note(leaf.atom, "require", needs(leaf, prepared.clause))
        doubts = () if judged.reason == "not agreed" else unmet(prepared.reach, reading)
        for leaf in doubts:
            note(leaf.atom, "scope", needs(leaf, prepared.clause))
    for atom in sorted(prepared.formula.atoms, key=lambda atom: values[atom] is True):
        note(atom, "other", "")
    return tuple(found.values())


def read_facts(atom: Atom, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts that an atom looks at, as they are, by the names of the regime file."""
    return {
        shown: facts.get(name) if type_ is None else plain(facts.get(name), type_)
        for name, shown, type_ in atom.shown
    }


def missing(values: Values, facts: dict[str, Any]) -> tuple[str, ...]:
    """Facts that nobody gave and on which an atom hangs."""
    names = {
        name: None
        for atom, value in values.items()
        if value is None
        for name in atom.names
        if facts.get(name) is None and not name.startswith("@")
    }
    return tuple(names)


def needs(leaf: Leaf, clause: Clause) -> str:
    """What a leaf asks for, in words."""
    if any(name.startswith("@waived/") for name in leaf.atom.names):
        consent = clause.waiver.consent_of if clause.waiver else ()
        behind = f" with the consent of {', '.join(consent)}" if consent else ""
        return f"'{clause.id}' is waived{behind}"
    if isinstance(leaf.atom.tree, Unknown):
        return f"a decision on '{clause.id}'" if clause.undisclosed else words(leaf.atom.tree)
    return words(leaf.atom.tree, want=leaf.want)
