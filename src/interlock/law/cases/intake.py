"""Plain columns made ready for the law: scaled integers, days, texts; faults with row and column.

One pass over the data checks everything (numbers, ranges, allowed words, products) and learns which
columns hold no null; the decision itself then streams. Nothing is decided if anything is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from interlock.files import Faults, Place
from interlock.files.phrases import Phrase, phrase, phrases
from interlock.goods import ProductNameError, catalogue
from interlock.law.cases.intake_columns import KEPT, Column, column_of, kept_checks
from interlock.law.cases.ownership import Party, party_value
from interlock.law.compiling.checked import party_name
from interlock.law.compiling.compiled import GATES
from interlock.law.vocabulary import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.law.compiling.compile import Law
    from interlock.law.compiling.compiled import CompiledRegime
    from interlock.law.model import ConditionParameter

MOST_CATEGORIES = 64
"""A text column with no more different texts is kept by category: comparing codes is fastest."""
_STATUS = ("drafted", "proposed", "agreed", "in_force", "waived", "withdrawn", "")


@dataclass(frozen=True)
class Intake:
    """A frame ready for `FrameLaw`.

    Attributes:
        frame: columns by vocabulary name, as the law keeps them, and `id` where given.
        names: its columns.
        sure: those without a null.
        categories: texts of the columns that hold few different ones, kept as Enum.
    """

    frame: pl.LazyFrame
    names: frozenset[str]
    sure: frozenset[str]
    categories: dict[str, frozenset[str]]
    rows: int


@dataclass(frozen=True)
class _Seen:
    """What the checking pass learns: rows, nulls by column, the texts of columns with few."""

    rows: int
    nulls: dict[str, int]
    texts: dict[str, list[str]]


def entries_of(law: Law) -> dict[str, Entry]:
    """Every column that a table may have, with its type; licence names once for each gate.

    A licence at a gate that none of these regimes guards is a fact like another: a table need not
    be cut to fit the regimes it is decided by.
    """
    found: dict[str, Entry] = {}
    gates = dict.fromkeys((*law.gates, *GATES))
    for name, entry in law.vocabulary.entries.items():
        if name.startswith("licence."):
            for gate in gates:
                found[f"licence.{gate}.{name[8:]}"] = entry
        else:
            found[name] = entry
    for regime in law.regimes:
        for kind in regime.source.regime.conditions.values():
            base = f"licence.{regime.gate}.condition.{kind.id}"
            found[f"{base}.status"] = _condition_entry(f"{base}.status", values=_STATUS[:-1])
            for parameter in kind.parameters:
                found[f"{base}.{parameter.id}"] = _parameter_entry(base, parameter)
    return found


def _condition_entry(name: str, *, values: tuple[str, ...]) -> Entry:
    return Entry(name, "text", "", 0, "closed", "authority", "order", "its status", values)


def _parameter_entry(base: str, parameter: ConditionParameter) -> Entry:
    kinds: dict[str, Any] = {"decimal": "number", "integer": "number"}
    return Entry(
        name=f"{base}.{parameter.id}",
        type=kinds.get(parameter.type, parameter.type),
        unit=parameter.unit,
        places=parameter.places,
        world="open",
        key="authority",
        stage="order",
        meaning="its parameter",
        low=parameter.minimum,
        high=parameter.maximum,
    )


def intake(frame: pl.LazyFrame, law: Law, *, file: str = "frame", header: int = 0) -> Intake:
    """Check a frame and convert its columns.

    Args:
        frame: columns named by the vocabulary; `id` is kept as it is.
        law: which names exist and what they hold.
        file: the name in messages.
        header: lines before the first row (1 for CSV), so that messages give the file's line.

    Raises:
        BadInputError: unknown columns; of each column the first row with each kind of fault.
    """
    schema = frame.collect_schema()
    known = entries_of(law)
    faults = Faults()
    columns = [
        column
        for position, (name, dtype) in enumerate(schema.items(), start=1)
        if (column := column_of(name, dtype, position, known, faults, file)) is not None
    ]
    asis = [kept_checks(name, schema[name]) for name in KEPT if name in schema]
    seen = _checked(frame, [*columns, *asis], tuple(schema), faults, file, header)
    faults.raise_if_any()
    kept = [pl.col(name) for name in KEPT if name in schema]
    ready = frame.select([*kept, *(_as_kept(column, seen) for column in columns)])
    names = frozenset(column.target for column in columns)
    sure = frozenset(column.target for column in columns if seen.nulls[column.target] == 0)
    order = [*schema]
    at = Place(file, header, order.index("product.name") + 1) if "product.name" in order else None
    ready, names, sure = _products(ready, names, sure, faults, at)
    faults.raise_if_any()
    for regime in law.regimes:
        ready, names = _parties(ready, names, regime)
    few = {name: frozenset(texts) for name, texts in seen.texts.items()}
    return Intake(ready, names, sure, few, seen.rows)


def _as_kept(column: Column, seen: _Seen) -> pl.Expr:
    texts = seen.texts.get(column.target)
    value = column.value if texts is None else column.value.cast(pl.Enum(texts))
    return value.alias(column.target)


def _checked(
    frame: pl.LazyFrame,
    columns: list[Column],
    order: tuple[str, ...],
    faults: Faults,
    file: str,
    header: int,
) -> _Seen:
    """What one pass tells, in which every check must find nothing."""
    wanted: list[pl.Expr] = [pl.len().alias("rows")]
    for column in columns:
        wanted.append(column.value.null_count().alias(f"null {column.target}"))
        if column.compared:
            wanted.append(column.value.unique().implode().alias(f"texts {column.target}"))
        for number, (bad, _, _) in enumerate(column.checks):
            wanted.append(bad.fill_null(value=False).any().alias(f"bad {number} {column.name}"))
    found = frame.select(wanted).collect(engine="streaming").row(0, named=True)
    for column in columns:
        noted: set[Place] = set()  # one fault a value: the first that a check finds
        for number, (bad, wrong, mend) in enumerate(column.checks):
            if found[f"bad {number} {column.name}"]:
                row = frame.with_row_index("row").filter(bad).select("row", column.name).head(1)
                index, value = row.collect().row(0)
                place = Place(file, index + 1 + header, order.index(column.name) + 1)
                if place not in noted:
                    noted.add(place)
                    faults.add(
                        place,
                        phrase(
                            "{name}: {value} {wrong}", name=column.name, value=value, wrong=wrong
                        ),
                        mend,
                    )
    nulls = {c.target: found[f"null {c.target}"] for c in columns}
    texts = {c.target: found[f"texts {c.target}"] for c in columns if c.compared}
    few = {
        name: sorted(text for text in held if text is not None)
        for name, held in texts.items()
        if len(held) <= MOST_CATEGORIES
    }
    return _Seen(found["rows"], nulls, few)


_METRICS = (
    "product.tpp",
    "product.performance_density",
    "product.dram_bandwidth_gbps",
    "product.interconnect_gbps",
    "product.datacentre",
    "product.us_available_since",
    "product.chips",
    "product.maker",
)


def _products(
    frame: pl.LazyFrame,
    names: frozenset[str],
    sure: frozenset[str],
    faults: Faults,
    at: Place | None,
) -> tuple[pl.LazyFrame, frozenset[str], frozenset[str]]:
    """Metrics of the products that the rows name, where the frame does not give its own.

    `at` is the place above the first row in the column of names; None: there is no such column.
    """
    if at is None:
        return frame, names, sure
    given = frame.select(pl.col("product.name").unique()).collect(engine="streaming")
    rows: list[dict[str, Any]] = []
    unknown: dict[str, Phrase] = {}
    for name in sorted(value for value in given["product.name"] if value is not None):
        try:
            rows.append({"product.name": name, **_law_facts(name)})
        except ProductNameError as error:
            unknown[name] = phrase("write its metrics instead")
            if error.candidates:
                unknown[name] = phrase("write {names}", names=phrases(error.candidates))
    if unknown:
        rows_of = frame.with_row_index("row").filter(pl.col("product.name").is_in(list(unknown)))
        firsts = rows_of.group_by("product.name").agg(pl.col("row").min()).collect()
        for name, row in firsts.iter_rows():
            place = Place(at.file, at.line + 1 + row, at.column)
            faults.add(place, phrase("unknown product '{name}'", name=name), unknown[name])
    added = [name for name in _METRICS if name not in names]
    types = {"product.datacentre": pl.Boolean(), "product.maker": pl.String()}
    schema: dict[str, pl.DataType] = {"product.name": pl.String(), "full": pl.String()}
    schema |= {name: types.get(name, pl.Int64()) for name in added}
    table = pl.DataFrame([{k: row.get(k) for k in schema} for row in rows], schema=schema)
    joined = frame.join(table.lazy(), on="product.name", how="left", maintain_order="left")
    named = joined.with_columns(pl.col("full").alias("product.name")).drop("full")
    full = {name for name in added if "product.name" in sure and table[name].null_count() == 0}
    return named, names | set(added), sure | full


def _law_facts(name: str) -> dict[str, Any]:
    from interlock.law.cases.values import as_date, as_decimal  # noqa: PLC0415 - one use, far from here
    from interlock.law.expr.tree import days  # noqa: PLC0415
    from interlock.law.vocabulary import vocabulary  # noqa: PLC0415

    found: dict[str, Any] = {}
    for key, value in catalogue().find(name).facts().items():
        entry = vocabulary().entry(key)
        date, number = as_date(value), as_decimal(value)
        if key == "product.name":
            found["full"] = value
        elif isinstance(value, bool) or entry is None:
            found[key] = value
        elif number is not None:
            found[key] = int(number.scaleb(entry.places))
        else:
            found[key] = days(date) if date is not None else value
    return found


def _parties(
    frame: pl.LazyFrame, names: frozenset[str], regime: CompiledRegime
) -> tuple[pl.LazyFrame, frozenset[str]]:
    """Facts about parties, decided once for each combination of parties in the frame."""
    for fact in regime.party_facts:
        target = party_name(regime.id, fact.id)
        keys = [f"{role}.{part}" for role in fact.of for part in ("id", "name")]
        present = [key for key in keys if key in names]
        if not present:
            continue
        combos = frame.select(present).unique().collect(engine="streaming")
        values = [
            party_value(fact, roles_of(row, fact.of), regime.lists)
            for row in combos.iter_rows(named=True)
        ]
        dtype = pl.Boolean() if fact.kind == "listed" else pl.String()
        table = combos.with_columns(pl.Series(target, values, dtype=dtype))
        frame = frame.join(
            table.lazy(), on=present, how="left", nulls_equal=True, maintain_order="left"
        )
        names = names | {target}
    return frame, names


def roles_of(row: Mapping[str, Any], roles: Iterable[str]) -> dict[str, Party | None]:
    """The party in each role of one row; None where none is named."""
    found: dict[str, Party | None] = {}
    for role in roles:
        given = [row.get(f"{role}.id"), row.get(f"{role}.name")]
        texts = tuple(text for text in given if text)
        found[role] = Party(texts) if texts else None
    return found
