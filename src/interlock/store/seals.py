"""Seals in the database: which audit rows may be sealed now, and the rows that sealing writes.

Sealing holds up no writer: it locks nothing that a writer of audit rows takes. Two sealers take
turns. Everything here runs inside the caller's transaction, READ COMMITTED on PostgreSQL.
"""

# The names in these texts are ours, never input.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.ledger.changes import time_text
from interlock.sealing import Frontier, Head, SealLeaf, SignedHead, frontier_of, seal_batch
from interlock.store import rows
from interlock.store.executor import executor
from interlock.store.layout import LISTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from interlock.ledger.model import Entry
    from interlock.sealing import Sealed
    from interlock.store.executor import Executor

# Any number that is the same in every process: sealers take turns, writers never ask for it.
_SEALER = 0x1A7E_5EA1
_HEAD = "tree_size, root, sealed_at, previous_root, key_id, signature"
_AUDIT = ", ".join(f"a.{name}" for name in LISTED["audit"].split(", "))
# SQLite has one writer at a time, so rows commit in the order of seq.
_BEHIND = (
    f"SELECT {_AUDIT} FROM audit a"
    " WHERE a.seq > (SELECT coalesce(max(seq), 0) FROM seal_leaf) ORDER BY a.seq LIMIT ?"
)
# On PostgreSQL a row is final once every transaction that was open when it was written has ended.
# A committed row whose transaction lies ahead of all of this cluster came with a restored backup.
_FINAL = (
    f"SELECT {_AUDIT} FROM audit a WHERE NOT EXISTS (SELECT FROM seal_leaf l WHERE l.seq = a.seq)"
    " AND (a.xact < pg_snapshot_xmin(pg_current_snapshot())"
    " OR (a.xact >= pg_snapshot_xmax(pg_current_snapshot())"
    " AND a.xact IS DISTINCT FROM pg_current_xact_id_if_assigned()))"
    " ORDER BY a.seq LIMIT ?"
)


def sealable(connection: object, dialect: str, limit: int) -> list[Entry]:
    """Audit rows that are not sealed and may be now, in rising order of seq.

    On PostgreSQL a row waits for every transaction that was open when it was written; so a later
    call may bring lower seqs. Waits for another sealer's transaction to end.

    Args:
        connection: raw, inside a transaction.
        dialect: "sqlite" or "postgresql".
        limit: how many rows at most.

    Raises:
        StoreError: the connection is not of that dialect, or no transaction is open.
    """
    db = executor(connection, dialect)
    _take_turns(db)
    return [rows.to_entry(x) for x in db.read(_FINAL if db.shared else _BEHIND, (limit,))]


def write_seal(connection: object, dialect: str, sealed: Sealed) -> None:
    """Write a batch's leaves, nodes and head.

    Raises:
        StoreError: as for `sealable`.
        IntegrityError: of the database's driver: some leaf or node stands already, because the
            frontier was read before another sealer's batch; roll back.
    """
    db = executor(connection, dialect)
    db.require_transaction()
    _many(db, "seal_leaf", 3, list(sealed.leaves))
    _many(db, "seal_node", 3, list(sealed.nodes))
    number = db.read("SELECT coalesce(max(number), -1) + 1 FROM seal_head")[0][0]
    head = sealed.head.head
    row = (
        number, head.tree_size, head.root, time_text(head.sealed_at), head.previous_root,
        head.key_id, sealed.head.signature,
    )  # fmt: skip
    _many(db, "seal_head", 7, [row])


def seal(
    connection: object, dialect: str, key: Ed25519PrivateKey, *, now: datetime, limit: int
) -> Sealed | None:
    """Seal what may be sealed, in the caller's transaction.

    Args:
        connection: raw, inside a transaction.
        dialect: "sqlite" or "postgresql".
        key: signs the head.
        now: the clock. A clock behind the newest head is taken as that head's time.
        limit: how many rows at most.

    Returns:
        What was written, or None: there was nothing to seal.

    Raises:
        SealError: leaves and newest head do not agree; verify the book.
        StoreError: as for `sealable`.
    """
    entries = sealable(connection, dialect, limit)  # first: it waits for another sealer
    if not entries:
        return None
    newest = read_newest_head(connection, dialect)
    when = max(now, newest.head.sealed_at) if newest else now
    sealed = seal_batch(read_frontier(connection, dialect), entries, newest, key, when)
    write_seal(connection, dialect, sealed)
    return sealed


class SealTree:
    """The stored tree as a `HashSource` for proofs: leaves at level 0, perfect trees above.

    Args:
        connection: raw.
        dialect: "sqlite" or "postgresql".
    """

    def __init__(self, connection: object, dialect: str) -> None:
        self._db = executor(connection, dialect)

    def node(self, level: int, number: int) -> bytes:
        """The root of the perfect tree over leaves [number * 2^level, (number + 1) * 2^level).

        Raises:
            LookupError: it is not stored.
        """
        if level == 0:
            found = self._db.read("SELECT hash FROM seal_leaf WHERE leaf = ?", (number,))
        else:
            text = "SELECT hash FROM seal_node WHERE level = ? AND number = ?"
            found = self._db.read(text, (level, number))
        if not found:
            msg = f"no perfect tree number {number} of level {level} is stored"
            raise LookupError(msg)
        return bytes(found[0][0])


def read_frontier(connection: object, dialect: str) -> Frontier:
    """The tree under the newest head, as `seal_batch` takes it; an empty one before the first."""
    newest = read_newest_head(connection, dialect)
    size = newest.head.tree_size if newest else 0
    return frontier_of(SealTree(connection, dialect), size)


def read_newest_head(connection: object, dialect: str) -> SignedHead | None:
    """The head that was signed last; None before the first."""
    text = f"SELECT {_HEAD} FROM seal_head ORDER BY number DESC LIMIT 1"
    found = executor(connection, dialect).read(text)
    return _head(found[0]) if found else None


def read_heads(connection: object, dialect: str) -> list[SignedHead]:
    """All heads in the order they were signed."""
    text = f"SELECT {_HEAD} FROM seal_head ORDER BY number"
    return [_head(row) for row in executor(connection, dialect).read(text)]


def read_leaves(connection: object, dialect: str) -> Iterator[SealLeaf]:
    """All leaves in rising order, a few at a time."""
    text = "SELECT leaf, seq, hash FROM seal_leaf ORDER BY leaf"
    for leaf, seq, found in executor(connection, dialect).stream(text):
        yield SealLeaf(leaf, seq, bytes(found))


def _take_turns(db: Executor) -> None:
    db.require_transaction()
    if db.shared:  # on SQLite the one writer is alone
        db.read("SELECT 1 FROM (SELECT pg_advisory_xact_lock(?::bigint)) taken", (_SEALER,))


def _head(row: rows.Row) -> SignedHead:
    size, root, sealed_at, previous, key_id, signature = row
    head = Head(size, bytes(root), rows.to_time(sealed_at), bytes(previous), key_id)
    return SignedHead(head, bytes(signature))


def _many(db: Executor, table: str, columns: int, found: list[rows.Row]) -> None:
    if found:
        db.many(f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})", found)
