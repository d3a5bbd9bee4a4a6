"""Past decisions decided anew by another law: rules alone, column by column.

What an account still had is no column, so here only rules and conditions decide; `accounts` plays
the accounts, too. A rule that reads an account is unknown here, by both laws alike.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from interlock.law.bulk import (
    FAIL,
    OUTCOME_TYPE,
    UNKNOWN,
    VERDICT_TYPE,
    VERDICTS,
    FrameLaw,
    RuleColumns,
)
from interlock.law.cases.ownership import party_value
from interlock.law.compiling.checked import party_name
from interlock.replay.history import META, PARTY, History, Ready, make_ready, to_party

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from interlock.law.compiling.compile import Law
    from interlock.replay.laws import Group, Laws

OPEN: Final = 0
"""Its code in `VERDICTS`."""
ROW: Final = "@row"
LAW_OF: Final = ("stage", "at", "known")
"""What of a decision says which law it falls under."""
RULES_TYPE: Final = pl.List(
    pl.Struct({"rule": pl.String(), "before": pl.String(), "after": pl.String()})
)


class Deciding:
    """One history under one law.

    Args:
        history: the decisions.
        laws: the law, in all its versions.
        like: the same under another law; what laws have alike is compiled once for both.
    """

    def __init__(self, history: History, laws: Laws, like: Deciding | None = None) -> None:
        self.history, self.laws = history, laws
        self.gates = tuple(dict.fromkeys(one.regime.gate for one in laws.library.checked))
        self._ready: Ready | None = None
        self._compiled: dict[tuple[int, str], FrameLaw] = {}
        self._last: dict[str, FrameLaw] = {} if like is None else like._last

    def asked(self) -> Iterator[tuple[Group, pl.LazyFrame]]:
        """What `verdicts_of` needs of each group, not yet worked out: `gate.<gate>`, `verdict`."""
        for group, frame, compiled in self._groups(None):
            wanted = {f"gate.{gate}": compiled.verdict(gate) for gate in group.law.gates}
            if len(wanted) != 1:
                wanted["verdict"] = compiled.verdict()
            staged = compiled.staged(frame.lazy())
            yield group, staged.select(one.alias(name) for name, one in wanted.items())

    def in_order(self, found: Iterable[tuple[Group, pl.DataFrame]]) -> pl.DataFrame:
        """`verdict` and `gate.<gate>` as codes of `VERDICTS`, in the order of the history's rows.

        A gate that the law of a row does not guard is open, whatever laws the rows fall under.

        Args:
            found: what was `asked`, worked out.
        """
        names = ("verdict", *(f"gate.{gate}" for gate in self.gates))
        height = self.history.decisions.height
        told = [(group.rows, _with_verdict(codes)) for group, codes in found]
        if len(told) == 1 and told[0][1].shape == (height, len(names)):
            return told[0][1].select(names)  # one law, of all gates: nothing is to be put in order
        out = {name: np.zeros(height, np.uint8) for name in names}
        for rows, codes in told:
            for name in codes.columns:  # one value, where the law looks at no column, fills all
                out[name][rows] = codes[name].to_numpy()
        return pl.DataFrame(out)

    def outcomes_asked(
        self, rows: np.ndarray, alike: Container[str] = ()
    ) -> Iterator[pl.LazyFrame]:
        """What `outcomes_of` needs of each group, not yet worked out: the row, and each rule."""
        for _, frame, compiled in self._groups(rows, self._columns_of(alike)):
            told = _told(compiled, alike)
            _, stages = compiled.behind(told)
            yield compiled.staged(frame.lazy(), stages).select(ROW, *told)

    def rules(self) -> Iterator[tuple[str, dict[str, RuleColumns]]]:
        """The rules of each law that was asked, by name, and the stage it was asked for."""
        for (_, stage), law in self._compiled.items():
            yield stage, {rule.name: rule for rule in law.rules}

    def _columns_of(self, alike: Container[str]) -> frozenset[str] | None:
        """The columns that all rules but some look at; None: the laws were not asked yet."""
        if not self._compiled:
            return None
        laws = self._compiled.values()
        return frozenset[str]().union(*(law.behind(_told(law, alike))[0] for law in laws))

    def _groups(
        self, rows: np.ndarray | None, columns: frozenset[str] | None = None
    ) -> Iterator[tuple[Group, pl.DataFrame, FrameLaw]]:
        """Some rows or all, by law, each with what the law derives of its parties.

        Args:
            rows: numbers of rows; None: all.
            columns: those that are needed where the law was asked before; None: all.
        """
        dated = self.history.decisions.select(LAW_OF)
        picked = dated if rows is None else dated[rows]
        ready: pl.DataFrame | None = None
        for group in self.laws.groups(picked):
            if self._ready is None:
                self._ready = make_ready(self.history, group.law)
            if ready is None:
                ready = _picked(self._ready.frame, rows, columns)
            frame = _with_parties(group.of(ready), group.law)
            if rows is not None:
                numbers = pl.DataFrame({ROW: np.arange(len(rows))})
                frame = frame.with_columns(group.of(numbers)[ROW])
            yield group, frame, self._law(group, frame)

    def _law(self, group: Group, frame: pl.DataFrame) -> FrameLaw:
        key = (id(group.law), group.stage)
        if key not in self._compiled:
            assert self._ready is not None  # noqa: S101 - it is made before any law
            names = [x for x in frame.columns if not x.startswith(PARTY) and x != ROW]
            sure, categories = self._ready.sure, self._ready.categories
            like = self._last.get(group.stage)
            self._last[group.stage] = self._compiled[key] = FrameLaw(
                group.law, group.stage, names, sure, categories=categories, like=like
            )
        return self._compiled[key]


def _with_verdict(codes: pl.DataFrame) -> pl.DataFrame:
    """Verdicts with that of all gates, which of one gate is that gate's."""
    if "verdict" in codes.columns:
        return codes
    return codes.with_columns(codes.to_series().alias("verdict"))


def _picked(
    frame: pl.DataFrame, rows: np.ndarray | None, columns: frozenset[str] | None
) -> pl.DataFrame:
    """Rows of a frame and, of its facts, those columns; None: all."""
    if columns is not None:
        frame = frame.select(x for x in frame.columns if x in columns or x.startswith(PARTY))
    return frame if rows is None else frame[rows]


def _told(law: FrameLaw, alike: Container[str]) -> list[pl.Expr]:
    """The outcomes of the rules of a law but for some."""
    return [rule.told for rule in law.rules if rule.name not in alike]


def _with_parties(frame: pl.DataFrame, law: Law) -> pl.DataFrame:
    """Facts about parties, decided once for each combination of parties in the frame."""
    for regime in law.regimes:
        for fact in regime.party_facts:
            target = party_name(regime.id, fact.id)
            keys = [f"{PARTY}{role}" for role in fact.of if f"{PARTY}{role}" in frame.columns]
            dtype = pl.Boolean() if fact.kind == "listed" else pl.String()
            combos = frame.select(keys).unique() if keys else pl.DataFrame({PARTY: [None]})
            values = [
                party_value(
                    fact,
                    {key.removeprefix(PARTY): to_party(text) for key, text in row.items()},
                    regime.lists,
                )
                for row in combos.iter_rows(named=True)
            ]
            if len(values) == 1:
                frame = frame.with_columns(pl.lit(values[0], dtype=dtype).alias(target))
                continue
            table = combos.with_columns(pl.Series(target, values, dtype=dtype))
            frame = frame.join(table, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return frame


# -- what changes ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Changed:
    """What another law changes.

    Attributes:
        decisions: how many were decided by both.
        before, after: verdict -> how many.
        changed: one row for each decision of which the verdict, or that of a gate, changes:
            `META`, `before`, `after`, `gate.<gate>.before` and `.after`, and `rules`, a list of
            {rule, before, after} for each rule that stops it by one law and not by the other.
    """

    decisions: int
    before: dict[str, int]
    after: dict[str, int]
    changed: pl.DataFrame


def compare(histories: tuple[History, History], laws: tuple[Laws, Laws]) -> Changed:
    """Decide a history by two laws and say what differs.

    Args:
        histories: the same decisions twice, the second with the facts that the second law finds.
        laws: the two.

    Raises:
        BadInputError: a law keeps fewer decimal places than the history has.
    """
    history = histories[0]
    before = Deciding(history, laws[0])
    after = Deciding(histories[1], laws[1], like=before)
    was, becomes = verdicts_of(before, after)
    gates = [x for x in dict.fromkeys((*was.columns, *becomes.columns)) if x != "verdict"]
    mask = np.zeros(history.decisions.height, bool)
    for name in ("verdict", *gates):
        mask |= np.not_equal(_code(was, name), _code(becomes, name))
    rows = np.flatnonzero(mask)
    told = [
        pl.Series(f"{label}{when}", np.broadcast_to(_code(frame, name), mask.shape)[rows])
        for name, label in (("verdict", ""), *((gate, f"{gate}.") for gate in gates))
        for frame, when in ((was, "before"), (becomes, "after"))
    ]
    changed = history.decisions.select(list(META))[rows].with_columns(
        codes.cast(pl.UInt8).cat.to(VERDICT_TYPE) for codes in told
    )
    same = alike(before, after) if histories[1].decisions is history.decisions else set[str]()
    stopped, stops = outcomes_of((before, after), rows, same)
    rules = rules_of(stopped, stops, len(rows))
    return Changed(
        decisions=history.decisions.height,
        before=counts(was["verdict"]),
        after=counts(becomes["verdict"]),
        changed=changed.with_columns(rules),
    )


def alike(*deciders: Deciding) -> set[str]:
    """Rules that are the same by all laws of several, so that on one history they say the same."""
    by_stage: dict[str, list[dict[str, RuleColumns]]] = {}
    for stage, rules in (found for one in deciders for found in one.rules()):
        by_stage.setdefault(stage, []).append(rules)
    names = {name for laws in by_stage.values() for rules in laws for name in rules}
    return {
        name
        for name in names
        if all(len({id(x.get(name)) for x in laws}) == 1 for laws in by_stage.values())
    }


def verdicts_of(*deciders: Deciding) -> list[pl.DataFrame]:
    """The verdicts of several laws, worked out at once so that no core waits for another law."""
    asked: list[list[tuple[Group, pl.LazyFrame]]] = [[] for _ in deciders]
    # Laws of one time after each other: they are most alike.
    for turn in zip_longest(*(one.asked() for one in deciders)):
        for mine, found in zip(asked, turn, strict=True):
            mine.extend([] if found is None else [found])
    plans = iter(pl.collect_all([plan for one in asked for _, plan in one]))
    return [
        one.in_order([(group, next(plans)) for group, _ in mine])
        for one, mine in zip(deciders, asked, strict=True)
    ]


def outcomes_of(
    deciders: Sequence[Deciding], rows: np.ndarray, alike: Container[str] = ()
) -> list[pl.DataFrame]:
    """The outcome of each rule on some rows by several laws, a column a rule.

    Args:
        deciders: of one history.
        rows: numbers of its rows.
        alike: rules that are left out.

    Returns:
        A frame for each law; null: the law of that row has no such rule.
    """
    asked = [list(one.outcomes_asked(rows, alike)) for one in deciders]
    found = iter(pl.collect_all([plan for one in asked for plan in one]))
    frames = []
    for mine in asked:
        parts = [next(found) for _ in mine]
        told = pl.concat(parts, how="diagonal").sort(ROW).drop(ROW) if parts else pl.DataFrame()
        frames.append(told.with_columns(pl.all().cat.to(OUTCOME_TYPE)))
    return frames


def joined(parts: Iterable[Changed]) -> Changed:
    """What changes in a history that came in blocks, in the order that the whole of it has."""
    decisions, frames = 0, list[pl.DataFrame]()
    before, after = Counter[str](), Counter[str]()
    for one in parts:
        decisions += one.decisions
        before.update(one.before)
        after.update(one.after)
        frames.append(one.changed)
    changed = pl.concat(frames).sort("stage", "at", "known", maintain_order=True)
    was, becomes = ({verdict: x[verdict] for verdict in VERDICTS} for x in (before, after))
    return Changed(decisions, was, becomes, changed)


def _code(frame: pl.DataFrame, name: str) -> np.ndarray:
    """A column of codes; a gate that a law does not guard is open."""
    return frame[name].to_numpy() if name in frame.columns else np.uint8(OPEN)  # type: ignore[return-value]


def counts(codes: pl.Series) -> dict[str, int]:
    """Verdict -> how many rows."""
    return {verdict: int((codes == code).sum()) for code, verdict in enumerate(VERDICTS)}


def rules_of(was: pl.DataFrame, becomes: pl.DataFrame, rows: int) -> pl.Series:
    """For each row the rules that stop it by one of two laws, where they do not by the other."""
    stops = (OUTCOME_TYPE.categories[FAIL], OUTCOME_TYPE.categories[UNKNOWN])
    none = pl.Series([None] * rows, dtype=OUTCOME_TYPE)
    found: list[pl.DataFrame] = []
    for name in dict.fromkeys((*was.columns, *becomes.columns)):
        before, after = (x[name] if name in x.columns else none for x in (was, becomes))
        other = before.ne_missing(after)
        if not other.any():  # most rules are the same by both laws
            continue
        both = pl.DataFrame({ROW: np.arange(rows), "before": before, "after": after}).filter(other)
        stop = pl.any_horizontal(pl.col("before", "after").is_in(stops).fill_null(value=False))
        words = pl.col("before", "after").cast(pl.String)
        found.append(both.filter(stop).select(ROW, pl.lit(name).alias("rule"), words))
    empty = pl.DataFrame({ROW: np.arange(rows)})
    if not found:
        return pl.Series("rules", [[]] * rows, dtype=RULES_TYPE)
    long = pl.concat(found).sort(ROW, maintain_order=True)
    each = long.group_by(ROW, maintain_order=True).agg(pl.struct("rule", "before", "after"))
    joined = empty.join(each, on=ROW, how="left", maintain_order="left")
    nothing = pl.lit([], dtype=RULES_TYPE)
    return joined["rule"].fill_null(nothing).cast(RULES_TYPE).alias("rules")
