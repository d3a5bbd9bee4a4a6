"""The facts of each order line, in the shape and by the names that the law reads.

Only vocabulary names stand in a case. What is not known is left out, never filled in: the law
then says unknown, or false for a paper that the book keeps (R7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.files import nearest
from interlock.files.faults import InterlockError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from interlock.episode.model import Basis, Condition, Episode, Figure, Licence, OrderLine, Party

STAGES: Final = ("application", "order", "allocation", "shipment", "entry", "use")
Facts = dict[str, Any]


class UnknownVariantError(InterlockError):
    """The episode has no such reading; `variant` as asked, `known` the readings there are."""

    def __init__(self, variant: str, known: tuple[str, ...]) -> None:
        self.variant = variant
        self.known = known
        super().__init__(f"no variant '{variant}'; {nearest(variant, known)}")


class UnknownStageError(InterlockError):
    """No such stage; `stage` as asked."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        super().__init__(f"no stage '{stage}'; {nearest(stage, STAGES)}")


def cases(
    episode: Episode,
    *,
    variant: str,
    stage: str = "order",
    at: dt.date | None = None,
    known: dt.date | None = None,
) -> Iterator[Facts]:
    """One case for each order line, in the order of the file.

    Args:
        episode: the loaded episode.
        variant: the reading of what the reports leave open.
        stage: for which stage a decision is asked.
        at: papers filed and orders placed later are left out; default the episode's `as_of`.
        known: what rests on claims that were all made later is left out; default `at`.

    Raises:
        UnknownVariantError: no such reading.
        UnknownStageError: no such stage.
    """
    if variant not in episode.variants:
        raise UnknownVariantError(variant, tuple(episode.variants))
    if stage not in STAGES:
        raise UnknownStageError(stage)
    day = at if at is not None else episode.as_of
    heard = _Heard(episode, known if known is not None else day)
    licences = tuple(each for each in episode.licences_in(variant) if heard(each.basis))
    reports = {report.order: report for report in episode.test_reports}
    for line in episode.orders:
        if line.placed_on > day or not heard(line.basis):
            continue
        case = _order_case(episode, line, stage, day)
        _add_facts(case, episode, line, day, heard)
        report = reports.get(line.id)
        if report is not None and report.reported_on <= day:
            case["shipment"]["test"] = {
                "on_file": True,
                "lab_country": report.lab_country,
                "independent": report.independent,
                "date": report.reported_on,
            }
        case["licence"] = {
            gate: _licence(episode, licence, day, heard)
            for gate in ("export", "import")
            if (licence := _matching(licences, gate, line, _exporter(episode), day)) is not None
        }
        yield case


class _Heard:
    """Whether what rests on a basis was known by a day: no claim, or one made by then."""

    def __init__(self, episode: Episode, day: dt.date) -> None:
        self.ids = {claim.id for claim in episode.claims.claims if claim.known <= day}

    def __call__(self, basis: Basis) -> bool:
        return not basis.claims or any(claim in self.ids for claim in basis.claims)


def _order_case(episode: Episode, line: OrderLine, stage: str, day: dt.date) -> Facts:
    product = episode.products[line.product]
    order: Facts = {
        "id": line.id,
        "destination": line.destination,
        "quantity": line.quantity,
        "placed_on": line.placed_on,
    }
    if line.data_centre_use is not None:
        order["data_centre_use"] = line.data_centre_use
    price = product.unit_price.amount if product.unit_price is not None else None
    if price is not None:
        order |= {"unit_price_usd": price, "value_usd": price * line.quantity}
    case: Facts = {
        "id": line.id,
        "stage": stage,
        "product": {"name": product.product.name},
        "transaction": {"kind": "export", "date": day},
        "order": order,
        "shipment": {"origin": line.origin} if line.origin else {},
        "statement": _statements(episode, line, day),
    }
    exporter = _exporter(episode)
    if exporter:
        case["exporter"] = _party(episode, exporter)
    for role in ("buyer", "consignee", "end_user", "forwarder"):
        party = getattr(line, role)
        if party:
            case[role] = _party(episode, party)
    return case


def _add_facts(case: Facts, episode: Episode, line: OrderLine, day: dt.date, heard: _Heard) -> None:
    for fact in episode.facts:
        if line.buyer in fact.buyers and fact.since <= day and heard(fact.value.basis):
            thing, _, name = fact.name.partition(".")
            case.setdefault(thing, {})[name] = _plain(fact.value)


def _exporter(episode: Episode) -> str:
    """The only exporter of the episode; with several, none can be told from an order line."""
    exporters = [party.id for party in episode.parties.values() if "exporter" in party.roles]
    return exporters[0] if len(exporters) == 1 else ""


def _party(episode: Episode, name: str, above: tuple[str, ...] = ()) -> Facts:
    """A party with its owners, and theirs. A circle of owners ends where it closes."""
    party: Party = episode.parties[name]
    facts: Facts = {
        "id": party.id,
        "name": party.name,
        "country": party.country,
        "headquarters": party.headquarters,
        "ultimate_parent_country": party.ultimate_parent_country,
    }
    owners = []
    for owner in party.owners:
        if owner.party in (*above, name):
            continue
        held = _party(episode, owner.party, (*above, name))
        if owner.share is not None:
            held["share"] = owner.share
        owners.append(held)
    return facts | {"owners": owners}


def _statements(episode: Episode, line: OrderLine, day: dt.date) -> Facts:
    facts: Facts = {}
    for statement in episode.statements:
        if line.buyer not in statement.buyers or statement.filed_on > day:
            continue
        facts[statement.kind] = True
        if statement.valid_until is not None:
            facts[f"{statement.kind}_valid_until"] = statement.valid_until
    return facts


def _matching(
    licences: tuple[Licence, ...], gate: str, line: OrderLine, exporter: str, day: dt.date
) -> Licence | None:
    """The licence that serves an order line at a gate: its holder and product fit.

    At the export gate the exporter holds it, for named consignees; at the import gate the buyer.
    Of several, an issued one comes first, then the one issued first, then by id.
    """
    holder = exporter if gate == "export" else line.buyer
    fitting = [
        licence
        for licence in licences
        if licence.gate == gate
        and holder in licence.holders
        and line.product in licence.products
        and (not licence.consignees or line.buyer in licence.consignees)
        and licence.destination in ("", line.destination)
    ]
    return min(fitting, key=lambda licence: _rank(licence, day), default=None)


def _rank(licence: Licence, day: dt.date) -> tuple[bool, str, str]:
    return not _issued(licence, day), str(licence.issued_on or ""), licence.id


def _issued(licence: Licence, day: dt.date) -> bool:
    return licence.issued and licence.issued_on is not None and licence.issued_on <= day


def _licence(episode: Episode, licence: Licence, day: dt.date, heard: _Heard) -> Facts:
    issued = _issued(licence, day)
    facts: Facts = {
        "id": licence.id,
        "issued": issued,
        "products": [episode.products[name].product.name for name in licence.products],
        "holders": list(licence.holders),
    }
    for key in ("kind", "group", "round", "destination", "valid_from", "valid_until"):
        value = getattr(licence, key)
        if value:
            facts[key] = value
    if issued:
        facts["issued_on"] = licence.issued_on
    amount = licence.quantity.amount if licence.quantity is not None else None
    if issued and amount is not None:  # what is only applied for is no grant
        facts["quantity"] = int(amount)
    facts["conditions"] = [_condition(each) for each in licence.conditions if heard(each.basis)]
    return facts


def _condition(condition: Condition) -> Facts:
    return {
        "kind": condition.kind,
        "status": condition.status,
        "asked_by": condition.asked_by,
        "parameters": {name: _plain(figure) for name, figure in condition.parameters.items()},
        "claims": list(condition.basis.claims),
    }


def _plain(figure: Figure) -> object:
    exact = figure.value.exact
    return exact if figure.value.kind == "exact" else figure.amount
