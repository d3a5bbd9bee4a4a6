"""Names of parties and products in place of their ids, for those that the actor may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.book.models import Party, Product
from interlock.book.naming import nameable
from interlock.book.rights import has_right, visible
from interlock.book.selectors.present import is_firm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.rights import Actor
    from interlock.web.listing import Column


class Unlinked(str):
    """The name of a party, or the id of a thing, whose own page the reader may not open."""

    __slots__ = ()


def names_for(
    actor: Actor, columns: Iterable[Column], rows: Iterable[dict[str, Any]]
) -> dict[str, str]:
    """`kind/id` -> name, for all that these cells refer to; one query a kind.

    Of a kind that the actor may read nothing of, the ids are `Unlinked`.
    """
    ids: dict[str, set[str]] = {"party": set(), "product": set()}
    found_rows = list(rows)
    for column in columns:
        if column.refers in ids:
            for row in found_rows:
                value = row.get(column.name)
                ids[column.refers].update(value if isinstance(value, list) else [value or ""])
    found = names_of(actor, ids["party"], ids["product"])
    for column in columns:
        if column.refers and column.refers not in ids and not readable(actor, column.refers):
            for pk in {row.get(column.name) for row in found_rows}:
                found[f"{column.refers}/{pk}"] = Unlinked(pk)
    return found


def readable(actor: Actor, kind: str) -> bool:
    """Whether there can be a page of this kind for the actor."""
    return has_right(actor, f"{kind}.read")


def party_name(actor: Actor | None, pk: str) -> str:
    """The name of a party that a law calls by its id, for those who may name it; else the id."""
    if actor is None or pk not in nameable(actor, Party, [pk]):
        return pk
    return Party.objects.values_list("name", flat=True).get(pk=pk)


def names_of(actor: Actor, parties: Iterable[str], products: Iterable[str] = ()) -> dict[str, str]:
    """`party/id` and `product/id` -> name.

    The ids are those that the page shows: what the actor may read names them. Whoever is told whom
    an order or a paper is of is told their name, too; it leads to their page for those alone who
    may read that (others get an `Unlinked`).
    """
    found: dict[str, str] = {}
    ids = {one for one in parties if one}
    named: tuple[tuple[Any, Iterable[str]], ...] = ((Party, ids), (Product, products))
    for model, some in named:
        wanted = [one for one in some if one]
        if wanted:
            rows = visible(actor, model).filter(pk__in=wanted).values_list("pk", "name")
            found.update({f"{model.kind}/{pk}": name for pk, name in rows})
    others = {one for one in ids if f"party/{one}" not in found}
    if others and is_firm(actor):
        rows = Party.objects.filter(pk__in=others).values_list("pk", "name")
        found.update({f"party/{pk}": Unlinked(name) for pk, name in rows})
    return found
