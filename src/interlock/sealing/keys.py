"""The sealing key: an Ed25519 key in a PEM file that only its owner can read."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from interlock.files import BadInputError, Fault, Place
from interlock.files.phrases import verbatim

if TYPE_CHECKING:
    from collections.abc import Callable

_MAKE = "give an unencrypted Ed25519 key as PEM (openssl genpkey -algorithm ed25519)"
_MAKE_PUBLIC = "give an Ed25519 public key as PEM (openssl pkey -pubout)"


def load_or_make_key(path: str | Path) -> Ed25519PrivateKey:
    """The key in a file; a new one, readable by its owner alone, if there is no file.

    Two processes that start together get the same key.

    Raises:
        BadInputError: the file is open to others, no Ed25519 key, or cannot be read or made.
    """
    path = Path(path)
    try:
        if not path.exists():
            _make(path)
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(1 << 16)
    except OSError as error:
        wrong = f"the key cannot be read or made ({error.strerror})"
        mend = "give a path in a folder that exists and that this user may write"
        raise _bad(str(path), wrong, mend) from error
    if mode & 0o077:
        wrong = f"the key is open to other users (mode {mode:04o})"
        raise _bad(str(path), wrong, f"chmod 600 {path}, and make a new key if others were there")
    return read_key(data, str(path))


def read_key(data: bytes, name: str) -> Ed25519PrivateKey:
    """A key from PEM text, as a setting may hold it; `name` is used in messages.

    Raises:
        BadInputError: it is not an unencrypted Ed25519 private key.
    """
    key = _read(lambda: load_pem_private_key(data, password=None), name, _MAKE)
    if not isinstance(key, Ed25519PrivateKey):
        raise _bad(name, "is a key of another kind", _MAKE)
    return key


def read_public_key(data: bytes, name: str) -> Ed25519PublicKey:
    """A public key from PEM text, as an auditor holds it; `name` is used in messages.

    Raises:
        BadInputError: it is not an Ed25519 public key.
    """
    key = _read(lambda: load_pem_public_key(data), name, _MAKE_PUBLIC)
    if not isinstance(key, Ed25519PublicKey):
        raise _bad(name, "is a key of another kind", _MAKE_PUBLIC)
    return key


def public_pem(key: Ed25519PublicKey) -> str:
    """The public key as PEM, to give to auditors."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _make(path: Path) -> None:
    """Write a new key under another name, then link it: nobody ever reads half a key."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its key holds
    finally:
        Path(draft).unlink()


def _read(load: Callable[[], object], name: str, mend: str) -> object:
    try:
        return load()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _bad(name, "is no key that can be read", mend) from error


def _bad(name: str, wrong: str, mend: str) -> BadInputError:
    return BadInputError([Fault(Place(name), verbatim(wrong), verbatim(mend))])
