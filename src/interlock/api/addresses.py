"""The words of kinds of things in addresses."""

from __future__ import annotations

_SPECIAL = {
    "entry": "entries",
    "discrepancy": "discrepancies",
    "party": "parties",
    "stock": "stock",
}


def plural(kind: str) -> str:
    """The kind's word in addresses."""
    return _SPECIAL.get(kind, f"{kind}s")


def move_path(right: str, pk: str = "") -> str:
    """Where a move is posted to: on a thing, or among its kind if it makes one."""
    kind, _, move = right.partition(".")
    return f"/{plural(kind)}/{pk}/{move}" if pk else f"/{plural(kind)}"
