"""Sealing the book's audit log, and what an auditor takes away: heads and proofs.

A batch is one short transaction of its own; writers wait for it no longer than for each other. The
unsealed tail and whoever owns both database and key are outside the guarantee until a head is
exported (R16).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from interlock.book.acting import perform
from interlock.book.errors import NotFoundError
from interlock.book.rows import raw_connection
from interlock.files import BadInputError, Fault, Place
from interlock.files.phrases import Phrase, phrase
from interlock.ledger.changes import time_text
from interlock.sealing import (
    entry_bytes,
    key_id,
    load_or_make_key,
    prove_consistency,
    prove_inclusion,
    public_pem,
)
from interlock.store import SealTree, read_heads, read_newest_head, rows, seal

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    from interlock.book.rights import Actor
    from interlock.ledger import Entry
    from interlock.sealing import SignedHead

BATCH = 2_000
"""Rows a transaction: some hundredths of a second in which SQLite lets nobody else write."""


class Status(NamedTuple):
    """How far the log is sealed: rows under the newest head, rows behind it, that head."""

    sealed: int
    unsealed: int
    head: SignedHead | None


def sealing_key() -> Ed25519PrivateKey:
    """The key in `INTERLOCK_SEAL_KEY`, made at first use: while it has signed nothing.

    Raises:
        BadInputError: the file cannot be used, is gone, or is another than signed the newest head:
            whoever knows that key alone would trust nothing that this one signs.
    """
    newest = read_newest_head(*raw_connection())
    if newest is None:
        return load_or_make_key(settings.SEAL_KEY)
    if not Path(settings.SEAL_KEY).exists():
        raise _unfit(
            phrase("the sealing key is not there, and it has signed the audit log"),
            phrase(
                "put it back from its copy; if it is lost for good, run "
                "'interlock book seal --new-key' and keep every public key"
            ),
        )
    key = load_or_make_key(settings.SEAL_KEY)
    if key_id(key.public_key()) != newest.head.key_id:
        raise _unfit(
            phrase(
                "is another key than the one that signed the newest head ({signed})",
                signed=newest.head.key_id[:12],
            ),
            phrase(
                "put that one back; to sign with this one from now on, run "
                "'interlock book seal --new-key' and keep every public key"
            ),
        )
    return key


def own_public_key() -> Ed25519PublicKey:
    """The public half of the key at hand, for whoever looks at what was signed.

    Raises:
        BadInputError: the key cannot be used, or is gone: a new one would know none of the heads.
    """
    if not Path(settings.SEAL_KEY).exists() and read_newest_head(*raw_connection()):
        wrong = phrase("the sealing key is not there")
        raise _unfit(wrong, phrase("put it back, or give its --public-key"))
    return load_or_make_key(settings.SEAL_KEY).public_key()


def _unfit(wrong: Phrase, mend: Phrase) -> BadInputError:
    return BadInputError([Fault(Place(str(settings.SEAL_KEY)), wrong, mend)])


def begin_new_key(actor: Actor, now: datetime, reason: str) -> int:
    """Sign with another key from now on: the one at hand, or a new one where there is none.

    The log says so, and the new key signs that at once. Old heads need the old public key still.

    Args:
        actor: who runs the book.
        now: the clock.
        reason: why, in words.

    Returns:
        How many rows were sealed.

    Raises:
        BadInputError: the key at hand signed the newest head, so nothing is to change.
    """
    newest = read_newest_head(*raw_connection())
    key = load_or_make_key(settings.SEAL_KEY)
    name = key_id(key.public_key())
    if newest is not None and newest.head.key_id == name:
        wrong = phrase("this key signed the newest head already")
        raise _unfit(wrong, phrase("to sign with a new one, move it away first, and keep it"))
    content = {"key": name, "before": newest.head.key_id if newest else ""}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    perform(
        actor,
        lambda act: act.ledger.record("seal.new_key", act.id, text, act.why("seal/key"), now=now),
        now=now,
        reason=reason,
    )
    return _seal_with(key, now)


def seal_now(now: datetime) -> int:
    """Seal all that may be sealed, a batch a transaction; how many rows.

    Args:
        now: the clock; the heads say it.

    Raises:
        BadInputError: the key cannot be used.
        SealError: leaves and newest head do not agree; verify the book.
    """
    return _seal_with(sealing_key(), now)


def _seal_with(key: Ed25519PrivateKey, now: datetime) -> int:
    count = 0
    while True:
        with transaction.atomic():
            sealed = seal(*raw_connection(), key, now=now, limit=BATCH)
        count += len(sealed.leaves) if sealed else 0
        if sealed is None or len(sealed.leaves) < BATCH:
            return count


def status() -> Status:
    """How far the log is sealed."""
    head = read_newest_head(*raw_connection())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit")
        total = cursor.fetchone()[0]
    sealed = head.head.tree_size if head else 0
    return Status(sealed, total - sealed, head)


def heads() -> list[SignedHead]:
    """All signed heads, oldest first."""
    return read_heads(*raw_connection())


def public_key() -> str:
    """The public half of the key at hand, as PEM."""
    return public_pem(own_public_key())


def _tree() -> SealTree:
    return SealTree(*raw_connection())


def _entry(change: str) -> Entry:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, change, kind, content, actor, reason, cause, effective, recorded, outcome"
            " FROM audit WHERE change = %s",
            [change],
        )
        found = cursor.fetchone()
    if found is None:
        raise NotFoundError("change", change)
    return rows.to_entry(found)


def proof_of(change: str) -> dict[str, Any]:
    """The proof that one change is in the record, with all that is needed to check it.

    Args:
        change: id of the audit row.

    Returns:
        `entry` (the sealed bytes as text), `leaf`, `tree_size`, `path` (hexadecimal), `head`, and
        `public_key`, which a careful reader replaces by one that was got in another way.

    Raises:
        NotFoundError: there is no such change, or no head seals it yet.
    """
    entry, head = _entry(change), read_newest_head(*raw_connection())
    with connection.cursor() as cursor:
        cursor.execute("SELECT leaf FROM seal_leaf WHERE seq = %s", [entry.seq])
        leaf = cursor.fetchone()
    if head is None or leaf is None or leaf[0] >= head.head.tree_size:
        raise NotFoundError("seal of change", change)
    proof = prove_inclusion(_tree(), leaf[0], head.head.tree_size)
    return {
        "entry": entry_bytes(entry).decode(),
        "leaf": proof.leaf,
        "tree_size": proof.tree_size,
        "path": [one.hex() for one in proof.path],
        "head": json.loads(head.text()),
        "public_key": public_key(),
    }


def consistency(old: int, new: int) -> dict[str, Any]:
    """The proof that the record under one head begins with that under an older one.

    Args:
        old: tree size of the older head.
        new: tree size of the newer head; 0 = the newest there is.

    Raises:
        NotFoundError: there is no head of that size.
    """
    by_size = {one.head.tree_size: one for one in heads()}
    new = new or max(by_size, default=0)
    for size in (old, new):
        if size not in by_size:
            raise NotFoundError("head of tree size", str(size))
    if old > new:
        old, new = new, old
    return {
        "old": json.loads(by_size[old].text()),
        "new": json.loads(by_size[new].text()),
        "path": [one.hex() for one in prove_consistency(_tree(), old, new)],
    }


def row_of(entry: Entry, leaf: int | None = None) -> dict[str, Any]:
    """An audit row as the API and exports give it; content as JSON, times as they are sealed."""
    found = entry._asdict()
    found["content"] = json.loads(entry.content) if entry.content else None
    for name in ("effective", "recorded"):
        found[name] = time_text(found[name])
    return found | {"leaf": leaf}
