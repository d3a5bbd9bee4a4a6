"""The one policy: which office may make which move on which thing (`rights.toml`).

`visible` narrows a query to what an actor may read; `require` refuses a move. A thing that an
actor may not read does not exist for them: `NotFoundError`, in the API 404.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache, reduce
from importlib.resources import files
from operator import or_
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Q

from interlock.book.errors import DeniedError, NotFoundError
from interlock.book.lifecycles import lifecycles

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from interlock.book.models import Thing

    AnyThing = TypeVar("AnyThing", bound=Thing)

RELATIONS = ("own", "gate", "asked", "any")


@dataclass(frozen=True)
class Actor:
    """Somebody who acts: a person or a service account in one office, or the book itself.

    Attributes:
        name: as it stands in the audit log.
        party: the party they act for; empty for the book itself.
        gate: the gate that party guards, if it is an authority.
        roles: their roles at that party.
        scopes: rights that a token is limited to; None = no limit.
        itself: the book's own jobs, which may make the moves under [jobs] alone.
    """

    name: str
    party: str = ""
    gate: str = ""
    roles: frozenset[str] = frozenset()
    user: int | None = None
    scopes: frozenset[str] | None = None
    itself: bool = field(default=False, kw_only=True)

    def is_same_person(self, name: str) -> bool:
        """Whether a name of the audit log is this one's, in whatever office."""
        return bool(name) and person_of(name) == person_of(self.name)


def person_of(name: str) -> str:
    """The person of an actor's name, without the office: `li` of `li@us-bis`."""
    return name.rpartition("@")[0] or name


JOBS = Actor("interlock", itself=True)


@cache
def _table() -> dict[str, Any]:
    text = files("interlock.book").joinpath("rights.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _unfold(grants: list[str]) -> frozenset[tuple[str, str]]:
    sets: dict[str, list[str]] = _table()["sets"]
    flat = [x for grant in grants for x in (sets[grant[1:]] if grant[0] == "+" else [grant])]
    pairs = frozenset((role, relation) for role, _, relation in (x.partition("@") for x in flat))
    wrong = [
        f"{a}@{b}"
        for a, b in pairs
        if a not in _table()["roles"] or b.partition(":")[0] not in RELATIONS
    ]
    if wrong:
        raise ValueError(f"rights.toml: no such office or relation: {', '.join(sorted(wrong))}")
    return pairs


@cache
def grants_of(right: str) -> frozenset[tuple[str, str]]:
    """The (role, relation) pairs that have a right, `<kind>.read` or `<kind>.<move>`."""
    kind, _, name = right.partition(".")
    if name in _table()["beside"].get(kind, ()):
        return _unfold(_table()["beside"][kind][name])
    if name == "read":
        return _unfold(_table()["read"][kind])
    of_kind: dict[str, list[str]] = _table()["moves"][kind]
    if name not in lifecycles()[kind].moves:
        raise KeyError(right)
    if name in of_kind:
        return _unfold(of_kind[name])
    return _unfold(of_kind["*"]) if "*" in of_kind else frozenset()


def roles() -> dict[str, str]:
    """Every role with what it is for."""
    found: dict[str, str] = _table()["roles"]
    return found


def all_rights() -> list[str]:
    """Every right there is: reading each kind, each move, and what is done beside things."""
    reads = [f"{kind}.read" for kind in _table()["read"]]
    beside = [f"{kind}.{name}" for kind, names in _table()["beside"].items() for name in names]
    moves = [move.right for life in lifecycles().values() for move in life.moves.values()]
    return reads + moves + beside


def _relations(actor: Actor, right: str) -> set[str]:
    """In which relations to a thing an actor has a right."""
    if actor.scopes is not None and not in_scope(actor.scopes, right):
        return set()
    found = {relation for role, relation in grants_of(right) if role in actor.roles}
    return found if actor.gate else found - {"gate"}


def in_scope(scopes: frozenset[str], right: str) -> bool:
    """Whether a token's scopes cover a right: itself, `<kind>.*`, `*.read` or `*`."""
    kind, _, name = right.partition(".")
    return not scopes.isdisjoint({right, f"{kind}.*", f"*.{name}", "*"})


def has_right(actor: Actor, right: str) -> bool:
    """Whether an actor has a right on anything at all; for menus and for lists."""
    return bool(_relations(actor, right))


def allows(actor: Actor, right: str, thing: Thing) -> bool:
    """Whether an actor may do this to this thing."""
    if actor.itself:
        kind, _, name = right.partition(".")
        return name in _table()["jobs"].get(kind, ())
    relations = _relations(actor, right)
    return (
        "any" in relations
        or ("gate" in relations and actor.gate in thing.own_gates())
        or ("asked" in relations and bool(actor.party) and actor.party in thing.asked())
        or any(
            actor.party in thing.owners(relation.partition(":")[2])
            for relation in relations
            if relation.startswith("own")
        )
    )


def require(actor: Actor, right: str, thing: Thing) -> None:
    """Refuse what an actor may not do.

    Raises:
        NotFoundError: they may not even know that the thing is there.
        DeniedError: they may read it, and not do this.
    """
    if allows(actor, right, thing):
        return
    if not actor.itself and not allows(actor, f"{thing.kind}.read", thing):
        raise NotFoundError(thing.kind, str(thing.pk))
    raise DeniedError(actor.name, right, str(thing.pk), _who(right))


def require_some(actor: Actor, right: str, what: str) -> None:
    """Refuse whoever has a right on nothing at all; for acts and answers about many things.

    Raises:
        DeniedError: with the roles that have it.
    """
    kind, _, name = right.partition(".")
    if actor.itself and name in _table()["jobs"].get(kind, ()):
        return
    if not has_right(actor, right):
        raise DeniedError(actor.name, right, what, _who(right))


def _who(right: str) -> tuple[str, ...]:
    return tuple(sorted({role for role, _ in grants_of(right)}))


def visible(actor: Actor, model: type[AnyThing]) -> QuerySet[AnyThing]:
    """The things of a kind that an actor may read, as a query that can be narrowed further."""
    everything: QuerySet[AnyThing] = model._default_manager.all()
    ways = _ways(actor, model)
    if ways is None:
        return everything
    found = everything.filter(reduce(or_, ways, Q(pk__in=())))
    # A path over many rows can meet a thing twice; a subquery keeps pages and counts right.
    return found if _single(model) else everything.filter(pk__in=found.values("pk"))


def _ways(actor: Actor, model: type[Thing]) -> list[Q] | None:
    """The ways by which an actor may read things of a kind; None: every thing of it."""
    relations = _relations(actor, f"{model.kind}.read")
    if actor.itself or "any" in relations:
        return None
    found = []
    if "own" in relations and actor.party:
        found += [Q(**{path: actor.party}) for path in model.own_paths]
    if "asked" in relations and actor.party:
        found += [Q(**{path: actor.party}) for path in model.asked_paths]
    if "gate" in relations:
        if model.gate_path:
            found.append(Q(**{model.gate_path: actor.gate}))
        elif actor.gate in model.gates:
            return None
    return found


def reads_all(actor: Actor, model: type[Thing]) -> bool:
    """Whether an actor may read every thing of a kind, whoever's it is."""
    return _ways(actor, model) is None


def first_visible(
    actor: Actor,
    model: type[AnyThing],
    narrow: Callable[[QuerySet[AnyThing]], QuerySet[AnyThing]],
    most: int,
) -> QuerySet[AnyThing]:
    """The first things by id, of those that `narrow` leaves, that an actor may read.

    A database asked for several ways at once sorts all that it finds by any of them; asked for one
    after another, each by its own index, it reads no more than `most` of each.
    """
    everything: QuerySet[AnyThing] = model._default_manager.all()
    ways = _ways(actor, model)
    if ways is None or len(ways) < 2:
        return narrow(visible(actor, model)).order_by("pk")[:most]
    found: set[str] = set()
    for way in ways:
        rows = narrow(everything.filter(way)).order_by("pk").distinct()
        found.update(rows.values_list("pk", flat=True)[:most])
    return everything.filter(pk__in=found).order_by("pk")[:most]


def _single(model: type[Thing]) -> bool:
    return not any("holders" in path or path == "parties" for path in model.own_paths)


def find(actor: Actor, model: type[AnyThing], pk: str, *, lock: bool = False) -> AnyThing:
    """One thing that an actor may read.

    Args:
        actor: who asks.
        model: its kind.
        pk: its id.
        lock: hold its row until the transaction ends.

    Raises:
        NotFoundError: there is none for this actor.
    """
    query = visible(actor, model)
    if lock:
        query = query.select_for_update(of=("self",))
    found = query.filter(pk=pk).first()
    if found is None:
        raise NotFoundError(model.kind, pk)
    return found
