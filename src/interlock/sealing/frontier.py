"""The Merkle tree of RFC 9162, section 2.1, grown leaf by leaf.

A tree of n leaves is a row of perfect trees, one for each bit of n, largest first. Their roots
(the frontier) are all that is needed to append and to know the root, so sealing m rows costs
O(m + log n) and reads no old leaf.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf's bytes; the prefix keeps a leaf from passing as a node."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and the two hashes below."""
    return sha256(b"\x01" + left + right).digest()


class SealNode(NamedTuple):
    """One row of `seal_node`: the root of the perfect tree over 2^level leaves, `number` from left.

    Its leaves are [number * 2^level, (number + 1) * 2^level).
    """

    level: int
    number: int
    hash: bytes


class Frontier(NamedTuple):
    """A tree of `size` leaves, known by the roots of its perfect trees, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """The root of the whole tree; of an empty one the hash of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        above = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            above = node_hash(left, above)
        return above

    def extended(self, leaves: Iterable[bytes]) -> tuple[Frontier, list[SealNode]]:
        """The tree with leaf hashes appended, and each perfect tree (level >= 1) that it completed.

        Args:
            leaves: hashes as `leaf_hash` gives them, 32 bytes each.
        """
        size, hashes, made = self.size, list(self.hashes), []
        if len(hashes) != size.bit_count():
            msg = f"a tree of {size} leaves has {size.bit_count()} perfect trees, not {len(hashes)}"
            raise ValueError(msg)
        for leaf in leaves:
            hashes.append(leaf)
            size += 1
            for level in range(1, (size & -size).bit_length()):
                right = hashes.pop()
                hashes[-1] = node_hash(hashes[-1], right)
                made.append(SealNode(level, (size >> level) - 1, hashes[-1]))
        return Frontier(size, tuple(hashes)), made
