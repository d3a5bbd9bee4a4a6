"""Reading the YAML files of an episode: products, parties, licences and statements."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from interlock.episode.basis import BASIS_KEYS, Reading
from interlock.episode.model import (
    Basis,
    CaseFact,
    Condition,
    EpisodeProduct,
    Figure,
    Licence,
    Owner,
    Party,
    Statement,
    SumOfLicences,
)
from interlock.evidence import Value
from interlock.evidence.fields import Fields
from interlock.evidence.value_reader import as_number
from interlock.files.phrases import phrase, phrases
from interlock.goods import ProductNameError, catalogue
from interlock.law.cases.countries import CODES

if TYPE_CHECKING:
    from interlock.files import Node

_NO_VALUE: Final = Value("exact", exact="")
ID: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")
COUNTRY: Final = re.compile(rf"(?:{'|'.join(sorted(CODES))})\Z")
_FACT: Final = re.compile(r"[a-z_]+\.[a-z_]+\Z")
_FACT_OF: Final = frozenset({"application", "order", "shipment", "supply", "entry", "use"})
_IN_TABLES: Final = frozenset(
    {"order.id", "order.destination", "order.quantity", "order.placed_on", "order.data_centre_use"}
    | {"order.unit_price_usd", "order.value_usd", "shipment.origin", "shipment.test"}
)
_ID_MEND: Final = phrase("write small letters, digits and hyphens")
_COUNTRY_MEND: Final = phrase("write two capital letters (ISO 3166), e.g. CN")
_GATES: Final = frozenset({"export", "import", "supply", "customs"})
_STATUSES: Final = frozenset({"drafted", "proposed", "agreed", "in_force", "waived", "withdrawn"})
_PARTY: Final = frozenset(
    {"id", "name", "roles", "country", "headquarters", "ultimate_parent_country", "owners"}
)
_LICENCE: Final = frozenset(
    {"id", "gate", "kind", "group", "round", "variants", "holders", "consignees", "products"}
    | {"destination", "issued", "issued_on", "valid_from", "valid_until", "quantity", "conditions"}
)


def read_products(nodes: list[Node], reading: Reading) -> list[EpisodeProduct]:
    """The products, looked up in the catalogue of goods."""
    products = []
    for node in nodes:
        keys = frozenset({"id", "name", "unit_price"})
        fields = Fields(node, phrase("a product"), keys, reading.faults)
        name = fields.name("id", ID, _ID_MEND)
        asked = fields.text("name")
        price = fields.get("unit_price")
        figure = None if price is None else reading.figure(price, phrase("a unit price"))
        try:
            if asked:
                found = catalogue().find(asked)
                products.append(EpisodeProduct(name, asked, found, figure))
        except ProductNameError as error:
            reading.faults.add(fields.values["name"].place, error.wrong, error.mend)
    return products


def read_parties(nodes: list[Node], reading: Reading) -> list[Party]:
    """The parties. Owners are checked when all parties are known."""
    return [_party(node, reading) for node in nodes]


def _party(node: Node, reading: Reading) -> Party:
    fields = Fields(node, phrase("a party"), _PARTY | BASIS_KEYS, reading.faults)
    owners = [_owner(each, reading) for each in fields.items_or_none("owners")]
    held = sum((owner.share for owner in owners if owner.share is not None), Decimal(0))
    if held > 1:
        mend = phrase("let the shares add up to at most 1")
        reading.faults.add(
            fields.place("owners"), phrase("the owners hold {held} of 1", held=held), mend
        )
    return Party(
        id=fields.name("id", ID, _ID_MEND),
        name=fields.text("name"),
        roles=fields.names("roles"),
        country=fields.name("country", COUNTRY, _COUNTRY_MEND),
        headquarters=fields.name("headquarters", COUNTRY, _COUNTRY_MEND),
        ultimate_parent_country=fields.name("ultimate_parent_country", COUNTRY, _COUNTRY_MEND),
        owners=tuple(owners),
        basis=reading.basis(fields),
        place=node.place,
    )


def _owner(node: Node, reading: Reading) -> Owner:
    keys = frozenset({"party", "share"}) | BASIS_KEYS
    fields = Fields(node, phrase("an owner"), keys, reading.faults)
    party = fields.name("party", ID, _ID_MEND)
    reading.known(party, reading.parties, phrase("party"), fields.place("party"))
    share = None
    if (given := fields.get("share")) is not None:
        share = as_number(given)
        if share is None or not 0 < share <= 1:
            mend = phrase("write a part of 1 such as 0.30, or leave it out if it is not known")
            reading.faults.add(
                given.place, phrase("the share '{value}'", value=given.raw or given.kind), mend
            )
            share = None
    return Owner(party, share, reading.basis(fields))


def _parties(fields: Fields, key: str, reading: Reading, *, needed: bool = True) -> tuple[str, ...]:
    if needed:
        fields.need(key)
    placed = fields.placed_names(key)
    for name, place in placed:
        reading.known(name, reading.parties, phrase("party"), place)
    return tuple(name for name, _ in placed)


def read_licence(node: Node, reading: Reading) -> Licence:
    """One licence with its conditions."""
    fields = Fields(node, phrase("a licence"), _LICENCE | BASIS_KEYS, reading.faults)
    quantity = fields.get("quantity")
    for name, place in fields.placed_names("products"):
        reading.known(name, reading.products, phrase("product"), place)
    licence = Licence(
        id=fields.name("id", ID, _ID_MEND),
        gate=fields.choice("gate", _GATES),
        kind=fields.text("kind", needed=False),
        group=fields.text("group", needed=False),
        round=fields.text("round", needed=False),
        variants=_variants(fields, reading),
        holders=_parties(fields, "holders", reading),
        consignees=_parties(fields, "consignees", reading, needed=False),
        products=fields.names("products") if fields.need("products") else (),
        destination=fields.name("destination", COUNTRY, _COUNTRY_MEND, needed=False),
        issued=fields.flag("issued"),
        issued_on=fields.date_or_none("issued_on"),
        valid_from=fields.date_or_none("valid_from"),
        valid_until=fields.date_or_none("valid_until"),
        quantity=None if quantity is None else _units(quantity, reading),
        conditions=tuple(_condition(each, reading) for each in fields.items_or_none("conditions")),
        basis=reading.basis(fields),
        place=node.place,
    )
    _check_dates(licence, fields, reading)
    return licence


def _check_dates(licence: Licence, fields: Fields, reading: Reading) -> None:
    if licence.issued and licence.issued_on is None and fields.get("issued_on") is None:
        mend = phrase("write `issued_on:` with the day")
        reading.faults.add(fields.place("issued"), phrase("issued without a date"), mend)
    if licence.issued_on is not None and not licence.issued:
        wrong = phrase("a date of issue stands on a licence that is not issued")
        reading.faults.add(
            fields.place("issued_on"), wrong, phrase("write `issued: true` or drop the date")
        )
    start, end = licence.valid_from, licence.valid_until
    if start is not None and end is not None and end <= start:
        mend = phrase("write the first day on which it may no longer be used")
        reading.faults.add(fields.place("valid_until"), phrase("ends before it starts"), mend)


def _variants(fields: Fields, reading: Reading) -> tuple[str, ...]:
    placed = fields.placed_names("variants")
    for name, place in placed:
        reading.known(name, set(reading.variants), phrase("variant"), place)
    return tuple(name for name, _ in placed) or reading.variants


def _units(node: Node, reading: Reading) -> Figure:
    """A quantity of whole chips."""
    figure = reading.figure(node, phrase("a quantity"))
    amount = figure.amount
    if amount is not None and (amount < 0 or amount != amount.to_integral_value()):
        mend = phrase("write whole units of 0 or more")
        reading.faults.add(node.place, phrase("a quantity of {value}", value=figure.value), mend)
    return figure


def _condition(node: Node, reading: Reading) -> Condition:
    keys = frozenset({"kind", "status", "asked_by", "parameters"}) | BASIS_KEYS
    fields = Fields(node, phrase("a condition"), keys, reading.faults)
    parameters: dict[str, Figure] = {}
    given = fields.get("parameters")
    if given is not None and isinstance(given.value, dict):
        for name, value in given.value.items():
            parameters[name] = reading.figure(value, phrase("the parameter '{name}'", name=name))
    elif given is not None:
        mend = phrase("write {{name: {{exactly: 1, assumption: true}}}}")
        reading.faults.add(given.place, phrase("'parameters' is no mapping"), mend)
    return Condition(
        kind=fields.name("kind", ID, _ID_MEND),
        status=fields.choice("status", _STATUSES),
        asked_by=fields.text("asked_by"),
        parameters=parameters,
        basis=reading.basis(fields),
    )


def read_sum(node: Node, licences: set[str], reading: Reading) -> SumOfLicences:
    """What is known of several licences together."""
    keys = frozenset({"id", "variants", "licences", "quantity"})
    fields = Fields(node, phrase("a sum"), keys, reading.faults)
    placed = fields.placed_names("licences")
    for name, place in placed:
        reading.known(name, licences, phrase("licence"), place)
    if len(placed) < 2:
        mend = phrase("name two licences or more")
        reading.faults.add(
            fields.place("licences"), phrase("a sum of fewer than two licences"), mend
        )
    quantity = fields.need("quantity")
    nothing = Figure(_NO_VALUE, Basis())
    return SumOfLicences(
        id=fields.name("id", ID, _ID_MEND),
        variants=_variants(fields, reading),
        licences=tuple(name for name, _ in placed),
        quantity=nothing if quantity is None else _units(quantity, reading),
    )


def read_statement(node: Node, reading: Reading) -> Statement:
    """A paper on file."""
    keys = frozenset({"kind", "by", "for", "filed_on", "valid_until"}) | BASIS_KEYS
    fields = Fields(node, phrase("a statement"), keys, reading.faults)
    by = fields.name("by", ID, _ID_MEND)
    reading.known(by, reading.parties, phrase("party"), fields.place("by"))
    statement = Statement(
        kind=fields.name("kind", ID, phrase("write the name behind `statement.`, e.g. necessity")),
        by=by,
        buyers=_parties(fields, "for", reading),
        filed_on=fields.date("filed_on"),
        valid_until=fields.date_or_none("valid_until"),
        basis=reading.basis(fields),
    )
    if statement.valid_until is not None and statement.valid_until <= statement.filed_on:
        mend = phrase("write the first day on which it no longer counts")
        reading.faults.add(fields.place("valid_until"), phrase("ends before it was filed"), mend)
    return statement


def read_case_fact(node: Node, reading: Reading) -> CaseFact:
    """One more fact of the order lines of some buyers."""
    keys = frozenset({"name", "for", "since", "value"})
    fields = Fields(node, phrase("a fact"), keys, reading.faults)
    name = fields.name("name", _FACT, phrase("write a vocabulary name, e.g. order.truly_needed"))
    thing = name.partition(".")[0]
    if name in _IN_TABLES or (name and thing not in _FACT_OF):
        mend = phrase(
            "state it in its own file; here stand facts of: {names}",
            names=phrases(sorted(_FACT_OF)),
        )
        reading.faults.add(
            fields.place("name"), phrase("'{name}' is stated elsewhere", name=name), mend
        )
    value = fields.need("value")
    nothing = Figure(_NO_VALUE, Basis())
    return CaseFact(
        name=name,
        buyers=_parties(fields, "for", reading),
        since=fields.date("since"),
        value=nothing
        if value is None
        else reading.figure(value, phrase("the fact '{name}'", name=name)),
    )
