"""Whatever is done to a sealed book, the first row that is off is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sealing_kit import KEY, KEYS, START, Book, book, entry

from interlock.ledger.model import Off
from interlock.sealing import Checked, SealLeaf, entry_bytes
from interlock.sealing.frontier import Frontier, leaf_hash
from interlock.sealing.heads import sign

FIELDS = ("change", "kind", "content", "actor", "reason", "cause", "outcome")


def put(rows: list, at: int, row: object) -> list:
    return [*rows[:at], row, *rows[at + 1 :]]


def test_a_right_book_and_its_unsealed_tail() -> None:
    sealed = book(3, 4)
    assert sealed.check() == Checked(None, 7, 0, None)
    sealed.entries += [entry(8), entry(10)]
    assert sealed.check() == Checked(None, 7, 2, 8)
    assert Book().check() == Checked(None, 0, 0, None)
    assert Book(entries=[entry(1)]).check() == Checked(None, 0, 1, 1)


@given(st.data())
def test_every_changed_character_of_every_column_is_named(data: st.DataObject) -> None:
    sealed = book(3, 1, 4)
    at = data.draw(st.integers(0, 7))
    row = sealed.entries[at]
    field = data.draw(st.sampled_from(FIELDS))
    text = getattr(row, field)
    cut = data.draw(st.integers(0, len(text)))
    other = text[:cut] + data.draw(st.text(max_size=1, alphabet="x é\\")) + text[cut + 1 :]
    sealed.entries[at] = row._replace(**{field: other})
    expected = (
        None if other == text else Off("audit", str(row.seq), "was changed after it was sealed")
    )
    assert sealed.check().wrong == expected


@pytest.mark.parametrize("column", ["effective", "recorded"])
def test_a_changed_time_is_named(column: str) -> None:
    sealed = book(3, 4)
    moved = getattr(sealed.entries[4], column) + timedelta(microseconds=1)
    sealed.entries[4] = sealed.entries[4]._replace(**{column: moved})
    assert sealed.check() == Checked(Off("audit", "5", "was changed after it was sealed"), 3)


def test_every_flipped_byte_of_every_leaf_is_named() -> None:
    sealed = book(2, 3)
    for at, leaf in enumerate(sealed.leaves):
        for byte in range(32):
            flipped = bytearray(leaf.hash)
            flipped[byte] ^= 0x80
            other = replace(
                sealed, leaves=put(sealed.leaves, at, leaf._replace(hash=bytes(flipped)))
            )
            wrong = Off("seal_leaf", str(at), "was changed; its audit row is right")
            assert other.check().wrong == wrong


@pytest.mark.parametrize("at", range(7))
def test_a_row_taken_out_is_named(at: int) -> None:
    sealed = book(3, 4)
    del sealed.entries[at]
    wrong = Off("audit", str(at + 1), f"is missing; it was sealed as leaf {at}")
    assert sealed.check().wrong == wrong


@pytest.mark.parametrize("at", range(7))
def test_a_leaf_taken_out_is_named(at: int) -> None:
    sealed = book(3, 4)
    del sealed.leaves[at]
    assert sealed.check().wrong == Off("seal_leaf", str(at), "is missing")


def test_a_row_put_in_the_middle_is_named() -> None:
    sealed = Book()
    sealed.seal([entry(1), entry(3)])
    sealed.seal([entry(5)])
    sealed.entries.append(entry(2))
    sealed.entries.sort()
    wrong = Off("audit", "2", "was put in below rows that are sealed")
    assert sealed.check().wrong == wrong
    # Sealed later, it is still out of its place, and stays so under later heads.
    sealed.entries.remove(entry(2))
    sealed.seal([entry(2), entry(6)], minutes=20)
    sealed.seal([entry(7)], minutes=30)
    wrong = Off("audit", "2", "was put in below rows that were sealed before")
    assert sealed.check() == Checked(wrong, 3)


def test_r16_where_rows_commit_out_of_order_only_those_too_old_to_be_open_then_were_put_in() -> (
    None
):
    late = Book()
    late.seal([entry(1), entry(3)], minutes=10)
    late.seal([entry(2, minutes=8), entry(4)], minutes=20)
    assert late.check(longest_open=timedelta(minutes=2)) == Checked(None, 4, 0, None)
    wrong = Off("audit", "2", "was put in below rows that were sealed before")
    assert late.check(longest_open=timedelta(minutes=1)) == Checked(wrong, 2)
    assert late.check() == Checked(wrong, 2)


def test_rows_that_changed_places_are_named() -> None:
    sealed = book(3, 4)
    one, other = sealed.entries[4:6]
    sealed.entries[4:6] = [other._replace(seq=5), one._replace(seq=6)]
    assert sealed.check().wrong == Off("audit", "5", "was changed after it was sealed")
    sealed = book(3, 4)
    one, other = sealed.leaves[4:6]
    sealed.leaves[4:6] = [other._replace(leaf=4), one._replace(leaf=5)]
    wrong = Off("seal_leaf", "5", "is out of order: rows were reordered")
    assert sealed.check().wrong == wrong
    sealed = book(3, 4)
    sealed.leaves[4:6] = sealed.leaves[5:3:-1]
    assert sealed.check().wrong == Off("seal_leaf", "4", "is missing")
    sealed = book(3)
    sealed.entries[1:] = sealed.entries[:0:-1]
    assert sealed.check().wrong == Off("audit", "2", "is missing; it was sealed as leaf 1")


def test_a_row_changed_together_with_its_leaf_is_found_by_the_head() -> None:
    sealed = book(3, 4)
    forged = sealed.entries[4]._replace(actor="officer:wu")
    sealed.entries[4] = forged
    sealed.leaves[4] = sealed.leaves[4]._replace(hash=leaf_hash(entry_bytes(forged)))
    wrong = Off("audit", "4 to 7", "is one of those that were changed together with their leaves")
    assert sealed.check() == Checked(wrong, 3)
    # Beside it, a row that only differs from its leaf is named itself.
    sealed.entries[5] = sealed.entries[5]._replace(actor="officer:wu")
    wrong = Off("audit", "6", "was changed, and leaves under its head with it")
    assert sealed.check().wrong == wrong


def test_heads_taken_out_or_put_in_are_named() -> None:
    sealed = book(3, 4, 2)
    chain = "does not name the root of the head before it: a head is missing or put in"
    for at, wrong in (
        (0, Off("seal_head", "0", chain)),
        (1, Off("seal_head", "1", chain)),
        (2, Off("seal_leaf", "7", "stands under no head")),
    ):
        heads = [*sealed.heads[:at], *sealed.heads[at + 1 :]]
        assert replace(sealed, heads=heads).check().wrong == wrong
    twice = replace(sealed, heads=[*sealed.heads, sealed.heads[1]])
    assert twice.check().wrong == Off("seal_head", "3", chain)


def test_heads_signed_by_nobody_we_trust_are_named() -> None:
    sealed = book(3, 4)
    head = sealed.heads[1].head
    mallory = Ed25519PrivateKey.from_private_bytes(bytes(32))
    forged = sign(mallory, head.tree_size, head.root, head.sealed_at, head.previous_root)
    heads = put(sealed.heads, 1, forged)
    wrong = f"is signed by the unknown key {forged.head.key_id}"
    assert replace(sealed, heads=heads).check().wrong == Off("seal_head", "1", wrong)
    named = forged._replace(head=head)
    wrong = "the signature of the head of 7 leaves does not hold"
    broken = replace(sealed, heads=put(sealed.heads, 1, named))
    assert broken.check().wrong == Off("seal_head", "1", wrong)


def test_a_head_that_goes_back_is_named_though_rightly_signed() -> None:
    sealed = book(3, 4)
    root = sealed.heads[1].head.root
    for size, other, when, wrong in (
        (3, root, START + timedelta(1), "is smaller or older than the head before it"),
        (7, root, START, "is smaller or older than the head before it"),
        (7, bytes(32), START + timedelta(1), "has the size of the head before it and another root"),
    ):
        heads = [*sealed.heads, sign(KEY, size, other, when, root)]
        assert replace(sealed, heads=heads).check().wrong == Off("seal_head", "2", wrong)
    heads = [*sealed.heads, sign(KEY, 9, root, START + timedelta(1), root)]
    assert replace(sealed, heads=heads).check().wrong == Off("seal_leaf", "7", "is missing")


def test_r16_an_exported_head_finds_a_book_cut_short_or_sealed_anew() -> None:
    sealed = book(3, 4)
    exported = list(sealed.heads)
    assert sealed.check(exported=exported) == Checked(None, 7, 0, None)
    cut = replace(sealed, entries=sealed.entries[:3], leaves=sealed.leaves[:3])
    cut.heads = sealed.heads[:1]
    assert cut.check() == Checked(None, 3, 0, None), "without the export nobody can know"
    gone = "was exported, but the book no longer has it: rows or heads were taken out or rewritten"
    assert cut.check(exported=exported).wrong == Off("seal_head", "7", gone)
    anew = Book()
    anew.seal([row._replace(actor="officer:wu") for row in sealed.entries])
    assert anew.check() == Checked(None, 7, 0, None), "the key's holder can seal anew"
    assert anew.check(exported=exported).wrong == Off("seal_head", "3", gone)


def test_a_leaf_that_stands_twice_and_a_row_that_stands_twice_are_named() -> None:
    sealed = book(3, 4)
    sealed.leaves.insert(2, sealed.leaves[1])
    assert sealed.check().wrong == Off("seal_leaf", "1", "stands twice")
    sealed = book(3, 4)
    sealed.entries.insert(2, entry(2, minutes=50))
    wrong = Off("audit", "2", "stands twice or out of order of seq")
    assert sealed.check().wrong == wrong


def test_a_leaf_that_points_at_another_row_is_named() -> None:
    sealed = book(3, 4)
    sealed.leaves[1] = SealLeaf(1, 99, sealed.leaves[1].hash)
    wrong = sealed.check().wrong
    assert wrong is not None
    assert (wrong.table, wrong.row) == ("audit", "99")
    assert wrong.wrong == "is missing; it was sealed as leaf 1"


def test_two_keys_in_turn_are_both_trusted() -> None:
    sealed = book(3)
    second = Ed25519PrivateKey.from_private_bytes(bytes(32))
    head = sealed.heads[0].head
    tree, _ = Frontier().extended(leaf.hash for leaf in sealed.leaves)
    heads = [*sealed.heads, sign(second, 3, tree.root, head.sealed_at, head.root)]
    from interlock.sealing import first_wrong, key_id

    keys = {**KEYS, key_id(second.public_key()): second.public_key()}
    found = first_wrong(sealed.entries, sealed.leaves, heads, keys)
    assert found == Checked(None, 3, 0, None)
