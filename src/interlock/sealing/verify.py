"""Checking heads and proofs, by the algorithms that RFC 9162 gives for it.

Sections 2.1.3.2 and 2.1.4.2. Nothing here is shared with what builds trees and proofs, not even
the hashing: an auditor can run this module beside the builder and trust neither alone.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature

from interlock.sealing.errors import ProofError
from interlock.sealing.heads import key_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from interlock.sealing.heads import SignedHead
    from interlock.sealing.proofs import InclusionProof

_NO_LEAVES = sha256().digest()


def verify_head(signed: SignedHead, public_key: Ed25519PublicKey) -> None:
    """That the key signed this head.

    Raises:
        ProofError: another key is named, or the signature is not the key's over this head.
    """
    named = signed.head.key_id
    if named != key_id(public_key):
        msg = f"the head is signed by key {named}, not by {key_id(public_key)}; give that key"
        raise ProofError(msg)
    try:
        public_key.verify(signed.signature, signed.head.text())
    except InvalidSignature as error:
        msg = f"the signature of the head of {signed.head.tree_size} leaves does not hold"
        raise ProofError(msg) from error


def verify_inclusion(
    entry: bytes, proof: InclusionProof, head: SignedHead, public_key: Ed25519PublicKey
) -> None:
    """That a row is in the record under a signed head.

    Args:
        entry: the row as `entry_bytes` gives it.
        proof: its leaf and path.
        head: of the tree size for which the proof was made.
        public_key: the key that is trusted.

    Raises:
        ProofError: head or proof do not show it.
    """
    verify_head(head, public_key)
    if proof.tree_size != head.head.tree_size:
        msg = f"the proof is for {proof.tree_size} leaves, the head has {head.head.tree_size}"
        raise ProofError(msg)
    if not 0 <= proof.leaf < proof.tree_size:
        msg = f"leaf {proof.leaf} is not in a tree of {proof.tree_size}"
        raise ProofError(msg)
    fn, sn = proof.leaf, proof.tree_size - 1
    r = sha256(b"\x00" + entry).digest()
    for p in _hashes(proof.path):
        if sn == 0:
            msg = "the path of the proof is too long"
            raise ProofError(msg)
        if fn & 1 or fn == sn:
            r = _node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = _node(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        msg = "the path of the proof is too short"
        raise ProofError(msg)
    if r != head.head.root:
        msg = f"the row is not leaf {proof.leaf} under the head of {proof.tree_size} leaves"
        raise ProofError(msg)


def verify_consistency(
    old: SignedHead, new: SignedHead, path: Sequence[bytes], public_key: Ed25519PublicKey
) -> None:
    """That the tree of `new` begins with that of `old`: nothing was changed, only appended.

    Args:
        old: an earlier head, signed by the same key.
        new: a later one of at least its size.
        path: as `prove_consistency` gives it for the two sizes.
        public_key: the key that is trusted. Across a change of keys, check the two heads with
            `verify_head` and the trees with `check_consistency`.

    Raises:
        ProofError: heads or path do not show it.
    """
    verify_head(old, public_key)
    verify_head(new, public_key)
    first, second = old.head, new.head
    check_consistency(first.tree_size, first.root, second.tree_size, second.root, path)


def check_consistency(
    first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]
) -> None:
    """The same for trees by size and root, without signatures.

    Raises:
        ProofError: the path does not show it.
    """
    if first > second:
        msg = f"the newer head has {second} leaves, fewer than the older ({first})"
        raise ProofError(msg)
    if first in (0, second):
        known = _NO_LEAVES if first == 0 else second_root
        if first_root != known or path:
            msg = f"heads of {first} and {second} leaves need no path, and their roots must agree"
            raise ProofError(msg)
        return
    steps = list(_hashes(path))
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        msg = "the path of the proof is too short"
        raise ProofError(msg)
    fr, sr = _walk(steps, first, second)
    if fr != first_root:
        msg = f"the newer tree does not begin with the {first} leaves of the older head"
        raise ProofError(msg)
    if sr != second_root:
        msg = f"the path does not lead to the root of the head of {second} leaves"
        raise ProofError(msg)


def _walk(steps: list[bytes], first: int, second: int) -> tuple[bytes, bytes]:
    """The two roots that a consistency path gives."""
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = steps[0]
    for c in steps[1:]:
        if sn == 0:
            msg = "the path of the proof is too long"
            raise ProofError(msg)
        if fn & 1 or fn == sn:
            fr, sr = _node(c, fr), _node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = _node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        msg = "the path of the proof is too short"
        raise ProofError(msg)
    return fr, sr


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _hashes(path: Sequence[bytes]) -> Sequence[bytes]:
    # Two hashes of odd lengths could otherwise join to the same bytes.
    if any(len(one) != 32 for one in path):
        msg = "the path of the proof holds something that is no hash of 32 bytes"
        raise ProofError(msg)
    return path
