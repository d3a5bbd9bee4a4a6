"""Sealing a batch of audit rows: leaves, completed nodes, the signed head. Nothing is written here.

The caller writes leaves, nodes and head in one transaction of its own. Writers of audit rows are
not held up: the sealer only reads rows that can no longer be joined by an earlier one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from interlock.sealing.entries import entry_bytes
from interlock.sealing.errors import SealError
from interlock.sealing.frontier import Frontier, SealNode, leaf_hash
from interlock.sealing.heads import SignedHead, sign

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from interlock.ledger.model import Entry


class SealLeaf(NamedTuple):
    """One row of `seal_leaf`: leaf number `leaf` (from 0) is the audit row `seq` (R16)."""

    leaf: int
    seq: int
    hash: bytes


class Sealed(NamedTuple):
    """What a batch adds: rows of `seal_leaf`, rows of `seal_node`, one head, the new frontier."""

    leaves: tuple[SealLeaf, ...]
    nodes: tuple[SealNode, ...]
    head: SignedHead
    frontier: Frontier


def seal_batch(
    frontier: Frontier,
    entries: Sequence[Entry],
    previous_head: SignedHead | None,
    key: Ed25519PrivateKey,
    sealed_at: datetime,
) -> Sealed:
    """Seal audit rows behind those already sealed.

    An empty batch is fine: its head says that nothing was added by then.

    Args:
        frontier: the tree so far (`frontier_of` reads it from a store).
        entries: rows not yet sealed, in rising order of `seq`. On PostgreSQL only those of
            transactions older than every running one; there a later batch may bring lower seqs.
        previous_head: the newest head; None only for the first batch.
        key: signs the head.
        sealed_at: an aware time, not before the previous head's.

    Raises:
        SealError: the frontier is not the previous head's tree, rows out of order, or the clock
            went back.
    """
    _check(frontier, entries, previous_head, sealed_at)
    leaves = tuple(
        SealLeaf(leaf, entry.seq, leaf_hash(entry_bytes(entry)))
        for leaf, entry in enumerate(entries, start=frontier.size)
    )
    after, nodes = frontier.extended(leaf.hash for leaf in leaves)
    before = previous_head.head.root if previous_head else b""
    head = sign(key, after.size, after.root, sealed_at, before)
    return Sealed(leaves, tuple(nodes), head, after)


def _check(
    frontier: Frontier,
    entries: Sequence[Entry],
    previous: SignedHead | None,
    sealed_at: datetime,
) -> None:
    if sealed_at.tzinfo is None:
        msg = "sealed_at has no timezone; give an aware time"
        raise SealError(msg)
    if previous is None and frontier.size:
        msg = f"{frontier.size} leaves are sealed but no previous head is given; give the newest"
        raise SealError(msg)
    if previous is not None:
        head = previous.head
        if (head.tree_size, head.root) != (frontier.size, frontier.root):
            msg = (
                f"the tree has {frontier.size} leaves and root {frontier.root.hex()}, the previous "
                f"head {head.tree_size} and {head.root.hex()}; verify the book before sealing on"
            )
            raise SealError(msg)
        if sealed_at < head.sealed_at:
            msg = (
                f"the clock went back: {sealed_at.isoformat()} is before the previous head "
                f"({head.sealed_at.isoformat()}); seal again when it has passed"
            )
            raise SealError(msg)
    for one, other in pairwise(entries):
        if other.seq <= one.seq:
            msg = f"row {other.seq} follows row {one.seq}; give rows in rising order of seq"
            raise SealError(msg)
