"""Heads: the root of the tree at a size, signed with Ed25519, each naming the root before it."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from interlock.files import Faults, Place
from interlock.files.jsonl import read_objects
from interlock.files.phrases import verbatim
from interlock.ledger.changes import time_text
from interlock.sealing.entries import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

_HASH = re.compile(r"[0-9a-f]{64}\Z")


class Head(NamedTuple):
    """What is signed.

    Attributes:
        tree_size: how many leaves the tree has.
        root: its root, 32 bytes.
        sealed_at: when, in UTC.
        previous_root: the root of the head before; empty bytes for the first head.
        key_id: the key that signs, as `key_id` gives it.
    """

    tree_size: int
    root: bytes
    sealed_at: datetime
    previous_root: bytes
    key_id: str

    def text(self) -> bytes:
        """The bytes under the signature: canonical JSON, hashes in hexadecimal."""
        return canonical(self.plain())

    def plain(self) -> dict[str, str | int]:
        """The same as texts and numbers."""
        return {
            "tree_size": self.tree_size,
            "root": self.root.hex(),
            "sealed_at": time_text(self.sealed_at),
            "previous_root": self.previous_root.hex(),
            "key_id": self.key_id,
        }


class SignedHead(NamedTuple):
    """A head with its Ed25519 signature (64 bytes) over `head.text()`."""

    head: Head
    signature: bytes

    def text(self) -> str:
        """One line of JSON, as heads are exported; `read_heads` reads it."""
        signature = b64encode(self.signature).decode()
        return canonical({**self.head.plain(), "signature": signature}).decode()


def key_id(key: Ed25519PublicKey) -> str:
    """A key's name: SHA-256 of its SubjectPublicKeyInfo (as RFC 9162 names logs), hexadecimal."""
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(encoded).hexdigest()


def sign(
    key: Ed25519PrivateKey, tree_size: int, root: bytes, sealed_at: datetime, previous_root: bytes
) -> SignedHead:
    """A head of the tree, signed."""
    head = Head(tree_size, root, sealed_at.astimezone(UTC), previous_root, key_id(key.public_key()))
    return SignedHead(head, key.sign(head.text()))


_MENDS = {
    "tree_size": "write a whole number from 0 on, below 2^53",
    "root": "write 64 hexadecimal digits",
    "sealed_at": "write YYYY-MM-DDTHH:MM:SS.ffffffZ",
    "previous_root": "write 64 hexadecimal digits, or nothing for the first head",
    "key_id": "write 64 hexadecimal digits",
    "signature": "write 64 bytes in base64",
}


def read_heads(lines: Iterable[str], name: str) -> list[SignedHead]:
    """Exported heads, one JSON object a line. Signatures are not checked here.

    Args:
        lines: text lines; empty ones are skipped.
        name: the file's name in messages.

    Raises:
        BadInputError: with every line and field that is not a head's.
    """
    faults = Faults()
    heads = [_head(found, place, faults) for _, found, place in read_objects(lines, name, faults)]
    faults.raise_if_any()
    return [head for head in heads if head is not None]


def _head(
    found: dict[str, Any], place: Callable[[tuple[str, ...]], Place], faults: Faults
) -> SignedHead | None:
    values: dict[str, Any] = {}
    for field, mend in _MENDS.items():
        if field not in found:
            faults.add(
                place(()), verbatim(f"the head has no '{field}'"), verbatim(f"{mend} as '{field}'")
            )
            continue
        try:
            values[field] = _READ[field](found[field])
        except ValueError:
            shown = json.dumps(found[field], default=str)[:80]
            faults.add(place((field,)), verbatim(f"'{field}' is {shown}"), verbatim(mend))
    for field in found:
        if field not in _MENDS:
            mend = f"a head has {', '.join(_MENDS)}"
            faults.add(place((field,)), verbatim(f"'{field}' is no part of a head"), verbatim(mend))
    if len(values) != len(_MENDS):
        return None
    signature = values.pop("signature")
    return SignedHead(Head(**values), signature)


def _size(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError
    return value


def _hash(value: object) -> bytes:
    if not isinstance(value, str) or not _HASH.match(value):
        raise ValueError
    return bytes.fromhex(value)


def _time(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - one error for every value that is not a head's
    found = datetime.fromisoformat(value)
    # Only the one spelling that is signed; another would make another text of the same time.
    if found.tzinfo is None or time_text(found) != value:
        raise ValueError
    return found


def _signature(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004
    found = b64decode(value, validate=True)
    if len(found) != 64:
        raise ValueError
    return found


_READ: dict[str, Callable[[object], object]] = {
    "tree_size": _size,
    "root": _hash,
    "sealed_at": _time,
    "previous_root": lambda value: b"" if value == "" else _hash(value),
    "key_id": lambda value: _hash(value).hex(),
    "signature": _signature,
}
