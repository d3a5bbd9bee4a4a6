"""R6: the scalar and the columnar evaluator agree on every input, unknown and error included."""

from __future__ import annotations

import polars as pl
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from interlock.files import Faults, Place
from interlock.law.expr.check import Scope, check
from interlock.law.expr.columns import Columns, Tri, Val, dtype_of
from interlock.law.expr.scalar import ERROR, evaluator
from interlock.law.expr.tree import (
    BOOL,
    DATE,
    INT64,
    TEXT,
    TEXTS,
    FactRef,
    Read,
    Tree,
    Type,
    bind,
)
from interlock.law.model import Expression
from interlock.law.units import unit

HUGE = Read("n.huge", Type("number", unit("TPP")), -INT64, INT64)
NAMES: dict[str, Read] = {
    "n.whole": Read("n.whole", Type("number", unit("TPP"))),
    "n.fine": Read("n.fine", Type("number", unit("TPP"), 3)),
    "n.huge": HUGE,
    "b.open": Read("b.open", BOOL),
    "b.closed": Read("b.closed", BOOL, closed=True),
    "t.word": Read("t.word", TEXT),
    "t.paper": Read("t.paper", TEXT, closed=True),
    "l.words": Read("l.words", TEXTS),
    "d.day": Read("d.day", DATE),
}
FACTS: dict[str, tuple[str, Type]] = {
    "label": ('n.whole > 3 ? "a" : (b.open ? "b" : "a")', TEXT),
    "score": ("b.open ? n.fine + 1 : n.whole", Type("number", unit("TPP"), 3)),
}
WORDS = ["a", "b"]

numbers = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["n.whole", "n.fine", "n.huge", "score"]),
        st.sampled_from(["0", "1", "2.5", "3", "1000000000"]),
        st.builds("({} {} {})".format, numbers, st.sampled_from(["+", "-"]), numbers),
        st.builds("min({}, {})".format, numbers, numbers),
        st.builds("({} ? {} : {})".format, booleans, numbers, numbers),
    )
)
scaled = st.one_of(
    st.builds(
        "{} * {}".format,
        st.sampled_from(["n.whole", "n.huge", "n.fine"]),
        st.sampled_from(["2", "1000000", "0.5", "(-3)"]),
    ),
    st.builds("{} / {}".format, numbers, st.sampled_from(["3", "0.7", "(-2)"])),
)
ratios = st.builds(
    "({} / {})".format,
    st.sampled_from(["n.whole", "n.huge", "n.fine"]),
    st.sampled_from(["n.whole", "n.fine"]),
)
texts = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["t.word", "t.paper", "label"]),
        st.sampled_from([f'"{w}"' for w in WORDS]),
        st.builds("({} ? {} : {})".format, booleans, texts, texts),
        st.builds("lowerAscii({})".format, texts),
    )
)
dates = st.one_of(
    st.just("d.day"),
    st.just('date("2026-01-15")'),
    st.just('d.day + duration("P30D")'),
)
compare = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
booleans: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["b.open", "b.closed", "true", "false", "known(t.word)", "known(n.fine)"]),
        st.builds("({} {} {})".format, numbers, compare, numbers),
        st.builds("({} {} {})".format, scaled, compare, numbers),
        st.builds("({} {} 1.5)".format, ratios, compare),
        st.builds("({} {} {})".format, dates, compare, dates),
        st.builds("({} {} {})".format, texts, st.sampled_from(["==", "!="]), texts),
        st.builds("({} {} {})".format, booleans, st.sampled_from(["==", "!="]), booleans),
        st.builds("({} in {})".format, texts, st.sampled_from(['["a"]', '["b"]'])),
        st.builds(
            "(t.word in {})".format, st.sampled_from(['["a", "x"]', '["b", "v", "w", "x", "y"]'])
        ),
        st.builds("({} in l.words)".format, texts),
        st.builds('{}.startsWith("a")'.format, st.sampled_from(["t.word", "label"])),
        st.builds("(size({}) > 1)".format, st.sampled_from(["t.word", "l.words"])),
        st.builds("({} && {})".format, booleans, booleans),
        st.builds("({} || {} || {})".format, booleans, booleans, booleans),
        st.builds("!{}".format, booleans),
        st.builds("({} ? {} : {})".format, booleans, booleans, booleans),
    )
)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "n.whole": st.one_of(st.none(), st.integers(-5, 5)),
            "n.fine": st.one_of(st.none(), st.integers(-5000, 5000)),
            "n.huge": st.one_of(st.none(), st.sampled_from([0, 1, INT64, -INT64, 2**62])),
            "b.open": st.one_of(st.none(), st.booleans()),
            "b.closed": st.one_of(st.none(), st.booleans()),
            "t.word": st.one_of(st.none(), st.sampled_from(WORDS)),
            "t.paper": st.one_of(st.none(), st.sampled_from(WORDS)),
            "l.words": st.one_of(st.none(), st.lists(st.sampled_from(WORDS), max_size=3)),
            "d.day": st.one_of(st.none(), st.integers(20000, 20600)),
        }
    ),
    min_size=1,
    max_size=8,
)


def typed(text: str, want: Type, facts: dict[str, Tree]) -> Tree:
    refs = {name: FactRef(name, tree.type) for name, tree in facts.items()}
    faults = Faults()
    tree = check(Expression(text, Place("x", 1, 1)), Scope({**NAMES, **refs}), faults, want)
    # A text compared with what it can never be is a fault of the file, not a value.
    if any("is no value of" in fault.wrong for fault in faults.found):
        reject()
    assert tree is not None, (text, faults.found)
    return bind(tree, {})


def facts() -> dict[str, Tree]:
    trees: dict[str, Tree] = {}
    for name, (text, want) in FACTS.items():
        trees[name] = typed(text, want, trees)
    return trees


FACT_TREES = facts()


def in_columns(
    tree: Tree, table: list[dict[str, object]], *, by_category: bool = False
) -> list[object]:
    frame = pl.DataFrame(
        {
            name: pl.Series([r[name] for r in table], dtype=dtype_of(n.type))
            for name, n in NAMES.items()
        }
    )
    sure = frozenset(name for name in NAMES if frame[name].null_count() == 0)
    compiled: dict[str, Tri | Val] = {}
    kinds = {"t.word": frozenset(WORDS)} if by_category else {}
    if by_category:
        frame = frame.with_columns(pl.col("t.word").cast(pl.Enum(WORDS)))
    columns = Columns(frozenset(NAMES), sure, compiled, categories=kinds)
    for name, fact in FACT_TREES.items():
        compiled[name] = columns.keep(columns.compile(fact))
    result = columns.compile(tree)
    staged = columns.staged(frame.lazy())
    none = pl.lit(value=False)
    if isinstance(result, Tri):
        out = staged.select(
            t=result.true,
            f=result.false,
            e=result.err if result.err is not None else none,
            u=result.unknown,
            ct=result.ct,
            cf=result.can_false,
            n=pl.int_range(pl.len()),
        ).collect()
        answers: list[object] = []
        for row in out.iter_rows(named=True):
            assert None not in row.values()
            assert row["ct"] or row["cf"]
            value = True if row["t"] else False if row["f"] else ERROR if row["e"] else None
            assert (value is None or value is ERROR) == row["u"]
            answers.append(value)
        return answers
    out = staged.select(
        v=result.value, e=result.err if result.err is not None else none, n=pl.int_range(pl.len())
    ).collect()
    if result.sure:
        assert out["v"].null_count() == 0
    return [ERROR if e and v is None else v for v, e, _ in out.iter_rows()]


def one_by_one(tree: Tree, table: list[dict[str, object]]) -> list[object]:
    functions: dict[str, object] = {}
    for name, fact in FACT_TREES.items():
        functions[name] = evaluator(fact, functions)  # type: ignore[arg-type]
    run = evaluator(tree, functions)  # type: ignore[arg-type]
    return [run(dict(row)) for row in table]


@settings(max_examples=400, deadline=None)
@given(booleans, rows)
def test_r6_yes_no_expressions_agree(text: str, table: list[dict[str, object]]) -> None:
    tree = typed(text, BOOL, FACT_TREES)
    answers = one_by_one(tree, table)
    assert in_columns(tree, table) == answers
    assert in_columns(tree, table, by_category=True) == answers


@settings(max_examples=150, deadline=None)
@given(st.one_of(numbers, scaled), rows)
def test_r6_numbers_agree(text: str, table: list[dict[str, object]]) -> None:
    tree = typed(text, Type("number", unit("TPP")), FACT_TREES)
    answers = one_by_one(tree, table)
    assert in_columns(tree, table) == answers
    assert in_columns(tree, table, by_category=True) == answers


@settings(max_examples=150, deadline=None)
@given(texts, rows)
def test_r6_texts_agree(text: str, table: list[dict[str, object]]) -> None:
    tree = typed(text, TEXT, FACT_TREES)
    answers = one_by_one(tree, table)
    assert in_columns(tree, table) == answers
    assert in_columns(tree, table, by_category=True) == answers
