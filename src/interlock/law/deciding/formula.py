"""Why an outcome is what it is, and what would change it.

A clause's outcome is unfolded into atoms: comparisons and yes/no facts joined by and / or, with
derived facts followed into their cases. On one case every atom is true, false or unknown; from that
come the reasons, the weakest source (R13) and the smallest sets of changes that would make it pass.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from interlock.law.deciding.words import name_in_words, words
from interlock.law.expr.scalar import ERROR, evaluator, unknown
from interlock.law.expr.tree import (
    FALSE,
    TRUE,
    Compare,
    Const,
    FactRef,
    If,
    In,
    Junction,
    Known,
    Not,
    Read,
    Tree,
    Unknown,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from interlock.law.model import Rests

MAX_KEPT = 4_096
"""Answers kept for each formula: cases that look alike to it are answered once."""


class Atom:
    """A yes/no that is asked of the case as it is: a comparison, a fact on file, a text test."""

    def __init__(self, tree: Tree, run: Callable[[dict[str, Any]], Any]) -> None:
        self.tree = tree
        self.run = run
        nodes = list(walk(tree))
        self.names = tuple(dict.fromkeys(n.name for n in nodes if isinstance(n, Read | Known)))
        self.rests = tuple(n.rests for n in nodes if isinstance(n, Const | Unknown) and n.rests)
        types = {n.name: n.of for n in nodes if isinstance(n, Known)}
        types |= {n.name: n.type for n in nodes if isinstance(n, Read)}
        self.shown = tuple((n, name_in_words(n), types.get(n)) for n in self.names)

    @cached_property
    def text(self) -> str:
        """The atom in words."""
        return words(self.tree)

    @cached_property
    def subject(self) -> str:
        """The one fact it compares with constants, or empty: several, or none."""
        tree = self.tree
        if isinstance(tree, Read):
            return tree.name
        if isinstance(tree, Compare) and isinstance(tree.left, Read):
            return tree.left.name if isinstance(tree.right, Const) else ""
        if isinstance(tree, Compare) and isinstance(tree.right, Read):
            return tree.right.name if isinstance(tree.left, Const) else ""
        if isinstance(tree, In) and isinstance(tree.item, Read):
            fixed = isinstance(tree.options, tuple | Const)
            return tree.item.name if fixed else ""
        return ""


class _Node:
    """What leaves and groups have in common: the atoms below."""

    def __init__(self, atoms: tuple[Atom, ...]) -> None:
        self.atoms = atoms
        self.solved: dict[tuple[Any, ...], list[tuple[Leaf, ...]]] = {}
        self.weighed: dict[tuple[Any, ...], object] = {}
        self._ways: dict[str, list[Values]] = {}

    def signature(self, values: Mapping[Atom, Any]) -> tuple[Any, ...]:
        """The values of its atoms: all that an answer about the formula can depend on."""
        return tuple([values[atom] for atom in self.atoms])

    def ways(self, subject: str) -> list[Values]:
        """How the atoms about one fact can stand together; found once."""
        if subject not in self._ways:
            about = [atom for atom in self.atoms if atom.subject == subject]
            self._ways[subject] = _ways(subject, about)
        return self._ways[subject]


class Leaf(_Node):
    """An atom that must hold (`want`) or must not."""

    def __init__(self, atom: Atom, *, want: bool) -> None:
        super().__init__((atom,))
        self.atom = atom
        self.want = want
        self.leaves: tuple[Leaf, ...] = (self,)


class Group(_Node):
    """And / or over formulas; `rests` is what the choice itself rests on (a line of a fact).

    Equal formulas of one Unfolder are one object, so a formula is a graph, not a tree: a derived
    fact that twenty rules use is unfolded, and on a case evaluated, once.
    """

    def __init__(
        self, op: Literal["and", "or"], parts: tuple[Formula, ...], rests: tuple[Rests, ...] = ()
    ) -> None:
        super().__init__(tuple(dict.fromkeys(atom for part in parts for atom in part.atoms)))
        self.op = op
        self.parts = parts
        self.rests = rests
        self.leaves: tuple[Leaf, ...] = tuple(
            dict.fromkeys(leaf for part in parts for leaf in part.leaves)
        )

    @cached_property
    def entangled(self) -> frozenset[Atom]:
        """Atoms wanted both ways in here, and atoms that share their fact with another."""
        about = Counter(atom.subject for atom in self.atoms)
        wanted = Counter(leaf.atom for leaf in self.leaves)
        return frozenset(
            atom
            for atom in self.atoms
            if wanted[atom] > 1 or (atom.subject and about[atom.subject] > 1)
        )


Formula = Leaf | Group
HOLDS = Group("and", ())
FAILS = Group("or", ())
_DUAL: dict[str, Literal["and", "or"]] = {"and": "or", "or": "and"}


class Unfolder:
    """Unfolds trees of one regime into formulas that share what they have in common."""

    def __init__(self, facts: Mapping[str, Tree]) -> None:
        self.facts = facts
        self.run: dict[str, Callable[[dict[str, Any]], Any]] = {}
        for name, tree in facts.items():
            self.run[name] = evaluator(tree, self.run)
        self._atoms: dict[Tree, Atom] = {}
        self._leaves: dict[tuple[int, bool], Leaf] = {}
        self._groups: dict[object, Group] = {}
        self._unfolded: dict[tuple[Tree, bool], Formula] = {}

    def unfold(self, tree: Tree, *, want: bool = True) -> Formula:
        """The formula that holds where the tree is `want`."""
        key = (tree, want)
        found = self._unfolded.get(key)
        if found is None:
            found = self._unfolded[key] = self._unfold(tree, want=want)
        return found

    def _unfold(self, tree: Tree, *, want: bool) -> Formula:
        match tree:
            case Const(value):
                return HOLDS if bool(value) is want else FAILS
            case Not(arg):
                return self.unfold(arg, want=not want)
            case Junction(op, args):
                parts = [self.unfold(arg, want=want) for arg in args]
                return self.group(op if want else _DUAL[op], parts)
            case If() if tree.type.kind == "bool":
                return self._choice(tree, want=want)
            case FactRef(name) if tree.type.kind == "bool":
                return self.unfold(self.facts[name], want=want)
            case Compare() | In():
                lifted = self._lift(tree)
                if lifted is not None:
                    return self.unfold(lifted, want=want)
        return self._leaf(tree, want=want)

    def _choice(self, tree: If, *, want: bool) -> Formula:
        line = (tree.rests,) if tree.rests is not None else ()
        taken = [self.unfold(tree.cond, want=True), self.unfold(tree.then, want=want)]
        passed = [self.unfold(tree.cond, want=False), self.unfold(tree.other, want=want)]
        # Where both sides agree, the choice needs no condition: as in both evaluators.
        either = [taken[1], passed[1]]
        ways = ((taken, line), (passed, ()), (either, line))
        return self.group("or", [self.group("and", parts, rests) for parts, rests in ways])

    def _lift(self, tree: Compare | In) -> Tree | None:
        """`(c ? a : b) == x` as `c ? a == x : b == x`: the choice is what can be changed."""
        operands = (tree.left, tree.right) if isinstance(tree, Compare) else (tree.item,)
        for index, operand in enumerate(operands):
            inner = self.facts[operand.name] if isinstance(operand, FactRef) else operand
            if isinstance(inner, If):
                then = _settle(_put(tree, index, inner.then))
                other = _settle(_put(tree, index, inner.other))
                return If(inner.cond, then, other, tree.type, inner.rests)
            if inner is not operand:
                return _settle(_put(tree, index, inner))
        return None

    def _leaf(self, tree: Tree, *, want: bool) -> Leaf:
        atom = self._atoms.get(tree)
        if atom is None:
            atom = self._atoms[tree] = Atom(tree, evaluator(tree, self.run))
        key = (id(atom), want)
        if key not in self._leaves:
            self._leaves[key] = Leaf(atom, want=want)
        return self._leaves[key]

    def group(
        self, op: Literal["and", "or"], parts: Sequence[Formula], rests: tuple[Rests, ...] = ()
    ) -> Formula:
        """The shared group of those parts, simplified."""
        neutral, deciding = (HOLDS, FAILS) if op == "and" else (FAILS, HOLDS)
        flat: list[Formula] = []
        for part in parts:
            if part is deciding:
                return deciding
            if isinstance(part, Group) and part.op == op and not part.rests:
                flat.extend(part.parts)
            elif part is not neutral:
                flat.append(part)
        unique = tuple(dict.fromkeys(flat))
        if not unique:
            return neutral
        if len(unique) == 1 and not rests:
            return unique[0]
        key = (op, tuple(id(part) for part in unique), rests)
        if key not in self._groups:
            self._groups[key] = Group(op, unique, rests)
        return self._groups[key]


def _put(tree: Compare | In, index: int, operand: Tree) -> Tree:
    if isinstance(tree, In):
        return replace(tree, item=operand)
    return replace(tree, left=operand) if index == 0 else replace(tree, right=operand)


def _settle(tree: Tree) -> Tree:
    """A comparison of constants is a constant; a value that nobody can give stays unknown."""
    sides = [n for n in walk(tree) if n is not tree]
    if any(isinstance(n, Unknown) for n in sides):
        return Unknown("no value", tree.type)
    if all(isinstance(n, Const) for n in sides):
        return TRUE if evaluator(tree, {})({}) else FALSE
    return tree


Values = dict[Atom, Any]


def values_of(formulas: Iterable[Formula], case: dict[str, Any]) -> Values:
    """The value of every atom on one case."""
    found: Values = {}
    for formula in formulas:
        for atom in formula.atoms:
            if atom not in found:
                found[atom] = atom.run(case)
    return found


class Reading:
    """Values of formulas on one case, each computed once. `ERROR` is an unknown by error."""

    def __init__(self, values: Mapping[Atom, Any]) -> None:
        self.values = values
        self._known: dict[int, Any] = {}

    def __call__(self, formula: Formula) -> Any:
        """Kleene's value of the formula."""
        if isinstance(formula, Leaf):
            value = self.values[formula.atom]
            return value if unknown(value) else value is formula.want
        key = id(formula)
        if key not in self._known:
            self._known[key] = self._group(formula)
        return self._known[key]

    def _group(self, group: Group) -> Any:
        deciding = group.op == "or"
        result: Any = not deciding
        for part in group.parts:
            value = self(part)
            if value is deciding:
                return deciding
            if value is ERROR or (value is None and result is not ERROR):
                result = value
        return result


def unmet(formula: Formula, reading: Reading) -> tuple[Leaf, ...]:
    """The leaves that keep the formula from holding, or from being known to; in reading order."""
    found: dict[Leaf, None] = {}
    seen: set[int] = set()

    def visit(part: Formula) -> None:
        if id(part) in seen or reading(part) is True:
            return
        seen.add(id(part))
        if isinstance(part, Leaf):
            found[part] = None
            return
        for inner in part.parts:
            visit(inner)

    visit(formula)
    return tuple(found)


def _ways(subject: str, about: list[Atom]) -> list[Values]:
    """How the atoms about a fact can stand together: one entry for each class of its values."""
    found: dict[tuple[Any, ...], Values] = {}
    for value in _trial_values(subject, about):
        way = {atom: atom.run({subject: value}) for atom in about}
        found.setdefault(tuple(way.values()), way)
    return list(found.values())


def _trial_values(subject: str, about: list[Atom]) -> list[Any]:
    """One value for each way in which the atoms can see the fact."""
    if any(isinstance(atom.tree, Read) for atom in about):
        return [True, False]
    constants: list[Any] = []
    for atom in about:
        for node in walk(atom.tree):
            if isinstance(node, Const):
                found = node.value if isinstance(node.value, tuple) else (node.value,)
                constants.extend(found)
            elif isinstance(node, Read) and node.name == subject:
                constants.extend(node.type.values)
    texts = [c for c in dict.fromkeys(constants) if isinstance(c, str)]
    numbers = sorted({int(c) for c in constants if not isinstance(c, str)})
    around = [value for n in numbers for value in (n - 1, n, n + 1)]
    return [*texts, "\x00another", *around] if texts else around
