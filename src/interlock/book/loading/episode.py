"""An episode put into an empty book: every fact by the move that makes it, on the day it happened.

Who did it in the world does it here: a buyer's compliance officer places its orders, one officer of
an authority proposes a licence and another grants it. Their names in the audit log say that the
episode speaks for them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db import transaction

from interlock.book.acting import perform
from interlock.book.errors import input_error
from interlock.book.models import Order, Party
from interlock.book.rights import Actor
from interlock.book.services import SERVICES
from interlock.files.phrases import phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interlock.book.acting import Act
    from interlock.episode.model import Basis, Condition, Episode, Figure, Licence, OrderLine

AUTHORITIES = {
    "us-bis": ("US Bureau of Industry and Security", "US", "export"),
    "cn-authorities": ("Chinese authorities that approve chip imports", "CN", "import"),
    "cn-customs": ("China Customs", "CN", "customs"),
}
GATES = {gate: party for party, (_, _, gate) in AUTHORITIES.items()}
ADMINISTRATOR = Actor("episode", roles=frozenset({"administrator"}))
# Parties and products come first on their day, then supply, papers, licences, conditions, orders.
FIRST, SUPPLY, PAPERS, LICENCES, GRANTS, ORDERS, FACTS, CONFIRMS = range(8)


@dataclass(frozen=True)
class Step:
    """One move on one day."""

    day: dt.date
    rank: int
    actor: Actor
    right: str
    pk: str
    values: dict[str, Any] = field(compare=False)


@dataclass(frozen=True)
class LoadedEpisode:
    """What a load did: the number of moves, by right."""

    title: str
    variant: str
    moves: dict[str, int]


def someone(party: str, role: str, name: str = "episode") -> Actor:
    """Somebody at a party for whom the episode speaks."""
    gate = AUTHORITIES[party][2] if party in AUTHORITIES else ""
    return Actor(f"{name}@{party}", party, gate, frozenset({role}))


def load_episode(
    episode: Episode,
    variant: str,
    *,
    now: dt.datetime,
    told: Callable[[int, int], None] | None = None,
) -> LoadedEpisode:
    """Put an episode into a book that holds no orders; all of it or nothing.

    Args:
        episode: as read.
        variant: the reading of what the reports leave open.
        now: the clock.
        told: called with moves done and moves in all.

    Raises:
        InputError: the book holds orders already, or the episode has no such variant.
        BookError: a move was refused; nothing was written.
    """
    if variant not in episode.variants:
        raise input_error(
            "variant",
            "'{variant}' is none of {variants}",
            variant=variant,
            variants=phrases(episode.variants),
        )
    if Order.objects.exists():
        raise input_error("book", "it holds orders already; load an episode into an empty book")
    steps = sorted(
        steps_of(episode, variant), key=lambda step: (step.day, step.rank, step.actor.name)
    )
    counts: dict[str, int] = defaultdict(int)
    with transaction.atomic():
        for (day, _, actor), group in groupby(steps, key=lambda x: (x.day, x.rank, x.actor)):
            part = list(group)
            began = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
            perform(
                actor,
                lambda act, part=part: _do(act, part),  # type: ignore[misc]
                now=now,
                reason=f"episode: {episode.title}",
                effective=min(began, now),
            )
            for step in part:
                counts[step.right] += 1
            if told is not None:
                told(sum(counts.values()), len(steps))
    return LoadedEpisode(episode.title, variant, dict(counts))


def _do(act: Act, steps: list[Step]) -> None:
    for step in steps:
        found = SERVICES[step.right]
        values = dict(step.values)
        if found.move.reason:
            values.setdefault("reason", act.reason)
        found(act, step.pk, found.body.model_validate(values))


def steps_of(episode: Episode, variant: str) -> Iterator[Step]:
    """Every move that the episode tells of, in no order."""
    yield from _parties(episode)
    yield from _supply(episode)
    yield from _papers(episode)
    for licence in episode.licences_in(variant):
        yield from _licence(episode, licence)
    yield from _orders(episode)


def _start(episode: Episode) -> dt.date:
    """The day on which parties and products are entered: before anything happens."""
    days = [line.placed_on for line in episode.orders]
    days += [lot.received_on for lot in episode.stock]
    days += [shipped.first_day for shipped in episode.domestic_shipments]
    return min([*days, episode.as_of])


def basis_of(basis: Basis) -> dict[str, Any]:
    """What a statement rests on, as the book keeps it."""
    found = {
        "sources": list(basis.sources),
        "claims": list(basis.claims),
        "assumption": basis.assumption,
        "note": basis.note,
    }
    return {name: value for name, value in found.items() if value}


def _parties(episode: Episode) -> Iterator[Step]:
    day = _start(episode)
    for pk, (name, country, gate) in AUTHORITIES.items():
        if pk not in episode.parties and not Party.objects.filter(pk=pk).exists():
            values = {"id": pk, "name": name, "authority": True, "gate": gate, "country": country}
            yield Step(day, FIRST, ADMINISTRATOR, "party.enter", "", values)
    for party in _owners_first(episode):
        values = {
            "id": party.id,
            "name": party.name,
            "roles": [role for role in party.roles if role != "carrier"],
            "country": party.country,
            "headquarters": party.headquarters,
            "ultimate_parent_country": party.ultimate_parent_country,
            "owners": [{"party": x.party, "share": x.share} for x in party.owners],
            "basis": basis_of(party.basis),
        }
        yield Step(day, FIRST, ADMINISTRATOR, "party.enter", "", values)
    for pk, firms in sorted(_known(episode).items()):
        yield Step(day, FIRST, ADMINISTRATOR, "party.change", pk, {"known_to": sorted(firms)})
    for product in episode.products.values():
        values = {
            "id": product.id,
            "catalogue_name": product.product.name,
            "name": product.name,
            "supplier": _exporter(episode),
        }
        if product.unit_price is not None:
            values["unit_price_usd"] = product.unit_price.amount
        yield Step(day, FIRST, ADMINISTRATOR, "product.enter", "", values)


def _owners_first(episode: Episode) -> list[Any]:
    """Parties so that each comes after its owners."""
    done: dict[str, Any] = {}

    def put(name: str) -> None:
        party = episode.parties[name]
        if name in done:
            return
        for owner in party.owners:
            put(owner.party)
        done.setdefault(name, party)

    for name in episode.parties:
        put(name)
    return list(done.values())


def _exporter(episode: Episode) -> str:
    """The one exporter of the episode, who also sells."""
    return next(party.id for party in episode.parties.values() if "exporter" in party.roles)


def _supply(episode: Episode) -> Iterator[Step]:
    seller = _exporter(episode)
    stock, ships = someone(seller, "allocation_manager"), someone(seller, "compliance_officer")
    for lot in episode.stock:
        values = {
            "id": lot.lot,
            "supplier": seller,
            "product": lot.product,
            "quantity": lot.quantity,
            "received_on": lot.received_on,
            "basis": basis_of(lot.basis),
        }
        yield Step(lot.received_on, SUPPLY, stock, "stock.receive", "", values)
    for shipped in episode.domestic_shipments:
        values = {
            "exporter": shipped.exporter,
            "product": shipped.product,
            "customer": shipped.customer,
            "quantity": shipped.quantity,
            "first_day": shipped.first_day,
            "last_day": shipped.last_day,
            "basis": basis_of(shipped.basis),
        }
        yield Step(shipped.last_day, SUPPLY, ships, "domestic_shipment.report", "", values)


def _papers(episode: Episode) -> Iterator[Step]:
    for paper in episode.statements:
        for buyer in paper.buyers:
            values = {
                "statement_kind": paper.kind,
                "by": paper.by,
                "buyer": buyer,
                "valid_until": paper.valid_until,
                "basis": basis_of(paper.basis),
            }
            by = someone(paper.by, "compliance_officer")
            yield Step(paper.filed_on, PAPERS, by, "statement.file", "", values)


def _licence(episode: Episode, licence: Licence) -> Iterator[Step]:
    first = someone(GATES[licence.gate], "licensing_officer")
    second = someone(GATES[licence.gate], "licensing_officer", "episode-second")
    day = licence.issued_on if licence.issued and licence.issued_on else episode.as_of
    values = {
        "id": licence.id,
        "gate": licence.gate,
        "licence_kind": licence.kind or "individual",
        "group": licence.group,
        "holders": [{"party": holder} for holder in licence.holders],
        "consignees": list(licence.consignees),
        "products": list(licence.products),
        "destination": licence.destination,
        "quantity": _amount(licence.quantity),
        "disclosed": licence.quantity is not None,
        "valid_from": licence.valid_from,
        "valid_until": licence.valid_until,
        "basis": basis_of(licence.basis),
    }
    yield Step(day, LICENCES, first, "licence.draft", "", values)
    for number, condition in enumerate(licence.conditions, start=1):
        pk = f"{licence.id}-condition-{number}"
        yield Step(day, LICENCES, first, "condition.draft", "", _condition(pk, licence, condition))
        if condition.status in ("proposed", "agreed", "in_force"):
            yield Step(day, LICENCES, first, "condition.propose", pk, {})
    if licence.issued:
        yield Step(day, LICENCES, first, "licence.propose", licence.id, {})
        yield Step(day, GRANTS, second, "licence.grant", licence.id, {})


def _condition(pk: str, licence: Licence, condition: Condition) -> dict[str, Any]:
    return {
        "id": pk,
        "licence": licence.id,
        "condition_kind": condition.kind,
        "parameters": {name: _fact(value) for name, value in condition.parameters.items()},
        "asked_by": condition.asked_by or None,
        "basis": basis_of(condition.basis),
    }


def _known(episode: Episode) -> dict[str, set[str]]:
    """Whom each firm of an order is known to: the firms on the other side of it."""
    seller = _exporter(episode)
    found: dict[str, set[str]] = defaultdict(set)
    for line in episode.orders:
        for pk in {line.buyer, line.consignee, line.end_user, line.forwarder} - {""}:
            found[pk] |= {line.buyer, seller} - {pk}
    return found


def _amount(figure: Figure | None) -> int | None:
    return None if figure is None or figure.amount is None else int(figure.amount)


def _orders(episode: Episode) -> Iterator[Step]:
    seller = _exporter(episode)
    confirms = someone(seller, "allocation_manager")
    for line in episode.orders:
        buyer = someone(line.buyer, "compliance_officer")
        yield Step(line.placed_on, ORDERS, buyer, "order.place", "", _order(line, seller))
        for fact in sorted(episode.facts, key=lambda one: one.since):
            if line.buyer not in fact.buyers:
                continue
            day = max(fact.since, line.placed_on)
            thing, _, name = fact.name.partition(".")
            value = fact.value.value.exact if fact.value.value.kind == "exact" else None
            if fact.name == "supply.confirmed":
                if value is True:
                    yield Step(day, CONFIRMS, confirms, "order.confirm", line.id, {})
                continue
            told = {thing: {name: _fact(fact.value)}}
            yield Step(day, FACTS, buyer, "order.declare", line.id, {"facts": told})


def _fact(figure: Figure) -> Any:
    """A figure as a value of the vocabulary: the exact one, or the amount that is reckoned with."""
    exact = figure.value.exact if figure.value.kind == "exact" else figure.amount
    if isinstance(exact, Decimal):
        return int(exact) if exact == int(exact) else float(exact)
    return exact


def _order(line: OrderLine, seller: str) -> dict[str, Any]:
    values = {
        "id": line.id,
        "buyer": line.buyer,
        "supplier": seller,
        "consignee": line.consignee or None,
        "end_user": line.end_user or None,
        "forwarder": line.forwarder or None,
        "product": line.product,
        "quantity": line.quantity,
        "placed_on": line.placed_on,
        "destination": line.destination,
        "origin": line.origin,
        "end_use": line.end_use,
        "data_centre_use": line.data_centre_use,
        "basis": basis_of(line.basis),
    }
    return {name: value for name, value in values.items() if value is not None}
