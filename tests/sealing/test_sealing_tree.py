"""Trees, proofs and their verification against RFC 9162 and against a naive tree."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealing_kit import KEY, PUBLIC, START

from interlock.sealing import (
    Frontier,
    InclusionProof,
    LeafHashes,
    ProofError,
    frontier_of,
    prove_consistency,
    prove_inclusion,
    verify_inclusion,
)
from interlock.sealing.frontier import leaf_hash
from interlock.sealing.heads import sign
from interlock.sealing.proofs import root_of
from interlock.sealing.verify import check_consistency

# The reference leaves and roots of the Certificate Transparency implementations.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
FIRST_IN_EIGHT = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
SIX_IN_EIGHT = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def naive(rows: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, word for word."""
    if not rows:
        return sha256(b"").digest()
    if len(rows) == 1:
        return sha256(b"\x00" + rows[0]).digest()
    k = 1
    while k * 2 < len(rows):
        k *= 2
    return sha256(b"\x01" + naive(rows[:k]) + naive(rows[k:])).digest()


def rows_of(count: int) -> list[bytes]:
    return [f"row {n}".encode() for n in range(count)]


@pytest.mark.parametrize("size", range(9))
def test_reference_roots(size: int) -> None:
    grown, _ = Frontier().extended(map(leaf_hash, LEAVES[:size]))
    assert grown.root.hex() == ROOTS[size]
    assert root_of(LeafHashes.of(LEAVES), size).hex() == ROOTS[size]


def test_reference_proofs() -> None:
    source = LeafHashes.of(LEAVES)
    assert [one.hex() for one in prove_inclusion(source, 0, 8).path] == FIRST_IN_EIGHT
    assert [one.hex() for one in prove_consistency(source, 1, 8)] == FIRST_IN_EIGHT
    assert [one.hex() for one in prove_consistency(source, 6, 8)] == SIX_IN_EIGHT


@given(st.lists(st.binary(max_size=40), max_size=70), st.data())
def test_grown_in_any_batches_it_is_the_naive_tree(rows: list[bytes], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=5)))
    tree, nodes = Frontier(), []
    for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        tree, made = tree.extended(map(leaf_hash, rows[start:end]))
        nodes += made
    assert tree.root == naive(rows)
    assert tree == frontier_of(LeafHashes.of(rows), len(rows))
    # Every perfect tree was given out once, with its root.
    expected = {
        (level, number): naive(rows[number << level : (number + 1) << level])
        for level in range(1, 8)
        for number in range(len(rows) >> level)
    }
    assert {(one.level, one.number): one.hash for one in nodes} == expected
    assert len(nodes) == len(expected)


def test_every_leaf_of_every_size_up_to_64_is_proved_by_its_own_path_alone() -> None:
    rows = rows_of(64)
    source = LeafHashes.of(rows)
    for size in range(1, 65):
        head = sign(KEY, size, naive(rows[:size]), START, b"")
        for leaf in range(size):
            proof = prove_inclusion(source, leaf, size)
            verify_inclusion(rows[leaf], proof, head, PUBLIC)
            assert len(proof.path) <= (size - 1).bit_length()
            with pytest.raises(ProofError, match="is not leaf"):
                verify_inclusion(rows[leaf] + b"!", proof, head, PUBLIC)
            other = proof._replace(leaf=(leaf + 1) % size)
            if other != proof:
                with pytest.raises(ProofError):
                    verify_inclusion(rows[leaf], other, head, PUBLIC)


def test_every_two_sizes_up_to_64_are_proved_consistent_and_no_other_root_is() -> None:
    rows = rows_of(64)
    source, roots = LeafHashes.of(rows), [naive(rows[:size]) for size in range(65)]
    for new in range(65):
        for old in range(new + 1):
            path = prove_consistency(source, old, new)
            check_consistency(old, roots[old], new, roots[new], path)
            forged = sha256(roots[old]).digest()
            with pytest.raises(ProofError):
                check_consistency(old, forged, new, roots[new], path)
            if old == 0:
                continue  # every tree begins with the empty one
            with pytest.raises(ProofError):
                check_consistency(old, roots[old], new, sha256(roots[new]).digest(), path)


@given(st.integers(2, 64), st.data())
def test_any_changed_bit_of_a_path_and_any_other_length_is_refused(
    size: int, data: st.DataObject
) -> None:
    rows = rows_of(size)
    source = LeafHashes.of(rows)
    leaf, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    proof = prove_inclusion(source, leaf, size)
    head = sign(KEY, size, naive(rows), START, b"")
    steps = prove_consistency(source, old, size)
    for path, check in (
        (proof.path, lambda p: verify_inclusion(
            rows[leaf], InclusionProof(leaf, size, p), head, PUBLIC)),
        (steps, lambda p: check_consistency(old, naive(rows[:old]), size, naive(rows), p)),
    ):  # fmt: skip
        check(path)
        at = data.draw(st.integers(0, len(path) - 1))
        bit = data.draw(st.integers(0, 255))
        flipped = (int.from_bytes(path[at]) ^ 1 << bit).to_bytes(32)
        wrong = [
            (*path[:at], flipped, *path[at + 1 :]),
            (*path, flipped),
            (flipped, *path),
            path[:-1],
            path[1:],
            (*path[:at], path[at][:31], *path[at + 1 :]),
            (*path[:at], path[at] + b"\0", *path[at + 1 :]),
        ]
        for other in wrong:
            with pytest.raises(ProofError):
                check(other)


def test_what_cannot_be_proved() -> None:
    source = LeafHashes.of(rows_of(5))
    with pytest.raises(ProofError, match="leaf 5 is not in a tree of 5; take a head that seals it"):
        prove_inclusion(source, 5, 5)
    with pytest.raises(ProofError, match="leaf -1"):
        prove_inclusion(source, -1, 5)
    with pytest.raises(ProofError, match="a tree of 4 leaves does not begin with one of 5"):
        prove_consistency(source, 5, 4)
    for size in (6, 7, 8, 100):
        with pytest.raises(LookupError):
            prove_inclusion(source, 0, size)
    with pytest.raises(ValueError, match="a tree of 3 leaves has 2 perfect trees, not 1"):
        Frontier(3, (b"x" * 32,)).extended([])


def test_the_older_head_is_the_smaller() -> None:
    with pytest.raises(ProofError, match="has 4 leaves, fewer than the older"):
        check_consistency(5, b"x" * 32, 4, b"y" * 32, ())
    with pytest.raises(ProofError, match="need no path"):
        check_consistency(5, b"x" * 32, 5, b"x" * 32, (b"y" * 32,))
    with pytest.raises(ProofError, match="too short"):
        check_consistency(3, b"x" * 32, 5, b"y" * 32, ())
