"""What sealing refuses, and what a proof can fail with."""

from __future__ import annotations

from interlock.files import InterlockError


class SealError(InterlockError):
    """A batch was not sealed; nothing of it stands."""


class ProofError(InterlockError):
    """A head or a proof does not show what it claims; the text says which part."""
