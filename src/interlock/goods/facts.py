"""A product given with a case: by name, by its metrics alone, or by its rates."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeVar

from interlock.files.faults import Faults, Place, nearest
from interlock.files.phrases import Phrase, phrase
from interlock.files.texts import day_of
from interlock.goods.catalogue import Catalogue, ProductNameError, catalogue
from interlock.goods.metrics import METRICS, Rate, computed_density, computed_tpp, floored
from interlock.goods.product import Product
from interlock.goods.source import Fact, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")
GIVEN: Final = Source("given", title="stated with the case")
MAX_FIGURE: Final = 10**12
CLASSIFIED: Final = frozenset({"eccn", "domestic", "domestic_equivalence"})
_KEYS: Final = frozenset(
    {"name", "maker", *METRICS, "rates", "die_area_mm2", "process_nm"}
    | {"datacentre", "us_available_since", "chips"}
)
_FIGURES: Final = frozenset({*METRICS, "rates", "die_area_mm2"})
_RATE: Final = re.compile(r"(?:fp|bf|int|uint)([0-9]{1,2})\Z")
_FORMATS: Final = ("fp4", "fp6", "fp8", "fp16", "bf16", "fp32", "fp64", "int4", "int8", "int16")


def product_from_facts(
    facts: Mapping[str, object],
    *,
    place: Place | None = None,
    known: Catalogue | None = None,
    also: frozenset[str] = CLASSIFIED,
) -> Product:
    """The product that a case states.

    By `name` (found in the catalogue), by metrics (`tpp`, `performance_density`,
    `dram_bandwidth_gbps`, `interconnect_gbps`), or by `rates` (format -> dense 10^12 operations a
    second) with `die_area_mm2`, from which the metrics are computed. With both, what the case
    states wins over the catalogue, figure by figure, and its source says `given`. What is not
    stated stays unknown.

    Args:
        facts: plain values: numbers as int, Decimal, Fraction or float (taken as written), dates
            as date or ISO text. None means not given.
        place: where the facts stand, for messages.
        known: the catalogue; default the one that comes with Interlock.
        also: further keys, which the caller reads itself: by default the vocabulary's facts on a
            product that are somebody's classification and no figure of it.

    Raises:
        BadInputError: unknown keys, values of the wrong kind, a name that leads to no single
            product, figures that contradict each other.
    """
    where = place if place is not None else Place("product")
    reader = _Reader(facts, where)
    for key in facts:
        if key not in _KEYS and key not in also:
            wrong = phrase("unknown key '{key}'", key=key)
            reader.fault(wrong, nearest(str(key), _KEYS | also))
    base = _base(reader, known)
    product = _given(reader, base)
    _agree(reader, product)
    reader.faults.raise_if_any()
    return product


class _Reader:
    def __init__(self, facts: Mapping[str, object], place: Place) -> None:
        self.facts = {key: value for key, value in facts.items() if value is not None}
        self.place = place
        self.faults = Faults()

    def fault(self, wrong: Phrase, mend: Phrase) -> None:
        self.faults.add(self.place, wrong, mend)

    def text(self, key: str) -> str:
        value = self.facts.get(key, "")
        if isinstance(value, str):
            return value.strip()
        wrong = phrase("{name} is {given}, not a text", name=f"product.{key}", given=_kind(value))
        self.fault(wrong, phrase("write it in quotes"))
        return ""

    def number(self, key: str, *, positive: bool = False) -> Fact[Fraction] | None:
        if key not in self.facts:
            return None
        number = self.as_number(f"product.{key}", self.facts[key], positive=positive)
        return None if number is None else Fact(number, GIVEN)

    def as_number(self, name: str, value: object, *, positive: bool = False) -> Fraction | None:
        number = _exact(value)
        if number is None:
            mend = phrase("write a finite number without quotes, or leave it out if it is unknown")
            wrong = phrase("{name} is {given}, not a number", name=name, given=_kind(value))
            self.fault(wrong, mend)
        elif number < 0 or (positive and number == 0) or number > MAX_FIGURE:
            mend = phrase("write a number of at least 0, at most 10^12")
            if positive:
                mend = phrase("write a number above 0, at most 10^12")
            self.fault(phrase("{name} is {given}", name=name, given=value), mend)
            return None
        return number


def _exact(value: object) -> Fraction | None:
    """A finite number as a fraction. A float counts as the decimal it is written as."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        return None
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and (not value.is_finite() or abs(value.adjusted()) > 60):
        return None
    return Fraction(value)


def _kind(value: object) -> Phrase:
    match value:
        case bool():
            return phrase("a yes/no")
        case str():
            return phrase("the text '{text}'", text=value[:40])
        case list() | tuple():
            return phrase("a list")
        case dict():
            return phrase("a mapping")
        case _:
            return phrase("'{text}'", text=value)


def _base(reader: _Reader, known: Catalogue | None) -> Product:
    """The catalogue's product of that name, or an unknown one for the case to describe."""
    name = reader.text("name")
    # A domestic product is counted by its name alone; the catalogue need not know it.
    described = bool(_FIGURES & reader.facts.keys()) or reader.facts.get("domestic") is True
    if name:
        try:
            return (known if known is not None else catalogue()).find(name)
        except ProductNameError as error:
            if not described:
                reader.fault(error.wrong, error.mend)
    elif not described:
        wrong = phrase("the product has no name and no metric")
        reader.fault(wrong, phrase("give `name`, `tpp` or `rates`"))
    nothing: Fact[Fraction] = Fact(None, reason="not given")
    return Product(
        name=name,
        maker=Fact(None, reason="not given"),
        aliases=(),
        rates=(),
        stated={},
        die_area_mm2=nothing,
        process_nm=nothing,
        datacentre=Fact(None, reason="not given"),
        us_available_since=Fact(None, reason="not given"),
        chips=Fact(1, Source("one-chip", title="one chip unless stated otherwise")),
    )


def _given(reader: _Reader, base: Product) -> Product:
    stated = dict(base.stated)
    rates = _rates(reader)
    area = reader.number("die_area_mm2", positive=True)
    process = reader.number("process_nm", positive=True)
    tpp = reader.number("tpp")
    if rates or tpp is not None:
        stated.pop("tpp", None)
    if rates or tpp is not None or area is not None:
        stated.pop("performance_density", None)
    for metric in METRICS:
        figure = tpp if metric == "tpp" else reader.number(metric)
        if figure is not None:
            stated[metric] = figure
    maker = reader.text("maker")
    return replace(
        base,
        maker=Fact(maker, GIVEN) if maker else base.maker,
        rates=rates if rates or tpp is not None else base.rates,
        stated=stated,
        die_area_mm2=area or base.die_area_mm2,
        process_nm=process or base.process_nm,
        datacentre=_flag(reader) or base.datacentre,
        us_available_since=_date(reader) or base.us_available_since,
        chips=_chips(reader) or base.chips,
    )


def _rates(reader: _Reader) -> tuple[Rate, ...]:
    given = reader.facts.get("rates")
    if given is None:
        return ()
    if not isinstance(given, dict) or not given:
        mend = phrase("write {{fp8: 1979, ...}}: dense 10^12 operations a second by number format")
        kind = _kind(given) if given else phrase("empty")
        reader.fault(phrase("{name} is {given}", name="product.rates", given=kind), mend)
        return ()
    rates = []
    for name, value in given.items():
        form = _RATE.match(str(name))
        if form is None or not 1 <= int(form[1]) <= 64:
            mend = nearest(str(name), _FORMATS)
            if "spars" in str(name):
                mend = phrase("write the dense rate, half of the one with sparsity")
            reader.fault(phrase("unknown number format '{name}' in product.rates", name=name), mend)
            continue
        rate = reader.as_number(f"product.rates.{name}", value)
        if rate is not None:
            rates.append(Rate(str(name), int(form[1]), rate, GIVEN))
    return tuple(rates)


def _flag(reader: _Reader) -> Fact[bool] | None:
    value = reader.facts.get("datacentre")
    if value is None:
        return None
    if isinstance(value, bool):
        return Fact(value, GIVEN)
    wrong = phrase("{name} is {given}, not a yes/no",
                   name="product.datacentre", given=_kind(value))  # fmt: skip
    reader.fault(wrong, phrase("write true or false"))
    return None


def _date(reader: _Reader) -> Fact[dt.date] | None:
    value = reader.facts.get("us_available_since")
    if value is None:
        return None
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return Fact(value, GIVEN)
    if isinstance(value, str) and (day := day_of(value)) is not None:
        return Fact(day, GIVEN)
    wrong = phrase("{name} is {given}, not a date",
                   name="product.us_available_since", given=_kind(value))  # fmt: skip
    reader.fault(wrong, phrase("write YYYY-MM-DD"))
    return None


def _chips(reader: _Reader) -> Fact[int] | None:
    value = reader.facts.get("chips")
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10**6:
        return Fact(value, GIVEN)
    wrong = phrase("{name} is {given}", name="product.chips", given=_kind(value))
    reader.fault(wrong, phrase("write a whole number of 1 or more"))
    return None


def _agree(reader: _Reader, product: Product) -> None:
    """Figures of one case that exclude each other are a fault, not a choice for us to make."""
    tpp = reader.facts.get("tpp")
    if tpp is not None and product.rates and (stated := product.stated.get("tpp")) is not None:
        computed = computed_tpp(product.rates, None)
        if computed.value is not None and stated.value != computed.value:
            wrong = phrase("product.tpp is {tpp}, but the rates give {computed:f}",
                           tpp=tpp, computed=floored(computed.value))  # fmt: skip
            reader.fault(wrong, phrase("leave one of them out"))
    density = product.stated.get("performance_density")
    if density is None or "performance_density" not in reader.facts:
        return
    if "die_area_mm2" in reader.facts:
        computed = computed_density(product.tpp, product.die_area_mm2, product.process_nm)
        if computed.value is not None and density.value is not None:
            apart = abs(density.value - computed.value)
            if apart > Fraction(1, 10):  # data sheets print a density with one decimal
                given = reader.facts["performance_density"]
                wrong = phrase(
                    "product.performance_density is {given}, but TPP / die area is {computed:f}",
                    given=given,
                    computed=floored(computed.value),
                )
                reader.fault(wrong, phrase("leave one of them out"))
