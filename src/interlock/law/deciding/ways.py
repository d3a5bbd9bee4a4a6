"""What would open a finding or a gate: changes and who can make them, or the day that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.law.deciding.changes import Search, change_sets
from interlock.law.deciding.decision import Change
from interlock.law.deciding.formula import values_of
from interlock.law.deciding.prepared import KEY_ORDER
from interlock.law.deciding.reasons import needs, read_facts
from interlock.law.deciding.words import name_in_words, words
from interlock.law.expr.tree import days

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from interlock.law.cases.reader import Case
    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import Clause
    from interlock.law.deciding.decision import ChangeSet, Finding
    from interlock.law.deciding.formula import Leaf, Values
    from interlock.law.deciding.prepared import Judged, PreparedLaws
    from interlock.law.model import Stage
    from interlock.law.vocabulary import Vocabulary

MOST_CHOICES = 8
MOST_DATES = 6
"""How many coming changes of the law are tried for `opens_on`."""


class Ways:
    """The ways to open what one case meets."""

    def __init__(self, prepared: PreparedLaws, law: Law, case: Case, stage: Stage) -> None:
        self.prepared, self.law, self.case, self.stage = prepared, law, case, stage
        self.values: Values = {}
        self.search = Search(self.values)

    def choices(self, judged: Judged, values: Values) -> tuple[ChangeSet, ...]:
        """Smallest sets of changes that make one finding pass."""
        clause = judged.prepared.clause
        if judged.reason == "not agreed":
            return ((self.agreement(clause, judged),),)
        self.values.update(values)
        sets = change_sets(judged.prepared.formula, values, self.search)
        changed = [self.change_set(chosen, [judged]) for chosen in sets]
        return self._bounded(changed, {clause.opened_by})

    def agreement(self, clause: Clause, judged: Judged) -> Change:
        """The change that a pending condition waits for."""
        status = f"licence.{clause.gate}.condition.{clause.id}.status"
        return Change(
            fact=status,
            now=judged.facts.get(status),
            needs=f"the condition '{clause.id}' is agreed",
            key="authority",
            item=clause.name,
        )

    def change_set(self, chosen: tuple[Leaf, ...], judged: Sequence[Judged]) -> ChangeSet:
        """Leaves as changes to facts, each with who holds its key."""
        changes: dict[str, Change] = {}
        homes = _homes(judged, {leaf.atom.text for leaf in chosen})
        for leaf in chosen:
            home = homes.get(leaf.atom.text, judged[0])
            text = needs(leaf, home.prepared.clause)
            first = leaf.atom.names[0] if leaf.atom.names else ""
            name = name_in_words(first) if first else words(leaf.atom.tree)
            facts = read_facts(leaf.atom, home.facts)
            change = Change(
                fact=name,
                now=facts.get(name),
                needs=text,
                key=home.prepared.key(leaf.atom, self.law.vocabulary),
                item=home.prepared.clause.name,
            )
            changes.setdefault(text, change)
        return tuple(changes.values())

    def opens_on(self, judged: Judged) -> str:
        """The first coming change of the law, as known, after which the finding passes."""
        clause = judged.prepared.clause
        for day in self.law.changes()[:MOST_DATES]:
            later = self.law.on(day)
            for regime in self.prepared.regimes(later, self.stage):
                if regime.compiled.id != clause.regime:
                    continue
                then = [p for p in regime.clauses if p.clause.id == clause.id]
                facts = regime.facts_of(self.case)
                facts["transaction.date"] = days(regime.compiled.at)
                if all(p.outcome(facts)[0] not in ("fail", "unknown") for p in then):
                    return day.isoformat()
        return ""

    def gate_choices(self, judged: list[Judged], accounts: list[Finding]) -> tuple[ChangeSet, ...]:
        """Smallest sets of changes that open the whole gate and break none of its rules."""
        agreements = tuple(
            self.agreement(j.prepared.clause, j) for j in judged if j.reason == "not agreed"
        )
        room = tuple(c for f in accounts if f.outcome != "pass" for c in f.open_with[0])
        counted = [j for j in judged if j.agreed in ("pass", "fail", "unknown")]
        values: Values = {}
        for one in counted:
            values.update(values_of([one.prepared.settling], one.agreed_facts))
        formula = self.prepared.together(tuple(one.prepared.settling for one in counted))
        if all(one.agreed == "pass" for one in counted):
            return ((*agreements, *room),) if agreements or room else ()
        # Agreed facts are other facts: what was found for the case as it is does not hold there.
        search = Search(values) if agreements else self.search
        search.values.update(values)
        sets = change_sets(formula, values, search)
        changed = [(*agreements, *self.change_set(chosen, counted), *room) for chosen in sets]
        openers = {j.prepared.clause.opened_by for j in counted if _stops(j)}
        return self._bounded(changed, openers)

    def _bounded(self, sets: list[ChangeSet], openers: set[str]) -> tuple[ChangeSet, ...]:
        """The first of the sets, smallest first, with a way for each whom the law names as opener.

        A licence asks three things of its issuer; eight sets of two things each must not hide it.
        """
        ranked = sorted(sets, key=_ease)
        named: list[ChangeSet] = []
        for opener in sorted(openers - {""}):
            own = [one for one in ranked if any(change.key == opener for change in one)]
            named += kept_first(own, self.law.vocabulary)[:1]
        return first_with(ranked, named)


def _homes(judged: Sequence[Judged], texts: set[str]) -> dict[str, Judged]:
    """The first clause that asks each of these things.

    By their words: two regimes may ask one thing, and the set that was found holds either's atom.
    """
    found: dict[str, Judged] = {}
    for one in judged:
        for atom in one.prepared.settling.atoms:
            if atom.text in texts:
                found.setdefault(atom.text, one)
    return found


def _stops(judged: Judged) -> bool:
    return judged.agreed in ("fail", "unknown")


def kept_first(sets: Iterable[ChangeSet], words: Vocabulary) -> list[ChangeSet]:
    """The sets, those first that keep the deal: to sell other goods elsewhere opens no gate."""
    return sorted(sets, key=lambda one: not words.keeps_deal(change.fact for change in one))


def first_with(ranked: list[ChangeSet], named: list[ChangeSet]) -> tuple[ChangeSet, ...]:
    """The first of the sets, and those that are named whatever their place; each once."""
    kept = ranked[:MOST_CHOICES]
    late: list[ChangeSet] = []
    for one in named:
        if one not in kept and one not in late:
            late.append(one)
    return (*kept[: MOST_CHOICES - len(late)], *late)


def _ease(chosen: ChangeSet) -> tuple[bool, int, list[int]]:
    """Sets that somebody can bring about come first, then the smaller."""
    order = [KEY_ORDER.index(c.key) if c.key in KEY_ORDER else 3 for c in chosen]
    return any(c.key == "nobody" for c in chosen), len(chosen), order
