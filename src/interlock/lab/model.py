"""A scenario as read: plain frozen data with places, before it is compiled.

Format: docs/reference/scenario-file.md. Times are whole days; a `Dist` of days or of units is drawn
once for each thing that it is about, by inversion from one random number.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from interlock.files import Place

DistKind = Literal["fixed", "uniform", "normal", "lognormal", "exponential", "triangular", "choice"]
LabRule = Literal["first-come", "proportional", "cea", "weighted", "cel", "talmud"]
LAB_RULES: tuple[LabRule, ...] = (
    "first-come", "proportional", "cea", "weighted", "cel", "talmud",
)  # fmt: skip


@dataclass(frozen=True)
class Dist:
    """A distribution of one number; `parameters` as the kernel takes them (see kernel/random).

    `choices` are (value, probability) pairs for `choice`; draws are cut to `low` and `high`.
    """

    kind: DistKind
    parameters: tuple[float, ...]
    low: float = -1e300
    high: float = 1e300
    choices: tuple[tuple[float, float], ...] = ()

    @property
    def fixed(self) -> float | None:
        """The number itself where nothing is drawn."""
        return self.parameters[0] if self.kind == "fixed" else None


@dataclass(frozen=True)
class Rests:
    """What a part of a scenario rests on: sources of the file, or our own assumption."""

    sources: tuple[str, ...] = ()
    assumption: bool = False
    note: str = ""


@dataclass(frozen=True)
class Source:
    """A source that the scenario names."""

    id: str
    title: str
    publisher: str = ""
    url: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Product:
    """A product by its name in the catalogue.

    Attributes:
        lot: units are ordered and shared in multiples of it.
        compute: what one unit counts for in `compute_unit` of the scenario.
        price_usd: of one unit; None = not known.
    """

    id: str
    name: str
    lot: int
    compute: float
    price_usd: float | None
    rests: Rests
    place: Place


@dataclass(frozen=True)
class Firm:
    """Who orders. `tier` and `weight` are those of its lines in sharing."""

    id: str
    facts: Mapping[str, Any]
    case: Mapping[str, Any]
    tier: int
    weight: float
    value: float
    rests: Rests
    place: Place


@dataclass(frozen=True)
class Demand:
    """Order lines of one firm for one product.

    Exactly one of `lines`, `per_year` and `every_days` says how many come between `start` and
    `end`: so many at even chances, a Poisson process, or one each so many days.
    """

    id: str
    firm: str
    product: str
    size: Dist
    lines: int | None
    per_year: float | None
    every_days: int | None
    start: dt.date
    end: dt.date
    patience: Dist | None
    least: float
    case: Mapping[str, Any]
    rests: Rests
    place: Place


@dataclass(frozen=True)
class Flow:
    """Something that credits accounts: stock received, units shipped at home.

    `every_days` None: once, on `start`. `level` is drawn once a run and multiplies every quantity.
    """

    id: str
    event: str
    product: str
    quantity: Dist
    level: Dist | None
    start: dt.date
    end: dt.date
    every_days: int | None
    case: Mapping[str, Any]
    rests: Rests
    place: Place


@dataclass(frozen=True)
class Licence:
    """A licence that may be issued in a run.

    Attributes:
        firms: whose order lines may use it.
        shared: one quantity for all of them; else the reader has made one licence for each firm.
        issued: the day; `after` are days of waiting from then on.
        chance: that it is issued at all.
        conditions: condition kind -> its status and parameters, as a case gives them.
    """

    id: str
    gate: str
    firms: tuple[str, ...]
    products: tuple[str, ...]
    quantity: Dist
    issued: dt.date
    after: Dist | None
    chance: float
    conditions: tuple[Mapping[str, Any], ...]
    facts: Mapping[str, Any]
    round: str
    rests: Rests
    place: Place


@dataclass(frozen=True)
class Round:
    """Applications decided together on one day: at most `places` of them, `quota` units in all."""

    id: str
    places: int | None
    quota: int | None


@dataclass(frozen=True)
class Shock:
    """A change of law or of facts that comes and goes by chance: one bit of a run's law state.

    `start` + `after` days is when it first begins; it lasts `lasts` days (None: to the end) and
    comes again `again` days after it ended (None: never).
    """

    id: str
    start: dt.date
    after: Dist | None
    chance: float
    lasts: Dist | None
    again: Dist | None
    regimes: tuple[Path, ...]
    without: tuple[str, ...]
    assume: tuple[str, ...]
    case: Mapping[str, Any]
    rests: Rests
    place: Place


@dataclass(frozen=True)
class Behaviour:
    """What firms and carriers do. Days are drawn for each allocation.

    Attributes:
        base: chance that an approved line becomes an order where conditions ask nothing.
        hardness: `<kind>.<parameter>` -> how far one unit of it lowers the log-odds.
        overrun: share by which a shipment may pass what was reserved, where a tolerance allows.
        returns, return_days: chance that a delivery goes back, and when; by `way`.
    """

    base: float
    hardness: Mapping[str, float]
    lead_days: Dist
    transit_days: Dist
    customs_days: Dist
    overrun: Dist
    returns: float
    return_days: Dist
    way: str
    rests: Rests


@dataclass(frozen=True)
class Limit:
    """One input of domestic production: `stock` at the start, `per_year` more, `per_chip` each.

    `ramp`: (day, factor) pairs; the factor multiplies the rate from that day on. What comes and is
    not used is kept if `stored`; what there was at the start stays until it is used.
    """

    id: str
    stock: Dist
    per_year: Dist
    per_chip: float
    stored: bool
    ramp: tuple[tuple[dt.date, float], ...]
    rests: Rests


@dataclass(frozen=True)
class Domestic:
    """Domestic chips: how many can be made, and who buys them.

    Attributes:
        wants: firm -> domestic chips that it buys anyway, for each year.
        compliance: share of what a condition asks for that firms set out to buy.
        ahead: units of open orders for which a firm buys ahead; None = for all.
        accepted_days: until an officer accepts the evidence.
    """

    product: Mapping[str, Any]
    compute: float
    limits: tuple[Limit, ...]
    wants: Mapping[str, Dist]
    compliance: float
    accepted_days: Dist
    rests: Rests


@dataclass(frozen=True)
class Sharing:
    """How scarce units are shared, and how long a reservation holds (None: until it is used)."""

    rule: LabRule
    every_days: int
    expires_days: int | None
    rests: Rests


@dataclass(frozen=True)
class Scenario:
    """One future that can be played, in all its parts.

    `notes`: what is lawful and has no effect, in words.
    """

    id: str
    title: str
    says: str
    path: str
    digest: str
    start: dt.date
    end: dt.date
    step_days: int
    regimes: tuple[Path, ...]
    known: dt.date | None
    assume: tuple[str, ...]
    compute_unit: str
    exporter: Mapping[str, Any]
    case: Mapping[str, Any]
    runs: int
    seed: int
    discount_per_year: float
    sources: Mapping[str, Source]
    products: Mapping[str, Product]
    firms: Mapping[str, Firm]
    demand: Mapping[str, Demand]
    supply: Mapping[str, Flow]
    licences: Mapping[str, Licence]
    rounds: Mapping[str, Round]
    shocks: Mapping[str, Shock]
    behaviour: Behaviour
    domestic: Domestic | None
    sharing: Sharing
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    basis: tuple[tuple[str, str, Rests], ...] = ()
    place: Place | None = None
    notes: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """Number of steps from start to end."""
        return (self.end - self.start).days // self.step_days

    def day(self, step: int) -> dt.date:
        """The day of a step."""
        return self.start + dt.timedelta(days=step * self.step_days)
