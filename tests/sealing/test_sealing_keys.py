"""The sealing key's file: made once, whole, for its owner alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from sealing_kit import KEY, PUBLIC

from interlock.files import BadInputError
from interlock.sealing import key_id, load_or_make_key, public_pem, read_key, read_public_key

if TYPE_CHECKING:
    from pathlib import Path


def pem(key: object = KEY, password: bytes = b"") -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "seal.pem"
    made = load_or_make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make_key(path).private_bytes_raw() == made.private_bytes_raw()
    assert [one.name for one in tmp_path.iterdir()] == ["seal.pem"]


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(load_or_make_key, [tmp_path / "seal.pem"] * 64))
    assert len({key.private_bytes_raw() for key in keys}) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["seal.pem"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "seal.pem"
    path.write_bytes(pem())
    path.chmod(mode)
    with pytest.raises(
        BadInputError, match=f"open to other users \\(mode {mode:04o}\\); chmod 600"
    ):
        load_or_make_key(path)
    path.chmod(0o600)
    assert load_or_make_key(path).private_bytes_raw() == KEY.private_bytes_raw()


def test_a_key_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="give a path in a folder that exists"):
        load_or_make_key(tmp_path / "none" / "seal.pem")
    with pytest.raises(BadInputError, match="cannot be read or made"):
        load_or_make_key(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "is no key that can be read"),
        (b"\x00\xff", "is no key that can be read"),
        (pem()[:60], "is no key that can be read"),
        (pem(password=b"x"), "is no key that can be read"),
        (public_pem(PUBLIC).encode(), "is no key that can be read"),
        (pem(generate_private_key(SECP256R1())), "is a key of another kind"),
    ],
)
def test_what_is_no_sealing_key(data: bytes, wrong: str) -> None:
    with pytest.raises(BadInputError, match=f"SEAL_KEY:0:0: {wrong}; give an unencrypted Ed25519"):
        read_key(data, "SEAL_KEY")


def test_auditors_hold_the_public_key() -> None:
    again = read_public_key(public_pem(PUBLIC).encode(), "key.pem")
    assert key_id(again) == key_id(PUBLIC) == key_id(read_key(pem(), "k").public_key())
    other = generate_private_key(SECP256R1()).public_key()
    data = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for bad in (b"", pem(), data):
        with pytest.raises(BadInputError, match=r"key\.pem:0:0: .*; give an Ed25519 public key"):
            read_public_key(bad, "key.pem")
