"""What the book refuses, and with which facts. Whatever is raised, nothing has changed.

BookError
+- NotFoundError     there is no such thing, or not for this actor
+- DeniedError       the actor may see it and not do this
+- MoveError         not from this state, or a guard does not hold
+- SecondPersonError the same person proposed it
+- VersionError      somebody changed it since the caller read it
+- InputError        values that cannot be meant; each fault with its field
+- GateError         a gate is not open; carries the decision as the actor may see it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.files import InterlockError
from interlock.files.phrases import Phrase, phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.files.phrases import Phrase


class BookError(InterlockError):
    """Anything that the book refuses."""


class NotFoundError(BookError):
    """No such thing for this actor."""

    def __init__(self, kind: str, pk: str) -> None:
        self.kind, self.pk = kind, pk
        super().__init__(f"there is no {kind} '{pk}'")


class DeniedError(BookError):
    """The actor may not; `who` are the roles that may."""

    def __init__(self, actor: str, right: str, pk: str, who: tuple[str, ...]) -> None:
        self.actor, self.right, self.pk, self.who = actor, right, pk, who
        may = " or ".join(who) if who else "nobody"
        super().__init__(f"{actor} may not '{right}' on {pk}; {may} may")


class MoveError(BookError):
    """A move that does not start in this state, or whose guard does not hold.

    Attributes:
        can: the moves that could be made from here.
    """

    def __init__(self, kind: str, pk: str, move: str, why: Phrase, can: Iterable[str] = ()) -> None:
        self.kind, self.pk, self.move, self.why, self.can = kind, pk, move, why, tuple(can)
        super().__init__(f"{kind} {pk} cannot '{move}': {why}")


class SecondPersonError(MoveError):
    """Four eyes: whoever proposed it may not decide it."""

    def __init__(self, kind: str, pk: str, move: str, proposer: str) -> None:
        self.proposer = proposer
        why = phrase("{proposer} proposed it; a second person decides", proposer=proposer)
        super().__init__(kind, pk, move, why)


class VersionError(BookError):
    """The thing changed since the caller read it."""

    def __init__(self, kind: str, pk: str, expected: int, found: int) -> None:
        self.kind, self.pk, self.expected, self.found = kind, pk, expected, found
        super().__init__(
            f"{kind} {pk} is at version {found}, not {expected}; read it again, then change it"
        )


class InputError(BookError):
    """Values that cannot be meant; `faults` maps a field to what is wrong and what to give."""

    def __init__(self, faults: Mapping[str, Phrase]) -> None:
        self.faults = dict(faults)
        super().__init__("; ".join(f"{name}: {says}" for name, says in self.faults.items()))


def input_error(field: str, sentence: str, /, **values: Any) -> InputError:
    """One value that cannot be meant: its field, and what is wrong as a phrase."""
    return InputError({field: phrase(sentence, **values)})


class GateError(BookError):
    """A gate is not open for this; `decision` is the decision as the actor may see it."""

    def __init__(self, what: str, decision: Mapping[str, Any]) -> None:
        self.what, self.decision = what, dict(decision)
        super().__init__(f"{what}: the gates are {decision.get('verdict')}, not open")
