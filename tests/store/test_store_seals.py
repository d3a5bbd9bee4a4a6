"""Sealing over the stored audit log: what may be sealed when, and proofs from the stored tree."""

import time
from datetime import timedelta

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from store_kit import PsqlPlace, dump, opened, session, tamper
from store_worker import NOW, WHY

from interlock.ledger import Grant
from interlock.sealing import (
    entry_bytes,
    first_wrong,
    key_id,
    prove_inclusion,
    verify_inclusion,
)
from interlock.store import (
    LedgerSession,
    SealTree,
    read_frontier,
    read_heads,
    read_leaves,
    read_newest_head,
    seal,
    sealable,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {key_id(KEY.public_key()): KEY.public_key()}


def wait(place) -> None:
    """Until no transaction of another test's database is older than the newest row."""
    if place.dialect == "sqlite":
        return
    sql = "SELECT count(*) FROM audit WHERE xact >= pg_snapshot_xmin(pg_current_snapshot())"
    with place.raw() as connection:
        for _ in range(500):
            if connection.execute(sql).fetchone() == (0,):
                return
            time.sleep(0.02)
    pytest.fail("some transaction stays open")


def sealing(place, *, limit=1000, minutes=0, waiting=True):
    if waiting:
        wait(place)
    connection = place.begun()
    found = seal(connection, place.dialect, KEY, now=NOW + timedelta(minutes=minutes), limit=limit)
    connection.commit()
    connection.close()
    return found


def checked(place):
    with place.open() as ledger:
        connection = place.begun()
        leaves = read_leaves(connection, place.dialect)
        heads = read_heads(connection, place.dialect)
        found = first_wrong(ledger.entries(), leaves, heads, KEYS, longest_open=timedelta(hours=1))
        connection.rollback()
        connection.close()
    return found


def granting(place, *names: str) -> None:
    with place.open() as ledger:
        for name in names:
            ledger.apply(Grant(name, WHY, "licence", 1), now=NOW)


def test_batches_are_sealed_one_after_the_other_and_check(place):
    opened(place).close()
    assert sealing(place).head.head.tree_size == 1
    granting(place, *(f"g{n}" for n in range(6)))
    assert sealing(place, limit=4).frontier.size == 5
    assert sealing(place).frontier.size == 7
    assert sealing(place) is None
    found = checked(place)
    assert (found.wrong, found.sealed, found.unsealed) == (None, 7, 0)


def test_a_stored_tree_proves_every_row(place):
    opened(place).close()
    granting(place, "a", "b", "c")
    sealing(place, limit=3)
    sealing(place)
    connection = place.begun()
    tree, head = SealTree(connection, place.dialect), read_newest_head(connection, place.dialect)
    assert read_frontier(connection, place.dialect).root == head.head.root
    entries = {x.seq: x for x in session(place, connection).entries()}
    for leaf in read_leaves(connection, place.dialect):
        proof = prove_inclusion(tree, leaf.leaf, 4)
        verify_inclusion(entry_bytes(entries[leaf.seq]), proof, head, KEY.public_key())
    with pytest.raises(LookupError, match="level 9"):
        tree.node(9, 0)
    connection.rollback()
    connection.close()


def test_a_row_changed_after_sealing_is_named(own_place):
    opened(own_place).close()
    granting(own_place, "a", "b")
    sealing(own_place)
    tamper(own_place, "UPDATE audit SET actor = 'nobody' WHERE change = 'a'")
    wrong = checked(own_place).wrong
    assert wrong is not None
    with own_place.open() as ledger:
        seq = next(x.seq for x in ledger.entries() if x.change == "a")
    assert (wrong.table, wrong.row) == ("audit", str(seq))


def test_nothing_is_sealed_if_the_transaction_is_rolled_back(place):
    opened(place).close()
    before = dump(place)
    wait(place)
    connection = place.begun()
    assert seal(connection, place.dialect, KEY, now=NOW, limit=9) is not None
    connection.rollback()
    connection.close()
    assert dump(place) == before


def test_a_clock_behind_the_newest_head_is_taken_as_its_time(place):
    opened(place).close()
    first = sealing(place, minutes=60)
    granting(place, "a")
    assert sealing(place).head.head.sealed_at == first.head.head.sealed_at


# PostgreSQL: rows commit out of order of their numbers.


def test_a_row_waits_for_every_transaction_older_than_it(pg_url):
    """A lower number may still come: only what no running transaction can precede is sealed."""
    place = PsqlPlace(pg_url)
    opened(place, "licence", "other").close()
    sealing(place)
    slow = place.begun()
    LedgerSession(slow, "postgresql").apply(Grant("slow", WHY, "other", 1), now=NOW)
    granting(place, "fast")
    with place.open() as ledger:
        assert [x.change for x in ledger.entries()][2:] == ["fast"]
    assert sealing(place, waiting=False) is None  # 'slow' has the lower number and is not there yet
    slow.commit()
    slow.close()
    sealed = sealing(place)
    with place.open() as ledger:
        names = {x.seq: x.change for x in ledger.entries()}
    assert [names[x.seq] for x in sealed.leaves] == ["slow", "fast"]
    assert checked(place).wrong is None


def test_a_transaction_does_not_seal_its_own_rows(pg_url):
    place = PsqlPlace(pg_url)
    opened(place).close()
    sealing(place)
    with psycopg.connect(pg_url) as connection:
        LedgerSession(connection, "postgresql").apply(Grant("g", WHY, "licence", 1), now=NOW)
        assert sealable(connection, "postgresql", 9) == []


def test_rows_of_a_restored_backup_can_be_sealed(pg_own_url):
    """Their transactions are numbered by another server, ahead of this one's."""
    place = PsqlPlace(pg_own_url)
    opened(place).close()
    tamper(place, "UPDATE audit SET xact = '99999999999'")
    assert sealing(place, waiting=False).frontier.size == 1


def test_a_sealer_in_the_middle_of_its_work_holds_up_no_writer(pg_url):
    place = PsqlPlace(pg_url)
    opened(place).close()
    wait(place)
    sealer = place.begun()
    assert seal(sealer, "postgresql", KEY, now=NOW, limit=9) is not None
    with place.open() as ledger:
        ledger._connection.execute("SET lock_timeout = '2s'")
        ledger.apply(Grant("g", WHY, "licence", 1), now=NOW)
    sealer.commit()
    sealer.close()
    assert sealing(place).frontier.size == 2
