"""The table of lifecycles: which moves there are, from where to where (`lifecycles.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from interlock.files.phrases import Phrase, phrase, phrases

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Move:
    """One move of one kind of thing.

    Attributes:
        starts: the states it starts in; empty = it makes the thing.
        to: the state it ends in; empty = the state stays.
        second: it must be made by another person than the one who proposed it.
        reason: whoever makes it must give a reason.
        guards: names of the tests that must hold.
    """

    kind: str
    name: str
    starts: tuple[str, ...]
    to: str
    says: str
    second: bool = False
    reason: bool = False
    guards: tuple[str, ...] = ()

    @property
    def right(self) -> str:
        """The right that it needs."""
        return f"{self.kind}.{self.name}"

    def refuses(self, state: str) -> Phrase | None:
        """Why it does not start from a state, in words; None: it does."""
        if state in self.starts:
            return None
        return phrase(
            "it is {state}, and this starts from {starts}",
            state=state,
            starts=phrases(self.starts, " or "),
        )


@dataclass(frozen=True)
class Lifecycle:
    """The life of one kind of thing; the first state is where most begin."""

    kind: str
    says: str
    states: tuple[str, ...]
    moves: Mapping[str, Move]


@cache
def lifecycles() -> dict[str, Lifecycle]:
    """Every kind of thing with its life.

    Raises:
        ValueError: the table contradicts itself; all faults in one message.
    """
    text = files("interlock.book").joinpath("lifecycles.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    found = {kind: _lifecycle(kind, body) for kind, body in table.items()}
    faults = [fault for one in found.values() for fault in _faults(one)]
    if faults:
        raise ValueError("; ".join(faults))
    return found


def _lifecycle(kind: str, body: dict[str, Any]) -> Lifecycle:
    moves = {
        name: Move(
            kind=kind,
            name=name,
            starts=tuple(move["from"]),
            to=move["to"],
            says=move["says"],
            second=move.get("second", False),
            reason=move.get("reason", False),
            guards=tuple(move.get("guards", ())),
        )
        for name, move in body["moves"].items()
    }
    return Lifecycle(kind, body["says"], tuple(body["states"]), moves)


def _faults(one: Lifecycle) -> list[str]:
    """States that no move names, and names that are no state."""
    named = {state for move in one.moves.values() for state in (*move.starts, move.to) if state}
    found = [f"{one.kind}: no state '{name}'" for name in sorted(named - set(one.states))]
    if not any(not move.starts for move in one.moves.values()):
        found.append(f"{one.kind}: no move makes it")
    return found


def move_of(kind: str, name: str) -> Move:
    """One move; a KeyError is a fault of the program, not of a caller."""
    return lifecycles()[kind].moves[name]
