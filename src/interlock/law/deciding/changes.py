"""What would open a formula: the smallest sets of changes to a case, found and verified."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from interlock.law.deciding.formula import MAX_KEPT, Leaf, Reading
from interlock.law.expr.scalar import unknown
from interlock.law.expr.tree import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from interlock.law.deciding.formula import Atom, Formula, Group, Values

MAX_SETS = 24
"""Candidate sets kept at each step."""
MAX_REPAIRS = 6
"""Sets completed at each step, of those that break elsewhere what they mend."""
MAX_CHANGES = 4
"""Most changes in one set: what needs more is no practical way."""


def change_sets(
    formula: Formula, values: Values, search: Search | None = None
) -> list[tuple[Leaf, ...]]:
    """Smallest sets of leaves which, made to hold, make the formula hold; smallest first.

    `search` may be kept between formulas of one case; its values must hold all their atoms.
    Bounded: at most `MAX_CHANGES` changes a set, `MAX_SETS` sets. Each set is verified by putting
    its changes through the whole formula, atoms on the same fact included.
    """
    key = formula.signature(values)
    solved = formula.solved.get(key)
    if solved is None:
        found = (search or Search(values)).candidates(formula)
        good = [chosen for chosen in found if _verified(formula, values, chosen)]
        told = [_told(formula, chosen) for chosen in _minimal(good) if chosen]
        solved = sorted(dict.fromkeys(told), key=lambda one: [len(one), *map(_order, one)])
        if len(formula.solved) < MAX_KEPT:
            formula.solved[key] = solved
    return solved


def _order(leaf: Leaf) -> tuple[str, str, bool]:
    """The same order in every run: a set has none of its own."""
    return ",".join(leaf.atom.names), leaf.atom.text, leaf.want


def _told(formula: Formula, chosen: frozenset[Leaf]) -> tuple[Leaf, ...]:
    """The changes in order, without those that others on the same fact bring by themselves.

    `tpp < 1,600` brings `tpp < 4,800`: it is not a second thing to do.
    """
    kept = sorted(chosen, key=_order)
    for leaf in list(kept):
        subject = leaf.atom.subject
        others = [one for one in kept if one is not leaf and one.atom.subject == subject]
        if not subject or not others:
            continue
        ways = [
            way for way in formula.ways(subject) if all(way[one.atom] is one.want for one in others)
        ]
        if ways and all(way[leaf.atom] is leaf.want for way in ways):
            kept.remove(leaf)
    return tuple(kept)


class Search:
    """Candidate sets of one case, bottom up; atoms that are `fixed` are not to be changed."""

    def __init__(self, values: Values, fixed: frozenset[Atom] = frozenset()) -> None:
        self.values = values
        self.fixed = fixed
        self._subjects = {atom.subject for atom in fixed} - {""}
        self._known: dict[Formula, list[frozenset[Leaf]]] = {}

    def candidates(self, formula: Formula) -> list[frozenset[Leaf]]:
        """Smallest candidates; those of a part that several formulas share are found once."""
        if formula not in self._known:
            found = self._leaf(formula) if isinstance(formula, Leaf) else self._group(formula)
            self._known[formula] = found
        return self._known[formula]

    def _leaf(self, leaf: Leaf) -> list[frozenset[Leaf]]:
        value = self.values[leaf.atom]
        if not unknown(value) and value is leaf.want:
            return [frozenset()]
        if isinstance(leaf.atom.tree, Unknown) and not leaf.want:
            return []
        if leaf.atom in self.fixed or leaf.atom.subject in self._subjects:
            return []
        return [frozenset([leaf])]

    def _group(self, group: Group) -> list[frozenset[Leaf]]:
        inner = [self.candidates(part) for part in group.parts]
        if group.op == "or":  # what opens one part opens it
            return _minimal([chosen for part in inner for chosen in part])
        sets: list[frozenset[Leaf]] = [frozenset()]
        for part in sorted(inner, key=len):
            joined = (a | b for a, b in product(sets, part))
            sets = _minimal([s for s in joined if len(s) <= MAX_CHANGES and not _clash(s)])
        if not any(leaf.atom in group.entangled for chosen in sets for leaf in chosen):
            return sets
        return self._disentangled(group, sets)

    def _disentangled(self, group: Group, sets: list[frozenset[Leaf]]) -> list[frozenset[Leaf]]:
        """The sets that open the group; those that break elsewhere what they mend are completed.

        A set that undoes what holds now must neither pass for a way nor hide the longer way that
        makes up for it.
        """
        values = {atom: self.values[atom] for atom in group.atoms}
        good: list[frozenset[Leaf]] = []
        repairs = 0
        for chosen in sets:
            after = _after(group, values, chosen)
            if after is not None and Reading(after)(group) is True:
                good.append(chosen)
            elif after is not None and repairs < MAX_REPAIRS:
                fixed = self.fixed | {leaf.atom for leaf in chosen}
                if len(fixed) < MAX_CHANGES:
                    repairs += 1
                    good += [chosen | s for s in Search(after, fixed).candidates(group)]
        kept = [s for s in good if len(s) <= MAX_CHANGES]
        return _minimal(kept, lambda chosen: _verified(group, values, chosen))


def _clash(chosen: frozenset[Leaf]) -> bool:
    wanted: dict[Atom, bool] = {}
    return any(wanted.setdefault(leaf.atom, leaf.want) is not leaf.want for leaf in chosen)


def _minimal(
    sets: list[frozenset[Leaf]], valid: Callable[[frozenset[Leaf]], bool] = lambda _: True
) -> list[frozenset[Leaf]]:
    kept: list[frozenset[Leaf]] = []
    for chosen in sorted(dict.fromkeys(sets), key=len):
        if not any(smaller <= chosen for smaller in kept) and valid(chosen):
            kept.append(chosen)
            if len(kept) >= MAX_SETS:
                break
    return kept


def _verified(formula: Formula, values: Mapping[Atom, Any], chosen: frozenset[Leaf]) -> bool:
    """Whether the changes, carried through every atom about the same facts, open the formula."""
    after = _after(formula, values, chosen)
    return after is not None and Reading(after)(formula) is True


def _after(formula: Formula, values: Mapping[Atom, Any], chosen: frozenset[Leaf]) -> Values | None:
    """The values of all atoms after the changes; None if no value of a fact gives them all."""
    after = dict(values)
    for leaf in chosen:
        after[leaf.atom] = leaf.want
    by_subject: dict[str, list[Leaf]] = {}
    for leaf in chosen:
        if leaf.atom.subject:
            by_subject.setdefault(leaf.atom.subject, []).append(leaf)
    for subject, wanted in by_subject.items():
        witness = _witness(formula.ways(subject), wanted, values)
        if witness is None:
            return None
        after.update(witness)
    return after


def _witness(
    ways: Sequence[Values], wanted: list[Leaf], values: Mapping[Atom, Any]
) -> Values | None:
    """Values of all atoms about a fact under one value of it that gives what is wanted.

    Of the ways that do, the one that disturbs the fewest other atoms is taken.
    """
    fitting = [way for way in ways if all(way[leaf.atom] is leaf.want for leaf in wanted)]
    if not fitting:
        return None
    return min(fitting, key=lambda way: sum(way[atom] is not values[atom] for atom in way))
