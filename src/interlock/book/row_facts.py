"""The rows of the book as the law reads them, each by itself; `cases` puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping

    from interlock.book.models import (
        Certificate,
        Condition,
        Entry,
        Holder,
        Licence,
        Order,
        Product,
        Shipment,
        Statement,
    )

Facts = dict[str, Any]
ENDED = ("waived", "withdrawn")
HOLDER_ROLE = {"export": "exporter", "import": "buyer"}
"""Who holds a licence at a gate, by the role in which the law asks about them."""
HOLDING = {"export": "supplier", "import": "buyer"}
"""The side of an order that holds its licence at a gate."""


def is_valid(certificate: Certificate, at: dt.date) -> bool:
    """Whether a certificate is on file on a day, whether or not a job has noted its lapse (R9)."""
    over = certificate.valid_until is not None and certificate.valid_until <= at
    return certificate.issued_on <= at and not over


def merge(into: Facts, more: Facts) -> None:
    """Add further facts by name; what the book itself says is not replaced."""
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into.setdefault(name, value)


def statement_facts(on_file: Iterable[Statement], parties: Mapping[str, str]) -> Facts:
    """Statements as the law reads them, each by whoever may make it.

    Args:
        on_file: the statements.
        parties: `buyer` and `supplier` of the case, where they are known. What the buyer states
            the supplier may file for a buyer that it names; nobody certifies for the supplier.
    """
    facts: Facts = {}
    for one in sorted(on_file, key=lambda x: (x.filed_on, x.pk)):
        entry = vocabulary().entry(f"statement.{one.statement_kind}")
        key = entry.key if entry is not None else ""
        for_buyer = key == "buyer" and bool(one.buyer_id) and one.by_id in parties.values()
        if key in parties and one.by_id != parties[key] and not for_buyer:
            continue
        facts[one.statement_kind] = True
        if one.valid_until is not None:
            facts[f"{one.statement_kind}_valid_until"] = one.valid_until
    return facts


def product_facts(product: Product) -> Facts:
    """A product as the law reads it: found in the catalogue, or a domestic one by its name."""
    facts: Facts = {"name": product.catalogue}
    if product.domestic:
        facts["domestic"] = True
        if product.domestic_equivalence is not None:
            facts["domestic_equivalence"] = product.domestic_equivalence
    if product.chips != 1:
        facts["chips"] = product.chips
    if product.eccn:
        facts["eccn"] = product.eccn
    return facts


def order_facts(order: Order) -> Facts:
    """What an order says of itself, beside its parties and papers."""
    facts: Facts = {
        "id": order.pk,
        "destination": order.destination,
        "quantity": order.quantity,
        "placed_on": order.placed_on,
    }
    if order.data_centre_use is not None:
        facts["data_centre_use"] = order.data_centre_use
    if order.unit_price_usd is not None:
        facts["unit_price_usd"] = order.unit_price_usd
        facts["value_usd"] = order.unit_price_usd * order.quantity
    return facts


def is_issued(licence: Licence, at: dt.date) -> bool:
    """Whether a licence had been issued by a day, whatever became of it since."""
    return licence.issued_on is not None and licence.issued_on <= at and licence.state != "dropped"


def holds(holder: Holder, at: dt.date) -> bool:
    """Whether a firm is a holder on a day."""
    begun = holder.since is None or holder.since <= at
    return begun and (holder.until is None or holder.until > at)


def awaits(condition: Condition, holder: str) -> bool:
    """Whether the other holders agreed to a condition before this one came, who has not yet.

    A condition is agreed when all who hold the licence by then have said so, on record. What is in
    force binds whoever holds it: the authority put it in force, agreed or not.
    """
    said = [
        one
        for one in condition.consents.all()
        if one.agrees and one.number == condition.text_version
    ]
    agreed = condition.state == "agreed"
    if condition.state == "waiver_proposed":  # it binds as it stood before
        enforced = any(
            one.to == "enforce" and one.party_id == condition.asked_by_id for one in said
        )
        agreed = not enforced and any(one.to == "agree" for one in said)
    return agreed and not any(one.to == "agree" and one.party_id == holder for one in said)


def licence_facts(
    licence: Licence, at: dt.date, holder: str = "", *, unasked: Collection[str] = ()
) -> Facts:
    """A licence with its conditions, as the law reads it; with one holder's own part and cap.

    Conditions in `unasked` (ids) are still put before that holder, whoever else has agreed.
    """
    holders = [one for one in licence.holders.all() if holds(one, at)]
    issued = is_issued(licence, at)
    facts: Facts = {
        "id": licence.pk,
        "issued": issued,
        "suspended": licence.state == "suspended",
        "revoked": licence.state in ("revoked", "surrendered"),
        "kind": licence.licence_kind,
        "products": [one.catalogue for one in licence.products.all()],
        "holders": [one.party_id for one in holders],
        "group": licence.group,
        "round": licence.round_id,
        "destination": licence.destination,
        "valid_from": licence.valid_from,
        "valid_until": licence.valid_until,
    }
    if issued:
        facts["issued_on"] = licence.issued_on
        facts["quantity"] = licence.quantity
        facts["value_usd"] = licence.value_usd
        for one in holders:
            if one.party_id == holder:
                facts |= {"holder_part": one.sub_quota, "holder_cap": one.cap}
    standing = _standing(licence.conditions.all())
    facts["conditions"] = [_condition(one, asked=one.pk in unasked) for one in standing]
    return {name: value for name, value in facts.items() if value not in (None, "")}


def _standing(conditions: Iterable[Condition]) -> Iterable[Condition]:
    """One condition of each kind: the one that lives, else the last that ended."""
    found: dict[str, Condition] = {}
    for one in sorted(conditions, key=lambda x: (x.state not in ENDED, x.made_at, x.pk)):
        found[one.condition_kind] = one
    return found.values()


def _condition(condition: Condition, *, asked: bool) -> Facts:
    """A condition; one whose waiver is only proposed still binds.

    One that is `asked` of the holder at hand is proposed to it, so what it draws is unknown (R1).
    """
    status = "in_force" if condition.state == "waiver_proposed" else condition.state
    return {
        "kind": condition.condition_kind,
        "status": "proposed" if asked else status,
        "asked_by": condition.asked_by_id,
        "parameters": condition.parameters,
        "claims": condition.basis.get("claims", []),
    }


def waiver_facts(licence: Licence) -> Iterable[Facts]:
    """Waivers of rules of the regime that a licence carries, as they were recorded."""
    return [dict(one) for one in licence.basis.get("waivers", [])]


def shipment_facts(shipment: Shipment) -> Facts:
    """A shipment and the laboratory's report on it."""
    facts: Facts = {"id": shipment.pk, "origin": shipment.origin, "quantity": shipment.quantity}
    if shipment.leaves_on is not None:
        facts["date"] = shipment.leaves_on
    if shipment.transit:
        facts["transit"] = shipment.transit
    if shipment.tested_on is not None:
        test = {
            "on_file": True,
            "lab_country": shipment.lab_country,
            "independent": shipment.lab_independent,
            "date": shipment.tested_on,
        }
        facts["test"] = {name: value for name, value in test.items() if value not in (None, "")}
    merge(facts, shipment.facts)
    return facts


def entry_facts(entry: Entry) -> Facts:
    """A customs entry."""
    facts: Facts = {
        "id": entry.pk,
        "declared": entry.state in ("declared", "held", "released"),
        "held": entry.state == "held",
        "date": entry.declared_on,
        "quantity": entry.quantity,
    }
    merge(facts, entry.facts)
    return facts
