"""Sealing: audit rows in a Merkle tree (RFC 9162) with signed heads, and the proofs from it.

Whoever holds an exported head can check, without trusting the book, that a row is in the record
and that nothing before that head was changed.
"""

from interlock.sealing.check import Checked, first_wrong
from interlock.sealing.entries import entry_bytes
from interlock.sealing.errors import ProofError, SealError
from interlock.sealing.frontier import Frontier, SealNode
from interlock.sealing.heads import Head, SignedHead, key_id, read_heads
from interlock.sealing.keys import load_or_make_key, public_pem, read_key, read_public_key
from interlock.sealing.papers import check_paper
from interlock.sealing.proofs import (
    HashSource,
    InclusionProof,
    LeafHashes,
    frontier_of,
    prove_consistency,
    prove_inclusion,
)
from interlock.sealing.seal import Sealed, SealLeaf, seal_batch
from interlock.sealing.verify import (
    verify_consistency,
    verify_head,
    verify_inclusion,
)

__all__ = [
    "Checked",
    "Frontier",
    "HashSource",
    "Head",
    "InclusionProof",
    "LeafHashes",
    "ProofError",
    "SealError",
    "SealLeaf",
    "SealNode",
    "Sealed",
    "SignedHead",
    "check_paper",
    "entry_bytes",
    "first_wrong",
    "frontier_of",
    "key_id",
    "load_or_make_key",
    "prove_consistency",
    "prove_inclusion",
    "public_pem",
    "read_heads",
    "read_key",
    "read_public_key",
    "seal_batch",
    "verify_consistency",
    "verify_head",
    "verify_inclusion",
]
