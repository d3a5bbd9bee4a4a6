"""What a replay found, as tables and in its stable form (docs/reference/schemas/replay.json)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from interlock.replay.opening import amounts_of
from interlock.replay.playing import Playing
from interlock.replay.rules import Changed, compare, joined

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from interlock.law.library import Library
    from interlock.replay.desk import Told
    from interlock.replay.history import History
    from interlock.replay.laws import Laws

HIDDEN: Final = "what is not disclosed"
SIDES: Final = ("before", "after")
PLAYED: Final = ("the book's law", "the other law")
Progress = Callable[[str, int, int], None]
Steps = list[dict[str, Any]]


@dataclass(frozen=True)
class Side:
    """Account movements by one law: what became of each step, and the accounts at the end."""

    told: list[Told]
    accounts: dict[str, dict[str, Any]]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A history under another law.

    Attributes:
        changed: what rules alone change.
        sides: movements by the book's law and by the other; None: they were not asked for.
        laws: digests of the two.
        unread: decisions that the book's own law cannot read any more.
        hidden: rules whose names are not told, by `<regime>/<rule>`.
    """

    changed: Changed
    sides: tuple[Side, Side] | None
    laws: tuple[dict[str, str], dict[str, str]]
    unread: tuple[str, ...] = ()
    hidden: frozenset[str] = field(default_factory=frozenset)

    def to_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        changed = self.told_changes()
        turned = changed.filter(pl.col("before") != pl.col("after"))
        return {
            "laws": dict(zip(SIDES, self.laws, strict=True)),
            "decisions": self.changed.decisions,
            "unread": list(self.unread),
            "verdicts": {"before": self.changed.before, "after": self.changed.after},
            "changed": {
                "decisions": turned.height,
                "units": int(turned["units"].sum()),
                "at_a_gate": changed.height,
            },
            "ways": _totals(turned, "move", "stage", "before", "after"),
            "gates": self._gates(changed),
            "rules": _totals(
                changed.explode("rules").unnest("rules", separator="."),
                "rules.rule", "rules.before", "rules.after", "move",
            ),
            "buyers": _totals(turned, "buyer", "move", "before", "after"),
            "accounts": self._accounts(),
        }  # fmt: skip

    def told_changes(self) -> pl.DataFrame:
        """The changed decisions, one a row; rules that are not told go by one name."""
        frame = self.changed.changed
        if not self.hidden or not frame.height:
            return frame
        name = pl.element().struct.field("rule")
        told = pl.when(name.is_in(sorted(self.hidden))).then(pl.lit(HIDDEN)).otherwise(name)
        parts = [pl.element().struct.field(x) for x in SIDES]
        return frame.with_columns(
            pl.col("rules").list.eval(pl.struct(told.alias("rule"), *parts)).list.unique()
        )

    def _gates(self, changed: pl.DataFrame) -> list[dict[str, Any]]:
        """Changes gate by gate: one may change where the whole does not."""
        found = []
        gates = [x.removesuffix(".before") for x in changed.columns if x.endswith(".before")]
        for name in (x for x in gates if x.startswith("gate.")):
            was, becomes = f"{name}.before", f"{name}.after"
            moved = changed.filter(pl.col(was) != pl.col(becomes))
            for one in _totals(moved, was, becomes):
                found.append({"gate": name.removeprefix("gate."), **one})
        return found

    # -- accounts --------------------------------------------------------------------------------

    def _accounts(self) -> dict[str, Any] | None:
        if self.sides is None:
            return None
        before, after = self.sides
        return {
            "moves": _moved(before.told, after.told, "move"),
            "buyers": _moved(before.told, after.told, "buyer", "move"),
            "refused_by": self._refused_by(after.told),
            "greatest": _greatest(before.told, after.told),
            "balances": [
                one
                for one in _balances(before.accounts, after.accounts)
                if not self._is_hidden(one["account"])
            ],
            "own_law_refuses": sum(one.refused for one in before.told),
            "left_out": sorted({*before.left_out, *after.left_out}),
        }

    def _is_hidden(self, name: str) -> bool:
        """Whether a rule or a keyed account goes unnamed."""
        return name.partition("?")[0] in self.hidden

    def _named(self, because: tuple[str, ...]) -> list[str]:
        named = (HIDDEN if self._is_hidden(one) else one for one in because)
        return list(dict.fromkeys(named))

    def _refused_by(self, told: list[Told]) -> list[dict[str, Any]]:
        """Units refused, by the rule or account that refused them first."""
        sums: Counter[tuple[str, str]] = Counter()
        for one in told:
            if one.refused:
                sums[(*self._named(one.because), "")[0], one.move] += one.refused
        ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
        return [{"by": by, "move": move, "units": units} for (by, move), units in ranked]

    def movements(self) -> pl.DataFrame:
        """Steps of which the end, the verdict or the greatest quantity differs, one a row."""
        assert self.sides is not None  # noqa: S101 - asked for with accounts alone
        rows = []
        for was, becomes in zip(self.sides[0].told, self.sides[1].told, strict=True):
            if _end(was) == _end(becomes):
                continue
            head = {x: getattr(was, x) for x in HEAD}
            ends = {
                f"{name}.{side}": self._named(one.because) if name == "because" else value
                for side, one in zip(SIDES, (was, becomes), strict=True)
                for name, value in asdict(one).items()
                if name in ENDS
            }
            rows.append(head | ends)
        kinds = {"done": pl.Int64, "refused": pl.Int64, "missed": pl.Int64, "most": pl.Int64}
        schema: dict[str, Any] = dict.fromkeys(HEAD, pl.String) | {"step": pl.Int64}
        schema["asked"] = pl.Int64
        for side in SIDES:
            for name in ENDS:
                dtype = kinds.get(name, pl.String)
                schema[f"{name}.{side}"] = pl.List(pl.String) if name == "because" else dtype
        return pl.DataFrame(rows, schema=schema)

    @property
    def finds(self) -> bool:
        """Whether anything changes at all."""
        if self.changed.changed.height:
            return True
        return self.sides is not None and any(
            _end(one) != _end(other)
            for one, other in zip(*(x.told for x in self.sides), strict=True)
        )


HEAD: Final = ("step", "move", "decision", "thing", "order", "buyer", "at", "asked")
ENDS: Final = ("done", "refused", "missed", "verdict", "most", "because")


def replay(
    histories: tuple[History, History],
    laws: tuple[Laws, Laws],
    *,
    accounts: bool,
    now: dt.datetime,
    between: tuple[dt.date | None, dt.date | None] = (None, None),
    told: Progress | None = None,
) -> Report:
    """Decide a history by two laws, and play its accounts by both.

    Args:
        histories: as recorded, and as the other law is to find it (the same, or facts put in place
            of others).
        laws: the book's own, and the other.
        accounts: also play what moved accounts.
        now: the clock, for the balances at the end.
        between: only what was decided and moved from one day to another is told; accounts are
            played from their beginning all the same.
        told: called with what is being done, steps done and steps in all.

    Raises:
        BadInputError: a law keeps fewer decimal places than the history has.
    """
    one = histories[0].between(*between)
    other = one if histories[1] is histories[0] else histories[1].between(*between)
    changed = compare((one, other), laws)
    steps = (histories[0].steps, histories[1].steps)
    sides = played(steps, laws, now, between, told) if accounts else None
    return Report(changed, sides, (digests(laws[0].library), digests(laws[1].library)))


def replay_blocks(
    blocks: Iterable[History],
    steps: Callable[[], Steps] | None,
    laws: tuple[Laws, Laws],
    *,
    now: dt.datetime,
    between: tuple[dt.date | None, dt.date | None] = (None, None),
    told: Progress | None = None,
) -> Report:
    """The same of a history that comes in blocks, of which no more than one is kept at a time.

    Args:
        blocks: the decisions, in the book's order; at least one block, which may be empty.
        steps: gives what moved accounts, once the blocks have come; None: rules alone.
        laws: as for `replay`.
        now: as for `replay`.
        between: as for `replay`.
        told: as for `replay`.
    """
    cut = (one.between(*between) for one in blocks)
    changed = joined(compare((one, one), laws) for one in cut)
    sides = None
    if steps is not None:
        found = steps()
        sides = played((found, found), laws, now, between, told)
    return Report(changed, sides, (digests(laws[0].library), digests(laws[1].library)))


def played(
    steps: tuple[Steps, Steps],
    laws: tuple[Laws, Laws],
    now: dt.datetime,
    between: tuple[dt.date | None, dt.date | None],
    told: Progress | None,
) -> tuple[Side, Side]:
    """What moved accounts, by both laws."""
    was, becomes = (
        _play(found, law, now, (name, told), between)
        for found, law, name in zip(steps, laws, PLAYED, strict=True)
    )
    return was, becomes


def digests(library: Library) -> dict[str, str]:
    """Regime -> digest of its file."""
    return {one.regime.id: one.regime.digest for one in library.checked}


def _play(
    steps: Steps,
    laws: Laws,
    now: dt.datetime,
    telling: tuple[str, Progress | None],
    between: tuple[dt.date | None, dt.date | None],
) -> Side:
    playing, (name, told) = Playing(laws), telling

    def tell(done: int) -> None:
        if told is not None:
            told(f"accounts by {name}", done, len(steps))

    playing.play(steps, tell)
    first, last = ("" if day is None else day.isoformat() for day in between)
    ends = [x for x in playing.told if x.at >= first and (not last or x.at <= last)]
    left_out = tuple(sorted(playing.opening.reading.left_out))
    return Side(ends, amounts_of(playing.opening, now), left_out)


def _totals(frame: pl.DataFrame, *keys: str) -> list[dict[str, Any]]:
    """Decisions and units by some columns; most units first."""
    present = [key for key in keys if key in frame.columns]
    if not frame.height or len(present) < len(keys):
        return []
    found = (
        frame.drop_nulls(keys[0])
        .group_by(keys)
        .agg(pl.len().alias("decisions"), pl.col("units").sum())
        .with_columns(pl.col(key).cast(pl.String) for key in keys)
        .sort(pl.col("units").neg(), *keys)
    )
    names = {key: key.rpartition(".")[2] for key in keys}
    return found.rename(names).to_dicts()


def _end(one: Told) -> tuple[Any, ...]:
    return (one.done, one.verdict, one.most)


def _moved(before: list[Told], after: list[Told], *keys: str) -> list[dict[str, Any]]:
    """Units asked, passed, refused and missed by some fields, by both laws."""
    sums: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for side, told in zip(SIDES, (before, after), strict=True):
        for one in told:
            if one.done is None:
                continue
            into = sums[tuple(getattr(one, key) for key in keys)]
            if side == "before":
                into["asked"] += one.asked
            for name in ("done", "refused", "missed"):
                into[f"{name}.{side}"] += getattr(one, name)
    return [
        {
            **dict(zip(keys, values, strict=True)),
            "asked": found["asked"],
            **{
                side: {name: found[f"{name}.{side}"] for name in ("done", "refused", "missed")}
                for side in SIDES
            },
        }
        for values, found in sorted(sums.items())
    ]


def _greatest(before: list[Told], after: list[Told]) -> list[dict[str, Any]]:
    """Decisions whose greatest quantity rises or falls, by move and buyer; a sum of changes."""
    sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for was, becomes in zip(before, after, strict=True):
        if was.done is not None or was.most is None or becomes.most is None:
            continue
        change = becomes.most - was.most
        if change:
            into = sums[was.move, was.buyer]
            into["more" if change > 0 else "less"] += 1
            into["up" if change > 0 else "down"] += abs(change)
    return [
        {
            "move": move, "buyer": buyer, "more": found["more"], "less": found["less"],
            "up": found["up"], "down": found["down"],
        }
        for (move, buyer), found in sorted(sums.items())
    ]  # fmt: skip


def _balances(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Accounts at the end that differ, or are in one of the two alone."""
    found = []
    for name in sorted({*before, *after}):
        was, becomes = before.get(name), after.get(name)
        if was != becomes:
            unit = (was or becomes or {})["unit"]
            found.append(
                {"account": name, "unit": unit, "before": _plain(was), "after": _plain(becomes)}
            )
    return found


def _plain(amounts: dict[str, Any] | None) -> dict[str, Any] | None:
    if amounts is None:
        return None
    return {
        name: (int(x) if x.denominator == 1 else float(x))
        for name, x in amounts.items()
        if isinstance(x, Fraction)
    }
