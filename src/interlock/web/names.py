"""Names of parties, products and people in place of ids, for those that the actor may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from interlock.book.models import THINGS, Party, Product, User
from interlock.book.naming import nameable
from interlock.book.rights import JOBS, has_right, reads_all, visible
from interlock.book.selectors.present import is_firm
from interlock.web.inwords import HOLDERS, account_parts
from interlock.web.law_tongue import chinese, unit_name
from interlock.web.phrasing import between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from interlock.book.rights import Actor
    from interlock.web.listing import Column


PEOPLE = (
    "proposed_by", "approved_by", "reviewed_by", "settled_by", "suspended_by", "reported_by",
    "placed_by", "lifted_by", "planned_by", "made_by", "signed_by", "officer",
)  # fmt: skip
"""Fields that hold who did something, as the audit log writes it: `li@us-bis`."""


ABOUT = "about"
"""A field that names a thing of any kind by its id; the field `about_kind` beside it says which."""


class Unlinked(str):
    """The name of a party, or the id of a thing, whose own page the reader may not open."""

    __slots__ = ()


def names_for(
    actor: Actor,
    columns: Iterable[Column],
    rows: Iterable[dict[str, Any]],
    people: Iterable[str | None] = (),
) -> dict[str, str]:
    """`kind/id` -> name, for all that these cells refer to; one query a kind.

    The ids of things that the actor may not read are `Unlinked`. `people` are those whom
    the page names besides.
    """
    ids: dict[str, set[str]] = {"party": set(), "product": set()}
    found_rows = list(rows)
    acted = set(people)
    for column in columns:
        if column.name in PEOPLE:
            acted |= {row.get(column.name) for row in found_rows}
        if column.refers in ids:
            for row in found_rows:
                value = row.get(column.name)
                ids[column.refers].update(value if isinstance(value, list) else [value or ""])
    offices = {_parts(one)[1] for one in acted if one}
    found = names_of(actor, ids["party"] | offices, ids["product"])
    found |= _people(found, acted)
    others: dict[str, set[str]] = {}
    for column in columns:
        if column.refers and column.refers not in ids:
            pks = others.setdefault(column.refers, set())
            for row in found_rows:
                value = row.get(column.name)
                pks.update(value if isinstance(value, list) else [value or ""])
        if column.name == ABOUT:
            for row in found_rows:
                others.setdefault(row[f"{ABOUT}_kind"], set()).add(row[ABOUT])
    for kind, pks in others.items():
        hidden = pks - {""} - linked(actor, kind, pks)
        found.update({f"{kind}/{pk}": Unlinked(pk) for pk in hidden})
    return found


def linked(actor: Actor, kind: str, pks: set[str]) -> set[str]:
    """Those of some things of a kind that have a page for the actor; one query, or none."""
    if not readable(actor, kind):
        return set()
    if reads_all(actor, THINGS[kind]):
        return pks
    there = visible(actor, THINGS[kind]).filter(pk__in=pks - {""})
    return set(there.values_list("pk", flat=True))


def namer_of(actor: Actor) -> Callable[[str, str], str]:
    """How sentences call a thing of one of these kinds for an actor (`phrasing.NAMER`).

    It asks for each party once, so it is made anew for each page.
    """
    parties: dict[str, str] = {}

    def called(kind: str, who: str) -> str:
        if kind == "party":
            if who not in parties:
                parties[who] = party_name(actor, who)
            return parties[who]
        if kind == "item":
            told = chinese()
            return (told.name(who) if told is not None else "") or who
        if kind == "account":
            return account_name(actor, who)
        if kind == "unit":
            return unit_name(who)
        return people_of(actor, [who]).get(f"person/{who}", who)

    return called


def account_name(actor: Actor, key: str) -> str:
    """What an account counts and whose it is: `Domestic ratio (ByteDance)`.

    Whoever may read of an account at all (R11) is told its key elsewhere, too.
    """
    if "/" not in key:
        return key  # of no regime: a name that somebody typed
    what = account_parts(key)[0].words
    whose = [part.partition("=")[::2] for part in key.partition("?")[2].split("&") if part]
    told = between(", ").join(
        party_name(actor, value) if name.partition(".")[0] in HOLDERS else value
        for name, value in whose
    )
    return _("%(what)s (%(whose)s)") % {"what": what, "whose": told} if told else what


def people_of(actor: Actor, people: Iterable[str | None]) -> dict[str, str]:
    """`person/<who>` -> the person's name and that of their office, as far as each has one."""
    acted = {one for one in people if one}
    return _people(names_of(actor, {_parts(one)[1] for one in acted}), acted)


def _people(offices: dict[str, str], people: Iterable[str | None]) -> dict[str, str]:
    acted = {one: _parts(one) for one in people if one}
    called = {person for person, office in acted.values() if office}
    known = User.objects.filter(username__in=called, service=False).exclude(first_name="")
    names = dict(known.values_list("username", "first_name")) if called else {}
    found = {
        f"person/{one}": _("%(person)s (%(office)s)") % {
            "person": names.get(person, person),
            "office": offices.get(f"party/{office}", office),
        }
        for one, (person, office) in acted.items() if office
    }  # fmt: skip
    if JOBS.name in acted:
        found[f"person/{JOBS.name}"] = _("the book itself")
    return found


def _parts(name: str) -> tuple[str, str]:
    """A name of the audit log as the person's and the office's: `li@us-bis`."""
    person, _at, office = name.rpartition("@")
    return (person, office) if person else (office, "")


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
