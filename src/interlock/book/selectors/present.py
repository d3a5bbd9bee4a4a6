"""A thing as an actor may see it, in one stable form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.book.acting import moves_open_to
from interlock.book.snapshots import plain, snapshot

if TYPE_CHECKING:
    from interlock.book.models import Thing
    from interlock.book.rights import Actor


NOT_OF_A_FIRM = frozenset(
    (
        "auditor",
        "administrator",
        "licensing_officer",
        "customs_officer",
        "authority_reader",
        "analyst",
    )
)
"""An authority without a gate of its own, which others ask for its word, has officers too."""


def is_firm(actor: Actor) -> bool:
    """Whether somebody acts for a firm, and so sees only what concerns it (R11)."""
    return not actor.itself and not actor.gate and not actor.roles & NOT_OF_A_FIRM


def present(actor: Actor, thing: Thing) -> dict[str, Any]:
    """All fields that the actor may see, and `can`: the moves open to them now."""
    found = seen(actor, thing, snapshot(thing))
    found["can"] = moves_open_to(actor, thing)
    found.update(thing.shown_once or {})
    return found


def seen(actor: Actor, thing: Thing, fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of a thing, as they stand or stood, without those kept from the actor (R11)."""
    found: dict[str, Any] = plain(fields)
    if is_firm(actor):
        for name in thing.kept_from_firms:
            found.pop(name, None)
        for name in thing.words_of_parties:  # a snapshot of before there were any has none
            said = found.get(name, [])
            found[name] = [one for one in said if one["party"] == actor.party]
    if not actor.itself and "auditor" not in actor.roles:
        for name in thing.kept_from_officers:
            found.pop(name, None)
    return found


def ahead(model: type[Thing]) -> list[str]:
    """What is read ahead of many rows: all that `present` asks of each, in one question each."""
    paths = (path.rpartition("__")[0] for path in (*model.own_paths, model.gate_path))
    return sorted({path for path in paths if path} | {x.name for x in model._meta.many_to_many})
