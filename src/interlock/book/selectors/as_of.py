"""The book as it had been recorded at a moment (R8), rebuilt from the audit log alone.

What an audit row holds is the whole thing after a change, so the newest row until the moment is
the thing as the book knew it then. Decisions over it are in `replay`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import ForeignKey

from interlock.book.acting import PARTS
from interlock.book.errors import NotFoundError
from interlock.book.models import (
    Condition,
    Licence,
    Order,
    Product,
    Thing,
)
from interlock.book.rows import raw_connection
from interlock.book.selectors.loads import orders_of
from interlock.book.snapshots import DERIVED, name_of_owner
from interlock.ledger.changes import time_text
from interlock.store import LedgerSession, rows
from interlock.store.executor import executor
from interlock.store.queries import AUDIT

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from django.db.models import Model

    AnyThing = TypeVar("AnyThing", bound=Thing)

_NEWEST = (
    "SELECT a.cause, a.content FROM audit a JOIN (SELECT max(seq) AS seq FROM audit"
    " WHERE kind LIKE ? AND kind <> ? AND recorded <= ? AND effective <= ? GROUP BY cause) newest"
    " ON newest.seq = a.seq ORDER BY a.cause"
)


class Past:
    """The book as recorded at a moment.

    Args:
        recorded: what was recorded later is left out; aware.
        effective: what took effect later is left out too; default `recorded`.
    """

    def __init__(self, recorded: dt.datetime, effective: dt.datetime | None = None) -> None:
        self.recorded = recorded
        self.effective = effective or recorded
        self.ledger = LedgerSession(*raw_connection())
        self._db = executor(*raw_connection())
        self._met: dict[tuple[str, str], Any] = {}

    # -- snapshots --------------------------------------------------------------------------------

    def snapshot(self, model: type[Thing], pk: str) -> dict[str, Any] | None:
        """One thing as its newest audit row says; None if it was not there yet."""
        content = self._content(model, pk, parts=False)
        if content is not None:
            return self._with_derived(model, json.loads(content)["thing"])
        return self._from_load(pk) if model is Order else None

    def parts(self, model: type[Thing], pk: str) -> dict[str, list[dict[str, Any]]]:
        """The rows in other tables that belonged to it."""
        content = self._content(model, pk, parts=True)
        found: dict[str, list[dict[str, Any]]] = json.loads(content)["parts"] if content else {}
        return {name: found.get(name, []) for name in model.parts}

    def snapshots(self, model: type[Thing]) -> Iterator[dict[str, Any]]:
        """All things of a kind, orders that came in bulk excepted: `loads` gives those."""
        given = (
            f"{model.kind}.%",
            f"{model.kind}.{PARTS}",
            time_text(self.recorded),
            time_text(self.effective),
        )
        for cause, content in self._db.read(_NEWEST, given):
            if cause.startswith(f"{model.kind}/"):
                yield self._with_derived(model, json.loads(content)["thing"])

    def _with_derived(self, model: type[Thing], found: dict[str, Any]) -> dict[str, Any]:
        """Fields that follow from other things change without a move: their own row has them."""
        content = self._content(model, found["id"], parts=True) if model.derived else None
        for row in json.loads(content)["parts"].get(DERIVED, ()) if content else ():
            found |= row
        return found

    def loads(self) -> Iterator[dict[str, Any]]:
        """The orders of all bulk loads, as they came in."""
        text = f"{AUDIT} WHERE kind = ? AND recorded <= ? AND effective <= ? ORDER BY seq"
        given = ("order.load", time_text(self.recorded), time_text(self.effective))
        for row in self._db.read(text, given):
            entry = rows.to_entry(row)
            yield from orders_of(entry, Past(entry.recorded).prices())

    def prices(self) -> dict[str, Any]:
        """The unit price of each product."""
        return {x["id"]: x["unit_price_usd"] for x in self.snapshots(Product)}

    def _content(self, model: type[Thing], pk: str, *, parts: bool) -> str | None:
        sign = "=" if parts else "<>"
        text = (
            f"SELECT content FROM audit WHERE cause = ? AND kind LIKE ? AND kind {sign} ?"  # noqa: S608
            " AND recorded <= ? AND effective <= ? ORDER BY seq DESC LIMIT 1"
        )
        given = (
            f"{model.kind}/{pk}",
            f"{model.kind}.%",
            f"{model.kind}.{PARTS}",
            time_text(self.recorded),
            time_text(self.effective),
        )
        found = self._db.read(text, given)
        return found[0][0] if found else None

    def _from_load(self, pk: str) -> dict[str, Any] | None:
        order = Order.objects.filter(pk=pk).values_list("basis", flat=True).first()
        change = (order or {}).get("load")
        if not change:
            return None
        found = self._db.read(f"{AUDIT} WHERE change = ?", (change,))
        if not found:
            return None
        entry = rows.to_entry(found[0])
        if entry.recorded > self.recorded or entry.effective > self.effective:
            return None
        lines = orders_of(entry, Past(entry.recorded).prices())
        return next((x for x in lines if x["id"] == pk), None)

    # -- things -----------------------------------------------------------------------------------

    def thing(self, model: type[AnyThing], pk: str) -> AnyThing | None:
        """One thing with all that it refers to, as objects that no table holds."""
        key = (model.kind, pk)
        if key not in self._met:
            found = self.snapshot(model, pk)
            self._met[key] = None if found is None else self._rebuilt(model, found)
        found_thing: AnyThing | None = self._met[key]
        return found_thing

    def things(self, model: type[AnyThing]) -> list[AnyThing]:
        """All things of a kind by id."""
        made = (self.thing(model, found["id"]) for found in self.snapshots(model))
        return [one for one in made if one is not None]

    def licences(self) -> list[Licence]:
        """All licences by id, each with its conditions."""
        of: dict[str, list[Condition]] = {}
        for condition in self.things(Condition):
            of.setdefault(condition.licence_id, []).append(condition)
        found = self.things(Licence)
        for one in found:
            own = sorted(of.get(one.pk, ()), key=lambda x: x.pk)
            one._prefetched_objects_cache["conditions"] = own  # type: ignore[attr-defined]
        return found

    def _rebuilt(self, model: type[AnyThing], found: dict[str, Any]) -> AnyThing:
        thing: AnyThing = _instance(model, found)
        self._met[model.kind, found["id"]] = thing
        self._refer(thing)
        kept: dict[str, Any] = {}
        for many in model._meta.many_to_many:
            other: Any = many.related_model
            kept[many.name] = [self.thing(other, pk) for pk in found[many.name]]
        for name, own in self.parts(model, found["id"]).items():
            kept[name] = [self._part(thing, name, row) for row in own]
        # What Django keeps when it has read these rows ahead; `.all()` gives it back.
        vars(thing)["_prefetched_objects_cache"] = kept
        return thing

    def _refer(self, row: Model) -> None:
        for field in row._meta.concrete_fields:
            pk = getattr(row, field.attname)
            other: Any = field.related_model
            if isinstance(field, ForeignKey) and pk and issubclass(other, Thing):
                setattr(row, field.name, self.thing(other, pk))

    def _part(self, thing: Thing, name: str, row: dict[str, Any]) -> Model:
        relation: Any = thing._meta.get_field(name)
        part: Model = _instance(relation.related_model, row)
        self._refer(part)
        setattr(part, name_of_owner(thing, name), thing)
        return part


def _instance(model: type[Any], found: dict[str, Any]) -> Any:
    """A row as an object, from its fields by name."""
    values = {
        (field.attname if isinstance(field, ForeignKey) else field.name): field.to_python(
            found[field.name]
        )
        for field in model._meta.concrete_fields
        if field.name in found
    }
    return model(**values)


def as_of(
    model: type[Thing], pk: str, recorded: dt.datetime, effective: dt.datetime | None = None
) -> dict[str, Any]:
    """One thing as the book had recorded it at a moment.

    Args:
        model: its kind.
        pk: its id.
        recorded: the moment, aware.
        effective: leave out, too, what took effect later.

    Raises:
        NotFoundError: it was not in the book yet.
    """
    found = Past(recorded, effective).snapshot(model, pk)
    if found is None:
        raise NotFoundError(model.kind, pk)
    return found
