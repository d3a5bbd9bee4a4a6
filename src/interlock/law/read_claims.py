"""The ids and grades of a claims file, for the reader of regimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.files import BadInputError, Fault, read_yaml

if TYPE_CHECKING:
    from pathlib import Path


def known_claims(path: Path) -> dict[str, str]:
    """The grade (Admiralty code) of each claim of a file by its id.

    Raises:
        BadInputError: the file cannot be read, or is no claims file.
    """
    root = read_yaml(path)
    claims = root.value.get("claims") if isinstance(root.value, dict) else None
    if claims is None or not isinstance(claims.value, dict):
        wrong = "is no claims file"
        raise BadInputError([Fault(root.place, wrong, "give one with a mapping 'claims'")])
    return dict.fromkeys(claims.value, "")
