"""All things of a kind as snapshots, streamed: for checking and exporting whole books.

The same as `acting.snapshot` and `acting.parts_of` row by row, without an object for each row.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import ForeignKey

from interlock.book.snapshots import DERIVED, derived_of, name_of_owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import Field, Model

    from interlock.book.models import Thing

CHUNK = 2_000


class Whole(NamedTuple):
    """One thing: its id, its snapshot, and its rows in other tables by their names."""

    pk: str
    thing: dict[str, Any]
    parts: dict[str, list[dict[str, Any]]]


def stream(model: type[Thing]) -> Iterator[Whole]:
    """Every thing of a kind by id."""
    fields = [x for x in model._meta.concrete_fields if x.name not in model.unrecorded]
    names = [x.name for x in fields]
    query = model._default_manager.order_by("pk").values_list(*(_column(x) for x in fields))
    rows = query.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        things = {row[0]: {"kind": model.kind, **dict(zip(names, row, strict=True))}
                  for row in chunk}  # fmt: skip
        _add_many(model, things)
        parts = {name: _parts(model, name, list(things)) for name in model.parts}
        for pk, thing in things.items():
            own = {name: found.get(pk, []) for name, found in parts.items()}
            if model.derived:
                own[DERIVED] = derived_of(model, thing)
            yield Whole(pk, thing, own)


def _column(field: Field[Any, Any]) -> str:
    return field.attname if isinstance(field, ForeignKey) else field.name


def _add_many(model: type[Thing], things: dict[str, dict[str, Any]]) -> None:
    for many in model._meta.many_to_many:
        owner, other = f"{many.m2m_field_name()}_id", f"{many.m2m_reverse_field_name()}_id"
        through: Any = many.remote_field.through
        pairs = through._default_manager.filter(**{f"{owner}__in": list(things)})
        for thing in things.values():
            thing[many.name] = []
        for pk, found in pairs.values_list(owner, other):
            things[pk][many.name].append(found)
        for thing in things.values():
            thing[many.name].sort()


def _parts(model: type[Thing], name: str, pks: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    relation: Any = model._meta.get_field(name)
    part: type[Model] = relation.related_model
    owner = name_of_owner(model, name)
    fields = [x for x in part._meta.concrete_fields if x.name != owner]
    query = part._default_manager.filter(**{f"{owner}__in": pks}).order_by("pk")
    found: dict[str, list[dict[str, Any]]] = {}
    for pk, *row in query.values_list(f"{owner}_id", *(_column(x) for x in fields)):
        values = dict(zip((x.name for x in fields), row, strict=True))
        found.setdefault(pk, []).append(values)
    return found
