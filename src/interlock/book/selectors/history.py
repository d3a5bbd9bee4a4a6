"""How a thing came to stand as it does, from the audit log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from interlock.book.acting import PARTS
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.present import is_firm

if TYPE_CHECKING:
    from interlock.book.models import Thing
    from interlock.book.rights import Actor


def history(actor: Actor, thing: Thing) -> list[dict[str, Any]]:
    """Every change of a thing, oldest first. A firm sees who and why of its own acts alone."""
    found = []
    for entry in ledger().entries_of(f"{thing.kind}/{thing.pk}"):
        kind, _, move = entry.kind.partition(".")
        if kind != thing.kind or move in ("", PARTS):
            continue
        if is_firm(actor) and move in thing.moves_kept_from_firms:
            continue
        own = not is_firm(actor) or entry.actor.rpartition("@")[2] == actor.party
        found.append(
            {
                "change": entry.change,
                "move": move,
                "version": json.loads(entry.content)["thing"]["version"],
                "effective": entry.effective,
                "recorded": entry.recorded,
                "actor": entry.actor if own else None,
                "reason": entry.reason if own else None,
            }
        )
    return found
