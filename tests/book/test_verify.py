"""The record is proved, and whatever was changed behind the book's back is named."""

from __future__ import annotations

import datetime as dt
import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import NOW, people_on_record, rows_are_final
from django.db import DatabaseError, connection, transaction

from interlock.book.acting import perform
from interlock.book.errors import InputError
from interlock.book.models import ApiToken, Office, Order, Ownership, Party, User
from interlock.book.rights import JOBS, Actor
from interlock.book.sealing import begin_new_key, heads, seal_now, sealing_key, status
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.determinations import key as determination_key
from interlock.book.services import people
from interlock.book.verifying import verify_book
from interlock.files import BadInputError
from interlock.law.terms import AccountTerms, Leg
from interlock.ledger import Grant, OpenAccount, OpenDiscrepancy, Post, Reserve
from interlock.sealing import key_id, load_or_make_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from book_kit import World
    from django.db.models import QuerySet

    from interlock.book.acting import Act

GUARDED = ("audit", "ledger_transfer", "ledger_account", "seal_leaf", "seal_node", "seal_head")


@pytest.fixture(autouse=True)
def seal_key(db: None, tmp_path: Path, settings) -> None:
    settings.SEAL_KEY = tmp_path / "seal.key"
    rows_are_final()


def run(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def unguard(table: str) -> None:
    """Take a table's triggers away, as the owner of the database can."""
    if connection.vendor == "postgresql":
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table]
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


def credit(world: World, units: int = 100) -> None:
    """An account with a credit, and a second one."""

    def work(act: Act) -> None:
        for name in ("stock/a", "stock/b"):
            why = act.why("test/credit")
            act.ledger.apply(
                OpenAccount(act.next_id(), why, name, AccountTerms("stock", "chip")), now=act.now
            )
            act.ledger.apply(Grant(act.next_id(), why, name, units), now=act.now)

    perform(JOBS, work, now=world.now)


@pytest.fixture
def book(world: World) -> World:
    """A sealed book with orders, owners and accounts."""
    people_on_record()
    credit(world)
    world.order("o-1")
    world.order("o-2", weight="2.5", facts={"order": {"truly_needed": True}})
    world.do(world.allocator, "order.confirm", "o-1")
    seal_now(world.now)
    return world


def test_a_book_that_nobody_touched_is_right(book: World) -> None:
    found = verify_book()
    assert (found.wrong, found.unsealed) == (None, 0)
    assert (found.things, found.transfers) == (9, 2)
    assert found.sealed == status().sealed > 9


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("attack", ["UPDATE", "DELETE", "REPLACE", "TRUNCATE"])
def test_what_is_written_stays_through_djangos_connection_too(
    book: World, table: str, attack: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        before = cursor.fetchone()
        assert before[0] > 0
        cursor.execute(f"SELECT * FROM {table}")
        column = cursor.description[-1][0]
    replaced = (
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
        if connection.vendor == "sqlite"
        else f"INSERT INTO {table} SELECT * FROM {table}"
    )
    text = {
        "UPDATE": f"UPDATE {table} SET {column} = {column}",
        "DELETE": f"DELETE FROM {table}",
        "REPLACE": replaced,
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
    }[attack]
    with pytest.raises(DatabaseError), transaction.atomic():
        run(text)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == before
    assert verify_book().wrong is None


def test_audit_rows_about_what_is_no_thing_are_counted_and_not_looked_for(book: World) -> None:
    def work(act: Act) -> None:
        act.ledger.record("mail.sent", act.next_id(), "{}", act.why("mail/x"), now=act.now)

    perform(JOBS, work, now=book.now)
    found = verify_book()
    assert (found.wrong, found.unsealed) == (None, 1)


def test_a_changed_row_is_named_with_its_field(book: World) -> None:
    Order.objects.filter(pk="o-2").update(quantity=999)
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.row) == ("order", "o-2")
    assert wrong.wrong.endswith("in quantity")


ADMINISTRATOR = Actor("root@interlock", roles=frozenset({"administrator"}))


@pytest.fixture
def staffed(book: World) -> World:
    """A person, an office that goes on and one that ended, a token: entered as they should be."""

    def work(act: Act) -> None:
        people.user_enter(act, username="mia", name="Mia")
        for role in ("licensing_officer", "auditor"):
            people.office_give(act, username="mia", party="us-bis", role=role)
        ended = Office.objects.get(user__username="mia", role="auditor")
        people.office_end(act, office=ended.pk)
        people.token_make(act, username="mia", party="us-bis", name="mine", scopes=["order.read"],
                          expires_at=NOW.astimezone(dt.timezone(dt.timedelta(hours=8)))
                          + dt.timedelta(days=9))  # fmt: skip

    perform(ADMINISTRATOR, work, now=NOW)
    assert verify_book().wrong is None
    return book


@pytest.mark.parametrize(
    ("named", "says", "attack"),
    [
        ("user", "active", lambda: User.objects.filter(username="mia").update(is_active=False)),
        ("user", "service", lambda: User.objects.filter(username="mia").update(service=True)),
        ("user", "no audit row", lambda: User.objects.create(username="zoe")),
        ("office", "in role", lambda: _mias().update(role="administrator")),
        ("office", "in party", lambda: _mias().update(party="cn-authorities")),
        ("office", "in until", lambda: _mias(ended=True).update(until=None)),
        ("office", "in since", lambda: _mias().update(since=NOW - dt.timedelta(days=1))),
        ("office", "is missing", lambda: _mias().delete()),
        ("office", "no audit row", lambda: Office.objects.create(
            user=_jun(), party_id="us-bis", role="auditor", since=NOW)),
        ("token", "scopes", lambda: ApiToken.objects.update(scopes=[])),
        ("token", "sha256", lambda: ApiToken.objects.update(digest="0" * 64)),
        ("token", "in user", lambda: ApiToken.objects.update(user=_jun())),
        ("token", "expires_at", lambda: ApiToken.objects.update(
            expires_at=NOW + dt.timedelta(days=90))),
        ("token", "is missing", lambda: ApiToken.objects.all().delete()),
    ],
)  # fmt: skip
def test_power_that_was_not_given_through_the_book_is_named(
    staffed: World, named: str, says: str, attack: Callable[[], object]
) -> None:
    attack()
    wrong = verify_book().wrong
    assert wrong is not None
    assert wrong.table == named
    assert says in wrong.wrong


def _jun() -> User:
    return User.objects.get(username="jun")


def _mias(*, ended: bool = False) -> QuerySet[Office]:
    return Office.objects.filter(user__username="mia", until__isnull=not ended)


def test_a_row_that_the_book_did_not_make_is_named(book: World) -> None:
    Party.objects.create(
        id="ghost", name="Ghost", state="active", version=1, made_at=book.now, changed_at=book.now
    )
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.row, wrong.wrong[:16]) == ("party", "ghost", "has no audit row")


def test_a_row_that_was_taken_out_is_named(book: World) -> None:
    run("DELETE FROM book_order WHERE id = 'o-2'")
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.row, wrong.wrong[:10]) == ("order", "o-2", "is missing")


def test_a_changed_owner_is_named(world: World) -> None:
    from book_kit import ADMIN

    world.do(ADMIN, "party.enter", id="sub", name="Sub", owners=[
        {"party": "bytedance", "share": "0.6"}, {"party": "tencent"},
    ])  # fmt: skip
    people_on_record()
    assert verify_book().wrong is None
    world.do(ADMIN, "party.change", "sub", owners=[{"party": "tencent", "share": "0.3"}])
    assert verify_book().wrong is None
    Ownership.objects.filter(owner="tencent", until=None).update(share="0.9")
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.row) == ("party", "sub")
    assert "owned_by" in wrong.wrong


def test_a_changed_transfer_is_named(book: World) -> None:
    unguard("ledger_transfer")
    run("UPDATE ledger_transfer SET amount = 900 WHERE account = 'stock/b'")
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.wrong) == ("transfer", "its amount is 900, the audit log says 100")


def test_a_changed_counter_is_named(book: World) -> None:
    run("UPDATE ledger_counters SET credits_posted = 900 WHERE account = 'stock/a'")
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.row) == ("counters", "stock/a")


def drawn(world: World) -> None:
    """A reservation of which a part was posted, and a discrepancy that shuts more."""

    def work(act: Act) -> None:
        legs = (Leg("stock/a", Fraction(2)), Leg("stock/b", Fraction(1)))
        until = act.now + dt.timedelta(days=30)
        for change in (
            Reserve("r", act.why("test/r"), legs, 9, "law", holder="bytedance", expires=until),
            Post("p", act.why("test/p"), "r", quantity=4),
            OpenDiscrepancy("d", act.why("test/d"), "stock/a", "bytedance"),
        ):
            act.ledger.apply(change, now=act.now)

    perform(JOBS, work, now=world.now)
    assert verify_book().wrong is None


@pytest.mark.parametrize(
    ("table", "row", "change"),
    [
        ("transfer", "p#0", "effective = '2025-01-01T00:00:00.000000Z'"),
        ("account", "stock/a", "holder = 'tencent'"),
        ("account", "stock/a", """terms = replace(terms, '"floor": 0', '"floor": -9')"""),
        ("reservation", "r#0", "expires = '2099-01-01T00:00:00.000000Z'"),
        ("reservation", "r#0", "holder = 'tencent'"),
        ("reservation", "r#1", "account = 'stock/a'"),
        ("reservation", "r#0", ""),
        ("draw", "p#0", "amount = 9"),
        ("draw", "p#0", "effective = '2025-01-01T00:00:00.000000Z'"),
        ("draw", "p#1", ""),
        ("discrepancy", "d", "settled_by = 'nobody'"),
        ("discrepancy", "d", "holder = 'tencent'"),
        ("discrepancy", "d", ""),
    ],
)
def test_a_row_of_the_ledger_that_is_not_as_recorded_is_named(
    book: World, table: str, row: str, change: str
) -> None:
    drawn(book)
    unguard(f"ledger_{table}")
    what = f"UPDATE ledger_{table} SET {change}" if change else f"DELETE FROM ledger_{table}"
    run(f"{what} WHERE id = '{row}'")
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.row) == (table, row)


@pytest.mark.parametrize(
    ("table", "row", "named", "change"),
    [
        ("ledger_transfer", "p#0", "transfer", "factor = '1z'"),
        ("ledger_draw", "p#0", "draw", "quantity = 'many'"),
        ("ledger_account", "stock/a", "account", "terms = '{'"),
        ("book_order", "o-2", "order", "weight = 'x'"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(
    book: World, table: str, row: str, named: str, change: str
) -> None:
    if (table, connection.vendor) == ("book_order", "postgresql"):
        pytest.skip("its columns hold no text for a number")
    drawn(book)
    unguard(table)
    run(f"UPDATE {table} SET {change} WHERE id = '{row}'")
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.row) == (named, row)


def test_an_audit_row_changed_after_sealing_is_named(book: World) -> None:
    unguard("audit")
    run("UPDATE audit SET actor = 'jun@tencent' WHERE cause = 'order/o-1' AND kind = 'order.place'")
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.wrong) == ("audit", "was changed after it was sealed")


def test_rows_behind_the_newest_head_are_counted_as_unsealed(book: World) -> None:
    book.order("o-3")
    found = verify_book()
    assert (found.wrong, found.unsealed) == (None, 1)
    assert seal_now(book.now + dt.timedelta(seconds=1)) == 1
    assert verify_book().unsealed == 0


def test_a_history_rewritten_and_sealed_anew_shows_against_an_exported_head(book: World) -> None:
    kept = heads()
    for table in ("seal_head", "seal_node", "seal_leaf", "audit"):
        unguard(table)
    for table in ("seal_head", "seal_node", "seal_leaf"):
        run(f"DELETE FROM {table}")
    run("UPDATE audit SET actor = 'jun@tencent' WHERE cause = 'order/o-1' AND kind = 'order.place'")
    seal_now(book.now)
    assert verify_book().wrong is None  # whoever holds key and database can do this
    wrong = verify_book(kept).wrong
    assert wrong is not None
    assert "was exported, but the book no longer has it" in wrong.wrong


def test_another_key_is_not_trusted(book: World, tmp_path: Path) -> None:
    other = load_or_make_key(tmp_path / "other.key").public_key()
    wrong = verify_book(keys=[other]).wrong
    assert wrong is not None
    assert "unknown key" in wrong.wrong
    assert verify_book(keys=[other, sealing_key().public_key()]).wrong is None


def test_a_lost_key_is_told_and_not_replaced_by_one_that_knows_no_head(
    book: World, settings: Any, tmp_path: Path
) -> None:
    kept = sealing_key().public_key()
    settings.SEAL_KEY = tmp_path / "gone.key"
    with pytest.raises(BadInputError, match="the sealing key is not there; put it back"):
        verify_book()
    assert not settings.SEAL_KEY.exists()
    assert verify_book(keys=[kept]).wrong is None


def test_a_lost_or_another_key_seals_nothing_until_somebody_says_so(
    book: World, settings: Any, tmp_path: Path
) -> None:
    """Whoever trusts the first key alone would find a record that it does not know."""
    first, before = sealing_key().public_key(), heads()
    book.order("o-8", 5)
    settings.SEAL_KEY = tmp_path / "gone.key"
    with pytest.raises(BadInputError, match=r"gone.key.*has signed the audit log; put it back"):
        seal_now(book.now)
    with pytest.raises(InputError, match="put it back"):  # determinations are signed by it, too
        determination_key()
    assert not settings.SEAL_KEY.exists()
    other = load_or_make_key(settings.SEAL_KEY).public_key()
    with pytest.raises(BadInputError, match="another key than the one that signed the newest head"):
        seal_now(book.now)
    assert heads() == before
    assert begin_new_key(JOBS, book.now, "the key was lost") > 0
    assert status().unsealed == 0
    (note,) = [x for x in ledger().entries() if x.kind == "seal.new_key"]
    named = {"key": key_id(other), "before": key_id(first)}
    assert (json.loads(note.content), note.reason) == (named, "the key was lost")
    assert verify_book(keys=[first, other]).wrong is None
    book.order("o-9", 5)
    assert seal_now(book.now) > 0  # from now on without being asked
    with pytest.raises(BadInputError, match="signed the newest head already"):
        begin_new_key(JOBS, book.now, "x")


def test_nothing_to_seal_makes_no_head(book: World) -> None:
    before = len(heads())
    assert seal_now(book.now) == 0
    assert len(heads()) == before


def test_a_secret_is_in_no_audit_row(book: World) -> None:
    from interlock.book.models import Webhook
    from interlock.book.snapshots import snapshot

    hook = Webhook(id="w-1", party_id="bytedance", url="https://a.example", secret="whsec_x",
                   state="active", made_at=book.now, changed_at=book.now)  # fmt: skip
    hook.save(force_insert=True)
    found: dict[str, Any] = snapshot(hook)
    assert "secret" not in found
    assert found["url"] == "https://a.example"


def test_orders_that_came_in_bulk_are_held_against_their_batch(book: World) -> None:
    import json

    from interlock.book.loading.orders import load_orders

    lines = [
        {"id": "l-1", "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",
         "quantity": 5, "destination": "CN", "order.truly_needed": True, "weight": "2.5"},
        {"id": "l-2", "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",
         "quantity": 6, "destination": "CN", "unit_price_usd": 26000.5},
    ]  # fmt: skip
    data = "".join(json.dumps(x) + "\n" for x in lines).encode()
    load_orders(book.supplier, data, "ndjson", "o.ndjson", now=book.now)
    assert verify_book().wrong is None
    book.do(book.allocator, "order.confirm", "l-2")
    assert verify_book().wrong is None
    Order.objects.filter(pk="l-1").update(quantity=7)
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.row) == ("order", "l-1")
    assert "its line in the load" in wrong.wrong


def test_what_a_screening_says_of_a_party_is_in_the_record_without_a_trace_on_the_party(
    book: World,
) -> None:
    from interlock.book.selectors.as_of import as_of
    from interlock.book.snapshots import plain, snapshot

    before = book.now
    book.now += dt.timedelta(hours=1)
    version = book.party("tencent").version
    book.do(book.officer, "screening.screen", party="tencent")
    party = book.party("tencent")
    assert (party.screening, party.version) == ("clear", version)
    assert verify_book().wrong is None
    assert as_of(Party, "tencent", before)["screened_on"] is None
    assert as_of(Party, "tencent", book.now) == plain(snapshot(party))
    Party.objects.filter(pk="tencent").update(screening="confirmed")
    wrong = verify_book().wrong
    assert wrong is not None
    assert (wrong.table, wrong.row) == ("party", "tencent")
    assert "screening" in wrong.wrong
