"""An episode: one real scarcity as it was known on a day. Plain frozen data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.evidence import Claims, Value
    from interlock.files import Place
    from interlock.goods import Product

ParameterValue = Decimal | int | str | bool | dt.date


@dataclass(frozen=True)
class Basis:
    """What a statement rests on: a source, claims, an assumption, or several of them.

    Attributes:
        sources: ids in the episode's `sources`.
        claims: ids in its claims file.
        assumption: whether it is, in whole or part, assumed.
        note: what one should know.
    """

    sources: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    assumption: bool = False
    note: str = ""

    @property
    def given(self) -> bool:
        """Whether it rests on anything at all; the loader refuses what does not."""
        return bool(self.sources or self.claims or self.assumption)


@dataclass(frozen=True)
class Figure:
    """A number, or what is known of it, with what it rests on."""

    value: Value
    basis: Basis

    @property
    def amount(self) -> Decimal | None:
        """The number to reckon with: the exact one, the bound or the middle; None for `between`.

        Taking a bound as the amount is an assumption; `basis` says so.
        """
        for number in (self.value.number, self.value.middle):
            if number is not None:
                return number
        if self.value.kind == "at_least":
            return self.value.lower
        return self.value.upper if self.value.kind == "at_most" else None


@dataclass(frozen=True)
class Source:
    """A source of the episode."""

    id: str
    title: str
    publisher: str = ""
    url: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Owner:
    """A share in a party; None = the share is not known. `share` is of 1."""

    party: str
    share: Decimal | None
    basis: Basis


@dataclass(frozen=True)
class Party:
    """A firm, a carrier, an owner. Countries are ISO 3166 alpha-2."""

    id: str
    name: str
    roles: tuple[str, ...]
    country: str
    headquarters: str
    ultimate_parent_country: str
    owners: tuple[Owner, ...]
    basis: Basis
    place: Place


@dataclass(frozen=True)
class EpisodeProduct:
    """A product of the episode: its id here, and the catalogue's product with its metrics."""

    id: str
    name: str
    product: Product
    unit_price: Figure | None


@dataclass(frozen=True)
class Condition:
    """A condition on one licence, as far as it is drafted, proposed, agreed or in force."""

    kind: str
    status: str
    asked_by: str
    parameters: Mapping[str, Figure]
    basis: Basis


@dataclass(frozen=True)
class Licence:
    """A licence at one gate.

    Attributes:
        gate: `export` or `import`.
        variants: the readings in which it exists.
        holders: who holds it; they share its quantity.
        consignees: to whom it lets the holder export; empty = to anybody.
        quantity: units granted; None = not disclosed.
    """

    id: str
    gate: str
    kind: str
    group: str
    round: str
    variants: tuple[str, ...]
    holders: tuple[str, ...]
    consignees: tuple[str, ...]
    products: tuple[str, ...]
    destination: str
    issued: bool
    issued_on: dt.date | None
    valid_from: dt.date | None
    valid_until: dt.date | None
    quantity: Figure | None
    conditions: tuple[Condition, ...]
    basis: Basis
    place: Place


@dataclass(frozen=True)
class SumOfLicences:
    """What is known of the quantities of several licences together, and of none alone."""

    id: str
    variants: tuple[str, ...]
    licences: tuple[str, ...]
    quantity: Figure


@dataclass(frozen=True)
class Statement:
    """A paper on file; `kind` is the name behind `statement.` in the vocabulary."""

    kind: str
    by: str
    buyers: tuple[str, ...]
    filed_on: dt.date
    valid_until: dt.date | None
    basis: Basis


@dataclass(frozen=True)
class CaseFact:
    """One more fact of the order lines of some buyers.

    Attributes:
        name: vocabulary name, e.g. `order.prohibited_end_use`.
        buyers: whose lines.
        since: the day from which it is on file.
        value: with what it rests on.
    """

    name: str
    buyers: tuple[str, ...]
    since: dt.date
    value: Figure


@dataclass(frozen=True)
class OrderLine:
    """What one buyer wants of one product. `quantity` in chips."""

    id: str
    buyer: str
    consignee: str
    end_user: str
    forwarder: str
    product: str
    quantity: int
    placed_on: dt.date
    destination: str
    origin: str
    end_use: str
    data_centre_use: bool | None
    basis: Basis


@dataclass(frozen=True)
class TestReport:
    """A laboratory's report on the units of one order line."""

    order: str
    lab_country: str
    independent: bool
    reported_on: dt.date
    basis: Basis


@dataclass(frozen=True)
class Stock:
    """Units that the supplier holds. `quantity` in chips."""

    lot: str
    product: str
    quantity: int
    received_on: dt.date
    basis: Basis


@dataclass(frozen=True)
class DomesticShipments:
    """Units shipped to one customer in the exporter's country in a period, both days included."""

    exporter: str
    product: str
    customer: str
    first_day: dt.date
    last_day: dt.date
    quantity: int
    basis: Basis


@dataclass(frozen=True)
class Variant:
    """One reading of facts that the reports leave open."""

    id: str
    title: str
    says: str
    basis: Basis


@dataclass(frozen=True)
class Episode:
    """Everything in an episode's folder, checked, every number with what it rests on."""

    title: str
    as_of: dt.date
    claims: Claims
    sources: Mapping[str, Source]
    variants: Mapping[str, Variant]
    products: Mapping[str, EpisodeProduct]
    parties: Mapping[str, Party]
    licences: tuple[Licence, ...]
    sums: tuple[SumOfLicences, ...]
    statements: tuple[Statement, ...]
    facts: tuple[CaseFact, ...]
    orders: tuple[OrderLine, ...]
    test_reports: tuple[TestReport, ...]
    stock: tuple[Stock, ...]
    domestic_shipments: tuple[DomesticShipments, ...]

    def licences_in(self, variant: str) -> tuple[Licence, ...]:
        """The licences that exist in a reading."""
        return tuple(licence for licence in self.licences if variant in licence.variants)

    def sums_in(self, variant: str) -> tuple[SumOfLicences, ...]:
        """The sums that are known in a reading."""
        return tuple(each for each in self.sums if variant in each.variants)
