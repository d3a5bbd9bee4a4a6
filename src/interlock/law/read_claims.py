"""The ids and grades of a claims file, for the reader of regimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.files import BadInputError, Fault, Node, read_yaml

if TYPE_CHECKING:
    from pathlib import Path


def known_claims(path: Path) -> dict[str, str]:
    """The grade (Admiralty code) of each claim of a file by its id.

    Raises:
        BadInputError: the file cannot be read, or is no claims file.
    """
    root = read_yaml(path)
    claims = root.value.get("claims") if isinstance(root.value, dict) else None
    if claims is None or not isinstance(claims.value, list):
        wrong = "is no claims file"
        raise BadInputError([Fault(root.place, wrong, "give one with a list 'claims'")])
    return {_raw(claim, "id"): _grade(claim) for claim in claims.value}


def _grade(claim: Node) -> str:
    return _raw(claim, "reliability") + _raw(claim, "credibility")


def _raw(claim: Node, key: str) -> str:
    node = claim.value.get(key) if isinstance(claim.value, dict) else None
    return node.raw if node is not None else ""
