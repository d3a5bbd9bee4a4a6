"""Proofs as files that somebody takes away: read them here, check them with `verify` alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from interlock.sealing.errors import ProofError
from interlock.sealing.heads import read_heads
from interlock.sealing.proofs import InclusionProof
from interlock.sealing.verify import verify_inclusion

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_PARTS = {"entry": str, "leaf": int, "tree_size": int, "path": list, "head": dict}


def check_paper(text: str, public_key: Ed25519PublicKey) -> dict[str, Any]:
    """Check an inclusion proof as the book gives it out, knowing nothing of the book.

    Args:
        text: the proof as JSON: entry, leaf, tree_size, path, head.
        public_key: the key that is trusted. The one inside the paper is not looked at.

    Returns:
        The audit row that was proved.

    Raises:
        ProofError: the paper does not show that its row is in the record.
        BadInputError: its head is no head.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        msg = f"the proof is no JSON ({error})"
        raise ProofError(msg) from error
    if not isinstance(found, dict):
        msg = "the proof is no JSON object; give the file as the book wrote it"
        raise ProofError(msg)
    for name, kind in _PARTS.items():
        if type(found.get(name)) is not kind:
            msg = f"the proof has no '{name}' as {kind.__name__}; give it as the book wrote it"
            raise ProofError(msg)
    (head,) = read_heads([json.dumps(found["head"])], "the proof's head")
    try:
        path = tuple(bytes.fromhex(one) for one in found["path"])
        row: dict[str, Any] = json.loads(found["entry"])
    except (ValueError, TypeError) as error:
        msg = "the path of the proof holds no hexadecimal hash, or its entry is no JSON"
        raise ProofError(msg) from error
    proof = InclusionProof(found["leaf"], found["tree_size"], path)
    verify_inclusion(found["entry"].encode(), proof, head, public_key)
    return row
