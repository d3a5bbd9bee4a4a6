"""Who may see what (R11): the readers of an item, and of everything that its details rest on.

A rule that everybody may read can still rest on a parameter, a derived fact, an exception or an
account that not everybody may: its words and its outcome are then shown, its details are not.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from interlock.files import InterlockError, nearest
from interlock.law.expr.tree import FactRef, Known, Param, Read, Tree, walk
from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from interlock.law.compiling.checked import CheckedAccount, CheckedRegime

PUBLIC, HOLDER, OFFICER = "public", "holder", "officer:"
Readers = tuple[str, ...]
OFFICERS_ONLY: frozenset[Readers] = frozenset({()})  # those of the item's own gate


class UnknownViewerError(InterlockError):
    """Nobody of that name looks at decisions.

    Attributes:
        viewer: as given.
        known: the viewers that there are.
        mend: the nearest of them.
    """

    def __init__(self, viewer: str, known: Collection[str]) -> None:
        self.viewer, self.known = viewer, tuple(known)
        self.mend = nearest(viewer, known)
        super().__init__(f"'{viewer}' is no viewer; {self.mend}")


def viewers(gates: Iterable[str]) -> tuple[str, ...]:
    """Everybody who may look: the public, the holder, and the officers of each gate."""
    return (PUBLIC, HOLDER, *(f"{OFFICER}{gate}" for gate in gates))


def check_viewer(viewer: str, gates: Iterable[str]) -> None:
    """Refuse a viewer that there is not.

    Raises:
        UnknownViewerError: with the nearest one.
    """
    known = viewers(gates)
    if viewer not in known:
        raise UnknownViewerError(viewer, known)


def sees(viewer: str, readers: Readers, gate: str) -> bool:
    """Whether a viewer may see an item; without readers it belongs to its own gate (R11)."""
    allowed = readers or (f"{OFFICER}{gate}",)
    return PUBLIC in allowed or viewer in allowed


class Audiences:
    """The readers of everything that the items of one regime rest on."""

    def __init__(self, checked: CheckedRegime) -> None:
        self.checked = checked
        self._facts: dict[str, frozenset[Readers]] = {}
        self._clauses: dict[str, frozenset[Readers]] = {}

    @cached_property
    def facts(self) -> dict[str, frozenset[Readers]]:
        """Derived facts and facts about parties -> the readers of all that gives their value."""
        found = {name: self._fact(name) for name in self.checked.facts}
        parties = self.checked.regime.party_facts
        found.update({name: frozenset({party.visible_to}) for name, party in parties.items()})
        return found

    @cached_property
    def applies(self) -> frozenset[Readers]:
        """The readers of what tells whether the regime applies at all."""
        return self._tree(self.checked.applies)

    def clause(self, name: str) -> frozenset[Readers]:
        """The readers of what a rule or a kind of condition rests on, itself left out."""
        if name not in self._clauses:
            self._clauses[name] = self._clause(name)
        return self._clauses[name]

    def _clause(self, name: str) -> frozenset[Readers]:
        found = self.wording(name)
        for lift, when in self.checked.exceptions.values():
            if name in lift.lifts:
                found |= {lift.visible_to} | self._tree(when)
        return found

    def wording(self, name: str) -> frozenset[Readers]:
        """The readers of what the text of a rule or a kind of condition tells, itself left out.

        An exception that lifts it counts for its outcome, not for its text.
        """
        checked = self.checked
        trees = [checked.applies]
        clause = checked.rules.get(name) or checked.conditions.get(name)
        if clause is not None:
            trees += [clause.when, *([clause.require] if clause.require is not None else [])]
        return frozenset[Readers]().union(*map(self._tree, trees))

    def exception(self, name: str) -> frozenset[Readers]:
        """The readers of what an exception rests on, itself left out."""
        _, when = self.checked.exceptions[name]
        return self._tree(self.checked.applies) | self._tree(when)

    def round(self, name: str) -> frozenset[Readers]:
        """The readers of what a round's points and limits rest on, itself left out."""
        checked = self.checked.rounds[name]
        trees = [*checked.points, checked.floor, checked.places, checked.quota]
        found = self._tree(self.checked.applies)
        return found.union(*(self._tree(tree) for tree in trees if tree is not None))

    def account(self, name: str, condition: str = "") -> frozenset[Readers]:
        """The readers of what an account's reach and factor rest on, itself left out."""
        checked = self.checked
        found = self._tree(checked.applies)
        account: CheckedAccount | None = checked.accounts.get(name)
        if condition:
            kind = checked.conditions[condition]
            account = kind.account
            found |= {kind.kind.visible_to}
        if account is None:
            return found
        return found | self._tree(account.when) | self._tree(account.factor)

    @cached_property
    def everything(self) -> frozenset[Readers]:
        """The readers of all items of the regime: who lacks one may not weigh its digest."""
        regime = self.checked.regime
        found = {
            *(item.visible_to for item in regime.parameters.values()),
            *(item.visible_to for item in regime.facts.values()),
            *(item.visible_to for item in regime.party_facts.values()),
            *(item.visible_to for item in regime.rules.values()),
            *(item.visible_to for item in regime.exceptions.values()),
            *(item.visible_to for item in regime.conditions.values()),
            *(item.visible_to for item in regime.rounds.values()),
            *(item.terms.visible_to for item in regime.accounts.values()),
        }
        within = [kind.account for kind in regime.conditions.values() if kind.account is not None]
        return frozenset(found.union(account.terms.visible_to for account in within))

    def _tree(self, tree: Tree) -> frozenset[Readers]:
        regime = self.checked.regime
        found: frozenset[Readers] = frozenset()
        for node in walk(tree):
            if isinstance(node, Param):
                found |= {regime.parameters[node.name].visible_to}
            elif isinstance(node, FactRef):
                found |= self._fact(node.name)
            elif isinstance(node, Read | Known):
                found |= self._read(node.name)
        return found

    def _read(self, name: str) -> frozenset[Readers]:
        """What the officers keep, `@party/<regime>/<fact>` and `@available/<regime>/<account>`."""
        entry = vocabulary().entry(name)
        if entry is not None or not name.startswith("@"):
            return OFFICERS_ONLY if entry is not None and entry.kept else frozenset()
        regime = self.checked.regime
        item = name.rsplit("/", 1)[-1]
        if name.startswith("@party/") and item in regime.party_facts:
            return frozenset({regime.party_facts[item].visible_to})
        if item in regime.accounts:
            return frozenset({regime.accounts[item].terms.visible_to})
        return frozenset()

    def _fact(self, name: str) -> frozenset[Readers]:
        if name not in self._facts:
            checked = self.checked.facts[name]
            found = frozenset({checked.fact.visible_to})
            for case in checked.cases:
                found |= self._tree(case.when) | self._tree(case.value)
            self._facts[name] = found
        return self._facts[name]
