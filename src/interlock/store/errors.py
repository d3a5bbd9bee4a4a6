"""What the store raises besides the refusals of the ledger."""

from __future__ import annotations

from interlock.files import InterlockError


class StoreError(InterlockError):
    """The database is no ledger of ours, of another version, or not in the state that is needed."""


class GuardError(RuntimeError):
    """A statement's own test of a floor failed where the code's had passed: a fault in Interlock,
    or a writer outside the transaction. Nothing was written."""  # noqa: D205, D209 - one thought


class RacedError(Exception):
    """Somebody else wrote a row of this id meanwhile; read again and decide again."""
