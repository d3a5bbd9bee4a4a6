"""The past decisions of a book as one frame, and what moved its accounts, in order.

A row of the frame is one decision: who made it when, about what, and every fact that was known
then, a column a fact, as `law.cases.intake` keeps them (scaled integers, days, texts; null is
unknown). Owners are kept as text, since what the law makes of them hangs on its lists. `steps` are
the same history as a ledger needs it: credits, reservations, postings.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from interlock.files import BadInputError, Fault, Place
from interlock.files.phrases import phrase
from interlock.law.cases.intake import MOST_CATEGORIES, entries_of
from interlock.law.cases.ownership import Party
from interlock.law.cases.reader import Case
from interlock.law.expr.columns import dtype_of
from interlock.law.expr.tree import Type
from interlock.law.model import STAGES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from interlock.law.compiling.compile import Law
    from interlock.law.vocabulary import Entry

META: Final[dict[str, Any]] = {
    "decision": pl.String(),
    "change": pl.String(),
    "move": pl.String(),
    "thing": pl.String(),
    "order": pl.String(),
    "buyer": pl.String(),
    "supplier": pl.String(),
    "product": pl.String(),
    "units": pl.Int64(),
    "stage": pl.Enum(STAGES),
    "at": pl.Date(),
    "known": pl.Date(),
    "recorded": pl.String(),
}
"""What every row says beside its facts. `units` are items of the product; `recorded` is the verdict
that the book wrote down then, null where it wrote none; `at` and `known` are the days of its law.
"""
PARTY: Final = "@who/"
"""Before the name of a role: the party in it with its owners, as text."""
BATCH = 20_000
MOST_PARTIES = 65_536
DECISIONS, STEPS, ABOUT = "decisions.parquet", "steps.ndjson", "history.json"
FORMAT = 1


@dataclass(frozen=True)
class Past:
    """One past decision before it is a row: what `META` says, and the case as the law reads it."""

    about: Mapping[str, Any]
    case: Case


@dataclass
class History:
    """Past decisions and account movements.

    Attributes:
        decisions: the frame, by stage, day of the law, day of knowledge, then in the book's order.
        places: fact -> decimal places of its column.
        steps: what moved accounts, oldest first; `movements` says what each holds.
    """

    decisions: pl.DataFrame
    places: dict[str, int]
    steps: list[dict[str, Any]] = field(default_factory=list)

    def facts(self) -> list[str]:
        """The columns that are facts."""
        return [x for x in self.decisions.columns if x not in META and not x.startswith(PARTY)]

    def roles(self) -> list[str]:
        """The roles whose parties are kept."""
        found = (x for x in self.decisions.columns if x.startswith(PARTY))
        return [one.removeprefix(PARTY) for one in found]

    def between(self, first: dt.date | None, last: dt.date | None) -> History:
        """Only decisions made from one day to another, both included; accounts need all steps."""
        frame = self.decisions
        if first is not None:
            frame = frame.filter(pl.col("at") >= first)
        if last is not None:
            frame = frame.filter(pl.col("at") <= last)
        return History(frame, self.places, self.steps)

    def case(self, row: Mapping[str, Any]) -> Case:
        """One row as a case again."""
        facts = {
            name: tuple(value) if isinstance(value, list) else value
            for name in self.facts()
            if (value := row[name]) is not None
        }
        parties = {role: to_party(row[f"{PARTY}{role}"]) for role in self.roles()}
        return Case(str(row["decision"]), facts, {k: v for k, v in parties.items() if v})

    # -- files ------------------------------------------------------------------------------------

    def write(self, folder: Path) -> None:
        """Keep it in a folder, to be replayed without the book."""
        folder.mkdir(parents=True, exist_ok=True)
        self.decisions.write_parquet(folder / DECISIONS, compression="lz4")
        with (folder / STEPS).open("w", encoding="utf-8", newline="\n") as file:
            for step in self.steps:
                file.write(json.dumps(step, ensure_ascii=False, separators=(",", ":")) + "\n")
        about = {"format": FORMAT, "places": self.places}
        (folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> History:
        """A history that `write` kept.

        Raises:
            BadInputError: it is none, or of another version of the program.
        """
        mend = phrase("name a folder that 'interlock replay --keep' wrote")
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            frame = pl.read_parquet(folder / DECISIONS)
            lines = (folder / STEPS).read_text(encoding="utf-8").splitlines()
            steps = [json.loads(line) for line in lines]
        except (OSError, ValueError, pl.exceptions.PolarsError) as error:
            wrong = phrase("holds no history ({error})", error=error)
            raise BadInputError([Fault(Place(str(folder)), wrong, mend)]) from error
        if about.get("format") != FORMAT or not META.keys() <= set(frame.columns):
            raise BadInputError([Fault(Place(str(folder)), phrase("is of another version"), mend)])
        return cls(frame, dict(about["places"]), steps)


def from_rows(rows: Iterable[Past], law: Law, steps: Iterable[dict[str, Any]] = ()) -> History:
    """A history from decisions one by one.

    Args:
        rows: the decisions, in the book's order.
        law: whose vocabulary the cases were read by; the day does not matter.
        steps: what moved accounts.
    """
    entries = entries_of(law)
    roles = tuple(law.vocabulary.roles)
    schema = _schema(entries, roles)
    frames: list[pl.DataFrame] = []
    batch: list[Past] = []
    for one in rows:
        batch.append(one)
        if len(batch) == BATCH:
            frames.append(_frame(batch, schema, roles))
            batch = []
    frames.append(_frame(batch, schema, roles))
    frame = pl.concat(frames, how="diagonal_relaxed")
    empty = [x for x in frame.columns if x not in META and frame[x].null_count() == frame.height]
    frame = frame.drop(empty).sort("stage", "at", "known", maintain_order=True)
    frame = by_category(frame)
    places = {name: entry.places for name, entry in entries.items() if name in frame.columns}
    return History(frame, places, list(steps))


def by_category(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts of which there are few as categories: comparing codes is fastest, done once for all."""
    few: dict[str, list[str]] = {}
    for name, dtype in frame.schema.items():
        most = MOST_PARTIES if name.startswith(PARTY) else MOST_CATEGORIES
        fact = name not in META and not name.endswith((".id", ".name"))
        if dtype == pl.String() and fact and frame[name].n_unique() <= most:
            few[name] = sorted(frame[name].drop_nulls().unique().to_list())
    return frame.with_columns(pl.col(name).cast(pl.Enum(few[name])) for name in few)


def _schema(entries: Mapping[str, Entry], roles: Iterable[str]) -> dict[str, pl.DataType]:
    found: dict[str, pl.DataType] = dict(META)
    found |= {name: dtype_of(Type(entry.type)) for name, entry in entries.items()}
    return found | {f"{PARTY}{role}": pl.String() for role in roles}


def _frame(
    batch: list[Past], schema: Mapping[str, pl.DataType], roles: Iterable[str]
) -> pl.DataFrame:
    """Some rows as a frame: facts that a case has; waivers on file are facts, too."""
    told = {name for one in batch for name in one.case.facts}
    waived = sorted(told - schema.keys())
    types = {**schema, **dict.fromkeys(waived, pl.Boolean())}
    columns: dict[str, list[Any]] = {}
    for name in types:
        if name in META:
            columns[name] = [one.about.get(name) for one in batch]
        elif name in told:
            columns[name] = [one.case.facts.get(name) for one in batch]
    texts: dict[int, str | None] = {}  # by which object: cases that were read together share them
    for role in roles:
        parties = [one.case.parties.get(role) for one in batch]
        texts |= {id(one): party_text(one) for one in {id(x): x for x in parties}.values()}
        columns[f"{PARTY}{role}"] = [texts[id(party)] for party in parties]
    return pl.DataFrame(
        [pl.Series(name, values, dtype=types[name]) for name, values in columns.items()]
    )


# -- parties --------------------------------------------------------------------------------------


def party_text(party: Party | None) -> str | None:
    """A party with its owners as text; equal parties give equal texts."""
    return None if party is None else json.dumps(_party(party), ensure_ascii=False)


def _party(party: Party) -> list[Any]:
    if party.owners is None:
        return [list(party.names), None]
    owners = [
        [_party(owner), None if share is None else str(share)] for owner, share in party.owners
    ]
    return [list(party.names), owners]


@lru_cache(maxsize=65_536)
def to_party(text: str | None) -> Party | None:
    """The inverse of `party_text`."""
    return None if text is None else _from(json.loads(text))


def _from(kept: list[Any]) -> Party:
    names, owners = kept
    if owners is None:
        return Party(tuple(names))
    held = [(_from(one), None if share is None else Decimal(share)) for one, share in owners]
    return Party(tuple(names), tuple(held))


# -- made ready for a law -------------------------------------------------------------------------


@dataclass(frozen=True)
class Ready:
    """A history's facts as the frames of one law want them.

    Attributes:
        frame: facts by name, in that law's places.
        sure: facts without a null.
        categories: texts of the columns kept as Enum.
    """

    frame: pl.DataFrame
    sure: frozenset[str]
    categories: dict[str, frozenset[str]]


def make_ready(history: History, law: Law) -> Ready:
    """The facts in the places that a law's vocabulary keeps; what it has no name for is left out.

    Raises:
        BadInputError: a fact has more places than that law keeps.
    """
    known = entries_of(law)
    frame, faults = history.decisions, list[Fault]()
    picked: list[pl.Expr] = []
    types = dict(frame.schema)
    for name in history.facts():
        entry, own = known.get(name), history.places.get(name, 0)
        if entry is None and not name.startswith("@"):
            continue
        if entry is not None and not _same_type(types[name], dtype_of(Type(entry.type))):
            continue  # another thing of the same name
        more = entry.places - own if entry is not None else 0
        if more < 0 and (frame[name] % 10**-more != 0).any():
            wrong = phrase("'{name}' is kept with {own} decimal places", name=name, own=own)
            mend = phrase("let the regime keep as many, not {fewer}", fewer=own + more)
            faults.append(Fault(Place("history"), wrong, mend))
            continue
        value = pl.col(name)
        picked.append(value * 10**more if more > 0 else value // 10**-more if more else value)
    if faults:
        raise BadInputError(faults)
    facts = frame.select(picked)
    few = {
        name: frozenset(dtype.categories.to_list())
        for name, dtype in facts.schema.items()
        if isinstance(dtype, pl.Enum)
    }
    sure = frozenset(name for name in facts.columns if facts[name].null_count() == 0)
    parties = frame.select(x for x in frame.columns if x.startswith(PARTY))
    return Ready(facts.hstack(parties), sure, few)


def _same_type(kept: pl.DataType, wanted: pl.DataType) -> bool:
    return kept == wanted or (isinstance(kept, pl.Enum) and wanted == pl.String())
