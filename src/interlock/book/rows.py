"""Rows of things into their tables: many in one statement, and an id that is taken told as such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, IntegrityError, connection

from interlock.book.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        which = f"'{rows[0].pk}' is" if len(rows) == 1 else "one of the ids is"
        raise InputError({"id": f"{which} taken; choose another"}) from None


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
    fields = [meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    to = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    text = f"UPDATE {quote(meta.db_table)} SET {to} WHERE {quote(meta.pk.column)} = %s"  # noqa: S608
    given = [
        [*(x.get_db_prep_save(getattr(row, x.attname), connection) for x in fields), row.pk]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(text, given)
        if cursor.rowcount != len(given):
            msg = f"{meta.db_table}: {len(given) - cursor.rowcount} rows to change are gone"
            raise DatabaseError(msg)
