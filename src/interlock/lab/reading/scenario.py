"""Reading scenario files: every fault of form in one pass, or a `Scenario`.

Format: docs/reference/scenario-file.md. Whether the law knows the facts, gates and conditions that
a scenario names is asked when it is compiled.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlock.files import BadInputError, Fault, Faults, digest_of, read_yaml
from interlock.files.phrases import phrase
from interlock.lab.model import (
    Behaviour,
    Demand,
    Dist,
    Domestic,
    Firm,
    Flow,
    Limit,
    Product,
    Rests,
    Scenario,
    Sharing,
    Shock,
    Source,
)
from interlock.lab.reading.licences import read_licences, read_rounds
from interlock.lab.reading.notes import notes_of
from interlock.lab.reading.override import varied, with_values
from interlock.lab.reading.parts import Parts, plain_facts
from interlock.lab.reading.shown import shown
from interlock.lab.reading.sound import FaultyScenarioError, sound_part
from interlock.lab.reading.tables import SCENARIO
from interlock.law.reading.kinds import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.files import Node
    from interlock.law.reading.shapes import Record


ZERO = Dist("fixed", (0.0,), 0.0)
ONE = Dist("fixed", (1.0,), 0.0)


def load(
    path: str | Path,
    *,
    variant: str = "",
    overrides: Mapping[str, Any] | None = None,
) -> Scenario:
    """Read a scenario file.

    Args:
        path: the file; paths of regimes in it start at its folder.
        variant: one of its variants; empty = as written.
        overrides: path of a value -> another value; they come after the variant's.

    Raises:
        BadInputError: every fault of the file, each with its line and column.
    """
    faults = Faults()
    root = read_yaml(path, faults=faults)
    return read_scenario(root, Path(path), faults, variant=variant, overrides=overrides)


def read_scenario(
    root: Node,
    path: Path,
    faults: Faults,
    *,
    variant: str = "",
    overrides: Mapping[str, Any] | None = None,
) -> Scenario:
    """A scenario from the tree of its file; `faults` are those of the tree. Else as `load`."""
    if isinstance(root.value, dict) and "study" in root.value:
        wrong = phrase("the file is a study, no scenario")
        mend = phrase(
            "ask it by `interlock lab frontier` or `sensitivity`, or give the scenario it names"
        )
        raise BadInputError([Fault(root.place, wrong, mend)])
    if isinstance(root.value, dict) and "regime" in root.value and "scenario" not in root.value:
        wrong = phrase("the file is a regime, no scenario")
        mend = phrase("name it under 'regimes' of one: docs/reference/scenario-file.md")
        raise BadInputError([Fault(root.place, wrong, mend)])
    each = [partial(with_values, values={way: x}) for way, x in (overrides or {}).items()]
    for change in (partial(varied, variant=variant), *each):
        try:
            root = change(root)
        except BadInputError as error:  # it is told with the faults of the file
            faults.take(error)
    record = SCENARIO.read(root, Label(phrase("the file"), root.place), faults)
    if record is None:
        raise BadInputError(faults.found)
    root = SCENARIO.mended(root)
    scenario = _Reading(record, root, faults, path).run(digest_of(root))
    of_file = list(faults.found)
    for name, values in scenario.variants.items():
        place = record.table("variants")[name].label.place
        for fault in _faults_of_variant(root, path, values, of_file):
            wrong = phrase("variant '{name}': {path}: {wrong}", name=name,
                           path=fault.place.file, wrong=fault.wrong)  # fmt: skip
            faults.add(place, wrong, fault.mend)
    if faults.found:
        sound = sound_part(scenario, record, root, faults.found)
        files = tuple(path for path in scenario.regimes if path.exists())
        raise FaultyScenarioError(faults.found, sound, files)
    return replace(scenario, notes=(*scenario.notes, *notes_of(scenario)))


def _faults_of_variant(
    root: Node, path: Path, values: Mapping[str, Any], of_file: list[Fault]
) -> Iterable[Fault]:
    """A variant must read as well as the file itself; what it adds to the file's faults."""
    assert isinstance(root.value, dict)  # noqa: S101 - it has been read
    bare = {key: one for key, one in root.value.items() if key != "variants"}
    try:
        tree = with_values(replace(root, value=bare), values)
    except BadInputError as error:  # its path may lead through what is faulty itself
        return () if of_file else error.faults
    try:
        read_scenario(tree, path, Faults())
    except BadInputError as error:
        return [fault for fault in error.faults if fault not in of_file]
    return ()


@dataclass
class _Reading(Parts):
    """One pass over one file."""

    def run(self, digest: str) -> Scenario:
        record = self.record
        start, end = record.date("start"), record.date("end")
        step = record.get("step", dt.timedelta) or dt.timedelta(days=1)
        if start and end:
            self._span(start, end, step.days)
        if not (start and end and start < end):  # no day is known to lie outside
            start, end = dt.date.min, dt.date.max
        self.start, self.end = start, end
        sources = {
            name: Source(name, one.text("title"), one.text("publisher"), one.text("url"),
                         one.text("licence"))
            for name, one in record.table("sources").items()
        }  # fmt: skip
        products, firms = self._products(), self._firms()
        demand, supply = self._demand(), self._supply()
        licences, (rounds, more) = read_licences(self), read_rounds(self)
        regimes = self._paths(record, "regimes")
        shocks = self._shocks()
        behaviour, domestic, sharing = self._behaviour(), self._domestic(), self._sharing()
        for text in regimes:
            digest = hashlib.sha256(f"{digest}\n{text.name}".encode()).hexdigest()
        law = record.record("law")
        variants = {
            n: plain_facts(v.values.get("set")) for n, v in record.table("variants").items()
        }
        return Scenario(
            id=record.text("scenario"),
            title=record.text("title"),
            says=record.text("says"),
            path=str(self.path),
            digest=digest,
            start=self.start,
            end=self.end,
            step_days=step.days,
            regimes=regimes,
            known=law.date("known") if law else None,
            assume=law.texts("assume") if law else (),
            compute_unit=record.text("compute_unit") or "chip",
            exporter=self._party(record.record("exporter")),
            case=plain_facts(record.values.get("case")),
            runs=int(record.number("runs") or 1000),
            seed=int(record.number("seed") if record.number("seed") is not None else 1),  # type: ignore[arg-type]
            discount_per_year=float(record.number("discount_per_year") or 0),
            sources=sources,
            products=products,
            firms=firms,
            demand=demand,
            supply=supply,
            licences={**licences, **more},
            rounds=rounds,
            shocks=shocks,
            behaviour=behaviour,
            domestic=domestic,
            sharing=sharing,
            variants=variants,
            basis=tuple(self.basis),
            place=record.place,
            notes=tuple(self.notes),
        )

    def _span(self, start: dt.date, end: dt.date, step: int) -> None:
        span = (end - start).days
        if span <= 0:
            wrong = phrase("the end {end} does not lie after the start {start}",
                           end=end, start=start)  # fmt: skip
            self.faults.add(self.record.at("end"), wrong, phrase("write a later day"))
        elif span % step:
            wrong = phrase("{days} days are no whole number of steps of {step} days",
                           days=span, step=step)  # fmt: skip
            mend = phrase("write {value}", value=start + dt.timedelta(days=span - span % step))
            self.faults.add(self.record.at("end"), wrong, mend)

    def _paths(self, record: Record, key: str) -> tuple[Path, ...]:
        found = []
        for item in record.items(key):
            path = self.path.parent / item.value
            if not path.exists():
                wrong = phrase("there is no file or folder '{value}'", value=item.value)
                self.faults.add(item.place, wrong, phrase("give its path from this file's folder"))
            found.append(path)
        return tuple(found)

    def _party(self, record: Record | None) -> dict[str, Any]:
        return {} if record is None else dict(record.values)

    def _products(self) -> dict[str, Product]:
        return {
            name: Product(
                id=name,
                name=one.text("name"),
                lot=int(one.number("lot") or 1),
                compute=_float(one, "compute", 1.0),
                price_usd=None if one.number("price_usd") is None else _float(one, "price_usd", 0),
                rests=self.rests(one, f"products.{name}", shown(one)),
                place=one.place,
            )
            for name, one in self.record.table("products").items()
        }

    def _firms(self) -> dict[str, Firm]:
        found = {}
        for name, one in self.record.table("firms").items():
            facts = {key: one.text(key) for key in _PARTY if one.text(key)}
            found[name] = Firm(
                id=name,
                facts={"id": name, **facts},
                case=plain_facts(one.values.get("case")),
                tier=int(one.number("tier") or 1),
                weight=_float(one, "weight", 1.0),
                value=_float(one, "value", 1.0),
                rests=self.rests(one, f"firms.{name}", shown(one)),
                place=one.place,
            )
        return found

    def _demand(self) -> dict[str, Demand]:
        found = {}
        for name, one in self.record.table("demand").items():
            firm = self.named(one, "firm", "firms")
            product = self.named(one, "product", "products")
            lines, every = one.number("lines"), one.get("every", dt.timedelta)
            start, end = self.days(one, at_once=lines is not None)
            found[name] = Demand(
                id=name,
                firm=firm,
                product=product,
                size=one.get("size", Dist) or ONE,
                lines=None if lines is None else int(lines),
                per_year=None if one.number("per_year") is None else _float(one, "per_year", 0),
                every_days=None if every is None else self.step_days(one, "every"),
                start=start,
                end=end,
                patience=one.get("patience", Dist),
                least=_float(one, "least", 0.0),
                case=plain_facts(one.values.get("case")),
                rests=self.rests(one, f"demand.{name}", shown(one)),
                place=one.place,
            )
        return found

    def _supply(self) -> dict[str, Flow]:
        found = {}
        for name, one in self.record.table("supply").items():
            every = one.get("every", dt.timedelta)
            start, end = self.days(one, at_once=every is None)
            found[name] = Flow(
                id=name,
                event=one.text("event"),
                product=self.named(one, "product", "products"),
                quantity=one.get("quantity", Dist) or ZERO,
                level=one.get("level", Dist),
                start=start,
                end=end,
                every_days=None if every is None else self.step_days(one, "every"),
                case=plain_facts(one.values.get("case")),
                rests=self.rests(one, f"supply.{name}", shown(one)),
                place=one.place,
            )
        return found

    def _shocks(self) -> dict[str, Shock]:
        found = {}
        for name, one in self.record.table("shocks").items():
            found[name] = Shock(
                id=name,
                start=one.date("starts") or self.start,
                after=one.get("after", Dist),
                chance=_float(one, "chance", 1.0),
                lasts=one.get("lasts", Dist),
                again=one.get("again", Dist),
                regimes=self._paths(one, "regimes"),
                without=one.texts("without"),
                assume=one.texts("assume"),
                case=plain_facts(one.values.get("case")),
                rests=self.rests(one, f"shocks.{name}", shown(one)),
                place=one.place,
            )
        return found

    def _behaviour(self) -> Behaviour:
        one = self.record.record("behaviour")
        if one is None:
            return Behaviour(1.0, {}, ZERO, ZERO, ZERO, ZERO, 0.0, ZERO, _WAY, Rests())
        slopes = {
            f"{kind}.{name}": float(value)
            for kind, inner in (one.get("hardness", dict) or {}).items()
            for name, value in inner.items()
        }
        days = {key: one.get(key, Dist) or ZERO for key in _DAYS}
        return Behaviour(
            base=_float(one, "orders", 1.0),
            hardness=slopes,
            overrun=one.get("overrun", Dist) or ZERO,
            returns=_float(one, "returns", 0.0),
            way=one.text("way") or _WAY,
            rests=self.rests(one, "behaviour", shown(one)),
            **days,
        )

    def _domestic(self) -> Domestic | None:
        one = self.record.record("domestic")
        if one is None:
            return None
        wants = one.get("wants", dict) or {}
        for firm in wants:
            self.name(firm, one.at("wants"), "firms")
        return Domestic(
            product=plain_facts(one.values.get("product")),
            compute=_float(one, "compute", 1.0),
            limits=tuple(self._limit(name, x) for name, x in one.table("limits").items()),
            wants=wants,
            compliance=_float(one, "compliance", 1.0),
            accepted_days=one.get("accepted_days", Dist) or ZERO,
            rests=self.rests(one, "domestic", shown(one)),
        )

    def _limit(self, name: str, one: Record) -> Limit:
        ramp = [(step.date("from"), step.number("times")) for step in one.records("ramp")]
        return Limit(
            id=name,
            stock=one.get("stock", Dist) or ZERO,
            per_year=one.get("per_year", Dist) or ZERO,
            per_chip=_float(one, "per_chip", 1.0),
            stored=one.flag("stored"),
            ramp=tuple(
                sorted((day, float(times)) for day, times in ramp if day and times is not None)
            ),
            rests=self.rests(one, f"domestic.limits.{name}", shown(one)),
        )

    def _sharing(self) -> Sharing:
        one = self.record.record("sharing")
        if one is None:
            return Sharing("first-come", 1, None, Rests())
        expires = one.get("expires", dt.timedelta)
        every = self.step_days(one, "every")
        return Sharing(
            rule=one.text("rule") or "first-come",  # type: ignore[arg-type]
            every_days=every or self.step,
            expires_days=None if expires is None else self.step_days(one, "expires"),
            rests=self.rests(one, "sharing", shown(one)),
        )


_PARTY = ("name", "country", "headquarters", "ultimate_parent_country")
_DAYS = ("lead_days", "transit_days", "customs_days", "return_days")
_WAY = "returned_to_exporter"


def _float(record: Record, key: str, default: float) -> float:
    found = record.number(key)
    return default if found is None else float(found)
