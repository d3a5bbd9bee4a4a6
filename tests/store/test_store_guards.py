"""What the database itself refuses, tried by raw SQL, and what `verify` finds when it is rewritten.

R16: append-only for real. R3: the floor is a CHECK.
"""

import pytest
from store_kit import Place, dump, opened, tamper
from store_worker import LEGS, NOW, WHY

from interlock.ledger import Post, Reserve
from interlock.store.layout import COLUMNS
from interlock.store.schema import drop_schema, schema

TABLES = ("ledger_transfer", "audit", "ledger_account", "seal_leaf", "seal_node", "seal_head")
DELETED = (*TABLES, "ledger_counters", "ledger_reservation", "ledger_draw")
COPY = {table: ", ".join(columns) for table, columns in COLUMNS.items()}
SEALS = {
    "seal_leaf": "leaf, seq, hash",
    "seal_node": "level, number, hash",
    "seal_head": "number, tree_size, root, sealed_at, previous_root, key_id, signature",
}
COPY |= SEALS
EDITS = {
    "ledger_transfer": "amount = 1", "audit": "actor = 'nobody'", "ledger_account": "holder = 'x'",
    "seal_leaf": "seq = 1", "seal_node": "level = 2", "seal_head": "tree_size = 9",
}  # fmt: skip


def again(table: str, key: str, to: str) -> str:
    """Copies a row with another value in one column; some column still holds an existing id."""
    columns = COPY[table].split(", ")
    values = ", ".join(to if name == key else name for name in columns)
    return f"INTO {table} ({COPY[table]}) SELECT {values} FROM {table}"


REFUSED = [
    *(f"UPDATE {table} SET {edit}" for table, edit in EDITS.items()),
    *(f"DELETE FROM {table}" for table in DELETED),
    *(f"INSERT INTO {x} ({COPY[x]}) SELECT {COPY[x]} FROM {x}" for x in TABLES),
    f"INSERT {again('ledger_transfer', 'seq', 'seq + 100')}",
    f"INSERT {again('audit', 'seq', 'seq + 100')}",
    f"INSERT {again('ledger_transfer', 'seq', 'seq + 100')} WHERE 1 = 1"
    " ON CONFLICT (id) DO UPDATE SET amount = 1",
    f"INSERT {again('audit', 'seq', 'seq + 100')} WHERE 1 = 1"
    " ON CONFLICT (change) DO UPDATE SET actor = 'nobody'",
    f"INSERT {again('audit', 'seq', 'seq + 100')} WHERE 1 = 1 ON CONFLICT (change) DO NOTHING",
    "UPDATE ledger_counters SET base_floor = -1000, floor = -1000",
]
LITE = [
    "UPDATE OR REPLACE ledger_transfer SET id = 'x'",
    *(f"INSERT OR REPLACE INTO {x} ({COPY[x]}) SELECT {COPY[x]} FROM {x}" for x in TABLES),
    "REPLACE INTO ledger_counters SELECT * FROM ledger_counters",
    f"REPLACE {again('ledger_transfer', 'seq', 'seq + 100')}",
    f"REPLACE {again('ledger_transfer', 'id', 'id || 1')}",
    f"REPLACE {again('audit', 'seq', 'seq + 100')}",
    f"REPLACE {again('seal_leaf', 'leaf', 'leaf + 100')}",
]
PSQL = [
    *(f"TRUNCATE {table} CASCADE" for table in DELETED),
    "TRUNCATE ledger_discrepancy",
    "UPDATE ledger_counters SET account = 'x'",
]
CHECKED = [
    "UPDATE ledger_counters SET debits_pending = debits_pending + 5",
    "UPDATE ledger_counters SET debits_pending = debits_pending + 5, excess = 2",
    "UPDATE ledger_counters SET excess = 1",
    "UPDATE ledger_counters SET excess = -1",
    "UPDATE ledger_counters SET floor = -5",
    "UPDATE ledger_counters SET debits_pending = -1",
    "UPDATE ledger_reservation SET remaining = -1",
    "UPDATE ledger_reservation SET remaining = 7",
    "UPDATE ledger_draw SET reversed = 5",
]
BLOB = {"sqlite": "zeroblob({0})", "postgresql": "decode(repeat('00', {0}), 'hex')"}


def fill(place: Place) -> Place:
    """A line reserved for 6 of 10, 4 of them posted; a row in each table of seals."""
    with opened(place, grant=10) as ledger:
        ledger.apply(Reserve("line", WHY, LEGS, 6, ""), now=NOW)
        ledger.apply(Post("ship", WHY, "line", 4), now=NOW)
    hashed, signed = BLOB[place.dialect].format(32), BLOB[place.dialect].format(64)
    connection = place.raw()
    connection.execute(f"INSERT INTO seal_leaf SELECT 0, min(seq), {hashed} FROM audit")
    connection.execute(f"INSERT INTO seal_node VALUES (1, 0, {hashed})")
    head = f"0, 1, {hashed}, '2026', {hashed}, 'k', {signed}"
    connection.execute(f"INSERT INTO seal_head VALUES ({head})")
    connection.close()
    return place


@pytest.fixture
def filled(place):
    return fill(place)


def refuse(place: Place, sql: str, match: str | None = None) -> None:
    before = dump(place)
    connection = place.raw()
    with pytest.raises(place.refusal, match=match):
        connection.execute(sql)
    connection.close()
    assert dump(place) == before


@pytest.mark.parametrize(
    ("place", "sql"),
    [
        *(("sqlite", sql) for sql in [*REFUSED, *LITE]),
        *(("postgresql", sql) for sql in [*REFUSED, *PSQL]),
    ],
    indirect=["place"],
)
def test_r16_raw_sql_can_neither_edit_nor_replace_nor_delete(place, sql):
    refuse(fill(place), sql)


@pytest.mark.parametrize("sql", CHECKED)
def test_r3_the_database_itself_holds_the_floor(filled, sql):
    refuse(filled, sql, match=r"CHECK|violates check constraint")


def test_r3_the_check_admits_excess_just_up_to_the_floor(filled):
    connection = filled.raw()
    sql = "UPDATE ledger_counters SET debits_posted = debits_posted + 6, excess = 2"
    assert connection.execute(sql).rowcount == 1
    connection.close()


@pytest.mark.parametrize(
    ("sql", "table", "row"),
    [
        ("UPDATE ledger_transfer SET amount = 5 WHERE kind = 'post'", "transfer", "ship#0"),
        ("UPDATE ledger_transfer SET amount = 11 WHERE kind = 'grant'", "transfer", "g-licence#0"),
        ("UPDATE ledger_transfer SET change = 'x' WHERE kind = 'reserve'", "transfer", "line#0"),
        ("DELETE FROM ledger_transfer WHERE kind = 'reserve'", "transfer", "2"),
        ("DELETE FROM audit WHERE change = 'line'", "audit", "3"),
        ("UPDATE audit SET kind = 'line.make' WHERE change = 'line'", "transfer", "line#0"),
        ("UPDATE ledger_counters SET debits_pending = 1", "counters", "licence"),
        ("UPDATE ledger_counters SET seq = 9", "counters", "licence"),
        ("UPDATE ledger_reservation SET remaining = 3", "reservation", "line#0"),
        ("UPDATE ledger_draw SET reversed = 1", "draw", "ship#0"),
    ],
)
def test_verify_names_the_first_row_that_is_off(own_place, sql, table, row):
    fill(own_place)
    with own_place.open() as ledger:
        assert ledger.verify() is None
    tamper(own_place, sql)
    with own_place.open() as ledger:
        off = ledger.verify()
    assert off is not None
    if own_place.dialect == "postgresql" and sql.startswith("DELETE"):
        # Numbers have gaps there: a row that is missing shows in what it leaves behind.
        expected = {"2": ("counters", "licence"), "3": ("transfer", "line#0")}[row]
    else:
        expected = (table, row)
    assert (off.table, off.row) == expected


def test_verify_names_a_leg_that_is_missing_in_a_numbering_with_gaps(pg_own_url):
    from fractions import Fraction

    from store_kit import PsqlPlace

    from interlock.law.terms import Leg

    place = PsqlPlace(pg_own_url)
    legs = tuple(Leg(name, Fraction(1)) for name in ("a", "b", "c"))
    with opened(place, "a", "b", "c", grant=5) as ledger:
        ledger.apply(Reserve("line", WHY, legs, 1, ""), now=NOW)
    tamper(place, "DELETE FROM ledger_transfer WHERE id = 'line#1'")
    with place.open() as ledger:
        off = ledger.verify()
    assert off is not None
    assert (off.table, off.row, off.wrong) == ("transfer", "line#1", "is missing")


def test_the_schema_goes_away_whole_and_comes_again(own_place):
    fill(own_place)
    connection = own_place.raw()
    for statement in drop_schema(own_place.dialect):
        connection.execute(statement)
    left = {
        "sqlite": "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'",
        "postgresql": "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    }[own_place.dialect]
    assert connection.execute(left).fetchall() == []
    for statement in schema(own_place.dialect):
        connection.execute(statement)
    connection.close()
    with opened(own_place, grant=1) as ledger:
        assert ledger.headroom(now=NOW) == {"licence": 1}
