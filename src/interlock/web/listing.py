"""Lists of things: filters, columns, pages by id, and files to take away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import DateField, DateTimeField, DecimalField, ForeignKey, IntegerField
from django.utils.translation import gettext as _

from interlock.api.things import FILTERS
from interlock.book.errors import InputError
from interlock.book.lifecycles import lifecycles
from interlock.book.rights import visible
from interlock.book.selectors.present import ahead, is_firm, present
from interlock.files.phrases import verbatim
from interlock.files.texts import LAST
from interlock.web.files import MOST_EXPORTED, as_file
from interlock.web.form_words import LISTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from interlock.book.models import Thing
    from interlock.book.rights import Actor

A_PAGE = 50
MOST_NAMED = 20
SHOWN: dict[str, tuple[str, ...]] = {
    "party": ("id", "name", "state", "roles", "country", "headquarters"),
    "screening": ("id", "party", "state", "as_of", "outcome", "reviewed_by"),
    "product": ("id", "name", "state", "supplier", "chips", "eccn", "unit_price_usd"),
    "application": ("id", "state", "gate", "applicant", "quantity", "destination", "received_on",
                    "deadline", "round"),
    "round": ("id", "title", "state", "gate", "rule", "closes_on", "decided_on"),
    "licence": ("id", "state", "gate", "licence_kind", "quantity", "issued_on", "valid_until"),
    "condition": ("id", "condition_kind", "state", "licence", "asked_by", "text_version", "text"),
    "statement": ("id", "statement_kind", "state", "by", "buyer", "filed_on", "valid_until"),
    "order": ("id", "state", "buyer", "supplier", "product", "quantity", "allocated", "shipped",
              "entered", "placed_on"),
    "run": ("id", "state", "product", "rule", "at", "proposed_by", "approved_by"),
    "allocation": ("id", "state", "order", "quantity", "left", "provisional", "expires_on"),
    "shipment": ("id", "state", "order", "quantity", "origin", "leaves_on", "tested_on"),
    "certificate": ("id", "certificate_kind", "state", "shipment", "number", "issued_on",
                    "valid_until"),
    "stock": ("id", "state", "supplier", "product", "quantity", "received_on"),
    "domestic_shipment": ("id", "state", "exporter", "product", "customer", "quantity",
                          "last_day"),
    "entry": ("id", "state", "shipment", "quantity", "declared_on"),
    "hold": ("id", "state", "entry", "reason"),
    "purchase": ("id", "state", "buyer", "product", "quantity", "counts_for", "bought_on"),
    "discrepancy": ("id", "state", "about_kind", "about", "reported_by"),
    "check": ("id", "state", "party", "shipment", "planned_on", "rating"),
    "claim": ("id", "state", "known_on", "body"),
    "determination": ("id", "order", "stage", "at", "signed_by", "signed_at"),
    "webhook": ("id", "state", "url", "names"),
}  # fmt: skip


AS = {"gate": "gate", "screening": "state"}
"""Texts that are told as something else: a party keeps the state of its newest screening."""


@dataclass(frozen=True)
class Column:
    """A column of a list: `shape` is id, state, ref, number, money, day, moment, yes or text."""

    name: str
    shape: str
    refers: str = ""


def columns_of(actor: Actor, model: type[Thing]) -> list[Column]:
    """All columns that an actor may see of a kind, in the model's order."""
    kept = set(model.kept_from_firms) if is_firm(actor) else set()
    if "auditor" not in actor.roles:
        kept |= set(model.kept_from_officers)
    fields = [*model._meta.concrete_fields, *model._meta.many_to_many]
    fields.sort(key=lambda one: one.name in ("made_at", "changed_at"))
    return [_column(one) for one in fields if one.name not in kept | set(model.unrecorded)]


def _column(one: Any) -> Column:
    if one.name in ("id", "state"):
        return Column(one.name, one.name)
    refers = getattr(one.related_model, "kind", "") if one.related_model else ""
    if isinstance(one, ForeignKey):
        return Column(one.name, "ref", refers)
    if one.many_to_many:
        return Column(one.name, "refs", refers)
    shapes: list[tuple[Any, str]] = [
        (DateTimeField, "moment"), (DateField, "day"), (DecimalField, "number"),
        (IntegerField, "number"),
    ]  # fmt: skip
    if one.name == "counts_for":
        return Column(one.name, "year")
    if one.name == "known_to":  # a list of ids, not a relation
        return Column(one.name, "refs", LISTED[one.name])
    for kind, shape in shapes:
        if isinstance(one, kind):
            return Column(one.name, shape)
    return Column(one.name, AS.get(one.name, one.get_internal_type()))


@dataclass
class Asked:
    """What a list is narrowed to, from its address.

    Attributes:
        values: filter -> value.
        begins: what the ids begin with.
        columns: names of the columns shown.
    """

    values: dict[str, str]
    begins: str
    columns: tuple[str, ...]
    cursor: str


def asked(actor: Actor, model: type[Thing], query: Any) -> Asked:
    """Read the address of a list; what it does not know is left alone."""
    names = ("state", *FILTERS.get(model.kind, ()))
    values = {name: query.get(name, "").strip()[:200] for name in names}
    known = [one.name for one in columns_of(actor, model)]
    chosen = tuple(name for name in query.getlist("columns") if name in known)
    usual = tuple(name for name in SHOWN[model.kind] if name in known)
    begins = query.get("begins", "").strip()[:80]
    return Asked({k: v for k, v in values.items() if v}, begins, chosen or usual,
                 query.get("cursor", "")[:80])  # fmt: skip


def narrowed(actor: Actor, model: type[Thing], asked: Asked) -> QuerySet[Any]:
    """The things that a list shows, by id.

    Raises:
        InputError: a value that its filter cannot mean.
    """
    rows = visible(actor, model).order_by("pk")
    faults = {}
    for name, value in asked.values.items():
        one: Any = model._meta.get_field(name)
        if isinstance(one, IntegerField) and not value.isdecimal():
            faults[name] = verbatim(_("Write a whole number."))
        elif name == "state" and value not in lifecycles()[model.kind].states:
            faults[name] = verbatim(_("Choose one of the list."))
        elif getattr(one.related_model, "kind", "") in ("party", "product"):
            rows = rows.filter(**{f"{one.attname}__in": _called(one.related_model, value)})
        else:
            rows = rows.filter(**{one.attname if isinstance(one, ForeignKey) else name: value})
    if faults:
        raise InputError(faults)
    if asked.begins:
        rows = rows.filter(pk__gte=asked.begins, pk__lt=asked.begins + LAST)
    return rows


def _called(model: Any, text: str) -> list[str]:
    """The ids of parties or products that an id or a name means; an index finds what is theirs."""
    named = model._default_manager.filter(name__iexact=text).order_by("pk")
    return [text, *named.values_list("pk", flat=True)[:MOST_NAMED]]


def page_of(
    actor: Actor, model: type[Thing], asked: Asked
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of a list as the actor may see it, and where the next one begins."""
    rows = narrowed(actor, model, asked)
    if asked.cursor:
        rows = rows.filter(pk__gt=asked.cursor)
    found = list(rows.prefetch_related(*ahead(model))[: A_PAGE + 1])
    items = [present(actor, one) for one in found[:A_PAGE]]
    return items, items[-1]["id"] if len(found) > A_PAGE else None


# -- files --------------------------------------------------------------------------------------


def exported(actor: Actor, model: type[Thing], asked: Asked, form: str) -> HttpResponse:
    """The list as a CSV or Parquet file."""
    rows = narrowed(actor, model, asked).prefetch_related(*ahead(model))
    found = [present(actor, row) for row in rows[: MOST_EXPORTED + 1]]
    return as_file(found, asked.columns, form, model.kind)


def saved_query(asked: Mapping[str, str]) -> str:
    """The part of an address that is worth keeping: no page, no form of file."""
    kept = [(k, v) for k, v in asked.items() if k not in ("cursor", "csrfmiddlewaretoken")]
    from urllib.parse import urlencode  # noqa: PLC0415

    return urlencode(kept)
