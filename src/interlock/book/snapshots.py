"""Things as the audit log keeps them: all fields, what belongs to them, as JSON of one spelling."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import ForeignKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db import models

    from interlock.book.models import Thing

DERIVED = "derived"
"""Where the parts of a thing hold its fields that follow from other things."""


def snapshot(thing: Thing) -> dict[str, Any]:
    """All of a thing's fields by name, references as ids, values as the database gives them back.

    Secrets (`unrecorded`) are left out: what is in the audit log cannot be taken out again.
    """
    found = row_of(thing, leave_out=thing.unrecorded)
    for item in thing._meta.many_to_many:
        found[item.name] = sorted(one.pk for one in getattr(thing, item.name).all())
    return {"kind": thing.kind, **found}


def row_of(row: models.Model, leave_out: Iterable[str] = ()) -> dict[str, Any]:
    """The columns of one row by the names of their fields, references as ids."""
    return {
        item.name: item.to_python(
            getattr(row, item.attname if isinstance(item, ForeignKey) else item.name)
        )
        for item in row._meta.concrete_fields
        if item.name not in leave_out
    }


def parts_of(thing: Thing) -> dict[str, list[dict[str, Any]]]:
    """The rows in other tables that belong to a thing, by the names of their tables, by id.

    Under `DERIVED` stands one row with the fields that follow from other things, if any is filled.
    """
    found: dict[str, list[dict[str, Any]]] = {
        name: [
            row_of(row, leave_out=(name_of_owner(thing, name),))
            for row in getattr(thing, name).order_by("pk")
        ]
        for name in thing.parts
    }
    if thing.derived:
        now = type(thing)._default_manager.filter(pk=thing.pk).values(*thing.derived)
        found[DERIVED] = derived_of(thing, now[0])
    return found


def derived_of(thing: Thing | type[Thing], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The derived fields of a row as one row of their own; none if all are empty."""
    found = {name: row[name] for name in thing.derived}
    return [found] if any(found.values()) else []


def name_of_owner(thing: Thing | type[Thing], part: str) -> str:
    """The field of a part's rows that refers to the thing itself."""
    relation: Any = thing._meta.get_field(part)
    return str(relation.field.name)


def encoded(value: Any) -> str:
    """A value as the audit log keeps it: JSON with sorted names, exact numbers as text."""
    return _encode(value)


def plain(value: Any) -> Any:
    """A value as JSON can say it: numbers exact as text, times in ISO 8601."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return _plain_one(value) if isinstance(value, Decimal | date) else value


def _plain_one(value: Any) -> Any:
    """The same for what JSON has no word for; also what the encoder asks."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    msg = f"the audit log cannot hold a {type(value).__name__}"
    raise TypeError(msg)


_encode = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain_one
).encode
