"""Proofs for a tree whose hashes lie in a store: RFC 9162, sections 2.1.3.1 and 2.1.4.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from interlock.sealing.errors import ProofError
from interlock.sealing.frontier import EMPTY_ROOT, Frontier, leaf_hash, node_hash

if TYPE_CHECKING:
    from collections.abc import Iterable


class HashSource(Protocol):
    """Where the hashes of a tree lie: leaves at level 0, perfect trees above them.

    A database answers from `seal_leaf` (level 0) and `seal_node` (above): one row for each call,
    O(log^2 n) calls for a proof.
    """

    def node(self, level: int, number: int) -> bytes:
        """The root of the perfect tree over leaves [number * 2^level, (number + 1) * 2^level).

        Raises:
            LookupError: the store has no such tree.
        """


class LeafHashes:
    """A source in memory: leaf hashes, and the perfect trees over them."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        levels = [list(leaves)]
        while len(levels[-1]) > 1:
            below = levels[-1]
            pairs = zip(below[::2], below[1::2], strict=False)
            levels.append([node_hash(left, right) for left, right in pairs])
        self._levels = levels

    @classmethod
    def of(cls, rows: Iterable[bytes]) -> LeafHashes:
        """The tree over rows as `entry_bytes` gives them."""
        return cls(leaf_hash(row) for row in rows)

    def __len__(self) -> int:
        return len(self._levels[0])

    def node(self, level: int, number: int) -> bytes:
        """The root of one perfect tree."""
        if number < 0:
            raise LookupError(number)
        return self._levels[level][number]


class InclusionProof(NamedTuple):
    """That a leaf is in the tree of `tree_size` leaves: the hashes beside its way to the root."""

    leaf: int
    tree_size: int
    path: tuple[bytes, ...]


def subtree(source: HashSource, start: int, end: int) -> bytes:
    """The root over leaves [start, end), where `start` is a multiple of a power of 2 >= its width.

    Only the right edge of a tree is not perfect, so this asks for O(log n) hashes.
    """
    width = end - start
    if width.bit_count() == 1:
        level = width.bit_length() - 1
        return source.node(level, start >> level)
    cut = start + _left(width)
    return node_hash(subtree(source, start, cut), subtree(source, cut, end))


def root_of(source: HashSource, size: int) -> bytes:
    """The root over the first `size` leaves."""
    return subtree(source, 0, size) if size else EMPTY_ROOT


def frontier_of(source: HashSource, size: int) -> Frontier:
    """What is needed to append to the first `size` leaves, read from a store."""
    hashes, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            hashes.append(source.node(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(hashes))


def prove_inclusion(source: HashSource, leaf: int, tree_size: int) -> InclusionProof:
    """The proof that leaf number `leaf` (from 0) is in the first `tree_size` leaves.

    Raises:
        ProofError: there is no such leaf in a tree of that size.
        LookupError: the source is smaller than that.
    """
    if not 0 <= leaf < tree_size:
        msg = f"leaf {leaf} is not in a tree of {tree_size}; take a head that seals it"
        raise ProofError(msg)
    path, start, end = [], 0, tree_size
    while end - start > 1:
        cut = start + _left(end - start)
        if leaf < cut:
            path.append(subtree(source, cut, end))
            end = cut
        else:
            path.append(subtree(source, start, cut))
            start = cut
    return InclusionProof(leaf, tree_size, tuple(reversed(path)))


def prove_consistency(source: HashSource, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """The proof that the tree of `new_size` leaves begins with that of `old_size`.

    Raises:
        ProofError: the sizes are not in order.
        LookupError: the source is smaller than that.
    """
    if not 0 <= old_size <= new_size:
        msg = f"a tree of {new_size} leaves does not begin with one of {old_size}"
        raise ProofError(msg)
    if old_size in (0, new_size):
        return ()
    path, start, end, whole = [], 0, new_size, True
    while old_size != end:
        cut = start + _left(end - start)
        if old_size <= cut:
            path.append(subtree(source, cut, end))
            end = cut
        else:
            path.append(subtree(source, start, cut))
            start, whole = cut, False
    # The verifier knows the old root itself only if the walk never went right.
    if not whole:
        path.append(subtree(source, start, end))
    return tuple(reversed(path))


def _left(width: int) -> int:
    """The largest power of 2 below a width of 2 or more: how many leaves go left."""
    return 1 << (width - 1).bit_length() - 1
