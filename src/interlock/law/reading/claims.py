"""The ids and grades of a claims file, for the reader of regimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.evidence import load_claims

if TYPE_CHECKING:
    from pathlib import Path


def known_claims(path: Path) -> dict[str, str]:
    """The grade (Admiralty code) of each claim of a file by its id.

    Raises:
        BadInputError: with everything that is wrong with the claims file.
    """
    return {claim.id: str(claim.grade) for claim in load_claims(path).claims}
