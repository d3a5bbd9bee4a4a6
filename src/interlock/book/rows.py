"""Rows of things into their tables, and what the database says of it: an id is taken, try again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, IntegrityError, connection

from interlock.book.errors import InputError
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import Model

BATCH = 500


def insert_rows(rows: Sequence[Model]) -> None:
    """Insert rows of one table, none of which may be there.

    Raises:
        InputError: an id is taken. Nothing may be written to the database after that.
    """
    if not rows:
        return
    try:
        if len(rows) == 1:
            rows[0].save(force_insert=True)
        else:
            type(rows[0])._default_manager.bulk_create(rows, batch_size=BATCH)
    except IntegrityError as error:
        if not _key_is_taken(error, type(rows[0])):
            raise
        one = phrase("'{id}' is taken; choose another", id=rows[0].pk)
        some = phrase("one of the ids is taken; choose another")
        raise InputError({"id": one if len(rows) == 1 else some}) from None


def _key_is_taken(error: IntegrityError, model: type[Model]) -> bool:
    """Whether a row of this id is there; another failure is a fault of ours."""
    table, cause = model._meta.db_table, error.__cause__
    told = getattr(getattr(cause, "diag", None), "constraint_name", None)
    return told == f"{table}_pkey" or f"UNIQUE constraint failed: {table}.id" in str(cause)


def update_rows(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Write fields of rows that are there, each row by its key, in one round trip.

    Args:
        rows: of one table, none twice.
        names: the fields.

    Raises:
        DatabaseError: a row is gone.
    """
    if not rows:
        return
    meta: Any = type(rows[0])._meta
    fields = [meta.pk, *(meta.get_field(name) for name in names)]
    given = [
        [x.get_db_prep_save(getattr(row, x.attname), connection) for x in fields] for row in rows
    ]
    quote = connection.ops.quote_name
    table, columns = quote(meta.db_table), [quote(field.column) for field in fields]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(rows) > 1:
            _update_at_once(cursor, table, columns, _types(fields), given)
        else:
            to = ", ".join(f"{column} = %s" for column in columns[1:])
            text = f"UPDATE {table} SET {to} WHERE {columns[0]} = %s"  # noqa: S608
            cursor.executemany(text, [(*row[1:], row[0]) for row in given])
        if cursor.rowcount != len(given):
            msg = f"{meta.db_table}: {len(given) - cursor.rowcount} rows to change are gone"
            raise DatabaseError(msg)


def _types(fields: Sequence[Any]) -> list[str]:
    return [field.cast_db_type(connection) for field in fields]


def _update_at_once(
    cursor: Any, table: str, columns: Sequence[str], types: Sequence[str], given: Sequence[Any]
) -> None:
    """The same by one statement, which takes an array for each column; the first is the key."""
    to = ", ".join(f"{x} = v.{x}" for x in columns[1:])
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    cursor.execute(
        f"UPDATE {table} SET {to} FROM UNNEST({arrays}) AS v({', '.join(columns)})"  # noqa: S608
        f" WHERE {table}.{columns[0]} = v.{columns[0]}",
        [list(column) for column in zip(*given, strict=True)],
    )


def hold_rows(model: type[Model], keys: Iterable[str]) -> None:
    """Keep rows as they are until the transaction ends; others may keep them so, too.

    Whoever decides on what it has read holds it first, so that nobody changes it before what was
    decided is written. On SQLite nobody else writes meanwhile.
    """
    listed = sorted(set(keys))
    if not listed or connection.vendor != "postgresql":
        return
    quote, meta = connection.ops.quote_name, model._meta
    table, key = quote(meta.db_table), quote(str(meta.pk.column))
    text = f"SELECT {key} FROM {table} WHERE {key} = ANY(%s) ORDER BY {key} FOR SHARE"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(text, [listed])


def raw_connection() -> tuple[Any, str]:
    """Django's own connection as the driver gave it, and the dialect it speaks."""
    connection.ensure_connection()
    return connection.connection, connection.vendor


def may_pass(error: BaseException) -> bool:
    """Whether the same act may go through next time: a deadlock or a serialisation failure.

    Django wraps the driver's errors; the ledger, on the raw connection, does not.
    """
    states = {getattr(one, "sqlstate", None) for one in (error, error.__cause__)}
    return not states.isdisjoint(("40P01", "40001"))
