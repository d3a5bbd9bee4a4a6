"""Sealing batch by batch: heads, their chain and signature, proofs from what was stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sealing_kit import KEY, PUBLIC, START, Book, book, entry

from interlock.files import BadInputError
from interlock.sealing import (
    Frontier,
    ProofError,
    SealError,
    entry_bytes,
    frontier_of,
    key_id,
    prove_consistency,
    prove_inclusion,
    read_heads,
    seal_batch,
    verify_consistency,
    verify_head,
    verify_inclusion,
)

OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def test_the_bytes_of_a_row_are_fixed() -> None:
    beijing = timezone(timedelta(hours=8))
    local = START.astimezone(beijing)
    expected = (
        '{"actor":"officer:li","cause":"","change":"c7","content":"[\\"a 7\\",\\"批准\\"]",'
        '"effective":"2026-01-28T09:07:00.000000Z","kind":"reserve","outcome":"",'
        '"reason":"run 1","recorded":"2026-01-28T09:00:00.000000Z","seq":7}'
    )
    assert entry_bytes(entry(7)._replace(recorded=local)) == expected.encode()


def test_a_book_sealed_in_batches_proves_each_row_under_every_later_head() -> None:
    sealed = book(3, 1, 0, 7, 2)
    assert [one.head.tree_size for one in sealed.heads] == [3, 4, 4, 11, 13]
    roots = [b"", *(one.head.root for one in sealed.heads)]
    assert [one.head.previous_root for one in sealed.heads] == roots[:-1]
    assert [(leaf.leaf, leaf.seq) for leaf in sealed.leaves] == [(n, n + 1) for n in range(13)]
    for signed in sealed.heads:
        for leaf in range(signed.head.tree_size):
            proof = prove_inclusion(sealed, leaf, signed.head.tree_size)
            verify_inclusion(entry_bytes(sealed.entries[leaf]), proof, signed, PUBLIC)
    for number, old in enumerate(sealed.heads):
        for new in sealed.heads[number:]:
            path = prove_consistency(sealed, old.head.tree_size, new.head.tree_size)
            verify_consistency(old, new, path, PUBLIC)


def test_sealing_goes_on_from_the_store_alone() -> None:
    sealed = book(5, 6)
    assert frontier_of(sealed, 11) == sealed.frontier
    assert len(sealed.frontier.hashes) == 3  # 11 = 8 + 2 + 1


def test_r16_seqs_may_come_out_of_order_between_batches_and_leaves_have_numbers_of_their_own() -> (
    None
):
    late = Book()
    late.seal([entry(1), entry(3)])
    late.seal([entry(2), entry(4)])
    assert [(leaf.leaf, leaf.seq) for leaf in late.leaves] == [(0, 1), (1, 3), (2, 2), (3, 4)]
    verify_inclusion(entry_bytes(entry(2)), prove_inclusion(late, 2, 4), late.heads[-1], PUBLIC)


def test_a_head_is_one_line_that_any_ed25519_tool_can_verify() -> None:
    (signed,) = book(2).heads
    assert signed.head.text() == (
        b'{"key_id":"' + key_id(PUBLIC).encode() + b'","previous_root":"","root":"'
        + signed.head.root.hex().encode()
        + b'","sealed_at":"2026-01-28T09:02:00.000000Z","tree_size":2}'
    )  # fmt: skip
    PUBLIC.verify(signed.signature, signed.head.text())


def test_heads_are_read_back_as_they_were_exported() -> None:
    heads = book(2, 3).heads
    text = "\n\n".join(head.text() for head in heads)
    assert read_heads(text.splitlines(), "heads.jsonl") == heads


def test_any_changed_field_of_a_head_breaks_its_signature() -> None:
    signed = book(2, 3).heads[1]
    head = signed.head
    for other in (
        head._replace(tree_size=6),
        head._replace(root=bytes(32)),
        head._replace(previous_root=bytes(32)),
        head._replace(sealed_at=head.sealed_at + timedelta(microseconds=1)),
    ):
        with pytest.raises(ProofError, match="does not hold"):
            verify_head(signed._replace(head=other), PUBLIC)
    for byte in range(64):
        flipped = bytearray(signed.signature)
        flipped[byte] ^= 1
        with pytest.raises(ProofError, match="does not hold"):
            verify_head(signed._replace(signature=bytes(flipped)), PUBLIC)
    with pytest.raises(ProofError, match="is signed by key"):
        verify_head(signed, OTHER.public_key())


def test_a_proof_for_another_head_is_refused() -> None:
    sealed = book(2, 3)
    proof = prove_inclusion(sealed, 0, 2)
    with pytest.raises(ProofError, match="the proof is for 2 leaves, the head has 5"):
        verify_inclusion(entry_bytes(entry(1)), proof, sealed.heads[1], PUBLIC)
    wide = prove_inclusion(sealed, 0, 5)._replace(leaf=5)
    with pytest.raises(ProofError, match="leaf 5 is not in a tree of 5"):
        verify_inclusion(entry_bytes(entry(1)), wide, sealed.heads[1], PUBLIC)


@pytest.mark.parametrize(
    ("entries", "head", "sealed_at", "wrong"),
    [
        ([entry(5), entry(5)], -1, START + timedelta(hours=1), "row 5 follows row 5"),
        ([entry(6), entry(5)], -1, START + timedelta(hours=1), "row 5 follows row 6"),
        ([entry(6)], 0, START + timedelta(hours=1), "verify the book before sealing on"),
        ([entry(6)], None, START + timedelta(hours=1), "give the newest"),
        ([entry(6)], -1, START, "the clock went back"),
        ([entry(6)], -1, datetime(2026, 2, 1), "no timezone"),  # noqa: DTZ001 - the fault
    ],
)
def test_what_is_not_sealed(entries: list, head: int | None, sealed_at: datetime, wrong: str):
    sealed = book(2, 2)
    previous = None if head is None else sealed.heads[head]
    with pytest.raises(SealError, match=wrong):
        seal_batch(sealed.frontier, entries, previous, KEY, sealed_at)


def test_the_first_head_of_a_book_without_rows() -> None:
    sealed = seal_batch(Frontier(), [], None, KEY, START)
    assert (sealed.leaves, sealed.nodes, sealed.frontier) == ((), (), Frontier())
    assert sealed.head.head.sealed_at == datetime(2026, 1, 28, 9, tzinfo=UTC)
    verify_head(sealed.head, PUBLIC)


def test_every_fault_of_a_file_of_heads_is_told_at_once() -> None:
    good = json.loads(book(2).heads[0].text())
    lines = [
        json.dumps({**good, "tree_size": -1, "root": "AB"}),
        "{",
        json.dumps({**good, "sealed_at": "2026-01-28T09:02:00+00:00", "signature": "AAAA"}),
        json.dumps({**good, "tree_size": True, "key_id": 5, "sealed_at": 6, "extra": 1}),
        json.dumps({k: v for k, v in good.items() if k != "root"}),
    ]
    with pytest.raises(BadInputError) as caught:
        read_heads(lines, "heads.jsonl")
    faults = caught.value.faults
    assert sorted((fault.place.line, fault.wrong) for fault in faults) == [
        (1, "'root' is \"AB\""),
        (1, "'tree_size' is -1"),
        (2, "is no JSON: the line ends too soon"),
        (3, "'sealed_at' is \"2026-01-28T09:02:00+00:00\""),
        (3, "'signature' is \"AAAA\""),
        (4, "'extra' is no part of a head"),
        (4, "'key_id' is 5"),
        (4, "'sealed_at' is 6"),
        (4, "'tree_size' is true"),
        (5, "the head has no 'root'"),
    ]
    assert str(faults[0]).endswith("write 64 hexadecimal digits")
    assert faults[0].place.column == lines[0].index('"root"') + 1
