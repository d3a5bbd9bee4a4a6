"""Audit rows, keys and books of seals for the tests of sealing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from interlock.ledger.model import Entry
from interlock.sealing import Checked, Frontier, first_wrong, key_id, seal_batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.sealing import SealLeaf, SealNode, SignedHead

START = datetime(2026, 1, 28, 9, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
KEYS = {key_id(PUBLIC): PUBLIC}


def entry(seq: int, *, minutes: int | None = None) -> Entry:
    """An audit row recorded `minutes` after the start, by default as many as its seq."""
    when = START + timedelta(minutes=seq if minutes is None else minutes)
    content = f'["a {seq}","批准"]'
    return Entry(seq, f"c{seq}", "reserve", content, "officer:li", "run 1", "", when, when, "")


@dataclass
class Book:
    """A book of audit rows with their seals, as a store would hold them."""

    entries: list[Entry] = field(default_factory=list)
    leaves: list[SealLeaf] = field(default_factory=list)
    nodes: list[SealNode] = field(default_factory=list)
    heads: list[SignedHead] = field(default_factory=list)
    frontier: Frontier = field(default_factory=Frontier)

    def seal(self, entries: Sequence[Entry], *, minutes: int = 0) -> None:
        """Write rows and seal them, by default when the last one of them was recorded."""
        when = max([entry.recorded for entry in entries], default=START)
        when = START + timedelta(minutes=minutes) if minutes else when
        last = self.heads[-1] if self.heads else None
        sealed = seal_batch(self.frontier, entries, last, KEY, when)
        self.entries = sorted([*self.entries, *entries])
        self.leaves += sealed.leaves
        self.nodes += sealed.nodes
        self.heads.append(sealed.head)
        self.frontier = sealed.frontier

    def node(self, level: int, number: int) -> bytes:
        """The book as a source of hashes: the rows that sealing gave, nothing computed."""
        if level == 0:
            return self.leaves[number].hash
        return {(one.level, one.number): one.hash for one in self.nodes}[level, number]

    def check(self, **options: object) -> Checked:
        return first_wrong(self.entries, self.leaves, self.heads, KEYS, **options)


def book(*sizes: int) -> Book:
    """A book sealed in batches of these sizes, rows 1, 2, 3 ..."""
    made, seq = Book(), 0
    for size in sizes:
        made.seal([entry(seq + n + 1) for n in range(size)], minutes=seq + size)
        seq += size
    return made
