"""Comparing audit rows with their seals, and naming the first row that is off.

What it cannot see: rows behind the newest head (the unsealed tail), and a book rewritten whole by
somebody who holds the sealing key, unless a head was exported before (R16).
"""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from interlock.ledger.model import Off
from interlock.sealing.entries import entry_bytes
from interlock.sealing.errors import ProofError
from interlock.sealing.frontier import Frontier, leaf_hash
from interlock.sealing.verify import verify_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from interlock.ledger.model import Entry
    from interlock.sealing.heads import Head, SignedHead
    from interlock.sealing.seal import SealLeaf


class Checked(NamedTuple):
    """What a check found.

    Attributes:
        wrong: the first row that is off, in the order of leaves and then of audit rows.
        sealed: how many audit rows stand under heads that were found right.
        unsealed: how many stand behind the newest head, outside the guarantee; counted only if
            nothing is wrong.
        first_unsealed: the first of those, by seq.
    """

    wrong: Off | None
    sealed: int
    unsealed: int = 0
    first_unsealed: int | None = None


def first_wrong(
    entries: Iterable[Entry],
    leaves: Iterable[SealLeaf],
    heads: Sequence[SignedHead],
    keys: Mapping[str, Ed25519PublicKey],
    *,
    exported: Iterable[SignedHead] = (),
    longest_open: timedelta | None = None,
) -> Checked:
    """Check every audit row against its leaf, every leaf against its head, and the chain of heads.

    Reads each once, in order; memory is one batch and the rows that wait for their leaf.

    Args:
        entries: all audit rows in rising order of seq.
        leaves: all rows of `seal_leaf` in rising order of leaf.
        heads: all heads in the order they were signed.
        keys: key id -> the trusted public key.
        exported: heads that others kept; each must be one of the book's.
        longest_open: how long a transaction may have stayed open, where rows can commit out of
            order of seq (PostgreSQL). None where they cannot (SQLite): then every row sealed after
            a higher seq was put in later.
    """
    check = _Check(entries, leaves, longest_open)
    wrong = check.heads(heads, keys) or check.rest()
    if wrong is None:
        held = set(heads)
        wrong = next((_unheld(one) for one in exported if one not in held), None)
    if wrong is not None:
        return Checked(wrong, check.tree.size)
    return Checked(None, check.tree.size, *check.unsealed)


def _unheld(one: SignedHead) -> Off:
    wrong = "was exported, but the book no longer has it: rows or heads were taken out or rewritten"
    return Off("seal_head", str(one.head.tree_size), wrong)


class _Row(NamedTuple):
    """An audit row that no leaf has asked for yet."""

    hash: bytes
    recorded: datetime


class _Check:
    """The state of one check: the tree so far, and where the three readers stand."""

    def __init__(
        self, entries: Iterable[Entry], leaves: Iterable[SealLeaf], longest_open: timedelta | None
    ) -> None:
        self.entries: Iterator[Entry] = iter(entries)
        self.leaves: Iterator[SealLeaf] = iter(leaves)
        self.longest_open = longest_open
        self.tree = Frontier()
        self.head: Head | None = None
        self.number = 0
        self.read = 0  # the highest seq read from entries
        self.waiting: dict[int, _Row] = {}
        self.unordered: Off | None = None
        # Of each head that sealed a seq above all before it: that seq, and when. A row of a lower
        # seq that comes later was either still open then, or put in later.
        self.tops: list[tuple[int, datetime]] = []
        self.unsealed: tuple[int, int | None] = (0, None)

    def heads(
        self, heads: Sequence[SignedHead], keys: Mapping[str, Ed25519PublicKey]
    ) -> Off | None:
        """Each head with the leaves that it adds."""
        for self.number, signed in enumerate(heads):
            fault = self.chain(signed, keys)
            if fault is not None:
                return Off("seal_head", str(self.number), fault)
            wrong = self.batch(signed.head)
            if wrong is not None:
                return wrong
        return None

    def chain(self, signed: SignedHead, keys: Mapping[str, Ed25519PublicKey]) -> str | None:
        """Whether a head is signed and follows the one before."""
        head, before = signed.head, self.head
        if head.key_id not in keys:
            return f"is signed by the unknown key {head.key_id}"
        try:
            verify_head(signed, keys[head.key_id])
        except ProofError as error:
            return str(error)
        if head.previous_root != (before.root if before else b""):
            return "does not name the root of the head before it: a head is missing or put in"
        if before and (head.tree_size < before.tree_size or head.sealed_at < before.sealed_at):
            return "is smaller or older than the head before it"
        return None

    def batch(self, head: Head) -> Off | None:
        """The leaves that a head adds, with their audit rows."""
        start = self.tree.size
        leaves = list(islice(self.leaves, head.tree_size - start))
        for number, leaf in enumerate(leaves, start):
            if leaf.leaf != number:
                wrong = "is missing" if leaf.leaf > number else "stands twice"
                return Off("seal_leaf", str(min(leaf.leaf, number)), wrong)
        if start + len(leaves) < head.tree_size:
            return Off("seal_leaf", str(start + len(leaves)), "is missing")
        rows = [self.row(leaf.seq) for leaf in leaves]
        after, _ = self.tree.extended(leaf.hash for leaf in leaves)
        if after.root != head.root:
            return self.rewritten(leaves, rows, head)
        wrong_row = self.unlike(leaves, rows) or self.late(leaves, rows)
        if wrong_row is None:
            self.tree, self.head = after, head
            top = leaves[-1].seq if leaves else 0
            if not self.tops or top > self.tops[-1][0]:
                self.tops.append((top, head.sealed_at))
        return wrong_row

    def row(self, seq: int) -> _Row | None:
        """The audit row of a leaf; None if there is none."""
        while self.read < seq and (entry := next(self.entries, None)) is not None:
            self.keep(entry)
        return self.waiting.pop(seq, None)

    def keep(self, entry: Entry) -> None:
        if entry.seq <= self.read:
            self.unordered = self.unordered or Off(
                "audit", str(entry.seq), "stands twice or out of order of seq"
            )
            return
        self.read = entry.seq
        self.waiting[entry.seq] = _Row(leaf_hash(entry_bytes(entry)), entry.recorded)

    def unlike(self, leaves: Sequence[SealLeaf], rows: Sequence[_Row | None]) -> Off | None:
        """The first audit row that is not what its leaf (found right) says."""
        for leaf, row in zip(leaves, rows, strict=True):
            if row is None:
                return Off("audit", str(leaf.seq), f"is missing; it was sealed as leaf {leaf.leaf}")
            if row.hash != leaf.hash:
                return Off("audit", str(leaf.seq), "was changed after it was sealed")
        return None

    def rewritten(self, leaves: Sequence[SealLeaf], rows: Sequence[_Row | None], head: Head) -> Off:
        """Who is off where the leaves do not give the root of a head that is rightly signed."""
        for one, other in pairwise(leaves):
            if other.seq <= one.seq:
                return Off("seal_leaf", str(other.leaf), "is out of order: rows were reordered")
        pairs = zip(leaves, rows, strict=True)
        unlike = next((leaf for leaf, row in pairs if row is None or row.hash != leaf.hash), None)
        if not leaves:
            wrong = "has the size of the head before it and another root"
            return Off("seal_head", str(self.number), wrong)
        if unlike is None:
            between = f"{leaves[0].seq} to {leaves[-1].seq}"
            wrong = "is one of those that were changed together with their leaves"
            return Off("audit", between, wrong)
        hashes = [row.hash for row in rows if row is not None]
        if len(hashes) == len(rows) and self.tree.extended(hashes)[0].root == head.root:
            return Off("seal_leaf", str(unlike.leaf), "was changed; its audit row is right")
        return Off("audit", str(unlike.seq), "was changed, and leaves under its head with it")

    def late(self, leaves: Sequence[SealLeaf], rows: Sequence[_Row | None]) -> Off | None:
        """The first row that was put in below rows sealed before."""
        for leaf, row in zip(leaves, rows, strict=True):
            if row is not None and self.put_in(leaf.seq, row):
                return Off("audit", str(leaf.seq), "was put in below rows that were sealed before")
        return None

    def put_in(self, seq: int, row: _Row) -> bool:
        if not self.tops or seq > self.tops[-1][0]:
            return False
        if self.longest_open is None:
            return True
        passed = next(when for top, when in self.tops if top > seq)
        return row.recorded + self.longest_open < passed

    def rest(self) -> Off | None:
        """What stands behind the newest head."""
        leaf = next(self.leaves, None)
        if leaf is not None:
            return Off("seal_leaf", str(leaf.leaf), "stands under no head")
        for entry in self.entries:
            self.keep(entry)
        if self.unordered is not None:
            return self.unordered
        found = sorted(self.waiting)
        for seq in found:
            if self.put_in(seq, self.waiting[seq]):
                return Off("audit", str(seq), "was put in below rows that are sealed")
        self.unsealed = (len(found), found[0] if found else None)
        return None
