"""Loading order lines by the million, in batches that stand or fall whole.

A load is named by its content: the same table again finds its batches there and goes on after
them, so a load that was killed is finished by sending it again. Each batch is one transaction with
one audit row that holds every line of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.db.models import BigIntegerField, CharField, ForeignKey, JSONField

from interlock.book.acting import Act, perform
from interlock.book.errors import DeniedError
from interlock.book.loading.tables import COLUMNS, OrderTable, read
from interlock.book.models import Event, Order, Party, Product
from interlock.book.naming import nameable
from interlock.book.rights import allows, grants_of
from interlock.book.selectors.accounts import ledger
from interlock.files import BadInputError, Fault
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    import polars as pl
    from django.db.models import Field

    from interlock.book.rights import Actor

BATCH = 10_000
PARTIES = ("buyer", "supplier", "consignee", "end_user", "forwarder", "broker")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


@dataclass(frozen=True)
class Loaded:
    """What a load did: rows written now, rows that were there already, and the load's name."""

    load: str
    written: int
    already: int


def load_orders(
    actor: Actor,
    data: bytes,
    kind: str,
    name: str,
    *,
    now: dt.datetime,
    reason: str = "",
    told: Callable[[int, int], None] | None = None,
) -> Loaded:
    """Load a table of orders.

    Args:
        actor: each line must be one that they could place.
        data: the table.
        kind: `parquet`, `ndjson` or `csv`.
        name: of the file, for messages.
        now: the clock.
        reason: why, in words.
        told: called with rows done and rows in all after each batch.

    Raises:
        BadInputError: every fault with row and column; nothing was written.
        DeniedError: a line is not theirs to place; nothing was written.
    """
    frame = read(data, kind, name)
    table = OrderTable(frame, name, 1 if kind == "csv" else 0, now.date())
    _check_book(actor, table)
    load = f"load-{hashlib.sha256(data).hexdigest()[:24]}"
    batches = _batches(load, table)
    for batch in batches:
        if not batch.there:
            _check_new(table, batch)
    written = already = 0
    for batch in batches:
        if not batch.there and perform(
            actor,
            lambda act, batch=batch: _write(act, load, table, batch),  # type: ignore[misc]
            now=now,
            reason=reason or f"load of {name}",
            change=batch.change,
        ):
            written += batch.rows.height
        else:
            already += batch.rows.height
        if told is not None:
            told(written + already, table.frame.height)
    return Loaded(load, written, already)


@dataclass(frozen=True)
class _Batch:
    """Rows of one transaction; `there`: a load before this one wrote them."""

    change: str
    start: int
    rows: pl.DataFrame
    there: bool


def _batches(load: str, table: OrderTable) -> list[_Batch]:
    there = {entry.change for entry in ledger().entries_of(f"load/{load}")}
    return [
        _Batch(change, start, table.frame.slice(start, BATCH), change in there)
        for start in range(0, table.frame.height, BATCH)
        for change in [f"{load}/{start // BATCH + 1}"]
    ]


def _check_book(actor: Actor, table: OrderTable) -> None:
    """Every party and product is there, and every line is one that the actor may place."""
    frame = table.frame
    named = [frame[column].unique() for column in PARTIES if column in frame.columns]
    ids = {pk for column in named for pk in column if pk is not None}
    table.check_there(PARTIES, nameable(actor, Party, ids, in_use=True), "party")
    active = Product.objects.filter(state="active").values_list("pk", flat=True)
    table.check_there(("product",), set(active), "product")
    table.check_rank(actor.party)
    for buyer, supplier in frame.select("buyer", "supplier").unique().sort("buyer").iter_rows():
        line = Order(pk="a line", buyer_id=buyer, supplier_id=supplier)
        if not allows(actor, "order.place", line):
            who = tuple(sorted({role for role, _ in grants_of("order.place")}))
            raise DeniedError(actor.name, "order.place", f"a line of {buyer} from {supplier}", who)


def _check_new(table: OrderTable, batch: _Batch) -> None:
    """Refuse ids that other orders have."""
    ids = batch.rows["id"].to_list()
    taken = _taken(ids)
    if taken:
        mend = phrase("give each order an id of its own")
        at = [(row, pk) for row, pk in enumerate(ids, batch.start) if pk in taken]
        raise BadInputError(
            [
                Fault(table.place(row, "id"), phrase("id: '{pk}' is taken", pk=pk), mend)
                for row, pk in at
            ]
        )


def _write(act: Act, load: str, table: OrderTable, batch: _Batch) -> bool:
    """Write one batch; False if another load of the same table was faster."""
    rows = batch.rows
    kept = {"load": load, "first": batch.start + 1, "columns": rows.columns, "rows": rows.rows()}
    new = act.ledger.record(
        "order.load", act.id, _encode(kept), act.why(f"load/{load}"), now=act.now
    )
    if not new:
        return False
    prices: dict[Any, Any] = dict(Product.objects.values_list("pk", "unit_price_usd"))
    try:
        with transaction.atomic():
            _insert(order_columns(rows, act, prices))
    except IntegrityError:
        _check_new(table, batch)  # another load was faster with one of the ids: say with which
        raise
    Event.objects.create(
        name="order.load",
        thing_kind="load",
        thing=act.id,
        thing_version=1,
        change=act.id,
        parties=sorted({*rows["buyer"].unique(), *rows["supplier"].unique()}),
        gates=list(Order.gates),
        at=act.now,
    )
    return True


def _taken(ids: list[str]) -> set[str]:
    """Which of these ids orders have; one question, however many there are."""
    if connection.vendor == "sqlite":
        sql, given = "SELECT value FROM json_each(%s)", json.dumps(ids)
    else:
        sql, given = "SELECT unnest(%s::text[])", ids  # type: ignore[assignment]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM book_order WHERE id IN ({sql})", [given])  # noqa: S608
        return {row[0] for row in cursor.fetchall()}


def order_columns(rows: pl.DataFrame, act: Act, prices: dict[Any, Any]) -> dict[str, Sequence[Any]]:
    """The fields of the orders of a batch, column by column; what the table leaves out has its
    default."""  # noqa: D205, D209 - one thought
    size = rows.height
    fixed = {
        "state": "placed", "version": 1, "made_at": act.now, "changed_at": act.now,
        "transaction_kind": "export", "basis": {"load": act.id}, "allocated": 0, "shipped": 0,
        "entered": 0,
    }  # fmt: skip
    found: dict[str, Sequence[Any]] = {name: _Same(value, size) for name, value in fixed.items()}
    for column, rule in COLUMNS.items():
        default = act.today if column == "placed_on" else rule.default
        if column not in rows.columns:
            found[column] = _Same(default, size)
        else:
            given = rows[column]
            values = given.to_list()
            if default is not None and given.null_count():
                values = [default if value is None else value for value in values]
            found[column] = values
    found["unit_price_usd"] = [
        prices.get(product) if price is None else price
        for price, product in zip(found["unit_price_usd"], found["product"], strict=True)
    ]
    facts = [column for column in rows.columns if "." in column]
    found["facts"] = (
        [
            _nested({name: value for name, value in row.items() if value is not None})
            for row in rows.select(facts).iter_rows(named=True)
        ]
        if facts
        else _Same({}, size)
    )
    return found


class _Same(Sequence[Any]):
    """One value for every row."""

    def __init__(self, value: Any, size: int) -> None:
        self.value, self.size = value, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, at: Any) -> Any:
        return self.value

    def __iter__(self) -> Iterator[Any]:
        return repeat(self.value, self.size)


def _nested(flat: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in flat.items():
        *path, last = name.split(".")
        inner = found
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return found


def _insert(found: dict[str, Sequence[Any]]) -> None:
    """Insert orders as rows of the table, past the model: a million of them in a minute."""
    fields = Order._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    # The names are the model's own, never input.
    sql = f'INSERT INTO "{Order._meta.db_table}" ({columns}) VALUES ({marks})'  # noqa: S608
    ready = [_prepared(field, found[field.name]) for field in fields]
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(zip(*ready, strict=True)))


def _prepared(field: Field[Any, Any], values: Sequence[Any]) -> Iterable[Any]:
    """A column as the database takes it; equal values are made ready once."""
    if isinstance(values, _Same):
        return repeat(field.get_db_prep_save(values.value, connection), len(values))
    if isinstance(field, CharField | ForeignKey | BigIntegerField):
        return values  # texts and whole numbers go as they are
    if isinstance(field, JSONField):
        return [field.get_db_prep_save(value, connection) for value in values]
    ready = {value: field.get_db_prep_save(value, connection) for value in set(values)}
    return [ready[value] for value in values]
